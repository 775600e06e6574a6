package pools

import (
	"math/rand/v2"
	"slices"
)

// seed of the one source of randomness. Any would do.
const seed = 0x706f6f6c73 // "pools"

// steps are the numbers of pools for which designs are searched, as parts of the most, in per cent. Chosen.
var steps = []int{100, 67, 50, 33}

// near is by how much dearer a design may be to be preferred for having fewer pools: half a per cent. Chosen.
const near = 0.005

// Search returns designs, best first. A design comes before a cheaper one where it has fewer pools and costs less than half
// a per cent more. The same input gives the same designs. The error is ErrInput.
func Search(in Input) ([]Design, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	limits := in.Limits.WithDefaults()
	sh := newShop(in)
	carriers := sh.carriers(in.Plan)
	s := &search{can: sh.prepare(carriers), owner: sh.owners(), judge: newJudge(sh), dice: rand.New(rand.NewPCG(seed, 0))}
	d := s.begin(carriers)
	open := s.openPools(limits.Pools)
	s.fee = s.total(d) / 5000 // chosen: twelve pools may cost a quarter of a per cent
	var drafts []*draft
	for at, step := range steps[:min(len(steps), limits.Designs)] {
		s.most = max((limits.Pools-len(open))*step/100, 1)
		if limits.Pools <= len(open) {
			s.most = 0
		}
		d = s.shrink(d, s.most)
		until := limits.Evaluations * int64(3+at) / 6 // half of it for the first, a sixth for each other
		if len(d.plots) > 0 {
			d = s.anneal(d, until)
		}
		drafts = append(drafts, d)
	}
	designs := make([]Design, 0, len(drafts))
	for _, d := range drafts {
		designs = append(designs, s.design(d, open))
	}
	for i := range designs {
		designs[i].Evaluations = s.evaluations
	}
	return ranked(designs), nil
}

// ranked orders designs and leaves out those that another one beats in cost and in pools.
func ranked(designs []Design) []Design {
	slices.SortStableFunc(designs, func(a, b Design) int {
		if a.Unplaced != b.Unplaced {
			return int(max(-1, min(1, a.Unplaced-b.Unplaced)))
		}
		return int(max(-1, min(1, a.Estimate-b.Estimate)))
	})
	var out []Design
	for _, d := range designs {
		if d.Unplaced == designs[0].Unplaced && !slices.ContainsFunc(out, func(o Design) bool { return len(o.Pools) <= len(d.Pools) }) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return out
	}
	first := 0
	for i := range out {
		if out[i].Estimate.Float64() <= out[0].Estimate.Float64()*(1+near) {
			first = i // of fewer pools than those before
		}
	}
	best := out[first]
	return append([]Design{best}, slices.Delete(out, first, first+1)...)
}
