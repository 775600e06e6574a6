package proposal

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

const (
	// markdownMax is the most bytes of the summary: GitHub refuses a comment of more than 65,536 characters.
	markdownMax = 64_000
	// rowsMax is how many rows a table has, and how many names a list; the rest is counted.
	rowsMax  = 40
	namesMax = 5
	// cellMax is the most characters of a name in a table.
	cellMax = 120
)

// Markdown is the proposal for a pull request: prices, edits, what to see to before, how to apply it and how to take it back.
func Markdown(p Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Tenon: NodePools for %s\n\n", code(p.Source))
	p.prices(&b)
	p.table(&b)
	p.disturbs(&b)
	p.before(&b)
	p.how(&b)
	p.notes(&b)
	fmt.Fprintf(&b, "#### How to make it again\n\n```\n%s\n```\n\n", strings.ReplaceAll(clip(line(p.Command), 4000), "```", "'''"))
	fmt.Fprintf(&b, "tenon %s · input %s · plan %s · catalog %s %s %s (%s) · Karpenter %s. Same input, same bytes; `changes.diff` shows every line.\n",
		escape(p.Version), code(p.InputDigest), code(p.PlanDigest), escape(p.Catalog.Name), escape(p.Catalog.Region), escape(p.Catalog.Date), code(p.Catalog.Digest), escape(p.Karpenter))
	return b.String()
}

// prices are the four prices, and what Karpenter would build of today's NodePools.
func (p Proposal) prices(b *strings.Builder) {
	fmt.Fprintf(b, "| %s an hour | | against today |\n|:--|--:|--:|\n", escape(p.Catalog.Currency))
	row := func(name string, m *pricing.Micro) {
		if m == nil {
			fmt.Fprintf(b, "| %s | not known | |\n", name)
			return
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, money(*m), p.against(*m))
	}
	row("Today", p.Today)
	if p.AsIs != nil {
		row("What Karpenter would build of today's NodePools"+p.without(), p.AsIs)
	}
	row("**What Karpenter builds of this proposal**", p.Built)
	row("What Tenon packed", &p.Planned)
	row("Lower bound: nobody can do with less", &p.LowerBound)
	b.WriteString("\n")
	if p.Unplaced > 0 {
		fmt.Fprintf(b, "**Karpenter finds no node for %s.**\n\n", plural(p.Unplaced, "pod", "pods"))
	}
}

// against is a price against today's.
func (p Proposal) against(m pricing.Micro) string {
	if p.Today == nil || *p.Today <= 0 || m == *p.Today {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", (m.Float64()/p.Today.Float64()-1)*100)
}

// table lists the edits in the order in which they are applied.
func (p Proposal) table(b *strings.Builder) {
	b.WriteString("#### Edits, in order\n\n")
	if len(p.Edits) == 0 {
		b.WriteString("None: the design has no NodePool of its own.\n\n")
		return
	}
	b.WriteString("| | NodePool | copy of | nodes then | saves an hour | for each node disrupted | nodes that lose pods | of them emptied | nodes replaced (drift) | pods moved |\n|--:|:--|:--|--:|--:|--:|--:|--:|--:|--:|\n")
	for i, e := range p.Edits {
		if i == rowsMax {
			fmt.Fprintf(b, "\n%d more are in the folder.\n", len(p.Edits)-i)
			break
		}
		saves := money(e.Saving)
		if e.Small {
			saves += " (may be left out)"
		}
		moved := strconv.FormatInt(e.Radius.Restarts+e.Radius.Evicted, 10)
		if !e.Steered {
			moved += ", then as Karpenter consolidates"
		}
		fmt.Fprintf(b, "| %d | %s | %s | %d | %s | %s | %d | %d | %d | %s |\n", i+1, code(e.Pool), code(e.Base), e.Nodes, saves, money(e.PerNode),
			len(e.Radius.Losing), len(e.Radius.Emptied), len(e.Radius.Drifted), moved)
	}
	b.WriteString("\nWhat an edit saves is its workloads' share of what today's nodes cost (the larger of their CPU and memory share; of nodes with GPUs by card), less the price of its nodes. ")
	b.WriteString("Edits in which requests grow come first, then those that save the most for each node that they disrupt. \"May be left out\": less than 1 % of all savings.\n\n")
}

// disturbs names whom each edit disturbs.
func (p Proposal) disturbs(b *strings.Builder) {
	var rows []string
	for _, e := range p.Edits {
		r := e.Radius
		add := func(what string, names []string) {
			if len(names) > 0 {
				rows = append(rows, fmt.Sprintf("- %s: %s\n", code(e.Pool), what+named(names)))
			}
		}
		add("pods with do-not-disrupt, which a rolling update moves all the same: ", r.Protected)
		for _, g := range r.Guarded {
			rows = append(rows, fmt.Sprintf("- %s: %s behind PodDisruptionBudget %s, which allows %d now. A rolling update does not ask it; the removal of nodes does\n", code(e.Pool), plural(g.Pods, "pod", "pods"), code(g.Name), g.Allowed))
		}
		add("pods of Jobs, which begin again: ", r.Jobs)
		add("pods that nobody starts again and that have run for an hour or more: ", r.Long)
		add("pods with volumes in one zone: ", r.Bound)
		var drifted []string
		for _, x := range r.Drifted {
			drifted = append(drifted, x.Node+" ("+x.Reason+")")
		}
		add("nodes that Karpenter replaces: ", drifted)
		for _, n := range e.Notes {
			rows = append(rows, fmt.Sprintf("- %s: %s\n", code(e.Pool), escape(n)))
		}
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString("#### Who is disturbed\n\n")
	writeRows(b, rows)
}

// before is what to see to first.
func (p Proposal) before(b *strings.Builder) {
	rows := []string{fmt.Sprintf("- Karpenter %s or later was assumed: `kubectl get deployment -A -l app.kubernetes.io/name=karpenter -o wide`\n", escape(p.Karpenter))}
	if len(p.Gates) > 0 {
		rows = append(rows, fmt.Sprintf("- Karpenter's feature gates %s have to be on: they are off by default. `settings.featureGates` of its Helm chart\n", code(strings.Join(p.Gates, ", "))))
	}
	for _, f := range p.Files {
		switch {
		case f.Path == "mig-parted-config.yaml":
			rows = append(rows, "- `mig-parted-config.yaml`: add its configurations to the ConfigMap that the GPU operator's `migManager.config.name` names, with MIG strategy `mixed`, before the NodePools\n")
		case f.Kind == KindConfig:
			rows = append(rows, fmt.Sprintf("- %s: add it to the device plugin's ConfigMap under that name (without .yaml), before the NodePools. A pod that takes several shares may get them of different cards\n", code(f.Path)))
		}
	}
	for _, c := range p.Checks {
		rows = append(rows, "- "+escape(c)+"\n")
	}
	for _, c := range p.ByHand {
		rows = append(rows, "- By hand: "+escape(c)+"\n")
	}
	b.WriteString("#### Before\n\n")
	writeRows(b, rows)
}

// commandsMax is how many commands are written out; the rest follow the same pattern.
const commandsMax = 60

// commands are the patches of a kind as a shell takes them, in the order in which they are applied.
func (p Proposal) commands(kind string) []string {
	at := map[string]File{}
	var paths []string
	for _, f := range p.Files {
		at[f.Path] = f
		if f.Kind == kind && kind == KindDaemons {
			paths = append(paths, f.Path)
		}
	}
	for _, e := range p.Edits {
		for _, path := range e.Files {
			if at[path].Kind == kind {
				paths = append(paths, path)
			}
		}
	}
	var out []string
	for _, path := range paths {
		ref := at[path].Object
		out = append(out, fmt.Sprintf("kubectl -n %s patch %s %s --patch-file %s", ref.Namespace, strings.ToLower(ref.Kind), ref.Name, path))
	}
	if more := len(out) - commandsMax; more > 0 {
		out = append(out[:commandsMax:commandsMax], fmt.Sprintf("# and %d more in patches/", more))
	}
	return out
}

// how says how to apply the folder and how to take it back.
func (p Proposal) how(b *strings.Builder) {
	patches, daemons := p.commands(KindPatch), p.commands(KindDaemons)
	var buffers, requests bool
	for _, f := range p.Files {
		buffers, requests = buffers || f.Kind == KindBuffer, requests || f.Kind == KindRequest
	}
	b.WriteString("#### How to apply\n\nIn this order; pods can be scheduled after every step. Where objects come from Git, commit them in this order: `kustomization.yaml` takes your workloads among its `resources`.\n\n")
	step := 0
	say := func(text string, commands ...string) {
		step++
		fmt.Fprintf(b, "%d. %s\n", step, text)
		if len(commands) > 0 {
			fmt.Fprintf(b, "\n   ```\n   %s\n   ```\n\n", strings.Join(commands, "\n   "))
		}
	}
	if len(daemons) > 0 {
		say("Let DaemonSets onto the new nodes; on those of today their pods restart:", daemons...)
	}
	say("NodeOverlays and NodePools. By that alone no node is made or goes, but where the table says that nodes are replaced:", "kubectl apply -k .")
	if requests {
		say("Requests that the plan was made for: `requests.yaml` has a patch for each owner. Without them Karpenter builds for the requests of today.")
	}
	if len(patches) > 0 {
		say("The workloads, edit by edit in the order of the table; wait for each with `kubectl rollout status`:", patches...)
	}
	say("Nothing: Karpenter removes nodes that have become empty by itself, within their NodePools' budgets.")
	if buffers {
		say("Room for more pods; what that costs is in none of the prices above:", "kubectl apply -f capacitybuffers/")
	}
	b.WriteString("\n#### How to take it back\n\n")
	if len(patches) > 0 {
		b.WriteString("1. Take the patches back: `kubectl rollout undo` each, or revert the commit. Pods go back to the NodePools of today, which are untouched.\n2. ")
	}
	if buffers {
		b.WriteString("`kubectl delete -f capacitybuffers/`. ")
	}
	b.WriteString("Delete what was made: `kubectl delete -k .`; Karpenter drains the nodes.")
	for _, e := range p.Edits {
		if len(e.Notes) > 0 && e.Notes[0] == editedNote {
			fmt.Fprintf(b, " Not NodePool %s, which was there before: apply its old form, in `changes.diff`.", code(e.Pool))
		}
	}
	b.WriteString("\n\n")
}

func (p Proposal) notes(b *strings.Builder) {
	var rows []string
	for _, severity := range []planner.Severity{planner.Warning, planner.Info} {
		for _, n := range p.Notes {
			if n.Severity == severity {
				rows = append(rows, fmt.Sprintf("- %s %s: %s\n", severity, code(n.Object), escape(n.Text)))
			}
		}
	}
	if len(rows) > 0 {
		b.WriteString("#### Notes\n\n")
		writeRows(b, rows)
	}
}

// partMax is the most bytes of a list: three of them and the table stay below markdownMax.
const partMax = 11_000

// writeRows writes as many rows as fit, and counts the rest.
func writeRows(b *strings.Builder, rows []string) {
	size := 0
	for i, r := range rows {
		if size += len(r); i == rowsMax || size > partMax {
			fmt.Fprintf(b, "- and %d more: `tenon propose … -o json` has all\n", len(rows)-i)
			break
		}
		b.WriteString(r)
	}
	b.WriteString("\n")
}

// named is a count and the first few names.
func named(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), namesMax)] {
		out = append(out, code(n))
	}
	text := fmt.Sprintf("%d (%s", len(names), strings.Join(out, ", "))
	if len(names) > namesMax {
		text += " …"
	}
	return text + ")"
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// money is an amount to the ten-thousandth; rounded to nearest.
func money(m pricing.Micro) string {
	half := pricing.Micro(50)
	if m < 0 {
		half = -50
	}
	tenths := (m.Plus(half)) / 100
	sign := ""
	if tenths < 0 {
		sign, tenths = "-", -tenths
	}
	return fmt.Sprintf("%s%d.%04d", sign, tenths/10_000, tenths%10_000)
}

// clip cuts a text in its middle.
func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2:])
}

// code is text in which Markdown means nothing.
func code(s string) string {
	s = clip(line(s), cellMax)
	if s == "" {
		return ""
	}
	longest, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	pad := ""
	if longest > 0 {
		pad = " "
	}
	return fence + pad + strings.ReplaceAll(s, "|", `\|`) + pad + fence
}

// escape is prose in which Markdown and HTML mean nothing and nobody is mentioned.
func escape(s string) string {
	var b strings.Builder
	for _, r := range clip(line(s), 600) {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '@', '#':
			b.WriteRune(r)
			b.WriteString("&#8203;")
		default:
			b.WriteRune(r)
		}
	}
	return links.Replace(b.String())
}

// links breaks what GitHub would turn into a link by itself.
var links = strings.NewReplacer("://", ":&#8203;//", "www.", "www&#8203;.")

// editedNote marks an edit of a NodePool that exists.
const editedNote = "this NodePool exists and is edited"
