package knapsack

import (
	"cmp"
	"slices"
)

// piece is a part of a content: what it takes of the two scarce dimensions, and what it is worth.
type piece struct {
	use   [2]int64
	worth float64
	net   float64 // worth less the charge for use
	a, b  int32   // what it is made of, see layer
}

// pareto collects pieces, and drops those that another one beats: it takes no more of either
// dimension and is worth as much. Ties fall to the piece that came first.
type pareto struct {
	gridded bool // grid is that of kept
	cap     [2]int64
	kept    []piece // none beats another, by use
	fresh   []piece // since kept was made
	all     []piece // scratch
	grid    []float64
	marks   []int64   // scratch: second uses, ascending
	prefix  []float64 // scratch: Fenwick tree of prefix maxima over marks
}

const (
	// gridSide is the number of cells of each dimension. The grid knows of each corner what the best piece of kept
	// is worth that takes no more; most pieces are beaten by the corner below them, at the cost of one look.
	gridSide = 512
	// paretoFresh is how many pieces are collected at least before the beaten ones are dropped.
	paretoFresh = 8192
)

func newPareto(capacity [2]int64) *pareto {
	return &pareto{cap: capacity}
}

func (f *pareto) clear() {
	f.kept, f.fresh, f.gridded = f.kept[:0], f.fresh[:0], false
}

// cell returns the corner at or below a use, as a place in the grid.
func (f *pareto) cell(use [2]int64) int {
	return f.side(use, 0)*gridSide + f.side(use, 1)
}

func (f *pareto) side(use [2]int64, d int) int {
	return int(use[d] * (gridSide - 1) / max(f.cap[d], 1))
}

// add takes a piece that is worth at least zero.
func (f *pareto) add(p piece) {
	if f.gridded && f.grid[f.cell(p.use)] >= p.worth {
		return
	}
	f.fresh = append(f.fresh, p)
	if len(f.fresh) >= max(paretoFresh, len(f.kept)) {
		f.settle()
		f.regrid()
	}
}

// grown drops the beaten pieces if there are many new ones.
func (f *pareto) grown() {
	if len(f.fresh) >= paretoFresh/4 {
		f.settle()
		f.regrid()
	}
}

// settle drops the beaten pieces.
func (f *pareto) settle() {
	if len(f.fresh) == 0 {
		return
	}
	slices.SortFunc(f.fresh, func(x, y piece) int {
		if c := byUse(&x, &y); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	all := f.merged()
	f.mark(all)
	f.kept = f.kept[:0]
	for _, p := range all {
		at := f.place(p.use[1])
		if at > 0 && f.best(at) >= p.worth {
			continue
		}
		f.raise(at, p.worth)
		f.kept = append(f.kept, p)
	}
}

// byUse orders pieces so that none comes before one that beats it.
func byUse(x, y *piece) int {
	switch {
	case x.use[0] < y.use[0]:
		return -1
	case x.use[0] > y.use[0]:
		return 1
	case x.use[1] < y.use[1]:
		return -1
	case x.use[1] > y.use[1]:
		return 1
	}
	return cmp.Compare(y.worth, x.worth)
}

// merged empties fresh, and returns it together with kept.
func (f *pareto) merged() []piece {
	all := f.all[:0]
	i := 0
	for k := range f.fresh {
		for ; i < len(f.kept) && byUse(&f.kept[i], &f.fresh[k]) <= 0; i++ {
			all = append(all, f.kept[i])
		}
		all = append(all, f.fresh[k])
	}
	all = append(all, f.kept[i:]...)
	f.fresh, f.all = f.fresh[:0], all
	return all
}

// mark prepares the tree for the second uses of the given pieces.
func (f *pareto) mark(pieces []piece) {
	f.marks = f.marks[:0]
	for _, p := range pieces {
		f.marks = append(f.marks, p.use[1])
	}
	slices.Sort(f.marks)
	f.marks = slices.Compact(f.marks)
	f.prefix = grow(f.prefix, len(f.marks)+1)
	for i := range f.prefix {
		f.prefix[i] = -1
	}
}

// place returns how many marks are at most use.
func (f *pareto) place(use int64) int {
	at, ok := slices.BinarySearch(f.marks, use)
	if ok {
		at++
	}
	return at
}

// best returns the most that was raised at the first n marks, -1 if nothing was.
func (f *pareto) best(n int) float64 {
	top := -1.0
	for ; n > 0; n -= n & -n {
		top = max(top, f.prefix[n])
	}
	return top
}

func (f *pareto) raise(at int, worth float64) {
	for ; at < len(f.prefix); at += at & -at {
		f.prefix[at] = max(f.prefix[at], worth)
	}
}

// regrid computes the corners anew.
func (f *pareto) regrid() {
	f.gridded = true
	f.grid = grow(f.grid, gridSide*gridSide)
	for i := range f.grid {
		f.grid[i] = -1
	}
	for _, p := range f.kept {
		at := [2]int{}
		for d := range at {
			at[d] = f.side(p.use, d)
			if int64(at[d])*max(f.cap[d], 1) < p.use[d]*(gridSide-1) {
				at[d]++ // the first corner at or above it
			}
		}
		c := &f.grid[at[0]*gridSide+at[1]]
		*c = max(*c, p.worth)
	}
	for i := range gridSide {
		for j := range gridSide {
			c := &f.grid[i*gridSide+j]
			if i > 0 {
				*c = max(*c, f.grid[(i-1)*gridSide+j])
			}
			if j > 0 {
				*c = max(*c, f.grid[i*gridSide+j-1])
			}
		}
	}
}
