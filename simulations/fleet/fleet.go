// Package fleet turns a price list into what a simulated cluster may be made of: a planner.Offer for each type, zone and
// capacity type, and the sets of offers that constraints are written with.
//
// Every reader of a recording and every generator of a cluster needs the same two steps, and they hold the same traps:
// a card is known by name AND memory, a fraction of a card is no card, an AMD card is none that a pod with an
// nvidia.com/gpu can use. They are taken here, once.
//
// The package leaves nothing out in silence: what it does not offer, and why, is in the notes.
package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// GPUResource is the extended resource of a whole NVIDIA card.
const GPUResource = "nvidia.com/gpu"

// Options says which offers to make. The zero value makes those of every architecture on demand in one zone.
type Options struct {
	Archs         []string          // amd64, arm64; nil: every
	Zones         []string          // nil: the region's zone "a"
	CapacityTypes []string          // nil: on-demand only
	TimeSlicing   bool              // NVIDIA cards may be shared by time
	Overhead      planner.Resources // of the DaemonSet pods on every node
}

// withDefaults fills in what the zero values stand for.
func (o Options) withDefaults(cat pricing.Catalog) Options {
	if len(o.Zones) == 0 {
		o.Zones = []string{cat.Region + "a"}
	}
	if len(o.CapacityTypes) == 0 {
		o.CapacityTypes = []string{pricing.OnDemand}
	}
	return o
}

// Offers returns what can be had, sorted by type, zone and capacity type, and what was left out.
func Offers(cat pricing.Catalog, opts Options) ([]planner.Offer, []planner.Note) {
	opts = opts.withDefaults(cat)
	left, unpriced := omissions{}, "no price for "+strings.Join(opts.CapacityTypes, " or ")
	var offers []planner.Offer
	for _, t := range cat.Types {
		if reason := opts.unfit(t); reason != "" {
			left[reason] = append(left[reason], t.Name)
			continue
		}
		cards, reason := cardsOf(t, opts.TimeSlicing)
		had := len(offers)
		for _, zone := range opts.Zones {
			offers = append(offers, opts.offersIn(t, cards, zone)...)
		}
		switch {
		case len(offers) == had:
			left[unpriced] = append(left[unpriced], t.Name)
		case reason != "":
			left[reason] = append(left[reason], t.Name)
		}
	}
	return offers, left.notes()
}

// unfit says why a type is not offered at all; "" where nothing speaks against it.
func (o Options) unfit(t pricing.InstanceType) string {
	rest := t.Allocatable
	switch {
	case len(o.Archs) > 0 && !slices.Contains(o.Archs, t.Arch):
		return "not of architecture " + strings.Join(o.Archs, " or ")
	case len(t.OS) > 0 && !slices.Contains(t.OS, "linux"):
		return "not offered with Linux"
	case rest.CPUMilli <= o.Overhead.CPUMilli || rest.MemoryMiB <= o.Overhead.MemoryMiB || rest.Pods <= o.Overhead.Pods:
		return "too small to hold a pod beside the DaemonSets"
	}
	return ""
}

// offersIn returns the offers of a type in one zone.
func (o Options) offersIn(t pricing.InstanceType, cards planner.Cards, zone string) []planner.Offer {
	var offers []planner.Offer
	for _, term := range t.In(zone) {
		if !slices.Contains(o.CapacityTypes, term.CapacityType) {
			continue
		}
		offers = append(offers, planner.Offer{
			InstanceType: t.Name,
			Zone:         zone,
			CapacityType: term.CapacityType,
			Arch:         t.Arch,
			PriceMicro:   term.PriceMicro,
			Allocatable:  withoutCards(t.Allocatable),
			Overhead:     o.Overhead,
			Capacity:     whole(t, cards),
			Cards:        cards,
			Max:          term.Count,
		})
	}
	return offers
}

// cardsOf returns the cards of a type that pods can ask for, or why they count as none.
func cardsOf(t pricing.InstanceType, timeSlicing bool) (planner.Cards, string) {
	switch {
	case t.GPU.Name == "" && t.GPU.Count == 0:
		return planner.Cards{}, ""
	case !strings.EqualFold(t.GPU.Manufacturer, "nvidia"):
		return planner.Cards{}, "GPUs that are not NVIDIA's, so they serve CPU pods only"
	case t.GPU.Count == 0:
		return planner.Cards{}, "a fraction of a GPU, which Kubernetes counts as none, so they serve CPU pods only"
	}
	model, ok := gpu.ByLabel(t.GPU.Name, t.GPU.MemoryMiB)
	if !ok { // not AWS's: a user's catalog may name the product
		model, ok = gpu.ByProduct(t.GPU.Name)
	}
	if !ok {
		return planner.Cards{}, "GPUs of a model that planner/gpu does not know, so they serve CPU pods only"
	}
	return planner.Cards{
		Model:         model.Key,
		Count:         t.GPU.Count,
		Shareable:     timeSlicing,
		Partitionable: model.MIG() == nil,
	}, ""
}

// withoutCards is what is allocatable beside the cards, which planner.Cards counts.
func withoutCards(c planner.Resources) planner.Resources {
	c.Extended = maps.Clone(c.Extended)
	delete(c.Extended, GPUResource)
	if len(c.Extended) == 0 {
		c.Extended = nil
	}
	return c
}

// whole is the whole machine, as NodePool limits count it.
func whole(t pricing.InstanceType, cards planner.Cards) planner.Resources {
	c := planner.Resources{CPUMilli: t.VCPU * 1000, MemoryMiB: t.MemoryMiB, Pods: t.Allocatable.Pods}
	if cards.Count > 0 {
		c.Extended = map[string]int64{GPUResource: cards.Count}
	}
	return c
}

// Ref names the catalog in a Snapshot.
func Ref(cat pricing.Catalog) planner.CatalogRef {
	return planner.CatalogRef{
		Name:     cat.Name,
		Region:   cat.Region,
		Currency: cat.Currency,
		Date:     cat.Date,
		Source:   cat.Source,
		Types:    len(cat.Types),
		Digest:   cat.Digest(),
	}
}

// omissions are names of types by the reason why they, or their GPUs, are not offered.
type omissions map[string][]string

// notes has a line for each reason, sorted by reason.
func (o omissions) notes() []planner.Note {
	var notes []planner.Note
	for _, reason := range slices.Sorted(maps.Keys(o)) {
		notes = append(notes, planner.Note{
			Severity: planner.Info,
			Object:   "catalog",
			Text:     fmt.Sprintf("%d types: %s: %s", len(o[reason]), reason, few(o[reason])),
		})
	}
	return notes
}

// few names at most six.
func few(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}
