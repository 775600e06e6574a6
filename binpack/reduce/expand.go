// Package reduce makes a packing problem smaller before it is solved: Expand settles what lies
// in which domain and so turns items into shapes without rules between domains; Prune drops bin
// kinds that another kind beats in every respect; Components splits what does not touch.
package reduce

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Expanded is a problem whose rules between domains are settled.
type Expanded struct {
	// Shapes to pack. The split over domains keeps every Spread. An item that is priced by domain
	// has a shape in each of its domains, perhaps with a count of zero.
	Shapes []knapsack.Shape
	// Bounded are the shapes for the lower bound: what every legal split has in common. Equal to
	// Shapes unless Settled.
	Bounded []knapsack.Shape
	// Settled says that Expand chose domains which the rules would have left open.
	Settled bool
	// Unplaced counts items for which no domain was left, by item.
	Unplaced []int64
}

// Each returns, for each item and domain, the least that one copy costs in a bin full of nothing
// else, and -1 where no bin holds it. set gives the cards of a bin kind.
func Each(p *model.Problem, set func(b int) cards.Set) [][]float64 {
	out, together := make([][]float64, len(p.Items)), knapsack.NewTogether(p)
	for i := range out {
		out[i] = slices.Repeat([]float64{-1}, p.Domains)
		classes := make([]bool, p.Classes)
		for _, c := range p.Items[i].Classes {
			classes[c] = true
		}
		for b := range p.Bins {
			bin := &p.Bins[b]
			if !classes[bin.Class] || !mayBeat(bin, p.Items[i].Size, out[i][bin.Domain]) {
				continue
			}
			n, _ := together.MostAlone(i, b, set(b))
			if n == 0 {
				continue
			}
			if v := float64(bin.Price) / float64(n); out[i][bin.Domain] < 0 || v < out[i][bin.Domain] {
				out[i][bin.Domain] = v
			}
		}
	}
	return out
}

// mayBeat is false if so many copies of a size that each would cost less than least do not fit in a bin. It divides once, where
// counting those that fit divides for each dimension.
func mayBeat(bin *model.Bin, size []int64, least float64) bool {
	few := 1.0
	if least > 0 {
		few = max(1, float64(bin.Price)/least*(1-1e-9))
	}
	for d, s := range size {
		if float64(s)*few > float64(bin.Cap[d])*(1+1e-9) {
			return false
		}
	}
	return true
}

// Expand settles the Spreads of p. each[i][d] is the least that one copy of item i costs in
// domain d, in a bin full of nothing else; negative where no bin of d can hold it.
func Expand(p *model.Problem, each [][]float64) Expanded {
	e := expander{p: p, each: each, homes: homesOf(p), split: make([][]int64, len(p.Items)), out: Expanded{Unplaced: make([]int64, len(p.Items))}}
	e.open = make([][]bool, len(each))
	for i := range each {
		e.open[i] = make([]bool, len(each[i]))
		for d, v := range each[i] {
			e.open[i][d] = v >= 0
		}
	}
	spreads := make([]int, len(p.Items))
	for _, s := range p.Spreads {
		for _, i := range s.Items {
			spreads[i]++
		}
		for _, i := range append(append([]int(nil), s.Apart...), s.Beside...) {
			spreads[i]++
		}
	}
	e.places()
	e.level()
	for i := range p.Items {
		e.shapes(i, spreads[i])
	}
	return e.out
}

type expander struct {
	p     *model.Problem
	each  [][]float64
	homes []home    // of each item
	open  [][]bool  // domains that an item may still use
	split [][]int64 // counts by domain, once settled
	out   Expanded
}

// places narrows the domains of items that must be together, apart or beside others.
func (e *expander) places() {
	for n := range e.p.Spreads {
		s := &e.p.Spreads[n]
		if s.Single {
			e.confine(s.Items, e.common(s.Items, s))
		}
		if len(s.Beside) > 0 {
			both := append(append([]int(nil), s.Items...), s.Beside...)
			e.confine(both, e.common(both, s))
		}
		if len(s.Apart) > 0 {
			d := e.common(s.Items, s)
			e.confine(s.Items, d)
			for _, i := range s.Apart {
				if d >= 0 {
					e.open[i][d] = false
				}
			}
			e.settle(s.Apart)
		}
	}
}

// common returns the domain that all the items may use and where they cost the least, or -1.
// Where a Base lies already comes first, as those pods are there whatever is planned.
func (e *expander) common(items []int, s *model.Spread) int {
	best, most, least := -1, int64(-1), 0.0
	for d := range e.p.Domains {
		ok, cost := true, 0.0
		for _, i := range items {
			ok = ok && e.open[i][d]
			cost += float64(e.each[i][d]*float64(e.p.Items[i].Count)) - e.homes[i].saved(d, e.p.Items[i].Count)
		}
		base := int64(0)
		for k, x := range s.Domains {
			if x == d && s.Base != nil {
				base = s.Base[k]
			}
		}
		if ok && (base > most || (base == most && cost < least)) {
			best, most, least = d, base, cost
		}
	}
	return best
}

// confine leaves the items only domain d; none at all if d is -1.
func (e *expander) confine(items []int, d int) {
	for _, i := range items {
		for x := range e.open[i] {
			e.open[i][x] = e.open[i][x] && x == d
		}
	}
	e.settle(items)
}

// settle marks items as bound to domains by choice.
func (e *expander) settle(items []int) {
	e.out.Settled = true
	for _, i := range items {
		if e.split[i] == nil {
			e.split[i] = []int64{}
		}
	}
}

// tally is how many pods a rule with a Skew or a Max has in each domain so far.
type tally struct {
	rule   *model.Spread
	have   []int64 // with Base
	base   []int64
	counts []bool // the domains that the rule lists
}

// tallies returns one for each rule, nil for rules without a Skew or a Max.
func (e *expander) tallies() []*tally {
	out := make([]*tally, len(e.p.Spreads))
	for n := range e.p.Spreads {
		s := &e.p.Spreads[n]
		if s.Skew == 0 && s.Max == 0 {
			continue
		}
		t := &tally{rule: s, have: make([]int64, e.p.Domains), base: make([]int64, e.p.Domains), counts: make([]bool, e.p.Domains)}
		for k, d := range s.Domains {
			t.counts[d] = true
			if s.Base != nil {
				t.have[d], t.base[d] = s.Base[k], s.Base[k]
			}
		}
		out[n] = t
	}
	return out
}

// holds reports whether the rule is kept when one more lies in domain d.
func (t *tally) holds(d int) bool {
	if t.rule.Max > 0 && t.have[d]-t.base[d] >= t.rule.Max {
		return false
	}
	if t.rule.Skew == 0 {
		return true
	}
	if !t.counts[d] {
		return false
	}
	low := t.have[d] + 1
	for _, x := range t.rule.Domains {
		if x != d {
			low = min(low, t.have[x])
		}
	}
	return t.have[d]+1-low <= t.rule.Skew
}

// level spreads the items of rules with a Skew or a Max evenly over the domains, copy by copy,
// so that every rule is kept after each.
func (e *expander) level() {
	all := e.tallies()
	for i := range e.p.Items {
		var mine []*tally
		for n, t := range all {
			if t != nil && slices.Contains(e.p.Spreads[n].Items, i) {
				mine = append(mine, t)
			}
		}
		if len(mine) == 0 {
			continue
		}
		split := make([]int64, e.p.Domains)
		bulk := e.bulk(i, mine, split)
		for c := bulk; c < e.p.Items[i].Count; c++ {
			d := e.lowest(i, mine, split)
			if d < 0 {
				e.out.Unplaced[i] = e.p.Items[i].Count - c
				break
			}
			split[d]++
			for _, t := range mine {
				t.have[d]++
			}
		}
		if len(mine) == 1 && len(mine[0].rule.Items) == 1 && e.out.Unplaced[i] == 0 {
			e.lean(i, mine[0], split)
		}
		e.split[i] = split
		if len(mine) > 1 || len(mine[0].rule.Items) > 1 || mine[0].rule.Max > 0 {
			e.out.Settled = true
		}
	}
}

// bulkAbove is the count from which copies are spread by the thousand first.
const bulkAbove = 10_000

// bulk gives every domain of a large item's rules the same number, which changes no difference
// between them, and returns how many copies that were. The rest goes one by one.
func (e *expander) bulk(i int, mine []*tally, split []int64) int64 {
	n := e.p.Items[i].Count
	if n < bulkAbove {
		return 0
	}
	for _, t := range mine {
		if t.rule.Max > 0 || !slices.Equal(t.rule.Domains, mine[0].rule.Domains) {
			return 0
		}
	}
	for _, d := range mine[0].rule.Domains {
		if !e.open[i][d] {
			return 0
		}
	}
	domains := slices.Compact(slices.Clone(mine[0].rule.Domains))
	each := (n - bulkAbove/2) / int64(len(domains))
	for _, d := range domains {
		split[d] += each
		for _, t := range mine {
			t.have[d] += each
		}
	}
	return each * int64(len(domains))
}

// lowest returns the domain that may take one more of item i: one where a copy would stay for less
// than it costs elsewhere, and of those and else the one with the fewest; or -1. Ties go to the
// cheaper domain; and the search starts at a different domain for each item, so that
// remainders do not pile up in the first.
func (e *expander) lowest(i int, mine []*tally, split []int64) int {
	best, fewest, stays := -1, int64(0), false
	for k := range e.p.Domains {
		d := (k + i) % e.p.Domains
		if !e.open[i][d] || slices.ContainsFunc(mine, func(t *tally) bool { return !t.holds(d) }) {
			continue
		}
		n := int64(0)
		for _, t := range mine {
			n += t.have[d]
		}
		stay := e.stays(i, d, split[d])
		if best < 0 || (stay && !stays) || stay == stays && (n < fewest || (n == fewest && e.each[i][d] < e.each[i][best])) {
			best, fewest, stays = d, n, stay
		}
	}
	return best
}

// lean moves copies from dear domains to cheaper ones as far as the rule allows. Between equally
// priced domains the even split stays: it is what the rule's author hopes for.
func (e *expander) lean(i int, t *tally, split []int64) {
	for moved := true; moved; {
		moved = false
		for from := range split {
			for to := range split {
				if split[from] == 0 || !e.open[i][to] || e.marginal(i, to, split[to]) >= e.marginal(i, from, split[from]-1) {
					continue
				}
				t.have[from]--
				if !t.holds(to) || !t.keeps(from, to) {
					t.have[from]++
					continue
				}
				t.have[to]++
				split[from]--
				split[to]++
				moved = true
			}
		}
	}
}

// keeps reports whether the skew still holds once `from` has lost one and `to` gains one.
func (t *tally) keeps(from, to int) bool {
	if t.rule.Skew == 0 || !t.counts[from] {
		return true
	}
	high := t.have[to] + 1
	for _, d := range t.rule.Domains {
		high = max(high, t.have[d])
	}
	return high-t.have[from] <= t.rule.Skew
}

// shapes appends the shapes of item i.
func (e *expander) shapes(i, spreads int) {
	it := &e.p.Items[i]
	if it.Count == 0 {
		return
	}
	free := knapsack.Shape{Item: i, Domain: -1, Count: it.Count}
	if e.split[i] == nil {
		e.out.Shapes = append(e.out.Shapes, free)
		e.out.Bounded = append(e.out.Bounded, free)
		return
	}
	if len(e.split[i]) == 0 {
		e.even(i)
	}
	byDomain := spreads == 1 && ByDomain(e.p, i)
	for d, n := range e.split[i] {
		if n > 0 || (byDomain && e.open[i][d] && slices.Contains(e.p.Spreads[e.rule(i)].Domains, d)) {
			sh := knapsack.Shape{Item: i, Domain: d, Count: n}
			e.out.Shapes = append(e.out.Shapes, sh)
			if byDomain {
				e.out.Bounded = append(e.out.Bounded, sh)
			}
		}
	}
	if !byDomain {
		e.out.Settled = true
		if free.Count -= e.out.Unplaced[i]; free.Count > 0 {
			e.out.Bounded = append(e.out.Bounded, free)
		}
	}
}

// rule returns the spread that names item i.
func (e *expander) rule(i int) int {
	return slices.IndexFunc(e.p.Spreads, func(s model.Spread) bool { return slices.Contains(s.Items, i) })
}

// even splits an item over the domains that are left to it.
func (e *expander) even(i int) {
	split, ds := make([]int64, e.p.Domains), []int{}
	for d, ok := range e.open[i] {
		if ok {
			ds = append(ds, d)
		}
	}
	n := e.p.Items[i].Count
	if len(ds) == 0 {
		e.out.Unplaced[i] = n
	}
	for k, d := range ds {
		split[d] = n / int64(len(ds))
		if int64(k) < n%int64(len(ds)) {
			split[d]++
		}
	}
	e.split[i] = split
}

// ByDomain reports whether the bound may price item i by domain: it is alone in one Spread that
// has nothing but a Skew.
func ByDomain(p *model.Problem, i int) bool {
	found := 0
	ok := false
	for n := range p.Spreads {
		s := &p.Spreads[n]
		for _, list := range [][]int{s.Items, s.Apart, s.Beside} {
			for _, j := range list {
				if j == i {
					found++
					ok = len(s.Items) == 1 && s.Skew > 0 && s.Max == 0 && !s.Single && len(s.Apart) == 0 && len(s.Beside) == 0
				}
			}
		}
	}
	return found == 1 && ok
}
