package firstfit

import (
	"fmt"
	"slices"
)

// byGroup fills the nodes that stay and then packs group by group, each into one kind, until a
// round places nothing more.
func (f *packer) byGroup() {
	f.may = nil
	for _, k := range f.kinds {
		if f.stays(k) {
			f.may = append(f.may, k)
		}
	}
	f.overAll()
	groups := f.groups()
	for before := int64(-1); before != total(f.left); {
		before = total(f.left)
		for _, g := range groups {
			for _, s := range g {
				f.joinAll(s)
			}
			if best := f.bestKind(g); best != nil {
				f.runs = append(f.runs, best.runs...)
				f.left, f.stock = best.left, best.stock
			}
		}
	}
}

// groups splits the shapes by what they may use: classes, domain, and cards, where the number of
// whole ones matters: nobody buys machines with eight cards for pods that ask for one. Groups are
// in the order of their first shapes, and so are the shapes in them.
func (f *packer) groups() [][]int {
	at := map[string]int{}
	var out [][]int
	for _, s := range f.order {
		it := &f.p.Items[f.shapes[s].Item]
		key := fmt.Sprint(it.Classes, f.shapes[s].Domain)
		for _, n := range it.Needs {
			key += fmt.Sprint(" ", n.Kind, n.Whole, n.Share > 0, n.Slices != nil)
		}
		if _, ok := at[key]; !ok {
			at[key] = len(out)
			out = append(out, nil)
		}
		out[at[key]] = append(out[at[key]], s)
	}
	return out
}

// bestKind tries every kind alone for what is left of a group and returns the one that leaves the
// least, the cheapest of these; nil if none places anything.
func (f *packer) bestKind(group []int) *packer {
	least := f.leftOf(group)
	var best *packer
	for _, k := range f.kinds {
		if !slices.ContainsFunc(group, func(s int) bool { return f.left[s] > 0 && k.Local(s) >= 0 }) {
			continue
		}
		t := f.trial(k)
		for _, s := range group {
			t.place(s)
		}
		if n := t.leftOf(group); n < least || (best != nil && n == least && t.cost() < best.cost()) {
			best, least = t, n
		}
	}
	return best
}

func (f *packer) leftOf(group []int) int64 {
	var sum int64
	for _, s := range group {
		sum += f.left[s]
	}
	return sum
}

// trial returns a packer that has what this one has left, no open bins, and one kind to open.
func (f *packer) trial(k *kind) *packer {
	t := *f
	t.left, t.stock = slices.Clone(f.left), f.stock.clone()
	t.may, t.runs = []*kind{k}, nil
	return &t
}

func (f *packer) cost() int64 {
	var sum int64
	for _, r := range f.runs {
		sum += r.kind.price * r.n
	}
	return sum
}
