package check

import (
	"math/bits"

	"github.com/tenon-sh/tenon/binpack/model"
)

// room states the space of one kind of bin as rows of integers that no legal content exceeds:
// the dimensions, and conditions on the cards that are necessary but not sufficient:
//
//	shares     whole cards and shares, in parts of a card
//	cards      whole cards, and shares above half of one, of which no two share a card
//	slots      whole cards, slices, and of each share the slots that it blocks, rounded down
//	profiles   instances of each profile, where a whole card takes all that it could be cut into
//	counters   what slices use of each counter, and all of it for a whole card
//	marks      of the first slots, what slices cover at least
type room struct {
	p     *model.Problem
	bin   *model.Bin
	kind  *model.CardKind // nil: no cards
	free  int64           // cards without live slots
	alone []int64         // the most instances of each profile on an empty card
	marks []marks
	rows  []int64 // what there is of each row, dimensions first
}

func newRoom(p *model.Problem, b int) *room {
	r := &room{p: p, bin: &p.Bins[b], rows: append([]int64(nil), p.Bins[b].Cap...)}
	if r.bin.Card < 0 {
		return r
	}
	r.kind = &p.Cards[r.bin.Card]
	r.free = r.bin.Cards
	for _, live := range r.bin.Live {
		if live != 0 {
			r.free--
		}
	}
	r.rows = append(r.rows, times(r.kind.Share, r.free), r.free)
	if r.bin.Fixed != nil {
		r.rows = append(r.rows, r.bin.Fixed...)
		return r
	}
	r.cut()
	return r
}

// cut adds the rows of slots, profiles, counters and marks.
func (r *room) cut() {
	card := span64(r.kind.Slots)
	slots := times(int64(r.kind.Slots), r.free)
	instances := make([]int64, len(r.kind.Profiles))
	r.alone = make([]int64, len(r.kind.Profiles))
	for f := range instances {
		r.alone[f] = r.instances(f, 0)
		instances[f] = times(r.alone[f], r.free)
	}
	for _, live := range r.bin.Live {
		if live == 0 {
			continue
		}
		slots = plus(slots, int64(bits.OnesCount64(card&^live)))
		for f := range instances {
			instances[f] = plus(instances[f], r.instances(f, live))
		}
	}
	r.rows = append(append(r.rows, slots), instances...)
	for _, n := range r.kind.Counters {
		r.rows = append(r.rows, times(n, r.bin.Cards))
	}
	r.mark()
}

// span64 is the mask of a card with so many slots, of which there may be none.
func span64(slots int) uint64 {
	if slots == 0 {
		return 0
	}
	return span(0, slots)
}

// instances is the most that fit of one profile on a card with live slots.
func (r *room) instances(profile int, live uint64) int64 {
	f := &r.kind.Profiles[profile]
	weights := make([]int64, len(r.kind.Profiles))
	weights[profile] = 1
	n := min(f.Max, heaviest(r.kind, weights, live))
	for c, amount := range f.Uses {
		if amount > 0 {
			n = min(n, r.kind.Counters[c]/amount)
		}
	}
	return n
}

// heaviest is the most that non-overlapping slices beside the live slots can weigh together,
// by dynamic programming over the slots. It ignores Max and Counters, so it may say too much.
func heaviest(kind *model.CardKind, weights []int64, live uint64) int64 {
	var best [65]int64 // of the slots from s on
	for s := kind.Slots - 1; s >= 0; s-- {
		best[s] = best[s+1]
		for f, weight := range weights {
			if weight == 0 {
				continue
			}
			profile := &kind.Profiles[f]
			for _, start := range profile.Starts {
				if start == s && span(s, profile.Size)&live == 0 {
					best[s] = max(best[s], plus(weight, best[s+profile.Size]))
				}
			}
		}
	}
	return best[0]
}

// take writes into row what one copy of an item with that size and need takes of each row.
func (r *room) take(row, size []int64, need *model.CardNeed) {
	clear(row)
	copy(row, size)
	if r.kind == nil {
		return
	}
	cards := row[len(size):]
	cards[0] = plus(times(need.Whole, r.kind.Share), need.Share)
	cards[1] = need.Whole
	if need.Share > r.kind.Share/2 {
		cards[1]++
	}
	if r.bin.Fixed != nil {
		copy(cards[2:], need.Slices)
		return
	}
	slots := int64(r.kind.Slots)
	cards[2] = times(slots, need.Whole)
	if need.Share > 0 {
		cards[2] = slots * need.Share / r.kind.Share // 64 · 2⁴⁰ at most
	}
	profiles, counters := cards[3:3+len(r.kind.Profiles)], cards[3+len(r.kind.Profiles):]
	r.takeMarks(counters[len(r.kind.Counters):], need)
	counters = counters[:len(r.kind.Counters)]
	for f := range profiles {
		profiles[f] = times(r.alone[f], need.Whole)
	}
	for c := range counters {
		counters[c] = times(r.kind.Counters[c], need.Whole)
	}
	for f, n := range need.Slices {
		profiles[f] = n
		cards[2] = plus(cards[2], times(n, int64(r.kind.Profiles[f].Size)))
		for c, amount := range r.kind.Profiles[f].Uses {
			counters[c] = plus(counters[c], times(n, amount))
		}
	}
}

// copies is how often a row fits into what there is, at most limit.
func copies(limit int64, row, rows []int64) int64 {
	for n, amount := range row {
		if amount > 0 && limit > 0 {
			limit = min(limit, rows[n]/amount)
		}
	}
	return limit
}
