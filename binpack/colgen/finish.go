package colgen

import (
	"cmp"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// A finisher looks for a packing that meets the bound, where pricing is exact and cheap. It dives as
// diver does, but solves the relaxation of what is left to its optimum after each choice. That
// optimum bounds all that the choices so far allow, so a dive ends as soon as it cannot beat the
// best packing. And it comes back: near the top, where choices matter most, the second and third best fraction are tried
// as well (limited discrepancy search, Harvey & Ginsberg 1995; for bin packing with several sizes,
// Sadykov, Vanderbeck, Pessoa, Tahiri & Uchoa 2019).
//
// Near the end a dive fails or not by the last few items, so there it tries all fractions in turn.
// Of Baldi's 67 instances that were tuned on, 30 copies and 30 choices closed all, and so did 50 and
// 60, and 30 and 200; 30 and 60 closed 66, none at all 62 (2026-11).
const (
	finishDepth  = 4      // choices from the top that may be revised
	finishOther  = 2      // how many choices of one dive may differ from the largest fraction
	finishSmall  = 30     // so few copies are near the end
	finishNear   = 30     // choices near the end of each dive
	finishRounds = 40     // pricing rounds after each choice
	finishSteps  = 2000   // choices of all dives together
	finishPivots = 20_000 // of all dives, beside twice those of the relaxation; and of all cases of a line
	casePivots   = 2000   // of the dives from one case
)

// finisher is the search over choices.
type finisher struct {
	g           *generator
	m           *simplex.Master
	cols        []int // column of g.cols for each column of m
	steps, near int
	best        attempt
	cost        int64 // of best, or more than any
	pivots      int64
}

// state is where a dive stands.
type state struct {
	residual []int64
	st       *stock
	out      []Filled
	cost     int64
}

// choice is where in the tree of choices a dive stands.
type choice struct {
	depth  int   // choices made
	others int   // of those to come so many may differ from the largest fraction
	tabu   []int // columns of the master with which other dives went on
}

func (s state) clone() state {
	return state{slices.Clone(s.residual), s.st.clone(), slices.Clone(s.out), s.cost}
}

// finish improves a packing, with so many pivots; an incomplete one counts for nothing.
func (g *generator) finish(now attempt, pivots int64) attempt {
	f := &finisher{g: g, m: simplex.New(g.rows), best: now, cost: 1 << 62, pivots: min(pivots, g.pivots())}
	if total(now.left) == 0 {
		f.cost = g.cost(now.fills)
	}
	for j, c := range g.cols {
		if !c.fraction {
			f.m.Add(g.entry(c))
			f.cols = append(f.cols, j)
		}
	}
	f.dive(state{residual: slices.Clone(g.demand), st: newStock(g.Problem), cost: g.movesCost}, choice{others: finishOther})
	g.work.Pivots += f.m.Pivots()
	return f.best
}

// hopeless says that no packing that costs at least value beats the best one.
func (f *finisher) hopeless(value float64) bool {
	return f.g.meets(f.cost, value)
}

// dive completes a state in the best way it finds, and keeps it if it is the best of all.
func (f *finisher) dive(s state, at choice) {
	f.steps++
	if f.steps > finishSteps || f.g.stopped() || f.hopeless(f.g.best.Value) {
		return
	}
	value, ok := f.relax(s)
	if !ok || f.hopeless(float64(float64(s.cost)*f.g.scale)+value) {
		return
	}
	pi := f.g.prices(f.m).pi
	for j, col := range f.cols {
		if n := int64(f.m.X(j) + 1e-6); n > 0 {
			f.take(&s, f.g.cols[col], n, pi)
		}
	}
	if total(s.residual) == 0 {
		if s.cost < f.cost {
			f.cost, f.best = s.cost, attempt{s.out, s.residual, s.st}
		}
		return
	}
	f.branch(s, at, pi)
}

// branch dives once for each column that may be chosen next.
func (f *finisher) branch(s state, at choice, pi []float64) {
	near := total(s.residual) <= finishSmall
	if f.near++; !near {
		f.near = 0
	}
	for _, j := range f.fractions(at.tabu) {
		next := s.clone()
		if !f.take(&next, f.g.cols[f.cols[j]], 1, pi) {
			continue
		}
		f.dive(next, choice{at.depth + 1, at.others, at.tabu})
		at.tabu = append(slices.Clone(at.tabu), j)
		if near && f.near < finishNear {
			continue
		}
		if at.others == 0 || at.depth >= finishDepth {
			return
		}
		at.others--
	}
}

// fractions lists the columns of m with a fraction, largest first, without those that are tabu.
func (f *finisher) fractions(tabu []int) []int {
	var out []int
	x := map[int]float64{}
	for j := range f.cols {
		v := f.m.X(j)
		if v -= float64(int64(v + 1e-6)); v > 1e-6 && !slices.Contains(tabu, j) {
			out = append(out, j)
			x[j] = v
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(x[b], x[a]) })
	return out
}

// relax solves the relaxation of what is left and returns its value.
func (f *finisher) relax(s state) (float64, bool) {
	g := f.g
	d := diver{g: g, m: f.m, residual: s.residual, st: s.st, out: s.out}
	d.update()
	for range finishRounds {
		if g.cells > lineWork || f.m.Solve(f.pivots-f.m.Pivots()) != nil {
			return 0, false
		}
		before := len(g.cols)
		p := g.prices(f.m)
		if f.price(p, s.residual) == 0 {
			return f.m.Value(), true
		}
		for j := before; j < len(g.cols); j++ {
			f.cols = append(f.cols, j)
		}
	}
	return 0, f.m.Solve(f.pivots-f.m.Pivots()) == nil
}

// price adds the best contents of what is left.
func (f *finisher) price(p prices, residual []int64) int {
	g, n := f.g, 0
	for _, l := range g.lines {
		g.cells += l.Solve(p.pi, residual)
		for i, k := range l.Kinds {
			if l.Worth(i) > g.threshold(k, p)+lineTolerance && g.add(f.m, k, l.Content(i)) {
				n++
			}
		}
	}
	return n
}

// take opens up to n bins with a column's pattern, as far as it is still wanted and in stock. A
// bin in which some of it is no longer wanted is filled up with what else is left.
func (f *finisher) take(s *state, c column, n int64, pi []float64) bool {
	g, done := f.g, false
	bin := g.bins[c.bin]
	for n = s.st.most(bin.Index, n); n > 0; {
		items, times := c.content, n
		for i, sh := range items.Shapes {
			times = min(times, s.residual[sh]/items.Counts[i])
		}
		if times == 0 {
			bin.Limit(s.residual)
			items, times = bin.Global(bin.TopUp(items, pi, g.multipliers(c.bin), g.rooms[c.bin])), 1
			bin.Unlimit()
		}
		if len(items.Shapes) == 0 {
			break
		}
		for i, sh := range items.Shapes {
			s.residual[sh] -= items.Counts[i] * times
		}
		s.st.take(bin.Index, times)
		s.out = append(s.out, Filled{Bin: bin, Count: times, Items: items})
		s.cost += g.net(bin, items) * times
		n -= times
		done = true
	}
	return done
}

// meets says that a cost, in price units, cannot be improved on: it is the least multiple of what
// divides all prices, of bins and of moves, that is no less than a proven bound.
func (g *generator) meets(cost int64, bound float64) bool {
	return float64(cost)-bound/g.scale <= float64(g.divisor)*(1-1e-6)
}

// divisor is the greatest number that divides all prices, of bins and of moves; 1 if all are zero.
func divisor(p *model.Problem) int64 {
	out := int64(0)
	with := func(a int64) {
		for a != 0 {
			out, a = a, out%a
		}
	}
	for b := range p.Bins {
		with(p.Bins[b].Price)
		for _, s := range p.Bins[b].Stays {
			with(s.Saves)
		}
	}
	return max(out, 1)
}

// lifted is the least cost that a bound leaves possible: a multiple of what divides all prices.
func (g *generator) lifted(bound float64) float64 {
	d := float64(g.divisor)
	return max(bound, math.Ceil(bound/d-1e-6)*d)
}
