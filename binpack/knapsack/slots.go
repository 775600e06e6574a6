package knapsack

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// condition is one that what is cut from empty cards meets: its slices, each counted as often as of says, come to at most
// so much for each card.
type condition struct {
	of  []int64 // by profile
	all int64
}

// slotConditions counts the first slots of each card alone: every instance of a profile takes at least as many of them as at the start where it
// takes the fewest. On A100 and H100 all eight, the first seven, on which 7 of the smallest instances lie, and the first six, which are three
// full pairs (a 2g or 3g takes one, a 4g two, a 7g all), allow no more than the cards do, given how many instances of each profile there are.
func slotConditions(kind *model.CardKind) []condition {
	var out []condition
	for n := 1; n <= kind.Slots; n++ {
		c := condition{of: make([]int64, len(kind.Profiles)), all: int64(n)}
		for p, f := range kind.Profiles {
			c.of[p] = fewest(&f, n)
		}
		out = append(out, c)
	}
	return out
}

// fewest is how many of the first n slots an instance takes at the start where it takes the fewest.
func fewest(f *model.Profile, n int) int64 {
	least := f.Size
	for _, start := range f.Starts {
		least = min(least, max(0, min(f.Size, n-start)))
	}
	return int64(least)
}

// conditions returns those of slots, of the instances of each profile and of counters, without those that others imply.
func conditions(kind *model.CardKind) []condition {
	all := slotConditions(kind)
	for p := range kind.Profiles {
		if most := instances(kind, p); most > 0 {
			c := condition{of: make([]int64, len(kind.Profiles)), all: most}
			c.of[p] = 1
			all = append(all, c)
		}
	}
	for n, most := range kind.Counters {
		if most == 0 {
			continue
		}
		c := condition{of: make([]int64, len(kind.Profiles)), all: most}
		for p, f := range kind.Profiles {
			if n < len(f.Uses) {
				c.of[p] = f.Uses[n]
			}
		}
		all = append(all, c)
	}
	var out []condition
	for _, c := range all {
		if slices.ContainsFunc(out, func(o condition) bool { return implies(o, c) }) {
			continue
		}
		out = append(slices.DeleteFunc(out, func(o condition) bool { return implies(c, o) }), c)
	}
	return out
}

// implies reports whether what meets a meets b, on any number of cards: each profile counts for as large a part of a card at least.
func implies(a, b condition) bool {
	for p := range a.of {
		if float64(a.of[p])*float64(b.all) < float64(b.of[p])*float64(a.all) { // of counters there may be 2⁴⁰
			return false
		}
	}
	return true
}

// instances returns how many of one profile an empty card carries at most. They are of one length, so that taking the first
// start that is free, again and again, finds the most.
func instances(kind *model.CardKind, profile int) int64 {
	f := &kind.Profiles[profile]
	n, end := int64(0), 0
	for _, s := range slices.Sorted(slices.Values(f.Starts)) {
		if s >= end {
			n, end = n+1, s+f.Size
		}
	}
	if f.Max > 0 {
		n = min(n, f.Max)
	}
	return n
}

// sliceLimits is cardLimits where slices are asked for, and a whole card takes all that it could be cut into. Without them a
// content that no card carries ended the search of bins with one card, and their relaxations, up to 23 % above the best
// content, stood in the bound.
func (k *Bin) sliceLimits() []func(l int) float64 {
	if k.set.N == 0 || k.set.Live != nil || k.set.Fixed != nil || !k.Sliced() {
		return nil
	}
	cards := float64(k.set.N)
	var out []func(l int) float64
	for _, c := range conditions(&k.p.Cards[k.p.Bins[k.Index].Card]) {
		out = append(out, func(l int) float64 {
			sum := int64(0)
			for p, n := range k.need[l].Slices {
				sum += n * c.of[p]
			}
			return (float64(k.need[l].Whole) + float64(sum)/float64(c.all)) / cards
		})
	}
	return out
}
