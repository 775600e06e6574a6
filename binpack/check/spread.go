package check

import (
	"maps"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// spread checks the rules of one spread over the domains. That items of a spread with a skew lie
// only in its domains is checked where bins are, see rules.allowed.
func (c *checker) spread(n int) {
	s := &c.p.Spreads[n]
	here := c.zones(s.Items)
	if s.Skew > 0 && len(here) > 0 {
		c.skew(n, here)
	}
	if s.Single && len(here) > 1 {
		c.faults.addf(ErrPacking, "spread %d: items lie in %d domains, not in one", n, len(here))
	}
	apart, beside := c.zones(s.Apart), c.zones(s.Beside)
	for _, d := range slices.Sorted(maps.Keys(here)) {
		if s.Max > 0 && here[d] > s.Max {
			c.faults.addf(ErrPacking, "spread %d: %d items in domain %d, at most %d may be", n, here[d], d, s.Max)
		}
		if apart[d] > 0 {
			c.faults.addf(ErrPacking, "spread %d: domain %d has items that must be apart", n, d)
		}
		if len(s.Beside) > 0 && beside[d] == 0 {
			c.faults.addf(ErrPacking, "spread %d: items in domain %d lack the company that they ask for", n, d)
		}
	}
}

// zones counts the items in each domain that has any.
func (c *checker) zones(items []int) map[int]int64 {
	sums := map[int]int64{}
	items = set(items)
	for d, counts := range c.byZone {
		for _, i := range items {
			if counts[i] > 0 {
				sums[d] = plus(sums[d], counts[i])
			}
		}
	}
	return sums
}

// skew compares every domain that got items with the emptiest. A domain that Base alone overfills
// is no fault of the packing.
func (c *checker) skew(n int, here map[int]int64) {
	s := &c.p.Spreads[n]
	low, high := most, int64(0)
	for j, d := range s.Domains {
		sum := plus(here[d], base(s, j))
		low = min(low, sum)
		if here[d] > 0 {
			high = max(high, sum)
		}
	}
	if len(s.Domains) > 0 && high-low > s.Skew {
		c.faults.addf(ErrPacking, "spread %d: %d in one domain and %d in another, a skew of %d is allowed", n, high, low, s.Skew)
	}
}

// base is what lies already in the j-th domain of a spread.
func base(s *model.Spread, j int) int64 {
	if s.Base == nil {
		return 0
	}
	return s.Base[j]
}
