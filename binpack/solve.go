package binpack

import (
	"fmt"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/reduce"
)

// Progress says where Solve stands.
type Progress struct {
	Component, Components int // counted from 1
	colgen.Progress
}

// Solve packs p within limits; the zero Limits mean DefaultLimits. report, if not nil, is called
// from time to time and changes nothing. The answer has passed check.Packing: it is legal, and its
// lower bound is proven. Items that no bin can hold, or that limits on bins leave no room for, are
// counted in Unplaced; that is no error. An error wraps ErrInvalid, or reports a bug of our own.
func Solve(p *Problem, limits Limits, report func(Progress)) (*Packing, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if limits == (Limits{}) {
		limits = DefaultLimits()
	}
	s := &solver{p: p, limits: limits, report: report}
	for k := range p.Cards {
		s.geometry = append(s.geometry, cards.NewGeometry(&p.Cards[k]))
	}
	s.solve()
	s.repair()
	k := s.packing()
	if err := check.Packing(p, k); err != nil {
		return nil, fmt.Errorf("binpack: the solver's own answer was refused, which is a bug: %w", err)
	}
	return k, nil
}

type solver struct {
	p        *model.Problem
	limits   model.Limits
	report   func(Progress)
	geometry []*cards.Geometry
	fills    []filled
	residual []int64 // by item
	proofs   []proof // parts whose bounds add up
	by       []int   // of each bin: the bin that beats it for the bounded shapes
	work     model.Work
}

// filled is a Filled with the shapes of its part.
type filled struct {
	colgen.Filled
	shapes []knapsack.Shape
}

// proof is the bound of one part.
type proof struct {
	part  colgen.Part
	bound colgen.Bound
}

func (s *solver) set(b int) cards.Set {
	bin := &s.p.Bins[b]
	set := cards.Set{N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
	if bin.Card >= 0 {
		set.Geometry = s.geometry[bin.Card]
	}
	return set
}

func (s *solver) solve() {
	e := reduce.Expand(s.p, reduce.Each(s.p, s.set))
	s.residual = e.Unplaced
	parts, nowhere := s.parts(e.Shapes)
	for _, sh := range nowhere {
		s.residual[sh.Item] += sh.Count
	}
	s.work.Components = len(parts)
	for n, part := range parts {
		part.Report = s.reporter(n, len(parts))
		a := colgen.Solve(part)
		s.work.Add(a.Work)
		for _, f := range a.Fills {
			s.fills = append(s.fills, filled{f, part.Shapes})
		}
		for i, left := range a.Residual {
			s.residual[part.Shapes[i].Item] += left
		}
		if !e.Settled {
			s.proofs = append(s.proofs, proof{part, a.Bound})
		}
	}
	if !e.Settled {
		return
	}
	s.work.Pruned = 0
	bounded, _ := s.parts(e.Bounded)
	for n, part := range bounded {
		part.Report = s.reporter(n, len(bounded))
		b, work := colgen.BoundOnly(part)
		s.work.Add(work)
		s.proofs = append(s.proofs, proof{part, b})
	}
}

func (s *solver) reporter(n, of int) func(colgen.Progress) {
	if s.report == nil {
		return nil
	}
	return func(p colgen.Progress) {
		s.report(Progress{Component: n + 1, Components: of, Progress: p})
	}
}

// parts prunes and splits the problem for the given shapes, and returns those that fit nowhere.
func (s *solver) parts(shapes []knapsack.Shape) (out []colgen.Part, nowhere []knapsack.Shape) {
	kept, by := reduce.Prune(s.p, shapes)
	s.by = by
	s.work.Pruned += len(kept)
	fits := map[int][]int{}
	for _, b := range kept {
		fits[b] = s.fits(shapes, b)
	}
	beaten := map[int][]int{}
	for b, a := range by {
		if a >= 0 && a != b {
			beaten[a] = append(beaten[a], b)
		}
	}
	for _, c := range reduce.Components(s.p, shapes, kept, fits) {
		part := colgen.Part{Problem: s.p, Bins: c.Bins, Beaten: beaten, Geometry: s.geometry, Limits: s.limits}
		for _, sh := range c.Shapes {
			part.Shapes = append(part.Shapes, shapes[sh])
		}
		if len(c.Bins) == 0 {
			nowhere = append(nowhere, part.Shapes...)
			continue
		}
		out = append(out, part)
	}
	return out, nowhere
}

func (s *solver) fits(shapes []knapsack.Shape, b int) []int {
	var out []int
	for n, sh := range shapes {
		if sh.Domain >= 0 && sh.Domain != s.p.Bins[b].Domain {
			continue
		}
		if most, _ := knapsack.MostAlone(s.p, sh.Item, b, s.set(b)); most > 0 {
			out = append(out, n)
		}
	}
	return out
}
