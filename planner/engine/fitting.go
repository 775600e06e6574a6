package engine

import (
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// clamp keeps ranges to what nodes can carry: a workload that fits some node now, and none at its targets, stays as it is;
// one that fits none at its ceilings goes no higher than its targets. Otherwise pods that run today would be unplaced.
func (j *joint) clamp() error {
	now, err := j.misfits(j.table.AllNow())
	if err != nil {
		return err
	}
	for _, step := range []struct {
		choice func() sizing.Choice
		mend   func(v int)
	}{
		{j.table.AllTargets, func(v int) { j.table.Keep(v, "at its target the pod fits no node that it may use") }},
		{j.table.AllCeilings, func(v int) { j.table.Vars[v].Ceiling = j.table.Vars[v].Target }},
	} {
		there, err := j.misfits(step.choice())
		if err != nil {
			return err
		}
		for w := range there {
			if there[w] && !now[w] {
				for _, v := range j.table.Of(w) {
					if j.table.Vars[v].Kept == "" {
						step.mend(v)
					}
				}
			}
		}
	}
	return nil
}

// misfits says of each workload whether it fits no node at a choice.
func (j *joint) misfits(c sizing.Choice) ([]bool, error) {
	s := withRequests(&j.base, &j.table, c)
	low, err := lower.Lower(s)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(s.Workloads))
	for w := range out {
		out[w] = low.Index.ItemOf[w] < 0
	}
	return out, nil
}
