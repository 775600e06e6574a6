package fleet

import (
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// Test is a question about an offer. Constraints are sets of the offers that answer yes.
type Test func(planner.Offer) bool

// Where is the set of the offers that pass every test.
func Where(offers []planner.Offer, tests ...Test) planner.Set {
	var set planner.Set
	for i, offer := range offers {
		if !slices.ContainsFunc(tests, func(test Test) bool { return !test(offer) }) {
			set.Add(i)
		}
	}
	return set
}

// Constrain is a constraint that allows the offers which pass every test.
func Constrain(offers []planner.Offer, kind, text string, tests ...Test) planner.Constraint {
	return planner.Constraint{Kind: kind, Text: text, Offers: Where(offers, tests...)}
}

// Allowed is the set of the offers that every constraint of a workload allows.
func Allowed(offers []planner.Offer, constraints []planner.Constraint) planner.Set {
	set := planner.NewSet(len(offers))
	for _, constraint := range constraints {
		set = set.And(constraint.Offers)
	}
	return set
}

// Arch passes the offers of one of the architectures.
func Arch(archs ...string) Test {
	return func(o planner.Offer) bool { return slices.Contains(archs, o.Arch) }
}

// InZone passes the offers in one of the zones.
func InZone(zones ...string) Test {
	return func(o planner.Offer) bool { return slices.Contains(zones, o.Zone) }
}

// OnTerms passes the offers of one of the capacity types.
func OnTerms(capacityTypes ...string) Test {
	return func(o planner.Offer) bool { return slices.Contains(capacityTypes, o.CapacityType) }
}

// HasModel passes the offers with a card of one of the models, by gpu.Model.Key.
func HasModel(keys ...string) Test {
	return func(o planner.Offer) bool { return o.Cards.Count > 0 && slices.Contains(keys, o.Cards.Model) }
}

// HasCards passes the offers with at least so many cards.
func HasCards(least int64) Test {
	return func(o planner.Offer) bool { return o.Cards.Count >= least }
}

// NoCards passes the offers without a card, which is where pods without a toleration for GPU nodes may run.
func NoCards() Test {
	return func(o planner.Offer) bool { return o.Cards.Count == 0 }
}

// Holds passes the offers that have room for one pod with the requests beside the DaemonSets. Cards are not looked at.
func Holds(requests planner.Resources) Test {
	return func(o planner.Offer) bool {
		for name, amount := range requests.Extended {
			if o.Allocatable.Extended[name]-o.Overhead.Extended[name] < amount {
				return false
			}
		}
		return o.Allocatable.CPUMilli-o.Overhead.CPUMilli >= requests.CPUMilli &&
			o.Allocatable.MemoryMiB-o.Overhead.MemoryMiB >= requests.MemoryMiB &&
			o.Allocatable.EphemeralMiB-o.Overhead.EphemeralMiB >= requests.EphemeralMiB &&
			o.Allocatable.Pods-o.Overhead.Pods >= requests.Pods
	}
}

// Keys are the models among the offers, sorted.
func Keys(offers []planner.Offer) []string {
	var keys []string
	for _, o := range offers {
		if o.Cards.Count > 0 && !slices.Contains(keys, o.Cards.Model) {
			keys = append(keys, o.Cards.Model)
		}
	}
	slices.Sort(keys)
	return keys
}
