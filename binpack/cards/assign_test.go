package cards_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// oddKinds are geometries on which greedy placing need not be exact.
func oddKinds() []*model.CardKind {
	return []*model.CardKind{
		hopper(), a30(), rtx(),
		{Slots: 4, Share: 10, Counters: []int64{2}, Profiles: []model.Profile{
			{Size: 1, Starts: []int{0, 1, 2, 3}, Max: 2, Uses: []int64{1}}, {Size: 2, Starts: []int{0, 2}, Max: 2, Uses: []int64{1}}, {Size: 3, Starts: []int{0, 1}, Max: 1, Uses: []int64{2}},
		}},
		{Slots: 64, Share: 7, Profiles: []model.Profile{profile(64, 0), profile(32, 0, 32), profile(5, 0, 30, 59)}},
	}
}

// one is a bin of cards, and items that ask for them.
func one(rng *rand.Rand) *model.Problem {
	kinds := oddKinds()
	kind := kinds[rng.IntN(len(kinds))]
	bin := model.Bin{Cap: []int64{100}, Price: 1, Card: 0, Cards: 1 + rng.Int64N(3)}
	switch rng.IntN(4) {
	case 0:
		for range 1 + rng.Int64N(bin.Cards) {
			bin.Live = append(bin.Live, rng.Uint64()&rng.Uint64()&(1<<kind.Slots-1))
		}
	case 1:
		for range kind.Profiles {
			bin.Fixed = append(bin.Fixed, rng.Int64N(3))
		}
	}
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{*kind}, Bins: []model.Bin{bin}}
	for range 1 + rng.IntN(3) {
		need := model.CardNeed{Slices: make([]int64, len(kind.Profiles))}
		switch n := rng.IntN(6); {
		case n == 0:
			need = model.CardNeed{Whole: 1 + rng.Int64N(2)}
		case n == 1 && kind.Share > 0:
			need = model.CardNeed{Share: 1 + rng.Int64N(kind.Share)}
		default:
			need.Slices[rng.IntN(len(kind.Profiles))]++
		}
		p.Items = append(p.Items, model.Item{Size: []int64{1}, Count: 1 + rng.Int64N(4), Classes: []int{0}, Needs: []model.CardNeed{need}})
	}
	return p
}

// What Assign says must pass the checker, and must be possible by trying everything; Fits must say
// the same. On the geometries that are sold, empty, they must not refuse what is possible.
func TestAssignAgainstTryingEverything(t *testing.T) {
	possible, refused := 0, 0
	for seed := range uint64(4000) {
		rng := rand.New(rand.NewPCG(seed, 21))
		p := one(rng)
		bin := &p.Bins[0]
		set := cards.Set{Geometry: cards.NewGeometry(&p.Cards[0]), N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
		var demands []cards.Demand
		packed := model.Packed{Count: 1}
		for i, it := range p.Items {
			demands = append(demands, cards.Demand{Item: i, Count: it.Count, Need: it.Needs[0]})
			packed.Items = append(packed.Items, model.Load{Item: i, Count: it.Count})
		}
		limited := *p
		limited.Bins = slices.Clone(p.Bins)
		limited.Bins[0].Max = 1
		_, err := exact.Solve(&limited, 1<<40)
		uses, ok := set.Assign(demands)
		if fits := set.Fits(cards.Total(demands, len(p.Cards[0].Profiles))); fits != ok {
			t.Errorf("Fits says %v, Assign %v", fits, ok)
		}
		if ok && err != nil {
			t.Errorf("assigned what nothing can assign: %+v", uses)
		}
		if ok {
			packed.Cards = uses
			k := &model.Packing{Bins: []model.Packed{packed}, Cost: 1, Status: model.Feasible}
			if err := check.Packing(p, k); err != nil {
				t.Errorf("refused: %v", err)
			}
		}
		if err == nil {
			possible++
		}
		if err == nil && !ok {
			refused++
			if sold := p.Cards[0].Counters == nil && p.Cards[0].Slots < 64; sold && bin.Live == nil {
				t.Errorf("possible, and refused")
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
	t.Logf("%d loads are possible, %d of them refused", possible, refused)
	if possible < 900 || refused*50 > possible {
		t.Errorf("%d loads are possible, %d of them refused", possible, refused)
	}
}
