package colgen

import (
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// caseShapes is the largest part that is told apart in cases. Parts with few shapes and dear
// bins (GPUs) lose most by what a fraction of a bin pretends to cost; parts with many shapes
// close their gap without, and would need too many cases.
const caseShapes = 40

// caseCarded is the same where bins have cards: few bins then make up the cost, and fractions of them up to 1 % of it.
const caseCarded = 150

// A part may have so many cases that cases times bin kinds stay below casesSize, but casesLeast at any rate: a leaf
// of the certificate has multipliers for every kind, and a plan should stay a file of a few MB.
const (
	casesSize  = 16_000
	casesLeast = 7
)

// caseRounds bounds the rounds of column generation that one case may add.
const caseRounds = 120

// cut bounds how many bins of some kinds there are.
type cut struct {
	in   []bool // by position in Bins
	bins []int  // of the problem, ascending
	k    float64
	high bool // at least k, otherwise at most
}

func (c cut) sign() float64 {
	if c.high {
		return 1
	}
	return -1
}

// cutRow returns the master's row of a cut: the last ones.
func (g *generator) cutRow(i int) int { return len(g.rows) - len(g.cuts) + i }

// caseNode is a case of the branch and bound on numbers of bins.
type caseNode struct {
	cuts      []cut
	bound     Bound
	counts    []float64 // bins of each group in the master's solution
	low, high *caseNode
	on        *cut // the low branch, once there are children
}

// cases branches on how many bins of one size there are, the case with the least bound first,
// until that bound meets the cost or Limits.Nodes cases were looked at. Every case is dived from
// as well: numbers of dear bins that are settled make good packings.
func (g *generator) cases(m *simplex.Master) {
	if (g.lines == nil && len(g.Shapes) > g.caseMost()) || g.Limits.Nodes == 0 {
		return
	}
	g.groups = g.sizeGroups()
	g.tree = &caseNode{bound: g.best, counts: g.groupCounts(m)}
	limit := g.casesLimit()
	most := g.pivots()
	if g.lines != nil {
		most = min(most, g.work.Pivots+g.perRows(finishPivots))
	}
	for n := int64(1); n+2 <= limit && g.work.Pivots < most && !g.halted(); n += 2 {
		worst := g.leastCase()
		c, ok := g.branch(worst)
		if !ok || g.meets(g.cost(g.incumbent.fills), worst.bound.Value) {
			break
		}
		c.high = true
		high := c
		high.k = c.k + 1
		low := c
		low.high = false
		below, above := g.solveCase(worst, low), g.solveCase(worst, high)
		worst.on, worst.low, worst.high = &low, below, above
		g.report("cases")
	}
	if g.tree.on == nil {
		g.tree = nil
	}
}

// caseMost is up to how many shapes the part is told apart in cases.
func (g *generator) caseMost() int {
	if slices.ContainsFunc(g.bins, (*knapsack.Bin).Carded) {
		return caseCarded
	}
	return caseShapes
}

// casesLimit is how many cases may be looked at.
func (g *generator) casesLimit() int64 {
	return min(g.Limits.Nodes, max(casesLeast, casesSize/int64(len(g.Bins))))
}

// sizeGroups groups bin kinds of equal price and room, which differ by zone or class only, and
// then lists every kind by itself: where a whole number of one size lies in fractions of zones,
// the zones are told apart.
func (g *generator) sizeGroups() [][]int {
	at := map[string]int{}
	var out [][]int
	for _, k := range g.order {
		b := g.kind(k)
		key := fmt.Sprint(b.Price, b.Card, b.Cards, b.Cap)
		if _, ok := at[key]; !ok {
			at[key] = len(out)
			out = append(out, nil)
		}
		out[at[key]] = append(out[at[key]], k)
	}
	g.sizes = len(out)
	for _, k := range g.order {
		out = append(out, []int{k})
	}
	return out
}

func (g *generator) groupCounts(m *simplex.Master) []float64 {
	each := make([]float64, len(g.bins))
	for j, c := range g.cols[:m.Columns()] { // a dive may have found more since
		each[c.bin] += m.X(j)
	}
	out := make([]float64, len(g.groups))
	for n, ks := range g.groups {
		for _, k := range ks {
			out[n] += each[k]
		}
	}
	return out
}

// leastCase returns the leaf with the least bound, the first of equal ones.
func (g *generator) leastCase() *caseNode {
	var best *caseNode
	var walk func(n *caseNode)
	walk = func(n *caseNode) {
		if n.on != nil {
			walk(n.low)
			walk(n.high)
			return
		}
		if best == nil || n.bound.Value < best.bound.Value {
			best = n
		}
	}
	walk(g.tree)
	return best
}

// branch picks the size whose number is the most expensive fraction. Kinds that were pruned count
// with the kind that beats them: otherwise they would be worth having where that one is limited.
// Every packing is at least as dear as one that uses the better kind instead, so this is no loss.
func (g *generator) branch(n *caseNode) (cut, bool) {
	best, score := -1, 1e-7
	for i, v := range n.counts {
		frac := v - math.Floor(v)
		if i == g.sizes && best >= 0 {
			break
		}
		if s := min(frac, 1-frac) * g.price(g.groups[i][0]); frac > 1e-4 && frac < 1-1e-4 && s > score {
			best, score = i, s
		}
	}
	if best < 0 {
		return cut{}, false
	}
	c := cut{in: make([]bool, len(g.bins)), k: math.Floor(n.counts[best])}
	for _, k := range g.groups[best] {
		c.in[k] = true
		c.bins = append(append(c.bins, g.Bins[k]), g.Beaten[g.Bins[k]]...)
	}
	slices.Sort(c.bins)
	return c, true
}

// solveCase bounds a case below its parent, and dives from it.
func (g *generator) solveCase(parent *caseNode, c cut) *caseNode {
	h := *g
	h.quick = true
	h.cuts = append(slices.Clone(parent.cuts), c)
	h.rows = slices.Clone(g.rows)
	for _, c := range h.cuts {
		h.rows = append(h.rows, simplex.Row{AtMost: !c.high, RHS: c.k, Penalty: unmetPrice})
	}
	h.best = parent.bound
	h.best.Cuts = append(slices.Clone(parent.bound.Cuts), 0) // valid here too: the new branch is worth nothing to it
	if c.high {
		h.empties(c)
	}
	h.Limits.Iterations = h.work.Iterations + caseRounds
	m := simplex.New(h.rows)
	for _, col := range h.cols {
		m.Add(h.entry(col))
	}
	out := &caseNode{cuts: h.cuts}
	bounded := h.bound
	if h.lines != nil {
		bounded = h.converge
	}
	if bounded(m) == nil {
		out.counts = h.groupCounts(m)
	}
	out.bound = h.best
	if out.bound.Value < float64(g.cost(g.incumbent.fills))*g.scale && !h.halted() {
		h.improve(m)
		if out.counts != nil {
			h.settle(m, out)
		}
	}
	pivots := g.work.Pivots + m.Pivots() + h.settled
	g.cols, g.work, g.cells, g.incumbent = h.cols, h.work, h.cells, h.incumbent
	g.work.Pivots, g.met = pivots, h.met
	return out
}

// empties adds the columns of empty bins: what a case pays that asks for more bins than it fills.
func (g *generator) empties(c cut) {
	for k, in := range c.in {
		if key := fmt.Sprint("empty ", k); in && !g.seen[key] {
			g.seen[key] = true
			g.cols = append(g.cols, column{bin: k})
		}
	}
}

// improve dives from the case at hand and keeps what is cheaper.
func (g *generator) improve(m *simplex.Master) {
	if g.lines != nil {
		g.incumbent = g.finish(g.incumbent, casePivots)
		return
	}
	own := newStock(g.Problem)
	found, left := g.dive(m, own)
	found = g.rightSize(found, own)
	if total(left) == 0 && g.cost(found) < g.cost(g.incumbent.fills) {
		g.incumbent = attempt{found, left, own}
	}
}

// settle packs a case of a small part with more effort where all numbers of bins are whole: no further case tells anything apart, and what is
// left is what the bins hold.
func (g *generator) settle(m *simplex.Master, n *caseNode) {
	if _, more := g.branch(n); more || len(g.Shapes) > caseShapes || !g.descends() || g.closed() {
		return
	}
	before := g.work.Pivots
	g.descend(m)
	g.settled = g.work.Pivots - before
}

// casesInUnits writes the tree down with duals in price units. above are the nodes that a node is below, the root first.
func (g *generator) casesInUnits(n *caseNode, above []*caseNode) *Case {
	if n.on != nil {
		above = append(above[:len(above):len(above)], n)
		return &Case{Bins: n.on.bins, Most: int64(n.on.k), Low: g.casesInUnits(n.low, above), High: g.casesInUnits(n.high, above)}
	}
	b := n.bound
	g.toUnits(&b)
	out := &Case{Leaf: &b}
	for i := len(above) - 1; i >= 0; i-- {
		older := above[i].bound
		older.Cuts = append(slices.Clone(older.Cuts), make([]float64, len(n.cuts)-len(older.Cuts))...)
		g.toUnits(&older)
		out.Above = append(out.Above, &older)
	}
	return out
}
