package vpa

import (
	"errors"
	"fmt"
	"math"
)

// ErrUnlike is returned where histograms of different buckets or half-lives meet.
var ErrUnlike = errors.New("histograms of different kinds")

const (
	// MinWeight is the weight of a CPU sample; that of a memory peak is 1.
	MinWeight = 0.1
	// epsilon is the weight below which a bucket counts as empty.
	epsilon = 0.001 * MinWeight
	// growth is how much wider each bucket is than the one before. Its type makes growth − 1 what it is in binary, as in VPA,
	// and not what it is on paper.
	growth = float64(1.05)
	// decayMost is after how many half-lives the reference moves, so that no weight overflows.
	decayMost = 100
	// yearOne is 0001-01-01 in milliseconds: Go's zero time, from which VPA counts half-lives.
	yearOne = -62_135_596_800_000
	// yearLast is 9999-12-31: later instants have no form in a checkpoint.
	yearLast = 253_402_300_799_999
)

// Scheme is how a histogram cuts its values into buckets: the first from 0 to First, each wider than the one before by 5 %, the
// last one from at least Most on.
type Scheme struct {
	First float64
	Most  float64
}

// The schemes of checkpoints of version v3: 176 buckets each.
var (
	SchemeCPU    = Scheme{First: 0.01, Most: 1000} // cores
	SchemeMemory = Scheme{First: 1e7, Most: 1e12}  // bytes
)

// Buckets counts the buckets.
func (s Scheme) Buckets() int { return int(math.Ceil(logarithm(s.Most*(growth-1)/s.First+1))) + 1 }

// bucket is where a value lies among n buckets.
func (s Scheme) bucket(value float64, n int) int {
	if value < s.First {
		return 0
	}
	return min(int(logarithm(value*(growth-1)/s.First+1)), n-1)
}

// start is where a bucket begins.
func (s Scheme) start(bucket int) float64 {
	if bucket == 0 {
		return 0
	}
	return s.First * (math.Pow(growth, float64(bucket)) - 1) / (growth - 1)
}

func logarithm(x float64) float64 { return math.Log(x) / math.Log(growth) }

// Histogram holds weights of values, of which each counts half for every half-life of age.
type Histogram struct {
	scheme    Scheme
	halfLife  int64 // milliseconds
	reference int64 // the instant at which a weight counts as it is; a multiple of the half-life since year one
	weights   []float64
	total     float64
	low, high int // first and last bucket that is not empty; the last and 0 where all are
}

// NewHistogram returns an empty histogram; a half-life below 1 ms counts as 1 ms.
func NewHistogram(s Scheme, halfLifeMillis int64) *Histogram {
	n := s.Buckets()
	return &Histogram{
		scheme: s, halfLife: max(halfLifeMillis, 1), reference: yearOne,
		weights: make([]float64, n), low: n - 1,
	}
}

// Add adds a value. It reports false, and does nothing, where the value is below 0 or no number, the weight is negative or no
// number, or the instant lies outside the years 1 to 9999.
func (h *Histogram) Add(value, weight float64, at int64) bool {
	if !sound(value, weight, at) {
		return false
	}
	weight = float64(weight * h.decay(at)) // rounded here: a product that is fused with the sum would differ between machines
	b := h.scheme.bucket(value, len(h.weights))
	h.weights[b] += weight
	h.total += weight
	if h.weights[b] >= epsilon {
		h.low, h.high = min(h.low, b), max(h.high, b)
	}
	return true
}

// Subtract takes out what was added before; what Add refuses it refuses too.
func (h *Histogram) Subtract(value, weight float64, at int64) bool {
	if !sound(value, weight, at) {
		return false
	}
	weight = float64(weight * h.decay(at))
	b := h.scheme.bucket(value, len(h.weights))
	h.total = less(h.total, weight)
	h.weights[b] = less(h.weights[b], weight)
	h.narrow()
	return true
}

func sound(value, weight float64, at int64) bool {
	return value >= 0 && !math.IsInf(value, 1) && weight >= 0 && !math.IsInf(weight, 1) && instant(at)
}

func instant(at int64) bool { return at >= yearOne && at <= yearLast }

func less(value, by float64) float64 {
	if value -= by; value < epsilon {
		return 0
	}
	return value
}

// Merge adds all of another histogram. The older reference of the two moves to the younger, so that the other may change, too:
// it loses what is too old to count beside the younger one. VPA does the same.
func (h *Histogram) Merge(other *Histogram) error {
	if !h.like(other) {
		return fmt.Errorf("merge: %w", ErrUnlike)
	}
	if h.reference < other.reference {
		h.shift(other.reference)
	} else if other.reference < h.reference {
		other.shift(h.reference)
	}
	for b := other.low; b <= other.high; b++ {
		h.weights[b] += other.weights[b]
	}
	h.total += other.total
	h.low, h.high = min(h.low, other.low), max(h.high, other.high)
	return nil
}

func (h *Histogram) like(other *Histogram) bool {
	return h.scheme == other.scheme && h.halfLife == other.halfLife
}

// Percentile returns the end of the bucket in which the share p of the weight is reached, 0 of an empty histogram. It is up to
// 5 % above the value that went in. p is from 0 to 1.
func (h *Histogram) Percentile(p float64) float64 {
	if h.Empty() {
		return 0
	}
	sum, threshold, b := 0.0, p*h.total, h.low
	for ; b < h.high; b++ {
		if sum += h.weights[b]; sum >= threshold {
			break
		}
	}
	return h.scheme.start(min(b+1, len(h.weights)-1))
}

// Empty reports whether nothing has any weight.
func (h *Histogram) Empty() bool { return h.weights[h.low] < epsilon }

// decay is what a weight of an instant counts at the reference, which moves where it is too far back.
func (h *Histogram) decay(at int64) float64 {
	if at-h.reference > decayMost*h.halfLife {
		h.shift(at)
	}
	return math.Exp2(nanos(at-h.reference) / nanos(h.halfLife))
}

// shift moves the reference to the multiple of the half-life that is nearest to an instant.
func (h *Histogram) shift(to int64) {
	since := to - yearOne
	rest := since % h.halfLife
	if since -= rest; rest+rest >= h.halfLife {
		since += h.halfLife
	}
	to = since + yearOne
	exponent := math.Floor(nanos(h.reference-to)/nanos(h.halfLife) + 0.5)
	factor := math.Ldexp(1, int(exponent))
	for b := h.low; b <= h.high; b++ {
		h.weights[b] *= factor
	}
	h.total *= factor
	h.reference = to
	h.narrow()
}

// narrow moves low and high past buckets that have become empty.
func (h *Histogram) narrow() {
	for h.weights[h.low] < epsilon && h.low < len(h.weights)-1 {
		h.low++
	}
	for h.weights[h.high] < epsilon && h.high > 0 {
		h.high--
	}
}

// nanos converts a difference of instants as time.Duration holds it: no more than 292 years.
func nanos(millis int64) float64 {
	const most = math.MaxInt64 / 1_000_000
	switch {
	case millis > most:
		return math.MaxInt64
	case millis < -most:
		return math.MinInt64
	}
	return float64(millis * 1_000_000)
}
