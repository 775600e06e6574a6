package gpu

import (
	"cmp"
	"math/bits"
	"slices"
)

// Place looks for room for want[i] more instances of profile i on a card where live already lives. Live instances do not
// move. It returns the added placements, largest first, and true if and only if some legal layout exists.
//
// Among the layouts that fit it takes one that keeps the most memory slices open to later instances, each profile
// weighing as much as it is long; ties go to the highest starts. That is a preference, not a promise: what suits the next
// request best cannot be known.
//
// A want shorter than m.Profiles asks for none of the rest.
func (m Model) Place(live Layout, want []int) (Layout, bool) {
	if m.Fits(live) != nil {
		return nil, false
	}
	return m.place(m.Occupied(live), m.Counts(live), want)
}

// PlaceAround is Place for a card of which only the occupied memory slices are known, not the instances. It trusts that
// the counted engines are free, so ask it for plain profiles, or for "-me" ones where media instances may be live.
func (m Model) PlaceAround(occupied uint64, want []int) (Layout, bool) {
	return m.place(occupied, make([]int, len(m.Profiles)), want)
}

// place adds want to a card with the given slot mask and live counts.
func (m Model) place(occupied uint64, live, want []int) (Layout, bool) {
	total, ok := m.sum(live, want)
	if !ok || m.fitsCounters(total) != nil {
		return nil, false
	}
	s := search{m: &m, order: m.largestFirst(), want: want, dead: map[searchState]bool{}}
	s.run(occupied)
	if !s.found {
		return nil, false
	}
	return DriverOrder(m, s.best), true
}

// sum returns live+want; false if want is negative, names no profile of m, or exceeds what one card can hold.
func (m Model) sum(live, want []int) ([]int, bool) {
	total := slices.Clone(live)
	for i, n := range want {
		if n < 0 || n > 0 && (i >= len(m.Profiles) || n > m.Profiles[i].Max-total[i]) {
			return nil, false
		}
		if n > 0 {
			total[i] += n
		}
	}
	return total, true
}

// largestFirst lists the profiles by length, then compute, longest first; of equals the one with fewer starts goes first.
// It is the order in which a search fails soonest, and the order that the driver wants.
func (m Model) largestFirst() []int {
	order := make([]int, len(m.Profiles))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, m.largerFirst)
	return order
}

func (m Model) largerFirst(a, b int) int {
	p, q := &m.Profiles[a], &m.Profiles[b]
	return cmp.Or(
		cmp.Compare(q.MemorySlices, p.MemorySlices),
		cmp.Compare(q.ComputeSlices, p.ComputeSlices),
		cmp.Compare(len(p.Starts), len(q.Starts)))
}

// solutionsMax bounds how many complete layouts one search compares. Existence is decided by the first; the rest only
// choose a better one. 512 is above what any profile set of the known models yields from an empty card (at most 150, by
// TestSearchComparesEverySolution), so for them the choice is exact too.
const solutionsMax = 512

// search is a depth-first search for room. Only geometry is searched: counters and maxima depend on how many instances
// there are, not on where they lie, so they are settled before.
type search struct {
	m     *Model
	order []int
	want  []int

	at    Layout
	best  Layout
	score int
	found bool
	seen  int
	dead  map[searchState]bool // states from which no layout was found
}

type searchState struct {
	depth, left, below int
	mask               uint64
}

func (s *search) run(mask uint64) {
	s.step(searchState{depth: 0, left: -1, below: -1, mask: mask})
}

// step places what is left from state st and reports whether any complete layout was found below it. Instances of one
// profile go down from high starts to low, so that each set of placements is met once.
func (s *search) step(st searchState) bool {
	if s.seen >= solutionsMax || s.dead[st] {
		return false
	}
	for st.left <= 0 {
		if st.left == 0 {
			st.depth++
		}
		if st.depth == len(s.order) {
			s.keep(st.mask)
			return true
		}
		i := s.order[st.depth]
		st.left, st.below = 0, int(^uint(0)>>1)
		if i < len(s.want) {
			st.left = s.want[i]
		}
	}
	p := &s.m.Profiles[s.order[st.depth]]
	found := false
	for k := len(p.Starts) - 1; k >= 0; k-- {
		start := p.Starts[k]
		span := p.span(start)
		if start >= st.below || st.mask&span != 0 {
			continue
		}
		s.at = append(s.at, Placement{Profile: s.order[st.depth], Start: start})
		if s.step(searchState{depth: st.depth, left: st.left - 1, below: start, mask: st.mask | span}) {
			found = true
		}
		s.at = s.at[:len(s.at)-1]
	}
	if !found && s.seen < solutionsMax {
		s.dead[st] = true
	}
	return found
}

// keep compares the complete layout at hand with the best so far.
func (s *search) keep(mask uint64) {
	s.seen++
	score := 0
	for i := range s.m.Profiles {
		p := &s.m.Profiles[i]
		for _, start := range p.Starts {
			if mask&p.span(start) == 0 {
				score += p.MemorySlices
			}
		}
	}
	if !s.found || score > s.score {
		s.found, s.score, s.best = true, score, slices.Clone(s.at)
	}
}

// FreeSlices returns how many memory slices of m the mask leaves open. It is a figure for reports: free slices that do
// not lie together are not room, see [Model.Place].
func (m Model) FreeSlices(occupied uint64) int {
	return m.MemorySlices - bits.OnesCount64(occupied&(1<<m.MemorySlices-1))
}
