package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Every number of every packing is changed, one at a time and in four ways. What passes must be
// listed: work, which is history, and certificates that still prove the same bound. The lists
// are short enough to be argued:
//
//   - scarce: with a cheaper dimension 0 the same worth is reached by u·(π − charge); at 3 a
//     charge of 12 leaves the room of 24 and 12 too dear, so only lower ones pass. Without
//     multipliers (Use −1) the same holds.
//   - budgeted: as scarce.
//   - carded: whole cards may be priced at less or nothing, for shares and slices fill a card.
//   - partial: 2·10 is far above 6, so there is slack in every number of the proof.
func TestEveryChangedNumberIsRefused(t *testing.T) {
	want := map[string][]string{
		"scarce": {
			"certificate.multipliers.0.dims.0 2→0", "certificate.multipliers.0.dims.0 2→1",
			"certificate.use.0 0→-1", "certificate.use.1 0→-1",
		},
	}
	got := map[string][]string{}
	for name, tr := range triples() {
		if err := check.Packing(tr.p, tr.k); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range changes(t, tr.k) {
			if strings.HasPrefix(c.what, "work.") && !strings.Contains(c.what, "→-") {
				continue
			}
			if check.Packing(tr.p, c.k) == nil {
				got[name] = append(got[name], c.what)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes that pass (-want +got):\n%s", diff)
	}
}

// change is a packing with one number changed.
type change struct {
	what string
	k    *model.Packing
}

// changes makes every change of one number of a packing's JSON, in the order of its keys.
func changes(t *testing.T, k *model.Packing) []change {
	t.Helper()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	var all []change
	walk(tree, "", func(path string, old int64, set func(int64)) {
		numbers := []int64{old + 1, old - 1, 2 * old, 0}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			if n == old {
				continue
			}
			set(n)
			text, _ := json.Marshal(tree)
			changed := &model.Packing{}
			if err := json.Unmarshal(text, changed); err != nil {
				t.Fatal(err)
			}
			all = append(all, change{what: fmt.Sprintf("%s %d→%d", path, old, n), k: changed})
		}
		set(old)
	})
	return all
}

func walk(node any, path string, visit func(path string, old int64, set func(int64))) {
	step := func(key string, child any, put func(any)) {
		at := strings.TrimPrefix(path+"."+key, ".")
		if number, is := child.(json.Number); is {
			old, _ := number.Int64()
			visit(at, old, func(n int64) { put(json.Number(fmt.Sprint(n))) })
			return
		}
		walk(child, at, visit)
	}
	switch node := node.(type) {
	case map[string]any:
		var keys []string
		for key := range node {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			step(key, node[key], func(v any) { node[key] = v })
		}
	case []any:
		for i, child := range node {
			step(fmt.Sprint(i), child, func(v any) { node[i] = v })
		}
	}
}
