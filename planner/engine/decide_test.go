package engine_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

func decide(t testing.TB, s planner.Snapshot) planner.Plan {
	t.Helper()
	plan, err := engine.Decide(engine.Input{Snapshot: s, Solve: firstFit})
	if err != nil {
		t.Fatalf("Decide: %v", err)
	}
	return plan
}

func encode(t testing.TB, plan planner.Plan) []byte {
	t.Helper()
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return data
}

// FuzzDecide checks on random clusters what must hold of every plan: books that balance, a proof that verifies, and
// bytes that do not depend on the order in which the cluster was described.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		s := randomWorld(seed)
		plan := decide(t, s)
		data := encode(t, plan)
		checkPods(t, s, plan)
		checkMoney(t, plan)
		report, err := engine.VerifyAgainst(data, s)
		if err != nil {
			t.Fatalf("VerifyAgainst: %v", err)
		}
		if report.Planned != plan.Cost.PlannedPerHour || report.Digest != plan.Digest || !report.InputCompared {
			t.Errorf("report %+v for a plan of %s, digest %s", report, plan.Cost.PlannedPerHour, plan.Digest)
		}
		if diff := cmp.Diff(string(data), string(encode(t, decide(t, shuffled(s, seed))))); diff != "" {
			t.Errorf("the plan depends on the order of the input (-want +got):\n%s", diff)
		}
	})
}

// checkPods: every pod is on a node or unplaced, exactly once, and all lists of the plan say the same.
func checkPods(t *testing.T, s planner.Snapshot, plan planner.Plan) {
	t.Helper()
	want, onNodes, placed := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, w := range s.Workloads {
		if w.Replicas > 0 {
			want[lower.WorkloadName(w)] = w.Replicas
		}
	}
	for _, n := range plan.Nodes {
		for _, p := range n.Pods {
			onNodes[p.Workload] += p.Count * n.Count
		}
	}
	for _, p := range plan.Placements {
		placed[p.Workload] += p.Count
	}
	if diff := cmp.Diff(onNodes, placed); diff != "" {
		t.Errorf("nodes and placements disagree (-nodes +placements):\n%s", diff)
	}
	for _, u := range plan.Unplaced {
		if u.Reason == "" || u.Count < 1 {
			t.Errorf("%d pods of %s are unplaced for the reason %q", u.Count, u.Workload, u.Reason)
		}
		placed[u.Workload] += u.Count
	}
	if diff := cmp.Diff(want, placed); diff != "" {
		t.Errorf("placed and unplaced pods are not all pods (-want +got):\n%s", diff)
	}
}

// checkMoney: the plan costs the sum of its nodes and of the nodes that stay outside it.
func checkMoney(t *testing.T, plan planner.Plan) {
	t.Helper()
	var nodes, now, held pricing.Micro
	names := map[string]bool{}
	for _, n := range plan.Nodes {
		nodes += n.PricePerHour.Times(n.Count)
		if n.Held {
			held += n.PricePerHour.Times(n.Count)
		}
		if len(n.Names) > 0 && int64(len(n.Names)) != n.Count {
			t.Errorf("node group %s: %d names for %d nodes", n.ID, len(n.Names), n.Count)
		}
		for _, name := range n.Names {
			if names[name] {
				t.Errorf("node %s stands in two groups", name)
			}
			names[name] = true
		}
	}
	for _, x := range plan.Today {
		if x.PricePerHour == nil {
			continue
		}
		now += *x.PricePerHour
		if x.Node == "" && (x.Fate == "held" || x.Fate == "outside") {
			nodes += *x.PricePerHour
			held += *x.PricePerHour
		}
	}
	if plan.Cost.PlannedPerHour != nodes {
		t.Errorf("planned %s, the nodes add up to %s", plan.Cost.PlannedPerHour, nodes)
	}
	if plan.Cost.HeldPerHour != held {
		t.Errorf("held %s, the held nodes add up to %s", plan.Cost.HeldPerHour, held)
	}
	if plan.Cost.NowPerHour != nil && *plan.Cost.NowPerHour != now {
		t.Errorf("now %s, the nodes of today add up to %s", *plan.Cost.NowPerHour, now)
	}
	moves := pricing.Micro(0)
	if plan.Cost.MovesPerHour != nil {
		moves = *plan.Cost.MovesPerHour
	}
	if plan.Cost.LowerBoundPerHour > plan.Cost.PlannedPerHour.Plus(moves) {
		t.Errorf("bound %s above cost %s and moves %s", plan.Cost.LowerBoundPerHour, plan.Cost.PlannedPerHour, moves)
	}
	// Pods that could stay and do not are paid for; those of workloads that have shrunk, or that may not stay, move for nothing.
	if each := plan.Cost.MovePricePerHour; each != nil && (moves%*each != 0 || moves > each.Times(plan.Changes.Moves)) {
		t.Errorf("moves cost %s at %s each, and %d pods move", moves, *each, plan.Changes.Moves)
	}
}

func TestDecideRefuses(t *testing.T) {
	cases := map[string]struct {
		in   engine.Input
		want error
	}{
		"to run without a solver": {in: engine.Input{Snapshot: cpuWorld()}, want: engine.ErrNoSolver},
		"a snapshot that contradicts itself": {
			in:   engine.Input{Snapshot: planner.Snapshot{Rules: []planner.Rule{{Kind: "of thumb"}}}, Solve: firstFit},
			want: lower.ErrSnapshot,
		},
		"a packing that claims a bound without proof": {
			in: engine.Input{Snapshot: cpuWorld(), Solve: func(p *model.Problem, lim model.Limits) (*model.Packing, error) {
				k, err := firstFit(p, lim)
				k.LowerBound, k.Status = k.Cost, model.Optimal
				return k, err
			}},
			want: engine.ErrInternal,
		},
		"a packing that forgets a pod": {
			in: engine.Input{Snapshot: cpuWorld(), Solve: func(p *model.Problem, lim model.Limits) (*model.Packing, error) {
				k, err := firstFit(p, lim)
				k.Bins[0].Items[0].Count--
				return k, err
			}},
			want: engine.ErrInternal,
		},
		"to hide that the solver gave up": {
			in: engine.Input{Snapshot: cpuWorld(), Solve: func(*model.Problem, model.Limits) (*model.Packing, error) {
				return nil, model.ErrInvalid
			}},
			want: model.ErrInvalid,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			plan, err := engine.Decide(tc.in)
			if !errors.Is(err, tc.want) {
				t.Errorf("got error %v, want %v", err, tc.want)
			}
			if plan.Digest != "" {
				t.Errorf("a plan came with the error: %s", plan.Digest)
			}
		})
	}
}
