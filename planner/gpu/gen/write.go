package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// misfiled are products that the facts list under a model to which they do not belong.
var misfiled = map[string]string{
	"PG506-96GB": "a GA100 board (PCI device 20B6, among the A100s), filed with the Hopper 96 GB cards",
}

// writeModel prints one element of the catalog.
func writeModel(w io.Writer, c card, f facts) error {
	g, mig := f.gpu(c.key)
	products := slices.Clone(c.products)
	for _, p := range g.Products {
		if _, skip := misfiled[p]; !skip && !slices.Contains(products, p) {
			products = append(products, p)
		}
	}
	fmt.Fprintf(w, "{\n// Names and card memory: %s.\n", c.source)
	fmt.Fprintf(w, "Key: %q, Label: %q, LabelMiB: %d,\n", c.key, c.label, c.labelMiB)
	fmt.Fprintf(w, "Products: %#v,\n", products)
	fmt.Fprintf(w, "Architecture: %q, ComputeCapability: %q,\n", c.architecture, c.capability)
	if !mig {
		fmt.Fprintf(w, "MemoryMiB: %d, FractionMilli: %d,\n},\n", c.memoryMiB, c.fractionMilli)
		return nil
	}
	return writeMIG(w, c, g, f.Drivers[c.driver])
}

// writeMIG prints the part of a model that only a card with MIG has, and closes it.
func writeMIG(w io.Writer, c card, g factGPU, minDriver string) error {
	if c.driver != "" && minDriver == "" {
		return fmt.Errorf("facts name no minimum driver for %q", c.driver)
	}
	mem := memory(g)
	full := g.Profiles[slices.IndexFunc(g.Profiles, func(p factProfile) bool {
		return len(p.Attributes) == 0 && p.ComputeSlices == g.ComputeSlices
	})]
	cardMiB := c.memoryMiB
	if cardMiB == 0 {
		cardMiB = mem[full.Name]
	}
	if cardMiB == 0 {
		cardMiB = g.MemoryGB * 1_000_000_000 >> 20
	}
	counters, uses := engines(g)
	compute := g.ComputeSlices
	if g.MemorySlices == 0 {
		compute = 0
	}
	fmt.Fprintf(w, "MemoryMiB: %d, FractionMilli: %d, MemorySlices: %d, ComputeSlices: %d, SMs: %d,\n",
		cardMiB, c.fractionMilli, g.MemorySlices, compute, full.SMs)
	fmt.Fprintf(w, "Counters: %#v, MinDriver: %q,\nProfiles: []Profile{\n", counters, minDriver)
	for _, p := range g.Profiles {
		sure, err := confidence(p.Confidence)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		id := -1
		if p.DriverID != nil {
			id = *p.DriverID
		}
		fmt.Fprintf(w, "{Name: %q, ", p.Name)
		if a := aliases(g, p); len(a) > 0 {
			fmt.Fprintf(w, "Aliases: %#v, ", a)
		}
		fmt.Fprintf(w, "Resource: %q, DriverID: %d, ComputeSlices: %d, MemorySlices: %d, ",
			"nvidia.com/mig-"+strings.ReplaceAll(p.Name, "+", "."), id, p.ComputeSlices, p.MemorySlices)
		if len(p.Starts) > 0 {
			fmt.Fprintf(w, "Starts: %#v, ", p.Starts)
		}
		fmt.Fprintf(w, "MemoryMiB: %d, SMs: %d, Max: %d, ", mem[p.Name], p.SMs, p.Max)
		if len(counters) > 0 {
			fmt.Fprintf(w, "Uses: %#v, ", uses(p))
		}
		fmt.Fprintf(w, "Confidence: %s},\n", sure)
	}
	fmt.Fprint(w, "},\n},\n")
	return nil
}

// engines returns the capacity of the counted engines of g, and what a profile takes of each.
//
// Counter 0 is the OFA engine, of which every card with MIG has one; "+me", "+me.all" and the full-size profiles
// have it (guide, supported-mig-profiles, OFA column). Counter 1 exists where the guide lists "-me" profiles: the media
// engines, as many NVDEC as NVENC as JPEG, one for each compute slice; "+me.all" has them all, "-me" none. Other engines
// (NVDEC elsewhere, copy engines) never bind before the placements do, which TestEnginesLeftOut in this folder checks.
func engines(g factGPU) (capacity []int64, uses func(factProfile) []int64) {
	if g.MemorySlices == 0 {
		return nil, nil
	}
	media := slices.ContainsFunc(g.Profiles, func(p factProfile) bool { return p.is("-me") })
	capacity = []int64{1}
	if media {
		capacity = append(capacity, int64(g.ComputeSlices))
	}
	return capacity, func(p factProfile) []int64 {
		ofa := int64(0)
		if p.is("me") || p.is("me.all") || p.ComputeSlices == g.ComputeSlices {
			ofa = 1
		}
		if !media {
			return []int64{ofa}
		}
		switch {
		case p.is("me.all"):
			return []int64{ofa, int64(g.ComputeSlices)}
		case p.is("-me"):
			return []int64{ofa, 0}
		default:
			return []int64{ofa, int64(p.ComputeSlices)}
		}
	}
}

// leastGiB are figures below those of the facts' rows that another driver has been seen to report: what one driver
// gives less of may not be promised. The rows' own text names both figures.
var leastGiB = map[string]map[string]float64{
	// Stored mig-parted issue #227: 20.00 GiB under the name 1g.24gb; gpu-operator PR #1303: 22.00 GiB as 1g.23gb.
	"GB200-186GB": {"1g.23gb": 20.00},
	// bigstack-oss/cubecos issue #312 shows 23.12 GiB; captured lgip elsewhere 23.62 GiB.
	"RTX-PRO-6000-96GB": {"1g.24gb": 23.12},
}

// memory returns what each profile of g may be promised, in MiB: NVML's figure where it is known, otherwise the GiB that
// nvidia-smi prints, rounded down, otherwise twice that of the plain profile with half the slices, otherwise 0.
func memory(g factGPU) map[string]int64 {
	out := map[string]int64{}
	for _, p := range g.Profiles {
		gib := p.MemoryGiB
		if least, ok := leastGiB[g.Key][p.base()]; ok {
			gib = &least
		}
		switch nvml, ok := g.MemoryMiBNVML[p.Name]; {
		case ok:
			out[p.Name] = nvml
		case gib != nil:
			// Two decimals are exact in hundredths, so the product does not depend on how a float rounds.
			out[p.Name] = int64(math.Round(*gib*100)) * 1024 / 100
		}
	}
	bySlices := slices.Clone(g.Profiles)
	slices.SortStableFunc(bySlices, func(a, b factProfile) int { return a.MemorySlices - b.MemorySlices })
	for _, p := range bySlices {
		if out[p.Name] > 0 || p.MemorySlices == 0 {
			continue
		}
		for _, half := range bySlices {
			if len(half.Attributes) == 0 && half.MemorySlices*2 == p.MemorySlices {
				out[p.Name] = max(out[p.Name], 2*out[half.Name])
			}
		}
	}
	return out
}

// aliases are the names that other drivers print for p; an attribute follows the base name.
func aliases(g factGPU, p factProfile) []string {
	var out []string
	for _, v := range g.NameVariants[p.base()] {
		out = append(out, v+strings.TrimPrefix(p.Name, p.base()))
	}
	return out
}

// confidence maps the facts' remark on a placement to the constant of package gpu. "Same die" is an inference, even
// where a listing was transcribed from go-nvml's tables: nobody's captured nvidia-smi text stands behind it.
func confidence(remark string) (string, error) {
	switch {
	case remark == "captured":
		return "Captured", nil
	case strings.HasPrefix(remark, "inferred"), strings.HasPrefix(remark, "same GA100 die"):
		return "Inferred", nil
	case strings.HasPrefix(remark, "not published"):
		return "Unpublished", nil
	default:
		return "", fmt.Errorf("unknown placement confidence %q", remark)
	}
}
