package raise

import (
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// offered is what the offers have for a workload: how many can carry its pods, and what each of its constraints takes away.
type offered struct {
	offers   int
	excludes []int
	perPod   []pricing.Micro
}

// broker answers for each workload what the offers have for it. Workloads with the same constraints and the same item
// get the same answer, which is found once.
type broker struct {
	d      *dealer
	shadow *Shadow
	known  map[[2]int]offered
	item   int    // that room is about
	room   []int8 // by bin: 1 fits, -1 does not, 0 not asked yet
}

func (b *broker) terms(w int) offered {
	item := b.d.low.Index.ItemOf[w]
	key := [2]int{b.d.low.Index.Like[w], item}
	together := item >= 0 && b.d.low.Index.Items[item].Together
	if x, ok := b.known[key]; ok && !together {
		return x
	}
	b.item, b.room = item, make([]int8, len(b.d.low.Problem.Bins))
	var x offered
	if item >= 0 {
		for _, offer := range b.d.low.Index.Allowed[w].Members() {
			if b.fits(b.d.low.Index.BinOf[offer]) {
				x.offers++
			}
		}
	}
	b.constraints(&x, w, together)
	b.known[key] = x
	return x
}

// fits reports whether the item at hand fits a bin, asking once.
func (b *broker) fits(bin int) bool {
	if b.room[bin] == 0 {
		b.room[bin] = -1
		if b.d.low.Fits(b.item, bin) {
			b.room[bin] = 1
		}
	}
	return b.room[bin] > 0
}

// constraints prices each constraint of a workload by itself: what its pods could use if only that one fell.
func (b *broker) constraints(x *offered, w int, together bool) {
	list := b.d.s.Workloads[w].Constraints
	after := make([]planner.Set, len(list)+1) // what the constraints from j on allow
	after[len(list)] = planner.NewSet(len(b.d.s.Offers))
	if together {
		for _, p := range b.d.low.Index.Items[b.item].Parts {
			if p.Workload != w {
				after[len(list)] = after[len(list)].And(b.d.low.Index.Allowed[p.Workload])
			}
		}
	}
	for j := len(list) - 1; j >= 0; j-- {
		after[j] = after[j+1].And(list[j].Offers)
	}
	before := planner.NewSet(len(b.d.s.Offers))
	for j, c := range list {
		n, perPod := b.without(before.And(after[j+1]), c.Offers)
		x.excludes, x.perPod = append(x.excludes, n), append(x.perPod, perPod)
		before = before.And(c.Offers)
	}
}

// without counts the offers of rest that a constraint takes away, and prices a pod on the cheapest of them.
func (b *broker) without(rest, allowed planner.Set) (excludes int, perPod pricing.Micro) {
	best := pricing.Micro(-1)
	seen := make([]bool, len(b.d.low.Problem.Bins))
	for _, offer := range rest.Members() {
		if allowed.Has(offer) {
			continue
		}
		excludes++
		bin := b.d.low.Index.BinOf[offer]
		if b.item < 0 || seen[bin] || !b.fits(bin) {
			continue
		}
		seen[bin] = true
		if cost := b.shadow.On(b.item, bin); best < 0 || cost < best {
			best = cost
		}
	}
	if best < 0 {
		return excludes, 0
	}
	return excludes, max(b.shadow.Pod(b.item)-best, 0)
}
