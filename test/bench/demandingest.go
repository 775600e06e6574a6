package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/simulations/loads"
)

// What is taken in: the 100,000 containers with two weeks of samples every five minutes.
const (
	ingestContainers = 100_000
	ingestDays       = 14
)

// ingestResult is how fast usage is taken in on one core, and what it takes to remember.
type ingestResult struct {
	Containers, Samples int64
	Took                time.Duration
	StateBytes          int64 // of the largest state, written
	HeapBytes           int64 // of all, for each container
}

func measureIngest(r *result) error {
	all, err := loads.Make(loads.Options{Seed: 1, Families: []string{"bursty"}, Workloads: 1, Days: ingestDays})
	if err != nil {
		return err
	}
	load := &all[0]
	samples := func(values []int64, from, to int) []usage.Sample {
		out := make([]usage.Sample, 0, to-from)
		for i := from; i < to; i++ {
			out = append(out, usage.Sample{At: load.End(i), Value: float64(max(values[i], 0))})
		}
		return out
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := &ingestResult{Containers: ingestContainers}
	in := demand.NewIntake(demand.Options{Step: 5 * time.Minute})
	names := make([]planner.Ref, ingestContainers)
	for n := range names {
		names[n] = planner.Ref{Namespace: "n", Kind: "Deployment", Name: fmt.Sprint(n)}
	}
	pod, each := load.Pods[0], len(load.Pods[0].CPU)/ingestDays
	start := time.Now()
	for day := range ingestDays {
		cpu, memory := samples(pod.CPU, day*each, (day+1)*each), samples(pod.Memory, day*each, (day+1)*each)
		for _, name := range names {
			key := usage.Key{Workload: name, Namespace: "n", Pod: "p", Container: "c"}
			in.Add(usage.Series{Key: key, Metric: usage.CPU, Samples: cpu})
			in.Add(usage.Series{Key: key, Metric: usage.Memory, Samples: memory})
			x.Samples += int64(len(cpu) + len(memory))
		}
	}
	x.Took = time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	x.HeapBytes = int64(after.HeapAlloc-before.HeapAlloc) / ingestContainers
	for _, s := range in.States()[:100] {
		data, err := s.MarshalBinary()
		if err != nil {
			return err
		}
		x.StateBytes = max(x.StateBytes, int64(len(data)))
	}
	r.Demand.Ingest = x
	return nil
}

func ingestReport(b *strings.Builder, x result) {
	in := x.Demand.Ingest
	speed := float64(in.Samples) / in.Took.Seconds()
	fmt.Fprintf(b, "### %s\n\n%s containers with %d days of CPU and memory every five minutes, on one core.\n\n", x.Case, thousands(in.Containers), ingestDays)
	g := grid{head: []string{"figure", "goal", ">measured", "met"}}
	yes := func(ok bool) string { return map[bool]string{true: "yes", false: "**no**"}[ok] }
	g.add("samples a second", "≥ 2 million", fmt.Sprintf("%s million", fixed(speed/1e6, 1)), yes(speed >= 2e6))
	g.add("state of one container, written", "≤ 2 KiB", fmt.Sprintf("%s bytes", thousands(in.StateBytes)), yes(in.StateBytes <= 2048))
	g.add("heap for each container while taking in", "", fmt.Sprintf("%s bytes", thousands(in.HeapBytes)), "")
	g.write(b)
}
