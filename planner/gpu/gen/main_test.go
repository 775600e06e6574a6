package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner/gpu"
)

const factsPath = "../../../../shared/facts/mig_profiles.json"

// inputs returns both tables, or skips where the facts are not beside the checkout.
func inputs(t *testing.T) (factsRaw, cardsRaw []byte) {
	t.Helper()
	factsRaw, err := os.ReadFile(factsPath)
	if err != nil {
		t.Skipf("models_gen.go is not compared: the facts are not beside this checkout: %v", err)
	}
	cardsRaw, err = os.ReadFile("cards.csv")
	if err != nil {
		t.Fatal(err)
	}
	return factsRaw, cardsRaw
}

func TestGeneratedFileIsCurrent(t *testing.T) {
	factsRaw, cardsRaw := inputs(t)
	want, err := generate(factsRaw, cardsRaw)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../models_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("models_gen.go is stale: go generate ./planner/gpu (-want +got):\n%s", diff)
	}
}

// The facts file says how many layouts its own author counted; they must be those of the table that we made of it.
func TestLayoutsAgreeWithTheFacts(t *testing.T) {
	factsRaw, _ := inputs(t)
	f, err := readFacts(factsRaw)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, g := range f.GPUs {
		if g.Enumeration == nil {
			continue
		}
		m, ok := gpu.ByKey(g.Key)
		if !ok {
			t.Fatalf("no model %s", g.Key)
		}
		classic := slices.DeleteFunc(m.Plain(), func(i int) bool {
			p := m.Profiles[i]
			return p.ComputeSlices == 1 && p.MemorySlices > 1 && m.MemorySlices == 8
		})
		for name, profiles := range map[string][]int{
			"classic_profiles_no_1g_double_memory_no_me": classic, "all_base_profiles_no_me": m.Plain()} {
			got := factCounts{
				MaximalLayouts: len(m.MaximalLayouts(profiles)), MaximalMultisets: len(m.MaximalCounts(profiles))}
			multisets := map[string]bool{}
			m.Layouts(profiles, func(l gpu.Layout) bool {
				got.Layouts++
				multisets[string(cmpKey(m.Counts(l)))] = true
				return true
			})
			got.Multisets = len(multisets)
			if diff := cmp.Diff(g.Enumeration[name], got); diff != "" {
				t.Errorf("%s, %s (-facts +ours):\n%s", g.Key, name, diff)
			}
			compared++
		}
	}
	if compared < 6 {
		t.Errorf("only %d enumerations compared", compared)
	}
}

func cmpKey(counts []int) (key []byte) {
	for _, c := range counts {
		key = append(key, byte(c))
	}
	return key
}

// Copy engines and decoders are not in the table, on the ground that placements run out first: over all legal layouts no
// more are used than the full-size instance has. This is that ground, with the facts' figures.
func TestEnginesLeftOut(t *testing.T) {
	factsRaw, _ := inputs(t)
	f, err := readFacts(factsRaw)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, g := range f.GPUs {
		m, _ := gpu.ByKey(g.Key)
		if m.MIG() != nil {
			continue
		}
		full := g.Profiles[slices.IndexFunc(g.Profiles, func(p factProfile) bool {
			return len(p.Attributes) == 0 && p.ComputeSlices == g.ComputeSlices
		})]
		if full.CopyEngines == 0 {
			continue
		}
		var all []int
		for i := range m.Profiles {
			all = append(all, i)
		}
		m.Layouts(all, func(l gpu.Layout) bool {
			copies, decoders := 0, 0
			for _, pl := range l {
				copies += g.Profiles[pl.Profile].CopyEngines
				decoders += g.Profiles[pl.Profile].Decoders
			}
			if copies > full.CopyEngines || decoders > full.Decoders {
				t.Fatalf("%s: %v uses %d copy engines of %d, %d decoders of %d",
					g.Key, l, copies, full.CopyEngines, decoders, full.Decoders)
			}
			compared++
			return true
		})
	}
	if compared < 5000 {
		t.Errorf("only %d layouts looked at", compared)
	}
}

func TestGenerateRefuses(t *testing.T) {
	factsRaw, cardsRaw := inputs(t)
	swap := func(raw []byte, old, with string) []byte {
		if !bytes.Contains(raw, []byte(old)) {
			t.Fatalf("the test is stale: no %q in the input", old)
		}
		return bytes.Replace(raw, []byte(old), []byte(with), 1)
	}
	for claim, tc := range map[string]struct {
		facts, cards []byte
		want         string
	}{
		"facts that are no JSON":             {[]byte("{"), cardsRaw, "decode facts"},
		"facts without GPUs":                 {[]byte(`{"generated":"2026-11-24"}`), cardsRaw, "no date or no GPUs"},
		"a placement size that is another":   {swap(factsRaw, `"placement_size": 1`, `"placement_size": 2`), cardsRaw, "placement size 2"},
		"a confidence that it does not know": {swap(factsRaw, `"captured"`, `"a friend said so"`), cardsRaw, "unknown placement confidence"},
		"a GPU without a card":               {swap(factsRaw, `"A30-24GB"`, `"A31-24GB"`), cardsRaw, "no row for A31-24GB"},
		"a card that comes twice":            {factsRaw, swap(cardsRaw, "A10-24GB", "A10G-24GB"), "comes twice"},
		"a memory that is no number":         {factsRaw, swap(cardsRaw, "15258", "15 GB"), "P100-16GB"},
		"a driver that the facts lack":       {factsRaw, swap(cardsRaw, ",H200,", ",H201,"), `no minimum driver for "H201"`},
		"other columns":                      {factsRaw, swap(cardsRaw, "label_mib", "label_gib"), "want the columns"},
	} {
		t.Run(claim, func(t *testing.T) {
			_, err := generate(tc.facts, tc.cards)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("generate: %v, want %q", err, tc.want)
			}
		})
	}
}
