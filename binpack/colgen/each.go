package colgen

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// Kinds of bins share nothing but the prices, so they are priced at once where the caller lends cores (Part.Each). Every
// result is put at its index and used in order: the same bytes come out on any number of cores.

// each calls do for every i < n.
func (g *generator) each(n int, do func(i int)) {
	if g.Each != nil && n > 1 {
		g.Each(n, do)
		return
	}
	for i := range n {
		do(i)
	}
}

// proofBatch is how many proofs are begun at once at least. Those behind the last that is used are thrown away and not
// counted, so it changes no result; more would waste more than they gain.
const proofBatch = 4

// A front is begun beside a cheaper one unless it took so many times the labels of that, or of a cheap one.
const (
	dearer     = 4
	cheapFront = 20_000
)

// overLittle is the part of its price by which the relaxation of a kind may exceed it for a proof to be hardly worth anything.
const overLittle = 1e-3

// proved is what is known of an offer.
type proved struct {
	verdict  knapsack.Verdict
	contents []knapsack.Content
	unreal   []int64            // what is worth the most as far as the relaxation of a front sees it, or nil
	ideal    []knapsack.Content // what only seems possible to a meeting, best first
	worth    float64            // what the bin's content is worth at most
	nodes    int64
	labels   int64 // of a front
	met      int64 // of which by meetings
	crowded  bool  // a meeting is no use
}

// effort says how hard to look at an offer.
type effort struct {
	branches int64 // of one proof
	width    int   // of a beam where branching is given up; 0: none
	labels   int64 // of a front; 0: none
	meeting  int64 // of a meeting, in branches; 0: none
}

// proving says what to decide.
type proving struct {
	p      prices
	offers []offer
	effort effort
	need   int // how many verdicts will be used at least
}

// frontLabels is how many of so many labels a front may take. Where the relaxation is hardly worth more than the price, a proof is
// hardly worth anything, and the longest.
func frontLabels(over float64, labels int64) int64 {
	if over < overLittle {
		return labels / 8
	}
	return labels
}

// decide looks for the best content of an offer's bin.
func (g *generator) decide(o offer, pi []float64, t float64, e effort) proved {
	bin := g.bins[o.k]
	if e.meeting > 0 && g.byMeeting(o.k) {
		return g.meet(o, pi, t, e)
	}
	v := proved{worth: o.rel.Value}
	if e.labels > 0 {
		v.verdict, v.contents, v.unreal, v.worth = bin.Front(pi, o.rel, t, frontLabels(o.over, e.labels))
		v.labels = bin.Labels()
	}
	if v.verdict == knapsack.Open && e.branches > 0 {
		var c knapsack.Content
		v.verdict, c, v.nodes = bin.Prove(pi, o.rel, t, g.branches(o.k, e.branches))
		v.contents = []knapsack.Content{c}
	}
	if v.verdict == knapsack.Open && e.width > 0 {
		v.contents = bin.Beam(pi, o.rel, t, e.width)
		if len(v.contents) > 0 {
			v.verdict = knapsack.Better
		}
	}
	return v
}

// batch is how many proofs are begun at once. A front that took many times as many labels as the first one last time is not
// begun before what is cheaper is known to be of no use.
func (g *generator) batch(w *proving) int {
	if g.Each == nil {
		return 1
	}
	n := min(max(proofBatch, w.need), len(w.offers))
	if w.effort.labels > 0 {
		for i, o := range w.offers[1:n] {
			if g.labels[o.k] > dearer*max(g.labels[w.offers[0].k], cheapFront) {
				return i + 1
			}
		}
	}
	return n
}

// byLabels puts those offers first whose last front took the fewest labels, then those that exceed their price the most. One success
// is enough for a round, and a dear proof would mostly be one more of what was proven in the round before.
func (g *generator) byLabels(offers []offer) {
	slices.SortStableFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(g.labels[a.k], g.labels[b.k]), cmp.Compare(b.over, a.over))
	})
}

// prove branches on offers in their order, and gives each verdict with its threshold to use, until that wants no more: it
// returns how many it will use at least.
func (g *generator) prove(w proving, use func(o offer, t float64, v proved) int) {
	for len(w.offers) > 0 && w.need > 0 {
		now := w.offers[:g.batch(&w)]
		w.offers = w.offers[len(now):]
		threshold := func(o offer) float64 { return g.tolerated(o.k, g.threshold(o.k, w.p), g.slackOf(o.k)) }
		out, limits, meets := make([]proved, len(now)), make([]float64, len(now)), make([]bool, len(now))
		for i, o := range now {
			limits[i], meets[i] = threshold(o), g.byMeeting(o.k)
		}
		g.each(len(now), func(i int) {
			out[i] = g.decide(now[i], g.worthsIn(now[i].k, w.p), limits[i], w.effort)
		})
		for i, v := range out {
			if meets[i] && !g.byMeeting(now[i].k) { // the budget was spent by those before it
				limits[i] = threshold(now[i])
				v = g.decide(now[i], g.worthsIn(now[i].k, w.p), limits[i], w.effort)
			}
			g.work.Branches += v.nodes
			g.met += v.met
			if v.labels > 0 {
				g.labels[now[i].k] = v.labels
			}
			g.crowded[now[i].k] = g.crowded[now[i].k] || v.crowded
			if w.need = use(now[i], limits[i], v); w.need == 0 {
				return
			}
		}
	}
}
