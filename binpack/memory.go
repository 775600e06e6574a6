package binpack

import (
	"fmt"

	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// Memory is what a solver remembers from one problem to the next: contents that were worth having, the packing, and what
// items cost. The zero value remembers nothing. It is not safe for concurrent use.
//
// Items and bins are known again by what they are, not by their index: an item of the same size, needs and constraints, a
// bin of the same price, capacity and place. Counts may differ, and so may which items and bins there are. What is
// remembered is tried, never trusted.
type Memory struct {
	shapes []string // what the patterns' shapes are
	bins   []string
	start  colgen.Start // of all parts together
}

// named gives each part's shapes and bins names by which they are known again.
type named struct{ shapes, bins map[string]int }

func (s *solver) shapeName(sh knapsack.Shape) string {
	it := &s.p.Items[sh.Item]
	return fmt.Sprint(it.Size, it.Classes, it.BinMax, it.Needs, sh.Domain)
}

func (s *solver) binName(b int) string {
	bin := &s.p.Bins[b]
	return fmt.Sprint(bin.Class, bin.Domain, bin.Cap, bin.Price, bin.Card, bin.Cards, bin.Live, bin.Fixed, bin.Stays)
}

// names of a part; of equal ones the first has the name alone, the others have a number.
func (s *solver) names(p *colgen.Part) (shapes, bins []string) {
	times := map[string]int{}
	unique := func(name string) string {
		times[name]++
		if n := times[name]; n > 1 {
			return fmt.Sprint(name, "#", n)
		}
		return name
	}
	for _, sh := range p.Shapes {
		shapes = append(shapes, unique(s.shapeName(sh)))
	}
	for _, b := range p.Bins {
		bins = append(bins, unique(s.binName(b)))
	}
	return shapes, bins
}

func index(names []string) map[string]int {
	out := map[string]int{}
	for i, name := range names {
		out[name] = i
	}
	return out
}

// recall finds what the memory has for a part; nil: nothing.
func (s *solver) recall(p *colgen.Part) *colgen.Start {
	m := s.options.Memory
	if m == nil || len(m.shapes) == 0 {
		return nil
	}
	shapes, bins := s.names(p)
	now := named{index(shapes), index(bins)}
	out := &colgen.Start{Prices: make([]float64, len(p.Shapes))}
	for i, name := range m.shapes {
		if at, ok := now.shapes[name]; ok {
			out.Prices[at] = m.start.Prices[i]
		}
	}
	out.Patterns = m.translate(now, m.start.Patterns)
	out.Fills = m.translate(now, m.start.Fills)
	m.open(now, out)
	if len(out.Patterns) == 0 {
		return nil
	}
	return out
}

// translate says patterns in a part's own indices. Those of unknown bins are left out, and so are unknown shapes in them.
func (m *Memory) translate(now named, patterns []colgen.Pattern) []colgen.Pattern {
	var out []colgen.Pattern
	for _, p := range patterns {
		at, ok := now.bins[m.bins[p.At]]
		if !ok {
			continue
		}
		q := colgen.Pattern{At: at, Count: p.Count}
		for i, sh := range p.Items.Shapes {
			if s, ok := now.shapes[m.shapes[sh]]; ok {
				q.Items.Shapes = append(q.Items.Shapes, s)
				q.Items.Counts = append(q.Items.Counts, p.Items.Counts[i])
			}
		}
		if len(q.Items.Shapes) > 0 {
			q.Items.Sort()
			out = append(out, q)
		}
	}
	return out
}

// open says what stood for kinds that could not be proven in a part's own indices. A mixture with an unknown shape does without it.
func (m *Memory) open(now named, out *colgen.Start) {
	for _, x := range m.start.Relaxed {
		at, ok := now.bins[m.bins[x.At]]
		if !ok {
			continue
		}
		y := colgen.Mixture{At: at}
		for i, sh := range x.Shapes {
			if s, ok := now.shapes[m.shapes[sh]]; ok {
				y.Shapes, y.Parts = append(y.Shapes, s), append(y.Parts, x.Parts[i])
			}
		}
		if len(y.Shapes) > 0 {
			out.Relaxed = append(out.Relaxed, y)
		}
	}
	for _, b := range m.start.Open {
		if at, ok := now.bins[m.bins[b]]; ok {
			out.Open = append(out.Open, at)
		}
	}
}

// remember keeps what a part learnt.
func (s *solver) remember(next *Memory, p *colgen.Part, learnt *colgen.Start) {
	if learnt == nil {
		return
	}
	shapes, bins := s.names(p)
	shift := func(patterns []colgen.Pattern) []colgen.Pattern {
		var out []colgen.Pattern
		for _, q := range patterns {
			q.At += len(next.bins)
			items := knapsack.Content{Counts: q.Items.Counts}
			for _, sh := range q.Items.Shapes {
				items.Shapes = append(items.Shapes, sh+len(next.shapes))
			}
			q.Items = items
			out = append(out, q)
		}
		return out
	}
	next.start.Patterns = append(next.start.Patterns, shift(learnt.Patterns)...)
	next.start.Fills = append(next.start.Fills, shift(learnt.Fills)...)
	next.start.Prices = append(next.start.Prices, learnt.Prices...)
	for _, x := range learnt.Relaxed {
		y := colgen.Mixture{At: x.At + len(next.bins), Parts: x.Parts}
		for _, sh := range x.Shapes {
			y.Shapes = append(y.Shapes, sh+len(next.shapes))
		}
		next.start.Relaxed = append(next.start.Relaxed, y)
	}
	for _, k := range learnt.Open {
		next.start.Open = append(next.start.Open, k+len(next.bins))
	}
	next.shapes, next.bins = append(next.shapes, shapes...), append(next.bins, bins...)
}
