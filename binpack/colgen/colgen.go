// Package colgen packs one component by column generation, and bounds its cost from below.
//
// A column is a content of one bin (a pattern). The master problem chooses how many bins have
// each pattern so that every shape is covered at the least price; its duals π say what one more
// item of each shape costs. Pricing asks each kind of bin for a content that is worth more at π
// than the bin costs; if none has one, the master's optimum is the optimum of the relaxation
// (Gilmore & Gomory 1961), and π·demand a lower bound on every packing.
//
// Two phases share one master's work. First patterns come from rounding (knapsack.Fill), cheaply.
// Then the bound: the worst offender is branched on (knapsack.Prove) until its best content is
// known; a bin that resists contributes its fractional content as a column, which weakens the
// bound a little but only where that bin matters. The alternative, scaling all duals by the
// worst offender (Farley 1990), would cost everywhere. Every round's duals, scaled to be valid,
// give a bound; the best is kept.
//
// Then diving: whole parts of the master's solution are fixed, the largest fraction is rounded
// up, the rest is priced again, until everything is placed. Right-sizing and local search finish.
//
// All money inside is a float64 in units of the dearest bin; the certificate is rounded to
// integers and checked as such by binpack/check. Work is counted, never timed.
package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// Part is one component of a problem.
type Part struct {
	Problem  *model.Problem
	Shapes   []knapsack.Shape // of this component only
	Bins     []int            // kinds to generate patterns for, ascending by price
	Beaten   map[int][]int    // of each of Bins: kinds that it beats in every respect, ascending
	Geometry []*cards.Geometry
	Limits   model.Limits
	Gap      float64        // how far cost may be above the bound, as a share of it, for the part to be done
	Stop     func() bool    // true: end soon, with what there is; may be nil
	Report   func(Progress) // may be nil
	// Each calls do for every i < n, in any order or at once; nil: one after the other. Results are joined by index.
	Each func(n int, do func(i int))
	// Worth is what all copies of the part's items are worth at duals by shape, in price units, to a certificate: where the parts
	// settle how many copies of an item lie in which domain, its rules may leave other ways, and the least counts. Nil: what was
	// settled is all there is.
	Worth func(duals []float64) float64
	// Start is what an earlier solve learnt of this part, or nil.
	Start *Start
}

// Progress is where a component stands.
type Progress struct {
	Phase      string // columns, bound, dive, cases, search
	Iterations int64
	Cost       float64 // of the best packing, in price units, with moves out of the part's bins
	Left       int64   // items that it leaves out
	Bound      float64
}

// Bound is a proven bound of a part: duals in price units, valid for every bin of the part.
type Bound struct {
	Value   float64
	Shapes  []float64   // π by shape of the part
	Max     []float64   // ν by position in Part.Bins
	Budgets []float64   // λ by budget of the problem
	Mu      [][]float64 // multipliers by position in Part.Bins
	Kinds   []*knapsack.Bin
	Cuts    []float64 // duals of the branches that lead to a case
	// Plain is a weaker bound that multipliers prove without any search; nil: there is none.
	Plain *Bound
	Cases *Case // nil: the bound needs no cases; otherwise Value is the least of its leaves
}

// Case is a branch on how many bins of some kinds there are, or a leaf.
type Case struct {
	Bins      []int // of the problem, ascending
	Items     []int // of the problem: their copies in Bins are counted; nil: the bins are
	Most      int64 // Low: at most so many; High: more
	Low, High *Case
	Leaf      *Bound
	// Above are, for a leaf, the bounds of the cases that it was made of, the nearest first. They hold in it too: what they
	// charge for branches that came later is nothing.
	Above []*Bound
}

// Filled is a number of bins with equal content.
type Filled struct {
	Bin   *knapsack.Bin
	Count int64
	Items knapsack.Content // by shape of the part
}

// generator holds the state of one part.
type generator struct {
	Part
	scale      float64 // price units → 1
	divisor    int64   // what divides all prices, of bins and of moves: so far apart are two costs
	moves      float64 // what it costs to move everything out of the part's bins of today
	movesCost  int64   // the same in price units
	savedMost  int64   // what one of those bins saves at most, in price units
	homes      []int   // positions of those bins, and of the homes of each shape
	homesOf    [][]int
	homeAt     map[*knapsack.Bin]int
	bins       []*knapsack.Bin
	rooms      []*knapsack.Room
	together   *knapsack.Together
	mu         [][]float64
	open       []int   // how often Prove gave up on a bin
	fails      []int   // beams without success since the last one with
	rest       []int   // rounds until the next beam
	labels     []int64 // of the last front
	crowded    []bool  // kinds for which a meeting is no use
	met        int64   // work of meetings, in branches
	slack      float64 // of kinds that meetings decide
	maxRow     []int   // row of each bin's Max, -1
	budRow     []int   // row of each budget, -1
	rows       []simplex.Row
	cols       []column
	seen       map[string]bool
	work       model.Work
	best       Bound
	plain      Bound     // the best that multipliers alone prove
	order      []int     // positions of Bins, ascending by bin
	cuts       []cut     // of the case at hand, rows after all others
	groups     [][]int   // sets of positions of Bins whose numbers are branched on
	groupsOf   [][]int   // of each of bins
	tree       *caseNode // nil: no cases
	quick      bool      // dive without looking for more patterns first
	demand     []int64
	rowsOf     [][]coef         // of each shape: the master's rows that cover it
	ruled      []bool           // items that rules inside a bin bind; with swaps
	swaps      [][]int          // what each shape can take the place of; nil: not known yet
	aggregated bool             // some shapes share rows
	list       []sized          // kinds for right-sizing
	twins      [][]int          // of each of bins: those that differ by zone or class only; nil: not looked for
	incumbent  attempt          // the best packing so far
	cells      int64            // of lines' tables, filled so far
	settled    int64            // pivots of settle, of this case
	lines      []*knapsack.Line // nil: more than one dimension matters somewhere
}

// column is a pattern in the master: real, or the fractional content of a relaxation.
type column struct {
	bin      int // position in Bins; -1: a swap
	content  knapsack.Content
	vals     []float64 // counts
	fraction bool
}

// unmetPrice is what one unplaced item costs, in units of the dearest bin, times one plus its
// rank. It must exceed every true dual; a single item never costs more than one bin, but limits
// on bins can push a dual beyond.
const unmetPrice = 50

// newGenerator prepares a part. In larger ones some shapes share rows.
func newGenerator(p Part) *generator {
	g := &generator{Part: p, seen: map[string]bool{}}
	top := int64(1)
	for _, b := range p.Bins {
		top = max(top, p.Problem.Bins[b].Price, staying(&p.Problem.Bins[b]))
	}
	g.divisor = divisor(p.Problem)
	g.scale = 1 / float64(top)
	g.together = knapsack.NewTogether(p.Problem)
	for _, b := range p.Bins {
		g.bins = append(g.bins, g.newBin(b))
	}
	own := ownRowsMost
	if len(p.Shapes) <= linesMost {
		if g.lines, _ = knapsack.NewLines(g.bins); g.lines != nil {
			own = linesMost
		}
	}
	for _, k := range g.bins {
		g.rooms = append(g.rooms, k.Open())
	}
	g.list = g.catalogue()
	g.order = g.all()
	slices.SortFunc(g.order, func(a, b int) int { return cmp.Compare(g.Bins[a], g.Bins[b]) })
	g.mu = make([][]float64, len(g.bins))
	g.open, g.fails, g.rest = make([]int, len(g.bins)), make([]int, len(g.bins)), make([]int, len(g.bins))
	g.labels = make([]int64, len(g.bins))
	g.crowded, g.slack = make([]bool, len(g.bins)), firstSlack
	for _, s := range p.Shapes {
		g.demand = append(g.demand, s.Count)
	}
	rows := len(p.Shapes)
	if rows > own {
		rows = fewRows
	}
	g.layOut(rows)
	g.best = Bound{Shapes: make([]float64, len(g.Shapes)), Max: make([]float64, len(g.bins)), Budgets: make([]float64, len(g.budRow)), Mu: make([][]float64, len(g.bins))}
	g.stayHome()
	return g
}

func (g *generator) newBin(b int) *knapsack.Bin {
	var geo *cards.Geometry
	if c := g.Problem.Bins[b].Card; c >= 0 {
		geo = g.Geometry[c]
	}
	k := g.together.NewBin(b, g.Shapes, geo)
	k.SetUnit(g.scale)
	return k
}

// limitRows lays out the rows of bins with a Max, then of budgets that the part uses.
func (g *generator) limitRows() {
	g.maxRow = make([]int, len(g.bins))
	for k := range g.bins {
		g.maxRow[k] = -1
		if m := g.kind(k).Max; m > 0 {
			g.maxRow[k] = len(g.rows)
			g.rows = append(g.rows, simplex.Row{AtMost: true, RHS: float64(m)})
		}
	}
	g.budRow = make([]int, len(g.Problem.Budgets))
	for b := range g.budRow {
		g.budRow[b] = -1
	}
	for k := range g.bins {
		for _, u := range g.kind(k).Uses {
			if g.budRow[u.Budget] < 0 {
				g.budRow[u.Budget] = len(g.rows)
				g.rows = append(g.rows, simplex.Row{AtMost: true, RHS: float64(min(g.Problem.Budgets[u.Budget], 1))})
			}
		}
	}
}

func (g *generator) kind(k int) *model.Bin { return &g.Problem.Bins[g.Bins[k]] }

func (g *generator) price(k int) float64 { return float64(float64(g.kind(k).Price) * g.scale) }

// budgetShare returns an amount as a share of the whole budget, the unit of budget rows.
func budgetShare(amount, budget int64) float64 {
	return float64(amount) / float64(max(budget, 1))
}

// entry turns a pattern into a column of the master.
func (g *generator) entry(c column) simplex.Column {
	if c.bin < 0 {
		return g.swapEntry(c)
	}
	out := simplex.Column{Cost: g.price(c.bin) - g.bins[c.bin].SavedBy(c.content.Shapes, c.vals)}
	out.Rows, out.Vals = g.cover(c)
	if r := g.maxRow[c.bin]; r >= 0 {
		out.Rows, out.Vals = append(out.Rows, int32(r)), append(out.Vals, 1)
	}
	for _, u := range g.kind(c.bin).Uses {
		if r := g.budRow[u.Budget]; r >= 0 && u.Amount > 0 {
			out.Rows, out.Vals = append(out.Rows, int32(r)), append(out.Vals, budgetShare(u.Amount, g.Problem.Budgets[u.Budget]))
		}
	}
	for i := range g.cuts {
		if n := g.cuts[i].of(c.bin, c.content.Shapes, c.vals); n > 0 {
			out.Rows, out.Vals = append(out.Rows, int32(g.cutRow(i))), append(out.Vals, n)
		}
	}
	return out
}

func floats(counts []int64) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c)
	}
	return out
}

// add puts a real pattern (by part shapes) into the master unless it is there already.
func (g *generator) add(m *simplex.Master, k int, content knapsack.Content) bool {
	key := patternKey(k, content)
	if g.seen[key] {
		return false
	}
	g.seen[key] = true
	c := column{bin: k, content: content, vals: floats(content.Counts)}
	g.cols = append(g.cols, c)
	m.Add(g.entry(c))
	g.work.Columns++
	return true
}

// addFraction puts the fractional content of a relaxation into the master.
func (g *generator) addFraction(m *simplex.Master, k int, x []float64) {
	c := column{bin: k, fraction: true}
	for l, v := range x {
		if v > 1e-9 {
			c.content.Shapes = append(c.content.Shapes, g.bins[k].Shapes[l])
			c.vals = append(c.vals, v)
		}
	}
	g.cols = append(g.cols, c)
	m.Add(g.entry(c))
	g.work.Columns++
}

func patternKey(k int, c knapsack.Content) string {
	b := make([]byte, 0, 8+8*len(c.Shapes))
	put := func(v int64) {
		for ; v >= 0x80; v >>= 7 {
			b = append(b, byte(v)|0x80)
		}
		b = append(b, byte(v))
	}
	put(int64(k))
	for i, s := range c.Shapes {
		put(int64(s))
		put(c.Counts[i])
	}
	return string(b)
}
