package demand

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tenon-sh/tenon/planner/usage"
)

// ErrWire is wrapped by what UnmarshalBinary returns.
var ErrWire = errors.New("not a demand state")

// The form is: a version, the fixed fields in order, the rings of hours that hold anything, and the names. All integers are
// little-endian. MarshalBinary of equal states gives equal bytes.
const (
	wireVersion = 1
	hasMemory   = 1 << 0
	hasCPU      = 1 << 1
	namesMost   = 1 << 16
)

// fixed are the fields of one size, in order.
func (s *State) fixed() []any {
	return []any{
		&s.first, &s.last, &s.newest, &s.step, &s.samples, &s.expected, &s.pods, &s.faults, &s.kills, &s.restarts, &s.throttled,
		&s.base, &s.shared, &s.condemned, &s.quiet, &s.startup, &s.replicas, &s.replicasAt, &s.killHours, &s.days, &s.restarted, &s.throttles,
	}
}

// MarshalBinary returns the state without its Pool. Beside the names it has less than 2 KiB.
func (s *State) MarshalBinary() ([]byte, error) {
	has := byte(0)
	if s.memory != [hoursKept]uint16{} {
		has |= hasMemory
	}
	if s.cpu != [hoursKept][cpuLevels]uint8{} {
		has |= hasCPU
	}
	out := []byte{wireVersion, has}
	var err error
	fields := s.fixed()
	if has&hasMemory != 0 {
		fields = append(fields, &s.memory)
	}
	if has&hasCPU != 0 {
		fields = append(fields, &s.cpu)
	}
	for _, f := range fields {
		if out, err = binary.Append(out, binary.LittleEndian, f); err != nil {
			return nil, err
		}
	}
	for _, text := range s.name.texts() {
		if len(*text) > namesMost {
			return nil, fmt.Errorf("%w: a name of %d bytes", ErrWire, len(*text))
		}
		out = binary.AppendUvarint(out, uint64(len(*text)))
		out = append(out, *text...)
	}
	return out, nil
}

func (n *Name) texts() []*string {
	return []*string{&n.Workload.Namespace, &n.Workload.Kind, &n.Workload.Name, &n.Namespace, &n.Pod, &n.Container}
}

// UnmarshalBinary replaces the state by what MarshalBinary wrote. Errors wrap ErrWire; the state is then as it was.
func (s *State) UnmarshalBinary(data []byte) error {
	if len(data) < 2 || data[0] != wireVersion || data[1] > hasMemory|hasCPU {
		return fmt.Errorf("%w: no version that is known", ErrWire)
	}
	read := State{name: &Name{}}
	fields := read.fixed()
	if data[1]&hasMemory != 0 {
		fields = append(fields, &read.memory)
	}
	if data[1]&hasCPU != 0 {
		fields = append(fields, &read.cpu)
	}
	data = data[2:]
	for _, f := range fields {
		n, err := binary.Decode(data, binary.LittleEndian, f)
		if err != nil {
			return fmt.Errorf("%w: it ends early", ErrWire)
		}
		data = data[n:]
	}
	for _, text := range read.name.texts() {
		size, n := binary.Uvarint(data)
		if n <= 0 || size > namesMost || size > uint64(len(data)-n) {
			return fmt.Errorf("%w: a name ends early", ErrWire)
		}
		*text = string(data[n : n+int(size)])
		data = data[n+int(size):]
	}
	if len(data) > 0 {
		return fmt.Errorf("%w: %d bytes too many", ErrWire, len(data))
	}
	if err := read.sound(); err != nil {
		return err
	}
	*s = read
	return nil
}

// sound refuses what no Intake makes and what would make arithmetic fail.
func (s *State) sound() error {
	const most = int64(latestHour) * hourMilli
	if s.newest < 0 || s.newest > latestHour || s.step < 0 || s.first < 0 || s.last < s.first || s.last > most || s.base > baseMost || s.startup > codeMost {
		return fmt.Errorf("%w: times or amounts that cannot be", ErrWire)
	}
	for _, h := range s.killHours {
		if h < 0 || h > latestHour {
			return fmt.Errorf("%w: a kill at a time that cannot be", ErrWire)
		}
	}
	for _, c := range s.cpu {
		if c[0] < c[1] || c[1] < c[2] {
			return fmt.Errorf("%w: an hour of CPU whose levels do not fall", ErrWire)
		}
	}
	return nil
}

// What fields may be.
const (
	latestHour = usage.LatestMillis/hourMilli + 1
	codeMost   = 64<<cpuBits + 1
	baseMost   = codeMost
)
