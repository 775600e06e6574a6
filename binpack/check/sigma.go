package check

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// wanted is what placed items ask of one kind of card. What nobody asks for is worth nothing.
type wanted struct {
	shares   []int64 // the sizes of shares, ascending
	profiles []bool
}

func newWanted(p *model.Problem, placed []int64) []wanted {
	all := make([]wanted, len(p.Cards))
	for k := range all {
		all[k].profiles = make([]bool, len(p.Cards[k].Profiles))
	}
	for i, n := range placed {
		if n == 0 {
			continue
		}
		for _, need := range p.Items[i].Needs {
			if need.Share > 0 {
				all[need.Kind].shares = append(all[need.Kind].shares, need.Share)
			}
			for f, instances := range need.Slices {
				all[need.Kind].profiles[f] = all[need.Kind].profiles[f] || instances > 0
			}
		}
	}
	for k := range all {
		slices.Sort(all[k].shares)
		all[k].shares = slices.Compact(all[k].shares)
	}
	return all
}

// cardPrices is what the cards of one bin charge.
type cardPrices struct {
	mult  *model.Mult
	sigma int64 // for a whole card
	room  int64 // for all cards together, at most
}

// charge is what an item is charged for what it asks of cards. A share without a price is free.
func (c *cardPrices) charge(need *model.CardNeed) int64 {
	sum := times(need.Whole, c.sigma)
	if need.Share > 0 {
		sum = plus(sum, sharePrice(c.mult, need.Share))
	}
	if c.mult.Slices == nil {
		return sum
	}
	for f, n := range need.Slices {
		sum = plus(sum, times(n, c.mult.Slices[f]))
	}
	return sum
}

func sharePrice(m *model.Mult, share int64) int64 {
	n, found := slices.BinarySearchFunc(m.Shares, share, func(s model.ShareMult, want int64) int {
		return cmp.Compare(s.Share, want)
	})
	if !found {
		return 0
	}
	return m.Shares[n].Price
}

// cards prices the cards of bin b, see prover.
func (v *prover) cards(b int, m *model.Mult) cardPrices {
	bin := &v.p.Bins[b]
	if bin.Card < 0 {
		return cardPrices{mult: m}
	}
	kind := &v.p.Cards[bin.Card]
	weights := v.weights(bin.Card, m)
	prices := cardPrices{mult: m, sigma: v.sigma(b, weights)}
	free := bin.Cards
	for _, live := range bin.Live {
		if live == 0 {
			continue
		}
		free--
		if bin.Fixed == nil {
			prices.room = plus(prices.room, heaviest(kind, weights, live))
		}
	}
	for f, n := range bin.Fixed {
		prices.room = plus(prices.room, times(n, weights[f]))
	}
	prices.room = plus(prices.room, times(free, prices.sigma))
	return prices
}

// weights are the multipliers of the profiles that placed items ask for, and 0 for the others.
func (v *prover) weights(kind int, m *model.Mult) []int64 {
	weights := make([]int64, len(v.p.Cards[kind].Profiles))
	if m.Slices == nil {
		return weights
	}
	for f, asked := range v.wanted[kind].profiles {
		if asked {
			weights[f] = m.Slices[f]
		}
	}
	return weights
}

type sigmaOf struct {
	use, kind int
	fixed     bool
}

// sigma is the most that one empty card of bin b can be charged for: whole, shared or, unless
// its bin's instances are fixed, in slices.
func (v *prover) sigma(b int, weights []int64) int64 {
	bin := &v.p.Bins[b]
	key := sigmaOf{v.cert.Use[b], bin.Card, bin.Fixed != nil}
	if s, known := v.ratio[key]; known {
		return s
	}
	m := v.mult(b)
	kind := &v.p.Cards[bin.Card]
	s := max(m.Card, v.fullest(bin.Card, m))
	if bin.Fixed == nil {
		s = max(s, heaviest(kind, weights, 0))
	}
	v.ratio[key] = s
	return s
}

// sharesMax bounds the table of fullest: capacity times sizes.
const sharesMax = 1 << 18

// fullest is the most that shares on one card can be charged for together: an unbounded knapsack
// in units of the sizes' common divisor, and where that table would be too large, the capacity
// filled with the dearest unit, which is no less.
func (v *prover) fullest(kind int, m *model.Mult) int64 {
	var unit int64
	var sizes, prices []int64
	for _, size := range v.wanted[kind].shares {
		if price := sharePrice(m, size); price > 0 {
			unit = gcd(unit, size)
			sizes, prices = append(sizes, size), append(prices, price)
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	capacity := v.p.Cards[kind].Share / unit
	if times(capacity, int64(len(sizes))) > sharesMax {
		return filled(v.p.Cards[kind].Share, sizes, prices)
	}
	best := make([]int64, capacity+1)
	for room := int64(1); room <= capacity; room++ {
		for n, size := range sizes {
			if size /= unit; size <= room {
				best[room] = max(best[room], plus(prices[n], best[room-size]))
			}
		}
	}
	return best[capacity]
}

// filled is ⌊share · max price/size⌋.
func filled(share int64, sizes, prices []int64) int64 {
	var top int64
	for n, size := range sizes {
		whole := product(prices[n], share)
		whole.Quo(whole, product(size, 1))
		if !whole.IsInt64() {
			return most
		}
		top = max(top, whole.Int64())
	}
	return top
}
