package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

const price = 1_000_000

var (
	room      = planner.Resources{CPUMilli: 4000, MemoryMiB: 8192, Pods: 10}
	idleCases = map[string]struct {
		node      planner.PlanNode
		wantTight string
		wantIdle  pricing.Micro
	}{
		"the fullest resource is tight, and its free share is idle": {
			node:      planner.PlanNode{Allocatable: room, Requested: planner.Resources{CPUMilli: 3000, MemoryMiB: 1024, Pods: 1}},
			wantTight: "CPU", wantIdle: price / 4,
		},
		"DaemonSets and pods that stay count as taken": {
			node: planner.PlanNode{Allocatable: room, DaemonSets: planner.Resources{MemoryMiB: 2048}, Stay: planner.Resources{MemoryMiB: 2048},
				Requested: planner.Resources{CPUMilli: 1000, MemoryMiB: 2048, Pods: 1}},
			wantTight: "memory", wantIdle: price / 4,
		},
		"pods themselves may be tight": {
			node:      planner.PlanNode{Allocatable: room, Requested: planner.Resources{CPUMilli: 1000, MemoryMiB: 1024, Pods: 9}},
			wantTight: "pods", wantIdle: price / 10,
		},
		"so may an extended resource": {
			node: planner.PlanNode{Allocatable: planner.Resources{CPUMilli: 4000, Extended: map[string]int64{"vpc.amazonaws.com/efa": 4}},
				Requested: planner.Resources{CPUMilli: 1000, Extended: map[string]int64{"vpc.amazonaws.com/efa": 2}}},
			wantTight: "vpc.amazonaws.com/efa", wantIdle: price / 2,
		},
		"a tie goes to the cards": {
			node:      planner.PlanNode{Allocatable: room, Requested: planner.Resources{CPUMilli: 4000}, GPUs: []planner.PlanGPU{{Mode: "whole", User: "w"}}},
			wantTight: "GPU", wantIdle: 0,
		},
		"seven slices of an A100 leave an eighth idle": {
			node: planner.PlanNode{Allocatable: room, GPUModel: "A100-40GB", GPUs: []planner.PlanGPU{{Mode: "mig", Layout: []planner.PlanMIG{
				{Size: 1, Workload: "w"}, {Start: 1, Size: 1, Workload: "w"}, {Start: 2, Size: 1, Workload: "w"}, {Start: 3, Size: 1, Workload: "w"},
				{Start: 4, Size: 1, Workload: "w"}, {Start: 5, Size: 1, Workload: "w"}, {Start: 6, Size: 1, Workload: "w"}}}}},
			wantTight: "GPU", wantIdle: price / 8,
		},
		"half of an A30 is two slices of four": {
			node: planner.PlanNode{Allocatable: room, GPUModel: "A30-24GB", GPUs: []planner.PlanGPU{{Mode: "mig", Layout: []planner.PlanMIG{
				{Size: 2, Workload: "w"}}}}},
			wantTight: "GPU", wantIdle: price / 2,
		},
		"an instance that nobody has is idle": {
			node: planner.PlanNode{Allocatable: planner.Resources{CPUMilli: 1000}, GPUModel: "A100-40GB", GPUs: []planner.PlanGPU{
				{Mode: "mig", Layout: []planner.PlanMIG{{Size: 4, Workload: "w"}, {Start: 4, Size: 4}}}}},
			wantTight: "GPU", wantIdle: price / 2,
		},
		"an instance in use today is not": {
			node: planner.PlanNode{Allocatable: planner.Resources{CPUMilli: 1000}, GPUModel: "A100-40GB", GPUs: []planner.PlanGPU{
				{Mode: "live", Layout: []planner.PlanMIG{{Size: 4, Workload: "w"}, {Profile: "live", Start: 4, Size: 4}}}}},
			wantTight: "GPU", wantIdle: 0,
		},
		"an empty node is idle altogether": {
			node: planner.PlanNode{Allocatable: room}, wantTight: "CPU", wantIdle: price,
		},
		"an overfull node is not idle": {
			node: planner.PlanNode{Allocatable: room, Requested: planner.Resources{CPUMilli: 9000}}, wantTight: "CPU", wantIdle: 0,
		},
		"a node of unknown size has no idle money": {node: planner.PlanNode{}, wantTight: "none", wantIdle: 0},
	}
)

func TestIdleMoney(t *testing.T) {
	for claim, tc := range idleCases {
		t.Run(claim, func(t *testing.T) {
			tc.node.PricePerHour, tc.node.Count = price, 1
			b := newBox(&tc.node)
			tight := "none"
			if b.tight >= 0 {
				tight = b.gauges[b.tight].name
			}
			if tight != tc.wantTight || b.idle != tc.wantIdle {
				t.Errorf("got %s tight and %v idle, want %s and %v", tight, b.idle, tc.wantTight, tc.wantIdle)
			}
		})
	}
}

// What workloads carry of a node's price adds up to the price, to one millionth a workload.
func TestSharesAddUpToThePrice(t *testing.T) {
	p := planner.Plan{
		Workloads: []planner.PlanWork{
			{Workload: "a", Requests: planner.Resources{CPUMilli: 700, MemoryMiB: 100}}, {Workload: "b", Requests: planner.Resources{CPUMilli: 300, MemoryMiB: 5000}},
			{Workload: "c", Requests: planner.Resources{MemoryMiB: 10}},
		},
		Nodes: []planner.PlanNode{{
			ID: "n1", Count: 3, PricePerHour: 999_999, Allocatable: planner.Resources{CPUMilli: 4000, MemoryMiB: 64_000},
			DaemonSets: planner.Resources{CPUMilli: 100}, Requested: planner.Resources{CPUMilli: 3100, MemoryMiB: 15_410},
			Pods: []planner.NodePods{{Workload: "a", Count: 4}, {Workload: "b", Count: 1}, {Workload: "c", Count: 1}},
		}},
	}
	v := newView(p)
	total := pricing.Micro(0)
	for _, w := range v.works {
		total += w.cost
	}
	if off := total - v.boxes[0].total; off < -9 || off > 9 {
		t.Errorf("shares add up to %v, the nodes cost %v", total, v.boxes[0].total)
	}
	if got := v.works[2].cost; got != 0 {
		t.Errorf("a pod without the tight resource carries %v, want nothing", got)
	}
	if got := v.works[0].placed; got != 12 {
		t.Errorf("%d pods of a are placed, want 4 on each of 3", got)
	}
}

func TestHeadlineWords(t *testing.T) {
	micro := func(m pricing.Micro) *pricing.Micro { return &m }
	percents := func(f float64) *float64 { return &f }
	for claim, tc := range map[string]struct {
		cost       planner.Cost
		status     string
		wantSaved  string
		wantProof  string
		wantFigure int
	}{
		"a cheaper plan saves": {
			cost:      planner.Cost{NowPerHour: micro(2_000_000), PlannedPerHour: 1_500_000, SavedPercent: percents(25)},
			wantSaved: "saves $0.5000 (25.0 %)", wantProof: "no plan for this input can cost less than the lower bound; this one costs at most 0.0 % more than the cheapest", wantFigure: 4,
		},
		"a dearer plan says so": {
			cost:      planner.Cost{NowPerHour: micro(1_000_000), PlannedPerHour: 1_500_000, SavedPercent: percents(-50), GapPercent: 1.5},
			wantSaved: "costs $0.5000 more (50.0 %)", wantProof: "no plan for this input can cost less than the lower bound; this one costs at most 1.5 % more than the cheapest", wantFigure: 4,
		},
		"an equal plan says so":         {cost: planner.Cost{NowPerHour: micro(7), PlannedPerHour: 7}, status: "optimal", wantSaved: "costs the same", wantProof: "optimal: no plan for this input can cost less", wantFigure: 4},
		"without a now nothing is said": {cost: planner.Cost{PlannedPerHour: 7}, status: "empty", wantProof: "nothing to place", wantFigure: 3},
		"held nodes have their line":    {cost: planner.Cost{PlannedPerHour: 7, HeldPerHour: 7}, status: "empty", wantProof: "nothing to place", wantFigure: 4},
	} {
		t.Run(claim, func(t *testing.T) {
			tc.cost.Currency = "USD"
			v := newView(planner.Plan{Cost: tc.cost, Solver: planner.Solver{Status: tc.status}})
			saved := ""
			figures := v.headline()
			for _, f := range figures {
				if f.name == "Planned" {
					saved = f.remark
				}
			}
			if saved != tc.wantSaved || len(figures) != tc.wantFigure {
				t.Errorf("got %q in %d lines, want %q in %d", saved, len(figures), tc.wantSaved, tc.wantFigure)
			}
			if got := v.proofLine(); got != tc.wantProof {
				t.Errorf("got %q, want %q", got, tc.wantProof)
			}
		})
	}
}

// Grouping loses no node and no money, and the dearest group comes first.
func TestGroupsKeepTheTotal(t *testing.T) {
	p := planner.Plan{Nodes: []planner.PlanNode{
		{ID: "n1", InstanceType: "small", Count: 2, PricePerHour: 10, Names: []string{"x"}}, {ID: "n2", InstanceType: "large", Count: 1, PricePerHour: 100},
		{ID: "n3", InstanceType: "small", Count: 3, PricePerHour: 10}, {ID: "n4", InstanceType: "small", Zone: "b", Count: 1, PricePerHour: 10},
		{ID: "n5", InstanceType: "small", Count: 1, PricePerHour: 10, Held: true, Names: []string{"y"}},
	}}
	type line struct {
		Type, Zone, State string
		Nodes             int64
		Price             pricing.Micro
	}
	var got []line
	for _, k := range newView(p).grouped() {
		got = append(got, line{k.boxes[0].InstanceType, k.boxes[0].Zone, k.state(), k.nodes, k.price()})
	}
	want := []line{{"large", "", "new", 1, 100}, {"small", "", "4 new", 5, 50}, {"small", "b", "new", 1, 10}, {"small", "", "held", 1, 10}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
