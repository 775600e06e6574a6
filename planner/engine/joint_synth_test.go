package engine_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// risks are the points of the synthetic curves, millionths, and the standard normal quantiles at which they lie.
var risks = []struct {
	micro int64
	z     float64
}{
	{500_000, 0}, {300_000, 0.5244}, {200_000, 0.8416}, {100_000, 1.2816}, {70_000, 1.4758}, {50_000, 1.6449}, {35_000, 1.8119},
	{20_000, 2.0537}, {14_000, 2.1973}, {10_000, 2.3263}, {7000, 2.4573}, {5000, 2.5758}, {3000, 2.7478}, {2000, 2.8782}, {1000, 3.0902},
	{500, 3.2905}, {100, 3.7190},
}

// lognormal is the target of one resource whose usage is lognormal.
func lognormal(w *planner.Workload, container, resource string, now int64, median, sigma float64) planner.Target {
	t := planner.Target{Workload: w.Ref.String(), Shape: w.Shape, Container: container, Resource: resource, Class: "default", Now: now}
	for _, r := range risks {
		x := int64(math.Ceil(median * math.Exp(sigma*r.z)))
		if n := len(t.Curve); n > 0 && x <= t.Curve[n-1].Request {
			t.Curve[n-1].Risk = r.micro
			continue
		}
		t.Curve = append(t.Curve, planner.CurvePoint{Request: max(x, 1), Risk: r.micro})
	}
	t.Floor, _ = t.Curve.Least(50_000)
	t.Target, _ = t.Curve.Least(10_000)
	t.Ceiling, _ = t.Curve.Least(1_000)
	return t
}

// synthetic is a cluster of some shapes with lognormal usage, and targets with exact curves for all of it.
func synthetic(seed uint64, pods, shapes int, cat pricing.Catalog) (planner.Snapshot, planner.Targets) {
	s := synth.Snapshot(synth.Options{Seed: seed, Pods: pods, Shapes: shapes, GPUPercent: -1}, cat)
	r := rand.New(rand.NewPCG(seed, 11))
	between := func(a, b float64) float64 { return a + float64((b-a)*r.Float64()) }
	targets := planner.Targets{Source: "synthetic", Digest: "sha256:11", Policy: "sha256:22"}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		w.Containers = []planner.Container{{Name: "app", Requests: planner.Resources{CPUMilli: w.Requests.CPUMilli, MemoryMiB: w.Requests.MemoryMiB}}}
		cpu, mem := float64(w.Requests.CPUMilli), float64(w.Requests.MemoryMiB)
		targets.Containers = append(targets.Containers,
			lognormal(w, "app", "cpu", w.Requests.CPUMilli, cpu*between(0.05, 0.4), between(0.2, 0.9)),
			lognormal(w, "app", "memory", w.Requests.MemoryMiB, mem*between(0.15, 0.6), between(0.05, 0.4)))
	}
	return s, targets
}

// few is a price list with one family in four sizes: requests then waste nodes.
func few() pricing.Catalog {
	cat := pricing.Embedded()
	var types []pricing.InstanceType
	for _, t := range cat.Types {
		switch t.Name {
		case "m7i.large", "m7i.xlarge", "m7i.2xlarge", "m7i.4xlarge":
			types = append(types, t)
		}
	}
	cat.Types = types
	return cat
}

// solver is binpack with a memory, counting its calls.
type solver struct {
	calls  int
	memory binpack.Memory
}

func (x *solver) solve(p *model.Problem, l model.Limits) (*model.Packing, error) {
	x.calls++
	return binpack.SolveWith(p, binpack.Options{Limits: l, Memory: &x.memory})
}

func BenchmarkJoint(b *testing.B) {
	for _, tc := range []struct {
		name         string
		cat          pricing.Catalog
		pods, shapes int
	}{
		{"few-200", few(), 2000, 100},
		{"all-200", pricing.Embedded(), 2000, 200},
	} {
		for seed := range uint64(3) {
			b.Run(tc.name+"/"+strings.Repeat("i", int(seed)+1), func(b *testing.B) {
				for range b.N {
					s, targets := synthetic(seed+1, tc.pods, tc.shapes, tc.cat)
					var x solver
					plan, err := engine.Joint(engine.JointInput{Input: engine.Input{Snapshot: s, Limits: limitsOf(), Solve: x.solve}, Targets: targets})
					if err != nil {
						b.Fatal(err)
					}
					r := plan.Rightsizing
					b.Logf("calls %d: asked %s targets %s (bound %s) joint %s (bound %s): joint %.2f %% below targets; kills %d %d %d underrun %d %d %d unplaced %d %d %d; %s", x.calls,
						r.Asked.PlannedPerHour, r.TargetsOnly.PlannedPerHour, r.TargetsOnly.LowerBoundPerHour, r.Joint.PlannedPerHour, r.Joint.LowerBoundPerHour,
						100-100*r.Joint.PlannedPerHour.Float64()/r.TargetsOnly.PlannedPerHour.Float64(),
						r.Asked.OOMKillsMicro, r.TargetsOnly.OOMKillsMicro, r.Joint.OOMKillsMicro, r.Asked.UnderrunMicro, r.TargetsOnly.UnderrunMicro, r.Joint.UnderrunMicro,
						r.Asked.Unplaced, r.TargetsOnly.Unplaced, r.Joint.Unplaced, r.Says)
				}
			})
		}
	}
}

func limitsOf() model.Limits {
	if os.Getenv("DEEP") != "" {
		return binpack.DefaultLimits()
	}
	return binpack.FastLimits()
}
