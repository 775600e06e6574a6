package firstfit_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/conformance"
	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
)

func TestEveryWayConforms(t *testing.T) {
	for _, way := range firstfit.Ways() {
		t.Run(string(way), func(t *testing.T) {
			conformance.Run(t, func(p *model.Problem) (*model.Packing, error) { return firstfit.Solve(p, way) })
		})
	}
}

// pack solves and checks.
func pack(t *testing.T, p *model.Problem, way firstfit.Way) *model.Packing {
	t.Helper()
	k, err := firstfit.Solve(p, way)
	if err != nil {
		t.Fatalf("%s: %v", way, err)
	}
	if err := check.Packing(p, k); err != nil {
		t.Fatalf("%s: %v\n%+v", way, err, k)
	}
	return k
}

func item(size, count int64) model.Item {
	return model.Item{Size: []int64{size}, Count: count, Classes: []int{0}}
}

func bin(room, price int64) model.Bin {
	return model.Bin{Cap: []int64{room}, Price: price, Card: -1}
}

func limited(b model.Bin, n int64) model.Bin {
	b.Max = n
	return b
}

// problem is one of one dimension, one class and one domain, changed by the others.
func problem(items []model.Item, bins []model.Bin, change ...func(*model.Problem)) *model.Problem {
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: items, Bins: bins}
	for _, f := range change {
		f(p)
	}
	return p
}

// Every way is told by what it costs, and by what it leaves out.
func TestSolve(t *testing.T) {
	type items = []model.Item
	type bins = []model.Bin
	ranked := item(3, 1)
	ranked.Rank = 1
	gpu := item(1, 1)
	gpu.Needs = []model.CardNeed{{Whole: 1}}
	cards := func(p *model.Problem) {
		p.Cards = []model.CardKind{{Share: 10}}
		p.Bins[0].Card, p.Bins[0].Cards = 0, 1
	}
	follow := func(p *model.Problem) { p.Follows = []model.Follow{{Item: 0, AnyOf: []int{1}}} }
	spread := func(p *model.Problem) {
		p.Domains, p.Bins[1].Domain = 2, 1
		p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}}
	}
	budget := func(p *model.Problem) { p.Budgets, p.Bins[0].Uses = []int64{1}, []model.Use{{Amount: 1}} }
	for name, tc := range map[string]struct {
		p                         *model.Problem
		cheapest, growing, single int64
		wantUnplaced              []int64
		wantStatus                model.Status // "": Feasible
	}{
		"the largest come first, however they are listed": {
			p:        problem(items{item(4, 2), item(6, 2)}, bins{bin(10, 10)}),
			cheapest: 20, growing: 20, single: 20,
		},
		"cheapest does not see that a larger bin would hold more": {
			p:        problem(items{item(4, 3)}, bins{bin(4, 5), bin(12, 9)}),
			cheapest: 15, growing: 9, single: 9,
		},
		"growing goes on where small bins would be cheaper": {
			p:        problem(items{item(4, 3)}, bins{bin(4, 4), bin(12, 20)}),
			cheapest: 12, growing: 20, single: 12,
		},
		"a bin that has grown is the cheapest that holds its content": {
			p:        problem(items{item(5, 1), item(2, 2)}, bins{bin(5, 5), bin(9, 8), bin(20, 11)}),
			cheapest: 10, growing: 8, single: 8,
		},
		"single takes one kind for a group where a mix is cheaper": {
			p:        problem(items{item(12, 1), item(4, 1)}, bins{bin(4, 5), bin(12, 12)}),
			cheapest: 17, growing: 17, single: 24,
		},
		"items with cards are a group of their own, and the others fill their bins": {
			p:        problem(items{item(3, 3), gpu}, bins{bin(4, 50), bin(8, 8)}, cards),
			cheapest: 58, growing: 58, single: 58,
		},
		"the kind of a group may run out, and another follows": {
			p:        problem(items{item(4, 3)}, bins{limited(bin(4, 1), 2), bin(4, 5)}),
			cheapest: 7, growing: 7, single: 15, // which one kind alone holds
		},
		"a node that stays is filled first, and does not grow": {
			p:        problem(items{item(4, 2)}, bins{limited(bin(4, 0), 1), bin(4, 5), bin(8, 9)}),
			cheapest: 5, growing: 5, single: 5,
		},
		"a bin may grow into a kind of which there are few": {
			p:        problem(items{item(4, 6)}, bins{bin(4, 5), limited(bin(8, 6), 1), limited(bin(8, 7), 1), bin(8, 9)}),
			cheapest: 30, growing: 22, single: 27,
		},
		"what a bin that has grown puts back serves one other": {
			p:        problem(items{item(4, 3), item(1, 1)}, bins{limited(bin(4, 1), 1), bin(4, 5), bin(5, 6)}),
			cheapest: 16, growing: 12, single: 18,
		},
		"budgets are kept": {
			p:        problem(items{item(4, 2)}, bins{bin(4, 1), bin(4, 5)}, budget),
			cheapest: 6, growing: 6, single: 10,
		},
		"higher ranks come before larger items": {
			p:            problem(items{item(4, 1), ranked}, bins{limited(bin(4, 5), 1)}),
			wantUnplaced: []int64{1, 0}, wantStatus: model.Partial, cheapest: 5, growing: 5, single: 5,
		},
		"a follower brings a leader along": {
			p:        problem(items{item(3, 2), item(1, 3)}, bins{bin(4, 5)}, follow),
			cheapest: 15, growing: 15, single: 15,
		},
		"a follower without a leader stays out": {
			p:            problem(items{item(3, 2), item(1, 1)}, bins{bin(4, 5)}, follow),
			wantUnplaced: []int64{1, 0}, wantStatus: model.Partial, cheapest: 5, growing: 5, single: 5,
		},
		"what is missing in one domain is taken out of the other": {
			p:            problem(items{item(1, 6)}, bins{bin(1, 1), limited(bin(1, 1), 1)}, spread),
			wantUnplaced: []int64{3}, wantStatus: model.Partial, cheapest: 3, growing: 3, single: 3,
		},
		"what fits nowhere is unplaced": {
			p:            problem(items{item(5, 2), item(4, 1)}, bins{bin(4, 5)}),
			wantUnplaced: []int64{2, 0}, wantStatus: model.Partial, cheapest: 5, growing: 5, single: 5,
		},
		"a billion copies are no more work than three": {
			p:        problem(items{item(3, 1_000_000_000), item(1, 333_333_334)}, bins{bin(10, 1)}),
			cheapest: 333_333_334, growing: 333_333_334, single: 333_333_334,
		},
		"free bins cannot be beaten": {
			p: problem(items{item(4, 1)}, bins{bin(4, 0)}), wantStatus: model.Optimal,
		},
		"nothing to pack": {
			p: problem(items{item(4, 0)}, bins{bin(4, 5)}), wantStatus: model.Empty,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.wantStatus == "" {
				tc.wantStatus = model.Feasible
			}
			type outcome struct {
				Cost     int64
				Unplaced []int64
				Status   model.Status
			}
			for way, cost := range map[firstfit.Way]int64{
				firstfit.Cheapest: tc.cheapest, firstfit.Growing: tc.growing, firstfit.Single: tc.single,
			} {
				k := pack(t, tc.p, way)
				want := outcome{cost, tc.wantUnplaced, tc.wantStatus}
				if diff := cmp.Diff(want, outcome{k.Cost, k.Unplaced, k.Status}); diff != "" {
					t.Errorf("%s (-want +got):\n%s%+v", way, diff, k.Bins)
				}
			}
		})
	}
}

func TestSolveRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		p   *model.Problem
		way firstfit.Way
	}{
		"a problem that is not well formed": {problem([]model.Item{item(-1, 1)}, nil), firstfit.Cheapest},
		"a way that nobody knows":           {problem(nil, nil), "best"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := firstfit.Solve(tc.p, tc.way); !errors.Is(err, model.ErrInvalid) {
				t.Errorf("got error %v, want model.ErrInvalid", err)
			}
		})
	}
}

// Runs of equal bins are a shortcut: copy by copy, as a textbook has it, the cost must be the same.
func TestRunsAreFirstFitCopyByCopy(t *testing.T) {
	for seed := range uint64(400) {
		p := random(seed)
		for way, grows := range map[firstfit.Way]bool{firstfit.Cheapest: false, firstfit.Growing: true} {
			if got, want := pack(t, p, way).Cost, textbook(p, grows); got != want {
				t.Fatalf("seed %d, %s: cost %d, copy by copy %d: %+v", seed, way, got, want, p)
			}
		}
	}
}

// random makes a problem whose items are listed from large to small, and whose bins hold them all.
func random(seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, 3))
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1}
	size := int64(40)
	for size > 0 && len(p.Items) < 8 {
		// The first dimension is the dominant one: the roomiest bin has 40 of it and 80 of the other.
		p.Items = append(p.Items, model.Item{Size: []int64{size, r.Int64N(size + 1)}, Count: 1 + r.Int64N(9), Classes: []int{0}})
		size -= 1 + r.Int64N(9)
	}
	for range 1 + r.IntN(6) {
		room := 1 + r.Int64N(40)
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{room, 1 + r.Int64N(80)}, Price: 1 + r.Int64N(2*room), Card: -1})
	}
	p.Bins = append(p.Bins, model.Bin{Cap: []int64{40, 80}, Price: 60 + r.Int64N(30), Card: -1})
	return p
}

// textbook is first fit decreasing, one copy after the other, for two dimensions and nothing else.
func textbook(p *model.Problem, grows bool) int64 {
	type open struct {
		price int64
		room  []int64
		used  [2]int64
	}
	// cheapest is the cheapest kind that holds so much.
	cheapest := func(used [2]int64) (best *model.Bin) {
		for b := range p.Bins {
			k := &p.Bins[b]
			if used[0] <= k.Cap[0] && used[1] <= k.Cap[1] && (best == nil || k.Price < best.Price) {
				best = k
			}
		}
		return best
	}
	var bins []*open
	for _, it := range p.Items {
		for range it.Count {
			placed := false
			for _, b := range bins {
				used := [2]int64{b.used[0] + it.Size[0], b.used[1] + it.Size[1]}
				if k := cheapest(used); grows && k != nil {
					b.price, b.used, placed = k.Price, used, true
				} else if !grows && used[0] <= b.room[0] && used[1] <= b.room[1] {
					b.used, placed = used, true
				}
				if placed {
					break
				}
			}
			if !placed {
				k := cheapest([2]int64{it.Size[0], it.Size[1]})
				bins = append(bins, &open{k.Price, k.Cap, [2]int64{it.Size[0], it.Size[1]}})
			}
		}
	}
	var cost int64
	for _, b := range bins {
		cost += b.price
	}
	return cost
}
