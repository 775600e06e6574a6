package proposal

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/tenon-sh/tenon/pricing"
)

// without says that today's NodePools leave pods without a node, so that their price is of fewer pods.
func (p *Proposal) without() string {
	if p.AsIsUnplaced == 0 {
		return ""
	}
	return fmt.Sprintf(" (no node for %d pods)", p.AsIsUnplaced)
}

// Table is the proposal for a terminal: prices, edits, what to see to. The folder's README.md says more.
func Table(p Proposal) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name string, m *pricing.Micro) {
		if m == nil {
			fmt.Fprintf(w, "%s\tnot known\t\n", name)
			return
		}
		fmt.Fprintf(w, "%s\t%s %s/h\t%s\n", name, money(*m), line(p.Catalog.Currency), p.against(*m))
	}
	row("Today", p.Today)
	if p.AsIs != nil {
		row("Karpenter, today's NodePools"+p.without(), p.AsIs)
	}
	row("Karpenter, proposed", p.Built)
	row("Planned", &p.Planned)
	row("Lower bound", &p.LowerBound)
	_ = w.Flush() // a strings.Builder takes everything
	b.WriteString("\n")
	w = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "NODEPOOL\tCOPY OF\tNODES\tSAVES/H\tPER NODE\tNODES LOSING PODS\tEMPTIED\tDRIFTED\tPODS MOVED\t\n")
	for _, e := range p.Edits {
		remark := ""
		if e.Small {
			remark = "may be left out"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", line(e.Pool), line(e.Base), e.Nodes, money(e.Saving), money(e.PerNode),
			len(e.Radius.Losing), len(e.Radius.Emptied), len(e.Radius.Drifted), e.Radius.Restarts+e.Radius.Evicted, remark)
	}
	_ = w.Flush()
	for _, g := range p.Gates {
		fmt.Fprintf(&b, "needs Karpenter's feature gate %s\n", g)
	}
	for _, c := range p.Checks {
		b.WriteString("check: " + line(c) + "\n")
	}
	for _, c := range p.ByHand {
		b.WriteString("by hand: " + line(c) + "\n")
	}
	if p.Unplaced > 0 {
		fmt.Fprintf(&b, "Karpenter finds no node for %s\n", plural(p.Unplaced, "pod", "pods"))
	}
	return trim(b.String())
}

// trim drops spaces at the ends of lines.
func trim(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(l, " \n") + "\n")
	}
	return b.String()
}
