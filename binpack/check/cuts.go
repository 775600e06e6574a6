package check

import "slices"

// Slices in a meeting. Where all cards of a bin are free to be cut and each item asks for one slice at most, the portions of a card are what it
// can be cut into, filled with items, and slices are charged for nothing. Otherwise their multipliers are.

// patternsMost bounds the ways to cut a card that are looked at; an A100 has 723.
const patternsMost = 20_000

// patterns lists how many instances of each profile an empty card can be cut into, those ways that another one contains left out;
// nil if there are too many.
func (m *meeting) patterns() [][]int64 {
	kind := &m.v.p.Cards[m.bin.Card]
	counts, uses := make([]int64, len(kind.Profiles)), make([]int64, len(kind.Counters))
	var all [][]int64
	looked := 0
	var from func(slot int)
	from = func(slot int) {
		if looked++; looked > patternsMost {
			return
		}
		if slot >= kind.Slots {
			all = append(all, slices.Clone(counts))
			return
		}
		from(slot + 1)
		for f := range kind.Profiles {
			profile := &kind.Profiles[f]
			fits := counts[f] < profile.Max && slices.Contains(profile.Starts, slot)
			for c, amount := range profile.Uses {
				fits = fits && uses[c]+amount <= kind.Counters[c]
			}
			if !fits {
				continue
			}
			counts[f]++
			for c, amount := range profile.Uses {
				uses[c] += amount
			}
			from(slot + profile.Size)
			counts[f]--
			for c, amount := range profile.Uses {
				uses[c] -= amount
			}
		}
	}
	if from(0); looked > patternsMost {
		return nil
	}
	return largest(all)
}

// largest leaves out what is no more than something else in all respects.
func largest(all [][]int64) [][]int64 {
	slices.SortFunc(all, func(a, b []int64) int { return slices.Compare(b, a) })
	all = slices.CompactFunc(all, slices.Equal)
	var out [][]int64
	for _, c := range all {
		if !slices.ContainsFunc(out, func(o []int64) bool { return holds(o, c) }) { // what holds c comes before it
			out = append(out, c)
		}
	}
	return out
}

func holds(pattern, counts []int64) bool {
	for f := range counts {
		if counts[f] > pattern[f] {
			return false
		}
	}
	return true
}

// listsSlices says whether portions of a card may be slices, and finds the patterns for it.
func (m *meeting) listsSlices(r *root) bool {
	if m.bin.Card < 0 || m.bin.Fixed != nil || m.free != m.bin.Cards {
		return false
	}
	some := false
	for _, i := range m.v.items[m.bin.Class] {
		need, why := m.v.rules.allowed(m.v.p, i, r.bin)
		if why != "" {
			continue
		}
		all := int64(0)
		for _, n := range need.Slices {
			all = plus(all, n)
		}
		if all > 1 || all == 1 && (need.Whole > 0 || need.Share > 0) {
			return false
		}
		some = some || all == 1
	}
	if some {
		m.pattern = m.patterns()
	}
	return m.pattern != nil
}

// slot visits what slices on one card may be, those from a position on coming to what is there; see fill. Cuts are in the order of profiles.
func (m *meeting) slot(from int, have []int64, p portion, visit func(net int64, p portion) int64) {
	if m.steps++; m.steps >= m.limit {
		return
	}
	net := p.worth - p.x*m.mx - p.y*m.my
	wanted := visit(net, p)
	for at := from; at < len(m.cuts); at++ {
		t, q := &m.cuts[at], p
		before := have[t.profile]
		for range t.most {
			m.steps++
			hope, fits := m.rest(at, have)
			now := q.worth - q.x*m.mx - q.y*m.my
			if !fits || plus(max(0, now), hope)+min(0, now) < wanted {
				break
			}
			if q.x, q.y, q.worth = q.x+t.x, q.y+t.y, q.worth+t.worth; q.x > m.capX || q.y > m.capY {
				break
			}
			have[t.profile]++
			m.slot(at+1, have, q, visit)
		}
		have[t.profile] = before
	}
}

// rest is the most that slices from a position on may net beside those that a card has, in any number, and whether there may be one
// of the first.
func (m *meeting) rest(from int, have []int64) (hope int64, fits bool) {
	first := &m.cuts[from]
	for _, pattern := range m.pattern {
		if pattern[first.profile] <= have[first.profile] || !holds(pattern, have) {
			continue
		}
		fits = true
		sum := times(pattern[first.profile]-have[first.profile], max(0, first.net))
		for f := first.profile + 1; f < len(pattern); f++ {
			sum = plus(sum, times(pattern[f], m.richest[f]))
		}
		hope = max(hope, sum)
	}
	return hope, fits
}

// priceCuts orders the slices, and finds what one of each profile nets at most.
func (m *meeting) priceCuts() {
	if len(m.cuts) == 0 {
		return
	}
	slices.SortStableFunc(m.cuts, func(a, b thing) int {
		switch {
		case a.profile != b.profile:
			return a.profile - b.profile
		case a.net != b.net && a.net > b.net:
			return -1
		case a.net != b.net:
			return 1
		}
		return a.id - b.id
	})
	m.richest = make([]int64, len(m.pattern[0]))
	for i := range m.cuts {
		m.richest[m.cuts[i].profile] = max(m.richest[m.cuts[i].profile], m.cuts[i].net)
	}
}

// sliced visits what slices on one card may be.
func (m *meeting) sliced(visit func(net int64, p portion) int64) {
	if len(m.cuts) > 0 {
		m.slot(0, make([]int64, len(m.pattern[0])), portion{}, visit)
	}
}
