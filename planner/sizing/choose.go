package sizing

import (
	"cmp"
	"container/heap"
	"slices"
)

// step raises one variable from one amount to another.
type step struct {
	v        int
	from, to int64
	less     int64   // risk of all its pods that goes, millionths
	worth    float64 // risk that goes for each unit of price
}

// Choose returns the cheapest choice that it finds, at prices of one unit of each variable for one pod, whose risk by
// resource is within the budget; where not even the ceilings are, those. lo is the least that each variable may be: the
// floors, or more. Prices that are not positive count as the smallest ones that are.
func (t *Table) Choose(lo Choice, price []float64, budget [2]int64) Choice {
	out := slices.Clone(lo)
	left := t.Risk(lo)
	price = positive(price)
	var steps []step
	for v := range t.Vars {
		if left[t.Vars[v].Resource] > budget[t.Vars[v].Resource] {
			steps = append(steps, t.hull(v, lo[v], price[v])...)
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.v, b.v), cmp.Compare(a.to, b.to))
	})
	for _, s := range steps {
		r := t.Vars[s.v].Resource
		if left[r] > budget[r] {
			out[s.v] = s.to
			left[r] -= s.less
		}
	}
	t.trim(out, lo, price, budget)
	return out
}

// positive replaces prices that are not positive, or no numbers, by the least that are: what costs nothing today costs
// something as soon as everybody takes it.
func positive(price []float64) []float64 {
	least := 0.0
	for _, p := range price {
		if p > 0 && (least == 0 || p < least) {
			least = p
		}
	}
	if least == 0 {
		least = 1
	}
	out := make([]float64, len(price))
	for i, p := range price {
		if out[i] = least; p > least {
			out[i] = p
		}
	}
	return out
}

// option is an amount that a variable may have, and what one pod then risks.
type option struct{ amount, risk int64 }

// options of a variable from an amount upwards: that amount, and each point of the curve up to the ceiling where the risk falls.
func (v *Var) options(from int64) []option {
	out := []option{{from, v.Curve.At(from)}}
	for i := 0; i+1 < len(v.Curve) && v.Curve[i] <= v.Ceiling; i += 2 {
		if v.Curve[i] > from && v.Curve[i+1] < out[len(out)-1].risk {
			out = append(out, option{v.Curve[i], v.Curve[i+1]})
		}
	}
	return out
}

// hull returns the steps along the lower convex hull of a variable's options, best first.
func (t *Table) hull(v int, from int64, price float64) []step {
	x := &t.Vars[v]
	if !x.Known() || x.Kept != "" || t.Pods(v) == 0 {
		return nil
	}
	var out []step
	options := x.options(from)
	for at := 0; at < len(options)-1; {
		best, slope := at+1, 0.0
		for i := at + 1; i < len(options); i++ {
			s := float64(options[at].risk-options[i].risk) / float64(options[i].amount-options[at].amount)
			if s >= slope {
				best, slope = i, s
			}
		}
		out = append(out, step{
			v: v, from: options[at].amount, to: options[best].amount,
			less: mul(t.Pods(v), options[at].risk-options[best].risk), worth: slope / price,
		})
		at = best
	}
	return out
}

// trim gives back what the last steps took too much: each variable in turn falls to the least option that keeps the
// budget, the dearest first.
func (t *Table) trim(c, lo Choice, price []float64, budget [2]int64) {
	left := t.Risk(c)
	order := make([]int, 0, len(t.Vars))
	for v := range t.Vars {
		if c[v] > lo[v] {
			order = append(order, v)
		}
	}
	value := func(v int) float64 { return price[v] * float64(t.Pods(v)) * float64(c[v]-lo[v]) }
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(value(b), value(a)), cmp.Compare(a, b)) })
	for _, v := range order {
		x := &t.Vars[v]
		now := x.Curve.At(c[v])
		for _, o := range x.options(lo[v]) {
			if o.amount >= c[v] {
				break
			}
			if risk := add(left[x.Resource], mul(t.Pods(v), o.risk-now)); risk <= budget[x.Resource] {
				left[x.Resource], c[v] = risk, o.amount
				break
			}
		}
	}
}

// Node is a kind of node of a packing, as far as handing back and divisors need it.
type Node struct {
	Count int64
	Price float64  // of one node, in any unit
	Free  [2]int64 // of one node, by resource
	Loads []Load   // on one node
}

// Load is a number of pods of one workload.
type Load struct {
	Work int
	Pods int64
}

// HandBack raises a choice as far as the nodes have room, and returns the result: at each moment the step that takes the
// most risk away for each unit that its pod asks for more. All pods of a workload get the same, so that a step
// must fit every node that carries one. Nothing goes above its ceiling. Nodes are not changed.
func (t *Table) HandBack(c Choice, nodes []Node) Choice {
	h := handing{t: t, c: slices.Clone(c), on: make([][]seat, len(t.Works))}
	for n := range nodes {
		h.free = append(h.free, nodes[n].Free)
		for _, l := range nodes[n].Loads {
			h.on[l.Work] = append(h.on[l.Work], seat{n, l.Pods})
		}
	}
	for v := range t.Vars {
		if x := &t.Vars[v]; x.Known() && x.Kept == "" && len(h.on[x.Work]) > 0 {
			if s, ok := h.best(v); ok {
				h.queue = append(h.queue, s)
			}
		}
	}
	heap.Init(&h.queue)
	for len(h.queue) > 0 {
		old := heap.Pop(&h.queue).(step)
		s, ok := h.best(old.v)
		switch {
		case !ok:
		case s != old: // room was taken by others since
			heap.Push(&h.queue, s)
		default:
			h.take(s)
			if next, ok := h.best(s.v); ok {
				heap.Push(&h.queue, next)
			}
		}
	}
	return h.c
}

type seat struct {
	node int
	pods int64
}

type handing struct {
	t     *Table
	c     Choice
	free  [][2]int64
	on    [][]seat // by workload
	queue stepHeap
}

// best is the step of a variable that takes the most risk away for each unit, among those that fit now.
func (h *handing) best(v int) (step, bool) {
	x := &h.t.Vars[v]
	options := x.options(h.c[v])
	best := step{v: v, from: h.c[v]}
	for _, o := range options[1:] {
		more := h.more(v, o.amount)
		if !h.fits(x, more) {
			break
		}
		s := float64(options[0].risk-o.risk) / float64(max(more, 1))
		if s >= best.worth {
			best.to, best.worth, best.less = o.amount, s, options[0].risk-o.risk
		}
	}
	return best, best.to > best.from
}

// more is how much more a pod asks for if a variable is raised: nothing where an init container asks for more anyway.
func (h *handing) more(v int, to int64) int64 {
	x := &h.t.Vars[v]
	before := h.t.amount(x.Work, x.Resource, h.c)
	old := h.c[v]
	h.c[v] = to
	after := h.t.amount(x.Work, x.Resource, h.c)
	h.c[v] = old
	return max(after-before, 0)
}

func (h *handing) fits(x *Var, more int64) bool {
	for _, s := range h.on[x.Work] {
		if mul(more, s.pods) > h.free[s.node][x.Resource] {
			return false
		}
	}
	return true
}

func (h *handing) take(s step) {
	x := &h.t.Vars[s.v]
	more := h.more(s.v, s.to)
	for _, at := range h.on[x.Work] {
		h.free[at.node][x.Resource] -= more * at.pods
	}
	h.c[s.v] = s.to
}

// stepHeap has the best step on top; ties go to the first variable.
type stepHeap []step

func (h stepHeap) Len() int { return len(h) }
func (h stepHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].worth, h[i].worth), cmp.Compare(h[i].v, h[j].v)) < 0
}
func (h stepHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *stepHeap) Push(x any)   { *h = append(*h, x.(step)) }
func (h *stepHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
