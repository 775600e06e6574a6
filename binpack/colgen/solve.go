package colgen

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// Answer is what Solve found for a part.
type Answer struct {
	Fills    []Filled
	Residual []int64 // what could not be placed, by shape
	Bound    Bound
	Work     model.Work
	Learnt   *Start // for the next solve of a similar part
}

// Run is a part that is being solved. Its first packing is there from the beginning.
type Run struct {
	g   *generator
	cut bool    // the bound was cut short by a limit
	low float64 // the bound, in price units
}

// Begin packs a part by value alone: the first answer, without a bound.
func Begin(p Part) *Run {
	g := newGenerator(p)
	st := newStock(p.Problem)
	residual := append([]int64(nil), g.demand...)
	fills := g.rightSize(g.greedy(g.all(), residual, g.firstPrices(), st), st)
	g.incumbent = attempt{fills, residual, st}
	g.unlimit()
	return &Run{g: g}
}

// First returns the first answer.
func (r *Run) First() Answer {
	g := r.g
	b := g.inUnits()
	return Answer{Fills: g.incumbent.fills, Residual: g.incumbent.left, Bound: b}
}

// Progress says where the part stands.
func (r *Run) Progress() Progress { return r.g.progress("first") }

// Solve packs a part and bounds it.
func Solve(p Part) Answer { return Begin(p).Solve() }

// Solve packs the part and bounds it.
func (r *Run) Solve() Answer {
	g := r.g
	m, cut, err := g.relaxation(g.incumbent.fills)
	r.cut = cut
	g.pack(m, err == nil)
	best := g.incumbent
	a := Answer{Fills: best.fills, Residual: best.left, Bound: g.inUnits(), Work: g.work, Learnt: g.learnt()}
	r.low = a.Bound.Value
	if g.Report != nil {
		p := g.progress("done")
		p.Bound = r.low
		g.Report(p)
	}
	return a
}

// pack looks for packings, from the master's solution on.
func (g *generator) pack(m *simplex.Master, converged bool) {
	if g.closed() {
		return
	}
	if g.lines != nil && converged {
		g.quick = true // rounds of pricing are exact: there is nothing to deepen
		g.incumbent = g.finish(g.incumbent, g.perRows(finishPivots+2*g.work.Pivots))
	}
	if len(g.homes) > 0 {
		g.keep(g.today())
	}
	known := g.Start != nil && len(g.Start.Fills) > 0
	if known {
		g.keep(g.again(slices.Clone(g.Start.Fills)))
	}
	if total(g.incumbent.left) > 0 || !g.closed() && !(known && g.aggregated) { // assembling would be most of the time
		st := newStock(g.Problem)
		fills, left := g.round(m, st)
		g.keep(attempt{g.rightSize(fills, st), left, st})
	}
	if converged && g.descends() && !g.closed() {
		g.descend(m)
	}
	if g.aggregated { // beams are not always better than value alone
		st, left := newStock(g.Problem), slices.Clone(g.demand)
		fills := g.greedy(g.all(), left, positive(g.best.Shapes), st)
		g.unlimit()
		g.keep(attempt{g.rightSize(fills, st), left, st})
	}
	if total(g.incumbent.left) > 0 && g.ranked() {
		g.keep(g.byRank())
	}
	g.incumbent = g.accompany(g.incumbent)
	if total(g.incumbent.left) > 0 {
		return
	}
	if converged {
		g.cases(m)
	}
	g.search()
}

// descends says whether a part is packed by descents. Lines have a dive of their own, homes are costs that a content has or
// not, and in parts of more than descendMost shapes they gain nothing.
func (g *generator) descends() bool {
	return g.lines == nil && len(g.homes) == 0 && len(g.Shapes) <= descendMost && !g.aggregated && !g.tooMany()
}

// keep makes an attempt the incumbent if it is better.
func (g *generator) keep(a attempt) {
	g.incumbent = g.better(a, g.incumbent)
}

// halted reports whether the part is to end: its caller says so, or its gap is small enough.
func (g *generator) halted() bool {
	return g.stopped() || g.closed()
}

func (g *generator) stopped() bool { return g.Stop != nil && g.Stop() }

// closed reports whether cost and bound are as near as is asked for, or as they can be.
func (g *generator) closed() bool {
	return g.incumbent.st != nil && total(g.incumbent.left) == 0 && g.near(g.cost(g.incumbent.fills))
}

// near says the same of a cost.
func (g *generator) near(cost int64) bool {
	low := g.bestBound()
	return low > 0 && (g.meets(cost, low) || float64(cost)*g.scale <= float64(low*(1+g.Gap))+1e-12)
}

// bestBound is the best bound so far, of the least case where there are any.
func (g *generator) bestBound() float64 {
	if g.tree != nil {
		return g.leastCase().bound.Value
	}
	return g.best.Value
}

// relaxation returns a master that is solved over all contents, as relax does. Where shapes share rows, it is solved with few of
// them first.
func (g *generator) relaxation(first []Filled) (m *simplex.Master, cut bool, err error) {
	m = g.start(first)
	if g.aggregated {
		if err = g.columns(m); err == nil && !g.halted() {
			g.work.Pivots += m.Pivots()
			m = g.refine(m, moreRows)
		}
	}
	cut, err = g.relax(m)
	g.work.Pivots += m.Pivots()
	return m, cut, err
}

// relax solves the relaxation over all contents, as far as limits go, and says whether they cut it short. An error says
// that there are no patterns to go on with.
func (g *generator) relax(m *simplex.Master) (cut bool, err error) {
	if g.lines != nil {
		err = g.converge(m)
		return err != nil, err
	}
	if err := g.columns(m); err != nil {
		return true, err
	}
	return g.bound(m) != nil, nil // a bound that was cut short is still a bound
}

// round makes whole numbers of the master's solution.
func (g *generator) round(m *simplex.Master, st *stock) ([]Filled, []int64) {
	if g.aggregated {
		return g.assemble(m, st)
	}
	return g.dive(m, st)
}

func total(v []int64) int64 {
	var n int64
	for _, x := range v {
		n += x
	}
	return n
}

func (g *generator) unlimit() {
	for _, bin := range g.bins {
		bin.Unlimit()
	}
}

// BoundOnly bounds a part without packing it.
func BoundOnly(p Part) (Bound, model.Work) {
	g := newGenerator(p)
	residual := append([]int64(nil), g.demand...)
	first := g.greedy(g.all(), residual, g.firstPrices(), newStock(p.Problem))
	g.unlimit()
	_, _, _ = g.relaxation(first)
	return g.inUnits(), g.work
}

// start returns a master with each shape's best bin of its own and the first packing's patterns.
func (g *generator) start(first []Filled) *simplex.Master {
	m := simplex.New(g.rows)
	best := make([]int, len(g.Shapes))
	each := make([]float64, len(g.Shapes))
	for s := range best {
		best[s] = -1
	}
	for k, bin := range g.bins {
		for l, s := range bin.Shapes {
			if v := g.price(k) / float64(max(bin.Upper[l], 1)); best[s] < 0 || v < each[s] {
				best[s], each[s] = k, v
			}
		}
	}
	for s, k := range best {
		if k >= 0 {
			bin := g.bins[k]
			alone := knapsack.Content{Shapes: []int{s}, Counts: []int64{max(bin.Upper[bin.Local(s)], 1)}}
			if bin.Holds(alone, g.rooms[k]) { // a follower is nothing without its leader
				g.add(m, k, alone)
			}
		}
	}
	at := map[*knapsack.Bin]int{}
	for k, bin := range g.bins {
		at[bin] = k
	}
	for _, f := range first {
		if k, ok := at[f.Bin]; ok {
			g.add(m, k, f.Items)
		}
	}
	return m
}

// inUnits returns the best bound in price units.
func (g *generator) inUnits() Bound {
	b := g.best
	if g.tree != nil {
		b.Cases = g.casesInUnits(g.tree, nil)
		b.Value = g.leastCase().bound.Value
	}
	g.toUnits(&b)
	if g.plain.Value > 0 && g.plain.Value < g.best.Value {
		plain := g.plain
		g.toUnits(&plain)
		b.Plain = &plain
	}
	return b
}

func (g *generator) toUnits(b *Bound) {
	up := func(v []float64) []float64 {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = v[i] / g.scale
		}
		return out
	}
	b.Value /= g.scale
	b.Kinds = g.bins
	b.Shapes, b.Max, b.Budgets, b.Cuts = up(b.Shapes), up(b.Max), up(b.Budgets), up(b.Cuts)
	for i := range b.Budgets {
		b.Budgets[i] /= float64(max(g.Problem.Budgets[i], 1))
	}
	mu := make([][]float64, len(b.Mu))
	for k := range b.Mu {
		mu[k] = up(b.Mu[k])
		if b.Mu[k] == nil {
			mu[k] = g.bins[k].Even()
			clear(mu[k])
		}
	}
	b.Mu = mu
}
