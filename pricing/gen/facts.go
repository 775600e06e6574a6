package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

// machine is a type with what the table says about it but the catalogue works out for itself.
type machine struct {
	pricing.InstanceType
	nvidiaGPUs int64 // the table's own count of nvidia.com/gpu
}

// row reads the cells of one line by column name and remembers the first that is not what it should be.
type row struct {
	cells map[string]string
	err   error
}

func (r *row) text(column string) string {
	text, ok := r.cells[column]
	if !ok && r.err == nil {
		r.err = fmt.Errorf("no column %q", column)
	}
	return text
}

func (r *row) number(column string) int64 {
	text := r.text(column)
	if text == "" {
		return 0
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("column %s: %w", column, err)
	}
	return number
}

// readFacts reads the table of machines, sorted by name.
func readFacts(data []byte) ([]machine, error) {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) < 2 {
		return nil, errors.New("the table is empty")
	}
	var machines []machine
	for i, record := range records[1:] {
		r := &row{cells: map[string]string{}}
		for c, column := range records[0] {
			r.cells[column] = record[c]
		}
		m := r.machine()
		if r.err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, r.err)
		}
		machines = append(machines, m)
	}
	slices.SortFunc(machines, func(a, b machine) int { return strings.Compare(a.Name, b.Name) })
	return machines, nil
}

// machine turns one line into a type.
func (r *row) machine() machine {
	const mibPerGiB = 1024
	t := pricing.InstanceType{
		Name: r.text("name"), Arch: r.text("arch"), Category: r.text("category"),
		Family: r.text("family"), Size: r.text("size"), Generation: r.number("generation"),
		OS: []string{"linux"}, CPUManufacturer: r.text("cpu_manufacturer"), Hypervisor: r.text("hypervisor"),
		VCPU: r.number("vcpu"), MemoryMiB: r.number("memory_mib"),
		NetworkMbps: r.number("network_mbps"), LocalNVMeGB: r.number("local_nvme_gb"),
		GPU: pricing.GPU{
			Manufacturer: r.text("gpu_manufacturer"), Name: r.text("gpu_name"),
			Count: r.number("gpu_count"), MemoryMiB: r.number("gpu_memory_mib"),
		},
		AcceleratorName: r.text("accelerator_name"), AcceleratorCount: r.number("accelerator_count"),
		Allocatable: pricing.Capacity{
			CPUMilli: r.number("allocatable_cpu_milli"), MemoryMiB: r.number("allocatable_memory_mib"),
			EphemeralMiB: r.number("allocatable_ephemeral_gib") * mibPerGiB, Pods: r.number("allocatable_pods"),
		},
	}
	t.AcceleratorManufacturer = acceleratorManufacturer(t.AcceleratorName)
	if text := r.text("on_demand_usd_per_hour_us_east_1"); text != "" {
		price, err := pricing.ParseMicro(text)
		if err != nil && r.err == nil {
			r.err = err
		}
		t.Offerings = onDemand(price)
	}
	return machine{InstanceType: t, nvidiaGPUs: r.number("nvidia_com_gpu")}
}

// acceleratorManufacturer is the label that Karpenter's AWS provider gives: what EC2 describes as Neuron devices
// (Inferentia and Trainium) is aws, anything else carries its maker's name
// (github.com/aws/karpenter-provider-aws v1.15.0, pkg/providers/instancetype/types.go, computeRequirements).
func acceleratorManufacturer(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "inferentia"), strings.HasPrefix(name, "trainium"):
		return "aws"
	}
	maker, _, _ := strings.Cut(name, "-")
	return maker
}

// onDemand is the one offering that a list price gives: every zone of the region, no limit.
func onDemand(price pricing.Micro) []pricing.Offering {
	return []pricing.Offering{{
		CapacityType: pricing.OnDemand, PriceMicro: price, Date: pricesDate,
		Source: pricesModule + " " + pricesVersion + ", Linux list price",
	}}
}
