// Package cards answers one question about the GPUs of one bin: can they carry this load,
// and if so, which card carries what?
//
// A card is in one of three states: given whole to an item, shared by items whose parts add up
// to at most the card, or cut into slices (MIG instances) that occupy consecutive slots from a
// legal start. Cards of an existing bin may have live slots; those can only be cut further.
//
// Slices are placed greedily: larger profiles first, and each at the start that blocks the
// fewest other placements. On the geometries that NVIDIA sells this is exact: on A100- and
// H100-like cards it is the closed form of ../../docs/design/0002 ("three full pairs and a small
// pair"), and where every profile size divides the next (A30, RTX PRO 6000) first fit by falling
// size never strands a slot. A test compares it with exhaustive search. Elsewhere it may refuse
// a load that fits, and never accepts one that does not.
//
// Shares are packed by first-fit decreasing, which may likewise refuse and never overfills.
package cards

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Geometry is a card kind prepared for placing. It is read-only and may be shared.
type Geometry struct {
	kind   *model.CardKind
	order  []int   // profiles, in the order of placing
	starts [][]int // of each profile, best first
	mask   []uint64
}

// NewGeometry prepares a card kind.
func NewGeometry(k *model.CardKind) *Geometry {
	g := &Geometry{kind: k, starts: make([][]int, len(k.Profiles)), mask: make([]uint64, len(k.Profiles))}
	for p, f := range k.Profiles {
		g.order = append(g.order, p)
		g.mask[p] = (uint64(1)<<f.Size - 1)
		if f.Size == 64 {
			g.mask[p] = ^uint64(0)
		}
	}
	slices.SortStableFunc(g.order, func(a, b int) int {
		fa, fb := k.Profiles[a], k.Profiles[b]
		return cmp.Or(cmp.Compare(fb.Size, fa.Size), cmp.Compare(len(fa.Starts), len(fb.Starts)), cmp.Compare(fa.Max, fb.Max))
	})
	for p, f := range k.Profiles {
		st := slices.Clone(f.Starts)
		slices.SortStableFunc(st, func(a, b int) int {
			return cmp.Or(cmp.Compare(g.blocked(p, a), g.blocked(p, b)), cmp.Compare(b, a))
		})
		g.starts[p] = st
	}
	return g
}

// blocked counts the placements of all profiles that an instance of p at start rules out.
func (g *Geometry) blocked(p, start int) int {
	n := 0
	for q, f := range g.kind.Profiles {
		for _, s := range f.Starts {
			if g.mask[q]<<s&(g.mask[p]<<start) != 0 {
				n++
			}
		}
	}
	return n
}

// Set is the cards of one bin.
type Set struct {
	Geometry *Geometry
	N        int64
	Live     []uint64
	Fixed    []int64
}

// Load is what the items of one bin ask of its cards.
type Load struct {
	Whole  int64
	Slices []int64 // by profile; nil: none
	Shares []int64 // one entry for each share, in any order
}

// Fits reports whether the cards carry the load.
func (s Set) Fits(l Load) bool {
	return s.place(l, nil)
}

// Free returns the number of cards without live slots.
func (s Set) Free() int64 {
	n := s.N
	for _, m := range s.Live {
		if m != 0 {
			n--
		}
	}
	return n
}

// place checks the load and, where visit is not nil, reports each slice that it places.
func (s Set) place(l Load, visit func(card, profile, start int)) bool {
	cut := s.Free() - l.Whole - sharedCards(l.Shares, s.share())
	if cut < 0 {
		return false
	}
	if s.Fixed != nil {
		for p, n := range l.Slices {
			if n > s.Fixed[p] {
				return false
			}
		}
		return true
	}
	none := true
	for _, n := range l.Slices {
		none = none && n == 0
	}
	return none || s.cut(l.Slices, cut, visit)
}

func (s Set) share() int64 {
	if s.Geometry == nil {
		return 0
	}
	return s.Geometry.kind.Share
}

// sharedCards returns how many cards first-fit decreasing needs for the shares.
func sharedCards(shares []int64, size int64) int64 {
	if len(shares) == 0 {
		return 0
	}
	sorted := slices.Clone(shares)
	slices.SortFunc(sorted, func(a, b int64) int { return cmp.Compare(b, a) })
	var room []int64
	for _, x := range sorted {
		if x > size {
			return 1 << 40
		}
		at := slices.IndexFunc(room, func(r int64) bool { return r >= x })
		if at < 0 {
			room = append(room, size)
			at = len(room) - 1
		}
		room[at] -= x
	}
	return int64(len(room))
}

// cut places slices on the live cards and on n empty ones.
func (s Set) cut(want []int64, n int64, visit func(card, profile, start int)) bool {
	g := s.Geometry
	var masks [64]uint64
	used := masks[:0]
	for _, m := range s.Live {
		if m != 0 {
			used = append(used, m)
		}
	}
	for range min(n, int64(64-len(used))) {
		used = append(used, 0)
	}
	c := cutter{g: g, masks: used, visit: visit}
	if len(g.kind.Counters) > 0 || c.bounded(want) {
		c.count = make([][]int64, len(used))
		for i := range c.count {
			c.count[i] = make([]int64, len(g.kind.Profiles)+len(g.kind.Counters))
		}
	}
	for _, p := range g.order {
		if p < len(want) && want[p] > 0 && !c.place(p, want[p]) {
			return false
		}
	}
	return true
}

type cutter struct {
	g     *Geometry
	masks []uint64
	count [][]int64 // of each card: instances by profile, then counters; nil where nothing counts
	visit func(card, profile, start int)
}

// bounded reports whether some wanted profile has a maximum below what its slots allow.
func (c *cutter) bounded(want []int64) bool {
	for p, n := range want {
		if n > 0 && c.g.kind.Profiles[p].Max < int64(len(c.g.kind.Profiles[p].Starts)) {
			return true
		}
	}
	return false
}

func (c *cutter) place(p int, n int64) bool {
	for _, start := range c.g.starts[p] {
		m := c.g.mask[p] << start
		for i := range c.masks {
			if c.masks[i]&m != 0 || !c.counts(i, p) {
				continue
			}
			c.masks[i] |= m
			if c.visit != nil {
				c.visit(i, p, start)
			}
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

// counts charges one instance of p to card i, if its maximum and counters allow.
func (c *cutter) counts(i, p int) bool {
	if c.count == nil {
		return true
	}
	f := c.g.kind.Profiles[p]
	row := c.count[i]
	if row[p] >= f.Max {
		return false
	}
	at := len(c.g.kind.Profiles)
	for k, u := range f.Uses {
		if row[at+k]+u > c.g.kind.Counters[k] {
			return false
		}
	}
	row[p]++
	for k, u := range f.Uses {
		row[at+k] += u
	}
	return true
}
