package check_test

import (
	"github.com/tenon-sh/tenon/binpack/model"
)

// triple is a problem, a legal packing of it, and within that a proof.
type triple struct {
	p *model.Problem
	k *model.Packing
}

// scarce has one good bin that everybody wants, and a budget that it takes of.
func scarce() triple {
	return triple{
		p: &model.Problem{
			Dims: 2, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{4, 1}, Count: 4, Classes: []int{0}, BinMax: 2}},
			Bins: []model.Bin{
				{Cap: []int64{8, 4}, Price: 10, Max: 1, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 2}}},
				{Cap: []int64{4, 4}, Price: 9, Card: -1},
			},
			Budgets: []int64{3},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 2}}},
				{Bin: 1, Count: 2, Items: []model.Load{{Item: 0, Count: 1}}},
			},
			Cost: 28, LowerBound: 28, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{9}}, Bins: []model.BinDual{{Bin: 0, Value: 8}}, Budgets: []int64{0},
				Mults: []model.Mult{{Dims: []int64{2, 0}}}, Use: []int{0, 0},
			},
		},
	}
}

// budgeted may take of its budget only once; the proof pays for that.
func budgeted() triple {
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{1}, Count: 2, Classes: []int{0}}},
			Bins: []model.Bin{
				{Cap: []int64{1}, Price: 3, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 5}}},
				{Cap: []int64{1}, Price: 13, Card: -1},
			},
			Budgets: []int64{5},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
				{Bin: 1, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
			},
			Cost: 16, LowerBound: 16, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{13}}, Budgets: []int64{2},
				Mults: []model.Mult{{Dims: []int64{13}}}, Use: []int{0, 0},
			},
		},
	}
}

// carded uses cards in every way: whole, shared, sliced, beside live slots, and fixed instances.
func carded() triple {
	kind := model.CardKind{
		Share: 10, Slots: 4, Counters: []int64{2},
		Profiles: []model.Profile{
			{Size: 1, Starts: []int{0, 1, 2}, Max: 2, Uses: []int64{1}},
			{Size: 2, Starts: []int{0, 2}, Max: 2, Uses: []int64{1}},
		},
	}
	item := func(class int, count int64, need model.CardNeed) model.Item {
		return model.Item{Size: []int64{1}, Count: count, Classes: []int{class}, Needs: []model.CardNeed{need}}
	}
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 3, Domains: 1, Cards: []model.CardKind{kind},
			Items: []model.Item{
				item(0, 1, model.CardNeed{Whole: 1}),
				item(0, 2, model.CardNeed{Share: 5}),
				item(0, 1, model.CardNeed{Slices: []int64{0, 2}}),
				item(1, 1, model.CardNeed{Slices: []int64{0, 1}}),
				item(2, 1, model.CardNeed{Slices: []int64{0, 1}}),
				item(2, 1, model.CardNeed{Whole: 1}),
			},
			Bins: []model.Bin{
				{Class: 0, Cap: []int64{8}, Price: 30, Card: 0, Cards: 3},
				{Class: 1, Cap: []int64{8}, Price: 5, Card: 0, Cards: 1, Live: []uint64{0b0011}},
				{Class: 2, Cap: []int64{8}, Price: 7, Card: 0, Cards: 1, Fixed: []int64{0, 1}},
			},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{
					Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 1}, {Item: 1, Count: 2}, {Item: 2, Count: 1}},
					Cards: []model.CardUse{
						{Whole: 1},
						{Shares: []model.Load{{Item: 1, Count: 2}}},
						{Slices: []model.Slice{{Item: 2, Profile: 1, Start: 0}, {Item: 2, Profile: 1, Start: 2}}},
					},
				},
				{
					Bin: 1, Count: 1, Items: []model.Load{{Item: 3, Count: 1}},
					Cards: []model.CardUse{{Slices: []model.Slice{{Item: 3, Profile: 1, Start: 2}}}},
				},
				{
					Bin: 2, Count: 1, Items: []model.Load{{Item: 4, Count: 1}, {Item: 5, Count: 1}},
					Cards: []model.CardUse{{Whole: 6}, {Slices: []model.Slice{{Item: 4, Profile: 1, Start: -1}}}},
				},
			},
			Cost: 42, LowerBound: 42, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{10}, {5}, {10}, {5}, {3}, {4}},
				Mults: []model.Mult{
					{Dims: []int64{0}, Slices: []int64{0, 5}, Shares: []model.ShareMult{{Share: 5, Price: 5}}, Card: 10},
					{Dims: []int64{0}, Slices: []int64{0, 3}, Card: 4},
				},
				Use: []int{0, 0, 1},
			},
		},
	}
}

// spread has a dearer domain that its skew forces it to use.
func spread() triple {
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 2,
			Items: []model.Item{{Size: []int64{1}, Count: 3, Classes: []int{0}}},
			Bins: []model.Bin{
				{Domain: 0, Cap: []int64{1}, Price: 4, Card: -1},
				{Domain: 1, Cap: []int64{1}, Price: 7, Card: -1},
			},
			Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{Bin: 0, Count: 2, Items: []model.Load{{Item: 0, Count: 1}}},
				{Bin: 1, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
			},
			Cost: 15, LowerBound: 15, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{4, 7}},
				Mults: []model.Mult{{Dims: []int64{4}}, {Dims: []int64{7}}}, Use: []int{0, 1},
			},
		},
	}
}

// branched needs a few branches to see that its items do not fit together.
func branched() triple {
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{
				{Size: []int64{3}, Count: 1, Classes: []int{0}},
				{Size: []int64{4}, Count: 1, Classes: []int{0}},
			},
			Bins: []model.Bin{
				{Cap: []int64{5}, Price: 2, Card: -1},
				{Cap: []int64{0}, Price: 1, Card: -1}, // of no use, but now prices have no common divisor
			},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
				{Bin: 0, Count: 1, Items: []model.Load{{Item: 1, Count: 1}}},
			},
			Cost: 4, LowerBound: 4, Status: model.Optimal,
			Proof: model.Certificate{
				Scale: 2, Items: [][]int64{{4}, {4}}, Limit: 2,
				Mults: []model.Mult{{Dims: []int64{1}}}, Use: []int{0, 0},
			},
		},
	}
}

// partial leaves out what does not fit, and proves a bound below its cost.
func partial() triple {
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{
				{Size: []int64{3}, Count: 2, Classes: []int{0}},
				{Size: []int64{9}, Count: 1, Classes: []int{0}},
			},
			Bins: []model.Bin{{Cap: []int64{5}, Price: 10, Card: -1}},
		},
		k: &model.Packing{
			Bins:     []model.Packed{{Bin: 0, Count: 2, Items: []model.Load{{Item: 0, Count: 1}}}},
			Unplaced: []int64{0, 1},
			Cost:     20, LowerBound: 20, Status: model.Partial,
			Proof: model.Certificate{
				// 6 of 10 each are worth 12, which is lifted to 20: a cost is a multiple of 10.
				Scale: 1, Items: [][]int64{{6}, {0}}, Mults: []model.Mult{{Dims: []int64{2}}}, Use: []int{0},
			},
		},
	}
}

// homed keeps one of two items where both lie today: the other moves, for 3, as the bin has become
// too small for it.
func homed() triple {
	return triple{
		p: &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{4}, Count: 2, Classes: []int{0}}},
			Bins: []model.Bin{
				{Cap: []int64{4}, Price: 7, Max: 1, Card: -1, Stays: []model.Stay{{Item: 0, Count: 2, Saves: 3}}},
				{Cap: []int64{4}, Price: 6, Card: -1},
			},
		},
		k: &model.Packing{
			Bins: []model.Packed{
				{Bin: 0, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
				{Bin: 1, Count: 1, Items: []model.Load{{Item: 0, Count: 1}}},
			},
			Cost: 16, LowerBound: 16, Status: model.Optimal, // 13 for bins, 3 for the move
			Proof: model.Certificate{
				Scale: 1, Items: [][]int64{{6}}, Bins: []model.BinDual{{Bin: 0, Value: 2}},
				Mults: []model.Mult{{Dims: []int64{1}}}, Use: []int{0, 0},
			},
		},
	}
}

func triples() map[string]triple {
	return map[string]triple{
		"scarce": scarce(), "budgeted": budgeted(), "carded": carded(),
		"spread": spread(), "branched": branched(), "partial": partial(), "cased": cased(), "copied": copied(), "homed": homed(),
	}
}
