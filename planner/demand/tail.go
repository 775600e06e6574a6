package demand

import (
	"cmp"
	"math"
	"slices"
)

// tail says how the most of a block of time is distributed, by its upper part: above a threshold the excess is taken to be exponential
// with a mean that is not known. With the prior 1/mean the next excess is then a Lomax variable, so that few blocks
// make a heavy tail and many a light one. (Peaks over threshold: Pickands 1975, Davison and Smith 1990, with shape 0. The predictive
// distribution: Bernardo and Smith 1994, table A.2.)
//
// Where the highest blocks stand apart from the others (a job that runs on some days), they are a mode of their own: what lies
// between says nothing of how high the next of them gets. Their own spread does, and as long as they are few
// that of the others does, as a share of the level, and a chosen one.
type tail struct {
	sorted []float64 // most of each block, falling
	k      float64   // blocks above the threshold, or what their number is worth
	share  float64   // probability that a block is above the threshold
	from   float64   // the threshold
	mean   float64   // mean excess
	apart  int       // blocks that stand apart; 0: none do
	gamma  *[quantiles]float64
}

// Chosen, and tried on the families of the tests.
const (
	excessLeast = 0.002 // mean excess is at least this share of the threshold: the error of a code
	upperLeast  = 3     // blocks above a threshold
	apartGap    = 0.15  // blocks stand apart by this share of the lower ones,
	apartTimes  = 10    // and by so many times the mean distance of the others
	apartExcess = 0.05  // of those that stand apart, before they have shown theirs
	apartWeight = 4     // as many of them as this belief is worth
)

// fit takes the most of each block, in any order.
func fit(blocks []float64) tail {
	t := tail{sorted: slices.Clone(blocks)}
	slices.SortFunc(t.sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	n := len(t.sorted)
	if n == 0 {
		return t
	}
	t.apart = apart(t.sorted)
	if t.apart == 0 {
		best := math.Inf(1)
		for part := 2; part <= 4 && (part == 2 || n/part >= upperLeast); part++ {
			c := t
			c.upper(t.sorted, (n+part-1)/part)
			c.share = (c.k + 1) / float64(n+1)
			if far := c.rare(); far < best {
				best, t = far, c
			}
		}
		return t
	}
	rest := tail{}
	rest.upper(t.sorted[t.apart:], (n-t.apart+1)/2)
	t.upper(t.sorted[:t.apart], t.apart-1)
	belief := max(apartExcess, rest.mean/rest.from) * t.from
	own := t.k * t.mean
	if t.apart == 1 {
		t.k, own = 0, 0
	}
	t.mean = (own + float64(apartWeight*belief)) / (t.k + apartWeight)
	t.k += apartWeight
	t.share = float64(t.apart+1) / float64(n+1)
	return t
}

// upper sets the threshold below the k highest, and their mean excess.
func (t *tail) upper(sorted []float64, k int) {
	k = max(1, k)
	t.from = sorted[min(k, len(sorted)-1)]
	t.mean = 0
	for _, v := range sorted[:k] {
		t.mean += v - t.from
	}
	t.k = float64(k)
	t.mean = max(t.mean/t.k, excessLeast*t.from)
}

// rare is the amount that one block in a thousand goes above.
func (t *tail) rare() float64 {
	return t.from + float64(t.k*t.mean*(math.Pow(1000*t.share, 1/t.k)-1))
}

// apart returns how many of the highest blocks stand apart: fewer than half.
func apart(sorted []float64) int {
	n := len(sorted)
	for i := (n - 1) / 2; i >= 1; i-- {
		low := sorted[i:]
		others := (low[0] - low[len(low)/2]) / float64(max(len(low)/2, 1))
		if gap := sorted[i-1] - low[0]; gap > apartGap*low[0] && gap > apartTimes*others {
			return i
		}
	}
	return 0
}

// within returns the probability that an amount is passed in at least one of so many blocks. One mean rules all of them, so the doubt
// about it is averaged over last: blocks that come are alike in what is not known of them.
func (t *tail) within(r, blocks float64) float64 {
	if len(t.sorted) == 0 {
		return 1
	}
	if r < t.from {
		count := 0
		for count < len(t.sorted) && t.sorted[count] > r {
			count++
		}
		share := float64(count+1) / float64(len(t.sorted)+1)
		return -math.Expm1(blocks * math.Log1p(-min(share, 1-1e-12)))
	}
	risk, z := 0.0, (r-t.from)/(t.k*t.mean)
	expected := blocks * t.share
	for i, rate := range t.rates() {
		risk -= float64(normalWeights[i] * math.Expm1(-expected*math.Exp(-rate*z)))
	}
	return min(risk, 1)
}

// The rate of excesses, 1/mean, has a gamma distribution with k as its shape; its quantiles are those of the normal distribution by the cube
// root of Wilson and Hilferty (1931). That is 0 far below the middle where k is small, and a rate of 0 is a risk that no amount brings
// down: so no quantile is below what P(X ≤ x) ≤ x^k / Γ(k+1) proves of it.
const quantiles = 41

var normalAt, normalWeights = normals()

func normals() (at, weight [quantiles]float64) {
	total := 0.0
	for i := range at {
		at[i] = (float64(i) - quantiles/2) * 0.25
		weight[i] = math.Exp(-at[i] * at[i] / 2)
		total += weight[i]
	}
	for i := range weight {
		weight[i] /= total
	}
	return at, weight
}

func (t *tail) rates() *[quantiles]float64 {
	if t.gamma == nil {
		t.gamma = &[quantiles]float64{}
		for i, z := range normalAt {
			root := max(0, 1-1/(9*t.k)+z/(3*math.Sqrt(t.k)))
			small, _ := math.Lgamma(t.k + 1)
			small = math.Exp((math.Log(math.Erfc(-z/math.Sqrt2)/2) + small) / t.k)
			t.gamma[i] = max(t.k*root*root*root, small)
		}
	}
	return t.gamma
}

// above returns the probability that one block goes above an amount.
func (t *tail) above(r float64) float64 { return t.within(r, 1) }
