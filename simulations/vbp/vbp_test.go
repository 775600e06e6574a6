package vbp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/simulations/vbp"
)

// The bounds of each class are read off the items, so that a wrong row of the table, a slip of a draw and an
// item that fits no bin all show.
func TestClassesKeepTheirDefinitions(t *testing.T) {
	type bounds struct{ least, most, capacity int64 }
	for class, want := range map[int]bounds{
		1: {100, 400, 1000}, 2: {1, 1000, 1000}, 3: {200, 800, 1000}, 4: {50, 200, 1000}, 5: {25, 100, 1000},
		6: {20, 100, 150}, 7: {20, 100, 150}, 8: {20, 100, 150}, 10: {25, 50, 100},
	} {
		for _, n := range vbp.Sizes(class) {
			p, err := vbp.CapraraToth(class, n, 31)
			if err != nil {
				t.Fatal(err)
			}
			if got := copies(p); got != int64(n) || p.Bins[0].Cap[0] != want.capacity || p.Bins[0].Cap[1] != want.capacity {
				t.Errorf("class %d: got %d items and capacities %v, want %d and %d", class, got, p.Bins[0].Cap, n, want.capacity)
			}
			for _, it := range p.Items {
				w, v := it.Size[0], it.Size[1]
				if class != 10 && (w < want.least || w > want.most) {
					t.Errorf("class %d: a size of %d outside %d…%d", class, w, want.least, want.most)
				}
				switch {
				case class == 7 && (v < w-10 || v > w+10), class == 8 && (v < 110-w || v > 130-w):
					t.Errorf("class %d: a second size of %d beside a first of %d", class, v, w)
				case class < 7 && (v < want.least || v > want.most):
					t.Errorf("class %d: a size of %d outside %d…%d", class, v, want.least, want.most)
				}
			}
		}
	}
}

// In class 10 three items that follow each other fill a bin, so n / 3 bins are enough, and no fewer are.
func TestTripletsFillTheirBins(t *testing.T) {
	for seed := range uint64(5) {
		p, err := vbp.CapraraToth(10, 24, seed)
		if err != nil {
			t.Fatal(err)
		}
		var sums [2]int64
		for _, it := range p.Items {
			sums[0] += it.Count * it.Size[0]
			sums[1] += it.Count * it.Size[1]
		}
		if sums != [2]int64{800, 800} {
			t.Errorf("seed %d: 24 items have sizes of %v in all, want 8 bins of 100", seed, sums)
		}
	}
}

// In class 9 the capacities hold what a bound by volume says, and not a unit more than rounding makes.
func TestCapacitiesOfClassNineAreTight(t *testing.T) {
	for seed := range uint64(5) {
		p, err := vbp.CapraraToth(9, 100, seed)
		if err != nil {
			t.Fatal(err)
		}
		var sums [2]int64
		for _, it := range p.Items {
			sums[0] += it.Count * it.Size[0]
			sums[1] += it.Count * it.Size[1]
		}
		bins := (max(sums[0], sums[1]) + 999) / 1000
		for d, c := range p.Bins[0].Cap {
			if c*bins < sums[d] || (c-1)*bins >= sums[d] || c > 1000 {
				t.Errorf("seed %d: a capacity of %d in dimension %d, for %d bins and sizes of %d in all", seed, c, d, bins, sums[d])
			}
		}
	}
}

func TestWhatIsNoClassIsRefused(t *testing.T) {
	for _, args := range [][2]int{{0, 25}, {11, 25}, {1, 0}, {10, 25}} {
		if _, err := vbp.CapraraToth(args[0], args[1], 1); !errors.Is(err, vbp.ErrClass) {
			t.Errorf("class %d with %d items: error %v, want %v", args[0], args[1], err, vbp.ErrClass)
		}
	}
}

func TestMixesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"A100-40GB/8/16x1g.5gb+8x2g.10gb": "",
		"A100-40GB/8":                     "not model/cards/counts",
		"A100-40GB/0/1x1g.5gb":            "no number of cards",
		"A100-40GB/8/x1g.5gb":             "no count",
		"A100-40GB/8/1x1g.10gb+me":        `no count of a profile`,
		"A100-40GB/8/1x1g.99gb":           "no plain profile",
		"NOSUCH/8/1x1g.5gb":               "no model",
		"T4/8/1x1g.5gb":                   "no model",
	} {
		m, err := vbp.ParseMix(text)
		if err == nil {
			_, err = m.Problem()
		}
		if (want == "") != (err == nil) || (want != "" && (!errors.Is(err, vbp.ErrSlices) || !strings.Contains(err.Error(), want))) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// What the mixes of the facts take at least is known by hand: see KnownMixes.
func TestKnownMixesTakeWhatIsKnown(t *testing.T) {
	want := []int64{1, 2, 1, 1, 7}
	for n, text := range vbp.KnownMixes() {
		m, err := vbp.ParseMix(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Problem()
		if err != nil {
			t.Fatal(err)
		}
		k, err := binpack.Solve(p, binpack.FastLimits(), nil)
		if err != nil || k.Cost < want[n] || k.LowerBound > want[n] || k.Unplaced != nil {
			t.Errorf("%s: cost %d, bound %d, error %v, want the optimum of %d between them", text, k.Cost, k.LowerBound, err, want[n])
		}
	}
}

// Every generator: well-formed problems, the same for the same seed, others for other seeds.
func TestGeneratorsAreSound(t *testing.T) {
	makers := map[string]func(seed uint64) (*model.Problem, error){
		"small": func(seed uint64) (*model.Problem, error) { return vbp.Small(seed), nil },
		"changed": func(seed uint64) (*model.Problem, error) {
			return vbp.Changed(vbp.Small(1), 500, seed), nil
		},
	}
	for _, key := range vbp.SliceModels() {
		makers[key] = func(seed uint64) (*model.Problem, error) { return vbp.RandomSlices(key, seed) }
	}
	for class := 1; class <= vbp.Classes; class++ {
		makers[fmt.Sprint("class ", class)] = func(seed uint64) (*model.Problem, error) { return vbp.CapraraToth(class, 51, seed) }
	}
	for name, makes := range makers {
		seen := map[string]bool{}
		for seed := range uint64(50) {
			p, err := makes(seed)
			if err != nil {
				t.Fatalf("%s: seed %d: %v", name, seed, err)
			}
			if err := p.Validate(); err != nil {
				t.Errorf("%s: seed %d: %v", name, seed, err)
			}
			q, _ := makes(seed)
			if diff := cmp.Diff(p, q); diff != "" {
				t.Errorf("%s: seed %d: two answers (-first +second):\n%s", name, seed, diff)
			}
			text, _ := json.Marshal(p)
			seen[string(text)] = true
		}
		if len(seen) < 45 {
			t.Errorf("%s: 50 seeds make %d problems", name, len(seen))
		}
	}
}

func TestSmallProblemsAreSmallAndHaveRoom(t *testing.T) {
	for seed := range uint64(200) {
		p := vbp.Small(seed)
		if len(p.Items) > vbp.SmallShapes || copies(p) > vbp.SmallItems {
			t.Errorf("seed %d: %d kinds of items, %d in all", seed, len(p.Items), copies(p))
		}
		first := p.Bins[0]
		for _, it := range p.Items {
			for d, s := range it.Size {
				if s > first.Cap[d] || first.Max > 0 || it.Classes[0] != first.Class {
					t.Errorf("seed %d: the first kind of bin does not hold every item", seed)
				}
			}
		}
	}
}

func TestChangedKeepsTheNumberOfItems(t *testing.T) {
	p := vbp.Small(3)
	before, _ := json.Marshal(p)
	q := vbp.Changed(p, 100, 1)
	if copies(p) != copies(q) || cmp.Equal(p, q) {
		t.Errorf("got %d items after %d, want as many and others", copies(q), copies(p))
	}
	var moved int64
	for i := range p.Items {
		if q.Items[i].Count < 0 {
			t.Errorf("item %d: a count of %d", i, q.Items[i].Count)
		}
		moved += max(0, q.Items[i].Count-p.Items[i].Count)
	}
	if moved > copies(p)/10 {
		t.Errorf("%d of %d items have come, want a tenth at most", moved, copies(p))
	}
	if after, _ := json.Marshal(p); string(after) != string(before) {
		t.Error("the problem itself was changed")
	}
}

func copies(p *model.Problem) (n int64) {
	for _, it := range p.Items {
		n += it.Count
	}
	return n
}
