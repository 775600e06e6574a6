package device

import (
	"os"
	"testing"

	"github.com/tenon-sh/tenon/planner/gpu"
)

func of(t *testing.T, key, profile string) unit {
	t.Helper()
	m, ok := gpu.ByKey(key)
	if !ok {
		t.Fatal(key)
	}
	if profile == "" {
		return unit{m, -1}
	}
	i, ok := m.Profile(profile)
	if !ok {
		t.Fatal(profile)
	}
	return unit{m, i}
}

func TestSpeed(t *testing.T) {
	for name, tc := range map[string]struct {
		from, fromSlice, to, toSlice, work string
		own                                map[string]int64
		want                               int64 // 0: not known
	}{
		"the same":                                 {"L4-24GB", "", "L4-24GB", "", "", nil, 1000},
		"an H200 is as fast as an H100 on BERT":    {"H100-80GB", "", "H200-141GB", "", "nlp", nil, 1012},
		"and half as fast again on Llama 2":        {"H100-80GB", "", "H200-141GB", "", "llm", nil, 1463},
		"without a class of work nobody knows":     {"H100-80GB", "", "H200-141GB", "", "", nil, 0},
		"a card that was not measured":             {"H100-80GB", "", "A10G-24GB", "", "nlp", nil, 0},
		"two rounds over a card that is in both":   {"A100-80GB", "", "L4-24GB", "", "nlp", nil, 236},
		"not where that card itself moved too far": {"A100-80GB", "", "L4-24GB", "", "detection", nil, 0},
		"a measured slice":                         {"A100-80GB", "", "A100-80GB", "1g.10gb", "nlp", nil, 131},
		"another slice by its SMs":                 {"H100-80GB", "", "H100-80GB", "3g.40gb", "", nil, 348},
		"a slice that nobody measured the SMs of":  {"H100-80GB", "", "B200-180GB", "3g.90gb", "llm", nil, 0},
		"from a slice to its card":                 {"A100-80GB", "1g.10gb", "A100-80GB", "", "nlp", nil, 7633},
		"the owner's":                              {"H100-80GB", "", "A10G-24GB", "", "", map[string]int64{"H100-80GB": 4, "A10G-24GB": 1}, 250},
		"the owner's for a slice":                  {"H100-80GB", "", "H100-80GB", "1g.10gb", "", map[string]int64{"H100-80GB": 10, "H100-80GB/1g.10gb": 2}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := speed(of(t, tc.from, tc.fromSlice), of(t, tc.to, tc.toSlice), tc.work, tc.own)
			if ok != (tc.want > 0) || got.milli != tc.want {
				t.Errorf("got %d (%v, %s), want %d", got.milli, ok, got.source, tc.want)
			}
			if ok && got.source == "" {
				t.Error("it says no source")
			}
		})
	}
}

// sliceEfficiency promises the least that measured slices reach.
func TestNoMeasuredSliceIsLessEfficient(t *testing.T) {
	least := int64(1000)
	for _, m := range table {
		whole, ok := find(m.work, m.round, m.card)
		if m.slice == "" || !ok {
			continue
		}
		u := of(t, m.card, m.slice)
		least = min(least, m.speed*1000*u.model.SMs/(whole*u.model.Profiles[u.profile].SMs))
	}
	if least < sliceEfficiency || least > sliceEfficiency+5 {
		t.Errorf("the least efficient slice reaches %d thousandths of its share, sliceEfficiency is %d", least, sliceEfficiency)
	}
}

func TestCardsOfTheTableAreKnown(t *testing.T) {
	for _, m := range table {
		of(t, m.card, m.slice)
	}
	if n := len(Works()); n < 10 {
		t.Errorf("%d classes of work", n)
	}
}

// A reader of the file must find where it comes from.
func TestTheTableSaysItsSource(t *testing.T) {
	text, err := os.ReadFile("speeds.csv")
	if err != nil || len(text) < 100 || text[0] != '#' {
		t.Errorf("%v: %.40s", err, text)
	}
}
