package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
)

// geometry is two kinds of cards, one of which can be cut.
func geometry() []model.CardKind {
	return []model.CardKind{
		{Share: 10, Slots: 4, Counters: []int64{5, 7}, Profiles: []model.Profile{
			{Size: 1, Starts: []int{0, 1, 2}, Max: 2, Uses: []int64{1, 0}},
			{Size: 2, Starts: []int{0, 2}, Max: 9, Uses: []int64{2, 0}},
		}},
		{Share: 6},
	}
}

// Rows and what items take of them, worked out by hand: dimension; shares, cards; then slots,
// two profiles and two counters, and slots 0 to 2, where the first profile may start; or the fixed instances.
func TestRoom(t *testing.T) {
	bins := map[string]struct {
		bin  model.Bin
		want []int64
	}{
		"no cards":             {model.Bin{Cap: []int64{9}, Card: -1}, []int64{9}},
		"shares only":          {model.Bin{Cap: []int64{9}, Card: 1, Cards: 3}, []int64{9, 18, 3, 0}},
		"cards, one live":      {model.Bin{Cap: []int64{9}, Card: 0, Cards: 3, Live: []uint64{1, 0}}, []int64{9, 20, 2, 11, 6, 5, 15, 21, 8}},
		"fixed instances":      {model.Bin{Cap: []int64{9}, Card: 0, Cards: 2, Fixed: []int64{3, 1}}, []int64{9, 20, 2, 3, 1}},
		"a counter that binds": {model.Bin{Cap: []int64{9}, Card: 0, Cards: 1}, []int64{9, 10, 1, 4, 2, 2, 5, 7, 3}},
	}
	for name, tc := range bins {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Dims: 1, Cards: geometry(), Bins: []model.Bin{tc.bin}}
			if diff := cmp.Diff(tc.want, newRoom(p, 0).rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	takes := map[string]struct {
		bin  string
		need model.CardNeed
		want []int64
	}{
		"nothing of cards":           {"no cards", model.CardNeed{Kind: -1}, []int64{1}},
		"two whole cards":            {"cards, one live", model.CardNeed{Whole: 2}, []int64{1, 20, 2, 8, 4, 4, 10, 14, 6}},
		"a share above half":         {"cards, one live", model.CardNeed{Share: 6}, []int64{1, 6, 1, 2, 0, 0, 0, 0, 1}},
		"a share of half":            {"cards, one live", model.CardNeed{Share: 5}, []int64{1, 5, 0, 2, 0, 0, 0, 0, 1}},
		"a small share":              {"cards, one live", model.CardNeed{Share: 2}, []int64{1, 2, 0, 0, 0, 0, 0, 0, 0}},
		"slices":                     {"cards, one live", model.CardNeed{Slices: []int64{1, 2}}, []int64{1, 0, 0, 5, 1, 2, 5, 0, 3}},
		"slices of fixed instances":  {"fixed instances", model.CardNeed{Slices: []int64{1, 2}}, []int64{1, 0, 0, 1, 2}},
		"a whole card beside them":   {"fixed instances", model.CardNeed{Whole: 1}, []int64{1, 10, 1, 0, 0}},
		"a share that cannot be cut": {"shares only", model.CardNeed{Kind: 1, Share: 4}, []int64{1, 4, 1, 0}},
	}
	for name, tc := range takes {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Dims: 1, Cards: geometry(), Bins: []model.Bin{bins[tc.bin].bin}}
			space := newRoom(p, 0)
			row := make([]int64, len(space.rows))
			space.take(row, []int64{1}, &tc.need)
			if diff := cmp.Diff(tc.want, row); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

// The root counts u·π, without multipliers, for an item that each rule bounds in turn.
func TestRootCountsWhatFitsAlone(t *testing.T) {
	cases := map[string]struct {
		alter func(p *model.Problem)
		want  int64 // copies
	}{
		"all that are placed":         {func(*model.Problem) {}, 9},
		"what the size allows":        {func(p *model.Problem) { p.Items[0].Size[0] = 3 }, 6},
		"what BinMax allows":          {func(p *model.Problem) { p.Items[0].BinMax = 5 }, 5},
		"what a cap allows":           {func(p *model.Problem) { p.Caps = []model.Cap{{Items: []int{0}, Max: 4}} }, 4},
		"what a domain allows":        {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Max: 3}} }, 3},
		"one, if it bears no other":   {func(p *model.Problem) { p.Conflicts = []model.Pair{{}} }, 1},
		"none in a class not allowed": {func(p *model.Problem) { p.Items[0].Classes = []int{1} }, 0},
		"none without its cards":      {func(p *model.Problem) { p.Items[0].Needs = []model.CardNeed{{Kind: 1, Whole: 1}} }, 0},
		"none outside its spread":     {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0}, Skew: 1}} }, 0},
		"what a skew allows":          {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 2}} }, 5},
		"what a skew allows over what lies there": {func(p *model.Problem) {
			p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Base: []int64{3, 0}, Skew: 2}}
		}, 7},
		"what whole cards allow": {func(p *model.Problem) { p.Items[0].Needs = []model.CardNeed{{Whole: 2}} }, 2},
		"what shares allow":      {func(p *model.Problem) { p.Items[0].Needs = []model.CardNeed{{Share: 7}} }, 4},
		"what slices allow":      {func(p *model.Problem) { p.Items[0].Needs = []model.CardNeed{{Slices: []int64{1, 1}}} }, 5},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 2, Domains: 2, Cards: geometry(),
				Items: []model.Item{{Size: []int64{1}, Count: 9, Classes: []int{0}}},
				Bins:  []model.Bin{{Domain: 1, Cap: []int64{20}, Card: 0, Cards: 4}},
			}
			tc.alter(p)
			cert := &model.Certificate{Scale: 1, Items: [][]int64{{100}}, Use: []int{-1}}
			v := newProver(p, cert, newRules(p), []int64{9})
			v.price(-1)
			if got := v.root(0).worth; got != 100*tc.want {
				t.Errorf("worth %d, want %d", got, 100*tc.want)
			}
		})
	}
}

// Bins that are alike are searched once, but not if one of them is cheaper, or larger.
func TestBinsThatAreAlikeAreSearchedOnce(t *testing.T) {
	cases := map[string]struct {
		alter func(b *model.Bin)
		want  int64 // searches
	}{
		"alike":             {func(*model.Bin) {}, 1},
		"dearer":            {func(b *model.Bin) { b.Price = 12 }, 1},
		"of another class":  {func(b *model.Bin) { b.Class = 1 }, 2},
		"of another domain": {func(b *model.Bin) { b.Domain = 1 }, 2},
		"with cards":        {func(b *model.Bin) { b.Card, b.Cards = 0, 1 }, 2},
		"roomier":           {func(b *model.Bin) { b.Cap = []int64{6} }, 2},
		"cheaper":           {func(b *model.Bin) { b.Price = 10 }, 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			bin := model.Bin{Cap: []int64{5}, Price: 11, Card: -1}
			p := &model.Problem{
				Dims: 1, Classes: 2, Domains: 2, Cards: geometry(),
				Items: []model.Item{{Size: []int64{3}, Count: 1, Classes: []int{0, 1}}, {Size: []int64{4}, Count: 1, Classes: []int{0, 1}}},
				Bins:  []model.Bin{bin, bin},
			}
			tc.alter(&p.Bins[1])
			cert := &model.Certificate{
				Scale: 1, Items: [][]int64{{10}, {10}}, Limit: 100,
				Mults: []model.Mult{{Dims: []int64{3}}}, Use: []int{0, 0},
			}
			v := newProver(p, cert, newRules(p), []int64{1, 1})
			var f faults
			before := v.nodes
			v.price(0)
			v.bin(0, &f)
			once := before - v.nodes
			v.bin(1, &f)
			if got := before - v.nodes; once == 0 || (got > once) != (tc.want > 1) || f.join() != nil {
				t.Errorf("%d nodes for the first, %d for both (%v), want %d searches", once, got, f.join(), tc.want)
			}
		})
	}
}

func TestRootTakesTheDualOfItsDomain(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 2,
		Items: []model.Item{{Size: []int64{1}, Count: 9, Classes: []int{0}}},
		Bins:  []model.Bin{{Domain: 1, Cap: []int64{3}, Card: -1}},
	}
	for want, duals := range map[int64][]int64{21: {4, 7}, 12: {4}} {
		cert := &model.Certificate{Scale: 1, Items: [][]int64{duals}, Use: []int{-1}}
		v := newProver(p, cert, newRules(p), []int64{9})
		v.price(-1)
		if got := v.root(0).worth; got != want {
			t.Errorf("worth %d with duals %v, want %d", got, duals, want)
		}
	}
}
