package colgen

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	addEach     = 40   // patterns that one round may add
	proveEach   = 20   // bins that one round of the bound branches on before the master is solved again
	givenUp     = 2    // after so many failures to prove a bin it is relaxed at once
	slackTarget = 2e-4 // how far a bin's best content may exceed its price before it is looked at
	shortProof  = 20   // the part of Limits.Branches that a first look may take
	beamWidth   = 100  // labels of each layer
	restMost    = 4    // after so many beams without success a kind rests for two to the power of it rounds
	labelsEach  = 8    // labels of a front for each of Limits.Branches
	smoothing   = 0.6  // weight of the best duals so far in the prices (Wentges 1997)
)

// prices are the master's duals, in the form that pricing needs.
type prices struct {
	pi  []float64 // by shape
	max []float64 // ν by bin, ≥ 0
	bud []float64 // λ by budget, ≥ 0, of the whole budget
	cut []float64 // by cut, ≥ 0
}

func (g *generator) prices(m *simplex.Master) prices {
	y := m.Duals()
	p := prices{pi: g.shapeDuals(y), max: make([]float64, len(g.bins)), bud: make([]float64, len(g.budRow)), cut: make([]float64, len(g.cuts))}
	for k, r := range g.maxRow {
		if r >= 0 {
			p.max[k] = max(0, -y[r])
		}
	}
	for b, r := range g.budRow {
		if r >= 0 {
			p.bud[b] = max(0, -y[r])
		}
	}
	for i, c := range g.cuts {
		p.cut[i] = max(0, y[g.cutRow(i)]*c.sign())
	}
	return p
}

// mix returns a·w + b·(1-w).
func mix(a, b prices, w float64) prices {
	blend := func(x, y []float64) []float64 {
		out := make([]float64, len(x))
		for i := range x {
			out[i] = float64(w*x[i]) + float64((1-w)*y[i])
		}
		return out
	}
	return prices{pi: blend(a.pi, b.pi), max: blend(a.max, b.max), bud: blend(a.bud, b.bud), cut: blend(a.cut, b.cut)}
}

// threshold is what one bin of kind k costs at the prices: its own, its number's and its budgets'.
func (g *generator) threshold(k int, p prices) float64 {
	t := g.price(k) + p.max[k]
	for _, u := range g.kind(k).Uses {
		t += float64(p.bud[u.Budget] * budgetShare(u.Amount, g.Problem.Budgets[u.Budget]))
	}
	for i, c := range g.cuts {
		if c.in[k] && c.shape < 0 {
			t -= float64(c.sign() * p.cut[i])
		}
	}
	return t
}

// worthsIn returns what a copy of each shape is worth in a bin of kind k: π, and what branches on copies in it add. Less than nothing is
// nothing, as any copy may be left out.
func (g *generator) worthsIn(k int, p prices) []float64 {
	var own []float64
	for i, c := range g.cuts {
		if c.shape >= 0 && c.in[k] && p.cut[i] > 0 {
			if own == nil {
				own = slices.Clone(p.pi)
			}
			own[c.shape] += float64(c.sign() * p.cut[i])
		}
	}
	if own == nil {
		return p.pi
	}
	for s := range own {
		own[s] = max(own[s], 0)
	}
	return own
}

// tolerated is how much a bin of kind k may hold that costs t, to be passed over: a share more. What a branch charges for the bin is
// no part of it, as bounds are scaled by the excess over the price. A charge of 14,214 for a bin of 55 (117 shapes, seed 31) made
// 0.02 % of it 5 % of the bound.
func (g *generator) tolerated(k int, t, slack float64) float64 {
	if p := g.price(k); len(g.cuts) > 0 && p > 0 && p < t {
		return t + float64(slack*p)
	}
	return float64(t * (1 + slack))
}

// offer is a bin kind whose relaxation is worth more than it costs.
type offer struct {
	k     int
	rel   knapsack.Relaxed
	over  float64 // worth of the relaxation for its price, minus 1
	fill  knapsack.Content
	worth float64
}

// sweep relaxes every bin at the prices and returns those that are worth more than they cost by
// the relative slack, worst first. It sets the upper bounds that value needs.
func (g *generator) sweep(p prices, slack float64, worths []float64) []offer {
	found := make([]*offer, len(g.bins))
	g.each(len(g.bins), func(k int) {
		bin, t, pi := g.bins[k], g.threshold(k, p), g.worthsIn(k, p)
		if g.mu[k] != nil {
			if worths[k] = bin.Bound(pi, g.mu[k]); worths[k] <= g.tolerated(k, t, slack) {
				return
			}
		}
		rel := bin.Relax(pi)
		g.mu[k], worths[k] = rel.Mu, rel.Value
		if rel.Value > g.tolerated(k, t, slack)+1e-12 {
			found[k] = &offer{k: k, rel: rel, over: rel.Value/max(t, 1e-12) - 1}
		}
	})
	var out []offer
	for _, o := range found {
		if o != nil {
			out = append(out, *o)
		}
	}
	slices.SortStableFunc(out, func(a, b offer) int { return cmp.Compare(b.over, a.over) })
	return out
}

// consider keeps the bound that prices make if it is the best.
func (g *generator) consider(p prices, worths []float64) {
	if b := g.bounded(p, worths); b.Value > g.best.Value {
		g.best = b
	}
}

// considerPlain is consider where worths are those of relaxations, before any proof.
func (g *generator) considerPlain(p prices, worths []float64) {
	b := g.bounded(p, worths)
	if b.Value > g.best.Value {
		g.best = b
	}
	if b.Value > g.plain.Value && len(g.cuts) == 0 {
		g.plain = b
	}
}

// bounded turns worths of all bins into a proven bound by scaling.
// Bins of a limited number are paid for with a higher ν instead, and what a bin without a price may
// hold is worth nothing.
func (g *generator) bounded(p prices, worths []float64) Bound {
	factor := 1.0
	worthless := map[int]bool{} // bins without a price whose content would be worth something
	for k := range g.bins {
		if g.maxRow[k] >= 0 {
			continue
		}
		if t := g.threshold(k, p); g.price(k) == 0 {
			worthless[k] = worths[k] > float64(t*(1+slackTarget))+1e-9
			if worthless[k] && t < 0 {
				return Bound{} // a branch asks more of the bin than anything in it can be worth
			}
			continue
		}
		factor = max(factor, (worths[k]-g.threshold(k, p)+g.price(k))/g.price(k))
	}
	b := Bound{Shapes: slices.Clone(p.pi), Max: slices.Clone(p.max), Budgets: slices.Clone(p.bud), Mu: make([][]float64, len(g.bins)), Cuts: slices.Clone(p.cut)}
	b.Value += g.moves
	for i, c := range g.cuts {
		b.Cuts[i] /= factor
		b.Value += float64(c.sign() * b.Cuts[i] * c.k)
	}
	for k, bin := range g.bins {
		for _, s := range bin.Shapes {
			if worthless[k] {
				b.Shapes[s] = 0
			}
		}
	}
	for s := range b.Shapes {
		b.Shapes[s] /= factor
		b.Value += float64(b.Shapes[s] * float64(g.demand[s]))
	}
	for i := range b.Budgets {
		b.Budgets[i] /= factor
		if g.budRow[i] >= 0 && g.Problem.Budgets[i] > 0 {
			b.Value -= b.Budgets[i]
		}
	}
	for k := range g.bins {
		b.Mu[k] = slices.Clone(g.mu[k])
		for i := range b.Mu[k] {
			b.Mu[k][i] /= factor
			if worthless[k] {
				b.Mu[k][i] = 0
			}
		}
		if g.maxRow[k] < 0 {
			continue
		}
		need := worths[k]/factor + float64((1-1/factor)*g.bins[k].SavedMost()) - g.price(k) - (g.threshold(k, p)-g.price(k)-p.max[k])/factor
		b.Max[k] = max(0, need)
		b.Value -= float64(b.Max[k] * float64(g.kind(k).Max))
	}
	return b
}

// fullPivots is the number of rows up to which Limits.Pivots holds as it is. Beyond, a pivot costs
// about as many times more as there are rows (measured on recorded masters: 31 µs at 249 rows,
// 60 to 130 µs at 1,070), so larger masters may have fewer, and the work stays of one size.
const fullPivots = 200

// pivots returns how many pivots the bound, and the dive, may take.
func (g *generator) pivots() int64 { return g.perRows(g.Limits.Pivots) }

// perRows returns n, less where the master is large.
func (g *generator) perRows(n int64) int64 {
	m := int64(len(g.rows))
	if m <= fullPivots {
		return n
	}
	return n / m * fullPivots * 3
}

// solve pivots the master to an optimum within what Limits.Pivots leaves. Where that is not
// enough, the duals at hand are looked at once: any duals make a bound.
func (g *generator) solve(m *simplex.Master) error {
	err := g.pivot(m, g.pivots()-g.work.Pivots)
	if err != nil {
		worths := make([]float64, len(g.bins))
		p := g.prices(m)
		g.sweep(p, slackTarget, worths)
		g.consider(p, worths)
	}
	return err
}

// columns runs the first phase: cheap patterns until none pays.
func (g *generator) columns(m *simplex.Master) error {
	worths := make([]float64, len(g.bins))
	center := g.warm(m)
	if g.aggregated && g.best.Value > 0 { // the rows were fewer before
		center = prices{pi: g.best.Shapes, max: g.best.Max, bud: g.best.Budgets, cut: g.best.Cuts}
	}
	for g.work.Iterations < g.Limits.Iterations && !g.ended() {
		if err := g.solve(m); err != nil {
			return err
		}
		g.work.Iterations++
		exact := g.prices(m)
		p := exact
		if center.pi != nil {
			p = mix(center, exact, smoothing)
		}
		before := g.best.Value
		n := g.priceRound(m, p, exact, worths)
		g.considerPlain(p, worths)
		if g.aggregated {
			n += g.addSwaps(m, exact.pi)
		}
		if g.best.Value > before || center.pi == nil {
			center = p
		}
		if n == 0 && center.pi != nil && !slices.Equal(p.pi, exact.pi) {
			n = g.priceRound(m, exact, exact, worths)
			g.considerPlain(exact, worths)
			center = exact
		}
		g.report("columns")
		if n == 0 {
			return nil
		}
	}
	return nil
}

// priceRound adds the best patterns at prices p that also pay at the exact prices.
func (g *generator) priceRound(m *simplex.Master, p, exact prices, worths []float64) int {
	offers := g.sweep(p, 1e-7, worths)
	for i := range offers {
		o := &offers[i]
		c, _ := g.bins[o.k].Fill(g.worthsIn(o.k, p), o.rel, g.rooms[o.k])
		o.fill = g.bins[o.k].Global(c)
		w := g.bins[o.k].SavedBy(o.fill.Shapes, floats(o.fill.Counts))
		pi := g.worthsIn(o.k, exact)
		for j, s := range o.fill.Shapes {
			w += float64(pi[s] * float64(o.fill.Counts[j]))
		}
		o.worth = w/max(g.threshold(o.k, exact), 1e-12) - 1
	}
	slices.SortStableFunc(offers, func(a, b offer) int { return cmp.Compare(b.worth, a.worth) })
	n := 0
	for _, o := range offers {
		if o.worth <= 1e-7 || n >= addEach {
			break
		}
		if g.add(m, o.k, o.fill) {
			n++
		}
	}
	return n
}

// bound runs the second phase: until every bin is proven, relaxed into the master, or work runs out.
func (g *generator) bound(m *simplex.Master) error {
	worths := make([]float64, len(g.bins))
	g.rememberOpen(m)
	for g.work.Iterations < g.Limits.Iterations && !g.halted() && !g.spent() {
		if err := g.solve(m); err != nil {
			return err
		}
		g.work.Iterations++
		p := g.prices(m)
		added := g.boundRound(m, p, worths)
		g.consider(p, worths)
		g.report("bound")
		if added == 0 && !g.tighten() {
			return nil
		}
	}
	return nil
}

// boundRound looks at the offenders, worst first, and returns how many columns it added. What is
// cheap comes first: real contents that pay, and the fractional ones of bins that were given up.
// Only when there are none is anything branched on.
func (g *generator) boundRound(m *simplex.Master, p prices, worths []float64) int {
	offers := g.sweep(p, slackTarget, worths)
	g.considerPlain(p, worths)
	added := 0
	for _, o := range offers {
		t := g.threshold(o.k, p)
		c, worth := g.bins[o.k].Fill(g.worthsIn(o.k, p), o.rel, g.rooms[o.k])
		if worth > g.tolerated(o.k, t, slackTarget) && g.add(m, o.k, g.bins[o.k].Global(c)) {
			added++
		}
		if g.open[o.k] >= givenUp {
			g.addFraction(m, o.k, o.rel.X)
			added++
		}
		if added >= addEach {
			return added
		}
	}
	if added > 0 {
		return added
	}
	return g.proveRound(m, p, worths, offers)
}

// proveRound decides the offenders, first by a short proof, and a beam or an exact meeting, and where that finds nothing by
// all that Limits allow.
func (g *generator) proveRound(m *simplex.Master, p prices, worths []float64, offers []offer) int {
	offers, resting := g.rested(offers)
	short := effort{branches: g.Limits.Branches / shortProof, width: beamWidth, meeting: g.Limits.Branches / shortMeeting}
	long := effort{branches: g.Limits.Branches, labels: g.Limits.Branches * labelsEach, meeting: g.Limits.Branches * longMeeting}
	added, left := g.proveAll(m, proving{p, offers, short, proveEach}, worths)
	if added > 0 {
		return added
	}
	left = append(left, resting...)
	g.byLabels(left)
	added, _ = g.proveAll(m, proving{p, left, long, 1}, worths) // what that finds is dear: its first success is looked at at once
	return added
}

// proveAll decides offers until as many columns came of it as are needed. It returns how many did, and the offers that are open.
func (g *generator) proveAll(m *simplex.Master, w proving, worths []float64) (added int, left []offer) {
	need := w.need
	g.prove(w, func(o offer, t float64, v proved) int {
		switch v.verdict {
		case knapsack.Proven:
			worths[o.k] = t
		case knapsack.Better:
			g.fails[o.k], g.rest[o.k] = 0, 0
			worths[o.k] = min(worths[o.k], v.worth)
			added += g.addAll(m, w.p, o.k, v.contents)
		case knapsack.Open:
			g.fails[o.k] = min(g.fails[o.k]+1, restMost)
			g.rest[o.k] = 1 << g.fails[o.k]
			if left = append(left, o); w.effort.labels > 0 {
				worths[o.k] = min(worths[o.k], v.worth)
				added += g.giveUp(m, w, o, v)
			}
		}
		return max(0, need-added)
	})
	return added, left
}

// rested parts the kinds whose turn it is from those that beams found nothing for in their last rounds: nine of ten
// beams would find nothing again.
func (g *generator) rested(offers []offer) (now, resting []offer) {
	for _, o := range offers {
		if g.rest[o.k] > 0 {
			g.rest[o.k]--
			resting = append(resting, o)
		} else {
			now = append(now, o)
		}
	}
	return now, resting
}

// addAll adds contents of a kind, and the same ones of its twins as far as they pay there.
func (g *generator) addAll(m *simplex.Master, p prices, k int, contents []knapsack.Content) int {
	n := 0
	for _, c := range contents {
		c = g.bins[k].Global(c)
		if g.add(m, k, c) {
			n++
		}
		for _, twin := range g.twinsOf(k) {
			worth, pi := 0.0, g.worthsIn(twin, p)
			for i, s := range c.Shapes {
				worth += float64(pi[s] * float64(c.Counts[i]))
			}
			if worth > g.tolerated(twin, g.threshold(twin, p), slackTarget) && g.bins[twin].Holds(c, g.rooms[twin]) && g.add(m, twin, c) {
				n++
			}
		}
	}
	return n
}

// twinsMost is the most twins that a kind may have: a few zones and classes of one type, not a thousand nodes of today.
const twinsMost = 12

// twinsOf returns the twins of kind k. They are found when they are first asked for: a first answer needs none.
func (g *generator) twinsOf(k int) []int {
	if g.twins == nil {
		g.findTwins()
	}
	return g.twins[k]
}

// findTwins finds the kinds of equal price, room and cards: those that differ by zone or class only.
func (g *generator) findTwins() {
	at := map[string][]int{}
	key := func(k int) string {
		b := g.kind(k)
		return fmt.Sprint(b.Price, b.Card, b.Cards, b.Cap, b.Live, b.Fixed)
	}
	for k, bin := range g.bins {
		if !bin.Stays() { // there may be a thousand homes, and what they are worth differs
			at[key(k)] = append(at[key(k)], k)
		}
	}
	g.twins = make([][]int, len(g.bins))
	for k := range g.bins {
		for _, o := range at[key(k)] {
			if o != k && len(at[key(k)]) <= twinsMost {
				g.twins[k] = append(g.twins[k], o)
			}
		}
	}
}

func (g *generator) report(phase string) {
	if g.Report != nil {
		g.Report(g.progress(phase))
	}
}

func (g *generator) progress(phase string) Progress {
	return Progress{
		Phase: phase, Iterations: g.work.Iterations, Bound: g.bestBound() / g.scale,
		Cost: float64(g.cost(g.incumbent.fills)), Left: total(g.incumbent.left),
	}
}
