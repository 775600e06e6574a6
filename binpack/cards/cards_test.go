package cards_test

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/model"
)

func profile(size int, starts ...int) model.Profile {
	return model.Profile{Size: size, Starts: starts, Max: int64(len(starts))}
}

// hopper is the geometry of A100, H100 and H200: seven compute slices over eight slots.
func hopper() *model.CardKind {
	return &model.CardKind{Slots: 8, Share: 1000, Profiles: []model.Profile{
		profile(1, 0, 1, 2, 3, 4, 5, 6), // 1g
		profile(2, 0, 2, 4, 6),          // 1g with double memory
		profile(2, 0, 2, 4),             // 2g
		profile(4, 0, 4),                // 3g
		profile(4, 0),                   // 4g
		profile(8, 0),                   // 7g
	}}
}

func a30() *model.CardKind {
	return &model.CardKind{Slots: 4, Profiles: []model.Profile{profile(1, 0, 1, 2, 3), profile(2, 0, 2), profile(4, 0)}}
}

func rtx() *model.CardKind {
	return &model.CardKind{Slots: 12, Profiles: []model.Profile{profile(3, 0, 3, 6, 9), profile(6, 0, 6), profile(12, 0)}}
}

// vectors returns every count vector that some layout of one card has, by trying all placements.
func vectors(k *model.CardKind) map[[6]int64]bool {
	seen := map[[6]int64]bool{}
	var counts [6]int64
	var walk func(from int, mask uint64)
	var all [][2]int
	for p, f := range k.Profiles {
		for _, s := range f.Starts {
			all = append(all, [2]int{p, s})
		}
	}
	walk = func(from int, mask uint64) {
		seen[counts] = true
		for i := from; i < len(all); i++ {
			p, s := all[i][0], all[i][1]
			m := (uint64(1)<<k.Profiles[p].Size - 1) << s
			if mask&m == 0 {
				counts[p]++
				walk(i+1, mask|m)
				counts[p]--
			}
		}
	}
	walk(0, 0)
	return seen
}

// Every count vector on one and two empty cards must be judged as by exhaustive search.
func TestCutIsExactOnTheGeometriesThatAreSold(t *testing.T) {
	for name, k := range map[string]*model.CardKind{"hopper": hopper(), "a30": a30(), "rtx": rtx()} {
		t.Run(name, func(t *testing.T) {
			one := vectors(k)
			two := map[[6]int64]bool{}
			for a := range one {
				for b := range one {
					two[[6]int64{a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5]}] = true
				}
			}
			checkVectors(t, k, 1, one)
			checkVectors(t, k, 2, two)
		})
	}
}

func checkVectors(t *testing.T, k *model.CardKind, n int64, want map[[6]int64]bool) {
	t.Helper()
	set := cards.Set{Geometry: cards.NewGeometry(k), N: n}
	checked, counts := 0, [6]int64{}
	var walk func(p int)
	walk = func(p int) {
		if p == len(k.Profiles) {
			checked++
			if got := set.Fits(cards.Load{Slices: counts[:p]}); got != want[counts] {
				t.Errorf("%d cards, counts %v: got %v, want %v", n, counts, got, want[counts])
			}
			return
		}
		for counts[p] = 0; counts[p] <= n*int64(len(k.Profiles[p].Starts))+1; counts[p]++ {
			walk(p + 1)
		}
		counts[p] = 0
	}
	walk(0)
	t.Logf("%d cards: %d count vectors", n, checked)
}

func TestFits(t *testing.T) {
	g := cards.NewGeometry(hopper())
	tests := map[string]struct {
		set  cards.Set
		load cards.Load
		want bool
	}{
		"whole cards up to their number":                      {cards.Set{Geometry: g, N: 2}, cards.Load{Whole: 2}, true},
		"one whole card too many":                             {cards.Set{Geometry: g, N: 2}, cards.Load{Whole: 3}, false},
		"shares never straddle two cards":                     {cards.Set{Geometry: g, N: 2}, cards.Load{Shares: []int64{600, 600, 600}}, false},
		"shares fill a card to the last thousandth":           {cards.Set{Geometry: g, N: 1}, cards.Load{Shares: []int64{460, 540}}, true},
		"a shared card is not cut as well":                    {cards.Set{Geometry: g, N: 1}, cards.Load{Shares: []int64{10}, Slices: []int64{1}}, false},
		"a whole card, a shared one and a cut one need three": {cards.Set{Geometry: g, N: 3}, cards.Load{Whole: 1, Shares: []int64{10}, Slices: []int64{1}}, true},
		"a card with live slots is not given whole":           {cards.Set{Geometry: g, N: 1, Live: []uint64{1}}, cards.Load{Whole: 1}, false},
		"a card with live slots is cut further":               {cards.Set{Geometry: g, N: 1, Live: []uint64{0xf0}}, cards.Load{Slices: []int64{0, 0, 0, 0, 1}}, true},
		"live slots block what overlaps":                      {cards.Set{Geometry: g, N: 1, Live: []uint64{0x01}}, cards.Load{Slices: []int64{0, 0, 0, 0, 1}}, false},
		"fixed instances serve up to their number":            {cards.Set{Geometry: g, Fixed: []int64{2, 0, 0, 0, 0, 0}}, cards.Load{Slices: []int64{2}}, true},
		"fixed instances are not re-cut":                      {cards.Set{Geometry: g, N: 1, Fixed: []int64{2, 0, 0, 0, 0, 0}}, cards.Load{Slices: []int64{0, 0, 1}}, false},
		"3g twice is legal":                                   {cards.Set{Geometry: g, N: 1}, cards.Load{Slices: []int64{0, 0, 0, 2}}, true},
		"3g twice leaves no slot for a 1g":                    {cards.Set{Geometry: g, N: 1}, cards.Load{Slices: []int64{1, 0, 0, 2}}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.set.Fits(tc.load); got != tc.want {
				t.Errorf("Fits(%+v) = %v, want %v", tc.load, got, tc.want)
			}
		})
	}
}

// 16×1g + 8×2g + 8×3g fills eight cards to the last slot; Karpenter's allocator opens a second node.
func TestAssignFillsEightCards(t *testing.T) {
	k := hopper()
	set := cards.Set{Geometry: cards.NewGeometry(k), N: 8}
	need := func(p int) model.CardNeed {
		n := model.CardNeed{Slices: make([]int64, len(k.Profiles))}
		n.Slices[p] = 1
		return n
	}
	got, ok := set.Assign([]cards.Demand{{0, 16, need(0)}, {1, 8, need(2)}, {2, 8, need(3)}})
	if !ok || len(got) != 8 {
		t.Fatalf("got %d cards, ok %v; want 8", len(got), ok)
	}
	for i, c := range got {
		var mask uint64
		for _, s := range c.Slices {
			m := (uint64(1)<<k.Profiles[s.Profile].Size - 1) << s.Start
			if mask&m != 0 {
				t.Errorf("card %d: slices overlap: %+v", i, c.Slices)
			}
			mask |= m
		}
	}
}
