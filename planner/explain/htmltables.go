package explain

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// What the file holds at most of each table. With all of them full it stays near two megabytes, which a phone opens;
// plan.json holds everything.
const (
	nodeRowsMax  = 1500
	workRowsMax  = 1000
	todayRowsMax = 1500
	otherRowsMax = 500
)

func (v *view) hourCell(m pricing.Micro) data { return number(v.money.hour(m)) }

func (v *view) resourceTable() table {
	t := table{ID: "by-resource", Caption: "Idle money by tight resource", Heads: heads("Resource",
		"#Idle /h|on the nodes where it is the tight resource", "#Of their price", "#Nodes|where it is the tight resource",
		"#Taken|over all nodes", "#There is|over all nodes", "#Taken, %|over all nodes")}
	for _, w := range v.wasteByResource() {
		g := gauge{name: w.name}
		t.Rows = append(t.Rows, row{Cells: []data{
			words(w.name), v.hourCell(w.idle), ratio(share(int64(w.idle), int64(w.paid))), integer(w.nodes),
			measured(g.amount(w.used), w.used), measured(g.amount(w.total), w.total), ratio(share(w.used, w.total)),
		}})
	}
	return t
}

func (v *view) typeTable() table {
	t := table{ID: "by-type", Caption: "Idle money by instance type", Heads: heads("Instance type", "Paid, and idle of it|hatched: idle",
		"#Idle /h", "#Idle a month", "#Of their price", "#Nodes", "#Paid /h")}
	rows := v.wasteByType()
	most := pricing.Micro(0)
	for _, w := range rows {
		most = max(most, w.paid)
	}
	for _, w := range cut(rows, otherRowsMax) {
		paid, idle := scale(w.paid, most), scale(w.idle, most)
		bar := data{Sort: fmt.Sprint(int64(w.paid)), Class: "bar", Text: v.money.hour(w.paid) + " an hour paid, " + v.money.hour(w.idle) + " of it idle",
			Bar: []segment{piece("plan", 0, paid-idle, "used"), piece("gap", paid-idle, idle, "idle")}}
		t.Rows = append(t.Rows, row{Cells: []data{
			name(w.name), bar, v.hourCell(w.idle), number(v.money.month(w.idle)),
			ratio(share(int64(w.idle), int64(w.paid))), integer(w.nodes), v.hourCell(w.paid),
		}})
	}
	t.More = len(rows) - len(t.Rows)
	return t
}

func (v *view) nodeTable() table {
	t := table{ID: "nodes", Caption: "Each kind of node with the same content", Heads: heads("ID", "#Nodes", "Instance type", "Zone", "Capacity", "Pool", "State",
		"#Each /h", "#Total /h", "#CPU", "#Memory", "#GPU", "Tight", "#Idle /h|of all of them", "Pods on each")}
	for i := range cut(v.boxes, nodeRowsMax) {
		b := &v.boxes[i]
		tight := "-"
		if b.tight >= 0 {
			tight = b.gauges[b.tight].name
		}
		content := words(b.inShort(5))
		if b.GPUModel != "" {
			content.Lines = append(content.Lines, b.GPUModel+" "+middle(layouts(b.PlanNode, false), 160))
		}
		if len(b.Names) > 0 {
			content.Lines = append(content.Lines, "serves as: "+atMost(b.Names, 3))
		}
		if b.Note != "" {
			content.Lines = append(content.Lines, b.Note)
		}
		content.Class = "long"
		t.Rows = append(t.Rows, row{ID: fmt.Sprintf("node-%d", i), Cells: []data{
			words(b.ID), integer(b.Count), name(b.InstanceType), words(b.Zone), words(b.CapacityType), words(b.Pool), words(b.state()),
			v.hourCell(b.PricePerHour), v.hourCell(b.total), b.fillCell("CPU"), b.fillCell("memory"), b.fillCell("GPU"), words(tight),
			v.hourCell(b.idle.Times(b.Count)), content,
		}})
	}
	t.More = len(v.boxes) - len(t.Rows)
	return t
}

// inShort lists what one machine carries by the last parts of the names: "4 web, 1 api".
func (b *box) inShort(limit int) string {
	var list []string
	for _, pods := range b.Pods {
		list = append(list, count(pods.Count)+" "+middle(short(pods.Workload), 40))
	}
	return atMost(list, limit)
}

func (b *box) fillCell(gaugeName string) data {
	g, ok := b.find(gaugeName)
	if !ok {
		return number("-")
	}
	return number(wholePercent(share(g.used(), g.total)))
}

func (v *view) workTable(tints []int) table {
	t := table{ID: "workloads", Caption: "What one pod asks, what all its pods cost, where they run, and what narrows that", Heads: heads(
		"Workload", "#Pods", "#Placed", "#Moved", "#CPU|of one pod", "#Memory|of one pod", "GPU|of one pod",
		"#Cost /h|its share of its nodes' price", "#Next pod /h|what one more pod adds to the lower bound",
		"#Offers|kinds of node that can carry it", "Runs on|and constraints: how many offers each alone takes away, and what it costs an hour for all pods")}
	for i := range cut(v.works, workRowsMax) {
		w := &v.works[i]
		first := name(w.Workload)
		first.Chip = fmt.Sprintf("c%d", tints[i])
		where := data{Text: v.runsOn(w, 4), Class: "long", Lines: v.constraintLines(w, 4)}
		if w.unplaced > 0 {
			where.Text = strings.Join(filled(where.Text, count(w.unplaced)+" nowhere"), ", ")
		}
		t.Rows = append(t.Rows, row{ID: fmt.Sprintf("work-%d", i), Cells: []data{
			first, integer(w.Replicas), integer(w.placed), integer(w.Moves), number(cores(w.Requests.CPUMilli)),
			measured(gib(w.Requests.MemoryMiB), w.Requests.MemoryMiB), words(w.GPU), v.hourCell(w.cost), v.hourCell(w.PricePerPod),
			integer(int64(w.Offers)), where,
		}})
	}
	t.More = len(v.works) - len(t.Rows)
	return t
}

// constraintLines are a workload's constraints in short, with what they cost.
func (v *view) constraintLines(w *work, most int) []string {
	var lines []string
	for i, c := range w.Constraints {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(w.Constraints)-most))
			break
		}
		line := c.Kind + ": " + c.Text
		var costs []string
		if c.Excludes > 0 {
			costs = append(costs, "excludes "+plural(int64(c.Excludes), "offer", "offers"))
		}
		if c.PerPod != 0 {
			costs = append(costs, "costs "+v.money.hour(c.PerPod.Times(w.Replicas))+" an hour")
		}
		if len(costs) > 0 {
			line += " (" + strings.Join(costs, ", ") + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func (v *view) todayTable() table {
	t := table{ID: "today", Caption: "What becomes of each of today's nodes", Heads: heads("Node", "Fate", "Serves as", "Instance type", "Zone", "Capacity",
		"Pool", "#Price /h", "Reason")}
	for _, n := range cut(v.Plan.Today, todayRowsMax) {
		price := number("unknown")
		if n.PricePerHour != nil {
			price = v.hourCell(*n.PricePerHour)
		}
		t.Rows = append(t.Rows, row{Class: "fate-" + fateClass(n.Fate), Cells: []data{
			name(n.Name), {Text: n.Fate, Class: "tag"}, words(n.Node), name(n.InstanceType), words(n.Zone), words(n.CapacityType), words(n.Pool),
			price, {Text: n.Reason, Class: "long"},
		}})
	}
	t.More = len(v.Plan.Today) - len(t.Rows)
	return t
}

func fateClass(fate string) string {
	switch fate {
	case "keep", "remove", "held":
		return fate
	}
	return "outside"
}

func (v *view) unplacedTable() table {
	t := table{ID: "unplaced", Caption: "Pods that no node can carry", Heads: heads("Workload", "#Pods", "Reason")}
	for _, u := range cut(v.Plan.Unplaced, otherRowsMax) {
		t.Rows = append(t.Rows, row{Cells: []data{name(u.Workload), integer(u.Count), {Text: u.Reason, Class: "long"}}})
	}
	t.More = len(v.Plan.Unplaced) - len(t.Rows)
	return t
}

func (v *view) noteTable() table {
	t := table{ID: "notes", Caption: "What was assumed, and what was read and not obeyed", Heads: heads("Severity", "Object", "Note")}
	for _, n := range cut(v.notes, otherRowsMax) {
		class := "tag"
		if n.Severity == planner.Warning {
			class = "tag warn"
		}
		t.Rows = append(t.Rows, row{Cells: []data{
			{Text: string(cmp.Or(n.Severity, planner.Info)), Class: class, Sort: fmt.Sprint(rank(n))}, name(n.Object), {Text: n.Text, Class: "long"},
		}})
	}
	t.More = len(v.notes) - len(t.Rows)
	return t
}
