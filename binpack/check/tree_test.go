package check_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// cased tells apart whether at most one bin is used or at least two. Four items fill a bin of
// three more than once, so the first case is impossible, and the bound is two bins' price.
func cased() triple {
	leaf := func(dual, cut, mult int64) *model.Node {
		return &model.Node{Leaf: &model.Leaf{
			Items: [][]int64{{dual}}, Cuts: []int64{cut},
			Mults: []model.Mult{{Dims: []int64{mult}}}, Use: []model.BinUse{{Bin: 0, Mult: 0}},
		}}
	}
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{1}, Count: 4, Classes: []int{0}}},
			Bins:  []model.Bin{{Cap: []int64{3}, Price: 5, Card: -1}},
		},
		k: &model.Packing{
			Bins: []model.Packed{{Bin: 0, Count: 2, Items: []model.Load{{Item: 0, Count: 2}}}},
			Cost: 10, LowerBound: 10, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{0}}, Use: []int{-1},
				Trees: []model.Tree{{Items: []int{0}, Root: model.Node{
					Bins: []int{0}, Most: 1,
					Low:  leaf(10, 25, 10), // each bin may be worth 30: 40 − 25·1 ≥ 10
					High: leaf(0, 5, 0),    // a bin earns 5 and may be worth nothing: 5·2
				}}},
			},
		},
	}
}

func TestCases(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	root := func(k K) *model.Node { return &k.Proof.Trees[0].Root }
	examine(t, map[string]breach{
		"two cases that hold":               {cased, func(P, K) {}, nil, ""},
		"a case of at most one, too dear":   {cased, func(_ P, k K) { root(k).Low.Leaf.Cuts[0] = 24 }, check.ErrBound, "bin 0: its content may be worth 30 and it costs 29"},
		"a case of at least two, too dear":  {cased, func(_ P, k K) { root(k).High.Leaf.Items[0][0] = 1 }, check.ErrBound, "bin 0: its content may be worth 3 and it costs 0"},
		"a case that earns more than a bin": {cased, func(_ P, k K) { root(k).High.Leaf.Cuts[0] = 6 }, check.ErrBound, "bin 0: its content may be worth 0 and it costs -1"},
		"a case that proves less":           {cased, func(_ P, k K) { root(k).High.Leaf.Cuts[0] = 2 }, check.ErrBound, "proves 5, not 10"},
		"a case that is missing":            {cased, func(_ P, k K) { root(k).Low = nil }, check.ErrBound, "a case is missing"},
		"a case of at most one that proves less": {cased, func(_ P, k K) {
			root(k).Low.Leaf.Items[0][0], root(k).Low.Leaf.Cuts[0], root(k).Low.Leaf.Mults[0].Dims[0] = 2, 3, 0
		}, check.ErrBound, "proves 5, not 10"},
		"a leaf that branches":             {cased, func(_ P, k K) { root(k).Low.Most = 1 }, check.ErrBound, "a leaf and branches as well"},
		"a branch on no bins":              {cased, func(_ P, k K) { root(k).Bins = nil }, check.ErrBound, "a branch needs bins"},
		"a branch on a negative number":    {cased, func(_ P, k K) { root(k).Most = -1 }, check.ErrBound, "a branch needs bins"},
		"a branch on bins not there":       {cased, func(_ P, k K) { root(k).Bins[0] = 1 }, check.ErrBound, "its bins must exist"},
		"a branch on a negative bin":       {cased, func(_ P, k K) { root(k).Bins[0] = -1 }, check.ErrBound, "its bins must exist"},
		"a branch on a bin twice":          {cased, func(_ P, k K) { root(k).Bins = []int{0, 0} }, check.ErrBound, "its bins must exist"},
		"a tree without items":             {cased, func(_ P, k K) { k.Proof.Trees[0].Items = nil }, check.ErrBound, "trees must have items"},
		"a tree twice":                     {cased, func(_ P, k K) { k.Proof.Trees = append(k.Proof.Trees, k.Proof.Trees[0]) }, check.ErrBound, "ascend by their first"},
		"an item that is not there":        {cased, func(_ P, k K) { k.Proof.Trees[0].Items[0] = 1 }, check.ErrBound, "items must ascend, exist"},
		"an item twice":                    {cased, func(_ P, k K) { k.Proof.Trees[0].Items = []int{0, 0} }, check.ErrBound, "items must ascend, exist"},
		"a dual outside the tree":          {cased, func(_ P, k K) { k.Proof.Items[0][0] = 1 }, check.ErrBound, "has a dual outside"},
		"a leaf with a cut too many":       {cased, func(_ P, k K) { root(k).Low.Leaf.Cuts = []int64{25, 0} }, check.ErrBound, "a leaf needs duals"},
		"a leaf with a negative cut":       {cased, func(_ P, k K) { root(k).Low.Leaf.Cuts[0] = -1 }, check.ErrBound, "a leaf needs duals"},
		"a leaf with an item too few":      {cased, func(_ P, k K) { root(k).Low.Leaf.Items = nil }, check.ErrBound, "a leaf needs duals"},
		"a leaf with a negative dual":      {cased, func(_ P, k K) { root(k).Low.Leaf.Items[0][0] = -1 }, check.ErrBound, "needs one dual"},
		"a leaf with a bin not there":      {cased, func(_ P, k K) { root(k).Low.Leaf.Use[0].Bin = 1 }, check.ErrBound, "multipliers of a leaf"},
		"a leaf with a negative bin":       {cased, func(_ P, k K) { root(k).Low.Leaf.Use[0].Bin = -1 }, check.ErrBound, "multipliers of a leaf"},
		"a leaf with multipliers it lacks": {cased, func(_ P, k K) { root(k).Low.Leaf.Use[0].Mult = 1 }, check.ErrBound, "multipliers of a leaf"},
		"a leaf with negative ones":        {cased, func(_ P, k K) { root(k).Low.Leaf.Use[0].Mult = -1 }, check.ErrBound, "multipliers of a leaf"},
		"a tree too deep": {cased, func(_ P, k K) {
			top := *root(k)
			for range 61 {
				low := top
				top = model.Node{Bins: []int{0}, Low: &low, High: top.High}
			}
			*root(k) = top
		}, check.ErrBound, "a tree is too deep"},
		"more cases than are looked at": {cased, func(_ P, k K) {
			node := root(k).High
			node.Leaf.Cuts = make([]int64, 14)
			for range 14 {
				node = &model.Node{Bins: []int{0}, Low: node, High: node}
			}
			*root(k) = *node
		}, check.ErrBound, "more than 10000 cases"},
		"an item outside that shares the bin": {cased, func(p P, k K) {
			p.Items = append(p.Items, model.Item{Size: []int64{1}, Count: 2, Classes: []int{0}})
			k.Proof.Items = append(k.Proof.Items, []int64{0})
			k.Bins[0].Items = append(k.Bins[0].Items, model.Load{Item: 1, Count: 1})
		}, check.ErrBound, "it can hold items of two trees"},
		"an item outside in a bin of its own": {cased, func(p P, k K) {
			p.Classes = 2
			p.Items = append(p.Items, model.Item{Size: []int64{2}, Count: 1, Classes: []int{0, 1}})
			p.Bins[0].Cap[0], p.Items[0].Size[0] = 1, 0 // the bin of the tree is too small for it
			p.Items[0].BinMax = 3
			p.Bins = append(p.Bins, model.Bin{Class: 1, Cap: []int64{3}, Price: 5, Card: -1})
			root(k).Low.Leaf.Use, root(k).Low.Leaf.Mults = nil, nil
			k.Proof.Items, k.Proof.Use = append(k.Proof.Items, []int64{5}), []int{-1, -1}
			k.Bins = append(k.Bins, model.Packed{Bin: 1, Count: 1, Items: []model.Load{{Item: 1, Count: 1}}})
			k.Cost, k.LowerBound = 15, 15
		}, nil, ""},
		"duals that overflow when a bin earns and holds": {cased, func(_ P, k K) {
			k.Proof.Limit = 100
			root(k).High.Leaf.Items[0][0], root(k).High.Leaf.Cuts[0] = 1<<62, 1<<62
			root(k).High.Leaf.Use = nil
		}, check.ErrBound, "bin 0"},
	})
}

// A certificate of absurd duals once passed: what a bin was worth less what it might be worth
// left int64. The packing costs ten times the optimum and calls itself optimal.
func TestOverflowProvesNothing(t *testing.T) {
	leaf := func(dual, cut int64) *model.Node {
		return &model.Node{Leaf: &model.Leaf{Items: [][]int64{{dual}}, Cuts: []int64{cut}}}
	}
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1,
		Items: []model.Item{{Size: []int64{1}, Count: 1, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{1}, Price: 5, Card: -1}, {Cap: []int64{1}, Price: 50, Card: -1}},
	}
	k := &model.Packing{
		Bins: []model.Packed{{Bin: 1, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}}},
		Cost: 50, LowerBound: 50, Status: model.Optimal,
		Proof: model.Certificate{
			Scale: 1, Items: [][]int64{{0}}, Use: []int{-1, -1}, Limit: 1,
			Trees: []model.Tree{{Items: []int{0}, Root: model.Node{
				Bins: []int{0, 1}, Low: leaf(50, 50), High: leaf(1<<62+100, 1<<62+100),
			}}},
		},
	}
	if err := check.Packing(p, k); err == nil {
		t.Error("a bound of 50 passes where 5 is enough")
	}
}

// What stays in a home is a matter of the tree that bounds it: its leaves must pay for it, and the
// items outside all trees, whose proof knows nothing of that home, must not.
func TestAHomeIsPaidForInItsTree(t *testing.T) {
	with := func(low, high int64) error {
		tr := cased()
		tr.p.Bins = append(tr.p.Bins, model.Bin{Cap: []int64{3}, Price: 5, Max: 1, Card: -1, Stays: []model.Stay{{Item: 0, Count: 1, Saves: 7}}})
		tr.k.Cost += 7 // it moves
		tr.k.Proof.Use = append(tr.k.Proof.Use, -1)
		root := &tr.k.Proof.Trees[0].Root
		for leaf, owed := range map[*model.Leaf]int64{root.Low.Leaf: low, root.High.Leaf: high} {
			leaf.Bins = []model.BinDual{{Bin: 1, Value: owed}}
			leaf.Use = append(leaf.Use, model.BinUse{Bin: 1, Mult: 0})
		}
		var err error
		if tr.k.LowerBound, err = check.LowerBound(tr.p, &tr.k.Proof, []int64{4}); err != nil {
			return err
		}
		return check.Bound(tr.p, tr.k)
	}
	// Three copies at 10, of which one saves 7, or 0 each in the other case; for 5.
	if err := with(32, 2); err != nil {
		t.Errorf("both cases pay: %v", err)
	}
	for name, err := range map[string]error{"low": with(31, 2), "high": with(32, 1)} {
		if !errors.Is(err, check.ErrBound) || !strings.Contains(err.Error(), "bin 1: its content may be worth") {
			t.Errorf("the %s case does not pay: %v", name, err)
		}
	}
}
