package vbp

import "github.com/tenon-sh/tenon/binpack/model"

// The bounds of a small problem.
const (
	SmallShapes = 12
	SmallItems  = 60
)

// Small makes a whole problem that an exact solver can answer in seconds: up to [SmallShapes] kinds of items, up to
// [SmallItems] items, one to three dimensions, two to five kinds of bins. Larger bins cost a little less or more for what
// they hold; some kinds allow few of the items, some are few, some items want few of their kind in a bin. There is always
// room for everything: the first kind of bin holds each item and has no limit.
//
// It has no cards and no rules between bins, so that two formulations of test/milp say all of it.
func Small(seed uint64) *model.Problem {
	rng := dice(seed, streamSmall)
	p := &model.Problem{Dims: int(between(rng, 1, 3)), Classes: int(between(rng, 1, 2)), Domains: 1}
	all := []int{0}
	if p.Classes == 2 {
		all = []int{0, 1}
	}
	left := between(rng, 10, SmallItems)
	shapes := int(between(rng, 4, SmallShapes))
	for n := range shapes {
		count := left
		if n < shapes-1 {
			count = between(rng, 1, max(1, left*2/int64(shapes-n)))
		}
		if left -= count; count < 1 {
			break
		}
		item := model.Item{Count: count, Classes: all}
		for range p.Dims {
			item.Size = append(item.Size, between(rng, 5, 60))
		}
		if p.Classes == 2 && rng.IntN(3) == 0 {
			item.Classes = []int{0}
		}
		if rng.IntN(5) == 0 {
			item.BinMax = between(rng, 1, 2)
		}
		p.Items = append(p.Items, item)
	}
	for n := range int(between(rng, 2, 5)) {
		size := between(rng, 60, 200)
		bin := model.Bin{Price: size*between(rng, 80, 120)/10 + between(rng, 0, 200), Card: -1}
		if n > 0 {
			bin.Class = rng.IntN(p.Classes)
			if rng.IntN(4) == 0 {
				bin.Max = between(rng, 1, 3)
			}
		}
		for range p.Dims {
			bin.Cap = append(bin.Cap, size*between(rng, 70, 130)/100)
		}
		if n == 0 {
			for d := range bin.Cap {
				bin.Cap[d] = max(bin.Cap[d], 60) // the largest item
			}
		}
		p.Bins = append(p.Bins, bin)
	}
	return p
}
