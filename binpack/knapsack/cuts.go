package knapsack

import (
	"cmp"
	"slices"
)

// In bins whose cards are all free, and whose items ask for one slice each, a meeting lists what one card can be cut into and filled with,
// as it lists shares: nothing of a card is charged then. Elsewhere slices are charged at their multipliers, as an item of two slices
// may have them on two cards, and what live cards carry differs from card to card.

// Meets reports whether a meeting sees what the cards of the bin hold: it has some, and slices of them are listed.
func (k *Bin) Meets() bool { return k.Carded() && (!k.Sliced() || k.oneSliceEach()) }

// listedMost is of how many shapes slices are listed. Chosen: mixes beside CPU have fewer; with all of the 122 that a part of 1,000 shapes has, the
// solver decided a kind of node that the checker did not prove in five million branches, and the bound of that part was lost (100,000 pods, seed 44: 45 % open in place
// of 1.2 %; 10,000 pods, seed 42: 2.4 in place of 0.5 %).
const listedMost = 16

// oneSliceEach reports whether the slices of the bin can be listed.
func (k *Bin) oneSliceEach() bool {
	if len(k.need) > listedMost || k.set.Fixed != nil || k.rows.free != k.set.N || len(k.rows.layouts) == 0 {
		return false
	}
	for l := range k.need {
		all := int64(0)
		for _, n := range k.need[l].Slices {
			all += n
		}
		if all > 1 || all == 1 && (k.need[l].Whole > 0 || k.need[l].Share > 0) {
			return false
		}
	}
	return true
}

// cutter is what a meeting knows of slices. Shapes are in the order of their profiles, of one profile by falling net worth.
type cutter struct {
	shapes  []int
	profile []int       // of each of them: its position in rows.profiles
	best    []float64   // of each profile: what a slice of it nets at most, not below 0
	after   [][]float64 // of each layout and profile: what later profiles net on it at most
}

// slice puts a local shape among those that ask for a slice, if it does.
func (m *meeter) slice(l int) bool {
	for at, p := range m.k.rows.profiles {
		if m.listing && m.k.need[l].Slices != nil && m.k.need[l].Slices[p] > 0 {
			m.cuts.shapes, m.cuts.profile = append(m.cuts.shapes, l), append(m.cuts.profile, at)
			return true
		}
	}
	return false
}

// repriceCuts sorts shapes by what they net, and computes what layouts may net.
func (m *meeter) repriceCuts() {
	c, profiles := &m.cuts, len(m.k.rows.profiles)
	if len(c.shapes) == 0 {
		return
	}
	at := map[int]int{}
	for n, l := range c.shapes {
		at[l] = c.profile[n]
	}
	slices.SortStableFunc(c.shapes, func(a, b int) int {
		return cmp.Or(cmp.Compare(at[a], at[b]), cmp.Compare(m.net[b], m.net[a]), cmp.Compare(a, b))
	})
	c.best = slices.Repeat([]float64{0}, profiles)
	for n, l := range c.shapes {
		c.profile[n] = at[l]
		c.best[at[l]] = max(c.best[at[l]], m.net[l])
	}
	c.after = c.after[:0]
	for _, counts := range m.k.rows.layouts {
		after := make([]float64, profiles)
		for p := profiles - 2; p >= 0; p-- {
			after[p] = after[p+1] + float64(c.best[p+1]*float64(counts[p+1]))
		}
		c.after = append(c.after, after)
	}
}

// hope is the most that more slices of a profile at such a net worth each, and slices of later profiles, net beside those that a card has; below
// 0 if no layout has one more.
func (m *meeter) hope(have []int64, profile int, net float64) float64 {
	most := -1.0
	for n, counts := range m.k.rows.layouts {
		fits := counts[profile] > have[profile]
		for p := range profile {
			fits = fits && counts[p] >= have[p]
		}
		if fits {
			most = max(most, m.cuts.after[n][profile]+float64(max(0, net)*float64(counts[profile]-have[profile])))
		}
	}
	return most
}

// cut lists what slices on one card may be, those from a position on coming to what is there.
func (f *filler) cut(at int, have []int64, p piece) {
	m := f.m
	if !f.take(p) {
		return
	}
	for j := at; j < len(m.cuts.shapes); j++ {
		l, profile := m.cuts.shapes[j], m.cuts.profile[j]
		m.steps++
		hope := m.hope(have, profile, m.net[l])
		most := p.net + hope
		if hope < 0 || f.best && most <= m.sigma || !f.best && m.sigma-most >= m.excess || f.counts[l] == m.k.Upper[l] {
			continue
		}
		next := m.with(p, l)
		if !m.fits(next.use) {
			continue
		}
		f.counts[l]++
		have[profile]++
		f.in = append(f.in, l)
		f.cut(j, have, next)
		f.in = f.in[:len(f.in)-1]
		have[profile]--
		f.counts[l]--
	}
}

// cutAll lists what slices on one card may be.
func (f *filler) cutAll() {
	if len(f.m.cuts.shapes) > 0 {
		f.cut(0, make([]int64, len(f.m.k.rows.profiles)), piece{})
	}
}
