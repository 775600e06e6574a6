package proposal

import (
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

func TestWeightsAreAboveTodays(t *testing.T) {
	for name, tc := range map[string]struct {
		bases        []int32
		pools, wants []int32
	}{
		"nobody has one":              {nil, []int32{1, 3, 1}, []int32{1, 2, 1}},
		"above the highest, in order": {[]int32{10, 30}, []int32{1, 7, 5, 1}, []int32{31, 33, 32, 31}},
		"no room above":               {[]int32{100}, []int32{1, 2}, []int32{99, 100}},
	} {
		var bases []*kube.NodePool
		for _, w := range tc.bases {
			bases = append(bases, &kube.NodePool{Spec: kube.NodePoolSpec{Weight: &w}})
		}
		bases = append(bases, &kube.NodePool{})
		var pools []planner.Pool
		for _, w := range tc.pools {
			pools = append(pools, planner.Pool{Weight: w})
		}
		weigh(pools, bases)
		var got []int32
		for _, p := range pools {
			got = append(got, p.Weight)
		}
		if !slices.Equal(got, tc.wants) {
			t.Errorf("%s: %v, want %v", name, got, tc.wants)
		}
	}
}

func TestWhichDesignIsBetter(t *testing.T) {
	design := func(unplaced int64, perHour pricing.Micro, works int) *planner.Built {
		return &planner.Built{Unplaced: unplaced, PerHour: perHour, Pools: []planner.Pool{{}, {Steered: true, Works: make([]planner.PoolWork, works)}}}
	}
	best := design(1, 100_000_000, 2)
	for name, tc := range map[string]struct {
		built *planner.Built
		want  bool
	}{
		"the same":                                {design(1, 100_000_000, 2), false},
		"a little cheaper":                        {design(1, 99_999_999, 2), true},
		"cheaper with fewer pods placed":          {design(2, 1, 0), false},
		"dearer with more pods placed":            {design(0, 200_000_000, 2), true},
		"a little cheaper, for steering one more": {design(1, 99_600_000, 3), false},
		"half a per cent cheaper, for one more":   {design(1, 99_499_999, 3), true},
		"a little cheaper, and steers fewer":      {design(1, 99_999_999, 0), true},
	} {
		if got := better(tc.built, best); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
