package colgen

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
)

// shared is a generator for six kinds of nodes with four cards, and pods that share them, and prices at which all
// of them have to be looked at.
func shared() (*generator, prices) {
	p := &model.Problem{Dims: 2, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 1000}}}
	for i := range int64(12) {
		p.Items = append(p.Items, model.Item{
			Size: []int64{3000 + 1370*i%7000, 5000 + 2910*i%17_000}, Count: 5 + i, Classes: []int{0},
			Needs: []model.CardNeed{{Kind: 0, Share: 150 + 130*i%800}},
		})
	}
	for n := range int64(6) {
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{31_000 + 1000*n, 60_000 - 1700*n}, Price: 1000 + n, Card: 0, Cards: 4})
	}
	l := few
	l.Branches = 5000
	g := newGenerator(whole(p, l))
	pr := prices{pi: make([]float64, len(g.Shapes)), max: make([]float64, len(g.bins)), bud: make([]float64, len(g.budRow))}
	for s, sh := range g.Shapes {
		size := g.Problem.Items[sh.Item].Size
		pr.pi[s] = 0.5*float64(size[0])/31_000 + 0.55*float64(size[1])/60_000
	}
	return g, pr
}

var meeting = effort{branches: 100, meeting: 50_000}

// A kind with cards is decided by meetings, unless it is crowded or the budget is spent.
func TestMeetingsHaveABudget(t *testing.T) {
	cases := map[string]struct {
		change func(g *generator, k int)
		want   bool
	}{
		"at first":                   {func(*generator, int) {}, true},
		"up to the budget":           {func(g *generator, _ int) { g.met = g.Limits.Branches * meetBudget }, true},
		"not beyond":                 {func(g *generator, _ int) { g.met = g.Limits.Branches*meetBudget + 1 }, false},
		"not where there is a crowd": {func(g *generator, k int) { g.crowded[k] = true }, false},
		"though others are crowded":  {func(g *generator, k int) { g.crowded[k^1] = true }, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g, p := shared()
			o := g.sweep(p, slackTarget, make([]float64, len(g.bins)))[0]
			tc.change(g, o.k)
			if v := g.decide(o, p.pi, g.threshold(o.k, p), meeting); (v.met > 0) != tc.want {
				t.Errorf("a meeting took %d branches, want any: %v", v.met, tc.want)
			}
		})
	}
}

// Proofs that are begun together come out as those that are begun one after the other, though the budget ends among them.
func TestTheBudgetOfMeetingsEndsAlikeOnAnyNumberOfCores(t *testing.T) {
	run := func(each func(n int, do func(i int))) (met []int64, nodes int64) {
		g, p := shared()
		g.Each = each
		g.met = g.Limits.Branches*meetBudget - 1
		offers := g.sweep(p, slackTarget, make([]float64, len(g.bins)))
		g.prove(proving{p, offers, meeting, len(offers)}, func(_ offer, _ float64, v proved) int {
			met = append(met, v.met)
			return len(offers)
		})
		return met, g.work.Branches
	}
	one, nodes := run(nil)
	two, same := run(func(n int, do func(i int)) {
		for i := range n {
			do(i)
		}
	})
	if diff := cmp.Diff(one, two); diff != "" || nodes != same {
		t.Errorf("%d branches alone, %d together; by meetings (-alone +together):\n%s", nodes, same, diff)
	}
	if len(one) < 4 || one[0] == 0 || one[len(one)-1] != 0 {
		t.Errorf("meetings took %v, so that the budget did not end among them", one)
	}
}

// Kinds that meetings decide may exceed their price by a slack that becomes less in stages, while the budget lasts; all others by the
// least slack.
func TestTheSlackOfMeetingsBecomesLessInStages(t *testing.T) {
	g, _ := shared()
	stages := 0
	for last := 1.0; ; stages++ {
		now := g.slackOf(0)
		if now < slackTarget || now > last {
			t.Fatalf("stage %d: a slack of %v after %v", stages, now, last)
		}
		if last = now; !g.tighten() {
			break
		}
	}
	if got := g.slackOf(0); got != slackTarget || stages < 2 {
		t.Errorf("a slack of %v after %d stages, want %v after some", got, stages, slackTarget)
	}
	g, _ = shared()
	g.crowded[0] = true
	if got := g.slackOf(0); got != slackTarget {
		t.Errorf("a slack of %v for a kind that no meeting decides, want %v", got, slackTarget)
	}
	if g.met = g.Limits.Branches*meetBudget + 1; g.tighten() || g.slackOf(1) != slackTarget {
		t.Error("stages go on though the budget is spent")
	}
}
