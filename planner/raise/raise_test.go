package raise_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
	"github.com/tenon-sh/tenon/pricing"
)

// cluster is a Snapshot that tests add to.
type cluster struct{ planner.Snapshot }

// on adds an offer of 8 CPU for 100 (micro) an hour; with names, nodes that exist.
func (c *cluster) on(zone string, names ...string) *planner.Offer {
	c.Offers = append(c.Offers, planner.Offer{
		Pool: "pool", InstanceType: "m", Zone: zone, CapacityType: "on-demand", PriceMicro: 100, Nodes: names,
		Allocatable: planner.Resources{CPUMilli: 8000},
	})
	for _, name := range names {
		c.Nodes = append(c.Nodes, planner.Node{Name: name, InstanceType: "m", Zone: zone, Priced: true, PriceMicro: 100})
	}
	return &c.Offers[len(c.Offers)-1]
}

// run adds a workload of 1 CPU; today is "node:pods node:pods".
func (c *cluster) run(name string, replicas int64, today string) *planner.Workload {
	w := planner.Workload{Ref: planner.Ref{Kind: "D", Name: name}, Replicas: replicas, Requests: planner.Resources{CPUMilli: 1000}}
	for _, word := range strings.Fields(today) {
		node, pods, _ := strings.Cut(word, ":")
		w.Today = append(w.Today, planner.Location{Node: node, Pods: int64(pods[0] - '0')})
	}
	c.Workloads = append(c.Workloads, w)
	return &c.Workloads[len(c.Workloads)-1]
}

// packed is count bins with items: pairs of item and count.
func packed(bin int, count int64, items ...int64) model.Packed {
	p := model.Packed{Bin: bin, Count: count}
	for i := 0; i < len(items); i += 2 {
		p.Items = append(p.Items, model.Load{Item: int(items[i]), Count: items[i+1]})
	}
	return p
}

func raised(t testing.TB, s planner.Snapshot, k model.Packing) planner.Plan {
	t.Helper()
	c, err := lower.Canonical(s)
	if err != nil {
		t.Fatalf("Canonical: %v", err)
	}
	low, err := lower.Lower(c)
	if err != nil {
		t.Fatalf("Lower: %v", err)
	}
	plan, err := raise.Raise(c, low, &k)
	if err != nil {
		t.Fatalf("Raise: %v", err)
	}
	return plan
}

// nodesOf prints nodes as "2 m/a [n1 n2] D/v:3 D/w:1".
func nodesOf(plan planner.Plan) []string {
	var out []string
	for _, n := range plan.Nodes {
		text := fmt.Sprintf("%d %s/%s %v", n.Count, n.InstanceType, n.Zone, n.Names)
		for _, p := range n.Pods {
			text += fmt.Sprintf(" %s:%d", p.Workload, p.Count)
		}
		out = append(out, text)
	}
	return out
}

func TestDealing(t *testing.T) {
	cases := map[string]struct {
		build func(*cluster)
		bins  []model.Packed
		want  []string
	}{
		"new nodes go evenly to the zones": {
			build: func(c *cluster) {
				c.on("a")
				c.on("b")
				c.on("c")
				c.run("w", 7, "")
			},
			bins: []model.Packed{packed(0, 7, 0, 1)},
			want: []string{"3 m/a [] D/w:1", "2 m/b [] D/w:1", "2 m/c [] D/w:1"},
		},
		"a kind of which there is a finite number is not overdrawn": {
			build: func(c *cluster) {
				c.on("a").Max = 1
				c.on("b").Max = 3
				c.run("w", 4, "")
			},
			bins: []model.Packed{packed(0, 4, 0, 1)},
			want: []string{"1 m/a [] D/w:1", "3 m/b [] D/w:1"},
		},
		"the heavier NodePool gets all, not half": {
			build: func(c *cluster) {
				c.on("a").Pool = "light"
				heavy := c.on("a")
				heavy.Pool, heavy.Weight, heavy.InstanceType = "heavy", 10, "h"
				c.run("w", 4, "")
			},
			bins: []model.Packed{packed(0, 4, 0, 1)},
			want: []string{"4 h/a [] D/w:1"},
		},
		"pods of joined workloads are dealt along the nodes, so that few differ": {
			build: func(c *cluster) {
				c.on("a")
				c.run("v", 9, "")
				c.run("w", 11, "")
			},
			bins: []model.Packed{packed(0, 5, 0, 4)},
			want: []string{"2 m/a [] D/v:4", "1 m/a [] D/v:1 D/w:3", "2 m/a [] D/w:4"},
		},
		"a node of today becomes the content that has most pods in common with it": {
			build: func(c *cluster) {
				c.on("a", "n1", "n2", "n3")
				c.run("v", 4, "n3:4").Requests.CPUMilli = 500
				c.run("w", 6, "n1:1 n2:4")
			},
			bins: []model.Packed{packed(0, 1, 0, 4), packed(0, 1, 1, 5), packed(0, 1, 1, 1)},
			want: []string{"1 m/a [n3] D/v:4", "1 m/a [n2] D/w:5", "1 m/a [n1] D/w:1"},
		},
		"on a node of today joined workloads keep their pods": {
			build: func(c *cluster) {
				c.on("a", "n1", "n2")
				c.run("v", 3, "n2:3")
				c.run("w", 3, "n1:3")
			},
			bins: []model.Packed{packed(0, 2, 0, 3)},
			want: []string{"1 m/a [n2] D/v:3", "1 m/a [n1] D/w:3"},
		},
		"a held node without planned pods is part of the plan": {
			build: func(c *cluster) {
				c.on("a", "n1", "n2").Held = true
				c.run("w", 1, "n2:1")
			},
			bins: []model.Packed{packed(0, 1, 0, 1)},
			want: []string{"1 m/a [n1]", "1 m/a [n2] D/w:1"},
		},
		"pods that share a node are all there": {
			build: func(c *cluster) {
				c.on("a")
				c.run("v", 2, "")
				c.run("w", 3, "")
				c.Rules = []planner.Rule{{Kind: planner.HostTogether, Members: []int{0, 1}}}
			},
			bins: []model.Packed{packed(0, 1, 0, 1)},
			want: []string{"1 m/a [] D/v:2 D/w:3"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			tc.build(c)
			plan := raised(t, c.Snapshot, model.Packing{Bins: tc.bins})
			if diff := cmp.Diff(tc.want, nodesOf(plan)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			for i, n := range plan.Nodes {
				if want := fmt.Sprintf("n%d", i+1); n.ID != want {
					t.Errorf("node %d has the ID %s, want %s", i, n.ID, want)
				}
			}
		})
	}
}

func TestBooks(t *testing.T) {
	c := &cluster{}
	c.on("a", "kept", "gone")
	c.on("b", "held").Held = true
	c.on("c")
	c.NodesKnown = true
	c.Nodes = append(c.Nodes,
		planner.Node{Name: "odd", Reason: "no price"},
		planner.Node{Name: "other", Priced: true, PriceMicro: 7},
		planner.Node{Name: "cordoned", Held: true, Priced: true, PriceMicro: 30, Reason: "cordoned"})
	c.run("w", 6, "kept:3 gone:2 held:1").Soft = []string{"spread"}
	c.Catalog.Currency = "USD"
	plan := raised(t, c.Snapshot, model.Packing{
		Bins: []model.Packed{packed(0, 1, 0, 1), packed(1, 1, 0, 3), packed(2, 1, 0, 1)}, Unplaced: []int64{1}, Cost: 200, LowerBound: 134, Status: model.Partial,
		Work: model.Work{Iterations: 1, Columns: 2, Pivots: 3, Pruned: 4, Components: 5},
	})
	// The other node is neither held nor offered: it goes, and saves its 7.
	now, saved := pricing.Micro(337), 2.0771
	want := planner.Cost{
		Currency: "USD", NowPerHour: &now, PlannedPerHour: 330, LowerBoundPerHour: 264, GapPercent: 25, HeldPerHour: 130,
		SavedPercent: &saved, UnpricedNodes: 1,
	}
	if diff := cmp.Diff(want, plan.Cost); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	// Kept are held, kept and the cordoned one; gone and the other go. The two pods of gone move, the four others stay.
	if diff := cmp.Diff(planner.Changes{Keep: 3, Add: 1, Remove: 2, Moves: 2, Stay: 4}, plan.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	var fates []string
	for _, n := range plan.Today {
		fates = append(fates, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", n.Name, n.Fate, n.Node, n.Reason)))
	}
	wantFates := []string{
		"cordoned held  cordoned", "gone remove  its 2 pods are planned elsewhere for less", "held held n2", "kept keep n1",
		"odd outside  no price", "other remove  no planned pod runs on it",
	}
	if diff := cmp.Diff(wantFates, fates); diff != "" {
		t.Errorf("today (-want +got):\n%s", diff)
	}
	wantSolver := planner.Solver{Status: "partial", Iterations: 1, Columns: 2, Pivots: 3, Shapes: 1, Offers: 3, Pruned: 4, Components: 5}
	if diff := cmp.Diff(wantSolver, plan.Solver); diff != "" {
		t.Errorf("solver (-want +got):\n%s", diff)
	}
	wantPlaced := []planner.Placement{{Workload: "D/w", Node: "n1", Count: 3}, {Workload: "D/w", Node: "n2", Count: 1}, {Workload: "D/w", Node: "n3", Count: 1}}
	if diff := cmp.Diff(wantPlaced, plan.Placements); diff != "" {
		t.Errorf("placements (-want +got):\n%s", diff)
	}
	if plan.Workloads[0].Moves != 2 || plan.Workloads[0].Offers != 3 || plan.Workloads[0].Soft[0] != "spread" {
		t.Errorf("workload %+v", plan.Workloads[0])
	}
	if n := plan.Nodes[0]; n.Requested.CPUMilli != 3000 || n.PricePerHour != 100 {
		t.Errorf("node %+v", n)
	}
}

func TestGapIsRoundedAgainstUs(t *testing.T) {
	cases := map[string]struct {
		cost, bound   int64
		gap           float64
		now           pricing.Micro
		savedPerCents float64
	}{
		"nothing is proven optimal":                {0, 0, 0, 1000, 100},
		"a proof of nothing is the largest gap":    {10, 0, raise.GapMax, 1000, 99},
		"the last digit of a gap goes up":          {3_000_001, 3_000_000, 0.0001, 3_000_001, 0},
		"the last digit of savings goes down":      {2, 2, 0, 3, 33.3333},
		"a loss is rounded down too, away from us": {4, 4, 0, 3, -33.3334},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			c.on("a")
			c.run("w", 1, "")
			c.Nodes, c.NodesKnown = []planner.Node{{Name: "n", Priced: true, PriceMicro: tc.now}}, true
			c.Offers[0].Nodes = []string{"n"}
			plan := raised(t, c.Snapshot, model.Packing{Cost: tc.cost, LowerBound: tc.bound, Bins: []model.Packed{packed(0, 1, 0, 1)}})
			if plan.Cost.GapPercent != tc.gap || *plan.Cost.SavedPercent != tc.savedPerCents {
				t.Errorf("got gap %v and saved %v, want %v and %v", plan.Cost.GapPercent, *plan.Cost.SavedPercent, tc.gap, tc.savedPerCents)
			}
		})
	}
}

func TestReasonsOfTheSolver(t *testing.T) {
	cases := map[string]struct {
		build func(*cluster)
		bins  []model.Packed
		want  string
	}{
		"a NodePool limit, with what held nodes take of it": {
			build: func(c *cluster) {
				c.on("a").Capacity = planner.Resources{CPUMilli: 8192}
				held := c.on("a", "h")
				held.Held, held.Capacity = true, planner.Resources{CPUMilli: 8192}
				held.Used = planner.Resources{CPUMilli: 7500}
				c.Limits = []planner.Limit{{Pool: "pool", Resource: "cpu", Max: 20_000}}
			},
			bins: []model.Packed{packed(1, 1, 0, 8)},
			want: `NodePool limit: cpu of "pool" is 20.000, 16.384 of it is planned, and one more node takes 8.192`,
		},
		"nodes of today that are full": {
			build: func(c *cluster) { c.on("a", "n") },
			bins:  []model.Packed{packed(0, 1, 0, 8)},
			want:  "the nodes of today that it may use are full",
		},
		"a reservation that is used up": {
			build: func(c *cluster) { c.on("a").Max = 1 },
			bins:  []model.Packed{packed(0, 1, 0, 8)},
			want:  "no more nodes can be had of the kinds of which there is a finite number",
		},
		"a rule": {
			build: func(c *cluster) {
				c.on("a")
				c.Rules = []planner.Rule{{Kind: planner.ZoneCap, Members: []int{0}, Max: 8, Text: "at most 8 in a zone"}}
			},
			bins: []model.Packed{packed(0, 1, 0, 8)},
			want: "rules leave no room for it: at most 8 in a zone",
		},
		"a solver that gave up": {
			build: func(c *cluster) { c.on("a") },
			bins:  []model.Packed{packed(0, 1, 0, 8)},
			want:  "no room was found for it",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			c.run("w", 9, "")
			tc.build(c)
			plan := raised(t, c.Snapshot, model.Packing{Bins: tc.bins, Unplaced: []int64{1}})
			if diff := cmp.Diff([]planner.Unplaced{{Workload: "D/w", Count: 1, Reason: tc.want}}, plan.Unplaced); diff != "" {
				t.Errorf("unplaced (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRaiseRefusesAForeignPacking(t *testing.T) {
	cases := map[string]model.Packed{
		"of a bin that does not exist":  packed(7, 1, 0, 1),
		"of no bins":                    packed(0, 0, 0, 1),
		"of more nodes than can be had": packed(0, 3, 0, 1),
		"of more pods than there are":   packed(0, 1, 0, 9),
		"of more nodes than any plan":   packed(0, raise.NodesMax+1, 0, 1),
	}
	for name, bin := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			c.on("a").Max = 2
			c.run("w", 3, "")
			s, _ := lower.Canonical(c.Snapshot)
			low, err := lower.Lower(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := raise.Raise(s, low, &model.Packing{Bins: []model.Packed{bin}}); !errors.Is(err, raise.ErrPacking) {
				t.Errorf("got %v, want ErrPacking", err)
			}
		})
	}
}
