package lower

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// spotType is the capacity type that can be interrupted.
const spotType = "spot"

// PoolOf returns the interruption pool of an offer; ok is false where it cannot be interrupted.
func PoolOf(o *planner.Offer) (pool planner.SpotPool, ok bool) {
	return planner.SpotPool{InstanceType: o.InstanceType, Zone: o.Zone}, o.CapacityType == spotType
}

// SortedPools returns the pools by type and zone, each once.
func SortedPools(pools []planner.SpotPool) []planner.SpotPool {
	out := slices.SortedFunc(slices.Values(pools), func(a, b planner.SpotPool) int {
		return cmp.Or(cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.Zone, b.Zone))
	})
	return slices.Compact(out)
}

// SpotShare says how many nodes an interruption pool may have.
type SpotShare struct {
	Demand  int64 // the CPU, in thousandths, that all pods which may use spot ask for: it does not depend on the plan
	percent int64
	size    map[planner.SpotPool]int64 // the CPU of the largest node of each pool
}

// NewSpotShare reads the share from the terms of a snapshot. allowed has the offers of each workload.
func NewSpotShare(s *planner.Snapshot, allowed []planner.Set) SpotShare {
	x := SpotShare{percent: s.Terms.SpotPoolPercent, size: map[planner.SpotPool]int64{}}
	if x.percent == 0 {
		return x
	}
	var spot planner.Set
	for i := range s.Offers {
		if pool, ok := PoolOf(&s.Offers[i]); ok {
			spot.Add(i)
			x.size[pool] = max(x.size[pool], s.Offers[i].Allocatable.CPUMilli)
		}
	}
	for i := range s.Workloads {
		if w := &s.Workloads[i]; allowed[i].And(spot).Len() > 0 {
			x.Demand = satAdd(x.Demand, satMul(w.Requests.CPUMilli, w.Replicas))
		}
	}
	return x
}

// NodesMax is how many nodes a pool may have: as many as fit its share of the demand. Where the CPU of its nodes is not
// known, as nobody asks for CPU, there is no limit.
func (x *SpotShare) NodesMax(pool planner.SpotPool) int64 {
	if x.percent == 0 || x.size[pool] == 0 {
		return model.MaxAmount
	}
	return satMul(x.Demand, x.percent) / 100 / x.size[pool]
}

// TooLarge reports whether a single node of an offer is more than its pool may have.
func (x *SpotShare) TooLarge(o *planner.Offer) bool {
	pool, ok := PoolOf(o)
	return ok && !o.Held && x.NodesMax(pool) == 0
}

// spotBudgets adds a budget of nodes for each interruption pool that is limited.
func (l *lowering) spotBudgets() {
	l.spot = NewSpotShare(l.s, l.out.Index.Allowed)
	for _, pool := range l.s.SpotPools {
		left := l.spot.NodesMax(pool)
		for i := range l.s.Offers {
			if p, ok := PoolOf(&l.s.Offers[i]); ok && p == pool && l.s.Offers[i].Held {
				left = max(0, left-Number(&l.s.Offers[i]))
			}
		}
		l.out.Problem.Budgets = append(l.out.Problem.Budgets, left)
	}
}

// spotUses is what a node of an offer takes of the budgets of interruption pools.
func (l *lowering) spotUses(o *planner.Offer) []model.Use {
	pool, ok := PoolOf(o)
	if n := slices.Index(l.s.SpotPools, pool); ok && n >= 0 {
		return []model.Use{{Budget: len(l.s.Limits) + n, Amount: 1}}
	}
	return nil
}
