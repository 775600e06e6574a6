package pools

import (
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// TestRules asks how many nodes one type takes for two workloads of four small pods each, all of which fit one node.
func TestRules(t *testing.T) {
	for name, tc := range map[string]struct {
		edit         func(*planner.Snapshot, *planner.Plan)
		replicas     int64 // time slicing of the pool's cards
		want         int64 // nodes
		wantUnplaced int64
	}{
		"all fit one node": {want: 1},
		"at most one of a workload on a node": {want: 4, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Workloads[0].HostMax = 1
		}},
		"at most two of both on a node": {want: 4, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Rules = []planner.Rule{{Kind: planner.HostCap, Members: []int{0, 1}, Max: 2}}
		}},
		"two that avoid each other": {want: 2, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Rules = []planner.Rule{{Kind: planner.HostConflict, Members: []int{0}, Others: []int{1}}}
		}},
		"one that avoids itself": {want: 4, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Rules = []planner.Rule{{Kind: planner.HostConflict, Members: []int{1}, Others: []int{1}}}
		}},
		"spread over three zones": {want: 3, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Rules = []planner.Rule{{Kind: planner.ZoneSpread, Members: []int{0}, Max: 1}}
		}},
		"spread over three zones, of which it may use two": {want: 2, wantUnplaced: 2, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Rules = []planner.Rule{{Kind: planner.ZoneSpread, Members: []int{0}, Max: 1}}
			s.Workloads[0].Constraints = []planner.Constraint{fleet.Constrain(s.Offers, "zone", "", func(o planner.Offer) bool { return o.Zone != "c" })}
		}},
		"pods that the plan leaves on nodes that stay": {want: 1, edit: func(s *planner.Snapshot, p *planner.Plan) {
			s.Workloads[0].HostMax = 1
			p.Nodes = []planner.PlanNode{{Held: true, Count: 3, Pods: []planner.NodePods{{Workload: "Deployment/a", Count: 1}}}}
		}},
		"more pods than there are in the world": {want: (1<<40 + 4 + 52) / 53, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Workloads[0].Replicas = 1 << 40
		}},
		"a pod that is larger than every node": {want: 1, wantUnplaced: 4, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Workloads[0].Requests.MemoryMiB = 1 << 60
		}},
		"shares that a pod of which is a whole device": {want: 1, replicas: 8, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Workloads[0].GPU.ShareMilli = 125
		}},
		"a share that needs two devices of several cards is not promised one card": {want: 1, replicas: 4, wantUnplaced: 4, edit: func(s *planner.Snapshot, _ *planner.Plan) {
			s.Workloads[0].GPU.ShareMilli = 300
		}},
	} {
		t.Run(name, func(t *testing.T) {
			offers, _ := fleet.Offers(pricing.Default(), fleet.Options{Zones: []string{"a", "b", "c"}, TimeSlicing: true})
			machine := "g4dn.12xlarge" // 48 CPU, 4 cards
			s := planner.Snapshot{Offers: slices.DeleteFunc(offers, func(o planner.Offer) bool { return o.InstanceType != machine })}
			for _, name := range []string{"a", "b"} {
				s.Workloads = append(s.Workloads, planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: name}, Replicas: 4, Requests: planner.Resources{CPUMilli: 900, MemoryMiB: 512, Pods: 1}})
			}
			var plan planner.Plan
			if tc.edit != nil {
				tc.edit(&s, &plan)
			}
			d := Design{Of: [][]int{{0}, {0}}, Pools: []planner.Pool{{Name: "p", Steered: true, InstanceTypes: []string{machine}, CapacityTypes: []string{"on-demand"}, Replicas: tc.replicas}}}
			got, err := Simulate(Input{Snapshot: &s, Plan: &plan}, d)
			if err != nil {
				t.Fatal(err)
			}
			if got.Nodes != tc.want || got.Unplaced != tc.wantUnplaced {
				t.Errorf("got %d nodes and %d unplaced, want %d and %d", got.Nodes, got.Unplaced, tc.want, tc.wantUnplaced)
			}
		})
	}
}

func TestSimulateRefuses(t *testing.T) {
	in := packed(t, mixed(1, 20, 5))
	of := make([][]int, 5)
	for name, d := range map[string]Design{
		"a design of other workloads":   {Of: of[:4]},
		"a pool that is not there":      {Of: [][]int{nil, nil, {0}, nil, nil}},
		"a limit on nodes of two types": {Of: of, Pools: []planner.Pool{{InstanceTypes: []string{in.Snapshot.Offers[0].InstanceType, other(in.Snapshot)}, CapacityTypes: []string{"spot"}, NodesMost: 1}}},
		"types that nobody knows":       {Of: of, Pools: []planner.Pool{{InstanceTypes: []string{"x"}, CapacityTypes: []string{"spot"}}}},
	} {
		if got, err := Simulate(in, d); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

// other is a type that is not the first.
func other(s *planner.Snapshot) string {
	for i := range s.Offers {
		if o := &s.Offers[i]; o.InstanceType != s.Offers[0].InstanceType && o.Pool == s.Offers[0].Pool {
			return o.InstanceType
		}
	}
	return ""
}
