package pools

import (
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Outcome is what Karpenter is expected to build of a design.
type Outcome struct {
	PricePerHour pricing.Micro
	Nodes        int64
	Unplaced     int64 // pods that no pool takes
}

// Simulate follows Karpenter's rules on a design: its pools with the pods of the snapshot that the plan does not leave on
// nodes that stay. Base NodePools are not there; what only they would take counts as unplaced. Pools with more than 60
// types, types that the snapshot does not have, and a design of other workloads are ErrInput.
func Simulate(in Input, d Design) (Outcome, error) {
	if err := in.Validate(); err != nil {
		return Outcome{}, err
	}
	if len(d.Of) != len(in.Snapshot.Workloads) {
		return Outcome{}, fmt.Errorf("%w: a design of %d workloads, not %d", ErrInput, len(d.Of), len(in.Snapshot.Workloads))
	}
	sh := newShop(in)
	j := newJudge(sh)
	var stands []stand
	for i := range d.Pools {
		st, err := sh.standOf(&d.Pools[i])
		if err != nil {
			return Outcome{}, err
		}
		stands = append(stands, st)
	}
	var all []int
	for i := range sh.works {
		for _, at := range d.Of[i] {
			if at < 0 || at >= len(d.Pools) {
				return Outcome{}, fmt.Errorf("%w: workload %d is steered to pool %d of %d", ErrInput, i, at, len(d.Pools))
			}
		}
		for at := range stands {
			if mine := slices.Contains(d.Of[i], at); mine || len(d.Of[i]) == 0 && !d.Pools[at].Steered {
				stands[at].works = append(stands[at].works, i)
			}
		}
		if sh.works[i].count > 0 {
			all = append(all, i)
		}
	}
	v := j.run(stands, all)
	return Outcome{v.cost, v.nodes, v.unplaced}, nil
}

// standOf is a pool of a design as the simulator knows it; it adds an option for it.
func (sh *shop) standOf(p *planner.Pool) (stand, error) {
	o := option{kind: -1, replicas: p.Replicas}
	for k := range sh.kinds {
		if kd := &sh.kinds[k]; kd.base == p.Base && slices.Contains(p.InstanceTypes, kd.name) {
			o.followers = append(o.followers, int32(k))
			if o.kind < 0 || kd.least > sh.kinds[o.kind].least {
				o.kind = int32(k)
			}
		}
	}
	if p.NodesMost > 0 && len(o.followers) > 1 {
		return stand{}, fmt.Errorf("%w: pool %q is limited to %d nodes of %d types", ErrInput, p.Name, p.NodesMost, len(o.followers))
	}
	if o.kind < 0 || len(o.followers) > membersMax {
		return stand{}, fmt.Errorf("%w: pool %q has %d types of the snapshot, not 1 to %d", ErrInput, p.Name, len(o.followers), membersMax)
	}
	slices.SortFunc(o.followers, func(a, b int32) int { return -sh.cheaper(a, b) })
	st := stand{at: int32(len(sh.options)), most: max(p.NodesMost, 0), where: sh.within(p)}
	switch {
	case len(p.Layouts) > 0:
		o.mode = sliced
		st.cut = sh.counted(p)
	case p.Replicas > 0:
		o.mode = shared
	}
	sh.options = append(sh.options, o)
	st.option, st.members = &o, o.followers
	return st, nil
}

// counted are the slices of one node of a pool by profile, and its whole cards.
func (sh *shop) counted(p *planner.Pool) []int64 {
	cut := make([]int64, len(sh.profiles)+1)
	for _, card := range p.Layouts {
		if len(card) == 0 {
			cut[len(sh.profiles)]++
		}
		for _, slice := range card {
			if at := slices.Index(sh.profiles, slice.Profile); at >= 0 {
				cut[at]++
			}
		}
	}
	return cut
}

// within are the places that a pool allows.
func (sh *shop) within(p *planner.Pool) (where uint64) {
	for z, zone := range sh.zones {
		for t, term := range sh.terms {
			if (len(p.Zones) == 0 || slices.Contains(p.Zones, zone)) && slices.Contains(p.CapacityTypes, term) {
				where |= 1 << sh.place(z, t)
			}
		}
	}
	return where
}
