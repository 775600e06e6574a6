package check_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// breach changes a legal triple so that it breaks one rule.
type breach struct {
	from  func() triple
	alter func(p *model.Problem, k *model.Packing)
	want  error
	says  string // part of the message of the guard that must find it
}

func examine(t *testing.T, cases map[string]breach) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tr := tc.from()
			tc.alter(tr.p, tr.k)
			err := check.Packing(tr.p, tr.k)
			if tc.want == nil {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want %q with %q", err, tc.want, tc.says)
			}
		})
	}
}

// load is the first load of the first bin.
func load(k *model.Packing) *model.Load { return &k.Bins[0].Items[0] }

func TestContentOfOneBin(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	examine(t, map[string]breach{
		"a bin that does not exist":      {scarce, func(_ P, k K) { k.Bins[0].Bin = 2 }, check.ErrPacking, "no bin 2"},
		"a bin of negative index":        {scarce, func(_ P, k K) { k.Bins[0].Bin = -1 }, check.ErrPacking, "no bin -1"},
		"no bins of a kind":              {scarce, func(_ P, k K) { k.Bins[0].Count = 0 }, check.ErrPacking, "a count of 0"},
		"a bin with nothing in it":       {scarce, func(_ P, k K) { k.Bins[0].Items = nil }, check.ErrPacking, "holds nothing"},
		"an item that does not exist":    {scarce, func(_ P, k K) { load(k).Item = 1 }, check.ErrPacking, "must exist"},
		"an item of negative index":      {scarce, func(_ P, k K) { load(k).Item = -1 }, check.ErrPacking, "must exist"},
		"an item without copies":         {scarce, func(_ P, k K) { load(k).Count = 0 }, check.ErrPacking, "must exist"},
		"an item listed twice":           {scarce, func(_ P, k K) { k.Bins[0].Items = append(k.Bins[0].Items, *load(k)) }, check.ErrPacking, "must exist"},
		"a class that is not allowed":    {carded, func(p P, _ K) { p.Items[1].Classes = []int{1, 2} }, check.ErrPacking, "class is not allowed"},
		"cards of another kind":          {carded, func(p P, _ K) { p.Cards = append(p.Cards, p.Cards[0]); p.Items[0].Needs[0].Kind = 1 }, check.ErrPacking, "cards of another kind"},
		"more copies than may share":     {scarce, func(p P, _ K) { p.Items[0].BinMax = 1 }, check.ErrPacking, "at most 1 may share a bin"},
		"no room in the first dimension": {scarce, func(p P, _ K) { p.Bins[0].Cap[0] = 7 }, check.ErrPacking, "8 of dimension 0"},
		"no room in the last dimension":  {scarce, func(p P, _ K) { p.Bins[0].Cap[1] = 1 }, check.ErrPacking, "2 of dimension 1"},
		"a load beyond int64": {scarce, func(p P, k K) {
			p.Items[0].Size[0] = model.MaxAmount
			load(k).Count = math.MaxInt64
		}, check.ErrPacking, "of dimension 0"},
		"a conflict with itself":                 {scarce, func(p P, _ K) { p.Conflicts = []model.Pair{{}} }, check.ErrPacking, "items 0 and 0 may not share"},
		"a conflict":                             {carded, func(p P, _ K) { p.Conflicts = []model.Pair{{A: 2, B: 1}} }, check.ErrPacking, "items 1 and 2 may not share"},
		"a conflict with what is in another bin": {carded, func(p P, _ K) { p.Conflicts = []model.Pair{{A: 2, B: 3}} }, nil, ""},
		"a cap":                                  {carded, func(p P, _ K) { p.Caps = []model.Cap{{Items: []int{2, 1}, Max: 2}} }, check.ErrPacking, "3 items of cap 0"},
		"a cap that names an item twice":         {carded, func(p P, _ K) { p.Caps = []model.Cap{{Items: []int{1, 2, 1}, Max: 3}} }, nil, ""},
		"a follower alone":                       {carded, func(p P, _ K) { p.Follows = []model.Follow{{Item: 1, AnyOf: []int{3, 4}}} }, check.ErrPacking, "lacks the company that follow 0"},
		"a follower in company":                  {carded, func(p P, _ K) { p.Follows = []model.Follow{{Item: 1, AnyOf: []int{3, 2}}} }, nil, ""},
	})
}

func TestCardsOfOneBin(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	card := func(k K, bin, card int) *model.CardUse { return &k.Bins[bin].Cards[card] }
	examine(t, map[string]breach{
		"fewer cards than are used":     {carded, func(p P, _ K) { p.Bins[0].Cards = 2 }, check.ErrPacking, "3 cards in bin 0"},
		"cards in a bin without":        {scarce, func(_ P, k K) { k.Bins[0].Cards = make([]model.CardUse, 1) }, check.ErrPacking, "1 cards in bin 0"},
		"whole and shared at once":      {carded, func(_ P, k K) { card(k, 0, 0).Shares = card(k, 0, 1).Shares; card(k, 0, 1).Shares = nil }, check.ErrPacking, "more than one way"},
		"whole and sliced at once":      {carded, func(_ P, k K) { card(k, 0, 0).Slices = card(k, 0, 2).Slices; card(k, 0, 2).Slices = nil }, check.ErrPacking, "more than one way"},
		"shared and sliced at once":     {carded, func(_ P, k K) { card(k, 0, 1).Slices = card(k, 0, 2).Slices; card(k, 0, 2).Slices = nil }, check.ErrPacking, "more than one way"},
		"a live card whole":             {carded, func(p P, _ K) { p.Bins[0].Live = []uint64{1} }, check.ErrPacking, "has live slots"},
		"a live card shared":            {carded, func(p P, _ K) { p.Bins[0].Live = []uint64{0, 8} }, check.ErrPacking, "has live slots"},
		"a whole card for nobody":       {carded, func(_ P, k K) { card(k, 0, 0).Whole = -1 }, check.ErrPacking, "did not ask"},
		"a whole card for a sharer":     {carded, func(_ P, k K) { card(k, 0, 0).Whole = 2 }, check.ErrPacking, "item 1 did not ask"},
		"a whole card missing":          {carded, func(_ P, k K) { card(k, 0, 0).Whole = 0 }, check.ErrPacking, "do not give item 0"},
		"a whole card too many":         {carded, func(p P, k K) { p.Bins[0].Cards = 4; k.Bins[0].Cards = append(k.Bins[0].Cards, *card(k, 0, 0)) }, check.ErrPacking, "do not give item 0"},
		"two whole cards owed":          {carded, func(p P, _ K) { p.Items[0].Needs[0].Whole = 2 }, check.ErrPacking, "do not give item 0"},
		"a negative share":              {carded, func(_ P, k K) { card(k, 0, 1).Shares[0].Count = -2 }, check.ErrPacking, "-2 shares"},
		"a share for a slicer":          {carded, func(_ P, k K) { card(k, 0, 1).Shares[0].Item = 2 }, check.ErrPacking, "item 2 did not ask"},
		"a share missing":               {carded, func(_ P, k K) { card(k, 0, 1).Shares[0].Count = 1 }, check.ErrPacking, "do not give item 1"},
		"a share too many":              {carded, func(p P, k K) { p.Items[1].Needs[0].Share = 3; card(k, 0, 1).Shares[0].Count = 3 }, check.ErrPacking, "do not give item 1"},
		"countless shares":              {carded, func(_ P, k K) { card(k, 0, 1).Shares[0].Count = math.MaxInt64 }, check.ErrPacking, "on a card of 10"},
		"shares beyond a card":          {carded, func(p P, _ K) { p.Items[1].Needs[0].Share = 6 }, check.ErrPacking, "shares of 12 on a card of 10"},
		"a profile that does not exist": {carded, func(_ P, k K) { card(k, 0, 2).Slices[0].Profile = 2 }, check.ErrPacking, "no profile 2"},
		"a negative profile":            {carded, func(_ P, k K) { card(k, 0, 2).Slices[0].Profile = -1 }, check.ErrPacking, "no profile -1"},
		"a profile nobody asked for":    {carded, func(_ P, k K) { card(k, 0, 2).Slices[0].Profile = 0 }, check.ErrPacking, "item 2 did not ask"},
		"an illegal start":              {carded, func(_ P, k K) { card(k, 0, 2).Slices[0].Start = 1 }, check.ErrPacking, "may not start at 1"},
		"an absurd start":               {carded, func(_ P, k K) { card(k, 0, 2).Slices[0].Start = math.MinInt }, check.ErrPacking, "may not start at"},
		"overlapping slices":            {carded, func(_ P, k K) { card(k, 0, 2).Slices[1].Start = 0 }, check.ErrPacking, "slot 0 is taken twice"},
		"a slice over a live slot":      {carded, func(p P, _ K) { p.Bins[1].Live[0] = 0b1011 }, check.ErrPacking, "slot 3 is taken twice"},
		"too many of a profile":         {carded, func(p P, _ K) { p.Cards[0].Profiles[1].Max = 1 }, check.ErrPacking, "2 slices of profile 1"},
		"a counter used up":             {carded, func(p P, _ K) { p.Cards[0].Profiles[1].Uses[0] = 2 }, check.ErrPacking, "4 of counter 0"},
		"a slice missing":               {carded, func(_ P, k K) { card(k, 0, 2).Slices = card(k, 0, 2).Slices[:1] }, check.ErrPacking, "do not give item 2"},
		"slices of a card that is fixed": {carded, func(p P, k K) {
			p.Bins[2].Cards = 2
			k.Bins[2].Cards[0], k.Bins[2].Cards[1] = k.Bins[2].Cards[1], k.Bins[2].Cards[0]
		}, check.ErrPacking, "of bin 2 are fixed"},
		"a fixed instance with a start": {carded, func(_ P, k K) { card(k, 2, 1).Slices[0].Start = 0 }, check.ErrPacking, "no start"},
		"a fixed profile unknown":       {carded, func(_ P, k K) { card(k, 2, 1).Slices[0].Profile = 2 }, check.ErrPacking, "profile 2 at -1"},
		"a fixed profile negative":      {carded, func(_ P, k K) { card(k, 2, 1).Slices[0].Profile = -1 }, check.ErrPacking, "profile -1 at -1"},
		"a fixed profile not asked for": {carded, func(_ P, k K) { card(k, 2, 1).Slices[0].Profile = 0 }, check.ErrPacking, "item 4 did not ask"},
		"more than the fixed instances": {carded, func(p P, _ K) { p.Bins[2].Fixed[1] = 0 }, check.ErrPacking, "1 instances of profile 1"},
		"fixed instances on a whole card": {carded, func(_ P, k K) {
			card(k, 2, 1).Whole = 6
			k.Bins[2].Cards = k.Bins[2].Cards[1:]
		}, check.ErrPacking, "more than one way"},
		"fixed instances on a shared card": {carded, func(_ P, k K) { card(k, 2, 1).Shares = []model.Load{{Item: 5, Count: 1}} }, check.ErrPacking, "card 1 is used in more than one way"},
		"idle cards between others": {carded, func(p P, k K) {
			p.Bins[0].Cards, p.Bins[0].Price, k.Cost, k.LowerBound = 4, 40, 52, 42
			k.Status = model.Feasible
			c := k.Bins[0].Cards
			k.Bins[0].Cards = []model.CardUse{c[0], {}, c[1], c[2]}
		}, nil, ""},
	})
}

func TestAllBinsTogether(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	examine(t, map[string]breach{
		"more than there are":             {scarce, func(_ P, k K) { k.Bins[0].Count = 2 }, check.ErrPacking, "2 opened of 1"},
		"a budget exceeded":               {scarce, func(p P, _ K) { p.Budgets[0] = 1 }, check.ErrPacking, "budget 0: 2 taken of 1"},
		"countless bins":                  {scarce, func(_ P, k K) { k.Bins[1].Count = math.MaxInt64 }, check.ErrPacking, "the bins and moves cost"},
		"too little placed":               {scarce, func(p P, _ K) { p.Items[0].Count = 5 }, check.ErrPacking, "4 placed and 0 unplaced of 5"},
		"too much placed":                 {scarce, func(p P, _ K) { p.Items[0].Count = 3 }, check.ErrPacking, "4 placed and 0 unplaced of 3"},
		"a negative rest":                 {scarce, func(p P, k K) { p.Items[0].Count = 3; k.Unplaced = []int64{-1} }, check.ErrPacking, "-1 unplaced"},
		"a rest of other items":           {scarce, func(_ P, k K) { k.Unplaced = []int64{0, 0} }, check.ErrPacking, "2 numbers for 1 items"},
		"a stay that saves less":          {homed, func(p P, _ K) { p.Bins[0].Stays[0].Saves = 2 }, check.ErrPacking, "the bins and moves cost 15, not 16"},
		"a stay beside a bin without":     {branched, beside, check.ErrBound, "may be worth more than 4"},
		"a stay that is not worth its ν":  {homed, func(_ P, k K) { k.Proof.Bins[0].Value = 1 }, check.ErrBound, "may be worth 9 and it costs 8"},
		"a wrong cost":                    {scarce, func(_ P, k K) { k.Cost = 29 }, check.ErrPacking, "the bins and moves cost 28, not 29"},
		"a bound above the cost":          {scarce, func(_ P, k K) { k.LowerBound = 29 }, check.ErrBound, "29 above the cost of 28"},
		"optimal that is called feasible": {scarce, func(_ P, k K) { k.Status = model.Feasible }, check.ErrPacking, `status "feasible" where the numbers say "optimal"`},
		"feasible that is called optimal": {scarce, func(p P, k K) { p.Bins[0].Price++; k.Cost++ }, check.ErrPacking, `the numbers say "feasible"`},
		"partial that is called optimal":  {partial, func(_ P, k K) { k.Status = model.Optimal }, check.ErrPacking, `the numbers say "partial"`},
		"no status":                       {scarce, func(_ P, k K) { k.Status = model.Unknown }, check.ErrPacking, `the numbers say "optimal"`},
		"nothing to pack": {scarce, func(p P, k K) {
			p.Items[0].Count = 0
			*k = model.Packing{Status: model.Empty}
		}, nil, ""},
		"nothing to pack that is called optimal": {scarce, func(p P, k K) {
			p.Items[0].Count = 0
			*k = model.Packing{Status: model.Optimal}
		}, check.ErrPacking, `the numbers say "empty"`},
		"negative work":                     {scarce, func(_ P, k K) { k.Work.Components = -1 }, check.ErrPacking, "work of -1"},
		"a problem that is not well formed": {scarce, func(p P, _ K) { p.Dims = 0 }, model.ErrInvalid, "dims 0"},
		"a profile larger than its card":    {carded, func(p P, _ K) { p.Cards[0].Profiles[0].Size, p.Cards[0].Profiles[0].Starts = math.MaxInt, []int{1} }, model.ErrInvalid, "larger than the card"},
		"negative fixed instances":          {carded, func(p P, _ K) { p.Bins[2].Fixed[0] = -1 }, model.ErrInvalid, "fixed instances"},
		"domains out of order":              {spread, func(p P, _ K) { p.Spreads[0].Domains = []int{1, 0} }, model.ErrInvalid, "must ascend"},
	})
}

func TestNothingToCheckIsAFault(t *testing.T) {
	if err := check.Packing(nil, &model.Packing{}); !errors.Is(err, check.ErrPacking) {
		t.Errorf("no problem: %v", err)
	}
	if err := check.Packing(&model.Problem{}, nil); !errors.Is(err, check.ErrPacking) {
		t.Errorf("no packing: %v", err)
	}
}

func TestFaultsAreCapped(t *testing.T) {
	tr := scarce()
	for range 50 {
		tr.k.Bins = append(tr.k.Bins, model.Packed{Bin: 7})
	}
	err := check.Packing(tr.p, tr.k)
	if n := len(strings.Split(err.Error(), "\n")); n != 21 || !strings.Contains(err.Error(), "and 30 faults more") {
		t.Errorf("%d lines: %v", n, err)
	}
}

func TestSpreads(t *testing.T) {
	type P = *model.Problem
	type K = *model.Packing
	rule := func(s model.Spread) func(P, K) {
		return func(p P, _ K) { p.Spreads = append(p.Spreads, s) }
	}
	examine(t, map[string]breach{
		"a skew":                      {spread, rule(model.Spread{Items: []int{0}, Domains: []int{0, 1}, Base: []int64{1, 0}, Skew: 1}), check.ErrPacking, "3 in one domain and 1 in another"},
		"an empty domain counts":      {spread, func(p P, _ K) { p.Domains = 3; p.Spreads[0].Domains = []int{0, 1, 2} }, check.ErrPacking, "2 in one domain and 0 in another"},
		"a domain that is not listed": {spread, func(p P, _ K) { p.Spreads[0].Domains = []int{0} }, check.ErrPacking, "domain is not one of its spread"},
		"a skew of what is not placed": {spread, func(p P, k K) {
			p.Items = append(p.Items, model.Item{Size: []int64{1}, Classes: []int{}})
			k.Proof.Items = append(k.Proof.Items, []int64{0})
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{1}, Domains: []int{0, 1}, Base: []int64{5, 0}, Skew: 1})
		}, nil, ""},
		"a domain that is overfull by itself and gets nothing": {spread, func(p P, k K) {
			p.Spreads[0].Base = []int64{9, 0}
			k.Bins = []model.Packed{{Bin: 1, Count: 3, Items: []model.Load{{Item: 0, Count: 1}}}}
			k.Cost, k.LowerBound, k.Status = 21, 12, model.Feasible
		}, nil, ""},
		"a domain that is overfull by itself and gets more": {spread, func(p P, _ K) { p.Spreads[0].Base = []int64{9, 0} }, check.ErrPacking, "11 in one domain and 1 in another"},
		"a base without a skew":                             {spread, rule(model.Spread{Items: []int{0}, Domains: []int{0, 1}, Base: []int64{9, 0}, Max: 2}), nil, ""},
		"too many in a domain":                              {spread, rule(model.Spread{Items: []int{0}, Max: 1}), check.ErrPacking, "2 items in domain 0, at most 1"},
		"an item counts once":                               {spread, rule(model.Spread{Items: []int{0, 0}, Max: 2}), nil, ""},
		"not in one domain":                                 {spread, rule(model.Spread{Items: []int{0}, Single: true}), check.ErrPacking, "in 2 domains, not in one"},
		"not apart":                                         {spread, rule(model.Spread{Items: []int{0}, Apart: []int{0}}), check.ErrPacking, "must be apart"},
		"beside itself":                                     {spread, rule(model.Spread{Items: []int{0}, Beside: []int{0}}), nil, ""},
		"beside what is not there": {spread, func(p P, k K) {
			p.Items = append(p.Items, model.Item{Size: []int64{1}, Classes: []int{}})
			k.Proof.Items = append(k.Proof.Items, []int64{0})
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{0}, Beside: []int{1}})
		}, check.ErrPacking, "lack the company"},
	})
}

// beside adds a bin in which an item stays, otherwise like the first, whose proof does not serve it.
func beside(p *model.Problem, k *model.Packing) {
	home := p.Bins[0]
	home.Max, home.Stays = 1, []model.Stay{{Item: 0, Count: 1, Saves: 1}}
	p.Bins = append(p.Bins, home)
	k.Proof.Use = append(k.Proof.Use, 0)
	k.Proof.Limit = 100
}
