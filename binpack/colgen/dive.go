package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	diveRounds = 2   // pricing rounds after each fixing
	diveShare  = 0.1 // share of the fractional columns rounded up at a time
	diveSteps  = 400
)

// diver fixes a master's solution step by step.
type diver struct {
	g        *generator
	m        *simplex.Master
	cols     []int // column of g.cols for each column of m
	residual []int64
	st       *stock
	out      []Filled
}

// dive rounds the relaxation to a packing.
func (g *generator) dive(st *stock) ([]Filled, []int64) {
	d := &diver{g: g, m: simplex.New(g.rows), residual: slices.Clone(g.demand), st: st}
	for j, c := range g.cols {
		if !c.fraction {
			d.m.Add(g.entry(c, floats(c.content.Counts)))
			d.cols = append(d.cols, j)
		}
	}
	for range diveSteps {
		if d.empty() || d.m.Solve(masterPivots) != nil {
			break
		}
		d.price()
		if !d.floors() && !d.roundUp() {
			break
		}
		d.update()
	}
	pi := g.prices(d.m).pi
	for s := range pi {
		pi[s] = max(pi[s], g.best.Shapes[s]) // a covered row's dual may be zero
	}
	d.out = append(d.out, g.greedy(g.all(), d.residual, pi, st)...)
	g.unlimit()
	g.work.Pivots += d.m.Pivots()
	return d.out, d.residual
}

func (g *generator) all() []int {
	out := make([]int, len(g.bins))
	for k := range out {
		out[k] = k
	}
	return out
}

func (d *diver) empty() bool {
	return !slices.ContainsFunc(d.residual, func(n int64) bool { return n > 0 })
}

// price adds patterns that fit what is left.
func (d *diver) price() {
	g := d.g
	for _, bin := range g.bins {
		bin.Limit(d.residual)
	}
	worths := make([]float64, len(g.bins))
	for range diveRounds {
		before := len(g.cols)
		p := g.prices(d.m)
		if g.priceRound(d.m, p, p, worths) == 0 {
			return
		}
		for j := before; j < len(g.cols); j++ {
			d.cols = append(d.cols, j)
		}
		if d.m.Solve(masterPivots) != nil {
			return
		}
	}
}

// floors fixes the whole part of every column.
func (d *diver) floors() bool {
	done := false
	for j, col := range d.cols {
		if n := int64(d.m.X(j) + 1e-6); n > 0 {
			done = d.fix(d.g.cols[col], n) || done
		}
	}
	return done
}

// fix takes up to n bins with a column's pattern, as far as the residual has all of it.
func (d *diver) fix(c column, n int64) bool {
	for i, s := range c.content.Shapes {
		n = min(n, d.residual[s]/c.content.Counts[i])
	}
	n = d.st.most(d.g.Bins[c.bin], n)
	if n <= 0 {
		return false
	}
	d.take(c.bin, c.content, n)
	return true
}

func (d *diver) take(k int, items knapsack.Content, n int64) {
	for i, s := range items.Shapes {
		d.residual[s] -= items.Counts[i] * n
	}
	d.st.take(d.g.Bins[k], n)
	d.out = append(d.out, Filled{Bin: d.g.bins[k], Count: n, Items: items})
}

// roundUp opens one bin for each of the largest fractions, filled up with what is left.
func (d *diver) roundUp() bool {
	type part struct {
		col int
		x   float64
	}
	var parts []part
	for j, col := range d.cols {
		if x := d.m.X(j); x > 1e-6 {
			parts = append(parts, part{col, x - float64(int64(x))})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.x, a.x) })
	pi := d.g.prices(d.m).pi
	done := false
	for _, p := range parts[:min(len(parts), 1+int(diveShare*float64(len(parts))))] {
		c := d.g.cols[p.col]
		if d.st.most(d.g.Bins[c.bin], 1) <= 0 {
			continue
		}
		bin := d.g.bins[c.bin]
		bin.Limit(d.residual)
		items := bin.Global(bin.TopUp(c.content, pi, d.g.multipliers(c.bin), d.g.rooms[c.bin]))
		if len(items.Shapes) > 0 {
			d.take(c.bin, items, 1)
			done = true
		}
	}
	return done
}

// update tells the master what is left.
func (d *diver) update() {
	g := d.g
	for s, n := range d.residual {
		d.m.SetRHS(s, float64(n))
	}
	for k, r := range g.maxRow {
		if r >= 0 {
			d.m.SetRHS(r, float64(d.st.left[g.Bins[k]]))
		}
	}
	for b, r := range g.budRow {
		if r >= 0 && g.Problem.Budgets[b] > 0 {
			d.m.SetRHS(r, float64(d.st.budgets[b])/float64(g.Problem.Budgets[b]))
		}
	}
}
