package knapsack

import (
	"cmp"
	"slices"
)

// Verdict is what Prove found.
type Verdict int

// The verdicts. Open is the zero value: nothing is known.
const (
	Open   Verdict = iota // the limit was reached, or the relaxation of the cards is not enough
	Proven                // no content is worth more than the threshold
	Better                // a content is
)

// brancher searches depth first over the counts of shapes. Its currency is the penalty: what the
// root bound loses by each decision. A shape whose price is below its charge loses for every
// copy, one above its charge for every copy that is missing, and unused capacity loses its
// multiplier. A content is worth more than the threshold if its penalty stays below the gap.
type brancher struct {
	k       *Bin
	order   []int
	reduced []float64
	upper   []float64
	peak    []float64   // the number of copies of each that loses nothing
	home    []float64   // the first so many copies of each ordered shape
	saves   []float64   // are worth so much more; nil: nothing stays
	rate    []float64   // multiplier of each dimension that has one, then 1 for the cards
	size    [][]float64 // of each ordered shape
	left    []float64
	rest    [][]float64 // what the shapes from here on can still use of each dimension
	count   []float64
	gap     float64
	nodes   int64
	limit   int64
	found   bool
	blocked bool // a content above the threshold did not fit the cards or the rules
}

// Prove tries to show that no content is worth more than threshold at prices pi, with the
// multipliers of rel and at most limit nodes.
func (k *Bin) Prove(pi []float64, rel Relaxed, threshold float64, limit int64) (Verdict, Content, int64) {
	if rel.Value <= threshold {
		return Proven, Content{}, 0
	}
	b := &k.branch
	b.load(k, pi, rel, threshold)
	b.limit = limit
	b.walk(0, 0)
	switch {
	case b.found:
		room := k.Open()
		for o, l := range b.order {
			room.Counts[l] = int64(b.count[o])
		}
		return Better, room.Content(), b.nodes
	case b.blocked || b.nodes >= b.limit:
		return Open, Content{}, b.nodes
	}
	return Proven, Content{}, b.nodes
}

func (b *brancher) load(k *Bin, pi []float64, rel Relaxed, threshold float64) {
	*b = brancher{k: k, gap: rel.Value - threshold, order: b.order[:0]}
	sigma := k.cardPrice(rel.Mu)
	reduced := make([]float64, len(k.Shapes))
	for l, s := range k.Shapes {
		reduced[l] = pi[s] - k.charge(l, rel.Mu, sigma)
		if pi[s]+k.stayPrice(l) > 0 && k.Upper[l] > 0 && reduced[l]+k.stayPrice(l) > -b.gap {
			b.order = append(b.order, l)
		}
	}
	hasCards := k.rows.m > len(k.rows.dims)
	for i := range k.rows.dims {
		b.rate = append(b.rate, rel.Mu[i])
		b.left = append(b.left, 1)
	}
	if hasCards {
		b.rate = append(b.rate, 1)
		b.left = append(b.left, k.cardsWorth(rel.Mu, sigma))
	}
	limits := k.cardLimits()
	for range limits {
		b.rate = append(b.rate, 0)
		b.left = append(b.left, 1)
	}
	weight := func(l int) float64 { return k.charge(l, rel.Mu, sigma) }
	slices.SortFunc(b.order, func(x, y int) int { return cmp.Or(cmp.Compare(weight(y), weight(x)), cmp.Compare(x, y)) })
	for _, l := range b.order {
		row := make([]float64, 0, len(b.rate))
		for i := range k.rows.dims {
			row = append(row, k.rows.a[i*k.rows.n+l])
		}
		if hasCards {
			row = append(row, k.cardCharge(l, rel.Mu, sigma))
		}
		for _, of := range limits {
			row = append(row, of(l))
		}
		b.size = append(b.size, row)
		b.reduced = append(b.reduced, reduced[l])
		b.upper = append(b.upper, float64(k.Upper[l]))
	}
	b.count = make([]float64, len(b.order))
	b.loadStays()
	b.sumRest()
}

// cardLimits returns what a copy of a local shape takes of each integer condition on the cards, as
// a part of all there is: whole cards and shares add up, and no two shares above half go together.
func (k *Bin) cardLimits() []func(l int) float64 {
	if len(k.rows.shareFns) == 0 {
		return k.sliceLimits()
	}
	free := k.rows.b[k.rows.first.card]
	size := k.p.Cards[k.p.Bins[k.Index].Card].Share
	if free <= 0 {
		return nil
	}
	return []func(l int) float64{
		func(l int) float64 {
			return (float64(k.need[l].Whole) + float64(k.need[l].Share)/float64(size)) / free
		},
		func(l int) float64 {
			n := float64(k.need[l].Whole)
			if k.need[l].Share > size/2 {
				n++
			}
			return n / free
		},
	}
}

func (b *brancher) sumRest() {
	n := len(b.order)
	b.rest = make([][]float64, n+1)
	b.rest[n] = make([]float64, len(b.rate))
	for o := n - 1; o >= 0; o-- {
		b.rest[o] = slices.Clone(b.rest[o+1])
		for d, s := range b.size[o] {
			b.rest[o][d] += float64(s * b.upper[o])
		}
	}
}

const sizeTol = 1e-9 // sizes are shares of the capacity; a content may exceed it by rounding only

func (b *brancher) walk(o int, penalty float64) {
	b.nodes++
	if b.nodes >= b.limit || b.found {
		return
	}
	waste := penalty
	for d, r := range b.rate {
		if w := b.left[d] - b.rest[o][d]; w > 0 {
			waste += float64(r * w)
		}
	}
	if waste >= b.gap {
		return
	}
	if o == len(b.order) {
		b.leaf()
		return
	}
	most := b.upper[o]
	for d, s := range b.size[o] {
		if s > 0 {
			most = min(most, float64(int64((b.left[d]+sizeTol)/s)))
		}
	}
	for n := most; n >= 0; n-- {
		p := penalty + b.lost(o, n)
		if p < b.gap {
			b.step(o, n, p)
		} else if n <= b.peak[o] {
			return // fewer copies only lose more
		}
		if b.nodes >= b.limit || b.found {
			return
		}
		if o == len(b.order)-1 {
			return // the last shape fills what is left
		}
	}
}

func (b *brancher) step(o int, n, p float64) {
	for d, s := range b.size[o] {
		b.left[d] -= float64(n * s)
	}
	b.count[o] = n
	b.walk(o+1, p)
	if !b.found {
		b.count[o] = 0
	}
	for d, s := range b.size[o] {
		b.left[d] += float64(n * s)
	}
}

// leaf has found a content above the threshold, as far as sizes say.
func (b *brancher) leaf() {
	room := b.k.Open()
	for range 2 {
		for o, l := range b.order {
			want := int64(b.count[o]) - room.Counts[l]
			if want > 0 && room.Most(l, want) == want {
				room.Add(l, want)
			}
		}
	}
	for o, l := range b.order {
		if room.Counts[l] != int64(b.count[o]) {
			b.blocked = true
			return
		}
	}
	b.found = true
}
