package check

import (
	"math/bits"

	"github.com/tenon-sh/tenon/binpack/model"
)

// marks are the first slots of every card of a kind, and how many of them an instance of each profile covers at least, wherever it
// starts. No slot is covered twice, so instances on one card cover no more than there are. The first six slots of an A100 say that it has three
// pairs for what must lie in a pair of them.
type marks struct {
	slots uint64
	cover []int64
}

// marked lists them for any number of slots but all, which are a row anyhow, without those that others imply.
func marked(kind *model.CardKind) []marks {
	all := markSlots(kind, span64(kind.Slots))
	var list []marks
	for n := kind.Slots - 1; n > 0; n-- {
		m := markSlots(kind, span(0, n))
		weak := all.implies(&m)
		for at := range list {
			weak = weak || list[at].implies(&m)
		}
		if !weak {
			list = append(list, m)
		}
	}
	return list
}

func markSlots(kind *model.CardKind, slots uint64) marks {
	m := marks{slots, make([]int64, len(kind.Profiles))}
	for f := range kind.Profiles {
		profile := &kind.Profiles[f]
		m.cover[f] = int64(profile.Size)
		for _, start := range profile.Starts {
			m.cover[f] = min(m.cover[f], int64(bits.OnesCount64(span(start, profile.Size)&slots)))
		}
	}
	return m
}

func (m *marks) count() int64 { return int64(bits.OnesCount64(m.slots)) }

// implies says that no profile covers a smaller part of these slots than of others.
func (m *marks) implies(o *marks) bool {
	for f := range m.cover {
		if m.cover[f]*o.count() < o.cover[f]*m.count() {
			return false
		}
	}
	return true
}

// mark adds a row for each.
func (r *room) mark() {
	r.marks = marked(r.kind)
	for n := range r.marks {
		sum := times(r.marks[n].count(), r.free)
		for _, live := range r.bin.Live {
			if live != 0 {
				sum = plus(sum, int64(bits.OnesCount64(r.marks[n].slots&^live)))
			}
		}
		r.rows = append(r.rows, sum)
	}
}

// takeMarks writes what an item with that need takes of these rows. A share blocks so much of them as of the card, rounded down.
func (r *room) takeMarks(row []int64, need *model.CardNeed) {
	for n := range r.marks {
		m := &r.marks[n]
		row[n] = times(m.count(), need.Whole)
		if need.Share > 0 {
			row[n] = m.count() * need.Share / r.kind.Share
		}
		for f, instances := range need.Slices {
			row[n] = plus(row[n], times(instances, m.cover[f]))
		}
	}
}
