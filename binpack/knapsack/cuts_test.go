package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Where slices are listed a meeting finds the best content, or proves that nothing is worth more, if there are enough copies of all; where an item asks
// for two slices, or cards are live, its proofs hold as well.
func TestMeetListsSlices(t *testing.T) {
	proven, all, charged := 0, 0, 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 32))
		p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{hopper()}}
		p.Bins = []model.Bin{{Cap: []int64{10 + rng.Int64N(60), 10 + rng.Int64N(60)}, Price: 1, Card: 0, Cards: 1 + rng.Int64N(2)}}
		if rng.IntN(4) == 0 {
			p.Bins[0].Live = []uint64{1 << rng.IntN(8)}
		}
		double := rng.IntN(4) == 0
		var shapes []Shape
		for i := range 4 {
			it := model.Item{Size: []int64{1 + rng.Int64N(20), 1 + rng.Int64N(20)}, Count: 2 + rng.Int64N(3), Classes: []int{0}}
			switch rng.IntN(6) {
			case 0:
				it.Needs = []model.CardNeed{{Kind: 0, Whole: 1}}
			case 1:
			default:
				slice := make([]int64, 6)
				slice[rng.IntN(6)]++
				if double {
					slice[rng.IntN(6)]++
				}
				it.Needs = []model.CardNeed{{Kind: 0, Slices: slice}}
			}
			p.Items = append(p.Items, it)
			shapes = append(shapes, Shape{Item: i, Domain: -1, Count: it.Count})
		}
		r := newTrial(p, 0, shapes)
		for range shapes {
			r.pi = append(r.pi, 1+float64(rng.IntN(20)))
		}
		best := r.best(nil)
		listed := r.bin.Sliced() && r.bin.Meets()
		if r.bin.Sliced() && !listed {
			charged++
		}
		for _, threshold := range []float64{best * 0.7, best - 0.5, best + 1e-6} {
			verdict := r.meet(t, threshold, nil)
			if listed && threshold > best && r.bin.Relax(r.pi).Value > threshold {
				if all++; verdict == Proven {
					proven++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v at %v", seed, p, r.pi)
		}
	}
	t.Logf("%d of %d proven, in %d bins slices are charged", proven, all, charged)
	if all < 50 || charged < 40 || proven*10 < all*8 {
		t.Errorf("%d of %d are proven, in %d bins slices are charged", proven, all, charged)
	}
}
