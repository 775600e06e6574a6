package demand

import "math"

// What counts as a change of level. All chosen, and tried on the families of the tests: see docs/design/0003-demand.md.
const (
	confirmHours = 26   // a fall must last a day and an hour or two: a whole day holds a day's peak
	weekendHours = 60   // it must last longer than a weekend where no week is known
	weekHours    = 168  // of what came before, for a week to be known
	beforeHours  = 192  // of what came before that is looked at
	fallMost     = 0.9  // the new level is at most this share of the old one
	highLeast    = 0.7  // share of the windows before that reached above the new level
	riseLeast    = 1.05 // after a rise all is above this multiple of all that came before
	riseHours    = 6
	riseOfCPU    = confirmHours     // of CPU one day is enough: to believe in a rise too early costs little
	riseOfMemory = 2 * confirmHours // of memory one peak would be in each day-long window about it
)

// regime is the part of a history that speaks of now.
type regime struct {
	start int // first index that counts
	fell  bool
	rose  bool
}

// settle finds the last change of level in hourly maxima, oldest first.
//
// A fall is believed late, because what comes back after it kills: everything since has stayed at or below nine tenths of
// what most windows of a day before it reached, for a day and two hours, and for longer than it ever stayed so low before it rose again.
// A rise is believed at once.
func settle(x []float64, sure int) regime {
	var r regime
	for {
		i := fall(x[r.start:])
		if i == 0 {
			break
		}
		r = regime{start: r.start + i, fell: true}
	}
	if i := rise(x[r.start:], sure); i > 0 {
		r = regime{start: r.start + i, rose: true}
	}
	return r
}

// fall returns the first index after the earliest fall that is confirmed, 0 for none.
func fall(x []float64) int {
	n := len(x)
	if n < 2*confirmHours {
		return 0
	}
	since := make([]float64, n) // most from here on
	for i, most := n-1, 0.0; i >= 0; i-- {
		most = max(most, x[i])
		since[i] = most
	}
	if since[n-confirmHours] > fallMost*since[0] {
		return 0
	}
	day := windows(x, confirmHours)
	for i := confirmHours; i <= n-confirmHours; i++ {
		if x[i-1] > since[i]/fallMost && confirmed(x[max(0, i-beforeHours):i], day[max(0, i-beforeHours):i], since[i], n-i) {
			return i
		}
	}
	return 0
}

// confirmed reports whether a level that has lasted for so many hours is lower than what came before.
func confirmed(before, day []float64, level float64, hours int) bool {
	if len(before) < weekHours && hours < weekendHours {
		return false
	}
	high, run, longest := 0, 0, 0
	for i, v := range before {
		if day[i] > level/fallMost {
			high++
		}
		run++
		if v > level/fallMost {
			run = 0
		}
		longest = max(longest, run)
	}
	return float64(high) >= highLeast*float64(len(before)) && 5*hours > 6*longest
}

// windows returns at each index the most of it and the width-1 before.
func windows(x []float64, width int) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		for _, v := range x[max(0, i-width+1) : i+1] {
			out[i] = max(out[i], v)
		}
	}
	return out
}

// rise returns the first index after the last jump that left everything before it behind, 0 for none: the middle of every six hours since
// is above that of all six hours before, or, from so many hours on that it is sure, the most of every day since is above all that came before. A peak
// of an hour or two changes no middle, and one that is longer is no rise once it is over. What came before must be as long as what
// counts of the time since.
func rise(x []float64, sure int) int {
	n := len(x)
	day, middle := windows(x, confirmHours), middles(x)
	most, high := make([]float64, n+1), make([]float64, n+1) // of all before: hours, and middles
	for i, v := range x {
		most[i+1], high[i+1] = max(most[i], v), max(high[i], middle[i])
	}
	days, least := math.Inf(1), math.Inf(1) // least of the whole days, and of the middles, from i on
	for i := n - 1; i >= 1; i-- {
		since := n - i
		if since >= riseHours {
			least = min(least, middle[i+riseHours-1])
		}
		if since >= confirmHours {
			days = min(days, day[i+confirmHours-1])
		}
		if i < min(since, confirmHours) || since < riseHours {
			continue
		}
		grew := day[i-1] / day[max(i-1-confirmHours, 0)] // in the day before: going on as before is no jump
		level := riseLeast * max(grew*grew, 1)
		if least > level*high[i] || since >= sure && days > level*most[i] {
			return i
		}
	}
	return 0
}

// middles returns at each index the upper middle of it and the five hours before; where there are fewer, of those.
func middles(x []float64) []float64 {
	out := make([]float64, len(x))
	var six [riseHours]float64
	for i := range x {
		few := six[:copy(six[:], x[max(0, i-riseHours+1):i+1])]
		for a := 1; a < len(few); a++ { // insertion: they are six
			for b := a; b > 0 && few[b] < few[b-1]; b-- {
				few[b], few[b-1] = few[b-1], few[b]
			}
		}
		out[i] = few[len(few)/2]
	}
	return out
}
