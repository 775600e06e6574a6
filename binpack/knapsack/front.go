package knapsack

import (
	"cmp"
	"math"
	"slices"
)

// front decides a bin by dynamic programming over two dimensions, shape by shape. A label is how much of both a content
// takes, and what it is worth; it is dropped where another takes no more of either and is worth as much (Nemhauser &
// Ullmann 1969), or where even a perfect rest would not lift it above the threshold. Other dimensions and the cards are
// priced by their multipliers, so the result is an upper bound in any case (a Lagrangian relaxation), and mostly the
// worth of a real content.
//
// Branching is given up on bins that hold four to eight pods: too many combinations are nearly as good. Yet that is what
// makes most of them dominated, so the front stays at some hundreds or thousands of labels.
type front struct {
	items  []frontItem
	free   []frontItem // that take nothing of either dimension
	cap    [2]int64
	price  [2]float64 // of a unit of each
	base   float64    // what everything else is worth
	labels []label
	next   []label
	stairs []stair
	log    []step
	steps  int64
	width  int // keep so many labels of a layer, the most promising; 0: all
	tally  [tallies]int
	hull   envelope
}

type frontItem struct {
	l       int
	value   float64
	worth   float64 // its value for its charge
	size    [2]int64
	upper   int64
	copies  int32 // of the shape; a front decides them together
	endless bool  // there may be as many as fit
	// Of what may come on top: later items, and more of one that may be there as often as it fits.
	spare float64 // what they are worth above their charge at most
	rate  float64 // what they are worth for their charge at most
	reach [2]int64
	rates [len(directions)][2]float64 // prices of room at which none of them is worth more than it takes
}

// label is a content of the items looked at so far.
type label struct {
	used  [2]int64
	value float64
	hope  float64 // its promise
	node  int32   // in the log
}

// stair says that so much of the second dimension is worth so much.
type stair struct {
	used  int64
	value float64
}

// step is an item on top of another content.
type step struct {
	before int32
	item   int32
}

// load chooses dimensions and items, given that only contents worth more than threshold matter.
func (f *front) load(k *Bin, pi []float64, rel Relaxed, threshold float64) {
	sigma := k.cardPrice(rel.Mu)
	f.base, f.items = k.cardsWorth(rel.Mu, sigma), f.items[:0]
	f.free = f.free[:0]
	rows := mostExpensive(rel.Mu[:len(k.rows.dims)])
	f.cap, f.price = [2]int64{}, [2]float64{}
	for n, i := range rows {
		if i >= 0 {
			f.cap[n] = k.p.Bins[k.Index].Cap[k.rows.dims[i]]
			f.price[n] = rel.Mu[i] / float64(f.cap[n])
		}
	}
	for i := range k.rows.dims {
		if i != rows[0] && i != rows[1] {
			f.base += rel.Mu[i]
		}
	}
	gap := rel.Value - threshold
	for l, s := range k.Shapes {
		if pi[s] <= 0 || k.Upper[l] <= 0 || pi[s]-k.charge(l, rel.Mu, sigma) <= -gap {
			continue
		}
		it := frontItem{l: l, value: pi[s] - k.cardCharge(l, rel.Mu, sigma), upper: k.Upper[l], copies: 1}
		for i, d := range k.rows.dims {
			switch i {
			case rows[0]:
				it.size[0] = k.size[l][d]
			case rows[1]:
				it.size[1] = k.size[l][d]
			default:
				it.value -= float64(rel.Mu[i] * k.rows.a[i*k.rows.n+l])
			}
		}
		switch {
		case it.value <= 0:
		case it.size == [2]int64{}:
			f.base += float64(it.value * float64(it.upper))
			f.free = append(f.free, it)
		default:
			f.items = append(f.items, it)
		}
	}
	f.arrange()
}

// mostExpensive returns the positions of the two largest multipliers; -1 for none.
func mostExpensive(mu []float64) [2]int {
	out := [2]int{-1, -1}
	for i, m := range mu {
		switch {
		case m <= 0:
		case out[0] < 0 || m > mu[out[0]]:
			out[0], out[1] = i, out[0]
		case out[1] < 0 || m > mu[out[1]]:
			out[1] = i
		}
	}
	return out
}

func (f *front) charge(it *frontItem) float64 {
	return float64(f.price[0]*float64(it.size[0])) + float64(f.price[1]*float64(it.size[1]))
}

// largePart is the part of a capacity that a large item takes more than.
const largePart = 4

// large reports whether an item takes more than a fourth of either capacity.
func (f *front) large(it *frontItem) bool {
	return largePart*it.size[0] > f.cap[0] || largePart*it.size[1] > f.cap[1]
}

// arrange puts large items first, of which few labels can have more than a few, and then those that are worth the most for their charge, as
// all later ones then fill a room worse. It adds up what later ones can still do.
func (f *front) arrange() {
	f.split()
	for n := range f.items {
		it := &f.items[n]
		it.worth = it.value / f.charge(it)
	}
	last := func(it *frontItem) int {
		if f.large(it) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(f.items, func(a, b frontItem) int {
		return cmp.Or(cmp.Compare(last(&a), last(&b)), cmp.Compare(b.worth, a.worth), cmp.Compare(f.charge(&b), f.charge(&a)))
	})
	var servers []frontItem
	for n := range f.items {
		if !f.fitsMore(&f.items[n]) {
			servers = append(servers, f.items[n])
		}
	}
	f.items = slices.DeleteFunc(f.items, func(it frontItem) bool {
		for n := range servers {
			if serves(&servers[n], &it) {
				return true
			}
		}
		return false
	})
	f.hull.reset()
	spare, best, reach := 0.0, 0.0, [2]int64{}
	for n := len(f.items) - 1; n >= 0; n-- {
		it := &f.items[n]
		it.spare, it.rate, it.reach, it.rates = spare, min(1, best), reach, f.hull.prices
		f.hull.add([2]float64{float64(it.size[0]), float64(it.size[1])}, it.value, [2]float64{float64(f.cap[0]), float64(f.cap[1])})
		best = max(best, it.worth)
		spare += max(0, float64((it.value-f.charge(it))*float64(it.upper)))
		for d := range reach {
			reach[d] += it.size[d] * it.upper
		}
		if it.endless { // a label may get more of it yet
			it.spare, it.rate, it.reach, it.rates = spare, min(1, best), reach, f.hull.prices
		}
	}
}

// split makes items that are decided once of those of which there are fewer than fit: one copy, two, four and so on. A
// label that has all copies may otherwise drop one that could have more.
func (f *front) split() {
	var out []frontItem
	for _, it := range f.items {
		if !f.fitsMore(&it) {
			it.endless = true
			out = append(out, it)
			continue
		}
		for left, n := it.upper, int64(1); left > 0; n *= 2 {
			n = min(n, left)
			left -= n
			part := frontItem{l: it.l, value: it.value * float64(n), upper: 1, copies: int32(n)}
			for d, s := range it.size {
				part.size[d] = s * n
			}
			out = append(out, part)
		}
	}
	f.items = append(f.items[:0], out...)
}

// serves reports whether o, of which there are as many copies as fit, may stand for it: it takes no more and is worth as much.
func serves(o, it *frontItem) bool {
	if o.l == it.l || o.size[0] > it.size[0] || o.size[1] > it.size[1] || o.value < it.value {
		return false
	}
	return o.size != it.size || o.value != it.value || o.l < it.l
}

// fitsMore reports whether more copies of an item fit than there may be.
func (f *front) fitsMore(it *frontItem) bool {
	for d, s := range it.size {
		if s > 0 && f.cap[d]/s <= it.upper {
			return false
		}
	}
	return true
}

// promise is what a label may be worth in the end, at most, after item it.
func (f *front) promise(l *label, it *frontItem) float64 {
	left := [2]float64{float64(min(f.cap[0]-l.used[0], it.reach[0])), float64(min(f.cap[1]-l.used[1], it.reach[1]))}
	most := it.spare + float64(it.rate*dot(f.price, left))
	for n := range it.rates {
		most = min(most, dot(it.rates[n], left))
	}
	return l.value + most
}

// run finds the labels worth more than threshold, the most first; false after limit steps. With a width, it may miss some.
func (f *front) run(threshold float64, limit int64, width int) bool {
	f.labels = append(f.labels[:0], label{node: -1})
	f.log, f.steps, f.width = f.log[:0], 0, width
	for n := range f.items {
		if !f.layer(n, threshold-f.base, limit) {
			return false
		}
	}
	f.labels = slices.DeleteFunc(f.labels, func(l label) bool { return l.value <= threshold-f.base })
	slices.SortStableFunc(f.labels, func(a, b label) int { return cmp.Compare(b.value, a.value) })
	return true
}

// layer adds item n to every label, once, or as often as it fits. Both what there is and what it makes of that are sorted
// by use, so that one merge suffices.
func (f *front) layer(n int, threshold float64, limit int64) bool {
	it := &f.items[n]
	out, stairs := f.next[:0], f.stairs[:0]
	source := &f.labels
	if it.endless {
		source = &out
	}
	at, from := 0, 0 // of the labels, and of those that get the item
	for {
		for from < len(*source) && !f.fits(&(*source)[from], it) {
			from++
		}
		more := from < len(*source)
		if at == len(f.labels) && !more {
			break
		}
		var l label
		if more {
			l = (*source)[from]
			l.used[0] += it.size[0]
			l.used[1] += it.size[1]
			l.value += it.value
		}
		if at < len(f.labels) && (!more || before(&f.labels[at], &l)) {
			l, more = f.labels[at], false
			at++
		} else {
			from++
		}
		if f.steps++; f.steps > limit {
			return false
		}
		if l.hope = f.promise(&l, it); l.hope <= threshold {
			continue
		}
		var ok bool
		if stairs, ok = climb(stairs, l.used[1], l.value); !ok {
			continue
		}
		if more {
			f.log = append(f.log, step{l.node, int32(n)})
			l.node = int32(len(f.log) - 1)
		}
		out = append(out, l)
	}
	if f.width > 0 && len(out) > f.width {
		out = f.narrow(out, threshold)
	}
	f.labels, f.next, f.stairs = out, f.labels, stairs
	return true
}

// tallies is in how many classes narrow counts promises.
const tallies = 256

// narrow keeps the most promising labels, about as many as the width.
func (f *front) narrow(out []label, threshold float64) []label {
	top := threshold
	for i := range out {
		top = max(top, out[i].hope)
	}
	class := func(l *label) int { return int(float64((l.hope - threshold) / (top - threshold) * (tallies - 1))) }
	clear(f.tally[:])
	for i := range out {
		f.tally[class(&out[i])]++
	}
	cut, n := tallies-1, f.tally[tallies-1]
	for cut > 0 && n+f.tally[cut-1] <= f.width {
		cut--
		n += f.tally[cut]
	}
	return slices.DeleteFunc(out, func(l label) bool { return class(&l) < cut })
}

func (f *front) fits(l *label, it *frontItem) bool {
	return l.used[0]+it.size[0] <= f.cap[0] && l.used[1]+it.size[1] <= f.cap[1]
}

func before(a, b *label) bool {
	if a.used[0] != b.used[0] {
		return a.used[0] < b.used[0]
	}
	return a.used[1] <= b.used[1]
}

// climb adds a stair unless one that takes no more is worth as much, and removes those that it makes useless.
func climb(stairs []stair, used int64, value float64) ([]stair, bool) {
	low, high := 0, len(stairs) // the first that takes more
	for low < high {
		if mid := (low + high) >> 1; stairs[mid].used <= used {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low > 0 {
		if stairs[low-1].value >= value {
			return stairs, false
		}
		if stairs[low-1].used == used {
			low--
		}
	}
	end := low
	for end < len(stairs) && stairs[end].value <= value {
		end++
	}
	if end == low {
		stairs = append(stairs, stair{})
		copy(stairs[low+1:], stairs[low:])
		stairs[low] = stair{used, value}
		return stairs, true
	}
	stairs[low] = stair{used, value}
	return append(stairs[:low+1], stairs[end:]...), true
}

// counts returns the content of a label, by local shape.
func (f *front) counts(l label, out []int64) {
	clear(out)
	for at := l.node; at >= 0; at = f.log[at].before {
		it := &f.items[f.log[at].item]
		out[it.l] += int64(it.copies)
	}
	for _, it := range f.free {
		out[it.l] = it.upper
	}
}

// frontContents is how many of a front's best labels are tried as contents, and frontEach how many of those are returned.
const (
	frontContents = 60
	frontEach     = 3
)

// Beam looks for contents worth more than threshold among the width most promising labels of each layer of a front. It
// proves nothing.
func (k *Bin) Beam(pi []float64, rel Relaxed, threshold float64, width int) []Content {
	if k.Stays() { // items know one worth for all copies
		return nil
	}
	f := &k.table
	f.load(k, pi, rel, threshold)
	defer f.trim()
	f.run(threshold, math.MaxInt64, width)
	return k.real(pi, threshold)
}

// Front decides by a front of at most limit labels in all layers together. Where the best of it is no real content, since
// it keeps to two dimensions and no rules, it returns that as counts by local shape if the relaxation allows it, for a master
// that has nothing better, and its worth.
func (k *Bin) Front(pi []float64, rel Relaxed, threshold float64, limit int64) (v Verdict, c []Content, unreal []int64, worth float64) {
	if k.Stays() { // as in Beam
		return Open, nil, nil, rel.Value
	}
	f := &k.table
	f.load(k, pi, rel, threshold)
	defer f.trim()
	if !f.run(threshold, limit, 0) {
		return Open, nil, nil, rel.Value
	}
	if len(f.labels) == 0 {
		return Proven, nil, nil, threshold
	}
	if c := k.real(pi, threshold); len(c) > 0 {
		return Better, c, nil, rel.Value
	}
	unreal = make([]int64, len(k.Shapes))
	if f.counts(f.labels[0], unreal); !k.relaxed(unreal) {
		unreal = nil
	}
	return Open, nil, unreal, f.base + f.labels[0].value
}

// Labels is how many labels the last front or beam looked at.
func (k *Bin) Labels() int64 { return k.table.steps }

// relaxed reports whether the relaxation allows a content, so that only rules are in its way, which the relaxation does not
// know. What is too much for the cards or a dimension would weaken a bound more than the relaxation itself: with such
// contents in the master, it lost 0.8 % on Alibaba's list "default".
func (k *Bin) relaxed(counts []int64) bool {
	if k.rows.m > len(k.rows.dims) { // there are cards
		return false
	}
	for _, d := range k.rows.dims {
		left := k.p.Bins[k.Index].Cap[d]
		for l, n := range counts {
			left -= n * k.size[l][d]
		}
		if left < 0 {
			return false
		}
	}
	return true
}

// trim gives back what a long front took: there may be a thousand kinds of bins, each with a front of its own.
func (f *front) trim() {
	if cap(f.log) > keepMost || cap(f.labels) > keepMost || cap(f.next) > keepMost {
		f.labels, f.next, f.log, f.stairs = nil, nil, nil, nil
	}
}

// keepMost is the longest list that a front keeps for the next one.
const keepMost = 4096

// real returns those of the best labels that are contents worth more than threshold.
func (k *Bin) real(pi []float64, threshold float64) []Content {
	f := &k.table
	room, counts := k.Open(), make([]int64, len(k.Shapes))
	var out []Content
	for _, l := range f.labels[:min(len(f.labels), frontContents)] {
		f.counts(l, counts)
		room.reset()
		for range 2 {
			for l, n := range counts {
				if want := n - room.Counts[l]; want > 0 && room.Most(l, want) == want {
					room.Add(l, want)
				}
			}
		}
		if k.Worth(pi, room.Counts) > threshold {
			if out = append(out, room.Content()); len(out) == frontEach {
				break
			}
		}
	}
	return out
}
