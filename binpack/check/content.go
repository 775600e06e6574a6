package check

import "slices"

// packed checks the content of one entry of Packing.Bins and counts it.
func (c *checker) packed(at int) {
	b := &c.k.Bins[at]
	if b.Bin < 0 || b.Bin >= len(c.p.Bins) {
		c.faults.addf(ErrPacking, "packed %d: no bin %d", at, b.Bin)
		return
	}
	if b.Count < 1 {
		c.faults.addf(ErrPacking, "packed %d: a count of %d", at, b.Count)
		return
	}
	if !c.loads(at) {
		return
	}
	for _, l := range b.Items {
		c.have[l.Item] = l.Count
	}
	c.capacity(at)
	c.company(at)
	c.cards(at)
	c.count(at)
	for _, l := range b.Items {
		c.have[l.Item] = 0
	}
}

// loads checks that the items are listed as they must be; without that nothing else is looked at.
func (c *checker) loads(at int) bool {
	b := &c.k.Bins[at]
	if len(b.Items) == 0 {
		c.faults.addf(ErrPacking, "packed %d: the bin holds nothing", at)
		return false
	}
	last := -1
	for _, l := range b.Items {
		if l.Item <= last || l.Item >= len(c.p.Items) || l.Count < 1 {
			c.faults.addf(ErrPacking, "packed %d: %d of item %d: items must exist, ascend and be at least one",
				at, l.Count, l.Item)
			return false
		}
		last = l.Item
	}
	return true
}

// capacity checks classes, dimensions and BinMax.
func (c *checker) capacity(at int) {
	b := &c.k.Bins[at]
	bin := &c.p.Bins[b.Bin]
	used := make([]int64, c.p.Dims)
	for _, l := range b.Items {
		item := &c.p.Items[l.Item]
		if _, why := c.rules.allowed(c.p, l.Item, b.Bin); why != "" {
			c.faults.addf(ErrPacking, "packed %d: item %d in bin %d: %s", at, l.Item, b.Bin, why)
		}
		if item.BinMax > 0 && l.Count > item.BinMax {
			c.faults.addf(ErrPacking, "packed %d: %d of item %d, at most %d may share a bin", at, l.Count, l.Item, item.BinMax)
		}
		for d, size := range item.Size {
			used[d] = plus(used[d], times(size, l.Count))
		}
	}
	for d, sum := range used {
		if sum > bin.Cap[d] {
			c.faults.addf(ErrPacking, "packed %d: %d of dimension %d in bin %d that has %d", at, sum, d, b.Bin, bin.Cap[d])
		}
	}
}

// company checks the rules between items of one bin: Caps, Conflicts and Follows.
func (c *checker) company(at int) {
	capped := map[int]bool{}
	for _, l := range c.k.Bins[at].Items {
		for _, foe := range c.rules.foes[l.Item] {
			if foe == l.Item && l.Count > 1 || foe > l.Item && c.have[foe] > 0 {
				c.faults.addf(ErrPacking, "packed %d: items %d and %d may not share a bin", at, l.Item, foe)
			}
		}
		for _, f := range c.rules.follows[l.Item] {
			if !slices.ContainsFunc(c.p.Follows[f].AnyOf, func(i int) bool { return c.have[i] > 0 }) {
				c.faults.addf(ErrPacking, "packed %d: item %d lacks the company that follow %d asks for", at, l.Item, f)
			}
		}
		for _, n := range c.rules.caps[l.Item] {
			if !capped[n] {
				capped[n] = true
				c.capped(at, n)
			}
		}
	}
}

func (c *checker) capped(at, n int) {
	var sum int64
	for _, i := range set(c.p.Caps[n].Items) {
		sum = plus(sum, c.have[i])
	}
	if sum > c.p.Caps[n].Max {
		c.faults.addf(ErrPacking, "packed %d: %d items of cap %d, at most %d may share a bin", at, sum, n, c.p.Caps[n].Max)
	}
}

// count adds the bins of one entry to the totals.
func (c *checker) count(at int) {
	b := &c.k.Bins[at]
	zone := c.byZone[c.p.Bins[b.Bin].Domain]
	if zone == nil {
		zone = make([]int64, len(c.p.Items))
		c.byZone[c.p.Bins[b.Bin].Domain] = zone
	}
	c.opened[b.Bin] = plus(c.opened[b.Bin], b.Count)
	c.stay(b)
	for _, l := range b.Items {
		n := times(l.Count, b.Count)
		c.placed[l.Item] = plus(c.placed[l.Item], n)
		zone[l.Item] = plus(zone[l.Item], n)
	}
}
