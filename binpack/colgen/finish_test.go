package colgen

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// full is a problem whose bins can be packed without waste: bins of 100, 120 and 150 were cut to pieces.
func full(seed uint64, bins int) (*model.Problem, int64) {
	rng := rand.New(rand.NewPCG(seed, 31))
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1}
	for _, c := range []int64{100, 120, 150} {
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{c}, Price: c, Card: -1})
	}
	count, cost := map[int64]int64{}, int64(0)
	for range bins {
		left := p.Bins[rng.IntN(3)].Price
		cost += left
		for left > 0 {
			piece := min(left, 20+rng.Int64N(60))
			count[piece]++
			left -= piece
		}
	}
	for size := int64(1); size <= 150; size++ {
		if n := count[size]; n > 0 {
			p.Items = append(p.Items, model.Item{Size: []int64{size}, Count: n, Classes: []int{0}})
		}
	}
	return p, cost
}

// The bound of such a problem is its cost, and the dives find a packing of that cost.
func TestLinesWithoutWasteAreClosed(t *testing.T) {
	closed := 0
	l := few
	l.Iterations, l.Pivots, l.Moves, l.Nodes = 300, 40_000, 0, 0
	for seed := range uint64(20) {
		p, cost := full(seed, 20)
		a := Solve(whole(p, l))
		audit(t, p, a)
		g := newGenerator(whole(p, l))
		if g.lines == nil {
			t.Fatalf("seed %d: no line", seed)
		}
		if a.Bound.Value < float64(cost)-1e-3 || a.Bound.Value > float64(cost)+1e-3 {
			t.Errorf("seed %d: a bound of %v, want %d", seed, a.Bound.Value, cost)
		}
		if g.cost(a.Fills) == cost {
			closed++
		}
	}
	if closed < 18 {
		t.Errorf("%d of 20 are packed without waste, want 18", closed)
	}
}

// Dives must place everything, overdraw no kind and no budget, and never return what is dearer.
func TestFinishStaysWithinTheStock(t *testing.T) {
	lines, saved := 0, 0
	for seed := range uint64(3000) {
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 12})
		g := newGenerator(whole(p, few))
		if g.lines == nil {
			continue
		}
		lines++
		st, residual := newStock(p), append([]int64(nil), g.demand...)
		fills := g.greedy(g.all(), residual, g.firstPrices(), st)
		g.unlimit()
		m := g.start(fills)
		if g.converge(m) != nil {
			continue
		}
		got := g.finish(attempt{fills, residual, st}, 10_000)
		after := audit(t, p, Answer{Fills: got.fills, Residual: got.left})
		if total(residual) == 0 {
			if before := g.cost(fills); after > before || total(got.left) > 0 {
				t.Errorf("seed %d: it cost %d and costs %d, and %d are left", seed, before, after, total(got.left))
			} else if after < before {
				saved++
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
	if lines < 50 || saved < 5 {
		t.Errorf("%d lines, of which %d were improved", lines, saved)
	}
}

// A relaxation that runs out of pivots or rounds keeps the best bound so far, and the multipliers for it.
func TestALineThatIsCutShortIsStillBounded(t *testing.T) {
	for name, l := range map[string]model.Limits{"pivots": {Iterations: 300, Pivots: 60}, "rounds": {Iterations: 5, Pivots: 10_000}} {
		t.Run(name, func(t *testing.T) {
			p, cost := full(1, 20)
			b, _ := BoundOnly(whole(p, l))
			if b.Value < 0.3*float64(cost) || b.Value > float64(cost) {
				t.Errorf("a bound of %v, want 0.3 to 1 of %d", b.Value, cost)
			}
			for k, mu := range b.Mu {
				if got, want := b.Kinds[k].Bound(b.Shapes, mu), b.Kinds[k].Relax(b.Shapes).Value; got > want+1e-6 {
					t.Errorf("kind %d: its multipliers prove %v, the best %v", k, got, want)
				}
			}
		})
	}
}

// Dives end where their work is used up, by pivots or by cells, and leave what was found.
func TestFinishIsBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		cells, pivots, limit int64
		want                 bool // something cheaper is found
	}{
		"enough of all":                   {0, 10_000, 10_000, true},
		"no more cells":                   {lineWork + 1, 10_000, 10_000, false},
		"no pivots":                       {0, 5, 10_000, false},
		"no more pivots than limits have": {0, 10_000, 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, cost := full(2, 20)
			g := newGenerator(whole(p, few))
			st, residual := newStock(p), append([]int64(nil), g.demand...)
			fills := g.greedy(g.all(), residual, g.firstPrices(), st)
			g.unlimit()
			if err := g.converge(g.start(fills)); err != nil {
				t.Fatal(err)
			}
			before := g.cost(fills)
			g.cells, g.Limits.Pivots = tc.cells, tc.limit
			after := g.cost(g.finish(attempt{fills, residual, st}, tc.pivots).fills)
			if before == cost || (after < before) != tc.want {
				t.Errorf("it cost %d and costs %d, of %d", before, after, cost)
			}
		})
	}
}
