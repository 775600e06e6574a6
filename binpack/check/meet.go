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
// Two dimensions, x and y, are minded exactly. All others are charged by the multipliers, as are slices that are not listed (cuts.go); what the
// bin has of them is taken from what its content may be worth. The rest is about items that take x, y, and a
// part of a card or 1, 2, 4, … whole cards, or none. An item that asks for another number of whole
// cards, and is not put in first, is taken to ask for the next power of two below; slices may lie anywhere, and a card that is cut for
// them is worth the most that it can be charged for. How many copies there are is minded on one card, and among items without
// cards; caps, conflicts and followers are not. All of it only lets more contents seem possible.
//
// A portion nets its worth less the charge for x and y. The bound is what x and y are charged in all, plus the
// most that each card can net, plus the most that items without cards can; a content that nets less than that by
// the whole excess is not worth more than it may be. So portions that lose too much are dropped, and those that take no less than
// another and are worth no more.
//
// Items that ask for many of the cards are put in first, and for what goes beside them other multipliers are looked for, see part.
type meeting struct {
	v     *prover
	bin   *model.Bin
	share int64 // what shares on one card add up to at most
	x, y  int   // dimensions; −1: none
	state
	roomX  int64 // what an empty bin has of x and y
	roomY  int64
	loose  []thing // ask for no card
	parts  []thing // ask for a part of one
	wholes []thing // ask for whole ones, by falling number
	cuts   []thing // ask for a slice, where slices are listed
	cut    int64   // what a card whose slices are not listed is worth at most, −1 if there is none

	pattern [][]int64 // what a card can be cut into, where slices are listed
	richest []int64   // what a slice of each profile nets at most, not below 0

	sigma  int64   // the most that one card nets
	best   filling // that does
	excess int64
	shelf  *shelf
	steps  int64
	limit  int64
}

// thing is an item as a meeting sees it.
type thing struct {
	x, y, worth, net, share, whole, most int64
	id                                   int
	profile                              int // of a slice that is listed, −1: none
}

// meet decides root r within so many nodes, and says how many it took. What it finds need not be legal, so it refutes nothing.
func (v *prover) meet(r *root, limit int64) (finding, int64) {
	if v.p.Bins[r.bin].Stays != nil { // what stays is worth more, and a thing knows one worth for all copies
		return exhausted, 0
	}
	m := &meeting{v: v, bin: &v.p.Bins[r.bin], limit: times(limit, stepsEach), x: -1, y: -1, cut: -1}
	m.allowed = r.price
	if r.worth > most/8 || !m.scarce(r) || !m.things(r) {
		return exhausted, 0
	}
	m.roomX, m.roomY = m.capX, m.capY
	m.shelf = &shelf{}
	found := exhausted
	if m.part(0) && m.steps < m.limit {
		found = proven
	}
	return found, m.steps / stepsEach
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
	v, space, sliced, listed := m.v, newRoom(m.v.p, r.bin), false, m.listsSlices(r)
	for _, i := range v.items[m.bin.Class] {
		need, why := v.rules.allowed(v.p, i, r.bin)
		if why != "" {
			continue
		}
		t := thing{id: i, profile: -1, worth: v.dual(i, r.bin), share: need.Share, whole: need.Whole, most: v.fitting(space, i, &need)}
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
			if n > 0 && listed {
				t.profile = f
			}
			sliced = sliced || n > 0
			if r.mult.Slices != nil && !listed {
				t.worth -= min(t.worth, times(n, r.mult.Slices[f]))
			}
		}
		if t.worth <= 0 || t.most <= 0 {
			continue
		}
		if t.worth > most/8 || times(t.x, m.mx) > most/8 || times(t.y, m.my) > most/8 {
			return false
		}
		m.list(t)
	}
	if sliced && !listed && m.bin.Fixed == nil {
		m.cut = heaviest(&v.p.Cards[m.bin.Card], v.weights(m.bin.Card, r.mult), 0)
	}
	slices.SortStableFunc(m.wholes, func(a, b thing) int { return cmp.Compare(b.whole, a.whole) })
	return true
}

func (m *meeting) list(t thing) {
	switch {
	case t.share > 0:
		m.parts = append(m.parts, t)
	case t.whole > 0:
		m.wholes = append(m.wholes, t)
	case t.profile >= 0:
		m.cuts = append(m.cuts, t)
	default:
		m.loose = append(m.loose, t)
	}
}

// highest finds the most that one card nets.
func (m *meeting) highest() {
	m.sigma = max(0, m.cut)
	m.best = filling{worth: m.sigma, cards: 1}
	note := func(f filling) {
		if n := f.net(m.mx, m.my); n > m.sigma {
			m.sigma, m.best = n, f
		}
	}
	for i := range m.wholes {
		t := &m.wholes[i]
		switch {
		case t.whole > m.free || t.x > m.capX || t.y > m.capY:
		case !t.big(m.free):
			note(filling{t.x, t.y, t.worth, 1 << t.log()})
		case m.large:
			note(filling{t.x, t.y, t.worth, t.whole})
		}
	}
	visit := func(_ int64, p portion) int64 {
		note(filling{p.x, p.y, p.worth, 1})
		return m.sigma + 1
	}
	m.fill(0, m.share, portion{}, visit)
	m.sliced(visit)
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
	visit := func(net int64, p portion) int64 {
		if p.loss = m.sigma - net; p.loss < m.excess {
			m.shelf.put(p)
		}
		return m.sigma - m.excess + 1
	}
	m.fill(0, m.share, portion{}, visit)
	m.sliced(visit)
	if m.cut >= 0 && m.sigma-m.cut < m.excess {
		m.shelf.put(portion{worth: m.cut, loss: m.sigma - m.cut})
	}
	m.add(0)
	return m.shelf.take()
}

// add puts the items that take 2^n cards on the shelf.
func (m *meeting) add(n int) {
	for i := range m.wholes {
		t := &m.wholes[i]
		if t.log() != n || t.big(m.free) {
			continue
		}
		if p := (portion{t.x, t.y, t.worth, m.sigma<<n - t.net}); p.loss < m.excess && p.x <= m.capX && p.y <= m.capY {
			m.shelf.put(p)
		}
	}
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
