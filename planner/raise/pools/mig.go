package pools

import (
	"slices"

	"github.com/tenon-sh/tenon/planner/gpu"
)

// cutFor is how the cards of one node of a pool are cut for its workloads: slices of one node by profile, and behind them
// the cards that stay whole, for pods that ask for such. Of all layouts it is one with which what is asked for needs the
// fewest nodes: were there t nodes, each would need a t-th of everything, rounded up; the least t for which that fits is
// searched, since what fits for t fits for t+1. Room that is left is given to what is asked for the most. All zero where a
// pod fits no node.
func (sh *shop) cutFor(o *option, works []int) []int64 {
	c, ok := sh.cutting(o, works)
	var most int64 = 1
	for _, n := range c.asked {
		most = max(most, n)
	}
	if !ok || !c.fits(c.per(most)) {
		return sh.leave(o, make([]int64, len(sh.profiles)+1))
	}
	low, high := int64(1), most
	for low < high {
		if mid := (low + high) / 2; c.fits(c.per(mid)) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return sh.leave(o, fillUp(c.per(low), c.asked, c.fits))
}

// leave is a cut with the cards that it leaves whole, whoever asks for such: none is hidden.
func (sh *shop) leave(o *option, cut []int64) []int64 {
	whole := len(sh.profiles)
	if cards, ok := sh.dealt(&sh.kinds[o.kind], cut); ok {
		cut[whole] = 0
		for _, layout := range cards {
			if len(layout) == 0 {
				cut[whole]++
			}
		}
	}
	return cut
}

// dealt lays the slices of a node out on its cards.
func (sh *shop) dealt(kd *kind, cut []int64) ([]gpu.Layout, bool) {
	m, ok := gpu.ByKey(kd.model)
	if !ok {
		return nil, false
	}
	want := make([]int, len(m.Profiles))
	for p, name := range sh.profiles {
		if n := cut[p]; n > 0 {
			at, _ := m.ProfileByResource("nvidia.com/mig-" + name)
			want[at] += int(n)
		}
	}
	return m.Deal(int(kd.cards), want)
}

// cutting is how the cards of a kind of node may be cut for some workloads.
type cutting struct {
	asked, one []int64 // slices by profile, and whole cards: of all pods, and of one pod at most
	fits       func([]int64) bool
}

// cutting is false where the model is not known.
func (sh *shop) cutting(o *option, works []int) (cutting, bool) {
	kd, whole := &sh.kinds[o.kind], len(sh.profiles)
	m, ok := gpu.ByKey(kd.model)
	if !ok {
		return cutting{}, false
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
	return cutting{asked, one, fits}, true
}

// per is what each of t equal nodes needs.
func (c *cutting) per(t int64) []int64 {
	return c.rest(make([]int64, len(c.asked)), 0, t)
}

// rest is what each of t equal nodes needs beside n nodes that are cut otherwise.
func (c *cutting) rest(other []int64, n, t int64) []int64 {
	v := make([]int64, len(c.asked))
	for p := range c.asked {
		v[p] = max((max(c.asked[p]-n*other[p], 0)+t-1)/t, c.one[p])
	}
	return v
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

// triesMost bounds how many pairs of cuts are looked at for one pool. Chosen.
const triesMost = 20_000

// pair is a pool of nodes that are cut in one way, as two: the first with a limit, cut in one way, and another, cut in another.
// It is the least number of nodes that two cuts can have; nil where one cut is as good.
func (s *search) pair(d *draft, at int) []edit {
	p := d.plots[at]
	op := &s.sh.options[p.option]
	if op.mode != sliced || p.most > 0 || p.cut != nil || len(d.plots) >= s.most {
		return nil
	}
	both, seen := s.pairs[p.key]
	if !seen {
		if c, ok := s.sh.cutting(op, p.works); ok {
			if most, first, second := c.two(s.verdict([]*plot{&p}).nodes); most > 0 {
				first, second = s.sh.leave(op, slices.Clone(first)), s.sh.leave(op, second)
				head := keyed(plot{option: p.option, works: s.cutServes(p.works, p.option, first), most: most, cut: first})
				if len(head.works) > 0 {
					rest := p
					rest.cut = second
					both = []plot{head, keyed(rest)}
				}
			}
		}
		s.pairs[p.key] = both
	}
	if both == nil {
		return nil
	}
	both[0].rank = p.rank + 1
	return []edit{{len(d.plots), both[0]}, {at, both[1]}}
}

// cutServes are the workloads of which a pod fits a node that is cut so; those of one owner only together.
func (s *search) cutServes(works []int, o int32, cut []int64) (out []int) {
	for _, i := range works {
		if !slices.ContainsFunc(s.owner[i], func(k int) bool { return !s.cutHolds(k, o, cut) }) {
			out = append(out, i)
		}
	}
	return out
}

func (s *search) cutHolds(i int, o int32, cut []int64) bool {
	need := s.use(i, o).need
	if need == nil {
		return false
	}
	for at, n := range cut {
		d := s.sh.devices()
		if at < len(s.sh.profiles) {
			d = s.sh.slice(at)
		}
		if need[d] > n {
			return false
		}
	}
	return true
}

// two looks for two cuts with which fewer than so many nodes are enough: most of the first cut, and the rest of the second. First
// cuts are those of full, in order.
func (c *cutting) two(nodes int64) (most int64, first, second []int64) {
	firsts := c.full()
	tries := 0
	for t := nodes - 1; t >= 2; t-- {
		found := false
		for _, cut := range firsts {
			for n := int64(1); n < t && !found; n++ {
				if tries++; tries > triesMost {
					return most, first, second
				}
				if rest := c.rest(cut, n, t-n); c.fits(rest) {
					most, first, second, found = n, cut, fillUp(rest, c.asked, c.fits), true
				}
			}
			if found {
				break
			}
		}
		if !found {
			return most, first, second
		}
	}
	return most, first, second
}

// full lists cuts to which no slice of the last profile that is asked for can be added, up to a number of tries.
func (c *cutting) full() (out [][]int64) {
	var asked []int
	for p, n := range c.asked {
		if n > 0 {
			asked = append(asked, p)
		}
	}
	tries := 0
	cut := make([]int64, len(c.asked))
	var add func(at int)
	add = func(at int) {
		if at == len(asked) {
			return
		}
		p := asked[at]
		cut[p] = 0
		for tries < triesMost {
			if at+1 < len(asked) {
				add(at + 1)
			}
			cut[p]++
			if tries++; !c.fits(cut) {
				break
			}
		}
		cut[p]--
		if at+1 == len(asked) && cut[p] >= 0 {
			out = append(out, slices.Clone(cut))
		}
		cut[p] = 0
	}
	add(0)
	return out
}
