package colgen

import (
	"container/heap"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	// assembleShare is the part of what is left that is packed before the master is solved again.
	assembleShare = 0.05
	// assembleAtOnce is in how many equal steps of one content at least it is packed.
	assembleAtOnce = 8
	// assembleRounds is how many rounds of pricing follow.
	assembleRounds = 5
	// assemblePivots bounds the pivots of one round.
	assemblePivots = 20_000
)

// assembleNear is how near to the relaxation of a bin a beam has to come: what is sought in vain near to it is sought further off.
var assembleNear = []float64{0.995, 0.98}

// assembler makes a packing where the master's rows are shared, so that its columns do not add up to what there is of each
// shape. Its prices are good all the same, and what it lacks is contents of what there is. So the kinds that the master uses
// are filled by beams from what is left, the best content first, and after each twentieth of the value the master is solved
// again for what is left. At 1,070 shapes (seed 1) packing everything by value at the same prices cost 577, this 550, above a bound
// of 522.
type assembler struct {
	g     *generator
	left  []int64
	st    *stock
	out   []Filled
	m     *simplex.Master
	cols  []int         // column of g.cols for each column of m
	basis simplex.Basis // by column of g.cols
}

// assemble packs everything at prices that m begins with.
func (g *generator) assemble(m *simplex.Master, st *stock) ([]Filled, []int64) {
	a := &assembler{g: g, left: slices.Clone(g.demand), st: st, basis: m.Basis()}
	pi := g.best.Shapes
	for total(a.left) > 0 && !g.stopped() {
		a.restart()
		p, ok := a.price()
		if !ok {
			break
		}
		pi = p.pi
		if !a.fill(positive(pi)) {
			break
		}
		g.report("dive")
	}
	rest := positive(g.best.Shapes)
	for s := range rest {
		rest[s] = max(rest[s], pi[s])
	}
	a.out = append(a.out, g.greedy(g.all(), a.left, rest, st)...)
	g.unlimit()
	return a.out, a.left
}

// positive returns prices without zeros, so that nothing is left out for being worth nothing.
func positive(pi []float64) []float64 {
	out := slices.Clone(pi)
	for s := range out {
		out[s] = max(out[s], 1e-9)
	}
	return out
}

// restart makes a master for what is left, of the columns that it still has items for.
func (a *assembler) restart() {
	g := a.g
	a.m, a.cols = simplex.New(g.rows), a.cols[:0]
	at := make([]int32, len(g.cols))
	for j, c := range g.cols {
		if at[j] = -1; a.possible(c) {
			at[j] = int32(len(a.cols))
			a.cols = append(a.cols, j)
			a.m.Add(g.entry(c))
		}
	}
	var b simplex.Basis
	for _, j := range a.basis.Columns {
		if at[j] >= 0 {
			b.Columns = append(b.Columns, at[j])
		}
	}
	a.m.SetBasis(b)
	g.setLeft(a.m, a.left, a.st)
	for _, bin := range g.bins {
		bin.Limit(a.left)
	}
}

func (a *assembler) possible(c column) bool {
	if c.fraction && c.bin >= 0 {
		return false
	}
	for i, s := range c.content.Shapes {
		if a.left[s] < max(1, c.content.Counts[i]) {
			return false
		}
	}
	return true
}

// price solves the master and adds contents of what is left; false: there are no prices.
func (a *assembler) price() (prices, bool) {
	g, worths := a.g, make([]float64, len(a.g.bins))
	var p prices
	for r := 0; ; r++ {
		before := a.m.Pivots()
		err := g.pivot(a.m, before+assemblePivots)
		g.work.Pivots += a.m.Pivots() - before
		if err != nil {
			return p, r > 0
		}
		p = g.prices(a.m)
		from := len(g.cols)
		if r == assembleRounds || g.priceRound(a.m, p, p, worths) == 0 {
			break
		}
		for j := from; j < len(g.cols); j++ {
			a.cols = append(a.cols, j)
		}
	}
	a.basis = simplex.Basis{}
	for _, j := range a.m.Basis().Columns {
		a.basis.Columns = append(a.basis.Columns, int32(a.cols[j]))
	}
	return p, true
}

// fill packs a share of what is left into the kinds that the master uses, the best content first, and says whether it
// packed anything.
func (a *assembler) fill(pi []float64) bool {
	g := a.g
	used := make([]bool, len(g.bins))
	for j, col := range a.cols {
		if k := g.cols[col].bin; k >= 0 && a.m.X(j) > 1e-6 {
			used[k] = true
		}
	}
	var q queue
	for k, in := range used {
		if !in {
			continue
		}
		if c, ok := a.best(k, pi); ok {
			q = append(q, c)
		}
	}
	heap.Init(&q)
	value := 0.0
	for s, n := range a.left {
		value += float64(pi[s] * float64(n))
	}
	quota, done := value*assembleShare, 0.0
	for len(q) > 0 && done < quota {
		old := q[0]
		c, ok := a.best(old.k, pi)
		if !ok {
			heap.Pop(&q)
			continue
		}
		q[0] = c
		if heap.Fix(&q, 0); q[0].k != old.k {
			continue
		}
		done += a.open(c, pi, quota/assembleAtOnce)
	}
	return done > 0
}

// open opens bins with a content, one or as many as are worth so much, and returns what they are worth.
func (a *assembler) open(c candidate, pi []float64, most float64) float64 {
	g := a.g
	items := g.bins[c.k].Global(c.content)
	worth := 0.0
	for i, s := range items.Shapes {
		worth += float64(pi[s] * float64(items.Counts[i]))
	}
	n := int64(max(1, min(most/worth, 1e9)))
	for i, s := range items.Shapes {
		n = min(n, a.left[s]/items.Counts[i])
	}
	n = a.st.most(g.Bins[c.k], n)
	for i, s := range items.Shapes {
		a.left[s] -= items.Counts[i] * n
	}
	a.st.take(g.Bins[c.k], n)
	a.out = append(a.out, Filled{Bin: g.bins[c.k], Count: n, Items: items})
	return worth * float64(n)
}

// best returns the best content of a kind that greedy filling, and a beam, find.
func (a *assembler) best(k int, pi []float64) (candidate, bool) {
	g := a.g
	c, ok := g.evaluate(k, a.left, pi, a.st, true)
	bin := g.bins[k]
	if !ok || bin.Stays() || g.price(k) == 0 {
		return c, ok
	}
	rel := bin.Relax(pi)
	g.mu[k] = rel.Mu
	worth := float64(c.ratio * g.price(k))
	for _, near := range assembleNear {
		if worth >= near*rel.Value {
			break
		}
		if found := bin.Beam(pi, rel, max(worth, near*rel.Value), beamWidth); len(found) > 0 {
			c = candidate{k: k, content: found[0], ratio: worthOf(bin, found[0], pi) / g.price(k)}
			break
		}
	}
	return c, true
}

func worthOf(bin *knapsack.Bin, c knapsack.Content, pi []float64) float64 {
	worth := 0.0
	for i, l := range c.Shapes {
		worth += float64(pi[bin.Shapes[l]] * float64(c.Counts[i]))
	}
	return worth
}
