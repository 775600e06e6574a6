package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// sound is a problem with every feature, without a fault.
func sound() *model.Problem {
	return &model.Problem{
		Dims: 2, Classes: 2, Domains: 2,
		Cards: []model.CardKind{{Share: 1000, Slots: 8, Profiles: []model.Profile{{Size: 1, Starts: []int{0, 1}, Max: 2, Uses: []int64{1}}}, Counters: []int64{7}}},
		Items: []model.Item{
			{Size: []int64{1, 2}, Count: 3, Classes: []int{0, 1}, Needs: []model.CardNeed{{Slices: []int64{1}}}},
			{Size: []int64{1, 0}, Count: 1, Classes: []int{1}, BinMax: 1, Rank: 1},
		},
		Bins: []model.Bin{
			{Cap: []int64{4, 4}, Price: 7, Card: 0, Cards: 2, Live: []uint64{1}, Uses: []model.Use{{Amount: 3}}},
			{Class: 1, Domain: 1, Cap: []int64{4, 4}, Max: 2, Card: -1, Stays: []model.Stay{{Item: 0, Count: 1, Saves: 2}, {Item: 1, Count: 1, Saves: 2}}},
		},
		Caps:      []model.Cap{{Items: []int{0, 1}, Max: 2}},
		Conflicts: []model.Pair{{A: 0, B: 1}},
		Follows:   []model.Follow{{Item: 0, AnyOf: []int{1}}},
		Spreads:   []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Base: []int64{0, 1}, Skew: 1}},
		Budgets:   []int64{10},
	}
}

func TestValidate(t *testing.T) {
	if err := sound().Validate(); err != nil {
		t.Fatalf("a sound problem: %v", err)
	}
	for name, tc := range map[string]struct {
		breaks func(p *model.Problem)
		want   string
	}{
		"no dimension":                    {func(p *model.Problem) { p.Dims = 0 }, "dims 0"},
		"a negative budget":               {func(p *model.Problem) { p.Budgets[0] = -1 }, "budget 0"},
		"more slots than a mask has":      {func(p *model.Problem) { p.Cards[0].Slots = 65 }, "65 slots"},
		"a profile off the card":          {func(p *model.Problem) { p.Cards[0].Profiles[0].Starts = []int{8} }, "slot 8"},
		"a profile without a size":        {func(p *model.Problem) { p.Cards[0].Profiles[0].Size = 0 }, "profile 0 needs"},
		"too few sizes":                   {func(p *model.Problem) { p.Items[0].Size = nil }, "item 0: 0 sizes"},
		"a negative count":                {func(p *model.Problem) { p.Items[0].Count = -1 }, "item 0: amount -1"},
		"an amount too large to multiply": {func(p *model.Problem) { p.Items[0].Size[0] = model.MaxAmount + 1 }, "item 0: amount"},
		"classes that do not ascend":      {func(p *model.Problem) { p.Items[0].Classes = []int{1, 1} }, "must ascend"},
		"a class that does not exist":     {func(p *model.Problem) { p.Items[0].Classes = []int{2} }, "must ascend inside 0…1"},
		"a need of two things":            {func(p *model.Problem) { p.Items[0].Needs[0].Whole = 1 }, "must be whole cards"},
		"a share beyond the card":         {func(p *model.Problem) { p.Items[0].Needs[0] = model.CardNeed{Share: 1001} }, "a share of 1001"},
		"a need of an unknown kind":       {func(p *model.Problem) { p.Items[0].Needs[0].Kind = 4 }, "no card kind 4"},
		"slices for other profiles":       {func(p *model.Problem) { p.Items[0].Needs[0].Slices = []int64{1, 1} }, "2 slices for 1 profiles"},
		"too few capacities":              {func(p *model.Problem) { p.Bins[0].Cap = nil }, "bin 0: 0 capacities"},
		"a domain that does not exist":    {func(p *model.Problem) { p.Bins[0].Domain = 2 }, "domain 2 does not exist"},
		"more live cards than cards":      {func(p *model.Problem) { p.Bins[0].Cards = 0 }, "more are live"},
		"fixed instances of too few":      {func(p *model.Problem) { p.Bins[0].Fixed = []int64{} }, "for every profile"},
		"a budget that does not exist":    {func(p *model.Problem) { p.Bins[0].Uses[0].Budget = 1 }, "no budget 1"},
		"stays in bins without a number":  {func(p *model.Problem) { p.Bins[1].Max = 0 }, "does not say how many"},
		"stays that do not ascend":        {func(p *model.Problem) { p.Bins[1].Stays[1].Item = 0 }, "must ascend by item"},
		"a stay of an unknown item":       {func(p *model.Problem) { p.Bins[1].Stays[1].Item = 2 }, "must ascend by item"},
		"a stay of none":                  {func(p *model.Problem) { p.Bins[1].Stays[0].Count = 0 }, "both must be positive"},
		"a stay that saves nothing":       {func(p *model.Problem) { p.Bins[1].Stays[0].Saves = 0 }, "both must be positive"},
		"moves too dear to add up":        {func(p *model.Problem) { p.Bins[1].Stays[0].Saves = model.MaxAmount / 2 }, "all moves together"},
		"a cap of an unknown item":        {func(p *model.Problem) { p.Caps[0].Items = []int{2} }, "cap 0: no item 2"},
		"a conflict with an unknown item": {func(p *model.Problem) { p.Conflicts[0].B = -1 }, "conflict 0: no item -1"},
		"a follower of an unknown item":   {func(p *model.Problem) { p.Follows[0].AnyOf = []int{9} }, "follow 0: no item 9"},
		"a base for too few domains":      {func(p *model.Problem) { p.Spreads[0].Base = []int64{1} }, "a base is needed"},
		"a spread over no such domain":    {func(p *model.Problem) { p.Spreads[0].Domains = []int{0, 7} }, "no domain 7"},
	} {
		t.Run(name, func(t *testing.T) {
			p := sound()
			tc.breaks(p)
			err := p.Validate()
			if !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %v with %q", err, model.ErrInvalid, tc.want)
			}
		})
	}
}

func TestNeed(t *testing.T) {
	p := sound()
	if n, ok := p.Need(0, 0); !ok || n.Slices[0] != 1 {
		t.Errorf("need %+v, %v of an item that knows the bin's cards", n, ok)
	}
	if _, ok := p.Need(0, 1); ok {
		t.Error("an item that asks for cards is let into a bin without")
	}
	if n, ok := p.Need(1, 0); !ok || n.Kind != -1 {
		t.Errorf("need %+v, %v of an item that asks for none", n, ok)
	}
}
