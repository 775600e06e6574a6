package karpenter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/apis/v1alpha1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// toPool translates a NodePool into Karpenter's type. Which EC2NodeClass it names does not bear on scheduling here, but
// Karpenter wants one.
func toPool(p *kube.NodePool) *v1.NodePool {
	np := &v1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: p.Name, UID: uid("NodePool", "", p.Name)}}
	np.Spec.Weight, np.Spec.Replicas, np.Spec.Limits = p.Spec.Weight, p.Spec.Replicas, v1.Limits(maps.Clone(p.Spec.Limits))
	t := &np.Spec.Template
	t.Labels, t.Annotations = maps.Clone(p.Spec.Template.Metadata.Labels), maps.Clone(p.Spec.Template.Metadata.Annotations)
	t.Spec.Taints = slices.Clone(p.Spec.Template.Spec.Taints)
	t.Spec.StartupTaints = slices.Clone(p.Spec.Template.Spec.StartupTaints)
	t.Spec.NodeClassRef = &v1.NodeClassReference{Group: awsGroup, Kind: nodeClassKind, Name: "default"}
	for _, r := range p.Spec.Template.Spec.Requirements {
		t.Spec.Requirements = append(t.Spec.Requirements, v1.NodeSelectorRequirementWithMinValues{
			Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: slices.Clone(r.Values), MinValues: r.MinValues,
		})
	}
	return np
}

// checkPool applies the rules of the CRD (CEL and bounds in pkg/apis/v1/nodepool.go) and those that Karpenter checks
// when it runs.
func checkPool(p *kube.NodePool) error {
	var faults []error
	if w := p.Spec.Weight; w != nil && (*w < 1 || *w > 100) {
		faults = append(faults, fmt.Errorf("weight %d is not from 1 to 100", *w))
	}
	if n := len(p.Spec.Template.Spec.Requirements); n > 100 {
		faults = append(faults, fmt.Errorf("%d requirements, more than 100", n))
	}
	for _, r := range p.Spec.Template.Spec.Requirements {
		if m := r.MinValues; m != nil && (*m < 1 || *m > 50) {
			faults = append(faults, fmt.Errorf("requirement %s: minValues %d is not from 1 to 50", r, *m))
		}
		requirement := v1.NodeSelectorRequirementWithMinValues{
			Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: r.Values, MinValues: r.MinValues,
		}
		if err := v1.ValidateRequirement(context.Background(), requirement); err != nil {
			faults = append(faults, fmt.Errorf("requirement %s: %w", r, err))
		}
	}
	for name, q := range p.Spec.Limits {
		if q.Sign() < 0 {
			faults = append(faults, fmt.Errorf("limit %s is negative: %s", name, q.String()))
		}
	}
	if len(faults) == 0 {
		faults = append(faults, toPool(p).RuntimeValidate(context.Background()))
	}
	return errors.Join(faults...)
}

// The forms that the CRD allows (pkg/apis/v1alpha1/nodeoverlay.go).
var (
	overlayPrice      = regexp.MustCompile(`^\d+(\.\d+)?$`)
	overlayAdjustment = regexp.MustCompile(`^(([+-]{1}(\d*\.?\d+))|(\+{1}\d*\.?\d+%)|(^(-\d{1,2}(\.\d+)?%)$)|(-100%))$`)
)

func toOverlay(o *kube.NodeOverlay) *v1alpha1.NodeOverlay {
	no := &v1alpha1.NodeOverlay{ObjectMeta: metav1.ObjectMeta{Name: o.Name, UID: uid("NodeOverlay", "", o.Name)}}
	no.Spec.Price, no.Spec.PriceAdjustment, no.Spec.Weight = o.Spec.Price, o.Spec.PriceAdjustment, o.Spec.Weight
	no.Spec.Capacity = maps.Clone(o.Spec.Capacity)
	for _, r := range o.Spec.Requirements {
		no.Spec.Requirements = append(no.Spec.Requirements, v1alpha1.NodeSelectorRequirement{
			Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: slices.Clone(r.Values),
		})
	}
	return no
}

func checkOverlay(o *kube.NodeOverlay) error {
	var faults []error
	if w := o.Spec.Weight; w != nil && (*w < 1 || *w > 10_000) {
		faults = append(faults, fmt.Errorf("weight %d is not from 1 to 10000", *w))
	}
	if o.Spec.Price != nil && o.Spec.PriceAdjustment != nil {
		faults = append(faults, errors.New("price and priceAdjustment are both set"))
	}
	if p := o.Spec.Price; p != nil && (!overlayPrice.MatchString(*p) || !sane(*p)) {
		faults = append(faults, fmt.Errorf("price %q is no price", *p))
	}
	if p := o.Spec.PriceAdjustment; p != nil && (!overlayAdjustment.MatchString(*p) || !sane(strings.TrimSuffix(*p, "%"))) {
		faults = append(faults, fmt.Errorf("priceAdjustment %q is none", *p))
	}
	for name, q := range o.Spec.Capacity {
		if q.Sign() < 0 {
			faults = append(faults, fmt.Errorf("capacity %s is negative: %s", name, q.String()))
		}
	}
	for _, r := range o.Spec.Requirements { // before RuntimeValidate, so that the requirement is named
		if err := v1.ValidateRequirement(context.Background(), v1.NodeSelectorRequirementWithMinValues{
			Key: r.Key, Operator: corev1.NodeSelectorOperator(r.Operator), Values: r.Values}); err != nil {
			faults = append(faults, fmt.Errorf("requirement %s: %w", r, err))
		}
	}
	if len(faults) == 0 {
		faults = append(faults, toOverlay(o).RuntimeValidate(context.Background()))
	}
	return errors.Join(faults...)
}

// sane tells a number that is not beyond every price.
func sane(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	return err == nil && f <= pricing.MaxPrice.Float64() && f >= -pricing.MaxPrice.Float64()
}

// namesSpot says whether a NodePool allows spot in so many words. One that names no capacity type is had on demand
// here, as in controllers/kube: only an owner can accept nodes that are taken away.
func namesSpot(p *kube.NodePool) bool {
	said, allowed := false, true
	for _, r := range p.Spec.Template.Spec.Requirements {
		if r.Key != v1.CapacityTypeLabelKey {
			continue
		}
		said = true
		allowed = allowed && allows(r, v1.CapacityTypeSpot)
	}
	return said && allowed
}

// allows reads the operators that make sense for a capacity type.
func allows(r kube.Requirement, value string) bool {
	switch corev1.NodeSelectorOperator(r.Operator) {
	case corev1.NodeSelectorOpIn:
		return slices.Contains(r.Values, value)
	case corev1.NodeSelectorOpNotIn:
		return !slices.Contains(r.Values, value)
	case corev1.NodeSelectorOpExists:
		return true
	}
	return false
}
