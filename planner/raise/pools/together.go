package pools

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// Pools that share workloads. Karpenter puts a pod on an open node of any of its pools, and else makes a node of the
// first of them by weight whose limit is not reached. So a pool may be limited to a number of nodes where all its
// workloads are also in a pool without a limit, which takes what is left over; and what fills up the nodes of one pool
// may have another one to go to when these are full.

// homes says where a workload is at home.
type homes struct {
	plot    int // the first
	option  int32
	stamp   int64 // of the look at a draft that this is from
	endless bool  // one of its plots has no limit, and nodes that hold a pod
	limited bool  // one of its plots has a limit
}

// sound reports whether plots are a design that can be: what shares a workload agrees on what its pods ask for, and a
// workload of a pool with a limit has one without, whose nodes hold its pods.
func (s *search) sound(plots []plot) bool {
	s.stamp++
	limited := false
	for at := range plots {
		p := &plots[at]
		limited = limited || p.most > 0
		for _, i := range p.works {
			h := &s.homes[i]
			if h.stamp != s.stamp {
				*h = homes{plot: at, option: p.option, stamp: s.stamp}
			} else if !s.agree(i, h.option, p.option) {
				return false
			}
			h.limited = h.limited || p.most > 0
			h.endless = h.endless || p.most == 0 && s.holds(p, i)
		}
	}
	for at := range plots {
		for _, i := range plots[at].works {
			if h := &s.homes[i]; limited && h.limited && !h.endless {
				return false
			}
		}
	}
	return true
}

// holds reports whether the nodes of a plot are cut so that a pod of one of its workloads fits.
func (s *search) holds(p *plot, i int) bool {
	op := &s.sh.options[p.option]
	return op.mode != sliced || s.cutHolds(i, p.option, s.stand(p).cut)
}

// agree reports whether a pod of a workload can be written once for both options: its template has one request, and their
// weights must leave room for an order of pools above those of the bases.
func (s *search) agree(i int, a, b int32) bool {
	sh := s.sh
	p, q, w := &sh.options[a], &sh.options[b], &sh.works[i]
	if max(sh.kinds[p.kind].weight, sh.kinds[q.kind].weight)+int32(s.most) > 100 {
		return false
	}
	u, v := s.use(i, a).need, s.use(i, b).need
	card := len(w.gpu.Slices) > 0 || w.gpu.Whole > 0 || w.gpu.ShareMilli > 0 || w.gpu.ByModel != nil
	return u != nil && v != nil && slices.Equal(u, v) && (!card || (p.mode == shared) == (q.mode == shared))
}

// components are plots by whom they share workloads with, each first by rank.
func (s *search) components(plots []plot) [][]*plot {
	s.stamp++
	s.lead = s.lead[:0]
	root := func(at int) int {
		for s.lead[at] != at {
			at = s.lead[at]
		}
		return at
	}
	joined := false
	for at := range plots {
		s.lead = append(s.lead, at)
		for _, i := range plots[at].works {
			if h := &s.homes[i]; h.stamp != s.stamp {
				h.stamp, h.plot = s.stamp, at
			} else if a, b := root(h.plot), root(at); a != b {
				s.lead[max(a, b)] = min(a, b)
				joined = true
			}
		}
	}
	out := make([][]*plot, 0, len(plots))
	if !joined {
		for at := range plots {
			out = append(out, []*plot{&plots[at]})
		}
		return out
	}
	place := make([]int, len(plots))
	for at := range plots {
		r := root(at)
		if r == at {
			place[at] = len(out)
			out = append(out, nil)
		}
		out[place[r]] = append(out[place[r]], &plots[at])
	}
	for _, c := range out {
		slices.SortStableFunc(c, func(a, b *plot) int { return cmp.Compare(b.rank, a.rank) })
	}
	return out
}

// apart is a draft in which each workload is in one pool, one without a limit.
func (s *search) apart(d *draft) *draft {
	d = d.clone()
	out := make([]plot, 0, len(d.plots))
	for at := range d.plots {
		p := d.plots[at]
		if p.most > 0 {
			continue
		}
		var works []int
		for _, i := range p.works {
			first := slices.IndexFunc(d.of[i], func(k int) bool { return d.plots[k].most == 0 })
			if d.of[i][first] == at {
				works = append(works, i)
			}
		}
		if len(works) > 0 {
			out = append(out, fresh(p.option, works))
		}
	}
	d.take(out)
	return d
}

// prune is a draft without the pools with a limit that are worth nothing.
func (s *search) prune(d *draft) *draft {
	d = d.clone()
	for at := len(d.plots) - 1; at >= 0; at-- {
		if d.plots[at].most == 0 {
			continue
		}
		if less := edited(d.plots, []edit{{at, plot{}}}); s.total(less) <= s.total(d.plots) {
			d.take(less)
		}
	}
	return d
}

// ranks is how many ranks there are. Chosen: enough that two seldom have the same.
const ranks = 1 << 20

// together is a random change of what pools share.
func (s *search) together(d *draft, from, i int) []edit {
	p := d.plots[from]
	switch s.dice.IntN(10) {
	case 0, 1:
		return s.share(d, from, i)
	case 2, 3:
		return s.head(d, from, i)
	case 4: // leave one of several pools
		if len(d.of[i]) < 2 {
			return nil
		}
		return []edit{{from, p.of(without(p.works, s.owner[i]...))}}
	case 5:
		p.rank = s.dice.Int32N(ranks)
		return []edit{{from, p}}
	case 6:
		if p.most == 0 {
			return nil
		}
		if p.most += int64(s.dice.IntN(2)*2 - 1); p.most == 0 {
			p.works = nil
		}
		return []edit{{from, keyed(p)}}
	case 7:
		return s.pair(d, from)
	case 8: // the cards as some nodes of the packing have them
		if models := s.models[s.sh.options[p.option].kind]; len(models) > 0 && s.sh.options[p.option].mode == sliced {
			p.cut = models[s.dice.IntN(len(models))].cut
			return []edit{{from, keyed(p)}}
		}
		return nil
	}
	return s.mimic(d, p.rank)
}

// share lets a workload use one more pool, as that is.
func (s *search) share(d *draft, from, i int) []edit {
	to := s.dice.IntN(len(d.plots))
	q := d.plots[to]
	if from == to || slices.Contains(d.of[i], to) || !s.fit(q.option, s.owner[i]) {
		return nil
	}
	q = q.of(with(q.works, s.owner[i]...))
	q.rank = s.dice.Int32N(ranks)
	return []edit{{to, q}}
}

// head opens a new pool with a limit before one, for some of its workloads. As many nodes are tried as the packing has of that
// kind, or by chance as many as the workloads would fill, or fewer.
func (s *search) head(d *draft, from, i int) []edit {
	p := &d.plots[from]
	o, ok := s.pick(i)
	if !ok || len(d.plots) >= s.most || p.most > 0 || !s.fit(o, s.owner[i]) {
		return nil
	}
	works := s.some(p.works, o, i)
	op := &s.sh.options[o]
	most := s.packed[op.kind]
	if most == 0 || s.dice.IntN(2) == 0 {
		var full float64
		for _, k := range works {
			full += s.sh.share(&s.sh.works[k], op) * float64(s.sh.works[k].count) / max(s.sh.kinds[op.kind].least.Float64(), 1e-6)
		}
		most = 1 + s.dice.Int64N(max(int64(min(full, 1e6)), 1))
	}
	return []edit{{len(d.plots), keyed(plot{option: o, works: works, most: most, rank: p.rank + 1 + s.dice.Int32N(ranks)})}}
}

// nodes are nodes of the packing that are alike.
type nodes struct {
	option int32 // with which a pool has such nodes
	n      int64
	works  []int
	cut    []int64 // of the cards of one; nil: they are whole
}

// learn lists the nodes of the packing, by kind, of which a pool can be made.
func (s *search) learn(plan *planner.Plan) {
	sh := s.sh
	s.models = make([][]nodes, len(sh.kinds))
	kindAt, at := sh.kindsByName(), sh.worksByName()
	for i := range plan.Nodes {
		node := &plan.Nodes[i]
		k, ok := kindAt[[2]string{node.Pool, node.InstanceType}]
		if !ok || node.Held {
			continue
		}
		m := nodes{option: -1, n: node.Count}
		kind := whole
		if slices.ContainsFunc(node.GPUs, func(g planner.PlanGPU) bool { return len(g.Layout) > 0 }) {
			kind, m.cut = sliced, make([]int64, len(sh.profiles)+1)
		}
		for _, g := range node.GPUs {
			for _, slice := range g.Layout {
				if p := slices.Index(sh.profiles, slice.Profile); p >= 0 {
					m.cut[p]++
				}
			}
		}
		for o := range sh.options {
			if op := &sh.options[o]; op.kind == k && op.mode == kind {
				m.option = int32(o)
			}
		}
		if m.option < 0 {
			continue
		}
		if m.cut != nil {
			if _, ok := sh.dealt(&sh.kinds[k], m.cut); !ok {
				continue
			}
			m.cut = sh.leave(&sh.options[m.option], m.cut)
		}
		for _, p := range node.Pods {
			if w, ok := at[p.Workload]; ok && len(s.owner[w]) > 0 && s.fit(m.option, s.owner[w]) {
				m.works = with(m.works, s.owner[w]...)
			}
		}
		if len(m.works) > 0 && m.n > 0 {
			s.models[k] = append(s.models[k], m)
			s.nodes = append(s.nodes, m)
		}
	}
}

// mimic opens a new pool with a limit for some nodes of the packing, with the workloads that lie there, or some of them.
func (s *search) mimic(d *draft, rank int32) []edit {
	if len(d.plots) >= s.most || len(s.nodes) == 0 {
		return nil
	}
	m := s.nodes[s.dice.IntN(len(s.nodes))]
	works := m.works
	for _, i := range works {
		if len(d.of[i]) == 0 {
			return nil
		}
	}
	if s.dice.IntN(2) == 0 {
		works = s.some(works, m.option, works[s.dice.IntN(len(works))])
	}
	return []edit{{len(d.plots), keyed(plot{option: m.option, works: works, most: m.n, cut: m.cut, rank: rank + 1 + s.dice.Int32N(ranks)})}}
}
