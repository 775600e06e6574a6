package check

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// load is a number of copies of one item.
type load struct {
	item int
	n    int64
}

// worth is the least that the copies of one item can be worth, see Value.
func worth(p *model.Problem, cert *model.Certificate, r *rules, l load) *big.Int {
	duals := cert.Items[l.item]
	if len(duals) == 1 {
		return product(duals[0], l.n)
	}
	zones := r.domains(p, l.item)
	if len(zones) == 0 {
		return new(big.Int) // no legal packing has it
	}
	cheapest := duals[zones[0]]
	for _, d := range zones {
		cheapest = min(cheapest, duals[d])
	}
	best := product(cheapest, l.n)
	for _, n := range r.zoned[l.item] {
		s := &p.Spreads[n]
		if len(set(s.Items)) > 1 || (s.Skew == 0 && s.Max == 0) {
			continue
		}
		if least := leastSpread(s, duals, zones, l.n); least != nil && least.Cmp(best) > 0 {
			best = least
		}
	}
	return best
}

// domains lists, ascending, where item i may lie: the domains of bins that allow it and have its size.
func (r *rules) domains(p *model.Problem, i int) []int {
	var zones []int
	for b := range p.Bins {
		if _, why := r.allowed(p, i, b); why != "" || !fits(p.Items[i].Size, p.Bins[b].Cap) {
			continue
		}
		zones = append(zones, p.Bins[b].Domain)
	}
	return set(zones)
}

func fits(size, room []int64) bool {
	for d := range size {
		if size[d] > room[d] {
			return false
		}
	}
	return true
}

// field is a domain in which copies of an item may lie, as leastSpread sees it.
type field struct {
	dual int64
	base int64 // what lies there already
	most int64 // how many copies may come
}

// leastSpread is the least Σ π_d·y_d over the ways y to spread n copies under one Spread that
// binds no other item; nil if there is none.
//
// With a Skew, all y_d + base_d lie in [m, m+Skew] for some level m, so the answer is the least
// over m of f(m), the cost of filling every domain up to m and the rest by ascending π. That is
// the value of a linear program whose right side is linear in m, hence convex in m; it is
// integral where m is, as its matrix is an interval matrix. So the least of f over the interval
// of feasible levels is found by bisection on f(m+1) − f(m). Feasibility itself is monotone on
// either side: a higher m needs more copies, a lower m has room for fewer.
//
// Where Base by itself differs by more than the Skew, a domain may stay above the others as long
// as nothing comes to it, and the argument fails: nil then, and the cheapest domain counts.
func leastSpread(s *model.Spread, duals []int64, zones []int, n int64) *big.Int {
	fields := newFields(s, duals, zones, n)
	if s.Skew == 0 {
		least, _ := fill(fields, func(f field) (int64, int64) { return 0, f.most }, n)
		return least
	}
	low, high := int64(0), most
	if uneven(fields, s.Skew) {
		return nil
	}
	for _, f := range fields {
		low, high = max(low, f.base-s.Skew), min(high, f.base+f.most)
	}
	at := func(m int64) (*big.Int, int) {
		return fill(fields, func(f field) (int64, int64) {
			return max(0, m-f.base), min(f.most, m+s.Skew-f.base)
		}, n)
	}
	low = first(low, high, func(m int64) bool { _, sign := at(m); return sign >= 0 })
	high = first(low, high, func(m int64) bool { _, sign := at(m); return sign > 0 }) - 1
	if low > high {
		return nil
	}
	m := first(low, high-1, func(m int64) bool {
		here, _ := at(m)
		next, _ := at(m + 1)
		return next.Cmp(here) >= 0
	})
	least, _ := at(m)
	return least
}

// uneven reports whether what lies in the domains already differs by more than the skew.
func uneven(fields []field, skew int64) bool {
	low, high := most, int64(0)
	for _, f := range fields {
		low, high = min(low, f.base), max(high, f.base)
	}
	return high-low > skew && len(fields) > 0
}

// newFields lists the domains that count, by ascending π. With a Skew those are the spread's, of
// which some may be closed to the item; without, those where the item may lie.
func newFields(s *model.Spread, duals []int64, zones []int, n int64) []field {
	var fields []field
	limit := n
	if s.Max > 0 {
		limit = min(n, s.Max)
	}
	if s.Skew == 0 {
		for _, d := range zones {
			fields = append(fields, field{dual: duals[d], most: limit})
		}
	} else {
		for j, d := range s.Domains {
			f := field{dual: duals[d], base: base(s, j)}
			if _, open := slices.BinarySearch(zones, d); open {
				f.most = limit
			}
			fields = append(fields, f)
		}
	}
	slices.SortStableFunc(fields, func(a, b field) int { return cmp.Compare(a.dual, b.dual) })
	return fields
}

// fill is the least cost of n copies with each field inside its limits. The sign says why there
// is none: negative if there is room for fewer than n, positive if more than n are needed.
func fill(fields []field, limits func(field) (int64, int64), n int64) (*big.Int, int) {
	var floor, ceiling int64
	for _, f := range fields {
		low, high := limits(f)
		floor, ceiling = plus(floor, low), plus(ceiling, high)
	}
	if ceiling < n {
		return nil, -1
	}
	if floor > n {
		return nil, 1
	}
	cost, rest := new(big.Int), n-floor
	for _, f := range fields {
		low, high := limits(f)
		more := min(rest, high-low)
		rest -= more
		cost.Add(cost, product(f.dual, low+more))
	}
	return cost, 0
}

// first is the least m in [low, high] for which is(m) holds, where it holds from some m on; high+1 if nowhere.
func first(low, high int64, is func(int64) bool) int64 {
	for low <= high {
		if mid := low + (high-low)/2; is(mid) {
			high = mid - 1
		} else {
			low = mid + 1
		}
	}
	return low
}
