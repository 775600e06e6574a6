package knapsack

import (
	"cmp"
	"math/bits"
	"slices"
)

// joinBands is how many bands of net worth a join goes through. What beats a piece nets at least as much, so that most
// pieces of a band are beaten by those that an earlier band left behind, and need not be sorted.
const joinBands = 16

// pairing says which pieces of two layers a join puts together. What a piece nets less than its layer's top is its
// loss; all losses of a content of interest are less than the excess together.
type pairing int

const (
	any2   pairing = iota // a + b < excess
	lesser                // the first one's half is the better of two: 2a < excess as well
	outer                 // best and worst of four, p ≤ q ≤ r ≤ s: 3p + s < excess
	inner                 // those between: q + 2r < excess
)

// loss returns the least that all losses of a content add up to if two of these add up to a and b.
func (w pairing) loss(a, b float64) float64 {
	low, high := min(a, b), max(a, b)
	switch w {
	case lesser:
		return max(a+b, 2*a)
	case outer:
		return float64(3*low) + high
	case inner:
		return low + float64(2*high)
	case any2:
	}
	return a + b
}

// join puts pieces of two layers together.
func (m *meeter) join(x, y *layer, w pairing) {
	next := make([]int32, len(x.pieces))
	if x == y {
		for i := range next {
			next[i] = int32(i)
		}
	}
	for band := range joinBands {
		lost := m.excess * float64(band+1) / joinBands
		for i := range x.pieces {
			p := &x.pieces[i]
			own := x.top - p.net
			if w.loss(own, 0) >= lost || m.steps >= m.limit {
				break
			}
			m.steps++
			j := int(next[i])
			for ; j < len(y.pieces); j++ {
				q := &y.pieces[j]
				if w.loss(own, y.top-q.net) >= lost {
					break
				}
				use := [2]int64{p.use[0] + q.use[0], p.use[1] + q.use[1]}
				if m.fits(use) {
					m.pareto.add(piece{use: use, worth: p.worth + q.worth, net: p.net + q.net, a: int32(i), b: int32(j)})
				}
			}
			m.steps += int64(j) - int64(next[i])
			next[i] = int32(j)
		}
		m.pareto.grown()
	}
}

// nothing is a layer of one piece that is empty.
func nothing() *layer {
	return &layer{pieces: []piece{{}}, shape: -1, listed: [][]int{nil}}
}

// both is the layer of what two layers hold together, and of shapes that take 2^n cards at once.
func (m *meeter) both(x, y *layer, w pairing, n int) *layer {
	m.pareto.clear()
	out := &layer{shape: -1, below: [2]*layer{x, y}, top: x.top + y.top}
	m.join(x, y, w)
	m.wholes(n, out.top)
	return m.done(out)
}

// run returns the contents above the threshold that it comes upon, and false if the limit was reached.
func (m *meeter) run() (found [][]int64, ok bool) {
	m.pareto.cap = m.cap
	bare := m.loners()
	if m.lot.free == 0 {
		return m.sweep(nothing(), bare), m.steps < m.limit
	}
	// Powers of two fill powers of two without a gap if the larger ones go first.
	most := bits.Len64(uint64(m.lot.free)) - 1
	even := m.lot.free == 1<<most
	y := m.fills()
	var rest *layer
	for n := range most {
		if even && n >= most-2 {
			break
		}
		if m.lot.free&(1<<n) != 0 {
			rest = m.beside(y, rest)
		}
		y = m.both(y, y, any2, n+1)
	}
	switch {
	case m.steps >= m.limit:
	case even && most > 1:
		found = m.quarters(y, bare)
	case even && most == 1:
		found = m.sweep(y, m.both(y, bare, lesser, maxWhole))
	case even:
		found = m.sweep(y, bare)
	default:
		found = m.sweep(y, m.both(rest, bare, any2, maxWhole))
	}
	return found, m.steps < m.limit
}

// beside is the layer of y beside rest, if there is one.
func (m *meeter) beside(y, rest *layer) *layer {
	if rest == nil {
		return y
	}
	return m.both(y, rest, any2, maxWhole)
}

// quarters looks through the contents of a power of two of cards, y being the layer of a quarter of them, and no shape
// takes more. The worst and the best quarter are one half and those between the other, which leaves few pieces of each.
func (m *meeter) quarters(y, bare *layer) [][]int64 {
	between := m.both(m.both(y, y, inner, maxWhole), bare, any2, maxWhole)
	return m.sweep(m.both(y, y, outer, maxWhole), between)
}

// maxWhole is a number of doublings that no shape asks for.
const maxWhole = 64

// sweep lets two layers meet: for each piece of the second it finds the best piece of the first that goes beside it. It
// returns some contents above the threshold, best first, each with a shape that no earlier one has.
func (m *meeter) sweep(x, y *layer) [][]int64 {
	if m.steps >= m.limit {
		return nil
	}
	f := m.pareto
	first, second := slices.Clone(x.pieces), make([]int32, len(y.pieces))
	for j := range second {
		second[j] = int32(j)
	}
	slices.SortFunc(first, func(a, b piece) int { return byUse(&a, &b) })
	slices.SortFunc(second, func(a, b int32) int { return -byUse(&y.pieces[a], &y.pieces[b]) })
	f.mark(first)
	at := make([]int32, len(f.prefix)) // the piece that the tree's maximum comes from
	type match struct {
		a     piece
		b     int32
		worth float64
	}
	var above []match
	n := 0
	m.steps += int64(len(first)+len(second)) * 8
	for _, j := range second {
		q := &y.pieces[j]
		for ; n < len(first) && first[n].use[0]+q.use[0] <= m.cap[0]; n++ {
			for i := f.place(first[n].use[1]); i < len(f.prefix); i += i & -i {
				if first[n].worth > f.prefix[i] {
					f.prefix[i], at[i] = first[n].worth, int32(n)
				}
			}
		}
		best, from := -1.0, int32(-1)
		for i := f.place(m.cap[1] - q.use[1]); i > 0; i -= i & -i {
			if f.prefix[i] > best {
				best, from = f.prefix[i], at[i]
			}
		}
		if from >= 0 {
			m.most = max(m.most, best+q.worth)
		}
		if from >= 0 && best+q.worth > m.threshold {
			above = append(above, match{first[from], j, best + q.worth})
		}
	}
	slices.SortFunc(above, func(a, b match) int { return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.b, b.b)) })
	var out [][]int64
	used := make([]bool, len(m.k.Shapes))
	for _, c := range above[:min(len(above), meetLooks)] {
		counts := make([]int64, len(m.k.Shapes))
		for _, l := range m.lot.blocks {
			counts[l]++
		}
		x.put(c.a, counts)
		y.put(y.pieces[c.b], counts)
		fresh := false
		for l, n := range counts {
			fresh = fresh || n > 0 && !used[l]
		}
		if !fresh {
			continue
		}
		for l, n := range counts {
			used[l] = used[l] || n > 0
		}
		if out = append(out, counts); len(out) == meetMost {
			break
		}
	}
	return out
}

const (
	meetLooks  = 20000
	meetEnough = 30
	meetSpent  = 20
	meetMost   = 60 // contents of one meeting
)

// judge tells the contents that are legal from those that are not, and drops those that are not worth more than the
// threshold: where dimensions are charged, a content may only seem to be.
func (t *talks) judge(found [][]int64) (legal, ideal []Content) {
	room := t.k.Open()
	worth := func(counts []int64) float64 { return t.k.Worth(t.pi, counts) }
	slices.SortStableFunc(found, func(a, b []int64) int { return cmp.Compare(worth(b), worth(a)) })
	for _, counts := range found[:min(len(found), meetMost)] {
		if worth(counts) <= t.threshold {
			break
		}
		var c Content
		for l, n := range counts {
			if n > 0 {
				c.Shapes, c.Counts = append(c.Shapes, l), append(c.Counts, n)
			}
		}
		if t.legal(c, room) {
			legal = append(legal, c)
		} else {
			ideal = append(ideal, c)
		}
	}
	return legal, ideal
}

func (t *talks) legal(c Content, room *Room) bool {
	room.reset()
	for range 2 {
		for i, l := range c.Shapes {
			want := c.Counts[i] - room.Counts[l]
			if want > 0 && room.Most(l, want) == want {
				room.Add(l, want)
			}
		}
	}
	for i, l := range c.Shapes {
		if room.Counts[l] != c.Counts[i] || c.Counts[i] > t.k.Upper[l] {
			return false
		}
	}
	return true
}
