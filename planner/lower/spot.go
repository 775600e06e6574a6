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

// SpotDemand is the CPU, in thousandths, that all pods which may use spot ask for. It does not depend on the plan.
func SpotDemand(s *planner.Snapshot, index *Index) int64 {
	var spot planner.Set
	for i := range s.Offers {
		if _, ok := PoolOf(&s.Offers[i]); ok {
			spot.Add(i)
		}
	}
	var sum int64
	for i := range s.Workloads {
		if w := &s.Workloads[i]; index.Allowed[i].And(spot).Len() > 0 {
			sum = satAdd(sum, satMul(w.Requests.CPUMilli, w.Replicas))
		}
	}
	return sum
}

// SpotNodesMax is how many nodes a pool may have: as many as fit its share of the demand, and one at any rate. Where the
// CPU of its nodes is not known there is no limit.
func SpotNodesMax(s *planner.Snapshot, pool planner.SpotPool, demand int64) int64 {
	var size int64 // of the largest node of the pool
	for i := range s.Offers {
		if p, ok := PoolOf(&s.Offers[i]); ok && p == pool {
			size = max(size, s.Offers[i].Allocatable.CPUMilli)
		}
	}
	if size == 0 || s.Terms.SpotPoolPercent == 0 {
		return model.MaxAmount
	}
	return max(1, satMul(demand, s.Terms.SpotPoolPercent)/100/size)
}

// spotBudgets adds a budget of nodes for each interruption pool that is limited.
func (l *lowering) spotBudgets() {
	if len(l.s.SpotPools) == 0 {
		return
	}
	demand := SpotDemand(l.s, &l.out.Index)
	for _, pool := range l.s.SpotPools {
		left := SpotNodesMax(l.s, pool, demand)
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
