package engine

import (
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
)

// spotRounds bounds how often a plan is made again because pools of spot capacity are above their share. Each round limits
// all pools that were; a share of p percent needs about 100/p pools, and a round finds most of the next ones at once.
const spotRounds = 8

// diversify packs, limits the interruption pools that are above their share, and packs again, until none is. Only pools
// that matter are limited: a budget for each of some thousand would keep them all from being pruned. Every round's
// problem leaves out rules, so that its bound holds for the whole rule too. It changes s.SpotPools.
func diversify(in Input, s *planner.Snapshot) (lower.Lowered, *model.Packing, error) {
	for round := 1; ; round++ {
		low, err := lower.Lower(*s)
		if err != nil {
			return low, nil, err
		}
		if in.Lowered != nil {
			in.Lowered(s, &low)
		}
		k, err := solve(in, &low.Problem)
		if err != nil {
			return low, nil, err
		}
		if s.Terms.SpotPoolPercent == 0 || round == spotRounds {
			return low, k, nil
		}
		plan, err := raise.Raise(*s, low, k)
		if err != nil {
			return low, nil, fmt.Errorf("%w: %w", ErrInternal, err)
		}
		known := len(s.SpotPools)
		for _, u := range raise.SpotUse(s, &low, plan.Nodes) {
			if u.Nodes > u.Max && !slices.Contains(s.SpotPools, u.Pool) {
				s.SpotPools = append(s.SpotPools, u.Pool)
			}
		}
		if len(s.SpotPools) == known {
			return low, k, nil
		}
		s.SpotPools = lower.SortedPools(s.SpotPools)
	}
}
