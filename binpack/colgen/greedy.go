package colgen

import (
	"container/heap"
	"math"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// candidate is a bin kind with the content that greedy would give it.
type candidate struct {
	k       int
	content knapsack.Content // local
	ratio   float64          // worth for price
}

type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].ratio != q[j].ratio {
		return q[i].ratio > q[j].ratio
	}
	return q[i].k < q[j].k
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// greedy places the residual by value: at prices pi it opens, again and again, the kind of bin
// whose content is worth the most for its price. Ratios only fall as the residual shrinks, so a
// kind is looked at again only when it comes up (a lazy heap). It stops when nothing fits or
// the stock is empty; residual then holds what is left.
func (g *generator) greedy(kinds []int, residual []int64, pi []float64, st *stock) []Filled {
	q := g.evaluateAll(kinds, residual, pi, st)
	heap.Init(&q)
	var out []Filled
	for len(q) > 0 {
		c, ok := g.evaluate(q[0].k, residual, pi, st, false)
		if !ok {
			heap.Pop(&q)
			continue
		}
		q[0] = c
		heap.Fix(&q, 0)
		if q[0].k != c.k {
			continue
		}
		f := g.commit(c, residual, st)
		if f.Count <= 0 {
			heap.Pop(&q)
			continue
		}
		out = append(out, f)
	}
	return out
}

// evaluateAll evaluates kinds for the first time.
func (g *generator) evaluateAll(kinds []int, residual []int64, pi []float64, st *stock) queue {
	q := make(queue, 0, len(kinds))
	for _, k := range kinds {
		if c, ok := g.evaluate(k, residual, pi, st, true); ok {
			q = append(q, c)
		}
	}
	return q
}

// evaluate says what greedy would put into a kind; anew if the kind was not evaluated at these prices yet.
func (g *generator) evaluate(k int, residual []int64, pi []float64, st *stock, anew bool) (c candidate, ok bool) {
	bin := g.bins[k]
	if st.most(bin.Index, 1) <= 0 {
		return candidate{}, false
	}
	bin.Limit(residual)
	c = candidate{k: k, ratio: math.Inf(1)}
	worth, saved := 0.0, 0.0
	if anew {
		c.content, worth = bin.Greedy(pi, g.multipliers(k), g.rooms[k])
	} else {
		c.content, worth = bin.GreedyAgain(pi, g.rooms[k])
	}
	if bin.Stays() {
		saved = bin.SavedBy(bin.Global(c.content).Shapes, floats(c.content.Counts))
	}
	if p := g.price(k) - saved; p > 0 {
		c.ratio = (worth - saved) / p
	}
	return c, len(c.content.Shapes) > 0
}

// multipliers returns the last multipliers of a kind, or even ones.
func (g *generator) multipliers(k int) []float64 {
	if g.mu[k] == nil {
		g.mu[k] = g.bins[k].Even()
	}
	return g.mu[k]
}

func (g *generator) commit(c candidate, residual []int64, st *stock) Filled {
	items := g.bins[c.k].Global(c.content)
	n := int64(math.MaxInt64)
	for i, s := range items.Shapes {
		n = min(n, residual[s]/items.Counts[i])
	}
	n = st.most(g.Bins[c.k], n)
	if n <= 0 {
		return Filled{}
	}
	for i, s := range items.Shapes {
		residual[s] -= items.Counts[i] * n
	}
	st.take(g.Bins[c.k], n)
	return Filled{Bin: g.bins[c.k], Count: n, Items: items}
}

// firstPrices guesses prices before any master is solved: what a bin full of nothing else costs each.
func (g *generator) firstPrices() []float64 {
	pi := make([]float64, len(g.Shapes))
	for k, bin := range g.bins {
		for l, s := range bin.Shapes {
			v := max(g.price(k), 1e-9) / float64(bin.Upper[l])
			if pi[s] == 0 || v < pi[s] {
				pi[s] = v
			}
		}
	}
	return pi
}
