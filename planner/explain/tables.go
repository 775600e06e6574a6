package explain

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// rowsMax bounds the rows of each of the terminal's tables without Wide; what is left out is said.
const rowsMax = 200

func (v *view) writeNodes(b *strings.Builder, o Options) {
	if len(v.boxes) == 0 {
		b.WriteString(title("Nodes", o) + "none\n")
		return
	}
	g := grid{columns: []column{
		{head: "NODES", right: true}, {head: "STATE", drop: 2}, {head: "INSTANCE TYPE", least: 13}, {head: "ZONE", least: 10, drop: 1},
		{head: "CAPACITY", least: 9, drop: 3}, {head: "POOL", least: 8, drop: 6}, {head: "EACH/H", right: true, drop: 5},
		{head: "TOTAL/H", right: true}, {head: "CPU", right: true}, {head: "MEM", right: true}, {head: "GPU", right: true, drop: 4},
		{head: "GPUS", least: 9, drop: 4},
	}}
	groups := v.grouped()
	for _, k := range groups[:min(len(groups), rowsMax)] {
		first := k.boxes[0]
		g.add(count(k.nodes), k.state(), first.InstanceType, first.Zone, first.CapacityType, first.Pool,
			decimal(first.PricePerHour, hourDecimals, nearest), decimal(k.price(), hourDecimals, nearest), k.filled("CPU"), k.filled("memory"), k.filled("GPU"), first.gpus())
		g.rows[len(g.rows)-1][1].look = k.look()
	}
	heading := "Nodes"
	if said := g.common(); len(said) > 0 {
		heading += ", all " + list(said)
	}
	b.WriteString(title(heading, o))
	b.WriteString(g.render(o.Width, o.Color))
	leftOut(b, len(groups), "kinds of node; -o wide lists all", o)
}

// look marks what changes in the cluster.
func (k kinds) look() style {
	switch {
	case k.boxes[0].Held:
		return faint
	case k.fresh > 0:
		return green
	}
	return normal
}

// leftOut says how many rows were not printed.
func leftOut(b *strings.Builder, total int, what string, o Options) {
	if total > rowsMax {
		b.WriteString(faint.paint(fmt.Sprintf("and %s more %s", count(int64(total-rowsMax)), what), o.Color) + "\n")
	}
}

func (v *view) writeNodesWide(b *strings.Builder, o Options) {
	b.WriteString(title("Nodes", o))
	if len(v.boxes) == 0 {
		b.WriteString("none\n")
		return
	}
	g := grid{columns: []column{
		{head: "ID"}, {head: "NODES", right: true}, {head: "STATE"}, {head: "INSTANCE TYPE"}, {head: "ZONE"}, {head: "CAPACITY"},
		{head: "POOL"}, {head: "ARCH"}, {head: "EACH/H", right: true}, {head: "TOTAL/H", right: true}, {head: "TOTAL/MONTH", right: true},
		{head: "CPU USED", right: true}, {head: "OF", right: true}, {head: "MEM USED", right: true}, {head: "OF", right: true},
		{head: "TIGHT"}, {head: "IDLE", right: true}, {head: "IDLE/H", right: true}, {head: "GPU MODEL"}, {head: "GPU LAYOUT"},
		{head: "PODS ON EACH"}, {head: "TODAY'S NODES"}, {head: "NOTE"},
	}}
	for i := range v.boxes {
		x := &v.boxes[i]
		cpu, _ := x.find("CPU")
		memory, _ := x.find("memory")
		tight, idle := "-", "-"
		if x.tight >= 0 {
			t := x.gauges[x.tight]
			tight, idle = t.name, wholePercent(share(t.free(), t.total))
		}
		g.add(x.ID, count(x.Count), x.state(), x.InstanceType, x.Zone, x.CapacityType, x.Pool, x.Arch,
			decimal(x.PricePerHour, hourDecimals, nearest), decimal(x.total, hourDecimals, nearest),
			decimal(x.total.Times(HoursPerMonth), monthDecimals, nearest),
			cores(cpu.used()), cores(cpu.total), gib(memory.used()), gib(memory.total), tight, idle,
			decimal(x.idle.Times(x.Count), hourDecimals, nearest), x.GPUModel, layouts(x.PlanNode, false),
			x.content(len(x.Pods)), strings.Join(x.Names, ", "), x.Note)
	}
	b.WriteString(g.render(0, o.Color))
}

// content lists what one machine carries: "4 x web, 1 x api".
func (b *box) content(limit int) string {
	words := make([]string, 0, len(b.Pods))
	for _, pods := range b.Pods {
		words = append(words, count(pods.Count)+" x "+pods.Workload)
	}
	return atMost(words, limit)
}

func (v *view) writeWorkloads(b *strings.Builder, o Options) {
	if len(v.works) == 0 {
		return
	}
	b.WriteString(title("Workloads", o))
	g := grid{columns: []column{
		{head: "WORKLOAD"}, {head: "PODS", right: true}, {head: "PLACED", right: true}, {head: "MOVED", right: true},
		{head: "CPU", right: true}, {head: "MEM", right: true}, {head: "GPU"}, {head: "PRIORITY", right: true},
		{head: "COST/H", right: true}, {head: "NEXT POD/H", right: true}, {head: "OFFERS", right: true},
		{head: "CONSTRAINTS", right: true}, {head: "RUNS ON"},
	}}
	for i := range v.works {
		w := &v.works[i]
		g.add(w.Workload, count(w.Replicas), count(w.placed), count(w.Moves), cores(w.Requests.CPUMilli), gib(w.Requests.MemoryMiB), w.GPU,
			count(int64(w.Priority)), decimal(w.cost, hourDecimals, nearest), decimal(w.PricePerPod, hourDecimals, nearest),
			count(int64(w.Offers)), count(int64(len(w.Constraints))), v.runsOn(w, len(w.homes)))
	}
	b.WriteString(g.render(0, o.Color))
}

// runsOn lists the nodes of a workload: "8 on n1, 4 on n3".
func (v *view) runsOn(w *work, limit int) string {
	words := make([]string, 0, len(w.homes))
	for _, h := range w.homes {
		words = append(words, count(satMul(h.count, v.boxes[h.box].Count))+" on "+v.boxes[h.box].ID)
	}
	return atMost(words, limit)
}

func (v *view) writeUnplaced(b *strings.Builder, o Options) {
	if len(v.Unplaced) == 0 {
		return
	}
	b.WriteString(title("Unplaced", o))
	for i, u := range v.Unplaced {
		if i == rowsMax && !o.Wide {
			break
		}
		b.WriteString(red.paint(plural(u.Count, "pod", "pods"), o.Color) + " of " + u.Workload + "\n")
		b.WriteString(hang("    ", u.Reason, o.Width))
	}
	if !o.Wide {
		leftOut(b, len(v.Unplaced), "workloads with unplaced pods; -o wide lists all", o)
	}
}

func (v *view) writeNotes(b *strings.Builder, o Options) {
	if len(v.notes) == 0 {
		return
	}
	b.WriteString(title("Notes", o))
	for i, n := range v.notes {
		if i == rowsMax && !o.Wide {
			break
		}
		text := n.Text
		if n.Object != "" {
			text = n.Object + ": " + text
		}
		lead := fmt.Sprintf("%-9s", cmp.Or(n.Severity, planner.Info))
		line := hang(lead, text, o.Width)
		if n.Severity == planner.Warning {
			line = yellow.paint(lead, o.Color) + strings.TrimPrefix(line, lead)
		}
		b.WriteString(line)
	}
	if !o.Wide {
		leftOut(b, len(v.notes), "notes; -o wide lists all", o)
	}
}
