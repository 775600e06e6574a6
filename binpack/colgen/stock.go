package colgen

import (
	"maps"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// stock is what is left of bins with a Max and of budgets.
type stock struct {
	p       *model.Problem
	left    map[int]int64 // by problem bin
	budgets []int64
}

func newStock(p *model.Problem) *stock {
	s := &stock{p: p, left: map[int]int64{}, budgets: slices.Clone(p.Budgets)}
	for b := range p.Bins {
		if p.Bins[b].Max > 0 {
			s.left[b] = p.Bins[b].Max
		}
	}
	return s
}

// most returns how many more bins of kind b may be had, at most n.
func (s *stock) most(b int, n int64) int64 {
	if left, ok := s.left[b]; ok {
		n = min(n, left)
	}
	for _, u := range s.p.Bins[b].Uses {
		if u.Amount > 0 {
			n = min(n, s.budgets[u.Budget]/u.Amount)
		}
	}
	return n
}

// take removes n bins of kind b; a negative n puts them back.
func (s *stock) take(b int, n int64) {
	if _, ok := s.left[b]; ok {
		s.left[b] -= n
	}
	for _, u := range s.p.Bins[b].Uses {
		s.budgets[u.Budget] -= u.Amount * n
	}
}

// sized is a bin kind that content may be moved to, with a room of its own.
type sized struct {
	bin  *knapsack.Bin
	room *knapsack.Room
}

// catalogue lists the kinds for right-sizing: ascending by price, then in the problem's order,
// so that of equally cheap kinds the caller's first choice (an existing node) wins.
func (g *generator) catalogue() []sized {
	var out []sized
	for k := range g.bins {
		out = append(out, sized{g.bins[k], g.rooms[k]})
	}
	slices.SortFunc(out, func(x, y sized) int {
		a, b := &g.Problem.Bins[x.bin.Index], &g.Problem.Bins[y.bin.Index]
		if a.Price != b.Price {
			return int(min(max(a.Price-b.Price, -1), 1))
		}
		return x.bin.Index - y.bin.Index
	})
	return out
}

// cheapest returns the first kind of the catalogue that holds the content and is in stock, before
// kind `than`; than itself if there is none.
func (g *generator) cheapest(c knapsack.Content, than *knapsack.Bin, st *stock) *knapsack.Bin {
	if len(g.homes) > 0 {
		return g.cheapestAtHome(c, than, st)
	}
	for _, s := range g.list {
		if s.bin == than {
			return than
		}
		if st.most(s.bin.Index, 1) > 0 && s.bin.Holds(c, s.room) {
			return s.bin
		}
	}
	return than
}

// rightSize moves every bin's content to the cheapest kind that holds it, as far as the stock goes.
func (g *generator) rightSize(fills []Filled, st *stock) []Filled {
	var out []Filled
	for _, f := range fills {
		for f.Count > 0 {
			st.take(f.Bin.Index, -f.Count)
			k := g.cheapest(f.Items, f.Bin, st)
			n := st.most(k.Index, f.Count)
			st.take(k.Index, n)
			if rest := f.Count - n; n <= 0 || st.most(f.Bin.Index, rest) < rest {
				st.take(k.Index, -n) // the cheaper kind takes more of a budget than there is
				k, n = f.Bin, f.Count
				st.take(k.Index, n)
			}
			out = append(out, Filled{Bin: k, Count: n, Items: f.Items})
			f.Count -= n
			st.take(f.Bin.Index, f.Count)
		}
	}
	return out
}

// cost is what fills cost, and all moves out of bins of today beside.
func (g *generator) cost(fills []Filled) int64 {
	sum := g.movesCost
	for _, f := range fills {
		sum += g.net(f.Bin, f.Items) * f.Count
	}
	return sum
}

// net is what a bin costs with a content, less what that saves by staying.
func (g *generator) net(bin *knapsack.Bin, c knapsack.Content) int64 {
	return g.Problem.Bins[bin.Index].Price - bin.Saved(c)
}

func (s *stock) clone() *stock {
	return &stock{p: s.p, left: maps.Clone(s.left), budgets: slices.Clone(s.budgets)}
}
