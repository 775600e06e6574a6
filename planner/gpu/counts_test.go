package gpu

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// For one and two cards, every vector of counts in the box that no single profile rules out is asked of the closed form
// and of brute force, which knows all layouts of a card and adds the cards up. On the A100 family that is 44,445 vectors,
// the check of facts/packing.md §3.4.
func TestClosedFormAgainstBruteForce(t *testing.T) {
	for claim, tc := range map[string]struct {
		model   string
		without []string // profiles left out, because they repeat the role of another
		want    int
		oneCard bool
	}{
		"A100-40GB, plain profiles":        {model: "A100-40GB", without: []string{"1g.5gb+me"}, want: 44_445},
		"H100-80GB, plain profiles":        {model: "H100-80GB", without: []string{"1g.10gb+me"}, want: 44_445},
		"H100-80GB with media instances":   {model: "H100-80GB", want: 1920*2 + 42_525*3},
		"A30, everything":                  {model: "A30-24GB", want: 5*2*3*2*2 + 9*3*5*3*3},
		"RTX PRO 6000 without graphics":    {model: "RTX-PRO-6000-96GB", without: []string{"1g.24gb+gfx", "2g.48gb+gfx", "4g.96gb+gfx"}, want: 5*2*2*5*3*2*3*2 + 9*3*3*9*5*3*5*3},
		"RTX PRO 6000, one card, anything": {model: "RTX-PRO-6000-96GB", oneCard: true, want: 5 * 2 * 5 * 2 * 5 * 3 * 3 * 2 * 3 * 2 * 2},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			profiles := slices.DeleteFunc(every(m), func(i int) bool { return slices.Contains(tc.without, m.Profiles[i].Name) })
			one := cardVectors(m, profiles)
			truth := []map[string][]int{one}
			if !tc.oneCard {
				truth = append(truth, sums(one, one))
			}
			compared := 0
			for k, possible := range truth {
				yes := 0
				compared += box(m, k+1, profiles, func(v []int) {
					got, want := m.FitsCounts(k+1, v), possible[vector(v)] != nil
					if got != want {
						t.Fatalf("%d cards, %v: FitsCounts says %t, brute force %t", k+1, v, got, want)
					}
					if got {
						yes++
					}
				})
				if yes != len(possible) {
					t.Errorf("%d cards: %d vectors fit, brute force has %d", k+1, yes, len(possible))
				}
			}
			if compared != tc.want {
				t.Errorf("compared %d vectors, want %d", compared, tc.want)
			}
		})
	}
}

// Beyond two cards brute force is too slow, so the closed form is compared with the search by columns, which knows
// nothing of pairs or quarters, on random demands near the limit of three to five cards.
func TestClosedFormAgainstColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, key := range []string{"A30-24GB", "A100-40GB", "H100-80GB", "RTX-PRO-6000-96GB"} {
		m := model(t, key)
		yes, no := 0, 0
		for range 400 {
			n := 3 + rng.IntN(3)
			v := randomDemand(rng, m, n)
			got, want := m.FitsCounts(n, v), m.fitsColumns(n, v)
			if got != want {
				t.Fatalf("%s, %d cards, %v: closed form says %t, columns %t", key, n, v, got, want)
			}
			if got {
				yes++
			} else {
				no++
			}
		}
		if yes < 40 || no < 40 {
			t.Errorf("%s: %d demands fit and %d do not; the test looks at one side only", key, yes, no)
		}
	}
}

// randomDemand adds profiles at random until n cards are about full: between nine and eleven tenths of their slices.
func randomDemand(rng *rand.Rand, m Model, n int) []int {
	v := make([]int, len(m.Profiles))
	kinds := rng.Perm(len(m.Profiles))[:1+rng.IntN(min(5, len(m.Profiles)))]
	limit := n * m.MemorySlices * (18 + rng.IntN(5)) / 20
	for used := 0; ; {
		i := kinds[rng.IntN(len(kinds))]
		if used += m.Profiles[i].MemorySlices; used > limit {
			return v
		}
		v[i]++
	}
}

// Every model with placements must have a closed form, or a solver's inner loop silently becomes a search; and the forms
// must reject a geometry that is not theirs.
func TestClosedFormKnowsItsGeometry(t *testing.T) {
	has := func(m Model) bool {
		_, p := m.pairs(nil)
		_, q := m.quarters(nil)
		return p || q
	}
	for _, m := range Models() {
		if got, want := has(m), m.MIG() == nil; got != want {
			t.Errorf("%s: closed form %t, want %t", m.Key, got, want)
		}
	}
	base := model(t, "H100-80GB")
	rtx := model(t, "RTX-PRO-6000-96GB")
	for claim, change := range map[string]func() Model{
		"3g of three slices, as go-nvml's mock has it": func() Model { m := base.clone(); m.Profiles[4].MemorySlices = 3; return m },
		"a 3g that may start at 0 only":                func() Model { m := base.clone(); m.Profiles[4].Starts = []int{0}; return m },
		"at most five 1g":                              func() Model { m := base.clone(); m.Profiles[0].Max = 5; return m },
		"a 2g that takes the media engine":             func() Model { m := base.clone(); m.Profiles[3].Uses = []int64{1}; return m },
		"two media engines":                            func() Model { m := base.clone(); m.Counters = []int64{2}; return m },
		"a quarter with two media engines":             func() Model { m := rtx.clone(); m.Profiles[0].Uses = []int64{0, 2}; return m },
		"a half that may start at 0 only":              func() Model { m := rtx.clone(); m.Profiles[5].Starts = []int{0}; return m },
		"three halves":                                 func() Model { m := rtx.clone(); m.Profiles[5].Max = 1; return m },
	} {
		if has(change()) {
			t.Errorf("%s: a closed form claims it", claim)
		}
	}
}

func TestFitsCounts(t *testing.T) {
	for claim, tc := range map[string]struct {
		model  string
		cards  int
		demand string
		want   bool
	}{
		"nothing fits no card":                          {"A100-40GB", 0, "", true},
		"nothing fits a card without MIG":               {"T4-16GB", 1, "", true},
		"something does not fit no card":                {"A100-40GB", 0, "1g.5gb:1", false},
		"eight A100 hold 56 1g":                         {"A100-80GB", 8, "1g.10gb:56", true},
		"eight A100 do not hold 57 1g":                  {"A100-80GB", 8, "1g.10gb:57", false},
		"two media instances need two cards":            {"H100-80GB", 1, "1g.10gb+me:2", false},
		"two media instances fit two cards":             {"H100-80GB", 2, "1g.10gb+me:2", true},
		"a 7g leaves no media instance on its card":     {"H100-80GB", 1, "7g.80gb:1 1g.10gb+me:1", false},
		"a million cards cost no more than one":         {"H100-80GB", 1_000_000, "1g.10gb:1000000 2g.20gb:3000000", true},
		"a million cards and one slice too many":        {"H100-80GB", 1_000_000, "1g.10gb:1000001 2g.20gb:3000000", false},
		"unpublished placements hold nothing":           {"RTX-PRO-4500-32GB", 8, "1g.16gb:1", false},
		"me.all leaves room for bare slices":            {"RTX-PRO-6000-96GB", 1, "1g.24gb+me.all:1 1g.24gb-me:3", true},
		"me.all leaves no room for a plain slice":       {"RTX-PRO-6000-96GB", 1, "1g.24gb+me.all:1 1g.24gb:1", false},
		"me.all and me want one engine":                 {"RTX-PRO-6000-96GB", 1, "2g.48gb+me.all:1 1g.24gb+me:1", false},
		"me and gfx go together, as captured (5,47,21)": {"RTX-PRO-6000-96GB", 1, "2g.48gb:1 1g.24gb+gfx:1 1g.24gb+me:1", true},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			if got := m.FitsCounts(tc.cards, counts(t, m, tc.demand)); got != tc.want {
				t.Errorf("FitsCounts(%d, %s) = %t, want %t", tc.cards, tc.demand, got, tc.want)
			}
		})
	}
	m := model(t, "A100-40GB")
	for claim, want := range map[string][]int{
		"a negative count is refused":         {-1},
		"a profile beyond the table":          {0, 0, 0, 0, 0, 0, 0, 1},
		"a count beyond any sum":              {int(^uint(0) >> 1)},
		"negative of one and enough of other": {1, -1},
	} {
		if m.FitsCounts(3, want) {
			t.Errorf("%s: FitsCounts(3, %v) is true", claim, want)
		}
	}
	if m.FitsCounts(-1, nil) {
		t.Error("minus one card holds something")
	}
}

// A geometry that NVIDIA does not sell takes the way by columns; it is compared with all layouts of two cards.
func TestForeignGeometryIsSearched(t *testing.T) {
	m := Model{Key: "six slices", MemorySlices: 6, ComputeSlices: 6, Counters: []int64{2}, Profiles: []Profile{
		{Name: "1g", MemorySlices: 1, Starts: []int{0, 1, 4, 5}, Max: 4, Uses: []int64{0}},
		{Name: "2g", MemorySlices: 2, Starts: []int{1, 2, 4}, Max: 2, Uses: []int64{1}},
		{Name: "3g", MemorySlices: 3, Starts: []int{0, 3}, Max: 2, Uses: []int64{1}},
	}}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	one := cardVectors(m, every(m))
	two := sums(one, one)
	box(m, 2, every(m), func(v []int) {
		if got, want := m.FitsCounts(2, v), two[vector(v)] != nil; got != want {
			t.Errorf("%v: got %t, want %t", v, got, want)
		}
	})
}

// Deal must find layouts exactly when FitsCounts says so; what it deals is legal and adds up; and one card
// fewer would not have done.
func TestDealKeepsThePromise(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	dealt := 0
	for range 600 {
		m := model(t, []string{"A30-24GB", "A100-40GB", "H200-141GB", "RTX-PRO-6000-96GB"}[rng.IntN(4)])
		n := rng.IntN(5)
		v := randomDemand(rng, m, rng.IntN(n+2))
		cards, ok := m.Deal(n, v)
		if want := m.FitsCounts(n, v); ok != want {
			t.Fatalf("%s, %d cards, %v: Deal %t, FitsCounts %t", m.Key, n, v, ok, want)
		}
		if !ok {
			continue
		}
		dealt++
		total, used := make([]int, len(m.Profiles)), 0
		for _, l := range cards {
			if err := m.Fits(l); err != nil {
				t.Fatalf("%s: dealt %s: %v", m.Key, text(m, l), err)
			}
			for i, c := range m.Counts(l) {
				total[i] += c
			}
			if len(l) > 0 {
				used++
			}
		}
		if diff := cmp.Diff(v, total); diff != "" || len(cards) != n {
			t.Fatalf("%s: %d cards dealt of %d, contents (-want +got):\n%s", m.Key, len(cards), n, diff)
		}
		if used > 0 && m.FitsCounts(used-1, v) {
			t.Fatalf("%s: %v on %d cards, but %d would do", m.Key, v, used, used-1)
		}
	}
	if dealt < 200 {
		t.Errorf("only %d of 600 demands could be dealt", dealt)
	}
}

func TestDealLeavesCardsWhole(t *testing.T) {
	m := model(t, "H100-80GB")
	cards, ok := m.Deal(3, counts(t, m, "4g.40gb:1 3g.40gb:1 1g.10gb:2"))
	if !ok {
		t.Fatal("no room")
	}
	var got []string
	for _, l := range cards {
		got = append(got, text(m, l))
	}
	if diff := cmp.Diff([]string{"4g.40gb@0 3g.40gb@4", "1g.10gb@5 1g.10gb@4", ""}, got); diff != "" {
		t.Errorf("cards (-want +got):\n%s", diff)
	}
}

func BenchmarkFitsCounts(b *testing.B) {
	m := model(b, "H100-80GB")
	want := counts(b, m, "1g.10gb:9 2g.20gb:5 3g.40gb:6 1g.10gb+me:2")
	b.ReportAllocs()
	for b.Loop() {
		m.FitsCounts(8, want)
	}
}
