package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
)

// At thresholds around the best worth there is, a front that says Proven must be right, and so must the worth that it
// gives a bin otherwise; what it and a beam return must be contents worth more than the threshold. Where sizes in two
// dimensions say everything, the front must not be Open.
func TestFrontNeverContradictsTryingEverything(t *testing.T) {
	groups := map[string]exact.Options{
		"sizes alone": {NoCards: true, NoRules: true, NoSpreads: true, Copies: 8},
		"everything":  {NoSpreads: true},
	}
	for name, o := range groups {
		t.Run(name, func(t *testing.T) {
			verdicts, beams := map[Verdict]int{}, 0
			trials(t, 1500, o, func(t *testing.T, r *trial, rng *rand.Rand) {
				var upper []int64
				r.bin.Unlimit()
				if rng.IntN(2) == 0 {
					upper = r.some(rng)
					r.bin.Limit(upper)
				}
				best := r.best(upper)
				rel := r.bin.Relax(r.pi)
				for _, share := range []float64{0.5, 0.9, 0.999999, 1.000001, 1.1} {
					threshold := best * share
					if rel.Value <= threshold {
						continue
					}
					v := r.front(t, rel, threshold, upper)
					verdicts[v]++
					for _, c := range r.bin.Beam(r.pi, rel, threshold, 3) {
						beams++
						r.worthMore(t, "Beam", c, threshold, upper)
					}
				}
			})
			t.Logf("open, proven, better: %d, %d, %d; by beams %d", verdicts[Open], verdicts[Proven], verdicts[Better], beams)
			if verdicts[Proven] < 200 || verdicts[Better] < 500 || beams < 500 {
				t.Error("that is too few to say anything")
			}
		})
	}
}

// front checks one verdict.
func (r *trial) front(t *testing.T, rel Relaxed, threshold float64, upper []int64) Verdict {
	t.Helper()
	v, contents, unreal, worth := r.bin.Front(r.pi, rel, threshold, 1<<40)
	best := r.best(upper)
	if v == Proven && best > threshold+1e-9*(1+threshold) {
		t.Errorf("proven that nothing is worth more than %v, and something is worth %v", threshold, best)
	}
	if v == Open && unreal != nil && max(worth, threshold) < best-1e-9*(1+best) {
		t.Errorf("at most %v, and something is worth %v", worth, best)
	}
	if (v == Better) != (len(contents) > 0) {
		t.Errorf("verdict %v with %d contents", v, len(contents))
	}
	for _, c := range contents {
		r.worthMore(t, "Front", c, threshold, upper)
	}
	return v
}

func (r *trial) worthMore(t *testing.T, who string, c Content, threshold float64, upper []int64) {
	t.Helper()
	worth := 0.0
	for i, l := range c.Shapes {
		worth += r.pi[r.bin.Shapes[l]] * float64(c.Counts[i])
	}
	r.judge(t, who, c, worth, upper)
	if worth <= threshold-1e-9 {
		t.Errorf("%s: better than %v, and worth %v", who, threshold, worth)
	}
}
