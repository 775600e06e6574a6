package colgen

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

func TestACaseIsBelievedAsFarAsACertificateCarriesIt(t *testing.T) {
	for name, tc := range map[string]struct{ worth, above, want float64 }{
		"all of it":                        {70, 10, 60},
		"less than is claimed":             {50, 10, 40},
		"no less than the case above does": {5, 10, 10},
	} {
		g := &generator{scale: 1}
		g.Shapes = []knapsack.Shape{{Count: 3}, {Count: 4}}
		g.Worth = func([]float64) float64 { return tc.worth }
		b := Bound{Value: 60, Shapes: []float64{10, 10}}
		g.believe(&b, tc.above)
		if b.Value != tc.want {
			t.Errorf("%s: %g, want %g", name, b.Value, tc.want)
		}
	}
}
