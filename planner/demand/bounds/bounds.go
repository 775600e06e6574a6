// Package bounds turns what containers need into what may be asked for.
//
// planner/demand says what a container needs and at which risk. Whether a request may become that is another matter: its
// owner has a policy, its namespace limits and quotas, its pods a QoS class and limits of their own, an autoscaler may
// follow the very request, and some node must be able to carry the pod. Apply goes through these one by one. Each either
// leaves a Target alone, moves it into a range, or holds it: it then keeps what it asks for today, and Target.Held says
// why. Nothing here ever widens a range or lowers a Floor.
//
// # Autoscalers
//
// A HorizontalPodAutoscaler with a utilisation target wants ⌈pods · usage ÷ (percent · request)⌉ pods. A request that
// falls alone makes more pods, one that rises fewer. What has to stay is percent · request, the usage at which it
// scales. So the percent moves with the request (ScalerAim), within 50 to 90: outside, autoscalers are known to be too
// nervous or too late, and the request goes only as far as the percent can follow (StormForge's bounds; see
// facts/rightsizing-trust-cost.md §1.5, §1.7 of 2026-11). Targets that are values, and other metrics, do not involve requests.
package bounds

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner"
)

// Apply returns t within what s and p allow. t's targets are those of s's workloads, by name, shape and container; a
// target of something that s does not have is held. s and t are not changed.
func Apply(s *planner.Snapshot, t planner.Targets, p planner.Policy) planner.Targets {
	out := t
	out.Containers = append([]planner.Target(nil), t.Containers...)
	for i := range out.Containers {
		says := out.Containers[i].Evidence.Says
		out.Containers[i].Evidence.Says = says[:len(says):len(says)] // appended to, and t's stay as they are
	}
	all := group(s, out.Containers, p)
	for _, w := range all {
		w.policy()
		w.ranges(s)
		w.scale()
		w.quality()
		w.fit(s)
	}
	for i := range s.Namespaces {
		quotas(&s.Namespaces[i], all)
	}
	for _, w := range all {
		out.Scalers = append(out.Scalers, w.aims()...)
	}
	return out
}

// work is one workload with its targets.
type work struct {
	w     *planner.Workload
	class planner.Class
	known bool // a class covers it
	rows  []row
}

// row is one container with its targets; either may be nil.
type row struct {
	c           *planner.Container
	cpu, memory *planner.Target
}

// group finds the workload and the container of each target.
func group(s *planner.Snapshot, targets []planner.Target, p planner.Policy) []*work {
	type name struct {
		workload string
		shape    int
	}
	at, out := map[name]*work{}, make([]*work, len(s.Workloads))
	for i := range s.Workloads {
		w := &work{w: &s.Workloads[i]}
		w.class, w.known = p.ClassOf(w.w)
		for c := range w.w.Containers {
			w.rows = append(w.rows, row{c: &w.w.Containers[c]})
		}
		out[i], at[name{w.w.Ref.String(), w.w.Shape}] = w, w
	}
	for i := range targets {
		t := &targets[i]
		var r *row
		if w := at[name{t.Workload, t.Shape}]; w != nil {
			r = w.row(t.Container)
		}
		switch {
		case r == nil:
			hold(t, "no such container in the cluster")
		case t.Resource == "cpu":
			r.cpu = t
		case t.Resource == "memory":
			r.memory = t
		default:
			hold(t, "only requests of CPU and memory change")
		}
	}
	return out
}

func (w *work) row(container string) *row {
	for i := range w.rows {
		if w.rows[i].c.Name == container {
			return &w.rows[i]
		}
	}
	return nil
}

// each calls do for every target that may still change.
func (w *work) each(do func(r *row, t *planner.Target)) {
	for i := range w.rows {
		for _, t := range []*planner.Target{w.rows[i].cpu, w.rows[i].memory} {
			if free(t) {
				do(&w.rows[i], t)
			}
		}
	}
}

func free(t *planner.Target) bool { return t != nil && t.Unknown == "" && t.Held == "" }

// hold leaves a container what it asks for today. The first reason stays.
func hold(t *planner.Target, format string, args ...any) {
	if t == nil || t.Unknown != "" || t.Held != "" {
		return
	}
	t.Held = fmt.Sprintf(format, args...)
	t.Floor, t.Target, t.Ceiling, t.Limit = t.Now, t.Now, t.Now, t.LimitNow
}

// within moves a range into [least, most], and says so where the target itself moves; most of 0 is no limit.
func within(t *planner.Target, least, most int64, why string) {
	before := t.Target
	put := func(v int64) int64 {
		if most > 0 {
			v = min(v, most)
		}
		return max(v, least)
	}
	t.Floor, t.Target, t.Ceiling = put(t.Floor), put(t.Target), put(t.Ceiling)
	if t.Target != before {
		t.Evidence.Says = append(t.Evidence.Says, fmt.Sprintf("%s: %d in place of %d", why, t.Target, before))
	}
}

// policy obeys the class of a workload.
func (w *work) policy() {
	w.each(func(r *row, t *planner.Target) {
		c, cpu := &w.class, t == r.cpu
		switch {
		case !w.known:
			hold(t, "no class of the policy covers it")
		case c.Exclude:
			hold(t, "class %s excludes it", c.Name)
		case cpu && c.KeepCPU, !cpu && c.KeepMemory:
			hold(t, "class %s keeps its requests of %s", c.Name, t.Resource)
		case r.c.Kind == planner.InitContainer:
			hold(t, "an init container: it has ended before usage is measured")
		case r.c.Fixed != "":
			hold(t, "%s", r.c.Fixed)
		case cpu:
			within(t, c.MinCPU, c.MaxCPU, "class "+c.Name+" sets a range")
		default:
			within(t, c.MinMemory, c.MaxMemory, "class "+c.Name+" sets a range")
		}
		if !free(t) {
			return
		}
		if c.DownMost > 0 && t.Now > 0 {
			within(t, t.Now-t.Now*c.DownMost/100, 0, fmt.Sprintf("class %s goes down by %d %% at once", c.Name, c.DownMost))
		}
		if !cpu && c.MemoryNoLess {
			within(t, t.Now, 0, "class "+c.Name+" never lowers memory")
		}
	})
}
