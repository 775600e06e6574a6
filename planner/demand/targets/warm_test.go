package targets_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand/targets"
	"github.com/tenon-sh/tenon/planner/demand/vpa"
	"github.com/tenon-sh/tenon/planner/usage"
)

// remembered is what VPA remembers of a container that used 200m, and 1 GiB at most on each of eight days.
func remembered(t *testing.T, change func(*usage.Checkpoint)) []usage.Checkpoint {
	t.Helper()
	a := vpa.NewAggregate(vpa.DefaultAggregation())
	c := vpa.NewContainer(a)
	for at := noon.Add(-8 * 24 * time.Hour); at.Before(noon); at = at.Add(time.Minute) {
		c.AddCPU(at.UnixMilli(), 200)
		c.AddMemory(at.UnixMilli(), 1<<30)
	}
	k := a.Checkpoint(noon)
	of := func(h vpa.HistogramCheckpoint) usage.Histogram {
		out := usage.Histogram{Reference: h.ReferenceTimestamp.UnixMilli(), Total: h.TotalWeight}
		for i := range 200 {
			if w := h.BucketWeights[i]; w > 0 {
				out.Buckets = append(out.Buckets, usage.Bucket{Index: i, Weight: int64(w)})
			}
		}
		return out
	}
	out := usage.Checkpoint{
		Namespace: "shop", VPA: "web", Target: web, Container: "app", Version: k.Version, Samples: k.TotalSamplesCount,
		First: k.FirstSampleStart.UnixMilli(), Last: k.LastSampleStart.UnixMilli(), CPU: of(k.CPUHistogram), Memory: of(k.MemoryHistogram),
	}
	change(&out)
	return []usage.Checkpoint{out}
}

func TestACheckpointIsAStart(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*usage.Checkpoint)
		unknown string // of CPU
		note    string
	}{
		"of the VPA's target":              {func(*usage.Checkpoint) {}, "", ""},
		"by name, where the VPA is absent": {func(c *usage.Checkpoint) { c.Target, c.VPA = planner.Ref{}, "web-vpa" }, "", ""},
		"of nobody":                        {func(c *usage.Checkpoint) { c.Target.Name = "gone" }, "there are no samples", "no workload of the cluster"},
		"of another container":             {func(c *usage.Checkpoint) { c.Container = "gone" }, "there are no samples", "no workload of the cluster"},
		"too old":                          {func(c *usage.Checkpoint) { c.Last -= 10 * 86_400_000; c.First -= 10 * 86_400_000 }, "checkpoint ends on 2026-11-14", ""},
		"of another version":               {func(c *usage.Checkpoint) { c.Version = "v9" }, `version "v9"`, ""},
		"without samples":                  {func(c *usage.Checkpoint) { c.Samples = 0 }, "cannot be used", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := targets.For(targets.Input{Snapshot: cluster(), Policy: planner.DefaultPolicy(), At: noon, Checkpoints: remembered(t, tc.change)})
			cpu, memory := find(t, got, "app", "cpu"), find(t, got, "app", "memory")
			switch {
			case tc.unknown != "":
				if !strings.Contains(cpu.Unknown, tc.unknown) || cpu.Target != 1000 || memory.Unknown == "" {
					t.Errorf("cpu %+v, memory %+v", cpu, memory)
				}
			case cpu.Unknown != "" || cpu.Target < 200 || cpu.Target > 260 || cpu.Curve.At(cpu.Target) > 10_000:
				t.Errorf("cpu %+v", cpu)
			case memory.Unknown != "" || memory.Target != 2048:
				t.Errorf("memory was lowered on a checkpoint: %+v", memory)
			}
			noted := tc.note == ""
			for _, n := range got.Notes {
				noted = noted || strings.Contains(n.Text, tc.note)
			}
			if !noted {
				t.Errorf("no note says %q: %v", tc.note, got.Notes)
			}
		})
	}
}

func TestACheckpointRaisesMemory(t *testing.T) {
	s := cluster()
	s.Workloads[1].Containers[2].Requests.MemoryMiB = 512
	got := targets.For(targets.Input{Snapshot: s, Policy: planner.DefaultPolicy(), At: noon, Checkpoints: remembered(t, func(*usage.Checkpoint) {})})
	if c := find(t, got, "app", "memory"); c.Target < 1024*115/100 || c.Target > 1300 {
		t.Errorf("memory %+v: want VPA's 1 GiB and 15 %%", c)
	}
}

// Samples count before what is remembered.
func TestSamplesComeFirst(t *testing.T) {
	in := measured(func(*usage.Series) {})
	in.Checkpoints = remembered(t, func(c *usage.Checkpoint) { c.CPU.Buckets = []usage.Bucket{{Index: 60, Weight: 10_000}} })
	if c := find(t, targets.For(in), "app", "cpu"); c.Target > 300 || c.Evidence.Pattern == "remembered" {
		t.Errorf("cpu %+v", c)
	}
}
