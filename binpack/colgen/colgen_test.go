package colgen

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

var few = model.Limits{Iterations: 60, Pivots: 10_000, Branches: 500, Moves: 30, Nodes: 9}

// whole makes one part of a problem without rules between domains: nothing pruned, nothing split.
func whole(p *model.Problem, limits model.Limits) Part {
	part := Part{Problem: p, Limits: limits}
	for i, it := range p.Items {
		part.Shapes = append(part.Shapes, knapsack.Shape{Item: i, Domain: -1, Count: it.Count})
	}
	for c := range p.Cards {
		part.Geometry = append(part.Geometry, cards.NewGeometry(&p.Cards[c]))
	}
	for b := range p.Bins {
		part.Bins = append(part.Bins, b)
	}
	slices.SortStableFunc(part.Bins, func(a, b int) int { return cmp.Compare(p.Bins[a].Price, p.Bins[b].Price) })
	return part
}

// holds asks exact whether one bin of kind b can have that content.
func holds(p *model.Problem, b int, c knapsack.Content) bool {
	q := *p
	bin := q.Bins[b]
	bin.Max, bin.Uses, bin.Domain = 1, nil, 0
	q.Bins, q.Budgets, q.Spreads, q.Domains = []model.Bin{bin}, nil, nil, 1
	q.Items = slices.Clone(q.Items)
	for i := range q.Items {
		q.Items[i].Count = 0
	}
	for i, s := range c.Shapes {
		q.Items[s].Count = c.Counts[i]
	}
	_, err := exact.Solve(&q, 1<<40)
	return err == nil
}

// audit checks an answer by counting: everything is in a bin or left over, every bin can hold what
// is in it, and there are as many bins of each kind, and as much of each budget, as were used.
func audit(t *testing.T, p *model.Problem, a Answer) int64 {
	t.Helper()
	have := slices.Clone(a.Residual)
	opened, taken, cost := make([]int64, len(p.Bins)), make([]int64, len(p.Budgets)), int64(0)
	for _, f := range a.Fills {
		b := f.Bin.Index
		if f.Count < 1 || len(f.Items.Shapes) == 0 || !holds(p, b, f.Items) {
			t.Errorf("%d bins of kind %d cannot hold %+v", f.Count, b, f.Items)
		}
		for i, s := range f.Items.Shapes {
			have[s] += f.Items.Counts[i] * f.Count
		}
		opened[b] += f.Count
		cost += (p.Bins[b].Price - saved(p, b, f.Items)) * f.Count
		for _, u := range p.Bins[b].Uses {
			taken[u.Budget] += u.Amount * f.Count
		}
	}
	for i, n := range have {
		if n != p.Items[i].Count || a.Residual[i] < 0 {
			t.Errorf("item %d: %d of %d are placed or left over", i, n, p.Items[i].Count)
		}
	}
	for b, n := range opened {
		if m := p.Bins[b].Max; m > 0 && n > m {
			t.Errorf("%d bins of kind %d are open, there are %d", n, b, m)
		}
	}
	for n, sum := range taken {
		if sum > p.Budgets[n] {
			t.Errorf("%d of budget %d are taken, there are %d", sum, n, p.Budgets[n])
		}
	}
	return cost + moves(p)
}

// moves is what it costs to move everything that lies in bins of today.
func moves(p *model.Problem) int64 {
	var sum int64
	for _, bin := range p.Bins {
		for _, s := range bin.Stays {
			sum += bin.Max * s.Count * s.Saves
		}
	}
	return sum
}

// saved is what a content saves by staying in bin b.
func saved(p *model.Problem, b int, c knapsack.Content) int64 {
	var sum int64
	for i, s := range c.Shapes {
		for _, stay := range p.Bins[b].Stays {
			if stay.Item == s {
				sum += min(c.Counts[i], stay.Count) * stay.Saves
			}
		}
	}
	return sum
}

var groups = map[string]exact.Options{
	"sizes and prices": {NoCards: true, NoRules: true, NoSpreads: true, NoLimits: true, Copies: 7},
	"maxima, budgets":  {NoCards: true, NoRules: true, NoSpreads: true},
	"all but spreads":  {NoSpreads: true},
}

// The packing must be legal, the bound at most the optimum, and the quick packing legal too.
func TestSolveAndQuickAgainstTryingEverything(t *testing.T) {
	for name, o := range groups {
		t.Run(name, func(t *testing.T) {
			compared, met, proven := 0, 0, 0
			for seed := range uint64(400) {
				p := exact.Random(seed, o)
				a := Solve(whole(p, few))
				cost := audit(t, p, a)
				audit(t, p, Begin(whole(p, few)).First())
				valid(t, p, a.Bound)
				k, err := exact.Solve(p, 300_000)
				if err == nil {
					compared++
					if a.Bound.Value > float64(k.Cost)+1e-6 {
						t.Errorf("a bound of %v above the optimum of %d", a.Bound.Value, k.Cost)
					}
					if total(a.Residual) == 0 && cost == k.Cost {
						met++
					}
					if a.Bound.Value > float64(k.Cost)-1+1e-6 {
						proven++
					}
				} else if errors.Is(err, exact.ErrInfeasible) && total(a.Residual) == 0 {
					t.Errorf("everything is placed, and nothing can place it")
				}
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			t.Logf("%d compared, %d at the optimum, %d proven", compared, met, proven)
			if met*10 < compared*9 {
				t.Errorf("only %d of %d packings are optimal", met, compared)
			}
		})
	}
}

// valid tries every content of every bin: at the bound's duals none may be worth more than the
// bin costs with what the bound owes for its number and its budgets; and the bound must be what
// the duals add up to. Bounds by cases are valid if their leaves are, each with its cuts; those
// are left to check, which conformance asks.
func valid(t *testing.T, p *model.Problem, b Bound) {
	t.Helper()
	if b.Cases != nil {
		return
	}
	value := float64(moves(p))
	for s, v := range b.Shapes {
		value += v * float64(p.Items[s].Count)
	}
	for n, v := range b.Budgets {
		value -= v * float64(p.Budgets[n])
	}
	for at, k := range b.Kinds {
		bin := &p.Bins[k.Index]
		value -= b.Max[at] * float64(bin.Max)
		price := float64(bin.Price) + b.Max[at]
		for _, u := range bin.Uses {
			price += b.Budgets[u.Budget] * float64(u.Amount)
		}
		if worth, c := richest(p, k.Index, b.Shapes); worth > price+1e-6*(1+price) {
			t.Errorf("content %v of kind %d is worth %v and costs %v", c, k.Index, worth, price)
		}
	}
	if math.Abs(value-b.Value) > 1e-6*(1+value) && b.Value != 0 {
		t.Errorf("the duals add up to %v, not %v", value, b.Value)
	}
}

// richest is the content of a bin that is worth the most at prices pi, by trying all.
func richest(p *model.Problem, b int, pi []float64) (best float64, which []int64) {
	counts := make([]int64, len(p.Items))
	var walk func(i int, worth float64)
	walk = func(i int, worth float64) {
		if i == len(counts) {
			var c knapsack.Content
			for s, n := range counts {
				c.Shapes, c.Counts = append(c.Shapes, s), append(c.Counts, n)
			}
			if worth += float64(saved(p, b, c)); worth <= best {
				return
			}
			if holds(p, b, c) {
				best, which = worth, slices.Clone(counts)
			}
			return
		}
		for counts[i] = 0; counts[i] <= p.Items[i].Count; counts[i]++ {
			walk(i+1, worth+pi[i]*float64(counts[i]))
		}
		counts[i] = 0
	}
	walk(0, 0)
	return best, which
}

// summary is what of an answer must not depend on anything but the part.
func summary(a Answer) any {
	type fill struct {
		Bin   int
		Count int64
		Items knapsack.Content
	}
	var fills []fill
	for _, f := range a.Fills {
		fills = append(fills, fill{f.Bin.Index, f.Count, f.Items})
	}
	return []any{fills, a.Residual, a.Bound.Value, a.Bound.Shapes, a.Bound.Max, a.Bound.Budgets, a.Bound.Mu, a.Work}
}

func TestTheSamePartGivesTheSameAnswer(t *testing.T) {
	for seed := range uint64(150) {
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 16})
		first, second := Solve(whole(p, few)), Solve(whole(p, few))
		if diff := gocmp.Diff(summary(first), summary(second)); diff != "" {
			t.Fatalf("seed %d (-first +second):\n%s", seed, diff)
		}
		reported := 0
		part := whole(p, few)
		part.Report = func(Progress) { reported++ }
		if diff := gocmp.Diff(summary(first), summary(Solve(part))); diff != "" || reported == 0 {
			t.Fatalf("seed %d: %d reports, and another answer (-without +with):\n%s", seed, reported, diff)
		}
	}
}

// Whatever is not allowed to be done is left undone: an answer is legal with any limits.
func TestLimitsBoundTheWork(t *testing.T) {
	limits := map[string]model.Limits{
		"none":       {},
		"negative":   {Iterations: -1, Pivots: -1, Branches: -1, Moves: -1, Nodes: -1},
		"moves":      {Moves: 20},
		"branches":   {Branches: 100},
		"iterations": {Iterations: 1},
		"nodes":      {Nodes: 9},
	}
	for name, l := range limits {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(60) {
				p := exact.Random(seed, exact.Options{NoSpreads: true})
				a := Solve(whole(p, l))
				audit(t, p, a)
				valid(t, p, a.Bound)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// Bounding without packing must find a bound as good as packing's own before it looks at cases.
func TestBoundOnlyBounds(t *testing.T) {
	for seed := range uint64(150) {
		p := exact.Random(seed, exact.Options{NoSpreads: true})
		l := few
		l.Nodes = 0
		b, work := BoundOnly(whole(p, l))
		valid(t, p, b)
		d := float64(divisor(p))
		up := func(v float64) float64 { return math.Ceil(v/d-1e-3) * d } // packing stops where costs allow no more
		if want := Solve(whole(p, l)).Bound.Value; up(b.Value) != up(want) {
			t.Errorf("bound %v, with packing %v", b.Value, want)
		}
		if work.Iterations == 0 || t.Failed() {
			t.Fatalf("seed %d: work %+v", seed, work)
		}
	}
}

// The diver's master lacks the fractional columns, so that those after them have other numbers there.
func TestTheDiversBasisIsThatOfTheBoundWithoutFractions(t *testing.T) {
	d := &diver{cols: []int{0, 2, 3, 6}}
	got := d.rename(simplex.Basis{Slack: []int32{4}, Columns: []int32{0, 1, 3, 5, 6}})
	want := simplex.Basis{Slack: []int32{4}, Columns: []int32{0, 2, 3}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
