package check_test

import (
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// copied tells apart how many of three copies lie in bins of two, at 4; a bin of one costs 3. Fractions would cost 6, and so would any whole
// number of bins of two that holds half a copy more than it can.
func copied() triple {
	leaf := func(dual, mult int64, cuts ...int64) *model.Node {
		return &model.Node{Leaf: &model.Leaf{
			Items: [][]int64{{dual}}, Cuts: cuts,
			Mults: []model.Mult{{Dims: []int64{mult}}}, Use: []model.BinUse{{Bin: 0, Mult: 0}, {Bin: 1, Mult: 0}},
		}}
	}
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{2}, Count: 3, Classes: []int{0}}},
			Bins:  []model.Bin{{Cap: []int64{4}, Price: 4, Card: -1}, {Cap: []int64{2}, Price: 3, Card: -1}},
		},
		k: &model.Packing{
			Bins: []model.Packed{{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 2}}}, {Bin: 1, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}}},
			Cost: 7, LowerBound: 7, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{0}}, Use: []int{-1, -1},
				Trees: []model.Tree{{Items: []int{0}, Root: model.Node{
					Bins: []int{0}, Items: []int{0}, Most: 2,
					Low: leaf(3, 1, 1), // a copy is worth 2 in bins of two and 3 in bins of one: 3·3 − 1·2
					High: &model.Node{
						Bins: []int{0}, Most: 1,
						Low:  leaf(0, 1, 3, 2), // three copies are worth 3 each, in bins of two at 6, of which there is one: 3·3 − 2·1
						High: leaf(0, 0, 0, 4), // two of them: 4·2
					},
				}}},
			},
		},
	}
}

func TestCasesOfCopies(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	root := func(k K) *model.Node { return &k.Proof.Trees[0].Root }
	examine(t, map[string]breach{
		"cases that hold":                            {copied, func(P, K) {}, nil, ""},
		"copies that are charged too little":         {copied, func(_ P, k K) { root(k).Low.Leaf.Cuts[0] = 0 }, check.ErrBound, "bin 0: its content may be worth 6 and it costs 4"},
		"copies that earn too much":                  {copied, func(_ P, k K) { root(k).High.Low.Leaf.Cuts[0] = 4 }, check.ErrBound, "bin 0: its content may be worth 8 and it costs 6"},
		"copies that are charged all they are worth": {copied, func(_ P, k K) { root(k).Low.Leaf.Cuts[0] = 9 }, check.ErrBound, "proves 0, not 7"},
		"copies that are charged where they are not": {copied, func(_ P, k K) { root(k).Bins[0] = 1 }, check.ErrBound, "bin 0: its content may be worth 6 and it costs 4"},
		"bins in place of copies":                    {copied, func(_ P, k K) { root(k).Items = nil }, check.ErrBound, "bin 0: its content may be worth 6 and it costs 5"},
		"an item of no tree":                         {copied, func(_ P, k K) { root(k).Items[0] = 1 }, check.ErrBound, "branch 0: its items must be the tree's"},
		"an item twice":                              {copied, func(_ P, k K) { root(k).Items = []int{0, 0} }, check.ErrBound, "branch 0: its items must be the tree's"},
		"a leaf that counts copies":                  {copied, func(_ P, k K) { root(k).Low.Items = []int{0} }, check.ErrBound, "a leaf and branches as well"},
		"a dual that is too large to be added":       {copied, func(_ P, k K) { root(k).Low.Leaf.Cuts[0] = 1 << 57 }, check.ErrBound, "branch 0: its dual and those of its items are too large"},
		"a dual of an item that is too large":        {copied, func(_ P, k K) { root(k).Low.Leaf.Items[0][0] = 1<<62 + 1 }, check.ErrBound, "branch 0: its dual and those of its items are too large"},
	})
}

// Two kinds of bins are equal but for a branch, which makes an item worth more in the second. Neither is proven without search, and what
// search finds of the first says nothing of the second.
func TestAProofServesNoBinInWhichCopiesAreWorthMore(t *testing.T) {
	leaf := func(cut int64) *model.Node {
		return &model.Node{Leaf: &model.Leaf{
			Items: [][]int64{{2}, {2}}, Cuts: []int64{cut},
			Mults: []model.Mult{{Dims: []int64{1}}}, Use: []model.BinUse{{Bin: 0, Mult: 0}, {Bin: 1, Mult: 0}},
		}}
	}
	item := model.Item{Size: []int64{2}, Count: 1, Classes: []int{0}}
	bin := model.Bin{Cap: []int64{3}, Price: 2, Card: -1}
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: []model.Item{item, item}, Bins: []model.Bin{bin, bin}}
	bound := func(cut int64) error {
		k := &model.Packing{
			Bins: []model.Packed{{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}}, {Bin: 0, Count: 1, Items: []model.Load{{Item: 1, Count: 1}}}},
			Cost: 4, LowerBound: 4, Status: model.Optimal,
			Proof: model.Certificate{Scale: 1, Limit: 100, Items: [][]int64{{0}, {0}}, Use: []int{-1, -1}, Trees: []model.Tree{{
				Items: []int{0, 1}, Root: model.Node{Bins: []int{1}, Items: []int{0}, Low: leaf(0), High: leaf(cut)},
			}}},
		}
		return check.Packing(p, k)
	}
	if err := bound(0); err != nil {
		t.Errorf("nothing is earned: %v", err)
	}
	if err := bound(1); err == nil || !strings.Contains(err.Error(), "bin 1: a content may be worth more than 2") {
		t.Errorf("a copy is worth 3 in a bin of 2: %v", err)
	}
}
