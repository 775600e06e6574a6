package vpa

import (
	"math"
	"time"
)

// Flags are the recommender's that say what is asked for. DefaultFlags has VPA's defaults.
type Flags struct {
	Margin        float64 // recommendation-margin-fraction
	PodMinCPU     float64 // pod-recommendation-min-cpu-millicores, divided evenly among the pod's containers
	PodMinMemory  float64 // pod-recommendation-min-memory-mb, in MiB
	CPU           Percentiles
	Memory        Percentiles
	CPUHistory    time.Duration // confidence-interval-cpu: history in units of which bounds narrow
	MemoryHistory time.Duration // confidence-interval-memory
}

// Percentiles of a histogram, from 0 to 1.
type Percentiles struct{ Lower, Target, Upper float64 }

// DefaultFlags returns the defaults of v1.8.1.
func DefaultFlags() Flags {
	p := Percentiles{Lower: 0.5, Target: 0.9, Upper: 0.95}
	return Flags{Margin: 0.15, PodMinCPU: 25, PodMinMemory: 250, CPU: p, Memory: p, CPUHistory: 24 * time.Hour, MemoryHistory: 24 * time.Hour}
}

// Recommendation is what VPA writes for one container. Uncapped is the target before a VPA object's own least and most, which
// are applied outside.
type Recommendation struct {
	Lower    Amounts `json:"lowerBound"`
	Target   Amounts `json:"target"`
	Upper    Amounts `json:"upperBound"`
	Uncapped Amounts `json:"uncappedTarget"`
}

// Recommend returns the recommendation for one container of a pod that has so many; below 1 counts as 1.
func (f Flags) Recommend(a *Aggregate, containers int) Recommendation {
	fraction := 1 / float64(max(containers, 1))
	leastCPU := scaled(float64(scaled(f.PodMinCPU*0.001, 1000)), fraction)
	leastMemory := scaled(float64(scaled(f.PodMinMemory*1024*1024, 1)), fraction)
	days, daysMemory := confidence(a, f.CPUHistory), confidence(a, f.MemoryHistory)
	cpu := func(p float64) int64 { return f.widened(scaled(a.CPU.Percentile(p), 1000)) }
	memory := func(p float64) int64 { return f.widened(scaled(a.Memory.Percentile(p), 1)) }
	atLeast := func(cpu, memory int64) Amounts { return Amounts{max(cpu, leastCPU), max(memory, leastMemory)} }
	r := Recommendation{
		Lower:  atLeast(scaled(float64(cpu(f.CPU.Lower)), narrower(days)), scaled(float64(memory(f.Memory.Lower)), narrower(daysMemory))),
		Target: atLeast(cpu(f.CPU.Target), memory(f.Memory.Target)),
		Upper:  atLeast(scaled(float64(cpu(f.CPU.Upper)), wider(days)), scaled(float64(memory(f.Memory.Upper)), wider(daysMemory))),
	}
	r.Uncapped = r.Target
	return r
}

// widened adds the margin.
func (f Flags) widened(base int64) int64 { return base + scaled(float64(base), f.Margin) }

// The bounds' factors for a history of so many days: no bound at all without history, nearly none after a month.
func wider(days float64) float64    { return math.Pow(1+1/days, 1) }
func narrower(days float64) float64 { return math.Pow(1+0.001/days, -2) }

// confidence is the length of history in units of an interval: the lesser of the time between first and last sample, and of the
// count of samples at one a minute.
func confidence(a *Aggregate, interval time.Duration) float64 {
	return min(nanos(a.Last-a.First)/float64(interval), float64(a.Count)/interval.Minutes())
}
