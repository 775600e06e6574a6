package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// A finisher looks for a packing that meets the bound, where pricing is exact and cheap. It dives as diver does, but
// solves the relaxation of what is left to its optimum after each choice. That optimum bounds all
// that the choices so far allow, so a dive ends as soon as it cannot beat the best packing. And it
// comes back: near the top, where choices matter most, the second and third best fraction are tried
// as well (limited discrepancy search, Harvey & Ginsberg 1995; for bin packing with several sizes,
// Sadykov, Vanderbeck, Pessoa, Tahiri & Uchoa 2019).
const (
	finishDepth  = 4   // choices from the top that may be revised
	finishOther  = 2   // how many choices of one dive may differ from the largest fraction
	finishRounds = 40  // pricing rounds after each choice
	finishSteps  = 400 // choices of all dives together
)

type finisher struct {
	g     *generator
	m     *simplex.Master
	cols  []int // column of g.cols for each column of m
	steps int
	best  attempt
	cost  int64 // of best, or more than any
	worth []float64
}

// state is where a dive stands.
type state struct {
	residual []int64
	st       *stock
	out      []Filled
	cost     int64
}

func (s state) clone() state {
	return state{slices.Clone(s.residual), s.st.clone(), slices.Clone(s.out), s.cost}
}

// finish improves a packing; an incomplete one counts for nothing.
func (g *generator) finish(now attempt) attempt {
	f := &finisher{g: g, m: simplex.New(g.rows), best: now, cost: 1 << 62, worth: make([]float64, len(g.bins))}
	if total(now.left) == 0 {
		f.cost = g.cost(now.fills)
	}
	for j, c := range g.cols {
		if !c.fraction {
			f.m.Add(g.entry(c))
			f.cols = append(f.cols, j)
		}
	}
	f.dive(state{residual: slices.Clone(g.demand), st: newStock(g.Problem)}, 0, finishOther, nil)
	g.work.Pivots += f.m.Pivots()
	return f.best
}

// hopeless says that no packing that costs at least value beats the best one.
func (f *finisher) hopeless(value float64) bool {
	return f.g.meets(f.cost, value)
}

// dive completes a state in the best way it finds, and keeps it if it is the best of all. tabu are
// columns of m that other dives began with.
func (f *finisher) dive(s state, depth, others int, tabu []int) {
	f.steps++
	if f.steps > finishSteps || f.hopeless(f.g.best.Value) {
		return
	}
	value, ok := f.relax(s)
	if !ok || f.hopeless(float64(s.cost)*f.g.scale+value) {
		return
	}
	for j, col := range f.cols {
		if n := int64(f.m.X(j) + 1e-6); n > 0 {
			f.take(&s, f.g.cols[col], n)
		}
	}
	if total(s.residual) == 0 {
		if s.cost < f.cost {
			f.cost, f.best = s.cost, attempt{s.out, s.residual, s.st}
		}
		return
	}
	for _, j := range f.choices(tabu) {
		next := s.clone()
		if !f.take(&next, f.g.cols[f.cols[j]], 1) {
			continue
		}
		f.dive(next, depth+1, others, tabu)
		if others == 0 || depth >= finishDepth {
			return
		}
		others--
		tabu = append(slices.Clone(tabu), j)
	}
}

// choices lists the columns of m with a fraction, largest first, without those that are tabu.
func (f *finisher) choices(tabu []int) []int {
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
		if f.m.Solve(g.pivots()-f.m.Pivots()) != nil {
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
	return 0, f.m.Solve(g.pivots()-f.m.Pivots()) == nil
}

// price adds the best contents of what is left.
func (f *finisher) price(p prices, residual []int64) int {
	g, n := f.g, 0
	for _, l := range g.lines {
		l.Solve(p.pi, residual)
		for i, k := range l.Kinds {
			if l.Worth(i) > g.threshold(k, p)+lineTolerance && g.add(f.m, k, l.Content(i)) {
				n++
			}
		}
	}
	return n
}

// take opens up to n bins with a column's pattern, as far as it is still wanted and in stock.
func (f *finisher) take(s *state, c column, n int64) bool {
	done := false
	for range n {
		items := column{}.content
		for i, sh := range c.content.Shapes {
			if have := min(c.content.Counts[i], s.residual[sh]); have > 0 {
				items.Shapes, items.Counts = append(items.Shapes, sh), append(items.Counts, have)
			}
		}
		if len(items.Shapes) == 0 || s.st.most(f.g.Bins[c.bin], 1) < 1 {
			break
		}
		for i, sh := range items.Shapes {
			s.residual[sh] -= items.Counts[i]
		}
		s.st.take(f.g.Bins[c.bin], 1)
		s.out = append(s.out, Filled{Bin: f.g.bins[c.bin], Count: 1, Items: items})
		s.cost += f.g.kind(c.bin).Price
		done = true
	}
	return done
}

// meets says that a cost, in price units, cannot be improved on: it is the least multiple of what
// divides all prices that is no less than a proven bound.
func (g *generator) meets(cost int64, bound float64) bool {
	return float64(cost)-bound/g.scale <= float64(g.divisor)*(1-1e-6)
}

// divisor is the greatest number that divides all prices, 1 if all are zero.
func divisor(p *model.Problem) int64 {
	out := int64(0)
	for b := range p.Bins {
		for a := p.Bins[b].Price; a != 0; {
			out, a = a, out%a
		}
	}
	return max(out, 1)
}

// bestValue is the bound at hand: that of the cases where there are any.
func (g *generator) bestValue() float64 {
	if g.tree != nil {
		return g.leastCase().bound.Value
	}
	return g.best.Value
}
