package kube

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// Validate names the first field of an object whose value means nothing, with its path. Pods are checked by
// ReducePod. An object that passes is one that Snapshot makes sense of.
func Validate(object any) error {
	switch x := object.(type) {
	case *appsv1.Deployment:
		return validateController(x.Spec.Replicas, &x.Spec.Template, "spec.replicas")
	case *appsv1.StatefulSet:
		return validateController(x.Spec.Replicas, &x.Spec.Template, "spec.replicas")
	case *appsv1.ReplicaSet:
		return validateController(x.Spec.Replicas, &x.Spec.Template, "spec.replicas")
	case *appsv1.DaemonSet:
		return validateController(nil, &x.Spec.Template, "")
	case *batchv1.Job:
		if err := validateController(x.Spec.Parallelism, &x.Spec.Template, "spec.parallelism"); err != nil {
			return err
		}
		if n := x.Spec.Completions; n != nil && *n < 0 {
			return fmt.Errorf("%w: spec.completions: %d is negative; write 0 or more", ErrObject, *n)
		}
	case *corev1.Node:
		return checkAmounts("status.allocatable", x.Status.Allocatable)
	case *NodePool:
		if err := checkAmounts("spec.limits", x.Spec.Limits); err != nil {
			return err
		}
		return validateRequirements("spec.template.spec.requirements", x.Spec.Template.Spec.Requirements)
	case *NodeOverlay:
		return validateOverlay(x)
	case *Autoscaler:
		return checkAutoscaler(x)
	case *corev1.LimitRange:
		return checkLimitRange(x)
	case *corev1.ResourceQuota:
		return checkQuota(x)
	}
	return nil
}

// ReplicasMax bounds the pods of one object. Kubernetes is built for 150,000 in a cluster (kubernetes.io, "Considerations
// for large clusters", 2026-11); beyond a million, it is a slip of the pen.
const ReplicasMax = 1_000_000

func validateController(count *int32, template *corev1.PodTemplateSpec, field string) error {
	if count != nil && *count < 0 {
		return fmt.Errorf("%w: %s: %d is negative; write 0 or more", ErrObject, field, *count)
	}
	if count != nil && *count > ReplicasMax {
		return fmt.Errorf("%w: %s: %d is more than the %d pods that one object may have here; write fewer", ErrObject, field, *count, ReplicasMax)
	}
	if err := checkPod(&template.Spec); err != nil {
		text := strings.TrimPrefix(err.Error(), ErrObject.Error()+": ")
		return fmt.Errorf("%w: spec.template.%s", ErrObject, text)
	}
	return nil
}

func validateRequirements(path string, requirements []Requirement) error {
	for i, r := range requirements {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r.Key == "" {
			return fmt.Errorf("%w: %s.key: missing; name a label", ErrObject, at)
		}
		if fault := r.fault(); fault != "" {
			return fmt.Errorf("%w: %s: %s", ErrObject, at, fault)
		}
	}
	return nil
}

func validateOverlay(overlay *NodeOverlay) error {
	if err := checkAmounts("spec.capacity", overlay.Spec.Capacity); err != nil {
		return err
	}
	if overlay.Spec.Price != nil && overlay.Spec.PriceAdjustment != nil {
		return fmt.Errorf("%w: spec.priceAdjustment: set beside spec.price; keep one of the two", ErrObject)
	}
	for field, text := range map[string]*string{"price": overlay.Spec.Price, "priceAdjustment": overlay.Spec.PriceAdjustment} {
		if text == nil {
			continue
		}
		if _, err := adjust(0, *text); err != nil {
			return fmt.Errorf("%w: spec.%s: %q is no price; write 0.25, +10%% or -0.05", ErrObject, field, *text)
		}
	}
	return validateRequirements("spec.requirements", overlay.Spec.Requirements)
}
