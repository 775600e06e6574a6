package colgen

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Bins in which something lies today (homes) are kinds of their own: what stays makes their columns
// cheaper, perhaps cheaper than nothing. All costs and bounds of a part count what it costs to move
// everything out of its homes, less what stays, so that none is negative.

// staying is what one bin saves if all that lies in it stays.
func staying(bin *model.Bin) int64 {
	sum := int64(0)
	for _, s := range bin.Stays {
		sum += s.Count * s.Saves
	}
	return sum
}

// stayHome finds the homes and makes the first bound: where nothing else is worth anything, a home
// is still worth what it saves beyond its price.
func (g *generator) stayHome() {
	g.homesOf, g.homeAt = make([][]int, len(g.Shapes)), map[*knapsack.Bin]int{}
	for k, bin := range g.bins {
		g.movesCost += knapsack.AllMoves(g.kind(k))
		if !bin.Stays() {
			continue
		}
		g.homes = append(g.homes, k)
		g.homeAt[bin] = k
		for _, s := range bin.Global(bin.Home()).Shapes {
			g.homesOf[s] = append(g.homesOf[s], k)
		}
		g.savedMost = max(g.savedMost, staying(g.kind(k)))
		g.best.Max[k] = max(0, bin.SavedMost()-g.price(k))
		g.best.Value -= float64(g.best.Max[k] * float64(g.kind(k).Max))
	}
	g.moves = float64(float64(g.movesCost) * g.scale)
	g.best.Value += g.moves
}

// today packs with everything where it lies now, as far as there is so much of it; the rest goes
// beside it, and into the bins that are worth the most for it.
func (g *generator) today() attempt {
	a := attempt{left: slices.Clone(g.demand), st: newStock(g.Problem)}
	for _, k := range g.homes {
		bin := g.bins[k]
		for a.st.most(bin.Index, 1) > 0 {
			bin.Limit(a.left)
			c := bin.KeepHome(g.rooms[k])
			if len(c.Shapes) == 0 {
				break
			}
			a.fills = append(a.fills, g.commit(candidate{k: k, content: c}, a.left, a.st))
		}
	}
	a.fills = g.insert(a.fills, a.left)
	a.fills = append(a.fills, g.greedy(g.all(), a.left, g.firstPrices(), a.st)...)
	g.unlimit()
	a.fills = g.rightSize(a.fills, a.st)
	return a
}

// cheapestAtHome is cheapest where what a content saves depends on the bin.
func (g *generator) cheapestAtHome(c knapsack.Content, than *knapsack.Bin, st *stock) *knapsack.Bin {
	best, least, behind := than, g.net(than, c), false
	for _, s := range g.list {
		if g.Problem.Bins[s.bin.Index].Price-g.savedMost > least {
			break
		}
		if s.bin == than {
			behind = true
			continue
		}
		if n := g.net(s.bin, c); n > least || n == least && (behind || best != than) {
			continue
		}
		if st.most(s.bin.Index, 1) > 0 && s.bin.Holds(c, s.room) {
			best, least = s.bin, g.net(s.bin, c)
		}
	}
	return best
}

// newKinds lists the kinds that are no homes.
func (g *generator) newKinds() []int {
	return slices.DeleteFunc(g.all(), func(k int) bool { return g.bins[k].Stays() })
}

// homesTried is how many homes a rebuild considers for each shape that it packs again, beside those
// that it has taken apart.
const homesTried = 2

// withHomes returns the kinds that a rebuild considers: those chosen for all, the homes that were
// taken apart, and some of those that what was in them came from.
func (s *searcher) withHomes(residual []int64, removed []Filled) []int {
	if len(s.g.homes) == 0 {
		return s.kinds
	}
	var more []int
	for _, f := range removed {
		if k, ok := s.g.homeAt[f.Bin]; ok {
			more = append(more, k)
		}
	}
	for sh, n := range residual {
		of := s.g.homesOf[sh]
		if n == 0 || len(of) == 0 {
			continue
		}
		for range homesTried {
			more = append(more, of[s.rng.IntN(len(of))])
		}
	}
	slices.Sort(more)
	return slices.Concat(s.kinds, slices.Compact(more))
}

// homeBranches is the least number of branches that the proof of a home may take.
const homeBranches = 1000

// branches is how many of so many the proof of kind k may take. Homes are many, alike, and each is one bin or a few: they
// share what one kind may take, and what is not proven of them costs no more than their own ν.
func (g *generator) branches(k int, most int64) int64 {
	if !g.bins[k].Stays() {
		return most
	}
	return min(most, max(homeBranches, g.Limits.Branches/int64(len(g.homes))))
}
