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

// Solve packs p within limits; the zero Limits mean DefaultLimits. report, if not nil, is called
// from time to time and changes nothing. It is SolveWith without further options.
func Solve(p *Problem, limits Limits, report func(Progress)) (*Packing, error) {
	return SolveWith(p, Options{Limits: limits, Report: report})
}

// SolveWith packs p. The answer has passed check.Packing: it is legal, and its
// lower bound is proven. Items that no bin can hold, or that limits on bins leave no room for, are
// counted in Unplaced; that is no error. An error wraps ErrInvalid, or reports a bug of our own.
func SolveWith(p *Problem, o Options) (*Packing, error) {
	s, err := newSolver(p, o)
	if err != nil {
		return nil, err
	}
	runs := s.solve()
	k, err := s.answer()
	if err == nil && o.Diagnose != nil {
		o.Diagnose(s.diagnose(k, runs))
	}
	return k, err
}

// First packs p by value alone, in some hundredths of a second for hundreds of kinds of items. The packing
// is legal, and nothing is proven of it: its LowerBound is 0, or what bins of today cost at least, used or left.
func First(p *Problem) (*Packing, error) {
	s, err := newSolver(p, Options{})
	if err != nil {
		return nil, err
	}
	for _, r := range s.begin() {
		s.take(r, r.run.First())
	}
	return s.answer()
}

func newSolver(p *Problem, o Options) (*solver, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	s := &solver{p: p, options: o, together: knapsack.NewTogether(p)}
	for k := range p.Cards {
		s.geometry = append(s.geometry, cards.NewGeometry(&p.Cards[k]))
	}
	return s, nil
}

// answer repairs, writes down and checks what was found.
func (s *solver) answer() (*Packing, error) {
	s.repair()
	k := s.packing()
	if s.checked {
		return k, nil
	}
	if err := check.Packing(s.p, k); err != nil {
		return nil, fmt.Errorf("binpack: the solver's own answer was refused, which is a bug: %w", err)
	}
	return k, nil
}

type solver struct {
	p        *model.Problem
	options  Options
	settled  bool // no rule between domains is left to the bound: it comes from the same parts
	bounded  []knapsack.Shape
	stands   standing
	geometry []*cards.Geometry
	together *knapsack.Together
	fills    []filled
	residual []int64 // by item
	proofs   []proof // parts whose bounds add up
	by       []int   // of each bin: the bin that beats it for the bounded shapes
	work     model.Work
	checked  bool // the answer has passed the checker
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

// running is a part that is being solved.
type running struct {
	part colgen.Part
	run  *colgen.Run
}

// begin reduces and splits the problem, and packs each part by value.
func (s *solver) begin() []running {
	e := reduce.Expand(s.p, reduce.Each(s.p, s.set))
	s.residual, s.settled, s.bounded = e.Unplaced, !e.Settled, e.Bounded
	parts, nowhere := s.parts(e.Shapes)
	for _, sh := range nowhere {
		s.residual[sh.Item] += sh.Count
	}
	s.work.Components = len(parts)
	s.stands.packs, s.stands.outside = make([]colgen.Progress, len(parts)), float64(outside(s.p, parts))
	out := make([]running, len(parts))
	for n, part := range parts {
		part.Report, part.Start = s.reporter(&s.stands.packs[n]), s.recall(&part)
		out[n] = running{part, colgen.Begin(part)}
		s.stands.packs[n] = out[n].run.Progress()
	}
	return out
}

// each calls do for every i < n, on several cores where the caller lends them.
func (s *solver) each(n int, do func(i int)) {
	if s.options.Each != nil && n > 1 {
		s.options.Each(n, do)
		return
	}
	for i := range n {
		do(i)
	}
}

// take puts a part's answer with the others.
func (s *solver) take(r running, a colgen.Answer) {
	s.work.Add(a.Work)
	for _, f := range a.Fills {
		s.fills = append(s.fills, filled{f, r.part.Shapes})
	}
	for i, left := range a.Residual {
		s.residual[r.part.Shapes[i].Item] += left
	}
	if s.settled {
		s.proofs = append(s.proofs, proof{r.part, a.Bound})
	}
}

// bounding is a part that is only bounded.
type bounding struct {
	part  colgen.Part
	bound colgen.Bound
	work  model.Work
}

// solve packs and bounds every part. Parts share nothing, so they may be worked on at once; what comes of them is joined
// in their order.
func (s *solver) solve() []running {
	runs := s.begin()
	answers := make([]colgen.Answer, len(runs))
	bounds := s.free()
	s.each(len(runs)+len(bounds), func(i int) {
		if i < len(runs) {
			answers[i] = runs[i].run.Solve()
			return
		}
		b := &bounds[i-len(runs)]
		b.bound, b.work = colgen.BoundOnly(b.part)
	})
	next := Memory{}
	for i, r := range runs {
		s.take(r, answers[i])
		s.remember(&next, &r.part, answers[i].Learnt)
	}
	if s.options.Memory != nil {
		*s.options.Memory = next
	}
	for _, b := range bounds {
		s.work.Add(b.work)
		s.proofs = append(s.proofs, proof{b.part, b.bound})
	}
	return runs
}

// free returns the parts that bounds come from where the packing's parts settle what the rules leave open.
func (s *solver) free() []bounding {
	if s.settled {
		return nil
	}
	s.work.Pruned = 0
	parts, _ := s.parts(s.bounded)
	s.stands.bounds, s.stands.boundOutside = make([]colgen.Progress, len(parts)), float64(outside(s.p, parts))
	out := make([]bounding, len(parts))
	for n, part := range parts {
		part.Report = s.reporter(&s.stands.bounds[n])
		out[n].part = part
	}
	return out
}

// outside is what it costs to move everything out of those bins of today that no part has. It is paid whatever is packed.
func outside(p *Problem, parts []colgen.Part) int64 {
	sum := int64(0)
	for b := range p.Bins {
		sum += knapsack.AllMoves(&p.Bins[b])
	}
	for _, part := range parts {
		for _, b := range part.Bins {
			sum -= knapsack.AllMoves(&p.Bins[b])
		}
	}
	return sum
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
		part := colgen.Part{Problem: s.p, Bins: c.Bins, Beaten: beaten, Geometry: s.geometry, Limits: s.options.Limits,
			Gap: float64(s.options.Gap) / 1e6, Stop: s.options.Stop, Each: s.options.Each}
		for _, sh := range c.Shapes {
			part.Shapes = append(part.Shapes, shapes[sh])
		}
		if len(c.Bins) == 0 {
			nowhere = append(nowhere, part.Shapes...)
			continue
		}
		part.Worth = s.worth(part)
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
		if most, _ := s.together.MostAlone(sh.Item, b, s.set(b)); most > 0 {
			out = append(out, n)
		}
	}
	return out
}
