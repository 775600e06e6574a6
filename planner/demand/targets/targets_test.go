package targets_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/demand/device"
	"github.com/tenon-sh/tenon/planner/demand/targets"
	"github.com/tenon-sh/tenon/planner/usage"
)

var (
	web   = planner.Ref{Namespace: "shop", Kind: "Deployment", Name: "web"}
	train = planner.Ref{Namespace: "ml", Kind: "Job", Name: "train"}
	noon  = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

// cluster has a Deployment with an init container, a sidecar and an app, and a Job with a card.
func cluster() *planner.Snapshot {
	return &planner.Snapshot{
		Nodes: []planner.Node{{Name: "n1", GPU: "H100-80GB", GPUs: 1}},
		Offers: []planner.Offer{
			{Allocatable: planner.Resources{CPUMilli: 16_000, MemoryMiB: 64_000}},
			{Allocatable: planner.Resources{CPUMilli: 16_000, MemoryMiB: 64_000}, Cards: planner.Cards{Model: "H100-80GB", Count: 1, Partitionable: true}},
		},
		Workloads: []planner.Workload{
			{Ref: train, Replicas: 1, GPU: planner.GPUNeed{Whole: 1}, Today: []planner.Location{{Node: "n1", Pods: 1}}},
			{Ref: web, Replicas: 2, QoS: "Burstable", Requests: planner.Resources{CPUMilli: 1050, MemoryMiB: 2112}, Containers: []planner.Container{
				{Name: "migrate", Kind: planner.InitContainer},
				{Name: "proxy", Kind: planner.Sidecar, Requests: planner.Resources{CPUMilli: 50, MemoryMiB: 64}},
				{Name: "app", Requests: planner.Resources{CPUMilli: 1000, MemoryMiB: 2048}, Limits: planner.Resources{MemoryMiB: 4096}},
			}},
		},
	}
}

// measured is a week of five-minute samples of the app at 200m and 512 MiB, and of the Job's card, changed as told.
func measured(change func(s *usage.Series)) targets.Input {
	in, dev, doubts := demand.NewIntake(demand.Options{}), &device.Intake{}, targets.Doubts{}
	for _, m := range []usage.Metric{usage.CPU, usage.Memory, usage.GPUActive, usage.GPUMemory} {
		s := usage.Series{Metric: m, Key: usage.Key{Workload: web, Namespace: "shop", Pod: "web-1", Container: "app"}}
		level := map[usage.Metric]float64{usage.CPU: 200, usage.Memory: 512 << 20, usage.GPUActive: 0.02, usage.GPUMemory: 2 << 30}[m]
		if m == usage.GPUActive || m == usage.GPUMemory {
			s.Key = usage.Key{Workload: train, Namespace: "ml", Pod: "train-1", Container: "c", Device: "0"}
		}
		for at := noon.Add(-7 * 24 * time.Hour); at.Before(noon); at = at.Add(5 * time.Minute) {
			s.Samples = append(s.Samples, usage.Sample{At: at.UnixMilli(), Value: level})
		}
		change(&s)
		clean, faults := usage.Clean(s, usage.Options{})
		doubts.Note(clean, faults)
		in.Add(clean)
		dev.Add(clean)
	}
	return targets.Input{Snapshot: cluster(), Policy: planner.DefaultPolicy(), At: noon, States: in.States(), Devices: dev.States(), Doubts: doubts}
}

func find(t *testing.T, all planner.Targets, container, resource string) planner.Target {
	t.Helper()
	for _, c := range all.Containers {
		if c.Container == container && c.Resource == resource {
			return c
		}
	}
	t.Fatalf("no target for %s of %s in %+v", resource, container, all.Containers)
	return planner.Target{}
}

func TestFor(t *testing.T) {
	got := targets.For(measured(func(*usage.Series) {}))
	var names []string
	for _, c := range got.Containers {
		names = append(names, c.Container+" "+c.Resource)
	}
	if diff := cmp.Diff([]string{"proxy cpu", "proxy memory", "app cpu", "app memory"}, names); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if c := find(t, got, "app", "cpu"); c.Unknown != "" || c.Target < 200 || c.Target > 300 || c.Workload != web.String() || c.Class != "default" || c.Now != 1000 {
		t.Errorf("app cpu: %+v", c)
	}
	if c := find(t, got, "app", "memory"); c.Target < 512 || c.Target > 1024 || c.LimitNow != 4096 || c.Limit != 4096 {
		t.Errorf("app memory: %+v", c)
	}
	if c := find(t, got, "proxy", "cpu"); c.Unknown == "" || c.Target != 50 {
		t.Errorf("of the proxy nothing was measured, and its target is %+v", c)
	}
	if len(got.GPUs) != 1 || len(got.GPUs[0].Choices) != 2 {
		t.Errorf("GPUs %+v: want the card as it is, and a slice", got.GPUs)
	}
	if diff := cmp.Diff(got, targets.For(measured(func(*usage.Series) {}))); diff != "" {
		t.Errorf("twice is not the same:\n%s", diff)
	}
}

// TestMoreRiskThanIsAcceptedIsNoted: of memory and CPU of the app; with these changes covered there is no more to note.
func TestMoreRiskThanIsAcceptedIsNoted(t *testing.T) {
	in := measured(func(*usage.Series) {})
	noted := func() (n string) {
		for _, note := range targets.For(in).Notes {
			if strings.Contains(note.Text, "changes of level") {
				n = note.Text
			}
		}
		return n
	}
	if got := noted(); !strings.HasPrefix(got, "2 of 2 targets risk more than is accepted") {
		t.Errorf("noted: %q", got)
	}
	in.Policy.Classes[0].Cover = planner.CoverLevels
	in.Policy.Classes[0].HorizonDays = 1
	if got := noted(); got != "" {
		t.Errorf("covered, and noted: %q", got)
	}
}

func TestWhatCannotBeBelievedIsUnknown(t *testing.T) {
	spoil := func(metric usage.Metric, v float64) func(*usage.Series) {
		return func(s *usage.Series) {
			for i := 0; i < len(s.Samples) && s.Metric == metric; i += 5 {
				s.Samples[i].Value = v
			}
		}
	}
	for name, tc := range map[string]struct {
		change              func(*usage.Series)
		cpu, memory, device bool // unknown
	}{
		"a fifth of CPU is NaN":          {spoil(usage.CPU, math.NaN()), true, false, false},
		"a fifth of memory is negative":  {spoil(usage.Memory, -1), false, true, false},
		"a fifth of GPU memory is a lie": {spoil(usage.GPUMemory, math.Inf(1)), false, false, true},
		"a fifth of duty is 300 %":       {spoil(usage.GPUActive, 3), false, false, true},
		"one sample is none": {func(s *usage.Series) {
			if s.Metric == usage.CPU {
				s.Samples[100].Value = math.NaN()
			}
		}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := targets.For(measured(tc.change))
			for _, of := range []struct {
				what    string
				unknown string
				want    bool
			}{
				{"cpu", find(t, got, "app", "cpu").Unknown, tc.cpu}, {"memory", find(t, got, "app", "memory").Unknown, tc.memory},
				{"GPU", got.GPUs[0].Unknown, tc.device},
			} {
				if (of.unknown != "") != of.want {
					t.Errorf("%s: unknown %q, want %v", of.what, of.unknown, of.want)
				}
				if of.want && !strings.Contains(of.unknown, "cannot be") {
					t.Errorf("%s: %q does not say what is wrong", of.what, of.unknown)
				}
			}
			if c := find(t, got, "app", "cpu"); tc.cpu && (c.Target != 1000 || c.Floor != 1000 || len(c.Curve) > 0) {
				t.Errorf("unknown, and yet %+v", c)
			}
		})
	}
}

// Many clean chunks before a bad one count: a doubt is a share of all.
func TestADoubtIsAShareOfAll(t *testing.T) {
	var d targets.Doubts
	one := usage.Series{Metric: usage.CPU, Key: usage.Key{Workload: web, Container: "app", Pod: "p"}, Samples: slices.Repeat([]usage.Sample{{At: 1, Value: 1}}, 99)}
	d.Note(one, nil)
	one.Samples = nil
	d.Note(one, []usage.Fault{{Key: one.Key, Metric: usage.CPU, Reason: usage.Impossible, Count: 2}})
	in := measured(func(*usage.Series) {})
	in.Doubts = d
	if c := find(t, targets.For(in), "app", "cpu"); c.Unknown != "" || c.Evidence.Faults != 2 {
		t.Errorf("two bad samples of 101: %s, %d", c.Unknown, c.Evidence.Faults)
	}
	d.Note(one, []usage.Fault{{Key: one.Key, Metric: usage.CPU, Reason: usage.Impossible, Count: 20}})
	in.Doubts = d
	if c := find(t, targets.For(in), "app", "cpu"); c.Unknown == "" {
		t.Error("22 bad samples of 121 are believed")
	}
}

func TestAWorkloadWithoutAClassIsHeld(t *testing.T) {
	in := measured(func(*usage.Series) {})
	in.Policy.Classes[0].Match.Names = []string{"other"}
	got := targets.For(in)
	if c := find(t, got, "app", "cpu"); c.Held == "" || c.Target != 1000 || got.GPUs[0].Held == "" {
		t.Errorf("%+v, %+v", c, got.GPUs)
	}
}
