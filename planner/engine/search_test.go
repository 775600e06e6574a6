package engine

import (
	"testing"

	"github.com/tenon-sh/tenon/planner/sizing"
	"github.com/tenon-sh/tenon/pricing"
)

// TestACandidateIsTakenOnlyWhereItIsNoWorse: cheaper alone is not better.
func TestACandidateIsTakenOnlyWhereItIsNoWorse(t *testing.T) {
	j := &joint{table: sizing.Table{
		Works: []sizing.Work{{Pods: 10, Containers: []sizing.Container{{CPU: 100, Memory: 100}}}},
		Vars: []sizing.Var{
			{Resource: sizing.CPU, Floor: 1, Target: 20, Ceiling: 30, Curve: sizing.Points{10, 500, 20, 100}},
			{Resource: sizing.Memory, Floor: 1, Target: 20, Ceiling: 30, Curve: sizing.Points{10, 500, 20, 100}},
		},
	}}
	j.table.Index()
	j.targets = sized{choice: j.table.AllTargets(), risk: j.table.Risk(j.table.AllTargets()), cost: 1000, unplaced: 2}
	at := func(cost, unplaced int64, cpu, memory int64) *candidate {
		x := &candidate{handed: sizing.Choice{cpu, memory}}
		x.cost, x.unplaced = pricing.Micro(cost), unplaced
		return x
	}
	if best, x := at(900, 1, 20, 20), at(899, 2, 20, 20); j.better(best, x) == x {
		t.Error("cheaper, with more pods unplaced than the best so far: taken")
	}
	best := at(900, 2, 20, 20)
	for claim, tc := range map[string]struct {
		x    *candidate
		want bool
	}{
		"cheaper":                               {at(899, 2, 20, 20), true},
		"as cheap":                              {at(900, 2, 20, 20), false},
		"cheaper, with fewer pods unplaced":     {at(899, 1, 20, 20), true},
		"dearer, with fewer pods unplaced":      {at(901, 1, 20, 20), false},
		"cheaper, with more pods unplaced":      {at(1, 3, 20, 20), false},
		"cheaper, with more CPU risk":           {at(1, 2, 19, 30), false},
		"cheaper, with more memory risk":        {at(1, 2, 30, 19), false},
		"cheaper, and what is handed back pays": {at(1, 2, 25, 25), true},
	} {
		if got := j.better(best, tc.x) == tc.x; got != tc.want {
			t.Errorf("%s: taken %v, want %v", claim, got, tc.want)
		}
	}
}
