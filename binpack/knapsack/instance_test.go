package knapsack

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// How many copies lie in one domain is bounded by what a rule lets lie there, however much of
// the items is placed. All ways to put copies into domains are tried, complete or not; no one
// may have more in a domain than mostInDomain says. Some must have as many where the rule is about
// one item, counts every domain, and has a Skew or a Max but not both.
func TestMostInDomainIsWhatTheRuleAllows(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 4))
		p := &model.Problem{Dims: 1, Classes: 1, Domains: 1 + r.IntN(3)}
		rule := model.Spread{Items: []int{0}, Skew: r.Int64N(3), Max: r.Int64N(4)}
		for range 1 + r.IntN(2) {
			p.Items = append(p.Items, model.Item{Count: 1 + r.Int64N(4)})
		}
		if len(p.Items) > 1 && r.IntN(2) == 0 {
			rule.Items = []int{0, 1}
		}
		for d := range p.Domains {
			if d == 0 || r.IntN(4) > 0 {
				rule.Domains = append(rule.Domains, d)
			}
		}
		if r.IntN(2) == 0 {
			for range rule.Domains {
				rule.Base = append(rule.Base, r.Int64N(4))
			}
		}
		p.Spreads = []model.Spread{rule}
		want := mostSplit(p, &rule)
		for i := range rule.Items {
			for d := range p.Domains {
				got := min(p.Items[i].Count, mostInDomain(p, 0, i, d))
				exact := len(rule.Items) == 1 && len(rule.Domains) == p.Domains && (rule.Max == 0 || rule.Skew == 0)
				if got < want[i][d] || (exact && got > want[i][d]) {
					t.Errorf("item %d, domain %d: at most %d, and %d can be", i, d, got, want[i][d])
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v, rule %+v", seed, p.Items, rule)
		}
	}
}

// mostSplit returns the most copies of each of the rule's items in each domain that some placement
// of some or all copies has which keeps the rule.
func mostSplit(p *model.Problem, rule *model.Spread) [][]int64 {
	best, lie := make([][]int64, len(rule.Items)), make([][]int64, len(rule.Items))
	for i := range lie {
		best[i], lie[i] = make([]int64, p.Domains), make([]int64, p.Domains)
	}
	var put func(i, d int, left int64)
	put = func(i, d int, left int64) {
		switch {
		case i == len(lie):
			if keeps(rule, lie) {
				for i := range lie {
					for d, n := range lie[i] {
						best[i][d] = max(best[i][d], n)
					}
				}
			}
			return
		case d == p.Domains:
			next := int64(0)
			if i+1 < len(lie) {
				next = p.Items[i+1].Count
			}
			put(i+1, 0, next)
			return
		}
		for n := int64(0); n <= left; n++ {
			lie[i][d] = n
			put(i, d+1, left-n)
		}
		lie[i][d] = 0
	}
	put(0, 0, p.Items[0].Count)
	return best
}

func keeps(rule *model.Spread, lie [][]int64) bool {
	at := func(d int) (n int64) {
		for i := range lie {
			n += lie[i][d]
		}
		return n
	}
	index := map[int]int{}
	for k, d := range rule.Domains {
		index[d] = k
	}
	for d := range lie[0] {
		here := at(d)
		k, counts := index[d]
		switch {
		case here == 0:
			continue
		case rule.Max > 0 && here > rule.Max, rule.Skew > 0 && !counts:
			return false
		case rule.Skew == 0:
			continue
		}
		for j, x := range rule.Domains {
			low, high := at(x), here
			if rule.Base != nil {
				low, high = low+rule.Base[j], high+rule.Base[k]
			}
			if high-low > rule.Skew {
				return false
			}
		}
	}
	return true
}
