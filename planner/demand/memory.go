package demand

import "math"

const mib = 1 << 20

// memoryNeed is what is known of the memory of one container, in MiB.
type memoryNeed struct {
	hours  []float64 // most of each hour with data, oldest first
	at     []int32   // their hours
	regime regime
	blocks []float64 // most of each block of time
	width  int       // hours of a block
	tail   tail
	peak   float64 // most in the regime
	leak   float64 // MiB an hour by which it grows; 0: it does not
	last   float64
}

func (s *State) memoryNeed(at int64) memoryNeed {
	var m memoryNeed
	end := min(s.newest, hourOf(at))
	for h := max(end-hoursKept+1, s.newest-hoursKept+1, 1); h <= end; h++ {
		if code := s.memory[h%hoursKept]; code != 0 {
			m.hours = append(m.hours, decode(code, memoryBits)/mib)
			m.at = append(m.at, h)
		}
	}
	m.learn()
	return m
}

func (m *memoryNeed) learn() {
	n := len(m.hours)
	if n == 0 {
		return
	}
	m.regime = settle(m.hours)
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
	m.blocks = blocksOf(scaled, m.width)
	m.tail = fit(m.blocks)
	m.leak = leak(x[m.regime.start:])
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
	if m.leak > 0 {
		if grown := m.last + m.leak*hours; r < grown {
			return 1
		}
	}
	if r < m.last {
		return 1
	}
	return m.tail.within(r, hours/float64(m.width))
}

// leak returns by how much the level grows each hour, where it has grown steadily since its last fall.
func leak(x []float64) float64 {
	n := len(x)
	start := 0
	for i := 1; i < n; i++ {
		if x[i] < 0.85*x[i-1] {
			start = i
		}
	}
	x = x[start:]
	if n = len(x); n < 36 {
		return 0
	}
	var sx, sy, sxx, sxy, syy float64
	for i, v := range x {
		t := float64(i)
		sx, sy = sx+t, sy+v
		sxx, sxy, syy = sxx+float64(t*t), sxy+float64(t*v), syy+float64(v*v)
	}
	f := float64(n)
	cxx, cxy, cyy := sxx-sx*sx/f, sxy-sx*sy/f, syy-sy*sy/f
	if cxy <= 0 || cyy <= 0 {
		return 0
	}
	slope := cxy / cxx
	if r2 := cxy * cxy / (cxx * cyy); r2 < 0.8 || slope*f < 0.05*sy/f {
		return 0
	}
	return slope
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
