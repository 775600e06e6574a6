package pools

import (
	"github.com/tenon-sh/tenon/planner/gpu"
)

// cutFor is how the cards of one node of a pool are cut for its workloads: slices of one node by profile, and behind them
// the cards that stay whole, for pods that ask for such. Of all layouts it is one with which what is asked for needs the
// fewest nodes: were there t nodes, each would need a t-th of everything, rounded up; the least t for which that fits is
// searched, since what fits for t fits for t+1. Room that is left is given to what is asked for the most. All zero where a
// pod fits no node.
func (sh *shop) cutFor(o *option, works []int) []int64 {
	kd := &sh.kinds[o.kind]
	whole := len(sh.profiles)
	out := make([]int64, whole+1)
	m, ok := gpu.ByKey(kd.model)
	if !ok {
		return out
	}
	asked, at, one := sh.asked(o, works, m)
	fits := func(per []int64) bool {
		want := make([]int, len(m.Profiles))
		for p, n := range per[:whole] {
			if n > 0 {
				want[at[p]] += int(n)
			}
		}
		return per[whole] <= kd.cards && m.FitsCounts(int(kd.cards-per[whole]), want)
	}
	per := func(t int64) []int64 {
		v := make([]int64, len(asked))
		for p := range asked {
			v[p] = max((asked[p]+t-1)/t, one[p])
		}
		return v
	}
	var most int64 = 1
	for _, n := range asked {
		most = max(most, n)
	}
	if !fits(per(most)) {
		return out
	}
	low, high := int64(1), most
	for low < high {
		if mid := (low + high) / 2; fits(per(mid)) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return fillUp(per(low), asked, fits)
}

// asked is how many slices of each profile some workloads ask for, with the whole cards behind them; at is where the model
// has the profile, and one is what one pod asks for at most.
func (sh *shop) asked(o *option, works []int, m gpu.Model) (asked []int64, at []int, one []int64) {
	asked, at, one = make([]int64, len(sh.profiles)+1), make([]int, len(sh.profiles)), make([]int64, len(sh.profiles)+1)
	for _, i := range works {
		need, ok := sh.needOn(&sh.works[i], o)
		if !ok {
			continue
		}
		for p := range asked {
			n := need[sh.devices()]
			if p < len(sh.profiles) {
				n = need[sh.slice(p)]
			}
			asked[p] += n * min(sh.works[i].count, 1<<30)
			one[p] = max(one[p], n)
		}
	}
	for p, name := range sh.profiles {
		at[p], _ = m.ProfileByResource("nvidia.com/mig-" + name)
	}
	return asked, at, one
}

// fillUp adds slices that still fit, those first of which the most is asked for each that there is.
func fillUp(per, asked []int64, fits func([]int64) bool) []int64 {
	full := make([]bool, len(per))
	for {
		best := -1
		for p := range per {
			if full[p] || asked[p] == 0 {
				continue
			}
			if best < 0 || float64(asked[p])*float64(per[best]) > float64(asked[best])*float64(per[p]) {
				best = p
			}
		}
		if best < 0 {
			return per
		}
		per[best]++
		if !fits(per) {
			per[best]--
			full[best] = true
		}
	}
}
