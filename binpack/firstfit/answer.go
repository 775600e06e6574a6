package firstfit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// answer is what was packed, as it is being written down.
type answer struct {
	f        *packer
	fills    []fill
	unplaced []int64 // by item
}

// fill is a number of bins with equal content.
type fill struct {
	bin   int
	n     int64
	items []model.Load // ascending by item
}

func (f *packer) answer() *answer {
	a := &answer{f: f, unplaced: slices.Clone(f.nowhere)}
	for s, n := range f.left {
		a.unplaced[f.shapes[s].Item] += n
	}
	for _, r := range f.runs {
		x := fill{bin: r.kind.Index, n: r.n}
		c := r.content()
		for i, s := range c.Shapes {
			x.items = append(x.items, model.Load{Item: f.shapes[s].Item, Count: c.Counts[i]})
		}
		slices.SortFunc(x.items, func(a, b model.Load) int { return cmp.Compare(a.Item, b.Item) })
		a.fills = append(a.fills, x)
	}
	return a
}

// repair takes items out of a packing that left others unplaced, until no rule is broken by what
// is missing. A complete packing keeps every rule by construction.
func (a *answer) repair() {
	for changed := total(a.unplaced) > 0; changed; {
		changed = false
		for n := range a.f.p.Spreads {
			changed = a.repairSpread(&a.f.p.Spreads[n]) || changed
		}
		for _, r := range a.f.p.Follows {
			changed = a.repairFollow(r) || changed
		}
	}
}

// counts returns how many of the items lie in each domain.
func (a *answer) counts(items []int) []int64 {
	out := make([]int64, a.f.p.Domains)
	for _, x := range a.fills {
		for _, l := range x.items {
			if slices.Contains(items, l.Item) {
				out[a.f.p.Bins[x.bin].Domain] += l.Count * x.n
			}
		}
	}
	return out
}

// repairSpread takes out items without company in their domain, and those of a domain that is too
// far above the emptiest, and reports whether there were any.
func (a *answer) repairSpread(r *model.Spread) bool {
	placed := a.counts(r.Items)
	if company := a.counts(r.Beside); len(r.Beside) > 0 {
		for d, n := range placed {
			if n > 0 && company[d] == 0 {
				return a.takeOut(r.Items, d, n)
			}
		}
	}
	if r.Skew == 0 || len(r.Domains) == 0 {
		return false
	}
	have := slices.Clone(placed)
	for k := range r.Base {
		have[r.Domains[k]] += r.Base[k]
	}
	low := slices.MinFunc(r.Domains, func(x, y int) int { return cmp.Compare(have[x], have[y]) })
	for _, d := range r.Domains {
		if over := min(have[d]-have[low]-r.Skew, placed[d]); over > 0 {
			return a.takeOut(r.Items, d, over)
		}
	}
	return false
}

// takeOut takes n of the items out of bins in domain d, the latest first. There are as many.
func (a *answer) takeOut(items []int, d int, n int64) bool {
	for at := len(a.fills) - 1; at >= 0 && n > 0; at-- {
		if a.f.p.Bins[a.fills[at].bin].Domain != d {
			continue
		}
		for i := 0; i < len(a.fills[at].items) && n > 0; i++ {
			l := a.fills[at].items[i]
			if !slices.Contains(items, l.Item) {
				continue
			}
			for n > 0 && a.fills[at].n > 1 && n < l.Count*a.fills[at].n {
				n -= a.reduceOne(at, i, n)
			}
			if n > 0 {
				n -= a.reduce(at, i, min(l.Count, n))
			}
		}
	}
	a.sweep()
	return true
}

// reduce takes count copies of the i-th item out of each bin of a fill, and returns how many that is.
func (a *answer) reduce(at, i int, count int64) int64 {
	x := &a.fills[at]
	x.items = slices.Clone(x.items)
	x.items[i].Count -= count
	a.unplaced[x.items[i].Item] += count * x.n
	return count * x.n
}

// reduceOne splits one bin off a fill and takes up to n copies of the i-th item out of it.
func (a *answer) reduceOne(at, i int, n int64) int64 {
	one := a.fills[at]
	one.n = 1
	a.fills[at].n--
	a.fills = append(a.fills, one)
	return a.reduce(len(a.fills)-1, i, min(n, one.items[i].Count))
}

// repairFollow takes out followers whose leader is gone, and reports whether there were any.
func (a *answer) repairFollow(r model.Follow) bool {
	changed := false
	for at := range a.fills {
		items := a.fills[at].items
		i := slices.IndexFunc(items, func(l model.Load) bool { return l.Item == r.Item })
		if i >= 0 && !slices.ContainsFunc(items, func(l model.Load) bool { return slices.Contains(r.AnyOf, l.Item) }) {
			a.reduce(at, i, items[i].Count)
			changed = true
		}
	}
	a.sweep()
	return changed
}

// sweep drops items that were taken out and bins that are empty.
func (a *answer) sweep() {
	for at := range a.fills {
		x := &a.fills[at]
		x.items = slices.DeleteFunc(slices.Clone(x.items), func(l model.Load) bool { return l.Count == 0 })
	}
	a.fills = slices.DeleteFunc(a.fills, func(x fill) bool { return len(x.items) == 0 })
}

// packing writes down what was found: equal bins together, cards assigned.
func (a *answer) packing() *model.Packing {
	k := &model.Packing{Bins: []model.Packed{}, Work: model.Work{Pruned: len(a.f.kinds)}}
	slices.SortStableFunc(a.fills, func(x, y fill) int {
		return cmp.Or(cmp.Compare(x.bin, y.bin), slices.CompareFunc(x.items, y.items, func(v, w model.Load) int {
			return cmp.Or(cmp.Compare(v.Item, w.Item), cmp.Compare(w.Count, v.Count))
		}))
	})
	for b := range a.f.p.Bins {
		k.Cost += knapsack.AllMoves(&a.f.p.Bins[b])
	}
	for _, x := range a.fills {
		k.Cost += (a.f.p.Bins[x.bin].Price - knapsack.Saved(&a.f.p.Bins[x.bin], x.items)) * x.n
		if last := len(k.Bins) - 1; last >= 0 && k.Bins[last].Bin == x.bin && slices.Equal(k.Bins[last].Items, x.items) {
			k.Bins[last].Count += x.n
			continue
		}
		k.Bins = append(k.Bins, model.Packed{Bin: x.bin, Count: x.n, Items: x.items, Cards: a.cards(x)})
	}
	switch {
	case total(a.unplaced) > 0:
		k.Status, k.Unplaced = model.Partial, a.unplaced
	case len(k.Bins) == 0:
		k.Status = model.Empty
	case k.Cost == 0:
		k.Status = model.Optimal
	default:
		k.Status = model.Feasible
	}
	return k
}

func (a *answer) cards(x fill) []model.CardUse {
	var demands []cards.Demand
	for _, l := range x.items {
		if need, _ := a.f.p.Need(l.Item, x.bin); need.Kind >= 0 {
			demands = append(demands, cards.Demand{Item: l.Item, Count: l.Count, Need: need})
		}
	}
	uses, ok := a.f.set(x.bin).Assign(demands)
	if !ok {
		panic(fmt.Sprintf("firstfit: cards of bin %d cannot carry %+v", x.bin, x.items))
	}
	return uses
}
