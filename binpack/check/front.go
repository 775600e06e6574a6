package check

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// frontMax is the most labels that a front may look at, whatever the certificate asks for; one takes about 30 ns.
const frontMax = 20_000_000

// shortSearch is how many nodes of search are tried before a front.
const shortSearch = 20_000

// front proves a bin by dynamic programming over two of its dimensions, those whose room is worth the most. All else
// keeps its charge, which can only say too much:
//
//	worth of a content  ≤  base + Σ value,    value = π − charges other than of the two dimensions,
//
// and base is the room for those other charges. So it is enough that no items which fit the two dimensions together
// are worth more than price − base.
//
// A label is what some of the items looked at so far take of both, and their value. It may be dropped if another takes
// no more of either and is worth as much, as whatever can still be added to the one can be added to the other; or if even
// the best rest leaves it below the price. Large items come first, then by falling value for their charge m₁·size₁ + m₂·size₂.
// No rest is worth more than the room that is left times the best such ratio among the items that are left; and where a
// ratio is above one, than that room and, for each copy, what it is worth above its charge. See hull for another bound.
type front struct {
	items []fronted
	cap   [2]int64
	price [2]int64
	goal  int64 // more than this would refute
	kept  []mark
	next  []mark
	tops  []top
	nodes int64
	limit int64
}

// fronted is an item as a front sees it.
type fronted struct {
	value  int64
	charge int64
	size   [2]int64
	most   int64
	often  bool // as often as it fits; otherwise once
	// of the items behind it, and of itself if it may come often:
	spare int64    // what they are worth above their charge together
	best  [2]int64 // the best ratio of value to charge, at most 1
	hull  hullPrices
}

// mark is a label.
type mark struct {
	used  [2]int64
	value int64
}

// top says that as little of the second dimension is worth so much.
type top struct{ used, value int64 }

// front tries to prove root r with so many labels, and says how many it looked at. It never refutes: what it finds need
// not fit the other dimensions.
func (v *prover) front(r *root, limit int64) (finding, int64) {
	f := &front{limit: min(limit, frontMax)}
	if !f.load(v, r) {
		return exhausted, 0
	}
	f.kept = append(f.kept, mark{})
	for n := range f.items {
		if !f.layer(n) {
			return exhausted, f.nodes
		}
	}
	if slices.ContainsFunc(f.kept, func(l mark) bool { return l.value > f.goal }) {
		return exhausted, f.nodes
	}
	return proven, f.nodes
}

// load finds dimensions and items; false where sums could overflow, and for bins of today in which something stays.
func (f *front) load(v *prover, r *root) bool {
	bin := &v.p.Bins[r.bin]
	dims := twoDearest(r.mult, bin)
	base := r.room
	for n, d := range dims {
		if d >= 0 {
			f.cap[n], f.price[n] = bin.Cap[d], r.mult.Dims[d]
			base -= f.price[n] * f.cap[n]
		}
	}
	if r.worth == most || bin.Stays != nil { // what stays is worth more, and a front knows one worth for all copies
		return false
	}
	excess, sum := r.worth-r.price, r.worth
	space := newRoom(v.p, r.bin)
	for _, i := range v.items[bin.Class] {
		c, ok := v.candidate(r, space, i)
		if !ok || c.reduced <= -excess {
			continue
		}
		it := fronted{most: c.most}
		for n, d := range dims {
			if d >= 0 {
				it.size[n] = v.p.Items[i].Size[d]
				it.charge += f.price[n] * it.size[n]
			}
		}
		it.value = c.reduced + it.charge
		if it.value <= 0 {
			continue
		}
		if sum = plus(sum, times(it.value, it.most)); sum >= most/2 {
			return false
		}
		if it.size == [2]int64{} {
			base += it.value * it.most
			continue
		}
		f.items = append(f.items, it)
	}
	if f.goal = r.price - base; f.goal < 0 {
		return false // something that takes no room is worth too much
	}
	f.arrange()
	return true
}

// twoDearest names the two dimensions whose whole room is worth the most; -1 for none.
func twoDearest(m *model.Mult, bin *model.Bin) [2]int {
	out, worth := [2]int{-1, -1}, [2]int64{}
	for d, price := range m.Dims {
		switch all := times(price, bin.Cap[d]); {
		case all > worth[0]:
			out, worth = [2]int{d, out[0]}, [2]int64{all, worth[0]}
		case all > worth[1]:
			out[1], worth[1] = d, all
		}
	}
	return out
}

// arrange sorts the items, leaves out those that another can always stand for, and looks ahead.
func (f *front) arrange() {
	byRatio := func(a, b fronted) int { return cmp.Or(-ratio(&a, &b), cmp.Compare(b.charge, a.charge)) }
	slices.SortStableFunc(f.items, byRatio)
	kept := f.items[:0:0]
	for n := range f.items {
		it := &f.items[n]
		if !slices.ContainsFunc(kept, func(o fronted) bool { return f.serves(&o, it) }) {
			kept = append(kept, *it)
		}
	}
	f.items = f.items[:0]
	for n := range kept {
		f.split(&kept[n])
	}
	slices.SortStableFunc(f.items, func(a, b fronted) int { return cmp.Compare(f.place(&a), f.place(&b)) })
	ahead := hull{room: f.cap}
	spare, best := int64(0), [2]int64{0, 1}
	for n := len(f.items) - 1; n >= 0; n-- {
		it := &f.items[n]
		it.spare, it.best, it.hull = spare, best, ahead.prices
		ahead.add(it.size, it.value)
		if it.value >= it.charge {
			spare += (it.value - it.charge) * it.most
			best = [2]int64{1, 1}
		} else if ratio(it, &fronted{value: best[0], charge: best[1]}) > 0 {
			best = [2]int64{it.value, it.charge}
		}
		if it.often { // more copies may come
			it.spare, it.best, it.hull = spare, best, ahead.prices
		}
	}
}

// largePart is the part of a room that a large item takes more than.
const largePart = 4

// place is 0 for large items, which come before all others: no label has many of them, and the rest is then told better.
func (f *front) place(it *fronted) int {
	for d, size := range it.size {
		if size > f.cap[d]/largePart {
			return 0
		}
	}
	return 1
}

// split makes items that are taken once or not at all of one of which there are fewer copies than fit: of one copy, of two,
// of four and so on. For a label with all copies must not drop one that could take more of them.
func (f *front) split(it *fronted) {
	if f.enough(it) {
		it.often = true
		f.items = append(f.items, *it)
		return
	}
	for left, n := it.most, int64(1); left > 0; n *= 2 {
		n = min(n, left)
		left -= n
		f.items = append(f.items, fronted{value: it.value * n, charge: it.charge * n, size: [2]int64{it.size[0] * n, it.size[1] * n}, most: 1})
	}
}

// enough says whether there are as many copies of an item as fit.
func (f *front) enough(it *fronted) bool {
	for d, size := range it.size {
		if size > 0 && f.cap[d]/size <= it.most {
			return true
		}
	}
	return false
}

// ratio compares value for charge.
func ratio(a, b *fronted) int {
	high, low := bits.Mul64(uint64(a.value), uint64(b.charge))
	high2, low2 := bits.Mul64(uint64(b.value), uint64(a.charge))
	return cmp.Or(cmp.Compare(high, high2), cmp.Compare(low, low2))
}

// serves says whether o takes no more than it, is worth as much, and may be there as often as it fits.
func (f *front) serves(o, it *fronted) bool {
	return o.size[0] <= it.size[0] && o.size[1] <= it.size[1] && o.value >= it.value && f.enough(o)
}

// promise is what a label may be worth with all that the items behind it can add, rounded up.
func (f *front) promise(l *mark, it *fronted) int64 {
	left := [2]int64{f.cap[0] - l.used[0], f.cap[1] - l.used[1]}
	room := f.price[0]*left[0] + f.price[1]*left[1]
	high, low := bits.Mul64(uint64(room), uint64(it.best[0]))
	part, rest := bits.Div64(high, low, uint64(it.best[1])) // best is at most 1
	if rest > 0 {
		part++
	}
	return l.value + it.hull.most(left, it.spare+int64(part))
}

// layer adds an item to every label, once or as often as it fits. Labels are sorted by use, and so is what the item makes
// of them, so that one pass over both keeps the order.
func (f *front) layer(n int) bool {
	it := &f.items[n]
	out, tops := f.next[:0], f.tops[:0]
	to := &f.kept // what the item is added to
	if it.often {
		to = &out
	}
	at, from := 0, 0
	for {
		for from < len(*to) && ((*to)[from].used[0]+it.size[0] > f.cap[0] || (*to)[from].used[1]+it.size[1] > f.cap[1]) {
			from++
		}
		if at == len(f.kept) && from == len(*to) {
			break
		}
		var l mark
		if from < len(*to) {
			l = (*to)[from]
			l = mark{used: [2]int64{l.used[0] + it.size[0], l.used[1] + it.size[1]}, value: l.value + it.value}
		}
		if at < len(f.kept) && (from == len(*to) || slices.Compare(f.kept[at].used[:], l.used[:]) <= 0) {
			l = f.kept[at]
			at++
		} else {
			from++
		}
		if f.nodes == f.limit {
			return false
		}
		f.nodes++
		if f.promise(&l, it) <= f.goal || !rise(&tops, l.used[1], l.value) {
			continue
		}
		out = append(out, l)
	}
	f.kept, f.next, f.tops = out, f.kept, tops
	return true
}

// rise notes a value for a use of the second dimension, unless one that is no larger is worth as much already.
func rise(tops *[]top, used, value int64) bool {
	t := *tops
	low, high := 0, len(t) // the first that uses more
	for low < high {
		if mid := (low + high) / 2; t[mid].used <= used {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low > 0 && t[low-1].value >= value {
		return false
	}
	end := low
	for end < len(t) && t[end].value <= value {
		end++
	}
	*tops = slices.Replace(t, low, end, top{used, value})
	return true
}
