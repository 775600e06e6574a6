package check

import (
	"cmp"
	"slices"
)

// portion is part of a content: what it takes of two dimensions, what it is worth, and how much
// less it nets than the best of its kind, where what it takes is charged by the multipliers.
type portion struct {
	x, y  int64
	worth int64
	loss  int64
}

// shelf keeps portions of which none is as good as another in all respects: no more of x and y, and no less worth.
type shelf struct {
	capX, capY int64
	kept       []portion
	fresh      []portion
	all        []portion // scratch
	tree       []int64   // of prefix maxima of worth, by rank of y
	ranks      []int64
	corner     []int64 // of each cell's lower corner: the most worth on or below it; see note
	noted      bool
}

// corners is the number of cells of a side.
const corners = 512

// put adds a portion, unless the corners already say that another is as good.
func (s *shelf) put(p portion) {
	if s.noted && s.corner[s.below(p.x, s.capX)*corners+s.below(p.y, s.capY)] >= p.worth {
		return
	}
	if s.fresh = append(s.fresh, p); len(s.fresh) >= max(8192, len(s.kept)) {
		s.tidy()
		s.note()
	}
}

func (s *shelf) below(use, capacity int64) int { return int(use * (corners - 1) / max(capacity, 1)) }

// tidy drops what is no better than something else.
func (s *shelf) tidy() {
	if len(s.fresh) == 0 {
		return
	}
	slices.SortFunc(s.fresh, ahead)
	all, i := s.all[:0], 0
	for _, p := range s.fresh {
		for ; i < len(s.kept) && ahead(s.kept[i], p) <= 0; i++ {
			all = append(all, s.kept[i])
		}
		all = append(all, p)
	}
	all = append(all, s.kept[i:]...)
	s.rank(all)
	s.kept, s.fresh, s.all = s.kept[:0], s.fresh[:0], all
	for _, p := range all {
		if at := s.at(p.y); s.top(at) < p.worth {
			s.raise(at, p.worth)
			s.kept = append(s.kept, p)
		}
	}
}

// ahead orders portions so that none comes after one that it is as good as.
func ahead(a, b portion) int {
	switch {
	case a.x < b.x:
		return -1
	case a.x > b.x:
		return 1
	case a.y != b.y:
		return cmp.Compare(a.y, b.y)
	}
	return cmp.Compare(b.worth, a.worth)
}

// note computes the corners of what is kept.
func (s *shelf) note() {
	s.noted = true
	if s.corner == nil {
		s.corner = make([]int64, corners*corners)
	}
	for i := range s.corner {
		s.corner[i] = -1
	}
	above := func(use, capacity int64) int {
		n := s.below(use, capacity)
		if int64(n)*max(capacity, 1) < use*(corners-1) {
			n++
		}
		return n
	}
	for _, p := range s.kept {
		c := &s.corner[above(p.x, s.capX)*corners+above(p.y, s.capY)]
		*c = max(*c, p.worth)
	}
	for i := range s.corner {
		if i >= corners {
			s.corner[i] = max(s.corner[i], s.corner[i-corners])
		}
		if i%corners > 0 {
			s.corner[i] = max(s.corner[i], s.corner[i-1])
		}
	}
}

// take empties the shelf: what was kept, by rising loss.
func (s *shelf) take() []portion {
	s.tidy()
	out := slices.Clone(s.kept)
	slices.SortFunc(out, func(a, b portion) int { return cmp.Compare(a.loss, b.loss) })
	s.kept, s.noted = s.kept[:0], false
	return out
}

// rank prepares an empty tree for the given portions.
func (s *shelf) rank(all []portion) {
	s.ranks = s.ranks[:0]
	for _, p := range all {
		s.ranks = append(s.ranks, p.y)
	}
	slices.Sort(s.ranks)
	s.ranks = slices.Compact(s.ranks)
	s.tree = append(s.tree[:0], make([]int64, len(s.ranks)+1)...)
	for i := range s.tree {
		s.tree[i] = -1
	}
}

// at is the number of ranks up to y.
func (s *shelf) at(y int64) int {
	n, exact := slices.BinarySearch(s.ranks, y)
	if exact {
		n++
	}
	return n
}

// top is the most worth among the first n ranks, −1 if there is none.
func (s *shelf) top(n int) int64 {
	best := int64(-1)
	for ; n > 0; n &= n - 1 {
		best = max(best, s.tree[n])
	}
	return best
}

func (s *shelf) raise(n int, worth int64) {
	for ; n < len(s.tree); n += n & -n {
		s.tree[n] = max(s.tree[n], worth)
	}
}
