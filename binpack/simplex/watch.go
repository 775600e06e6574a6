package simplex

import (
	"cmp"
	"slices"
)

// Most columns of a master are far too dear to enter and stay so. Only some are watched: their
// reduced costs follow every pivot, and only they may enter. Whenever no watched column is worth
// entering, all others are priced from the duals, and the best of those that are worth entering are
// watched from then on ("sifting", Bixby, Gregory, Lustig, Marsten & Shanno 1992). So a pivot costs
// what the watched columns cost, and an optimum is one over all columns.
const (
	admitLeast = 64  // columns admitted at a time, and
	admitRows  = 1   // per row
	watchRows  = 2   // per row, and
	watchLeast = 100 // columns watched before some are retired
)

// watch keeps the reduced cost of column j current from now on. Rows' own columns always are.
func (s *Master) watch(j int32) {
	if int(j) < 2*s.m || s.watched[j] {
		return
	}
	s.watched[j] = true
	s.weigh[j] = 1
	s.list = append(s.list, j)
	c := &s.cols[j]
	for k, r := range c.Rows {
		s.byRow[r] = append(s.byRow[r], entry{c.Vals[k], j})
	}
}

// admit watches the most negative of the columns that wait, and says whether there were any.
func (s *Master) admit() bool {
	w := s.waiting
	if len(w) == 0 {
		return false
	}
	if most := admitLeast + admitRows*s.m; len(w) > most {
		slices.SortFunc(w, func(a, b int32) int {
			return cmp.Or(cmp.Compare(s.d[a], s.d[b]), cmp.Compare(a, b))
		})
		w = w[:most]
	}
	for _, j := range w {
		s.watch(j)
		s.setCost(j, s.d[j])
	}
	s.waiting = append(s.waiting[:0], s.waiting[len(w):]...)
	return true
}

// retire stops watching the dearest columns once there are too many. It is for an optimum only:
// in between, a column could come and go for ever.
func (s *Master) retire() {
	if len(s.list) <= watchLeast+watchRows*s.m {
		return
	}
	slices.SortFunc(s.list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.d[a], s.d[b]), cmp.Compare(a, b)) // basic ones first: theirs are zero
	})
	keep := (watchLeast + watchRows*s.m) / 2
	for _, j := range s.list[keep:] {
		s.watched[j] = s.at[j] >= 0
	}
	list := s.list
	s.list = s.list[:0]
	for _, j := range list {
		if s.watched[j] {
			s.list = append(s.list, j)
		}
	}
	slices.Sort(s.list)
	for i := range s.byRow {
		s.byRow[i] = s.byRow[i][:0]
	}
	for _, j := range s.list {
		c := &s.cols[j]
		for k, r := range c.Rows {
			s.byRow[r] = append(s.byRow[r], entry{c.Vals[k], j})
		}
	}
}
