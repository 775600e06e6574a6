package colgen

import (
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

const (
	// meetBudget bounds the work of all meetings of a part, in Limits.Branches.
	meetBudget = 9
	// shortBranches are those of the search before a meeting: it settles most bins, and keeps every rule.
	shortBranches = 2000
	shortMeeting  = 4 // the part of Limits.Branches that a meeting may take at first
	longMeeting   = 1 // how many times Limits.Branches it may take where nothing else is left to do
	// firstSlack is how far the content of a bin that is decided by meetings may exceed its price at first. The excess that a
	// meeting looks through is smaller by that. Once no bin exceeds it the bound is that near to the master's value,
	// and the slack becomes slackStep times less.
	firstSlack = 3e-3
	slackStep  = 2
	// nearHopeless is how much more than its price the content of an undecided bin may be worth for the bin to be left
	// as it is: a relaxed bin with eight cards costs the bound more.
	nearHopeless = 0.015
)

// byMeeting reports whether kind k is decided by meetings: it has cards of which a meeting sees what they hold, and meetings were of use so
// far. Where slices are charged at their multipliers they cannot be settled.
func (g *generator) byMeeting(k int) bool {
	return g.bins[k].Meets() && !g.crowded[k] && g.met <= g.Limits.Branches*meetBudget
}

// slackOf is how far the content of kind k may exceed its price now.
func (g *generator) slackOf(k int) float64 {
	if g.byMeeting(k) {
		return max(g.slack, slackTarget)
	}
	return slackTarget
}

// tighten lessens the slack of meetings, and reports whether they are to go on.
func (g *generator) tighten() bool {
	if g.slack <= slackTarget || g.met > g.Limits.Branches*meetBudget {
		return false
	}
	g.slack /= slackStep
	return true
}

// spent reports whether meetings have no work left, and their bound is as near as a stage brings it: fractions would not raise it any more.
func (g *generator) spent() bool {
	return g.slack < firstSlack && g.met > g.Limits.Branches*meetBudget
}

// meet decides an offer of a bin with cards.
func (g *generator) meet(o offer, pi []float64, t float64, e effort) proved {
	bin := g.bins[o.k]
	verdict, c, nodes := bin.Prove(pi, o.rel, t, min(g.Limits.Branches, shortBranches))
	v := proved{verdict: verdict, worth: o.rel.Value, nodes: nodes}
	if verdict == knapsack.Proven {
		return v
	}
	met := bin.Meet(pi, o.rel, t, e.meeting)
	v.nodes += met.Work
	v.met = max(1, met.Work)
	if met.Crowded {
		v.crowded = true
		e.meeting = 0
		more := g.decide(o, pi, t, e)
		more.nodes, more.met, more.crowded = more.nodes+v.nodes, v.met, true
		return more
	}
	v.worth, v.contents, v.ideal = met.Most, met.Real, met.Ideal
	switch {
	case met.Verdict != knapsack.Open:
		v.verdict = met.Verdict
	case verdict == knapsack.Better:
		v.contents = []knapsack.Content{c}
	case e.labels > 0:
		verdict, c, nodes = bin.Prove(pi, o.rel, t, e.branches)
		v.verdict, v.contents, v.nodes = verdict, []knapsack.Content{c}, v.nodes+nodes
	}
	return v
}

// giveUp puts what an undecided bin may be worth the most with into the master, real or not, and returns how many columns
// that were.
func (g *generator) giveUp(m *simplex.Master, w proving, o offer, v proved) int {
	p := w.p
	if n := g.addIdeals(m, o.k, v.ideal); n > 0 {
		return n
	}
	if v.met > 0 && v.worth <= g.threshold(o.k, p)*(1+nearHopeless) {
		return 0
	}
	if v.unreal != nil {
		worth, pi := 0.0, g.worthsIn(o.k, p)
		for l, n := range v.unreal {
			worth += float64(pi[g.bins[o.k].Shapes[l]] * float64(n))
		}
		if worth > g.tolerated(o.k, g.threshold(o.k, p), slackTarget) { // it may owe what it is worth to cards and dimensions that it leaves empty
			g.addFraction(m, o.k, floats(v.unreal))
			return 1
		}
	}
	if o.over > overLittle {
		g.open[o.k]++
		for _, twin := range g.twinsOf(o.k) { // it would be given up for the same reason
			g.open[twin]++
		}
	}
	g.addFraction(m, o.k, o.rel.X)
	return 1
}

// addIdeals puts contents that only seem possible into the master, for the bound alone, and returns how many were new.
func (g *generator) addIdeals(m *simplex.Master, k int, contents []knapsack.Content) int {
	added := 0
	for _, c := range contents {
		content := g.bins[k].Global(c)
		key := "ideal" + patternKey(k, content)
		if g.seen[key] {
			continue
		}
		g.seen[key] = true
		col := column{bin: k, content: content, vals: floats(content.Counts), fraction: true}
		g.cols = append(g.cols, col)
		m.Add(g.entry(col))
		g.work.Columns++
		added++
	}
	return added
}
