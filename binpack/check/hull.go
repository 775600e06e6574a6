package check

import (
	"math"
	"math/bits"
)

// hull bounds what a set of items can make of room in two dimensions. If every item is worth no more than what it takes at
// some prices, so is any number of them, and all that a room can hold is worth no more than the room at these prices.
// Prices are kept for several proportions of room, as low as they can be for each.
//
// Prices may come from anywhere. Here they are the optimum of a linear program in two unknowns, by floating point; what counts
// is that they are whole numbers, of 2^-hullBits, at which cover has found no item underpriced.
type hull struct {
	size   [][2]int64
	value  []int64
	room   [2]int64
	prices hullPrices
}

// hullBits is how many bits of a price are behind the point: sizes are worth 10^7 units and more in most certificates.
const hullBits = 16

// sides are the proportions of room.
var sides = [...][2]float64{{1, 1}, {1, 0.3}, {0.3, 1}, {1, 0.1}, {0.1, 1}}

// add takes an item into the set.
func (h *hull) add(size [2]int64, value int64) {
	h.size, h.value = append(h.size, size), append(h.value, value)
	for n := range h.prices {
		if !covers(h.prices[n], size, value) {
			h.prices[n] = h.cover(h.cheapest(n, size, value))
		}
	}
}

// most is the most that the set can make of a room at any of the prices, rounded up.
func (h *hullPrices) most(left [2]int64, limit int64) int64 {
	for _, p := range h {
		sum := plus(scaled(p[0], left[0]), scaled(p[1], left[1]))
		limit = min(limit, sum)
	}
	return limit
}

// hullPrices are the prices of one set.
type hullPrices [len(sides)][2]int64

// scaled is price times amount, rounded up to a whole.
func scaled(price, amount int64) int64 {
	high, low := bits.Mul64(uint64(price), uint64(amount))
	if high>>(hullBits-1) != 0 {
		return most
	}
	v := high<<(64-hullBits) | low>>hullBits
	if low&(1<<hullBits-1) != 0 {
		v++
	}
	return int64(v)
}

// covers says whether an item is worth no more than it takes.
func covers(p [2]int64, size [2]int64, value int64) bool {
	h0, l0 := bits.Mul64(uint64(p[0]), uint64(size[0]))
	h1, l1 := bits.Mul64(uint64(p[1]), uint64(size[1]))
	low, carry := bits.Add64(l0, l1, 0)
	high, _ := bits.Add64(h0, h1, carry)
	high, low = high<<(64-hullBits)|low>>hullBits, high>>hullBits // now low is the part beyond 64 bits
	return low > 0 || high >= uint64(value)
}

// cover raises prices until no item of the set is underpriced.
func (h *hull) cover(p [2]int64) [2]int64 {
	for n := range h.size {
		for !covers(p, h.size[n], h.value[n]) {
			for d := range p {
				p[d] += p[d]>>40 + 1
				if p[d] > most/4 {
					return [2]int64{most / 4, most / 4} // too dear for anything
				}
			}
			if lack := 1 - h.paid(p, n); lack > 1e-9 {
				for d := range p {
					p[d] = int64(float64(float64(p[d])*(1+lack)*(1+1e-12))) + 1
				}
			}
		}
	}
	return p
}

// paid is the part of an item's value that prices pay.
func (h *hull) paid(p [2]int64, n int) float64 {
	sum := float64(float64(p[0])*float64(h.size[n][0])) + float64(float64(p[1])*float64(h.size[n][1]))
	return sum / (float64(h.value[n]) * (1 << hullBits))
}

// cheapest is the cheapest pair of prices for one proportion that pays the new item exactly, and all others. Along the line
// of pairs that pay the new item, every other item allows an interval, and the cost is linear.
func (h *hull) cheapest(side int, size [2]int64, value int64) [2]int64 {
	s, v := [2]float64{float64(size[0]), float64(size[1])}, float64(value)
	room := [2]float64{float64(h.room[0]) * sides[side][0], float64(h.room[1]) * sides[side][1]}
	told, free := 0, 1 // the price that is told by the line, and the one that is free
	if s[1]*room[0] > s[0]*room[1] || s[0] == 0 {
		told, free = 1, 0
	}
	low, high := 0.0, math.Inf(1)
	if s[free] > 0 {
		high = v / s[free]
	}
	for n := range h.size {
		o := [2]float64{float64(h.size[n][0]), float64(h.size[n][1])}
		gain := o[free] - float64(o[told]*s[free])/s[told] // of a unit more of the free price
		lack := float64(h.value[n]) - float64(o[told]*v)/s[told]
		switch {
		case gain > 1e-12*o[free]:
			low = max(low, lack/gain)
		case gain < 0:
			high = min(high, lack/gain)
		}
	}
	at := low
	if room[free]*s[told] < room[told]*s[free] && high >= low && !math.IsInf(high, 1) {
		at = high
	}
	var p [2]int64
	one := float64(int64(1) << hullBits)
	p[free] = atLeast(at * one)
	p[told] = atLeast(max(0, (v-float64(s[free]*at))/s[told]) * one)
	return p
}

// atLeast rounds up, and keeps to what cover can raise.
func atLeast(v float64) int64 { return int64(math.Ceil(min(max(v, 0), float64(most/8)))) }
