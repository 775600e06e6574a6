// Package usage holds what was measured of containers and GPUs over time, before any conclusion is drawn from it.
//
// A Series is one metric of one container of one pod (or of one GPU that it uses), as some reader delivered it. Readers
// live outside (controllers/usage); what is wrong with a series is found here, once, by Clean, so that every reader is
// treated with the same suspicion: a sample that cannot be true is dropped and counted as a Fault, and a series that
// has too many of them is Unknown to whoever draws conclusions. Nothing here ever invents a sample.
package usage

import "github.com/tenon-sh/tenon/planner"

// Metric says what a series measures, and in which unit. Readers convert; nobody else does.
type Metric string

// The metrics. Gauges unless said otherwise.
const (
	CPU        Metric = "cpu"         // milli-CPU in use, averaged over the time since the sample before
	CPUMost    Metric = "cpu-most"    // milli-CPU: the most within the time since the sample before, where a source knows it
	Throttled  Metric = "throttled"   // share of CFS periods that were throttled, 0 to 1
	Memory     Metric = "memory"      // bytes of working set: what the kernel cannot take back
	MemoryMost Metric = "memory-most" // bytes: the most within the time since the sample before, where a source knows it
	OOMKills   Metric = "oom-kills"   // how many in the time since the sample before
	Restarts   Metric = "restarts"    // how many in the time since the sample before
	Replicas   Metric = "replicas"    // pods of the workload that were ready; Pod and Container are empty
	GPUActive  Metric = "gpu-active"  // share of time that the engine of the card or slice was active, 0 to 1 (DCGM's GR_ENGINE_ACTIVE)
	GPUUtil    Metric = "gpu-util"    // share of time that any kernel ran, 0 to 1 (DCGM's GPU_UTIL); means nothing on a slice
	GPUMemory  Metric = "gpu-memory"  // bytes of device memory in use
)

// Key names what a series is of.
type Key struct {
	Workload  planner.Ref // zero: not known yet; see Owners
	Namespace string
	Pod       string
	Container string
	Device    string // of a GPU metric: the card's or slice's UUID or index; "" where the source does not say
	Slice     string // of a GPU metric: the MIG profile as the source names it ("1g.10gb"); "" for a whole card
	Shared    bool   // of a GPU metric: the device is time-sliced or under MPS, so that the value is everybody's together
}

// Sample is one measurement.
type Sample struct {
	At    int64 // milliseconds since 1970 UTC
	Value float64
}

// Series is one metric of one Key, or a part of it: a reader hands on a long one in chunks, later ones after earlier ones.
// Samples are in the order in which the source gave them.
type Series struct {
	Key     Key
	Metric  Metric
	Samples []Sample
	Origin  string  // the file or the server; "" where nobody says
	Lines   []int64 // of Origin, one for each sample; nil: it has none
}
