package colgen

import "github.com/tenon-sh/tenon/binpack/knapsack"

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

// proved is what Prove said of an offer.
type proved struct {
	verdict knapsack.Verdict
	content knapsack.Content
	nodes   int64
}

// proving says what to branch on.
type proving struct {
	p      prices
	offers []offer
	limit  int64 // branches of one proof
	need   int   // how many verdicts will be used at least
}

// prove branches on offers in their order, and gives each verdict with its threshold to use, until that wants no more: it
// returns how many it will use at least.
func (g *generator) prove(w proving, use func(o offer, t float64, v proved) int) {
	for len(w.offers) > 0 && w.need > 0 {
		batch := 1
		if g.Each != nil {
			batch = max(proofBatch, w.need)
		}
		now := w.offers[:min(batch, len(w.offers))]
		w.offers = w.offers[len(now):]
		threshold := func(o offer) float64 { return g.threshold(o.k, w.p) * (1 + slackTarget) }
		out := make([]proved, len(now))
		g.each(len(now), func(i int) {
			v := &out[i]
			v.verdict, v.content, v.nodes = g.bins[now[i].k].Prove(w.p.pi, now[i].rel, threshold(now[i]), w.limit)
		})
		for i, v := range out {
			g.work.Branches += v.nodes
			if w.need = use(now[i], threshold(now[i]), v); w.need == 0 {
				return
			}
		}
	}
}
