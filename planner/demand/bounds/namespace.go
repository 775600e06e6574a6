package bounds

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// ranges obeys the namespace's LimitRanges: of each container, and of the pod.
func (w *work) ranges(s *planner.Snapshot) {
	at, ok := slices.BinarySearchFunc(s.Namespaces, w.w.Ref.Namespace, func(n planner.Namespace, name string) int { return cmp.Compare(n.Name, name) })
	if !ok {
		return
	}
	for _, l := range s.Namespaces[at].Limits {
		name := "LimitRange " + l.Name
		if l.Type == "Container" {
			w.each(func(r *row, t *planner.Target) { // a limit that is made by ratio is looked at with the limits
				if t == r.cpu {
					within(t, l.Min.CPUMilli, l.Max.CPUMilli, name)
				} else {
					within(t, l.Min.MemoryMiB, l.Max.MemoryMiB, name)
				}
				w.ratio(t, &l, name)
			})
			continue
		}
		w.podRange("cpu", l.Min.CPUMilli, l.Max.CPUMilli, name)
		w.podRange("memory", l.Min.MemoryMiB, l.Max.MemoryMiB, name)
	}
}

// ratio keeps limit ÷ request where a LimitRange wants it, as the limit will be where it is kept.
func (w *work) ratio(t *planner.Target, l *planner.LimitRange, name string) {
	most := l.RatioCPU
	rule := w.class.CPULimits
	if t.Resource == "memory" {
		most, rule = l.RatioMemory, w.class.MemoryLimits
	}
	if most <= 0 || t.LimitNow == 0 || rule != planner.LimitKeep {
		return
	}
	least := int64(float64(t.LimitNow) / most)
	for float64(least)*most < float64(t.LimitNow) {
		least++
	}
	within(t, least, 0, name+fmt.Sprintf(" allows limits of %g times the request", most))
}

// podRange holds the changes of a pod's containers whose sum would leave the range for pods.
func (w *work) podRange(resource string, least, most int64, name string) {
	_, then := w.sums(resource, planner.ScalerMetric{})
	_, ceiling := w.ends(resource)
	switch {
	case then < least || most > 0 && then > most:
		w.each(func(_ *row, t *planner.Target) {
			if t.Resource == resource {
				hold(t, "%s: the pod would ask for %d, and may ask for %d to %d", name, then, least, most)
			}
		})
	case most > 0 && ceiling > most:
		w.each(func(_ *row, t *planner.Target) {
			if t.Resource == resource {
				t.Ceiling = t.Target
			}
		})
	}
	if floor, _ := w.ends(resource); floor < least {
		w.each(func(_ *row, t *planner.Target) {
			if t.Resource == resource {
				t.Floor = t.Target
			}
		})
	}
}

// ends adds up a pod's requests where all are at their floors, and at their ceilings.
func (w *work) ends(resource string) (floor, ceiling int64) {
	for i := range w.rows {
		r := &w.rows[i]
		if r.c.Kind == planner.InitContainer {
			continue
		}
		t, request := r.cpu, r.c.Requests.CPUMilli
		if resource == "memory" {
			t, request = r.memory, r.c.Requests.MemoryMiB
		}
		if free(t) {
			floor, ceiling = floor+t.Floor, ceiling+t.Ceiling
		} else {
			floor, ceiling = floor+request, ceiling+request
		}
	}
	return floor, ceiling
}

// grown is one target that asks for more, in a namespace with a quota.
type grown struct {
	t    *planner.Target
	pods int64
}

// quotas lets requests grow in the order of what they risk today, as far as each quota has room. What other requests give
// back is not counted: it comes later, and perhaps not at all.
func quotas(n *planner.Namespace, all []*work) {
	for _, q := range n.Quotas {
		if q.Scoped {
			continue // it counts some pods only, and which is not known
		}
		for _, of := range []struct {
			resource   string
			hard, used int64
			limit      bool
		}{
			{"cpu", q.RequestsCPU, q.UsedRequestsCPU, false}, {"memory", q.RequestsMemory, q.UsedRequests, false},
			{"cpu", q.LimitsCPU, -1, true}, {"memory", q.LimitsMemory, -1, true},
		} {
			if of.hard < 0 {
				continue
			}
			grow, asked := growing(n.Name, of.resource, of.limit, all)
			room := of.hard - max(of.used, asked)
			for _, g := range grow {
				room -= g.take(room, q.Name, of.limit)
			}
		}
	}
}

// growing lists what would ask for more, the riskiest first, and adds up what the namespace's pods ask for today.
func growing(namespace, resource string, limit bool, all []*work) (out []grown, asked int64) {
	for _, w := range all {
		if w.w.Ref.Namespace != namespace {
			continue
		}
		for i := range w.rows {
			r := &w.rows[i]
			t, have := r.cpu, r.c.Requests.CPUMilli
			if resource == "memory" {
				t, have = r.memory, r.c.Requests.MemoryMiB
			}
			if limit {
				have = r.c.Limits.CPUMilli
				if resource == "memory" {
					have = r.c.Limits.MemoryMiB
				}
			}
			if r.c.Kind != planner.InitContainer {
				asked += have * w.w.Replicas
			}
			if free(t) && (!limit && t.Ceiling > t.Now || limit && t.Limit > t.LimitNow) {
				out = append(out, grown{t, w.w.Replicas})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b grown) int { return cmp.Compare(b.t.Curve.At(b.t.Now), a.t.Curve.At(a.t.Now)) })
	return out, asked
}

// take returns how much of the room is taken: up to the ceiling, or else to the target, or else nothing, and the target is held.
func (g grown) take(room int64, quota string, limit bool) int64 {
	t := g.t
	if limit {
		if more := (t.Limit - t.LimitNow) * g.pods; more <= room {
			return more
		}
		hold(t, "ResourceQuota %s has no room for its limit", quota)
		return 0
	}
	if more := (t.Ceiling - t.Now) * g.pods; more <= room {
		return more
	}
	if t.Ceiling = t.Target; t.Target <= t.Now {
		t.Ceiling = t.Now
		return 0
	}
	if more := (t.Target - t.Now) * g.pods; more <= room {
		return more
	}
	hold(t, "ResourceQuota %s has no room for %d pods with more", quota, g.pods)
	return 0
}
