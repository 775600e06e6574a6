// Package pricing says which machines can be had, how large they are, and what an hour of each costs.
//
// A Catalog is a dated price list. It holds instance types: a type is a kind of machine, with what pods may use of it
// (Allocatable) and the GPUs in it. Each type has offerings: an Offering is one way to have the type, in a zone or in all
// of them, on demand, as spot or out of a reservation, at a price for one more hour, limited in count or not. Money is a
// Micro, an integer of millionths of the catalogue's currency, so that sums come out the same in every order.
//
// # Three rules about prices
//
// A type without a price is never free. It stays in the catalogue without offerings, Unpriced names it, and a plan leaves
// it out and says so. The parsers refuse a price of zero for the same reason: most often it is a blank that some
// spreadsheet filled in.
//
// A reservation can cost zero, because the price is marginal. Reserved machines are paid for whether they run or not; the
// next hour of one costs nothing more. There must be a finite count of them, or a plan would put everything there.
//
// An offering for one zone stands in front of the one for every zone, cheaper or not. InstanceType.In applies this.
//
// # The embedded catalogue
//
// Embedded returns 1,363 EC2 types with list prices of Linux on demand in us-east-1, USD, as of 2026-07-20. Machines come
// from the reference that Karpenter's AWS provider generates (snapshot of 2026-08-21: AL2023, 7.5 % of memory for the VM's
// overhead, kube-reserved and eviction threshold subtracted, a root volume of 20 GiB). The prices come from the table in
// that provider's source, v1.15.0. Command gen writes the file from both; its first lines repeat all this. It holds no spot
// prices, since they differ from hour to hour, no reservations, and no neuroncores, EFA or branch network interfaces among
// the extended resources. 18 types have no list price.
//
// Two columns mislead when read alone. The GPU name a100 is the card of 40 GB and that of 80 GB: look at GPU.MemoryMiB. And
// g6f and gr6f hold a fraction of an L4: GPU.Count is zero, and there is no nvidia.com/gpu to ask for.
//
// # A catalogue of one's own
//
// ParseCSV and ParseJSON read a catalogue that replaces the embedded one, or that Extend puts on top of it: negotiated and
// spot prices, reservations, other clouds, bare metal. An overlay needs no more than a name and a price:
//
//	#: currency USD
//	#: price_date 2026-09-01
//	name,zone,capacity_type,price_per_hour,count,reservation_id
//	m5.large,,,0.0816,,
//	m5.large,us-east-1a,spot,0.0371,,
//	p5.48xlarge,us-east-1b,reserved,0,4,cr-0a1b2c3d
//
// A type that the extended catalogue does not hold also needs its size; everything else has a default:
//
//	name,vcpu,memory_mib,gpu_manufacturer,gpu_name,gpu_count,gpu_memory_mib,price_per_hour,count
//	rack-cpu,64,262144,,,,,0.9,12
//	rack-gpu,128,1048576,nvidia,h100,8,81559,14,2
//
// Each row is one offering; rows of the same name are offerings of one type. A row that gives vcpu and memory_mib
// describes the machine as a whole and takes the place of an earlier description. Unless the allocatable_ columns say
// otherwise, the whole machine is allocatable, with 110 pods and no ephemeral storage: what a system keeps for itself
// differs from one distribution to the next, and only the owner can measure it. A row without vcpu and memory_mib can
// correct those columns one by one. The columns, in any order:
//
//	name                                       the instance type, required
//	price_per_hour                             plain decimal; empty: no price, so the row offers nothing
//	zone, capacity_type                        empty: every zone; on-demand
//	count, reservation_id                      how many; required for reserved, which may cost 0
//	price_date, price_source                   of this price
//	currency                                   the same on every row, or in the line "#: currency EUR"
//	vcpu, memory_mib                           size of the machine
//	arch, os                                   empty: amd64; linux
//	allocatable_cpu_milli, allocatable_memory_mib, allocatable_ephemeral_mib, allocatable_pods
//	gpu_manufacturer, gpu_name, gpu_count, gpu_memory_mib      nvidia and amd cards become nvidia.com/gpu and amd.com/gpu
//	accelerator_manufacturer, accelerator_name, accelerator_count
//	extended                                   more resources: rdma/ib=4;example.com/fpga=1
//	family, size, category, generation, cpu_manufacturer, hypervisor, network_mbps, local_nvme_gb
//
// Columns returns the same list with a sentence on each. Lines that begin with "#:" above the header line hold for the
// whole file: name, currency, region, source, date, price_source, price_date. Other lines that begin with # are comments.
// Amounts have a point and no thousands separators; beyond the sixth decimal they are rounded to the nearest millionth.
//
// The JSON form is what encoding a Catalog gives, for example (YAML is the same, converted before it comes here):
//
//	{"currency": "EUR", "date": "2026-09", "types": [
//	  {"name": "rack-cpu", "vcpu": 64, "memoryMiB": 262144, "offerings": [{"pricePerHour": 0.9, "count": 12}]},
//	  {"name": "m5.large", "offerings": [{"zone": "us-east-1a", "capacityType": "spot", "pricePerHour": 0.0371}]}]}
//
// Unknown columns and fields are errors, since the misspelt one might have been the price.
//
// # What it refuses to do
//
// It fetches nothing and knows no clock: how old a price is, is for the caller to judge by its date. It converts no
// currencies: Extend returns ErrCurrency. And it does not guess: not a spot price from the list price, not the memory of a
// GPU from its name, not the size of a machine from the name of its type.
package pricing
