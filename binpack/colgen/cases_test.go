package colgen

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
)

// A branch may charge many times a bin's price for it. What content may exceed that charge by, to be passed over, must not
// weaken a bound by more than it would without any charge: bounds are scaled by the excess over the price.
func TestChargesOfBranchesDoNotWeakenBounds(t *testing.T) {
	t.Parallel()
	g := newGenerator(whole(exact.Random(1, exact.Options{}), few))
	for k := range g.bins {
		if g.price(k) == 0 {
			continue
		}
		c := cut{in: make([]bool, len(g.bins)), k: 1}
		c.in[k] = true
		g.cuts = []cut{c}
		for _, charge := range []float64{0, 0.5, 1, 300} {
			p := prices{pi: make([]float64, len(g.Shapes)), max: make([]float64, len(g.bins)), bud: make([]float64, len(g.budRow)), cut: []float64{charge}}
			before := g.threshold(k, p)
			over := (g.tolerated(k, before, slackTarget) - before) / g.price(k)
			if over < 0 || over > slackTarget+1e-9 {
				t.Errorf("kind %d, charge %v: passed over at %v of the price above what it costs, want at most %v", k, charge, over, slackTarget)
			}
		}
	}
}
