package loads

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/tenon-sh/tenon/planner"
)

// Limits on what is made.
const (
	DaysMax      = 400
	WorkloadsMax = 10_000
	podsMax      = 6
)

// Monday is where recordings begin unless Options say otherwise: 2026-06-01 00:00 UTC.
const Monday = int64(1_780_272_000_000)

// Options say what to make. The zero value is every family with 10 workloads each, 28 days in steps of five minutes.
type Options struct {
	Seed      uint64
	Families  []string // nil: all
	Workloads int      // of each family; 0: 10
	Days      int      // 0: 28
	Step      int64    // minutes: 1 to 60, and a part of an hour; 0: 5
	Start     int64    // milliseconds since 1970 UTC; 0: Monday
}

// WithDefaults fills in what zeros stand for and brings the rest within bounds.
func (o Options) WithDefaults() Options {
	if o.Families == nil {
		o.Families = Families()
	}
	if o.Workloads <= 0 {
		o.Workloads = 10
	}
	if o.Days <= 0 {
		o.Days = 28
	}
	if o.Step < 1 || 60%o.Step != 0 {
		o.Step = 5
	}
	if o.Start == 0 {
		o.Start = Monday
	}
	o.Workloads, o.Days = min(o.Workloads, WorkloadsMax), min(o.Days, DaysMax)
	return o
}

// Workload is the usage of one container of the pods of a workload.
type Workload struct {
	Ref       planner.Ref
	Family    string
	Container string
	Asked     Amounts // what its containers request, and their limit of memory
	Start     int64   // milliseconds since 1970 UTC: where the first step begins
	Step      int64   // milliseconds
	Pods      []Pod
	Changes   []Change // of level for good, in order
}

// Amounts are milli-CPU and bytes.
type Amounts struct{ CPU, Memory int64 }

// Pod is what one pod's container would use, step by step.
type Pod struct {
	Name     string
	CPU      []int64 // milli-CPU, mean of the step
	Memory   []int64 // bytes, most within the step
	Restarts []int   // steps at whose beginning it started anew, ascending
}

// Change is a step of the whole level.
type Change struct {
	Step   int
	Factor float64
}

// Make makes the workloads: by family, in the order asked for, and number. Unknown families are an error.
func Make(o Options) ([]Workload, error) {
	o = o.WithDefaults()
	var all []Workload
	for _, name := range o.Families {
		n := slices.IndexFunc(families, func(f family) bool { return f.name == name })
		if n < 0 {
			return nil, fmt.Errorf("no family of loads is called %q; there are %v", name, Families())
		}
		for w := range o.Workloads {
			all = append(all, families[n].make(o, newDice(o.Seed, uint64(n), uint64(w)), w))
		}
	}
	return all, nil
}

// Families are the names, in the order of the package's description.
func Families() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// shape is one pod's usage relative to its workload's level, at a step of so many minutes since the start.
type shape func(minute int) (cpu, memory float64)

// family makes shapes. begin draws what the workload's pods share and returns what makes one pod's shape.
type family struct {
	name  string
	begin func(d dice, s *setting) func() shape
}

// setting is what a workload's shapes are drawn within, and what drawing them tells.
type setting struct {
	minutes, step int
	cpuNoise      float64
	memoryNoise   float64
	restartDays   float64 // mean days between restarts of a pod; 0: never
	changes       []Change
	restarted     bool // set while a shape is asked for the first step after a restart
}

func (f family) make(o Options, d dice, number int) Workload {
	w := Workload{
		Ref:    planner.Ref{Namespace: "loads", Kind: "Deployment", Name: f.name + "-" + strconv.Itoa(number)},
		Family: f.name, Container: "main", Start: o.Start, Step: o.Step * 60_000,
	}
	s := &setting{
		minutes: o.Days * 24 * 60, step: int(o.Step),
		cpuNoise: d.between(0.03, 0.25), memoryNoise: d.between(0.003, 0.03), restartDays: d.between(4, 40),
	}
	cpu, memory := 150*d.spread(3), float64(400<<20)*d.spread(2.5)
	pods := 1 + min(d.IntN(podsMax), d.IntN(podsMax))
	shapes := f.begin(d, s)
	for n := range pods {
		w.Pods = append(w.Pods, s.pod(d, shapes(), cpu*d.between(0.93, 1.07), memory*d.between(0.96, 1.04)))
		w.Pods[n].Name = w.Ref.Name + "-" + strconv.Itoa(n)
	}
	w.Changes = s.changes
	w.Asked = asked(d, w.Pods, cpu)
	return w
}

// pod lets one pod run.
func (s *setting) pod(d dice, of shape, cpu, memory float64) Pod {
	steps := s.minutes / s.step
	p := Pod{CPU: make([]int64, steps), Memory: make([]int64, steps)}
	noiseCPU, noiseMemory := newNoise(0.8, s.cpuNoise), newNoise(0.97, s.memoryNoise)
	next := steps
	wait := func(from int) int { return from + d.wait(s.restartDays*24*60/float64(s.step)) }
	if s.restartDays > 0 {
		next = wait(0)
	}
	for i := range steps {
		if s.restarted = i == next; s.restarted {
			p.Restarts = append(p.Restarts, i)
			next = wait(i)
		}
		c, m := of(i * s.step)
		p.CPU[i] = int64(float64(c*cpu)*noiseCPU.next(d)) + 1
		p.Memory[i] = int64(float64(m*memory)*noiseMemory.next(d)) + 1<<20
	}
	return p
}

// asked is what people ask for: their peak of memory or more, and CPU by the level that they guess.
func asked(d dice, pods []Pod, cpu float64) Amounts {
	var peak int64
	for _, p := range pods {
		peak = max(peak, slices.Max(p.Memory))
	}
	memory := float64(peak) * min(float64(1.1*d.spread(1.8))+float64(d.between(0, 2.5)), 8)
	return Amounts{
		CPU:    max(int64(cpu*d.between(3, 25))/10*10, 10),
		Memory: max(int64(memory), peak+peak/10)>>20<<20 + 1<<20,
	}
}

// Len counts the steps.
func (w *Workload) Len() int {
	if len(w.Pods) == 0 {
		return 0
	}
	return len(w.Pods[0].Memory)
}
