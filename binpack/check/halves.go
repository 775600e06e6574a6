package check

import (
	"cmp"
	"math/bits"
	"slices"
)

// Portions of two lists are put together if their losses, and those that must come with them, stay below the excess.
// Let a ≤ b be the two losses.
func either(a, b int64) int64 { return a + b }                   // nothing more is known
func better(a, b int64) int64 { return max(a+b, 2*a) }           // the first is one of two halves, and loses no more than the other
func ends(a, b int64) int64   { return 3*min(a, b) + max(a, b) } // best and worst of four: two more lie between
func middle(a, b int64) int64 { return min(a, b) + 2*max(a, b) } // the others: the worst loses no less

// together lists what portions of two lists, by rising loss, are together, and the items that ask for 2^n cards.
func (m *meeting) together(a, b []portion, least func(a, b int64) int64, n int) []portion {
	same := len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
	from := make([]int, len(a))
	if same {
		for i := range from {
			from[i] = i
		}
	}
	const bands = 16 // what is as good as a portion loses no more, so the shelf fills by rising loss
	for band := int64(1); band <= bands; band++ {
		limit := m.excess / bands * band
		if band == bands {
			limit = m.excess
		}
		for i := range a {
			p := &a[i]
			if least(p.loss, 0) >= limit || m.steps >= m.limit {
				break
			}
			j := from[i]
			for ; j < len(b) && least(p.loss, b[j].loss) < limit; j++ {
				q := portion{p.x + b[j].x, p.y + b[j].y, p.worth + b[j].worth, p.loss + b[j].loss}
				if q.x <= m.capX && q.y <= m.capY {
					m.shelf.put(q)
				}
			}
			m.steps += int64(j-from[i]) + 1
			from[i] = j
		}
	}
	m.add(n)
	return m.shelf.take()
}

// nobody asks for 2^nobody cards.
const nobody = 64

// whole reports whether no content is worth more than is allowed. Items that ask for powers of two cards fill a
// power of two without a gap, the largest first; so the cards are divided into powers of two.
func (m *meeting) whole() bool {
	bare := m.cardless()
	if m.free == 0 {
		return m.below([]portion{{}}, bare)
	}
	list := m.one()
	log := bits.Len64(uint64(m.free)) - 1
	even := m.free == 1<<log
	var rest []portion
	for n := range log {
		if even && n >= log-2 {
			break
		}
		if m.free>>n&1 == 1 && rest == nil {
			rest = list
		} else if m.free>>n&1 == 1 {
			rest = m.together(list, rest, either, nobody)
		}
		list = m.together(list, list, either, n+1)
	}
	switch {
	case even && log > 1:
		return m.quarters(list, bare)
	case even && log == 1:
		return m.below(list, m.together(list, bare, better, nobody))
	case even:
		return m.below(list, bare)
	}
	return m.below(list, m.together(rest, bare, either, nobody))
}

// quarters does so for 2^log cards, of a quarter of which the portions are given. Of four quarters the best and the worst
// are put together, and the other two.
func (m *meeting) quarters(list, bare []portion) bool {
	between := m.together(m.together(list, list, middle, nobody), bare, either, nobody)
	return m.below(m.together(list, list, ends, nobody), between)
}

// below reports whether no portions of two lists that fit the bin together are worth more than is allowed.
func (m *meeting) below(a, b []portion) bool {
	if m.steps >= m.limit {
		return false
	}
	first, second := slices.Clone(a), slices.Clone(b)
	slices.SortFunc(first, func(p, q portion) int { return cmp.Compare(p.x, q.x) })
	slices.SortFunc(second, func(p, q portion) int { return cmp.Compare(q.x, p.x) })
	s, n := m.shelf, 0
	s.rank(first)
	m.steps += 8 * int64(len(first)+len(second))
	for _, q := range second {
		for ; n < len(first) && first[n].x+q.x <= m.capX; n++ {
			s.raise(s.at(first[n].y), first[n].worth)
		}
		if top := s.top(s.at(m.capY - q.y)); top >= 0 && top+q.worth > m.allowed {
			return false
		}
	}
	return true
}
