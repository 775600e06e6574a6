package demand

import (
	"math"
	"slices"
)

const mib = 1 << 20

// memoryNeed is what is known of the memory of one container, in MiB.
type memoryNeed struct {
	seen   []float64 // most of each hour with data, oldest first
	hours  []float64 // the same; where a container was killed, what it may have wanted
	at     []int32   // their hours
	regime regime
	days   []float64 // most of each day before those, newest first
	width  int       // hours of a block
	tail   tail
	peak   float64 // most in the regime
	leak   float64 // MiB an hour by which it grows
	lives  tail    // of the most of each life that ended, and of this one so far
	life   float64 // mean hours of those
	flat   tail    // of the blocks since it began to grow, without the growth
	ramp   float64 // hours for which it will go on
	power  powers  // how the promise has held: see calibrate.go
	last   float64
	shared float64 // of the pods are above a level when the worst is
	next   int32   // the hour that is asked for
	season map[float64]*season
}

func (s *State) memoryNeed(at int64) memoryNeed {
	m := s.memoryHours(at)
	m.next = hourOf(at) + 1
	m.learn()
	if m.censored(s.killHours[:]) {
		m.learn()
	}
	pool := s.pool.memory()
	var one, more tally
	m.asked(&one, &more)
	one.believe(pool.one, ownWeight)
	power := one.power() * doubt(len(m.hours))
	m.power = powers{one: power, more: pool.more * power / pool.one}
	return m
}

// censored lifts the hours in which a container was killed: its usage ends where the limit was. Above a level, excesses are exponential
// with a mean that is known from the others, and so is what is missing; killLift is the least.
func (m *memoryNeed) censored(kills []int32) (found bool) {
	lift := killLift
	if len(m.tail.sorted) > 0 {
		lift = max(killLift, m.tail.mean/m.tail.from)
	}
	for _, k := range kills {
		if i, ok := slices.BinarySearch(m.at, k); ok {
			m.hours[i] *= 1 + lift
			found = true
		}
	}
	return found
}

func (s *State) memoryHours(at int64) (m memoryNeed) {
	m.shared = 1
	if s.shared != 0 {
		m.shared = float64(s.shared) / 255
	}
	end := min(s.newest, hourOf(at))
	for h := max(end-hoursKept+1, s.newest-hoursKept+1, 1); h <= end; h++ {
		if code := s.memory[h%hoursKept]; code != 0 {
			m.seen = append(m.seen, decode(code, memoryBits)/mib)
			m.at = append(m.at, h)
		}
	}
	if len(m.at) == 0 {
		return m
	}
	m.hours = slices.Clone(m.seen)
	for d := m.at[0]/24 - 1; d > s.newest/24-daysKept && d >= 0; d-- {
		m.days = append(m.days, decode(s.days[d%daysKept], memoryBits)/mib)
	}
	return m
}

// olderRun days in a row above what the two weeks reached are another level, and end what the days before can tell. Chosen.
const olderRun = 3

// older returns the most of each day before the two weeks, as far back as the level was that of now. A high day or two were peaks, and
// are not forgotten.
func (m *memoryNeed) older() []float64 {
	if m.regime.start > 0 || m.width < 24 {
		return nil
	}
	run, known := 0, 0
	var days []float64
	for _, v := range m.days {
		if v == 0 {
			continue
		}
		days = append(days, v)
		if run++; v <= m.peak/fallMost {
			run, known = 0, len(days)
		} else if run < olderRun {
			known = len(days)
		} else {
			return days[:max(known-olderRun+1, 0)]
		}
	}
	return days
}

func (m *memoryNeed) learn() {
	n := len(m.hours)
	if n == 0 {
		return
	}
	m.regime = settle(m.hours, riseOfMemory)
	m.last = m.hours[n-1]
	x := m.hours
	scaled := x
	if m.regime.start > 0 {
		scaled = rescaled(x, m.regime.start)
	}
	for _, v := range x[m.regime.start:] {
		m.peak = max(m.peak, v)
	}
	m.width = min(24, max(1, len(scaled)/7))
	m.tail = fit(append(blocksOf(scaled, m.width), m.older()...))
	var flat []float64
	if m.leak, m.ramp, flat = leak(x[m.regime.start:]); m.leak > 0 {
		m.flat = fit(blocksOf(flat, m.width))
		peaks := lives(x[m.regime.start:])
		m.lives, m.life = fit(peaks), float64(len(x)-m.regime.start)/float64(len(peaks))
	}
	m.power = even
}

// rescaled brings what came before a change to the level after it, where what came after is short: what is known of
// the shape of a load is worth more than nothing.
func rescaled(x []float64, start int) []float64 {
	after := len(x) - start
	before := max(0, min(start, weekHours-after))
	if before == 0 {
		return x[start:]
	}
	ratio := median(x[start:]) / median(x[start-before:start])
	out := make([]float64, 0, before+after)
	for _, v := range x[start-before : start] {
		out = append(out, v*ratio)
	}
	return append(out, x[start:]...)
}

// risk returns the probability that one pod goes above an amount within so many hours.
func (m *memoryNeed) risk(r, hours float64) float64 {
	if n := len(m.tail.sorted); n == 0 || r < m.tail.sorted[n-1] {
		return 1 // every pod is above
	}
	return m.shared * math.Pow(m.believed(r, hours), m.power.at(hours/float64(m.width)))
}

// believed is the risk before it is measured how such beliefs have held.
func (m *memoryNeed) believed(r, hours float64) float64 {
	if m.leak > 0 {
		grown := float64(m.leak * min(hours, m.ramp))
		if r < m.last+grown {
			return 1
		}
		if len(m.lives.sorted) >= livesLeast && hours > m.ramp {
			return m.lives.within(r, hours/m.life)
		}
		if hours <= m.ramp { // no restart is to be expected before, and none would do harm
			return m.flat.within(r-grown, max(1, hours/float64(m.width)))
		}
	}
	if r < m.last {
		return 1
	}
	if ahead := m.ahead(hours); ahead != nil {
		return ahead.within(r, hours)
	}
	return m.tail.within(r, hours/float64(m.width))
}

// ahead returns what the season says of so many hours ahead, nil where it says nothing.
func (m *memoryNeed) ahead(hours float64) *season {
	if m.season == nil {
		m.season = map[float64]*season{}
	}
	s, known := m.season[hours]
	if !known {
		if f, ok := foresee(m.hours, m.at, m.next, hours); ok && m.regime.start == 0 && m.leak == 0 {
			f.tail = fit(f.blocks)
			s = &f
		} else if f, ok := wander(m.hours[m.regime.start:], m.at[m.regime.start:], m.next, hours); ok && f.level*f.tail.rare() < m.tail.rare() {
			s = &f
		}
		m.season[hours] = s
	}
	return s
}

// Leaks. All chosen.
const (
	leakFall   = 0.85 // of the hour before: less is a restart
	leakHours  = 36   // of growth, before it is believed: longer than a day's rise
	leakFit    = 0.8  // least share of the variance that a line explains
	leakLeast  = 0.05 // of the mean that it must have grown by
	livesLeast = 4    // that have ended, or are going on, before they say how high lives get
	leakLife   = 1.25 // of the longest life before: how long the next may be
)

// lives returns the most between falls.
func lives(x []float64) []float64 {
	peaks := []float64{0}
	for i, v := range x {
		if i > 0 && v < leakFall*x[i-1] {
			peaks = append(peaks, 0)
		}
		peaks[len(peaks)-1] = max(peaks[len(peaks)-1], v)
	}
	return peaks
}

// leak returns by how much the level grows each hour, where it has grown steadily since its last fall, and for how many more hours it
// is expected to: as long as the longest of the lives before, and a quarter more; without end where there was none. flat is the
// history since, brought to the level of now.
func leak(x []float64) (slope, hours float64, flat []float64) {
	start, longest := 0, 0
	for i := 1; i < len(x); i++ {
		if x[i] < leakFall*x[i-1] {
			longest, start = max(longest, i-start), i
		}
	}
	x = x[start:]
	n := len(x)
	if n < leakHours {
		return 0, 0, nil
	}
	var sx, sy, sxx, sxy, syy float64
	for i, v := range x {
		t := float64(i)
		sx, sy = sx+t, sy+v
		sxx, sxy, syy = sxx+float64(t*t), sxy+float64(t*v), syy+float64(v*v)
	}
	f := float64(n)
	cxx, cxy, cyy := sxx-float64(sx*sx)/f, sxy-float64(sx*sy)/f, syy-float64(sy*sy)/f
	if cxy <= 0 || cyy <= 0 || cxy*cxy < leakFit*cxx*cyy {
		return 0, 0, nil
	}
	if slope = cxy / cxx; slope*f < leakLeast*sy/f {
		return 0, 0, nil
	}
	for i, v := range x {
		flat = append(flat, v+float64(slope*float64(n-1-i)))
	}
	if longest == 0 {
		return slope, math.Inf(1), flat
	}
	return slope, max(float64(leakLife*float64(longest))-f, (leakLife-1)*f), flat
}

func median(x []float64) float64 {
	s := sorted(x)
	if len(s) == 0 {
		return math.NaN()
	}
	return s[len(s)/2]
}

// least returns the smallest amount whose risk is at most the given one, to a thousandth.
func (m *memoryNeed) least(risk, hours float64) float64 {
	low, high := 0.0, m.peak
	for m.risk(high, hours) > risk && high < 1e12 {
		low, high = high, 2*high+1
	}
	for high-low > 0.001*high {
		mid := (low + high) / 2
		if m.risk(mid, hours) > risk {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
