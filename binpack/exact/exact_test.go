package exact_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

const limit = 3_000_000

// What exact packs by its own reading of the rules, check accepts by its own. Enough of the
// random problems must have an answer, or this would prove little.
func TestEveryExactPackingPassesTheChecker(t *testing.T) {
	const problems = 2000
	answered := 0
	for seed := range uint64(problems) {
		p := exact.Random(seed, exact.Options{})
		if err := p.Validate(); err != nil {
			t.Fatalf("seed %d: random problem: %v", seed, err)
		}
		k, err := exact.Solve(p, limit)
		if errors.Is(err, exact.ErrInfeasible) || errors.Is(err, exact.ErrLimit) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		answered++
		if err := check.Packing(p, k); err != nil {
			problem, _ := json.Marshal(p)
			packing, _ := json.Marshal(k)
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, problem, packing)
		}
	}
	t.Logf("%d of %d answered", answered, problems)
	if answered < problems/2 {
		t.Errorf("only %d of %d random problems have an answer", answered, problems)
	}
}

// On one dimension without rules, a table over subsets of the copies is a third opinion.
func TestExactAgreesWithATableOverSubsets(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		p := &model.Problem{Dims: 1, Classes: 1, Domains: 1}
		var sizes []int64
		for range 3 {
			item := model.Item{Size: []int64{1 + rnd.Int64N(9)}, Count: 1 + rnd.Int64N(3), Classes: []int{0}}
			p.Items = append(p.Items, item)
			for range item.Count {
				sizes = append(sizes, item.Size[0])
			}
		}
		for range 3 {
			p.Bins = append(p.Bins, model.Bin{Cap: []int64{9 + rnd.Int64N(9)}, Price: 1 + rnd.Int64N(20), Card: -1})
		}
		k, err := exact.Solve(p, 1<<40)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if want := cheapest(sizes, p.Bins); k.Cost != want {
			t.Errorf("seed %d: cost %d, want %d", seed, k.Cost, want)
		}
	}
}

// cheapest is the least cost of bins for sizes, by dynamic programming over subsets.
func cheapest(sizes []int64, bins []model.Bin) int64 {
	best := make([]int64, 1<<len(sizes))
	for set := 1; set < len(best); set++ {
		best[set] = math.MaxInt64 / 2
		for part := set; part > 0; part = (part - 1) & set {
			var sum int64
			for n, size := range sizes {
				if part>>n&1 == 1 {
					sum += size
				}
			}
			for _, bin := range bins {
				if sum <= bin.Cap[0] {
					best[set] = min(best[set], bin.Price+best[set&^part])
				}
			}
		}
	}
	return best[len(best)-1]
}

func TestSolveRefuses(t *testing.T) {
	small := func(count, size int64) *model.Problem {
		return &model.Problem{
			Dims: 1, Classes: 1, Domains: 1,
			Items: []model.Item{{Size: []int64{size}, Count: count, Classes: []int{0}}},
			Bins:  []model.Bin{{Cap: []int64{5}, Price: 1, Card: -1}},
		}
	}
	cases := map[string]struct {
		p     *model.Problem
		limit int64
		want  error
	}{
		"a problem that is not well formed": {&model.Problem{}, 10, model.ErrInvalid},
		"an item that fits nowhere":         {small(1, 6), 10, exact.ErrInfeasible},
		"more copies than it can try":       {small(17, 1), 10, exact.ErrLimit},
		"to go beyond its limit":            {small(8, 1), 10, exact.ErrLimit},
		"nothing of a problem it can solve": {small(8, 1), limit, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := exact.Solve(tc.p, tc.limit); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

// Each case is solved by thought, so that a feature cannot be missing from exact and check alike.
func TestSolveKeepsEveryRule(t *testing.T) {
	cases := map[string]struct {
		change func(p *model.Problem)
		want   int64 // -1: infeasible
	}{
		"without rules both items share the cheap bin": {func(*model.Problem) {}, 3},
		"a conflict opens a second bin":                {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 0, B: 1}} }, 6},
		"a cap of one opens two more":                  {func(p *model.Problem) { p.Caps = []model.Cap{{Items: []int{0, 1}, Max: 1}} }, 9},
		"BinMax counts copies in one bin":              {func(p *model.Problem) { p.Items[0].BinMax = 1 }, 6},
		"there is only one cheap bin":                  {func(p *model.Problem) { p.Items[0].BinMax, p.Bins[0].Max = 1, 1 }, 10},
		"a budget allows one cheap bin": {func(p *model.Problem) {
			p.Items[0].BinMax, p.Budgets, p.Bins[0].Uses = 1, []int64{5}, []model.Use{{Budget: 0, Amount: 3}}
		}, 10},
		"a class that only the dear bin has": {func(p *model.Problem) {
			p.Bins[0].Class, p.Items[1].Classes = 1, []int{0}
			p.Classes = 2
			p.Items[0].Classes = []int{0, 1}
		}, 7},
		"followers need company": {func(p *model.Problem) {
			p.Follows, p.Items[0].BinMax = []model.Follow{{Item: 0, AnyOf: []int{1}}}, 1
		}, -1},
		"a skew of one spreads over both domains": {func(p *model.Problem) {
			p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}}
		}, 10},
		"what lies there already counts": {func(p *model.Problem) {
			p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Base: []int64{0, 1}, Skew: 1}}
		}, 3},
		"at most one in a domain": {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Max: 1}} }, 10},
		"all in one domain keeps out of two small ones": {func(p *model.Problem) {
			p.Spreads = []model.Spread{{Items: []int{0}, Single: true}}
			p.Items[0].BinMax, p.Bins[0].Max = 1, 1
		}, 14},
		"apart": {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Apart: []int{1}}} }, 10},
		"beside an item of the other domain": {func(p *model.Problem) {
			p.Spreads = []model.Spread{{Items: []int{0}, Beside: []int{1}}}
			p.Items[1].Size[0] = 9
		}, 14},
		"a live card cannot be had whole": {func(p *model.Problem) {
			cards(p, model.CardNeed{Whole: 1})
			p.Bins[0].Live = []uint64{1, 0}
		}, 6},
		"shares stay on one card": {func(p *model.Problem) { cards(p, model.CardNeed{Share: 6}); p.Bins[0].Cards = 1 }, 6},
		"slices do not overlap live slots": {func(p *model.Problem) {
			cards(p, model.CardNeed{Slices: []int64{1}})
			p.Bins[0].Live, p.Bins[0].Cards = []uint64{4}, 1
		}, 6},
		"slices keep the profile's maximum": {func(p *model.Problem) {
			cards(p, model.CardNeed{Slices: []int64{1}})
			p.Cards[0].Profiles[0].Max, p.Bins[0].Cards = 1, 1
		}, 6},
		"slices keep the counters": {func(p *model.Problem) {
			cards(p, model.CardNeed{Slices: []int64{1}})
			p.Cards[0].Counters, p.Cards[0].Profiles[0].Uses, p.Bins[0].Cards = []int64{3}, []int64{2}, 1
		}, 6},
		"fixed instances are all there is": {func(p *model.Problem) {
			cards(p, model.CardNeed{Slices: []int64{1}})
			p.Bins[0].Fixed = []int64{1}
		}, 6},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 2,
				Items: []model.Item{
					{Size: []int64{2}, Count: 2, Classes: []int{0}},
					{Size: []int64{4}, Count: 1, Classes: []int{0}},
				},
				Bins: []model.Bin{
					{Cap: []int64{8}, Price: 3, Card: -1},
					{Cap: []int64{9}, Price: 7, Domain: 1, Card: -1},
				},
			}
			tc.change(p)
			got := int64(-1)
			k, err := exact.Solve(p, limit)
			if err == nil {
				got = k.Cost
				if err := check.Packing(p, k); err != nil {
					t.Error(err)
				}
			}
			if got != tc.want {
				t.Errorf("cost %d (%v), want %d", got, err, tc.want)
			}
		})
	}
}

// cards gives the cheap bin two cards of two slices, and lets item 0 ask for them.
func cards(p *model.Problem, need model.CardNeed) {
	p.Cards = []model.CardKind{{Share: 10, Slots: 4, Profiles: []model.Profile{{Size: 2, Starts: []int{0, 2}, Max: 2}}}}
	p.Bins[0].Card, p.Bins[0].Cards = 0, 2
	p.Items[0].Needs = []model.CardNeed{need}
}

func TestRandomAndSolveRepeat(t *testing.T) {
	for seed := range uint64(50) {
		a, b := exact.Random(seed, exact.Options{}), exact.Random(seed, exact.Options{})
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("seed %d: problems differ (-first +second):\n%s", seed, diff)
		}
		k, errK := exact.Solve(a, limit)
		l, errL := exact.Solve(b, limit)
		if diff := cmp.Diff(k, l); diff != "" || (errK == nil) != (errL == nil) {
			t.Fatalf("seed %d: packings differ (-first +second):\n%s", seed, diff)
		}
	}
}

// Every feature must occur in some problem, and none of those that an option leaves out.
func TestRandomUsesEveryFeature(t *testing.T) {
	got, want := map[string]bool{}, map[string]bool{}
	for seed := range uint64(400) {
		features(exact.Random(seed, exact.Options{}), got)
		none := map[string]bool{}
		features(exact.Random(seed, exact.Options{NoCards: true, NoRules: true, NoSpreads: true, NoLimits: true}), none)
		if len(none) > 0 {
			t.Fatalf("seed %d: features %v of an option that leaves them out", seed, none)
		}
	}
	for _, name := range []string{"whole", "share", "slices", "live", "fixed", "max", "stays", "uses", "binmax", "cap", "conflict",
		"follow", "skew", "base", "domain max", "single", "apart", "beside"} {
		want[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
}

func features(p *model.Problem, seen map[string]bool) {
	note := func(name string, is bool) {
		if is {
			seen[name] = true
		}
	}
	for _, item := range p.Items {
		note("binmax", item.BinMax > 0)
		for _, n := range item.Needs {
			note("whole", n.Whole > 0)
			note("share", n.Share > 0)
			note("slices", n.Slices != nil)
		}
	}
	for _, bin := range p.Bins {
		note("live", bin.Live != nil)
		note("fixed", bin.Fixed != nil)
		note("max", bin.Max > 0)
		note("stays", bin.Stays != nil)
		note("uses", bin.Uses != nil)
	}
	note("cap", p.Caps != nil)
	note("conflict", p.Conflicts != nil)
	note("follow", p.Follows != nil)
	for _, s := range p.Spreads {
		note("skew", s.Skew > 0)
		note("base", s.Base != nil)
		note("domain max", s.Max > 0)
		note("single", s.Single)
		note("apart", s.Apart != nil)
		note("beside", s.Beside != nil)
	}
}
