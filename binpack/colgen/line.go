package colgen

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// lineTolerance is how much more than its price a content must be worth to count, in units of the
// dearest bin: what the simplex takes for zero.
const lineTolerance = 1e-9

// lineLayers is how many contents of each kind one round may add. With 10, 500 items of 312 sizes
// around two thirds of the bin took 404 rounds; with 1, 1,500 rounds were not enough.
const lineLayers = 10

// lineWork is how many cells of tables a part may fill before dives end and rounds add one content
// only: 2 to 8 s.
const lineWork = 4_000_000_000

// converge solves the relaxation over all contents where pricing is exact and cheap: where one
// dimension decides (knapsack.Line). There is no phase of rounding and none of proofs: each round
// prices every kind exactly, so each round's duals give the bound that they are worth.
func (g *generator) converge(m *simplex.Master) error {
	defer g.charges()
	worths := make([]float64, len(g.bins))
	var center prices
	for g.work.Iterations < g.Limits.Iterations && !g.ended() {
		if err := g.solve(m); err != nil {
			return err
		}
		g.work.Iterations++
		exact := g.prices(m)
		p, mixed := exact, center.pi != nil
		if mixed {
			p = mix(center, exact, smoothing)
		}
		before := g.best.Value
		n := g.lineRound(m, p, exact, worths)
		g.consider(p, worths)
		if g.best.Value > before || center.pi == nil {
			center = p
		}
		if n == 0 && mixed {
			n = g.lineRound(m, exact, exact, worths)
			g.consider(exact, worths)
			center = exact
		}
		g.report("columns")
		if n == 0 {
			return nil
		}
	}
	return nil
}

// lineRound prices every kind exactly at p and adds what also pays at the exact prices. Then it
// looks for contents of what these leave of the demand, and so on: they cover other shapes, and
// fewer rounds are needed.
func (g *generator) lineRound(m *simplex.Master, p, exact prices, worths []float64) int {
	n := 0
	for _, l := range g.lines {
		g.cells += l.Solve(p.pi, nil)
		for i, k := range l.Kinds {
			worths[k] = l.Worth(i)
		}
		var left []int64
		for range lineLayers {
			c, added := g.lineColumns(m, l, p, exact)
			n += added
			if added == 0 || g.cells > lineWork {
				break
			}
			if left == nil {
				left = slices.Clone(g.demand)
			}
			for j, s := range c.Shapes {
				left[s] = max(0, left[s]-c.Counts[j])
			}
			g.cells += l.Solve(p.pi, left)
		}
	}
	return n
}

// lineColumns adds the best content of each kind that pays, and returns what shapes they have, each
// as often as the content that has the most of it.
func (g *generator) lineColumns(m *simplex.Master, l *knapsack.Line, p, exact prices) (knapsack.Content, int) {
	n := 0
	used := make([]int64, len(g.Shapes))
	for i, k := range l.Kinds {
		if l.Worth(i) <= g.threshold(k, p)+lineTolerance {
			continue
		}
		c := l.Content(i)
		w := 0.0
		for j, s := range c.Shapes {
			w += float64(exact.pi[s] * float64(c.Counts[j]))
		}
		if w > g.threshold(k, exact)+lineTolerance && g.add(m, k, c) {
			n++
			for j, s := range c.Shapes {
				used[s] = max(used[s], c.Counts[j])
			}
		}
	}
	var all knapsack.Content
	for s, c := range used {
		if c > 0 {
			all.Shapes, all.Counts = append(all.Shapes, s), append(all.Counts, c)
		}
	}
	return all, n
}

// charges gives the best bound multipliers for its duals: with them the checker sees at a glance
// what most kinds are worth at most.
func (g *generator) charges() {
	g.best.Mu = make([][]float64, len(g.bins)) // the old ones may be those of the case above
	for k, bin := range g.bins {
		g.mu[k] = bin.Relax(g.best.Shapes).Mu
		g.best.Mu[k] = g.mu[k]
	}
}
