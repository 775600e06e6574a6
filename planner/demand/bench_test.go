package demand

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// BenchmarkIntake takes in 14 days of five-minute samples of CPU and memory, in chunks of a day, of 2,000 containers, or of 100,000 with
// TENON_BENCH_FULL set.
func BenchmarkIntake(b *testing.B) {
	containers := 2000
	if os.Getenv("TENON_BENCH_FULL") != "" {
		containers = 100_000
	}
	s := families["bursty"](rand.New(rand.NewPCG(1, 1)), 14*perDay)
	type chunk struct {
		m usage.Metric
		s []usage.Sample
	}
	var chunks []chunk
	for d := range 14 {
		chunks = append(chunks, chunk{usage.CPU, sampled(usage.CPU, s.cpu, d*perDay, (d+1)*perDay).Samples},
			chunk{usage.Memory, sampled(usage.Memory, s.mem, d*perDay, (d+1)*perDay).Samples})
	}
	names := make([]planner.Ref, containers)
	for i := range names {
		names[i] = planner.Ref{Namespace: "n", Kind: "Deployment", Name: fmt.Sprint(i)}
	}
	var before, after runtime.MemStats
	var in *Intake
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		in = NewIntake(Options{Step: 5 * time.Minute})
		for _, c := range chunks {
			for _, n := range names {
				in.Add(usage.Series{Key: usage.Key{Workload: n, Namespace: "n", Pod: "p", Container: "c"}, Metric: c.m, Samples: c.s})
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	samples := float64(containers) * 2 * 14 * perDay
	b.ReportMetric(samples*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(containers), "heap-bytes/container")
	var wire int
	for _, o := range in.open {
		data, err := o.state.MarshalBinary()
		if err != nil {
			b.Fatal(err)
		}
		wire = max(wire, len(data))
	}
	b.ReportMetric(float64(wire), "state-bytes/container")
}

func BenchmarkAim(b *testing.B) {
	for f, name := range familyNames {
		s := families[name](rand.New(rand.NewPCG(1, uint64(f))), 14*perDay)
		in := NewIntake(Options{})
		in.Add(sampled(usage.CPU, s.cpu, 0, len(s.cpu)))
		in.Add(sampled(usage.Memory, s.mem, 0, len(s.mem)))
		st := in.States()[0]
		for _, r := range []string{CPU, Memory} {
			b.Run(name+"/"+r, func(b *testing.B) {
				for b.Loop() {
					Aim(st, r, 100, standard, time.UnixMilli(st.last))
				}
			})
		}
	}
}
