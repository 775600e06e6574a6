package engine_test

import (
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/lower"
)

// pools counts the spot nodes of a plan by interruption pool.
func pools(plan planner.Plan) map[planner.SpotPool]int64 {
	out := map[planner.SpotPool]int64{}
	for _, n := range plan.Nodes {
		if n.CapacityType == "spot" {
			out[planner.SpotPool{InstanceType: n.InstanceType, Zone: n.Zone}] += n.Count
		}
	}
	return out
}

// A fifth of 40 CPU is 8, or 2 nodes of 3.93. Without the rule all is in the cheapest type; with it no pool has more than
// 2, held nodes count, what spot cannot carry is on demand, and the plan says how the bound is to be read.
func TestNoSpotPoolHasMoreThanItsShare(t *testing.T) {
	s := spotWorld()
	s.Terms.SpotPoolPercent = 0
	free := pools(decide(t, s))
	if n := free[planner.SpotPool{InstanceType: "m5.xlarge", Zone: "a"}]; n < 4 {
		t.Fatalf("without the rule the pool has %d nodes: this proves nothing", n)
	}
	plan := decide(t, spotWorld())
	var spot int64
	for pool, n := range pools(plan) {
		if spot += n; n > 2 {
			t.Errorf("%d nodes in %v, at most 2 may be", n, pool)
		}
	}
	if spot != 12 || len(plan.Unplaced) > 0 {
		t.Errorf("%d nodes in six pools of 2, and %v are unplaced", spot, plan.Unplaced)
	}
	last := plan.Notes[len(plan.Notes)-1]
	if last.Severity != planner.Info || !strings.Contains(last.Text, "kept by all 6 pools") || !strings.Contains(last.Text, "holds with it for all") {
		t.Errorf("note %+v", last)
	}
}

// Whoever shows what is done is told of every problem before it is solved, and last of the one that the plan is made from.
func TestEveryProblemIsToldBeforeItIsSolved(t *testing.T) {
	var told *lower.Lowered
	pools, solved := 0, 0
	_, err := engine.Decide(engine.Input{
		Snapshot: spotWorld(),
		Lowered: func(s *planner.Snapshot, low *lower.Lowered) {
			told, pools = low, len(s.SpotPools)
		},
		Solve: func(p *model.Problem, limits model.Limits) (*model.Packing, error) {
			if told == nil || p != &told.Problem || len(p.Budgets) != pools {
				t.Errorf("solve %d: the problem is not the one that was told of", solved)
			}
			told = nil
			solved++
			return firstFit(p, limits)
		},
	})
	if err != nil || solved < 2 {
		t.Errorf("%d problems solved, want several: %v", solved, err)
	}
}

// A pool in which more nodes are held than may be cannot be emptied: the plan says so in one line, and adds none.
func TestAShareThatCannotBeKeptIsSaid(t *testing.T) {
	w := &world{spotWorld()}
	for i := range 4 {
		w.node(string(rune('a'+i)), 0, true)
	}
	plan := decide(t, w.Snapshot)
	if n := pools(plan)[planner.SpotPool{InstanceType: "m5.xlarge", Zone: "a"}]; n != 5 {
		t.Errorf("%d nodes in the pool, want the 5 held ones", n)
	}
	last := plan.Notes[len(plan.Notes)-1]
	if last.Severity != planner.Warning || !strings.Contains(last.Text, "1 of 6 pools are above, the worst is m5.xlarge in a with 5 nodes where 2 may be") {
		t.Errorf("note %+v", last)
	}
}

// Pods that run on spot only and do not fit all pools together are unplaced, for that reason.
func TestPodsBeyondAllSpotPoolsAreUnplaced(t *testing.T) {
	w := &world{spotWorld()}
	w.Workloads[0].Constraints = []planner.Constraint{
		w.only("capacityType", "karpenter.sh/capacity-type In [spot]", func(o *planner.Offer) bool { return o.CapacityType == "spot" }),
	}
	w.Workloads[0].Replicas = 60
	plan := decide(t, w.Snapshot)
	if len(plan.Unplaced) != 1 || !strings.Contains(plan.Unplaced[0].Reason, "spot share: ") {
		t.Fatalf("unplaced: %+v", plan.Unplaced)
	}
	if _, err := engine.VerifyAgainst(encode(t, plan), w.Snapshot); err != nil {
		t.Errorf("VerifyAgainst: %v", err)
	}
}

// A tenth of 40 CPU is 4: one node of 3.93 in each pool, and none of 7.93, of which one is more.
func TestANodeThatIsMoreThanItsShareIsLeftOut(t *testing.T) {
	w := &world{spotWorld()}
	w.Terms.SpotPoolPercent = 10
	w.offer("spot", "m5.2xlarge", 7930, 30000, "0.01", planner.Cards{})
	for i := len(w.Offers) - len(zones); i < len(w.Offers); i++ {
		w.Offers[i].CapacityType = "spot"
	}
	plan := decide(t, w.Snapshot)
	for pool, n := range pools(plan) {
		if n > 1 || pool.InstanceType == "m5.2xlarge" {
			t.Errorf("%d nodes in %v", n, pool)
		}
	}
	if last := plan.Notes[len(plan.Notes)-1]; !strings.Contains(last.Text, "1 instance type is left out") {
		t.Errorf("note %+v", last)
	}
}
