package binpack

import (
	"math/big"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/model"
)

// step is one branch on the way to a case.
type step struct {
	most int64
	high bool
}

// mend replaces the bounds of cases of which a certificate proves far less than they claim by those of the cases above
// them, which hold there too, and reports whether it did. A case may forbid what the parts have settled: in which domain
// how many copies of an item lie. It then leaves copies out, and charges so much for them in that domain that the certificate, where a
// copy counts what it is worth in the domain where that is least, has less than nothing.
func (s *solver) mend(placed []int64) bool {
	mended := false
	w := certWriter{s: s, f: float64(s.scale()), full: float64(s.scale())}
	for _, pr := range s.proofs {
		if pr.bound.Cases == nil {
			continue
		}
		mine := make([]int64, len(placed))
		for _, sh := range pr.part.Shapes {
			mine[sh.Item] = placed[sh.Item]
		}
		mended = w.mend(pr.part, pr.bound.Cases, nil, mine) || mended
	}
	return mended
}

func (w *certWriter) mend(part colgen.Part, c *colgen.Case, way []step, placed []int64) bool {
	if c.Leaf == nil {
		way = way[:len(way):len(way)]
		low := w.mend(part, c.Low, append(way, step{c.Most, false}), placed)
		return w.mend(part, c.High, append(way, step{c.Most, true}), placed) || low
	}
	proven := w.value(part, c.Leaf, way, placed)
	if proven >= (1-claimSlack)*c.Leaf.Value*w.full {
		return false
	}
	for _, b := range c.Above {
		if v := w.value(part, b, way, placed); v > proven {
			proven, c.Leaf = v, b
		}
	}
	return true
}

// worth is colgen.Part.Worth: nil where no item has shapes of several domains.
func (s *solver) worth(part colgen.Part) func([]float64) float64 {
	all, split := make([]int64, len(s.p.Items)), false
	for _, sh := range part.Shapes {
		split = split || all[sh.Item] > 0
		all[sh.Item] += sh.Count
	}
	if !split {
		return nil
	}
	return func(duals []float64) float64 {
		w := certWriter{s: s, f: float64(s.scale()), full: float64(s.scale())}
		return w.value(part, &colgen.Bound{Shapes: duals, Max: make([]float64, len(part.Bins))}, nil, all) / w.full
	}
}

// value is what a certificate of a case's bound alone would prove, in its units.
func (w *certWriter) value(part colgen.Part, b *colgen.Bound, way []step, placed []int64) float64 {
	c := model.Certificate{Scale: int64(w.full), Items: make([][]int64, len(w.s.p.Items)), Use: make([]int, len(w.s.p.Bins)), Bins: w.bins(part, b), Budgets: w.budgets(b)}
	for i := range c.Items {
		c.Items[i] = []int64{0}
	}
	for i, duals := range w.items(part, b) {
		c.Items[i] = duals
	}
	for n := range c.Use {
		c.Use[n] = -1
	}
	v, err := check.Value(w.s.p, &c, placed)
	if err != nil {
		return 0
	}
	sum, _ := new(big.Float).SetInt(v).Float64()
	for i, cut := range b.Cuts {
		if way[i].high {
			sum += float64(float64(int64(cut*w.f)) * float64(way[i].most+1))
		} else {
			sum -= float64(float64(up(cut*w.full)) * float64(way[i].most))
		}
	}
	return sum
}
