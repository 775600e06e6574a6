package pricing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// listSeparator stands between the entries of a cell that holds several, such as "linux;windows".
const listSeparator = ";"

// Column is one column of the CSV form of a catalogue.
type Column struct {
	Name  string // in the header line
	Field string // the same thing in the JSON form
	Doc   string // meaning, unit, and what an empty cell means
}

// Columns lists the columns that ParseCSV knows, in the order in which FormatCSV writes them.
func Columns() []Column {
	list := []Column{columnCurrency}
	for _, column := range typeColumns {
		list = append(list, column.Column)
	}
	for _, column := range offeringColumns {
		list = append(list, column.Column)
	}
	return list
}

var columnCurrency = Column{"currency", "currency", "ISO 4217 code, the same on every row; can stand in a '#: currency' line instead"}

// typeColumn describes the machine: rows that name the same type may leave these empty after the first.
type typeColumn struct {
	Column
	set func(d *draft, cell string) error
	get func(t InstanceType) string
}

// offeringColumn describes one way to have the machine: each row is one.
type offeringColumn struct {
	Column
	set func(o *draftOffering, cell string) error
	get func(o Offering) string
}

var typeColumns = []typeColumn{
	textColumn("name", "name", "name of the type, required", func(t *InstanceType) *string { return &t.Name }),
	textColumn("arch", "arch", "amd64 or arm64; empty: amd64", func(t *InstanceType) *string { return &t.Arch }),
	{Column{"os", "os", "operating systems, separated by ';'; empty: linux"}, setOS,
		func(t InstanceType) string { return strings.Join(t.OS, listSeparator) }},
	textColumn("category", "category", "such as c, m, r, g", func(t *InstanceType) *string { return &t.Category }),
	impliedByName(textColumn("family", "family", "empty: what stands before the dot of the name", func(t *InstanceType) *string { return &t.Family })),
	impliedByName(textColumn("size", "size", "empty: what stands behind the dot of the name", func(t *InstanceType) *string { return &t.Size })),
	numberColumn("generation", "generation", "of the family, not of its GPU", func(t *InstanceType) *int64 { return &t.Generation }),
	textColumn("cpu_manufacturer", "cpuManufacturer", "intel, amd, aws", func(t *InstanceType) *string { return &t.CPUManufacturer }),
	textColumn("hypervisor", "hypervisor", "nitro, xen; empty: bare metal, or not known", func(t *InstanceType) *string { return &t.Hypervisor }),
	numberColumn("vcpu", "vcpu", "virtual CPUs; required, with memory_mib, for a type that the extended catalogue does not hold", func(t *InstanceType) *int64 { return &t.VCPU }),
	numberColumn("memory_mib", "memoryMiB", "memory of the machine in MiB", func(t *InstanceType) *int64 { return &t.MemoryMiB }),
	numberColumn("network_mbps", "networkMbps", "sustained network bandwidth; empty: not known", func(t *InstanceType) *int64 { return &t.NetworkMbps }),
	numberColumn("local_nvme_gb", "localNVMeGB", "local disks in all, in 10^9 bytes; empty: none", func(t *InstanceType) *int64 { return &t.LocalNVMeGB }),
	textColumn("gpu_manufacturer", "gpu.manufacturer", "nvidia, amd; nvidia cards are offered as nvidia.com/gpu, amd's as amd.com/gpu", func(t *InstanceType) *string { return &t.GPU.Manufacturer }),
	textColumn("gpu_name", "gpu.name", "as Karpenter names it: t4, a10g, l4, a100", func(t *InstanceType) *string { return &t.GPU.Name }),
	{Column{"gpu_count", "gpu.count", "whole cards; 0: a share of one card"}, setGPUCount, getGPUCount},
	numberColumn("gpu_memory_mib", "gpu.memoryMiB", "memory of each card in MiB", func(t *InstanceType) *int64 { return &t.GPU.MemoryMiB }),
	textColumn("accelerator_manufacturer", "acceleratorManufacturer", "aws, qualcomm; those of aws are offered as aws.amazon.com/neuron", func(t *InstanceType) *string { return &t.AcceleratorManufacturer }),
	textColumn("accelerator_name", "acceleratorName", "inferentia2, trainium", func(t *InstanceType) *string { return &t.AcceleratorName }),
	numberColumn("accelerator_count", "acceleratorCount", "devices", func(t *InstanceType) *int64 { return &t.AcceleratorCount }),
	numberColumn("allocatable_cpu_milli", "allocatable.cpuMilli", "milli-CPU left for pods; empty: all of it", func(t *InstanceType) *int64 { return &t.Allocatable.CPUMilli }),
	numberColumn("allocatable_memory_mib", "allocatable.memoryMiB", "MiB left for pods; empty: all of it", func(t *InstanceType) *int64 { return &t.Allocatable.MemoryMiB }),
	numberColumn("allocatable_ephemeral_mib", "allocatable.ephemeralMiB", "MiB of disk left for pods; empty: none known, pods that ask for any do not fit", func(t *InstanceType) *int64 { return &t.Allocatable.EphemeralMiB }),
	numberColumn("allocatable_pods", "allocatable.pods", "pods that the kubelet allows; empty: 110", func(t *InstanceType) *int64 { return &t.Allocatable.Pods }),
	{Column{"extended", "allocatable.extended", "other resources, such as 'example.com/fpga=2;nvidia.com/gpu=8'; added to those that follow from the GPUs"}, setExtended, getExtended},
}

var offeringColumns = []offeringColumn{
	offeringText("zone", "zone", "empty: every zone that no other row names", func(o *Offering) *string { return &o.Zone }),
	offeringText("capacity_type", "capacityType", "on-demand, spot or reserved; empty: on-demand", func(o *Offering) *string { return &o.CapacityType }),
	{Column{"price_per_hour", "pricePerHour", "what one more hour costs, a plain decimal; 0 only for reserved; empty: no price, so the row offers nothing"}, setPrice,
		func(o Offering) string { return o.PriceMicro.String() }},
	{Column{"count", "count", "how many can be had; empty: no limit, but required for reserved"},
		func(o *draftOffering, cell string) error { return parseQuantity(cell, &o.Count) },
		func(o Offering) string { return formatQuantity(o.Count) }},
	offeringText("reservation_id", "reservationID", "which reservation", func(o *Offering) *string { return &o.ReservationID }),
	offeringText("price_date", "date", "when the price was read: 2026, 2026-07 or 2026-07-20", func(o *Offering) *string { return &o.Date }),
	offeringText("price_source", "source", "where the price was read; empty: the file", func(o *Offering) *string { return &o.Source }),
}

func textColumn(name, field, doc string, at func(*InstanceType) *string) typeColumn {
	return typeColumn{Column{name, field, doc},
		func(d *draft, cell string) error { *at(&d.InstanceType) = cell; return nil },
		func(t InstanceType) string { return *at(&t) },
	}
}

// impliedByName keeps a column from writing what a reader works out from the type's name.
func impliedByName(column typeColumn) typeColumn {
	get := column.get
	column.get = func(t InstanceType) string {
		if family, size := splitName(t.Name); family == t.Family && size == t.Size {
			return ""
		}
		return get(t)
	}
	return column
}

func numberColumn(name, field, doc string, at func(*InstanceType) *int64) typeColumn {
	return typeColumn{Column{name, field, doc},
		func(d *draft, cell string) error { return parseQuantity(cell, at(&d.InstanceType)) },
		func(t InstanceType) string { return formatQuantity(*at(&t)) },
	}
}

func offeringText(name, field, doc string, at func(*Offering) *string) offeringColumn {
	return offeringColumn{Column{name, field, doc},
		func(o *draftOffering, cell string) error { *at(&o.Offering) = cell; return nil },
		func(o Offering) string { return *at(&o) },
	}
}

// parseQuantity reads a whole number of at most MaxQuantity.
func parseQuantity(cell string, into *int64) error {
	value, err := strconv.ParseInt(cell, 10, 64)
	if err != nil || value < 0 || value > MaxQuantity {
		return fmt.Errorf("%q is not a whole number from 0 to %d", shorten(cell), MaxQuantity)
	}
	*into = value
	return nil
}

// formatQuantity leaves the cell of a zero empty, since both mean the same.
func formatQuantity(value int64) string {
	if value == 0 {
		return ""
	}
	return strconv.FormatInt(value, 10)
}

func setOS(d *draft, cell string) error {
	d.OS = strings.Split(cell, listSeparator)
	return nil
}

func setGPUCount(d *draft, cell string) error {
	d.gpuCountSaid = true
	return parseQuantity(cell, &d.GPU.Count)
}

func getGPUCount(t InstanceType) string {
	if t.GPU.Name == "" {
		return ""
	}
	return strconv.FormatInt(t.GPU.Count, 10)
}

func setPrice(o *draftOffering, cell string) error {
	price, err := ParseMicro(cell)
	o.PriceMicro, o.priced = price, err == nil
	return err
}

func setExtended(d *draft, cell string) error {
	d.Allocatable.Extended = map[string]int64{}
	for entry := range strings.SplitSeq(cell, listSeparator) {
		name, count, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if _, twice := d.Allocatable.Extended[name]; twice || !ok {
			return fmt.Errorf("%q is not name=count, or stands twice", shorten(entry))
		}
		var value int64
		if err := parseQuantity(strings.TrimSpace(count), &value); err != nil {
			return err
		}
		d.Allocatable.Extended[name] = value
	}
	return nil
}

// getExtended writes only what does not follow from the type's devices.
func getExtended(t InstanceType) string {
	implied := impliedDevices(t)
	var entries []string
	for _, name := range slices.Sorted(maps.Keys(t.Allocatable.Extended)) {
		count := t.Allocatable.Extended[name]
		if known, ok := implied[name]; !ok || known != count || !t.Described() {
			entries = append(entries, name+"="+strconv.FormatInt(count, 10))
		}
	}
	return strings.Join(entries, listSeparator)
}
