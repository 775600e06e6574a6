package colgen

import (
	"math"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// roomy is a random problem whose bins are three times as large as exact makes them, and whose items are twelve kinds of
// size: so that many share bins and rules, and most are small.
func roomy(seed uint64, o exact.Options) *model.Problem {
	o.NoSpreads, o.Copies = true, 8
	p := exact.Random(seed, o)
	for b := range p.Bins {
		for d := range p.Bins[b].Cap {
			p.Bins[b].Cap[d] *= 3
		}
	}
	return p
}

// alike makes the classes of all items equal, so that they are of one kind but for cards and rules.
func alike(p *model.Problem) *model.Problem {
	for i := range p.Items {
		p.Items[i].Classes = p.Items[0].Classes
	}
	return p
}

// plenty cuts items with several copies into items of one copy each, a little apart in size.
func plenty(p *model.Problem) *model.Problem {
	for i := range p.Items {
		for n := int64(1); p.Items[i].Count > 1; n++ {
			p.Items[i].Count--
			it := p.Items[i]
			it.Size, it.Count = slices.Clone(it.Size), 1
			it.Size[0] = max(0, it.Size[0]-n%3)
			p.Items = append(p.Items, it)
		}
	}
	return p
}

// sharing solves the relaxation of a part with few rows, then with a few more, as only large parts do.
func sharing(g *generator) *simplex.Master {
	g.lines = nil
	g.layOut(1)
	residual := slices.Clone(g.demand)
	first := g.greedy(g.all(), residual, g.firstPrices(), newStock(g.Problem))
	g.unlimit()
	m := g.start(first)
	_ = g.columns(m)
	m = g.refine(m, len(g.Shapes)/2+1)
	_, _ = g.relax(m)
	return m
}

// With rows that shapes share, as only large parts have them, a bound must be valid all the same, and a packing legal.
func TestSharedRowsBoundAndPack(t *testing.T) {
	parts, compared, sum, best := 0, 0, 0.0, 0.0
	for seed := range uint64(400) {
		p := roomy(seed, exact.Options{})
		if seed%4 > 0 {
			p = plenty(alike(p))
		}
		g := newGenerator(whole(p, few))
		m := sharing(g)
		if g.aggregated {
			parts++
		}
		fills, left := g.assemble(m, newStock(p))
		b := g.inUnits()
		audit(t, p, Answer{Fills: fills, Residual: left})
		valid(t, p, b)
		if k, err := exact.Solve(p, 100_000); err == nil {
			compared, sum, best = compared+1, sum+b.Value, best+float64(k.Cost)
			if b.Value > float64(k.Cost)+1e-6 {
				t.Errorf("a bound of %v above the optimum of %d", b.Value, k.Cost)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("shapes share rows in %d parts; %d compared, bounds add up to %.0f, optima to %.0f", parts, compared, sum, best)
	if parts < 100 || sum < best*0.8 {
		t.Errorf("shapes share rows in %d parts; bounds add up to %v, optima to %v", parts, sum, best)
	}
}

// However many rows there are to be: each shape is in one bucket, each bucket is of one kind, and each row asks for what its
// shapes add up to, counted here item by item. What an item adds to a row is never negative and at most 1.
func TestBucketsCoverEachShapeOnce(t *testing.T) {
	for seed := range uint64(60) {
		p := plenty(alike(roomy(seed, exact.Options{})))
		g := newGenerator(whole(p, few))
		last := 0
		for rows := range len(g.Shapes) + 1 {
			seen := make([]int, len(g.Shapes))
			for _, b := range g.partition(rows) {
				for _, s := range b.shapes {
					seen[s]++
					x, y := p.Items[g.Shapes[s].Item], p.Items[g.Shapes[b.shapes[0]].Item]
					if !slices.Equal(x.Classes, y.Classes) || x.BinMax != y.BinMax || len(x.Needs) != len(y.Needs) || x.Rank != y.Rank {
						t.Errorf("seed %d: shapes %d and %d share a bucket", seed, s, b.shapes[0])
					}
				}
			}
			if slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
				t.Errorf("seed %d: shapes are in so many buckets: %v", seed, seen)
			}
			g.layOut(rows)
			want := make([]float64, len(g.rows))
			for s := range g.Shapes {
				for range g.demand[s] {
					for _, c := range g.rowsOf[s] {
						want[c.row] += c.amount
						if c.amount <= 0 || c.amount > 1 {
							t.Errorf("seed %d: an item adds %v to a row", seed, c.amount)
						}
					}
				}
			}
			for r, row := range g.rows {
				if !row.AtMost && math.Abs(row.RHS-max(want[r], 1e-3)) > 3*shift {
					t.Errorf("seed %d: row %d asks for %v, its shapes for %v", seed, r, row.RHS, want[r])
				}
			}
			if len(g.rows) < last {
				t.Errorf("seed %d: %d rows where fewer were asked for, now %d", seed, last, len(g.rows))
			}
			if last = len(g.rows); rows == len(g.Shapes) && g.aggregated {
				t.Errorf("seed %d: shapes share rows though each may have its own", seed)
			}
		}
	}
}

// A swap is legal wherever it may be used: in every bin that holds one of the larger, one of the smaller fits instead. And
// what is not listed follows from what is, step by step.
func TestSwapsAreLegalAndComplete(t *testing.T) {
	swaps := 0
	for seed := range uint64(200) {
		p := roomy(seed, exact.Options{})
		if seed%2 == 0 {
			p = plenty(alike(p))
		}
		g := newGenerator(whole(p, few))
		list := g.findSwaps()
		for a := range g.Shapes {
			reached := make([]bool, len(g.Shapes))
			next := []int{a}
			for len(next) > 0 {
				for _, b := range list[next[0]] {
					if !reached[b] {
						reached[b] = true
						next = append(next, b)
					}
				}
				next = next[1:]
			}
			for b := range g.Shapes {
				if reached[b] != g.replaces(a, b) {
					t.Fatalf("seed %d: %d for %d: reached %v, replaces %v", seed, a, b, reached[b], g.replaces(a, b))
				}
			}
			for _, b := range list[a] {
				swaps++
				for _, bin := range g.bins {
					if bin.Local(b) >= 0 && bin.Upper[bin.Local(b)] > 0 && (bin.Local(a) < 0 || !bin.Stays() && bin.Upper[bin.Local(a)] < min(bin.Upper[bin.Local(b)], p.Items[a].Count)) {
						t.Errorf("seed %d: %d cannot replace %d in a bin of kind %d", seed, a, b, bin.Index)
					}
				}
			}
		}
	}
	if swaps < 100 {
		t.Errorf("only %d swaps", swaps)
	}
}

// many is a part of so many shapes for two kinds of bins, with sizes around a half, a third and a quarter of the smaller one.
func many(shapes int) *model.Problem {
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1}
	for _, n := range []int64{1, 4} {
		p.Bins = append(p.Bins, model.Bin{Card: -1, Cap: []int64{1000 * n, 1000 * n}, Price: 100*n + 30*(n-1)})
	}
	for s := range shapes {
		i := int64(s)
		p.Items = append(p.Items, model.Item{Size: []int64{150 + i*97%400, 120 + i*61%430}, Count: 1 + i%3, Classes: []int{0}})
	}
	return p
}

// More rows prove more, swaps put prices in order, and what beams assemble mostly costs less than what is packed by
// value alone at the same prices.
func TestMoreRowsSwapsAndBeamsPay(t *testing.T) {
	l := few
	l.Iterations, l.Branches = 500, 5000
	solve := func(shapes, rows int) (*generator, *simplex.Master) {
		g := newGenerator(whole(many(shapes), l))
		g.lines = nil
		g.layOut(rows)
		m := g.start(nil)
		if cut, err := g.relax(m); cut || err != nil {
			t.Fatalf("%d rows: cut %v, error %v", rows, cut, err)
		}
		return g, m
	}
	first, last, swaps, gain := 0.0, 0.0, 0, int64(0)
	for _, rows := range []int{3, 12, 24, 40} {
		g, m := solve(40, rows)
		if g.best.Value < last*(1-1e-3) {
			t.Errorf("%d rows prove %v, fewer %v", rows, g.best.Value, last)
		}
		last = g.best.Value
		if first == 0 {
			first = last
		}
		pi := g.prices(m).pi
		for _, c := range g.cols {
			if c.bin < 0 {
				swaps++
				if a, b := c.content.Shapes[0], c.content.Shapes[1]; pi[a] > pi[b]+1e-6 {
					t.Errorf("%d rows: %v for the smaller, %v for the larger", rows, pi[a], pi[b])
				}
			}
		}
		if rows == 40 {
			continue
		}
		g, m = solve(80, rows) // of few shapes value alone does as well
		beams, left := g.assemble(m, newStock(g.Problem))
		value := slices.Clone(g.demand)
		fills := g.greedy(g.all(), value, positive(g.best.Shapes), newStock(g.Problem))
		if total(left)+total(value) > 0 {
			t.Errorf("%d rows: %d items left, by value %d", rows, total(left), total(value))
		}
		gain += g.cost(fills) - g.cost(beams)
	}
	if swaps == 0 || gain <= 0 || last < first*1.01 {
		t.Errorf("%d swaps; assembling saves %d; 3 rows prove %v, 40 %v", swaps, gain, first, last)
	}
}
