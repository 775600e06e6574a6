package demand

import (
	"math"
	"slices"
)

// Merge adds what another state knows of the same container: from other pods, or from another time. Of memory the worse of two
// hours counts, of CPU they are mixed by their numbers of pods. Two states of the same samples count their samples twice. other
// stays as it is.
func (s *State) Merge(other *State) { *s = *together([]*State{s, other}) }

// together brings pods of one container together: the mixture of their CPU in each hour, the most of their memory. With one pod it is
// that one. The result does not depend on the order but for what the quotas of a mixture round.
func together(pods []*State) *State {
	if len(pods) == 1 {
		return pods[0]
	}
	s := &State{name: pods[0].name, pool: pods[0].pool}
	for _, p := range pods {
		if p.newest != 0 {
			s.reach(p.newest)
			s.base = max(s.base, p.base)
		}
		s.count(p)
	}
	for _, p := range pods {
		s.mergeHours(p)
	}
	cells, weights := make([][cpuLevels]uint8, 0, len(pods)), make([]float64, 0, len(pods))
	for h := max(s.newest-hoursKept+1, 1); h <= s.newest; h++ {
		cells, weights = cells[:0], weights[:0]
		for _, p := range pods {
			if cell := p.cpuAt(h, s.base); cell[cpuLevels-1] != 0 {
				cells, weights = append(cells, cell), append(weights, float64(max(p.pods, 1)))
			}
		}
		if len(cells) > 0 {
			s.cpu[h%hoursKept] = mixed(cells, weights)
		}
	}
	s.shared = shares(s, pods)
	return s
}

// cpuAt returns an hour's levels above a base that is not below the state's own.
func (s *State) cpuAt(hour int32, base uint16) (cell [cpuLevels]uint8) {
	if hour <= s.newest-hoursKept || hour > s.newest {
		return cell
	}
	for j, b := range s.cpu[hour%hoursKept] {
		if b != 0 {
			cell[j] = uint8(max(int(b)+int(s.base)-int(base), 1))
		}
	}
	return cell
}

// mixed returns the levels of the time of all pods together.
func mixed(cells [][cpuLevels]uint8, weights []float64) (out [cpuLevels]uint8) {
	if len(cells) == 1 {
		return cells[0]
	}
	low, total := uint8(math.MaxUint8), 0.0
	for i, c := range cells {
		out[0] = max(out[0], c[0])
		low = min(low, c[cpuLevels-1])
		total += weights[i]
	}
	for j, quota := range [cpuLevels]float64{0, 1.0 / 6, 1.0 / 2} {
		if j == 0 {
			continue
		}
		from, to := int(low), int(out[0]) // the lowest code that no more than the quota is above
		for from < to {
			mid, above := (from+to)/2, 0.0
			for i, c := range cells {
				above += float64(weights[i] * aboveCode(c, mid))
			}
			if above > quota*total {
				from = mid + 1
			} else {
				to = mid
			}
		}
		out[j] = uint8(from)
	}
	return out
}

// count adds what are sums, firsts and lasts.
func (s *State) count(o *State) {
	if o.first != 0 && (s.first == 0 || o.first < s.first) {
		s.first = o.first
	}
	s.last = max(s.last, o.last)
	if o.step != 0 && (s.step == 0 || o.step < s.step) {
		s.step = o.step
	}
	for i := range s.samples {
		s.samples[i] = plus(s.samples[i], o.samples[i])
		s.expected[i] = plus(s.expected[i], o.expected[i])
	}
	s.pods, s.faults = plus(s.pods, o.pods), plus(s.faults, o.faults)
	s.kills, s.restarts = plus(s.kills, o.kills), plus(s.restarts, o.restarts)
	s.throttled = plus(s.throttled, o.throttled)
	s.condemned |= o.condemned
	s.startup, s.quiet = max(s.startup, o.startup), max(s.quiet, o.quiet)
	for _, h := range o.killHours {
		s.noteKill(h)
	}
	if o.replicasAt != 0 {
		s.putReplicas(o.replicasAt, o.replicas[2])
		s.replicas[0], s.replicas[1] = min(s.replicas[0], o.replicas[0]), max(s.replicas[1], o.replicas[1])
	}
}

func (s *State) mergeHours(o *State) {
	for h := max(o.newest-hoursKept+1, 1); h <= o.newest; h++ {
		i := h % hoursKept
		if h <= s.newest-hoursKept {
			continue
		}
		s.memory[i] = max(s.memory[i], o.memory[i])
		s.restarted[i/8] |= o.restarted[i/8] & (1 << (i % 8))
		s.throttles[i/8] |= o.throttles[i/8] & (1 << (i % 8))
	}
	for d := max(o.newest/24-daysKept+1, 0); o.newest != 0 && d <= o.newest/24; d++ {
		if d > s.newest/24-daysKept {
			s.days[d%daysKept] = max(s.days[d%daysKept], o.days[d%daysKept])
		}
	}
}

// shares returns how many of the pods, in parts of 255, are above a level on a day on which the worst is: the level is what the
// worst pod exceeds on half of the days. Where pods peak together that is all of them, where each peaks alone one.
func shares(s *State, pods []*State) uint8 {
	var most []uint16
	for d := max(s.newest/24-13, 0); d <= s.newest/24; d++ {
		if v := s.days[d%daysKept]; v != 0 {
			most = append(most, v)
		}
	}
	if len(most) < 3 {
		return 0
	}
	slices.Sort(most)
	level := most[len(most)/2]
	days, above, there := 0.0, 0.0, 0.0
	for d := max(s.newest/24-13, 0); d <= s.newest/24; d++ {
		if s.days[d%daysKept] < level {
			continue
		}
		days++
		for _, p := range pods {
			if v := p.dayAt(d); v != 0 {
				w := float64(max(p.pods, 1))
				there += w
				if v >= level {
					above += w
				}
			}
		}
	}
	if there == 0 {
		return 0
	}
	return uint8(min(math.Ceil(255*above/there), 255))
}

func (s *State) dayAt(d int32) uint16 {
	if s.newest == 0 || d > s.newest/24 || d <= s.newest/24-daysKept {
		return 0
	}
	return s.days[d%daysKept]
}
