package karpenter

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

const mebibyte = 1 << 20

// market turns a catalogue into Karpenter's instance types.
type market struct {
	catalog  pricing.Catalog
	zones    []string
	region   string
	autoMode bool                  // labels of EKS Auto Mode are asked for
	taken    map[reservation]int64 // nodes of today in reservations

	reservationsOff bool
}

// reservation is a place in which reserved machines of a type are.
type reservation struct{ instanceType, zone, id string }

// types lists the types that can be had, in the order of the catalogue; spot says whether offerings of spot are among
// their offerings.
func (m market) types(spot bool) []*cloudprovider.InstanceType {
	var types []*cloudprovider.InstanceType
	for _, t := range m.catalog.Types {
		if it := m.instanceType(t, spot); it != nil {
			types = append(types, it)
		}
	}
	return types
}

// instanceType is nil for a type that nobody has given a price for.
func (m market) instanceType(t pricing.InstanceType, spot bool) *cloudprovider.InstanceType {
	var offerings cloudprovider.Offerings
	zones, terms, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, zone := range m.zones {
		for _, o := range m.offerings(t, zone, spot) {
			offerings = append(offerings, o)
			zones[zone], terms[o.CapacityType()] = true, true
			if o.CapacityType() == v1.CapacityTypeReserved {
				ids[o.ReservationID()] = true
			}
		}
	}
	if len(offerings) == 0 {
		return nil
	}
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(max(t.VCPU*1000, t.Allocatable.CPUMilli), resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(max(t.MemoryMiB, t.Allocatable.MemoryMiB)*mebibyte, resource.BinarySI),
		corev1.ResourceEphemeralStorage: *resource.NewQuantity(t.Allocatable.EphemeralMiB*mebibyte, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(t.Allocatable.Pods, resource.DecimalSI),
	}
	for name, n := range t.Allocatable.Extended {
		capacity[corev1.ResourceName(name)] = *resource.NewQuantity(n, resource.DecimalSI)
	}
	reserved := capacity.DeepCopy()
	cpu, memory := reserved[corev1.ResourceCPU], reserved[corev1.ResourceMemory]
	cpu.Sub(*resource.NewMilliQuantity(t.Allocatable.CPUMilli, resource.DecimalSI))
	memory.Sub(*resource.NewQuantity(t.Allocatable.MemoryMiB*mebibyte, resource.BinarySI))
	return &cloudprovider.InstanceType{
		Name:         t.Name,
		Requirements: m.requirements(t, zones, terms, ids),
		Offerings:    offerings,
		Capacity:     capacity,
		Overhead:     &cloudprovider.InstanceTypeOverhead{KubeReserved: corev1.ResourceList{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory}},
	}
}

// requirements defines every well-known label that the catalogue decides: Karpenter takes one that is not defined as met.
func (m market) requirements(t pricing.InstanceType, zones, terms, ids map[string]bool) scheduling.Requirements {
	labels := kube.TypeLabels(t)
	r := scheduling.NewRequirements(
		in(corev1.LabelInstanceTypeStable, t.Name),
		in(corev1.LabelArchStable, t.Arch),
		in(corev1.LabelOSStable, t.OS...),
		in(corev1.LabelTopologyZone, slices.Sorted(maps.Keys(zones))...),
		in(v1.CapacityTypeLabelKey, slices.Sorted(maps.Keys(terms))...),
		absent(corev1.LabelWindowsBuild), absent(reservationType), absent(interruptible),
	)
	if m.region != "" {
		r.Add(in(corev1.LabelTopologyRegion, m.region))
	}
	if len(ids) > 0 {
		r.Add(in(reservationID, slices.Sorted(maps.Keys(ids))...))
	} else {
		r.Add(absent(reservationID))
	}
	groups := []string{awsGroup}
	if m.autoMode {
		groups = append(groups, autoModeGroup)
	}
	for _, name := range told {
		for _, group := range groups {
			key := group + instanceLabel + name
			if v, ok := labels[key]; ok {
				r.Add(in(key, v))
			} else {
				r.Add(absent(key))
			}
		}
	}
	return r
}

// offerings are the ways to have a type in a zone. Spot without a price of its own is priced as on-demand, as Karpenter
// does until it has polled one.
func (m market) offerings(t pricing.InstanceType, zone string, spot bool) cloudprovider.Offerings {
	var offerings cloudprovider.Offerings
	seesSpot := false
	here := t.In(zone)
	for _, o := range here {
		switch o.CapacityType {
		case pricing.Spot:
			if seesSpot = true; spot {
				offerings = append(offerings, offering(zone, o.CapacityType, o.PriceMicro))
			}
		case pricing.Reserved:
			if m.reservationsOff {
				continue
			}
			left := o.Count - m.taken[reservation{t.Name, zone, o.ReservationID}] - m.taken[reservation{t.Name, zone, ""}]
			r := offering(zone, o.CapacityType, o.PriceMicro)
			r.Requirements[reservationID] = in(reservationID, o.ReservationID)
			r.ReservationCapacity = int(max(0, left))
			offerings = append(offerings, r)
		default:
			offerings = append(offerings, offering(zone, o.CapacityType, o.PriceMicro))
		}
	}
	if spot && !seesSpot {
		for _, o := range here {
			if o.CapacityType == pricing.OnDemand {
				offerings = append(offerings, offering(zone, pricing.Spot, o.PriceMicro))
			}
		}
	}
	return offerings
}

func offering(zone, capacityType string, price pricing.Micro) *cloudprovider.Offering {
	return &cloudprovider.Offering{
		Requirements: scheduling.NewRequirements(in(v1.CapacityTypeLabelKey, capacityType), in(corev1.LabelTopologyZone, zone),
			absent(reservationID), absent(reservationType), absent(interruptible)),
		Price: price.Float64(), Available: true,
	}
}

func in(key string, values ...string) *scheduling.Requirement {
	return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
}

func absent(key string) *scheduling.Requirement {
	return scheduling.NewRequirement(key, corev1.NodeSelectorOpDoesNotExist)
}

// marketOf looks at a world for what bears on the instance types.
func marketOf(w World) market {
	m := market{catalog: w.Catalog, zones: slices.Sorted(slices.Values(w.Zones)), region: w.Region, taken: map[reservation]int64{}, reservationsOff: w.Options.ReservationsOff}
	m.zones = slices.Compact(m.zones)
	if m.region == "" {
		m.region = w.Catalog.Region
	}
	for _, n := range w.Nodes {
		if n.Labels[v1.CapacityTypeLabelKey] == v1.CapacityTypeReserved {
			m.taken[reservation{n.Labels[corev1.LabelInstanceTypeStable], n.Labels[corev1.LabelTopologyZone], n.Labels[reservationID]}]++
		}
	}
	m.autoMode = slices.ContainsFunc(w.keys(), func(key string) bool { return strings.HasPrefix(key, autoModeGroup) })
	return m
}

// same tells markets of one catalogue, with the same zones and options, that sell the same.
func (m market) same(other market) bool {
	return m.autoMode == other.autoMode && maps.Equal(m.taken, other.taken)
}

// keys are the labels that NodePools, NodeOverlays and pods look at, with repetitions.
func (w World) keys() []string {
	var keys []string
	for _, p := range w.NodePools {
		for _, r := range p.Spec.Template.Spec.Requirements {
			keys = append(keys, r.Key)
		}
	}
	for _, o := range w.NodeOverlays {
		for _, r := range o.Spec.Requirements {
			keys = append(keys, r.Key)
		}
	}
	for _, p := range slices.Concat(w.Pods, w.Daemons) {
		for key := range p.Spec.NodeSelector {
			keys = append(keys, key)
		}
		for _, r := range nodeRequirements(p) {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// nodeRequirements are all conditions of a pod's node affinity, required and preferred.
func nodeRequirements(p *corev1.Pod) []corev1.NodeSelectorRequirement {
	if p.Spec.Affinity == nil || p.Spec.Affinity.NodeAffinity == nil {
		return nil
	}
	var all []corev1.NodeSelectorRequirement
	if required := p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
		for _, term := range required.NodeSelectorTerms {
			all = append(all, term.MatchExpressions...)
		}
	}
	for _, term := range p.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		all = append(all, term.Preference.MatchExpressions...)
	}
	return all
}
