package binpack

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Thirty-four copies lie in each of three zones, whose dear bins hold thirty-two: each zone has two of them. The relaxation fills 3.2
// in all, and four in all are shared out among the zones; only the number in one zone tells. (Seed 63 of simulations/synth with 60 shapes was left
// 7 % open so.)
func TestNumbersOfBinsInAZoneAreBranchedOn(t *testing.T) {
	t.Parallel()
	p := &model.Problem{Dims: 1, Classes: 2, Domains: 3}
	p.Items = []model.Item{{Size: []int64{1}, Count: 102, Classes: []int{0}}, {Size: []int64{1}, Count: 300, Classes: []int{0, 1}}}
	p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 1}}
	for d := range 3 {
		p.Bins = append(p.Bins, model.Bin{Domain: d, Class: 0, Cap: []int64{32}, Price: 63_000, Card: -1}, model.Bin{Domain: d, Class: 1, Cap: []int64{1}, Price: 100, Card: -1})
	}
	k, err := Solve(p, DefaultLimits(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(6*63_000 + (300-90)*100); k.LowerBound != want {
		t.Errorf("cost %d, bound %d, want %d", k.Cost, k.LowerBound, want)
	}
}

// Where it was settled which zone gets the odd copy, the rules would take another zone for it, and a certificate counts the least.
func TestACaseIsWorthWhatTheRulesLeave(t *testing.T) {
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 3}
	p.Items = []model.Item{{Size: []int64{1}, Count: 5, Classes: []int{0}}}
	p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 1}}
	for d := range 3 {
		p.Bins = append(p.Bins, model.Bin{Domain: d, Cap: []int64{4}, Price: 10, Card: -1})
	}
	s := &solver{p: p}
	part := colgen.Part{Problem: p, Bins: []int{0, 1, 2}, Shapes: []knapsack.Shape{{Domain: 0, Count: 2}, {Domain: 1, Count: 2}, {Domain: 2, Count: 1}}}
	for _, tc := range []struct {
		duals []float64
		want  float64
	}{{[]float64{1, 1, 1}, 5}, {[]float64{100, 1, 1}, 104}, {[]float64{1, 1, 100}, 104}, {[]float64{0, 3, 3}, 9}} {
		if got := s.worth(part)(tc.duals); got != tc.want {
			t.Errorf("duals %v are worth %g, want %g", tc.duals, got, tc.want)
		}
	}
	if part.Shapes = part.Shapes[:1]; s.worth(part) != nil {
		t.Error("an item that lies in one zone is worth what is claimed: nobody need be asked")
	}
}
