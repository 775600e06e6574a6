package demand

import (
	"math"
	"slices"
)

// A target that need not last a week may follow the week. All chosen.
const (
	seasonHours  = 13 * 24 // of history, for two weeks to be compared
	seasonSlip   = 2       // hours by which a peak may come early or late
	seasonBreak  = 1.25    // times what the week before had at that hour: more was not foreseen
	seasonGain   = 0.9     // of the peak of all hours: what the hours ahead have at most, for the season to be worth its risk
	seasonLonger = 6 * 24  // hours: a target that must last longer does not follow the week
)

// season is what the same hours of the weeks before say of the hours ahead.
type season struct {
	level  float64   // most of them
	tail   tail      // of blocks
	once   bool      // blocks are as long as what is asked for
	blocks []float64 // for each of the last seven days: the most that an hour was above the same hours of the week before, as a share of those
}

// foresee compares the last week with the one before, hour by hour. ok is false where something came in one of the two weeks that the other
// does not show, or where the hours ahead are no lower than the others.
func foresee(x []float64, at []int32, next int32, hours float64) (s season, ok bool) {
	n := len(x)
	if n < seasonHours || hours > seasonLonger || at[n-1] < next-24 {
		return season{}, false
	}
	var cells [hoursKept]float64
	peak := 0.0
	for i, v := range x {
		if at[i] >= next-hoursKept {
			cells[at[i]%hoursKept] = v
			peak = max(peak, v)
		}
	}
	near := func(h int32) (most float64) { // the hours about h; of the two weeks before next only
		for d := h - seasonSlip; d <= h+seasonSlip; d++ {
			if d >= next-hoursKept && d < next {
				most = max(most, cells[d%hoursKept])
			}
		}
		return most
	}
	for day := range int32(7) {
		most := 0.0
		for h := next - 24*(day+1); h < next-24*day; h++ {
			v, before := cells[h%hoursKept], near(h-168)
			if v > 0 && before == 0 || v > seasonBreak*before || cells[(h-168)%hoursKept] > seasonBreak*near(h) {
				return season{}, false
			}
			if before > 0 {
				most = max(most, v/before)
			}
		}
		if most > 0 {
			s.blocks = append(s.blocks, most)
		}
	}
	for h := next; h < next+int32(hours); h++ {
		s.level = max(s.level, near(h-168), near(h-336))
	}
	return s, s.level > 0 && s.level < seasonGain*peak
}

// A target that need not last long may start from where usage is now: what leaks, or wanders, is told by how far it gets in a
// day better than by how high it has been. All chosen.
const (
	driftLonger = 48 // hours: a target that must last longer does not start from now
	driftDays   = 7  // steps of the past that must be known
	driftHours  = 2  // that are "now"
)

// wander compares, for each day of the past at this hour of the day, what came with where usage was. ok is false where too few
// days are known.
func wander(x []float64, at []int32, next int32, hours float64) (s season, ok bool) {
	if hours > driftLonger || len(x) < driftDays*24 || at[len(x)-1] < next-driftHours {
		return season{}, false
	}
	most := func(from, to int32) (v float64) {
		i, _ := slices.BinarySearch(at, from)
		for ; i < len(at) && at[i] < to; i++ {
			v = max(v, x[i])
		}
		return v
	}
	ahead := int32(math.Ceil(hours))
	s.level = most(next-driftHours, next)
	for from := next - ahead; from-driftHours >= at[0]; from -= 24 {
		was, came := most(from-driftHours, from), most(from, from+ahead)
		if was > 0 && came > 0 {
			s.blocks = append(s.blocks, came/was)
		}
	}
	if len(s.blocks) < driftDays {
		return season{}, false
	}
	s.tail = fit(s.blocks)
	s.once = true
	return s, true
}

// within returns the probability that an amount is passed in so many hours.
func (s *season) within(r, hours float64) float64 {
	if s.once {
		return s.tail.within(r/s.level, 1)
	}
	return s.tail.within(r/s.level, max(1, hours/24))
}
