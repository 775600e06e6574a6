package usage

import (
	"fmt"
	"math"
)

// Counter says how a series that only grows is turned into a gauge. Its zero value is not one.
type Counter struct {
	Scale float64 // what one is worth: 1000 for CPU seconds, which become milli-CPU; 1 for events
	// Events: the gauge is how many there were since the sample before. Otherwise it is how many a second.
	Events bool
	// Apart is the longest time between two samples that a rate is believed over, in milliseconds; 0: one hour.
	// The mean over more hides all peaks.
	Apart  int64
	Before *Sample // the last sample of the chunk before; nil: there is none
}

const hourMillis = 3_600_000

// FromCounter turns raw readings of a counter into a Series that Clean then judges. The first reading gives no sample: it
// is not known when the counter began.
//
// A counter that falls was reset, and how far it came before is not known. A rate over a reset would be too low, so there
// is none, nor over the next step if it ends at or above where the counter was before: then the low reading was wrong.
// Of events a reset counts what the counter shows, which is the least that happened.
func FromCounter(s Series, c Counter) (Series, []Fault) {
	w := washing{in: s, lines: len(s.Lines) == len(s.Samples)}
	if c.Apart == 0 {
		c.Apart = hourMillis
	}
	before := c.Before
	var fallen float64 // where the counter was before the reset at hand; 0: there is none
	for i, x := range s.Samples {
		if r := reading(x.Value); r != "" {
			w.fault(r, x, i)
			continue
		}
		if before == nil {
			before = &s.Samples[i]
			continue
		}
		span := x.At - before.At
		if span <= 0 {
			r := Late
			if span == 0 {
				r = Duplicate
			}
			w.fault(r, x, i)
			continue
		}
		rise, wrong := x.Value-before.Value, false
		switch {
		case rise < 0:
			w.fault(Reset, x, i)
			fallen, rise, wrong = max(fallen, before.Value), x.Value, !c.Events
		case fallen > 0 && x.Value >= fallen:
			w.fault(Reset, x, i)
			rise, wrong = x.Value-fallen, !c.Events
			fallen = 0
		default:
			fallen = 0
		}
		last := *before
		before = &s.Samples[i]
		switch {
		case wrong:
		case c.Events:
			w.put(Sample{x.At, rise * c.Scale}, i)
		case span > c.Apart:
			w.say(Hole, 1, w.line(i), func() string {
				return fmt.Sprintf("no rate over the %d s after %s", span/1000, moment(last.At))
			})
		default:
			w.put(Sample{x.At, rise * c.Scale / (float64(span) / 1000)}, i)
		}
	}
	return w.result()
}

// put keeps a sample that was made of number i of the input.
func (w *washing) put(x Sample, i int) {
	w.kept = append(w.kept, x)
	if w.lines {
		w.from = append(w.from, w.in.Lines[i])
	}
}

// line is the line of number i of the input.
func (w *washing) line(i int) int64 {
	if w.lines {
		return w.in.Lines[i]
	}
	return 0
}

// reading says what is wrong with a value of a counter; "" if nothing is.
func reading(v float64) Reason {
	switch {
	case math.IsNaN(v):
		return NotNumber
	case math.IsInf(v, 0):
		return Infinite
	case v < 0:
		return Negative
	}
	return ""
}
