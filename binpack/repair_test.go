package binpack

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/colgen"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// scattered is a packing of some copies that were thrown into bins regardless of rules between
// domains and of followers; the others are left over.
func scattered(p *model.Problem, rng *rand.Rand) *solver {
	s := &solver{p: p, residual: make([]int64, len(p.Items))}
	var shapes []knapsack.Shape
	for i, it := range p.Items {
		s.residual[i] = it.Count
		shapes = append(shapes, knapsack.Shape{Item: i, Domain: -1, Count: it.Count})
	}
	for range 1 + rng.IntN(5) {
		f := filled{Filled: colgen.Filled{Bin: &knapsack.Bin{Index: rng.IntN(len(p.Bins))}, Count: 1 + rng.Int64N(2)}, shapes: shapes}
		for i := range p.Items {
			if n := rng.Int64N(1 + s.residual[i]/f.Count); n > 0 {
				f.Items.Shapes, f.Items.Counts = append(f.Items.Shapes, i), append(f.Items.Counts, n)
				s.residual[i] -= n * f.Count
			}
		}
		if f.Items.Shapes != nil {
			s.fills = append(s.fills, f)
		}
	}
	return s
}

// tally returns how many of each item lie in each domain, counted bin by bin.
func tally(s *solver) [][]int64 {
	out := make([][]int64, len(s.p.Items))
	for i := range out {
		out[i] = make([]int64, s.p.Domains)
	}
	for _, f := range s.fills {
		for at, sh := range f.Items.Shapes {
			out[sh][s.p.Bins[f.Bin.Index].Domain] += f.Items.Counts[at] * f.Count
		}
	}
	return out
}

// Whatever is left out, repair ends with every Skew, Beside and Follow kept: it takes out, never
// puts in, loses nothing, and leaves no empty bin. A packing that is complete, or keeps the rules,
// stays as it is.
func TestRepairKeepsRulesByTakingOut(t *testing.T) {
	repaired := 0
	for seed := range uint64(4000) {
		p := exact.Random(seed, exact.Options{NoCards: true, NoLimits: true})
		for n := range p.Spreads { // Expand keeps items inside the domains of a rule
			p.Spreads[n].Domains, p.Spreads[n].Base = nil, nil
			for d := range p.Domains {
				p.Spreads[n].Domains = append(p.Spreads[n].Domains, d)
				p.Spreads[n].Base = append(p.Spreads[n].Base, int64(seed>>d)%3)
			}
		}
		s := scattered(p, rand.New(rand.NewPCG(seed, 12)))
		before, wasFine := tally(s), unkept(s) == ""
		incomplete := total(s.residual) > 0
		s.repair()
		after := tally(s)
		if (!incomplete || wasFine) && cmp.Diff(before, after) != "" {
			t.Errorf("nothing was to be repaired, and something changed (-before +after):\n%s", cmp.Diff(before, after))
		}
		if why := unkept(s); incomplete && why != "" {
			t.Errorf("after the repair: %s: %v", why, after)
		}
		for i := range p.Items {
			sum := s.residual[i]
			for d := range after[i] {
				sum += after[i][d]
				if after[i][d] > before[i][d] {
					t.Errorf("item %d has come into domain %d", i, d)
				}
			}
			if sum != p.Items[i].Count {
				t.Errorf("item %d: %d of %d are placed or left over", i, sum, p.Items[i].Count)
			}
		}
		for _, f := range s.fills {
			if len(f.Items.Shapes) == 0 || slices.Min(f.Items.Counts) < 1 {
				t.Errorf("an empty bin, or a count of nothing: %+v", f.Items)
			}
		}
		if incomplete && !wasFine {
			repaired++
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, p)
		}
	}
	if repaired < 250 {
		t.Errorf("only %d packings had something to repair", repaired)
	}
}

// unkept says which rule that repair looks after is broken.
func unkept(s *solver) string {
	lie := tally(s)
	count := func(items []int, d int) (n int64) {
		for i := range lie {
			if slices.Contains(items, i) {
				n += lie[i][d]
			}
		}
		return n
	}
	for n := range s.p.Spreads {
		r := &s.p.Spreads[n]
		for d := range s.p.Domains {
			if count(r.Items, d) == 0 {
				continue
			}
			if len(r.Beside) > 0 && count(r.Beside, d) == 0 {
				return "beside nobody"
			}
			for x := range s.p.Domains {
				if r.Skew > 0 && count(r.Items, d)+r.Base[d]-count(r.Items, x)-r.Base[x] > r.Skew {
					return "too uneven"
				}
			}
		}
	}
	for _, r := range s.p.Follows {
		for _, f := range s.fills {
			has := func(i int) bool { return slices.Contains(f.Items.Shapes, i) }
			if has(r.Item) && !slices.ContainsFunc(r.AnyOf, has) {
				return "a follower alone"
			}
		}
	}
	return ""
}

// Only one bin of a group must lose what is too much: the others keep their content.
func TestRepairSplitsGroupsOfBins(t *testing.T) {
	p := &model.Problem{
		Domains: 2,
		Items:   []model.Item{{Count: 6}},
		Bins:    []model.Bin{{Domain: 0}, {Domain: 1}},
		Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Skew: 3}},
	}
	shapes := []knapsack.Shape{{Item: 0, Domain: -1, Count: 6}}
	one := knapsack.Content{Shapes: []int{0}, Counts: []int64{1}}
	s := &solver{p: p, residual: []int64{1}, fills: []filled{{Filled: colgen.Filled{Bin: &knapsack.Bin{Index: 0}, Count: 5, Items: one}, shapes: shapes}}}
	s.repair()
	if diff := cmp.Diff([][]int64{{3, 0}}, tally(s)); diff != "" || s.residual[0] != 3 {
		t.Errorf("%d left over; (-want +got):\n%s", s.residual[0], diff)
	}
	if one.Counts[0] != 1 {
		t.Errorf("the content that other bins share was changed")
	}
}
