package binpack_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/conformance"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

var update = flag.Bool("update", false, "write the files in testdata instead of comparing with them")

func fast(p *model.Problem) (*model.Packing, error) {
	return binpack.Solve(p, binpack.FastLimits(), nil)
}

func TestSolveConforms(t *testing.T) {
	conformance.Run(t, fast)
}

// What the fuzzer finds is a random problem by its seed, and which features to leave out. Solve
// must pass everything that conformance asks: a legal packing, a bound that is proven and at most
// the optimum, the same bytes twice.
func FuzzSolve(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed*7919, uint8(seed), uint8(4+seed%5))
	}
	f.Fuzz(func(t *testing.T, seed uint64, without, copies uint8) {
		o := exact.Options{Copies: 2 + int(copies%7), NoCards: without&1 > 0, NoRules: without&2 > 0, NoSpreads: without&4 > 0, NoLimits: without&8 > 0}
		p := exact.Random(seed, o)
		if without&16 > 0 {
			twist(p, seed)
		}
		if _, err := conformance.Examine(p, fast); err != nil {
			text, _ := json.Marshal(p)
			t.Fatalf("%+v: %v\n%s", o, err, text)
		}
	})
}

// twist adds what exact.Random does not make: several rules about one item, rules of an item with
// itself, items that a rule names twice.
func twist(p *model.Problem, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 9))
	n := len(p.Items)
	some := func() int { return r.IntN(n) }
	for range r.IntN(4) {
		switch a := some(); r.IntN(6) {
		case 0:
			p.Conflicts = append(p.Conflicts, model.Pair{A: a, B: a})
		case 1:
			p.Follows = append(p.Follows, model.Follow{Item: a, AnyOf: []int{some()}}, model.Follow{Item: a, AnyOf: []int{some(), some()}})
		case 2:
			p.Caps = append(p.Caps, model.Cap{Items: []int{a, some(), a}, Max: 1 + r.Int64N(3)})
		case 3:
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{a, some()}, Domains: []int{0}, Skew: r.Int64N(3), Max: r.Int64N(3)})
		case 4:
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{a}, Apart: []int{some()}, Beside: []int{some()}})
		default:
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{a, a}, Single: true})
		}
	}
}

// town is a problem too large for exact: three zones, CPU and GPU bins, existing bins, a budget,
// and a few rules of every kind.
func town(seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, 2))
	p := &model.Problem{Dims: 3, Classes: 2, Domains: 3, Budgets: []int64{4000}}
	p.Cards = []model.CardKind{{Share: 1000, Slots: 8, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7}, {Size: 2, Starts: []int{0, 2, 4}, Max: 3}, {Size: 4, Starts: []int{0, 4}, Max: 2},
	}}}
	for i := range 24 {
		it := model.Item{Size: []int64{100 + r.Int64N(4000), 200 + r.Int64N(16000), 1}, Count: 1 + r.Int64N(30), Classes: []int{0, 1}}
		if i%5 == 4 {
			it.Classes = []int{1}
		}
		if i%6 == 5 {
			need := model.CardNeed{Share: 100 * (1 + r.Int64N(9))}
			if i%12 == 5 {
				need = model.CardNeed{Slices: make([]int64, 3)}
				need.Slices[r.IntN(3)] = 1
			}
			it.Needs = []model.CardNeed{need}
		}
		p.Items = append(p.Items, it)
	}
	for size := int64(1); size <= 6; size++ {
		for d := range 3 {
			b := model.Bin{Class: int(size % 2), Domain: d, Card: -1, Cap: []int64{size * 4000, size * 16000, 8 * size}, Price: size*100 + r.Int64N(20)}
			p.Bins = append(p.Bins, b)
			b.Class, b.Card, b.Cards, b.Price = 1, 0, size, b.Price+700*size
			p.Bins = append(p.Bins, b)
			b.Price, b.Max, b.Card, b.Cards = 0, 1, -1, 0
			b.Uses = []model.Use{{Budget: 0, Amount: 300 * size}}
			p.Bins = append(p.Bins, b)
		}
	}
	p.Spreads = []model.Spread{
		{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 1},
		{Items: []int{1}, Domains: []int{0, 1, 2}, Base: []int64{3, 0, 1}, Skew: 2},
		{Items: []int{2, 3}, Domains: []int{0, 1, 2}, Single: true},
	}
	p.Conflicts = []model.Pair{{A: 6, B: 7}}
	p.Follows = []model.Follow{{Item: 8, AnyOf: []int{9, 10}}}
	p.Caps = []model.Cap{{Items: []int{12, 13}, Max: 2}}
	return p
}

func solved(t *testing.T, p *model.Problem, l binpack.Limits, report func(binpack.Progress)) (*model.Packing, string) {
	t.Helper()
	k, err := binpack.Solve(p, l, report)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return k, string(text)
}

// The same problem gives the same bytes: again, on one core and on two, and when somebody watches.
func TestTheSameProblemGivesTheSameBytes(t *testing.T) {
	limits := binpack.Limits{Iterations: 60, Pivots: 20_000, Branches: 300, Moves: 100, Nodes: 5}
	for seed := range uint64(2) {
		p := town(seed)
		_, first := solved(t, p, limits, nil)
		for _, cores := range []int{1, 2} {
			before := runtime.GOMAXPROCS(cores)
			_, again := solved(t, p, limits, nil)
			runtime.GOMAXPROCS(before)
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("seed %d on %d cores (-first +again):\n%s", seed, cores, diff)
			}
		}
		reports, last := 0, binpack.Progress{}
		_, watched := solved(t, p, limits, func(now binpack.Progress) {
			if now.Component < 1 || now.Component > now.Components || now.Component < last.Component || now.Phase == "" {
				t.Errorf("after %+v: %+v", last, now)
			}
			reports, last = reports+1, now
		})
		if diff := cmp.Diff(first, watched); diff != "" || reports == 0 {
			t.Errorf("seed %d, watched, %d reports (-first +again):\n%s", seed, reports, diff)
		}
	}
}

// Large answers are verified as well, and must be worth having: nothing left out, a small gap.
func TestATownIsPackedWell(t *testing.T) {
	for seed := range uint64(3) {
		p := town(seed)
		k, _ := solved(t, p, binpack.FastLimits(), nil)
		if err := binpack.Verify(p, k); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		gap := float64(k.Cost-k.LowerBound) / float64(k.LowerBound)
		t.Logf("seed %d: cost %d, bound %d, gap %.2f %%", seed, k.Cost, k.LowerBound, 100*gap)
		if k.Unplaced != nil || gap > 0.05 {
			t.Errorf("seed %d: cost %d, bound %d, unplaced %v", seed, k.Cost, k.LowerBound, k.Unplaced)
		}
	}
}

func TestZeroLimitsMeanTheDefault(t *testing.T) {
	p := exact.Random(5, exact.Options{Copies: 16, NoSpreads: true})
	_, zero := solved(t, p, binpack.Limits{}, nil)
	_, standard := solved(t, p, binpack.DefaultLimits(), nil)
	if diff := cmp.Diff(standard, zero); diff != "" {
		t.Errorf("(-default +zero):\n%s", diff)
	}
}

// Any other limits are taken as they are. With nothing allowed there is a packing without a bound.
func TestAnyLimitsGiveALegalPacking(t *testing.T) {
	cases := map[string]struct {
		limits    binpack.Limits
		wantBound bool
	}{
		"moves alone":         {binpack.Limits{Moves: 10}, false},
		"a few iterations":    {binpack.Limits{Iterations: 20}, true},
		"negative ones":       {binpack.Limits{Iterations: -1, Pivots: -1, Branches: -1, Moves: -1, Nodes: -1}, false},
		"nothing to prove by": {binpack.Limits{Iterations: 100}, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			k, _ := solved(t, town(1), tc.limits, nil)
			if got := k.LowerBound > 0; got != tc.wantBound {
				t.Errorf("a bound of %d", k.LowerBound)
			}
		})
	}
}

func TestSolveRefusesWhatIsNotAProblem(t *testing.T) {
	cases := map[string]func(p *model.Problem){
		"a size too few":           func(p *model.Problem) { p.Items[0].Size = nil },
		"an item of no rank":       func(p *model.Problem) { p.Items[0].Rank = -1 },
		"a class that is not":      func(p *model.Problem) { p.Bins[0].Class = 9 },
		"a budget that is not":     func(p *model.Problem) { p.Bins[0].Uses = []model.Use{{Budget: 3, Amount: 1}} },
		"a budget used twice":      func(p *model.Problem) { p.Bins[0].Uses = []model.Use{{Amount: 1}, {Amount: 2}} },
		"a rule about nobody":      func(p *model.Problem) { p.Follows = []model.Follow{{Item: 99}} },
		"a price below nothing":    func(p *model.Problem) { p.Bins[0].Price = -1 },
		"an amount beyond measure": func(p *model.Problem) { p.Items[0].Count = model.MaxAmount + 1 },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			p := town(1)
			change(p)
			if k, err := binpack.Solve(p, binpack.FastLimits(), nil); !errors.Is(err, binpack.ErrInvalid) || k != nil {
				t.Errorf("packing %v, error %v, want %v", k, err, binpack.ErrInvalid)
			}
		})
	}
}

// Problems that are small enough to be solved by thought.
func TestSolve(t *testing.T) {
	cases := map[string]struct {
		change       func(p *model.Problem)
		wantCost     int64
		wantStatus   model.Status
		wantUnplaced []int64
	}{
		"two cheap bins":                   {func(*model.Problem) {}, 6, model.Optimal, nil},
		"no items":                         {func(p *model.Problem) { p.Items = nil }, 0, model.Empty, nil},
		"items of a count of nothing":      {func(p *model.Problem) { p.Items[0].Count, p.Items[1].Count = 0, 0 }, 0, model.Empty, nil},
		"no bins":                          {func(p *model.Problem) { p.Bins = nil }, 0, model.Partial, []int64{2, 2}},
		"a bin that costs nothing":         {func(p *model.Problem) { p.Bins[0].Price = 0 }, 0, model.Optimal, nil},
		"an item larger than any bin":      {func(p *model.Problem) { p.Items[0].Size[0] = 7 }, 3, model.Partial, []int64{2, 0}},
		"only so many bins":                {func(p *model.Problem) { p.Bins[0].Max = 1 }, 3 + 5, model.Optimal, nil},
		"too few bins":                     {func(p *model.Problem) { p.Bins[0].Max = 1; p.Bins = p.Bins[:1]; p.Items[0].Count = 0 }, 3, model.Optimal, nil},
		"a budget for one cheap bin":       {func(p *model.Problem) { p.Budgets = []int64{3}; p.Bins[0].Uses = []model.Use{{Amount: 2}} }, 3 + 5, model.Optimal, nil},
		"a budget of nothing":              {func(p *model.Problem) { p.Budgets = []int64{0}; p.Bins[0].Uses = []model.Use{{Amount: 2}} }, 5 + 5, model.Optimal, nil},
		"a conflict with itself":           {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 0, B: 0}} }, 6, model.Optimal, nil},
		"two leaders for one follower":     {func(p *model.Problem) { p.Items = append(p.Items, p.Items[1]); leaders(p, 1, 2) }, 6, model.Optimal, nil},
		"a follower of itself":             {func(p *model.Problem) { leaders(p, 0) }, 6, model.Optimal, nil},
		"a leader that is not there":       {func(p *model.Problem) { p.Items[1].Count = 0; leaders(p, 1) }, 0, model.Partial, []int64{2, 0}},
		"a domain for each by a skew":      {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}} }, 3 + 5, model.Optimal, nil},
		"a domain of its own":              {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Apart: []int{1}}} }, 3 + 5, model.Feasible, nil},
		"who is apart from itself":         {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Apart: []int{0}}} }, 3, model.Partial, []int64{2, 0}},
		"a skew over domains of nobody":    {func(p *model.Problem) { p.Spreads = []model.Spread{{Items: []int{0}, Skew: 1}} }, 3, model.Partial, []int64{2, 0}},
		"a skew that a lack of bins bends": {func(p *model.Problem) { p.Items[0].Count = 4; lopsided(p) }, 9, model.Partial, []int64{1, 2}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 2,
				Items: []model.Item{{Size: []int64{2}, Count: 2, Classes: []int{0}}, {Size: []int64{1}, Count: 2, Classes: []int{0}}},
				Bins:  []model.Bin{{Cap: []int64{4}, Price: 3, Card: -1}, {Cap: []int64{4}, Price: 5, Card: -1, Domain: 1}},
			}
			tc.change(p)
			k, _ := solved(t, p, binpack.DefaultLimits(), nil)
			if k.Cost != tc.wantCost || k.Status != tc.wantStatus {
				t.Errorf("cost %d, %s; want %d, %s", k.Cost, k.Status, tc.wantCost, tc.wantStatus)
			}
			if diff := cmp.Diff(tc.wantUnplaced, k.Unplaced); diff != "" {
				t.Errorf("unplaced (-want +got):\n%s", diff)
			}
		})
	}
}

// Of two kinds at one price that are both enough, the caller's first is used: a node that exists
// before one that would be bought.
func TestExistingBinsComeFirst(t *testing.T) {
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1,
		Items: []model.Item{{Size: []int64{2}, Count: 3, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{4}, Price: 3, Max: 1, Card: -1}, {Cap: []int64{5}, Price: 3, Card: -1}},
	}
	k, _ := solved(t, p, binpack.DefaultLimits(), nil)
	got := map[int]int64{}
	for _, b := range k.Bins {
		got[b.Bin] += b.Count
	}
	if diff := cmp.Diff(map[int]int64{0: 1, 1: 1}, got); diff != "" {
		t.Errorf("bins of each kind (-want +got):\n%s", diff)
	}
}

// Counts are numbers, not things: a thousand million copies are packed like a thousand.
func TestManyCopiesTakeNoMemory(t *testing.T) {
	const n = 1_000_000_000
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1,
		Items: []model.Item{{Size: []int64{3}, Count: n, Classes: []int{0}}, {Size: []int64{2}, Count: n, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{7}, Price: 4, Card: -1}},
	}
	k, _ := solved(t, p, binpack.FastLimits(), nil)
	if gap := float64(k.Cost-k.LowerBound) / float64(k.LowerBound); gap > 1e-3 || len(k.Bins) > 100 {
		t.Errorf("cost %d, bound %d, %d entries", k.Cost, k.LowerBound, len(k.Bins))
	}
}

// leaders lets item 0 into a bin only beside one of each of the given items.
func leaders(p *model.Problem, items ...int) {
	for _, i := range items {
		p.Follows = append(p.Follows, model.Follow{Item: 0, AnyOf: []int{i}})
	}
}

// lopsided asks for an even spread of item 0 where the second domain has one bin for one of it, and
// lets nothing else be placed beside: what cannot be spread must stay out in the first domain as well.
func lopsided(p *model.Problem) {
	p.Spreads = []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 1}}
	p.Items[0].Size[0], p.Items[1].Size[0] = 3, 5
	p.Bins[0].Cap[0], p.Bins[1].Cap[0] = 3, 3
	p.Bins[1].Max, p.Bins[1].Price = 0, 3
	p.Bins[0].Max = 1
}

// golden compares a packing, as people read it, with the file in testdata.
func TestGolden(t *testing.T) {
	p := &model.Problem{
		Dims: 2, Classes: 1, Domains: 3,
		Cards: []model.CardKind{{Share: 1000, Slots: 8, Profiles: []model.Profile{
			{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7}, {Size: 2, Starts: []int{0, 2, 4}, Max: 3}, {Size: 4, Starts: []int{0, 4}, Max: 2},
		}}},
		Items: []model.Item{
			{Size: []int64{3, 7}, Count: 9, Classes: []int{0}},
			{Size: []int64{2, 2}, Count: 7, Classes: []int{0}},
			{Size: []int64{1, 4}, Count: 6, Classes: []int{0}, Needs: []model.CardNeed{{Slices: []int64{0, 1, 0}}}},
			{Size: []int64{1, 1}, Count: 3, Classes: []int{0}, Needs: []model.CardNeed{{Share: 400}}},
			{Size: []int64{1, 1}, Count: 1, Classes: []int{0}, Needs: []model.CardNeed{{Whole: 1}}},
		},
		Bins: []model.Bin{
			{Cap: []int64{4, 16}, Price: 0, Card: -1, Max: 1},
			{Cap: []int64{8, 16}, Price: 20, Card: -1},
			{Cap: []int64{8, 16}, Price: 20, Card: -1, Domain: 1},
			{Cap: []int64{8, 16}, Price: 21, Card: -1, Domain: 2},
			{Cap: []int64{8, 32}, Price: 90, Card: 0, Cards: 2, Domain: 1},
		},
		Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 1}},
	}
	k, _ := solved(t, p, binpack.DefaultLimits(), nil)
	var out strings.Builder
	fmt.Fprintf(&out, "cost %d, lower bound %d, %s\n", k.Cost, k.LowerBound, k.Status)
	for _, b := range k.Bins {
		fmt.Fprintf(&out, "%d× bin %d:", b.Count, b.Bin)
		for _, l := range b.Items {
			fmt.Fprintf(&out, " %d× item %d", l.Count, l.Item)
		}
		fmt.Fprintln(&out)
		for j, c := range b.Cards {
			fmt.Fprintf(&out, "   card %d: whole %d, shares %v, slices %v\n", j, c.Whole-1, c.Shares, c.Slices)
		}
	}
	file := filepath.Join("testdata", "small.golden")
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("no golden file; run go test ./binpack -update and read it: %v", err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s changed (-want +got):\n%s", file, diff)
	}
}
