package gpu

import (
	"cmp"
	"slices"
)

// Layouts yields every legal layout that uses only the given profiles, the empty one first, until yield returns false.
// Placements of a layout are ordered by start. Each layout is the caller's own.
//
// An A100 has 723 layouts of its seven plain profiles; a learned model of [MemorySlicesMax] slices can have very many
// more, so stop when enough is enough.
func (m Model) Layouts(profiles []int, yield func(Layout) bool) {
	if m.MIG() != nil {
		yield(Layout{})
		return
	}
	e := enumeration{m: m, all: m.placements(profiles), counts: make([]int, len(m.Profiles)), yield: yield}
	e.from(0, 0)
}

// placements lists every legal placement of the given profiles, by start and then by profile.
func (m Model) placements(profiles []int) []Placement {
	var all []Placement
	for i := range m.Profiles {
		if !slices.Contains(profiles, i) {
			continue
		}
		for _, start := range m.Profiles[i].Starts {
			all = append(all, Placement{Profile: i, Start: start})
		}
	}
	slices.SortFunc(all, func(a, b Placement) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Profile, b.Profile))
	})
	return all
}

type enumeration struct {
	m      Model
	all    []Placement
	at     Layout
	counts []int
	yield  func(Layout) bool
}

// from yields the current layout and all its extensions by placements from index k on; false once yield has had enough.
func (e *enumeration) from(k int, mask uint64) bool {
	if !e.yield(slices.Clone(e.at)) {
		return false
	}
	for ; k < len(e.all); k++ {
		pl := e.all[k]
		if !e.m.admits(e.counts, mask, pl) {
			continue
		}
		e.at = append(e.at, pl)
		e.counts[pl.Profile]++
		more := e.from(k+1, mask|e.m.Profiles[pl.Profile].span(pl.Start))
		e.counts[pl.Profile]--
		e.at = e.at[:len(e.at)-1]
		if !more {
			return false
		}
	}
	return true
}

// admits reports whether pl can join a legal layout with the given counts and slot mask.
func (m Model) admits(counts []int, mask uint64, pl Placement) bool {
	p := &m.Profiles[pl.Profile]
	if mask&p.span(pl.Start) != 0 || counts[pl.Profile] >= p.Max {
		return false
	}
	for c, capacity := range m.Counters {
		used := p.Uses[c]
		for i, n := range counts {
			used += int64(n) * m.Profiles[i].Uses[c]
		}
		if used > capacity {
			return false
		}
	}
	return true
}

// MaximalLayouts returns the legal layouts of the given profiles to which no placement of them can be added. On A100 and
// H100 with the classic profiles (1g, 2g, 3g, 4g, 7g) there are 19, the number that is commonly quoted for these cards.
func (m Model) MaximalLayouts(profiles []int) []Layout {
	var out []Layout
	all := m.placements(profiles)
	m.Layouts(profiles, func(l Layout) bool {
		counts, mask := m.Counts(l), m.Occupied(l)
		if !slices.ContainsFunc(all, func(pl Placement) bool { return m.admits(counts, mask, pl) }) {
			out = append(out, l)
		}
		return true
	})
	return out
}

// MaximalCounts returns what the maximal layouts of the given profiles hold, as counts by profile, each once, in
// descending lexicographic order. They are the columns that a solver needs: every set of slices that fits one card fits
// inside one of them.
func (m Model) MaximalCounts(profiles []int) [][]int {
	var out [][]int
	for _, l := range m.MaximalLayouts(profiles) {
		out = append(out, m.Counts(l))
	}
	slices.SortFunc(out, func(a, b []int) int { return slices.Compare(b, a) })
	return slices.CompactFunc(out, slices.Equal)
}

// Plain returns the profiles of m without an attribute ("+me", "-me", "+gfx"), whose placements are known. For most
// plans they are all that is wanted.
func (m Model) Plain() []int {
	var out []int
	for i := range m.Profiles {
		if m.Profiles[i].plain() && len(m.Profiles[i].Starts) > 0 {
			out = append(out, i)
		}
	}
	return out
}
