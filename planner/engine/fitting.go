package engine

import (
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// clamp keeps ranges to what nodes can carry: what fits some node now, and none at its targets, stays as it is; what fits
// none at its ceilings goes no higher than its targets. Where it is enough, that is so of one resource alone. Otherwise pods
// that run today would be unplaced.
func (j *joint) clamp() error {
	now, err := j.misfits(j.table.AllNow(), false)
	if err != nil {
		return err
	}
	if err := j.clampCards(now); err != nil {
		return err
	}
	t := &j.table
	err = j.mend(now, t.AllTargets(), t.AllNow(), func(v int) { t.Keep(v, "at its target the pod fits no node that it may use") })
	if err != nil {
		return err
	}
	err = j.mend(now, t.AllCeilings(), t.AllTargets(), func(v int) { t.Vars[v].Ceiling = t.Vars[v].Target })
	if err != nil {
		return err
	}
	j.quotas()
	return nil
}

// mend calls do for the requests of workloads that fit no node at one choice, and do at another: for those of CPU alone
// or of memory alone where that suffices, otherwise for both.
func (j *joint) mend(now []bool, large, small sizing.Choice, do func(v int)) error {
	bad, err := j.misfits(large, true)
	if err != nil {
		return err
	}
	left := map[int]bool{}
	for w := range bad {
		if bad[w] && !now[w] {
			left[w] = true
		}
	}
	for _, r := range []sizing.Resource{sizing.CPU, sizing.Memory} {
		if len(left) == 0 {
			return nil
		}
		try := slices.Clone(large)
		for v := range try {
			if j.table.Vars[v].Resource == r {
				try[v] = small[v]
			}
		}
		still, err := j.misfits(try, true)
		if err != nil {
			return err
		}
		for w := range still {
			if left[w] && !still[w] {
				j.doFor(w, do, r)
				delete(left, w)
			}
		}
	}
	for w := range bad {
		if left[w] {
			j.doFor(w, do, sizing.CPU, sizing.Memory)
		}
	}
	return nil
}

func (j *joint) doFor(work int, do func(v int), resources ...sizing.Resource) {
	for _, v := range j.table.Of(work) {
		if x := &j.table.Vars[v]; x.Kept == "" && slices.Contains(resources, x.Resource) {
			do(v)
		}
	}
}

// clampCards leaves a workload the cards that it asks for where the nodes that give its choices do not carry its pods.
func (j *joint) clampCards(now []bool) error {
	there, err := j.misfits(j.table.AllNow(), true)
	if err != nil {
		return err
	}
	for i := range j.aims {
		if a := &j.aims[i]; a.Used && there[a.Work] && !now[a.Work] {
			a.Used, a.Why = false, keptCards
		}
	}
	return nil
}

// quotas keeps ranges to what ResourceQuotas leave: where all ceilings of a namespace together do not fit one, nothing in
// it goes higher than its target. That targets fit is the business of who made them.
func (j *joint) quotas() {
	for i := range j.in.Snapshot.Namespaces {
		n := &j.in.Snapshot.Namespaces[i]
		var works []int
		for w := range j.base.Workloads {
			if j.base.Workloads[w].Ref.Namespace == n.Name {
				works = append(works, w)
			}
		}
		if !slices.ContainsFunc(n.Quotas, func(q planner.Quota) bool { return j.breaks(&q, works) }) {
			continue
		}
		for _, w := range works {
			for _, v := range j.table.Of(w) {
				j.table.Vars[v].Ceiling = j.table.Vars[v].Target
			}
		}
	}
}

// breaks reports whether workloads at their ceilings ask for more than a quota has beside what others use of it. A quota
// with scopes may count fewer of them; it is taken to count all.
func (j *joint) breaks(q *planner.Quota, works []int) bool {
	now, most := j.table.AllNow(), j.table.AllCeilings()
	for _, x := range []struct {
		r         sizing.Resource
		max, used int64
	}{{sizing.CPU, q.RequestsCPU, q.UsedRequestsCPU}, {sizing.Memory, q.RequestsMemory, q.UsedRequests}} {
		var grows int64
		for _, w := range works {
			grows += j.base.Workloads[w].Replicas * (amountOf(j.table.Requests(w, most), x.r) - amountOf(j.table.Requests(w, now), x.r))
		}
		if x.max >= 0 && x.used+grows > x.max {
			return true
		}
	}
	for _, x := range []struct {
		r   sizing.Resource
		max int64
	}{{sizing.CPU, q.LimitsCPU}, {sizing.Memory, q.LimitsMemory}} {
		if x.max >= 0 && j.limitsGrow(works, x.r, most) {
			return true // how much of the limits is used is not known
		}
	}
	return false
}

// limitsGrow reports whether a limit at a choice is above the one beside the target.
func (j *joint) limitsGrow(works []int, r sizing.Resource, c sizing.Choice) bool {
	for _, w := range works {
		for _, v := range j.table.Of(w) {
			if x := &j.table.Vars[v]; x.Resource == r && j.table.Limit(v, c[v]) > j.table.Limit(v, x.Target) {
				return true
			}
		}
	}
	return false
}

// misfits says of each workload whether it fits no node at a choice.
func (j *joint) misfits(c sizing.Choice, cards bool) ([]bool, error) {
	s := j.wants(c, cards)
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
