package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// A descent packs what is left, one bin at a time, and looks ahead: of the bins that the relaxation uses the most of, it
// opens the one after which the relaxation of the rest costs least (strong diving, Atamtürk & Savelsbergh 2005). Each
// relaxation has a master of its own with only those contents that still fit as a whole, and contents of what is left are priced into
// it. A content that holds more than is left pretends that a part of it can be had: with such columns in the
// master, the last bins of a dive at 64 shapes cost 0.4 % more than the relaxation had said.
const (
	descentAhead    = 4    // choices that are compared
	descentFair     = 1e-3 // a choice that loses no more than this share of what is to be gained is not compared with others
	descentRounds   = 3    // of pricing after each choice
	descentFirst    = 10   // and before the first
	descentBranches = 1000 // of a proof, where rounding finds nothing
	descentSteps    = 1000 // choices of one descent

	descendMost = 150 // shapes: at 249 (seed 31, 230 shapes) descents took 6 s and gained nothing

	reopenMin, reopenMax = 8, 19  // bins taken apart at once
	reopenTries          = 1000   // at most
	reopenOther          = 2      // choices of one descent that may differ from the best
	reopenSteps          = 40     // choices of all descents of one try
	reopenPivots         = 10_000 // of all tries; perRows
)

// descent is a search for a packing of some items that costs less than what is known.
type descent struct {
	g     *generator
	kinds []int
	cols  []column
	seen  map[string]bool
	cost  int64 // to beat
	best  *state
	steps int // that may still be made
}

// step is the relaxation of what is left after some choices.
type step struct {
	state
	m     *simplex.Master
	pool  []int   // of the descent's columns, for each column of m
	value float64 // what the choices cost, and the relaxation
}

// run descends from a state; so many choices of each dive may differ from the best.
func (d *descent) run(s state, others int) {
	all := make([]int, len(d.cols))
	for j := range all {
		all[j] = j
	}
	if n, ok := d.relax(s, &step{pool: all}); ok && d.price(n, descentFirst) {
		d.dive(n, others)
	}
}

// newDescent begins with the contents of some bins, and the part's columns that fit.
func (g *generator) newDescent(s state, cost int64, steps int, from []Filled) *descent {
	d := &descent{g: g, kinds: g.newKinds(), seen: map[string]bool{}, cost: cost, steps: steps}
	for _, f := range from {
		if k := slices.Index(g.Bins, f.Bin.Index); k >= 0 {
			d.add(k, f.Items)
		}
	}
	for _, c := range g.cols {
		if !c.fraction && len(c.content.Shapes) > 0 && within(c.content, s.residual) {
			d.add(c.bin, c.content)
		}
	}
	return d
}

// within says that all of a content is left.
func within(c knapsack.Content, residual []int64) bool {
	for i, s := range c.Shapes {
		if c.Counts[i] > residual[s] {
			return false
		}
	}
	return true
}

func (d *descent) add(k int, c knapsack.Content) {
	key := patternKey(k, c)
	if !d.seen[key] {
		d.seen[key] = true
		d.cols = append(d.cols, column{bin: k, content: c, vals: floats(c.Counts)})
	}
}

// relax solves the relaxation of a state over those columns of another step that fit.
func (d *descent) relax(s state, from *step) (*step, bool) {
	g := d.g
	n := &step{state: s, m: simplex.New(g.rows)}
	fixed := diver{g: g, m: n.m, residual: s.residual, st: s.st, out: s.out}
	fixed.update()
	at := map[int32]int32{}
	for i, j := range from.pool {
		if within(d.cols[j].content, s.residual) {
			at[int32(i)] = int32(len(n.pool))
			n.pool = append(n.pool, j)
			n.m.Add(g.entry(d.cols[j]))
		}
	}
	if from.m != nil {
		b := from.m.Basis()
		kept := simplex.Basis{Slack: b.Slack}
		for _, i := range b.Columns {
			if j, ok := at[i]; ok {
				kept.Columns = append(kept.Columns, j)
			}
		}
		n.m.SetBasis(kept)
	}
	return n, d.solve(n)
}

func (d *descent) solve(n *step) bool {
	before := n.m.Pivots()
	err := d.g.pivot(n.m, d.g.pivots())
	d.g.work.Pivots += n.m.Pivots() - before
	n.value = float64(float64(n.cost)*d.g.scale) + n.m.Value()
	return err == nil
}

// hopeless says that no packing that costs at least value beats the best one.
func (d *descent) hopeless(value float64) bool { return d.g.meets(d.cost, value) }

// dive completes a priced step, and keeps what comes of it if it is the best.
func (d *descent) dive(n *step, others int) {
	if d.steps--; d.steps < 0 || d.g.stopped() || d.hopeless(n.value) {
		return
	}
	s := n.clone()
	pi := d.g.prices(n.m).pi
	for i, j := range n.pool {
		if x := int64(n.m.X(i) + 1e-6); x > 0 {
			d.take(&s, d.cols[j], x, pi)
		}
	}
	if total(s.residual) == 0 {
		if s.cost < d.cost {
			d.cost, d.best = s.cost, &s
		}
		return
	}
	for i, o := range d.options(n, s, pi) {
		if i > 0 {
			if others == 0 {
				return
			}
			others--
		}
		if !d.hopeless(o.value) && d.price(o, descentRounds) {
			d.dive(o, others)
		}
	}
}

// options returns what may come next, best first.
func (d *descent) options(n *step, s state, pi []float64) []*step {
	var parts []part
	for i, j := range n.pool {
		x := n.m.X(i)
		if x -= float64(int64(x + 1e-6)); x > 1e-6 {
			parts = append(parts, part{j, x})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.x, a.x) })
	fair := n.value
	if d.cost < noCost {
		fair += float64(descentFair * max(0, float64(float64(d.cost)*d.g.scale)-n.value))
	}
	var out []*step
	for _, p := range parts {
		next := s.clone()
		if !d.take(&next, d.cols[p.col], 1, pi) {
			continue
		}
		o, ok := d.relax(next, n)
		if !ok {
			break
		}
		if d.hopeless(o.value) {
			continue
		}
		if out = append(out, o); len(out) == descentAhead || o.value <= fair {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b *step) int { return cmp.Compare(a.value, b.value) })
	return out
}

// price adds contents of what is left until none pays, for so many rounds.
func (d *descent) price(n *step, rounds int) bool {
	for range rounds {
		before := len(d.cols)
		p := d.g.prices(n.m)
		for _, k := range d.kinds {
			d.content(n, k, p)
		}
		if len(d.cols) == before {
			break
		}
		for j := before; j < len(d.cols); j++ {
			n.pool = append(n.pool, j)
			n.m.Add(d.g.entry(d.cols[j]))
		}
		if !d.solve(n) {
			return false
		}
	}
	return true
}

// content adds a content of one kind that pays, if rounding or a short proof finds one.
func (d *descent) content(n *step, k int, p prices) {
	g := d.g
	bin, t := g.bins[k], g.threshold(k, p)
	bin.Limit(n.residual)
	defer bin.Unlimit()
	if g.mu[k] != nil && bin.Bound(p.pi, g.mu[k]) <= t*(1+descentPays) {
		return
	}
	rel := bin.Relax(p.pi)
	g.mu[k] = rel.Mu
	if rel.Value <= float64(t*(1+descentPays))+1e-12 {
		return
	}
	before := len(d.cols)
	if c, worth := bin.Fill(p.pi, rel, g.rooms[k]); worth > t*(1+descentPays) {
		d.add(k, bin.Global(c))
	}
	if len(d.cols) > before {
		return
	}
	v, c, branches := bin.Prove(p.pi, rel, t*(1+descentPays), descentBranches)
	g.work.Branches += branches
	if v == knapsack.Better {
		d.add(k, bin.Global(c))
	}
}

// descentPays is by how much a content must be worth more than its price.
const descentPays = 1e-6

// take opens up to n bins with a column's content, as far as it is left and in stock. The last one, in which some of it is
// no longer wanted, is filled up, and is of the cheapest kind that holds what it gets.
func (d *descent) take(s *state, c column, n int64, pi []float64) bool {
	g, done := d.g, false
	bin := g.bins[c.bin]
	for n = s.st.most(bin.Index, n); n > 0; {
		items, times, to := c.content, n, bin
		for i, sh := range items.Shapes {
			times = min(times, s.residual[sh]/items.Counts[i])
		}
		if times == 0 {
			bin.Limit(s.residual)
			items, times = bin.Global(bin.TopUp(items, pi, g.multipliers(c.bin), g.rooms[c.bin])), 1
			bin.Unlimit()
			if len(items.Shapes) == 0 {
				break
			}
			to = g.cheapest(items, bin, s.st)
		}
		for i, sh := range items.Shapes {
			s.residual[sh] -= items.Counts[i] * times
		}
		s.st.take(to.Index, times)
		s.out = append(s.out, Filled{Bin: to, Count: times, Items: items})
		s.cost += g.net(to, items) * times
		n -= times
		done = true
	}
	return done
}

// noCost is more than any cost.
const noCost = int64(1) << 62

// descend packs the whole part from the master's solution on, then again what is in some of its bins.
func (g *generator) descend(m *simplex.Master) {
	cost := noCost
	if total(g.incumbent.left) == 0 {
		cost = g.cost(g.incumbent.fills)
	}
	s := state{residual: slices.Clone(g.demand), st: newStock(g.Problem), cost: g.movesCost}
	pi := g.prices(m).pi
	floor := &descent{g: g}
	for j, c := range g.cols[:m.Columns()] {
		if n := int64(m.X(j) + 1e-6); n > 0 && !c.fraction && len(c.content.Shapes) > 0 {
			floor.take(&s, c, n, pi)
		}
	}
	d := g.newDescent(s, cost, descentSteps, nil)
	if d.run(s, 0); d.best != nil {
		g.keep(attempt{g.rightSize(d.best.out, d.best.st), d.best.residual, d.best.st})
	}
	g.report("dive")
	if total(g.incumbent.left) == 0 {
		g.reopen()
	}
}

// reopen takes some of the most wasteful bins apart, and descends for what was in them.
func (g *generator) reopen() {
	s := g.newSearcher(g.incumbent)
	most := g.work.Pivots + g.perRows(reopenPivots)
	for range reopenTries {
		if len(s.open) < ruinMin || g.work.Pivots > most || s.done() || g.stopped() {
			break
		}
		ruin := s.several(reopenMin + s.rng.IntN(reopenMax-reopenMin+1))
		residual, removed := s.takeApart(ruin)
		old := g.cost(removed) - g.movesCost
		from := state{residual: residual, st: s.st.clone()}
		d := g.newDescent(from, old, reopenSteps, removed)
		if d.run(from, reopenOther); d.best == nil {
			s.undo(nil, removed)
			continue
		}
		s.cost += d.cost - old
		s.st = d.best.st
		s.replace(ruin, d.best.out)
	}
	g.incumbent = attempt{s.open, g.incumbent.left, s.st}
	g.report("dive")
}
