package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Options say how a Table is laid out. The zero value is a narrow table without colours.
type Options struct {
	Width int  // cells of a line; 0: 80. Texts are wrapped to it, and without Wide the tables fit into it (the summary needs 76)
	Color bool // ANSI colours
	Wide  bool // a row for each kind of node and each workload, all columns, names in full, no limit on the tables' width
}

// widthDefault is what a terminal has where nobody says otherwise.
const widthDefault = 80

// Table is the Plan for people at a terminal: summary, nodes, unplaced pods, notes.
func Table(p planner.Plan, o Options) string {
	if o.Width <= 0 {
		o.Width = widthDefault
	}
	v := newView(p)
	var b strings.Builder
	v.writeSummary(&b, o)
	v.writeRightsizing(&b, o)
	v.writePools(&b, o)
	if o.Wide {
		v.writeNodesWide(&b, o)
		v.writeWorkloads(&b, o)
	} else {
		v.writeNodes(&b, o)
	}
	v.writeUnplaced(&b, o)
	v.writeNotes(&b, o)
	return b.String()
}

func title(text string, o Options) string { return "\n" + bold.paint(text, o.Color) + "\n" }

func (v *view) writeSummary(b *strings.Builder, o Options) {
	name := hang("Plan for ", cmp.Or(v.Source, "an unnamed input"), o.Width)
	b.WriteString(bold.paint(strings.TrimSuffix(name, "\n"), o.Color) + "\n")
	b.WriteString(hang("", v.catalogLine(), o.Width))
	b.WriteByte('\n')
	g := grid{columns: []column{
		{head: ""}, {head: v.Cost.Currency + " an hour", right: true},
		{head: fmt.Sprintf("a month (%d h)", HoursPerMonth), right: true}, {head: ""},
	}}
	for _, m := range v.headline() {
		g.rows = append(g.rows, []cell{{m.name, normal}, {m.hour, bold}, {m.month, normal}, {m.remark, m.look}})
	}
	b.WriteString(g.render(0, o.Color))
	b.WriteByte('\n')
	c := v.Changes
	b.WriteString(hang("Nodes     ", fmt.Sprintf("%s planned: %s kept, %s added; %s removed",
		count(v.nodes), count(c.Keep), count(c.Add), count(c.Remove)), o.Width))
	b.WriteString(hang("Pods      ", fmt.Sprintf("%s placed, %s of them moved; %s stay; %s unplaced",
		count(v.placed), count(c.Moves), count(c.Stay), count(v.left)), o.Width))
	b.WriteString(hang("Proof     ", v.proofLine(), o.Width))
	if n := v.Cost.UnpricedNodes; n > 0 {
		b.WriteString(hang("Unpriced  ", plural(int64(n), "node", "nodes")+" of today without a known price in no figure above", o.Width))
	}
}

// amount is one line of the headline figures.
type amount struct {
	name, hour, month, remark string
	look                      style
}

// headline is cost now, planned and at the bound, with what of the planned cost is held or idle under it.
func (v *view) headline() []amount {
	c := v.Cost
	var rows []amount
	planned := amount{"Planned", v.money.hour(c.PlannedPerHour), v.money.month(c.PlannedPerHour), "", normal}
	if c.NowPerHour != nil {
		rows = append(rows, amount{"Now", v.money.hour(*c.NowPerHour), v.money.month(*c.NowPerHour), "", normal})
		planned.remark, planned.look = v.saved()
	}
	rows = append(rows, planned)
	if c.HeldPerHour != 0 {
		rows = append(rows, amount{"  of it held", v.money.hour(c.HeldPerHour), v.money.month(c.HeldPerHour), "nodes that stay", faint})
	}
	idle := percent(share(int64(v.idle), int64(c.PlannedPerHour))) + " of planned"
	rows = append(rows, amount{"  of it idle", v.money.hour(v.idle), v.money.month(v.idle), idle, faint})
	if c.MovesPerHour != nil {
		rows = append(rows, amount{"Moves", v.money.hour(*c.MovesPerHour), v.money.month(*c.MovesPerHour), v.movesRemark(), normal})
	}
	if k := c.KarpenterPerHour; k != nil && v.Karpenter != nil {
		rows = append(rows, amount{"Karpenter", v.money.hour(*k), v.money.month(*k), v.builtRemark(), normal})
	}
	return append(rows, amount{
		"Lower bound", v.money.amount(c.LowerBoundPerHour, hourDecimals, down),
		v.money.amount(c.LowerBoundPerHour.Times(HoursPerMonth), monthDecimals, down),
		v.gapRemark(), normal,
	})
}

// saved compares planned with now, in words and in money.
func (v *view) saved() (string, style) {
	now := *v.Cost.NowPerHour
	difference := now.Plus(-v.Cost.PlannedPerHour)
	switch {
	case difference == 0:
		return "costs the same", normal
	case difference < 0:
		text := "costs " + v.money.hour(-difference) + " more"
		if v.Cost.SavedPercent != nil {
			text += " (" + floatPercent(-*v.Cost.SavedPercent, false) + ")"
		}
		return text, red
	}
	text := "saves " + v.money.hour(difference)
	if v.Cost.SavedPercent != nil {
		text += " (" + floatPercent(*v.Cost.SavedPercent, false) + ")"
	}
	return text, green
}

// catalogLine names prices and instant.
func (v *view) catalogLine() string {
	c := v.Catalog
	words := []string{"prices: " + strings.Join(filled(c.Name, c.Region, c.Date), ", ")}
	if c.Types > 0 {
		words = append(words, plural(int64(c.Types), "instance type", "instance types"))
	}
	if at := v.instant(); at != "" {
		words = append(words, "input of "+at)
	}
	return strings.Join(words, "; ")
}

func filled(words ...string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

func (v *view) instant() string {
	if v.At == nil {
		return ""
	}
	return v.At.UTC().Format("2006-01-02 15:04 UTC")
}

// proofLine says what the bound means for this plan.
func (v *view) proofLine() string {
	switch v.Solver.Status {
	case "optimal":
		return "optimal: no plan for this input can cost less" + v.together()
	case "empty":
		return "nothing to place"
	}
	return fmt.Sprintf("no plan for this input can cost less than the lower bound%s; this one costs at most %s more than the cheapest",
		v.together(), floatPercent(v.Cost.GapPercent, true))
}

// kinds is the nodes of one pool, type, zone and capacity type.
type kinds struct {
	boxes []*box
	nodes int64
	fresh int64
}

// grouped joins boxes that differ only in what they carry, dearest group first.
func (v *view) grouped() []kinds {
	type key struct {
		pool, typ, zone, capacity string
		held                      bool
	}
	at := map[key]int{}
	var out []kinds
	for i := range v.boxes {
		b := &v.boxes[i]
		k := key{b.Pool, b.InstanceType, b.Zone, b.CapacityType, b.Held}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, kinds{})
		}
		group := &out[at[k]]
		group.boxes = append(group.boxes, b)
		group.nodes = satAdd(group.nodes, b.Count)
		group.fresh = satAdd(group.fresh, b.isNew())
	}
	slices.SortStableFunc(out, func(a, b kinds) int { return cmp.Compare(b.price(), a.price()) })
	return out
}

func (k kinds) state() string { return state(k.boxes[0].Held, k.fresh, k.nodes) }

// price is an hour of the whole group.
func (k kinds) price() pricing.Micro {
	total := pricing.Micro(0)
	for _, b := range k.boxes {
		total = total.Plus(b.total)
	}
	return total
}

// filled is the taken share of a gauge over the whole group.
func (k kinds) filled(name string) string {
	used, total := int64(0), int64(0)
	for _, b := range k.boxes {
		if g, ok := b.find(name); ok {
			used = satAdd(used, satMul(g.used(), b.Count))
			total = satAdd(total, satMul(g.total, b.Count))
		}
	}
	if total == 0 {
		return "-"
	}
	return wholePercent(share(used, total))
}
