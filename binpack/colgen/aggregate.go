package colgen

import (
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

// A master with a row for each of a thousand shapes does not converge in reasonable time. In
// larger parts, those that the same bins may hold share rows: one for each dimension, in
// which they are covered by size and no longer one by one. Their duals are then linear in their
// sizes, so the bound is that of a smaller set of duals: valid, and a little weaker. Shapes that
// are not like sand keep rows of their own: those that ask for cards, that may lie in a bin only
// so often, or that fill a good part of the largest bin. (Facts of the prototype: rows for each of
// 1,047 shapes left the master 42 % away from its bound after 100 s, shared rows 2 % in 25 s.)
//
// Between the two numbers both are done: rows of their own for the packing, and the better bound.
const (
	aggregateFrom  = 500
	aggregateAbove = 1500
	ownRowsAtMost  = 150 // beyond so many, the largest of them only
	grain          = 0.2 // a shape that fills less of the largest bin is like sand
)

// Each demand is shifted by a hair of its own: where many patterns cover the same shapes, most
// pivots would otherwise change nothing, and the simplex may go round in circles (410,000 pivots
// were seen at 200 shapes). Bounds are computed from duals and true demands, so nothing is lost.
const (
	shift  = 1e-7
	golden = 0.6180339887498949 // its multiples lie evenly
)

// wideRounds is how many rounds a master with so many rows of its own may take. Its bound is far off by then.
const wideRounds = 40

// wide reports whether the master has a row for each of more shapes than it could be brought to its optimum for.
func (g *generator) wide() bool {
	return len(g.Shapes) > aggregateFrom && !g.aggregated && g.lines == nil
}

// coef is what one item adds to a row of the master.
type coef struct {
	row    int
	amount float64
}

// shapeRows lays out the rows that cover shapes.
func (g *generator) shapeRows() {
	g.rowsOf = make([][]coef, len(g.Shapes))
	own := g.ownRows()
	group := map[string]int{}
	top := g.largest()
	for s, sh := range g.Shapes {
		it := &g.Problem.Items[sh.Item]
		if own[s] {
			g.rowsOf[s] = []coef{{len(g.rows), 1}}
			rhs := max(float64(sh.Count), 1e-3) + float64(shift*(1+math.Mod(float64(s)*golden, 1)))
			g.rows = append(g.rows, simplex.Row{RHS: rhs, Penalty: unmetPrice * (1 + float64(it.Rank))})
			continue
		}
		key := fmt.Sprint(it.Classes, sh.Domain)
		at, ok := group[key]
		if !ok {
			at = len(g.rows)
			group[key] = at
			for range top {
				g.rows = append(g.rows, simplex.Row{Penalty: unmetPrice})
			}
		}
		for d, size := range it.Size {
			if amount := float64(size) / float64(top[d]); amount > 0 {
				g.rowsOf[s] = append(g.rowsOf[s], coef{at + d, amount})
				g.rows[at+d].RHS += float64(amount * float64(sh.Count))
			}
		}
	}
}

// largest returns the largest capacity of any bin in each dimension, at least 1.
func (g *generator) largest() []int64 {
	top := make([]int64, g.Problem.Dims)
	for d := range top {
		top[d] = 1
		for k := range g.bins {
			top[d] = max(top[d], g.kind(k).Cap[d])
		}
	}
	return top
}

// ownRows says which shapes have a row of their own: all, unless there are too many.
func (g *generator) ownRows() []bool {
	own := make([]bool, len(g.Shapes))
	if !g.aggregated {
		for s := range own {
			own[s] = true
		}
		return own
	}
	top := g.largest()
	fill := make([]float64, len(g.Shapes))
	var order []int
	for s, sh := range g.Shapes {
		it := &g.Problem.Items[sh.Item]
		for d, size := range it.Size {
			fill[s] = max(fill[s], float64(size)/float64(top[d]))
		}
		if len(it.Needs) > 0 || it.BinMax > 0 {
			fill[s]++
		}
		if fill[s] > grain {
			order = append(order, s)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case fill[a] > fill[b]:
			return -1
		case fill[a] < fill[b]:
			return 1
		}
		return 0
	})
	for _, s := range order[:min(len(order), ownRowsAtMost)] {
		own[s] = true
	}
	return own
}

// shapeDuals returns what the rows' duals make one item of each shape worth.
func (g *generator) shapeDuals(y []float64) []float64 {
	pi := make([]float64, len(g.Shapes))
	for s, cs := range g.rowsOf {
		for _, c := range cs {
			pi[s] += float64(max(0, y[c.row]) * c.amount)
		}
	}
	return pi
}

// cover adds up what a content covers, by ascending row.
func (g *generator) cover(c column) ([]int32, []float64) {
	sum := map[int]float64{}
	var rows []int
	for i, s := range c.content.Shapes {
		for _, r := range g.rowsOf[s] {
			if _, ok := sum[r.row]; !ok {
				rows = append(rows, r.row)
			}
			sum[r.row] += float64(r.amount * c.vals[i])
		}
	}
	slices.Sort(rows)
	outRows, vals := make([]int32, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		outRows[i], vals[i] = int32(r), sum[r]
	}
	return outRows, vals
}

// scoop makes a packing from an aggregated master: whole parts of its columns as far as there is
// still all that they hold, the rest by value.
func (g *generator) scoop(m *simplex.Master, st *stock) ([]Filled, []int64) {
	d := &diver{g: g, m: m, residual: slices.Clone(g.demand), st: st}
	for j := range g.cols[:m.Columns()] {
		d.cols = append(d.cols, j)
	}
	for j, col := range d.cols {
		if n := int64(m.X(j) + 1e-6); n > 0 && !g.cols[col].fraction {
			d.fix(g.cols[col], n)
		}
	}
	d.out = append(d.out, g.greedy(g.all(), d.residual, g.best.Shapes, st)...)
	g.unlimit()
	return d.out, d.residual
}
