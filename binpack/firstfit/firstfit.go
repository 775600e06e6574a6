// Package firstfit packs as others do: it is the yardstick that Tenon's packings are measured with,
// and no part of binpack.Solve.
//
// # First fit decreasing
//
// Items are taken one by one, the largest first; each goes into the first open bin that holds it,
// and opens a new bin where none does. How large an item is says its dominant share: the largest
// of its sizes as a part of the roomiest bin's capacity, cards included. Items of higher Rank come
// before all others. With one dimension and one kind of bin this needs at most 11/9 of the fewest
// bins and 6/9 of a bin more (Dósa 2007). With several dimensions or kinds nothing of the sort is
// known, and the result depends on which kind of bin is opened:
//
//   - Cheapest opens the cheapest kind that holds the item, over all kinds. No bin can be made
//     cheaper afterwards: the item that opened it needs as much.
//   - Growing leaves the kind open: a bin takes an item as long as any kind holds it beside what
//     the bin has already, and is in the end the cheapest such kind: first fit decreasing into the
//     largest bins, repacked into the smallest (FFDLR, Friesen & Langston 1986). So does Karpenter
//     with a node claim (scheduler.go and queue.go at 2266468, August 2026), except that Karpenter
//     orders pods by CPU, then memory, and tries the claim with the fewest pods first.
//   - Single packs each group of items that may use the same bins into one kind: every kind is
//     tried, and the one with the cheapest total kept. So does cluster-autoscaler with node groups
//     and its price expander, or a person who writes one node pool for each team. What this kind
//     cannot hold is a group of its own in the next round, and what fits into a bin of an earlier
//     group goes there.
//
// # What is the same for all
//
// Domains are settled first, as binpack.Solve settles them (reduce.Expand), so that the yardsticks
// keep every rule and differ in how they fill bins only. Free bins of a limited number are nodes
// that exist and stay: they are filled first, and do not grow.
//
// First fit looks at one item at a time. It may leave something unplaced that could have been
// placed: in a bin that was limited in number, or beside a leader that is in a full bin. It claims
// no lower bound.
package firstfit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/reduce"
)

// Way says which kind of bin is opened for an item that no open bin holds.
type Way string

// The ways; see the package's doc.
const (
	Cheapest Way = "cheapest"
	Growing  Way = "growing"
	Single   Way = "single"
)

// Ways lists all ways.
func Ways() []Way { return []Way{Cheapest, Growing, Single} }

// Solve packs p by first fit decreasing. The packing passes check.Packing; it has a LowerBound of
// 0, which needs no certificate. An error wraps model.ErrInvalid.
func Solve(p *model.Problem, way Way) (*model.Packing, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	f := newPacker(p)
	switch way {
	case Cheapest:
		f.overAll()
	case Growing:
		f.grows = true
		f.overAll()
		f.rightSize()
	case Single:
		f.byGroup()
	default:
		return nil, fmt.Errorf("%w: no way %q of first fit", model.ErrInvalid, way)
	}
	a := f.answer()
	a.repair()
	return a.packing(), nil
}

// packer fills bins.
type packer struct {
	p        *model.Problem
	geometry []*cards.Geometry
	shapes   []knapsack.Shape
	order    []int     // shapes in the order in which they are placed
	kinds    []*kind   // ascending by price, then as the problem lists them
	lead     [][][]int // of each shape: sets of shapes of each of which one must be in the bin

	grows   bool
	may     []*kind // that new bins may be of, ascending by price
	stock   stock
	left    []int64 // by shape: copies that have no place yet
	nowhere []int64 // by item: copies for which no domain was left
	runs    []*run  // open bins, oldest first
}

// kind is a kind of bin with a room to try things in.
type kind struct {
	*knapsack.Bin
	price int64
	room  *knapsack.Room
}

// run is a number of bins with equal content that were opened one after the other.
type run struct {
	kind *kind
	n    int64
	room *knapsack.Room // the content of each
}

// content is what each bin has, by shape.
func (r *run) content() knapsack.Content { return r.kind.Global(r.room.Content()) }

func newPacker(p *model.Problem) *packer {
	f := &packer{p: p, stock: newStock(p)}
	for k := range p.Cards {
		f.geometry = append(f.geometry, cards.NewGeometry(&p.Cards[k]))
	}
	e := reduce.Expand(p, reduce.Each(p, f.set))
	f.shapes, f.nowhere = e.Shapes, e.Unplaced
	for _, sh := range f.shapes {
		f.left = append(f.left, sh.Count)
	}
	// A kind that another beats in every respect is opened by no way, so pruning changes no answer.
	kept, _ := reduce.Prune(p, f.shapes)
	for _, b := range kept {
		bin := knapsack.NewBin(p, b, f.shapes, f.set(b).Geometry)
		f.kinds = append(f.kinds, &kind{Bin: bin, price: p.Bins[b].Price, room: bin.Open()})
	}
	f.may = f.kinds
	f.sort()
	f.leaders()
	return f
}

func (f *packer) set(b int) cards.Set {
	bin := &f.p.Bins[b]
	set := cards.Set{N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
	if bin.Card >= 0 {
		set.Geometry = f.geometry[bin.Card]
	}
	return set
}

// sort orders the shapes: higher ranks first, then larger dominant shares, then as listed.
func (f *packer) sort() {
	top := make([]int64, f.p.Dims)
	most := make([]int64, len(f.p.Cards))
	for b := range f.p.Bins {
		bin := &f.p.Bins[b]
		for d, c := range bin.Cap {
			top[d] = max(top[d], c)
		}
		if bin.Card >= 0 {
			most[bin.Card] = max(most[bin.Card], bin.Cards)
		}
	}
	key := make([]int64, len(f.shapes))
	for s, sh := range f.shapes {
		it := &f.p.Items[sh.Item]
		key[s] = max(sizeShare(it, top), f.cardShare(it, most))
		f.order = append(f.order, s)
	}
	rank := func(s int) int64 { return f.p.Items[f.shapes[s].Item].Rank }
	slices.SortStableFunc(f.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(key[b], key[a]))
	})
}

const million = 1_000_000 // shares are compared in millionths

func sizeShare(it *model.Item, top []int64) int64 {
	var share int64
	for d, s := range it.Size {
		if top[d] > 0 {
			share = max(share, s*million/top[d])
		}
	}
	return share
}

// cardShare is the part that an item asks of the cards of a bin with the most of them; of several
// kinds of cards that serve, the one where this is the least.
func (f *packer) cardShare(it *model.Item, most []int64) int64 {
	least := int64(-1)
	for _, n := range it.Needs {
		if most[n.Kind] == 0 {
			continue
		}
		k := &f.p.Cards[n.Kind]
		share := n.Whole * million
		if n.Share > 0 {
			share = n.Share * million / k.Share
		}
		for p, c := range n.Slices {
			// No bin has a million slices; the product stays inside int64.
			share += min(c, million) * int64(k.Profiles[p].Size) * million / int64(k.Slots)
		}
		if share /= most[n.Kind]; least < 0 || share < least {
			least = share
		}
	}
	return least
}

// leaders finds what followers need beside them.
func (f *packer) leaders() {
	f.lead = make([][][]int, len(f.shapes))
	of := map[int][]int{}
	for s, sh := range f.shapes {
		of[sh.Item] = append(of[sh.Item], s)
	}
	for _, r := range f.p.Follows {
		if slices.Contains(r.AnyOf, r.Item) {
			continue // it is always beside one
		}
		var leaders []int
		for _, i := range r.AnyOf {
			leaders = append(leaders, of[i]...)
		}
		for _, s := range of[r.Item] {
			f.lead[s] = append(f.lead[s], leaders)
		}
	}
}
