package bounds

import "github.com/tenon-sh/tenon/planner"

// The QoS classes, as Kubernetes writes them.
const (
	guaranteed = "Guaranteed"
	bestEffort = "BestEffort"
)

// quality sets limits beside requests, and keeps the QoS class.
func (w *work) quality() {
	if w.w.QoS == bestEffort && !w.class.ChangeQoS {
		w.each(func(_ *row, t *planner.Target) { hold(t, "a request would change its QoS class from BestEffort") })
		return
	}
	w.each(func(r *row, t *planner.Target) {
		if w.w.QoS == guaranteed && !w.class.ChangeQoS {
			t.Limit = t.Target // moves with whatever is chosen in the range
			return
		}
		rule := w.class.CPULimits
		if t == r.memory {
			rule = w.class.MemoryLimits
		}
		t.Limit = t.LimitNow
		switch {
		case t.LimitNow == 0 || rule == planner.LimitNone:
			t.Limit = 0
		case rule == planner.LimitRatio && t.Now > 0:
			t.Limit = (t.Target*t.LimitNow + t.Now - 1) / t.Now
		}
		if t.Limit > 0 { // no request is above its limit
			t.Limit = max(t.Limit, t.Target)
			t.Ceiling, t.Floor = min(t.Ceiling, t.Limit), min(t.Floor, t.Limit)
		}
	})
	if w.w.QoS != guaranteed && !w.class.ChangeQoS {
		w.stayBelow()
	}
	if w.w.QoS != guaranteed && !w.class.ChangeQoS && w.wouldBeGuaranteed() {
		w.each(func(_ *row, t *planner.Target) {
			hold(t, "all its requests would equal its limits, which changes its QoS class to Guaranteed")
		})
	}
}

// stayBelow keeps one range below its limit where every container has limits: a packing that took every request to its
// ceiling would otherwise make the pod Guaranteed.
func (w *work) stayBelow() {
	for i := range w.rows {
		r := &w.rows[i]
		if r.c.Limits.CPUMilli == 0 || r.c.Limits.MemoryMiB == 0 {
			return
		}
	}
	below := false
	w.each(func(_ *row, t *planner.Target) {
		if !below && t.Target < t.Limit {
			t.Ceiling, below = min(t.Ceiling, t.Limit-1), true
		}
	})
}

// wouldBeGuaranteed reports whether every container would ask for exactly its limits.
func (w *work) wouldBeGuaranteed() bool {
	equal := func(t *planner.Target, request, limit int64) bool {
		if free(t) {
			request, limit = t.Target, t.Limit
		}
		return limit > 0 && request == limit
	}
	for i := range w.rows {
		r := &w.rows[i]
		if !equal(r.cpu, r.c.Requests.CPUMilli, r.c.Limits.CPUMilli) || !equal(r.memory, r.c.Requests.MemoryMiB, r.c.Limits.MemoryMiB) {
			return false
		}
	}
	return len(w.rows) > 0
}

// fit keeps a pod small enough for some node that it may use. One that fits none today is left alone.
func (w *work) fit(s *planner.Snapshot) {
	if !w.carried(s, 0, 0) {
		return
	}
	grow := func(at func(t *planner.Target) int64) (cpu, memory int64) {
		w.each(func(r *row, t *planner.Target) {
			if t == r.cpu {
				cpu += at(t) - t.Now
			} else {
				memory += at(t) - t.Now
			}
		})
		return cpu, memory
	}
	if cpu, memory := grow(func(t *planner.Target) int64 { return t.Ceiling }); w.carried(s, cpu, memory) {
		return
	}
	w.each(func(_ *row, t *planner.Target) { t.Ceiling = t.Target })
	if cpu, memory := grow(func(t *planner.Target) int64 { return t.Target }); w.carried(s, cpu, memory) {
		return
	}
	w.each(func(_ *row, t *planner.Target) {
		if t.Target > t.Now {
			hold(t, "no node that it may use could carry the pod with %d", t.Target)
		}
	})
}

// carried reports whether some offer that the workload may use has room for a pod of today's size with so much more CPU and memory.
func (w *work) carried(s *planner.Snapshot, cpu, memory int64) bool {
	for i := range s.Offers {
		o := &s.Offers[i]
		allowed := true
		for _, c := range w.w.Constraints {
			allowed = allowed && c.Offers.Has(i)
		}
		if allowed && w.w.Requests.CPUMilli+cpu <= o.Allocatable.CPUMilli-o.Overhead.CPUMilli-o.Used.CPUMilli &&
			w.w.Requests.MemoryMiB+memory <= o.Allocatable.MemoryMiB-o.Overhead.MemoryMiB-o.Used.MemoryMiB {
			return true
		}
	}
	return false
}
