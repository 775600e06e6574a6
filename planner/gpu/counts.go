package gpu

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
)

// FitsCounts reports whether want[i] instances of profile i, for all i together, fit n EMPTY cards.
//
// For the two geometries that NVIDIA sells it is a closed form, as cheap for a million cards as for one (0.2 µs, nothing
// allocated), so a solver may call it for every candidate node. A learned model of another geometry is searched exactly. Both
// are tested against brute force. Cards with live instances are another question: see [Model.Place].
func (m Model) FitsCounts(n int, want []int) bool {
	if !m.plausible(n, want) {
		return false
	}
	if !slices.ContainsFunc(want, func(w int) bool { return w > 0 }) {
		return true
	}
	if m.MIG() != nil {
		return false
	}
	if t, ok := m.pairs(want); ok {
		return t.fits(n)
	}
	if t, ok := m.quarters(want); ok {
		return t.fits(n)
	}
	return m.fitsColumns(n, want)
}

// cardsMax is more cards than a cluster has, and small enough that no sum below overflows.
const cardsMax = 1 << 40

// plausible rejects what a single profile already rules out, and keeps the sums that follow within an int.
func (m Model) plausible(n int, want []int) bool {
	if n < 0 || n > cardsMax {
		return false
	}
	for i, w := range want {
		if w < 0 || w > 0 && (i >= len(m.Profiles) || w > n*m.Profiles[i].Max) {
			return false
		}
	}
	return true
}

// pairs is a demand on cards of the A100 family: 8 memory slices, seen as four pairs 0-1, 2-3, 4-5, 6-7.
//
//	pair   0-1     2-3     4-5     6-7
//	       full    full    full    small   a 2g needs a full pair; the small one holds a double 1g, or one 1g at slice 6
//	       └─── lower ───┘ └─── upper ───┘ a 3g takes a half; a 4g the lower half; a 7g everything
type pairs struct {
	seven, four, three, two, double, one int
	media                                int // 1g+me: a 1g of which a card can hold one
}

// pairs sorts want into the roles of the A100 family; false if m is of another geometry.
func (m Model) pairs(want []int) (pairs, bool) {
	if m.MemorySlices != 8 || len(m.Counters) != 1 || m.Counters[0] != 1 {
		return pairs{}, false
	}
	var t pairs
	for i := range m.Profiles {
		w := 0
		if i < len(want) {
			w = want[i]
		}
		p := &m.Profiles[i]
		media := p.Uses[0] == 1
		switch {
		case p.is(1, 7, 0, 1, 2, 3, 4, 5, 6) && !media:
			t.one += w
		case p.is(1, 1, 0, 1, 2, 3, 4, 5, 6) && media:
			t.media += w
		case p.is(2, 4, 0, 2, 4, 6) && p.Uses[0] == 0:
			t.double += w
		case p.is(2, 3, 0, 2, 4) && p.Uses[0] == 0:
			t.two += w
		case p.is(4, 2, 0, 4) && p.Uses[0] == 0:
			t.three += w
		case p.is(4, 1, 0) && p.Uses[0] == 0:
			t.four += w
		case p.is(8, 1, 0):
			t.seven += w
		default:
			return pairs{}, false
		}
	}
	return t, true
}

// is reports whether p has this length, this maximum and these starts.
func (p *Profile) is(size, most int, starts ...int) bool {
	return p.MemorySlices == size && p.Max == most && slices.Equal(p.Starts, starts)
}

// fits decides a demand on n empty cards.
//
// Sevens take cards. A lower half can hold whatever an upper half can, so threes go to upper halves while there are any,
// and fours and surplus threes to lower halves. What is left is a number of full and of small pairs. Twos need full
// pairs; doubles prefer small ones, which lose them only one place for a 1g instead of two.
//
// A 1g+me is a 1g with a card of its own among its kind, and so with a pair of its own. Spreading fours and threes over
// as many cards as possible leaves the fewest cards without any free pair (blocked); each other card keeps at least one
// full pair, so that a double can have the small one and the 1g+me half of the full one beside it.
func (t pairs) fits(n int) bool {
	n -= t.seven
	lower := n - t.four - max(0, t.three-n)
	upper := n - min(t.three, n)
	if n < 0 || lower < 0 || upper < 0 {
		return false
	}
	full, small := 2*lower+upper, upper
	blocked := max(0, t.four+t.three-n)
	if t.two > full || t.two+t.double+t.media > full+small || t.media > n-blocked {
		return false
	}
	ones := 2*(full-t.two-t.double) + small + min(t.double, small)
	return t.one+t.media <= ones
}

// quarters is a demand on cards whose slices nest: a card is two halves, a half two quarters (A30, RTX PRO 6000).
type quarters struct {
	full, two, one   int
	twoMe, oneMe     int // take the card's one OFA engine
	twoAll, oneAll   int // take the OFA engine and all media engines
	twoBare, oneBare int // take no engine
}

// quarters sorts want into the roles of the nesting family; false if m is of another geometry.
func (m Model) quarters(want []int) (quarters, bool) {
	unit := m.MemorySlices / 4
	if unit*4 != m.MemorySlices || len(m.Counters) == 0 || len(m.Counters) > 2 || m.Counters[0] != 1 ||
		len(m.Counters) == 2 && m.Counters[1] != 4 {
		return quarters{}, false
	}
	var t quarters
	for i := range m.Profiles {
		to := t.role(&m.Profiles[i], unit)
		if to == nil {
			return quarters{}, false
		}
		if i < len(want) {
			*to += want[i]
		}
	}
	return t, true
}

// role is the count of t to which p belongs, on a card with quarters of the given length; nil if it has none.
func (t *quarters) role(p *Profile, unit int) *int {
	n := p.MemorySlices / unit
	var starts []int
	for s := 0; s < 4; s += max(n, 1) {
		starts = append(starts, s*unit)
	}
	if n*unit != p.MemorySlices || n != 1 && n != 2 && n != 4 || !slices.Equal(p.Starts, starts) {
		return nil
	}
	if n == 4 {
		return &t.full
	}
	byLength := func(one, two *int) *int {
		if n == 1 {
			return one
		}
		return two
	}
	ofa, media, counted := p.Uses[0], int64(n), len(p.Uses) == 2
	if counted {
		media = p.Uses[1]
	}
	switch {
	case ofa == 0 && media == int64(n) && p.Max == len(starts):
		return byLength(&t.one, &t.two)
	case ofa == 0 && media == 0 && p.Max == len(starts):
		return byLength(&t.oneBare, &t.twoBare)
	case ofa == 1 && media == int64(n) && p.Max == 1:
		return byLength(&t.oneMe, &t.twoMe)
	case ofa == 1 && media == 4 && p.Max == 1:
		return byLength(&t.oneAll, &t.twoAll)
	default:
		return nil
	}
}

// fits decides a demand on n empty cards.
//
// Full-size slices take cards. A card with "+me.all" has room only for bare slices beside it: three quarters (of which
// one half is whole) or one half. The other cards, open, take everything else, at most one "+me" each. A quarter that
// has a card of its own among its kind spoils a half for twos, but its neighbour quarter stays good for ones. Bare twos
// go beside "+me.all" while they can; bare ones fill whatever quarters remain.
func (t quarters) fits(n int) bool {
	all := t.oneAll + t.twoAll
	open := n - t.full - all
	if open < 0 || t.oneMe+t.twoMe > open {
		return false
	}
	beside := min(t.twoBare, all)
	halves := t.two + t.twoMe + t.twoBare - beside
	left := 4*open - 2*halves - t.one - t.oneMe
	if halves > 2*open-t.oneMe || left < 0 {
		return false
	}
	return t.oneBare <= left+3*t.oneAll+2*t.twoAll-2*beside
}

// fitsColumns decides a demand for a geometry without closed form: it fills card after card with a maximal set of slices,
// and remembers what it has already found to fail. Exact, because every card's share lies inside some maximal set.
func (m Model) fitsColumns(n int, want []int) bool {
	var wanted []int
	for i, w := range want {
		if w > 0 {
			wanted = append(wanted, i)
		}
	}
	columns := m.MaximalCounts(wanted)
	failed := map[string]bool{}
	var fill func(n int, rest []int) bool
	fill = func(n int, rest []int) bool {
		if !slices.ContainsFunc(rest, func(w int) bool { return w > 0 }) {
			return true
		}
		key := stateKey(n, rest)
		if n == 0 || !m.plausible(n, rest) || failed[key] {
			return false
		}
		for _, c := range columns {
			if fill(n-1, less(rest, c)) {
				return true
			}
		}
		failed[key] = true
		return false
	}
	return fill(n, want)
}

func stateKey(n int, rest []int) string {
	b := binary.AppendVarint(nil, int64(n))
	for _, w := range rest {
		b = binary.AppendVarint(b, int64(w))
	}
	return string(b)
}

// less is rest without what c holds, never below zero.
func less(rest, c []int) []int {
	out := slices.Clone(rest)
	for i := range out {
		out[i] = max(0, out[i]-c[i])
	}
	return out
}

// Deal lays want out on n empty cards: a layout for each card, in driver order. It uses as few cards as possible, the
// fullest first; the others stay whole. It returns false exactly when FitsCounts does.
func (m Model) Deal(n int, want []int) ([]Layout, bool) {
	if !m.FitsCounts(n, want) {
		return nil, false
	}
	rest := make([]int, len(m.Profiles))
	copy(rest, want)
	var wanted []int
	for i, w := range rest {
		if w > 0 {
			wanted = append(wanted, i)
		}
	}
	out := make([]Layout, n)
	if len(wanted) == 0 {
		return out, true
	}
	columns := m.MaximalCounts(wanted)
	used := sort.Search(n, func(k int) bool { return m.FitsCounts(k, want) })
	for card := range used {
		hand := m.hand(columns, used-card-1, rest)
		layout, ok := m.Place(nil, hand)
		if !ok {
			panic("gpu: a maximal set of slices does not fit an empty " + m.Key)
		}
		out[card], rest = layout, less(rest, hand)
	}
	return out, true
}

// hand picks what one card takes of rest: of the columns after which the other cards can hold what remains, the one that
// takes the most memory slices; of equals the first.
func (m Model) hand(columns [][]int, others int, rest []int) []int {
	hands := make([][]int, len(columns))
	for k, c := range columns {
		hands[k] = less(rest, less(rest, c))
	}
	length := func(h []int) (slots int) {
		for i, k := range h {
			slots += k * m.Profiles[i].MemorySlices
		}
		return slots
	}
	slices.SortStableFunc(hands, func(a, b []int) int { return cmp.Compare(length(b), length(a)) })
	for _, h := range hands {
		if m.FitsCounts(others, less(rest, h)) {
			return h
		}
	}
	panic("gpu: FitsCounts promised room on " + m.Key + " that no card has")
}
