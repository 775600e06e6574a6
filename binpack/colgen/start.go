package colgen

import (
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// Start is a place to start from: what a solve of a similar part learnt, or a sketch of this one. It may be wrong in every
// way and changes no more than how long it takes, and which of several good packings comes out.
type Start struct {
	Patterns []Pattern // contents that were worth having, in any order
	Fills    []Pattern // a packing
	Prices   []float64 // of each shape, in price units; nil: unknown
}

// Pattern is a content of a kind of bin, and how many bins have it.
type Pattern struct {
	At    int // position in Part.Bins
	Count int64
	Items knapsack.Content // by shape of the part
}

// sketchRounds bounds the rounds of a sketch.
const sketchRounds = 200

// sketch solves the relaxation with rows that shapes share. A thousand rows need hundreds of rounds to find
// their prices from nothing; shared rows find nearly the same in a fraction of the pivots.
func (g *generator) sketch() *Start {
	p := g.Part
	p.Report = nil
	p.Limits.Iterations = min(p.Limits.Iterations, sketchRounds)
	h := newGenerator(p, 0)
	h.unlimit()
	m := h.start(g.incumbent.fills)
	_ = h.columns(m)
	g.work.Iterations += h.work.Iterations
	g.work.Pivots += m.Pivots()
	s := &Start{Prices: make([]float64, len(g.Shapes))}
	for i, v := range h.best.Shapes {
		s.Prices[i] = v / h.scale
	}
	for _, c := range h.cols {
		s.Patterns = append(s.Patterns, Pattern{At: c.bin, Items: c.content})
	}
	return s
}

// warm puts what is known into the master, and returns the prices to begin with; their pi is nil where there are none.
func (g *generator) warm(m *simplex.Master) prices {
	s := g.Start
	if s == nil {
		return prices{}
	}
	for _, p := range s.Patterns {
		if g.bins[p.At].Holds(p.Items, g.rooms[p.At]) {
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

// learnt writes down what the next solve may start from.
func (g *generator) learnt() *Start { return nil }
