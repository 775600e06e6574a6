package pools

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// carriers says for each workload, by kind, how many of its pods the packing puts there on nodes that do not stay.
func (sh *shop) carriers(plan *planner.Plan) []map[int32]int64 {
	at, kindAt := sh.worksByName(), sh.kindsByName()
	out := make([]map[int32]int64, len(sh.works))
	for i := range out {
		out[i] = map[int32]int64{}
	}
	for n := range plan.Nodes {
		node := &plan.Nodes[n]
		k, ok := kindAt[[2]string{node.Pool, node.InstanceType}]
		if !ok || node.Held {
			continue
		}
		for _, p := range node.Pods {
			if i, ok := at[p.Workload]; ok {
				out[i][k] += p.Count * node.Count
			}
		}
	}
	return out
}

func (sh *shop) worksByName() map[string]int {
	at := map[string]int{}
	for i := range sh.s.Workloads {
		at[lower.WorkloadName(sh.s.Workloads[i])] = i
	}
	return at
}

func (sh *shop) kindsByName() map[[2]string]int32 {
	at := map[[2]string]int32{}
	for k := range sh.kinds {
		at[[2]string{sh.kinds[k].base, sh.kinds[k].name}] = int32(k)
	}
	return at
}

// nodesOf says of how many nodes of each kind the packing is, without those that stay.
func (sh *shop) nodesOf(plan *planner.Plan) []int64 {
	out := make([]int64, len(sh.kinds))
	for k := range sh.kinds {
		for n := range plan.Nodes {
			if node := &plan.Nodes[n]; !node.Held && node.Pool == sh.kinds[k].base && node.InstanceType == sh.kinds[k].name {
				out[k] += node.Count
			}
		}
	}
	return out
}

// mostly is the kind that carries most of a workload; false where none does.
func mostly(counts map[int32]int64) (int32, bool) {
	best, found := int32(0), false
	for k, n := range counts {
		if !found || n > counts[best] || n == counts[best] && k < best {
			best, found = k, true
		}
	}
	return best, found
}

// prepare makes options and candidates, and keeps only the options that are somebody's candidate.
func (sh *shop) prepare(carriers []map[int32]int64) (can [][]bool) {
	sh.stockOptions()
	used := map[string]bool{}
	for _, counts := range carriers {
		for k := range counts {
			used[sh.kinds[k].family()] = true
		}
	}
	sh.chooseCandidates(used)
	keep := make([]int32, len(sh.options))
	for _, list := range sh.candidates {
		for _, o := range list {
			keep[o] = 1
		}
	}
	var options []option
	for o := range sh.options {
		if keep[o] == 1 {
			keep[o] = int32(len(options))
			options = append(options, sh.options[o])
		}
	}
	sh.options = options
	can = make([][]bool, len(sh.works))
	for i, list := range sh.candidates {
		for at := range list {
			list[at] = keep[list[at]]
		}
		can[i] = make([]bool, len(options))
		for o := range options {
			can[i][o] = sh.may(&sh.works[i], &options[o]) != 0
		}
	}
	return can
}

// begin is the draft that follows the packing: a pool for each kind of node, with the workloads that lie there most.
func (s *search) begin(carriers []map[int32]int64) *draft {
	sh := s.sh
	d := &draft{of: make([][]int, len(sh.works))}
	byOption := map[int32][]int{}
	for i := range sh.works {
		if all := s.owner[i]; len(all) > 0 && all[0] == i {
			if o, ok := s.first(all, carriers); ok {
				byOption[o] = append(byOption[o], all...)
			} else {
				s.release(all)
			}
		}
	}
	var plots []plot
	for o := range sh.options {
		if works := byOption[int32(o)]; len(works) > 0 {
			slices.Sort(works)
			plots = append(plots, fresh(int32(o), works))
		}
	}
	d.take(plots)
	return d
}

// first is the option with which workloads of one owner begin: that of the kind that carries most of the largest of
// them, else the one that is the cheapest for that alone; false where none serves all.
func (s *search) first(all []int, carriers []map[int32]int64) (int32, bool) {
	sh := s.sh
	i := slices.MaxFunc(all, func(a, b int) int { return cmp.Compare(sh.works[a].count, sh.works[b].count) })
	k, known := mostly(carriers[i])
	var serve []int32
	best, found := int32(-1), false
	for _, o := range sh.candidates[i] {
		if !s.fit(o, all) {
			continue
		}
		serve = append(serve, o)
		if known && sh.options[o].kind == k && (!found || sh.options[o].replicas > sh.options[best].replicas) {
			best, found = o, true
		}
	}
	if found || len(serve) == 0 {
		return best, found
	}
	return slices.MinFunc(serve, func(a, b int32) int {
		return cmp.Or(cmp.Compare(sh.share(&sh.works[i], &sh.options[a]), sh.share(&sh.works[i], &sh.options[b])), cmp.Compare(a, b))
	}), true
}

// release leaves workloads of one owner unsteered.
func (s *search) release(all []int) {
	for _, i := range all {
		s.sh.works[i].loose = true
	}
}

// owners lists for each workload those of its owner that have pods; none where one of them may not be steered.
func (sh *shop) owners() [][]int {
	by := map[planner.Ref][]int{}
	for i := range sh.works {
		if sh.works[i].count > 0 {
			by[sh.s.Workloads[i].Ref] = append(by[sh.s.Workloads[i].Ref], i)
		}
	}
	out := make([][]int, len(sh.works))
	for i := range out {
		all := by[sh.s.Workloads[i].Ref]
		if sh.works[i].count > 0 && !slices.ContainsFunc(all, func(k int) bool { return sh.works[k].loose }) {
			out[i] = all
		}
	}
	for i := range out {
		sh.works[i].loose = sh.works[i].loose || out[i] == nil
	}
	return out
}

// shrink merges pools two by two, those first where it costs the least, until there are as few as asked. Where no two can be
// merged the pools that cost the least are given up: their workloads stay with today's NodePools.
func (s *search) shrink(d *draft, most int) *draft {
	d = s.apart(d)
	type pair struct {
		loss float64
		both plot
		ok   bool
	}
	pairs := map[[2]int]pair{} // by first workload of both, which stays the same as long as both do
	for len(d.plots) > max(most, 0) {
		var best pair
		var a, b int
		for i := range d.plots {
			for k := i + 1; k < len(d.plots); k++ {
				p, q := &d.plots[i], &d.plots[k]
				key := [2]int{p.works[0]*len(d.of) + len(p.works), q.works[0]*len(d.of) + len(q.works)}
				now, seen := pairs[key]
				if !seen {
					now.both, now.ok = s.best(with(p.works, q.works...), s.tries(p, q))
					now.loss = s.score(&now.both) - s.score(p) - s.score(q)
					pairs[key] = now
				}
				if now.ok && (!best.ok || now.loss < best.loss) {
					best, a, b = now, i, k
				}
			}
		}
		if !best.ok {
			least := 0
			for i := range d.plots {
				if s.score(&d.plots[i]) < s.score(&d.plots[least]) {
					least = i
				}
			}
			d.take(edited(d.plots, []edit{{least, plot{}}}))
			continue
		}
		d.take(edited(d.plots, []edit{{a, best.both}, {b, plot{}}}))
	}
	return d
}

// tries are the options that a merged pool is tried with.
func (s *search) tries(p, q *plot) []int32 {
	out := []int32{p.option, q.option}
	const more = 4 // chosen
	for range more {
		if o, ok := s.pick(p.works[s.dice.IntN(len(p.works))]); ok {
			out = append(out, o)
		}
		if o, ok := s.pick(q.works[s.dice.IntN(len(q.works))]); ok {
			out = append(out, o)
		}
	}
	return out
}
