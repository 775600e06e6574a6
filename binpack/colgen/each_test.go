package colgen

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheapProofsComeFirst(t *testing.T) {
	g := &generator{labels: []int64{0, 900_000, 10_000, 10_000, 70_000, 90_000}}
	offers := []offer{{k: 1, over: 0.1}, {k: 5}, {k: 2, over: 0.01}, {k: 0}, {k: 3, over: 0.02}, {k: 4}}
	g.byLabels(offers)
	var got []int
	for _, o := range offers {
		got = append(got, o.k)
	}
	if diff := cmp.Diff([]int{0, 3, 2, 4, 5, 1}, got); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestDearProofsWaitForCheapOnes(t *testing.T) {
	all := func(n int, do func(int)) {
		for i := range n {
			do(i)
		}
	}
	for name, tc := range map[string]struct {
		labels []int64
		each   func(int, func(int))
		w      proving
		want   int
	}{
		"on one core there is one at a time":               {[]int64{1, 1, 1, 1}, nil, proving{need: 3}, 1},
		"on several as many as will be used at least":      {make([]int64, 9), all, proving{need: 7}, 7},
		"and a few in any case":                            {make([]int64, 9), all, proving{need: 1}, proofBatch},
		"but no more than there are":                       {make([]int64, 2), all, proving{need: 7}, 2},
		"a dear front waits":                               {[]int64{10, 20_000, 500_000, 10}, all, proving{need: 1, effort: effort{labels: 1}}, 2},
		"not where all are dear":                           {[]int64{400_000, 500_000, 600_000, 700_000}, all, proving{need: 1, effort: effort{labels: 1}}, 4},
		"nor where there are no fronts, which labels tell": {[]int64{10, 20_000, 500_000, 10}, all, proving{need: 1}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			g := &generator{Part: Part{Each: tc.each}, labels: tc.labels}
			for k := range tc.labels {
				tc.w.offers = append(tc.w.offers, offer{k: k})
			}
			if got := g.batch(&tc.w); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestALittleExcessIsWorthAShortFront(t *testing.T) {
	if short, long := frontLabels(overLittle/2, 800), frontLabels(overLittle*2, 800); short != 100 || long != 800 {
		t.Errorf("got %d and %d labels, want 100 and 800", short, long)
	}
}
