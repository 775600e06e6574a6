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

// Every number of every packing is changed, one at a time and in four ways. No change outside
// the certificate may pass, but of work, which is history. Inside it a change may pass that
// leaves a proof of the same bound; those are listed, and each can be argued:
//
//   - lower multipliers, or none (Use −1), in copied too: with one or two items to a bin, u·(π − charge) reaches
//     the same worth as the room did;
//   - in carded, a card is worth what shares and slices fill it with, so its own price may be less;
//     and profile 0 may have any price, as no item asks for it;
//   - in branched, a limit that is higher; and a dual less by half a price unit, as 3½ rounds up to 4;
//     any multiplier above 0 says along which dimension to look, and that finds the same;
//   - in cased, numbers of a leaf that leave it above 5, as a cost above 5 is at least 10;
//   - in partial, the dual of an item that was not placed.
func TestEveryChangedNumberIsRefused(t *testing.T) {
	want := map[string][]string{
		"scarce":   {"multipliers.0.dims.0 2→0", "multipliers.0.dims.0 2→1", "use.0 0→-1", "use.1 0→-1"},
		"budgeted": {"multipliers.0.dims.0 13→0", "multipliers.0.dims.0 13→12", "use.0 0→-1", "use.1 0→-1"},
		"carded": {
			"multipliers.0.card 10→0", "multipliers.0.card 10→9", "multipliers.0.slices.0 0→1",
			"multipliers.1.card 4→0", "multipliers.1.card 4→3", "multipliers.1.slices.0 0→1",
			"multipliers.1.slices.1 3→0", "multipliers.1.slices.1 3→2",
			"use.0 0→-1", "use.1 0→-1", "use.1 0→1",
		},
		"spread": {
			"multipliers.0.dims.0 4→0", "multipliers.0.dims.0 4→3",
			"multipliers.1.dims.0 7→0", "multipliers.1.dims.0 7→6", "use.0 0→-1", "use.1 1→0",
		},
		"branched": {
			"items.0.0 4→3", "items.1.0 4→3", "limit 2→3", "limit 2→4",
			"multipliers.0.dims.0 1→0", "multipliers.0.dims.0 1→2", "use.0 0→-1", "use.1 0→-1",
		},
		"cased": {
			"trees.0.root.high.leaf.cuts.0 5→4", "trees.0.root.low.leaf.cuts.0 25→26", "trees.0.root.low.leaf.items.0.0 10→9",
			"trees.0.root.low.leaf.multipliers.0.dims.0 10→0", "trees.0.root.low.leaf.multipliers.0.dims.0 10→9",
		},
		"copied":  {"trees.0.root.high.low.leaf.multipliers.0.dims.0 1→0", "trees.0.root.low.leaf.multipliers.0.dims.0 1→0"},
		"homed":   {"multipliers.0.dims.0 1→0", "use.0 0→-1", "use.1 0→-1"},
		"partial": {"items.1.0 0→1", "multipliers.0.dims.0 2→0", "multipliers.0.dims.0 2→1", "use.0 0→-1"},
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
			if check.Packing(tr.p, c.k) != nil {
				continue
			}
			inside, is := strings.CutPrefix(c.what, "certificate.")
			if !is {
				t.Errorf("%s: %s passes", name, c.what)
				continue
			}
			got[name] = append(got[name], inside)
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
