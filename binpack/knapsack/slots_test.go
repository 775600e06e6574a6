package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/model"
)

func everyProfile(kind *model.CardKind) []int {
	var out []int
	for p := range kind.Profiles {
		out = append(out, p)
	}
	return out
}

// Every layout of random cards meets every condition.
func TestLayoutsMeetAllConditions(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 31))
		kind := model.CardKind{Slots: 1 + rng.IntN(10), Counters: []int64{1 + rng.Int64N(6)}}
		for range 1 + rng.IntN(5) {
			f := model.Profile{Size: 1 + rng.IntN(kind.Slots), Max: 1 + rng.Int64N(8), Uses: []int64{rng.Int64N(3)}}
			for s := 0; s+f.Size <= kind.Slots; s++ {
				if rng.IntN(2) == 0 {
					f.Starts = append(f.Starts, s)
				}
			}
			kind.Profiles = append(kind.Profiles, f)
		}
		for _, counts := range Layouts(&kind, everyProfile(&kind), 0) {
			for _, c := range conditions(&kind) {
				sum := int64(0)
				for p, n := range counts {
					sum += n * c.of[p]
				}
				if sum > c.all {
					t.Fatalf("seed %d: %v lies on a card %+v, and counts %d of %d by %v", seed, counts, kind, sum, c.all, c.of)
				}
			}
		}
	}
}

// hopper is the card of A100, H100 and H200.
func hopper() model.CardKind {
	return model.CardKind{Slots: 8, Counters: []int64{1}, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7, Uses: []int64{0}},
		{Size: 2, Starts: []int{0, 2, 4, 6}, Max: 4, Uses: []int64{0}},
		{Size: 2, Starts: []int{0, 2, 4}, Max: 3, Uses: []int64{0}},
		{Size: 4, Starts: []int{0, 4}, Max: 2, Uses: []int64{0}},
		{Size: 4, Starts: []int{0}, Max: 1, Uses: []int64{0}},
		{Size: 8, Starts: []int{0}, Max: 1, Uses: []int64{1}},
	}}
}

// The conditions of an A100 are exact on one, two and three cards: no content ends a search that cards do not carry. cards places greedily, which
// its own test holds against exhaustive search on these cards.
func TestConditionsSayWhatHoppersCarry(t *testing.T) {
	kind := hopper()
	geometry := cards.NewGeometry(&kind)
	all := conditions(&kind)
	for n := int64(1); n <= 3; n++ {
		set := cards.Set{Geometry: geometry, N: n}
		counts := make([]int64, len(kind.Profiles))
		inside := 0
		var walk func(p int)
		walk = func(p int) {
			for _, c := range all {
				sum := int64(0)
				for q := range p {
					sum += counts[q] * c.of[q]
				}
				if sum > c.all*n {
					return
				}
			}
			if p == len(counts) {
				if inside++; !set.Fits(cards.Load{Slices: counts}) {
					t.Errorf("%d cards: %v meets all conditions, and the cards do not carry it", n, counts)
				}
				return
			}
			for counts[p] = 0; counts[p] <= n*kind.Profiles[p].Max; counts[p]++ {
				walk(p + 1)
			}
			counts[p] = 0
		}
		walk(0)
		if inside < 78 {
			t.Errorf("%d cards: only %d counts meet the conditions", n, inside)
		}
	}
	if len(all) > 5 {
		t.Errorf("%d conditions, some of which others imply: %v", len(all), all)
	}
}
