package pools

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// ErrInput says that an Input contradicts itself.
var ErrInput = errors.New("pools: invalid input")

// Input is what a search starts from.
type Input struct {
	Snapshot *planner.Snapshot   // canonical (lower.Canonical), the one that was packed
	Plan     *planner.Plan       // what the packing became: nodes, with pods by workload name
	Steer    []bool              // for each workload: may its pods be given a selector; nil: all
	Floors   []planner.Resources // for each workload the least that a pod may ask for; nil: requests stay. Not used yet: they always stay
	Limits   Limits
}

// Limits bound what comes out and the work for it.
type Limits struct {
	Pools       int   // the most pools of a design; 0: 12
	Designs     int   // how many designs to return at most; 0: 4
	Evaluations int64 // simulations of one pool; of n pools that share workloads they count n; 0: 300,000
}

// WithDefaults returns a copy with every zero filled in.
func (l Limits) WithDefaults() Limits {
	l.Pools, l.Designs, l.Evaluations = cmp.Or(max(l.Pools, 0), 12), cmp.Or(max(l.Designs, 0), 4), cmp.Or(max(l.Evaluations, 0), 300_000)
	return l
}

// Design is NodePools to have, and which workloads are steered to which.
type Design struct {
	Pools       []planner.Pool
	Of          [][]int       // for each workload the pools that it is steered to, ascending; none: it is not steered
	Estimate    pricing.Micro // an hour of the nodes that Karpenter is expected to build, by Simulate
	Nodes       int64
	Unplaced    int64 // pods that no pool takes, of all workloads; today's NodePools may take them
	Evaluations int64 // work that was done for the search, the same in all its designs
}

// Validate reports every contradiction of an Input.
func (in Input) Validate() error {
	var faults []error
	if in.Snapshot == nil || in.Plan == nil {
		return fmt.Errorf("%w: no snapshot, or no plan", ErrInput)
	}
	if n := len(in.Snapshot.Workloads); in.Steer != nil && len(in.Steer) != n {
		faults = append(faults, fmt.Errorf("%w: Steer is of %d workloads, not %d", ErrInput, len(in.Steer), n))
	}
	if n := len(in.Snapshot.Workloads); in.Floors != nil && len(in.Floors) != n {
		faults = append(faults, fmt.Errorf("%w: Floors are of %d workloads, not %d", ErrInput, len(in.Floors), n))
	}
	return errors.Join(faults...)
}
