package bounds_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand/bounds"
)

// web is one Deployment of four pods with one container that asks for 1,000m and 2,000 MiB, on nodes of 4 CPUs and 16 GiB.
func web(change ...func(*planner.Snapshot)) *planner.Snapshot {
	all := planner.NewSet(1)
	s := &planner.Snapshot{
		Workloads: []planner.Workload{{
			Ref: planner.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}, Replicas: 4, QoS: "Burstable",
			Requests:    planner.Resources{CPUMilli: 1000, MemoryMiB: 2000, Pods: 1},
			Containers:  []planner.Container{{Name: "app", Requests: planner.Resources{CPUMilli: 1000, MemoryMiB: 2000}}},
			Constraints: []planner.Constraint{{Kind: "arch", Offers: all}},
		}},
		Offers: []planner.Offer{{Allocatable: planner.Resources{CPUMilli: 4000, MemoryMiB: 16_000}, Overhead: planner.Resources{CPUMilli: 500}}},
	}
	for _, f := range change {
		f(s)
	}
	return s
}

func scaler(m ...planner.ScalerMetric) func(*planner.Snapshot) {
	return func(s *planner.Snapshot) {
		s.Workloads[0].Scaler = &planner.Scaler{Ref: planner.Ref{Namespace: "shop", Kind: "HorizontalPodAutoscaler", Name: "web"}, Min: 2, Max: 10, Current: 4, Metrics: m}
	}
}

func limits(cpu, memory int64) func(*planner.Snapshot) {
	return func(s *planner.Snapshot) {
		s.Workloads[0].Containers[0].Limits = planner.Resources{CPUMilli: cpu, MemoryMiB: memory}
	}
}

func namespace(n planner.Namespace) func(*planner.Snapshot) {
	return func(s *planner.Snapshot) { n.Name = "shop"; s.Namespaces = []planner.Namespace{n} }
}

// aim is a target of the web's container.
func aim(resource string, now, floor, target, ceiling int64) planner.Target {
	return planner.Target{Workload: "shop/Deployment/web", Container: "app", Resource: resource, Now: now, Floor: floor, Target: target, Ceiling: ceiling}
}

func class(change func(*planner.Class)) planner.Policy {
	p := planner.DefaultPolicy()
	change(&p.Classes[0])
	return p
}

// brief prints what a target has become: "cpu 300..400..500 limit 0", or why it is held.
func brief(t planner.Target) string {
	if t.Held != "" {
		return t.Resource + " held: " + t.Held
	}
	return fmt.Sprintf("%s %d..%d..%d limit %d", t.Resource, t.Floor, t.Target, t.Ceiling, t.Limit)
}

func TestApply(t *testing.T) {
	cpu, memory := aim("cpu", 1000, 300, 400, 500), aim("memory", 2000, 800, 1000, 1200)
	more := aim("cpu", 1000, 1500, 2000, 3000)
	guaranteed := func(s *planner.Snapshot) { s.Workloads[0].QoS = "Guaranteed" }
	withLimits := func(t planner.Target, limit int64) planner.Target { t.LimitNow = limit; return t }
	tests := map[string]struct {
		s    *planner.Snapshot
		t    planner.Target
		p    planner.Policy
		want string // the start of brief
	}{
		"nothing forbids it": {web(), cpu, planner.DefaultPolicy(), "cpu 300..400..500 limit 0"},

		"the policy excludes a class":          {web(), cpu, class(func(c *planner.Class) { c.Exclude = true }), "cpu held: class default excludes it"},
		"no class covers it":                   {web(), cpu, planner.Policy{}, "cpu held: no class of the policy"},
		"the policy keeps CPU":                 {web(), cpu, class(func(c *planner.Class) { c.KeepCPU = true }), "cpu held: class default keeps"},
		"and memory goes on":                   {web(), memory, class(func(c *planner.Class) { c.KeepCPU = true }), "memory 800..1000..1200"},
		"the policy keeps memory":              {web(), memory, class(func(c *planner.Class) { c.KeepMemory = true }), "memory held: class default keeps"},
		"a least of CPU":                       {web(), cpu, class(func(c *planner.Class) { c.MinCPU = 450 }), "cpu 450..450..500"},
		"a most of memory":                     {web(), memory, class(func(c *planner.Class) { c.MaxMemory = 900 }), "memory 800..900..900"},
		"a step down at a time":                {web(), cpu, class(func(c *planner.Class) { c.DownMost = 15 }), "cpu 850..850..850"},
		"memory never falls":                   {web(), memory, class(func(c *planner.Class) { c.MemoryNoLess = true }), "memory 2000..2000..2000"},
		"an init container":                    {web(func(s *planner.Snapshot) { s.Workloads[0].Containers[0].Kind = planner.InitContainer }), cpu, planner.DefaultPolicy(), "cpu held: an init container"},
		"pod-level resources":                  {web(func(s *planner.Snapshot) { s.Workloads[0].Containers[0].Fixed = "pod-level" }), cpu, planner.DefaultPolicy(), "cpu held: pod-level"},
		"a container that the cluster has not": {web(func(s *planner.Snapshot) { s.Workloads[0].Containers[0].Name = "other" }), cpu, planner.DefaultPolicy(), "cpu held: no such container"},
		"a resource that is neither":           {web(), aim("disk", 1, 1, 1, 1), planner.DefaultPolicy(), "disk held: only requests of CPU and memory"},

		"BestEffort stays BestEffort":          {web(func(s *planner.Snapshot) { s.Workloads[0].QoS = "BestEffort" }), cpu, planner.DefaultPolicy(), "cpu held: a request would change its QoS class"},
		"unless the policy says so":            {web(func(s *planner.Snapshot) { s.Workloads[0].QoS = "BestEffort" }), cpu, class(func(c *planner.Class) { c.ChangeQoS = true }), "cpu 300..400..500"},
		"Guaranteed moves its limit":           {web(guaranteed, limits(1000, 2000)), withLimits(cpu, 1000), planner.DefaultPolicy(), "cpu 300..400..500 limit 400"},
		"a limit stays":                        {web(limits(1500, 0)), withLimits(cpu, 1500), planner.DefaultPolicy(), "cpu 300..400..500 limit 1500"},
		"no request is above its limit":        {web(limits(1500, 0)), withLimits(more, 1500), planner.DefaultPolicy(), "cpu 1500..2000..2000 limit 2000"},
		"a limit caps the ceiling":             {web(limits(2500, 0)), withLimits(more, 2500), planner.DefaultPolicy(), "cpu 1500..2000..2500 limit 2500"},
		"a limit keeps its ratio":              {web(limits(1500, 0)), withLimits(cpu, 1500), class(func(c *planner.Class) { c.CPULimits = planner.LimitRatio }), "cpu 300..400..500 limit 600"},
		"a limit goes":                         {web(limits(1500, 0)), withLimits(cpu, 1500), class(func(c *planner.Class) { c.CPULimits = planner.LimitNone }), "cpu 300..400..500 limit 0"},
		"Burstable does not become Guaranteed": {web(limits(400, 2000)), withLimits(cpu, 400), planner.DefaultPolicy(), "cpu held: all its requests would equal"},

		"a ceiling stays below the limit where every container has limits": {web(limits(1500, 4000)), withLimits(aim("cpu", 1000, 1200, 1400, 2000), 1500), planner.DefaultPolicy(), "cpu 1200..1400..1499 limit 1500"},
		"unless the policy lets the class change":                          {web(limits(1500, 4000)), withLimits(aim("cpu", 1000, 1200, 1400, 2000), 1500), class(func(c *planner.Class) { c.ChangeQoS = true }), "cpu 1200..1400..1500 limit 1500"},

		"a LimitRange for containers": {web(namespace(planner.Namespace{Limits: []planner.LimitRange{{Name: "l", Type: "Container", Min: planner.Resources{CPUMilli: 450}, Max: planner.Resources{CPUMilli: 480}}}})), cpu, planner.DefaultPolicy(), "cpu 450..450..480"},
		"a LimitRange's ratio":        {web(limits(1500, 0), namespace(planner.Namespace{Limits: []planner.LimitRange{{Name: "l", Type: "Container", RatioCPU: 2}}})), withLimits(cpu, 1500), planner.DefaultPolicy(), "cpu 750..750..750"},
		"a LimitRange for pods":       {web(namespace(planner.Namespace{Limits: []planner.LimitRange{{Name: "l", Type: "Pod", Max: planner.Resources{CPUMilli: 1800}}}})), more, planner.DefaultPolicy(), "cpu held: LimitRange l: the pod would ask for 2000"},
		"its most caps the ceiling":   {web(namespace(planner.Namespace{Limits: []planner.LimitRange{{Name: "l", Type: "Pod", Max: planner.Resources{CPUMilli: 2500}}}})), more, planner.DefaultPolicy(), "cpu 1500..2000..2000"},
		"its least lifts the floor":   {web(namespace(planner.Namespace{Limits: []planner.LimitRange{{Name: "l", Type: "Pod", Min: planner.Resources{CPUMilli: 350}}}})), cpu, planner.DefaultPolicy(), "cpu 400..400..500"},
		"another namespace's": {web(func(s *planner.Snapshot) {
			s.Namespaces = []planner.Namespace{{Name: "other", Limits: []planner.LimitRange{{Type: "Pod", Max: planner.Resources{CPUMilli: 1}}}}}
		}), more, planner.DefaultPolicy(), "cpu 1500..2000..3000"},

		"a quota with room":                       {web(namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", RequestsCPU: 12_000, RequestsMemory: -1, LimitsCPU: -1, LimitsMemory: -1, UsedRequestsCPU: 4000}}})), more, planner.DefaultPolicy(), "cpu 1500..2000..3000"},
		"a quota with room for the target":        {web(namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", RequestsCPU: 11_999, RequestsMemory: -1, LimitsCPU: -1, LimitsMemory: -1, UsedRequestsCPU: 4000}}})), more, planner.DefaultPolicy(), "cpu 1500..2000..2000"},
		"a quota without room":                    {web(namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", RequestsCPU: 7_999, RequestsMemory: -1, LimitsCPU: -1, LimitsMemory: -1}}})), more, planner.DefaultPolicy(), "cpu held: ResourceQuota q has no room for 4 pods"},
		"a quota of limits":                       {web(limits(1500, 0), namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", RequestsCPU: -1, RequestsMemory: -1, LimitsCPU: 7_000, LimitsMemory: -1}}})), withLimits(more, 1500), planner.DefaultPolicy(), "cpu held: ResourceQuota q has no room for its limit"},
		"a quota that counts some pods only":      {web(namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", Scoped: true, RequestsCPU: 1}}})), more, planner.DefaultPolicy(), "cpu 1500..2000..3000"},
		"a full quota does not stop what shrinks": {web(namespace(planner.Namespace{Quotas: []planner.Quota{{Name: "q", RequestsCPU: 1, RequestsMemory: -1, LimitsCPU: -1, LimitsMemory: -1}}})), cpu, planner.DefaultPolicy(), "cpu 300..400..500"},

		"a node must carry it":       {web(), aim("cpu", 1000, 3600, 3600, 3600), planner.DefaultPolicy(), "cpu held: no node that it may use"},
		"up to what a node carries":  {web(), aim("cpu", 1000, 3000, 3400, 3600), planner.DefaultPolicy(), "cpu 3000..3400..3400"},
		"a node that it may not use": {web(func(s *planner.Snapshot) { s.Workloads[0].Constraints[0].Offers = planner.Set{} }), aim("cpu", 1000, 9000, 9000, 9000), planner.DefaultPolicy(), "cpu 9000..9000..9000"},

		"an autoscaler of another resource":         {web(scaler(planner.ScalerMetric{Resource: "memory", Percent: 80})), cpu, planner.DefaultPolicy(), "cpu 300..400..500"},
		"an autoscaler by value":                    {web(scaler(planner.ScalerMetric{Resource: "cpu", Value: 700})), cpu, planner.DefaultPolicy(), "cpu 300..400..500"},
		"of another container":                      {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 80, Container: "other"})), cpu, planner.DefaultPolicy(), "cpu 300..400..500"},
		"its percent can follow":                    {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 50})), aim("cpu", 1000, 500, 700, 900), planner.DefaultPolicy(), "cpu 700..700..700"},
		"its percent cannot follow so far":          {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60})), cpu, planner.DefaultPolicy(), "cpu 667..667..667"},
		"nor up":                                    {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60})), more, planner.DefaultPolicy(), "cpu 1200..1200..1200"},
		"one that is outside the range stays there": {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 95})), cpu, planner.DefaultPolicy(), "cpu 1000..1000..1000"},
		"an autoscaler that somebody owns":          {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60}), func(s *planner.Snapshot) { s.Workloads[0].Scaler.Owner = "ScaledObject/web" }), cpu, planner.DefaultPolicy(), "cpu held: ScaledObject/web owns"},
		"at its most pods":                          {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60}), func(s *planner.Snapshot) { s.Workloads[0].Scaler.Current = 10 }), cpu, planner.DefaultPolicy(), "cpu held: shop/HorizontalPodAutoscaler/web is at its 10 pods"},
		"which does not scale":                      {web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60}), func(s *planner.Snapshot) { s.Workloads[0].Scaler.Min = 10 }), cpu, planner.DefaultPolicy(), "cpu 300..400..500"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := planner.Targets{Containers: []planner.Target{tc.t}}
			got := bounds.Apply(tc.s, in, tc.p)
			if text := brief(got.Containers[0]); !strings.HasPrefix(text, tc.want) {
				t.Errorf("got  %s\nwant %s", text, tc.want)
			}
			if diff := cmp.Diff(tc.t, in.Containers[0]); diff != "" {
				t.Errorf("the input was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownStaysUnknown(t *testing.T) {
	one := aim("cpu", 1000, 1000, 1000, 1000)
	one.Unknown = "too little data"
	got := bounds.Apply(web(), planner.Targets{Containers: []planner.Target{one}}, class(func(c *planner.Class) { c.MinCPU = 5000 }))
	if diff := cmp.Diff(one, got.Containers[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheScalePointStays runs the autoscaler's own rule on a random load, once with today's request and percent and once
// with what Apply makes of them, and compares the number of pods at every step. Requests are integers and so are
// percents, so the two may differ by what an autoscaler itself takes for equal: 10 % (kube-controller-manager's
// --horizontal-pod-autoscaler-tolerance).
func TestTheScalePointStays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	moved := 0
	for range 2000 {
		percent, now, target := 30+rng.Int64N(70), 100+rng.Int64N(4000), 20+rng.Int64N(8000)
		s := web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: percent}), func(s *planner.Snapshot) {
			s.Workloads[0].Requests.CPUMilli, s.Workloads[0].Containers[0].Requests.CPUMilli = now, now
			s.Offers[0].Allocatable.CPUMilli = 1_000_000
		})
		got := bounds.Apply(s, planner.Targets{Containers: []planner.Target{aim("cpu", now, target, target, target)}}, planner.DefaultPolicy())
		to, then := got.Containers[0], percent
		if len(got.Scalers) > 0 {
			then = got.Scalers[0].Percent
			moved++
		}
		if len(got.Scalers) == 0 && to.Target != now {
			t.Fatalf("%d %% of %d: the request became %d and the percent stays", percent, now, to.Target)
		}
		if then < min(percent, 50) || then > max(percent, 90) {
			t.Fatalf("%d %% of %d for %d: the percent became %d", percent, now, target, then)
		}
		if to.Floor != to.Target || to.Ceiling != to.Target {
			t.Fatalf("a request that an autoscaler follows is a range: %s", brief(to))
		}
		for range 20 {
			load := float64(now) * (0.2 + 20*rng.Float64())
			a, b := load/(float64(percent)/100*float64(now)), load/(float64(then)/100*float64(to.Target))
			if b < a*0.97 || b > a*1.1 {
				t.Fatalf("load %.0f: %.2f pods at %d %% of %d, %.2f at %d %% of %d", load, a, percent, now, b, then, to.Target)
			}
		}
	}
	if moved < 500 {
		t.Errorf("only %d of 2000 moved: the test shows nothing", moved)
	}
}

// Several containers under one metric go the same part of the way.
func TestContainersUnderOneMetricMoveTogether(t *testing.T) {
	s := web(scaler(planner.ScalerMetric{Resource: "cpu", Percent: 60}), func(s *planner.Snapshot) {
		w := &s.Workloads[0]
		w.Containers = append(w.Containers, planner.Container{Name: "side", Kind: planner.Sidecar, Requests: planner.Resources{CPUMilli: 500}})
		w.Requests.CPUMilli = 1500
	})
	side := aim("cpu", 500, 200, 200, 200)
	side.Container = "side"
	got := bounds.Apply(s, planner.Targets{Containers: []planner.Target{aim("cpu", 1000, 400, 400, 400), side}}, planner.DefaultPolicy())
	if a, b := got.Containers[0].Target, got.Containers[1].Target; a != 667 || b != 334 {
		t.Errorf("app %d, side %d: want 667 and 334, 5⁄9 of the way for both", a, b)
	}
	if len(got.Scalers) != 1 || got.Scalers[0].Percent != 89 {
		t.Errorf("scalers %+v: want one at 89 %%", got.Scalers)
	}
}

// Whatever comes in, a range stays a range, no request that shrinks is held up by a quota, and held ones are today's.
func TestRangesStayRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		s := web(limits(rng.Int64N(3)*1000, rng.Int64N(3)*2000), namespace(planner.Namespace{
			Limits: []planner.LimitRange{{Type: []string{"Pod", "Container"}[rng.IntN(2)], Min: planner.Resources{CPUMilli: rng.Int64N(900)}, Max: planner.Resources{CPUMilli: 1000 + rng.Int64N(4000)}}},
			Quotas: []planner.Quota{{RequestsCPU: rng.Int64N(20_000), RequestsMemory: -1, LimitsCPU: rng.Int64N(20_000), LimitsMemory: -1}},
		}))
		if rng.IntN(2) == 0 {
			scaler(planner.ScalerMetric{Resource: "cpu", Percent: 20 + rng.Int64N(79)})(s)
		}
		floor := 1 + rng.Int64N(3000)
		one := aim("cpu", 1000, floor, floor+rng.Int64N(500), floor+500+rng.Int64N(500))
		one.LimitNow = s.Workloads[0].Containers[0].Limits.CPUMilli
		p := class(func(c *planner.Class) {
			c.DownMost = rng.Int64N(30)
			c.CPULimits = []planner.LimitRule{"", "ratio", "none"}[rng.IntN(3)]
		})
		got := bounds.Apply(s, planner.Targets{Containers: []planner.Target{one}}, p).Containers[0]
		if got.Floor > got.Target || got.Target > got.Ceiling || got.Floor < 1 {
			t.Fatalf("%s of %s", brief(got), brief(one))
		}
		if got.Held != "" && (got.Target != 1000 || got.Floor != 1000 || got.Ceiling != 1000 || got.Limit != got.LimitNow) {
			t.Fatalf("held, yet it changes: %+v", got)
		}
		if got.Held == "" && got.Limit > 0 && got.Ceiling > got.Limit {
			t.Fatalf("%s: a request may go above its limit", brief(got))
		}
	}
}
