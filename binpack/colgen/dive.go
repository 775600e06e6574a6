package colgen

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	diveRounds = 2   // pricing rounds after each fixing
	diveShare  = 0.1 // share of the fractional columns rounded up at a time
	diveSteps  = 400

	deepenRounds   = 80
	deepenBins     = 10 // the worst offenders of a round
	deepenBranches = 3000
	shakes         = 12
)

// diver fixes a master's solution step by step.
type diver struct {
	g        *generator
	m        *simplex.Master
	cols     []int // column of g.cols for each column of m
	residual []int64
	st       *stock
	out      []Filled
	rng      *rand.Rand
}

// solve pivots the diver's master, which has a budget of pivots of its own.
func (d *diver) solve() error { return d.g.pivot(d.m, d.g.pivots()) }

// dive rounds the relaxation that m has solved to a packing.
func (g *generator) dive(m *simplex.Master, st *stock) ([]Filled, []int64) {
	d := &diver{g: g, m: simplex.New(g.rows), residual: slices.Clone(g.demand), st: st, rng: g.random()}
	for j, c := range g.cols {
		if !c.fraction {
			d.m.Add(g.entry(c))
			d.cols = append(d.cols, j)
		}
	}
	d.m.SetBasis(d.rename(m.Basis()))
	if !g.quick && d.solve() == nil {
		d.deepen()
	}
	for range diveSteps {
		if d.empty() || d.g.halted() || d.solve() != nil {
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

// rename turns a basis of the part's master, which has a column for each of g.cols, into one of
// the diver's, which lacks the fractions.
func (d *diver) rename(b simplex.Basis) simplex.Basis {
	columns := b.Columns
	b.Columns = nil
	for _, col := range columns {
		if j, ok := slices.BinarySearch(d.cols, int(col)); ok {
			b.Columns = append(b.Columns, int32(j))
		}
	}
	return b
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
		if d.solve() != nil {
			return
		}
	}
}

// deepen adds real patterns until neither rounding nor a short search finds one that pays. The
// bound's duals do without patterns of bins that were relaxed; a packing needs them.
func (d *diver) deepen() {
	g := d.g
	worths := make([]float64, len(g.bins))
	for n := 0; n < deepenRounds && !g.halted(); n++ {
		before := len(g.cols)
		p := g.prices(d.m)
		if g.priceRound(d.m, p, p, worths) == 0 && d.searchRound(p, worths) == 0 {
			return
		}
		for j := before; j < len(g.cols); j++ {
			d.cols = append(d.cols, j)
		}
		g.work.Iterations++
		if d.solve() != nil {
			return
		}
		g.report("dive")
	}
}

// searchRound shakes and branches briefly on the bins whose relaxation pays most.
func (d *diver) searchRound(p prices, worths []float64) int {
	g := d.g
	offers := g.sweep(p, slackTarget, worths)
	offers = offers[:min(len(offers), deepenBins)]
	found := make([]knapsack.Content, len(offers))
	var rest []offer
	var at []int
	for i, o := range offers {
		bin := g.bins[o.k]
		c, worth := bin.Shake(g.worthsIn(o.k, p), o.rel, d.rng, shakes)
		if c = bin.Global(c); worth > g.tolerated(o.k, g.threshold(o.k, p), slackTarget) && !g.seen[patternKey(o.k, c)] {
			found[i] = c
			continue
		}
		rest, at = append(rest, o), append(at, i)
	}
	g.prove(proving{p, rest, effort{branches: deepenBranches, width: beamWidth}, len(rest)}, func(o offer, _ float64, v proved) int {
		if v.verdict == knapsack.Better {
			found[at[0]] = g.bins[o.k].Global(v.contents[0])
		}
		at = at[1:]
		return len(at)
	})
	added := 0
	for i, o := range offers {
		if len(found[i].Shapes) > 0 && g.add(d.m, o.k, found[i]) {
			added++
		}
	}
	return added
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
	if len(c.content.Shapes) == 0 {
		return false // an empty bin, which only a case asks for
	}
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

// part is the fraction of a column in a solution.
type part struct {
	col int
	x   float64
}

// roundUp opens one bin for each of the largest fractions, filled up with what is left.
func (d *diver) roundUp() bool {
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
	g.setLeft(d.m, d.residual, d.st)
	for i := range g.cuts {
		c, used := &g.cuts[i], 0.0
		for _, f := range d.out {
			if at, ok := slices.BinarySearchFunc(g.order, f.Bin.Index, func(k, index int) int { return cmp.Compare(g.Bins[k], index) }); ok {
				used += float64(c.of(g.order[at], f.Items.Shapes, floats(f.Items.Counts)) * float64(f.Count))
			}
		}
		d.m.SetRHS(g.cutRow(i), max(0, c.k-used))
	}
}

// setLeft sets a master's right-hand sides to what is left of shapes, bins and budgets.
func (g *generator) setLeft(m *simplex.Master, left []int64, st *stock) {
	for r, rhs := range g.demanded(left) {
		if !g.rows[r].AtMost {
			m.SetRHS(r, rhs)
		}
	}
	for k, r := range g.maxRow {
		if r >= 0 {
			m.SetRHS(r, float64(st.left[g.Bins[k]]))
		}
	}
	for b, r := range g.budRow {
		if r >= 0 && g.Problem.Budgets[b] > 0 {
			m.SetRHS(r, float64(st.budgets[b])/float64(g.Problem.Budgets[b]))
		}
	}
}
