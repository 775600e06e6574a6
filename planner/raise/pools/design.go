package pools

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// design turns a draft and the open pools into values, and judges all of it once more.
func (s *search) design(d *draft, open []plot) Design {
	sh := s.sh
	out := Design{Of: make([][]int, len(sh.works))}
	for _, plots := range s.components(d.plots) {
		for at, p := range plots {
			for _, i := range p.works {
				out.Of[i] = append(out.Of[i], len(out.Pools)+at)
			}
		}
		s.build(&out, plots, true)
	}
	var rest []int
	for i := range sh.works {
		if len(out.Of[i]) == 0 && sh.works[i].count > 0 {
			rest = append(rest, i)
		}
	}
	var plots []*plot
	for _, o := range open {
		p := o.of(rest)
		plots = append(plots, &p)
	}
	s.build(&out, plots, false)
	sh.name(out.Pools)
	sortPools(&out)
	return out
}

// build adds pools that are judged together, first by weight.
func (s *search) build(out *Design, plots []*plot, steered bool) {
	sh := s.sh
	stands, works := s.stands(plots)
	if !steered && len(plots) == 0 {
		for i := range sh.works {
			if len(out.Of[i]) == 0 {
				out.Unplaced += sh.works[i].count
			}
		}
		return
	}
	v := s.run(stands, works)
	parts := s.parts(len(stands))
	out.Estimate, out.Nodes, out.Unplaced = out.Estimate.Plus(v.cost), out.Nodes+v.nodes, out.Unplaced+v.unplaced
	var weight int32
	for _, st := range stands {
		weight = max(weight, sh.kinds[st.option.kind].weight)
	}
	for at, st := range stands {
		bought := parts[at].bought
		if !steered {
			bought = 1<<len(st.members) - 1
		}
		pool := s.pool(st, bought)
		if steered {
			pool.Steered, pool.Nodes, pool.PricePerHour = true, parts[at].nodes, parts[at].cost
			pool.Weight = min(max(weight, 0)+int32(len(plots)-at), 100)
			for _, i := range st.works {
				pool.Works = append(pool.Works, planner.PoolWork{Workload: lower.WorkloadName(sh.s.Workloads[i])})
			}
			slices.SortFunc(pool.Works, func(a, b planner.PoolWork) int { return strings.Compare(a.Workload, b.Workload) })
		}
		out.Pools = append(out.Pools, pool)
	}
}

// sortPools orders pools by falling weight, then name, and turns Of with them.
func sortPools(d *Design) {
	order := make([]int, len(d.Pools))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(d.Pools[b].Weight, d.Pools[a].Weight), strings.Compare(d.Pools[a].Name, d.Pools[b].Name))
	})
	pools, now := make([]planner.Pool, len(order)), make([]int, len(order))
	for at, i := range order {
		pools[at], now[i] = d.Pools[i], at
	}
	d.Pools = pools
	for i := range d.Of {
		for n, at := range d.Of[i] {
			d.Of[i][n] = now[at]
		}
		slices.Sort(d.Of[i])
	}
}

// pool says a stand in planner's words: its types are those that are bought, the leader, and the smaller sizes of its
// family, in case what Karpenter builds differs from what was foreseen.
func (s *search) pool(st stand, bought uint64) planner.Pool {
	sh, leader := s.sh, &s.sh.kinds[st.option.kind]
	p := planner.Pool{Base: leader.base, Weight: min(max(leader.weight, 0)+1, 100), NodesMost: st.most, Works: []planner.PoolWork{}}
	for m, k := range st.members {
		if m == 0 || bought&(1<<m) != 0 || sh.kinds[k].family() == leader.family() {
			p.InstanceTypes = append(p.InstanceTypes, sh.kinds[k].name)
		}
	}
	slices.Sort(p.InstanceTypes)
	p.InstanceTypes = slices.Compact(p.InstanceTypes)
	for t, name := range sh.terms {
		if slices.ContainsFunc(st.works, func(i int) bool { return sh.works[i].allow[st.option.kind]&leader.where&sh.term(t) != 0 }) {
			p.CapacityTypes = append(p.CapacityTypes, name)
		}
	}
	slices.Sort(p.CapacityTypes)
	switch st.option.mode {
	case shared:
		p.Replicas = st.option.replicas
	case sliced:
		p.Slices, p.Layouts = sh.layouts(st)
	case whole:
	}
	return p
}

// layouts says the slices of a node by profile, and card by card.
func (sh *shop) layouts(st stand) (map[string]int64, [][]planner.PlanMIG) {
	kd := &sh.kinds[st.option.kind]
	m, _ := gpu.ByKey(kd.model)
	counts := map[string]int64{}
	for p, name := range sh.profiles {
		if n := st.cut[p]; n > 0 {
			counts[name] = n
		}
	}
	cards, ok := sh.dealt(kd, st.cut)
	if !ok {
		return nil, nil
	}
	var out [][]planner.PlanMIG
	for _, layout := range cards {
		card := []planner.PlanMIG{}
		for _, pl := range layout {
			profile := &m.Profiles[pl.Profile]
			card = append(card, planner.PlanMIG{Profile: strings.TrimPrefix(profile.Resource, "nvidia.com/mig-"), Start: pl.Start, Size: profile.MemorySlices})
		}
		out = append(out, card)
	}
	return counts, out
}

// name gives each pool a name that says its first type, and that is the same for the same content.
func (sh *shop) name(list []planner.Pool) {
	seen := map[string]int{}
	for i := range list {
		p := &list[i]
		leader := slices.MaxFunc(p.InstanceTypes, func(a, b string) int { return cmp.Compare(sh.leastOf(p.Base, a), sh.leastOf(p.Base, b)) })
		data, err := json.Marshal([]any{p.Base, p.InstanceTypes, p.CapacityTypes, p.Steered, p.Layouts, p.Replicas, p.NodesMost, p.Works})
		if err != nil {
			panic("pools: a pool is plain data, yet it does not encode: " + err.Error())
		}
		sum := sha256.Sum256(data)
		p.Name = label("tenon-"+leader) + "-" + hex.EncodeToString(sum[:3])
		if seen[p.Name]++; seen[p.Name] > 1 {
			p.Name += strings.Repeat("x", seen[p.Name]-1)
		}
	}
}

// label is a text as a DNS label of at most 50 characters.
func label(text string) string {
	out := []byte(strings.ToLower(text))
	for i, c := range out {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			out[i] = '-'
		}
	}
	return strings.Trim(string(out[:min(len(out), 50)]), "-")
}

func (sh *shop) leastOf(base, name string) pricing.Micro {
	for i := range sh.kinds {
		if sh.kinds[i].base == base && sh.kinds[i].name == name {
			return sh.kinds[i].least
		}
	}
	return 0
}
