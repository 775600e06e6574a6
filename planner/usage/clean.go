package usage

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
)

// Options say what may be believed. The zero value is usable.
type Options struct {
	From, To int64 // milliseconds since 1970: samples outside are dropped; 0: from 1970, to 2099
	// Asked returns what a container asks for of a metric, as request or limit, in the metric's unit; 0 where it is not
	// known. Memory that is less than 1/500 of it, and memory or CPU that is more than 500 times of it, all the time, is
	// taken for a wrong unit. nil: nothing is known.
	Asked func(Key, Metric) float64
}

// Chosen: how far a fraction may lie outside 0 to 1 and still be noise of whoever measured it. The recorded
// alibaba-genai-v2026 has fractions of −1.2e-5, and cAdvisor's rates of periods are extrapolated.
const (
	noiseBelow = 0.001
	noiseAbove = 0.05
)

// disorderPart: where more than one in so many samples of a chunk is older than one before it, they are not sorted but
// dropped: times that jump about are not times. Chosen. A chunk that runs backwards all the way is turned around.
const disorderPart = 4

// Clean takes out of a series what cannot be true, and says what that was, in the order of the reasons. What is left is
// in order of time, at most one sample an instant, finite, within 0 to Most, and no larger than the source said (a fraction
// just below 0 becomes 0). The series that is given is not changed.
//
// A series that comes in chunks goes through a Cleaner, which remembers where the chunk before ended.
func Clean(s Series, o Options) (Series, []Fault) {
	return NewCleaner(o).Clean(s)
}

// Cleaner cleans series that come in chunks. It holds about 360 bytes for each series (measured).
type Cleaner struct {
	opts  Options
	tails map[series]*tail
}

type series struct {
	key    Key
	metric Metric
}

// tail is what is remembered of a series between two chunks.
type tail struct {
	seen  bool
	at    int64      // of its last sample
	step  int64      // the median time between two samples
	level [8]float64 // its last values
	n     int        // how many of them there are
}

// NewCleaner returns a Cleaner that has seen nothing.
func NewCleaner(o Options) *Cleaner {
	o.To = cmp.Or(o.To, LatestMillis-1)
	return &Cleaner{opts: o, tails: map[series]*tail{}}
}

// Clean cleans the next chunk of a series. See the function Clean.
func (c *Cleaner) Clean(s Series) (Series, []Fault) {
	k := series{s.Key, s.Metric}
	t := c.tails[k]
	if t == nil {
		t = &tail{}
		c.tails[k] = t
	}
	w := washing{in: s, lines: len(s.Lines) == len(s.Samples)}
	if Most(s.Metric) == 0 {
		for _, x := range s.Samples {
			w.fault(NotKnown, x, -1)
		}
		return w.result()
	}
	w.values(c.opts, scaleOfAll(s.Samples))
	w.order()
	w.repeats(t)
	w.units(t)
	if c.opts.Asked != nil && unitFactors(s.Metric) != nil {
		w.against(c.opts.Asked(s.Key, s.Metric))
	}
	w.holes(t)
	t.remember(w.kept)
	return w.result()
}

// washing is one chunk on its way.
type washing struct {
	in        Series
	kept      []Sample
	from      []int64 // the lines of kept; nil where there are none
	lines     bool
	fractions int // samples of a fraction that are above 1 by more than noise
	faults    map[Reason]*Fault
}

// fault counts a sample, which is number i of the input; -1: nobody knows.
func (w *washing) fault(r Reason, x Sample, i int) {
	var line int64
	if i >= 0 && w.lines {
		line = w.in.Lines[i]
	}
	w.faultAt(r, x, line)
}

func (w *washing) faultAt(r Reason, x Sample, line int64) {
	w.say(r, 1, line, func() string { return fmt.Sprintf("%g at %s", x.Value, moment(x.At)) })
}

// say counts n samples; the example is asked for only once.
func (w *washing) say(r Reason, n, line int64, example func() string) {
	f := w.faults[r]
	if f == nil {
		f = &Fault{Key: w.in.Key, Metric: w.in.Metric, Reason: r, Example: example(), Origin: w.in.Origin, Line: line}
		if w.faults == nil {
			w.faults = map[Reason]*Fault{}
		}
		w.faults[r] = f
	}
	f.Count += n
}

// result hands out what is left.
func (w *washing) result() (Series, []Fault) {
	out := w.in
	out.Samples, out.Lines = w.kept, w.from
	var faults []Fault
	for _, f := range w.faults {
		faults = append(faults, *f)
	}
	slices.SortFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Reason, b.Reason) })
	return out, faults
}

// values judges each sample by itself.
func (w *washing) values(o Options, s Scale) {
	w.kept = make([]Sample, 0, len(w.in.Samples))
	if w.lines {
		w.from = make([]int64, 0, len(w.in.Samples))
	}
	for i, x := range w.in.Samples {
		if s != Millis {
			at, ok := Instant(float64(x.At), s)
			if !ok {
				w.fault(BadTime, x, i)
				continue
			}
			w.fault(TimeUnit, x, i)
			x.At = at
		}
		if x.At < o.From || x.At > o.To || x.At < 0 || x.At >= LatestMillis {
			w.fault(BadTime, x, i)
			continue
		}
		v, r := judge(w.in.Metric, x.Value)
		if r == Impossible && w.in.Metric.Fraction() {
			w.fractions++
		}
		if r != "" {
			w.fault(r, x, i)
		}
		if r.drops() {
			continue
		}
		w.kept = append(w.kept, Sample{x.At, v})
		if w.lines {
			w.from = append(w.from, w.in.Lines[i])
		}
	}
	// Chosen: where one sample in five is that far above 1, it is no bad sample. They are percent.
	if w.fractions >= 5 && w.fractions*5 >= len(w.in.Samples) {
		w.say(Unit, int64(len(w.in.Samples)), 0, func() string {
			return fmt.Sprintf("%d of %d samples of a fraction are above 1: are they percent?", w.fractions, len(w.in.Samples))
		})
	}
}

// drops reports whether a reason takes a sample away; that there is none ("") does not.
func (r Reason) drops() bool { return r != "" && r.Effect() == Dropped }

// judge says what a value is worth: itself, or the end of the range that it lies just outside of.
func judge(m Metric, v float64) (float64, Reason) {
	switch {
	case math.IsNaN(v):
		return 0, NotNumber
	case math.IsInf(v, 0):
		return 0, Infinite
	case m.Fraction():
		return Fraction(v)
	case v < 0:
		return 0, Negative
	case v > Most(m):
		return 0, Impossible
	case v == 0:
		return 0, "" // -0 has a sign that formats would show
	}
	return v, ""
}

// Fraction judges a value that should be one, 0 to 1: what lies just outside is noise and becomes 0 or 1.
func Fraction(v float64) (float64, Reason) {
	switch {
	case v >= 0 && v <= 1:
		return max(v, 0), "" // also of -0
	case v < 0 && v >= -noiseBelow:
		return 0, Noise
	case v > 1 && v <= 1+noiseAbove:
		return 1, Noise
	case v < 0:
		return 0, Negative
	case math.IsNaN(v):
		return 0, NotNumber
	}
	return 0, Impossible
}

// scaleOfAll tells in which unit the times of a chunk are. A Series promises milliseconds. Micro- and nanoseconds of this
// century are no milliseconds of any; seconds of this century could be milliseconds of January 1970, so they are taken
// for seconds only where at least three samples lie in that range, all of them, less than a second apart if they were
// milliseconds: nothing measures usage that often.
func scaleOfAll(samples []Sample) Scale {
	if len(samples) == 0 {
		return Millis
	}
	s := ScaleOf(float64(samples[0].At))
	if s == NoScale || s == Millis || (s == Seconds && len(samples) < 3) {
		return Millis
	}
	for i, x := range samples {
		if ScaleOf(float64(x.At)) != s {
			return Millis
		}
		if step := x.At - samples[max(i-1, 0)].At; s == Seconds && (step >= 1000 || step <= -1000) {
			return Millis
		}
	}
	return s
}

// byTime sorts samples and their lines together.
type byTime struct{ w *washing }

func (b byTime) Len() int           { return len(b.w.kept) }
func (b byTime) Less(i, j int) bool { return b.w.kept[i].At < b.w.kept[j].At }
func (b byTime) Swap(i, j int) {
	b.w.kept[i], b.w.kept[j] = b.w.kept[j], b.w.kept[i]
	if b.w.lines {
		b.w.from[i], b.w.from[j] = b.w.from[j], b.w.from[i]
	}
}

// order puts the samples in order of time, or drops those that are older than one before them.
func (w *washing) order() {
	var late []int
	backwards := true
	for i, newest := 1, 0; i < len(w.kept); i++ {
		backwards = backwards && w.kept[i].At < w.kept[i-1].At
		if w.kept[i].At < w.kept[newest].At {
			late = append(late, i)
		} else {
			newest = i
		}
	}
	switch {
	case len(late) == 0:
		return
	case backwards || len(late)*disorderPart <= len(w.kept):
		for _, i := range late {
			w.faultAt(Disorder, w.kept[i], w.lineOf(i))
		}
		sort.Stable(byTime{w})
		return
	}
	gone := make([]bool, len(w.kept))
	for _, i := range late {
		gone[i] = true
		w.faultAt(Late, w.kept[i], w.lineOf(i))
	}
	w.keep(func(i int) bool { return !gone[i] })
}

// lineOf is the line of kept sample i.
func (w *washing) lineOf(i int) int64 {
	if w.lines {
		return w.from[i]
	}
	return 0
}

// keep takes out the samples that are not wanted.
func (w *washing) keep(wanted func(i int) bool) {
	n := 0
	for i := range w.kept {
		if !wanted(i) {
			continue
		}
		w.kept[n] = w.kept[i]
		if w.lines {
			w.from[n] = w.from[i]
		}
		n++
	}
	w.kept = w.kept[:n]
	if w.lines {
		w.from = w.from[:n]
	}
}

// repeats drops what is not newer than the chunk before, and of the samples of one instant all but the largest: of two
// truths the one that asks for more.
func (w *washing) repeats(t *tail) {
	if len(w.kept) == 0 {
		return
	}
	gone := make([]bool, len(w.kept))
	largest := -1 // of the instant at hand
	for i, x := range w.kept {
		switch {
		case t.seen && x.At < t.at:
			gone[i] = true
			w.faultAt(Late, x, w.lineOf(i))
		case t.seen && x.At == t.at:
			gone[i] = true
			w.faultAt(Duplicate, x, w.lineOf(i))
		case largest >= 0 && w.kept[largest].At == x.At:
			w.faultAt(Duplicate, x, w.lineOf(i))
			if x.Value > w.kept[largest].Value {
				gone[largest], largest = true, i
			} else {
				gone[i] = true
			}
		default:
			largest = i
		}
	}
	w.keep(func(i int) bool { return !gone[i] })
}

// remember takes down how a chunk ended.
func (t *tail) remember(kept []Sample) {
	if len(kept) == 0 {
		return
	}
	t.seen, t.at = true, kept[len(kept)-1].At
	for _, x := range kept[max(0, len(kept)-len(t.level)):] {
		if t.n == len(t.level) {
			copy(t.level[:], t.level[1:])
			t.n--
		}
		t.level[t.n] = x.Value
		t.n++
	}
}
