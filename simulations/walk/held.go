package walk

import (
	"math"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/simulations/loads"
)

// Kept is how promises to one workload were kept.
type Kept struct {
	Promises int64 // pods × decisions
	Broken   int64 // of these, with memory above the request at any time within the horizon
	Steps    int64 // container-steps within horizons
	Under    int64 // of these, with CPU above the request
	Told     []Told
}

// Told is the risk that one decision told, NaN where it told none, and what came.
type Told struct {
	Memory, CPU                    float64 // of what was asked for, within the horizon: as planner.CurvePoint has it, 0 to 1
	Promises, Broken, Steps, Under int64   // as in Kept
}

// Teller is implemented by recommenders that tell the risk of what they recommend: of the last recommendation for workload n.
type Teller interface {
	Risk(n int) (memory, cpu float64)
}

// Hold asks a method at each decision and holds what it says for a horizon, whatever comes: that is what a promise for the
// horizon means. Nothing is killed and all is seen, so that each decision stands for itself; horizons overlap. It
// returns one Kept for each workload, over the decisions whose horizon lies within the recording.
func Hold(of []loads.Workload, m Method, o Options, horizon time.Duration) []Kept {
	o = o.WithDefaults()
	unlimited := slices.Clone(of)
	for n := range unlimited {
		unlimited[n].Asked.Memory = 0
	}
	w := newWalk(unlimited, m, o)
	kept := make([]Kept, len(of))
	for round := 0; w.morning(round); round++ {
		for n := range of {
			l, from := &of[n], w.begin(n, round)
			to := from + int(horizon.Milliseconds()/l.Step)
			if to > l.Len() {
				continue
			}
			asked := w.rec.Recommend(n, l.Start+int64(from)*l.Step, l.Asked)
			told := Told{Memory: math.NaN(), CPU: math.NaN()}
			if t, ok := w.rec.(Teller); ok {
				told.Memory, told.CPU = t.Risk(n)
			}
			told.hold(l, from, to, asked)
			kept[n].add(told)
			w.rec.Observe(n, chunk(l, from, min(w.begin(n, round+1), l.Len()), 0, nil))
		}
	}
	return kept
}

func (k *Kept) add(t Told) {
	k.Promises, k.Broken, k.Steps, k.Under = k.Promises+t.Promises, k.Broken+t.Broken, k.Steps+t.Steps, k.Under+t.Under
	k.Told = append(k.Told, t)
}

func (t *Told) hold(l *loads.Workload, from, to int, a Amounts) {
	for _, p := range l.Pods {
		if most := slices.Max(p.Memory[from:to]); most >= 0 {
			t.Promises++
			if most > a.Memory {
				t.Broken++
			}
		}
		for _, v := range p.CPU[from:to] {
			if v >= 0 {
				t.Steps++
			}
			if v > a.CPU {
				t.Under++
			}
		}
	}
}

// Coverage is the share of promises of memory that were kept, and of time in which CPU was within its request, with intervals.
func Coverage(kept []Kept, groups []string) (memory, cpu Estimate) {
	share := func(part, whole func(Kept) int64) Estimate {
		return Bootstrap(groups, func(times []int) float64 {
			var a, b int64
			for n, k := range kept {
				a, b = a+int64(times[n])*part(k), b+int64(times[n])*whole(k)
			}
			return 1 - float64(a)/float64(b)
		})
	}
	memory = share(func(k Kept) int64 { return k.Broken }, func(k Kept) int64 { return k.Promises })
	cpu = share(func(k Kept) int64 { return k.Under }, func(k Kept) int64 { return k.Steps })
	return memory, cpu
}

// Bands are the bounds of risk told by which Reliability is told apart.
var Bands = []float64{0.005, 0.02, 0.05}

// Reliable is what was told and what came, as shares, with intervals. Promises are pods × decisions, or steps of CPU. Without any,
// all are NaN.
type Reliable struct {
	Told, Came, Over Estimate // Over is told less came, paired
	Promises         int64
}

// Reliability compares the risk that was told with what came: of all, and by Bands of what was told.
func Reliability(kept []Kept, groups []string, cpu bool) (all Reliable, bands []Reliable) {
	all = reliable(kept, groups, cpu, 0, math.Inf(1))
	low := 0.0
	for _, high := range append(slices.Clone(Bands), math.Inf(1)) {
		bands = append(bands, reliable(kept, groups, cpu, low, high))
		low = high
	}
	return all, bands
}

// reliable counts what was told from low to below high.
func reliable(kept []Kept, groups []string, cpu bool, low, high float64) (r Reliable) {
	type sums struct{ told, came, of float64 }
	each := make([]sums, len(kept))
	for n, k := range kept {
		for _, t := range k.Told {
			risk, came, of := t.Memory, t.Broken, t.Promises
			if cpu {
				risk, came, of = t.CPU, t.Under, t.Steps
			}
			if risk >= low && risk < high { // NaN is neither
				each[n] = sums{each[n].told + float64(risk*float64(of)), each[n].came + float64(came), each[n].of + float64(of)}
				r.Promises += of
			}
		}
	}
	figure := func(part func(sums) float64) Estimate {
		return Bootstrap(groups, func(times []int) float64 {
			var a, b float64
			for n, x := range each {
				a, b = a+float64(float64(times[n])*part(x)), b+float64(float64(times[n])*x.of)
			}
			return a / b
		})
	}
	r.Told = figure(func(x sums) float64 { return x.told })
	r.Came = figure(func(x sums) float64 { return x.came })
	r.Over = figure(func(x sums) float64 { return x.told - x.came })
	return r
}

// Adapted tells the hours that requests took to follow changes of level: up, until the request was at least the 95th percentile
// of CPU in the two days after the change; down, until it was at most twice that. A change that was not followed within the
// recording counts as the time that was left. Changes before the first decision, with less than three days after them, or within three days
// of another one do not count.
func Adapted(of []loads.Workload, r Result) (up, down []float64) {
	for n := range of {
		l, decisions := &of[n], r.Of[n].Decisions
		perDay := int(24 * time.Hour.Milliseconds() / l.Step)
		for k, c := range l.Changes {
			end := l.Len()
			if k+1 < len(l.Changes) {
				end = l.Changes[k+1].Step
			}
			if len(decisions) == 0 || c.Step < decisions[0].Step || end-c.Step < 3*perDay {
				continue
			}
			var after []int64
			for _, p := range l.Pods {
				after = append(after, p.CPU[c.Step:c.Step+2*perDay]...)
			}
			level := quantile(after, 0.95)
			follows := func(a Amounts) bool { return c.Factor > 1 && a.CPU >= level || c.Factor < 1 && a.CPU <= 2*level }
			hours := float64(int64(followed(decisions, c.Step, end, follows)-c.Step)*l.Step) / 3.6e6
			if c.Factor > 1 {
				up = append(up, hours)
			} else {
				down = append(down, hours)
			}
		}
	}
	return up, down
}

// followed is the first step from a change on at which the request in force follows it; the end where none does.
func followed(decisions []Decision, from, end int, follows func(Amounts) bool) int {
	for k, d := range decisions {
		if k+1 < len(decisions) && decisions[k+1].Step <= from {
			continue // no longer in force
		}
		if d.Step < end && follows(d.Amounts) {
			return max(d.Step, from)
		}
	}
	return end
}
