package colgen

import (
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
}

// Solve packs a part and bounds it.
func Solve(p Part) Answer {
	g := newGenerator(p, aggregateAbove)
	list := g.catalogue()
	st := newStock(p.Problem)
	residual := append([]int64(nil), g.demand...)
	first := g.rightSize(g.greedy(g.all(), residual, g.firstPrices(), st), st, list)
	g.unlimit()
	m := g.start(first)
	err := g.columns(m)
	if err == nil {
		_ = g.bound(m) // a bound that was cut short is still a bound
	}
	g.work.Pivots += m.Pivots()
	st2 := newStock(p.Problem)
	fills, left := g.round(m, st2)
	fills = g.rightSize(fills, st2, list)
	best := g.better(attempt{fills, left, st2}, attempt{first, residual, st})
	if len(g.homes) > 0 {
		best = g.better(best, g.today(list))
	}
	if total(best.left) > 0 && g.ranked() {
		best = g.better(best, g.byRank(list))
	}
	best = g.accompany(best, list)
	fills, left, st2 = best.fills, best.left, best.st
	if total(left) == 0 && err == nil {
		fills, st2 = g.cases(m, fills, st2, list)
	}
	if total(left) == 0 {
		fills = g.search(fills, st2, list)
	}
	a := Answer{Fills: fills, Residual: left, Bound: g.inUnits(), Work: g.work}
	if n := len(p.Shapes); n > aggregateFrom && n <= aggregateAbove {
		b, work := BoundOnly(p)
		a.Work.Add(work)
		if b.Value > a.Bound.Value {
			a.Bound = b
		}
	}
	return a
}

// round makes whole numbers of the master's solution.
func (g *generator) round(m *simplex.Master, st *stock) ([]Filled, []int64) {
	if g.aggregated {
		return g.scoop(m, st)
	}
	return g.dive(st)
}

// Quick packs a part by value alone, without a bound: the first answer.
func Quick(p Part) Answer {
	g := newGenerator(p, aggregateAbove)
	st := newStock(p.Problem)
	residual := append([]int64(nil), g.demand...)
	fills := g.greedy(g.all(), residual, g.firstPrices(), st)
	return Answer{Fills: g.rightSize(fills, st, g.catalogue()), Residual: residual}
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
	g := newGenerator(p, aggregateFrom)
	residual := append([]int64(nil), g.demand...)
	first := g.greedy(g.all(), residual, g.firstPrices(), newStock(p.Problem))
	g.unlimit()
	m := g.start(first)
	if g.columns(m) == nil {
		_ = g.bound(m)
	}
	g.work.Pivots += m.Pivots()
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
		b.Cases = g.casesInUnits(g.tree)
		b.Value = g.leastCase().bound.Value
	}
	g.toUnits(&b)
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
