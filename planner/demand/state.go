package demand

import (
	"math"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// What a State keeps. Chosen: two whole weeks of hours, so that each hour of the week is seen twice, and six weeks of daily peaks
// of memory, in 2 KiB.
const (
	hoursKept = 14 * 24
	daysKept  = 42
	killsKept = 8
	hourMilli = 3_600_000
	cpuLevels = 3 // of an hour: the most, what one sixth of it is above, what half of it is above
	bitsKept  = hoursKept / 8
)

// Name says what a State is of.
type Name struct {
	Workload  planner.Ref // zero: the owner of the pod was not known
	Namespace string      // and Pod: only where the workload is not known
	Pod       string
	Container string
}

// String is the workload, or namespace and pod, and the container.
func (n Name) String() string { return n.Owner() + "/" + n.Container }

// Owner is the workload as planner.Ref prints it, or "namespace/pod" where it is not known.
func (n Name) Owner() string {
	if n.Workload != (planner.Ref{}) {
		return n.Workload.String()
	}
	return n.Namespace + "/" + n.Pod
}

// State is what is remembered of one container of a workload: at most 2 KiB, whatever came in. Its hours lie in rings, by the hour
// since 1970 UTC modulo their number; hours older than the window are forgotten. All fields merge by the larger, by the
// sum, or by the union, so that the order in which pods come in does not show.
type State struct {
	name *Name
	pool *pool // of the recording; nil: not known

	first, last int64 // milliseconds: of the samples of CPU and memory
	newest      int32 // hour of the newest cell; 0: there is none
	step        int32 // least milliseconds between two samples of a pod; 0: not known
	samples     [2]uint32
	expected    [2]uint32 // that the pods would have given without gaps
	pods        uint32
	faults      uint32
	kills       uint32
	restarts    uint32
	throttled   uint32
	base        uint16    // codes of CPU are kept in a byte, above this one
	shared      uint8     // of 255: how many of the pods are above a level when the worst is; 0: not known, so all of them
	condemned   uint8     // bits of the resources of which a series must not be believed
	quiet       uint8     // minutes at the start of pods whose CPU does not count
	startup     uint16    // code of the most CPU in the first minutes of pods
	replicas    [3]uint32 // fewest, most, newest
	replicasAt  int64
	killHours   [killsKept]int32 // newest first, each once

	memory    [hoursKept]uint16
	cpu       [hoursKept][cpuLevels]uint8
	days      [daysKept]uint16 // most memory of each day, a ring as well
	restarted [bitsKept]uint8  // hours in which a container was started again
	throttles [bitsKept]uint8  // hours in which CPU was held back at its limit
}

const (
	ofCPU = iota
	ofMemory
)

// Name says what the state is of.
func (s *State) Name() Name { return *s.name }

// Replicas are the fewest and the most pods that were ready at once, and the last count; zeros where nobody said.
func (s *State) Replicas() (fewest, most, newest int64) {
	return int64(s.replicas[0]), int64(s.replicas[1]), int64(s.replicas[2])
}

// Pods is of how many pods there were samples.
func (s *State) Pods() int64 { return int64(s.pods) }

// OOMKills is how many containers were killed for memory.
func (s *State) OOMKills() int64 { return int64(s.kills) }

func hourOf(at int64) int32 {
	// A sample speaks of the time before it, so the one on the hour belongs to the hour that ends.
	return int32(min(max((at-1)/hourMilli, 1), usage.LatestMillis/hourMilli))
}

// reach makes the ring hold an hour: newer than all, it clears the cells on the way. It reports whether the hour lies within.
func (s *State) reach(hour int32) bool {
	if hour <= s.newest {
		return hour > s.newest-hoursKept
	}
	if s.newest == 0 || hour-s.newest >= hoursKept {
		clear(s.memory[:])
		clear(s.cpu[:])
		clear(s.restarted[:])
		clear(s.throttles[:])
	} else {
		for h := s.newest + 1; h <= hour; h++ {
			i := h % hoursKept
			s.memory[i], s.cpu[i] = 0, [cpuLevels]uint8{}
			s.restarted[i/8] &^= 1 << (i % 8)
			s.throttles[i/8] &^= 1 << (i % 8)
		}
	}
	day, newestDay := hour/24, s.newest/24
	if s.newest == 0 || day-newestDay >= daysKept {
		clear(s.days[:])
	} else {
		for d := newestDay + 1; d <= day; d++ {
			s.days[d%daysKept] = 0
		}
	}
	s.newest = hour
	return true
}

func (s *State) putMemory(hour int32, code uint16) {
	if hour/24 > s.newest/24-daysKept && hour <= s.newest || s.reach(hour) {
		s.days[hour/24%daysKept] = max(s.days[hour/24%daysKept], code)
	}
	if s.reach(hour) {
		s.memory[hour%hoursKept] = max(s.memory[hour%hoursKept], code)
	}
}

func (s *State) putCPU(hour int32, levels [cpuLevels]uint16) {
	if !s.reach(hour) {
		return
	}
	cell := &s.cpu[hour%hoursKept]
	for i, code := range levels {
		cell[i] = max(cell[i], s.byteOf(code))
	}
}

// byteOf returns a code of CPU above the base, which it lifts where the code lies too high. What is far below
// the most (a 250th) is then told as that: too much, never too little.
func (s *State) byteOf(code uint16) uint8 {
	if code == 0 {
		return 0
	}
	if code > s.base+math.MaxUint8 {
		s.lift(code - math.MaxUint8)
	}
	return uint8(max(int(code)-int(s.base), 1))
}

func (s *State) lift(base uint16) {
	up := int(base) - int(s.base)
	for i := range s.cpu {
		for j, b := range s.cpu[i] {
			if b != 0 {
				s.cpu[i][j] = uint8(max(int(b)-up, 1))
			}
		}
	}
	s.base = base
}

func (s *State) putKill(hour int32, count uint32) {
	s.kills += min(count, math.MaxUint32-s.kills)
	s.noteKill(hour)
}

func (s *State) noteKill(hour int32) {
	if hour == 0 || slices.Contains(s.killHours[:], hour) {
		return
	}
	for i, h := range s.killHours {
		if hour > h {
			copy(s.killHours[i+1:], s.killHours[i:])
			s.killHours[i] = hour
			return
		}
	}
}

func (s *State) putBit(bits *[bitsKept]uint8, hour int32) {
	if s.reach(hour) {
		i := hour % hoursKept
		bits[i/8] |= 1 << (i % 8)
	}
}

func (s *State) putReplicas(at int64, n uint32) {
	if s.replicasAt == 0 {
		s.replicas = [3]uint32{n, n, n}
	}
	s.replicas[0], s.replicas[1] = min(s.replicas[0], n), max(s.replicas[1], n)
	if at > s.replicasAt || at == s.replicasAt && n > s.replicas[2] {
		s.replicas[2], s.replicasAt = n, at
	}
}

func plus(a, b uint32) uint32 { return a + min(b, math.MaxUint32-a) }
