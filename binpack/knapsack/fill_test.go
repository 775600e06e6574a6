package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// However a content comes about, the bin must be able to hold it, it must not have more than there
// is, and it must not be worth more than the bound.
func TestContentsAreLegal(t *testing.T) {
	got, most := 0.0, 0.0
	trials(t, 400, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		var upper []int64
		r.bin.Unlimit()
		if rng.IntN(2) == 0 {
			upper = r.some(rng)
			r.bin.Limit(upper)
		}
		rel, room := r.bin.Relax(r.pi), r.bin.Open()
		methods := map[string]func() (Content, float64){
			"Fill":   func() (Content, float64) { return r.bin.Fill(r.pi, rel, room) },
			"Greedy": func() (Content, float64) { return r.bin.Greedy(r.pi, r.bin.Even(), room) },
			"Shake":  func() (Content, float64) { return r.bin.Shake(r.pi, rel, rng, 3) },
			"Polish": func() (Content, float64) {
				c, _ := r.bin.Greedy(r.pi, rel.Mu, room)
				return r.bin.Polish(r.pi, rel, c, room)
			},
		}
		for name, method := range methods {
			c, worth := method()
			r.judge(t, name, c, worth, upper)
			if worth > rel.Value+1e-9*(1+rel.Value) {
				t.Errorf("%s: worth %v, the relaxation claims at most %v", name, worth, rel.Value)
			}
			if name == "Fill" {
				got, most = got+worth, most+r.best(upper)
			}
		}
	})
	t.Logf("contents by rounding are worth %.1f %% of the best", 100*got/most)
	if got < 0.9*most {
		t.Errorf("contents by rounding are worth %v, the best ones %v", got, most)
	}
}

// A bin that is filled again after less is left must get what sorting anew would give it.
func TestGreedyAgainIsGreedyOfWhatIsLeft(t *testing.T) {
	trials(t, 300, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		room, left := r.bin.Open(), r.some(rng)
		r.bin.Limit(left)
		r.bin.Greedy(r.pi, r.bin.Even(), room)
		for s := range left {
			left[s] = rng.Int64N(left[s] + 1)
		}
		r.bin.Limit(left)
		got, worth := r.bin.GreedyAgain(r.pi, room)
		want, wantWorth := r.bin.Greedy(r.pi, r.bin.Even(), room)
		if diff := cmp.Diff(want, got); diff != "" || worth != wantWorth {
			t.Errorf("worth %v, want %v (-want +got):\n%s", worth, wantWorth, diff)
		}
	})
}

// A content that is topped up keeps what fits of it and stays legal; one that the bin holds is kept whole.
func TestToppedUpContentsKeepWhatTheyHad(t *testing.T) {
	trials(t, 300, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		upper, room := r.some(rng), r.bin.Open()
		r.bin.Limit(upper)
		want := r.legal[rng.IntN(len(r.legal))]
		var c Content
		within := true
		for s, n := range want {
			if n > 0 {
				c.Shapes, c.Counts = append(c.Shapes, s), append(c.Counts, n)
				within = within && n <= upper[s]
			}
		}
		topped := r.bin.TopUp(c, r.pi, r.bin.Even(), room)
		r.judge(t, "TopUp", topped, r.bin.Worth(r.pi, room.Counts), upper)
		if !within || !r.bin.Holds(c, r.bin.Open()) {
			return
		}
		for s, n := range want {
			if l := r.bin.Local(s); l >= 0 && room.Counts[l] < n {
				t.Errorf("TopUp of %v: %d of shape %d are left of %d", want, room.Counts[l], s, n)
			}
		}
	})
}

// Holds never says yes to what the bin cannot hold. It may say no: to shares that first-fit
// decreasing does not place, and to followers in a circle. That must be rare.
func TestHoldsAgreesWithTryingEverything(t *testing.T) {
	legal, refused := 0, 0
	trials(t, 300, exact.Options{NoSpreads: true}, func(t *testing.T, r *trial, rng *rand.Rand) {
		r.bin.Unlimit()
		room := r.bin.Open()
		for range 20 {
			counts := r.some(rng)
			var c Content
			for s, n := range counts {
				if n > 0 {
					c.Shapes, c.Counts = append(c.Shapes, s), append(c.Counts, n)
				}
			}
			can, holds := r.fits(counts), r.bin.Holds(c, room)
			if holds && !can {
				t.Errorf("Holds(%v), and the bin cannot", counts)
			}
			if can {
				legal++
			}
			if can && !holds {
				refused++
			}
		}
	})
	t.Logf("%d legal contents, %d of them refused", legal, refused)
	if refused*1000 > legal {
		t.Errorf("%d of %d legal contents were refused", refused, legal)
	}
}

func TestRulesOfOneBin(t *testing.T) {
	tests := map[string]struct {
		change func(p *model.Problem)
		counts []int64
		want   bool
	}{
		"nothing is in the way":                       {func(*model.Problem) {}, []int64{2, 2, 2}, true},
		"a conflict with itself leaves one":           {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 0, B: 0}} }, []int64{1, 0, 0}, true},
		"a conflict with itself does not leave two":   {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 0, B: 0}} }, []int64{2, 0, 0}, false},
		"a conflict binds both ways":                  {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 2, B: 1}} }, []int64{0, 1, 1}, false},
		"a follower beside its leader":                {follow(0, 1), []int64{1, 1, 0}, true},
		"a follower beside another":                   {follow(0, 1), []int64{1, 0, 1}, false},
		"a leader needs nobody":                       {follow(0, 1), []int64{0, 1, 0}, true},
		"one of two leaders is enough":                {follow(0, 1, 2), []int64{1, 0, 1}, true},
		"who follows itself is never alone":           {follow(0, 0), []int64{2, 0, 0}, true},
		"who follows itself or another may be alone":  {follow(0, 0, 1), []int64{1, 0, 0}, true},
		"two rules for one follower want two leaders": {both(follow(0, 1), follow(0, 2)), []int64{1, 0, 1}, false},
		"two rules for one follower are met by two":   {both(follow(0, 1), follow(0, 2)), []int64{1, 1, 1}, true},
		"a cap counts items together":                 {cap2(0, 1), []int64{1, 1, 2}, true},
		"a cap counts what is too much":               {cap2(0, 1), []int64{1, 2, 0}, false},
		"a cap of one item":                           {func(p *model.Problem) { p.Caps = []model.Cap{{Items: []int{0}, Max: 1}} }, []int64{2, 0, 0}, false},
		"BinMax":                                      {func(p *model.Problem) { p.Items[0].BinMax = 1 }, []int64{2, 0, 0}, false},
		"a class that the item does not allow":        {func(p *model.Problem) { p.Classes, p.Bins[0].Class = 2, 1 }, []int64{1, 0, 0}, false},
		"no more than the capacity":                   {func(p *model.Problem) { p.Bins[0].Cap[0] = 5 }, []int64{2, 2, 2}, false},
		"exactly the capacity":                        {func(*model.Problem) {}, []int64{2, 2, 2}, true},
		"cards that are needed, and there are none":   {func(p *model.Problem) { p.Cards = []model.CardKind{{Share: 2}}; need(p, model.CardNeed{Share: 1}) }, []int64{1, 0, 0}, false},
		"a need that another kind of card does not serve": {func(p *model.Problem) {
			p.Cards = make([]model.CardKind, 2)
			need(p, model.CardNeed{Kind: 1, Whole: 1})
			p.Bins[0].Card, p.Bins[0].Cards = 0, 1
		}, []int64{1, 0, 0}, false},
		"a need that the bin's cards serve": {func(p *model.Problem) {
			p.Cards = make([]model.CardKind, 2)
			need(p, model.CardNeed{Kind: 1, Whole: 1})
			p.Bins[0].Card, p.Bins[0].Cards = 1, 1
		}, []int64{1, 0, 0}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			item := model.Item{Size: []int64{1}, Count: 2, Classes: []int{0}}
			p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: []model.Item{item, item, item}, Bins: []model.Bin{{Cap: []int64{6}, Price: 1, Card: -1}}}
			tc.change(p)
			r := newTrial(p, 0, []Shape{{0, -1, 2}, {1, -1, 2}, {2, -1, 2}})
			if got := r.fits(tc.counts); got != tc.want {
				t.Errorf("exact: %v, want %v", got, tc.want)
			}
			if got := r.bin.Holds(Content{Shapes: []int{0, 1, 2}, Counts: tc.counts}, r.bin.Open()); got != tc.want {
				t.Errorf("Holds: %v, want %v", got, tc.want)
			}
		})
	}
}

func follow(item int, leaders ...int) func(*model.Problem) {
	return func(p *model.Problem) { p.Follows = append(p.Follows, model.Follow{Item: item, AnyOf: leaders}) }
}

func both(f, g func(*model.Problem)) func(*model.Problem) {
	return func(p *model.Problem) { f(p); g(p) }
}

func cap2(items ...int) func(*model.Problem) {
	return func(p *model.Problem) { p.Caps = []model.Cap{{Items: items, Max: 2}} }
}

func need(p *model.Problem, n model.CardNeed) { p.Items[0].Needs = []model.CardNeed{n} }

// Greedy starts with whom prices make look best, which may be a follower: it must bring in all of its leaders.
func TestGreedyBringsLeadersIn(t *testing.T) {
	item := model.Item{Size: []int64{1}, Count: 2, Classes: []int{0}}
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: []model.Item{item, item, item}, Bins: []model.Bin{{Cap: []int64{4}, Price: 1, Card: -1}}}
	both(follow(0, 1), follow(0, 2))(p)
	r := newTrial(p, 0, []Shape{{0, -1, 2}, {1, -1, 2}, {2, -1, 2}})
	r.pi = []float64{10, 0, 0}
	c, worth := r.bin.Greedy(r.pi, r.bin.Even(), r.bin.Open())
	r.judge(t, "Greedy", c, worth, nil)
	if worth != 20 {
		t.Errorf("content %+v is worth %v, want 20", c, worth)
	}
}

// A leader that was brought in for nothing is not left behind: here the follower fills the bin alone.
func TestLeadersThatAreOfNoUseAreTakenOut(t *testing.T) {
	item := model.Item{Size: []int64{4}, Count: 1, Classes: []int{0}}
	leader := model.Item{Size: []int64{1}, Count: 1, Classes: []int{0}}
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1, Items: []model.Item{item, leader}, Bins: []model.Bin{{Cap: []int64{4}, Price: 1, Card: -1}}}
	follow(0, 1)(p)
	r := newTrial(p, 0, []Shape{{0, -1, 1}, {1, -1, 1}})
	r.pi = []float64{10, 0}
	if c, worth := r.bin.Greedy(r.pi, r.bin.Even(), r.bin.Open()); worth != 0 || len(c.Shapes) != 0 {
		t.Errorf("content %+v, worth %v, want none", c, worth)
	}
}

// Asking how many shares fit must not leave any behind: after many questions the answer is the same.
func TestMostLeavesNothingBehind(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{{Share: 10}},
		Items: []model.Item{{Size: []int64{1}, Count: 9, Classes: []int{0}, Needs: []model.CardNeed{{Share: 4}}}},
		Bins:  []model.Bin{{Cap: []int64{9}, Price: 1, Card: 0, Cards: 2}},
	}
	room := newTrial(p, 0, []Shape{{0, -1, 9}}).bin.Open()
	for want := int64(4); want >= 0; want-- {
		for range 3 {
			if got := room.Most(0, 9); got != want {
				t.Errorf("%d more fit beside %d, want %d", got, room.Counts[0], want)
			}
		}
		if want > 0 {
			room.Add(0, 1)
		}
	}
}
