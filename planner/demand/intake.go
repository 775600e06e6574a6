package demand

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// Options are limits on what an Intake takes. Zero values mean the defaults in brackets, all of which are chosen.
type Options struct {
	Step           time.Duration // between two samples of a series [as short as any gap that is seen]
	ContainersMost int           // states that are kept [200,000]
	PodsMost       int           // containers of pods that are told apart, at nearly 3 KB each [400,000]
	CPUMost        int64         // milli-CPU: more cannot be true [usage.Most]
	MemoryMost     int64         // bytes: more cannot be true [usage.Most]
	StartupMinutes int64         // at the start of a pod whose CPU use does not count, 60 at most [5]
}

func (o Options) withDefaults() Options {
	o.ContainersMost = cmp.Or(max(o.ContainersMost, 0), 200_000)
	o.PodsMost = cmp.Or(max(o.PodsMost, 0), 400_000)
	o.CPUMost = cmp.Or(max(o.CPUMost, 0), int64(usage.Most(usage.CPU)))
	o.MemoryMost = cmp.Or(max(o.MemoryMost, 0), int64(usage.Most(usage.Memory)))
	o.StartupMinutes = min(cmp.Or(max(o.StartupMinutes, 0), 5), 60)
	return o
}

// TooMany is the reason for which samples are not taken in although nothing is wrong with them: Options are limits.
const TooMany usage.Reason = "too-many"

// Intake turns series into States. It is not for two goroutines at once.
type Intake struct {
	options Options
	open    map[podName]*open
	names   map[Name]*Name         // each once, for all of its pods
	pods    map[planner.Ref]*State // replicas only
}

// podName is one container of one pod.
type podName struct {
	of  Name
	pod string
}

// open is what is known of one container of one pod beside its State: the hour of CPU that has not ended, and its span.
type open struct {
	state  State
	hour   int32
	folded uint16      // how many samples each entry of codes stands for: the most of them
	taken  uint16      // samples in the last entry
	codes  []uint16    // of CPU in this hour, in order
	span   [2][2]int64 // first and last sample, of CPU and memory
}

// codesMost is how many samples of an hour are kept one by one: those of one a minute. Of more, neighbours are
// folded into the larger.
const codesMost = 64

// NewIntake returns one that is empty.
func NewIntake(o Options) *Intake {
	return &Intake{options: o.withDefaults(), open: map[podName]*open{}, names: map[Name]*Name{}, pods: map[planner.Ref]*State{}}
}

// Add takes a series in. Samples of one pod are expected in order of time, in one piece or many; pods may come in any order. What
// cannot be true is dropped and told. Metrics of GPUs are not for this package and are ignored.
func (in *Intake) Add(s usage.Series) []usage.Fault {
	switch s.Metric {
	case usage.CPU, usage.CPUMost, usage.Throttled, usage.Memory, usage.MemoryMost, usage.OOMKills, usage.Restarts, usage.Replicas:
	default:
		return nil
	}
	if len(s.Samples) == 0 {
		return nil
	}
	if s.Metric == usage.Replicas {
		return in.addReplicas(s)
	}
	o, why := in.openFor(s.Key)
	if why != "" {
		return []usage.Fault{{Key: s.Key, Metric: s.Metric, Reason: TooMany, Count: int64(len(s.Samples)), Example: why}}
	}
	dropped := int64(0)
	switch s.Metric {
	case usage.CPU:
		dropped = in.addCPU(o, s.Samples)
	case usage.Memory, usage.MemoryMost:
		dropped = in.addMemory(o, s.Samples)
	default:
		dropped = in.addRare(&o.state, s)
	}
	if dropped == 0 {
		return nil
	}
	o.state.faults = plus(o.state.faults, uint32(min(dropped, math.MaxUint32)))
	return []usage.Fault{{Key: s.Key, Metric: s.Metric, Reason: usage.Impossible, Count: dropped, Example: "a value or a time that cannot be"}}
}

// Note tells what was found wrong with a series before it came here (by usage.Clean): samples that were dropped count against those that are
// left, and a series that must not be believed makes its container Unknown, whatever else comes in. What Add returns is counted already.
func (in *Intake) Note(f usage.Fault) {
	if f.Metric == usage.Replicas || f.Count <= 0 || f.Reason == usage.Duplicate || f.Reason.Effect() < usage.Dropped {
		return
	}
	o, why := in.openFor(f.Key)
	if why != "" {
		return
	}
	o.state.faults = plus(o.state.faults, uint32(min(f.Count, math.MaxUint32)))
	if f.Reason.Effect() == usage.Condemned {
		o.state.condemned |= 1 << resourceOf(f.Metric)
	}
}

// resourceOf is which resource a metric is of.
func resourceOf(m usage.Metric) int {
	if m.Bytes() || m == usage.OOMKills {
		return ofMemory
	}
	return ofCPU
}

func (in *Intake) openFor(k usage.Key) (*open, string) {
	name := Name{Workload: k.Workload, Container: k.Container}
	if name.Workload == (planner.Ref{}) {
		name.Namespace, name.Pod = k.Namespace, k.Pod
	}
	key := podName{name, k.Pod}
	if o := in.open[key]; o != nil {
		return o, ""
	}
	if len(in.open) >= in.options.PodsMost {
		return nil, "more pods than are taken in"
	}
	known := in.names[name]
	if known == nil {
		if len(in.names) >= in.options.ContainersMost {
			return nil, "more containers than are taken in"
		}
		one := name // so that name itself stays where it is
		known = &one
		in.names[name] = known
	}
	o := &open{state: State{name: known, pods: 1, quiet: uint8(in.options.StartupMinutes)}}
	in.open[key] = o
	return o, ""
}

// sane reports whether a sample can be true.
func sane(x usage.Sample, most float64) bool {
	return x.Value >= 0 && x.Value <= most && x.At > hourMilli && x.At <= usage.LatestMillis
}

func (in *Intake) addMemory(o *open, samples []usage.Sample) (dropped int64) {
	most, st := float64(in.options.MemoryMost), &o.state
	for _, x := range samples {
		if !sane(x, most) {
			dropped++
			continue
		}
		o.seen(ofMemory, x.At)
		st.putMemory(hourOf(x.At), encode(x.Value, memoryBits))
	}
	return dropped
}

func (in *Intake) addCPU(o *open, samples []usage.Sample) (dropped int64) {
	most, st := float64(in.options.CPUMost), &o.state
	quiet := in.options.StartupMinutes * 60_000
	for _, x := range samples {
		if !sane(x, most) {
			dropped++
			continue
		}
		o.seen(ofCPU, x.At)
		code := encode(x.Value, cpuBits)
		if x.At-o.span[ofCPU][0] < quiet {
			st.startup = max(st.startup, code)
			continue
		}
		if hour := hourOf(x.At); hour != o.hour {
			st.putCPU(o.hour, o.levels())
			o.hour, o.codes, o.folded, o.taken = hour, o.codes[:0], 1, 0
		}
		o.push(code)
	}
	return dropped
}

// seen widens the span of the pod, and learns the step.
func (o *open) seen(of int, at int64) {
	span, st := &o.span[of], &o.state
	st.samples[of] = plus(st.samples[of], 1)
	if span[0] == 0 {
		*span = [2]int64{at, at}
	}
	if gap := at - span[1]; gap > 0 {
		if gap >= 1000 && (st.step == 0 || gap < int64(st.step)) {
			st.step = int32(min(gap, math.MaxInt32))
		}
		span[1] = at
		st.last = max(st.last, at)
	}
	span[0] = min(span[0], at)
	if st.first == 0 || at < st.first {
		st.first = at
	}
	st.last = max(st.last, at)
}

func (o *open) push(code uint16) {
	if o.taken > 0 && o.taken < o.folded {
		last := &o.codes[len(o.codes)-1]
		*last = max(*last, code)
		o.taken++
		return
	}
	if len(o.codes) == codesMost {
		for i := range codesMost / 2 {
			o.codes[i] = max(o.codes[2*i], o.codes[2*i+1])
		}
		o.codes = o.codes[:codesMost/2]
		o.folded *= 2
	}
	o.codes, o.taken = append(o.codes, code), 1
}

// levels are what an hour is told by: the most, what a sixth of the samples reach, what half of them reach.
func (o *open) levels() [cpuLevels]uint16 {
	n := len(o.codes)
	if n == 0 {
		return [cpuLevels]uint16{}
	}
	slices.Sort(o.codes)
	return [cpuLevels]uint16{o.codes[n-1], o.codes[n-1-n/6], o.codes[n-1-n/2]}
}

// addRare takes what happens now and then.
func (in *Intake) addRare(st *State, s usage.Series) (dropped int64) {
	most := map[usage.Metric]float64{usage.CPUMost: float64(in.options.CPUMost), usage.Throttled: 1, usage.OOMKills: 1e6, usage.Restarts: 1e6}[s.Metric]
	for _, x := range s.Samples {
		if !sane(x, most) {
			dropped++
			continue
		}
		hour := hourOf(x.At)
		switch {
		case s.Metric == usage.CPUMost:
			st.putCPU(hour, [cpuLevels]uint16{encode(x.Value, cpuBits)})
		case s.Metric == usage.Throttled && x.Value > throttledShare:
			st.throttled = plus(st.throttled, 1)
			st.putBit(&st.throttles, hour)
		case s.Metric == usage.OOMKills && x.Value >= 1:
			st.putKill(hour, uint32(x.Value))
		case s.Metric == usage.Restarts && x.Value >= 1:
			st.restarts = plus(st.restarts, uint32(x.Value))
			st.putBit(&st.restarted, hour)
		}
	}
	return dropped
}

// throttledShare of the scheduler's periods must be throttled before usage counts as held back. Chosen.
const throttledShare = 0.05

func (in *Intake) addReplicas(s usage.Series) []usage.Fault {
	st := in.pods[s.Key.Workload]
	if st == nil {
		if len(in.pods) >= in.options.ContainersMost {
			return []usage.Fault{{Key: s.Key, Metric: s.Metric, Reason: TooMany, Count: int64(len(s.Samples)), Example: "more workloads than are taken in"}}
		}
		st = &State{}
		in.pods[s.Key.Workload] = st
	}
	dropped := int64(0)
	for _, x := range s.Samples {
		if !sane(x, 1e6) {
			dropped++
			continue
		}
		st.putReplicas(x.At, uint32(x.Value))
	}
	if dropped == 0 {
		return nil
	}
	return []usage.Fault{{Key: s.Key, Metric: s.Metric, Reason: usage.Impossible, Count: dropped, Example: "a value or a time that cannot be"}}
}

// States returns what is known, by name, with the pods of each brought together, and measures how promises have held: see
// Calibrate. They are copies: samples may go on coming in.
func (in *Intake) States() []*State {
	keys := make([]podName, 0, len(in.open))
	for k := range in.open {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b podName) int { return cmp.Or(a.of.compare(b.of), strings.Compare(a.pod, b.pod)) })
	var states []*State
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].of == keys[0].of {
			n++
		}
		pods := make([]*State, n)
		for i, k := range keys[:n] {
			pods[i] = in.open[k].closed(in.options.Step)
		}
		st := together(pods)
		if r := in.pods[st.name.Workload]; r != nil && r.replicasAt != 0 {
			st.replicas, st.replicasAt = r.replicas, r.replicasAt
		}
		states, keys = append(states, st), keys[n:]
	}
	Calibrate(states)
	return states
}

// closed returns a copy of a pod's state with the hour that has not ended, and with the samples that were to be expected.
func (o *open) closed(step time.Duration) *State {
	st := o.state
	if len(o.codes) > 0 {
		kept := o.codes
		o.codes = slices.Clone(kept) // levels sorts them
		st.putCPU(o.hour, o.levels())
		o.codes = kept
	}
	for of, span := range o.span {
		if step := cmp.Or(step.Milliseconds(), int64(st.step)); span[0] != 0 && step > 0 {
			st.expected[of] = uint32(min((span[1]-span[0])/step+1, math.MaxUint32))
		}
	}
	return &st
}

func (n Name) compare(o Name) int {
	return cmp.Or(strings.Compare(n.Workload.String(), o.Workload.String()), strings.Compare(n.Namespace, o.Namespace),
		strings.Compare(n.Pod, o.Pod), strings.Compare(n.Container, o.Container))
}
