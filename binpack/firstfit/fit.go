package firstfit

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// overAll places every shape, in order, and once more as long as that places something: a
// follower may have come before its leader.
func (f *packer) overAll() {
	for before := int64(-1); before != total(f.left); {
		before = total(f.left)
		for _, s := range f.order {
			f.place(s)
		}
	}
}

func total(v []int64) int64 {
	var sum int64
	for _, n := range v {
		sum += n
	}
	return sum
}

// place puts all copies of shape s into open bins, first fit, and opens bins for the rest.
//
// Bins with equal content lie in one run, so a shape with a million copies costs no more than one
// with a few, and the answer is that of placing copy by copy.
func (f *packer) place(s int) {
	f.joinAll(s)
	for f.left[s] > 0 && f.open(s) {
	}
}

// joinAll puts copies of shape s into open bins. A run that is split is followed by its rest.
func (f *packer) joinAll(s int) {
	for at := 0; at < len(f.runs) && f.left[s] > 0; at++ {
		f.join(at, s)
	}
}

// join puts copies of shape s into the bins of one run, each as full as can be.
func (f *packer) join(at, s int) {
	r := f.runs[at]
	to, m := r.kind, int64(0)
	if l := to.Local(s); l >= 0 {
		m = r.room.Most(l, f.left[s])
	}
	if f.grows && !f.stays(to) && m < f.left[s] {
		to, m = f.larger(r, s, m)
	}
	if m == 0 {
		return
	}
	n := min(f.left[s]/m, r.n)
	if to != r.kind {
		n = f.stock.tradable(r.kind.Index, to.Index, n)
	}
	if !f.split(at, n) {
		return
	}
	if to != r.kind {
		f.stock.take(r.kind.Index, -n)
		f.stock.take(to.Index, n)
		r.kind, r.room = to, to.takeRoom() // larger has left the content there
	}
	r.room.Add(to.Local(s), m)
	f.left[s] -= n * m
}

// stays reports whether bins of a kind are nodes that exist and stay: free, and so many.
func (f *packer) stays(k *kind) bool { return k.price == 0 && f.p.Bins[k.Index].Max > 0 }

// takeRoom hands out the room to try things in, with what is in it.
func (k *kind) takeRoom() *knapsack.Room {
	room := k.room
	k.room = k.Open()
	return room
}

// split leaves n bins in the run and puts the rest into a new one behind it. It reports false,
// and changes nothing, if the content cannot be told again: cards.Set packs shares by first fit,
// which may refuse in one order what it has accepted in another.
func (f *packer) split(at int, n int64) bool {
	r := f.runs[at]
	if n == r.n {
		return true
	}
	if !r.kind.Holds(r.content(), r.kind.room) {
		return false
	}
	rest := &run{kind: r.kind, n: r.n - n, room: r.kind.takeRoom()}
	f.runs = slices.Insert(f.runs, at+1, rest)
	r.n = n
	return true
}

// larger returns the kind that takes the most further copies of shape s, more than m, beside what
// the bins of a run have, and how many; the cheapest of several. Without one it returns the run's own.
func (f *packer) larger(r *run, s int, m int64) (*kind, int64) {
	best, content := r.kind, r.content()
	used := make([]int64, f.p.Dims)
	for i, x := range content.Shapes {
		for d, size := range f.p.Items[f.shapes[x].Item].Size {
			used[d] += size * content.Counts[i]
		}
	}
	for _, k := range f.may {
		if m == f.left[s] {
			break
		}
		if k == r.kind || f.stays(k) || f.bySize(k, used, s) <= m {
			continue
		}
		l := k.Local(s)
		if l < 0 || f.stock.tradable(r.kind.Index, k.Index, 1) == 0 || !k.Holds(content, k.room) {
			continue
		}
		if n := k.room.Most(l, f.left[s]); n > m {
			best, m = k, n
		}
	}
	return best, m
}

// bySize is how many copies of shape s a bin with so much used has capacity for; rules and cards aside.
func (f *packer) bySize(k *kind, used []int64, s int) int64 {
	n := f.left[s]
	for d, size := range f.p.Items[f.shapes[s].Item].Size {
		room := f.p.Bins[k.Index].Cap[d] - used[d]
		if room < 0 {
			return 0
		}
		if size > 0 {
			n = min(n, room/size)
		}
	}
	return n
}

// open opens a bin for shape s, of the first kind that holds it and is in stock, lets it grow, and
// opens as many more of the same as it fills. It reports whether it has placed something.
func (f *packer) open(s int) bool {
	for _, k := range f.may {
		l := k.Local(s)
		if l < 0 || f.stock.most(k.Index, 1) == 0 {
			continue
		}
		r := &run{kind: k, room: k.Open()}
		with := f.company(r, s)
		m := r.room.Most(l, f.left[s])
		if m == 0 {
			continue
		}
		r.room.Add(l, m)
		f.runs = append(f.runs, r)
		f.add(r, 1, with, s)
		if f.grows {
			f.join(len(f.runs)-1, s)
		}
		more := f.left[s] / r.room.Counts[r.kind.Local(s)]
		for _, o := range with {
			more = min(more, f.left[o])
		}
		f.add(r, f.stock.most(r.kind.Index, more), with, s)
		return true
	}
	return false
}

// add opens n more bins of a run that has shape s and one of each of its company.
func (f *packer) add(r *run, n int64, with []int, s int) {
	r.n += n
	f.stock.take(r.kind.Index, n)
	f.left[s] -= n * r.room.Counts[r.kind.Local(s)]
	for _, o := range with {
		f.left[o] -= n
	}
}

// company puts one leader of each set that shape s needs into an empty bin, as far as there are
// some, and returns them.
func (f *packer) company(r *run, s int) []int {
	var with []int
	for _, leaders := range f.lead[s] {
		if slices.ContainsFunc(with, func(o int) bool { return slices.Contains(leaders, o) }) {
			continue
		}
		for _, o := range leaders {
			if l := r.kind.Local(o); l >= 0 && f.left[o] > 0 && r.room.Most(l, 1) > 0 {
				r.room.Add(l, 1)
				with = append(with, o)
				break
			}
		}
	}
	return with
}

// rightSize makes every bin the cheapest kind that holds what is in it, as far as the stock goes:
// bins that have grown may have put a cheaper kind back.
func (f *packer) rightSize() {
	for at := 0; at < len(f.runs); { // what a split adds on the way is looked at, too
		f.shrink(at)
		at++
	}
}

func (f *packer) shrink(at int) {
	r := f.runs[at]
	content := r.content()
	for _, k := range f.kinds {
		if k.price >= r.kind.price {
			return
		}
		n := f.stock.tradable(r.kind.Index, k.Index, r.n)
		if n == 0 || !k.Holds(content, k.room) || !f.split(at, n) {
			continue
		}
		f.stock.take(r.kind.Index, -n)
		f.stock.take(k.Index, n)
		r.kind, r.room = k, k.takeRoom() // Holds has left the content there
		return
	}
}
