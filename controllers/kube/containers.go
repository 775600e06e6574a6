package kube

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/planner"
)

// containers lists the containers of a pod whose requests have their defaults, init containers first.
func containers(spec *corev1.PodSpec) []planner.Container {
	fixed := ""
	if spec.Resources != nil {
		fixed = "pod-level resources: the pod asks for its containers together"
	}
	var out []planner.Container
	add := func(c *corev1.Container, kind planner.ContainerKind) {
		requests, limits := amounts(c.Resources.Requests, up), amounts(c.Resources.Limits, up) // both up: equal ones stay equal
		out = append(out, planner.Container{
			Name: c.Name, Kind: kind, Fixed: fixed,
			Requests: planner.Resources{CPUMilli: requests.CPUMilli, MemoryMiB: requests.MemoryMiB},
			Limits:   planner.Resources{CPUMilli: limits.CPUMilli, MemoryMiB: limits.MemoryMiB},
		})
	}
	for i := range spec.InitContainers {
		kind := planner.InitContainer
		if value(spec.InitContainers[i].RestartPolicy) == corev1.ContainerRestartPolicyAlways {
			kind = planner.Sidecar
		}
		add(&spec.InitContainers[i], kind)
	}
	for i := range spec.Containers {
		add(&spec.Containers[i], planner.MainContainer)
	}
	return out
}

// scalers returns the autoscaler of each workload. Of several on one workload the first by name counts, and a note says so.
func (t *translation) scalers() map[planner.Ref]*planner.Scaler {
	out := map[planner.Ref]*planner.Scaler{}
	for _, a := range t.in.Autoscalers {
		self := planner.Ref{Namespace: a.Namespace, Kind: "HorizontalPodAutoscaler", Name: a.Name}
		to := planner.Ref{Namespace: a.Namespace, Kind: a.Spec.ScaleTargetRef.Kind, Name: a.Spec.ScaleTargetRef.Name}
		if other := out[to]; other != nil {
			t.notes.warn(self.String(), "scales %s, which %s scales already: only that one is looked at", to, other.Ref)
			continue
		}
		s := &planner.Scaler{
			Ref: self, Min: replicas(a.Spec.MinReplicas), Max: int64(a.Spec.MaxReplicas),
			Current: int64(max(a.Status.CurrentReplicas, a.Status.DesiredReplicas)),
		}
		if owner := metav1.GetControllerOfNoCopy(a); owner != nil {
			s.Owner = owner.Kind + "/" + owner.Name
		}
		if p := a.Spec.TargetCPUUtilizationPercentage; p != nil {
			s.Metrics = append(s.Metrics, planner.ScalerMetric{Resource: string(corev1.ResourceCPU), Percent: int64(*p)})
		}
		for i := range a.Spec.Metrics {
			s.Metrics = append(s.Metrics, scalerMetric(&a.Spec.Metrics[i]))
		}
		if len(a.Spec.Metrics) == 0 && a.Spec.TargetCPUUtilizationPercentage == nil {
			// What the API server sets where nothing is said (k8s.io/kubernetes pkg/apis/autoscaling/v2/defaults.go).
			s.Metrics = append(s.Metrics, planner.ScalerMetric{Resource: string(corev1.ResourceCPU), Percent: 80})
		}
		out[to] = s
	}
	return out
}

func scalerMetric(m *autoscalingv2.MetricSpec) planner.ScalerMetric {
	var out planner.ScalerMetric
	var target *autoscalingv2.MetricTarget
	switch {
	case m.Resource != nil:
		out.Resource, target = string(m.Resource.Name), &m.Resource.Target
	case m.ContainerResource != nil:
		out.Resource, out.Container, target = string(m.ContainerResource.Name), m.ContainerResource.Container, &m.ContainerResource.Target
	default:
		return out
	}
	out.Percent = int64(value(target.AverageUtilization))
	if q := target.AverageValue; q != nil {
		if out.Resource == string(corev1.ResourceMemory) {
			out.Value = scaled(*q, 0, mebibyte, up)
		} else {
			out.Value = scaled(*q, resource.Milli, 1, up)
		}
	}
	return out
}

// namespaces collects limit ranges and quotas by namespace.
func (t *translation) namespaces() []planner.Namespace {
	at := map[string]*planner.Namespace{}
	of := func(name string) *planner.Namespace {
		if at[name] == nil {
			at[name] = &planner.Namespace{Name: name}
		}
		return at[name]
	}
	for _, l := range t.in.LimitRanges {
		for _, item := range l.Spec.Limits {
			if item.Type == corev1.LimitTypeContainer || item.Type == corev1.LimitTypePod {
				of(l.Namespace).Limits = append(of(l.Namespace).Limits, limitRange(l.Name, &item))
			}
		}
	}
	for _, q := range t.in.Quotas {
		of(q.Namespace).Quotas = append(of(q.Namespace).Quotas, quota(q))
	}
	var out []planner.Namespace
	for _, name := range slices.Sorted(maps.Keys(at)) {
		out = append(out, *at[name])
	}
	return out
}

func limitRange(name string, item *corev1.LimitRangeItem) planner.LimitRange {
	cpuMemory := func(list corev1.ResourceList, d direction) planner.Resources {
		r := amounts(list, d)
		return planner.Resources{CPUMilli: r.CPUMilli, MemoryMiB: r.MemoryMiB}
	}
	ratio := func(name corev1.ResourceName) float64 {
		q := item.MaxLimitRequestRatio[name]
		return q.AsApproximateFloat64()
	}
	return planner.LimitRange{
		Name: name, Type: string(item.Type),
		Min: cpuMemory(item.Min, up), Max: cpuMemory(item.Max, down),
		Default: cpuMemory(item.Default, down), DefaultRequest: cpuMemory(item.DefaultRequest, up),
		RatioCPU: ratio(corev1.ResourceCPU), RatioMemory: ratio(corev1.ResourceMemory),
	}
}

func quota(q *corev1.ResourceQuota) planner.Quota {
	hard := func(names ...corev1.ResourceName) *resource.Quantity {
		for _, name := range names {
			if v, ok := q.Spec.Hard[name]; ok {
				return &v
			}
			if v, ok := q.Status.Hard[name]; ok {
				return &v
			}
		}
		return nil
	}
	amount := func(v *resource.Quantity, scale resource.Scale, unit int64) int64 {
		if v == nil {
			return -1
		}
		return scaled(*v, scale, unit, down)
	}
	used := func(d resource.Scale, unit int64, names ...corev1.ResourceName) int64 {
		for _, name := range names {
			if v, ok := q.Status.Used[name]; ok {
				return scaled(v, d, unit, up)
			}
		}
		return 0
	}
	// "cpu" is an older name of "requests.cpu" (k8s.io/kubernetes pkg/quota/v1/evaluator/core/pods.go).
	return planner.Quota{
		Name: q.Name, Scoped: len(q.Spec.Scopes) > 0 || q.Spec.ScopeSelector != nil,
		RequestsCPU:     amount(hard(corev1.ResourceRequestsCPU, corev1.ResourceCPU), resource.Milli, 1),
		RequestsMemory:  amount(hard(corev1.ResourceRequestsMemory, corev1.ResourceMemory), 0, mebibyte),
		LimitsCPU:       amount(hard(corev1.ResourceLimitsCPU), resource.Milli, 1),
		LimitsMemory:    amount(hard(corev1.ResourceLimitsMemory), 0, mebibyte),
		UsedRequestsCPU: used(resource.Milli, 1, corev1.ResourceRequestsCPU, corev1.ResourceCPU),
		UsedRequests:    used(0, mebibyte, corev1.ResourceRequestsMemory, corev1.ResourceMemory),
	}
}

// checkAutoscaler finds what no API server would have let in.
func checkAutoscaler(a *Autoscaler) error {
	if value(a.Spec.MinReplicas) < 0 || a.Spec.MaxReplicas < 0 {
		return fmt.Errorf("%w: spec.minReplicas, spec.maxReplicas: negative; write 0 or more", ErrObject)
	}
	if a.Spec.ScaleTargetRef.Kind == "" || a.Spec.ScaleTargetRef.Name == "" {
		return fmt.Errorf("%w: spec.scaleTargetRef: kind and name are missing", ErrObject)
	}
	return nil
}

// checkQuota finds negative amounts.
func checkQuota(q *corev1.ResourceQuota) error { return checkAmounts("spec.hard", q.Spec.Hard) }

// checkLimitRange finds negative amounts.
func checkLimitRange(l *corev1.LimitRange) error {
	for i := range l.Spec.Limits {
		item, path := &l.Spec.Limits[i], fmt.Sprintf("spec.limits[%d]", i)
		if err := cmp.Or(checkAmounts(path+".min", item.Min), checkAmounts(path+".max", item.Max),
			checkAmounts(path+".default", item.Default), checkAmounts(path+".defaultRequest", item.DefaultRequest),
			checkAmounts(path+".maxLimitRequestRatio", item.MaxLimitRequestRatio)); err != nil {
			return err
		}
	}
	return nil
}
