package gpu

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What every row of the table must keep, whatever the generator reads.
func TestTableIsSound(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, SourceDate); err != nil {
		t.Error(err)
	}
	keys, products := map[string]bool{}, map[string]string{}
	for _, m := range Models() {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		if keys[m.Key] || m.Key == "" {
			t.Errorf("key %q comes twice or is empty", m.Key)
		}
		keys[m.Key] = true
		if m.Architecture == "" || m.ComputeCapability == "" || m.MemoryMiB <= 0 || len(m.Products) == 0 {
			t.Errorf("%s lacks a generation, memory or product: %+v", m.Key, m)
		}
		if m.FractionMilli <= 0 || m.FractionMilli > 1000 {
			t.Errorf("%s is %d thousandths of a card", m.Key, m.FractionMilli)
		}
		if m.LabelMiB > 0 && m.MemoryMiB > m.LabelMiB {
			t.Errorf("%s promises %d MiB, its label %d", m.Key, m.MemoryMiB, m.LabelMiB)
		}
		for _, p := range m.Products {
			c := canonicalProduct(p)
			if other, ok := products[c]; ok && other != m.Key {
				t.Errorf("product %q is %s and %s", p, other, m.Key)
			}
			products[c] = m.Key
		}
	}
	if len(keys) != 27 {
		t.Errorf("%d models, want 27: 15 with MIG and 12 without", len(keys))
	}
}

func TestProfilesAreSound(t *testing.T) {
	rows := 0
	for _, m := range Models() {
		for i, p := range m.Profiles {
			rows++
			if want := "nvidia.com/mig-" + strings.ReplaceAll(p.Name, "+", "."); p.Resource != want {
				t.Errorf("%s %s: resource %q, want %q", m.Key, p.Name, p.Resource, want)
			}
			if p.MemoryMiB > m.MemoryMiB {
				t.Errorf("%s %s promises %d MiB of a card with %d", m.Key, p.Name, p.MemoryMiB, m.MemoryMiB)
			}
			if (p.Confidence == Unpublished) != (len(p.Starts) == 0) {
				t.Errorf("%s %s: confidence %q with starts %v", m.Key, p.Name, p.Confidence, p.Starts)
			}
			if m.MIG() != nil {
				continue
			}
			// Max must be what placements and engines allow, found by adding one at a time.
			want := make([]int, len(m.Profiles))
			want[i] = p.Max
			if l, ok := m.Place(nil, want); !ok || m.Fits(l) != nil {
				t.Errorf("%s: %d × %s do not fit", m.Key, p.Max, p.Name)
			}
			free := m.clone()
			free.Profiles[i].Max++
			want[i]++
			if l, ok := free.Place(nil, want); ok {
				t.Errorf("%s: %s is said to fit %d times, but %s is legal", m.Key, p.Name, p.Max, text(m, l))
			}
		}
	}
	if rows != 106 {
		t.Errorf("%d profiles, the facts have 106", rows)
	}
}

// Where no memory is reported the table holds twice that of the profile with half the slices. On the rows where both are
// reported, that is never more than the truth; if it were, the bound could promise memory that does not exist.
func TestMemoryOfTwiceTheSlicesIsAtLeastTwice(t *testing.T) {
	compared := 0
	for _, m := range Models() {
		for _, i := range m.Plain() {
			for _, k := range m.Plain() {
				p, q := m.Profiles[i], m.Profiles[k]
				if p.MemoryMiB > 0 && p.Confidence == Captured && p.MemorySlices*2 == q.MemorySlices {
					compared++
					if q.MemoryMiB < 2*p.MemoryMiB {
						t.Errorf("%s: %s has %d MiB, two of %s %d", m.Key, q.Name, q.MemoryMiB, p.Name, 2*p.MemoryMiB)
					}
				}
			}
		}
	}
	if compared < 20 {
		t.Errorf("compared only %d pairs", compared)
	}
}

func TestCallersCannotChangeTheTable(t *testing.T) {
	spoil := func(m Model) {
		m.Products[0], m.Counters[0] = "spoilt", 99
		m.Profiles[0].Starts[0], m.Profiles[0].Uses[0], m.Profiles[0].Name = 99, 99, "spoilt"
		m.Profiles[4].Aliases[0] = "spoilt"
	}
	want := model(t, "A100-80GB")
	for claim, get := range map[string]func() Model{
		"ByKey":      func() Model { m, _ := ByKey("A100-80GB"); return m },
		"ByLabel":    func() Model { m, _ := ByLabel("a100", 81920); return m },
		"ByProduct":  func() Model { m, _ := ByProduct("A100-SXM4-80GB"); return m },
		"ByResource": func() Model { return ByResource("nvidia.com/mig-3g.40gb")[0] },
		"Models": func() Model {
			all := Models()
			return all[slices.IndexFunc(all, func(m Model) bool { return m.Key == "A100-80GB" })]
		},
	} {
		spoil(get())
		if diff := cmp.Diff(want, model(t, "A100-80GB")); diff != "" {
			t.Fatalf("%s hands out the table itself (-before +after):\n%s", claim, diff)
		}
	}
}

func TestValidateReportsEveryFault(t *testing.T) {
	for claim, tc := range map[string]struct {
		change func(*Model)
		want   string
	}{
		"too long a grid":               {func(m *Model) { m.MemorySlices = 17 }, "17 memory slices"},
		"a negative grid":               {func(m *Model) { m.MemorySlices = -1 }, "-1 memory slices"},
		"two profiles of a name":        {func(m *Model) { m.Profiles[1].Name = "1g.6gb" }, "two profiles"},
		"an alias that is a name":       {func(m *Model) { m.Profiles[1].Aliases = []string{"4g.24gb"} }, "two profiles"},
		"a start outside":               {func(m *Model) { m.Profiles[2].Starts = []int{0, 3} }, "outside the card"},
		"a negative start":              {func(m *Model) { m.Profiles[2].Starts = []int{-1, 2} }, "outside the card"},
		"starts out of order":           {func(m *Model) { m.Profiles[2].Starts = []int{2, 0} }, "not ascending"},
		"a start twice":                 {func(m *Model) { m.Profiles[2].Starts = []int{0, 0} }, "not ascending"},
		"a use of no counter":           {func(m *Model) { m.Profiles[0].Uses = nil }, "uses 0 counters"},
		"a profile of no length":        {func(m *Model) { m.Profiles[0].MemorySlices = 0 }, "occupies no slice"},
		"placements on a card of none":  {func(m *Model) { m.MemorySlices = 0 }, "without memory slices"},
		"the second of two faults, too": {func(m *Model) { m.MemorySlices = 17; m.Profiles[0].Uses = nil }, "uses 0 counters"},
	} {
		t.Run(claim, func(t *testing.T) {
			m := model(t, "A30-24GB")
			tc.change(&m)
			err := m.Validate()
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate() = %v, want %q", err, tc.want)
			}
		})
	}
}
