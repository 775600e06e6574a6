package knapsack

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// No legal content is worth more than the relaxation, nor than the bound by whatever multipliers:
// it is weak duality, so that a bad simplex can make bounds weak but never wrong.
func TestBoundsHoldForEveryContent(t *testing.T) {
	met, bins := 0, 0
	trials(t, 500, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		for round := range 3 {
			var upper []int64
			r.bin.Unlimit()
			if round > 0 {
				upper = r.some(rng)
				r.bin.Limit(upper)
			}
			best := r.best(upper)
			rel := r.bin.Relax(r.pi)
			if rel.Value < best-1e-9*(1+best) {
				t.Errorf("a content is worth %v, the relaxation claims at most %v", best, rel.Value)
			}
			if bins++; near(rel.Value, best) {
				met++
			}
			for range 10 {
				mu := make([]float64, len(rel.Mu))
				for i := range mu {
					mu[i] = max(0, 40*rng.Float64()-10)
				}
				if got := r.bin.Bound(r.pi, mu); got < best-1e-9*(1+best) {
					t.Errorf("a content is worth %v, multipliers %v claim at most %v", best, mu, got)
				}
			}
			if got := r.bin.Bound(r.pi, rel.Mu); got != rel.Value {
				t.Errorf("the bound by the relaxation's own multipliers is %v, its value %v", got, rel.Value)
			}
		}
	})
	t.Logf("%d bins, the relaxation met the optimum in %d", bins, met)
	if met < bins/4 {
		t.Errorf("the relaxation met the optimum in only %d of %d bins: it bounds, but weakly", met, bins)
	}
}

// The fractional content must lie inside the relaxation: no more of a shape than there is, no more
// of a dimension than the bin has, and worth the bound, which is what strong duality says.
func TestTheFractionalContentIsWorthTheBound(t *testing.T) {
	trials(t, 300, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		r.bin.Limit(r.some(rng))
		rel := r.bin.Relax(r.pi)
		worth := 0.0
		used := make([]float64, r.p.Dims)
		for l, x := range rel.X {
			if x < -1e-9 || x > float64(r.bin.Upper[l])+1e-9 {
				t.Errorf("%v of shape %d, there are %d", x, r.bin.Shapes[l], r.bin.Upper[l])
			}
			worth += x * r.pi[r.bin.Shapes[l]]
			worth += r.bin.SavedBy([]int{r.bin.Shapes[l]}, []float64{x})
			for d, s := range r.p.Items[r.shapes[r.bin.Shapes[l]].Item].Size {
				used[d] += x * float64(s)
			}
		}
		for d, u := range used {
			if c := float64(r.p.Bins[r.b].Cap[d]); u > c+1e-6 {
				t.Errorf("%v of dimension %d, which has %v", u, d, c)
			}
		}
		if worth < rel.Value-1e-6*(1+rel.Value) {
			t.Errorf("the fractional content is worth %v, the bound is %v", worth, rel.Value)
		}
	})
}

// A price just above the relaxation's value is proven by the relaxation's multipliers, rounded to
// integers: check must accept them without a single branch. The bin is given alone, with a unit of
// slack in a hundred thousand for the rounding. Cards on which a profile's Max binds are left out:
// check prices those too high, and says so.
func TestMultipliersConvinceTheChecker(t *testing.T) {
	const price, scale = 1000, 1_000_000
	tried := 0
	trials(t, 400, exact.Options{NoSpreads: true, NoLimits: true}, func(t *testing.T, r *trial, _ *rand.Rand) {
		if len(r.p.Cards) > 0 && r.p.Cards[0].Profiles[0].Max == 1 || slices.ContainsFunc(r.shapes, func(s Shape) bool { return s.Domain >= 0 }) {
			return
		}
		r.bin.Unlimit()
		rel := r.bin.Relax(r.pi)
		if rel.Value == 0 {
			return
		}
		tried++
		q := *r.p
		bin := q.Bins[r.b]
		bin.Price = price
		q.Bins = []model.Bin{bin}
		f := price * (1 - 1e-5) / rel.Value
		cert := model.Certificate{Scale: scale, Mults: []model.Mult{r.bin.Multipliers(rel.Mu, scale*f)}, Use: []int{0}}
		k := model.Packing{Proof: cert}
		for s := range r.shapes {
			k.Proof.Items = append(k.Proof.Items, []int64{int64(r.pi[s] * f * scale)})
		}
		k.LowerBound = convince(t, &q, &k)
		if err := check.Bound(&q, &k); err != nil {
			t.Errorf("refused: %v", err)
		}
	})
	if tried < 300 {
		t.Errorf("only %d bins were tried", tried)
	}
}

// convince puts everything into a packing that is not legal, so that check.Bound takes every
// item for placed, and returns the bound that it must claim.
func convince(t *testing.T, p *model.Problem, k *model.Packing) int64 {
	t.Helper()
	var all []int64
	for i, it := range p.Items {
		all = append(all, it.Count)
		k.Bins = append(k.Bins, model.Packed{Bin: 0, Count: 1, Items: []model.Load{{Item: i, Count: it.Count}}})
	}
	low, err := check.LowerBound(p, &k.Proof, all)
	if err != nil {
		t.Fatal(err)
	}
	return low
}
