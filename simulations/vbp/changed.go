package vbp

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Changed is p a little later: of its items, all copies together, perMille of a thousand have gone, and as many have come,
// each drawn alike from all copies that there were. An item whose copies are all gone stays, with a count of 0. p is unchanged,
// and the two share all but the items.
func Changed(p *model.Problem, perMille int64, seed uint64) *model.Problem {
	rng := dice(seed, streamChanged)
	later := *p
	later.Items = slices.Clone(p.Items)
	var sums []int64 // of the counts so far
	var total int64
	for _, it := range p.Items {
		total += it.Count
		sums = append(sums, total)
	}
	draw := func() *model.Item {
		at, _ := slices.BinarySearch(sums, rng.Int64N(total)+1)
		return &later.Items[at]
	}
	for range total * perMille / 1000 {
		gone := draw()
		for gone.Count == 0 {
			gone = draw()
		}
		gone.Count--
		draw().Count++
	}
	return &later
}
