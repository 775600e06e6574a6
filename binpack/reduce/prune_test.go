package reduce_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/reduce"
)

func free(p *model.Problem) []knapsack.Shape {
	var out []knapsack.Shape
	for i, it := range p.Items {
		out = append(out, knapsack.Shape{Item: i, Domain: -1, Count: it.Count})
	}
	return out
}

// Whatever is packed, taking the pruned kinds away must not change what the least cost is. Rules
// between domains are left out: for those, Prune is given shapes that are bound to domains.
func TestPruningNeverChangesTheOptimum(t *testing.T) {
	compared, pruned := 0, 0
	for seed := range uint64(1500) {
		p := exact.Random(seed, exact.Options{NoSpreads: true, Copies: 5})
		p.Domains = 1
		for b := range p.Bins {
			p.Bins[b].Domain = 0
		}
		kept, by := reduce.Prune(p, free(p))
		q := *p
		q.Bins = nil
		for _, b := range kept {
			q.Bins = append(q.Bins, p.Bins[b])
		}
		pruned += len(p.Bins) - len(kept)
		want, got := solve(t, p), solve(t, &q)
		if want == -2 || got == -2 {
			continue
		}
		compared++
		for b := range p.Bins {
			if by[b] == b || got < 0 {
				continue
			}
			for _, s := range p.Bins[b].Stays { // what lies there moves, if the kind is gone
				got += p.Bins[b].Max * s.Count * s.Saves
			}
		}
		if want != got {
			t.Fatalf("seed %d: the optimum was %d and is %d without the pruned kinds; kept %v, beaten by %v", seed, want, got, kept, by)
		}
	}
	t.Logf("%d problems compared, %d kinds pruned", compared, pruned)
	if compared < 1000 || pruned < 1500 {
		t.Errorf("%d problems compared and %d kinds pruned prove little", compared, pruned)
	}
}

// Kept kinds ascend by price, are beaten by themselves, and what beats another is kept. Only kinds
// that no shape may use are beaten by nothing. All this also where shapes are bound to domains.
func TestPruneSaysWhatBeatsWhat(t *testing.T) {
	for seed := range uint64(1500) {
		p := exact.Random(seed, exact.Options{})
		shapes := free(p)
		if n := int(seed % 3); n < p.Domains {
			shapes[0].Domain = n
		}
		kept, by := reduce.Prune(p, shapes)
		for n, b := range kept {
			if by[b] != b || (n > 0 && p.Bins[kept[n-1]].Price > p.Bins[b].Price) {
				t.Errorf("kept %v: kind %d is beaten by %d, or out of order", kept, b, by[b])
			}
		}
		for b, a := range by {
			useful := slices.ContainsFunc(shapes, func(s knapsack.Shape) bool { return may(p, s, b) })
			if (a < 0) == useful {
				t.Errorf("kind %d is beaten by %d, useful: %v", b, a, useful)
			}
			if a < 0 || a == b {
				continue
			}
			if !slices.Contains(kept, a) || p.Bins[a].Price > p.Bins[b].Price || p.Bins[a].Max > 0 {
				t.Errorf("kind %d is beaten by %d, which is dropped, dearer or limited", b, a)
			}
			for _, s := range shapes {
				if !may(p, s, b) {
					continue
				}
				n, _ := knapsack.MostAlone(p, s.Item, b, set(p, b))
				if m, _ := knapsack.MostAlone(p, s.Item, a, set(p, a)); !may(p, s, a) || m < n {
					t.Errorf("kind %d holds %d of item %d and is beaten by %d, which holds %d", b, n, s.Item, a, m)
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
}

func set(p *model.Problem, b int) cards.Set {
	bin := &p.Bins[b]
	s := cards.Set{N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
	if bin.Card >= 0 {
		s.Geometry = cards.NewGeometry(&p.Cards[bin.Card])
	}
	return s
}

// may reports whether class, domain and rules let a shape into a bin kind.
func may(p *model.Problem, s knapsack.Shape, b int) bool {
	return knapsack.MostInDomain(p, s.Item, p.Bins[b].Domain) > 0 && slices.Contains(p.Items[s.Item].Classes, p.Bins[b].Class) && (s.Domain < 0 || s.Domain == p.Bins[b].Domain)
}

func TestBeats(t *testing.T) {
	type change func(a, b *model.Bin)
	cases := map[string]struct {
		change change
		want   bool
	}{
		"its equal":                                      {func(_, _ *model.Bin) {}, true},
		"at a lower price":                               {func(a, _ *model.Bin) { a.Price-- }, true},
		"not at a higher one":                            {func(a, _ *model.Bin) { a.Price++ }, false},
		"with more room":                                 {func(a, _ *model.Bin) { a.Cap[1]++ }, true},
		"not with less of any dimension":                 {func(a, _ *model.Bin) { a.Cap[0]++; a.Cap[1]-- }, false},
		"not if there are only so many":                  {func(a, _ *model.Bin) { a.Max = 100 }, false},
		"though there are only so many of the other":     {func(_, b *model.Bin) { b.Max = 1 }, true},
		"not if it takes more of a budget":               {func(a, _ *model.Bin) { a.Uses = []model.Use{{Budget: 0, Amount: 3}} }, false},
		"not if it takes of another budget":              {func(a, _ *model.Bin) { a.Uses = []model.Use{{Budget: 1, Amount: 1}} }, false},
		"if it takes nothing of a budget":                {func(a, _ *model.Bin) { a.Uses = nil }, true},
		"with more cards":                                {func(a, _ *model.Bin) { a.Cards++ }, true},
		"not with fewer cards":                           {func(a, _ *model.Bin) { a.Cards-- }, false},
		"not with cards of another kind":                 {func(a, _ *model.Bin) { a.Card = 1 }, false},
		"without cards, if the other has none":           {func(a, b *model.Bin) { a.Card, a.Cards, b.Card, b.Cards = -1, 0, -1, 0 }, true},
		"without cards, if the other has none to use":    {func(a, b *model.Bin) { a.Card, a.Cards, b.Cards = -1, 0, 0 }, true},
		"not with live slots":                            {func(a, _ *model.Bin) { a.Live = []uint64{0, 1} }, false},
		"with live slots that hold nothing":              {func(a, _ *model.Bin) { a.Live = []uint64{0, 0} }, true},
		"what has live slots":                            {func(_, b *model.Bin) { b.Live = []uint64{1} }, true},
		"not with fixed instances":                       {func(a, _ *model.Bin) { a.Fixed = []int64{9} }, false},
		"not what has fixed instances":                   {func(_, b *model.Bin) { b.Fixed = []int64{1} }, false},
		"not what has fixed instances and no whole card": {func(_, b *model.Bin) { b.Fixed, b.Cards = []int64{1}, 0 }, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{}
			for range 2 {
				p.Bins = append(p.Bins, model.Bin{Cap: []int64{4, 4}, Price: 5, Card: 0, Cards: 2, Uses: []model.Use{{Budget: 0, Amount: 2}}})
			}
			tc.change(&p.Bins[0], &p.Bins[1])
			if got := reduce.Beats(p, 0, 1); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// Components must be a partition, and the finest one: every shape and every kind that holds one is
// in exactly one; what touches is together; and what is together is joined by a chain of kinds and budgets.
func TestComponentsAreTheFinestPartition(t *testing.T) {
	split := 0
	for seed := range uint64(1500) {
		p := exact.Random(seed, exact.Options{})
		kept, fits := []int{}, map[int][]int{}
		for b := range p.Bins {
			kept = append(kept, b)
			for i := range p.Items {
				if (seed>>(uint(b+i)%16)+uint64(i*b))%5 == 0 {
					fits[b] = append(fits[b], i)
				}
			}
		}
		got := reduce.Components(p, free(p), kept, fits)
		if diff := cmp.Diff(slowComponents(p, kept, fits), got); diff != "" {
			t.Fatalf("seed %d: fits %v (-want +got):\n%s", seed, fits, diff)
		}
		if len(got) > 1 {
			split++
		}
	}
	if split < 500 {
		t.Errorf("only %d problems fell into parts", split)
	}
}

// Shapes of one item stay together, even where no bin holds two of them: the item's duals, and its tree, are one.
func TestComponentsKeepItemsWhole(t *testing.T) {
	p := &model.Problem{Domains: 2, Items: make([]model.Item, 2)}
	shapes := []knapsack.Shape{{Item: 0, Domain: 0, Count: 1}, {Item: 0, Domain: 1, Count: 1}, {Item: 1, Domain: -1, Count: 1}}
	p.Bins = make([]model.Bin, 3)
	got := reduce.Components(p, shapes, []int{0, 1, 2}, map[int][]int{0: {0}, 1: {1}, 2: {2}})
	want := []reduce.Component{{Shapes: []int{0, 1}, Bins: []int{0, 1}}, {Shapes: []int{2}, Bins: []int{2}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// slowComponents labels shapes and passes the lowest label on until nothing changes.
func slowComponents(p *model.Problem, kept []int, fits map[int][]int) []reduce.Component {
	label := make([]int, len(p.Items))
	for s := range label {
		label[s] = s
	}
	touch := func(s, r int) bool {
		for _, a := range kept {
			for _, b := range kept {
				linked := a == b
				for _, u := range p.Bins[a].Uses {
					linked = linked || slices.ContainsFunc(p.Bins[b].Uses, func(v model.Use) bool { return u.Budget == v.Budget })
				}
				if linked && slices.Contains(fits[a], s) && slices.Contains(fits[b], r) {
					return true
				}
			}
		}
		return false
	}
	for range label {
		for s := range label {
			for r := range label {
				if touch(s, r) {
					label[s] = min(label[s], label[r])
				}
			}
		}
	}
	var out []reduce.Component
	for l := range label {
		var c reduce.Component
		for s := range label {
			if label[s] == l {
				c.Shapes = append(c.Shapes, s)
			}
		}
		for _, b := range kept {
			if len(fits[b]) > 0 && label[fits[b][0]] == l {
				c.Bins = append(c.Bins, b)
			}
		}
		if c.Shapes != nil {
			out = append(out, c)
		}
	}
	return out
}
