package colgen

import (
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

func TestStock(t *testing.T) {
	p := &model.Problem{Budgets: []int64{10, 3}, Bins: []model.Bin{
		{},
		{Max: 4},
		{Uses: []model.Use{{Budget: 0, Amount: 3}}},
		{Max: 2, Uses: []model.Use{{Budget: 0, Amount: 1}, {Budget: 1, Amount: 2}}},
		{Uses: []model.Use{{Budget: 1, Amount: 0}}},
		{Uses: []model.Use{{Budget: 1, Amount: 4}}},
	}}
	type take struct {
		bin int
		n   int64
	}
	cases := map[string]struct {
		taken []take
		want  []int64 // of each kind, when a hundred are wanted
	}{
		"at first":                         {nil, []int64{100, 4, 3, 1, 100, 0}},
		"a maximum is used up":             {[]take{{1, 4}}, []int64{100, 0, 3, 1, 100, 0}},
		"a budget is shared":               {[]take{{2, 3}}, []int64{100, 4, 0, 1, 100, 0}},
		"a kind takes of two budgets":      {[]take{{3, 1}}, []int64{100, 4, 3, 0, 100, 0}},
		"what is put back is there again":  {[]take{{3, 1}, {2, 2}, {3, -1}, {2, -2}}, []int64{100, 4, 3, 1, 100, 0}},
		"who takes nothing leaves nothing": {[]take{{4, 50}, {0, 50}}, []int64{100, 4, 3, 1, 100, 0}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			st := newStock(p)
			for _, x := range tc.taken {
				st.take(x.bin, x.n)
			}
			var got []int64
			for b := range p.Bins {
				got = append(got, st.most(b, 100))
			}
			if diff := gocmp.Diff(tc.want, got); diff != "" {
				t.Errorf("most (-want +got):\n%s", diff)
			}
			if !slices.Equal(p.Budgets, []int64{10, 3}) {
				t.Errorf("the problem's budgets are now %v", p.Budgets)
			}
		})
	}
}

// Right-sizing must move nothing into a kind that is used up, cost no more than before, keep every
// bin's content, and leave the stock as if the new bins had been taken from the start.
func TestRightSizeStaysWithinTheStock(t *testing.T) {
	moved := 0
	for seed := range uint64(1500) {
		rng := rand.New(rand.NewPCG(seed, 8))
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 12})
		g := newGenerator(whole(p, few))
		st := newStock(p)
		residual := slices.Clone(g.demand)
		var fills []Filled
		for _, k := range rng.Perm(len(g.bins)) { // whatever comes first, so that there is something to do
			fills = append(fills, g.greedy([]int{k}, residual, g.firstPrices(), st)...)
		}
		before := g.cost(fills)
		sized := g.rightSize(slices.Clone(fills), st)
		if after := audit(t, p, Answer{Fills: sized, Residual: residual}); after > before {
			t.Errorf("it cost %d and costs %d", before, after)
		} else if after < before {
			moved++
		}
		fresh := newStock(p)
		for _, f := range sized {
			fresh.take(f.Bin.Index, f.Count)
		}
		if diff := gocmp.Diff(fresh, st, gocmp.AllowUnexported(stock{}), gocmp.Comparer(func(a, b *model.Problem) bool { return a == b })); diff != "" {
			t.Errorf("stock (-want +got):\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
	if moved < 50 {
		t.Errorf("right-sizing saved money in only %d problems", moved)
	}
}

// Three bins of content 2 lie in the dear kind of 5; one cheap bin of 2 is left, and the middle
// kind takes so much of the budget that only one more is possible.
func TestRightSizeTakesTheCheapestFirstAsFarAsItGoes(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1, Budgets: []int64{5},
		Items: []model.Item{{Size: []int64{2}, Count: 4, Classes: []int{0}}},
		Bins: []model.Bin{
			{Cap: []int64{5}, Price: 9, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 1}}},
			{Cap: []int64{2}, Price: 3, Card: -1, Max: 1},
			{Cap: []int64{3}, Price: 4, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 2}}},
		},
	}
	g := newGenerator(whole(p, few))
	st := newStock(p)
	dear := g.bins[slices.IndexFunc(g.bins, func(k *knapsack.Bin) bool { return k.Index == 0 })]
	st.take(0, 4)
	got := g.rightSize([]Filled{{Bin: dear, Count: 4, Items: knapsack.Content{Shapes: []int{0}, Counts: []int64{1}}}}, st)
	counts := make([]int64, len(p.Bins))
	for _, f := range got {
		counts[f.Bin.Index] += f.Count
	}
	if diff := gocmp.Diff([]int64{1, 1, 2}, counts); diff != "" {
		t.Errorf("bins of each kind (-want +got):\n%s", diff)
	}
}

// Every move of the search takes bins apart and builds others, or puts all back. At the end nothing
// is lost, no kind and no budget is overdrawn, and the stock knows what there is.
func TestSearchStaysWithinTheStock(t *testing.T) {
	saved := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 9))
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 16})
		l := few
		l.Moves = 100
		g := newGenerator(whole(p, l))
		g.best.Shapes = g.firstPrices()
		st, residual := newStock(p), slices.Clone(g.demand)
		var fills []Filled
		for _, k := range rng.Perm(len(g.bins)) {
			fills = append(fills, g.greedy([]int{k}, residual, g.firstPrices(), st)...)
		}
		before := g.cost(fills)
		g.incumbent = attempt{fills, residual, st}
		g.search()
		found := g.incumbent.fills
		if after := audit(t, p, Answer{Fills: found, Residual: residual}); after > before {
			t.Errorf("it cost %d and costs %d", before, after)
		} else if after < before {
			saved++
		}
		fresh := newStock(p)
		for _, f := range found {
			fresh.take(f.Bin.Index, f.Count)
		}
		if diff := gocmp.Diff(fresh, st, gocmp.AllowUnexported(stock{}), gocmp.Comparer(func(a, b *model.Problem) bool { return a == b })); diff != "" {
			t.Errorf("stock (-want +got):\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if saved < 100 {
		t.Errorf("the search saved money in only %d problems", saved)
	}
}

// A kind that cannot be proven is relaxed where it matters, and weakens no other: kind 0 holds 7
// and 5, worth 12 of its 13, and may pretend to hold 13; kind 1 is filled to the brim. Scaling all
// duals by the worst kind would prove less than 213.
func TestAKindThatCannotBeProvenWeakensNoOther(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 2, Domains: 1,
		Items: []model.Item{
			{Size: []int64{7}, Count: 10, Classes: []int{0}}, {Size: []int64{5}, Count: 10, Classes: []int{0}}, {Size: []int64{10}, Count: 10, Classes: []int{1}},
		},
		Bins: []model.Bin{{Cap: []int64{13}, Price: 13, Card: -1}, {Cap: []int64{10}, Price: 10, Card: -1, Class: 1}},
		Caps: []model.Cap{{Items: []int{0, 1}, Max: 9}}, // never binds, but makes it no line: those need no proofs
	}
	l := few
	l.Branches, l.Nodes = 1, 0
	b, _ := BoundOnly(whole(p, l))
	if b.Value < 219.9 || b.Value > 230 {
		t.Errorf("a bound of %v, want between 220 and 230", b.Value)
	}
	l.Branches = 1000
	if b, _ := BoundOnly(whole(p, l)); b.Value < 229.9 || b.Value > 230 {
		t.Errorf("with branching a bound of %v, want 230", b.Value)
	}
}
