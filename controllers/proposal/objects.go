package proposal

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// overlayWeight is above overlays of the user's, which seldom name one; a user's own at this weight would conflict, and say so.
const overlayWeight = 100

// Objects writes pools as Karpenter sees them, one NodePool each and the NodeOverlays that they need. Bases are today's
// NodePools; they are read, never changed. Where a pool names no base, it stands by itself.
func Objects(pools []planner.Pool, bases []*kube.NodePool, cat pricing.Catalog) ([]*kube.NodePool, []*kube.NodeOverlay, error) {
	var made []*kube.NodePool
	var overlays []*kube.NodeOverlay
	for i := range pools {
		p := &pools[i]
		base, err := baseOf(p, bases)
		if err != nil {
			return nil, nil, err
		}
		child := childOf(p, base)
		if err := limitNodes(child, p, cat); err != nil {
			return nil, nil, err
		}
		made = append(made, child)
		more, err := overlaysOf(p, cat)
		if err != nil {
			return nil, nil, err
		}
		overlays = append(overlays, more...)
	}
	return made, overlays, nil
}

func baseOf(p *planner.Pool, bases []*kube.NodePool) (*kube.NodePool, error) {
	if len(p.InstanceTypes) == 0 || p.Weight < 1 || p.Weight > 100 {
		return nil, fmt.Errorf("%w: pool %q has %d instance types and weight %d", ErrDesign, p.Name, len(p.InstanceTypes), p.Weight)
	}
	for _, b := range bases {
		switch {
		case b.Name == p.Name:
			return nil, fmt.Errorf("%w: there is a NodePool %q already", ErrDesign, p.Name)
		case b.Name == p.Base || p.Base == "" && b.Name == karpenter.Implicit:
			return b, nil
		}
	}
	if p.Base != "" {
		return nil, fmt.Errorf("%w: pool %q is a child of NodePool %q, which is not there", ErrDesign, p.Name, p.Base)
	}
	return &kube.NodePool{}, nil
}

// childOf narrows a copy of the base. Conditions that both have stand beside each other: Karpenter takes what all of them
// allow. Floors on the number of choices (minValues) are the base's own and do not hold for a part of it.
func childOf(p *planner.Pool, base *kube.NodePool) *kube.NodePool {
	child := &kube.NodePool{TypeMeta: metav1.TypeMeta{APIVersion: "karpenter.sh/v1", Kind: "NodePool"}, ObjectMeta: metav1.ObjectMeta{Name: p.Name}}
	weight := p.Weight
	child.Spec.Weight, child.Spec.Limits = &weight, maps.Clone(base.Spec.Limits)
	from, t := &base.Spec.Template, &child.Spec.Template
	t.Metadata.Labels, t.Metadata.Annotations = maps.Clone(from.Metadata.Labels), maps.Clone(from.Metadata.Annotations)
	t.Spec.Taints, t.Spec.StartupTaints = slices.Clone(from.Spec.Taints), slices.Clone(from.Spec.StartupTaints)
	for _, r := range from.Spec.Requirements {
		r.MinValues = nil
		t.Spec.Requirements = append(t.Spec.Requirements, r)
	}
	narrow := func(key string, values []string) {
		if len(values) > 0 {
			t.Spec.Requirements = append(t.Spec.Requirements, kube.Requirement{Key: key, Operator: "In", Values: slices.Sorted(slices.Values(values))})
		}
	}
	narrow(typeLabel, p.InstanceTypes)
	narrow(capacityType, p.CapacityTypes)
	narrow(corev1.LabelTopologyZone, p.Zones)
	if p.Steered {
		t.Spec.Taints = append(t.Spec.Taints, Taint(p.Name))
	}
	if len(p.Slices) > 0 {
		if t.Metadata.Labels == nil {
			t.Metadata.Labels = map[string]string{}
		}
		t.Metadata.Labels[migLabel] = ConfigName(p)
	}
	return child
}

// limitNodes limits a pool to its number of nodes by their CPU: Karpenter does not hold a limit on nodes within a batch.
func limitNodes(child *kube.NodePool, p *planner.Pool, cat pricing.Catalog) error {
	if p.NodesMost <= 0 {
		return nil
	}
	if _, ok := cat.Lookup(p.InstanceTypes[0]); !ok || len(p.InstanceTypes) > 1 {
		return fmt.Errorf("%w: pool %q is limited to %d nodes of %d instance types, the first known: %t", ErrDesign, p.Name, p.NodesMost, len(p.InstanceTypes), ok)
	}
	if child.Spec.Limits == nil {
		child.Spec.Limits = corev1.ResourceList{}
	}
	most := cpuOf(p, cat)
	if has, ok := child.Spec.Limits[corev1.ResourceCPU]; !ok || most.Cmp(has) < 0 {
		child.Spec.Limits[corev1.ResourceCPU] = *most
	}
	return nil
}

// cpuOf is the CPU of as many nodes as a pool may have.
func cpuOf(p *planner.Pool, cat pricing.Catalog) *resource.Quantity {
	machine, _ := cat.Lookup(p.InstanceTypes[0])
	return resource.NewMilliQuantity(p.NodesMost*machine.VCPU*1000, resource.DecimalSI)
}

// Taint is what a steered pool has and its pods tolerate.
func Taint(pool string) corev1.Taint {
	return corev1.Taint{Key: poolTaint, Value: pool, Effect: corev1.TaintEffectNoSchedule}
}

// ConfigName names a pool's cut of its cards in mig-parted's configuration.
func ConfigName(p *planner.Pool) string { return "tenon-" + p.Name }

// overlaysOf tells Karpenter what the device plugin will make of the cards, for each number of cards among the types. Of
// whole cards only those are left that the layout does not cut: a pod that asks for more would wait for ever.
func overlaysOf(p *planner.Pool, cat pricing.Catalog) ([]*kube.NodeOverlay, error) {
	if len(p.Slices) == 0 && p.Replicas == 0 {
		return nil, nil
	}
	if len(p.Slices) > 0 && p.Replicas > 0 {
		return nil, fmt.Errorf("%w: pool %q cuts its cards and shares them", ErrDesign, p.Name)
	}
	if len(p.Slices) > 0 {
		capacity := corev1.ResourceList{gpuName: *resource.NewQuantity(wholeCards(p), resource.DecimalSI)}
		for profile, n := range p.Slices {
			capacity[corev1.ResourceName(migPrefix+profile)] = *resource.NewQuantity(n, resource.DecimalSI)
		}
		return []*kube.NodeOverlay{overlay(p.Name, p.Name, p.InstanceTypes, capacity)}, nil
	}
	byCards := map[int64][]string{}
	for _, name := range p.InstanceTypes {
		machine, ok := cat.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("%w: pool %q: instance type %q is not in the catalog", ErrDesign, p.Name, name)
		}
		byCards[machine.GPU.Count] = append(byCards[machine.GPU.Count], name)
	}
	var out []*kube.NodeOverlay
	for _, cards := range slices.Sorted(maps.Keys(byCards)) {
		if cards == 0 {
			continue
		}
		name := p.Name
		if len(byCards) > 1 {
			name += "-" + strconv.FormatInt(cards, 10)
		}
		out = append(out, overlay(name, p.Name, byCards[cards], corev1.ResourceList{
			gpuName: *resource.NewQuantity(0, resource.DecimalSI), karpenter.SharedGPU: *resource.NewQuantity(cards*p.Replicas, resource.DecimalSI),
		}))
	}
	return out, nil
}

func overlay(name, pool string, types []string, capacity corev1.ResourceList) *kube.NodeOverlay {
	o := &kube.NodeOverlay{TypeMeta: metav1.TypeMeta{APIVersion: "karpenter.sh/v1alpha1", Kind: "NodeOverlay"}, ObjectMeta: metav1.ObjectMeta{Name: name}}
	weight := int32(overlayWeight)
	o.Spec.Weight, o.Spec.Capacity = &weight, capacity
	o.Spec.Requirements = []kube.Requirement{
		{Key: poolLabel, Operator: "In", Values: []string{pool}},
		{Key: typeLabel, Operator: "In", Values: slices.Sorted(slices.Values(types))},
	}
	return o
}
