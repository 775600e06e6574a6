package colgen

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// attempt is a packing with what it leaves out.
type attempt struct {
	fills []Filled
	left  []int64 // by shape
	st    *stock
}

// better returns the attempt that leaves out less of the highest rank, then of the next, and so
// on; the cheaper one where they leave out as much; the first where they are equal.
func (g *generator) better(a, b attempt) attempt {
	a.fills, b.fills = g.insert(a.fills, a.left), g.insert(b.fills, b.left)
	x, y := g.leftByRank(a.left), g.leftByRank(b.left)
	if cmp.Or(slices.Compare(x, y), cmp.Compare(g.cost(a.fills), g.cost(b.fills))) > 0 {
		return b
	}
	return a
}

// leftByRank adds up what is left of each rank, the highest first.
func (g *generator) leftByRank(left []int64) []int64 {
	sum := map[int64]int64{}
	for s, n := range left {
		sum[-g.Problem.Items[g.Shapes[s].Item].Rank] += n
	}
	var out []int64
	for _, rank := range slices.Sorted(maps.Keys(sum)) {
		out = append(out, sum[rank])
	}
	return out
}

// ranked reports whether the part's shapes differ in rank.
func (g *generator) ranked() bool {
	return len(g.leftByRank(make([]int64, len(g.Shapes)))) > 1
}

// rankWeight is how much more an item of the next rank is worth where not everything fits: more
// than anything of a lower rank that it could push out of a bin.
const rankWeight = 1e4

// byRank packs by value with prices that grow with rank, so that bins which are scarce fill with
// what must not be left out.
func (g *generator) byRank() attempt {
	ranks := map[int64]int{}
	for _, s := range g.Shapes {
		ranks[g.Problem.Items[s.Item].Rank] = 0
	}
	for n, rank := range slices.Sorted(maps.Keys(ranks)) {
		ranks[rank] = n
	}
	pi := g.firstPrices()
	for s, sh := range g.Shapes {
		up := min(ranks[g.Problem.Items[sh.Item].Rank], 40)
		pi[s] = max(pi[s], 1e-9) * math.Pow(rankWeight, float64(up))
	}
	a := attempt{left: slices.Clone(g.demand), st: newStock(g.Problem)}
	a.fills = g.rightSize(g.greedy(g.all(), a.left, pi, a.st), a.st)
	g.unlimit()
	return a
}
