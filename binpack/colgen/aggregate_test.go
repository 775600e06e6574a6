package colgen

import (
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
)

// With rows that shapes share, as only large parts have them, a bound must be valid all the same
// and a packing legal. Bins are three times as large here as exact makes them, so that most items
// are small enough to share.
func TestSharedRowsBoundAndPack(t *testing.T) {
	shared, compared, sum, best := 0, 0, 0.0, 0.0
	for seed := range uint64(400) {
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 8})
		for b := range p.Bins {
			for d := range p.Bins[b].Cap {
				p.Bins[b].Cap[d] *= 3
			}
		}
		g := newGenerator(whole(p, few), 0)
		for s := range g.rowsOf {
			if len(g.rowsOf[s]) != 1 || g.rowsOf[s][0].amount != 1 {
				shared++
			}
		}
		residual := slices.Clone(g.demand)
		first := g.greedy(g.all(), residual, g.firstPrices(), newStock(p))
		g.unlimit()
		m := g.start(first)
		if g.columns(m) == nil {
			_ = g.bound(m)
		}
		fills, left := g.scoop(m, newStock(p))
		b := g.inUnits()
		audit(t, p, Answer{Fills: fills, Residual: left})
		valid(t, p, b)
		if k, err := exact.Solve(p, 100_000); err == nil {
			compared, sum, best = compared+1, sum+b.Value, best+float64(k.Cost)
			if b.Value > float64(k.Cost)+1e-6 {
				t.Errorf("a bound of %v above the optimum of %d", b.Value, k.Cost)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d shapes share rows; %d compared, bounds add up to %.0f, optima to %.0f", shared, compared, sum, best)
	if shared < 400 || sum < best/3 {
		t.Errorf("%d shapes share rows; bounds add up to %v, optima to %v", shared, sum, best)
	}
}
