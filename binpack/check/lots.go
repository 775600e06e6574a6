package check

import (
	"cmp"
	"math/bits"
	"slices"
)

// A meeting parts the contents of a bin by what they hold of items that ask for two cards or more, and for more than a quarter of those
// that are left. They are put in first, the largest before the others; what goes beside them is then proven
// with multipliers of its own. That is free: any multipliers that are not negative bound any content (weak duality).

// state is what of a meeting differs between parts.
type state struct {
	capX, capY, free, allowed int64
	mx, my                    int64
	large                     bool // large items may come
	chosen                    []int
}

// log is the logarithm of the power of two of cards that a thing takes where it is not put in first.
func (t *thing) log() int { return bits.Len64(uint64(t.whole)) - 1 }

// big reports whether a thing is put in first where so many cards are left.
func (t *thing) big(free int64) bool { return t.whole > 1 && 4*t.whole > free }

// part proves all contents that hold the chosen large items, and further ones from a position on; false if it cannot.
func (m *meeting) part(from int) bool {
	m.large = true
	if m.price(); m.bound() <= m.allowed {
		return true
	}
	if m.steps >= m.limit {
		return false
	}
	if slices.ContainsFunc(m.wholes[from:], func(t thing) bool { return t.big(m.free) }) {
		if m.sharpen(); m.bound() <= m.allowed {
			return true
		}
	}
	here := m.state
	for n := from; n < len(m.wholes) && m.steps < m.limit; n++ {
		t := &m.wholes[n]
		used := int64(0)
		for _, o := range here.chosen {
			if o == n {
				used++
			}
		}
		if !t.big(here.free) || t.whole > here.free || used >= t.most || t.x > here.capX || t.y > here.capY {
			continue
		}
		m.state = here
		m.capX, m.capY, m.free, m.allowed = m.capX-t.x, m.capY-t.y, m.free-t.whole, m.allowed-t.worth
		m.chosen = append(slices.Clone(here.chosen), n)
		if !m.part(n) {
			return false
		}
	}
	m.state = here
	return m.alone()
}

// alone proves the contents without further large items.
func (m *meeting) alone() bool {
	m.large = false
	if m.price(); m.bound() <= m.allowed {
		return true
	}
	if m.sharpen(); m.bound() <= m.allowed {
		return m.steps < m.limit
	}
	if m.bound() > most/4 || m.allowed < -most/4 {
		return false
	}
	m.excess = m.bound() - m.allowed
	m.shelf.capX, m.shelf.capY = m.capX, m.capY
	return m.whole() && m.steps < m.limit
}

// filling is a way to fill one card, or so many that one item asks for.
type filling struct{ x, y, worth, cards int64 }

// net is what it nets for each card at some prices, rounded up.
func (f *filling) net(mx, my int64) int64 {
	n := f.worth - f.x*mx - f.y*my
	if n <= 0 || f.cards == 1 {
		return n
	}
	return (n-1)/f.cards + 1
}

const (
	sharpenMost  = 25
	sharpenSteps = 64      // that a filling or loose thing counts for each time, by what it takes
	sharpenParts = 1 << 16 // of the bound: what is no longer looked for
)

// sharpen looks for prices of x and y with a lower bound. The bound is convex in the two prices. It is approached from below by
// what the fillings of cards that were met so far would make of it (Kelley 1960): at the least of that the best filling is
// found, and added.
func (m *meeting) sharpen() {
	m.price()
	best, bx, by := m.bound(), m.mx, m.my
	var known []filling
	for n := range int64(sharpenMost) {
		cost := (n + 1 + int64(len(m.loose))) * sharpenSteps
		if best <= m.allowed || m.steps+cost >= m.limit {
			break
		}
		m.steps += cost
		known = append(known, m.best)
		low := m.leastOf(known, best)
		if best-low < best/sharpenParts {
			break
		}
		if m.price(); m.steps < m.limit && m.bound() < best {
			best, bx, by = m.bound(), m.mx, m.my
		}
	}
	m.mx, m.my = bx, by
	m.price()
}

// leastOf sets the prices to where the bound by known fillings is about least, and returns it. No better price charges the bin more than
// the bound at hand.
func (m *meeting) leastOf(known []filling, bound int64) int64 {
	value := func(mx, my int64) int64 {
		sigma := max(0, m.cut)
		for i := range known {
			sigma = max(sigma, known[i].net(mx, my))
		}
		sum := mx*m.capX + my*m.capY + times(sigma, m.free)
		for i := range m.loose {
			t := &m.loose[i]
			if n := t.worth - t.x*mx - t.y*my; n > 0 {
				sum = plus(sum, times(n, t.most))
			}
		}
		return sum
	}
	highX := min(bound/max(m.capX, 1), most/8/max(m.roomX, 1)) // no product with what a thing takes overflows
	highY := min(bound/max(m.capY, 1), most/8/max(m.roomY, 1))
	m.mx = leastAt(highX, func(mx int64) int64 {
		return value(mx, leastAt(highY, func(my int64) int64 { return value(mx, my) }))
	})
	m.my = leastAt(highY, func(my int64) int64 { return value(m.mx, my) })
	return value(m.mx, m.my)
}

// leastAt returns where a convex function on 0 … high is about least.
func leastAt(high int64, f func(int64) int64) int64 {
	low, fine := int64(0), high>>18
	for high-low > max(fine, 2) {
		mid := low + (high-low)/2
		step := max(1, (high-low)/1024)
		if f(mid) <= f(mid+step) {
			high = mid + step
		} else {
			low = mid
		}
		if high-low <= 2*step+2 {
			break
		}
	}
	at, value := low, f(low)
	for _, n := range []int64{low + (high-low)/2, high} {
		if v := f(n); v < value {
			at, value = n, v
		}
	}
	return at
}

// price computes what follows from the prices of x and y: what things net, and the most that a card does.
func (m *meeting) price() {
	for _, list := range [][]thing{m.loose, m.parts, m.wholes, m.cuts} {
		for i := range list {
			t := &list[i]
			t.net = t.worth - t.x*m.mx - t.y*m.my
		}
	}
	slices.SortStableFunc(m.parts, func(a, b thing) int { // by net worth for the share; products of 2⁶⁰·2⁴⁰
		return cmp.Or(product(b.net, a.share).Cmp(product(a.net, b.share)), cmp.Compare(a.id, b.id))
	})
	m.priceCuts()
	m.highest()
}

// bound is the most that contents are worth by what is charged for x and y and what cards and loose things net.
func (m *meeting) bound() int64 {
	sum := plus(m.mx*m.capX+m.my*m.capY, times(m.sigma, m.free))
	for _, t := range m.loose {
		sum = plus(sum, times(max(0, t.net), t.most))
	}
	return sum
}
