package raise

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/planner/lower"
)

// The modes of planner.PlanGPU.
const (
	modeWhole  = "whole"
	modeMIG    = "mig"
	modeShared = "shared"
	modeIdle   = "idle"
	modeLive   = "live"
)

// claims are what the pods of one node wait for from its cards, each in the order of its pods.
type claims struct {
	whole  map[int][]string             // by item: the workload of each card
	shares map[int][][]planner.PlanPart // by item: the parts of each unit
	slices map[[2]int][]string          // by item and profile of the model: the workload of each instance
}

// gpus says what each card of a node is for.
func (d *dealer) gpus(x *node) []planner.PlanGPU {
	c := &d.s.Offers[x.offer].Cards
	if c.Model == "" || c.Count == 0 {
		return nil
	}
	m, _ := gpu.ByKey(c.Model)
	usable, taken := lower.Usable(*c)
	out := make([]planner.PlanGPU, c.Count)
	for i := range out {
		out[i] = planner.PlanGPU{Index: i, Mode: modeIdle}
		if i < len(c.Live) && c.Live[i] != 0 {
			out[i].Mode = modeLive
			out[i].Layout = occupied(c.Live[i])
		}
	}
	for _, i := range taken {
		out[i].Mode = modeLive
	}
	if x.packed < 0 {
		return out
	}
	uses := d.k.Bins[x.packed].Cards
	wait := d.claims(x, m)
	for j, use := range uses {
		if j < len(usable) {
			d.card(&out[usable[j]], use, wait, x.bin)
			continue
		}
		out = d.fixed(out, taken, use, wait, x.bin)
	}
	return out
}

// occupied lists the stretches of memory slices that live instances of today have. Which profiles they are is not known.
func occupied(mask uint64) []planner.PlanMIG {
	var out []planner.PlanMIG
	for i := 0; i < 64; i++ {
		if mask&(1<<i) == 0 {
			continue
		}
		from := i
		for i < 64 && mask&(1<<i) != 0 {
			i++
		}
		out = append(out, planner.PlanMIG{Profile: modeLive, Start: from, Size: i - from})
	}
	return out
}

// claims lists what the pods of a node ask of its cards.
func (d *dealer) claims(x *node, m gpu.Model) claims {
	wait := claims{whole: map[int][]string{}, shares: map[int][][]planner.PlanPart{}, slices: map[[2]int][]string{}}
	for j, l := range d.k.Bins[x.packed].Items {
		together := d.low.Index.Items[l.Item].Together
		var unit []planner.PlanPart
		for _, p := range x.shares[j] {
			name := lower.WorkloadName(d.s.Workloads[p.Workload])
			need := lower.NeedOn(d.s.Workloads[p.Workload].GPU, m.Key)
			if m.Key == "" { // a model that planner/gpu does not know
				need = lower.NeedOn(d.s.Workloads[p.Workload].GPU, d.s.Offers[x.offer].Cards.Model)
			}
			for range need.Whole * p.Pods {
				wait.whole[l.Item] = append(wait.whole[l.Item], name)
			}
			for profile, n := range need.Slices {
				at, _ := m.Profile(profile)
				for range n * p.Pods {
					wait.slices[[2]int{l.Item, at}] = append(wait.slices[[2]int{l.Item, at}], name)
				}
			}
			if need.ShareMilli == 0 {
				continue
			}
			if together {
				unit = append(unit, planner.PlanPart{Workload: name, Milli: need.ShareMilli, Count: p.Pods})
				continue
			}
			for range p.Pods {
				wait.shares[l.Item] = append(wait.shares[l.Item], []planner.PlanPart{{Workload: name, Milli: need.ShareMilli, Count: 1}})
			}
		}
		if len(unit) > 0 {
			wait.shares[l.Item] = append(wait.shares[l.Item], unit)
		}
	}
	return wait
}

// card says what one card is for.
func (d *dealer) card(g *planner.PlanGPU, use model.CardUse, wait claims, bin int) {
	switch {
	case use.Whole > 0:
		g.Mode = modeWhole
		g.User = take(wait.whole, use.Whole-1)
	case len(use.Shares) > 0:
		g.Mode = modeShared
		for _, l := range use.Shares {
			for range l.Count {
				for _, p := range take(wait.shares, l.Item) {
					g.Shares = addShare(g.Shares, p)
				}
			}
		}
	case len(use.Slices) > 0:
		if g.Mode != modeLive {
			g.Mode = modeMIG
		}
		ref := &d.low.Index.Cards[d.low.Problem.Bins[bin].Card]
		m, _ := gpu.ByKey(ref.Model)
		user := map[int]string{}
		var layout gpu.Layout
		for _, s := range use.Slices {
			p := ref.Profiles[s.Profile]
			user[s.Start] = take(wait.slices, [2]int{s.Item, p})
			layout = append(layout, gpu.Placement{Profile: p, Start: s.Start})
		}
		for _, p := range gpu.DriverOrder(m, layout) {
			g.Layout = append(g.Layout, instance(m, p, user[p.Start]))
		}
	}
}

func instance(m gpu.Model, p gpu.Placement, user string) planner.PlanMIG {
	f := m.Profiles[p.Profile]
	return planner.PlanMIG{Profile: f.Name, Start: p.Start, Size: f.MemorySlices, Workload: user}
}

// take removes and returns the first of those who wait; the zero value if nobody does.
func take[K comparable, V any](wait map[K][]V, key K) V {
	var none V
	if len(wait[key]) == 0 {
		return none
	}
	first := wait[key][0]
	wait[key] = wait[key][1:]
	return first
}

func addShare(list []planner.PlanPart, p planner.PlanPart) []planner.PlanPart {
	at := slices.IndexFunc(list, func(x planner.PlanPart) bool { return x.Workload == p.Workload && x.Milli == p.Milli })
	if at < 0 {
		return append(list, p)
	}
	list[at].Count += p.Count
	return list
}

// fixed shows the instances that pods get in a node whose layout stands: on the cards that are cut, in the first legal
// arrangement. Which instance a pod gets is the device plugin's choice.
func (d *dealer) fixed(gpus []planner.PlanGPU, cut []int, use model.CardUse, wait claims, bin int) []planner.PlanGPU {
	ref := &d.low.Index.Cards[d.low.Problem.Bins[bin].Card]
	m, _ := gpu.ByKey(ref.Model)
	mode := modeLive
	if d.low.Index.Bins[bin].Stage == lower.New {
		mode = modeMIG
	}
	queue := make([]int, 0, len(use.Slices))
	users := map[int][]string{}
	for _, s := range use.Slices {
		p := ref.Profiles[s.Profile]
		queue = append(queue, p)
		users[p] = append(users[p], take(wait.slices, [2]int{s.Item, p}))
	}
	for at := 0; len(queue) > 0; at++ {
		if at == len(cut) { // more than the cut cards could hold: shown beside them
			cut = append(cut, len(gpus))
			gpus = append(gpus, planner.PlanGPU{Index: len(gpus)})
		}
		layout, rest := fill(m, queue)
		g := &gpus[cut[at]]
		g.Mode = mode
		for _, p := range layout {
			g.Layout = append(g.Layout, instance(m, p, take(users, p.Profile)))
		}
		queue = rest
	}
	return gpus
}

// fill places as many instances of the queue on one empty card as fit, in order, at least one.
func fill(m gpu.Model, queue []int) (layout gpu.Layout, rest []int) {
	want := make([]int, len(m.Profiles))
	for _, p := range queue {
		want[p]++
		if l, ok := m.PlaceAround(0, want); ok {
			layout = l
			continue
		}
		want[p]--
		rest = append(rest, p)
	}
	if layout == nil {
		return gpu.Layout{{Profile: queue[0]}}, queue[1:]
	}
	return layout, rest
}
