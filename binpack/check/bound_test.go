package check_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

func TestCertificatesOfAnotherShape(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	examine(t, map[string]breach{
		"no scale":                      {scarce, func(_ P, k K) { k.Proof.Scale = 0 }, check.ErrBound, "scale 0"},
		"a negative limit":              {scarce, func(_ P, k K) { k.Proof.Limit = -1 }, check.ErrBound, "limit -1"},
		"an item too few":               {carded, func(_ P, k K) { k.Proof.Items = k.Proof.Items[:5] }, check.ErrBound, "5 items and 3 bins"},
		"a bin too few":                 {carded, func(_ P, k K) { k.Proof.Use = k.Proof.Use[:2] }, check.ErrBound, "6 items and 2 bins"},
		"an item without a dual":        {scarce, func(_ P, k K) { k.Proof.Items[0] = nil }, check.ErrBound, "item 0 needs one dual"},
		"duals of too many domains":     {spread, func(_ P, k K) { k.Proof.Items[0] = []int64{4, 7, 7} }, check.ErrBound, "item 0 needs one dual"},
		"a negative dual":               {spread, func(_ P, k K) { k.Proof.Items[0][1] = -7 }, check.ErrBound, "item 0 needs one dual"},
		"a dual of no bin":              {scarce, func(_ P, k K) { k.Proof.Bins[0].Bin = 2 }, check.ErrBound, "bin 2: duals of bins"},
		"a dual of a negative bin":      {scarce, func(_ P, k K) { k.Proof.Bins[0].Bin = -1 }, check.ErrBound, "bin -1: duals of bins"},
		"a dual of a bin without limit": {scarce, func(_ P, k K) { k.Proof.Bins[0].Bin = 1 }, check.ErrBound, "bin 1: duals of bins"},
		"two duals of a bin":            {scarce, func(_ P, k K) { k.Proof.Bins = append(k.Proof.Bins, k.Proof.Bins[0]) }, check.ErrBound, "bin 0: duals of bins"},
		"a negative dual of a bin":      {scarce, func(_ P, k K) { k.Proof.Bins[0].Value = -8 }, check.ErrBound, "bin 0: duals of bins"},
		"duals of too many budgets":     {scarce, func(_ P, k K) { k.Proof.Budgets = []int64{0, 0} }, check.ErrBound, "2 duals of budgets"},
		"a negative dual of a budget":   {scarce, func(_ P, k K) { k.Proof.Budgets[0] = -1 }, check.ErrBound, "or a negative one"},
		"no duals of budgets":           {scarce, func(_ P, k K) { k.Proof.Budgets = nil }, nil, ""},
		"a multiplier too few":          {scarce, func(_ P, k K) { k.Proof.Mults[0].Dims = []int64{2} }, check.ErrBound, "multipliers 0: one"},
		"a negative multiplier":         {scarce, func(_ P, k K) { k.Proof.Mults[0].Dims[1] = -1 }, check.ErrBound, "multipliers 0: one"},
		"a negative price of a card":    {carded, func(_ P, k K) { k.Proof.Mults[1].Card = -1 }, check.ErrBound, "multipliers 1: one"},
		"a negative price of a slice":   {carded, func(_ P, k K) { k.Proof.Mults[1].Slices[0] = -1 }, check.ErrBound, "multipliers 1: one"},
		"a negative price of a share":   {carded, func(_ P, k K) { k.Proof.Mults[0].Shares[0].Price = -5 }, check.ErrBound, "multipliers 0: shares"},
		"a share of nothing":            {carded, func(_ P, k K) { k.Proof.Mults[0].Shares[0].Share = 0 }, check.ErrBound, "multipliers 0: shares"},
		"shares out of order": {carded, func(_ P, k K) {
			k.Proof.Mults[0].Shares = append(k.Proof.Mults[0].Shares, model.ShareMult{Share: 5, Price: 9})
		}, check.ErrBound, "multipliers 0: shares"},
		"multipliers that are not there":  {scarce, func(_ P, k K) { k.Proof.Use[1] = 1 }, check.ErrBound, "bin 1: no multipliers 1"},
		"multipliers of a negative index": {scarce, func(_ P, k K) { k.Proof.Use[1] = -2 }, check.ErrBound, "bin 1: no multipliers -2"},
		"slices of another card":          {carded, func(_ P, k K) { k.Proof.Mults[1].Slices = []int64{3} }, check.ErrBound, "bin 2: multipliers 1 are for 1 profiles"},
		"no certificate":                  {scarce, func(_ P, k K) { k.Proof = model.Certificate{} }, check.ErrBound, "proves 0, not 28"},
		"no certificate and no bound": {scarce, func(_ P, k K) {
			k.Proof, k.LowerBound, k.Status = model.Certificate{}, 0, model.Feasible
		}, nil, ""},
	})
}

func TestBoundsThatAreNotProven(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	examine(t, map[string]breach{
		"less than is proven":                      {scarce, func(_ P, k K) { k.LowerBound, k.Status = 27, model.Feasible }, check.ErrBound, "proves 28, not 27"},
		"an item worth more than its bin":          {scarce, func(_ P, k K) { k.Proof.Items[0][0] = 10 }, check.ErrBound, "bin 1: its content may be worth 10 and it costs 9"},
		"a bin's maximum that is not paid for":     {scarce, func(_ P, k K) { k.Proof.Bins = nil }, check.ErrBound, "bin 0: its content may be worth 18 and it costs 10"},
		"a budget that is not paid for":            {budgeted, func(_ P, k K) { k.Proof.Budgets[0] = 0 }, check.ErrBound, "bin 0: its content may be worth 13 and it costs 3"},
		"a whole card worth more":                  {carded, func(_ P, k K) { k.Proof.Items[0][0] = 11 }, check.ErrBound, "bin 0: its content may be worth 31"},
		"a share worth more":                       {carded, func(_ P, k K) { k.Proof.Items[1][0] = 6 }, check.ErrBound, "bin 0: its content may be worth 32"},
		"a share without a price":                  {carded, func(_ P, k K) { k.Proof.Mults[0].Shares = nil }, check.ErrBound, "bin 0: its content may be worth 40"},
		"slices without a price":                   {carded, func(_ P, k K) { k.Proof.Mults[0].Slices = nil }, check.ErrBound, "bin 0: its content may be worth 40"},
		"shares that fill a card beyond its price": {carded, func(_ P, k K) { k.Proof.Mults[0].Shares[0].Price = 6 }, check.ErrBound, "bin 0: its content may be worth 36"},
		"slices that fill a card beyond its price": {carded, func(_ P, k K) { k.Proof.Mults[0].Slices[1] = 6 }, check.ErrBound, "bin 0: its content may be worth 36"},
		"a slice beside live slots worth more":     {carded, func(_ P, k K) { k.Proof.Items[3][0] = 6 }, check.ErrBound, "bin 1: its content may be worth 6"},
		"a fixed instance worth more":              {carded, func(_ P, k K) { k.Proof.Items[4][0] = 4 }, check.ErrBound, "bin 2: its content may be worth 8"},
		"a domain worth more than its bin":         {spread, func(_ P, k K) { k.Proof.Items[0][0] = 5 }, check.ErrBound, "bin 0: its content may be worth 5"},
		"a search that is not asked for":           {branched, func(_ P, k K) { k.Proof.Limit = 0 }, check.ErrBound, "bin 0: its content may be worth 6 and it costs 4"},
		"a search that takes too long":             {branched, func(_ P, k K) { k.Proof.Limit = 1 }, check.ErrBound, "bin 0: not proven in 1 branches"},
		"a search that finds a content worth more": {branched, func(p P, _ K) { p.Bins[0].Cap[0] = 7 }, check.ErrBound, "bin 0: a content may be worth more than 4"},
		"numbers beyond int64": {branched, func(_ P, k K) {
			k.Proof.Items[0][0], k.Proof.Items[1][0] = math.MaxInt64, math.MaxInt64
		}, check.ErrBound, "bin 0: not proven in 0 branches"},
		"prices beyond int64": {branched, func(_ P, k K) { k.Proof.Scale = math.MaxInt64; k.Proof.Mults[0].Dims[0] = math.MaxInt64 }, check.ErrBound, "proves 1, not 4"},
	})
}

// Beside the conditions that multipliers see, a search keeps the rules of one bin.
func TestSearchKeepsTheRulesOfABin(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	roomy := func() triple { // now both items fit together, so that only a rule keeps them apart
		tr := branched()
		tr.p.Bins[0].Cap[0] = 7
		tr.k.Proof.Limit = 100
		return tr
	}
	company := func(p P, k K) { // an item 2 that nobody needs
		p.Items = append(p.Items, model.Item{Size: []int64{1}, Count: 1, Classes: []int{0}})
		k.Proof.Items = append(k.Proof.Items, []int64{0})
		k.Bins[0].Items = append(k.Bins[0].Items, model.Load{Item: 2, Count: 1})
	}
	examine(t, map[string]breach{
		"none":                     {roomy, func(P, K) {}, check.ErrBound, "bin 0: a content may be worth more than 4"},
		"a conflict":               {roomy, func(p P, _ K) { p.Conflicts = []model.Pair{{A: 0, B: 1}} }, nil, ""},
		"a cap":                    {roomy, func(p P, _ K) { p.Caps = []model.Cap{{Items: []int{0, 1}, Max: 1}} }, nil, ""},
		"a cap that both fit into": {roomy, func(p P, _ K) { p.Caps = []model.Cap{{Items: []int{0, 1}, Max: 2}} }, check.ErrBound, "may be worth more"},
		"a follower whose company has no room beside both": {roomy, func(p P, k K) {
			company(p, k)
			p.Follows = []model.Follow{{Item: 0, AnyOf: []int{2}}}
		}, nil, ""},
		"a follower whose company has room": {roomy, func(p P, k K) {
			company(p, k)
			p.Follows, p.Bins[0].Cap[0] = []model.Follow{{Item: 0, AnyOf: []int{2}}}, 8
		}, check.ErrBound, "may be worth more"},
		"a follower of itself": {roomy, func(p P, k K) {
			company(p, k)
			p.Follows = []model.Follow{{Item: 0, AnyOf: []int{2, 0}}}
		}, check.ErrBound, "may be worth more"},
	})
}

func TestValue(t *testing.T) {
	cases := map[string]struct {
		from  func() triple
		alter func(p *model.Problem, c *model.Certificate)
		want  int64
	}{
		"items, less what bins of a maximum cost":      {scarce, nil, 28},
		"items, less what a budget costs":              {budgeted, nil, 16},
		"the cheapest way to keep a skew":              {spread, nil, 15},
		"no skew, and all lie where they are cheapest": {spread, func(p *model.Problem, _ *model.Certificate) { p.Spreads = nil }, 12},
		"other items in a spread, and it is left aside": {spread, func(p *model.Problem, c *model.Certificate) {
			p.Items = append(p.Items, model.Item{Size: []int64{1}, Classes: []int{0}})
			c.Items = append(c.Items, []int64{0})
			p.Spreads[0].Items = []int{0, 1}
		}, 12},
		"a maximum by domain": {spread, func(p *model.Problem, _ *model.Certificate) {
			p.Spreads[0].Skew, p.Spreads[0].Max = 0, 1
			p.Items[0].Count = 2
		}, 11},
		"what lies there counts for the skew": {spread, func(p *model.Problem, _ *model.Certificate) { p.Spreads[0].Base = []int64{0, 2} }, 12},
		"a domain without a bin that has the size": {spread, func(p *model.Problem, _ *model.Certificate) {
			p.Spreads = nil
			p.Bins[0].Cap[0] = 0
		}, 21},
		"a domain outside the spread":                         {spread, func(p *model.Problem, _ *model.Certificate) { p.Spreads[0].Domains = []int{1} }, 21},
		"a base that is uneven, and the spread is left aside": {spread, func(p *model.Problem, _ *model.Certificate) { p.Spreads[0].Base = []int64{9, 0} }, 12},
		"no certificate":                                      {spread, func(_ *model.Problem, c *model.Certificate) { *c = model.Certificate{} }, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tr := tc.from()
			if tc.alter != nil {
				tc.alter(tr.p, &tr.k.Proof)
			}
			var placed []int64
			for _, item := range tr.p.Items {
				placed = append(placed, item.Count)
			}
			got, err := check.Value(tr.p, &tr.k.Proof, placed)
			if err != nil || got.Cmp(big.NewInt(tc.want)) != 0 {
				t.Errorf("value %v (%v), want %d", got, err, tc.want)
			}
		})
	}
}

func TestValueRefuses(t *testing.T) {
	tr := spread()
	if _, err := check.Value(tr.p, &tr.k.Proof, nil); !errors.Is(err, check.ErrBound) {
		t.Errorf("placed items of another problem: %v", err)
	}
	if _, err := check.Value(tr.p, &tr.k.Proof, []int64{-1}); !errors.Is(err, check.ErrBound) {
		t.Errorf("a negative number placed: %v", err)
	}
	if _, err := check.Value(&model.Problem{}, &tr.k.Proof, []int64{1}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("no problem: %v", err)
	}
	tr.k.Proof.Scale = 0
	if _, err := check.Value(tr.p, &tr.k.Proof, []int64{1}); !errors.Is(err, check.ErrBound) {
		t.Errorf("no scale: %v", err)
	}
}

func TestLowerBoundAndBound(t *testing.T) {
	for name, tr := range triples() {
		var placed []int64
		for i, item := range tr.p.Items {
			placed = append(placed, item.Count)
			if tr.k.Unplaced != nil {
				placed[i] -= tr.k.Unplaced[i]
			}
		}
		got, err := check.LowerBound(tr.p, &tr.k.Proof, placed)
		if err != nil || got != tr.k.LowerBound {
			t.Errorf("%s: lower bound %d (%v), want %d", name, got, err, tr.k.LowerBound)
		}
		tr.k.Cost++ // is not the bound's business
		if err := check.Bound(tr.p, tr.k); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		tr.k.LowerBound--
		if err := check.Bound(tr.p, tr.k); !errors.Is(err, check.ErrBound) {
			t.Errorf("%s: error %v of a bound that is less than proven", name, err)
		}
		tr.p.Dims = 0
		if err := check.Bound(tr.p, tr.k); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: error %v of a problem that is not well formed", name, err)
		}
	}
	tr := spread()
	tr.k.Proof.Items[0] = []int64{math.MaxInt64, math.MaxInt64}
	if low, err := check.LowerBound(tr.p, &tr.k.Proof, []int64{3}); !errors.Is(err, check.ErrBound) {
		t.Errorf("lower bound %d (%v) of more than can be counted", low, err)
	}
	if low, err := check.LowerBound(tr.p, &model.Certificate{}, []int64{3}); low != 0 || err != nil {
		t.Errorf("lower bound %d (%v) of no certificate", low, err)
	}
}

func TestBoundsAtTheEdge(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	examine(t, map[string]breach{
		"a proof of less than nothing proves 0": {scarce, func(_ P, k K) {
			k.Proof.Bins[0].Value, k.LowerBound, k.Status = 100, 0, model.Feasible
		}, nil, ""},
		"a dimension of which a searched bin has nothing": {branched, func(p P, k K) {
			p.Dims = 2
			for i := range p.Items {
				p.Items[i].Size = append(p.Items[i].Size, 0)
			}
			for b := range p.Bins {
				p.Bins[b].Cap = append(p.Bins[b].Cap, 0)
			}
			k.Proof.Mults[0].Dims = []int64{1, 5}
		}, nil, ""},
	})
	tr := spread()
	tr.k.Proof.Scale = 0
	if low, err := check.LowerBound(tr.p, &tr.k.Proof, []int64{3}); !errors.Is(err, check.ErrBound) {
		t.Errorf("lower bound %d (%v) of no scale", low, err)
	}
}
