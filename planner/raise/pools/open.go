package pools

import (
	"cmp"
	"math"
	"slices"
)

// openGroup is workloads that share an open pool, the options that serve all of them, and the best of these.
type openGroup struct {
	works   []int
	options []int32
	plot    plot
}

// ownGroup is how many times what a workload costs alone it may cost a group that it joins. Chosen: whoever may not be steered takes the first
// open pool that has room, so that groups are kept few; and MIG slices do not drag whole cards onto eight-card machines.
const ownGroup = 2

// openPools are pools for the workloads that may not be steered, each with the option that is cheapest for its workloads by
// themselves. A workload joins the group where it costs the least more, and begins one of its own where that would
// be ownGroup times what it costs alone and there may be more. They are judged together in the end.
func (s *search) openPools(most int) []plot {
	var rest []int
	for i := range s.sh.works {
		if s.sh.works[i].loose && s.sh.works[i].count > 0 && len(s.sh.candidates[i]) > 0 {
			rest = append(rest, i)
		}
	}
	slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(len(s.sh.candidates[a]), len(s.sh.candidates[b])) })
	var groups []openGroup
	for _, i := range rest {
		at, found := len(groups), openGroup{}
		least := math.Inf(1)
		if p, ok := s.best([]int{i}, s.sh.candidates[i]); ok && len(groups) < most {
			found, least = openGroup{[]int{i}, s.sh.candidates[i], p}, ownGroup*s.score(&p)
		}
		for g := range groups {
			if joined, ok := s.join(&groups[g], i); ok {
				if more := s.score(&joined.plot) - s.score(&groups[g].plot); more < least {
					at, found, least = g, joined, more
				}
			}
		}
		switch {
		case len(found.works) == 0: // today's NodePools take it
		case at == len(groups):
			groups = append(groups, found)
		default:
			groups[at] = found
		}
	}
	var out []plot
	for g := range groups {
		p := groups[g].plot
		p.cut = s.stand(&p).cut // for those that it is meant for: of all that may come, some would make the cut void
		out = append(out, keyed(p))
	}
	return out
}

// join is a group with one workload more; false where no option serves all.
func (s *search) join(g *openGroup, i int) (openGroup, bool) {
	out := openGroup{works: append(slices.Clone(g.works), i)}
	for _, o := range g.options {
		if s.can[i][o] {
			out.options = append(out.options, o)
		}
	}
	slices.Sort(out.works)
	var ok bool
	out.plot, ok = s.best(out.works, out.options)
	return out, ok
}
