package engine

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/lower"
)

// dealt says the bins of a packing in the indices of another problem: that of the same pods with other requests, in which
// workloads that were one item may be several, and the other way round. It gives up where cards would have to be dealt to
// several workloads of one item.
func dealt(from *lower.Lowered, k *model.Packing, to *lower.Lowered) ([]model.Packed, bool) {
	d := dealing{from: from, to: to, left: make([][]lower.Part, len(from.Index.Items))}
	for i := range from.Index.Items {
		d.left[i] = slices.Clone(from.Index.Items[i].Parts)
	}
	var out []model.Packed
	for _, b := range k.Bins {
		for left := b.Count; left > 0; {
			n := d.alike(b, left)
			packed, ok := d.bin(b, n)
			if !ok {
				return nil, false
			}
			out = append(out, packed)
			left -= n
		}
	}
	return out, true
}

type dealing struct {
	from, to *lower.Lowered
	left     [][]lower.Part // by item of from: pods that are not dealt yet
}

// split reports whether an item's copies are pods of several workloads.
func (d *dealing) split(item int) bool {
	ref := &d.from.Index.Items[item]
	return len(ref.Parts) > 1 && !ref.Together
}

// alike is how many of the next bins of one content get pods of the same workloads: 1 where some item's pods change within a bin.
func (d *dealing) alike(b model.Packed, left int64) int64 {
	n := left
	for _, l := range b.Items {
		if d.split(l.Item) && len(d.left[l.Item]) > 0 {
			n = min(n, d.left[l.Item][0].Pods/l.Count)
		}
	}
	return max(n, 1)
}

// bin deals pods to n bins of equal content.
func (d *dealing) bin(b model.Packed, n int64) (model.Packed, bool) {
	out := model.Packed{Bin: d.to.Index.BinOf[d.from.Index.Bins[b.Bin].Offers[0]], Count: n}
	became := map[int]int{}
	add := func(item int, count int64) {
		at, ok := slices.BinarySearchFunc(out.Items, item, func(l model.Load, i int) int { return cmp.Compare(l.Item, i) })
		if ok {
			out.Items[at].Count += count
			return
		}
		out.Items = slices.Insert(out.Items, at, model.Load{Item: item, Count: count})
	}
	for _, l := range b.Items {
		parts := []lower.Part{{Workload: d.from.Index.Items[l.Item].Parts[0].Workload, Pods: l.Count}}
		if d.split(l.Item) {
			parts = d.take(l.Item, l.Count, n)
		}
		for _, p := range parts {
			item := d.to.Index.ItemOf[p.Workload]
			if item < 0 {
				return out, false
			}
			add(item, p.Pods)
			became[l.Item] = item
		}
		if len(parts) > 1 && len(d.from.Problem.Items[l.Item].Needs) > 0 {
			return out, false
		}
	}
	for _, c := range b.Cards {
		out.Cards = append(out.Cards, renamed(c, became))
	}
	return out, true
}

// take takes count pods for each of n bins; where n is more than 1, alike has seen that one workload has them all.
func (d *dealing) take(item int, count, n int64) []lower.Part {
	var out []lower.Part
	for count > 0 && len(d.left[item]) > 0 {
		p := &d.left[item][0]
		got := min(count, p.Pods/n)
		if got > 0 {
			out = append(out, lower.Part{Workload: p.Workload, Pods: got})
		}
		p.Pods -= got * n
		count -= got
		if p.Pods == 0 {
			d.left[item] = d.left[item][1:]
		}
	}
	return out
}

// renamed is a card's content with other names for the items.
func renamed(c model.CardUse, became map[int]int) model.CardUse {
	if c.Whole > 0 {
		c.Whole = became[c.Whole-1] + 1
	}
	c.Shares, c.Slices = slices.Clone(c.Shares), slices.Clone(c.Slices)
	for i := range c.Shares {
		c.Shares[i].Item = became[c.Shares[i].Item]
	}
	slices.SortFunc(c.Shares, func(a, b model.Load) int { return cmp.Compare(a.Item, b.Item) })
	for i := range c.Slices {
		c.Slices[i].Item = became[c.Slices[i].Item]
	}
	return c
}
