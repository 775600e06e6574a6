package knapsack

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Whatever fits on a card, every function adds up to at most one over it: that is what makes
// them bounds. All ways to fill cards of up to 14 parts are tried, and the functions are made
// for random selections of sizes.
func TestShareFunctionsAreDualFeasible(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for size := int64(1); size <= 14; size++ {
		for range 10 {
			var sizes []int64
			for s := int64(1); s <= size; s++ {
				if r.IntN(2) == 0 {
					sizes = append(sizes, s)
				}
			}
			all := functions(sizes, size)
			for n, f := range all {
				fillCard(t, n, f, sizes, size, nil, size)
				if slices.ContainsFunc(all[:n], func(g shareFunction) bool { return alike(f, g, sizes, size) }) {
					t.Fatalf("function %d of %v says what one before it says", n, sizes)
				}
			}
		}
	}
}

func alike(f, g shareFunction, sizes []int64, size int64) bool {
	return !slices.ContainsFunc(sizes, func(s int64) bool { return f(s, size) != g(s, size) })
}

// fillCard adds shares that still fit, never a larger one than the last, and checks the sum after each.
func fillCard(t *testing.T, n int, f shareFunction, sizes []int64, left int64, on []int64, size int64) {
	t.Helper()
	sum := 0.0
	for _, s := range on {
		sum += f(s, size)
	}
	if sum > 1+1e-12 {
		t.Fatalf("function %d of %v on a card of %d: %v add up to %v", n, sizes, size, on, sum)
	}
	for _, s := range sizes {
		if s <= left && (len(on) == 0 || s <= on[len(on)-1]) {
			fillCard(t, n, f, sizes, left-s, append(slices.Clone(on), s), size)
		}
	}
}

func TestShareFunctionsSeeWhatSizesDoNot(t *testing.T) {
	most := func(sizes []int64, share, size int64) (v float64) {
		for _, f := range functions(sizes, size) {
			v = max(v, f(share, size))
		}
		return v
	}
	cases := map[string]struct {
		sizes       []int64
		share, size int64
		want        float64
	}{
		"more than a half fills a card":                             {[]int64{501}, 501, 1000, 1},
		"a half does not":                                           {[]int64{500}, 500, 1000, 0.5},
		"more than a third fills a half":                            {[]int64{334}, 334, 1000, 0.5},
		"more than a quarter fills a third":                         {[]int64{251}, 251, 1000, 1.0 / 3},
		"more than a fifth fills a quarter":                         {[]int64{201}, 201, 1000, 0.25},
		"a tenth remains a tenth":                                   {[]int64{100}, 100, 1000, 0.1},
		"what leaves no room for any other fills a card":            {[]int64{300, 710}, 710, 1000, 1},
		"what leaves room for the smallest counts as what it is":    {[]int64{300, 700}, 700, 1000, 1},
		"a whole card is a whole card, and never more":              {[]int64{1000}, 1000, 1000, 1},
		"an odd card has no half: its larger part fills it":         {[]int64{4}, 4, 7, 1},
		"an odd card has no half: its smaller part is a half of it": {[]int64{3}, 3, 7, 0.5},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := most(tc.sizes, tc.share, tc.size); !near(got, tc.want) {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func slot(size int, starts ...int) model.Profile {
	return model.Profile{Size: size, Starts: starts, Max: int64(len(starts))}
}

func kinds() map[string]*model.CardKind {
	return map[string]*model.CardKind{
		"A100, H100":  {Slots: 8, Profiles: []model.Profile{slot(1, 0, 1, 2, 3, 4, 5, 6), slot(2, 0, 2, 4, 6), slot(2, 0, 2, 4), slot(4, 0, 4), slot(4, 0), slot(8, 0)}},
		"A30":         {Slots: 4, Profiles: []model.Profile{slot(1, 0, 1, 2, 3), slot(2, 0, 2), slot(4, 0)}},
		"at most two": {Slots: 4, Profiles: []model.Profile{{Size: 1, Starts: []int{0, 1, 2, 3}, Max: 2}, slot(2, 0, 2)}},
		"counters": {Slots: 6, Counters: []int64{3, 2}, Profiles: []model.Profile{
			{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5}, Max: 6, Uses: []int64{1, 0}},
			{Size: 2, Starts: []int{0, 2, 4}, Max: 3, Uses: []int64{1, 1}},
		}},
		"the whole of 64 slots": {Slots: 64, Profiles: []model.Profile{slot(64, 0), slot(32, 0, 32)}},
	}
}

// Layouts must be exactly the maximal ones among all that can be had by putting slices on a card
// one by one, in any order and beside any live slots.
func TestLayoutsAreAllThatAreMaximal(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			for range 30 {
				var profiles []int
				for p := range kind.Profiles {
					if r.IntN(3) > 0 {
						profiles = append(profiles, p)
					}
				}
				mask := r.Uint64() & r.Uint64() & r.Uint64()
				if r.IntN(2) == 0 {
					mask = 0
				}
				got := slices.Clone(Layouts(kind, profiles, mask))
				slices.SortFunc(got, slices.Compare)
				if diff := cmp.Diff(allMaximal(kind, profiles, mask), got); diff != "" {
					t.Fatalf("profiles %v beside %#x (-want +got):\n%s", profiles, mask, diff)
				}
			}
		})
	}
}

// allMaximal tries every order of slices, and compares every two of the layouts.
func allMaximal(kind *model.CardKind, profiles []int, mask uint64) [][]int64 {
	seen := map[string][]int64{}
	var put func(on [][2]int)
	put = func(on [][2]int) {
		counts := make([]int64, len(profiles))
		uses := make([]int64, len(kind.Counters))
		taken := mask
		for _, s := range on {
			f := kind.Profiles[profiles[s[0]]]
			counts[s[0]]++
			for slot := s[1]; slot < s[1]+f.Size; slot++ {
				if taken>>slot&1 == 1 {
					return
				}
				taken |= 1 << slot
			}
			for c, u := range f.Uses {
				if uses[c] += u; uses[c] > kind.Counters[c] {
					return
				}
			}
			if counts[s[0]] > f.Max {
				return
			}
		}
		seen[key(counts)] = counts
		for i, p := range profiles {
			for _, start := range kind.Profiles[p].Starts {
				if len(on) == 0 || slices.Compare(on[len(on)-1][:], []int{i, start}) < 0 {
					put(append(slices.Clone(on), [2]int{i, start}))
				}
			}
		}
	}
	put(nil)
	var out [][]int64
	for _, a := range seen {
		beaten := slices.Max(append(slices.Clone(a), 0)) == 0
		for _, b := range seen {
			beaten = beaten || (!slices.Equal(a, b) && covers(b, a))
		}
		if !beaten {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

func key(counts []int64) string {
	var b strings.Builder
	for _, c := range counts {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// A card that live slots make useless for whole items and shares must not be counted for them.
func TestLiveCardsCarryNoWholeItems(t *testing.T) {
	kind := model.CardKind{Share: 10, Slots: 4, Profiles: []model.Profile{slot(1, 0, 1, 2, 3)}}
	for name, need := range map[string]model.CardNeed{"whole": {Whole: 1}, "shares": {Share: 10}} {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{kind},
				Items: []model.Item{{Size: []int64{1}, Count: 5, Classes: []int{0}, Needs: []model.CardNeed{need}}},
				Bins:  []model.Bin{{Cap: []int64{9}, Price: 1, Card: 0, Cards: 3, Live: []uint64{1, 0, 8}}},
			}
			k := NewBin(p, 0, []Shape{{0, -1, 5}}, cards.NewGeometry(&kind))
			k.alone[0], k.Upper[0] = 5, 5 // as if it were not known that one fits alone
			if got := k.Relax([]float64{1}).Value; !near(got, 1) {
				t.Errorf("the relaxation is worth %v, want 1", got)
			}
		})
	}
}
