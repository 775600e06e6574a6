package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// The overhead that the kwok provider takes off every machine, whatever it is (newInstanceType in
// sigs.k8s.io/karpenter v1.15.0 kwok/cloudprovider/helpers.go).
const (
	overheadCPUMilli  = 100
	overheadMemoryMiB = 10
)

// Zones are where everything can be had. Spot is cheaper by a step from one to the next, so that no two of its offerings
// cost the same; on-demand costs the same everywhere, as in a real region.
var Zones = []string{"z-a", "z-b", "z-c"}

// Market is a catalogue of the families, with real capacities and on-demand prices, that both Karpenters can be given:
// allocatable is capacity less the kwok provider's overhead. Spot prices are made up: 30, 32 and 34 % of on-demand.
func Market(families ...string) pricing.Catalog {
	cat := pricing.Default()
	cat.Types = slices.DeleteFunc(cat.Types, func(t pricing.InstanceType) bool {
		return !slices.Contains(families, t.Family) || len(t.Offerings) == 0
	})
	for i := range cat.Types {
		t := &cat.Types[i]
		t.Allocatable.CPUMilli, t.Allocatable.MemoryMiB = t.VCPU*1000-overheadCPUMilli, t.MemoryMiB-overheadMemoryMiB
		onDemand := t.Offerings[0].PriceMicro
		t.Offerings = nil
		for k, zone := range Zones {
			t.Offerings = append(t.Offerings,
				pricing.Offering{Zone: zone, CapacityType: pricing.OnDemand, PriceMicro: onDemand},
				pricing.Offering{Zone: zone, CapacityType: pricing.Spot, PriceMicro: onDemand * pricing.Micro(30+2*k) / 100},
			)
		}
	}
	return cat
}

// The kwok provider's form of instance types (InstanceTypeOptions in the same file; its fields without a tag are
// spelled with a capital).
type (
	machine struct {
		Name             string              `json:"name"`
		Architecture     string              `json:"architecture"`
		OperatingSystems []string            `json:"operatingSystems"`
		Resources        corev1.ResourceList `json:"resources"`
		Offerings        []offer             `json:"offerings"`
	}
	offer struct {
		Price        float64
		Available    bool
		Requirements []corev1.NodeSelectorRequirement
	}
)

// KwokTypes writes a catalogue in the form that Karpenter's kwok provider reads. The provider knows no labels of AWS, but takes those
// of an offering as requirements and puts them on nodes: so every offering carries the labels of its type, and says of
// labels that other types have that it has none.
func KwokTypes(cat pricing.Catalog) ([]byte, error) {
	keys := map[string]bool{}
	for _, t := range cat.Types {
		for key := range instanceLabels(t) {
			keys[key] = true
		}
	}
	var machines []machine
	for _, t := range cat.Types {
		m := machine{Name: t.Name, Architecture: t.Arch, OperatingSystems: t.OS, Resources: corev1.ResourceList{
			corev1.ResourceCPU:              *resource.NewMilliQuantity(t.Allocatable.CPUMilli+overheadCPUMilli, resource.DecimalSI),
			corev1.ResourceMemory:           *resource.NewQuantity((t.Allocatable.MemoryMiB+overheadMemoryMiB)<<20, resource.BinarySI),
			corev1.ResourceEphemeralStorage: *resource.NewQuantity(t.Allocatable.EphemeralMiB<<20, resource.BinarySI),
			corev1.ResourcePods:             *resource.NewQuantity(t.Allocatable.Pods, resource.DecimalSI),
		}}
		for name, n := range t.Allocatable.Extended {
			m.Resources[corev1.ResourceName(name)] = *resource.NewQuantity(n, resource.DecimalSI)
		}
		labels := instanceLabels(t)
		for _, o := range t.Offerings {
			said := []corev1.NodeSelectorRequirement{
				{Key: "karpenter.sh/capacity-type", Operator: corev1.NodeSelectorOpIn, Values: []string{o.CapacityType}},
				{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{o.Zone}},
			}
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				if v, ok := labels[key]; ok {
					said = append(said, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{v}})
				} else {
					said = append(said, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpDoesNotExist})
				}
			}
			m.Offerings = append(m.Offerings, offer{Price: o.PriceMicro.Float64(), Available: true, Requirements: said})
		}
		machines = append(machines, m)
	}
	text, err := json.Marshal(machines)
	if err != nil {
		return nil, fmt.Errorf("write instance types: %w", err)
	}
	return text, nil
}

// instanceLabels are the labels of a type that Karpenter's AWS provider defines.
func instanceLabels(t pricing.InstanceType) map[string]string {
	labels := kube.TypeLabels(t)
	maps.DeleteFunc(labels, func(key, _ string) bool { return !strings.HasPrefix(key, "karpenter.k8s.aws/") })
	return labels
}
