package demand

import (
	"math"
	"slices"
)

// A promise is kept when what was given a risk of u happens with a share of u. Whether it is kept is measured: at each of the
// last days the model is asked as if the later ones were not known yet, and told the risk of what then came. Those risks would be even
// between 0 and 1 (the probability integral transform: Dawid 1984). Where they are not, the share of risks at or below u is taken to
// be a power of u, and the model's risks are raised to it (recalibration: Kuleshov, Fenner and Ermon 2018, with one parameter so that
// seven days can bear it). The power is the likeliest, with all other containers of the recording as what is believed before.
const (
	pitBelow   = 0.3 // only risks up to here say something of the tail; the others count as "above"
	pitLeast   = 1e-4
	pitsMost   = 7  // days that are asked of each container
	poolWeight = 50 // days that the belief in the model as it is counts for, in the pool
	ownWeight  = 25 // days that the pool counts for, for one container
	powerLeast = 0.5
	powerMost  = 3.0
)

// told counts risks that came true.
type tally struct {
	below, logs, above float64 // how many up to pitBelow, the sum of their logarithms, how many above
	changed            float64 // how many below pitLeast: no tail, a change of level that nobody foresaw
}

func (t *tally) add(u float64) {
	if u < pitLeast {
		t.changed++
		return
	}
	if u > pitBelow {
		t.above++
		return
	}
	t.below++
	t.logs += math.Log(u)
}

// believe adds as many risks as weight says, spread as a power of even ones.
func (t *tally) believe(power, weight float64) {
	n := float64(weight * math.Pow(pitBelow, power))
	t.below += n
	t.logs += float64(n * (math.Log(pitBelow) - 1/power))
	t.above += weight - n
}

// power returns the likeliest one. The slope of the likelihood falls, so halving finds it.
func (t *tally) power() float64 {
	low, high := float64(powerLeast), float64(powerMost)
	for range 30 {
		p := (low + high) / 2
		q := math.Pow(pitBelow, p)
		if t.below/p+t.logs-float64(t.above*q*math.Log(pitBelow))/(1-q) > 0 {
			low = p
		} else {
			high = p
		}
	}
	return (low + high) / 2
}

// powers are those of a promise for one block of time and for askedBlocks of them.
type powers struct{ one, more float64 }

var even = powers{1, 1}

// askedBlocks is how many blocks ahead the longer question looks.
const askedBlocks = 4

// at returns the power for so many blocks: on a line over the logarithm of their number.
func (p powers) at(blocks float64) float64 {
	if p == even {
		return 1
	}
	return min(max(p.one+(p.more-p.one)*math.Log(max(blocks, 1))/math.Log(askedBlocks), powerLeast), powerMost)
}

// asked tells the risks of what came on each of the last days, as the model would have seen them the day before, and of what
// came in askedBlocks days.
func (m *memoryNeed) asked(one, more *tally) {
	n := len(m.hours)
	step := min(24, n/8)
	for j := 1; j <= pitsMost && step > 0; j++ {
		cut := n - j*step
		if cut < 2*step || cut < hoursLeast {
			break
		}
		past := memoryNeed{hours: m.hours[:cut], at: m.at[:cut], next: m.at[cut], days: m.days}
		past.learn()
		one.add(past.surprise(m.hours[cut : cut+step]))
		if j >= askedBlocks {
			more.add(past.surprise(m.hours[cut : cut+askedBlocks*step]))
		}
	}
}

// What has not been seen for days is believed less: no day of it was compared with another. Chosen; of the recording of one day half a
// day is then enough for promises to hold (docs/design/0003-demand.md).
const (
	doubtHours = 72
	doubtLeast = 0.5
)

// doubt is what the power of so short a history is multiplied by.
func doubt(hours int) float64 {
	return doubtLeast + float64((1-doubtLeast)*min(float64(hours)/doubtHours, 1))
}

// surprise returns the risk that the model gave to what came.
func (m *memoryNeed) surprise(came []float64) float64 {
	return m.believed(slices.Max(came)*(1-1e-9), float64(len(came)))
}

// before returns what was known before an hour, nil where that is next to nothing.
func (m *memoryNeed) before(hour int32) *memoryNeed {
	cut, _ := slices.BinarySearch(m.at, hour)
	if cut < hoursLeast {
		return nil
	}
	past := &memoryNeed{hours: m.hours[:cut], at: m.at[:cut], next: hour, days: m.days}
	past.learn()
	return past
}

// beyond returns the amount that so small a share of the days that reach another one go beyond.
func (m *memoryNeed) beyond(amount, share float64) float64 {
	risk := share * m.believed(amount, killDay)
	low, high := amount, float64(1.25*amount)+1
	for m.believed(high, killDay) > risk && high < 1e12 {
		low, high = high, float64(1.25*high)+1
	}
	for high-low > 0.001*high {
		mid := (low + high) / 2
		if m.believed(mid, killDay) > risk {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// pool is how promises to all containers of a recording have held.
type pool struct {
	powers
	rates [2]rates // of changes of level, by resource
}

// unseen is what is believed of changes where nothing is known of other containers.
var unseen = ratesOf(nil)

func (p *pool) changes(of int, own rises) changes {
	if p == nil {
		return unseen.changes(own)
	}
	return p.rates[of].changes(own)
}

func (p *pool) memory() powers {
	if p == nil {
		return even
	}
	return p.powers
}

// poolMost is how many containers a pool asks. Chosen: the power is then known to a hundredth.
const poolMost = 2000

// Calibrate measures on all states together how promises of memory have held, and tells each of them. Intake.States does so; states
// that were read back know nothing of the others until it is called.
func Calibrate(states []*State) {
	var one, more tally
	var rose [2][]rises
	every := max(1, (len(states)+poolMost-1)/poolMost)
	for i := 0; i < len(states); i += every {
		s := states[i]
		at := int64(s.newest+1) * hourMilli
		m := s.memoryHours(at)
		m.asked(&one, &more)
		m.regime = settle(m.hours, riseOfMemory)
		ofMem := m.rises()
		c := s.cpuHours(at)
		c.regime = settle(c.level(), riseOfCPU)
		rose[ofMemory] = append(rose[ofMemory], ofMem)
		rose[ofCPU] = append(rose[ofCPU], c.rises().or(ofMem))
	}
	one.believe(1, poolWeight)
	more.believe(1, poolWeight)
	all := &pool{powers: powers{one.power(), more.power()}}
	for of := range rose {
		all.rates[of] = ratesOf(rose[of])
	}
	for _, s := range states {
		s.pool = all
	}
}
