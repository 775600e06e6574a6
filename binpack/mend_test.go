package binpack

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// One item has four copies, settled to lie in two domains. Its duals by domain count for a certificate as the lesser one.
func TestACaseThatProvesNothingFallsBackOnTheOneAbove(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 2,
		Items: []model.Item{{Size: []int64{1}, Count: 4, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{4}, Price: 10, Card: -1}, {Domain: 1, Cap: []int64{4}, Price: 10, Card: -1}},
	}
	part := colgen.Part{Problem: p, Shapes: []knapsack.Shape{{Item: 0, Domain: 0, Count: 2}, {Item: 0, Domain: 1, Count: 2}}}
	bound := func(value float64, cut float64, duals ...float64) *colgen.Bound {
		return &colgen.Bound{Value: value, Shapes: duals, Cuts: []float64{cut}}
	}
	for name, tc := range map[string]struct {
		own, above *colgen.Bound
		high       bool // the branch is that to more than one bin
		mended     bool
	}{
		"equal in all domains":                        {bound(10, 0, 2.5, 2.5), bound(4, 0, 1, 1), false, false},
		"much in one domain and nothing in the other": {bound(200, 0, 100, 0), bound(4, 0, 1, 1), false, true},
		"much in one, and paid for by the branch":     {bound(150, 50, 100, 0), bound(4, 0, 1, 1), false, true},
		"what the branch adds counts":                 {bound(24, 10, 1, 1), bound(4, 0, 1, 1), true, false},
		"and what it takes counts":                    {bound(24, 10, 1, 1), bound(4, 0, 1, 1), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &solver{p: p}
			leaf := &colgen.Case{Leaf: tc.own, Above: []*colgen.Bound{tc.above}}
			other := &colgen.Case{Leaf: bound(4, 0, 1, 1)}
			root := &colgen.Case{Bins: []int{0}, Most: 1, Low: leaf, High: other}
			if tc.high {
				root.Low, root.High = other, leaf
			}
			s.proofs = []proof{{part, colgen.Bound{Cases: root}}}
			if got := s.mend([]int64{4}); got != tc.mended {
				t.Errorf("mended %v, want %v", got, tc.mended)
			}
			if want := map[bool]*colgen.Bound{false: tc.own, true: tc.above}[tc.mended]; leaf.Leaf != want {
				t.Errorf("the case has the bound %+v, want %+v", leaf.Leaf, want)
			}
		})
	}
}
