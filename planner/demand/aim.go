package demand

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// The resources that Aim knows.
const (
	CPU    = "cpu"
	Memory = "memory"
)

// When nothing can be said. All chosen.
const (
	samplesLeast  = 100
	hoursLeast    = 3
	completeLeast = 0.5  // of the samples that the pods would have given without gaps
	faultsMost    = 0.05 // of all samples, as usage.Doubt has it
	silentMost    = 8 * 24 * time.Hour
)

// nominal are the risks that a curve has points for, in millionths, beside those that the policy accepts.
var nominal = []int64{500_000, 300_000, 200_000, 150_000, 100_000, 70_000, 50_000, 30_000, 20_000, 15_000, 10_000, 7_000, 5_000, 3_000, 2_000, 1_500, 1_000, 500, 200, 100, 20, 1}

// need is what both resources can tell: risks of amounts in milli-CPU or MiB.
type need struct {
	state    *State
	resource string
	class    planner.Class
	now      int64
	at       time.Time
	accepted planner.Accepted
	risk     func(amount float64) float64 // without changes of level
	expected func(amount float64) float64 // the same without the caution that targets have
	levels   changes
	peak     float64                      // in the regime
	floor    float64                      // no target is below, whatever the risk says
	far      float64                      // no target is above, whatever the risk says, but for the floor: see reach
	hours    []float64                    // level of each hour with data, oldest first
	most     []float64                    // most of each hour
	when     []int32                      // the hours
	before   func(hour int32) *memoryNeed // what was known of memory before an hour; nil: next to nothing
	regime   regime
	tail     tail
	leak     float64
	shape    string // of the pattern
	ahead    string // why the hours ahead are told from others than all
	says     []string
}

// Aim says what a container should ask for of one resource, "cpu" or "memory", at an instant: now is the request of
// today in milli-CPU or MiB (0: none). What was measured after the instant does not count. Where nothing can be said the Target
// holds what is asked for now, and why.
func Aim(s *State, resource string, now int64, c planner.Class, at time.Time) planner.Target {
	t := planner.Target{Resource: resource, Class: c.Name, Now: now, Floor: now, Target: now, Ceiling: now}
	if s == nil {
		t.Unknown = "there are no samples"
		return t
	}
	t.Workload, t.Container = s.name.Owner(), s.name.Container
	n := need{state: s, resource: resource, class: c, now: now, at: at}
	switch resource {
	case CPU:
		n.ofCPU()
	case Memory:
		n.ofMemory()
	default:
		t.Unknown = fmt.Sprintf("%q is no resource that usage is known of", resource)
		return t
	}
	t.Evidence = n.evidence()
	if t.Unknown = n.unknown(t.Evidence); t.Unknown != "" {
		return t
	}
	n.told()
	plain := n.curve(n.risk)
	asked := plain
	if t.Curve = n.withLevels(plain); c.Cover == planner.CoverLevels {
		asked = n.curve(func(amount float64) float64 { return n.total(amount, n.expected(amount)) })
		t.Curve = asked
	}
	t.Floor, t.Target, t.Ceiling = n.least(asked, n.accepted.Floor), n.least(asked, n.accepted.Target), n.least(asked, n.accepted.Ceiling)
	t.Target = max(t.Target, t.Floor)
	t.Ceiling = max(t.Ceiling, t.Target)
	n.judge(&t, plain)
	return t
}

func (n *need) ofCPU() {
	c := n.state.cpuNeed(n.at.UnixMilli(), float64(24*horizonDays(n.class)))
	n.accepted, n.risk, n.peak, n.regime, n.tail, n.when = n.class.CPU, c.risk, c.peak, c.regime, c.tail, c.at
	if c.season {
		n.ahead = "the two weeks before are alike hour by hour: only the hours of the week that lie ahead count"
	}
	m := n.state.memoryHours(n.at.UnixMilli())
	m.regime = settle(m.hours, riseOfMemory)
	n.levels, n.expected = n.state.pool.changes(ofCPU, c.rises().or(m.rises())), c.expected
	n.far = reach(&c.tail, len(c.hours), c.peak, 0)
	for _, h := range c.hours {
		n.hours = append(n.hours, c.value(h[1]))
		n.most = append(n.most, c.value(h[0]))
	}
}

func (n *need) ofMemory() {
	m := n.state.memoryNeed(n.at.UnixMilli())
	n.accepted, n.peak, n.regime, n.tail, n.when, n.leak = n.class.Memory, m.peak, m.regime, m.tail, m.at, m.leak
	n.hours, n.most = m.seen, m.seen
	if a := m.ahead(float64(24 * horizonDays(n.class))); a != nil {
		n.ahead = "the two weeks before are alike hour by hour: only the hours of the week that lie ahead count"
		if a.once {
			n.ahead = "how far usage gets from where it is now says more than how high it has been"
		}
	}
	hours := float64(24 * horizonDays(n.class))
	n.before = m.before
	n.levels = n.state.pool.changes(ofMemory, m.rises())
	n.far = reach(&m.tail, len(m.hours), m.peak, float64(m.leak*min(hours, m.ramp)))
	n.risk = func(r float64) float64 { return m.risk(r, hours) }
	n.expected = n.risk
}

// horizonDays is at most a hundred years.
func horizonDays(c planner.Class) int64 { return min(cmp.Or(max(c.HorizonDays, 0), 28), 36_500) }

// unknown says why nothing can be said, "" where something can.
func (n *need) unknown(e planner.Evidence) string {
	of := ofCPU
	if n.resource == Memory {
		of = ofMemory
	}
	samples, s := int64(n.state.samples[of]), n.state
	switch {
	case s.condemned>>of&1 != 0:
		return "a series is in another unit than it claims, or cannot be believed for another reason"
	case len(n.hours) == 0 && samples > 0:
		return "no samples lie within the two weeks before"
	case samples < samplesLeast:
		return fmt.Sprintf("%d samples, fewer than %d", samples, samplesLeast)
	case int64(s.faults) > int64(faultsMost*float64(samples+int64(s.faults))):
		return fmt.Sprintf("%d samples cannot be true, beside %d that can: more than 5 %%", s.faults, samples)
	case len(n.hours) < hoursLeast:
		return fmt.Sprintf("%d hours with samples, fewer than %d", len(n.hours), hoursLeast)
	case float64(samples) < completeLeast*float64(e.Expected):
		return fmt.Sprintf("%d samples of %d that there should be: less than half", samples, e.Expected)
	case n.at.Sub(hourEnd(n.when[len(n.when)-1])) > silentMost:
		return "the newest sample is from " + hourEnd(n.when[len(n.when)-1]).Format("2006-01-02 15h")
	}
	return ""
}

func hourEnd(h int32) time.Time { return time.UnixMilli(int64(h+1) * hourMilli).UTC() }

func hourStart(h int32) time.Time { return time.UnixMilli(int64(h) * hourMilli).UTC() }

// total is the risk of an amount with that of changes of level, from the one without.
func (n *need) total(amount, without float64) float64 {
	days, after := float64(horizonDays(n.class)), n.levels.after(n.risk, amount)
	if n.resource == CPU {
		return without + float64(n.levels.later(days)*max(after-without, 0))
	}
	return 1 - float64((1-without)*(1-float64((1-n.levels.none(days))*after)))
}

// withLevels is the curve that is told: the same requests, with the risk of changes of level.
func (n *need) withLevels(plain planner.Curve) planner.Curve {
	told := slices.Clone(plain)
	for i, p := range plain {
		amount := float64(p.Request)
		told[i].Risk = millionths(n.total(amount, min(float64(p.Risk)/1e6, n.expected(amount))))
		if i > 0 {
			told[i].Risk = min(told[i].Risk, told[i-1].Risk)
		}
	}
	return told
}

func millionths(risk float64) int64 { return min(max(1, int64(math.Ceil(1e6*risk))), 1_000_000) }

// curve has a point for each nominal and each accepted risk.
func (n *need) curve(of func(float64) float64) planner.Curve {
	risks := append(slices.Clone(nominal), n.accepted.Floor, n.accepted.Target, n.accepted.Ceiling)
	slices.SortFunc(risks, func(a, b int64) int { return cmp.Compare(b, a) })
	var curve planner.Curve
	for _, risk := range slices.Compact(risks) {
		amount := int64(math.Ceil(n.solve(of, float64(max(risk, 1))/1e6)))
		amount = max(amount, int64(math.Ceil(n.floor)), 1)
		p := planner.CurvePoint{Request: amount, Risk: millionths(of(float64(amount)))}
		if float64(amount) < n.far {
			p.Risk = min(p.Risk, risk)
		}
		if k := len(curve); k > 0 {
			p.Risk = min(p.Risk, curve[k-1].Risk)
			if curve[k-1].Request == p.Request {
				curve[k-1] = p
				continue
			}
		}
		curve = append(curve, p)
	}
	return curve
}

// solve returns the smallest amount whose risk is at most the given one, to a thousandth; far where that has more.
func (n *need) solve(of func(float64) float64, risk float64) float64 {
	low, high := 0.0, max(n.peak, 1)
	for of(high) > risk && high < n.far {
		low, high = high, min(float64(1.25*high)+1, n.far)
	}
	for high-low > 0.0005*high {
		mid := (low + high) / 2
		if of(mid) > risk {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// No target is above so many times the most that was ever seen, or so much further up than that is above the middle, whichever is more.
// farTimes counts where a week or more is known; of less, by the root of how much less, it is more. Chosen: two weeks cannot tell what
// lies beyond, and a tail of few blocks, believed at one in a million, asks for more than nodes have.
const (
	farTimes = 2
	farHours = 168
)

// reach returns the most that may be asked for by blocks, of so many hours: what a leak adds comes on top.
func reach(t *tail, hours int, peak, grown float64) float64 {
	middle := peak
	if k := len(t.sorted); k > 0 {
		peak, middle = max(peak, t.sorted[0]), t.sorted[k/2]
	}
	times := farTimes * math.Sqrt(max(1, farHours/float64(max(hours, 1))))
	return peak + max(float64((times-1)*peak), float64(times*(peak-middle))) + grown
}

func (n *need) least(c planner.Curve, risk int64) int64 {
	if r, ok := c.Least(max(risk, 1)); ok {
		return r
	}
	return c[len(c)-1].Request
}

// settleMost is by how much a request may be above its target, in percent, before it is brought down. Chosen.
const settleMost = 10

// Settle returns what to ask for: the target, or what is asked for now where that is no less and at most settleMost percent more. A
// change restarts pods or at least moves them between nodes, and so little is not worth it. A request below its target is at a risk
// that nobody accepted, and goes up at once, however little.
func Settle(t planner.Target) int64 {
	if t.Now >= t.Target && t.Now-t.Target <= t.Target/100*settleMost+t.Target%100*settleMost/100 {
		return t.Now
	}
	return t.Target
}
