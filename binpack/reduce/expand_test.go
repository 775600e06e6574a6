package reduce_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/reduce"
)

// Every rule between domains must hold for the split, whatever is priced how, and nothing may be
// lost or doubled. What a rule means is said once more here, in the plainest words. Only company
// may be missing where something has no domain: the solver takes such items out in the end.
func TestExpandKeepsEveryRule(t *testing.T) {
	settled, unplaced := 0, 0
	for seed := range uint64(4000) {
		rng := rand.New(rand.NewPCG(seed, 5))
		p := exact.Random(seed, exact.Options{NoCards: true, NoRules: true, NoLimits: seed%2 == 0, AllStay: true})
		if rng.IntN(3) == 0 && len(p.Items) > 1 { // a second rule about the same items
			p.Spreads = append(p.Spreads, model.Spread{Items: []int{0, 1}, Domains: allDomains(p), Skew: 1 + rng.Int64N(2)})
		}
		each := prices(p, rng)
		e := reduce.Expand(p, each)
		lie := make([][]int64, len(p.Items)) // copies by domain; -1 shapes count nowhere
		for i := range lie {
			lie[i] = make([]int64, p.Domains)
		}
		total := slices.Clone(e.Unplaced)
		for _, s := range e.Shapes {
			total[s.Item] += s.Count
			if s.Domain >= 0 {
				lie[s.Item][s.Domain] += s.Count
				if s.Count > 0 && each[s.Item][s.Domain] < 0 {
					t.Errorf("item %d lies in domain %d, where no bin holds it", s.Item, s.Domain)
				}
			}
			if s.Domain < 0 && named(p, s.Item) {
				t.Errorf("item %d is bound by a rule and free to go anywhere", s.Item)
			}
		}
		for i, n := range total {
			if n != p.Items[i].Count {
				t.Errorf("item %d: %d copies became %d", i, p.Items[i].Count, n)
			}
			unplaced += int(e.Unplaced[i])
		}
		for n := range p.Spreads {
			if why := broken(&p.Spreads[n], lie); why != "" && (why != "not beside" || sum(e.Unplaced) == 0) {
				t.Errorf("rule %+v: %s: %v", p.Spreads[n], why, lie)
			}
		}
		if e.Settled {
			settled++
		} else if diff := cmp.Diff(e.Shapes, e.Bounded); diff != "" {
			t.Errorf("nothing was settled by choice, and the bound has other shapes (-shapes +bounded):\n%s", diff)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
	t.Logf("%d problems settled by choice, %d copies without a domain", settled, unplaced)
}

func sum(v []int64) (n int64) {
	for _, x := range v {
		n += x
	}
	return n
}

func allDomains(p *model.Problem) []int {
	var out []int
	for d := range p.Domains {
		out = append(out, d)
	}
	return out
}

// prices says what a copy costs in each domain, and that a few items fit nowhere in some.
func prices(p *model.Problem, rng *rand.Rand) [][]float64 {
	each := make([][]float64, len(p.Items))
	for i := range each {
		for range p.Domains {
			v := float64(1 + rng.IntN(3))
			if rng.IntN(8) == 0 {
				v = -1
			}
			each[i] = append(each[i], v)
		}
	}
	return each
}

// named reports whether a rule says something of item i.
func named(p *model.Problem, i int) bool {
	for _, s := range p.Spreads {
		about := s.Skew > 0 || s.Max > 0 || s.Single || len(s.Apart) > 0 || len(s.Beside) > 0
		if about && (slices.Contains(s.Items, i) || slices.Contains(s.Apart, i)) {
			return true
		}
	}
	return false
}

// broken says what of a rule is not kept.
func broken(s *model.Spread, lie [][]int64) string {
	count := func(items []int, d int) (n int64) {
		for i := range lie {
			if slices.Contains(items, i) {
				n += lie[i][d]
			}
		}
		return n
	}
	domains := len(lie[0])
	with := 0
	for d := range domains {
		here := count(s.Items, d)
		if here == 0 {
			continue
		}
		with++
		switch {
		case s.Max > 0 && here > s.Max:
			return "too many in one domain"
		case count(s.Apart, d) > 0:
			return "not apart"
		case len(s.Beside) > 0 && count(s.Beside, d) == 0:
			return "not beside"
		case s.Skew > 0 && !slices.Contains(s.Domains, d):
			return "outside its domains"
		}
		for k, x := range s.Domains {
			least, most := count(s.Items, x), here
			if s.Base != nil {
				least += s.Base[k]
				most += s.Base[slices.Index(s.Domains, d)]
			}
			if s.Skew > 0 && most-least > s.Skew {
				return "too uneven"
			}
		}
	}
	if s.Single && with > 1 {
		return "not in one domain"
	}
	return ""
}

// splits returns how many copies of each item lie in each domain.
func splits(p *model.Problem, shapes []knapsack.Shape) [][]int64 {
	out := make([][]int64, len(p.Items))
	for i := range out {
		out[i] = make([]int64, p.Domains)
	}
	for _, s := range shapes {
		if s.Domain >= 0 {
			out[s.Item][s.Domain] += s.Count
		}
	}
	return out
}

func TestExpand(t *testing.T) {
	same, dear := []float64{1, 1, 1}, []float64{5, 1, 2}
	cases := map[string]struct {
		spreads      []model.Spread
		counts       []int64
		each         [][]float64
		want         [][]int64
		wantSettled  bool
		wantUnplaced []int64
	}{
		"no rule leaves the domain open":                     {nil, []int64{5}, [][]float64{same}, [][]int64{{0, 0, 0}}, false, nil},
		"at equal prices a spread is even":                   {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 2}}, []int64{6}, [][]float64{same}, [][]int64{{2, 2, 2}}, false, nil},
		"remainders start at another domain each":            {skew1(0, 1), []int64{4, 4}, [][]float64{same, same}, [][]int64{{2, 1, 1}, {1, 2, 1}}, false, nil},
		"a spread leans to the cheaper domain":               {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 2}}, []int64{6}, [][]float64{dear}, [][]int64{{1, 3, 2}}, false, nil},
		"no further than its skew":                           {skew1(0), []int64{6}, [][]float64{dear}, [][]int64{{2, 2, 2}}, false, nil},
		"nor so far that a third is too far above":           {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: 2}}, []int64{5}, [][]float64{{1, 9, 5}}, [][]int64{{3, 1, 1}}, false, nil},
		"a maximum counts what is packed, not what is there": {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Base: []int64{2, 0, 0}, Max: 2}}, []int64{5}, [][]float64{same}, [][]int64{{1, 2, 2}}, true, nil},
		"and not past a maximum":                             {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Max: 2}}, []int64{4}, [][]float64{dear}, [][]int64{{0, 2, 2}}, true, nil},
		"what lies there already counts":                     {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Base: []int64{0, 2, 2}, Skew: 1}}, []int64{2}, [][]float64{same}, [][]int64{{2, 0, 0}}, false, nil},
		"a domain that no bin serves holds others up":        {skew1(0), []int64{6}, [][]float64{{1, 1, -1}}, [][]int64{{1, 1, 0}}, false, []int64{4}},
		"together where it is cheapest":                      {[]model.Spread{{Items: []int{0, 1}, Domains: []int{0, 1, 2}, Single: true}}, []int64{2, 1}, [][]float64{dear, same}, [][]int64{{0, 2, 0}, {0, 1, 0}}, true, nil},
		"together where some are already":                    {[]model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Base: []int64{1, 0, 0}, Single: true}}, []int64{2}, [][]float64{dear}, [][]int64{{2, 0, 0}}, true, nil},
		"together, where both can be":                        {[]model.Spread{{Items: []int{0, 1}, Domains: []int{0, 1, 2}, Single: true}}, []int64{2, 1}, [][]float64{{-1, 1, 1}, {1, -1, 1}}, [][]int64{{0, 0, 2}, {0, 0, 1}}, true, nil},
		"together, and nowhere can both be":                  {[]model.Spread{{Items: []int{0, 1}, Domains: []int{0, 1, 2}, Single: true}}, []int64{2, 1}, [][]float64{{-1, 1, -1}, {1, -1, 1}}, [][]int64{{0, 0, 0}, {0, 0, 0}}, true, []int64{2, 1}},
		"apart takes a domain for itself":                    {[]model.Spread{{Items: []int{0}, Apart: []int{1}}}, []int64{2, 4}, [][]float64{dear, same}, [][]int64{{0, 2, 0}, {2, 0, 2}}, true, nil},
		"beside goes where the other is":                     {[]model.Spread{{Items: []int{0}, Beside: []int{1}}}, []int64{2, 1}, [][]float64{same, {-1, -1, 1}}, [][]int64{{0, 0, 2}, {0, 0, 1}}, true, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Dims: 1, Classes: 1, Domains: 3, Spreads: tc.spreads}
			unplaced := make([]int64, len(tc.counts))
			for i, n := range tc.counts {
				p.Items = append(p.Items, model.Item{Size: []int64{1}, Count: n, Classes: []int{0}})
				if tc.wantUnplaced != nil {
					unplaced[i] = tc.wantUnplaced[i]
				}
			}
			e := reduce.Expand(p, tc.each)
			if diff := cmp.Diff(tc.want, splits(p, e.Shapes)); diff != "" {
				t.Errorf("split (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(unplaced, e.Unplaced); diff != "" || e.Settled != tc.wantSettled {
				t.Errorf("settled %v, want %v; unplaced (-want +got):\n%s", e.Settled, tc.wantSettled, diff)
			}
		})
	}
}

// skew1 spreads each item by itself over three domains, with a skew of one.
func skew1(items ...int) []model.Spread {
	var out []model.Spread
	for _, i := range items {
		out = append(out, model.Spread{Items: []int{i}, Domains: []int{0, 1, 2}, Skew: 1})
	}
	return out
}

func TestByDomain(t *testing.T) {
	skew := model.Spread{Items: []int{0}, Domains: []int{0}, Skew: 1}
	with := func(change func(s *model.Spread)) model.Spread {
		s := skew
		change(&s)
		return s
	}
	cases := map[string]struct {
		spreads []model.Spread
		want    bool
	}{
		"a skew of its own":                {[]model.Spread{skew}, true},
		"no rule at all":                   {nil, false},
		"a rule for others":                {[]model.Spread{{Items: []int{1}, Domains: []int{0}, Skew: 1}}, false},
		"a skew that it shares":            {[]model.Spread{with(func(s *model.Spread) { s.Items = []int{0, 1} })}, false},
		"a skew and a maximum":             {[]model.Spread{with(func(s *model.Spread) { s.Max = 1 })}, false},
		"a maximum alone":                  {[]model.Spread{with(func(s *model.Spread) { s.Skew, s.Max = 0, 1 })}, false},
		"all in one domain":                {[]model.Spread{with(func(s *model.Spread) { s.Single = true })}, false},
		"apart from others":                {[]model.Spread{with(func(s *model.Spread) { s.Apart = []int{1} })}, false},
		"beside others":                    {[]model.Spread{with(func(s *model.Spread) { s.Beside = []int{1} })}, false},
		"two rules":                        {[]model.Spread{skew, skew}, false},
		"a skew, and others apart from it": {[]model.Spread{skew, {Items: []int{1}, Apart: []int{0}}}, false},
		"a skew, and others beside it":     {[]model.Spread{skew, {Items: []int{1}, Beside: []int{0}}}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{Items: make([]model.Item, 2), Spreads: tc.spreads}
			if got := reduce.ByDomain(p, 0); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// What the bound may say of an item must hold for every way to keep the rules: an item priced by
// domain has a shape in every domain where it may lie, and one whose domain was chosen has one
// that is free.
func TestBoundedShapesLeaveOpenWhatWasChosen(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 6))
		p := exact.Random(seed, exact.Options{NoCards: true, NoRules: true, NoLimits: true})
		each := prices(p, rng)
		e := reduce.Expand(p, each)
		for i, it := range p.Items {
			var domains []int
			free := int64(0)
			for _, s := range e.Bounded {
				if s.Item == i && s.Domain >= 0 {
					domains = append(domains, s.Domain)
				}
				if s.Item == i && s.Domain < 0 {
					free += s.Count
				}
			}
			placed := it.Count - e.Unplaced[i]
			if !reduce.ByDomain(p, i) {
				if len(domains) > 0 || free != placed {
					t.Errorf("item %d: %d copies free of %d, shapes in domains %v", i, free, placed, domains)
				}
				continue
			}
			rule := p.Spreads[slices.IndexFunc(p.Spreads, func(s model.Spread) bool { return slices.Contains(s.Items, i) })]
			var want []int
			for _, d := range rule.Domains {
				if each[i][d] >= 0 {
					want = append(want, d)
				}
			}
			if diff := cmp.Diff(want, domains); diff != "" || free != 0 {
				t.Errorf("item %d: %d copies free, domains (-want +got):\n%s", i, free, diff)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v, prices %v", seed, p, each)
		}
	}
}

// solve returns the optimum, or -1.
func solve(t *testing.T, p *model.Problem) int64 {
	t.Helper()
	k, err := exact.Solve(p, 300_000)
	switch {
	case errors.Is(err, exact.ErrInfeasible):
		return -1
	case errors.Is(err, exact.ErrLimit):
		return -2
	case err != nil:
		t.Fatal(err)
	}
	return k.Cost
}

// Seven copies lie 1, 2 and 4 by zone, and may differ by at most Skew: what can stay stays, unless another zone is
// cheaper by more than that saves.
func TestExpandKeepsCopiesWhereTheyLie(t *testing.T) {
	problem := func(skew, saves int64) *model.Problem {
		p := &model.Problem{Dims: 1, Classes: 1, Domains: 3,
			Items:   []model.Item{{Size: []int64{1}, Count: 7, Classes: []int{0}}},
			Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1, 2}, Skew: skew}}}
		for d, n := range []int64{1, 2, 4} {
			bin := model.Bin{Domain: d, Cap: []int64{9}, Price: 9, Max: n, Card: -1}
			if saves > 0 {
				bin.Stays = []model.Stay{{Item: 0, Count: 1, Saves: saves}}
			}
			p.Bins = append(p.Bins, bin)
		}
		return p
	}
	for name, tc := range map[string]struct {
		skew, saves int64
		each        []float64
		want        []int64
	}{
		"nothing is saved: evenly":                        {3, 0, []float64{1, 1, 1}, []int64{3, 2, 2}},
		"all may stay":                                    {3, 1, []float64{1, 1, 1}, []int64{1, 2, 4}},
		"as many stay as the rule allows":                 {1, 1, []float64{1, 1, 1}, []int64{2, 2, 3}},
		"a zone that is cheaper by less than they save":   {3, 2, []float64{1, 2, 2}, []int64{1, 2, 4}},
		"a zone that is cheaper by more than they save":   {3, 2, []float64{1, 4, 4}, []int64{4, 1, 2}},
		"a zone that is cheaper than one, and not others": {3, 2, []float64{2, 2, 5}, []int64{4, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			e := reduce.Expand(problem(tc.skew, tc.saves), [][]float64{tc.each})
			got := make([]int64, 3)
			for _, s := range e.Shapes {
				got[s.Domain] += s.Count
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("split %v, want %v", got, tc.want)
			}
		})
	}
}
