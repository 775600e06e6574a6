package raise_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

func mig(profile string, start, size int, workload string) planner.PlanMIG {
	return planner.PlanMIG{Profile: profile, Start: start, Size: size, Workload: workload}
}

// TestGPUs raises one node. The items are the workloads in order; profiles are numbered as the model lists them, of
// those that are asked for: on an A100-40GB 1g.5gb, 2g.10gb, 3g.20gb.
func TestGPUs(t *testing.T) {
	slice := func(item, profile, start int) model.Slice {
		return model.Slice{Item: item, Profile: profile, Start: start}
	}
	a100 := planner.Cards{Model: "A100-40GB", Count: 2, Partitionable: true}
	cases := map[string]struct {
		cards planner.Cards
		held  bool
		build func(*cluster)
		items []int64
		uses  []model.CardUse
		want  []planner.PlanGPU
	}{
		"instances stand in the order that the driver accepts": {
			cards: a100,
			build: func(c *cluster) {
				c.run("a", 2, "").GPU.Slices = map[string]int64{"1g.5gb": 1}
				c.run("b", 1, "").GPU.Slices = map[string]int64{"2g.10gb": 1, "3g.20gb": 1}
			},
			items: []int64{0, 2, 1, 1},
			uses:  []model.CardUse{{Slices: []model.Slice{slice(0, 0, 0), slice(0, 0, 1), slice(1, 1, 2), slice(1, 2, 4)}}},
			want: []planner.PlanGPU{
				{Index: 0, Mode: "mig", Layout: []planner.PlanMIG{
					mig("3g.20gb", 4, 4, "D/b"), mig("2g.10gb", 2, 2, "D/b"), mig("1g.5gb", 0, 1, "D/a"), mig("1g.5gb", 1, 1, "D/a"),
				}},
				{Index: 1, Mode: "idle"},
			},
		},
		"joined workloads share the cards of their item in order": {
			cards: planner.Cards{Model: "T4-16GB", Count: 5},
			build: func(c *cluster) {
				c.run("a", 1, "").GPU.Whole = 2
				c.run("b", 1, "").GPU.Whole = 2
			},
			items: []int64{0, 2},
			uses:  []model.CardUse{{Whole: 1}, {Whole: 1}, {Whole: 1}, {Whole: 1}},
			want: []planner.PlanGPU{
				{Index: 0, Mode: "whole", User: "D/a"}, {Index: 1, Mode: "whole", User: "D/a"},
				{Index: 2, Mode: "whole", User: "D/b"}, {Index: 3, Mode: "whole", User: "D/b"}, {Index: 4, Mode: "idle"},
			},
		},
		"shares of one workload on one card are one part": {
			cards: planner.Cards{Model: "T4-16GB", Count: 2, Shareable: true},
			build: func(c *cluster) {
				c.run("a", 3, "").GPU.ShareMilli = 300
				c.run("b", 2, "").GPU.ShareMilli = 300
			},
			items: []int64{0, 5},
			uses:  []model.CardUse{{Shares: []model.Load{{Item: 0, Count: 2}}}, {Shares: []model.Load{{Item: 0, Count: 3}}}},
			want: []planner.PlanGPU{
				{Index: 0, Mode: "shared", Shares: []planner.PlanPart{{Workload: "D/a", Milli: 300, Count: 2}}},
				{Index: 1, Mode: "shared", Shares: []planner.PlanPart{{Workload: "D/a", Milli: 300, Count: 1}, {Workload: "D/b", Milli: 300, Count: 2}}},
			},
		},
		"pods that share a node and a card are named one by one": {
			cards: planner.Cards{Model: "T4-16GB", Count: 1, Shareable: true},
			build: func(c *cluster) {
				c.run("a", 2, "").GPU.ShareMilli = 200
				c.run("b", 1, "").GPU.ShareMilli = 500
				c.Rules = []planner.Rule{{Kind: planner.HostTogether, Members: []int{0, 1}}}
			},
			items: []int64{0, 1},
			uses:  []model.CardUse{{Shares: []model.Load{{Item: 0, Count: 1}}}},
			want: []planner.PlanGPU{{Index: 0, Mode: "shared", Shares: []planner.PlanPart{
				{Workload: "D/a", Milli: 200, Count: 2}, {Workload: "D/b", Milli: 500, Count: 1},
			}}},
		},
		"live instances and taken cards stay where they are": {
			cards: planner.Cards{Model: "A100-40GB", Count: 3, Taken: 1, Live: []uint64{0, 0b11_0000}, Partitionable: true}, held: true,
			build: func(c *cluster) { c.run("a", 2, "").GPU.Slices = map[string]int64{"2g.10gb": 1} },
			items: []int64{0, 2},
			uses:  []model.CardUse{{Slices: []model.Slice{slice(0, 0, 4)}}, {Slices: []model.Slice{slice(0, 0, 0)}}},
			want: []planner.PlanGPU{
				{Index: 0, Mode: "mig", Layout: []planner.PlanMIG{mig("2g.10gb", 4, 2, "D/a")}},
				{Index: 1, Mode: "live", Layout: []planner.PlanMIG{mig("live", 4, 2, ""), mig("2g.10gb", 0, 2, "D/a")}},
				{Index: 2, Mode: "live"},
			},
		},
		"fixed instances are shown on the cards that are cut": {
			cards: planner.Cards{Model: "A100-40GB", Count: 3, Taken: 2, Fixed: map[string]int64{"3g.20gb": 4, "7g.40gb": 1}},
			build: func(c *cluster) {
				c.run("a", 3, "").GPU.Slices = map[string]int64{"3g.20gb": 1}
				c.run("b", 1, "").GPU.Whole = 1
			},
			items: []int64{0, 3, 1, 1},
			uses:  []model.CardUse{{Whole: 2}, {Slices: []model.Slice{slice(0, 0, -1), slice(0, 0, -1), slice(0, 0, -1)}}},
			want: []planner.PlanGPU{
				{Index: 0, Mode: "whole", User: "D/b"},
				{Index: 1, Mode: "mig", Layout: []planner.PlanMIG{mig("3g.20gb", 4, 4, "D/a"), mig("3g.20gb", 0, 4, "D/a")}},
				{Index: 2, Mode: "mig", Layout: []planner.PlanMIG{mig("3g.20gb", 4, 4, "D/a")}},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			c.on("a").Cards = tc.cards
			if tc.held {
				c.Offers[0].Held, c.Offers[0].Nodes = true, []string{"n"}
			}
			tc.build(c)
			bin := packed(0, 1, tc.items...)
			bin.Cards = tc.uses
			plan := raised(t, c.Snapshot, model.Packing{Bins: []model.Packed{bin}})
			if diff := cmp.Diff(tc.want, plan.Nodes[0].GPUs); diff != "" {
				t.Errorf("GPUs (-want +got):\n%s", diff)
			}
		})
	}
}
