package pricing

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sound is a catalogue without fault; each case of the table breaks one thing.
func sound() Catalog {
	return Catalog{Currency: "EUR", Source: "own", Types: []InstanceType{
		{Name: "a", Arch: "amd64", OS: []string{"linux"}, VCPU: 2, MemoryMiB: 4096,
			GPU:         GPU{"nvidia", "l4", 1, 22888},
			Allocatable: Capacity{CPUMilli: 1900, MemoryMiB: 4000, Pods: 110, Extended: map[string]int64{"nvidia.com/gpu": 1}},
			Offerings: []Offering{
				{CapacityType: OnDemand, PriceMicro: 1, Date: "2026-07-20"},
				{CapacityType: Reserved, Count: 2, ReservationID: "cr-1"},
			}},
		{Name: "b", Arch: "arm64", OS: []string{"linux"}, VCPU: 1, MemoryMiB: 1024, Allocatable: Capacity{CPUMilli: 1000, MemoryMiB: 1024, Pods: 8}},
	}}
}

func TestValidate(t *testing.T) {
	if err := sound().Validate(); err != nil {
		t.Fatalf("the sound catalogue has faults: %v", err)
	}
	long := strings.Repeat("x", 64)
	for claim, tc := range map[string]struct {
		breakIt func(c *Catalog)
		want    string // the one line, without "own: "
	}{
		"prices need a currency":        {func(c *Catalog) { c.Currency = "" }, "currency: prices without a currency: say which, such as EUR"},
		"a currency is a code":          {func(c *Catalog) { c.Currency = "€" }, `currency: "€" is no currency code: write three capital letters, such as EUR`},
		"a date has a month up to 12":   {func(c *Catalog) { c.Date = "2026-13" }, `date: "2026-13" is no date: write 2026, 2026-07 or 2026-07-20`},
		"a date has digits, not signs":  {func(c *Catalog) { c.Date = "2026-+1" }, `date: "2026-+1" is no date: write 2026, 2026-07 or 2026-07-20`},
		"types are sorted":              {func(c *Catalog) { c.Types[0].Name = "c" }, `type "b": name: comes after "c": sort types by name, each once`},
		"types stand once":              {func(c *Catalog) { c.Types[0].Name = "b" }, `type "b": name: comes after "b": sort types by name, each once`},
		"a type without size is no use": {func(c *Catalog) { c.Types[1] = InstanceType{Name: "b"} }, `type "b": vcpu: nobody has said how large this type is: give vcpu and memory, or correct the name`},
		"names become labels":           {func(c *Catalog) { c.Types[1].Name = "b/x" }, `type "b/x": name: "b/x" cannot be the name of a type: use 1 to 63 letters, digits, '.', '-' or '_', as in the label node.kubernetes.io/instance-type`},
		"labels are short":              {func(c *Catalog) { c.Types[1].Family = long }, `type "b": family: "` + long[:40] + `…" cannot be a label's value: use at most 63 letters, digits, '.', '-' or '_'`},
		"architectures are known":       {func(c *Catalog) { c.Types[1].Arch = "riscv64" }, `type "b": arch: "riscv64" is no architecture known here: write amd64 or arm64`},
		"a system runs on it":           {func(c *Catalog) { c.Types[1].OS = nil }, `type "b": os: [] is not a sorted list of systems: write linux`},
		"nothing is negative":           {func(c *Catalog) { c.Types[1].NetworkMbps = -1 }, `type "b": networkMbps: -1 is out of range: give 0 to 1099511627776`},
		"nothing overflows a sum":       {func(c *Catalog) { c.Types[1].LocalNVMeGB = MaxQuantity + 1 }, `type "b": localNVMeGB: 1099511627777 is out of range: give 0 to 1099511627776`},
		"CPU is allocatable":            {func(c *Catalog) { c.Types[1].Allocatable.CPUMilli = 0 }, `type "b": allocatable.cpuMilli: 0m of 1 vCPU: give more than 0 and at most the whole machine`},
		"no more CPU than there is":     {func(c *Catalog) { c.Types[1].Allocatable.CPUMilli = 1001 }, `type "b": allocatable.cpuMilli: 1001m of 1 vCPU: give more than 0 and at most the whole machine`},
		"pods fit":                      {func(c *Catalog) { c.Types[1].Allocatable.Pods = 0 }, `type "b": allocatable.pods: no pods fit: give how many the kubelet allows, usually 110`},
		"GPUs have names":               {func(c *Catalog) { c.Types[0].GPU.Name = "" }, `type "a": gpu.name: a GPU without a name: name it as Karpenter does, such as a100`},
		"GPUs have memory":              {func(c *Catalog) { c.Types[0].GPU.MemoryMiB = 0 }, `type "a": gpu.memoryMiB: GPU "l4" without memory or manufacturer: give both: the name alone does not tell an A100 of 40 GB from one of 80 GB`},
		"resources have names":          {func(c *Catalog) { c.Types[0].Allocatable.Extended["a b"] = 1 }, `type "a": allocatable.extended: "a b" cannot name a resource: write it as pods ask for it, such as nvidia.com/gpu`},
		"resources are not negative":    {func(c *Catalog) { c.Types[0].Allocatable.Extended["a/b"] = -1 }, `type "a": allocatable.extended.a/b: -1 is out of range: give 0 to 1099511627776`},
		"on demand is never free":       {func(c *Catalog) { c.Types[0].Offerings[0].PriceMicro = 0 }, `type "a": pricePerHour: zero would make on-demand a free: give its price, leave it empty, or set the capacity type to reserved`},
		"prices have a ceiling":         {func(c *Catalog) { c.Types[0].Offerings[0].PriceMicro = MaxPrice + 1 }, `type "a": pricePerHour: 100000000.000001 is out of range: give 0 to 100000000 an hour`},
		"capacity types are known":      {func(c *Catalog) { c.Types[0].Offerings[0].CapacityType = "burst" }, `type "a": capacityType: "burst" is no capacity type: write on-demand, spot or reserved`},
		"only reservations have ids":    {func(c *Catalog) { c.Types[0].Offerings[0].ReservationID = "cr-2" }, `type "a": reservationID: "cr-2" on on-demand capacity: set the capacity type to reserved, or leave the reservation out`},
		"reservations are finite":       {func(c *Catalog) { c.Types[0].Offerings[1].Count = 0 }, `type "a": count: a reservation without a count: say how many machines are reserved`},
		"counts are not negative":       {func(c *Catalog) { c.Types[0].Offerings[0].Count = -1 }, `type "a": count: -1 is out of range: give how many can be had, or leave it empty for no limit`},
		"zones become labels":           {func(c *Catalog) { c.Types[0].Offerings[1].Zone = "a b" }, `type "a": zone: "a b" cannot be a label's value: use at most 63 letters, digits, '.', '-' or '_'`},
		"prices are dated":              {func(c *Catalog) { c.Types[0].Offerings[0].Date = "today" }, `type "a": date: "today" is no date: write 2026, 2026-07 or 2026-07-20`},
		"offerings are sorted":          {func(c *Catalog) { c.Types[0].Offerings[0].Zone = "z" }, `type "a": pricePerHour: a reserved cr-1 stands out of order: sort by zone, capacity type and reservation`},
		"one thing has one price": {func(c *Catalog) { c.Types[0].Offerings[1] = c.Types[0].Offerings[0] },
			`type "a": pricePerHour: a second price for a on-demand: keep one for each zone, capacity type and reservation`},
	} {
		t.Run(claim, func(t *testing.T) {
			c := sound()
			tc.breakIt(&c)
			err := c.Validate()
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, want an ErrInvalid", err)
			}
			if diff := cmp.Diff("own: "+tc.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	c := sound()
	c.Currency, c.Types[0].Arch, c.Types[1].Allocatable.Pods = "", "vax", 0
	if got := strings.Split(c.Validate().Error(), "\n"); len(got) != 3 {
		t.Errorf("got %d lines, want 3:\n%s", len(got), strings.Join(got, "\n"))
	}
}
