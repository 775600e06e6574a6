package gpu

import (
	"errors"
	"fmt"
	"slices"
)

//go:generate go run ./gen -facts ../../../shared/facts/mig_profiles.json -cards gen/cards.csv -out models_gen.go

// Confidence says how the placements of a profile are known.
type Confidence string

const (
	// Captured: read from real nvidia-smi output (-lgip and -lgipp) on that model.
	Captured Confidence = "captured"
	// Inferred: the same die family has been captured, this model has not.
	Inferred Confidence = "inferred"
	// Unpublished: the profile's name is known, its placements are not.
	Unpublished Confidence = "unpublished"
)

// Profile is one kind of MIG slice that a model offers.
type Profile struct {
	// Name is the profile as nvidia-smi and mig-parted print it: "1g.10gb", "1g.10gb+me".
	Name string
	// Aliases are names that other driver versions print for the same shape: "3g.39gb" for an A100's "3g.40gb".
	Aliases []string
	// Resource is the extended resource of the device plugin's "mixed" strategy: "nvidia.com/mig-1g.10gb.me".
	Resource string
	// DriverID is the profile id that nvidia-smi takes; -1 when unknown.
	DriverID int
	// ComputeSlices is the number before "g". MemorySlices is the length on the card; 0 when unpublished.
	ComputeSlices, MemorySlices int
	// Starts are the legal first memory slices, ascending. None: the placements are unpublished.
	Starts []int
	// MemoryMiB is the memory that a pod can have, the least that any driver has been seen to report; 0 when unknown.
	// Where nothing is reported it is twice that of the profile with half the slices: a lower bound on every captured row.
	MemoryMiB int64
	// SMs is the number of streaming multiprocessors; 0 when unknown.
	SMs int64
	// Max is how many instances of this profile one card can hold.
	Max int
	// Uses is what one instance takes of each of Model.Counters, by index.
	Uses []int64
	// Confidence says how Starts are known.
	Confidence Confidence
}

// plain reports whether p is a profile without an attribute such as "+me", "-me" or "+gfx".
func (p Profile) plain() bool {
	for _, r := range p.Name {
		if r == '+' || r == '-' {
			return false
		}
	}
	return true
}

// Model is one shape of card. The zero Model has no MIG and nothing else.
type Model struct {
	// Key names product and memory: "A100-40GB". It is unique, and the spelling that plans and reports use.
	Key string
	// Label is the value of karpenter.k8s.aws/instance-gpu-name; empty when AWS does not sell the card.
	Label string
	// LabelMiB is the value of karpenter.k8s.aws/instance-gpu-memory; 0 when AWS does not sell the card.
	LabelMiB int64
	// Products are the names that drivers, NVIDIA's guides and GPU feature discovery give the card.
	Products []string
	// Architecture and ComputeCapability are the generation: "Hopper", "9.0".
	Architecture, ComputeCapability string
	// MemoryMiB is the memory of the whole card: the least that any source reports, since capacity rounds down.
	MemoryMiB int64
	// FractionMilli is 1000 for a physical card and less for a vGPU that is cut by the cloud: 125 for the L4-3Q of
	// a g6f.large. Such a vGPU has no MIG, and EC2 counts it as no GPU.
	FractionMilli int64
	// MemorySlices and ComputeSlices are the extent of the MIG grid; MemorySlices is 0 where MIG cannot be planned.
	MemorySlices, ComputeSlices int
	// SMs is what the full-size MIG instance has; 0 when unknown.
	SMs int64
	// Counters is the capacity of each counted engine. The first is the optical flow engine (OFA), of which a card has
	// one: "+me" and "+me.all" take it, so at most one of them can live on a card. Where a second exists it is the media
	// engines (NVDEC, NVENC and JPEG move together): "+me.all" takes them all, so that only "-me" may lie beside it.
	Counters []int64
	// Profiles are the MIG slices on offer, in the order of NVIDIA's guide.
	Profiles []Profile
	// MinDriver is the first driver with MIG for this model: "R525.85.12"; empty when unknown or without MIG.
	MinDriver string
}

// MemorySlicesMax is the longest grid that the searches of this package accept. The longest that NVIDIA has shipped
// is 12 (RTX PRO 6000, 2025); the limit keeps the search states of a model that was learned from a node below 2^16.
const MemorySlicesMax = 16

// ErrInvalid marks a Model that contradicts itself. Models of this package never do; one learned from a node may.
var ErrInvalid = errors.New("invalid GPU model")

// Validate reports every fault of m, joined. It is for models that come from outside this package.
func (m Model) Validate() error {
	var faults []error
	bad := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: %q: "+format, append([]any{ErrInvalid, m.Key}, args...)...))
	}
	if m.MemorySlices < 0 || m.MemorySlices > MemorySlicesMax {
		bad("%d memory slices, want 0 to %d", m.MemorySlices, MemorySlicesMax)
	}
	names := map[string]bool{}
	for _, p := range m.Profiles {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if names[name] {
				bad("two profiles are named %q", name)
			}
			names[name] = true
		}
		if m.MemorySlices == 0 && len(p.Starts) > 0 {
			bad("%s has placements on a card without memory slices", p.Name)
		}
		if len(p.Starts) > 0 && p.MemorySlices <= 0 {
			bad("%s has placements but occupies no slice", p.Name)
		}
		if !slices.IsSorted(p.Starts) || len(slices.Compact(slices.Clone(p.Starts))) != len(p.Starts) {
			bad("%s: starts %v are not ascending", p.Name, p.Starts)
		}
		for _, s := range p.Starts {
			if s < 0 || s+p.MemorySlices > m.MemorySlices {
				bad("%s at slice %d reaches outside the card", p.Name, s)
			}
		}
		if len(p.Uses) != len(m.Counters) {
			bad("%s uses %d counters, the card has %d", p.Name, len(p.Uses), len(m.Counters))
		}
	}
	return errors.Join(faults...)
}

// clone returns a copy of m that shares no memory with it: the compiled-in table must stay as it is.
func (m Model) clone() Model {
	m.Products = slices.Clone(m.Products)
	m.Counters = slices.Clone(m.Counters)
	m.Profiles = slices.Clone(m.Profiles)
	for i, p := range m.Profiles {
		m.Profiles[i].Aliases = slices.Clone(p.Aliases)
		m.Profiles[i].Starts = slices.Clone(p.Starts)
		m.Profiles[i].Uses = slices.Clone(p.Uses)
	}
	return m
}
