package check

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// stepsEach is how many steps of a meeting count as one node of search.
const stepsEach = 32

// meeting proves for one kind of bin that no content is worth more than it may be, by putting
// contents together from what single cards hold. It is for bins in which a few large items leave
// search no room to cut.
//
// Two dimensions, x and y, are minded exactly. All others are charged by the multipliers, as are slices; what the
// bin has of them is taken from what its content may be worth. The rest is about items that take x, y, and a
// part of a card or 1, 2, 4, … whole cards, or none. An item that asks for another number of whole
// cards is taken to ask for the next power of two below; slices may lie anywhere, and a card that is cut for
// them is worth the most that it can be charged for. How many copies there are is minded on one card, and among items without
// cards; caps, conflicts and followers are not. All of it only lets more contents seem possible.
//
// A portion nets its worth less the charge for x and y. The bound is what x and y are charged in all, plus the
// most that each card can net, plus the most that items without cards can; a content that nets less than that by
// the whole excess is not worth more than it may be. So portions that lose too much are dropped, and those that take no less than
// another and are worth no more.
type meeting struct {
	v          *prover
	bin        *model.Bin
	share      int64 // what shares on one card add up to at most
	x, y       int   // dimensions; −1: none
	capX, capY int64
	mx, my     int64
	loose      []thing   // ask for no card
	parts      []thing   // ask for a part of one
	blocks     [][]thing // ask for 2^n
	cut        int64     // what a card that is cut is worth at most, −1 if none is
	free       int64
	sigma      int64 // the most that one card nets
	excess     int64
	allowed    int64 // what the content may be worth by x, y and cards
	grainX     int64
	grainY     int64
	shelf      *shelf
	steps      int64
	limit      int64
}

// thing is an item as a meeting sees it.
type thing struct {
	x, y, worth, net, share, most int64
}

// meet decides root r within so many nodes, and says how many it took. Where there are many cards, what portions take
// is rounded down if rough.
func (v *prover) meet(r *root, rough bool, limit int64) (finding, int64) {
	if v.p.Bins[r.bin].Stays != nil { // what stays is worth more, and a thing knows one worth for all copies
		return exhausted, 0
	}
	m := &meeting{v: v, bin: &v.p.Bins[r.bin], limit: times(limit, stepsEach), x: -1, y: -1, cut: -1, allowed: r.price}
	if r.worth > most/8 || !m.scarce(r) || !m.things(r) {
		return exhausted, 0
	}
	m.shelf = &shelf{capX: m.capX, capY: m.capY}
	m.highest()
	if m.sigma > most/8/max(m.free, 1) {
		return exhausted, m.steps / stepsEach
	}
	bound := m.mx*m.capX + m.my*m.capY + m.sigma*m.free
	for _, t := range m.loose {
		bound = plus(bound, times(max(0, t.net), t.most))
	}
	if bound > most/4 || m.allowed < -most/4 {
		return exhausted, m.steps / stepsEach
	}
	if m.excess = bound - m.allowed; m.excess <= 0 {
		return proven, m.steps / stepsEach
	}
	found := refuted
	if m.whole(rough && m.free > 4) {
		found = proven
	}
	if m.steps >= m.limit {
		found = exhausted
	}
	return found, m.steps / stepsEach
}

// exactPart is the part of the limit that an exact meeting may take. Where it ends at all it takes a few thousand nodes.
const exactPart = 50

// exactly and roughly are meetings that refute nothing: what they find need not be legal.
func (v *prover) exactly(r *root, limit int64) (finding, int64) {
	return v.meetOnly(r, false, limit/exactPart)
}

func (v *prover) roughly(r *root, limit int64) (finding, int64) {
	return v.meetOnly(r, true, limit)
}

func (v *prover) meetOnly(r *root, rough bool, limit int64) (finding, int64) {
	found, nodes := v.meet(r, rough, limit)
	if found == refuted {
		found = exhausted
	}
	return found, nodes
}

// scarce chooses x and y, for which most is charged, and pays for all else.
func (m *meeting) scarce(r *root) bool {
	var order []int
	for d := range r.mult.Dims {
		order = append(order, d)
	}
	total := func(d int) int64 { return times(r.mult.Dims[d], m.bin.Cap[d]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(total(b), total(a)) })
	for n, d := range order {
		switch {
		case n == 0:
			m.x, m.capX, m.mx = d, m.bin.Cap[d], r.mult.Dims[d]
		case n == 1:
			m.y, m.capY, m.my = d, m.bin.Cap[d], r.mult.Dims[d]
		default:
			m.allowed -= total(d) // r.worth, which is no less than their sum, was looked at
		}
	}
	if m.bin.Card < 0 {
		return m.x >= 0
	}
	m.share, m.free = m.v.p.Cards[m.bin.Card].Share, m.bin.Cards
	for _, live := range m.bin.Live {
		if live != 0 {
			m.free--
		}
	}
	m.allowed -= r.cards.room - m.free*r.cards.sigma
	return m.x >= 0 && m.free < 64
}

// things lists the items that may be in the bin and are worth something there.
func (m *meeting) things(r *root) bool {
	v, space, sliced := m.v, newRoom(m.v.p, r.bin), false
	for _, i := range v.items[m.bin.Class] {
		need, why := v.rules.allowed(v.p, i, r.bin)
		if why != "" {
			continue
		}
		t := thing{worth: v.dual(i, m.bin.Domain), share: need.Share, most: v.fitting(space, i, &need)}
		size := v.p.Items[i].Size
		for d, amount := range size {
			switch d {
			case m.x:
				t.x = amount
			case m.y:
				t.y = amount
			default:
				t.worth -= min(t.worth, times(r.mult.Dims[d], amount))
			}
		}
		for f, n := range need.Slices {
			sliced = sliced || n > 0
			if r.mult.Slices != nil {
				t.worth -= min(t.worth, times(n, r.mult.Slices[f]))
			}
		}
		if t.worth <= 0 || t.most <= 0 {
			continue
		}
		if t.worth > most/8 || times(t.x, m.mx) > most/8 || times(t.y, m.my) > most/8 {
			return false
		}
		t.net = t.worth - t.x*m.mx - t.y*m.my
		m.list(t, need.Whole)
	}
	if sliced && m.bin.Fixed == nil {
		m.cut = heaviest(&v.p.Cards[m.bin.Card], v.weights(m.bin.Card, r.mult), 0)
	}
	slices.SortStableFunc(m.parts, func(a, b thing) int { // by net worth for the share; products of 2⁶⁰·2⁴⁰
		return product(b.net, a.share).Cmp(product(a.net, b.share))
	})
	return true
}

func (m *meeting) list(t thing, whole int64) {
	switch {
	case t.share > 0:
		m.parts = append(m.parts, t)
	case whole > 0:
		n := bits.Len64(uint64(whole)) - 1
		for len(m.blocks) <= n {
			m.blocks = append(m.blocks, nil)
		}
		m.blocks[n] = append(m.blocks[n], t)
	default:
		m.loose = append(m.loose, t)
	}
}

// highest finds the most that one card nets.
func (m *meeting) highest() {
	m.sigma = max(0, m.cut)
	for n, ts := range m.blocks {
		for _, t := range ts {
			if t.net > 0 {
				m.sigma = max(m.sigma, (t.net>>n)+1) // rounded up
			}
		}
	}
	m.fill(0, m.share, portion{}, func(net int64, _ portion) int64 {
		m.sigma = max(m.sigma, net)
		return m.sigma + 1
	})
}

// fill visits what shares on one card may be, those from a position on coming to what is there. visit gets the net worth
// and says what a fill must net to be of interest.
func (m *meeting) fill(from int, left int64, p portion, visit func(net int64, p portion) int64) {
	if m.steps++; m.steps >= m.limit {
		return
	}
	net := p.worth - p.x*m.mx - p.y*m.my
	wanted := visit(net, p)
	for at := from; at < len(m.parts); at++ {
		t := &m.parts[at]
		if plus(max(0, net), t.filling(left))+min(0, net) < wanted {
			return // none of those that follow nets more for its share
		}
		q, room := p, left
		for range t.most {
			q.x, q.y, q.worth = q.x+t.x, q.y+t.y, q.worth+t.worth
			if room -= t.share; room < 0 || q.x > m.capX || q.y > m.capY {
				break
			}
			m.fill(at+1, room, q, visit)
		}
	}
}

// filling is no less than what copies of a thing net if they take so much share, and parts of copies count.
func (t *thing) filling(share int64) int64 {
	high, low := bits.Mul64(uint64(max(0, t.net)), uint64(share))
	if high >= uint64(t.share) {
		return most
	}
	whole, _ := bits.Div64(high, low, uint64(t.share))
	return int64(min(whole, uint64(most-1))) + 1
}

// one lists the portions of one card.
func (m *meeting) one() []portion {
	m.fill(0, m.share, portion{}, func(net int64, p portion) int64 {
		if p.loss = m.sigma - net; p.loss < m.excess {
			m.shelf.put(p)
		}
		return m.sigma - m.excess + 1
	})
	if m.cut >= 0 && m.sigma-m.cut < m.excess {
		m.shelf.put(portion{worth: m.cut, loss: m.sigma - m.cut})
	}
	m.add(0)
	return m.shelf.take()
}

// add puts the items that ask for 2^n cards on the shelf.
func (m *meeting) add(n int) {
	if n >= len(m.blocks) {
		return
	}
	for _, t := range m.blocks[n] {
		if p := (portion{t.x, t.y, t.worth, m.sigma<<n - t.net}); p.loss < m.excess && p.x <= m.capX && p.y <= m.capY {
			m.shelf.put(p)
		}
	}
}

func (m *meeting) only(n int) []portion {
	m.add(n)
	return m.shelf.take()
}

// cardless lists the portions of items that ask for no card.
func (m *meeting) cardless() []portion {
	out := []portion{{}}
	slices.SortStableFunc(m.loose, func(a, b thing) int { return cmp.Compare(b.x, a.x) })
	for _, t := range m.loose {
		best := max(0, t.net) * t.most // below the bound, which was looked at
		for _, p := range out {
			for n := int64(0); n <= t.most && m.steps < m.limit; n++ {
				m.steps++
				q := portion{p.x + n*t.x, p.y + n*t.y, p.worth + n*t.worth, p.loss + best - n*t.net}
				if q.x > m.capX || q.y > m.capY {
					break
				}
				if q.loss < m.excess {
					m.shelf.put(q)
				} else if t.net <= 0 {
					break
				}
			}
		}
		out = m.shelf.take()
	}
	return out
}
