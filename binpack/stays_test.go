package binpack_test

import (
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// settled is a problem whose bins of today are those of a packing, each with what lies in it; every
// move costs so much.
func settled(p *model.Problem, k *model.Packing, saves int64) *model.Problem {
	q := *p
	q.Bins = slices.Clone(p.Bins)
	for _, b := range k.Bins {
		home := p.Bins[b.Bin]
		home.Max = b.Count
		for _, l := range b.Items {
			home.Stays = append(home.Stays, model.Stay{Item: l.Item, Count: l.Count, Saves: saves})
		}
		q.Bins = append(q.Bins, home)
		if was := &q.Bins[b.Bin]; was.Max > 0 {
			if was.Max -= b.Count; was.Max == 0 { // there is none left: it holds nothing
				was.Max, was.Cap = 1, make([]int64, p.Dims)
			}
		}
	}
	return &q
}

// paid is what a packing pays for moves.
func paid(p *model.Problem, k *model.Packing) int64 {
	sum := k.Cost
	for _, b := range k.Bins {
		sum -= p.Bins[b.Bin].Price * b.Count
	}
	return sum
}

// Whoever asks again gets nothing dearer, and hardly anything moves: what is saved by moving is more
// than the moves cost. Without a price of moves most would lie elsewhere.
func TestAPackingKeepsWhereThingsLie(t *testing.T) {
	for seed := range uint64(3) {
		p := town(seed)
		k, _ := solved(t, p, binpack.FastLimits(), nil)
		for _, saves := range []int64{1, 10, 100} {
			q := settled(p, k, saves)
			again, _ := solved(t, q, binpack.FastLimits(), nil)
			if again.Cost > k.Cost {
				t.Errorf("seed %d, moves at %d: it cost %d, and costs %d with %d for moves", seed, saves, k.Cost, again.Cost, paid(q, again))
			}
			if moves := paid(q, again); moves%saves != 0 || moves > k.Cost-(again.Cost-moves) {
				t.Errorf("seed %d: %d is paid for moves at %d, which save %d", seed, moves, saves, k.Cost-again.Cost)
			}
		}
	}
}

// A home is left where another bin is cheaper by more than the move costs, and kept where it is not.
func TestAMoveIsMadeWhereItPays(t *testing.T) {
	for name, tc := range map[string]struct {
		saves, wantCost, wantMoves int64
	}{
		"moves that cost less than they save": {saves: 2, wantCost: 6 + 3*2, wantMoves: 3 * 2},
		"moves that cost as much":             {saves: 4, wantCost: 18, wantMoves: -1},
		"moves that cost more":                {saves: 5, wantCost: 18, wantMoves: 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 1,
				Items: []model.Item{{Size: []int64{2}, Count: 3, Classes: []int{0}}},
				Bins: []model.Bin{
					{Cap: []int64{9}, Price: 18, Max: 1, Card: -1, Stays: []model.Stay{{Item: 0, Count: 3, Saves: tc.saves}}},
					{Cap: []int64{6}, Price: 6, Card: -1},
				},
			}
			k, _ := solved(t, p, binpack.Limits{}, nil)
			if k.Cost != tc.wantCost || k.Status != model.Optimal || tc.wantMoves >= 0 && paid(p, k) != tc.wantMoves {
				t.Errorf("cost %d with %d for moves, %s; want %d with %d, optimal", k.Cost, paid(p, k), k.Status, tc.wantCost, tc.wantMoves)
			}
		})
	}
}

// steps is what divides all prices, of bins and of moves: a bound is lifted by less.
func steps(p *model.Problem) int64 {
	for d := int64(100); ; d-- {
		ok := true
		for _, b := range p.Bins {
			ok = ok && b.Price%d == 0
			for _, s := range b.Stays {
				ok = ok && s.Saves%d == 0
			}
		}
		if ok {
			return d
		}
	}
}

// The first packing is legal and rightly costed with moves too, which SolveWith's checks say, and so is what is told of a
// solve: the last report has the cost of the packing, and a bound that is neither above it nor
// below what is proven, but for what that was lifted by.
func TestFirstPackingsAndReportsCountMoves(t *testing.T) {
	outside := 0
	for seed := range uint64(400) {
		p := exact.Random(seed, exact.Options{Copies: 12, AllStay: true})
		first, err := binpack.First(p)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var last binpack.Progress
		k, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits(), Report: func(now binpack.Progress) { last = now }, Diagnose: func(d binpack.Diagnosis) {
			if d.Outside > 0 {
				outside++
			}
		}})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if k.Unplaced != nil || first.Unplaced != nil {
			continue
		}
		if first.Cost < k.LowerBound || first.LowerBound > k.Cost {
			t.Errorf("seed %d: cost %d and bound %d of the first packing, %d and %d in the end", seed, first.Cost, first.LowerBound, k.Cost, k.LowerBound)
		}
		if last.Cost != float64(k.Cost) || last.Bound > last.Cost*(1+1e-6) || last.Bound < float64(k.LowerBound-steps(p))*(1-1e-6) {
			t.Errorf("seed %d: the last report has cost %v and bound %v, the packing costs %d and at least %d", seed, last.Cost, last.Bound, k.Cost, k.LowerBound)
		}
	}
	if outside < 5 {
		t.Errorf("only %d problems had bins of today outside all parts", outside)
	}
}
