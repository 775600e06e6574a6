package check

import "slices"

// The most cells that a table of one bin may have, and how many of them count as one node of search.
const (
	cellsMax     = 1 << 24
	cellsPerNode = 16
)

// line bounds the content of a bin exactly in one dimension, by dynamic programming over its
// capacity, and by multipliers in all others and for cards: for any dimension d and content x
//
//	Σ π·x  ≤  room without m_d·Cap_d  +  max { Σ (π − charge without m_d·size_d)·x : Σ size_d·x ≤ Cap_d },
//
// as what the others are charged for is at most their room. Bins of today in which something stays are left to search. Rules inside a bin are left out, which
// can only raise the maximum. Where one dimension is all that there is, this is the best content.
//
// It reports whether the bin is proven so by some dimension, with the work of limit nodes at most,
// which it takes from v.nodes. A part counts as a node, and so do cellsPerNode cells.
func (v *prover) line(r *root, limit int64) bool {
	if v.p.Bins[r.bin].Stays != nil {
		return false
	}
	order := make([]int, len(r.mult.Dims))
	for d := range order {
		order[d] = d
	}
	bin := &v.p.Bins[r.bin]
	share := func(d int) int64 { return times(r.mult.Dims[d], bin.Cap[d]) }
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := share(a), share(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, d := range order {
		if share(d) > 0 && v.along(r, d, limit) {
			return true
		}
	}
	return false
}

// part is some copies of one item that are taken together or not at all.
type part struct{ size, worth int64 }

// along tries one dimension.
func (v *prover) along(r *root, d int, limit int64) bool {
	bin := &v.p.Bins[r.bin]
	rest, ok := v.except(r, d)
	if !ok || rest > r.price {
		return false
	}
	parts, ok := v.parts(r, d)
	unit := int64(0)
	for _, p := range parts {
		unit = gcd(p.size, unit)
	}
	if !ok || unit == 0 {
		return false
	}
	capacity := bin.Cap[d] / unit
	if capacity >= cellsMax {
		return false
	}
	cells := times(capacity+1, int64(len(parts)))
	nodes := int64(len(parts)) + cells/cellsPerNode
	if cells > cellsMax || nodes > min(limit, v.nodes) {
		return false
	}
	v.nodes -= nodes
	return plus(rest, best(parts, capacity, unit)) <= r.price
}

// except is the room of a bin without dimension d; false if a sum was too large to tell.
func (v *prover) except(r *root, d int) (int64, bool) {
	rest := r.cards.room
	for e := range r.mult.Dims {
		if e != d {
			rest = plus(rest, times(r.mult.Dims[e], v.p.Bins[r.bin].Cap[e]))
		}
	}
	return rest, rest < most
}

// parts lists what may lie in the bin and is worth more than all but dimension d charge for it. The
// copies of an item are cut into 1, 2, 4, … and the rest, of which every number is a sum.
func (v *prover) parts(r *root, d int) ([]part, bool) {
	var out []part
	space := newRoom(v.p, r.bin)
	for _, i := range v.items[v.p.Bins[r.bin].Class] {
		need, why := v.rules.allowed(v.p, i, r.bin)
		if why != "" {
			continue
		}
		charge := r.cards.charge(&need)
		for e, size := range v.p.Items[i].Size {
			if e != d {
				charge = plus(charge, times(r.mult.Dims[e], size))
			}
		}
		worth := v.dual(i, r.bin) - charge
		if worth <= 0 {
			continue
		}
		n := v.fitting(space, i, &need)
		for c := int64(1); n > 0; c *= 2 {
			p := part{times(v.p.Items[i].Size[d], min(c, n)), times(worth, min(c, n))}
			if p.worth == most || p.size == most {
				return nil, false
			}
			out = append(out, p)
			n -= c
		}
	}
	return out, true
}

// best is the most that parts within a capacity, in units, are worth together.
func best(parts []part, capacity, unit int64) int64 {
	table := make([]int64, capacity+1) // of each capacity
	for _, p := range parts {
		size := p.size / unit
		for c := capacity; c >= size; c-- {
			if w := plus(table[c-size], p.worth); w > table[c] {
				table[c] = w
			}
		}
	}
	return table[capacity]
}
