package knapsack

import (
	"math/bits"
	"slices"
)

// Line is a set of bin kinds in which one dimension alone decides what fits, the same for the same
// shapes. Their best contents are exact, by dynamic programming over the capacity (Bellman 1957):
// one table, for the largest of them, answers for all. Its scratch space makes it unsafe for
// concurrent use.
type Line struct {
	Kinds []int // positions in the list that NewLines was given, ascending

	dim    int
	room   []int64 // capacity of each of Kinds, in units of unit
	shapes []int   // the caller's
	size   []int64 // of each shape, in the same units
	upper  []int64 // how many of each rules let into one bin
	best   []float64
	parts  []linePart
	taken  []uint64 // for each part a bit for each capacity: whether the best content has it
	words  int64    // of taken, for each part
}

// linePart is some copies of one shape, taken together or not at all: 1, 2, 4, … and the rest, so
// that every number of copies is a sum of parts.
type linePart struct {
	shape  int // position in Line.shapes
	copies int64
}

// lineCells bounds a table: parts times capacities. A cell takes about a nanosecond.
const lineCells = 1 << 22

// NewLines splits bins into lines. It reports false if any is not fit for one: it has cards or
// rules to mind, something lies in it today, more than one dimension may bind, or its table would be too large.
func NewLines(bins []*Bin) ([]*Line, bool) {
	var out []*Line
	for at, k := range bins {
		dim, ok := k.bindingDim()
		if !ok {
			return nil, false
		}
		upper := make([]int64, len(k.Shapes))
		for l, i := range k.items {
			upper[l] = mostTogether(k.p, i, k.p.Bins[k.Index].Domain)
		}
		n := slices.IndexFunc(out, func(l *Line) bool {
			return l.dim == dim && slices.Equal(l.shapes, k.Shapes) && slices.Equal(l.upper, upper)
		})
		if n < 0 {
			n = len(out)
			out = append(out, &Line{dim: dim, shapes: k.Shapes, upper: upper})
			for _, size := range k.size {
				out[n].size = append(out[n].size, size[dim])
			}
		}
		out[n].Kinds = append(out[n].Kinds, at)
		out[n].room = append(out[n].room, k.p.Bins[k.Index].Cap[dim])
	}
	for _, l := range out {
		if !l.measure() {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// bindingDim returns the dimension that alone decides what fits: as parts of the capacity, no
// shape takes more of any other.
func (k *Bin) bindingDim() (int, bool) {
	if k.rows.m != len(k.rows.dims) || len(k.caps) > 0 || k.Stays() {
		return 0, false
	}
	for l := range k.pairs {
		if len(k.pairs[l]) > 0 || len(k.after[l]) > 0 {
			return 0, false
		}
	}
	for _, d := range k.rows.dims {
		if !slices.ContainsFunc(k.rows.dims, func(e int) bool { return !k.outweighs(d, e) }) {
			return d, true
		}
	}
	return 0, false
}

// outweighs says whether every shape takes at least as much of dimension d as of e, each as a part
// of the capacity: then Σ size_e·x/Cap_e ≤ Σ size_d·x/Cap_d, and what fits by d fits by e.
func (k *Bin) outweighs(d, e int) bool {
	c := k.p.Bins[k.Index].Cap
	for _, s := range k.size {
		high, low := bits.Mul64(uint64(s[d]), uint64(c[e]))
		otherHigh, otherLow := bits.Mul64(uint64(s[e]), uint64(c[d]))
		if high < otherHigh || (high == otherHigh && low < otherLow) {
			return false
		}
	}
	return true
}

// measure chooses the unit, the greatest that divides all sizes, and says whether the table is
// small enough.
func (l *Line) measure() bool {
	unit := int64(0)
	for _, s := range l.size {
		for s, unit = unit, s; s != 0; {
			unit, s = s, unit%s
		}
	}
	if unit == 0 {
		return false
	}
	for s := range l.size {
		l.size[s] /= unit
	}
	for i := range l.room {
		l.room[i] /= unit
	}
	l.split(nil)
	top := slices.Max(l.room)
	if top >= lineCells || top*int64(len(l.parts)) >= lineCells {
		return false
	}
	l.words = top/64 + 1
	l.best = make([]float64, top+1)
	l.taken = make([]uint64, l.words*int64(len(l.parts)))
	return true
}

// split makes parts of as many copies of each shape as can lie in one bin, at most what left says
// of the caller's shapes; nil: without limit.
func (l *Line) split(left []int64) {
	l.parts = l.parts[:0]
	top := slices.Max(l.room)
	for at, s := range l.shapes {
		n := l.upper[at]
		if l.size[at] > 0 {
			n = min(n, top/l.size[at])
		}
		if left != nil {
			n = min(n, left[s])
		}
		for c := int64(1); n > 0; c *= 2 {
			l.parts = append(l.parts, linePart{at, min(c, n)})
			n -= c
		}
	}
}

// Solve finds the best content of every capacity at prices pi of the caller's shapes, with at most
// as many copies as left says; nil: without limit. It returns the work, in cells.
func (l *Line) Solve(pi []float64, left []int64) int64 {
	l.split(left)
	clear(l.best)
	clear(l.taken)
	for n, part := range l.parts {
		size := l.size[part.shape] * part.copies
		worth := float64(pi[l.shapes[part.shape]] * float64(part.copies))
		if worth <= 0 || size >= int64(len(l.best)) {
			continue
		}
		row := l.taken[int64(n)*l.words : int64(n+1)*l.words]
		from := l.best[:int64(len(l.best))-size]
		to := l.best[size:]
		for c := len(from) - 1; c >= 0; c-- {
			if v := from[c] + worth; v > to[c] {
				to[c] = v
				at := int64(c) + size
				row[at/64] |= 1 << (at % 64)
			}
		}
	}
	return int64(len(l.parts)) * int64(len(l.best))
}

// Worth returns what the best content of Kinds[i] is worth, after Solve.
func (l *Line) Worth(i int) float64 { return l.best[l.room[i]] }

// Content returns the best content of Kinds[i] by the caller's shapes, after Solve.
func (l *Line) Content(i int) Content {
	at := l.room[i]
	counts := make([]int64, len(l.shapes))
	for n := len(l.parts) - 1; n >= 0; n-- {
		if l.taken[int64(n)*l.words+at/64]&(1<<(at%64)) != 0 {
			counts[l.parts[n].shape] += l.parts[n].copies
			at -= l.size[l.parts[n].shape] * l.parts[n].copies
		}
	}
	var c Content
	for s, n := range counts {
		if n > 0 {
			c.Shapes, c.Counts = append(c.Shapes, l.shapes[s]), append(c.Counts, n)
		}
	}
	return c
}
