package reduce

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Sets holds, for each class and domain of bins, which shapes they may hold, as bitsets.
type Sets struct {
	p     *model.Problem
	words int
	of    [][]uint64 // by class*domains + domain
	most  [][]int64  // how many of each shape may lie in each domain
	asked map[[2]int]bool
}

// NewSets computes the sets for the given shapes.
func NewSets(p *model.Problem, shapes []knapsack.Shape) Sets {
	s := Sets{p: p, words: (len(shapes) + 63) / 64, of: make([][]uint64, p.Classes*p.Domains), most: make([][]int64, len(shapes)), asked: map[[2]int]bool{}}
	for i := range s.of {
		s.of[i] = make([]uint64, s.words)
	}
	for n, sh := range shapes {
		for d := range p.Domains {
			s.most[n] = append(s.most[n], knapsack.MostInDomain(p, sh.Item, d))
		}
		for _, c := range p.Items[sh.Item].Classes {
			for d := range p.Domains {
				if (sh.Domain < 0 || sh.Domain == d) && s.most[n][d] > 0 {
					s.of[c*p.Domains+d][n/64] |= 1 << (n % 64)
				}
			}
		}
	}
	return s
}

func (s Sets) key(b int) int {
	return s.p.Bins[b].Class*s.p.Domains + s.p.Bins[b].Domain
}

func (s Sets) bin(b int) []uint64 { return s.of[s.key(b)] }

// covers reports whether bin kind a may hold all that b may, as often as b may by the rules
// between domains.
func (s Sets) covers(a, b int) bool {
	ask := [2]int{s.key(a), s.key(b)}
	if known, ok := s.asked[ask]; ok {
		return known
	}
	in, from, to := s.bin(b), s.p.Bins[a].Domain, s.p.Bins[b].Domain
	ok := subset(in, s.bin(a))
	for n := range s.most {
		ok = ok && (in[n/64]>>(n%64)&1 == 0 || s.most[n][from] >= s.most[n][to])
	}
	s.asked[ask] = ok
	return ok
}

// Prune returns the bin kinds worth considering, ascending by price, and for every bin kind
// which of those beats it (itself where kept, -1 where it can hold nothing).
func Prune(p *model.Problem, shapes []knapsack.Shape) (kept, by []int) {
	sets := NewSets(p, shapes)
	order := make([]int, 0, len(p.Bins))
	by = make([]int, len(p.Bins))
	for b := range p.Bins {
		by[b] = -1
		if !empty(sets.bin(b)) {
			order = append(order, b)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Bins[a].Price, p.Bins[b].Price) })
	for _, b := range order {
		by[b] = b
		for _, a := range kept {
			if Beats(p, a, b) && sets.covers(a, b) {
				by[b] = a
				break
			}
		}
		if by[b] == b {
			kept = append(kept, b)
		}
	}
	return kept, by
}

// Beats reports whether bin kind a is at least as good as b in price, number, room, cards and
// budgets, even if all that lies in b today were to stay. Which items they may hold is for the caller to compare.
func Beats(p *model.Problem, a, b int) bool {
	x, y := &p.Bins[a], &p.Bins[b]
	if x.Max > 0 || x.Price > y.Price-staying(y) || !beatsCards(x, y) {
		return false
	}
	for d := range x.Cap {
		if x.Cap[d] < y.Cap[d] {
			return false
		}
	}
	for _, u := range x.Uses {
		if amount(y.Uses, u.Budget) < u.Amount {
			return false
		}
	}
	return true
}

// staying is what one bin saves at most if what lies in it stays.
func staying(bin *model.Bin) int64 {
	sum := int64(0)
	for _, s := range bin.Stays {
		sum += s.Count * s.Saves
	}
	return sum
}

func beatsCards(x, y *model.Bin) bool {
	if y.Card < 0 || (y.Cards == 0 && y.Fixed == nil) {
		return true
	}
	return x.Card == y.Card && x.Fixed == nil && y.Fixed == nil && x.Cards >= y.Cards && !slices.ContainsFunc(x.Live, func(m uint64) bool { return m != 0 })
}

func amount(uses []model.Use, budget int) int64 {
	for _, u := range uses {
		if u.Budget == budget {
			return u.Amount
		}
	}
	return 0
}

func empty(s []uint64) bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func subset(a, b []uint64) bool {
	for i := range a {
		if a[i]&^b[i] != 0 {
			return false
		}
	}
	return true
}

// Component is a part of a problem that shares no shape, bin kind or budget with the rest.
type Component struct {
	Shapes []int // ascending
	Bins   []int // ascending by price
}

// Components splits shapes and kept bins; shapes of one item stay together. fits[b] lists the shapes that bin kind b can hold.
func Components(p *model.Problem, all []knapsack.Shape, kept []int, fits map[int][]int) []Component {
	shapes := len(all)
	u := newUnion(shapes + len(p.Budgets))
	first := map[int]int{}
	for s, sh := range all {
		if at, ok := first[sh.Item]; ok {
			u.join(at, s) // the domains of one item are bound by its rule, and by its duals
		} else {
			first[sh.Item] = s
		}
	}
	for _, b := range kept {
		for _, s := range fits[b] {
			u.join(fits[b][0], s)
			for _, use := range p.Bins[b].Uses {
				u.join(s, shapes+use.Budget)
			}
		}
	}
	index := map[int]int{}
	var out []Component
	for s := range shapes {
		r := u.root(s)
		if _, ok := index[r]; !ok {
			index[r] = len(out)
			out = append(out, Component{})
		}
		c := &out[index[r]]
		c.Shapes = append(c.Shapes, s)
	}
	for _, b := range kept {
		if len(fits[b]) > 0 {
			c := &out[index[u.root(fits[b][0])]]
			c.Bins = append(c.Bins, b)
		}
	}
	return out
}

type union []int

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = i
	}
	return u
}

func (u union) root(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

func (u union) join(a, b int) {
	a, b = u.root(a), u.root(b)
	u[max(a, b)] = min(a, b)
}
