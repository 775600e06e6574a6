package pricing

import (
	"maps"
	"slices"
	"strings"
)

// PodsDefault is the default of the kubelet's --max-pods, 110, which Karpenter's AWS provider also falls back to
// (github.com/aws/karpenter-provider-aws v1.15.0, pkg/providers/instancetype/types.go:744, read 2026-11).
const PodsDefault = 110

// Resources that a type offers because of what it is, by the name that its device plugin registers. The same rules as
// nvidiaGPUs, amdGPUs and awsNeuronDevices of github.com/aws/karpenter-provider-aws v1.15.0, pkg/providers/instancetype/types.go.
const (
	resourceNVIDIA = "nvidia.com/gpu"
	resourceAMD    = "amd.com/gpu"
	resourceNeuron = "aws.amazon.com/neuron"
)

// draft is a type as its author wrote it, before defaults: it still knows a zero from nothing said.
type draft struct {
	InstanceType
	gpuCountSaid bool
	offers       []draftOffering
}

type draftOffering struct {
	Offering
	priced bool
}

// finish fills in what the author left out and returns every fault with the type; a fault's offering counts the drafts.
// Offerings without a price are dropped, which leaves the type unpriced, never free.
func (d draft) finish(header Catalog) (InstanceType, []fault) {
	t := d.InstanceType.clone()
	var faults []fault
	if t.Described() {
		describe(&t)
		if t.GPU.Name != "" && !d.gpuCountSaid {
			faults = append(faults, fault{-1, "gpu.count", "missing", "give the number of whole cards, 0 for a share of one"})
		}
	}
	t.Offerings = nil
	var kept []int
	for i, offer := range d.offers {
		if !offer.priced {
			if offer.CapacityType == Reserved {
				faults = append(faults, fault{i, "pricePerHour", "a reservation without a price", "write 0 for one that is paid for already"})
			}
			continue
		}
		offer.Offering.fill(header)
		t.Offerings = append(t.Offerings, offer.Offering)
		kept = append(kept, i)
	}
	kept = sortKept(t.Offerings, kept)
	for _, f := range checkType(t) {
		if f.offering >= 0 {
			f.offering = kept[f.offering]
		}
		faults = append(faults, f)
	}
	return t, faults
}

// sortKept sorts offerings by their keys and kept along with them.
func sortKept(offerings []Offering, kept []int) []int {
	order := make([]int, len(offerings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareKeys(offerings[a], offerings[b]) })
	unsorted := slices.Clone(offerings)
	moved := make([]int, len(kept))
	for to, from := range order {
		offerings[to], moved[to] = unsorted[from], kept[from]
	}
	return moved
}

// fill gives an offering the catalogue's word where its author gave none.
func (o *Offering) fill(header Catalog) {
	if o.CapacityType == "" {
		o.CapacityType = OnDemand
	}
	if o.Date == "" {
		o.Date = header.Date
	}
	if o.Source == "" {
		o.Source = header.Source
	}
}

// describe fills in what follows from the name, the size and the devices of a described type. Allocatable is the whole
// machine unless its author knows better: what the system keeps differs from one distribution to the next, and the AWS
// formula would be wrong for everybody else.
func describe(t *InstanceType) {
	if t.Family == "" && t.Size == "" {
		t.Family, t.Size = splitName(t.Name)
	}
	if t.Arch == "" {
		t.Arch = "amd64"
	}
	if len(t.OS) == 0 {
		t.OS = []string{"linux"}
	}
	slices.Sort(t.OS)
	t.OS = slices.Compact(t.OS)
	if t.Allocatable.CPUMilli == 0 {
		t.Allocatable.CPUMilli = saturatingProduct(t.VCPU, 1000)
	}
	if t.Allocatable.MemoryMiB == 0 {
		t.Allocatable.MemoryMiB = t.MemoryMiB
	}
	if t.Allocatable.Pods == 0 {
		t.Allocatable.Pods = PodsDefault
	}
	devices := impliedDevices(*t)
	maps.Copy(devices, t.Allocatable.Extended)
	t.Allocatable.Extended = devices
	if len(devices) == 0 {
		t.Allocatable.Extended = nil
	}
}

// splitName takes m5.2xlarge apart into family and size; names of another shape have neither.
func splitName(name string) (family, size string) {
	family, size, ok := strings.Cut(name, ".")
	if !ok || strings.Contains(size, ".") {
		return "", ""
	}
	return family, size
}

// impliedDevices counts the extended resources that follow from a type's GPUs and accelerators.
func impliedDevices(t InstanceType) map[string]int64 {
	devices := map[string]int64{}
	switch {
	case t.GPU.Count > 0 && t.GPU.Manufacturer == "nvidia":
		devices[resourceNVIDIA] = t.GPU.Count
	case t.GPU.Count > 0 && t.GPU.Manufacturer == "amd":
		devices[resourceAMD] = t.GPU.Count
	}
	if t.AcceleratorCount > 0 && t.AcceleratorManufacturer == "aws" {
		devices[resourceNeuron] = t.AcceleratorCount
	}
	return devices
}

func saturatingProduct(a, b int64) int64 { return int64(Micro(a).Times(b)) }
