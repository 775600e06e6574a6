package pools

import (
	"cmp"
	"slices"
)

// openPools are pools for the workloads that may not be steered: one for each group of workloads that can share none,
// with the option that is cheapest for the group by itself. They are judged together in the end.
func (s *search) openPools(most int) []int32 {
	var rest []int
	for i := range s.sh.works {
		if s.sh.works[i].loose && s.sh.works[i].count > 0 && len(s.sh.candidates[i]) > 0 {
			rest = append(rest, i)
		}
	}
	slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(len(s.sh.candidates[a]), len(s.sh.candidates[b])) })
	var groups [][]int
	var options [][]int32
	for _, i := range rest {
		placed := false
		for g := range groups {
			var both []int32
			for _, o := range options[g] {
				if s.can[i][o] {
					both = append(both, o)
				}
			}
			if len(both) > 0 {
				groups[g], options[g], placed = append(groups[g], i), both, true
				break
			}
		}
		if !placed && len(groups) < most {
			groups, options = append(groups, []int{i}), append(options, s.sh.candidates[i])
		}
	}
	var out []int32
	for g := range groups {
		slices.Sort(groups[g])
		if p, ok := s.best(groups[g], options[g]); ok {
			out = append(out, p.option)
		}
	}
	return out
}
