package bounds

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner"
)

// The utilisation targets that an autoscaler may be given, in percent. One that is outside today may stay there.
const (
	percentLeast = 50
	percentMost  = 90
)

// follows lists the metrics of a workload's autoscaler into which the requests of a resource enter.
func (w *work) follows(resource string) []planner.ScalerMetric {
	s := w.w.Scaler
	if s == nil || s.Max <= s.Min {
		return nil // it does not scale
	}
	var out []planner.ScalerMetric
	for _, m := range s.Metrics {
		if m.Resource == resource && m.Percent > 0 {
			out = append(out, m)
		}
	}
	return out
}

// scale keeps requests where the autoscaler that follows them can follow.
func (w *work) scale() {
	for _, resource := range []string{"cpu", "memory"} {
		for _, m := range w.follows(resource) {
			w.keepPoint(resource, m)
		}
	}
}

func (w *work) keepPoint(resource string, m planner.ScalerMetric) {
	s, rows := w.w.Scaler, w.counted(resource, m)
	for _, t := range rows {
		switch {
		case s.Owner != "":
			hold(t, "%s owns the autoscaler %s, which follows this request: change its trigger and the request together", s.Owner, s.Ref)
		case s.Current >= s.Max && t.Target < t.Now:
			hold(t, "%s is at its %d pods: usage is what there was room for, not what was wanted", s.Ref, s.Max)
		case s.Current <= s.Min:
			t.Evidence.Says = append(t.Evidence.Says, fmt.Sprintf("%s is at its fewest, %d pods: usage says little of a busy day", s.Ref, s.Min))
		}
	}
	now, then := w.sums(resource, m)
	if now == 0 {
		for _, t := range rows {
			hold(t, "%s follows a request that is not set", s.Ref)
		}
		return
	}
	// percent · request is kept: a percent within its range means a request within this one.
	least := (m.Percent*now + max(percentMost, m.Percent) - 1) / max(percentMost, m.Percent)
	most := m.Percent * now / min(percentLeast, m.Percent)
	to := min(max(then, least), most)
	for _, t := range rows {
		if !free(t) {
			continue
		}
		before := t.Target
		if then != now && to != then { // go the same part of the way with each container, rounded towards today
			t.Target = t.Now + (t.Target-t.Now)*(to-now)/(then-now)
			t.Evidence.Says = append(t.Evidence.Says, fmt.Sprintf("%s could not follow to %d: its target stays within %d to %d %%", s.Ref, before, percentLeast, percentMost))
		}
		t.Floor, t.Ceiling = t.Target, t.Target // the percent goes with this very request
	}
}

// counted returns the targets whose requests enter a metric.
func (w *work) counted(resource string, m planner.ScalerMetric) []*planner.Target {
	var out []*planner.Target
	for i := range w.rows {
		r := &w.rows[i]
		if r.c.Kind == planner.InitContainer || m.Container != "" && m.Container != r.c.Name {
			continue
		}
		t := r.cpu
		if resource == "memory" {
			t = r.memory
		}
		if free(t) {
			out = append(out, t)
		}
	}
	return out
}

// sums adds up the requests that enter a metric: today's, and the targets.
func (w *work) sums(resource string, m planner.ScalerMetric) (now, then int64) {
	for i := range w.rows {
		r := &w.rows[i]
		if r.c.Kind == planner.InitContainer || m.Container != "" && m.Container != r.c.Name {
			continue
		}
		t, request := r.cpu, r.c.Requests.CPUMilli
		if resource == "memory" {
			t, request = r.memory, r.c.Requests.MemoryMiB
		}
		now += request
		if free(t) {
			request = t.Target
		}
		then += request
	}
	return now, then
}

// aims says what the autoscaler's targets become. A percent is rounded down: it scales a little early, never late.
func (w *work) aims() []planner.ScalerAim {
	var out []planner.ScalerAim
	for _, resource := range []string{"cpu", "memory"} {
		for _, m := range w.follows(resource) {
			now, then := w.sums(resource, m)
			if now == then || now == 0 || then == 0 {
				continue
			}
			out = append(out, planner.ScalerAim{
				Scaler: w.w.Scaler.Ref.String(), Workload: w.w.Ref.String(), Resource: resource, Container: m.Container,
				Now: m.Percent, Percent: max(1, m.Percent*now/then),
				Why: fmt.Sprintf("%d %% of %d is %d: where it scales today", m.Percent, now, m.Percent*now/100),
			})
		}
	}
	return out
}
