package colgen

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// mixed makes a problem of items in two dimensions, bins of three sizes whose prices grow with them, some with a Max.
func mixed(seed uint64, items int) *model.Problem {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1}
	for range items {
		p.Items = append(p.Items, model.Item{Size: []int64{80 + rng.Int64N(200), 80 + rng.Int64N(200)}, Count: 1 + rng.Int64N(9), Classes: []int{0}})
	}
	for n := range int64(3) {
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{400 << n, 400 << n}, Price: 1000<<n + rng.Int64N(50), Card: -1, Max: rng.Int64N(3) * 20})
	}
	p.Bins[0].Max = 0
	return p
}

// dived solves the relaxation of a part and rounds it by a dive.
func dived(t *testing.T, p *model.Problem) (*generator, func()) {
	t.Helper()
	r := Begin(whole(p, model.Limits{Iterations: 200, Pivots: 100_000, Branches: 2000, Moves: 10, Nodes: 9}))
	g := r.g
	m := g.start(g.incumbent.fills)
	if _, err := g.relax(m); err != nil {
		t.Fatal(err)
	}
	st := newStock(p)
	fills, left := g.round(m, st)
	g.keep(attempt{g.rightSize(fills, st), left, st})
	return g, func() { g.descend(m) }
}

// audited counts what a part's packing costs.
func audited(t *testing.T, p *model.Problem, g *generator) int64 {
	t.Helper()
	return audit(t, p, Answer{Fills: g.incumbent.fills, Residual: g.incumbent.left})
}

func TestDescentsPackLegallyAndNoDearer(t *testing.T) {
	won, before, after, bound := 0, int64(0), int64(0), 0.0
	for seed := range uint64(12) {
		p := mixed(seed, 12)
		g, descend := dived(t, p)
		old := audited(t, p, g)
		descend()
		cost := audited(t, p, g)
		if cost != g.cost(g.incumbent.fills) || cost > old {
			t.Errorf("seed %d: %d after descents, said to be %d, and %d before", seed, cost, g.cost(g.incumbent.fills), old)
		}
		if cost < old {
			won++
		}
		before, after, bound = before+old, after+cost, bound+g.best.Value/g.scale
	}
	t.Logf("%d of 12 are cheaper: %d, before %d, bounds %.0f", won, after, before, bound)
	if won < 6 || float64(before-after) < float64(before)*0.001 {
		t.Errorf("%d of 12 are cheaper, %d in place of %d", won, after, before)
	}
}

func TestDescentsGiveTheSameAnswerAgain(t *testing.T) {
	p := mixed(3, 15)
	var costs [2]int64
	var work [2]model.Work
	for n := range costs {
		g, descend := dived(t, p)
		descend()
		costs[n], work[n] = audited(t, p, g), g.work
	}
	if costs[0] != costs[1] || work[0] != work[1] {
		t.Errorf("costs %v, work %+v", costs, work)
	}
}

// A third of a packing is taken apart and packed again; what is packed is what was taken out.
func TestADescentPacksWhatItIsGiven(t *testing.T) {
	p := mixed(5, 12)
	g, _ := dived(t, p)
	s := g.newSearcher(g.incumbent)
	residual, removed := s.takeApart(s.several(len(s.open) / 3))
	from := state{residual: residual, st: s.st.clone()}
	d := g.newDescent(from.clone(), noCost, 200, removed)
	if d.run(from.clone(), 2); d.best == nil {
		t.Fatal("nothing was packed")
	}
	have := make([]int64, len(residual))
	for _, f := range d.best.out {
		if !holds(p, f.Bin.Index, f.Items) {
			t.Errorf("kind %d cannot hold %+v", f.Bin.Index, f.Items)
		}
		for i, sh := range f.Items.Shapes {
			have[sh] += f.Items.Counts[i] * f.Count
		}
	}
	for sh, n := range residual {
		if have[sh] != n {
			t.Errorf("shape %d: %d of %d", sh, have[sh], n)
		}
	}
	if cost := g.cost(d.best.out); cost != d.cost {
		t.Errorf("it costs %d, said to be %d", cost, d.cost)
	}
}

func TestWhoDescends(t *testing.T) {
	plain := mixed(1, 12)
	home := mixed(1, 12)
	home.Bins[1].Max, home.Bins[1].Stays = 1, []model.Stay{{Item: 0, Count: 1, Saves: 5}}
	cases := map[string]struct {
		p    *model.Problem
		want bool
	}{
		"a part of two dimensions":              {plain, true},
		"not one with bins of today":            {home, false},
		"not one of more shapes than is of use": {mixed(1, descendMost+1), false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Begin(whole(tc.p, few)).g.descends(); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestPartsWithCardsAreToldApartInCasesUpToMoreShapes(t *testing.T) {
	for name, tc := range map[string]struct {
		cards int64
		want  int
	}{"with cards": {1, caseCarded}, "without": {0, caseShapes}} {
		t.Run(name, func(t *testing.T) {
			p := mixed(1, 12)
			p.Cards = []model.CardKind{{}}
			for b := range p.Bins {
				if p.Bins[b].Cards = tc.cards; tc.cards > 0 {
					p.Bins[b].Card = 0
				}
			}
			if tc.cards > 0 {
				p.Items[0].Needs = []model.CardNeed{{Kind: 0, Whole: 1}}
			}
			if got := Begin(whole(p, few)).g.caseMost(); got != tc.want {
				t.Errorf("up to %d shapes, want %d", got, tc.want)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	c := knapsack.Content{Shapes: []int{0, 2}, Counts: []int64{2, 1}}
	if !within(c, []int64{2, 0, 1}) || within(c, []int64{1, 5, 1}) || within(c, []int64{2, 5, 0}) {
		t.Error("a content is within what is left if all of it is")
	}
}
