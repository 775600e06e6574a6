package engine

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// wireAim is a GPU aim in the proof: of which workload, and what its pods ask for today.
type wireAim struct {
	Work  int            `json:"workload"`
	Aim   planner.GPUAim `json:"aim"`
	Asked wireGPU        `json:"asked"`
	Used  bool           `json:"used"`
	Why   string         `json:"why"`
}

// aimsOf finds the workload of each aim, and says which aims are used. Those for workloads that are not there are left out.
func aimsOf(s *planner.Snapshot, aims []planner.GPUAim) []wireAim {
	type key struct {
		name  string
		shape int
	}
	at := map[key]int{}
	for i := range s.Workloads {
		at[key{s.Workloads[i].Ref.String(), s.Workloads[i].Shape}] = i
	}
	var out []wireAim
	for i := range aims {
		k := key{aims[i].Workload, aims[i].Shape}
		w, ok := at[k]
		if !ok {
			continue
		}
		delete(at, k) // a second aim for it is not used
		a := wireAim{Work: w, Aim: finite(aims[i]), Asked: toGPU(s.Workloads[w].GPU)}
		a.Used, a.Why = a.judge(s)
		out = append(out, a)
	}
	return out
}

// judge says whether the packing may choose among an aim's choices, and why.
func (a *wireAim) judge(s *planner.Snapshot) (bool, string) {
	w := &s.Workloads[a.Work]
	switch {
	case a.Aim.Unknown != "":
		return false, "kept: " + a.Aim.Unknown
	case a.Aim.Held != "":
		return false, "kept: " + a.Aim.Held
	case len(a.Aim.Choices) == 0:
		return false, "kept: nothing else carries it"
	case len(w.GPU.ByModel) == 0 && w.GPU.Zero():
		return false, "kept: it asks for no GPU"
	}
	need, ok := lower.NeedOf(a.Aim.Choices, s.Offers, allowed(s, w))
	if !ok {
		return false, "kept: no node that it may use gives any of its choices"
	}
	return true, fmt.Sprintf("the packing chose among %s", lower.GPUText(need))
}

// need is what a used aim asks for.
func (a *wireAim) need(s *planner.Snapshot) planner.GPUNeed {
	need, _ := lower.NeedOf(a.Aim.Choices, s.Offers, allowed(s, &s.Workloads[a.Work]))
	return need
}

// allowed are the offers that a workload's constraints leave to it.
func allowed(s *planner.Snapshot, w *planner.Workload) planner.Set {
	set := planner.NewSet(len(s.Offers))
	for _, c := range w.Constraints {
		set = set.And(c.Offers)
	}
	return set
}

// finite is an aim without numbers that JSON cannot say.
func finite(a planner.GPUAim) planner.GPUAim {
	a.Evidence = append([]planner.GPUEvidence{}, a.Evidence...)
	for i := range a.Evidence {
		e := &a.Evidence[i]
		e.Median, e.P99, e.Peak = sizing.Finite(e.Median), sizing.Finite(e.P99), sizing.Finite(e.Peak)
	}
	return a
}
