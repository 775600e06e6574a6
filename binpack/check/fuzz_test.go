package check_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Whatever numbers a problem and a packing hold, check answers, without a panic, twice the same,
// and with errors that a caller can tell apart. Each pair of edits picks a number and a new value.
func FuzzPacking(f *testing.F) {
	for n := range len(triples()) {
		f.Add(byte(n), []byte{})
		for at := range byte(120) {
			f.Add(byte(n), []byte{at, at * 7, at * 3, at * 5})
		}
	}
	f.Fuzz(func(t *testing.T, which byte, edits []byte) {
		all := triples()
		names := slices.Sorted(maps.Keys(all))
		p, k := edited(t, all[names[int(which)%len(names)]], edits)
		if p == nil {
			return
		}
		err := check.Packing(p, k)
		again := check.Packing(p, k)
		if fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("two answers:\n%v\n%v", err, again)
		}
		if err != nil && !errors.Is(err, model.ErrInvalid) && !errors.Is(err, check.ErrPacking) && !errors.Is(err, check.ErrBound) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}

// edited changes numbers of a triple; nil if the result is no problem and packing any more.
func edited(t *testing.T, tr triple, edits []byte) (*model.Problem, *model.Packing) {
	t.Helper()
	values := []int64{-1, 0, 1, 2, 3, 5, 63, 64, 65, 1 << 31, 1 << 40, 1<<40 + 1, 1 << 62, math.MaxInt64, math.MinInt64}
	text, err := json.Marshal(map[string]any{"p": tr.p, "k": tr.k})
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	var setters []func(int64)
	walk(tree, "", func(_ string, _ int64, set func(int64)) { setters = append(setters, set) })
	for n := 0; n+1 < len(edits); n += 2 {
		setters[int(edits[n])%len(setters)](values[int(edits[n+1])%len(values)])
	}
	text, _ = json.Marshal(tree)
	var changed struct {
		P *model.Problem
		K *model.Packing
	}
	if json.Unmarshal(text, &changed) != nil {
		return nil, nil // such as a negative mask
	}
	return changed.P, changed.K
}
