package knapsack

import (
	"strconv"

	"github.com/tenon-sh/tenon/binpack/model"
)

// rows is the constraint matrix of one bin's relaxation: shapes, then layouts, then shared cards,
// then what stays as columns; dimensions, slice profiles, share functions, the cards and the live cards as rows.
// Dimensions are scaled to a capacity of one.
type rows struct {
	m, n     int
	a, b     []float64
	dims     []int           // dimension of the first rows
	profiles []int           // profile of the next rows
	shareFns []shareFunction // one row each
	first    struct{ profile, share, card, live int }
	layouts  [][]int64   // counts by profile, of each layout column
	live     [][][]int64 // the same for each live card
	upper    []float64   // of the columns beside the shapes
	free     int64       // cards without live slots
}

// shareFunctions is how many of Fekete & Schepers' functions bound shares: f_1 counts shares
// above a half, f_2 those above thirds, and so on.
const shareFunctions = 4

// shareFunction is a dual-feasible function of shares: whatever fits on a card, its values add up
// to at most one. Several of them cut off fractional contents that no card can hold.
type shareFunction func(share, size int64) float64

// plainShare is the share itself.
func plainShare(share, size int64) float64 { return float64(share) / float64(size) }

// steps is f_k of Fekete & Schepers (2001): x if x(k+1) is whole, else floor((k+1)x)/k.
func steps(k int64) shareFunction {
	return func(share, size int64) float64 {
		q := (k + 1) * share
		if q%size == 0 {
			return plainShare(share, size)
		}
		return float64(q/size) / float64(k)
	}
}

// without is Martello & Toth's (1990): shares below a threshold count for nothing, and those that
// leave room only for such count for a whole card.
func without(below int64) shareFunction {
	return func(share, size int64) float64 {
		switch {
		case share > size-below:
			return 1
		case share < below:
			return 0
		}
		return plainShare(share, size)
	}
}

// functions returns the functions for the given sizes of share, ascending. Those that equal an
// earlier one on all sizes are left out.
func functions(sizes []int64, size int64) []shareFunction {
	all := []shareFunction{plainShare}
	for k := range int64(shareFunctions) {
		all = append(all, steps(k+1))
	}
	for _, s := range sizes {
		if s <= size/2 {
			all = append(all, without(s))
		}
	}
	var out []shareFunction
	seen := map[string]bool{}
	for _, f := range all {
		var key []byte
		for _, s := range sizes {
			key = strconv.AppendFloat(append(key, ' '), f(s, size), 'g', -1, 64)
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, f)
		}
	}
	return out
}

func (r *rows) build(k *Bin) {
	bin := &k.p.Bins[k.Index]
	for d := range k.p.Dims {
		for l := range k.size {
			if k.size[l][d] > 0 && bin.Cap[d] > 0 {
				r.dims = append(r.dims, d)
				break
			}
		}
	}
	r.m = len(r.dims)
	r.n = len(k.Shapes)
	if bin.Card >= 0 {
		r.cards(k, bin)
	}
	first := r.stayColumns(k)
	r.a, r.b = make([]float64, r.m*r.n), make([]float64, r.m)
	for i, d := range r.dims {
		r.b[i] = 1
		for l := range k.size {
			r.a[i*r.n+l] = float64(k.size[l][d]) / float64(bin.Cap[d])
		}
	}
	if bin.Card >= 0 {
		r.fillCards(k, bin)
	}
	r.fillStays(k, first)
}

// cards finds which rows and columns the cards need.
func (r *rows) cards(k *Bin, bin *model.Bin) {
	kind := &k.p.Cards[bin.Card]
	wanted := make([]bool, len(kind.Profiles))
	for _, n := range k.need {
		for p, c := range n.Slices {
			wanted[p] = wanted[p] || c > 0
		}
	}
	for p, w := range wanted {
		if w {
			r.profiles = append(r.profiles, p)
		}
	}
	r.first.profile = r.m
	r.m += len(r.profiles)
	r.first.share = r.m
	if sizes := k.shares(); len(sizes) > 0 {
		r.shareFns = functions(sizes, kind.Share)
		r.m += len(r.shareFns)
	}
	r.first.card = r.m
	r.m++
	r.first.live = r.m
	r.free = k.set.Free()
	if bin.Fixed != nil {
		r.sharedColumn()
		return
	}
	if len(r.profiles) > 0 {
		r.layouts = Layouts(kind, r.profiles, 0)
		for range r.layouts {
			r.upper = append(r.upper, float64(r.free))
		}
		r.n += len(r.layouts)
		for _, mask := range bin.Live {
			if mask == 0 {
				continue
			}
			ls := Layouts(kind, r.profiles, mask)
			r.live = append(r.live, ls)
			r.n += len(ls)
			r.m++
			for range ls {
				r.upper = append(r.upper, 1)
			}
		}
	}
	r.sharedColumn()
}

func (r *rows) sharedColumn() {
	if len(r.shareFns) > 0 {
		r.n++
		r.upper = append(r.upper, float64(r.free))
	}
}

func (r *rows) fillCards(k *Bin, bin *model.Bin) {
	kind := &k.p.Cards[bin.Card]
	r.b[r.first.card] = float64(r.free)
	for l, n := range k.need {
		r.a[r.first.card*r.n+l] = float64(n.Whole)
		for i, p := range r.profiles {
			if len(n.Slices) > 0 {
				r.a[(r.first.profile+i)*r.n+l] = float64(n.Slices[p])
			}
		}
		if n.Share > 0 {
			for f, of := range r.shareFns {
				r.a[(r.first.share+f)*r.n+l] = of(n.Share, kind.Share)
			}
		}
	}
	if bin.Fixed != nil {
		for i, p := range r.profiles {
			r.b[r.first.profile+i] = float64(bin.Fixed[p])
		}
	}
	col := len(k.Shapes)
	for _, counts := range r.layouts {
		r.layoutColumn(col, counts, r.first.card)
		col++
	}
	for i, ls := range r.live {
		r.b[r.first.live+i] = 1
		for _, counts := range ls {
			r.layoutColumn(col, counts, r.first.live+i)
			col++
		}
	}
	if len(r.shareFns) > 0 {
		for f := range r.shareFns {
			r.a[(r.first.share+f)*r.n+col] = -1
		}
		r.a[r.first.card*r.n+col] = 1
	}
}

func (r *rows) layoutColumn(col int, counts []int64, card int) {
	for i := range r.profiles {
		r.a[(r.first.profile+i)*r.n+col] = -float64(counts[i])
	}
	r.a[card*r.n+col] = 1
}

// Layouts returns the maximal multisets of slices of the given profiles that one card can have
// beside the slots in mask, as counts in the order of profiles. The empty one is never returned.
func Layouts(kind *model.CardKind, profiles []int, mask uint64) [][]int64 {
	e := enumerator{kind: kind, profiles: profiles, counts: make([]int64, len(profiles)), uses: make([]int64, len(kind.Counters)), seen: map[string]bool{}}
	e.walk(0, 0, mask)
	return maximal(e.all)
}

type enumerator struct {
	kind     *model.CardKind
	profiles []int
	counts   []int64
	uses     []int64
	seen     map[string]bool
	all      [][]int64
}

func (e *enumerator) walk(i, at int, mask uint64) {
	if i == len(e.profiles) {
		key := make([]byte, len(e.counts))
		for j, c := range e.counts {
			key[j] = byte(c)
		}
		if !e.seen[string(key)] {
			e.seen[string(key)] = true
			e.all = append(e.all, append([]int64(nil), e.counts...))
		}
		return
	}
	f := &e.kind.Profiles[e.profiles[i]]
	if at == len(f.Starts) {
		e.walk(i+1, 0, mask)
		return
	}
	m := (uint64(1)<<f.Size - 1) << f.Starts[at]
	if mask&m == 0 && e.counts[i] < f.Max && e.charge(f, 1) {
		e.counts[i]++
		e.walk(i, at+1, mask|m)
		e.counts[i]--
		e.charge(f, -1)
	}
	e.walk(i, at+1, mask)
}

func (e *enumerator) charge(f *model.Profile, sign int64) bool {
	ok := true
	for c, u := range f.Uses {
		ok = ok && (sign < 0 || e.uses[c]+u <= e.kind.Counters[c])
	}
	if !ok {
		return false
	}
	for c, u := range f.Uses {
		e.uses[c] += sign * u
	}
	return true
}

func maximal(all [][]int64) [][]int64 {
	var out [][]int64
	for i, a := range all {
		top := false
		for _, v := range a {
			top = top || v > 0
		}
		for j, b := range all {
			if i != j && covers(b, a) {
				top = false
				break
			}
		}
		if top {
			out = append(out, a)
		}
	}
	return out
}

// covers reports whether a ≤ b everywhere; two equal vectors never both occur.
func covers(b, a []int64) bool {
	for i := range a {
		if a[i] > b[i] {
			return false
		}
	}
	return true
}
