package gpu

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The numbers are those of facts/gpu.md §1.1, which were computed by a program that shares nothing with this one; 19 is
// also the number commonly quoted for A100.
func TestKnownNumbersOfLayouts(t *testing.T) {
	type numbers struct{ Layouts, Multisets, Maximal, MaximalMultisets int }
	for claim, tc := range map[string]struct {
		model    string
		profiles []string // none: all plain ones
		want     numbers
	}{
		"A100-40GB, classic profiles: 19 maximal": {"A100-40GB", []string{"1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"}, numbers{298, 38, 19, 14}},
		"A100-80GB, classic profiles: 19 maximal": {"A100-80GB", []string{"1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"}, numbers{298, 38, 19, 14}},
		"H100-80GB, classic profiles: 19 maximal": {"H100-80GB", []string{"1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"}, numbers{298, 38, 19, 14}},
		"A100-40GB with the double 1g: 78":        {"A100-40GB", nil, numbers{723, 78, 78, 38}},
		"H100-80GB with the double 1g: 78":        {"H100-80GB", nil, numbers{723, 78, 78, 38}},
		"H200-141GB is the same grid":             {"H200-141GB", nil, numbers{723, 78, 78, 38}},
		"B200-180GB is the same grid":             {"B200-180GB", nil, numbers{723, 78, 78, 38}},
		"A30: 5 maximal":                          {"A30-24GB", nil, numbers{26, 10, 5, 4}},
		"RTX PRO 6000 nests as the A30 does":      {"RTX-PRO-6000-96GB", nil, numbers{26, 10, 5, 4}},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			profiles := m.Plain()
			if tc.profiles != nil {
				profiles = indices(t, m, tc.profiles...)
			}
			var got numbers
			m.Layouts(profiles, func(Layout) bool { got.Layouts++; return true })
			got.Multisets = len(cardVectors(m, profiles))
			got.Maximal = len(m.MaximalLayouts(profiles))
			got.MaximalMultisets = len(m.MaximalCounts(profiles))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
		})
	}
}

// Layouts is compared with all subsets of placements, tried one by one: the same layouts, each once, each legal.
func TestLayoutsAgainstAllSubsets(t *testing.T) {
	for claim, tc := range map[string]struct {
		model    string
		profiles []string
	}{
		"A100 plain profiles":              {"A100-40GB", []string{"1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"}},
		"H100 with media instances":        {"H100-80GB", []string{"1g.10gb", "1g.10gb+me", "2g.20gb", "3g.40gb", "7g.80gb"}},
		"A30, everything":                  {"A30-24GB", []string{"1g.6gb", "1g.6gb+me", "2g.12gb", "2g.12gb+me", "4g.24gb"}},
		"RTX PRO 6000, media against bare": {"RTX-PRO-6000-96GB", []string{"1g.24gb", "1g.24gb+me", "1g.24gb+me.all", "1g.24gb-me", "2g.48gb+me.all", "2g.48gb-me", "4g.96gb"}},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, tc.model)
			profiles := indices(t, m, tc.profiles...)
			canonical := func(l Layout) string {
				l = slices.Clone(l)
				slices.SortFunc(l, func(a, b Placement) int { return a.Start - b.Start })
				return text(m, l)
			}
			want, got := map[string]int{}, map[string]int{}
			for _, l := range slowLayouts(t, m, profiles) {
				want[canonical(l)]++
			}
			m.Layouts(profiles, func(l Layout) bool {
				got[canonical(l)]++
				if err := m.Fits(l); err != nil {
					t.Errorf("Layouts yields %s: %v", text(m, l), err)
				}
				return true
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("layouts (-all subsets +Layouts):\n%s", diff)
			}
		})
	}
}

func TestLayoutsStopsWhenAsked(t *testing.T) {
	m := model(t, "A100-40GB")
	n := 0
	m.Layouts(m.Plain(), func(Layout) bool { n++; return n < 5 })
	if n != 5 {
		t.Errorf("yield ran %d times, want 5", n)
	}
}

// A solver takes MaximalCounts as its columns, so each legal set of slices must lie inside one of them, and none may be
// larger than a card.
func TestMaximalCountsCoverEveryCard(t *testing.T) {
	for _, m := range Models() {
		columns := m.MaximalCounts(every(m))
		vectors := cardVectors(m, every(m))
		for _, v := range vectors {
			if !slices.ContainsFunc(columns, func(c []int) bool { return inside(v, c) }) {
				t.Errorf("%s: %v lies in no maximal set", m.Key, v)
			}
		}
		for _, c := range columns {
			if vectors[vector(c)] == nil {
				t.Errorf("%s: maximal set %v is no card", m.Key, c)
			}
		}
	}
}

func inside(v, c []int) bool {
	for i := range v {
		if v[i] > c[i] {
			return false
		}
	}
	return true
}

// The package counts no compute slices and no SMs, on the ground that placements alone keep them within the card. This
// is that ground.
func TestPlacementsKeepComputeWithinTheCard(t *testing.T) {
	checked := 0
	for _, m := range Models() {
		m.Layouts(every(m), func(l Layout) bool {
			compute, sms := 0, int64(0)
			for _, pl := range l {
				compute += m.Profiles[pl.Profile].ComputeSlices
				sms += m.Profiles[pl.Profile].SMs
			}
			if compute > m.ComputeSlices {
				t.Errorf("%s: %s has %d compute slices of %d", m.Key, text(m, l), compute, m.ComputeSlices)
			}
			if m.SMs > 0 && sms > m.SMs {
				t.Errorf("%s: %s has %d SMs of %d", m.Key, text(m, l), sms, m.SMs)
			}
			checked++
			return true
		})
	}
	if checked < 10_000 {
		t.Errorf("only %d layouts were looked at", checked)
	}
}
