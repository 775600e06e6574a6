package lower_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// TestNeeds lowers one pod on a whole-card T4, a shared T4, an A100-40GB and an A100-80GB that can be cut (card kinds
// sorted by model: A100-40GB, A100-80GB, T4, T4 shared).
func TestNeeds(t *testing.T) {
	cases := map[string]struct {
		need planner.GPUNeed
		want []model.CardNeed
	}{
		"whole cards are met by any kind": {
			need: planner.GPUNeed{Whole: 2},
			want: []model.CardNeed{{Kind: 0, Whole: 2}, {Kind: 1, Whole: 2}, {Kind: 2, Whole: 2}, {Kind: 3, Whole: 2}},
		},
		"a share is met by cards that may be shared": {
			need: planner.GPUNeed{ShareMilli: 300}, want: []model.CardNeed{{Kind: 3, Share: 300}},
		},
		"1g.10gb is a slice of both A100s, of different shape": {
			need: planner.GPUNeed{Slices: map[string]int64{"1g.10gb": 2}},
			want: []model.CardNeed{{Kind: 0, Slices: []int64{2}}, {Kind: 1, Slices: []int64{2}}},
		},
		"1g.5gb is a slice of one": {
			need: planner.GPUNeed{Slices: map[string]int64{"1g.5gb": 1}}, want: []model.CardNeed{{Kind: 0, Slices: []int64{1}}},
		},
		"an older driver's name means the same profile": {
			need: planner.GPUNeed{Slices: map[string]int64{"3g.39gb": 1}}, want: []model.CardNeed{{Kind: 1, Slices: []int64{1}}},
		},
		"a model decides by itself": {
			need: planner.GPUNeed{Whole: 9, ByModel: map[string]planner.GPUNeed{
				"T4-16GB": {Whole: 1}, "A100-80GB": {Slices: map[string]int64{"1g.10gb": 1}},
			}},
			want: []model.CardNeed{{Kind: 1, Slices: []int64{1}}, {Kind: 2, Whole: 1}, {Kind: 3, Whole: 1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			for _, cards := range []planner.Cards{
				{Model: "T4-16GB", Count: 9}, {Model: "T4-16GB", Count: 1, Shareable: true},
				{Model: "A100-40GB", Count: 9, Partitionable: true}, {Model: "A100-80GB", Count: 1, Partitionable: true},
			} {
				c.on("g", "a", func(o *planner.Offer) { o.Cards = cards })
			}
			c.run("w", func(w *planner.Workload) { w.GPU = tc.need })
			low := lowered(t, c.Snapshot)
			if len(low.Problem.Items) != 1 {
				t.Fatalf("unplaced: %v", low.Unplaced)
			}
			if diff := cmp.Diff(tc.want, low.Problem.Items[0].Needs); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCards lowers one kind of node with cards, for a pod that asks for a 1g.5gb slice.
func TestCards(t *testing.T) {
	type result struct {
		Kind model.CardKind
		Bin  model.Bin
	}
	slice := model.CardKind{Slots: 8, Counters: []int64{1}, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7, Uses: []int64{0}},
	}}
	cases := map[string]struct {
		cards planner.Cards
		want  result
	}{
		"cards that can be cut": {
			cards: planner.Cards{Model: "A100-40GB", Count: 8, Partitionable: true}, want: result{Kind: slice, Bin: model.Bin{Cards: 8}},
		},
		"taken cards are gone, and live ones are not among them": {
			cards: planner.Cards{Model: "A100-40GB", Count: 4, Taken: 2, Live: []uint64{0, 0, 0, 0xf}, Partitionable: true},
			want:  result{Kind: slice, Bin: model.Bin{Cards: 2, Live: []uint64{0, 0xf}}},
		},
		"a fixed layout counts what is free of it, under the profile's own name": {
			cards: planner.Cards{Model: "A100-40GB", Count: 8, Taken: 6, Fixed: map[string]int64{"1g.5gb": 3, "7g.40gb": 2, "nonsense": 1}},
			want:  result{Kind: slice, Bin: model.Bin{Cards: 2, Fixed: []int64{3}}},
		},
		"cards that cannot be cut have no slots": {
			cards: planner.Cards{Model: "A100-40GB", Count: 8, Shareable: true},
			want:  result{Kind: model.CardKind{Share: 1000}, Bin: model.Bin{Cards: 8}},
		},
		"a model that nobody knows is cards and nothing more": {
			cards: planner.Cards{Model: "X9", Count: 2, Partitionable: true}, want: result{Bin: model.Bin{Cards: 2}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			c.on("g", "a", func(o *planner.Offer) { o.Cards = tc.cards })
			c.run("w", func(w *planner.Workload) { w.GPU.Slices = map[string]int64{"1g.5gb": 1} })
			low := lowered(t, c.Snapshot)
			b := low.Problem.Bins[0]
			got := result{Kind: low.Problem.Cards[0], Bin: model.Bin{Cards: b.Cards, Live: b.Live, Fixed: b.Fixed}}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestReasons lowers one workload that fits nowhere.
func TestReasons(t *testing.T) {
	cases := map[string]struct {
		edit func(*cluster)
		want string
	}{
		"nothing to plan with": {
			edit: func(c *cluster) { c.Offers = nil }, want: "there is no node and no instance type to plan with",
		},
		"one constraint that nothing meets": {
			edit: func(c *cluster) {
				c.Workloads[0].Constraints = append(c.in("a"), c.where("nodeSelector", "disk=ssd", func(*planner.Offer) bool { return false }))
			},
			want: "no node and no instance type satisfies nodeSelector: disk=ssd",
		},
		"two constraints that exclude each other": {
			edit: func(c *cluster) { c.Workloads[0].Constraints = append(c.in("a"), c.in("b")...) },
			want: "no node and no instance type satisfies volume: zone In [b] together with volume: zone In [a]",
		},
		"three constraints of which no two do": {
			edit: func(c *cluster) {
				not := func(zone string) planner.Constraint {
					return c.where("affinity", "not "+zone, func(o *planner.Offer) bool { return o.Zone != zone })
				}
				c.Workloads[0].Constraints = []planner.Constraint{not("a"), not("b"), not("c")}
			},
			want: "no node and no instance type satisfies affinity: not c together with affinity: not a, affinity: not b",
		},
		"too much of one resource": {
			edit: func(c *cluster) { c.Workloads[0].Requests.MemoryMiB = 9000 },
			want: "asks for 8.789 GiB of memory; the largest node that its constraints allow gives 8 GiB of memory",
		},
		"a resource that no node has": {
			edit: func(c *cluster) { c.Workloads[0].Requests.Extended = map[string]int64{"example.com/fpga": 1} },
			want: "asks for 1 example.com/fpga; the largest node that its constraints allow gives 0 example.com/fpga",
		},
		"too much of two together": {
			edit: func(c *cluster) {
				c.on("fat", "a", func(o *planner.Offer) { o.Allocatable.MemoryMiB, o.Allocatable.CPUMilli = 20_000, 1000 })
				c.Workloads[0].Requests = planner.Resources{CPUMilli: 3000, MemoryMiB: 10_240, Pods: 1}
			},
			want: "asks for 3 CPU and 10 GiB of memory; no single node that its constraints allow gives all of it",
		},
		"a GPU where there is none": {
			edit: func(c *cluster) { c.Workloads[0].GPU.Whole = 1 },
			want: "asks for 1 × GPU; no node that its constraints allow has a GPU",
		},
		"more GPUs than a node has": {
			edit: func(c *cluster) {
				c.on("g", "a", func(o *planner.Offer) { o.Cards = planner.Cards{Model: "T4-16GB", Count: 4, Taken: 1} })
				c.Workloads[0].GPU.Whole = 4
			},
			want: "asks for 4 × GPU; the largest node that its constraints allow has 3 free",
		},
		"a slice that the cards do not have": {
			edit: func(c *cluster) {
				c.on("g", "a", func(o *planner.Offer) { o.Cards = planner.Cards{Model: "T4-16GB", Count: 4, Partitionable: true} })
				c.Workloads[0].GPU.Slices = map[string]int64{"1g.5gb": 2, "3g.20gb": 1}
			},
			want: "asks for 2 × 1g.5gb + 3g.20gb; no node that its constraints allow offers it (they have T4-16GB)",
		},
		"more slices than the cards hold": {
			edit: func(c *cluster) {
				c.on("g", "a", func(o *planner.Offer) { o.Cards = planner.Cards{Model: "A100-40GB", Count: 1, Partitionable: true} })
				c.Workloads[0].GPU.Slices = map[string]int64{"3g.20gb": 3}
			},
			want: "asks for 3 × 3g.20gb; no node that its constraints allow offers it (they have A100-40GB)",
		},
		"a slice for which live instances leave no place": {
			edit: func(c *cluster) {
				c.on("g", "a", func(o *planner.Offer) {
					o.Cards = planner.Cards{Model: "A100-40GB", Count: 1, Partitionable: true, Live: []uint64{0b0001_0000}}
				})
				c.Workloads[0].GPU.Slices = map[string]int64{"7g.40gb": 1}
			},
			want: "asks for 7g.40gb; no node that its constraints allow offers it (they have A100-40GB)",
		},
		"a GPU and a size that no node has together": {
			edit: func(c *cluster) {
				c.on("g", "a", func(o *planner.Offer) {
					o.Cards, o.Allocatable.CPUMilli = planner.Cards{Model: "T4-16GB", Count: 4}, 500
				})
				c.Workloads[0].GPU.Whole = 1
			},
			want: "asks for 1 CPU and 1 GiB of memory and 1 × GPU; no single node that its constraints allow gives all of it",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			c.run("w", nil)
			tc.edit(c)
			low := lowered(t, c.Snapshot)
			want := []planner.Unplaced{{Workload: "Deployment/w", Count: 2, Reason: tc.want}}
			if diff := cmp.Diff(want, low.Unplaced); diff != "" {
				t.Errorf("unplaced (-want +got):\n%s", diff)
			}
			if len(low.Problem.Items) != 0 {
				t.Errorf("it is in the problem all the same: %+v", low.Problem.Items)
			}
		})
	}
}

func TestUsableCardsAreTheLiveOnesFirst(t *testing.T) {
	cases := map[string]struct {
		cards         planner.Cards
		usable, taken []int
	}{
		"nothing taken":                        {planner.Cards{Count: 3}, []int{0, 1, 2}, nil},
		"the last ones are taken":              {planner.Cards{Count: 3, Taken: 2}, []int{0}, []int{1, 2}},
		"a card with live instances is not":    {planner.Cards{Count: 3, Taken: 2, Live: []uint64{0, 0, 1}}, []int{2}, []int{0, 1}},
		"unless more are taken than are empty": {planner.Cards{Count: 2, Taken: 1, Live: []uint64{1, 1}}, []int{0}, []int{1}},
		"all taken":                            {planner.Cards{Count: 2, Taken: 2}, nil, []int{0, 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			usable, taken := lower.Usable(tc.cards)
			if !cmp.Equal(usable, tc.usable) || !cmp.Equal(taken, tc.taken) {
				t.Errorf("got usable %v and taken %v, want %v and %v", usable, taken, tc.usable, tc.taken)
			}
		})
	}
}
