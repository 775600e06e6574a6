package binpack

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// repair takes items out of a packing that left others unplaced, until no rule between domains
// or followers is broken by what is missing. A complete packing keeps every rule by construction.
func (s *solver) repair() {
	for changed := total(s.residual) > 0; changed; {
		changed = false
		for n := range s.p.Spreads {
			changed = s.repairSpread(&s.p.Spreads[n]) || changed
		}
		changed = s.repairFollows() || changed
	}
}

func total(v []int64) int64 {
	var n int64
	for _, x := range v {
		n += x
	}
	return n
}

// counts returns how many of the items lie in each domain.
func (s *solver) counts(items []int) []int64 {
	out := make([]int64, s.p.Domains)
	for _, f := range s.fills {
		for i, sh := range f.Items.Shapes {
			if slices.Contains(items, f.shapes[sh].Item) {
				out[s.p.Bins[f.Bin.Index].Domain] += f.Items.Counts[i] * f.Count
			}
		}
	}
	return out
}

func (s *solver) repairSpread(r *model.Spread) bool {
	have := s.counts(r.Items)
	if total(have) == 0 {
		return false
	}
	if len(r.Beside) > 0 {
		company := s.counts(r.Beside)
		for d, n := range have {
			if n > 0 && company[d] == 0 {
				return s.remove(r.Items, d, n)
			}
		}
	}
	if r.Skew == 0 {
		return false
	}
	placed := slices.Clone(have)
	for k, d := range r.Domains {
		if r.Base != nil {
			have[d] += r.Base[k]
		}
	}
	low, high := r.Domains[0], -1
	for _, d := range r.Domains {
		if have[d] < have[low] {
			low = d
		}
		if placed[d] > 0 && (high < 0 || have[d] > have[high]) {
			high = d
		}
	}
	if high < 0 {
		return false
	}
	over := have[high] - have[low] - r.Skew
	if over <= 0 {
		return false
	}
	return s.remove(r.Items, high, min(over, placed[high]))
}

// remove takes up to n of the items out of bins in domain d.
func (s *solver) remove(items []int, d int, n int64) bool {
	done := false
	for at := 0; at < len(s.fills) && n > 0; at++ {
		f := &s.fills[at]
		if s.p.Bins[f.Bin.Index].Domain != d {
			continue
		}
		for i, sh := range f.Items.Shapes {
			item := f.shapes[sh].Item
			if !slices.Contains(items, item) || n == 0 || f.Items.Counts[i] == 0 {
				continue
			}
			f = s.single(at)
			take := min(n, f.Items.Counts[i])
			f.Items.Counts[i] -= take
			s.residual[item] += take
			n -= take
			done = true
		}
	}
	s.sweep()
	return done
}

// single splits one bin off its group, with content of its own, and returns it in its place.
func (s *solver) single(at int) *filled {
	f := &s.fills[at]
	if f.Count > 1 {
		rest := *f
		rest.Count--
		s.fills = append(s.fills, rest)
		f = &s.fills[at]
		f.Count = 1
	}
	f.Items = knapsack.Content{Shapes: slices.Clone(f.Items.Shapes), Counts: slices.Clone(f.Items.Counts)}
	return f
}

// sweep drops zero counts and empty bins.
func (s *solver) sweep() {
	kept := s.fills[:0]
	for _, f := range s.fills {
		var c knapsack.Content
		for i, n := range f.Items.Counts {
			if n > 0 {
				c.Shapes, c.Counts = append(c.Shapes, f.Items.Shapes[i]), append(c.Counts, n)
			}
		}
		if f.Items = c; len(c.Shapes) > 0 {
			kept = append(kept, f)
		}
	}
	s.fills = kept
}

// repairFollows takes out followers whose leader is gone.
func (s *solver) repairFollows() bool {
	for _, r := range s.p.Follows {
		for at := range s.fills {
			alone, with := int64(0), slices.Contains(r.AnyOf, r.Item)
			for i, sh := range s.fills[at].Items.Shapes {
				item := s.fills[at].shapes[sh].Item
				with = with || slices.Contains(r.AnyOf, item)
				if item == r.Item {
					alone += s.fills[at].Items.Counts[i]
				}
			}
			if alone == 0 || with {
				continue
			}
			f := &s.fills[at]
			f.Items = knapsack.Content{Shapes: slices.Clone(f.Items.Shapes), Counts: slices.Clone(f.Items.Counts)}
			for i, sh := range f.Items.Shapes {
				if f.shapes[sh].Item == r.Item {
					s.residual[r.Item] += f.Items.Counts[i] * f.Count
					f.Items.Counts[i] = 0
				}
			}
			s.sweep()
			return true
		}
	}
	return false
}
