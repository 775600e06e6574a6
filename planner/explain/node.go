package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Node says in sentences what fills a node of the plan, what of it is free and idle, how its GPUs are laid out and
// which of today's nodes serve. The name is a PlanNode's ID, a node of today (whose fate is told then) or an instance
// type (all its nodes are told). It may be cut short as long as it is unique.
func Node(p planner.Plan, name string) (string, error) {
	v := newView(p)
	found, err := match(name, v.nodeNames())
	if err != nil {
		return "", err
	}
	return v.node(found), nil
}

// Subject explains whatever bears the name, workload or node.
func Subject(p planner.Plan, name string, more Alternatives) (string, error) {
	v := newView(p)
	var names []string
	for i := range v.works {
		names = append(names, v.works[i].Workload)
	}
	names = append(names, v.strangers()...)
	workloads := len(names)
	names = append(names, v.nodeNames()...)
	found, err := match(name, names)
	if err != nil {
		return "", err
	}
	if slices.Contains(names[:workloads], found) {
		return v.workload(found, more), nil
	}
	return v.node(found), nil
}

// nodeNames are all names that a node may be asked by.
func (v *view) nodeNames() []string {
	var names []string
	for i := range v.boxes {
		names = append(names, v.boxes[i].ID)
	}
	for i := range v.Plan.Today {
		names = append(names, v.Plan.Today[i].Name)
	}
	types := map[string]bool{}
	for i := range v.boxes {
		types[v.boxes[i].InstanceType] = true
	}
	for i := range v.Plan.Today {
		types[v.Plan.Today[i].InstanceType] = true
	}
	delete(types, "")
	kinds := make([]string, 0, len(types))
	for name := range types {
		kinds = append(kinds, name)
	}
	slices.Sort(kinds)
	return append(names, kinds...)
}

func (v *view) node(name string) string {
	var b strings.Builder
	if i, ok := v.byID[name]; ok {
		v.writeNode(&b, &v.boxes[i])
		return b.String()
	}
	for i := range v.Plan.Today {
		if t := &v.Plan.Today[i]; t.Name == name {
			v.writeToday(&b, t)
			return b.String()
		}
	}
	v.writeType(&b, name)
	return b.String()
}

func (v *view) writeNode(b *strings.Builder, x *box) {
	head := v.whichNodes(x) + "."
	if x.Count > 1 {
		head += fmt.Sprintf(" Together %s.", v.money.both(x.total))
	} else {
		head += fmt.Sprintf(" That is %s a month.", v.money.month(x.total))
	}
	b.WriteString(hang("", head, textWidth))
	if x.Held {
		b.WriteString(hang("", "It is held: it stays whatever is planned, and its price is sunk. "+x.Note, textWidth))
	} else if x.Note != "" {
		b.WriteString(hang("", x.Note, textWidth))
	}
	v.writeFill(b, x)
	v.writeContent(b, x)
	if len(x.GPUs) > 0 {
		b.WriteString(fmt.Sprintf("\nGPUs of each: %s\n", x.gpus()))
		for _, r := range runs(x.PlanNode) {
			b.WriteString(hang("  "+r.name()+"  ", modeWords[r.gpu.Mode]+layout(r.gpu, true), textWidth))
		}
		if idle := idleCards(x.PlanNode); idle > 0 {
			b.WriteString(hang("  ", plural(idle, "card", "cards")+" used by nobody.", textWidth))
		}
		writeParted(b, x.PlanNode)
	}
	b.WriteString("\nToday's nodes that serve\n")
	switch {
	case len(x.Names) == 0:
		b.WriteString("  none: " + map[bool]string{true: "it is new", false: "all are new"}[x.Count == 1] + "\n")
	default:
		b.WriteString(hang("  ", strings.Join(x.Names, ", "), textWidth))
		if fresh := x.isNew(); fresh > 0 {
			b.WriteString("  and " + count(fresh) + " new\n")
		}
	}
}

// modeWords begin the line of a card whose layout does not say itself how it is used.
var modeWords = map[string]string{
	modeMIG:    "cut by MIG: ",
	modeShared: "shared by time: ",
	modeLive:   "in use today: ",
}

// writeFill tells for each resource what is taken and what is free, then what the free part costs.
func (v *view) writeFill(b *strings.Builder, x *box) {
	b.WriteString("\nWhat one of them has\n")
	g := grid{columns: []column{{head: "  RESOURCE"}, {head: "HAS", right: true}, {head: "DAEMONSETS", right: true}, {head: "STAY", right: true},
		{head: "PLANNED", right: true}, {head: "FREE", right: true}, {head: "TAKEN", right: true}, {head: ""}}}
	for i, a := range x.gauges {
		remark := ""
		if i == x.tight {
			remark = "tight"
		}
		g.add("  "+a.name, a.bare(a.total), a.bare(a.system), a.bare(a.stay), a.bare(a.planned), a.bare(a.free()),
			wholePercent(share(a.used(), a.total)), remark)
	}
	b.WriteString(g.render(0, false))
	if x.tight < 0 {
		return
	}
	t := x.gauges[x.tight]
	text := fmt.Sprintf("%s is the tight resource: %s of it is free, so %s of each node's price is idle",
		strings.ToUpper(t.name[:1])+t.name[1:], percent(share(t.free(), t.total)), v.money.both(x.idle))
	if total := x.idle.Times(x.Count); x.Count > 1 && total > 0 {
		text += fmt.Sprintf(", %s on all %s", v.money.both(total), count(x.Count))
	}
	if v.idle > 0 && x.idle > 0 {
		text += fmt.Sprintf(": %s of the plan's idle money", percent(share(int64(x.idle.Times(x.Count)), int64(v.idle))))
	}
	b.WriteString(hang("  ", text+".", textWidth))
}

// bare prints an amount in a column that its head names.
func (g gauge) bare(n int64) string {
	switch g.name {
	case "CPU":
		return cores(n)
	case "GPU":
		return cards(n)
	case "memory", "disk":
		return gib(n)
	}
	return count(n)
}

func (v *view) writeContent(b *strings.Builder, x *box) {
	b.WriteString("\nWhat fills one of them\n")
	if len(x.Pods) == 0 {
		b.WriteString("  no planned pod\n")
		return
	}
	g := grid{columns: []column{{head: "  WORKLOAD"}, {head: "PODS", right: true}, {head: "CPU", right: true}, {head: "MEMORY", right: true},
		{head: "GPU", right: true}, {head: v.Cost.Currency + "/H", right: true}}}
	costs := map[string]pricing.Micro{}
	for _, pods := range x.Pods {
		if at, ok := v.byName[pods.Workload]; ok {
			costs[pods.Workload] = v.works[at].costOn(v.byID[x.ID])
		}
	}
	sorted := slices.Clone(x.Pods)
	slices.SortStableFunc(sorted, func(p, q planner.NodePods) int { return cmp.Compare(costs[q.Workload], costs[p.Workload]) })
	for _, pods := range sorted {
		at, ok := v.byName[pods.Workload]
		if !ok {
			g.add("  "+pods.Workload, count(pods.Count), "?", "?", "?", "?")
			continue
		}
		w := v.works[at].PlanWork
		gpu := ""
		if taken := v.takes(x, w, pods.Count, "GPU"); taken > 0 {
			gpu = cards(taken)
		}
		g.add("  "+pods.Workload, count(pods.Count), cores(v.takes(x, w, pods.Count, "CPU")), gib(v.takes(x, w, pods.Count, "memory")), gpu,
			decimal(costs[pods.Workload], hourDecimals, nearest))
	}
	b.WriteString(g.render(0, false))
	b.WriteString(hang("  ", v.Cost.Currency+"/H is the workload's share of one node's price by the tight resource.", textWidth))
}

// costOn is a workload's share of the price of one machine of a box.
func (w *work) costOn(box int) pricing.Micro {
	i := slices.IndexFunc(w.homes, func(h home) bool { return h.box == box })
	if i < 0 {
		return 0
	}
	return w.homes[i].cost
}

func (v *view) writeToday(b *strings.Builder, t *planner.TodayNode) {
	price := "no price is known for it"
	if t.PricePerHour != nil {
		price = v.money.both(*t.PricePerHour)
	}
	words := strings.Join(filled(t.InstanceType, t.Zone, t.CapacityType), ", ")
	b.WriteString(hang("", fmt.Sprintf("%s is a node of today (%s): %s.", t.Name, words, price), textWidth))
	fate := map[string]string{
		"keep":    "The plan keeps it.",
		"remove":  "The plan removes it.",
		"held":    "It is held: it stays whatever is planned.",
		"outside": "The plan leaves it alone: it is in no figure.",
	}[t.Fate]
	if t.Reason != "" {
		fate += " Why: " + strings.TrimSuffix(t.Reason, ".") + "."
	}
	b.WriteString(hang("", cmp.Or(fate, "Its fate is "+t.Fate+"."), textWidth))
	if i, ok := v.byID[t.Node]; ok {
		b.WriteString("\nIt serves as ")
		v.writeNode(b, &v.boxes[i])
	}
	v.notesOn(b, t.Name)
}

// writeType sums up all nodes of an instance type.
func (v *view) writeType(b *strings.Builder, name string) {
	var nodes, today int64
	var paid, idle pricing.Micro
	g := grid{columns: []column{{head: "  ID"}, {head: "NODES", right: true}, {head: "STATE"}, {head: "ZONE"}, {head: "CAPACITY"},
		{head: "TOTAL/H", right: true}, {head: "CPU", right: true}, {head: "MEM", right: true}, {head: "GPU", right: true}, {head: "IDLE/H", right: true}}}
	for i := range v.boxes {
		x := &v.boxes[i]
		if x.InstanceType != name {
			continue
		}
		nodes, paid, idle = satAdd(nodes, x.Count), paid.Plus(x.total), idle.Plus(x.idle.Times(x.Count))
		g.add("  "+x.ID, count(x.Count), x.state(), x.Zone, x.CapacityType, decimal(x.total, hourDecimals, nearest), x.filled("CPU"), x.filled("memory"),
			x.filled("GPU"), decimal(x.idle.Times(x.Count), hourDecimals, nearest))
	}
	for i := range v.Plan.Today {
		if v.Plan.Today[i].InstanceType == name {
			today++
		}
	}
	text := fmt.Sprintf("%s: the plan has %s for %s, of which %s is idle. Today has %s.", name, plural(nodes, "node", "nodes"),
		v.money.both(paid), v.money.both(idle), count(today))
	b.WriteString(hang("", text, textWidth))
	if len(g.rows) > 0 {
		b.WriteByte('\n')
		b.WriteString(g.render(0, false))
	}
}
