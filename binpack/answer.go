package binpack

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/knapsack"
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
	for b := range s.p.Bins {
		k.Cost += knapsack.AllMoves(&s.p.Bins[b])
	}
	for _, b := range k.Bins {
		k.Cost += (s.p.Bins[b.Bin].Price - knapsack.Saved(&s.p.Bins[b.Bin], b.Items)) * b.Count
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
	return k
}

// status says what is known of an answer.
func status(k *Packing) Status {
	switch {
	case k.Unplaced != nil:
		return model.Partial
	case len(k.Bins) == 0:
		return model.Empty
	case k.Cost == k.LowerBound:
		return model.Optimal
	}
	return model.Feasible
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
	var best *Packing
	try := func() (enough bool) {
		if !s.certify(k, placed) {
			return false
		}
		if best == nil || k.LowerBound > best.LowerBound {
			found := *k
			best = &found
		}
		return float64(k.LowerBound) >= (1-claimSlack)*s.claimed()
	}
	if try() {
		return
	}
	if s.mend(placed) {
		try()
	}
	if best == nil || best.LowerBound == 0 {
		for n := range s.proofs {
			s.proofs[n].bound.Cases = nil // the bound without cases is weaker, and may be provable
		}
		try()
	}
	if best == nil {
		for n := range s.proofs {
			if plain := s.proofs[n].bound.Plain; plain != nil {
				s.proofs[n].bound = *plain // weaker still, and needs no proof but its multipliers
			}
		}
		try()
	}
	if best != nil {
		*k = *best
		return
	}
	k.Proof, k.LowerBound = model.Certificate{}, 0
	k.Status = status(k)
}

// claimSlack is how much less than the parts claim a certificate may prove before others are tried: rounding takes a
// millionth of it.
const claimSlack = 1e-5

// claimed is the bound that the parts say they have.
func (s *solver) claimed() float64 {
	sum := s.stands.outside
	for _, pr := range s.proofs {
		sum += pr.bound.Value
	}
	return sum
}

// certify reports whether the answer with some rounding of the parts' bounds passes the checker.
func (s *solver) certify(k *Packing, placed []int64) bool {
	for _, lower := range []float64{0, 1e-9, 1e-7, 1e-5, 1e-3} {
		k.Proof = s.certificate(1 - lower)
		low, err := check.LowerBound(s.p, &k.Proof, placed)
		if err != nil {
			continue
		}
		k.LowerBound = low
		if k.Status = status(k); low <= k.Cost && check.Packing(s.p, k) == nil {
			s.checked = true
			return true
		}
	}
	return false
}

// scale returns a power of ten that makes the dearest price about 1e13: fine enough that rounding
// does not show, small enough that sums of products stay inside int64.
func (s *solver) scale() int64 {
	top := int64(1)
	for b := range s.p.Bins {
		top = max(top, s.p.Bins[b].Price)
		for _, stay := range s.p.Bins[b].Stays {
			top = max(top, stay.Count*stay.Saves)
		}
	}
	scale := int64(1)
	for top*scale < 1e12 {
		scale *= 10
	}
	return scale
}

func (s *solver) certificate(factor float64) model.Certificate {
	scale := s.scale()
	c := model.Certificate{Scale: scale, Limit: max(20*s.options.Limits.Branches, 1_000_000), Items: make([][]int64, len(s.p.Items)), Use: make([]int, len(s.p.Bins))}
	for i := range c.Items {
		c.Items[i] = []int64{0}
	}
	for b := range c.Use {
		c.Use[b] = -1
	}
	if len(s.p.Budgets) > 0 {
		c.Budgets = make([]int64, len(s.p.Budgets))
	}
	w := certWriter{s: s, f: float64(scale) * factor, full: float64(scale)}
	for _, pr := range s.proofs {
		if pr.bound.Cases != nil {
			c.Trees = append(c.Trees, w.tree(pr))
			continue
		}
		w.flat(&c, pr)
	}
	slices.SortFunc(c.Trees, func(a, b model.Tree) int { return cmp.Compare(a.Items[0], b.Items[0]) })
	slices.SortFunc(c.Bins, func(a, b model.BinDual) int { return cmp.Compare(a.Bin, b.Bin) })
	return c
}

func up(v float64) int64 {
	n := int64(v)
	if float64(n) < v {
		n++
	}
	return n
}

// certWriter rounds bounds to integers: duals of items down, what they are paid with up.
type certWriter struct {
	s *solver
	f float64 // certificate units for one price unit, lowered
	// full is f before it was lowered. What duals are paid with keeps its size: a bin without a price
	// has no other slack.
	full float64
}

// flat writes a part that needs no cases into the certificate.
func (w *certWriter) flat(c *model.Certificate, pr proof) {
	for i, duals := range w.items(pr.part, &pr.bound) {
		c.Items[i] = duals
	}
	c.Bins = append(c.Bins, w.bins(pr.part, &pr.bound)...)
	for i, v := range w.budgets(&pr.bound) {
		c.Budgets[i] = max(c.Budgets[i], v)
	}
	mults, use := w.multipliers(pr.part, &pr.bound)
	for _, u := range use {
		c.Use[u.Bin] = len(c.Mults) + u.Mult
	}
	c.Mults = append(c.Mults, mults...)
}

// tree writes a part's cases.
func (w *certWriter) tree(pr proof) model.Tree {
	var t model.Tree
	for _, sh := range pr.part.Shapes {
		t.Items = append(t.Items, sh.Item)
	}
	slices.Sort(t.Items)
	t.Items = slices.Compact(t.Items)
	t.Root = w.node(pr.part, pr.bound.Cases, t.Items, nil)
	return t
}

// node writes a case; highs says which branches led to it.
func (w *certWriter) node(part colgen.Part, c *colgen.Case, items []int, highs []bool) model.Node {
	if c.Leaf == nil {
		low := w.node(part, c.Low, items, append(slices.Clone(highs), false))
		high := w.node(part, c.High, items, append(slices.Clone(highs), true))
		return model.Node{Bins: c.Bins, Items: c.Items, Most: c.Most, Low: &low, High: &high}
	}
	leaf := model.Leaf{Bins: w.bins(part, c.Leaf), Budgets: w.budgets(c.Leaf)}
	duals := w.items(part, c.Leaf)
	for _, i := range items {
		leaf.Items = append(leaf.Items, duals[i])
	}
	for i, v := range c.Leaf.Cuts {
		if highs[i] { // what it takes from the bins' prices is rounded down
			leaf.Cuts = append(leaf.Cuts, int64(v*w.f))
		} else {
			leaf.Cuts = append(leaf.Cuts, up(v*w.full))
		}
	}
	leaf.Mults, leaf.Use = w.multipliers(part, c.Leaf)
	return model.Node{Leaf: &leaf}
}

// items rounds the duals of a part's items. A domain in which an item has no shape keeps a zero:
// no bin there can hold it.
func (w *certWriter) items(part colgen.Part, b *colgen.Bound) map[int][]int64 {
	out := map[int][]int64{}
	for n, sh := range part.Shapes {
		v := int64(b.Shapes[n] * w.f)
		if sh.Domain < 0 {
			out[sh.Item] = []int64{v}
			continue
		}
		if out[sh.Item] == nil {
			out[sh.Item] = make([]int64, w.s.p.Domains)
		}
		out[sh.Item][sh.Domain] = v
	}
	return out
}

func (w *certWriter) bins(part colgen.Part, b *colgen.Bound) []model.BinDual {
	var out []model.BinDual
	for at, bin := range part.Bins {
		if v := up(b.Max[at] * w.full); v > 0 && w.s.p.Bins[bin].Max > 0 {
			out = append(out, model.BinDual{Bin: bin, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b model.BinDual) int { return cmp.Compare(a.Bin, b.Bin) })
	return out
}

func (w *certWriter) budgets(b *colgen.Bound) []int64 {
	if len(w.s.p.Budgets) == 0 {
		return nil
	}
	out := make([]int64, len(w.s.p.Budgets))
	for i, v := range b.Budgets {
		out[i] = up(v * w.full)
	}
	return out
}

// multipliers rounds those of a part's bins, and lends them to the bins that these beat.
func (w *certWriter) multipliers(part colgen.Part, b *colgen.Bound) ([]model.Mult, []model.BinUse) {
	var mults []model.Mult
	seen, of := map[string]int{}, map[int]int{}
	for at, bin := range part.Bins {
		m := b.Kinds[at].Multipliers(b.Mu[at], w.f)
		key := fmt.Sprint(m)
		n, ok := seen[key]
		if !ok {
			n = len(mults)
			seen[key] = n
			mults = append(mults, m)
		}
		of[bin] = n
	}
	var use []model.BinUse
	for bin, by := range w.s.by {
		if n, ok := of[by]; ok && by >= 0 {
			use = append(use, model.BinUse{Bin: bin, Mult: n})
		}
	}
	return mults, use
}
