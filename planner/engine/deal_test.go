package engine_test

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/lower"
)

// TestAPackingIsSaidInAnotherProblem: a packing stands where pods ask for a little less, which tells workloads apart that
// were one item. Whatever is dealt passes the check at the same cost.
func TestAPackingIsSaidInAnotherProblem(t *testing.T) {
	said, split := 0, 0
	for seed := range uint64(600) {
		world := randomWorld(seed)
		world.Terms.MovePriceMicro = 0 // what stays would be other items
		for i := range world.Workloads {
			if w := &world.Workloads[i]; seed%2 == 0 { // many are one item then
				w.Requests.CPUMilli, w.Requests.MemoryMiB, w.HostMax, w.Priority, w.Constraints = 500, 700, 0, 0, nil
			}
		}
		if seed%2 == 0 {
			world.Rules = nil
		}
		s, err := lower.Canonical(world)
		if err != nil {
			t.Fatal(err)
		}
		from, err := lower.Lower(s)
		if err != nil {
			t.Fatal(err)
		}
		k, err := firstFit(&from.Problem, model.Limits{})
		if err != nil || k.Unplaced != nil || len(from.Problem.Items) == 0 {
			continue
		}
		for i := range s.Workloads {
			s.Workloads[i].Requests.CPUMilli -= int64(i % 3)
		}
		to, err := lower.Lower(s)
		if err != nil {
			t.Fatal(err)
		}
		bins, ok := engine.Dealt(&from, k, &to)
		if !ok {
			continue
		}
		said++
		if len(to.Problem.Items) > len(from.Problem.Items) {
			split++
		}
		again := model.Packing{Bins: bins, Cost: k.Cost, Status: model.Feasible}
		if again.Cost == 0 {
			again.Status = model.Optimal
		}
		if err := check.Packing(&to.Problem, &again); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if said < 200 || split < 40 {
		t.Errorf("%d packings were said again, in %d of them items were split: the worlds have become too simple", said, split)
	}
}
