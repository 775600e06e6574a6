package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// blocky is a bin with 1 to 9 cards, and shapes that ask for any number of whole ones, shares, or none.
func blocky(seed uint64) *trial {
	rng := rand.New(rand.NewPCG(seed, 9))
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 100}}}
	p.Bins = []model.Bin{{Cap: []int64{20 + rng.Int64N(40), 20 + rng.Int64N(40)}, Price: 1, Card: 0, Cards: 1 + rng.Int64N(9)}}
	var shapes []Shape
	for i := range 4 {
		it := model.Item{Size: []int64{3 + rng.Int64N(20), 3 + rng.Int64N(20)}, Count: 1 + rng.Int64N(4), Classes: []int{0}}
		switch rng.IntN(4) {
		case 0:
		case 1:
			it.Needs = []model.CardNeed{{Kind: 0, Share: 20 + rng.Int64N(80)}}
		default:
			it.Needs = []model.CardNeed{{Kind: 0, Whole: 1 + rng.Int64N(8)}}
		}
		p.Items = append(p.Items, it)
		shapes = append(shapes, Shape{Item: i, Domain: -1, Count: it.Count})
	}
	r := newTrial(p, 0, shapes)
	for range shapes {
		r.pi = append(r.pi, 1+float64(rng.IntN(20)))
	}
	return r
}

// Every lot that is dropped is worth no more than the level, and the bounds of those that come never rise.
func TestLotsLeaveNothingOut(t *testing.T) {
	parted := 0
	for seed := range uint64(400) {
		r := blocky(seed)
		best := r.best(nil)
		s := r.bin.part(r.pi, r.bin.Relax(r.pi))
		level, last, most := best*0.9, 1e300, 0.0
		for n := 0; ; n++ {
			at, ok := s.next(level)
			if !ok {
				break
			}
			if at.bound() > last+1e-9 {
				t.Fatalf("seed %d: a lot of %v after one of %v", seed, at.bound(), last)
			}
			last, most = at.bound(), max(most, at.bound())
			parted = max(parted, n+1)
		}
		if s.bound() > level+1e-9 {
			t.Fatalf("seed %d: a lot of %v is left above %v", seed, s.bound(), level)
		}
		if most < best-1e-9 {
			t.Fatalf("seed %d: no lot is worth more than %v, the best content %v", seed, most, best)
		}
	}
	if parted < 5 {
		t.Errorf("no bin was parted into more than %d lots", parted)
	}
}

// A meeting over lots finds the best content of such bins, or bounds it.
func TestMeetOverLotsNeverContradictsTryingEverything(t *testing.T) {
	proven, all := 0, 0
	for seed := range uint64(400) {
		r := blocky(seed)
		best := r.best(nil)
		for _, threshold := range []float64{best * 0.7, best - 0.5, best + 1e-6} {
			verdict := r.meet(t, threshold, nil)
			if threshold > best && r.bin.Relax(r.pi).Value > threshold {
				if all++; verdict == Proven {
					proven++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d of %d proven", proven, all)
	if proven*10 < all*7 { // the others have too few copies of an item
		t.Errorf("%d of %d are proven", proven, all)
	}
}

// Sharper multipliers lower the bound of most lots, and never below their best content.
func TestSharpenBoundsEveryContent(t *testing.T) {
	lower, all := 0, 0
	for seed := range uint64(400) {
		r := blocky(seed)
		best := r.best(nil)
		s := r.bin.part(r.pi, r.bin.Relax(r.pi))
		most := 0.0
		for {
			at, ok := s.next(0)
			if !ok {
				break
			}
			m := &meeter{k: r.bin, lot: at, limit: 1 << 30, pareto: newPareto([2]int64{})}
			m.charge(r.pi, 0)
			m.sort(r.pi)
			m.reprice()
			before := m.bound()
			m.sharpen()
			if m.bound() > before {
				t.Fatalf("seed %d: %v became %v", seed, before, m.bound())
			}
			if all++; m.bound() < before*(1-1e-9) {
				lower++
			}
			most = max(most, m.bound()-m.threshold)
		}
		if most < best-1e-9 {
			t.Fatalf("seed %d: no lot is worth more than %v, the best content %v", seed, most, best)
		}
	}
	if lower*4 < all {
		t.Errorf("%d of %d bounds became lower", lower, all)
	}
}
