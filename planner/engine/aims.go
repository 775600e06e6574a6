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

// matched are the aims for workloads with pods, the first one of each, without numbers that JSON cannot say.
func matched(works []planner.Workload, aims []planner.GPUAim) []planner.GPUAim {
	open := map[aimKey]bool{}
	for i := range works {
		open[aimKey{works[i].Ref.String(), works[i].Shape}] = works[i].Replicas > 0
	}
	var out []planner.GPUAim
	for i := range aims {
		if k := (aimKey{aims[i].Workload, aims[i].Shape}); open[k] {
			open[k] = false
			out = append(out, finite(aims[i]))
		}
	}
	return out
}

type aimKey struct {
	workload string
	shape    int
}

// aimsOf finds the workload of each aim in a canonical Snapshot, and says which aims are used.
func aimsOf(s *planner.Snapshot, aims []planner.GPUAim) []wireAim {
	at := map[aimKey]int{}
	for i := range s.Workloads {
		at[aimKey{s.Workloads[i].Ref.String(), s.Workloads[i].Shape}] = i
	}
	var out []wireAim
	for i := range aims {
		w := at[aimKey{aims[i].Workload, aims[i].Shape}]
		a := wireAim{Work: w, Aim: aims[i], Asked: toGPU(s.Workloads[w].GPU)}
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

// keptCards is Why of an aim whose choices are on cards of nodes that do not carry its pods.
const keptCards = "kept: no node that gives one of its choices carries its pods"

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
