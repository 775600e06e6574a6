package demand

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// told is what a story tells of one pod, hour by hour: MiB and milli-CPU with a little noise.
type told struct {
	hours []float64
	rare  map[usage.Metric]map[int]float64 // by hour
}

func (d told) states(t *testing.T, noise float64) *State {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	in := NewIntake(Options{})
	x := make([]float64, 12*len(d.hours))
	for i := range x {
		x[i] = d.hours[i/12] * (1 + noise*(2*r.Float64()-1))
	}
	in.Add(sampled(usage.CPU, x, 0, len(x)))
	for i := range x {
		x[i] *= mib
	}
	in.Add(sampled(usage.Memory, x, 0, len(x)))
	for m, at := range d.rare {
		s := usage.Series{Key: usage.Key{Namespace: "n", Pod: "p", Container: "c"}, Metric: m}
		for h, v := range at {
			s.Samples = append(s.Samples, usage.Sample{At: start + int64(h+1)*hourMilli, Value: v})
		}
		slices.SortFunc(s.Samples, func(a, b usage.Sample) int { return int((a.At - b.At) / 1000) })
		in.Add(s)
	}
	return in.States()[0]
}

func after(hours int) time.Time { return time.UnixMilli(start + int64(hours)*hourMilli) }

func levels(spans ...float64) (hours []float64) { // length, level, length, level …
	for i := 0; i < len(spans); i += 2 {
		for range int(spans[i]) {
			hours = append(hours, spans[i+1])
		}
	}
	return hours
}

// weekends is a week of five days at one level with a daily hill, and two at another.
func weekends(weeks int, low, high float64) (hours []float64) {
	for h := range weeks * 168 {
		v := high * (1 + 0.2*math.Sin(float64(h)*2*math.Pi/24))
		if h%168 >= 120 {
			v = low
		}
		hours = append(hours, v)
	}
	return hours
}

func growing(from, perHour float64, hours int) (x []float64) {
	for h := range hours {
		x = append(x, from+perHour*float64(h))
	}
	return x
}

func TestStories(t *testing.T) {
	for name, tc := range map[string]struct {
		hours       []float64
		rare        map[usage.Metric]map[int]float64
		resource    string
		now         int64
		days        int64 // horizon
		least, most int64 // of the target
		says        string
		pattern     string
	}{
		"a level needs little more than it has": {
			hours: levels(336, 1000), resource: Memory, least: 1011, most: 1080, pattern: "steady"},
		"a peak of four hours once a week is not forgotten before the next": {
			hours: levels(80, 1000, 4, 3000, 164, 1000, 4, 3000, 84, 1000), resource: Memory, least: 3000, most: 6000, says: "stand apart"},
		"an hour a day is more than one per cent of the time": {
			hours: slices.Repeat(levels(20, 1000, 1, 4000, 3, 1000), 14), resource: CPU, least: 3900, most: 4400},
		"four hours a week as well": {
			hours: slices.Repeat(levels(80, 1000, 4, 4000, 84, 1000), 2), resource: CPU, least: 3900, most: 4400},
		"the hours of a weekly peak are told": {
			hours: slices.Repeat(levels(80, 1000, 8, 4000, 80, 1000), 2), resource: CPU, least: 3900, most: 4400, says: "weekly pattern: highest Thursday 08–16h UTC", pattern: "weekly"},
		"those of a daily one too": {
			hours: slices.Repeat(levels(20, 1000, 3, 4000, 1, 1000), 14), resource: CPU, least: 3900, most: 4400, says: "daily pattern: highest 20–23h UTC", pattern: "daily"},
		"a target that need not last a week follows the week": {
			hours: slices.Repeat(levels(80, 1000, 8, 4000, 80, 1000), 2), resource: Memory, days: 1, least: 1020, most: 1300, says: "alike hour by hour"},
		"of CPU too, and up before the peak": {
			hours: slices.Repeat(levels(80, 4000, 8, 1000, 80, 4000), 2), resource: CPU, days: 1, least: 3900, most: 4400},
		"a weekly peak in the hours ahead counts": {
			hours: slices.Repeat(levels(8, 4000, 160, 1000), 2), resource: Memory, days: 1, least: 4000, most: 4700},
		"what leaks is told from where it is": {
			hours: slices.Concat(growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 30)), resource: Memory, days: 1, least: 1530, most: 1700, says: "from where it is now"},
		"a high day five weeks ago is not forgotten": {
			hours: levels(100, 1000, 2, 3000, 38*24-102, 1000), resource: Memory, least: 3000, most: 5000, says: "stand apart"},
		"a level of five weeks ago is past": {
			hours: levels(14*24, 3000, 24*24, 1000), resource: Memory, least: 1010, most: 1080},
		"a kill just before a rise is not past": {
			hours: levels(320, 1000, 10, 2500), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {319: 1}}, resource: Memory, now: 4000, least: 4000, most: 5500, says: "killed"},
		"a fall is not believed on the same day": {
			hours: levels(312, 4000, 24, 1000), resource: Memory, least: 4000, most: 4500},
		"it is after 26 hours, where VPA needs 80": {
			hours: levels(309, 4000, 27, 1000), resource: Memory, least: 1010, most: 1400, says: "step down on 2026-10-03 21h, confirmed after 27 h", pattern: "stepped"},
		"of CPU too": {
			hours: levels(309, 4000, 27, 1000), resource: CPU, least: 1000, most: 1200, says: "step down"},
		"a weekend is no fall, on Sunday night": {
			hours: weekends(2, 500, 2000)[:335], resource: Memory, least: 2390, most: 2800},
		"nor the first weekend that is seen": {
			hours: weekends(1, 500, 2000)[:167], resource: Memory, least: 2390, most: 3000},
		"a rise counts within hours": {
			hours: levels(330, 1000, 6, 2500), resource: Memory, least: 2500, most: 3600, says: "step up"},
		"of CPU: six hours are more than one per cent": {
			hours: levels(330, 1000, 6, 2500), resource: CPU, least: 2450, most: 3000, says: "step up"},
		"a leak without a restart is taken on to the horizon": {
			hours: growing(1000, 2, 336), resource: Memory, days: 10, least: 1000 + 2*(336+239), most: 2400, says: "grows by 48", pattern: "leaking"},
		"a leak with restarts is as high as lives are long": {
			hours:    slices.Concat(growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 72), growing(1000, 10, 48)),
			resource: Memory, least: 1900, most: 2400},
		"a heap that rose to its plateau is not asked to have less": {
			hours: slices.Concat(growing(500, 50, 30), levels(100, 2000)), resource: Memory, least: 2000, most: 2600, says: "heap"},
		"who was killed gets more than he had": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {200: 1}}, resource: Memory, now: 1000, least: 1060, most: 1300, says: "killed for memory 1 times"},
		"and no less than he has now, for a day": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {330: 1}}, resource: Memory, now: 2500, least: 2500, most: 2500},
		"after that what he had counts": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {200: 1}}, resource: Memory, now: 1250, least: 1060, most: 1249},
		"unless samples do not show what he was killed at": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {200: 1}}, resource: Memory, now: 3000, least: 3000, most: 3000, says: "samples do not show"},
		"and more than he has now if he came near it within a day": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {333: 1}}, resource: Memory, now: 1080, least: 1134, most: 1200},
		"not once more where that was done": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {335: 1}}, resource: Memory, now: 1300, least: 1300, most: 1300},
		"and no longer than such an excess lasts": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {329: 1}}, resource: Memory, now: 1080, least: 1060, most: 1130},
		"one that nothing gave a risk of is a change of level, for a day": {
			hours: levels(332, 1000, 4, 1300), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {332: 1}}, resource: Memory, now: 1300, least: 2600, most: 2600},
		"but where kills go on that samples do not show": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {318: 1, 324: 1, 330: 1}}, resource: Memory, now: 2500, least: 5000, most: 5000},
		"and further where one follows another": {
			hours: levels(336, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {333: 1, 335: 1}}, resource: Memory, now: 1000, least: 1055, most: 1200},
		"a kill before the two weeks is past": {
			hours: levels(400, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {30: 1}}, resource: Memory, now: 5000, least: 1010, most: 1100},
		"one peak today is no rise": {
			hours: levels(320, 1000, 1, 1300, 15, 1000), resource: Memory, least: 1300, most: 2400, says: "1 of 14 blocks"},
		"a kill before a fall is past": {
			hours: levels(236, 4000, 100, 1000), rare: map[usage.Metric]map[int]float64{usage.OOMKills: {100: 1}}, resource: Memory, now: 5000, least: 1010, most: 1300},
		"CPU held back at its limit needs its peak at least": {
			hours: slices.Repeat(levels(23, 500, 1, 1000), 14), rare: map[usage.Metric]map[int]float64{usage.Throttled: {23: 0.5, 47: 0.4, 71: 0.3, 95: 0.6, 96: 0.01}},
			resource: CPU, least: 1000, most: 1060, says: "held back at its limit in 4 of 336 hours"},
		"half a day is enough to say something, and asks for more room": {
			hours: levels(12, 1000), resource: Memory, least: 1015, most: 1250},
	} {
		t.Run(name, func(t *testing.T) {
			s := told{hours: tc.hours, rare: tc.rare}.states(t, 0.01)
			c := standard
			c.HorizonDays = tc.days
			a := Aim(s, tc.resource, tc.now, c, after(len(tc.hours)))
			if a.Unknown != "" {
				t.Fatal(a.Unknown)
			}
			if a.Target < tc.least || a.Target > tc.most {
				t.Errorf("target %d, want %d to %d; %v", a.Target, tc.least, tc.most, a.Evidence.Says)
			}
			if says := strings.Join(a.Evidence.Says, "; "); !strings.Contains(says, tc.says) {
				t.Errorf("says %q, and nothing of %q", says, tc.says)
			}
			if tc.pattern != "" && a.Evidence.Pattern != tc.pattern {
				t.Errorf("pattern %q, want %q", a.Evidence.Pattern, tc.pattern)
			}
			aimed(t, s)
		})
	}
}

func TestUnknown(t *testing.T) {
	year := levels(336, 100)
	for name, tc := range map[string]struct {
		state    func() *State
		resource string
		at       time.Time
		want     string
	}{
		"nothing at all":          {func() *State { return nil }, CPU, after(336), "there are no samples"},
		"a resource of elsewhere": {func() *State { return told{hours: year}.states(t, 0) }, "disk", after(336), "no resource"},
		"no samples of this one": {func() *State {
			in := NewIntake(Options{})
			in.Add(sampled(usage.CPU, slices.Repeat([]float64{1}, 1000), 0, 1000))
			return in.States()[0]
		}, Memory, after(84), "0 samples"},
		"too few": {func() *State { return told{hours: levels(8, 100)}.states(t, 0) }, Memory, after(8), "96 samples, fewer than 100"},
		"too short": {func() *State {
			in := NewIntake(Options{})
			s := usage.Series{Metric: usage.Memory}
			for i := range 200 {
				s.Samples = append(s.Samples, usage.Sample{At: start + int64(i)*10_000, Value: mib})
			}
			in.Add(s)
			return in.States()[0]
		}, Memory, after(1), "hours with samples, fewer than 3"},
		"long past":     {func() *State { return told{hours: year}.states(t, 0) }, Memory, after(336 + 9*24), "the newest sample is from"},
		"in the future": {func() *State { return told{hours: year}.states(t, 0) }, Memory, after(-1), "no samples lie within"},
		"more holes than samples": {func() *State {
			in := NewIntake(Options{})
			s := sampled(usage.Memory, slices.Repeat([]float64{mib}, 3000), 0, 3000)
			s.Samples = append(s.Samples[:300], s.Samples[2900:]...)
			in.Add(s)
			return in.States()[0]
		}, Memory, after(250), "400 samples of 3000 that there should be"},
		"lies that Clean found": {func() *State {
			in := NewIntake(Options{})
			x := slices.Repeat([]float64{mib}, 1000)
			in.Add(sampled(usage.Memory, x, 0, 1000))
			k := sampled(usage.Memory, x, 0, 1).Key
			in.Note(usage.Fault{Key: k, Metric: usage.Memory, Reason: usage.Duplicate, Count: 1000})
			in.Note(usage.Fault{Key: k, Metric: usage.Memory, Reason: usage.Hole, Count: 1000})
			in.Note(usage.Fault{Key: k, Metric: usage.Memory, Reason: usage.Negative, Count: 53})
			return in.States()[0]
		}, Memory, after(83), "53 samples cannot be true"},
		"another unit": {func() *State {
			in := NewIntake(Options{})
			c := sampled(usage.CPU, slices.Repeat([]float64{5}, 1000), 0, 1000)
			in.Note(usage.Fault{Key: c.Key, Metric: usage.CPU, Reason: usage.Unit, Count: 1})
			in.Add(c)
			s := in.States()[0]
			s.Merge(&State{name: s.name})
			return s
		}, CPU, after(83), "another unit"},
		"more lies than a few": {func() *State {
			in := NewIntake(Options{})
			x := slices.Repeat([]float64{mib}, 1000)
			for i := range x {
				if i%12 == 0 {
					x[i] = math.NaN()
				}
			}
			in.Add(sampled(usage.Memory, x, 0, 1000))
			return in.States()[0]
		}, Memory, after(83), "84 samples cannot be true"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Aim(tc.state(), tc.resource, 77, standard, tc.at)
			if !strings.Contains(a.Unknown, tc.want) || a.Unknown == "" {
				t.Errorf("unknown %q, want %q", a.Unknown, tc.want)
			}
			if a.Floor != 77 || a.Target != 77 || a.Ceiling != 77 {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestTheFirstMinutesOfAPod: of two pods one starts later, with much CPU for its first minutes.
func TestTheFirstMinutesOfAPod(t *testing.T) {
	in := NewIntake(Options{})
	for pod, from := range map[string]int{"a": 0, "b": 1000} {
		s := usage.Series{Key: usage.Key{Workload: planner.Ref{Kind: "Deployment", Name: "d"}, Pod: pod, Container: "c"}, Metric: usage.CPU}
		for i := from; i < 5*perDay*5; i++ { // of a minute
			v := 100.0
			if i < from+5 {
				v = 3000
			}
			s.Samples = append(s.Samples, usage.Sample{At: start + int64(i+1)*60_000, Value: v})
		}
		in.Add(s)
	}
	s := in.States()[0]
	a := Aim(s, CPU, 0, standard, time.UnixMilli(s.last))
	if a.Evidence.Peak > 104 || !strings.Contains(strings.Join(a.Evidence.Says, ";"), "first 5 minutes of pods do not count: they took up to 30") {
		t.Errorf("peak %d, says %v", a.Evidence.Peak, a.Evidence.Says)
	}
}

// TestMoreIsNeverLess: all usage larger by one factor never gives a smaller target, twice as much gives twice the target, and a higher
// peak in the newest hour never gives less than that peak. Raising single hours of the past may give less: it can make a
// fall of what was a level.
func TestMoreIsNeverLess(t *testing.T) {
	for f, name := range familyNames {
		for seed := range uint64(3) {
			target := func(by float64, peak float64) (cpu, memory int64, top float64) {
				s := families[name](rand.New(rand.NewPCG(seed, uint64(f))), 15*perDay)
				for i := range s.cpu {
					s.cpu[i] *= 8 * by // large, so that rounding to integers is small
					s.mem[i] *= by
				}
				for i := range 3 {
					s.mem[len(s.mem)-1-i] *= peak
				}
				in := NewIntake(Options{})
				in.Add(sampled(usage.CPU, s.cpu, 0, len(s.cpu)))
				in.Add(sampled(usage.Memory, s.mem, 0, len(s.mem)))
				a, b := aimed(t, in.States()[0])
				return a.Target, b.Target, slices.Max(s.mem[len(s.mem)-3:]) / mib
			}
			c1, m1, _ := target(1, 1)
			c2, m2, _ := target(2, 1)
			if near := func(a, b int64) bool { return math.Abs(float64(2*a-b)) <= 0.002*float64(b)+3 }; !near(c1, c2) || !near(m1, m2) {
				t.Errorf("%s %d: twice as much: CPU %d to %d, memory %d to %d", name, seed, c1, c2, m1, m2)
			}
			for _, by := range []float64{1.1, 1.37, 1.9} {
				if c, m, _ := target(by, 1); c < c1 || m < m1 {
					t.Errorf("%s %d: %.2f times as much: CPU %d to %d, memory %d to %d", name, seed, by, c1, c, m1, m)
				}
			}
			for _, peak := range []float64{1.2, 2, 5} {
				if _, m, top := target(1, peak); float64(m) < top {
					t.Errorf("%s %d: a peak of %.0f MiB, and a target of %d", name, seed, top, m)
				}
			}
		}
	}
}

// TestSharesOfTimeAreThoseOfTheSamples compares the curve of CPU with the samples themselves, one by one: at every risk of interest the
// true share is no more than a quarter above what is told, nor less than a third of it, where ten samples or more are above.
func TestSharesOfTimeAreThoseOfTheSamples(t *testing.T) {
	for f, name := range familyNames {
		if name == "stepping" {
			continue // what came before the step does not count
		}
		s := families[name](rand.New(rand.NewPCG(4, uint64(f))), 14*perDay)
		in := NewIntake(Options{})
		in.Add(sampled(usage.CPU, s.cpu, 0, len(s.cpu)))
		c := in.States()[0].cpuNeed(start+14*86_400_000, 672)
		for _, risk := range []float64{0.1, 0.05, 0.02, 0.01, 0.005} {
			r, above := c.least(risk), 0.0
			for _, v := range s.cpu[1:] { // the first minutes of the pod do not count
				if v > r {
					above++
				}
			}
			share, tells := above/float64(len(s.cpu)-1), c.risk(r)
			if above >= 10 && (share > 1.25*tells || share < 0.33*tells) {
				t.Errorf("%s: above %.0f m is %.4f of the time, told %.4f", name, r, share, tells)
			}
		}
	}
}

// TestPeaksAreThoseOfTheSamples compares the hours of memory with the samples, one by one.
func TestPeaksAreThoseOfTheSamples(t *testing.T) {
	s := families["bursty"](rand.New(rand.NewPCG(4, 4)), 20*perDay)
	in := NewIntake(Options{})
	in.Add(sampled(usage.Memory, s.mem, 0, len(s.mem)))
	got := in.States()[0].memoryHours(start + 20*86_400_000).hours
	if len(got) != hoursKept {
		t.Fatalf("%d hours", len(got))
	}
	for h, v := range got {
		from := len(s.mem) - (hoursKept-h)*12
		if want := slices.Max(s.mem[from:from+12]) / mib; v < want || v > 1.001*want {
			t.Fatalf("hour %d: %v, want %v", h, v, want)
		}
	}
}

func TestPodsAreMixed(t *testing.T) {
	in := NewIntake(Options{})
	for pod, level := range map[string]float64{"a": 100, "b": 100, "c": 100, "d": 1000} {
		for _, m := range []usage.Metric{usage.CPU, usage.Memory} {
			x := slices.Repeat([]float64{level}, 14*perDay)
			if m == usage.Memory {
				for i := range x {
					x[i] *= mib
				}
			}
			c := sampled(m, x, 0, len(x))
			c.Key.Workload, c.Key.Pod = planner.Ref{Kind: "Deployment", Name: "d"}, pod
			in.Add(c)
		}
	}
	s := in.States()[0]
	cpu, memory := aimed(t, s)
	if cpu.Target < 1000 || memory.Target < 1000 {
		t.Errorf("one of four pods takes 1000 always, and the targets are %d and %d", cpu.Target, memory.Target)
	}
	c := s.cpuNeed(s.last, 672)
	if got := c.risk(500); got < 0.1 || got > 0.35 {
		t.Errorf("a quarter of the time of pods is above 500 m, told %.3f", got)
	}
	if s.shared == 0 || s.shared > 70 {
		t.Errorf("one of four pods is the worst: %d of 255", s.shared)
	}
}

// TestNoTargetIsOutOfSight: a tail of few blocks, asked for one in a million, is not believed without end, and the risk that is left is told.
func TestNoTargetIsOutOfSight(t *testing.T) {
	cautious := standard
	cautious.CPU = planner.Accepted{Floor: 1, Target: 1, Ceiling: 1}
	cautious.Memory = cautious.CPU
	for name, tc := range map[string]struct {
		hours []float64
		most  float64 // of the peak
	}{
		"a high day in two weeks": {levels(100, 1000, 2, 3000, 234, 1000), 2 * (1 + 2.0/3)},
		"a run each day":          {slices.Repeat(levels(20, 1000, 3, 4000, 1, 1000), 14), 2},
		"half a day":              {levels(5, 1000, 1, 3000, 6, 1000), 7.5 + 7.5*2/3},
		"one run in four days":    {levels(40, 1000, 2, 1500, 54, 1000), 2.65 + 2.65/3},
	} {
		s := told{hours: tc.hours}.states(t, 0.01)
		for _, resource := range []string{CPU, Memory} {
			a := Aim(s, resource, 0, cautious, after(len(tc.hours)))
			if most := 1.04 * tc.most * float64(a.Evidence.Peak); a.Unknown != "" || float64(a.Target) > most {
				t.Errorf("%s: %d of %s, more than %.0f (%s)", name, a.Target, resource, most, a.Unknown)
			}
			m := s.memoryNeed(after(len(tc.hours)).UnixMilli())
			if far := math.Ceil(reach(&m.tail, len(m.hours), m.peak, 0)); resource == Memory && float64(a.Target) > far {
				t.Errorf("%s: %d, more than %v", name, a.Target, far)
			}
			last, says := a.Curve[len(a.Curve)-1], strings.Join(a.Evidence.Says, "; ")
			if resource == Memory && tc.most > 2 && (last.Risk < 2 || !strings.Contains(says, "would take more")) {
				t.Errorf("%s: a risk of %d for what nobody can know, and says %q", name, last.Risk, says)
			}
		}
	}
}

// TestRatesOfFewBlocks: a tail of one block is a Lomax variable of shape 1, by its definition.
func TestRatesOfFewBlocks(t *testing.T) {
	for _, k := range []float64{1, 2, 3, 7} {
		c := tail{sorted: []float64{2, 1}, k: k, share: 1, from: 1, mean: 1}
		for _, r := range []float64{2, 5, 30, 1e3, 1e5} {
			want := math.Pow(1+(r-1)/k, -k) // of an excess; of a few blocks it is their expected number
			if got := c.within(r, 1e-3) / 1e-3; want > 1e-12 && (got > 1.6*want+1e-9 || got < want/3-1e-7) {
				t.Errorf("of %v blocks %v is passed with %.3g, want %.3g", k, r, got, want)
			}
		}
	}
}

func TestSettle(t *testing.T) {
	for name, tc := range map[string]struct{ now, target, want int64 }{
		"what is asked for is a little more":             {1099, 1000, 1099},
		"a tenth more":                                   {1100, 1000, 1100},
		"more than a tenth":                              {1101, 1000, 1000},
		"a little less is a risk nobody accepted":        {999, 1000, 1000},
		"nothing is asked for":                           {0, 1000, 1000},
		"small amounts":                                  {10, 9, 9},
		"amounts as large as there are do not flow over": {math.MaxInt64, math.MaxInt64 - 5, math.MaxInt64},
	} {
		if got := Settle(planner.Target{Now: tc.now, Target: tc.target}); got != tc.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}
