package demand

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

func TestRises(t *testing.T) {
	for name, tc := range map[string]struct {
		days        []float64 // oldest first
		count, seen int       // seen: days on which a rise would have been
		factor      float64
	}{
		"nothing changes":                                   {days: levels(20, 100), seen: 13},
		"a rise that lasts":                                 {days: levels(10, 100, 10, 150), count: 1, seen: 11, factor: 1.5},
		"two of them":                                       {days: levels(10, 100, 8, 150, 8, 300), count: 2, seen: 15, factor: math.Sqrt(3)},
		"one in the first week is not seen":                 {days: levels(5, 100, 10, 150), seen: 8},
		"a week has its quiet days":                         {days: slices.Repeat(levels(5, 100, 2, 30), 4), seen: 21},
		"a high day or two are peaks":                       {days: levels(10, 100, 2, 300, 10, 100), seen: 15},
		"what goes on growing does not change":              {days: growing(100, 30, 20), seen: 13},
		"after a fall the new level is compared with":       {days: levels(10, 100, 4, 30, 6, 60), count: 1, seen: 8, factor: 2},
		"less than 15 % is the tail's":                      {days: levels(10, 100, 10, 114), seen: 13},
		"of the last two days the hours tell: here nothing": {days: levels(18, 100, 2, 200), seen: 13},
	} {
		t.Run(name, func(t *testing.T) {
			slices.Reverse(tc.days)
			got := risesOf(tc.days, nil, regime{})
			if got.count != tc.count || got.days != tc.seen {
				t.Errorf("got %d rises in %d days, want %d in %d", got.count, got.days, tc.count, tc.seen)
			}
			if f := levelLeast * math.Exp(got.logs/float64(max(got.count, 1))); tc.count > 0 && math.Abs(f/tc.factor-1) > 1e-9 {
				t.Errorf("factor %v, want %v", f, tc.factor)
			}
		})
	}
	hours := levels(17*24, 100, 30, 200)
	got := risesOf(blocksOf(hours, 24), hours, settle(hours, riseOfMemory))
	if got.count != 1 {
		t.Errorf("a rise of yesterday: got %d, want 1", got.count)
	}
	hours = levels(14*24, 100, 70, 200)
	if got = risesOf(blocksOf(hours, 24), hours, settle(hours, riseOfMemory)); got.count != 1 {
		t.Errorf("a rise of three days ago that days and hours show: got %d, want 1", got.count)
	}
}

// TestChangesAgreeWithDrawing draws what the formulas integrate: a rate from its posterior, changes by that rate, a factor for the first. Several
// changes in one horizon are drawn too, and the first one's factor counts: so the formulas have it.
func TestChangesAgreeWithDrawing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	p := rates{containers: 9, shape: 2, days: 100, size: 0.4}
	l := p.changes(rises{days: 20, count: 1})
	const days, draws = 7.0, 400_000
	shape, scale := 3.0, 120.0             // posterior
	risk := func(amount float64) float64 { // usage is uniform up to 100
		return max(0, 1-amount/100)
	}
	none, later, after := 0.0, 0.0, 0.0
	for range draws {
		rate := 0.0
		for range int(shape) {
			rate += r.ExpFloat64() / scale
		}
		at := r.ExpFloat64() / rate
		if at > days {
			none++
		} else {
			later += (days - at) / days
		}
		after += risk(130 / (levelLeast * math.Exp(r.ExpFloat64()*p.size)))
	}
	for name, x := range map[string][2]float64{
		"none": {l.none(days), none / draws}, "later": {l.later(days), later / draws}, "after": {l.after(risk, 130), after / draws},
	} {
		if math.Abs(x[0]-x[1]) > 0.02*max(x[1], 0.1) {
			t.Errorf("%s: got %v, drawn %v", name, x[0], x[1])
		}
	}
}

func TestThePoolLearnsHowOftenLevelsRise(t *testing.T) {
	calm := slices.Repeat([]rises{{days: 30}}, 90)
	some := slices.Concat(calm, slices.Repeat([]rises{{days: 30, count: 2, logs: 1}}, 10))
	even := slices.Repeat([]rises{{days: 300, count: 2, logs: 1}}, 100)
	if a, b := ratesOf(calm), ratesOf(some); !(b.shape/b.days > 5*a.shape/a.days) || b.changed != 10 {
		t.Errorf("rates: %v of calm ones, %v of some that rise", a, b)
	}
	if a, b := ratesOf(some), ratesOf(even); !(b.shape > 4*a.shape) {
		t.Errorf("shapes: %v where few have all changes, %v where all have as many", a.shape, b.shape)
	}
	once, calmest := ratesOf(some), ratesOf(some)
	one, other := once.changes(rises{days: 30, count: 2}), calmest.changes(rises{days: 30})
	if a, b := 1-one.none(7), 1-other.none(7); !(a > 8*b) {
		t.Errorf("who rose twice has %v in a week, who never did %v", a, b)
	}
}

// TestTheRiskToldHasChangesOfLevel: targets stay as they are, whatever others do; what is told does not.
func TestTheRiskToldHasChangesOfLevel(t *testing.T) {
	of := func(others []rises, cover planner.Cover, resource string) planner.Target {
		s := told{hours: levels(336, 1000)}.states(t, 0.01)
		r := ratesOf(others)
		s.pool = &pool{powers: even, rates: [2]rates{r, r}}
		c := planner.DefaultPolicy().Classes[0]
		c.HorizonDays, c.Cover = 7, cover
		return Aim(s, resource, 3000, c, after(336))
	}
	calm := slices.Repeat([]rises{{days: 1000}}, 50)
	wild := slices.Repeat([]rises{{days: 30, count: 1, logs: 0.02}}, 50)
	for _, resource := range []string{CPU, Memory} {
		a, b, covered := of(calm, planner.CoverUsual, resource), of(wild, planner.CoverUsual, resource), of(wild, planner.CoverLevels, resource)
		if a.Target != b.Target || a.Floor != b.Floor || a.Ceiling != b.Ceiling {
			t.Errorf("%s: targets changed: %d, %d, %d and %d, %d, %d", resource, a.Floor, a.Target, a.Ceiling, b.Floor, b.Target, b.Ceiling)
		}
		if x, y := a.Curve.At(a.Target), b.Curve.At(b.Target); x > 11_000 || y < 50_000 || b.Evidence.LevelRisk < y-11_000 || b.Evidence.LevelRisk >= y {
			t.Errorf("%s: told %d among the calm, %d among the wild, of which levels %d", resource, x, y, b.Evidence.LevelRisk)
		}
		for i := range b.Curve[1:] {
			if b.Curve[i+1].Risk > b.Curve[i].Risk || b.Curve[i+1].Request <= b.Curve[i].Request {
				t.Errorf("%s: the curve does not fall at %v", resource, b.Curve[i+1])
			}
		}
		if says := strings.Join(b.Evidence.Says, "; "); !strings.Contains(says, "changes of level, which nobody foresees: in the recording 50 of 50 containers rose for good by 15 % or more, 50 times in 1500 container-days; this one not once in 7 days") ||
			!strings.Contains(says, "cover: levels in the policy asks for more") {
			t.Errorf("%s: it says %s", resource, says)
		}
		if covered.Target <= b.Target || covered.Curve.At(covered.Target) > 10_000 {
			t.Errorf("%s: covered at %d, at a risk of %d; without %d", resource, covered.Target, covered.Curve.At(covered.Target), b.Target)
		}
		if says := strings.Join(covered.Evidence.Says, "; "); strings.Contains(says, "cover: levels") {
			t.Errorf("%s: it asks for what it has: %s", resource, says)
		}
	}
	far := of(slices.Repeat([]rises{{days: 30, count: 1, logs: 3}}, 50), planner.CoverLevels, Memory)
	if says := strings.Join(far.Evidence.Says, "; "); far.Curve.At(far.Target) <= 10_000 || far.Target > 2100 || !strings.Contains(says, "the accepted risk would take more") {
		t.Errorf("no further than one can see: %d at %d: %s", far.Target, far.Curve.At(far.Target), says)
	}
}

// TestCPUCountsWhatMemoryShowed: as many changes as either has, and the factors of its own where it has them.
func TestCPUCountsWhatMemoryShowed(t *testing.T) {
	for name, tc := range map[string]struct{ cpu, memory, want rises }{
		"memory has more":  {rises{7, 1, 0.5}, rises{28, 3, 0.6}, rises{28, 3, 0.9}},
		"memory has fewer": {rises{7, 2, 0.5}, rises{28, 1, 0.6}, rises{28, 2, 0.5}},
		"neither has any":  {rises{days: 7}, rises{}, rises{days: 7}},
	} {
		if got := tc.cpu.or(tc.memory); got.days != tc.want.days || got.count != tc.want.count || math.Abs(got.logs-tc.want.logs) > 1e-12 {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

// TestWhatIsExpectedOfCPUIsBetween: a target is cautious by a code, and what is told is neither that nor what the past alone says.
func TestWhatIsExpectedOfCPUIsBetween(t *testing.T) {
	x := families["daily"](rand.New(rand.NewPCG(3, 3)), 14*perDay)
	in := NewIntake(Options{})
	in.Add(sampled(usage.CPU, x.cpu, 0, len(x.cpu)))
	c := in.States()[0].cpuNeed(start+14*24*hourMilli, 24*28)
	for _, risk := range []float64{0.1, 0.05, 0.01} {
		r := c.least(risk)
		bare := c.risk(r * (1 + codeMiddle))
		if got := c.expected(r); !(got > bare) || !(got < c.risk(r)+bare*surplusMost) || got-bare > 1.0/float64(len(c.hours)) {
			t.Errorf("at %v: expected %v, cautious %v, of the middle of a code %v", r, got, c.risk(r), bare)
		}
	}
	if far := c.expected(3 * c.peak); far > 1e-3 {
		t.Errorf("far above all that was seen: %v", far)
	}
}
