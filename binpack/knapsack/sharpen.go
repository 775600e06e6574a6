package knapsack

import (
	"cmp"
	"slices"
)

// sharpen lowers the bound of a meeting: the relaxation's multipliers know cards by rows for shares, which let half a card be
// filled better than a whole one. Here what cards hold comes from a list of fills that is added to where prices of the two
// dimensions let another fill net more (Dantzig & Wolfe 1960, for one bin). Every price is a valid one; the one with the least bound is kept.
func (m *meeter) sharpen() {
	if m.lot.free == 0 || m.steps >= m.limit {
		return
	}
	best, at := m.bound(), m.rate
	var fills []piece
	for range sharpenMost {
		if m.steps >= m.limit {
			break
		}
		fills = append(fills, m.richest)
		value := m.repriced(fills)
		m.reprice()
		if m.steps >= m.limit {
			break // sigma may be too low
		}
		if now := m.bound(); now < best {
			best, at = now, m.rate
		}
		if best-value < sharpenEnough*best {
			break
		}
	}
	if m.steps < m.limit || m.rate != at {
		m.rate = at
		m.reprice()
	}
}

const (
	sharpenMost   = 30   // fills that are added
	sharpenEnough = 1e-5 // the part of the bound that is let be
)

// bound is the most that a content of the lot is worth, less what all else is.
func (m *meeter) bound() float64 {
	return m.base + float64(m.sigma*float64(m.lot.free)) + m.loose
}

// repriced solves the relaxation with the given fills, sets the rates to its multipliers, and returns its value.
func (m *meeter) repriced(fills []piece) float64 {
	k := m.k
	var v, u []float64
	var rows [3][]float64
	put := func(value float64, use [2]int64, cards, most float64) {
		v, u = append(v, value), append(u, most)
		for n := range use {
			rows[n] = append(rows[n], float64(use[n])/float64(max(m.cap[n], 1)))
		}
		rows[2] = append(rows[2], cards)
	}
	for _, l := range m.bare {
		put(m.value[l], m.size(l), 0, float64(k.Upper[l]))
	}
	for n, shapes := range m.whole {
		for _, l := range shapes {
			put(m.value[l], m.size(l), float64(int64(1)<<n), float64(m.lot.free))
		}
	}
	for _, p := range fills {
		put(p.worth, p.use, 1, float64(m.lot.free))
	}
	if m.sliced > 0 {
		put(m.sliced, [2]int64{}, 1, float64(m.lot.free))
	}
	k.lp.load(slices.Concat(rows[0], rows[1], rows[2]), []float64{1, 1, float64(m.lot.free)}, v, u)
	k.lp.solve(relaxPivots)
	m.steps += int64(len(v))
	value := 0.0
	for j := range v {
		value += float64(v[j] * k.lp.value(j))
	}
	for n := range m.rate {
		m.rate[n] = k.lp.dual(n) / float64(max(m.cap[n], 1))
	}
	return value
}

// reprice computes what follows from the rates.
func (m *meeter) reprice() {
	m.base, m.loose = 0, 0
	for n := range m.rate {
		m.base += float64(m.rate[n] * float64(m.cap[n]))
	}
	for l := range m.net {
		s := m.size(l)
		m.net[l] = m.value[l] - float64(m.rate[0]*float64(s[0])) - float64(m.rate[1]*float64(s[1]))
	}
	for _, l := range m.bare {
		m.loose += max(0, float64(m.net[l]*float64(m.k.Upper[l])))
	}
	slices.SortStableFunc(m.share, func(a, b int) int { return cmp.Or(cmp.Compare(m.density(b), m.density(a)), cmp.Compare(a, b)) })
	m.repriceCuts()
	m.highest()
}
