package usage

import "math"

// What a time may be. Chosen: no recording of a cluster is older than Kubernetes' ancestors, or of the next century.
// Within these bounds the units of a number cannot be mistaken for one another: their ranges are disjoint.
const (
	EarliestMillis = 946_684_800_000   // 2000-01-01
	LatestMillis   = 4_102_444_800_000 // 2100-01-01
)

// Scale is the unit of a number that is a time since 1970.
type Scale int64

// The scales: how many there are in a second.
const (
	NoScale Scale = 0 // it is none
	Seconds Scale = 1
	Millis  Scale = 1_000
	Micros  Scale = 1_000_000
	Nanos   Scale = 1_000_000_000
)

// String names the scale.
func (s Scale) String() string {
	switch s {
	case Seconds:
		return "seconds"
	case Millis:
		return "milliseconds"
	case Micros:
		return "microseconds"
	case Nanos:
		return "nanoseconds"
	case NoScale:
	}
	return "no unit of time"
}

// ScaleOf tells in which unit a number is an instant of 2000 to 2099; NoScale where it is one in none.
func ScaleOf(x float64) Scale {
	for _, s := range []Scale{Seconds, Millis, Micros, Nanos} {
		if seconds := x / float64(s); seconds >= EarliestMillis/1000 && seconds < LatestMillis/1000 {
			return s
		}
	}
	return NoScale
}

// Instant turns a time since 1970 into milliseconds, rounded to the nearest; ok is false where it is before 1970, after
// 2099, or no number.
func Instant(x float64, s Scale) (ms int64, ok bool) {
	if s <= 0 {
		return 0, false
	}
	y := math.Round(x / float64(s) * 1000)
	if !(y >= 0 && y < LatestMillis) { // so written, NaN is out as well
		return 0, false
	}
	return int64(y), true
}
