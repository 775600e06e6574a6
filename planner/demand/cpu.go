package demand

import (
	"math"
	"slices"
)

const codeRange = 256

// cpuNeed is what is known of the CPU of one container. Amounts are codes above base.
type cpuNeed struct {
	base   uint16
	hours  [][cpuLevels]uint8
	at     []int32
	regime regime
	over   [codeRange]float64 // share of time above each code, in the regime
	tail   tail               // of the most of blocks of time, milli-CPU
	width  int                // hours of a block
	peak   float64
	season bool // only the hours of the week that are ahead count
	above  func([cpuLevels]uint8, int) float64
}

func (s *State) above() func([cpuLevels]uint8, int) float64 {
	if s.pods > 1 {
		return aboveMixed
	}
	return aboveCode
}

func (s *State) cpuNeed(at int64, hours float64) cpuNeed {
	c := s.cpuHours(at)
	c.learn(hourOf(at)+1, hours)
	return c
}

func (s *State) cpuHours(at int64) cpuNeed {
	c := cpuNeed{base: s.base, above: s.above()}
	end := min(s.newest, hourOf(at))
	for h := max(end-hoursKept+1, s.newest-hoursKept+1, 1); h <= end; h++ {
		if cell := s.cpu[h%hoursKept]; cell[cpuLevels-1] != 0 {
			c.hours = append(c.hours, cell)
			c.at = append(c.at, h)
		}
	}
	return c
}

// level is what a sixth of each hour is above.
func (c *cpuNeed) level() []float64 {
	level := make([]float64, len(c.hours))
	for i, h := range c.hours {
		level[i] = c.value(h[1])
	}
	return level
}

func (c *cpuNeed) value(b uint8) float64 {
	if b == 0 {
		return 0
	}
	return decode(c.base+uint16(b), cpuBits)
}

func (c *cpuNeed) learn(next int32, hours float64) {
	if len(c.hours) == 0 {
		return
	}
	level := c.level()
	c.regime = settle(level, riseOfCPU)
	most := make([]float64, 0, len(c.hours))
	for _, h := range c.hours[c.regime.start:] {
		most = append(most, c.value(h[0]))
		c.peak = max(c.peak, c.value(h[0]))
	}
	counts, at := c.hours[c.regime.start:], c.at[c.regime.start:]
	if c.regime.start == 0 {
		if _, c.season = foresee(level, at, next, hours); c.season {
			counts, at = sameHours(counts, at, next, hours)
			most, c.peak = most[:0], 0
			for _, h := range counts {
				most = append(most, c.value(h[0]))
				c.peak = max(c.peak, c.value(h[0]))
			}
		}
	}
	c.over = share(counts, at, c.above)
	c.width = min(24, max(1, len(most)/7))
	c.tail = fit(blocksOf(most, c.width))
}

// sameHours keeps the hours of the week that lie ahead, and one on either side.
func sameHours(hours [][cpuLevels]uint8, at []int32, next int32, ahead float64) (same [][cpuLevels]uint8, when []int32) {
	for i, h := range at {
		since := (h - (next - 1)) % 168
		if since < 0 {
			since += 168
		}
		if float64(since) < ahead+2 {
			same, when = append(same, hours[i]), append(when, h)
		}
	}
	return same, when
}

// share returns for each code which share of time usage is above it. Hours of the week that were seen more often than others
// count less each time, so that a window of nine days does not believe in two Mondays a week.
func share(hours [][cpuLevels]uint8, at []int32, above func([cpuLevels]uint8, int) float64) (over [codeRange]float64) {
	var seen [168]float64
	for _, h := range at {
		seen[h%168]++
	}
	whole := len(hours) >= 168
	total := 0.0
	for i, h := range hours {
		w := 1.0
		if whole {
			w = 1 / seen[at[i]%168]
		}
		total += w
		spread(&over, h, w, above)
	}
	for b := range over {
		over[b] /= total
	}
	return over
}

// spread adds the share of one hour that lies above each code.
func spread(over *[codeRange]float64, h [cpuLevels]uint8, w float64, above func([cpuLevels]uint8, int) float64) {
	for b := range int(h[0]) {
		over[b] += float64(w * above(h, b))
	}
}

// aboveCode returns the share of an hour in which usage is above a code: half of it is above the lowest level and a sixth above the
// middle one. Between levels the share falls evenly over the codes, and half a sample of twelve is added, because shares of samples
// fall in steps; below the lowest level all is counted.
func aboveCode(h [cpuLevels]uint8, b int) float64 {
	const halfSample = 1.0 / 24
	most, sixth, half := int(h[0]), int(h[1]), int(h[2])
	switch {
	case b < half:
		return 1
	case b < sixth:
		return halfSample + 1.0/2 - float64((1.0/2-1.0/6)*float64(b-half))/float64(sixth-half)
	case b < most:
		return halfSample + float64(1.0/6*(1-float64(b-sixth)/float64(most-sixth)))
	}
	return 0
}

// aboveMixed is aboveCode for the hour of several pods: there are more samples, so that the half of one is less, and the most of all of
// them is further out, so that the share falls as a square to it.
func aboveMixed(h [cpuLevels]uint8, b int) float64 {
	most, sixth := int(h[0]), int(h[1])
	if b < sixth || b >= most {
		return aboveCode(h, b)
	}
	left := 1 - float64(b-sixth)/float64(most-sixth)
	return 1.0/96 + float64(1.0/6*left*left)
}

// risk returns the expected share of time above an amount.
func (c *cpuNeed) risk(r float64) float64 {
	code := c.code(r)
	beyond := c.tail.above(r) / float64(c.width*12)
	switch {
	case code < 0:
		return 1
	case code >= codeRange:
		return min(1, beyond)
	}
	if r >= c.peak {
		return min(1, beyond)
	}
	low, high, next := decode(c.base+uint16(code), cpuBits), decode(c.base+uint16(code)+1, cpuBits), 0.0
	if code+1 < codeRange {
		next = c.over[code+1]
	}
	share := c.over[code] + (next-c.over[code])*(r-low)/(high-low)
	return max(share, min(beyond, 1.0/12/float64(len(c.hours)+1)))
}

// What is told of CPU is expected, where a target is cautious. A code stands for the upper end of what it covers, which is half a code above its
// middle. And the past says less of what it was often above than it seems to: each hour counts as one (Laplace's rule of succession),
// up to a share of the risk. The share is chosen, on simulations/loads, seeds 1 to 5.
const (
	codeMiddle  = 1.0 / (1 << (cpuBits + 1))
	surplusMost = 1.0 / 3
)

// expected returns the share of time above an amount that is to be expected.
func (c *cpuNeed) expected(r float64) float64 {
	share := c.risk(r * (1 + codeMiddle))
	return share + min(1/float64(len(c.hours)-c.regime.start+1), share*surplusMost)
}

func (c *cpuNeed) least(risk float64) float64 {
	low, high := 0.0, c.peak
	for c.risk(high) > risk && high < 1e12 {
		low, high = high, float64(1.1*high)+1
	}
	for high-low > 0.002*high {
		mid := (low + high) / 2
		if c.risk(mid) > risk {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// blocksOf cuts hours, oldest first, into blocks from the newest on, and returns the most of each. A block at the old end that is less
// than half is left out.
func blocksOf(x []float64, width int) []float64 {
	var blocks []float64
	for i := len(x); i > 0; i -= width {
		j := max(0, i-width)
		if i-j < (width+1)/2 {
			break
		}
		blocks = append(blocks, slices.Max(x[j:i]))
	}
	return blocks
}

func sorted(x []float64) []float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return s
}

// underrun returns in which share of the time in the window usage was above an amount, in millionths.
func (s *State) underrun(at int64, r float64) int64 {
	c := cpuNeed{base: s.base}
	end := min(s.newest, hourOf(at))
	over, total := [codeRange]float64{}, 0.0
	for h := max(end-hoursKept+1, s.newest-hoursKept+1, 1); h <= end; h++ {
		if cell := s.cpu[h%hoursKept]; cell[cpuLevels-1] != 0 {
			spread(&over, cell, 1, s.above())
			total++
		}
	}
	code := c.code(r)
	switch {
	case total == 0 || code >= codeRange:
		return 0
	case code < 0:
		return 1_000_000
	}
	return int64(math.Ceil(1e6 * over[uint8(code)] / total))
}

// code returns the highest code above base that stands for no more than an amount; negative where there is none.
func (c *cpuNeed) code(r float64) int {
	code := encode(r, cpuBits)
	if decode(code, cpuBits) > r {
		code--
	}
	return int(code) - int(c.base)
}
