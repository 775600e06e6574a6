package planner

import "path"

// Policy is how much risk an owner accepts, by class of workload. Its zero value is not a policy: DefaultPolicy is.
type Policy struct {
	Classes []Class // the first that matches a workload counts; the last one of DefaultPolicy matches all
}

// Class is what is accepted of the workloads that it matches.
type Class struct {
	Name  string
	Match Match
	CPU   Accepted // share of time above the request, millionths
	// Memory is the probability that one pod is killed for memory at least once within Horizon, millionths.
	Memory        Accepted
	HorizonDays   int64 // of Memory, and what a target must last; 0: 28
	Cover         Cover // what targets meet the accepted risk with
	MinCPU        int64 // milli-CPU and MiB of one container: no target is below or above; 0: no such limit
	MaxCPU        int64
	MinMemory     int64
	MaxMemory     int64
	DownMost      int64 // percent by which a request may fall at once; 0: no limit
	MemoryNoLess  bool  // memory requests never fall
	KeepCPU       bool  // requests of CPU stay as they are
	KeepMemory    bool
	Exclude       bool // nothing of these workloads changes
	GPU           GPUPolicy
	CPULimits     LimitRule
	MemoryLimits  LimitRule
	ChangeQoS     bool  // the QoS class may change
	StartupMinute int64 // minutes after a pod's start whose CPU use does not count; 0: 5
}

// Accepted is a range of accepted risk in millionths: a packing may go from Target up to Floor where that saves money,
// and down to Ceiling where it is free.
type Accepted struct{ Floor, Target, Ceiling int64 }

// Cover says which risk a target has to meet. Nobody foresees a change of level of one container, and a request that covers one is dear:
// so it is told, and the owner's to decide.
type Cover string

// What targets may cover.
const (
	CoverUsual  Cover = ""       // usage that goes on as it has been; the risk of changes of level comes on top, and is told
	CoverLevels Cover = "levels" // changes of level as well, by how often they come and how far they go
)

// LimitRule says what becomes of a limit when its request changes.
type LimitRule string

// The rules for limits.
const (
	LimitKeep  LimitRule = ""      // stays as it is, and is no less than the request
	LimitRatio LimitRule = "ratio" // keeps its ratio to the request, as VPA's RequestsAndLimits
	LimitNone  LimitRule = "none"  // is taken away
)

// GPUPolicy says what of a workload's GPUs may change.
type GPUPolicy struct {
	Slices bool // a MIG slice in place of a card, or another slice
	Shares bool // a time-sliced share: no isolation of memory
	Models bool // another model
	// Work is the class of work that speeds between models are looked up for ("llm", "vision", "diffusion" …); "": not known,
	// so the model is not changed.
	Work string
	// Speeds are the owner's own: of the work, in thousandths of any unit, by gpu.Model.Key or "KEY/PROFILE". They come first.
	Speeds map[string]int64
	// SlowerMost is how much slower than now it may get, in percent. 0: as fast as now, for the load that is there:
	// what counts is that the active share stays below DutyMost.
	SlowerMost     int64
	DutyMost       int64 // thousandths of the time that the engine may be active at the peak (99th percentile); 0: 700
	MemoryHeadroom int64 // percent above the peak of device memory; 0: 10
}

// Match says which workloads a class is about. All that is set must hold; a list holds where one of it does. Names,
// namespaces and labels are patterns as path.Match has them ("team-*").
type Match struct {
	Namespaces []string
	Kinds      []string
	Names      []string
	Labels     []string // "key=pattern"
	QoS        []string
}

// Covers reports whether a workload is meant.
func (m Match) Covers(w *Workload) bool {
	one := func(patterns []string, of ...string) bool {
		for _, p := range patterns {
			for _, s := range of {
				if ok, err := path.Match(p, s); ok && err == nil {
					return true
				}
			}
		}
		return len(patterns) == 0
	}
	return one(m.Namespaces, w.Ref.Namespace) && one(m.Kinds, w.Ref.Kind) && one(m.Names, w.Ref.Name) &&
		one(m.Labels, w.Labels...) && one(m.QoS, w.QoS)
}

// ClassOf returns the class of a workload; ok is false where none matches, and nothing is then changed.
func (p Policy) ClassOf(w *Workload) (c Class, ok bool) {
	for _, c := range p.Classes {
		if c.Match.Covers(w) {
			return c, true
		}
	}
	return Class{}, false
}

// DefaultPolicy accepts CPU above its request in 1 % of the time (up to 5 % where that saves money), and one pod in a
// hundred killed for memory within 28 days (up to one in twenty). GPUs may become MIG slices of the same model, nothing
// else. Chosen: these are what a cautious owner would start with, and no measurement says what an owner accepts.
func DefaultPolicy() Policy {
	return Policy{Classes: []Class{{
		Name:   "default",
		CPU:    Accepted{Floor: 50_000, Target: 10_000, Ceiling: 1_000},
		Memory: Accepted{Floor: 50_000, Target: 10_000, Ceiling: 1_000},
		GPU:    GPUPolicy{Slices: true},
	}}}
}
