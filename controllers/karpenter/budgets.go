package karpenter

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// judged is a copy of a budget with a status. Karpenter asks the status how many pods may go now; one that is empty, as
// in a dump that was trimmed or written by hand, is worked out of the pods as the disruption controller does, every pod on a node being healthy
// (k8s.io/kubernetes pkg/controller/disruption: percentages are rounded up).
func judged(b *policyv1.PodDisruptionBudget, pods []*corev1.Pod) *policyv1.PodDisruptionBudget {
	b = bare(b.DeepCopy())
	s := b.Status
	if s.ObservedGeneration != 0 || s.ExpectedPods != 0 || s.DisruptionsAllowed != 0 || len(s.Conditions) > 0 {
		return b
	}
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return b
	}
	expected, healthy := 0, 0
	for _, p := range pods {
		if p.Namespace == b.Namespace && selector.Matches(labels.Set(p.Labels)) {
			if expected++; p.Spec.NodeName != "" {
				healthy++
			}
		}
	}
	wanted := 0
	switch {
	case b.Spec.MaxUnavailable != nil:
		most, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, expected, true)
		if err != nil {
			return b
		}
		wanted = max(0, expected-most)
	case b.Spec.MinAvailable != nil:
		if wanted, err = intstr.GetScaledValueFromIntOrPercent(b.Spec.MinAvailable, expected, true); err != nil {
			return b
		}
	}
	b.Status.ExpectedPods, b.Status.CurrentHealthy, b.Status.DesiredHealthy = int32(expected), int32(healthy), int32(min(wanted, expected+1))
	b.Status.DisruptionsAllowed = int32(max(0, healthy-wanted))
	return b
}
