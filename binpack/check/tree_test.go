package check_test

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// cased tells apart whether no bin is used or at least one. Two items of 2 need 4 of 3 in the
// one bin's size: ⌈4/3⌉ bins, so the case of at most one bin is impossible and the bound is 2·5.
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
