package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

// Ending is why the work on a part ended.
type Ending int

// The endings. Spent is the zero value: all that the limits allow was done, or nothing more was tried.
const (
	Spent   Ending = iota
	Optimal        // cost and bound are equal
	Near           // they are as near as was asked for
	Stopped        // the caller said so
	Cut            // the limit on iterations or pivots came before the bound was settled
)

// Diagnosis says where the gap of a part sits. Money is in price units, with moves out of the part's bins of today.
type Diagnosis struct {
	Items  int64 // copies
	Shapes int
	Kinds  int   // kinds of bins that were looked at
	Main   int   // the kind of bin that most of the cost is for, in Problem.Bins; -1: none
	Left   int64 // items without a place
	Cost   int64
	Bound  float64
	// Floor is the value of the master's linear program over the patterns that were found: no packing made of these patterns
	// costs less. What cost is above it was lost in rounding; what it is above the bound, nobody has proven or disproven. 0: not
	// known.
	Floor      float64
	Cases      int64 // that were looked at; 0: none
	CasesMost  int64 // that the limits allow; 0: the part has too many shapes for cases
	Ending     Ending
	Aggregated bool // some shapes share rows of the master, so Floor is less exact
	Hard       []HardKind
}

// HardKind is a kind of bin whose best content is not known: proofs were given up, and a fractional content stands in the
// bound instead.
type HardKind struct {
	Bin   int   // in Problem.Bins
	Times int64 // proofs given up
	// Over is by how much the best content, as far as is proven, may be worth more than its price, at the prices that the
	// patterns give: a share of the price.
	Over float64
}

// Diagnose says where the gap sits. It takes pivots and relaxations of its own, which are not counted, and changes nothing
// that another call returns.
func (r *Run) Diagnose() Diagnosis {
	g := r.g
	d := Diagnosis{
		Shapes: len(g.Shapes), Kinds: len(g.bins), Main: -1, Left: total(g.incumbent.left), Items: total(g.demand),
		Cost: g.cost(g.incumbent.fills), Bound: g.lifted(r.low), Aggregated: g.aggregated, Ending: g.ending(r.cut),
	}
	d.Main = g.main()
	if len(g.Shapes) <= g.caseMost() {
		d.CasesMost = g.casesLimit()
	}
	if g.tree != nil {
		d.Cases = g.tree.size()
	}
	m := g.patterns()
	if m.Solve(g.pivots()) == nil {
		d.Floor = max((m.Value()+g.moves)/g.scale, d.Bound)
	}
	d.Hard = g.hard(g.prices(m))
	return d
}

func (g *generator) ending(cut bool) Ending {
	exact := *g
	exact.Gap = 0
	switch {
	case exact.closed():
		return Optimal
	case g.closed():
		return Near
	case g.stopped():
		return Stopped
	case cut || g.work.Iterations >= g.Limits.Iterations:
		return Cut
	}
	return Spent
}

// main returns the kind that most of the cost is for, the first of equal ones.
func (g *generator) main() int {
	spent := map[int]int64{}
	best := -1
	for _, f := range g.incumbent.fills {
		spent[f.Bin.Index] += g.Problem.Bins[f.Bin.Index].Price * f.Count
	}
	for _, k := range g.order {
		if b := g.Bins[k]; best < 0 && spent[b] > 0 || best >= 0 && spent[b] > spent[best] {
			best = b
		}
	}
	return best
}

// patterns returns a master of the real patterns that are known, those of the packing among them.
func (g *generator) patterns() *simplex.Master {
	cuts := g.cuts
	g.cuts = nil
	defer func() { g.cuts = cuts }()
	m := simplex.New(g.rows)
	for _, c := range g.cols {
		if !c.fraction {
			m.Add(g.entry(c))
		}
	}
	for _, f := range g.incumbent.fills {
		if at := slices.Index(g.Bins, f.Bin.Index); at >= 0 {
			m.Add(g.entry(column{bin: at, content: f.Items, vals: floats(f.Items.Counts)}))
		}
	}
	return m
}

// hard lists the kinds that proofs were given up on and that still matter at the prices, the one that matters most first.
func (g *generator) hard(p prices) []HardKind {
	g.unlimit()
	var out []HardKind
	for k, n := range g.open {
		if n == 0 {
			continue
		}
		t := g.threshold(k, p)
		if worth := g.bins[k].Relax(p.pi).Value; t > 0 && worth > t*(1+slackTarget) {
			out = append(out, HardKind{Bin: g.Bins[k], Times: int64(n), Over: worth/t - 1})
		}
	}
	slices.SortStableFunc(out, func(a, b HardKind) int { return cmp.Or(cmp.Compare(b.Over, a.Over), cmp.Compare(a.Bin, b.Bin)) })
	return out
}

// size counts a case and those below it.
func (n *caseNode) size() int64 {
	if n.on == nil {
		return 1
	}
	return 1 + n.low.size() + n.high.size()
}
