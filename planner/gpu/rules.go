package gpu

import (
	"errors"
	"fmt"
)

// Placement is one MIG instance: a profile, as an index into Model.Profiles, at a first memory slice.
type Placement struct {
	Profile int
	Start   int
}

// Layout is what lives on one card. The order says nothing to [Model.Fits]; it matters to the driver, see [DriverOrder].
type Layout []Placement

// What can be wrong with a layout. Fits wraps one of these with the names involved.
var (
	// ErrNoMIG: the model cannot be sliced at all.
	ErrNoMIG = errors.New("the model has no MIG")
	// ErrUnpublished: the model can be sliced, but where its slices may lie is not published.
	ErrUnpublished = errors.New("the model's MIG placements are not published")
	// ErrUnknownProfile: no such profile on this model.
	ErrUnknownProfile = errors.New("unknown profile")
	// ErrStart: the profile may not start at that memory slice.
	ErrStart = errors.New("illegal start")
	// ErrTooMany: more instances of a profile than a card can hold.
	ErrTooMany = errors.New("too many instances of a profile")
	// ErrOverlap: two instances want the same memory slice.
	ErrOverlap = errors.New("overlapping placements")
	// ErrCounter: a counted engine is used more often than it exists.
	ErrCounter = errors.New("a counted engine is used up")
)

// MIG returns nil if slices of m can be planned, and otherwise the reason: ErrNoMIG or ErrUnpublished, wrapped.
func (m Model) MIG() error {
	if m.MemorySlices > 0 {
		return nil
	}
	if len(m.Profiles) > 0 {
		return fmt.Errorf("%w: %s", ErrUnpublished, m.Key)
	}
	return fmt.Errorf("%w: %s", ErrNoMIG, m.Key)
}

// Fits returns nil if l is legal on m, and otherwise the first rule that it breaks. An empty layout fits every model.
func (m Model) Fits(l Layout) error {
	if len(l) == 0 {
		return nil
	}
	if err := m.MIG(); err != nil {
		return err
	}
	var mask uint64
	counts := make([]int, len(m.Profiles))
	for _, pl := range l {
		if pl.Profile < 0 || pl.Profile >= len(m.Profiles) {
			return fmt.Errorf("%w: index %d on %s", ErrUnknownProfile, pl.Profile, m.Key)
		}
		p := &m.Profiles[pl.Profile]
		if !p.startsAt(pl.Start) {
			return fmt.Errorf("%w: %s at slice %d of %s", ErrStart, p.Name, pl.Start, m.Key)
		}
		if counts[pl.Profile]++; counts[pl.Profile] > p.Max {
			return fmt.Errorf("%w: %d × %s on %s, at most %d", ErrTooMany, counts[pl.Profile], p.Name, m.Key, p.Max)
		}
		span := p.span(pl.Start)
		if mask&span != 0 {
			return fmt.Errorf("%w: %s at slice %d of %s", ErrOverlap, p.Name, pl.Start, m.Key)
		}
		mask |= span
	}
	return m.fitsCounters(counts)
}

// fitsCounters checks the engines that counts takes from one card.
func (m Model) fitsCounters(counts []int) error {
	for c, capacity := range m.Counters {
		var used int64
		for i, n := range counts {
			used += int64(n) * m.Profiles[i].Uses[c]
		}
		if used > capacity {
			return fmt.Errorf("%w: engine %d of %s, %d of %d", ErrCounter, c, m.Key, used, capacity)
		}
	}
	return nil
}

// Occupied returns the memory slices that l takes, slice s as bit s. Placements outside the table take none.
func (m Model) Occupied(l Layout) uint64 {
	var mask uint64
	for _, pl := range l {
		if pl.Profile >= 0 && pl.Profile < len(m.Profiles) && m.Profiles[pl.Profile].startsAt(pl.Start) {
			mask |= m.Profiles[pl.Profile].span(pl.Start)
		}
	}
	return mask
}

// Counts returns how many instances of each profile l has.
func (m Model) Counts(l Layout) []int {
	counts := make([]int, len(m.Profiles))
	for _, pl := range l {
		if pl.Profile >= 0 && pl.Profile < len(counts) {
			counts[pl.Profile]++
		}
	}
	return counts
}

// startsAt reports whether p may begin at memory slice s.
func (p *Profile) startsAt(s int) bool {
	for _, at := range p.Starts {
		if at == s {
			return true
		}
	}
	return false
}

// span is the slot mask of p at memory slice s.
func (p *Profile) span(s int) uint64 {
	return (1<<p.MemorySlices - 1) << s
}
