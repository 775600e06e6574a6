package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// At thresholds around the best worth there is, Proven must be true and Better must show it. On
// bins without cards and rules, where sizes say everything, the answer must never be Open; elsewhere
// a content may be blocked by layouts or rules that Prove does not search.
func TestProveNeverContradictsTryingEverything(t *testing.T) {
	groups := map[string]struct {
		o       exact.Options
		settled bool
	}{
		"sizes alone": {exact.Options{NoCards: true, NoRules: true, NoSpreads: true, Copies: 8}, true},
		"everything":  {exact.Options{NoSpreads: true}, false},
	}
	for name, tc := range groups {
		t.Run(name, func(t *testing.T) {
			verdicts := map[Verdict]int{}
			trials(t, 200, tc.o, func(t *testing.T, r *trial, rng *rand.Rand) {
				var upper []int64
				r.bin.Unlimit()
				if rng.IntN(2) == 0 {
					upper = r.some(rng)
					r.bin.Limit(upper)
				}
				best := r.best(upper)
				rel := r.bin.Relax(r.pi)
				for _, share := range []float64{0.5, 0.9, 0.999999, 1.000001, 1.1} {
					v := r.prove(t, rel, best*share, upper)
					verdicts[v]++
					if tc.settled && v == Open {
						t.Errorf("open at %v of the best %v", share, best)
					}
				}
			})
			t.Logf("open, proven, better: %d, %d, %d", verdicts[Open], verdicts[Proven], verdicts[Better])
			if verdicts[Open]*8 > verdicts[Proven]+verdicts[Better] {
				t.Errorf("%d of %d are open", verdicts[Open], verdicts[Open]+verdicts[Proven]+verdicts[Better])
			}
		})
	}
}

// prove checks one verdict.
func (r *trial) prove(t *testing.T, rel Relaxed, threshold float64, upper []int64) Verdict {
	t.Helper()
	v, c, _ := r.bin.Prove(r.pi, rel, threshold, 100_000)
	switch best := r.best(upper); v {
	case Proven:
		if best > threshold+1e-9*(1+threshold) {
			t.Errorf("proven that nothing is worth more than %v, and something is worth %v", threshold, best)
		}
	case Better:
		global := r.bin.Global(c)
		worth := float64(r.bin.Saved(global))
		for i, s := range global.Shapes {
			worth += r.pi[s] * float64(c.Counts[i])
		}
		r.judge(t, "Prove", c, worth, upper)
		if worth <= threshold-1e-9 {
			t.Errorf("better than %v, and worth %v", threshold, worth)
		}
	case Open:
	}
	return v
}

// A bin of 13 for sizes 7, 5 and 4 at their own worth: the relaxation says 13, the best is 12.
func tight() *trial {
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Bins: []model.Bin{{Cap: []int64{13}, Price: 1, Card: -1}}}
	for _, s := range []int64{7, 5, 4} {
		p.Items = append(p.Items, model.Item{Size: []int64{s}, Count: 1, Classes: []int{0}})
	}
	r := newTrial(p, 0, []Shape{{0, -1, 1}, {1, -1, 1}, {2, -1, 1}})
	r.pi = []float64{7, 5, 4}
	return r
}

func TestProveCountsItsNodes(t *testing.T) {
	r := tight()
	rel := r.bin.Relax(r.pi)
	if !near(rel.Value, 13) {
		t.Fatalf("the relaxation is worth %v, want 13", rel.Value)
	}
	cases := map[string]struct {
		threshold float64
		limit     int64
		want      Verdict
		nodes     int64 // at most
	}{
		"a threshold that the relaxation meets needs no node": {13, 1, Proven, 0},
		"one node is not enough":                              {12.5, 1, Open, 1},
		"a few are":                                           {12.5, 100, Proven, 15},
		"a better content ends the search":                    {11.5, 100, Better, 15},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v, _, nodes := r.bin.Prove(r.pi, rel, tc.threshold, tc.limit)
			if v != tc.want || nodes > tc.nodes {
				t.Errorf("verdict %v after %d nodes, want %v after at most %d", v, nodes, tc.want, tc.nodes)
			}
		})
	}
}

// CPU is what is scarce, so that the relaxation charges nothing for slices; the content that is worth the most by CPU is one that no
// card carries, by one condition alone. The rest is worth 9.1 at most.
func TestProveKnowsWhatACardCanBeCutInto(t *testing.T) {
	type item struct {
		profile int // -1: none
		cpu     int64
		count   int64
	}
	cases := map[string]struct {
		kind  model.CardKind
		items []item
	}{
		"two slices of which a card carries one": {
			model.CardKind{Slots: 8, Profiles: []model.Profile{{Size: 4, Starts: []int{0}, Max: 1}}},
			[]item{{0, 50, 1}, {0, 50, 1}, {-1, 89, 1}},
		},
		"more slots than there are": {
			model.CardKind{Slots: 8, Profiles: []model.Profile{{Size: 4, Starts: []int{0, 4}, Max: 2}, {Size: 2, Starts: []int{0, 2, 4, 6}, Max: 4}}},
			[]item{{0, 40, 1}, {1, 20, 3}, {-1, 89, 1}},
		},
		"more of a counter than there is": {
			model.CardKind{Slots: 8, Profiles: []model.Profile{{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6, 7}, Max: 8, Uses: []int64{3}}}, Counters: []int64{7}},
			[]item{{0, 34, 1}, {0, 33, 1}, {0, 33, 1}, {-1, 89, 1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{tc.kind}, Bins: []model.Bin{{Cap: []int64{100}, Price: 1, Card: 0, Cards: 1}}}
			var pi []float64
			var shapes []Shape
			for i, it := range tc.items {
				m := model.Item{Size: []int64{it.cpu}, Count: it.count, Classes: []int{0}}
				worth := float64(it.cpu) / 10
				if it.profile >= 0 {
					slice := make([]int64, len(tc.kind.Profiles))
					slice[it.profile] = 1
					m.Needs = []model.CardNeed{{Kind: 0, Slices: slice}}
				} else {
					worth *= 9.1 / 8.9
				}
				p.Items = append(p.Items, m)
				shapes = append(shapes, Shape{i, -1, it.count})
				pi = append(pi, worth)
			}
			r := newTrial(p, 0, shapes)
			r.pi = pi
			if best := r.best(nil); !near(best, 9.1) {
				t.Fatalf("the best content is worth %v, want 9.1", best)
			}
			if v, c, _ := r.bin.Prove(r.pi, r.bin.Relax(r.pi), 9.5, 1000); v != Proven {
				t.Errorf("verdict %v with %v, want proven", v, c)
			}
		})
	}
}
