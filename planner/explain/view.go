package explain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// view is a Plan with what every rendering derives from it, computed once.
type view struct {
	planner.Plan
	money  currency
	boxes  []box           // one for each of Plan.Nodes, same order
	works  []work          // one for each of Plan.Workloads, same order
	byID   map[string]int  // PlanNode.ID → index
	byName map[string]int  // PlanWork.Workload → index
	nodes  int64           // machines planned
	placed int64           // pods placed
	left   int64           // pods unplaced
	kept   int64           // machines planned that exist today
	idle   pricing.Micro   // an hour, over all nodes
	held   pricing.Micro   // the part of idle on nodes that nobody may change
	notes  []*planner.Note // warnings first, otherwise as given
}

// box is one kind of planned node.
type box struct {
	*planner.PlanNode
	gauges []gauge
	tight  int           // index into gauges, or -1 where the node's size is not known
	total  pricing.Micro // price of all its machines
	idle   pricing.Micro // idle money of ONE machine
}

// gauge is one resource of one node.
type gauge struct {
	name                         string // CPU, memory, GPU, disk, pods, or the extended resource's own
	total, system, stay, planned int64  // system: DaemonSets
}

func (g gauge) used() int64 { return satAdd(satAdd(g.system, g.stay), g.planned) }
func (g gauge) free() int64 { return max(0, g.total-g.used()) }

// amount prints a quantity of the gauge with its unit.
func (g gauge) amount(n int64) string {
	switch g.name {
	case "CPU":
		return cores(n) + " CPU"
	case "memory":
		return gib(n)
	case "disk":
		return gib(n) + " disk"
	case "GPU":
		return cards(n) + " GPU"
	case "pods":
		return plural(n, "pod", "pods")
	}
	return count(n) + " " + g.name
}

// work is a workload with where it ended.
type work struct {
	*planner.PlanWork
	homes    []home
	placed   int64
	unplaced int64
	cost     pricing.Micro // its share of the price of the nodes it runs on
	share    int64         // its largest share of any kind of node, times machines: ranks the legend
}

// home is what one kind of node carries of a workload.
type home struct {
	box   int
	count int64         // pods on ONE machine
	cost  pricing.Micro // share of the price of ONE machine
}

func newView(p planner.Plan) *view {
	v := &view{Plan: cleaned(p), byID: map[string]int{}, byName: map[string]int{}}
	v.money = currency(v.Cost.Currency)
	for i := range v.Workloads {
		v.works = append(v.works, work{PlanWork: &v.Workloads[i]})
		v.byName[v.Workloads[i].Workload] = i
	}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		b := newBox(n)
		v.byID[n.ID] = i
		v.boxes = append(v.boxes, b)
		v.nodes = satAdd(v.nodes, n.Count)
		v.kept = satAdd(v.kept, min(int64(len(n.Names)), max(n.Count, 0)))
		idle := b.idle.Times(n.Count)
		v.idle = v.idle.Plus(idle)
		if n.Held {
			v.held = v.held.Plus(idle)
		}
		v.settle(i)
	}
	for _, u := range v.Unplaced {
		v.left = satAdd(v.left, u.Count)
		if i, ok := v.byName[u.Workload]; ok {
			v.works[i].unplaced = satAdd(v.works[i].unplaced, u.Count)
		}
	}
	for i := range v.Plan.Notes {
		v.notes = append(v.notes, &v.Plan.Notes[i])
	}
	slices.SortStableFunc(v.notes, func(a, b *planner.Note) int { return cmp.Compare(rank(a), rank(b)) })
	return v
}

func rank(n *planner.Note) int {
	if n.Severity == planner.Warning {
		return 0
	}
	return 1
}

// settle books what box i carries to its workloads, and its price by their requests of its tight resource.
func (v *view) settle(i int) {
	b := &v.boxes[i]
	for _, pods := range b.Pods {
		v.placed = satAdd(v.placed, satMul(pods.Count, b.Count))
		at, ok := v.byName[pods.Workload]
		if !ok {
			continue
		}
		w := &v.works[at]
		h := home{box: i, count: pods.Count}
		if b.tight >= 0 {
			g := b.gauges[b.tight]
			part := v.takes(b, w.PlanWork, pods.Count, g.name)
			h.cost = pricing.Micro(mulDiv(int64(b.PricePerHour), part, satAdd(g.stay, g.planned), nearest))
			w.share = satAdd(w.share, satMul(share(part, g.total), b.Count))
		}
		w.homes = append(w.homes, h)
		w.placed = satAdd(w.placed, satMul(pods.Count, b.Count))
		w.cost = w.cost.Plus(h.cost.Times(b.Count))
	}
}

// takes is how much of a gauge so many pods of a workload take on one machine.
func (v *view) takes(b *box, w *planner.PlanWork, pods int64, gaugeName string) int64 {
	switch gaugeName {
	case "CPU":
		return satMul(w.Requests.CPUMilli, pods)
	case "memory":
		return satMul(w.Requests.MemoryMiB, pods)
	case "disk":
		return satMul(w.Requests.EphemeralMiB, pods)
	case "pods":
		return pods
	case "GPU":
		taken := int64(0)
		for i := range b.GPUs {
			taken = satAdd(taken, cardOf(b.GPUModel, &b.GPUs[i]).takenBy(w.Workload))
		}
		return taken
	}
	return satMul(w.Requests.Extended[gaugeName], pods)
}

func newBox(n *planner.PlanNode) box {
	b := box{PlanNode: n, gauges: gauges(n), tight: -1, total: n.PricePerHour.Times(n.Count)}
	most := int64(-1)
	for i, g := range b.gauges {
		if s := share(g.used(), g.total); s > most {
			b.tight, most = i, s
		}
	}
	if b.tight >= 0 {
		g := b.gauges[b.tight]
		b.idle = pricing.Micro(mulDiv(int64(n.PricePerHour), g.free(), g.total, nearest))
	}
	return b
}

// gauges lists what a node has, dearest first, so that a tie for the tight resource goes to what costs most. What the
// node does not have, or is not known to have, is no gauge.
func gauges(n *planner.PlanNode) []gauge {
	a, d, s, r := n.Allocatable, n.DaemonSets, n.Stay, n.Requested
	all := []gauge{
		gpuGauge(n),
		{"CPU", a.CPUMilli, d.CPUMilli, s.CPUMilli, r.CPUMilli},
		{"memory", a.MemoryMiB, d.MemoryMiB, s.MemoryMiB, r.MemoryMiB},
		{"disk", a.EphemeralMiB, d.EphemeralMiB, s.EphemeralMiB, r.EphemeralMiB},
		{"pods", a.Pods, d.Pods, s.Pods, r.Pods},
	}
	for _, name := range sortedNames(a.Extended) {
		if strings.HasPrefix(name, "nvidia.com/") && len(n.GPUs) > 0 {
			continue // the cards themselves are drawn
		}
		all = append(all, gauge{name, a.Extended[name], d.Extended[name], s.Extended[name], r.Extended[name]})
	}
	return slices.DeleteFunc(all, func(g gauge) bool { return g.total <= 0 })
}

func sortedNames(m map[string]int64) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// find is the gauge of a name.
func (b *box) find(name string) (gauge, bool) {
	i := slices.IndexFunc(b.gauges, func(g gauge) bool { return g.name == name })
	if i < 0 {
		return gauge{}, false
	}
	return b.gauges[i], true
}

// filled is the taken share of a gauge as "91%", or "-" where the node has none.
func (b *box) filled(name string) string {
	g, ok := b.find(name)
	if !ok {
		return "-"
	}
	return wholePercent(share(g.used(), g.total))
}

// isNew is the number of machines that do not exist today.
func (b *box) isNew() int64 { return max(0, b.Count-int64(len(b.Names))) }

// state says in one word or two whether the machines exist.
func (b *box) state() string { return state(b.Held, b.isNew(), b.Count) }

func state(held bool, fresh, all int64) string {
	switch {
	case held:
		return "held"
	case fresh == 0:
		return "kept"
	case fresh == all:
		return "new"
	}
	return count(fresh) + " new"
}

// gpus is "8 x a100-40gb", or "" for a node without.
func (b *box) gpus() string {
	if len(b.GPUs) == 0 {
		return ""
	}
	return strconv.Itoa(len(b.GPUs)) + "x " + cmp.Or(b.GPUModel, "GPU")
}
