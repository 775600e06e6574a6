package cards

import (
	"cmp"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Demand is what Count items of one kind ask of the cards of a bin.
type Demand struct {
	Item  int
	Count int64
	Need  model.CardNeed
}

// Total adds demands up to a Load.
func Total(demands []Demand, profiles int) Load {
	var l Load
	for _, d := range demands {
		l.Whole += d.Need.Whole * d.Count
		for range d.Count {
			if d.Need.Share > 0 {
				l.Shares = append(l.Shares, d.Need.Share)
			}
		}
		for p, n := range d.Need.Slices {
			if n > 0 && l.Slices == nil {
				l.Slices = make([]int64, profiles)
			}
			if n > 0 {
				l.Slices[p] += n * d.Count
			}
		}
	}
	return l
}

// Assign says which card carries what. It reports false if the cards cannot carry the demands.
// The cards with live slots come first, as in Bin.Live; then slices, shares and whole cards.
// In a bin with Fixed instances the slices stand, with start -1, on one entry after the others.
func (s Set) Assign(demands []Demand) ([]model.CardUse, bool) {
	if len(demands) == 0 {
		return nil, true
	}
	profiles := 0
	if s.Geometry != nil {
		profiles = len(s.Geometry.kind.Profiles)
	}
	load := Total(demands, profiles)
	a := assigner{set: s, queue: sliceQueue(demands, profiles)}
	a.live = liveCards(s.Live)
	if !s.place(load, a.slice) {
		return nil, false
	}
	a.shares(demands)
	a.wholes(demands)
	if s.Fixed != nil {
		a.fixed(demands)
	}
	return a.cards(), true
}

type assigner struct {
	set   Set
	live  []int           // indices of the cards with live slots
	queue [][]int         // items that wait for an instance, by profile
	cut   []model.CardUse // live cards first, then empty ones that were cut
	rest  []model.CardUse
}

func liveCards(masks []uint64) []int {
	var out []int
	for i, m := range masks {
		if m != 0 {
			out = append(out, i)
		}
	}
	return out
}

func sliceQueue(demands []Demand, profiles int) [][]int {
	queue := make([][]int, profiles)
	for _, d := range demands {
		for p, n := range d.Need.Slices {
			for range n * d.Count {
				queue[p] = append(queue[p], d.Item)
			}
		}
	}
	return queue
}

func (a *assigner) slice(card, profile, start int) {
	for len(a.cut) <= card {
		a.cut = append(a.cut, model.CardUse{})
	}
	item := a.queue[profile][0]
	a.queue[profile] = a.queue[profile][1:]
	a.cut[card].Slices = append(a.cut[card].Slices, model.Slice{Item: item, Profile: profile, Start: start})
}

func (a *assigner) shares(demands []Demand) {
	type part struct{ item, share int64 }
	var parts []part
	for _, d := range demands {
		for range d.Count {
			if d.Need.Share > 0 {
				parts = append(parts, part{int64(d.Item), d.Need.Share})
			}
		}
	}
	slices.SortStableFunc(parts, func(x, y part) int { return cmp.Compare(y.share, x.share) })
	var room []int64
	var uses []model.CardUse
	for _, x := range parts {
		at := slices.IndexFunc(room, func(r int64) bool { return r >= x.share })
		if at < 0 {
			room, uses = append(room, a.set.share()), append(uses, model.CardUse{})
			at = len(room) - 1
		}
		room[at] -= x.share
		uses[at].Shares = addLoad(uses[at].Shares, int(x.item))
	}
	a.rest = append(a.rest, uses...)
}

func addLoad(loads []model.Load, item int) []model.Load {
	for i := range loads {
		if loads[i].Item == item {
			loads[i].Count++
			return loads
		}
	}
	return append(loads, model.Load{Item: item, Count: 1})
}

func (a *assigner) wholes(demands []Demand) {
	for _, d := range demands {
		for range d.Need.Whole * d.Count {
			a.rest = append(a.rest, model.CardUse{Whole: d.Item + 1})
		}
	}
}

func (a *assigner) fixed(demands []Demand) {
	var use model.CardUse
	for _, d := range demands {
		for p, n := range d.Need.Slices {
			for range n * d.Count {
				use.Slices = append(use.Slices, model.Slice{Item: d.Item, Profile: p, Start: -1})
			}
		}
	}
	if use.Slices == nil {
		return
	}
	for int64(len(a.rest)) < a.set.N {
		a.rest = append(a.rest, model.CardUse{})
	}
	a.rest = append(a.rest, use)
}

// cards puts live cards back on their own index and everything else on the free ones, in order.
func (a *assigner) cards() []model.CardUse {
	out := make([]model.CardUse, len(a.set.Live))
	isLive := make([]bool, len(a.set.Live))
	for i, card := range a.live {
		isLive[card] = true
		if i < len(a.cut) {
			out[card] = a.cut[i]
		}
	}
	next := a.rest
	if len(a.cut) > len(a.live) {
		next = append(slices.Clone(a.cut[len(a.live):]), a.rest...)
	}
	for card := range out {
		if !isLive[card] && len(next) > 0 {
			out[card], next = next[0], next[1:]
		}
	}
	out = append(out, next...)
	for len(out) > 0 && idle(out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	for i := range out {
		slices.SortStableFunc(out[i].Slices, func(x, y model.Slice) int { return cmp.Compare(x.Start, y.Start) })
	}
	return out
}

func idle(u model.CardUse) bool {
	return u.Whole == 0 && len(u.Shares) == 0 && len(u.Slices) == 0
}
