package raise

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Prices come from the leaf that decides: of two cases the one with the lower bound.
func TestBindingTakesTheLeastLeaf(t *testing.T) {
	p := &model.Problem{Items: []model.Item{{Count: 3}, {Count: 2}}, Bins: []model.Bin{{Max: 2}, {}}, Budgets: []int64{5}}
	leaf := func(dual, cut int64) *model.Leaf {
		return &model.Leaf{Items: [][]int64{{dual, dual + 1}}, Cuts: []int64{cut}, Mults: []model.Mult{{Dims: []int64{dual}}}, Use: []model.BinUse{{Bin: 1}},
			Bins: []model.BinDual{{Bin: 0, Value: 1}}, Budgets: []int64{1}}
	}
	cert := func(low, high *model.Leaf) *model.Certificate {
		return &model.Certificate{Scale: 1, Items: [][]int64{{0}, {7}}, Mults: []model.Mult{{Dims: []int64{9}}}, Use: []int{0, -1}, Budgets: []int64{0},
			Trees: []model.Tree{{Items: []int{0}, Root: model.Node{Bins: []int{1}, Most: 4, Low: &model.Node{Leaf: low}, High: &model.Node{Leaf: high}}}}}
	}
	for name, tc := range map[string]struct {
		low, high *model.Leaf
		want      int64
	}{
		"the lower duals":                       {leaf(10, 0), leaf(20, 0), 10},
		"a low branch owes its cut":             {leaf(30, 20), leaf(20, 0), 30}, // 90-80 < 60
		"a high branch earns it":                {leaf(30, 0), leaf(20, 10), 30}, // 90 < 60+50
		"the first of equal ones, as they come": {leaf(10, 0), leaf(10, 0), 10},
	} {
		t.Run(name, func(t *testing.T) {
			got := binding(p, cert(tc.low, tc.high))
			want := &model.Certificate{Scale: 1, Items: [][]int64{{tc.want, tc.want + 1}, {7}}, Mults: []model.Mult{{Dims: []int64{9}}, {Dims: []int64{tc.want}}},
				Use: []int{0, 1}, Bins: []model.BinDual{{Bin: 0, Value: 1}}, Budgets: []int64{1}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	plain := &model.Certificate{Scale: 3}
	if binding(p, plain) != plain {
		t.Error("a certificate without trees is not itself")
	}
}
