package colgen

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// Start is a place to start from: what a solve of a similar part learnt. It may be wrong in every
// way and changes no more than how long it takes, and which of several good packings comes out.
type Start struct {
	Patterns []Pattern // contents that were worth having, in any order
	Fills    []Pattern // a packing
	Prices   []float64 // of each shape, in price units; nil: unknown
	Relaxed  []Mixture // what stood in the bound for kinds that could not be proven
	Open     []int     // positions in Part.Bins of those kinds
}

// Mixture is a fractional content of a kind of bin.
type Mixture struct {
	At     int   // position in Part.Bins
	Shapes []int // of the part
	Parts  []float64
}

// Pattern is a content of a kind of bin, and how many bins have it.
type Pattern struct {
	At    int // position in Part.Bins
	Count int64
	Items knapsack.Content // by shape of the part
}

// learntMost is how many patterns are remembered, the latest: those that made the last prices.
const learntMost = 8000

// warm puts what is known into the master, and returns the prices to begin with; their pi is nil where there are none.
func (g *generator) warm(m *simplex.Master) prices {
	s := g.Start
	if s == nil {
		return prices{}
	}
	for _, p := range s.Patterns {
		if p.At < len(g.bins) && g.bins[p.At].Holds(p.Items, g.rooms[p.At]) {
			g.add(m, p.At, p.Items)
		}
	}
	if s.Prices == nil {
		return prices{}
	}
	at := prices{pi: make([]float64, len(g.Shapes)), max: make([]float64, len(g.bins)), bud: make([]float64, len(g.budRow)), cut: make([]float64, len(g.cuts))}
	for i, v := range s.Prices {
		at.pi[i] = v * g.scale
	}
	return at
}

// rememberOpen puts the mixtures that stood for kinds that could not be proven into the master, and gives those kinds up at once. Found anew they take
// most of the rounds of the bound: at 200 shapes (seed 1) 65 of 95, in which the master falls by 1 %. They are columns like any others, so that a
// wrong one makes the bound weaker and never wrong.
func (g *generator) rememberOpen(m *simplex.Master) {
	if g.Start == nil || len(g.cuts) > 0 {
		return
	}
	for _, x := range g.Start.Relaxed {
		if x.At >= len(g.bins) {
			continue
		}
		c := column{bin: x.At, fraction: true, content: knapsack.Content{Shapes: x.Shapes}, vals: x.Parts}
		g.cols = append(g.cols, c)
		m.Add(g.entry(c))
		g.work.Columns++
	}
	for _, k := range g.Start.Open {
		if k < len(g.open) {
			g.open[k] = givenUp
		}
	}
}

// again packs as an earlier packing does, as far as there is still so much of everything. A bin that would stay half empty
// is filled up with what is left, and the rest is packed by value.
func (g *generator) again(fills []Pattern) attempt {
	a := attempt{left: slices.Clone(g.demand), st: newStock(g.Problem)}
	for _, short := range []bool{false, true} { // first what is wanted as a whole
		for i, f := range fills {
			if fills[i].Count = g.repeat(&a, f, short); short {
				fills[i].Count = f.Count
			}
		}
	}
	pi := slices.Clone(g.best.Shapes)
	for s := range pi {
		pi[s] = max(pi[s], 1e-9)
	}
	a.fills = append(a.fills, g.greedy(g.all(), a.left, pi, a.st)...)
	g.unlimit()
	a.fills = g.rightSize(a.fills, a.st)
	return a
}

// repeat opens bins as they were, or with short what is left of it and more; it returns how many it did not open.
func (g *generator) repeat(a *attempt, f Pattern, short bool) int64 {
	bin, n := g.bins[f.At], f.Count
	for n > 0 && a.st.most(bin.Index, 1) > 0 {
		items, times := f.Items, a.st.most(bin.Index, n)
		for i, s := range items.Shapes {
			times = min(times, a.left[s]/items.Counts[i])
		}
		if times == 0 && short {
			bin.Limit(a.left)
			items, times = bin.Global(bin.TopUp(items, g.best.Shapes, g.multipliers(f.At), g.rooms[f.At])), 1
			bin.Unlimit()
		}
		if times == 0 || len(items.Shapes) == 0 {
			break
		}
		for i, s := range items.Shapes {
			a.left[s] -= items.Counts[i] * times
		}
		a.st.take(bin.Index, times)
		a.fills = append(a.fills, Filled{Bin: bin, Count: times, Items: items})
		n -= times
	}
	return n
}

// learnt writes down what the next solve may start from.
func (g *generator) learnt() *Start {
	s := &Start{Prices: make([]float64, len(g.Shapes))}
	for i, v := range g.best.Shapes {
		s.Prices[i] = v / g.scale
	}
	first := max(0, len(g.cols)-learntMost)
	for _, c := range g.cols[first:] {
		if c.fraction && c.bin >= 0 && len(c.vals) > 0 {
			s.Relaxed = append(s.Relaxed, Mixture{At: c.bin, Shapes: c.content.Shapes, Parts: c.vals})
		} else if !c.fraction && len(c.content.Shapes) > 0 {
			s.Patterns = append(s.Patterns, Pattern{At: c.bin, Items: c.content})
		}
	}
	for k, n := range g.open {
		if n >= givenUp {
			s.Open = append(s.Open, k)
		}
	}
	at := map[*knapsack.Bin]int{}
	for k, bin := range g.bins {
		at[bin] = k
	}
	for _, f := range g.incumbent.fills {
		if k, ok := at[f.Bin]; ok {
			s.Fills = append(s.Fills, Pattern{At: k, Count: f.Count, Items: f.Items})
		}
	}
	return s
}
