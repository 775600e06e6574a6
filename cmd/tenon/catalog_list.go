package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/pricing"
)

// listOptions are the filters of catalog list; the zero value of each lets everything through.
type listOptions struct {
	catalog       catalogOptions
	output, order string
	gpu           string
	arch, family  string
	capacityType  string
	cpuMin        int64
	memoryMinGiB  int64
	priceMax      string
	priceMaxMicro pricing.Micro
}

var listOrders = []string{"name", "price", "cpu", "memory", "gpu"}

const listLong = `List instance types. The price is that of on-demand capacity, or of --capacity-type,
in the cheapest zone; "-" is a type without one: a plan leaves it out, it is never free.`

const listExample = `  tenon catalog list --gpu h100
  tenon catalog list --arch arm64 --min-cpu 8 --min-memory 64 --sort price
  tenon catalog list --catalog negotiated.csv --family m7i -o csv`

func newCatalogList() *cobra.Command {
	o := &listOptions{}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List instance types",
		Long:    listLong,
		Example: listExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.gpu, "gpu", "", "only types with the GPU of this `NAME`, by Karpenter's name for it (h100), or \"any\" or \"none\"")
	f.StringVar(&o.arch, "arch", "", "only this `ARCH`: amd64, arm64")
	f.StringVar(&o.family, "family", "", "only this `FAMILY`, such as m7i")
	f.StringVar(&o.capacityType, "capacity-type", pricing.OnDemand, "`TYPE` of capacity whose price counts: on-demand, spot, reserved")
	f.Int64Var(&o.cpuMin, "min-cpu", 0, "at least `N` vCPU")
	f.Int64Var(&o.memoryMinGiB, "min-memory", 0, "at least `N` GiB of memory")
	f.StringVar(&o.priceMax, "max-price", "", "at most this `PRICE` an hour; leaves out types without a price")
	f.StringVar(&o.order, "sort", "name", "`ORDER`: "+strings.Join(listOrders, ", "))
	o.catalog.flags(cmd)
	outputFlag(cmd, &o.output, "table", "csv", "json", "name")
	choose(cmd, "sort", listOrders...)
	choose(cmd, "capacity-type", pricing.OnDemand, pricing.Spot, pricing.Reserved)
	choose(cmd, "arch", "amd64", "arm64")
	return cmd
}

func (o *listOptions) check() (err error) {
	if err := oneOf("output", o.output, "table", "csv", "json", "name"); err != nil {
		return err
	}
	if err := oneOf("sort", o.order, listOrders...); err != nil {
		return err
	}
	if err := oneOf("capacity-type", o.capacityType, pricing.OnDemand, pricing.Spot, pricing.Reserved); err != nil {
		return err
	}
	if o.cpuMin < 0 || o.memoryMinGiB < 0 {
		return badInputf("--min-cpu and --min-memory cannot be negative")
	}
	if o.priceMax != "" {
		if o.priceMaxMicro, err = pricing.ParseMicro(o.priceMax); err != nil {
			return badInputf("--max-price: %w", err)
		}
	}
	return nil
}

func (o *listOptions) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := unlessInterrupted(ctx, o.catalog.load)
	if err != nil {
		return err
	}
	note := origin(c)
	c.Types = slices.DeleteFunc(c.Types, func(t pricing.InstanceType) bool { return !o.wants(t) })
	slices.SortStableFunc(c.Types, o.compare)
	switch o.output {
	case "csv":
		_, err = stdout.Write(c.FormatCSV())
	case "json":
		err = writeJSON(stdout, c)
	case "name":
		for _, t := range c.Types {
			if _, err = fmt.Fprintln(stdout, t.Name); err != nil {
				break
			}
		}
	default:
		if err = o.table(c).writeTo(stdout); err == nil {
			_, err = fmt.Fprintln(stderr, oneLine(fmt.Sprintf("%d shown of %s", len(c.Types), note)))
		}
	}
	return err
}

func (o *listOptions) wants(t pricing.InstanceType) bool {
	price, priced := cheapest(t, o.capacityType)
	gpu := o.gpu == "" || strings.EqualFold(o.gpu, t.GPU.Name) ||
		(o.gpu == "any" && t.GPU.Name != "") || (o.gpu == "none" && t.GPU.Name == "")
	return gpu &&
		(o.arch == "" || t.Arch == o.arch) &&
		(o.family == "" || t.Family == o.family) &&
		t.VCPU >= o.cpuMin && t.MemoryMiB/1024 >= o.memoryMinGiB &&
		(o.priceMax == "" || (priced && price <= o.priceMaxMicro))
}

// compare orders by the chosen figure, ascending, then by name; what has no price comes last.
func (o *listOptions) compare(a, b pricing.InstanceType) int {
	order := 0
	switch o.order {
	case "price":
		pa, okA := cheapest(a, o.capacityType)
		pb, okB := cheapest(b, o.capacityType)
		switch {
		case okA && okB:
			order = cmp.Compare(pa, pb)
		case okA:
			order = -1
		case okB:
			order = 1
		}
	case "cpu":
		order = cmp.Compare(a.VCPU, b.VCPU)
	case "memory":
		order = cmp.Compare(a.MemoryMiB, b.MemoryMiB)
	case "gpu":
		order = cmp.Or(strings.Compare(a.GPU.Name, b.GPU.Name), cmp.Compare(a.GPU.MemoryMiB, b.GPU.MemoryMiB), cmp.Compare(a.GPU.Count, b.GPU.Count))
	}
	return cmp.Or(order, strings.Compare(a.Name, b.Name))
}

func (o *listOptions) table(c pricing.Catalog) *grid {
	g := &grid{head: []string{"TYPE", "ARCH", ">VCPU", ">MEMORY GiB", ">FOR PODS CPU", ">GiB", ">PODS", "GPU", ">" + strings.ToUpper(o.capacityType) + " " + c.Currency + "/h"}}
	for _, t := range c.Types {
		price := "-"
		if p, ok := cheapest(t, o.capacityType); ok {
			price = p.String()
		}
		g.add(t.Name, t.Arch, strconv.FormatInt(t.VCPU, 10), gib(t.MemoryMiB),
			pricing.Micro(t.Allocatable.CPUMilli*1000).String(), gib(t.Allocatable.MemoryMiB),
			strconv.FormatInt(t.Allocatable.Pods, 10), gpuText(t.GPU), price)
	}
	return g
}
