package walk_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

func unasked(planner.Ref, string) walk.Amounts { return walk.Amounts{} }

// TestGatherUndoesSamples: loads that are written as samples and gathered again are the same loads.
func TestGatherUndoesSamples(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 2, Workloads: 1, Days: 9, Families: []string{"leaking"}})
	if err != nil {
		t.Fatal(err)
	}
	l := all[0]
	g := walk.NewGather(l.Step)
	for _, p := range l.Pods {
		key := usage.Key{Workload: l.Ref, Namespace: l.Ref.Namespace, Pod: p.Name, Container: l.Container}
		cpu, memory := usage.Series{Key: key, Metric: usage.CPU}, usage.Series{Key: key, Metric: usage.Memory}
		restarts := usage.Series{Key: key, Metric: usage.Restarts}
		for i := range p.CPU {
			cpu.Samples = append(cpu.Samples, usage.Sample{At: l.End(i), Value: float64(p.CPU[i])})
			memory.Samples = append(memory.Samples, usage.Sample{At: l.End(i), Value: float64(p.Memory[i])})
		}
		for _, i := range p.Restarts {
			restarts.Samples = append(restarts.Samples, usage.Sample{At: l.End(i), Value: 1})
		}
		g.Add(restarts)
		g.Add(memory)
		g.Add(cpu)
	}
	got, err := g.Loads(func(planner.Ref, string) walk.Amounts { return l.Asked })
	if err != nil {
		t.Fatal(err)
	}
	l.Family = "recorded"
	if diff := cmp.Diff([]loads.Workload{l}, got); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
}

func TestGatherByHand(t *testing.T) {
	g := walk.NewGather(1000)
	pod := usage.Key{Namespace: "n", Pod: "b", Container: "c"}
	g.Add(usage.Series{Key: pod, Metric: usage.CPU, Samples: []usage.Sample{{At: 9000, Value: 1}, {At: 8500, Value: 4}, {At: 9001, Value: 7}, {At: 9500, Value: math.NaN()}, {At: -5, Value: 1}, {At: 9500, Value: -1}, {At: 9500, Value: math.Inf(1)}}})
	g.Add(usage.Series{Key: pod, Metric: usage.Memory, Samples: []usage.Sample{{At: 12000, Value: 5}, {At: 11001, Value: 6}}})
	g.Add(usage.Series{Key: pod, Metric: usage.GPUMemory, Samples: []usage.Sample{{At: 99000, Value: 5}}})
	got, err := g.Loads(unasked)
	if err != nil {
		t.Fatal(err)
	}
	want := []loads.Workload{{Ref: planner.Ref{Namespace: "n", Kind: "Pod", Name: "b"}, Container: "c", Family: "recorded", Start: 8000, Step: 1000,
		Pods: []loads.Pod{{Name: "b", CPU: []int64{2, 7, -1, -1}, Memory: []int64{-1, -1, -1, 6}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
}

func TestGatherOfNothingAndOfTooMuch(t *testing.T) {
	if _, err := walk.NewGather(0).Loads(unasked); !errors.Is(err, walk.ErrGather) {
		t.Errorf("nothing: %v", err)
	}
	g := walk.NewGather(1000)
	g.Add(usage.Series{Metric: usage.CPU, Samples: []usage.Sample{{At: 1, Value: 1}, {At: math.MaxInt64, Value: 1}}})
	if _, err := g.Loads(unasked); !errors.Is(err, walk.ErrGather) {
		t.Errorf("two samples at the ends of time: %v", err)
	}
}
