package knapsack

import (
	"cmp"
	"slices"
)

// A block is an item that takes several cards, and more than a quarter of those that are left. Blocks go into a bin first, the
// largest before the others, and what they leave is met over card by card: a relaxation that mixes 0.9 of a block of eight cards with 0.1 of one of four promises 5 % more
// than either of them does.

// lot is the contents that hold certain blocks and no others.
type lot struct {
	blocks []int     // local shapes, by falling number of cards
	worth  float64   // of the blocks
	left   []float64 // of each row of the relaxation
	cap    []int64   // left of each dimension of the rows
	free   int64     // cards left
	rel    Relaxed   // of what goes beside the blocks
}

// bound is the most that a content of the lot is worth.
func (at *lot) bound() float64 { return at.worth + at.rel.Value }

// block reports whether a local shape is one where so many cards are left.
func (k *Bin) block(l int, free int64) bool {
	return k.need[l].Kind >= 0 && k.need[l].Whole > 1 && k.need[l].Whole*4 > free
}

// lotsMost is how many relaxations the parting of one bin into lots may take.
const lotsMost = 2000

// lots parts the contents of a bin, those with the highest bound first (best-first branch and bound).
type lots struct {
	k     *Bin
	pi    []float64
	order []int // shapes that take several cards, by falling number
	place []int // in order, of each shape; past its end: it takes none or one
	open  []branch
	looks int64
}

// branch is the contents that begin with the blocks of a lot. Further ones come from the position first on.
type branch struct {
	lot
	first int // -1: none come
}

// part begins with a bin's relaxation.
func (k *Bin) part(pi []float64, rel Relaxed) *lots {
	s := &lots{k: k, pi: pi}
	for l, sh := range k.Shapes {
		if k.block(l, 0) && pi[sh] > 0 && k.Upper[l] > 0 {
			s.order = append(s.order, l)
		}
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(k.need[b].Whole, k.need[a].Whole) })
	s.place = slices.Repeat([]int{len(s.order)}, len(k.Shapes))
	for n, l := range s.order {
		s.place[l] = n
	}
	all := lot{left: slices.Clone(k.rows.b), free: k.rows.free, rel: rel}
	for _, d := range k.rows.dims {
		all.cap = append(all.cap, k.p.Bins[k.Index].Cap[d])
	}
	s.open = []branch{{all, 0}}
	return s
}

// bound is the most that a content of any lot that did not come yet is worth.
func (s *lots) bound() float64 {
	most := 0.0
	for i := range s.open {
		most = max(most, s.open[i].bound())
	}
	return most
}

// next returns the lot with the highest bound, if there is one above the level; false also if that would take too many relaxations.
func (s *lots) next(level float64) (lot, bool) {
	for s.looks <= lotsMost && len(s.open) > 0 {
		best := 0
		for i := range s.open {
			if s.open[i].bound() > s.open[best].bound() {
				best = i
			}
		}
		at := s.open[best]
		if at.bound() <= level {
			return lot{}, false
		}
		s.open = slices.Delete(s.open, best, best+1)
		if at.first < 0 || !s.divides(at) {
			return at.lot, true
		}
		s.branch(at, level)
	}
	return lot{}, false
}

// divides reports whether a branch has any further blocks.
func (s *lots) divides(at branch) bool {
	for _, l := range s.order[at.first:] {
		if s.k.block(l, at.free) {
			return true
		}
	}
	return false
}

// branch parts a branch into the lot of its blocks alone, and the branches with one more.
func (s *lots) branch(at branch, level float64) {
	k := s.k
	alone := at
	alone.first = -1
	s.looks++
	alone.rel = k.relaxIn(s.pi, at.lot, func(l int) bool { return !k.block(l, at.free) })
	s.open = append(s.open, alone)
	for n := at.first; n < len(s.order); n++ {
		l := s.order[n]
		if !k.block(l, at.free) || k.need[l].Whole > at.free || count(at.blocks, l) >= k.Upper[l] {
			continue
		}
		next, ok := k.beside(at.lot, l)
		if !ok {
			continue
		}
		next.worth += s.pi[k.Shapes[l]]
		later := func(o int) bool { return s.place[o] >= n }
		next.rel = Relaxed{Value: k.boundIn(s.pi, at.rel.Mu, next, later)}
		if next.rel.Mu = at.rel.Mu; next.bound() > level {
			s.looks++
			next.rel = k.relaxIn(s.pi, next, later)
		}
		s.open = append(s.open, branch{next, n})
	}
}

func count(in []int, l int) int64 {
	n := int64(0)
	for _, o := range in {
		if o == l {
			n++
		}
	}
	return n
}

// beside returns the lot with one block more, unless there is no room for it.
func (k *Bin) beside(at lot, l int) (lot, bool) {
	r := &k.rows
	next := lot{blocks: append(slices.Clone(at.blocks), l), worth: at.worth, left: slices.Clone(at.left), cap: slices.Clone(at.cap), free: at.free - k.need[l].Whole}
	for i, d := range r.dims {
		if next.cap[i] -= k.size[l][d]; next.cap[i] < 0 {
			return next, false
		}
		next.left[i] = max(0, next.left[i]-r.a[i*r.n+l])
	}
	next.left[r.first.card] -= float64(k.need[l].Whole)
	return next, true
}

// relaxIn is Relax for what blocks leave, and some of the shapes.
func (k *Bin) relaxIn(pi []float64, at lot, among func(l int) bool) Relaxed {
	for l, s := range k.Shapes {
		k.v[l], k.ucol[l] = pi[s], float64(k.Upper[l])
		if pi[s] <= 0 || !among(l) {
			k.v[l], k.ucol[l] = 0, 0
		}
	}
	copy(k.ucol[len(k.Shapes):], k.rows.upper)
	clear(k.v[len(k.Shapes):])
	k.lp.load(k.rows.a, at.left, k.v, k.ucol)
	k.lp.solve(relaxPivots)
	r := Relaxed{Mu: make([]float64, k.rows.m), X: make([]float64, len(k.Shapes))}
	for i := range r.Mu {
		r.Mu[i] = k.lp.dual(i)
	}
	for l := range r.X {
		r.X[l] = k.lp.value(l)
	}
	r.Value = k.boundIn(pi, r.Mu, at, among)
	return r
}

// boundIn is Bound for what blocks leave, and some of the shapes.
func (k *Bin) boundIn(pi, mu []float64, at lot, among func(l int) bool) float64 {
	sigma := k.cardPrice(mu)
	v := k.cardsWorth(mu, sigma) - float64(sigma*(k.rows.b[k.rows.first.card]-at.left[k.rows.first.card]))
	for i := range k.rows.dims {
		v += float64(mu[i] * at.left[i])
	}
	for l, s := range k.Shapes {
		if pi[s] <= 0 || !among(l) {
			continue
		}
		if r := pi[s] - k.charge(l, mu, sigma); r > 0 {
			v += float64(r * float64(k.Upper[l]))
		}
	}
	return v
}
