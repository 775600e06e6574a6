package binpack

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// packing writes down what was found: equal bins together, cards assigned, cost, certificate.
func (s *solver) packing() *Packing {
	k := &Packing{Work: s.work, Bins: []model.Packed{}}
	at := map[string]int{}
	for _, f := range s.fills {
		packed := s.packed(f)
		key := fmt.Sprint(packed.Bin, packed.Items)
		if i, ok := at[key]; ok {
			k.Bins[i].Count += packed.Count
			continue
		}
		at[key] = len(k.Bins)
		k.Bins = append(k.Bins, packed)
	}
	slices.SortStableFunc(k.Bins, func(a, b model.Packed) int {
		return cmp.Or(cmp.Compare(a.Bin, b.Bin), -cmp.Compare(a.Count, b.Count), slices.CompareFunc(a.Items, b.Items, func(x, y model.Load) int {
			return cmp.Or(cmp.Compare(x.Item, y.Item), cmp.Compare(y.Count, x.Count))
		}))
	})
	for _, b := range k.Bins {
		k.Cost += s.p.Bins[b.Bin].Price * b.Count
	}
	placed := make([]int64, len(s.p.Items))
	partial := false
	for i := range placed {
		placed[i] = s.p.Items[i].Count - s.residual[i]
		partial = partial || s.residual[i] > 0
	}
	if partial {
		k.Unplaced = s.residual
	}
	s.bound(k, placed)
	switch {
	case partial:
		k.Status = model.Partial
	case len(k.Bins) == 0:
		k.Status = model.Empty
	case k.Cost == k.LowerBound:
		k.Status = model.Optimal
	default:
		k.Status = model.Feasible
	}
	return k
}

func (s *solver) packed(f filled) model.Packed {
	out := model.Packed{Bin: f.Bin.Index, Count: f.Count}
	for i, sh := range f.Items.Shapes {
		out.Items = append(out.Items, model.Load{Item: f.shapes[sh].Item, Count: f.Items.Counts[i]})
	}
	slices.SortFunc(out.Items, func(a, b model.Load) int { return cmp.Compare(a.Item, b.Item) })
	var demands []cards.Demand
	for _, l := range out.Items {
		if need, _ := s.p.Need(l.Item, out.Bin); need.Kind >= 0 {
			demands = append(demands, cards.Demand{Item: l.Item, Count: l.Count, Need: need})
		}
	}
	uses, ok := s.set(out.Bin).Assign(demands)
	if !ok {
		panic(fmt.Sprintf("binpack: cards of bin %d cannot carry %+v", out.Bin, out.Items))
	}
	out.Cards = uses
	return out
}

// bound rounds the parts' duals to a certificate. Rounding can break it by a hair; the duals are
// then lowered a little, and in the end given up: no bound is better than a wrong one.
func (s *solver) bound(k *Packing, placed []int64) {
	for _, lower := range []float64{0, 1e-9, 1e-7, 1e-5, 1e-3} {
		k.Proof = s.certificate(placed, 1-lower)
		low, err := check.LowerBound(s.p, &k.Proof, placed)
		if err != nil {
			continue
		}
		if k.LowerBound = low; low <= k.Cost && check.Bound(s.p, k) == nil {
			return
		}
	}
	k.Proof, k.LowerBound = model.Certificate{}, 0
}

// scale returns a power of ten that makes the dearest price about 1e13: fine enough that rounding
// does not show, small enough that sums of products stay inside int64.
func (s *solver) scale() int64 {
	top := int64(1)
	for b := range s.p.Bins {
		top = max(top, s.p.Bins[b].Price)
	}
	scale := int64(1)
	for top*scale < 1e12 {
		scale *= 10
	}
	return scale
}

func (s *solver) certificate(placed []int64, factor float64) model.Certificate {
	scale := s.scale()
	c := model.Certificate{Scale: scale, Limit: max(20*s.limits.Branches, 1_000_000), Items: make([][]int64, len(s.p.Items)), Use: make([]int, len(s.p.Bins))}
	f := float64(scale) * factor
	w := certWriter{s: s, c: &c, f: f, seen: map[string]int{}}
	nu := make([]int64, len(s.p.Bins))
	if len(s.p.Budgets) > 0 {
		c.Budgets = make([]int64, len(s.p.Budgets))
	}
	for b := range c.Use {
		c.Use[b] = -1
	}
	for _, pr := range s.proofs {
		w.duals(pr)
		for at, b := range pr.part.Bins {
			nu[b] = up(pr.bound.Max[at] * f)
		}
		for i, v := range pr.bound.Budgets {
			c.Budgets[i] = max(c.Budgets[i], up(v*f))
		}
		w.multipliers(pr)
	}
	for i := range c.Items {
		if c.Items[i] == nil {
			c.Items[i] = []int64{0}
		}
	}
	for b, by := range s.by {
		if by >= 0 && by != b {
			c.Use[b] = c.Use[by]
		}
		if nu[b] > 0 && s.p.Bins[b].Max > 0 {
			c.Bins = append(c.Bins, model.BinDual{Bin: b, Value: nu[b]})
		}
	}
	return c
}

func up(v float64) int64 {
	n := int64(v)
	if float64(n) < v {
		n++
	}
	return n
}

type certWriter struct {
	s    *solver
	c    *model.Certificate
	f    float64
	seen map[string]int
}

// duals writes the items' duals. A domain in which an item has no shape gets the largest of its
// duals: no bin there can hold it, or the rule keeps it away.
func (w *certWriter) duals(pr proof) {
	for n, sh := range pr.part.Shapes {
		v := int64(pr.bound.Shapes[n] * w.f)
		if sh.Domain < 0 {
			w.c.Items[sh.Item] = []int64{v}
			continue
		}
		if w.c.Items[sh.Item] == nil {
			w.c.Items[sh.Item] = make([]int64, w.s.p.Domains)
		}
		w.c.Items[sh.Item][sh.Domain] = v
	}
}

func (w *certWriter) multipliers(pr proof) {
	for at, b := range pr.part.Bins {
		m := pr.bound.Kinds[at].Multipliers(pr.bound.Mu[at], w.f)
		key := fmt.Sprint(m)
		n, ok := w.seen[key]
		if !ok {
			n = len(w.c.Mults)
			w.seen[key] = n
			w.c.Mults = append(w.c.Mults, m)
		}
		w.c.Use[b] = n
	}
}
