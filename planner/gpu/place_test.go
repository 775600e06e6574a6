package gpu

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlace(t *testing.T) {
	for claim, tc := range map[string]struct {
		model, live, want string
		added             string
		ok                bool
	}{
		"nothing is always placed":                             {"A100-40GB", "7g.40gb@0", "", "", true},
		"nothing is placed on a card without MIG":              {"T4-16GB", "", "", "", true},
		"half an RTX is free and a 2g does not fit":            {"RTX-PRO-6000-96GB", "1g.24gb@3 1g.24gb@6", "2g.48gb:1", "", false},
		"two more quarters do fit there":                       {"RTX-PRO-6000-96GB", "1g.24gb@3 1g.24gb@6", "1g.24gb:2", "1g.24gb@9 1g.24gb@0", true},
		"the first 3g leaves the lower half, which holds more": {"A100-40GB", "", "3g.20gb:1", "3g.20gb@4", true},
		"the first 1g takes slice 6, as the driver does":       {"A100-40GB", "", "1g.5gb:1", "1g.5gb@6", true},
		"two 1g share a pair and leave three doubles":          {"A100-40GB", "", "1g.5gb:2", "1g.5gb@5 1g.5gb@4", true},
		"a 3g goes where the live 1g is not":                   {"A100-40GB", "1g.5gb@5", "3g.20gb:1", "3g.20gb@0", true},
		"two 1g in two halves leave no 3g":                     {"A100-40GB", "1g.5gb@0 1g.5gb@4", "3g.20gb:1", "", false},
		"3 × 2g + 1g is found":                                 {"A100-40GB", "", "2g.10gb:3 1g.5gb:1", "2g.10gb@4 2g.10gb@2 2g.10gb@0 1g.5gb@6", true},
		"{2g:3, 3g:1} is impossible":                           {"A100-80GB", "", "2g.20gb:3 3g.40gb:1", "", false},
		"{2g:2, 1g.20gb:1, 3g:1} is impossible":                {"A100-80GB", "", "2g.20gb:2 1g.20gb:1 3g.40gb:1", "", false},
		"2g, 3g and two doubles want five pairs":               {"A100-40GB", "", "2g.10gb:1 1g.10gb:2 3g.20gb:1", "", false},
		"a live +me takes the engine":                          {"A100-40GB", "1g.5gb+me@3", "1g.5gb+me:1", "", false},
		"a live media slice forbids +me.all":                   {"RTX-PRO-6000-96GB", "1g.24gb@0", "1g.24gb+me.all:1", "", false},
		"a live +me.all admits a bare half":                    {"RTX-PRO-6000-96GB", "1g.24gb+me.all@0", "2g.48gb-me:1", "2g.48gb-me@6", true},
		"beside an illegal live layout nothing is placed":      {"A100-40GB", "3g.20gb@0 1g.5gb@0", "1g.5gb:1", "", false},
		"unpublished placements are not guessed":               {"RTX-PRO-4500-32GB", "", "1g.16gb:1", "", false},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			got, ok := m.Place(parse(t, m, tc.live), counts(t, m, tc.want))
			if ok != tc.ok {
				t.Errorf("Place = %t, want %t", ok, tc.ok)
			}
			if diff := cmp.Diff(tc.added, text(m, got)); diff != "" {
				t.Errorf("added (-want +got):\n%s", diff)
			}
		})
	}
	m := model(t, "A30-24GB")
	for claim, want := range map[string][]int{
		"a negative count":            {-1},
		"a profile beyond the table":  {0, 0, 0, 0, 0, 1},
		"a count beyond any capacity": {int(^uint(0) >> 1)},
	} {
		if l, ok := m.Place(nil, want); ok {
			t.Errorf("%s: placed %s", claim, text(m, l))
		}
	}
}

// Place is asked for every small demand beside every live layout of an A100, an A30 and an RTX PRO 6000. Brute force
// answers from the list of all layouts: a demand fits if some legal layout contains the live one and has so many more.
// Of those, Place must have taken one that leaves the most open slices, counted here by trying.
func TestPlaceAgainstAllLayouts(t *testing.T) {
	for _, tc := range []struct {
		model    string
		profiles []string
	}{
		{"A100-40GB", []string{"1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"}},
		{"A30-24GB", []string{"1g.6gb", "1g.6gb+me", "2g.12gb", "2g.12gb+me", "4g.24gb"}},
		{"RTX-PRO-6000-96GB", []string{"1g.24gb", "1g.24gb+me.all", "1g.24gb-me", "2g.48gb-me", "4g.96gb"}},
	} {
		m := model(t, tc.model)
		profiles := indices(t, m, tc.profiles...)
		all := slowLayouts(t, m, profiles)
		vectors := cardVectors(m, profiles)
		yes, no := 0, 0
		for _, live := range all {
			best := map[string]int{}
			for _, whole := range all {
				if added, ok := minus(whole, live); ok {
					key := vector(m.Counts(added))
					best[key] = max(best[key], openness(m, whole)+1)
				}
			}
			for _, want := range vectors {
				added, ok := m.Place(live, want)
				if ok != (best[vector(want)] > 0) {
					t.Fatalf("%s beside %s: %v placed %t, brute force %t", m.Key, text(m, live), want, ok, !ok)
				}
				if !ok {
					no++
					continue
				}
				yes++
				whole := append(slices.Clone(live), added...)
				if !slowLegal(m, whole) || !slices.Equal(m.Counts(added), want) {
					t.Fatalf("%s beside %s: %v gives %s", m.Key, text(m, live), want, text(m, added))
				}
				if got := openness(m, whole) + 1; got != best[vector(want)] {
					t.Errorf("%s beside %s: %s leaves %d open, %d can be", m.Key, text(m, live), text(m, added), got, best[vector(want)])
				}
			}
		}
		if yes < 100 || no < 100 {
			t.Errorf("%s: %d placed, %d not: the test looks at one side only", m.Key, yes, no)
		}
	}
}

// minus returns whole without live, and whether live is part of it.
func minus(whole, live Layout) (Layout, bool) {
	var out Layout
	for _, pl := range whole {
		if !slices.Contains(live, pl) {
			out = append(out, pl)
		}
	}
	return out, len(out)+len(live) == len(whole)
}

// openness adds up the length of every placement that is still free of others.
func openness(m Model, l Layout) (sum int) {
	for i, p := range m.Profiles {
		for _, s := range p.Starts {
			free := true
			for _, pl := range l {
				q := m.Profiles[pl.Profile]
				if s < pl.Start+q.MemorySlices && pl.Start < s+m.Profiles[i].MemorySlices {
					free = false
				}
			}
			if free {
				sum += p.MemorySlices
			}
		}
	}
	return sum
}

// The comment on solutionsMax says how many layouts one demand has at most on an empty card. If a new model needs more,
// the choice among them would be cut short.
func TestSearchComparesEverySolution(t *testing.T) {
	most := 0
	for _, m := range Models() {
		perVector := map[string]int{}
		m.Layouts(every(m), func(l Layout) bool {
			v := vector(m.Counts(l))
			perVector[v]++
			most = max(most, perVector[v])
			return true
		})
	}
	if most != 150 || most >= solutionsMax {
		t.Errorf("a demand has up to %d layouts; the comment says 150, the limit is %d", most, solutionsMax)
	}
}

func TestPlaceAroundKnowsOnlyTheMask(t *testing.T) {
	rtx := model(t, "RTX-PRO-6000-96GB")
	if l, ok := rtx.PlaceAround(0b0001_1111_1000, counts(t, rtx, "2g.48gb-me:1")); ok {
		t.Errorf("a 2g was placed at %s around slices 3 to 8", text(rtx, l))
	}
	got, ok := rtx.PlaceAround(0b0000_0011_1000, counts(t, rtx, "2g.48gb-me:1"))
	if !ok || text(rtx, got) != "2g.48gb-me@6" {
		t.Errorf("around slices 3 to 5: %s, %t; want 2g.48gb-me@6", text(rtx, got), ok)
	}
}

// A geometry that was learned from a node may be anything within Validate. Place and Layouts are compared with
// all subsets of placements.
func FuzzPlaceOnLearnedModels(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		m := randomModel(rng)
		if err := m.Validate(); err != nil {
			t.Fatalf("the test's own model: %v", err)
		}
		all := slowLayouts(t, m, every(m))
		listed := 0
		m.Layouts(every(m), func(l Layout) bool { listed++; return slowLegal(m, l) })
		if listed != len(all) {
			t.Fatalf("%+v\nhas %d layouts, Layouts lists %d or an illegal one", m, len(all), listed)
		}
		live := all[rng.IntN(len(all))]
		possible := map[string]bool{}
		for _, whole := range all {
			if added, ok := minus(whole, live); ok {
				possible[vector(m.Counts(added))] = true
			}
		}
		box(m, 1, every(m), func(want []int) {
			added, ok := m.Place(live, want)
			if ok != possible[vector(want)] {
				t.Fatalf("%+v\nbeside %v: %v placed %t, want %t", m, live, want, ok, !ok)
			}
			if ok && !slowLegal(m, append(slices.Clone(live), added...)) {
				t.Fatalf("%+v\nbeside %v: %v placed illegally at %v", m, live, want, added)
			}
		})
	})
}

// randomModel has up to eight slices, three profiles of up to four starts, and one counter.
func randomModel(rng *rand.Rand) Model {
	m := Model{Key: "learned", MemorySlices: 1 + rng.IntN(8), ComputeSlices: 1, Counters: []int64{int64(rng.IntN(4))}}
	for i := range 1 + rng.IntN(3) {
		size := 1 + rng.IntN(m.MemorySlices)
		var starts []int
		for s := 0; s+size <= m.MemorySlices && len(starts) < 4; s++ {
			if rng.IntN(3) > 0 {
				starts = append(starts, s)
			}
		}
		m.Profiles = append(m.Profiles, Profile{Name: string(rune('a' + i)), MemorySlices: size, Starts: starts,
			Max: rng.IntN(4), Uses: []int64{int64(rng.IntN(2))}})
	}
	return m
}

func BenchmarkPlace(b *testing.B) {
	m := model(b, "A100-40GB")
	live, want := parse(b, m, "1g.5gb@1"), counts(b, m, "3g.20gb:1 1g.5gb:2")
	b.ReportAllocs()
	for b.Loop() {
		m.Place(live, want)
	}
}
