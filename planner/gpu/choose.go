package gpu

import "cmp"

// ShareMilli is the share of the card's compute that profile i has, in thousandths, rounded down: its SMs of those of the
// full-size instance. Where the SMs of any plain profile are unknown, compute slices are counted instead for all of them,
// which on Hopper would put a 1g at 142 where SMs say 121. It is 0 for a profile that m does not have.
func (m Model) ShareMilli(i int) int64 {
	if i < 0 || i >= len(m.Profiles) {
		return 0
	}
	part, whole := m.compute(i)
	if whole == 0 {
		return 0
	}
	return 1000 * part / whole
}

// compute is what profile i has of the card's compute, and all there is, in SMs or else in compute slices.
func (m Model) compute(i int) (part, whole int64) {
	if m.countsSMs() {
		return m.Profiles[i].SMs, m.SMs
	}
	return int64(m.Profiles[i].ComputeSlices), int64(m.ComputeSlices)
}

// countsSMs reports whether the SMs of every plain profile are known.
func (m Model) countsSMs() bool {
	for i := range m.Profiles {
		if m.Profiles[i].plain() && m.Profiles[i].SMs == 0 {
			return false
		}
	}
	return m.SMs > 0
}

// SmallestFor returns the smallest plain profile with at least shareMilli thousandths of the card's compute; false if the
// model has no MIG that can be planned or none is large enough.
func (m Model) SmallestFor(shareMilli int64) (int, bool) {
	return m.SmallestWith(shareMilli, 0)
}

// SmallestWith returns the smallest plain profile with at least shareMilli thousandths of the card's compute and at least
// memoryMiB of memory. Smallest is by share, then by memory slices, then by name. A profile whose memory is unknown
// (0) is never chosen for a memory demand.
func (m Model) SmallestWith(shareMilli, memoryMiB int64) (int, bool) {
	best := -1
	shareMilli = max(shareMilli, 0)
	for _, i := range m.Plain() {
		part, whole := m.compute(i)
		if shareMilli > 1000 || 1000*part < shareMilli*whole || m.Profiles[i].MemoryMiB < memoryMiB {
			continue
		}
		if best < 0 || m.smaller(i, best) < 0 {
			best = i
		}
	}
	return max(best, 0), best >= 0
}

// smaller orders two profiles by compute, memory slices and name.
func (m Model) smaller(a, b int) int {
	partA, _ := m.compute(a)
	partB, _ := m.compute(b)
	p, q := &m.Profiles[a], &m.Profiles[b]
	return cmp.Or(cmp.Compare(partA, partB), cmp.Compare(p.MemorySlices, q.MemorySlices), cmp.Compare(p.Name, q.Name))
}
