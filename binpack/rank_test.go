package binpack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Where limits on bins leave no room for all, higher ranks go first, whatever the order of items.
func TestHigherRanksArePlacedFirst(t *testing.T) {
	item := func(size, count, rank int64) model.Item {
		return model.Item{Size: []int64{size}, Count: count, Classes: []int{0}, Rank: rank}
	}
	for name, tc := range map[string]struct {
		items []model.Item
		cap   int64
		max   int64
		want  []int64
	}{
		"one place, the higher rank second": {[]model.Item{item(1, 1, 0), item(1, 1, 1)}, 1, 1, []int64{1, 0}},
		"one place, the higher rank first":  {[]model.Item{item(1, 1, 1), item(1, 1, 0)}, 1, 1, []int64{0, 1}},
		"a large one pushes out many small": {[]model.Item{item(1, 10, 0), item(9, 1, 1)}, 10, 1, []int64{9, 0}},
		"three ranks fill from the top":     {[]model.Item{item(2, 4, 0), item(2, 4, 1), item(2, 4, 2)}, 4, 3, []int64{4, 2, 0}},
		"equal ranks place as many as fit":  {[]model.Item{item(3, 1, 0), item(1, 3, 0)}, 3, 1, []int64{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: tc.items, Bins: []model.Bin{{Cap: []int64{tc.cap}, Price: 5, Max: tc.max, Card: -1}}}
			k, err := binpack.Solve(p, binpack.Limits{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, k.Unplaced); diff != "" {
				t.Errorf("unplaced (-want +got):\n%s", diff)
			}
		})
	}
}

// An item that a rule spreads over domains which share nothing else still has one proof.
func TestAnItemInSeparateDomainsIsBoundedAsOne(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 2,
		Items:   []model.Item{{Size: []int64{2}, Count: 3, Classes: []int{0}}},
		Bins:    []model.Bin{{Cap: []int64{5}, Price: 10, Card: -1}, {Domain: 1, Cap: []int64{5}, Price: 10, Card: -1}},
		Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}},
	}
	k, err := binpack.Solve(p, binpack.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if k.Cost != 20 || k.LowerBound != 20 {
		t.Errorf("cost %d, bound %d, want 20 and 20", k.Cost, k.LowerBound)
	}
}
