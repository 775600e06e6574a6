package device

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// Limits of what is kept: a hostile input has no more to say than a large cluster.
const (
	statesMost = 200_000
	daysMost   = 60 // days of peaks; of more the latest count
	day        = int64(24 * 60 * 60 * 1000)
	mebibyte   = 1 << 20
	bins       = 101 // of a share of time, in percent
)

// shares counts samples of a share of time by percent, rounded up: a quantile never comes out too small.
type shares struct {
	count [bins]uint32
	n     int64
}

func (h *shares) add(v float64) {
	h.count[int(math.Ceil(float64(min(max(v, 0), 1)*(bins-1))-1e-9))]++
	h.n++
}

// quantile returns the least percent that at least the part q of samples are within, as a share in thousandths.
func (h *shares) quantile(q float64) int64 {
	need, sum := int64(math.Ceil(q*float64(h.n))), int64(0)
	for i, c := range h.count {
		if sum += int64(c); sum >= need {
			return int64(i) * 10
		}
	}
	return 1000
}

// peak is the most device memory of one day.
type peak struct{ day, bytes int64 }

// State is what is known of one device of one container of one pod: half a KiB and 16 bytes a day.
type State struct {
	Key          usage.Key
	Active, Util *shares // nil: not measured
	Peaks        []peak  // by day
	Memory       int64   // samples
	From, To     int64   // milliseconds since 1970
}

// Intake collects series of GPU metrics into States. The zero value is empty and ready.
type Intake struct {
	at      map[string]*State
	Dropped int64 // series of devices beyond what is kept
}

// Add takes the samples of one series in; metrics that are not a GPU's are ignored. Samples that cannot be true are
// left out: usage.Clean has counted them.
func (in *Intake) Add(s usage.Series) {
	if s.Metric != usage.GPUActive && s.Metric != usage.GPUUtil && s.Metric != usage.GPUMemory || len(s.Samples) == 0 {
		return
	}
	st := in.state(s.Key)
	if st == nil {
		in.Dropped++
		return
	}
	st.Key.Shared = st.Key.Shared || s.Key.Shared
	if st.Key.Workload == (planner.Ref{}) {
		st.Key.Workload = s.Key.Workload
	}
	for _, x := range s.Samples {
		if !(x.Value >= 0) || math.IsInf(x.Value, 0) {
			continue
		}
		switch s.Metric {
		case usage.GPUActive:
			st.Active = put(st.Active, x.Value)
		case usage.GPUUtil:
			st.Util = put(st.Util, x.Value)
		default:
			st.memory(x)
		}
		if st.From == 0 || x.At < st.From {
			st.From = x.At
		}
		st.To = max(st.To, x.At)
	}
}

func put(h *shares, v float64) *shares {
	if h == nil {
		h = &shares{}
	}
	h.add(v)
	return h
}

func (in *Intake) state(k usage.Key) *State {
	if in.at == nil {
		in.at = map[string]*State{}
	}
	name := strings.Join([]string{k.Namespace, k.Pod, k.Container, k.Device, k.Slice}, "\x00")
	st := in.at[name]
	if st == nil {
		if len(in.at) >= statesMost {
			return nil
		}
		st = &State{Key: k}
		in.at[name] = st
	}
	return st
}

// memory keeps the peak of each day.
func (s *State) memory(x usage.Sample) {
	bytes := int64(min(x.Value, 1<<60))
	s.Memory++
	at := x.At / day
	i, found := slices.BinarySearchFunc(s.Peaks, at, func(p peak, d int64) int { return cmp.Compare(p.day, d) })
	switch {
	case found:
		s.Peaks[i].bytes = max(s.Peaks[i].bytes, bytes)
	default:
		s.Peaks = slices.Insert(s.Peaks, i, peak{at, bytes})
		if len(s.Peaks) > daysMost {
			s.Peaks = slices.Delete(s.Peaks, 0, 1)
		}
	}
}

// States returns what was collected, sorted by workload, pod, container, device and slice.
func (in *Intake) States() []*State {
	out := make([]*State, 0, len(in.at))
	for _, s := range in.at {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *State) int {
		x, y := &a.Key, &b.Key
		return cmp.Or(strings.Compare(x.Workload.String(), y.Workload.String()), strings.Compare(x.Namespace, y.Namespace), strings.Compare(x.Pod, y.Pod),
			strings.Compare(x.Container, y.Container), strings.Compare(x.Device, y.Device), strings.Compare(x.Slice, y.Slice))
	})
	return out
}

// Peak returns the most device memory that was measured, in bytes; 0: none was.
func (s *State) Peak() int64 {
	most := int64(0)
	for _, p := range s.Peaks {
		most = max(most, p.bytes)
	}
	return most
}

// Busy returns the share of time that the device was active in, at a quantile of the samples; where only GPU_UTIL was
// measured, that. 0: neither was.
func (s *State) Busy(q float64) float64 {
	h := s.Active
	if h == nil {
		h = s.Util
	}
	if h == nil {
		return 0
	}
	return float64(h.quantile(q)) / 1000
}
