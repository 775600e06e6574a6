package lower_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

func TestChoicesBecomeOneNeed(t *testing.T) {
	const a100, t4 = "A100-40GB", "T4-16GB"
	slice := func(name string) planner.GPUNeed { return planner.GPUNeed{Slices: map[string]int64{name: 1}} }
	whole, share := planner.GPUNeed{Whole: 1}, planner.GPUNeed{ShareMilli: 300}
	offers := []planner.Offer{
		{Cards: planner.Cards{Model: a100, Count: 8, Partitionable: true}},
		{Cards: planner.Cards{Model: t4, Count: 4}},
		{Cards: planner.Cards{Model: a100, Count: 8, Fixed: map[string]int64{"3g.20gb": 2}}},
	}
	choose := func(model string, need planner.GPUNeed) planner.GPUChoice {
		return planner.GPUChoice{Model: model, Need: need}
	}
	set := func(members ...int) (s planner.Set) {
		for _, m := range members {
			s.Add(m)
		}
		return s
	}
	for claim, tc := range map[string]struct {
		choices []planner.GPUChoice
		allowed planner.Set
		want    map[string]planner.GPUNeed
	}{
		"the smaller slice of one model": {
			[]planner.GPUChoice{choose(a100, slice("2g.10gb")), choose(a100, slice("1g.5gb")), choose(a100, whole)}, set(0, 1, 2),
			map[string]planner.GPUNeed{a100: slice("1g.5gb")},
		},
		"one of each model":                      {[]planner.GPUChoice{choose(a100, slice("1g.5gb")), choose(t4, whole)}, set(0, 1), map[string]planner.GPUNeed{a100: slice("1g.5gb"), t4: whole}},
		"only models of offers that are allowed": {[]planner.GPUChoice{choose(a100, slice("1g.5gb")), choose(t4, whole)}, set(1), map[string]planner.GPUNeed{t4: whole}},
		"a share only where cards are shared":    {[]planner.GPUChoice{choose(t4, share), choose(t4, whole)}, set(1), map[string]planner.GPUNeed{t4: whole}},
		"of cards that are cut what they have":   {[]planner.GPUChoice{choose(a100, slice("1g.5gb")), choose(a100, slice("3g.20gb"))}, set(2), map[string]planner.GPUNeed{a100: slice("3g.20gb")}},
		"no more cards than a node has":          {[]planner.GPUChoice{choose(t4, planner.GPUNeed{Whole: 5})}, set(1), map[string]planner.GPUNeed{}},
		"no need is none":                        {[]planner.GPUChoice{choose(t4, planner.GPUNeed{})}, set(1), map[string]planner.GPUNeed{}},
		"two needs at once are none":             {[]planner.GPUChoice{choose(t4, planner.GPUNeed{Whole: 1, ShareMilli: 5})}, set(1), map[string]planner.GPUNeed{}},
		"a need by model again is none":          {[]planner.GPUChoice{choose(t4, planner.GPUNeed{Whole: 1, ByModel: map[string]planner.GPUNeed{}})}, set(1), map[string]planner.GPUNeed{}},
		"a slice that the model lacks is none":   {[]planner.GPUChoice{choose(a100, slice("9g.99gb"))}, set(0), map[string]planner.GPUNeed{}},
		"fewer than no slices are none":          {[]planner.GPUChoice{choose(a100, planner.GPUNeed{Slices: map[string]int64{"1g.5gb": -1}})}, set(0), map[string]planner.GPUNeed{}},
	} {
		t.Run(claim, func(t *testing.T) {
			got, ok := lower.NeedOf(tc.choices, offers, tc.allowed)
			if diff := cmp.Diff(tc.want, got.ByModel); diff != "" || ok != (len(tc.want) > 0) {
				t.Errorf("ok %v (-want +got):\n%s", ok, diff)
			}
		})
	}
}
