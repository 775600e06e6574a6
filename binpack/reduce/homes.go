package reduce

import "github.com/tenon-sh/tenon/binpack/model"

// home is how many copies of an item lie in each domain today, and what one of them saves there.
type home struct {
	count []int64 // nil: none
	saves float64 // the least of what they save
}

func homesOf(p *model.Problem) []home {
	out := make([]home, len(p.Items))
	for b := range p.Bins {
		for _, s := range p.Bins[b].Stays {
			h := &out[s.Item]
			if h.count == nil {
				h.count, h.saves = make([]int64, p.Domains), float64(s.Saves)
			}
			h.count[p.Bins[b].Domain] += s.Count * p.Bins[b].Max
			h.saves = min(h.saves, float64(s.Saves))
		}
	}
	return out
}

// saved is what n copies in domain d save.
func (h *home) saved(d int, n int64) float64 {
	if h.count == nil {
		return 0
	}
	return h.saves * float64(min(n, h.count[d]))
}

// marginal is what one more copy of item i costs in domain d, beside n that lie there.
func (e *expander) marginal(i, d int, n int64) float64 {
	h := &e.homes[i]
	return e.each[i][d] - h.saved(d, n+1) + h.saved(d, n)
}

// stays reports whether one more copy of item i in domain d, beside n, would lie there today and
// save at least as much as any other domain is cheaper.
func (e *expander) stays(i, d int, n int64) bool {
	h := &e.homes[i]
	if h.count == nil || n >= h.count[d] {
		return false
	}
	for x, open := range e.open[i] {
		if open && e.each[i][x] < e.each[i][d]-h.saves {
			return false
		}
	}
	return true
}
