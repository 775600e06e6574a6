package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

const showExample = `  tenon catalog show p5.48xlarge
  tenon catalog show m7i.large --catalog negotiated.csv -o json`

func newCatalogShow() *cobra.Command {
	var catalog catalogOptions
	var output string
	cmd := &cobra.Command{
		Use:     "show TYPE",
		Short:   "Show all that is known of an instance type, with MIG profiles",
		Example: showExample,
		Args:    arguments("TYPE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			c := pricing.Default()
			names := make([]string, len(c.Types))
			for i, t := range c.Types {
				names[i] = t.Name
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			c, err := unlessInterrupted(cmd.Context(), catalog.load)
			if err != nil {
				return err
			}
			t, ok := c.Lookup(args[0])
			if !ok {
				return badInputf("no type %q in catalog %s%s", args[0], c.Name, didYouMean(nearTypes(c, args[0]), cmd.Parent().CommandPath()+" list"))
			}
			if output == "json" {
				return writeJSON(cmd.OutOrStdout(), showing(c, t))
			}
			return showText(cmd.OutOrStdout(), showing(c, t))
		},
	}
	catalog.flags(cmd)
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

// shown is a type with what planner/gpu knows of its cards.
type shown struct {
	Catalog  string               `json:"catalog"`
	Currency string               `json:"currency"`
	Region   string               `json:"region,omitempty"`
	Date     string               `json:"date,omitempty"`
	Source   string               `json:"source,omitempty"`
	Type     pricing.InstanceType `json:"type"`
	Model    *shownModel          `json:"gpuModel,omitempty"`
}

type shownModel struct {
	Key          string         `json:"key"`
	Architecture string         `json:"architecture"`
	MemoryMiB    int64          `json:"memoryMiB"`
	MemorySlices int            `json:"memorySlices"`
	MIG          string         `json:"mig"` // "yes", or why not
	Profiles     []shownProfile `json:"profiles,omitempty"`
}

type shownProfile struct {
	Name         string `json:"name"`
	Resource     string `json:"resource"`
	MemoryMiB    int64  `json:"memoryMiB"`
	MemorySlices int    `json:"memorySlices"`
	Starts       []int  `json:"starts"`
	Max          int    `json:"max"`
	Confidence   string `json:"confidence"`
}

func showing(c pricing.Catalog, t pricing.InstanceType) shown {
	s := shown{Catalog: c.Name, Currency: c.Currency, Region: c.Region, Date: c.Date, Source: c.Source, Type: t}
	if t.GPU.Name == "" {
		return s
	}
	m, ok := gpu.ByLabel(t.GPU.Name, t.GPU.MemoryMiB)
	if !ok {
		return s
	}
	s.Model = &shownModel{Key: m.Key, Architecture: m.Architecture, MemoryMiB: m.MemoryMiB, MemorySlices: m.MemorySlices, MIG: "yes"}
	if err := m.MIG(); err != nil {
		s.Model.MIG = err.Error()
	}
	for _, p := range m.Profiles {
		s.Model.Profiles = append(s.Model.Profiles, shownProfile{p.Name, p.Resource, p.MemoryMiB, p.MemorySlices, p.Starts, p.Max, string(p.Confidence)})
	}
	return s
}

func showText(w io.Writer, s shown) error {
	t, a := s.Type, s.Type.Allocatable
	facts := &grid{head: []string{t.Name, ""}}
	fact := func(name, text string) {
		if text != "" {
			facts.add("  "+name, oneLine(text))
		}
	}
	fact("machine", fmt.Sprintf("%d vCPU, %s GiB, %s", t.VCPU, gib(t.MemoryMiB), t.Arch))
	fact("processor", strings.TrimSpace(t.CPUManufacturer+" "+t.Hypervisor))
	fact("gpu", gpuText(t.GPU))
	if t.AcceleratorName != "" {
		fact("accelerator", fmt.Sprintf("%d × %s", t.AcceleratorCount, t.AcceleratorName))
	}
	if t.NetworkMbps > 0 {
		fact("network", fmt.Sprintf("%d Mbit/s", t.NetworkMbps))
	}
	if t.LocalNVMeGB > 0 {
		fact("local disks", fmt.Sprintf("%d GB", t.LocalNVMeGB))
	}
	disk := "disk not known"
	if a.EphemeralMiB > 0 {
		disk = gib(a.EphemeralMiB) + " GiB of disk"
	}
	fact("for pods", fmt.Sprintf("%s CPU, %s GiB, %d pods, %s", pricing.Micro(a.CPUMilli*1000), gib(a.MemoryMiB), a.Pods, disk))
	for _, name := range slices.Sorted(maps.Keys(a.Extended)) {
		fact("", fmt.Sprintf("%d × %s", a.Extended[name], name))
	}
	fact("from", strings.Trim(s.Catalog+", "+s.Date+": "+s.Source, ", :"))
	if err := facts.writeTo(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := offeringsTable(s).writeTo(w); err != nil {
		return err
	}
	return modelText(w, s.Model)
}

func offeringsTable(s shown) *grid {
	g := &grid{head: []string{"OFFERED", "ZONE", ">" + s.Currency + "/h", ">COUNT", "AS OF", "SOURCE"}}
	for _, o := range s.Type.Offerings {
		count := "any"
		if o.Count > 0 {
			count = strconv.FormatInt(o.Count, 10)
		}
		g.add(strings.TrimSpace(o.CapacityType+" "+o.ReservationID), cmp.Or(o.Zone, "every"), o.PriceMicro.String(), count, o.Date, oneLine(o.Source))
	}
	if len(s.Type.Offerings) == 0 {
		g.add("no price: a plan leaves this type out", "", "", "", "", "")
	}
	return g
}

func modelText(w io.Writer, m *shownModel) error {
	if m == nil {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nGPU model %s: %s, %d MiB, MIG: %s\n", m.Key, m.Architecture, m.MemoryMiB, m.MIG)
	if err != nil || len(m.Profiles) == 0 {
		return err
	}
	g := &grid{head: []string{"PROFILE", "RESOURCE", ">MiB", ">SLICES", "STARTS", ">MAX", "KNOWN"}}
	for _, p := range m.Profiles {
		g.add(p.Name, p.Resource, strconv.FormatInt(p.MemoryMiB, 10), strconv.Itoa(p.MemorySlices), strings.Trim(fmt.Sprint(p.Starts), "[]"), strconv.Itoa(p.Max), p.Confidence)
	}
	return g.writeTo(w)
}

// nearTypes are the three types with the nearest names, of those that are at most two letters off.
func nearTypes(c pricing.Catalog, name string) []string {
	var near []string
	for most := 1; most <= 2; most++ {
		for _, t := range c.Types {
			if distance(name, t.Name) == most && len(near) < 3 {
				near = append(near, t.Name)
			}
		}
	}
	return near
}
