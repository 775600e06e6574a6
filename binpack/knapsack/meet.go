package knapsack

import (
	"cmp"
	"slices"
)

// layer is a list of pieces that are made of the pieces of the layers below: one of each (a, b), or
// one of the first and b copies of a shape, or, at the bottom, a listed content. In any layer a
// piece may also be a single copy of shape -1-a.
type layer struct {
	pieces []piece // by falling net worth
	top    float64 // no piece nets more
	below  [2]*layer
	shape  int // whose copies b counts; -1: none
	listed [][]int
}

// put adds what a piece is made of to the counts of local shapes.
func (y *layer) put(p piece, counts []int64) {
	switch {
	case p.a < 0:
		counts[-1-p.a]++
	case y.shape >= 0:
		counts[y.shape] += int64(p.b)
		y.below[0].put(y.below[0].pieces[p.a], counts)
	case y.below[0] == nil:
		for _, l := range y.listed[p.a] {
			counts[l]++
		}
	default:
		y.below[0].put(y.below[0].pieces[p.a], counts)
		y.below[1].put(y.below[1].pieces[p.b], counts)
	}
}

// meeter finds the best content of one bin by meeting in the middle over the cards, see Meet.
type meeter struct {
	k         *Bin
	lot       lot
	peak      float64 // how far what cards net, and all else, is above the threshold
	above     float64 // how far a content of the lot may be
	dims      [2]int  // the scarce dimensions
	cap       [2]int64
	rate      [2]float64 // what a unit of each is charged
	value     []float64  // of each local shape: price less what all else is charged
	net       []float64  // the same, less the charge for the scarce dimensions
	bare      []int      // shapes that ask for no card of their own
	share     []int      // shapes that ask for a part of one, by falling net worth for it
	whole     [][]int    // shapes that ask for 2^n cards
	sliced    float64    // what the slices on one card are charged at most; -1: none are charged
	listing   bool       // slices are listed
	cuts      cutter
	threshold float64 // less what all else is worth
	sigma     float64 // no card nets more
	richest   piece   // the fill of one card that nets the most
	loose     float64 // what bare shapes net at most
	base      float64 // what the scarce dimensions are worth
	excess    float64 // how far a content may fall below the bound and be of interest
	pareto    *pareto
	most      float64 // the worth of the best content of this run, less what all else is worth
	crowded   bool    // a layer has too many pieces
	steps     int64
	limit     int64
}

const (
	stepsEach = 32   // steps of a meeting that count as one branch of Prove
	stepsLook = 2000 // steps that a relaxation counts for, by the time that it takes
)

// Meeting is what Meet found.
type Meeting struct {
	Verdict Verdict
	Real    []Content // contents worth more than the threshold, best first
	Ideal   []Content // the same, but not legal: more copies of a shape than there may be, or against a rule inside one bin
	Most    float64   // no content is worth more; meaningless while the verdict is Open and nothing was found
	Crowded bool      // too many pieces matter for a meeting
	Work    int64     // in branches
}

// Meet looks for the contents that are worth more than threshold at prices pi, or proves that
// there are none.
//
// What fits on one card is listed: a fill. Of two fills, one that takes no more cpu and memory
// and is worth as much beats the other; and a fill that nets so little at the multipliers that
// the bound falls below the threshold is no part of any content that is sought. What is left of fills is put
// together to pairs of cards, and of pairs to fours, each time with the same two sieves; shapes
// without cards are listed likewise, one after the other. Two halves meet in the end: one sorted by falling use of the
// first dimension, the other by rising, the second in a tree of prefix maxima (Horowitz & Sahni 1974, for one dimension).
// All this is done for each lot of contents by itself, see block, and with multipliers that are the best for it, see sharpen.
//
// Two dimensions are kept exactly, those that the relaxation charges most for. The others are charged at its
// multipliers, and so are slices where they are not listed (see oneSliceEach): a Lagrangian relaxation. How many copies of a shape there may be is minded on one card and among
// shapes without cards, caps, conflicts and followers are not. All this can only make a content seem possible: Proven is a proof.
func (k *Bin) Meet(pi []float64, rel Relaxed, threshold float64, limit int64) Meeting {
	if rel.Value <= threshold {
		return Meeting{Verdict: Proven, Most: max(rel.Value, 0)}
	}
	if k.Stays() || len(k.rows.dims) == 0 { // what stays is worth more, and a piece knows one worth for all copies
		return Meeting{Most: rel.Value, Crowded: true}
	}
	t := &talks{k: k, pi: pi, threshold: threshold, limit: limit * stepsEach, lots: k.part(pi, rel)}
	t.pareto = newPareto([2]int64{})
	t.hold()
	t.out.Work = (t.steps + t.lots.looks*stepsLook) / stepsEach
	return t.out
}

// talks are the meetings over all lots of a bin.
type talks struct {
	k         *Bin
	pi        []float64
	threshold float64
	lots      *lots
	each      []*meeter // those begun
	pareto    *pareto
	steps     int64
	limit     int64
	out       Meeting
}

// begin prepares a meeting for the next lot with a bound so far above the threshold, if there is one.
func (t *talks) begin(level float64) bool {
	if t.steps >= t.limit {
		return false
	}
	at, ok := t.lots.next(t.threshold + level)
	if !ok {
		return false
	}
	m := &meeter{k: t.k, lot: at, limit: t.limit, steps: t.steps, pareto: t.pareto}
	m.charge(t.pi, t.threshold)
	m.pareto.cap = m.cap
	m.pareto.clear()
	m.sort(t.pi)
	m.reprice()
	m.sharpen()
	t.steps = m.steps
	m.peak = m.bound() - m.threshold
	if m.above = at.bound() - t.threshold; t.steps < t.limit { // otherwise sigma may be too low
		m.above = min(m.above, m.peak)
	}
	t.each = append(t.each, m)
	return true
}

// top is how far a content of the lots begun may be worth more than the threshold.
func (t *talks) top() float64 {
	top := 0.0
	for _, m := range t.each {
		top = max(top, m.above)
	}
	return top
}

// rest is the same for all other lots.
func (t *talks) rest() float64 { return max(0, t.lots.bound()-t.threshold) }

// hold looks for contents worth more and more less than the bound, until there are enough, or all was looked through.
func (t *talks) hold() {
	for t.begin(0) {
	}
	t.out.Most = t.threshold + max(t.top(), t.rest())
	for part, share := range meetParts {
		found, most, ok := t.run(share)
		if !ok {
			return
		}
		t.out.Most = t.threshold + max(most, t.rest())
		if t.out.Real, t.out.Ideal = t.judge(found); len(t.out.Real) > 0 {
			t.out.Verdict = Better
		} else if part == len(meetParts)-1 && max(most, t.rest()) <= 0 {
			t.out.Verdict = Proven
		}
		if len(t.out.Real) >= meetEnough || len(t.out.Real) > 0 && t.steps > t.limit/meetSpent {
			return
		}
	}
}

// run looks through a share of what lies between threshold and bound, the upper one, in each lot. It returns some contents that are worth
// more than the threshold, and how much more any can be; false if that takes too long.
func (t *talks) run(share float64) (found [][]int64, most float64, ok bool) {
	for _, m := range t.each {
		if m.above <= 0 {
			continue
		}
		level := float64((1 - share) * m.above) // what is not looked through is worth no more
		m.excess = m.peak - level
		m.steps, m.most = t.steps, 0
		some, ok := m.run()
		if t.steps = m.steps; !ok {
			t.out.Crowded = m.crowded
			return nil, 0, false
		}
		found = append(found, some...)
		most = max(most, m.most-m.threshold, level)
	}
	return found, most, true
}

// Carded reports whether the bin has cards that its items ask for.
func (k *Bin) Carded() bool { return k.rows.m > len(k.rows.dims) }

// Sliced reports whether items ask for slices of its cards.
func (k *Bin) Sliced() bool {
	for l := range k.need {
		if k.need[l].Slices != nil {
			return true
		}
	}
	return false
}

// meetParts are the shares of the excess that are looked through, one after the other. The best content mostly lies near
// the bound while prices are far from their optimum, and is then found in a fraction of the work; and a share that was
// looked through bounds the worth, should the next one take too long.
var meetParts = [...]float64{1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1}

// charge chooses the scarce dimensions, and charges all else.
func (m *meeter) charge(pi []float64, threshold float64) {
	k, r, mu := m.k, &m.k.rows, m.lot.rel.Mu
	order := make([]int, len(r.dims))
	for i := range order {
		order[i] = i
	}
	worth := func(i int) float64 { return float64(mu[i] * m.lot.left[i]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth(b), worth(a)) })
	exact := order[:min(2, len(order))]
	m.dims = [2]int{-1, -1}
	for n, i := range exact {
		m.dims[n] = r.dims[i]
		m.cap[n] = m.lot.cap[i]
		m.rate[n] = mu[i] / float64(k.p.Bins[k.Index].Cap[r.dims[i]])
	}
	m.threshold = threshold - m.lot.worth
	for _, i := range order[len(exact):] {
		m.threshold -= worth(i)
	}
	m.sliced, m.listing = -1, k.oneSliceEach()
	if r.m > len(r.dims) {
		m.threshold -= k.cardsWorth(mu, 0)
	}
	m.value, m.net = make([]float64, len(k.Shapes)), make([]float64, len(k.Shapes))
	for l, s := range k.Shapes {
		m.value[l] = pi[s]
		for _, i := range order[len(exact):] {
			m.value[l] -= float64(mu[i] * r.a[i*r.n+l])
		}
		for i, p := range r.profiles {
			if k.need[l].Slices != nil && !m.listing {
				m.value[l] -= float64(mu[r.first.profile+i] * float64(k.need[l].Slices[p]))
			}
		}
	}
	if len(r.profiles) > 0 && k.set.Fixed == nil && !m.listing {
		m.sliced = 0
		for _, counts := range r.layouts {
			m.sliced = max(m.sliced, k.layoutPrice(mu, counts))
		}
	}
}

// sort tells the shapes apart by what they ask of cards. Those without value are left out.
func (m *meeter) sort(pi []float64) {
	k := m.k
	for l, s := range k.Shapes {
		if pi[s] <= 0 || m.value[l] <= 0 || k.Upper[l] <= 0 || k.block(l, m.lot.free) {
			continue
		}
		switch need := k.need[l]; {
		case need.Kind >= 0 && need.Share > 0:
			m.share = append(m.share, l)
		case need.Kind >= 0 && need.Whole > 0:
			n := 0
			for need.Whole>>(n+1) > 0 {
				n++
			}
			for len(m.whole) <= n {
				m.whole = append(m.whole, nil)
			}
			m.whole[n] = append(m.whole[n], l)
		case m.slice(l):
		default:
			m.bare = append(m.bare, l)
		}
	}
	largest := func(l int) int64 { return m.size(l)[0] }
	slices.SortStableFunc(m.bare, func(a, b int) int { return cmp.Compare(largest(b), largest(a)) })
}

func (m *meeter) density(l int) float64 { return m.net[l] / float64(m.k.need[l].Share) }

func (m *meeter) size(l int) [2]int64 {
	var out [2]int64
	for n, d := range m.dims {
		if d >= 0 {
			out[n] = m.k.size[l][d]
		}
	}
	return out
}

// highest finds the most that a card nets.
func (m *meeter) highest() {
	m.sigma, m.richest = max(0, m.sliced), piece{}
	for n, shapes := range m.whole {
		for _, l := range shapes {
			m.sigma = max(m.sigma, m.net[l]/float64(int64(1)<<n))
		}
	}
	f := filler{m: m, best: true, counts: make([]int64, len(m.k.Shapes))}
	if len(m.share) > 0 {
		f.walk(0, m.k.p.Cards[m.k.p.Bins[m.k.Index].Card].Share, piece{})
	}
	f.cutAll()
}

// fits reports whether a use fits in the bin.
func (m *meeter) fits(use [2]int64) bool { return use[0] <= m.cap[0] && use[1] <= m.cap[1] }

// filler lists the fills of one card.
type filler struct {
	m      *meeter
	best   bool // only look for what nets the most
	counts []int64
	in     []int
	listed [][]int
}

// take notes a fill; false if there were too many.
func (f *filler) take(p piece) bool {
	m := f.m
	m.steps++
	if m.steps >= m.limit || len(m.pareto.kept) > fewPieces {
		return false
	}
	if f.best {
		if p.net > m.richest.net {
			m.richest = p
		}
		m.sigma = max(m.sigma, p.net)
	} else if m.sigma-p.net < m.excess {
		p.a = int32(len(f.listed))
		f.listed = append(f.listed, slices.Clone(f.in))
		m.pareto.add(p)
	}
	return true
}

// walk puts in shapes from the one at a position on.
func (f *filler) walk(at int, room int64, p piece) {
	m := f.m
	if !f.take(p) {
		return
	}
	for j := at; j < len(m.share); j++ {
		l := m.share[j]
		most := p.net + float64(max(0, m.density(l))*float64(room))
		if f.best && most <= m.sigma || !f.best && m.sigma-most >= m.excess {
			return
		}
		if m.k.need[l].Share > room || f.counts[l] == m.k.Upper[l] {
			continue
		}
		next := m.with(p, l)
		if !m.fits(next.use) {
			continue
		}
		f.counts[l]++
		f.in = append(f.in, l)
		f.walk(j, room-m.k.need[l].Share, next)
		f.in = f.in[:len(f.in)-1]
		f.counts[l]--
	}
}

// with returns the piece and one copy of a shape.
func (m *meeter) with(p piece, l int) piece {
	s := m.size(l)
	return piece{use: [2]int64{p.use[0] + s[0], p.use[1] + s[1]}, worth: p.worth + m.value[l], net: p.net + m.net[l]}
}

// fills is the layer of one card.
func (m *meeter) fills() *layer {
	f := &filler{m: m, counts: make([]int64, len(m.k.Shapes))}
	share := int64(0)
	if len(m.share) > 0 {
		share = m.k.p.Cards[m.k.p.Bins[m.k.Index].Card].Share
	}
	m.pareto.clear()
	f.walk(0, share, piece{})
	f.cutAll()
	y := &layer{top: m.sigma, shape: -1}
	m.wholes(0, m.sigma)
	if m.sliced > 0 && m.sigma-m.sliced < m.excess {
		f.listed = append(f.listed, nil)
		m.pareto.add(piece{worth: m.sliced, net: m.sliced, a: int32(len(f.listed) - 1)})
	}
	y.listed = f.listed
	return m.few(m.done(y))
}

// fewPieces is how many pieces one card, or shapes without cards, may have, and fewLoners how many the latter may have
// in all layers. With more, halves would have too many.
const (
	fewPieces = 10_000
	fewLoners = 100_000
)

// few gives the meeting up if a layer has more pieces than that.
func (m *meeter) few(y *layer) *layer {
	if len(y.pieces) > fewPieces {
		m.limit, m.crowded = m.steps, true
	}
	return y
}

// wholes adds the shapes that take 2^n cards.
func (m *meeter) wholes(n int, top float64) {
	if n >= len(m.whole) {
		return
	}
	for _, l := range m.whole[n] {
		if p := m.with(piece{}, l); top-p.net < m.excess && m.fits(p.use) {
			p.a = int32(-1 - l)
			m.pareto.add(p)
		}
	}
}

// done takes what is in the front into the layer.
func (m *meeter) done(y *layer) *layer {
	m.pareto.settle()
	y.pieces = slices.Clone(m.pareto.kept)
	slices.SortFunc(y.pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(b.net, a.net), byUse(&a, &b)) })
	return y
}

// loners is the layer of the shapes without cards.
func (m *meeter) loners() *layer {
	y := &layer{pieces: []piece{{}}, shape: -1, listed: [][]int{nil}, top: m.loose}
	all := 0
	gained := 0.0 // at most, by the shapes so far
	for _, l := range m.bare {
		gained += max(0, float64(m.net[l]*float64(m.k.Upper[l])))
		m.pareto.clear()
		for a, p := range y.pieces {
			for b := int64(0); b <= m.k.Upper[l]; b++ {
				m.steps++
				if b > 0 {
					p = m.with(p, l)
				}
				if !m.fits(p.use) || m.steps >= m.limit || len(m.pareto.kept) > fewPieces {
					break
				}
				if gained-p.net < m.excess {
					p.a, p.b = int32(a), int32(b)
					m.pareto.add(p)
				} else if m.net[l] <= 0 {
					break
				}
			}
		}
		y = m.few(m.done(&layer{shape: l, below: [2]*layer{y}, top: m.loose}))
		if all += len(y.pieces); all > fewLoners {
			m.limit, m.crowded = m.steps, true
		}
	}
	return y
}
