package pools

import (
	"cmp"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// verdict is what the simulator says of pools with their workloads.
type verdict struct {
	cost     pricing.Micro
	nodes    int64
	unplaced int64
}

// judge asks the simulator of pools, and remembers.
type judge struct {
	sh          *shop
	yard        yard
	terms       []uint64
	order       []int              // workloads as Karpenter takes them
	rank        []int              // by workload: its place in order
	usage       []map[int32]*usage // by workload, then by option
	known       map[uint64]verdict
	cuts        map[uint64][]int64 // of cutFor
	evaluations int64
	penalty     pricing.Micro // of a pod without a place
}

// knownMost bounds how many verdicts are remembered. Chosen: some tens of MB.
const knownMost = 1 << 18

func newJudge(sh *shop) *judge {
	j := &judge{sh: sh, known: map[uint64]verdict{}, cuts: map[uint64][]int64{}}
	for t := range sh.terms {
		j.terms = append(j.terms, sh.term(t))
	}
	j.usage = make([]map[int32]*usage, len(sh.works))
	for i := range j.usage {
		j.usage[i] = map[int32]*usage{}
	}
	j.order = make([]int, len(sh.works))
	for i := range j.order {
		j.order[i] = i
	}
	slices.SortStableFunc(j.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sh.works[b].need[cpu], sh.works[a].need[cpu]), cmp.Compare(sh.works[b].need[memory], sh.works[a].need[memory]))
	})
	j.rank = make([]int, len(sh.works))
	for at, i := range j.order {
		j.rank[i] = at
	}
	for k := range sh.kinds {
		j.penalty = max(j.penalty, sh.kinds[k].least)
	}
	j.penalty = j.penalty.Plus(pricing.Unit)
	return j
}

// mix is splitmix64 (Steele et al. 2014): a well-mixed number for each number.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// verdict judges some plots together, first by weight, and remembers.
func (j *judge) verdict(plots []*plot) verdict {
	key := plots[0].key
	for _, p := range plots[1:] {
		key = mix(key) ^ p.key
	}
	if v, ok := j.known[key]; ok {
		return v
	}
	j.evaluations += int64(len(plots))
	v := j.run(j.stands(plots))
	if len(j.known) >= knownMost {
		clear(j.known)
		clear(j.cuts)
	}
	j.known[key] = v
	return v
}

// stand is a pool that is about to be simulated.
type stand struct {
	at      int32 // of the option
	option  *option
	members []int32
	cut     []int64 // slices of one node by profile, and its whole cards
	most    int64   // nodes; 0: no limit
	works   []int   // who may use it, ascending
	where   uint64  // places that it allows
}

// stands are plots as pools, and all who may use one of them.
func (j *judge) stands(plots []*plot) (stands []stand, works []int) {
	for _, p := range plots {
		stands = append(stands, j.stand(p))
		works = append(works, p.works...)
	}
	slices.Sort(works)
	return stands, slices.Compact(works)
}

func (j *judge) stand(p *plot) stand {
	op := &j.sh.options[p.option]
	st := stand{at: p.option, option: op, members: op.followers, cut: p.cut, most: p.most, works: p.works, where: math.MaxUint64}
	if op.mode == sliced && st.cut == nil {
		key := fresh(p.option, p.works).key
		cut, ok := j.cuts[key]
		if !ok {
			cut = j.sh.cutFor(op, p.works)
			j.cuts[key] = cut
		}
		st.cut = cut
	}
	if p.most > 0 {
		st.members = st.members[:1] // a limit counts CPU, so nodes of one type
	}
	return st
}

// run simulates pools, first by weight, with all workloads that may use one of them. What it did is left in the yard.
func (j *judge) run(stands []stand, works []int) verdict {
	sorted := slices.Clone(works)
	slices.SortFunc(sorted, func(a, b int) int { return cmp.Compare(j.rank[a], j.rank[b]) })
	loads, dims, ok := j.load(stands, sorted)
	v := verdict{}
	if !ok {
		for _, i := range works {
			v.unplaced += j.sh.works[i].count
		}
		return v
	}
	y := &j.yard
	j.fence(stands, dims)
	for l := 0; l < len(loads); {
		next := l + 1
		for next < len(loads) && j.tied(sorted[l], sorted[next]) {
			next++
		}
		v.unplaced += y.take(loads[l:next])
		l = next
	}
	for g := range y.groups {
		m, price := y.buy(&y.groups[g], j.terms)
		if m < 0 {
			v.unplaced += y.groups[g].pods * y.groups[g].n
			continue
		}
		v.cost = v.cost.Plus(price.Times(y.groups[g].n))
		v.nodes += y.groups[g].n
	}
	return v
}

// part is what is built of one of several pools.
type part struct {
	cost   pricing.Micro
	nodes  int64
	bought uint64 // members of which nodes are bought
}

// parts divides the last run by stand.
func (j *judge) parts(n int) []part {
	out := make([]part, n)
	for g := range j.yard.groups {
		gr := &j.yard.groups[g]
		if m, price := j.yard.buy(gr, j.terms); m >= 0 {
			p := &out[gr.field]
			p.cost, p.nodes, p.bought = p.cost.Plus(price.Times(gr.n)), p.nodes+gr.n, p.bought|1<<m
		}
	}
	return out
}

// tied reports whether only chance says which pods of two workloads come first.
func (j *judge) tied(a, b int) bool {
	v, w := j.sh.works[a].need, j.sh.works[b].need
	return v[cpu] == w[cpu] && v[memory] == w[memory]
}

// fence puts the pools into the yard, which load has reset.
func (j *judge) fence(stands []stand, dims []int) {
	y := &j.yard
	for s := range stands {
		st := &stands[s]
		f := field{led: true, most: st.most, members: make([]member, len(st.members))}
		for m, k := range st.members {
			kd := &j.sh.kinds[k]
			mem := member{where: kd.where, price: kd.price}
			for at, d := range dims {
				mem.room[at] = j.roomIn(k, st, d)
			}
			f.members[m] = mem
			f.where |= kd.where & st.where
			for at := range dims {
				f.led = f.led && mem.room[at] <= f.members[0].room[at]
			}
			f.led = f.led && mem.where&^f.members[0].where == 0
		}
		y.fields = append(y.fields, f)
	}
}

// roomIn is what a node of a kind gives of one resource.
func (j *judge) roomIn(k int32, st *stand, d int) int64 {
	sh, kd := j.sh, &j.sh.kinds[k]
	switch {
	case d < sh.devices():
		return kd.room[d]
	case d == sh.devices():
		switch st.option.mode {
		case shared:
			return kd.cards * st.option.replicas
		case sliced:
			return st.cut[len(sh.profiles)]
		case whole:
		}
		return kd.room[d]
	case st.option.mode == sliced:
		return st.cut[d-sh.slice(0)]
	}
	return kd.fixed[sh.profiles[d-sh.slice(0)]]
}

// load makes the loads of some workloads and resets the yard; dims are the resources that count. It is false where
// there are too many.
func (j *judge) load(stands []stand, works []int) (loads []load, dims []int, ok bool) {
	sh := j.sh
	uses := make([]*usage, len(works)*len(stands))
	asked := make([]bool, sh.dims())
	for at, i := range works {
		for s := range stands {
			u := j.use(i, stands[s].at)
			uses[at*len(stands)+s] = u
			for d, n := range u.need {
				asked[d] = asked[d] || n > 0
			}
		}
	}
	for d, a := range asked {
		if a {
			dims = append(dims, d)
		}
	}
	if len(dims) > dimsMax {
		return nil, nil, false
	}
	rules := j.rules(works)
	j.yard.reset(len(dims), 2*len(rules.host))
	loads = make([]load, len(works))
	for at, i := range works {
		w := &sh.works[i]
		l := load{count: w.count, most: w.most, need: make([]vector, len(stands)), types: make([]uint64, len(stands)), where: make([]uint64, len(stands))}
		for s := range stands {
			u := uses[at*len(stands)+s]
			if _, mine := slices.BinarySearch(stands[s].works, i); u.need == nil || !mine {
				continue
			}
			for x, d := range dims {
				l.need[s][x] = u.need[d]
			}
			l.types[s], l.where[s] = u.types, u.where
		}
		rules.apply(sh, i, &l)
		loads[at] = l
	}
	return loads, dims, true
}

// usage is how a workload may use an option.
type usage struct {
	need         []int64 // of one pod; nil: it may not
	types, where uint64  // of the option's followers, and the places of those
}

func (j *judge) use(i int, o int32) *usage {
	if u := j.usage[i][o]; u != nil {
		return u
	}
	u, op, w := &usage{}, &j.sh.options[o], &j.sh.works[i]
	if need, ok := j.sh.needOn(w, op); ok {
		u.need = need
		for m, k := range op.followers {
			if places := w.allow[k]; places != 0 {
				u.types |= 1 << m
				u.where |= places
			}
		}
	}
	j.usage[i][o] = u
	return u
}

// ruled is what rules have counted within one simulation.
type ruled struct {
	host   []int
	spread map[int]*spread
}

// rules collects the rules that bear on some workloads.
func (j *judge) rules(works []int) ruled {
	r := ruled{}
	for _, i := range works {
		for _, rule := range j.sh.works[i].host {
			if !slices.Contains(r.host, rule) {
				r.host = append(r.host, rule)
			}
		}
		for _, rule := range j.sh.works[i].spread {
			if r.spread == nil {
				r.spread = map[int]*spread{}
			}
			if r.spread[rule] == nil {
				r.spread[rule] = j.sh.spreadOf(&j.sh.s.Rules[rule])
			}
		}
	}
	return r
}

func (sh *shop) spreadOf(rule *planner.Rule) *spread {
	s := &spread{most: max(rule.Max, 1)}
	for z, name := range sh.zones {
		if len(rule.Zones) == 0 || slices.Contains(rule.Zones, name) {
			s.zones = append(s.zones, sh.zone(z))
			s.count = append(s.count, rule.Base[name])
		}
	}
	return s
}

// apply tells a load of the rules of its workload.
func (r *ruled) apply(sh *shop, i int, l *load) {
	for _, rule := range sh.works[i].spread {
		l.spread = append(l.spread, r.spread[rule])
	}
	for _, n := range sh.works[i].host {
		rule, at := &sh.s.Rules[n], slices.Index(r.host, n)
		member, other := slices.Contains(rule.Members, i), slices.Contains(rule.Others, i)
		switch {
		case rule.Kind == planner.HostCap:
			l.caps = append(l.caps, capped{mine: 2 * at, others: -1, also: -1, most: max(rule.Max, 1)})
		case member && other:
			l.caps = append(l.caps, capped{mine: 2 * at, others: 2*at + 1, also: 2*at + 1, most: 1})
		case member:
			l.caps = append(l.caps, capped{mine: 2 * at, others: 2*at + 1, also: -1})
		case other:
			l.caps = append(l.caps, capped{mine: 2*at + 1, others: 2 * at, also: -1})
		}
	}
}
