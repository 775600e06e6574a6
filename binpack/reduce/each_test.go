package reduce_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/reduce"
)

// Each passes over bins that cannot be the cheapest without counting what fits. Here every bin is counted.
func TestEachIsTheLeastOverAllBins(t *testing.T) {
	had := 0
	for seed := range uint64(1500) {
		p := exact.Random(seed, exact.Options{})
		cardsOf := func(b int) cards.Set {
			bin := &p.Bins[b]
			s := cards.Set{N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
			if bin.Card >= 0 {
				s.Geometry = cards.NewGeometry(&p.Cards[bin.Card])
			}
			return s
		}
		want := make([][]float64, len(p.Items))
		for i := range want {
			want[i] = slices.Repeat([]float64{-1}, p.Domains)
			for b := range p.Bins {
				d := p.Bins[b].Domain
				n, _ := knapsack.MostAlone(p, i, b, cardsOf(b))
				if v := float64(p.Bins[b].Price) / float64(n); n > 0 && (want[i][d] < 0 || v < want[i][d]) {
					want[i][d] = v
					had++
				}
			}
		}
		if diff := cmp.Diff(want, reduce.Each(p, cardsOf)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
	if had < 5000 {
		t.Errorf("only %d prices were found", had)
	}
}
