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
	dims      [2]int // the scarce dimensions
	cap       [2]int64
	rate      [2]float64 // what a unit of each is charged
	value     []float64  // of each local shape: price less what all else is charged
	net       []float64  // the same, less the charge for the scarce dimensions
	bare      []int      // shapes that ask for no card of their own
	share     []int      // shapes that ask for a part of one, by falling net worth for it
	whole     [][]int    // shapes that ask for 2^n cards
	sliced    float64    // what the slices on one card are charged at most; -1: nobody asks for slices
	free      int64
	threshold float64 // less what all else is worth
	sigma     float64 // no card nets more
	loose     float64 // what bare shapes net at most
	base      float64 // what the scarce dimensions are worth
	excess    float64 // how far a content may fall below the bound and be of interest
	pareto    *pareto
	rough     bool // uses are rounded down to grains where there are many pieces
	grain     [2]int64
	most      float64 // the worth of the best content of this run, less what all else is worth
	crowded   bool    // a layer has too many pieces
	steps     int64
	limit     int64
}

// stepsEach is how many steps of a meeting count as one branch of Prove.
const stepsEach = 32

// Meeting is what Meet found.
type Meeting struct {
	Verdict Verdict
	Real    []Content // contents worth more than the threshold, best first
	Ideal   []Content // the same, but not legal: more copies of a shape than there may be, or against a rule inside one bin
	Most    float64   // no content is worth more; meaningless while the verdict is Open and nothing was found
	Crowded bool      // the bin holds too many items, or too many that matter, for a meeting
	Work    int64     // in branches
}

// Meet looks for the contents that are worth more than threshold at prices pi, or proves that
// there are none.
//
// What fits on one card is listed: a fill. Of two fills, one that takes no more cpu and memory
// and is worth as much beats the other; and a fill that nets so little at the multipliers of rel that
// the bound falls below the threshold is no part of any content that is sought. What is left of fills is put
// together to pairs of cards, and of pairs to fours, each time with the same two sieves; shapes
// without cards are listed likewise, one after the other. Two halves meet in the end: one sorted by falling use of the
// first dimension, the other by rising, the second in a tree of prefix maxima (Horowitz & Sahni 1974, for one dimension).
//
// Two dimensions are kept exactly, those that rel charges most for. The others are charged at rel's
// multipliers, and so are slices: a Lagrangian relaxation. How many copies of a shape there may be is minded on one card and among
// shapes without cards, caps, conflicts and followers are not. All this can only make a content seem possible: Proven is a proof.
func (k *Bin) Meet(pi []float64, rel Relaxed, threshold float64, rough bool, limit int64) Meeting {
	if rel.Value <= threshold {
		return Meeting{Verdict: Proven, Most: max(rel.Value, 0)}
	}
	items := 0.0
	for _, x := range rel.X {
		items += x
	}
	if k.Stays() { // what stays is worth more, and a piece knows one worth for all copies
		return Meeting{Most: rel.Value, Crowded: true}
	}
	if len(k.rows.dims) == 0 || items > meetItems {
		return Meeting{Most: rel.Value, Crowded: true}
	}
	m := &meeter{k: k, rough: rough && k.rows.free > 4, limit: limit * stepsEach}
	m.charge(pi, rel, threshold)
	m.pareto = newPareto(m.cap)
	m.sort(pi)
	m.highest()
	top := m.base + float64(m.sigma*float64(m.free)) + m.loose - m.threshold
	out := Meeting{Most: rel.Value}
	for part, share := range meetParts {
		m.excess = top * share
		m.most = 0
		found, ok := m.run()
		if !ok {
			break
		}
		// What was not looked through falls below the bound by all of the excess.
		out.Most = min(out.Most, threshold+max(0, m.most-m.threshold, top-m.excess))
		if len(found) > 0 {
			out.Real, out.Ideal = m.judge(pi, threshold, found)
		}
		if part == len(meetParts)-1 && m.most <= m.threshold {
			out.Verdict = Proven
		}
		if len(out.Real) >= meetEnough || len(out.Real) > 0 && m.steps > m.limit/meetSpent {
			break
		}
	}
	if len(out.Real) > 0 {
		out.Verdict = Better
	}
	out.Crowded = m.crowded
	out.Work = m.steps / stepsEach
	return out
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

// meetItems is how many items a relaxation may have for a meeting to be tried: of small items there are too many pieces.
const meetItems = 24

// meetParts are the shares of the excess that are looked through, one after the other. The best content mostly lies near
// the bound while prices are far from their optimum, and is then found in a fraction of the work; and a share that was
// looked through bounds the worth, should the next one take too long.
var meetParts = [...]float64{1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1}

// charge chooses the scarce dimensions, and charges all else.
func (m *meeter) charge(pi []float64, rel Relaxed, threshold float64) {
	k, r := m.k, &m.k.rows
	order := make([]int, len(r.dims))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rel.Mu[b], rel.Mu[a]) })
	exact := order[:min(2, len(order))]
	m.dims = [2]int{-1, -1}
	for n, i := range exact {
		m.dims[n] = r.dims[i]
		m.cap[n] = k.p.Bins[k.Index].Cap[r.dims[i]]
		m.rate[n] = rel.Mu[i] / float64(m.cap[n])
		m.base += rel.Mu[i]
	}
	m.threshold = threshold
	for _, i := range order[len(exact):] {
		m.threshold -= rel.Mu[i]
	}
	m.sliced = -1
	if r.m > len(r.dims) {
		m.free = r.free
		m.threshold -= k.cardsWorth(rel.Mu, 0)
	}
	m.value, m.net = make([]float64, len(k.Shapes)), make([]float64, len(k.Shapes))
	for l, s := range k.Shapes {
		m.value[l] = pi[s]
		for _, i := range order[len(exact):] {
			m.value[l] -= float64(rel.Mu[i] * r.a[i*r.n+l])
		}
		for i, p := range r.profiles {
			if k.need[l].Slices != nil {
				m.value[l] -= float64(rel.Mu[r.first.profile+i] * float64(k.need[l].Slices[p]))
			}
		}
		m.net[l] = m.value[l]
		for _, i := range exact {
			m.net[l] -= float64(rel.Mu[i] * r.a[i*r.n+l])
		}
	}
	if len(r.profiles) > 0 && k.set.Fixed == nil {
		m.sliced = 0
		for _, counts := range r.layouts {
			m.sliced = max(m.sliced, k.layoutPrice(rel.Mu, counts))
		}
	}
}

// sort tells the shapes apart by what they ask of cards. Those without value are left out.
func (m *meeter) sort(pi []float64) {
	k := m.k
	for l, s := range k.Shapes {
		if pi[s] <= 0 || m.value[l] <= 0 || k.Upper[l] <= 0 {
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
		default:
			m.bare = append(m.bare, l)
			m.loose += max(0, float64(m.net[l]*float64(k.Upper[l])))
		}
	}
	slices.SortStableFunc(m.share, func(a, b int) int { return cmp.Compare(m.density(b), m.density(a)) })
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
	m.sigma = max(0, m.sliced)
	for n, shapes := range m.whole {
		for _, l := range shapes {
			m.sigma = max(m.sigma, m.net[l]/float64(int64(1)<<n))
		}
	}
	f := filler{m: m, best: true, counts: make([]int64, len(m.k.Shapes))}
	if len(m.share) > 0 {
		f.walk(0, m.k.p.Cards[m.k.p.Bins[m.k.Index].Card].Share, piece{})
	}
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

// walk puts in shapes from the one at a position on.
func (f *filler) walk(at int, room int64, p piece) {
	m := f.m
	m.steps++
	if m.steps >= m.limit || len(m.pareto.kept) > fewPieces {
		return
	}
	if f.best {
		m.sigma = max(m.sigma, p.net)
	} else if m.sigma-p.net < m.excess {
		p.a = int32(len(f.listed))
		f.listed = append(f.listed, slices.Clone(f.in))
		m.pareto.add(p)
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
