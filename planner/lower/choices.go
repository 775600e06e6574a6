package lower

import (
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// NeedOf joins choices into one need that depends on the model, for a workload that may use the given offers. A packing
// problem has one need for each kind of card: where several choices are for one model, the one that takes least of a card
// is taken, the first of equal ones. Choices that none of the offers can give are left out; ok is false where none is left.
func NeedOf(choices []planner.GPUChoice, offers []planner.Offer, allowed planner.Set) (need planner.GPUNeed, ok bool) {
	least := map[string]int64{}
	need.ByModel = map[string]planner.GPUNeed{}
	for i := range choices {
		c := &choices[i]
		m, known := gpu.ByKey(c.Model)
		takes, sane := cardShare(c.Need, m, known)
		if old, there := least[c.Model]; !sane || there && old <= takes || !given(c, m, offers, allowed) {
			continue
		}
		least[c.Model] = takes
		need.ByModel[c.Model] = c.Need
	}
	return need, len(need.ByModel) > 0
}

// cardShare is how much of cards a need takes, in thousandths; sane is false where it is no need for one model.
func cardShare(n planner.GPUNeed, m gpu.Model, known bool) (milli int64, sane bool) {
	var f faults
	if f.need("", n); len(f.list) > 0 || n.ByModel != nil {
		return 0, false
	}
	switch {
	case n.Whole > 0:
		return satMul(n.Whole, shareWhole), true
	case n.ShareMilli > 0:
		return n.ShareMilli, true
	}
	for _, name := range sortedKeys(n.Slices) {
		p, ok := m.Profile(name)
		if !ok || !known || m.MemorySlices == 0 {
			return 0, false
		}
		milli = satAdd(milli, satMul(n.Slices[name], int64(m.Profiles[p].MemorySlices)*shareWhole/int64(m.MemorySlices)))
	}
	return milli, len(n.Slices) > 0
}

// given reports whether cards of some offer may be used in the way that a choice asks for.
func given(c *planner.GPUChoice, m gpu.Model, offers []planner.Offer, allowed planner.Set) bool {
	return slices.ContainsFunc(allowed.Members(), func(i int) bool {
		cards := &offers[i].Cards
		if cards.Model != c.Model {
			return false
		}
		switch {
		case c.Need.Whole > 0:
			return cards.Count-cards.Taken >= c.Need.Whole
		case c.Need.ShareMilli > 0:
			return cards.Shareable
		case cards.Fixed == nil:
			return cards.Partitionable
		}
		for name, n := range c.Need.Slices {
			if p, ok := m.Profile(name); !ok || cards.Fixed[m.Profiles[p].Name] < n {
				return false
			}
		}
		return true
	})
}
