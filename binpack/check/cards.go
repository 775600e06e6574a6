package check

import (
	"math/bits"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// request is one thing that an item asks of cards: instances of a profile, whole cards, or a share.
type request struct{ item, what int }

const (
	whole  = -1
	shared = -2
)

// cards checks how the cards of one entry are used, and that its items get exactly what they ask for.
func (c *checker) cards(at int) {
	b := &c.k.Bins[at]
	bin := &c.p.Bins[b.Bin]
	clear(c.owed)
	for _, l := range b.Items {
		c.owe(l, b.Bin)
	}
	physical := b.Cards
	if last := len(physical) - 1; bin.Fixed != nil && last >= 0 && len(physical[last].Slices) > 0 {
		c.fixed(at, last)
		physical = physical[:last]
	}
	if int64(len(physical)) > bin.Cards {
		c.faults.addf(ErrPacking, "packed %d: %d cards in bin %d that has %d", at, len(physical), b.Bin, bin.Cards)
		return
	}
	for j := range physical {
		c.card(at, j)
	}
	c.settled(at)
}

// owe notes what a load asks of the cards of bin b.
func (c *checker) owe(l model.Load, b int) {
	need, _ := c.p.Need(l.Item, b)
	if need.Whole > 0 {
		c.owed[request{l.Item, whole}] = times(need.Whole, l.Count)
	}
	if need.Share > 0 {
		c.owed[request{l.Item, shared}] = l.Count
	}
	for profile, n := range need.Slices {
		if n > 0 {
			c.owed[request{l.Item, profile}] = times(n, l.Count)
		}
	}
}

// give takes n from what is owed; an item that did not ask is a fault.
func (c *checker) give(at int, r request, n int64) {
	if _, asked := c.owed[r]; !asked {
		c.faults.addf(ErrPacking, "packed %d: item %d did not ask for what it gets of a card", at, r.item)
		return
	}
	c.owed[r] -= min(n, plus(c.owed[r], 1)) // one too many is fault enough, and cannot overflow
}

// settled checks that nothing is owed and nothing was given too often.
func (c *checker) settled(at int) {
	for _, l := range c.k.Bins[at].Items {
		open := false
		for _, what := range []int{shared, whole} {
			open = open || c.owed[request{l.Item, what}] != 0
		}
		need, _ := c.p.Need(l.Item, c.k.Bins[at].Bin)
		for profile := range need.Slices {
			open = open || c.owed[request{l.Item, profile}] != 0
		}
		if open {
			c.faults.addf(ErrPacking, "packed %d: the cards do not give item %d what it asks for", at, l.Item)
		}
	}
}

// card checks the use of one card.
func (c *checker) card(at, j int) {
	b := &c.k.Bins[at]
	bin := &c.p.Bins[b.Bin]
	use := &b.Cards[j]
	var live uint64
	if j < len(bin.Live) {
		live = bin.Live[j]
	}
	uses := 0
	for _, is := range []bool{use.Whole != 0, len(use.Shares) > 0, len(use.Slices) > 0} {
		if is {
			uses++
		}
	}
	if uses > 1 {
		c.faults.addf(ErrPacking, "packed %d: card %d is used in more than one way", at, j)
	}
	if live != 0 && (use.Whole != 0 || len(use.Shares) > 0) {
		c.faults.addf(ErrPacking, "packed %d: card %d has live slots and can only be sliced further", at, j)
	}
	if use.Whole != 0 {
		c.give(at, request{use.Whole - 1, whole}, 1)
	}
	c.shares(at, j)
	if len(use.Slices) > 0 {
		c.slices(at, j, live)
	}
}

func (c *checker) shares(at, j int) {
	b := &c.k.Bins[at]
	var sum int64
	for _, l := range b.Cards[j].Shares {
		if l.Count < 1 {
			c.faults.addf(ErrPacking, "packed %d: card %d: %d shares of item %d", at, j, l.Count, l.Item)
			continue
		}
		c.give(at, request{l.Item, shared}, l.Count)
		if _, asked := c.owed[request{l.Item, shared}]; asked {
			need, _ := c.p.Need(l.Item, b.Bin)
			sum = plus(sum, times(need.Share, l.Count))
		}
	}
	if kind := c.p.Bins[b.Bin].Card; sum > 0 && sum > c.p.Cards[kind].Share {
		c.faults.addf(ErrPacking, "packed %d: card %d: shares of %d on a card of %d", at, j, sum, c.p.Cards[kind].Share)
	}
}

// slices checks the new slices of card j beside its live slots.
func (c *checker) slices(at, j int, live uint64) {
	b := &c.k.Bins[at]
	kind := &c.p.Cards[c.p.Bins[b.Bin].Card]
	if c.p.Bins[b.Bin].Fixed != nil {
		c.faults.addf(ErrPacking, "packed %d: card %d: the instances of bin %d are fixed", at, j, b.Bin)
		return
	}
	count := make([]int64, len(kind.Profiles))
	counters := make([]int64, len(kind.Counters))
	taken := live
	for _, s := range b.Cards[j].Slices {
		if s.Profile < 0 || s.Profile >= len(kind.Profiles) {
			c.faults.addf(ErrPacking, "packed %d: card %d: no profile %d", at, j, s.Profile)
			continue
		}
		c.give(at, request{s.Item, s.Profile}, 1)
		profile := &kind.Profiles[s.Profile]
		if !slices.Contains(profile.Starts, s.Start) {
			c.faults.addf(ErrPacking, "packed %d: card %d: profile %d may not start at %d", at, j, s.Profile, s.Start)
			continue
		}
		slots := span(s.Start, profile.Size)
		if taken&slots != 0 {
			c.faults.addf(ErrPacking, "packed %d: card %d: slot %d is taken twice", at, j, bits.TrailingZeros64(taken&slots))
		}
		taken |= slots
		count[s.Profile]++
		for n, amount := range profile.Uses {
			counters[n] = plus(counters[n], amount)
		}
	}
	for profile, n := range count {
		if n > kind.Profiles[profile].Max {
			c.faults.addf(ErrPacking, "packed %d: card %d: %d slices of profile %d", at, j, n, profile)
		}
	}
	for n, sum := range counters {
		if sum > kind.Counters[n] {
			c.faults.addf(ErrPacking, "packed %d: card %d: %d of counter %d", at, j, sum, n)
		}
	}
}

// fixed checks the last CardUse of a bin with fixed instances, which lists those that are used.
func (c *checker) fixed(at, last int) {
	b := &c.k.Bins[at]
	bin := &c.p.Bins[b.Bin]
	use := &b.Cards[last]
	if use.Whole != 0 || len(use.Shares) > 0 {
		c.faults.addf(ErrPacking, "packed %d: card %d is used in more than one way", at, last)
	}
	count := make([]int64, len(bin.Fixed))
	for _, s := range use.Slices {
		if s.Profile < 0 || s.Profile >= len(count) || s.Start != -1 {
			c.faults.addf(ErrPacking, "packed %d: profile %d at %d: fixed instances have a profile and no start",
				at, s.Profile, s.Start)
			continue
		}
		c.give(at, request{s.Item, s.Profile}, 1)
		count[s.Profile]++
	}
	for profile, n := range count {
		if n > bin.Fixed[profile] {
			c.faults.addf(ErrPacking, "packed %d: %d instances of profile %d in bin %d that has %d",
				at, n, profile, b.Bin, bin.Fixed[profile])
		}
	}
}

// span is the mask of size slots from start; the model keeps it inside 64 slots.
func span(start, size int) uint64 {
	return (^uint64(0) >> (64 - uint(size))) << uint(start)
}
