package firstfit

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// stock is what is left of bins with a Max and of budgets.
type stock struct {
	p       *model.Problem
	bins    []int64 // by bin kind; without a Max it means nothing
	budgets []int64
}

func newStock(p *model.Problem) stock {
	s := stock{p: p, budgets: slices.Clone(p.Budgets)}
	for b := range p.Bins {
		s.bins = append(s.bins, p.Bins[b].Max)
	}
	return s
}

func (s stock) clone() stock {
	return stock{p: s.p, bins: slices.Clone(s.bins), budgets: slices.Clone(s.budgets)}
}

// most returns how many more bins of kind b may be had, at most n.
func (s stock) most(b int, n int64) int64 {
	if s.p.Bins[b].Max > 0 {
		n = min(n, s.bins[b])
	}
	for _, u := range s.p.Bins[b].Uses {
		if u.Amount > 0 {
			n = min(n, s.budgets[u.Budget]/u.Amount)
		}
	}
	return max(n, 0)
}

// take removes n bins of kind b; a negative n puts them back.
func (s stock) take(b int, n int64) {
	s.bins[b] -= n
	for _, u := range s.p.Bins[b].Uses {
		s.budgets[u.Budget] -= u.Amount * n
	}
}

// tradable returns how many bins of kind a, at most n, can be given back for as many of kind b.
func (s stock) tradable(a, b int, n int64) int64 {
	if s.p.Bins[b].Max > 0 {
		n = min(n, s.bins[b])
	}
	for _, u := range s.p.Bins[b].Uses {
		if more := u.Amount - use(s.p.Bins[a].Uses, u.Budget); more > 0 {
			n = min(n, s.budgets[u.Budget]/more)
		}
	}
	return max(n, 0)
}

func use(uses []model.Use, budget int) int64 {
	for _, u := range uses {
		if u.Budget == budget {
			return u.Amount
		}
	}
	return 0
}
