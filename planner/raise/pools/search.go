package pools

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// seed of the one source of randomness. Any would do.
const seed = 0x706f6f6c73 // "pools"

// steps are the numbers of pools for which designs are searched, as parts of the most, in per cent. Chosen: the first
// twice, since a design that is the best by a hair here may not be when Karpenter builds it.
var steps = []int{100, 100, 60, 35}

// worth is how much dearer than the cheapest a design may be to be returned: a tenth. Chosen.
const worth = 0.1

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
	s := &search{can: sh.prepare(carriers), owner: sh.owners(), judge: newJudge(sh), dice: rand.New(rand.NewPCG(seed, 0)),
		packed: sh.nodesOf(in.Plan), homes: make([]homes, len(sh.works)), pairs: map[uint64][]plot{}}
	s.learn(in.Plan)
	d := s.begin(carriers)
	open := s.openPools(limits.Pools)
	s.fee = s.total(d.plots) / 5000 // chosen: twelve pools may cost a quarter of a per cent
	drafts := make([]*draft, 0, limits.Designs)
	begun := s.shrink(d, max(limits.Pools-len(open), 0))
	d = begun
	for at, step := range steps[:min(len(steps), limits.Designs)] {
		s.most = max((limits.Pools-len(open))*step/100, min(1, limits.Pools-len(open)), 0)
		if step == 100 {
			d = begun
		}
		if d = s.shrink(d, s.most); len(d.plots) > 0 {
			d = s.prune(s.anneal(d, limits.Evaluations*int64(2+at)/5)) // two fifths for the first, a fifth for each other
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

// ranked orders designs and leaves out those that are not worth a replay.
func ranked(designs []Design) []Design {
	slices.SortStableFunc(designs, func(a, b Design) int {
		return cmp.Or(cmp.Compare(a.Unplaced, b.Unplaced), cmp.Compare(a.Estimate, b.Estimate))
	})
	var out []Design
	for _, d := range designs {
		same := func(o Design) bool { return slices.Equal(names(o), names(d)) }
		if d.Unplaced == designs[0].Unplaced && d.Estimate.Float64() <= designs[0].Estimate.Float64()*(1+worth) && !slices.ContainsFunc(out, same) {
			out = append(out, d)
		}
	}
	first := 0
	for i := range out {
		if len(out[i].Pools) < len(out[first].Pools) && out[i].Estimate.Float64() <= out[0].Estimate.Float64()*(1+near) {
			first = i
		}
	}
	if first == 0 {
		return out
	}
	best := out[first]
	return append([]Design{best}, slices.Delete(out, first, first+1)...)
}

func names(d Design) []string {
	var out []string
	for i := range d.Pools {
		out = append(out, d.Pools[i].Name)
	}
	return out
}
