package usage

import (
	"fmt"
	"math"
	"slices"
)

// What tells that a series changes its unit: it is steady, jumps by a factor between two units, and is steady again.
// Chosen. Loads jump too, but not from one plateau to another at 1000, 1024, or their squares, to within one and a half
// percent. Of CPU only 1000 is looked for, more narrowly: an idle container that starts to work may do it by chance.
const (
	steadySamples = 4    // on each side
	steadySpread  = 1.10 // largest ÷ smallest within them
	unitWithin    = 0.015
	cpuSpread     = 1.02
	cpuWithin     = 0.01
)

// askedFactor: memory that is so many times less, or more, than what is asked is taken for another unit. Chosen, half of
// the step between two units, so that a container that uses half or twice of what it asks is still told. An idle
// container can be that far below its request, and then keeps it: no target is better than one of a thousandth. Of CPU
// that says nothing, since many containers are idle for days; only what is above it all the time is looked at.
const askedFactor = 500

// askedSamples is how many samples a chunk must have to be held against what is asked.
const askedSamples = 12

// unitFactors are the steps between units of one amount.
func unitFactors(m Metric) []float64 {
	switch {
	case m.Bytes():
		return []float64{1000, 1024, 1e6, 1 << 20}
	case m == CPU || m == CPUMost:
		return []float64{1000}
	}
	return nil
}

// units looks for a jump between two plateaus by a step between units. It looks at each pair of neighbours once,
// across the end of the chunk before too.
func (w *washing) units(t *tail) {
	factors := unitFactors(w.in.Metric)
	if len(factors) == 0 {
		return
	}
	values := append(slices.Clone(t.level[:t.n]), make([]float64, len(w.kept))...)
	for i, x := range w.kept {
		values[t.n+i] = x.Value
	}
	spread, within := steadySpread, unitWithin
	if !w.in.Metric.Bytes() {
		spread, within = cpuSpread, cpuWithin
	}
	for i := max(steadySamples, t.n-steadySamples+1); i+steadySamples <= len(values); i++ {
		small, large := min(values[i-1], values[i]), max(values[i-1], values[i])
		if small <= 0 || large < 900*small {
			continue
		}
		before, steady := plateau(values[i-steadySamples:i], spread)
		after, still := plateau(values[i:i+steadySamples], spread)
		if !steady || !still {
			continue
		}
		step := max(before, after) / min(before, after)
		if slices.ContainsFunc(factors, func(f float64) bool { return math.Abs(step/f-1) <= within }) {
			at := max(i-t.n, 0)
			w.say(Unit, int64(len(w.kept)-at), w.lineOf(at), func() string {
				return fmt.Sprintf("from %g to %g at %s, a step between two units", before, after, moment(w.kept[at].At))
			})
			return
		}
	}
}

// plateau returns the middle of values that are all about the same.
func plateau(values []float64, spread float64) (level float64, ok bool) {
	least, most := slices.Min(values), slices.Max(values)
	return least + float64((most-least)/2), least > 0 && most <= least*spread
}

// against holds memory and CPU against what the container asks for.
func (w *washing) against(asked float64) {
	if !(asked > 0) || math.IsInf(asked, 0) || len(w.kept) < askedSamples {
		return
	}
	var most float64
	least := math.Inf(1)
	for _, x := range w.kept {
		most = max(most, x.Value)
		if x.Value > 0 {
			least = min(least, x.Value)
		}
	}
	switch {
	case w.in.Metric.Bytes() && most > 0 && most <= asked/askedFactor:
		w.say(Unit, int64(len(w.kept)), w.lineOf(0), func() string {
			return fmt.Sprintf("at most %g bytes where %g are asked for: is it in KiB or MiB?", most, asked)
		})
	case most > 0 && least >= asked*askedFactor:
		w.say(Unit, int64(len(w.kept)), w.lineOf(0), func() string {
			return fmt.Sprintf("at least %g where %g is asked for: is it in another unit?", least, asked)
		})
	}
}

// What makes a hole: so many steps without a sample. Chosen: one scrape that failed is none.
const (
	holeSteps   = 3
	holeSamples = 8 // steps that must be known before their median counts
)

// holes counts the samples that are missing.
func (w *washing) holes(t *tail) {
	steps := make([]int64, 0, len(w.kept))
	last := t.at
	for i, x := range w.kept {
		if i > 0 || t.seen {
			steps = append(steps, x.At-last)
		}
		last = x.At
	}
	if len(steps) >= holeSamples {
		sorted := slices.Clone(steps)
		slices.Sort(sorted)
		t.step = sorted[len(sorted)/2]
	}
	if t.step <= 0 {
		return
	}
	first := len(w.kept) - len(steps)
	for i, step := range steps {
		if missing := step/t.step - 1; step >= holeSteps*t.step && missing > 0 {
			w.say(Hole, missing, w.lineOf(first+i), func() string {
				return fmt.Sprintf("%d s without a sample before %s", step/1000, moment(w.kept[first+i].At))
			})
		}
	}
}
