package colgen

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	branchTries    = 60   // counts that are compared at most
	branchPatience = 20   // so many in a row that are no better than the best end that
	branchPivots   = 200  // for one of the two cases of a count
	branchFloor    = 0.03 // a case that rises by less than this share of what is to be gained counts as one that rises by it
)

// trial compares branches of a case over the columns that are known (strong branching, Applegate, Bixby, Chvátal & Cook 1995).
type trial struct {
	g     *generator // with the cuts of the case
	cols  []simplex.Column
	of    []column // the same
	basis simplex.Basis
	value float64 // of the case's master
	most  float64 // what a case has to rise by to be done with
}

// A count is how many bins of a group of kinds there are in a master's solution, or how many copies of a shape lie in them.
type count struct {
	group, shape int // -1: bins
	n            float64
	score        float64 // what the fraction is worth, roughly
}

// groupKinds lists the sets of kinds whose numbers are branched on: those of equal price and room, which differ by zone or
// class only; each by itself, for where a whole number of one size lies in fractions of zones; and wider ones. Kinds of one zone are
// no set where it is settled what lies there, unless zones are asked for. It reports whether there are any.
func (g *generator) groupKinds(zones bool) (settled bool) {
	g.groups, g.groupsOf = nil, make([][]int, len(g.bins))
	seen := map[string]bool{}
	add := func(kinds []int) {
		same := fmt.Sprint(kinds)
		if seen[same] {
			return
		}
		seen[same] = true
		for _, k := range kinds {
			g.groupsOf[k] = append(g.groupsOf[k], len(g.groups))
		}
		g.groups = append(g.groups, kinds)
	}
	for _, by := range []struct {
		zone bool
		key  func(k int, b *model.Bin) string
	}{
		{false, func(_ int, b *model.Bin) string { return fmt.Sprint(b.Price, b.Card, b.Cards, b.Cap) }},
		{true, func(k int, _ *model.Bin) string { return fmt.Sprint(k) }},
		{false, func(_ int, b *model.Bin) string { return fmt.Sprint(b.Card, b.Cards, b.Cap) }},
		{true, func(_ int, b *model.Bin) string { return fmt.Sprint(b.Card, b.Cards, b.Cap, b.Domain) }},
		{false, func(_ int, b *model.Bin) string { return fmt.Sprint(b.Card, b.Cards) }},
		{false, func(_ int, b *model.Bin) string { return fmt.Sprint(b.Card) }},
	} {
		for _, kinds := range g.grouped(by.key) {
			if by.zone && slices.ContainsFunc(kinds, g.zoneSettled) {
				if settled = true; !zones {
					continue
				}
			}
			add(kinds)
		}
	}
	return settled
}

// grouped parts the kinds by a key, in order.
func (g *generator) grouped(key func(k int, b *model.Bin) string) [][]int {
	at := map[string]int{}
	var out [][]int
	for _, k := range g.order {
		s := key(k, g.kind(k))
		if _, ok := at[s]; !ok {
			at[s] = len(out)
			out = append(out, nil)
		}
		out[at[s]] = append(out[at[s]], k)
	}
	return out
}

// zoneSettled says that a kind may hold a shape of its zone alone, of an item that has others elsewhere.
func (g *generator) zoneSettled(k int) bool {
	return slices.ContainsFunc(g.bins[k].Shapes, func(s int) bool { return g.Shapes[s].Domain >= 0 })
}

// fractions lists the counts that are not whole in a master's solution, those first whose fraction is worth the most.
func (g *generator) fractions(m *simplex.Master) []count {
	type of struct{ group, shape int }
	sum := map[of]float64{}
	for j, c := range g.cols[:m.Columns()] { // a dive may have found more since
		x := m.X(j)
		if x < 1e-9 {
			continue
		}
		for _, n := range g.groupsOf[c.bin] {
			sum[of{n, -1}] += x
			if g.lines != nil { // one table prices all kinds
				continue
			}
			for i, s := range c.content.Shapes {
				if g.Shapes[s].Domain < 0 {
					sum[of{n, s}] += float64(x * c.vals[i])
				}
			}
		}
	}
	pi := g.prices(m).pi
	var out []count
	for at, v := range sum {
		frac := v - math.Floor(v)
		if frac = min(frac, 1-frac); frac < 1e-4 {
			continue
		}
		c := count{at.group, at.shape, v, 0}
		if at.shape < 0 {
			c.score = float64(frac * g.price(g.groups[at.group][0]))
		} else {
			c.score = float64(frac * pi[at.shape])
		}
		if c.score > 1e-7 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b count) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.group, b.group), cmp.Compare(a.shape, b.shape))
	})
	return out
}

// branch picks the count whose two cases cost the most.
func (g *generator) branch(n *caseNode) (cut, bool) {
	if len(n.counts) == 0 {
		return cut{}, false
	}
	best := n.counts[0]
	if t, ok := g.newTrial(n); ok {
		score, idle := -1.0, 0
		for _, c := range n.counts[:min(len(n.counts), branchTries)] {
			s := t.score(g.cutOf(c))
			if idle++; s > float64(score*(1+1e-9)) {
				best, score, idle = c, s, 0
			}
			if idle >= branchPatience || score >= float64(t.most*t.most) {
				break
			}
		}
	}
	return g.cutOf(best), true
}

// cutOf is the branch to no more than there are whole ones. Kinds that were pruned count
// with the kind that beats them: otherwise they would be worth having where that one is limited.
// Every packing is at least as dear as one that uses the better kind instead, so this is no loss.
func (g *generator) cutOf(n count) cut {
	c := cut{in: make([]bool, len(g.bins)), shape: n.shape, k: math.Floor(n.n)}
	for _, k := range g.groups[n.group] {
		if n.shape < 0 || g.bins[k].Local(n.shape) >= 0 && g.price(k) > 0 {
			c.in[k] = true
			c.bins = append(append(c.bins, g.Bins[k]), g.Beaten[g.Bins[k]]...)
		}
	}
	slices.Sort(c.bins)
	return c
}

// newTrial solves the master of a case over those known columns that a better packing may use.
func (g *generator) newTrial(n *caseNode) (*trial, bool) {
	t := &trial{g: g.under(n.cuts)}
	m := simplex.New(t.g.rows)
	all := make([]simplex.Column, len(g.cols))
	for j, c := range g.cols {
		all[j] = t.g.entry(c)
		m.Add(all[j])
	}
	m.SetBasis(n.basis)
	err := g.pivot(m, g.pivots()-g.work.Pivots)
	g.work.Pivots += m.Pivots()
	if err != nil {
		return nil, false
	}
	t.value, t.most = m.Value(), float64(float64(g.cost(g.incumbent.fills))*g.scale)-g.moves-m.Value()
	y := m.Duals()
	at := make([]int32, len(g.cols))
	for j, c := range all {
		reduced := c.Cost
		for i, r := range c.Rows {
			reduced -= float64(y[r] * c.Vals[i])
		}
		if at[j] = -1; reduced <= t.most {
			at[j] = int32(len(t.cols))
			t.cols, t.of = append(t.cols, c), append(t.of, g.cols[j])
		}
	}
	t.basis = m.Basis()
	t.basis.Columns = nil
	for _, j := range m.Basis().Columns {
		if at[j] >= 0 {
			t.basis.Columns = append(t.basis.Columns, at[j])
		}
	}
	return t, t.most > 0
}

// score says how good a branch is: the product of what its cases cost more.
func (t *trial) score(c cut) float64 {
	low := t.rise(c)
	c.k, c.high = c.k+1, true
	return max(low, branchFloor*t.most) * max(t.rise(c), branchFloor*t.most)
}

// rise is what a case costs more than the one that it is made of.
func (t *trial) rise(c cut) float64 {
	g := t.g
	row := len(g.rows)
	m := simplex.New(append(slices.Clone(g.rows), simplex.Row{AtMost: !c.high, RHS: c.k, Penalty: unmetPrice}))
	for j, col := range t.cols {
		if n := c.of(t.of[j].bin, t.of[j].content.Shapes, t.of[j].vals); n > 0 {
			col.Rows, col.Vals = append(slices.Clone(col.Rows), int32(row)), append(slices.Clone(col.Vals), n)
		}
		m.Add(col)
	}
	for k, in := range c.in { // bins that are there and hold nothing
		if in && c.high && c.shape < 0 {
			col := g.entry(column{bin: k})
			col.Rows, col.Vals = append(col.Rows, int32(row)), append(col.Vals, 1)
			m.Add(col)
		}
	}
	basis := t.basis
	basis.Slack = append(slices.Clone(basis.Slack), int32(row))
	m.SetBasis(basis)
	_ = m.Solve(branchPivots) // a value that was not settled is good enough to choose by
	g.work.Pivots += m.Pivots()
	return min(t.most, max(0, m.Value()-t.value))
}
