package check

import (
	"math"
	"math/bits"
)

// most is where the arithmetic of this package saturates. Amounts here are never negative, and
// wherever a sum could leave int64 the saturated value errs towards a fault: a content that
// seems too large does not fit, a worth that seems too large is not proven.
const most = int64(math.MaxInt64)

// plus is a+b for a, b ≥ 0, at most most.
func plus(a, b int64) int64 {
	if a > most-b {
		return most
	}
	return a + b
}

// times is a·b for a, b ≥ 0, at most most.
func times(a, b int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high != 0 || low > uint64(most) {
		return most
	}
	return int64(low)
}
