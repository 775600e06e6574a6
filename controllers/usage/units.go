package usage

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner/usage"
)

// measure is what a metric's name in a file says of its values.
type measure struct {
	metric usage.Metric
	factor float64        // from the file's unit to the metric's; 0: the unit is the metric's own, and a guess
	count  *usage.Counter // the values are a counter's
}

var (
	cpuSeconds = &usage.Counter{Scale: 1000}
	events     = &usage.Counter{Scale: 1, Events: true}
)

// measures are the names of metrics beside our own: those that exporters have, whose units are known.
var measures = map[string]measure{
	"container_cpu_usage_seconds_total":        {usage.CPU, 1, cpuSeconds},
	"container_memory_working_set_bytes":       {usage.Memory, 1, nil},
	"container_memory_max_usage_bytes":         {}, // counts page cache: not the working set
	"kube_pod_container_status_restarts_total": {usage.Restarts, 1, events},
	"DCGM_FI_PROF_GR_ENGINE_ACTIVE":            {usage.GPUActive, 1, nil},
	"DCGM_FI_DEV_GPU_UTIL":                     {usage.GPUUtil, 0.01, nil},
	"DCGM_FI_DEV_FB_USED":                      {usage.GPUMemory, 1 << 20, nil},
}

// measureOf reads a metric's name.
func measureOf(name string) (measure, bool) {
	if m := usage.Metric(name); m.Known() {
		return measure{metric: m}, true
	}
	m, ok := measures[name]
	return m, ok && m.metric != ""
}

// units are the factors to each metric's own unit. "KB" is not among them: it means 1000 to some and 1024 to others.
var (
	cpuUnits = map[string]float64{
		"milli": 1, "m": 1, "millicores": 1, "mcpu": 1, "millicpu": 1, "cores": 1000, "core": 1000, "cpu": 1000, "vcpu": 1000,
		"nanocores": 1e-6, "n": 1e-6, "percent-of-core": 10,
	}
	byteUnits = map[string]float64{
		"bytes": 1, "byte": 1, "b": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
	}
	shareUnits = map[string]float64{"ratio": 1, "share": 1, "fraction": 1, "percent": 0.01, "%": 0.01}
	countUnits = map[string]float64{"count": 1, "pods": 1, "replicas": 1}
)

// unitOf returns the factor of a unit; "" is the metric's own, or what its name says.
func unitOf(m measure, unit string) (factor float64, err error) {
	if unit == "" {
		return m.factor, nil
	}
	known, want := countUnits, "count"
	switch {
	case m.count != nil:
		known, want = map[string]float64{"seconds": 1, "s": 1, "count": 1}, "seconds or count, of a counter"
	case m.metric == usage.CPU || m.metric == usage.CPUMost:
		known, want = cpuUnits, "milli or cores"
	case m.metric.Bytes():
		known, want = byteUnits, "bytes, KiB, MiB or GiB"
	case m.metric.Fraction():
		known, want = shareUnits, "ratio or percent"
	}
	f, ok := known[unit]
	if !ok {
		return 0, badLine("unit %q of %s; want %s", shorten(unit), m.metric, want)
	}
	return f, nil
}

// guess watches values whose unit nobody named: where nearly all are too small for what the metric's own unit would make
// of them, another was meant.
type guess struct {
	cpu, cpuSmall       int64 // values above 0, and those below 4
	cpuMost             float64
	memory, memorySmall int64 // values above 0, and those below a million
	shares, sharesLarge int64 // values, and those above 1.5
}

func (g *guess) see(m usage.Metric, v float64) {
	switch {
	case m.Fraction():
		g.shares++
		if v > 1.5 {
			g.sharesLarge++
		}
	case !(v > 0):
	case m == usage.CPU || m == usage.CPUMost:
		g.cpu++
		g.cpuMost = max(g.cpuMost, v)
		if v < 4 {
			g.cpuSmall++
		}
	case m.Bytes():
		g.memory++
		if v < 1e6 {
			g.memorySmall++
		}
	}
}

// Chosen: what makes a guess sure enough to refuse a file, which costs its owner one more column. In cores nearly all
// containers are below 4 and none is above 256; in milli-CPU that would be a cluster that does nothing. No process that
// serves anything works in less than a million bytes. Fewer values than this say nothing.
const (
	guessValues  = 100
	guessPercent = 95
	guessCores   = 256
)

// verdict refuses a file whose values are in another unit than the metric's own.
func (g *guess) verdict() error {
	switch {
	case g.cpu >= guessValues && g.cpuSmall*100 >= g.cpu*guessPercent && g.cpuMost < guessCores:
		return fmt.Errorf("%d of %d values of cpu are below 4 milli-CPU: are they cores", g.cpuSmall, g.cpu)
	case g.memory >= guessValues && g.memorySmall*100 >= g.memory*guessPercent:
		return fmt.Errorf("%d of %d values of memory are below 1,000,000 bytes: are they KiB or MiB", g.memorySmall, g.memory)
	case g.shares >= guessValues && g.sharesLarge*100 >= g.shares:
		return fmt.Errorf("%d of %d shares are above 1: are they percent", g.sharesLarge, g.shares)
	}
	return nil
}
