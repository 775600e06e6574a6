package colgen

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

// A master with a row for each of a thousand shapes does not converge in reasonable time. In larger parts shapes of one kind
// (the same bins, cards and rules) whose sizes are near to each other are a bucket and share rows: one in which each counts as
// one, and one for each dimension in which each counts for how far it is from the least of them to the largest. Covering
// each shape implies covering their sums, so this is a relaxation, and its bound is valid. Its duals are affine within a
// bucket and never fall with size. From bucket to bucket they may jump, as true prices do: a pod of a little more than half a
// node costs much more than one of half a node. A bucket of no more shapes than rows has a row for each.
//
// The master is solved with few buckets first, and again with more, from the same columns and the basis at hand: columns are
// real contents, whatever the rows.
const (
	// ownRowsMost is up to how many shapes each has a row of its own. 434 of them (seed 1) ended at 1,501 rounds with a bound of
	// 469, from shared rows as well; 200 shared rows took 839 rounds to 511.
	ownRowsMost = 300
	// linesMost is the same where one dimension decides, as pricing is exact there and rounds are few.
	linesMost = 1500
	// Rows for shapes, first and last. At 1,070 shapes (seed 1) 60, 100, 150 and 200 rows bounded the cost by 438.7, 507.6, 517.6
	// and 522.6, in 6, 10, 16 and 21 s of CPU time.
	fewRows, moreRows = 100, 200
)

// Each demand is shifted by a hair of its own: where many patterns cover the same shapes, most
// pivots would otherwise change nothing, and the simplex may go round in circles (410,000 pivots
// were seen at 200 shapes). Bounds are computed from duals and true demands, so nothing is lost.
const (
	shift  = 1e-7
	golden = 0.6180339887498949 // its multiples lie evenly
)

// coef is what one item adds to a row of the master.
type coef struct {
	row    int
	amount float64
}

// bucket is a set of shapes of one kind.
type bucket struct {
	shapes []int   // ascending by size in dim
	rows   int     // that it takes
	weight float64 // what its items are worth, roughly
	dim    int     // the dimension in which sizes differ most, as a ratio; -1: none
	spread float64 // the logarithm of that ratio
}

// own reports whether each shape has a row of its own.
func (b *bucket) own() bool { return b.rows == len(b.shapes) }

// loss is what sharing rows may cost, to choose by.
func (b *bucket) loss() float64 {
	if b.own() {
		return 0
	}
	return b.weight * b.spread
}

func (g *generator) newBucket(shapes []int, worth []float64) *bucket {
	b := &bucket{shapes: shapes, dim: -1, rows: 1}
	for _, s := range shapes {
		b.weight += float64(worth[s] * float64(g.Shapes[s].Count))
	}
	for d := range g.Problem.Dims {
		low, high := g.extent(shapes, d)
		if high > low {
			b.rows++
		}
		if r := math.Log(float64(high+1) / float64(low+1)); r > b.spread {
			b.spread, b.dim = r, d
		}
	}
	b.rows = min(b.rows, len(shapes))
	if b.dim < 0 {
		b.rows = len(shapes) // equal sizes: nothing to tell them apart, and nothing to split by
	} else {
		slices.SortStableFunc(b.shapes, func(x, y int) int { return cmp.Compare(g.size(x, b.dim), g.size(y, b.dim)) })
	}
	return b
}

func (g *generator) size(s, d int) int64 { return g.Problem.Items[g.Shapes[s].Item].Size[d] }

// extent returns the least and the largest size in a dimension.
func (g *generator) extent(shapes []int, d int) (low, high int64) {
	low, high = math.MaxInt64, 0
	for _, s := range shapes {
		low, high = min(low, g.size(s, d)), max(high, g.size(s, d))
	}
	return low, high
}

// split parts a bucket between two sizes, as near to their geometric mean as can be.
func (g *generator) split(b *bucket, worth []float64) (small, large *bucket) {
	low, high := g.extent(b.shapes, b.dim)
	middle := math.Sqrt(float64(low+1)) * math.Sqrt(float64(high+1))
	at, best := 0, math.Inf(1)
	for i := 1; i < len(b.shapes); i++ {
		x, y := g.size(b.shapes[i-1], b.dim), g.size(b.shapes[i], b.dim)
		between := math.Sqrt(float64(x+1)) * math.Sqrt(float64(y+1))
		if off := max(between/middle, middle/between); x < y && off < best {
			at, best = i, off
		}
	}
	return g.newBucket(slices.Clone(b.shapes[:at]), worth), g.newBucket(slices.Clone(b.shapes[at:]), worth)
}

// byLoss is a heap with the bucket on top that loses the most.
type byLoss []*bucket

func (q byLoss) Len() int { return len(q) }
func (q byLoss) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[j].loss(), q[i].loss()), cmp.Compare(q[i].shapes[0], q[j].shapes[0])) < 0
}
func (q byLoss) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *byLoss) Push(x any)   { *q = append(*q, x.(*bucket)) }
func (q *byLoss) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// partition makes buckets with about so many rows: no fewer than kinds need, a few more where the last split adds some.
func (g *generator) partition(rows int) []*bucket {
	at, worth := map[string]int{}, g.firstPrices()
	var kinds [][]int
	for s, sh := range g.Shapes {
		it := &g.Problem.Items[sh.Item]
		key := fmt.Sprint(it.Classes, sh.Domain, it.Needs, it.BinMax, it.Rank)
		i, ok := at[key]
		if !ok {
			i = len(kinds)
			at[key] = i
			kinds = append(kinds, nil)
		}
		kinds[i] = append(kinds[i], s)
	}
	q := byLoss{}
	for _, shapes := range kinds {
		b := g.newBucket(shapes, worth)
		q = append(q, b)
		rows -= b.rows
	}
	heap.Init(&q)
	for len(q) > 0 && q[0].loss() > 0 && rows > 0 {
		b := q[0]
		small, large := g.split(b, worth)
		rows -= small.rows + large.rows - b.rows
		q[0] = small
		heap.Fix(&q, 0)
		heap.Push(&q, large)
	}
	slices.SortFunc(q, func(a, b *bucket) int { return cmp.Compare(a.shapes[0], b.shapes[0]) })
	return q
}

// layOut lays out the master's rows: of shapes, then of bins with a Max, then of budgets that the part uses.
func (g *generator) layOut(rows int) {
	g.rows, g.rowsOf, g.aggregated = nil, make([][]coef, len(g.Shapes)), false
	if rows >= len(g.Shapes) {
		for s := range g.Shapes {
			g.shapeRow([]int{s}, func(int) float64 { return 1 })
		}
	} else {
		for _, b := range g.partition(rows) {
			g.bucketRows(b)
		}
	}
	g.limitRows()
}

func (g *generator) bucketRows(b *bucket) {
	if b.own() {
		for _, s := range b.shapes {
			g.shapeRow([]int{s}, func(int) float64 { return 1 })
		}
		return
	}
	g.aggregated = true
	g.shapeRow(b.shapes, func(int) float64 { return 1 })
	for d := range g.Problem.Dims {
		if low, high := g.extent(b.shapes, d); high > low {
			g.shapeRow(b.shapes, func(s int) float64 { return float64(g.size(s, d)-low) / float64(high-low) })
		}
	}
}

// shapeRow adds a row that covers shapes, each item as much of it as amount says.
func (g *generator) shapeRow(shapes []int, amount func(s int) float64) {
	row := len(g.rows)
	r := simplex.Row{Penalty: unmetPrice * (1 + float64(g.Problem.Items[g.Shapes[shapes[0]].Item].Rank))}
	for _, s := range shapes {
		if a := amount(s); a > 0 {
			g.rowsOf[s] = append(g.rowsOf[s], coef{row, a})
			r.RHS += float64(a * float64(g.Shapes[s].Count))
		}
	}
	r.RHS = max(r.RHS, 1e-3) + float64(shift*(1+math.Mod(float64(row)*golden, 1)))
	g.rows = append(g.rows, r)
}

// refine lays out more rows and returns a master of all columns so far, with the basis of the last as far as it goes.
func (g *generator) refine(last *simplex.Master, rows int) *simplex.Master {
	g.layOut(rows)
	m := simplex.New(g.rows)
	for _, c := range g.cols {
		m.Add(g.entry(c))
	}
	m.SetBasis(simplex.Basis{Columns: last.Basis().Columns})
	return m
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

// demanded returns what so many items of each shape ask of each row.
func (g *generator) demanded(items []int64) []float64 {
	rhs := make([]float64, len(g.rows))
	for s, cs := range g.rowsOf {
		for _, c := range cs {
			rhs[c.row] += float64(c.amount * float64(items[s]))
		}
	}
	return rhs
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
