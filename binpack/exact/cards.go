package exact

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// table is the cards of one bin while they are laid out.
type table struct {
	bin   *model.Bin
	kind  *model.CardKind
	needs []demand
	cards []model.CardUse // those looked at so far: with live slots, or used
	fixed model.CardUse   // what is used of fixed instances
}

// demand is one copy's need, or one instance of it: exactly one of the three is set.
type demand struct {
	item    int
	whole   int64
	share   int64
	profile int // -1: none
}

// layCards finds a way to serve all items of a bin from its cards, trying every card and every
// start for each of them, and says whether there is one.
func (s *search) layCards(bin *opening) ([]model.CardUse, bool) {
	t := &table{bin: &s.p.Bins[bin.kind]}
	for i, n := range bin.have {
		need, _ := s.need(i, bin.kind)
		for range n {
			t.ask(i, need)
		}
	}
	if len(t.needs) == 0 {
		return nil, true
	}
	t.kind = &s.p.Cards[t.bin.Card]
	t.cards = make([]model.CardUse, len(t.bin.Live))
	if !t.lay(0) {
		return nil, false
	}
	if len(t.fixed.Slices) > 0 {
		return append(t.cards, t.fixed), true
	}
	return t.cards, true
}

// ask turns the need of one copy into demands.
func (t *table) ask(item int, need model.CardNeed) {
	if need.Whole > 0 {
		t.needs = append(t.needs, demand{item: item, whole: need.Whole, profile: -1})
	}
	if need.Share > 0 {
		t.needs = append(t.needs, demand{item: item, share: need.Share, profile: -1})
	}
	for f, instances := range need.Slices {
		for range instances {
			t.needs = append(t.needs, demand{item: item, profile: f})
		}
	}
}

// lay serves the demands from the n-th on.
func (t *table) lay(n int) bool {
	if n == len(t.needs) {
		return true
	}
	d := t.needs[n]
	switch {
	case d.whole > 0:
		return t.layWhole(n, d.whole)
	case d.profile >= 0 && t.bin.Fixed != nil:
		return t.layFixed(n)
	}
	known := len(t.cards)
	for j := range known {
		if t.layOn(n, j) {
			return true
		}
	}
	if int64(known) == t.bin.Cards {
		return false
	}
	t.cards = append(t.cards, model.CardUse{}) // an untouched card: all of them are alike
	if t.layOn(n, known) {
		return true
	}
	t.cards = t.cards[:known]
	return false
}

// layWhole serves an item with so many cards more.
func (t *table) layWhole(n int, cards int64) bool {
	if cards == 0 {
		return t.lay(n + 1)
	}
	known := len(t.cards)
	for j := range known {
		if t.idle(j) {
			t.cards[j].Whole = t.needs[n].item + 1
			if t.layWhole(n, cards-1) {
				return true
			}
			t.cards[j].Whole = 0
			return false // idle cards are alike
		}
	}
	if int64(known) >= t.bin.Cards {
		return false
	}
	t.cards = append(t.cards, model.CardUse{Whole: t.needs[n].item + 1})
	if t.layWhole(n, cards-1) {
		return true
	}
	t.cards = t.cards[:known]
	return false
}

func (t *table) live(j int) uint64 {
	if j < len(t.bin.Live) {
		return t.bin.Live[j]
	}
	return 0
}

func (t *table) idle(j int) bool {
	c := &t.cards[j]
	return t.live(j) == 0 && c.Whole == 0 && len(c.Shares) == 0 && len(c.Slices) == 0
}

func (t *table) layFixed(n int) bool {
	d := t.needs[n]
	used := int64(1)
	for _, s := range t.fixed.Slices {
		if s.Profile == d.profile {
			used++
		}
	}
	if used > t.bin.Fixed[d.profile] {
		return false
	}
	t.fixed.Slices = append(t.fixed.Slices, model.Slice{Item: d.item, Profile: d.profile, Start: -1})
	if t.lay(n + 1) {
		return true
	}
	t.fixed.Slices = t.fixed.Slices[:len(t.fixed.Slices)-1]
	return false
}

// layOn serves a share or a slice from card j in every way.
func (t *table) layOn(n, j int) bool {
	d, c := t.needs[n], &t.cards[j]
	before := *c
	if d.share > 0 {
		sum := d.share
		for _, l := range c.Shares {
			sum += l.Count * t.shareOf(l.Item)
		}
		if sum > t.kind.Share || c.Whole != 0 || len(c.Slices) > 0 || t.live(j) != 0 {
			return false
		}
		c.Shares = joined(c.Shares, d.item)
		if t.lay(n + 1) {
			return true
		}
		t.cards[j] = before
		return false
	}
	if c.Whole != 0 || len(c.Shares) > 0 || !t.countable(j, d.profile) {
		return false
	}
	for _, start := range t.kind.Profiles[d.profile].Starts {
		if !t.vacant(j, d.profile, start) {
			continue
		}
		t.cards[j].Slices = append(slices.Clone(before.Slices), model.Slice{Item: d.item, Profile: d.profile, Start: start})
		if t.lay(n + 1) {
			return true
		}
		t.cards[j] = before
	}
	return false
}

// joined is shares with one more of an item.
func joined(shares []model.Load, item int) []model.Load {
	shares = slices.Clone(shares)
	for n := range shares {
		if shares[n].Item == item {
			shares[n].Count++
			return shares
		}
	}
	return append(shares, model.Load{Item: item, Count: 1})
}

func (t *table) shareOf(item int) int64 {
	for _, d := range t.needs {
		if d.item == item {
			return d.share
		}
	}
	return 0
}

// countable says whether the profile's Max and the card's counters bear one instance more.
func (t *table) countable(j, profile int) bool {
	count := int64(1)
	used := slices.Clone(t.kind.Profiles[profile].Uses)
	if used == nil {
		used = make([]int64, len(t.kind.Counters))
	}
	for _, s := range t.cards[j].Slices {
		if s.Profile == profile {
			count++
		}
		for c, amount := range t.kind.Profiles[s.Profile].Uses {
			used[c] += amount
		}
	}
	for c, amount := range used {
		if amount > t.kind.Counters[c] {
			return false
		}
	}
	return count <= t.kind.Profiles[profile].Max
}

// vacant says whether the slots of an instance are neither live nor taken.
func (t *table) vacant(j, profile, start int) bool {
	for slot := start; slot < start+t.kind.Profiles[profile].Size; slot++ {
		if t.live(j)>>slot&1 == 1 {
			return false
		}
		for _, s := range t.cards[j].Slices {
			if slot >= s.Start && slot < s.Start+t.kind.Profiles[s.Profile].Size {
				return false
			}
		}
	}
	return true
}
