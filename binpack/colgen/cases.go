package colgen

import (
	"fmt"
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

// cut bounds how many bins of some kinds there are, or how many copies of a shape lie in them.
type cut struct {
	in    []bool // by position in Bins
	bins  []int  // of the problem, ascending
	shape int    // whose copies count; -1: bins count
	k     float64
	high  bool // at least k, otherwise at most
}

// of is what one bin of kind k with a content counts for.
func (c *cut) of(k int, shapes []int, counts []float64) float64 {
	if !c.in[k] {
		return 0
	}
	if c.shape < 0 {
		return 1
	}
	if i, ok := slices.BinarySearch(shapes, c.shape); ok {
		return counts[i]
	}
	return 0
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
	counts    []count // fractions in the master's solution
	basis     simplex.Basis
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
	zones := g.groupKinds(true)
	if !g.grow(m) && zones {
		// To leave numbers of bins in zones alone is another way to branch, better or worse by part: the better tree counts.
		first := g.tree
		g.groupKinds(false)
		g.grow(m)
		if first.least() >= g.tree.least() {
			g.tree = first
		}
	}
	if g.tree.on == nil {
		g.tree = nil
	}
}

// grow branches until the bound meets the cost, and reports whether it does.
func (g *generator) grow(m *simplex.Master) bool {
	g.tree = &caseNode{bound: g.best, counts: g.fractions(m), basis: m.Basis()}
	limit := g.casesLimit()
	most := g.pivots()
	if g.lines != nil {
		most = min(most, g.work.Pivots+g.perRows(finishPivots))
	}
	for n := int64(1); n+2 <= limit && g.work.Pivots < most && !g.halted(); n += 2 {
		worst := g.leastCase()
		if g.meets(g.cost(g.incumbent.fills), worst.bound.Value) {
			return true
		}
		c, ok := g.branch(worst)
		if !ok {
			return false
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
	return g.meets(g.cost(g.incumbent.fills), g.tree.least())
}

// least is the bound that a tree proves: that of its least leaf.
func (n *caseNode) least() float64 {
	if n.on == nil {
		return n.bound.Value
	}
	return min(n.low.least(), n.high.least())
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

// solveCase bounds a case below its parent, and dives from it.
func (g *generator) solveCase(parent *caseNode, c cut) *caseNode {
	h := g.under(append(slices.Clone(parent.cuts), c))
	h.quick = true
	h.best = parent.bound
	h.best.Cuts = append(slices.Clone(parent.bound.Cuts), 0) // valid here too: the new branch is worth nothing to it
	if c.high && c.shape < 0 {
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
		out.counts, out.basis = h.fractions(m), m.Basis()
	}
	out.bound = h.best
	h.believe(&out.bound, parent.bound.Value)
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

// believe lowers a case's bound to what a certificate can carry of it (Part.Worth), but not below that of the case above, which
// holds here too.
func (g *generator) believe(b *Bound, above float64) {
	if g.Worth == nil {
		return
	}
	own := *b
	g.toUnits(&own)
	claimed := 0.0
	for s, dual := range own.Shapes {
		claimed += float64(dual * float64(g.Shapes[s].Count))
	}
	if lost := float64((claimed - g.Worth(own.Shapes)) * g.scale); lost > 1e-9*b.Value {
		b.Value = max(b.Value-lost, above)
	}
}

// under returns the part with rows for the cuts of a case.
func (g *generator) under(cuts []cut) *generator {
	h := *g
	h.cuts, h.rows = cuts, slices.Clone(g.rows)
	for _, c := range cuts {
		h.rows = append(h.rows, simplex.Row{AtMost: !c.high, RHS: c.k, Penalty: unmetPrice})
	}
	return &h
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
		var items []int
		if s := n.on.shape; s >= 0 {
			items = []int{g.Shapes[s].Item}
		}
		return &Case{Bins: n.on.bins, Items: items, Most: int64(n.on.k), Low: g.casesInUnits(n.low, above), High: g.casesInUnits(n.high, above)}
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
