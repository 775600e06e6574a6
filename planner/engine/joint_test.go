package engine_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
)

func jointly(t testing.TB, s planner.Snapshot, targets planner.Targets) planner.Plan {
	t.Helper()
	plan, err := engine.Joint(engine.JointInput{Input: engine.Input{Snapshot: s, Solve: firstFit}, Targets: targets})
	if err != nil {
		t.Fatalf("Joint: %v", err)
	}
	return plan
}

// target is a target with a curve of three points: floor, target and ceiling at 5, 1 and 0.1 %.
func target(w *planner.Workload, container, resource string, now, floor, aim, ceiling int64) planner.Target {
	return planner.Target{
		Workload: w.Ref.String(), Shape: w.Shape, Container: container, Resource: resource, Class: "default",
		Now: now, Floor: floor, Target: aim, Ceiling: ceiling,
		Curve: planner.Curve{{Request: floor, Risk: 50_000}, {Request: aim, Risk: 10_000}, {Request: ceiling, Risk: 1000}},
		Evidence: planner.Evidence{
			From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC),
			Samples: 4032, Expected: 4033, Pods: w.Replicas, Percentile: 99, Typical: floor / 2, Peak: ceiling, Headroom: 5.5, Says: []string{"the 99th percentile of the daily peak"},
		},
	}
}

func newTargets(list ...planner.Target) planner.Targets {
	return planner.Targets{
		Source: "usage.csv", Digest: "sha256:11", Policy: "sha256:22", Containers: list,
		From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC),
	}
}

// oddJobs are workloads with all kinds of containers and of targets.
func oddJobs() (planner.Snapshot, planner.Targets) {
	w := newWorld()
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.offer("general", "m5.xlarge", 3920, 14500, "0.192", planner.Cards{})
	for i := range w.Offers {
		w.Offers[i].Allocatable.MemoryMiB = 7000 * (1 + int64(i)/3)
	}
	web := w.work("web", 9, 1000, 2000)
	web.Containers = []planner.Container{
		{Name: "migrate", Kind: planner.InitContainer, Requests: planner.Resources{CPUMilli: 400, MemoryMiB: 300}},
		{Name: "mesh", Kind: planner.Sidecar, Requests: planner.Resources{CPUMilli: 100, MemoryMiB: 200}},
		{Name: "app", Requests: planner.Resources{CPUMilli: 800, MemoryMiB: 1700}, Limits: planner.Resources{MemoryMiB: 3400}},
	}
	api := w.work("api", 4, 700, 900)
	api.Containers = []planner.Container{{Name: "app", Requests: planner.Resources{CPUMilli: 700, MemoryMiB: 900}, Limits: planner.Resources{CPUMilli: 700, MemoryMiB: 900}}}
	sum := w.work("sum", 5, 300, 300)
	dark := w.work("dark", 3, 500, 500)
	dark.Containers = []planner.Container{{Name: "app", Requests: planner.Resources{CPUMilli: 500, MemoryMiB: 500}}}
	w.work("alone", 2, 500, 900)
	targets := newTargets(
		target(web, "app", "cpu", 800, 250, 420, 600), target(web, "app", "memory", 1700, 900, 1200, 2100),
		target(web, "mesh", "memory", 200, 100, 150, 320), target(web, "migrate", "cpu", 400, 100, 200, 300),
		target(api, "app", "cpu", 700, 300, 400, 500), target(api, "app", "memory", 900, 500, 700, 1400),
		target(sum, "only", "cpu", 300, 200, 250, 400), target(sum, "only", "memory", 300, 100, 150, 200),
		target(dark, "app", "cpu", 500, 500, 500, 500), target(dark, "app", "memory", 500, 300, 400, 450),
		target(dark, "gone", "cpu", 1, 1, 1, 1),
	)
	for i := range targets.Containers {
		x := &targets.Containers[i]
		if x.Workload == dark.Ref.String() && x.Resource == "cpu" {
			x.Unknown, x.Curve = "too few samples", nil
		}
		if x.Workload == dark.Ref.String() && x.Resource == "memory" {
			x.Held = "an autoscaler follows it"
		}
		if x.Workload == web.Ref.String() && x.Resource == "memory" && x.Container == "app" {
			x.LimitNow, x.Limit = 3400, 2400
		}
	}
	return w.Snapshot, targets
}

// cardJobs have pods on whole A100s, some of which fit slices.
func cardJobs() (planner.Snapshot, planner.Targets) {
	w := newWorld()
	w.offer("gpu", "p4d.24xlarge", 95_000, 1_000_000, "21.957642", a100)
	w.offer("gpu", "g4dn.12xlarge", 47_000, 180_000, "3.912", t4)
	small := w.work("small", 12, 1000, 4000)
	small.GPU.Whole = 1
	pinned := w.work("pinned", 2, 1000, 4000)
	pinned.GPU.Whole = 1
	pinned.Constraints = []planner.Constraint{w.only("gpuModel", "A100", func(o *planner.Offer) bool { return o.Cards.Model == a100.Model })}
	w.work("whole", 2, 4000, 9000).GPU.Whole = 3
	slice := func(name string) planner.GPUNeed { return planner.GPUNeed{Slices: map[string]int64{name: 1}} }
	targets := newTargets(target(small, "app", "cpu", 1000, 300, 500, 900))
	targets.GPUs = []planner.GPUAim{
		{Workload: small.Ref.String(), Now: "1 × GPU", Choices: []planner.GPUChoice{
			{Model: a100.Model, Need: slice("2g.10gb"), MemoryMiB: 9856, SpeedMilli: 800, DutyMilli: 300, RiskMicro: 500},
			{Model: a100.Model, Need: slice("1g.5gb"), MemoryMiB: 4864, SpeedMilli: 500, DutyMilli: 600, RiskMicro: 900},
			{Model: t4.Model, Need: planner.GPUNeed{Whole: 1}, MemoryMiB: 15360, SpeedMilli: 400, DutyMilli: 700},
		}, Evidence: []planner.GPUEvidence{{Metric: "gpu-memory", Samples: 100, Median: 3e9, P99: 4.5e9, Peak: math.Inf(1)}}},
		{Workload: pinned.Ref.String(), Now: "1 × GPU", Choices: []planner.GPUChoice{{Model: t4.Model, Need: planner.GPUNeed{Whole: 1}}}},
	}
	return w.Snapshot, targets
}

func jointWorlds() map[string]func() (planner.Snapshot, planner.Targets) {
	return map[string]func() (planner.Snapshot, planner.Targets){"containers": oddJobs, "cards": cardJobs}
}

func sizingOf(t *testing.T, r *planner.Rightsizing, workload, container, resource string) planner.Sizing {
	t.Helper()
	at := slices.IndexFunc(r.Containers, func(x planner.Sizing) bool {
		return strings.HasSuffix(x.Workload, "/"+workload) && x.Container == container && x.Resource == resource
	})
	if at < 0 {
		t.Fatalf("no sizing of %s %s %s", workload, container, resource)
	}
	return r.Containers[at]
}

func TestJointKeepsWhatItMust(t *testing.T) {
	s, targets := oddJobs()
	plan := jointly(t, s, targets)
	r := plan.Rightsizing
	for claim, tc := range map[string]struct{ got, want any }{
		"what is unknown stays":                      {sizingOf(t, r, "dark", "app", "cpu").Chosen, int64(500)},
		"and has no risk":                            {sizingOf(t, r, "dark", "app", "cpu").RiskChosen, (*int64)(nil)},
		"and says why":                               {sizingOf(t, r, "dark", "app", "cpu").Why, "kept: too few samples"},
		"what is held stays":                         {sizingOf(t, r, "dark", "app", "memory").Chosen, int64(500)},
		"and has its risk":                           {*sizingOf(t, r, "dark", "app", "memory").RiskChosen, int64(1000)},
		"Guaranteed pods stay so: limits move along": {sizingOf(t, r, "api", "app", "cpu").Limit, sizingOf(t, r, "api", "app", "cpu").Chosen},
		"a limit is no less than its request":        {sizingOf(t, r, "web", "app", "memory").Limit >= sizingOf(t, r, "web", "app", "memory").Chosen, true},
		"a target for nothing is told":               {len(r.Notes), 1},
		"a workload without targets is not told":     {len(r.Workloads), 4},
		"both digests are named":                     {r.Usage + r.Policy, "sha256:11sha256:22"},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
	for i := range plan.Workloads {
		w := &plan.Workloads[i]
		if w.Workload == "shop/Deployment/alone" && (w.Requests.CPUMilli != 500 || w.Requests.MemoryMiB != 900) {
			t.Errorf("a workload without targets asks for %+v", w.Requests)
		}
	}
}

func TestJointGivesCardsToThePacking(t *testing.T) {
	s, targets := cardJobs()
	plan := jointly(t, s, targets)
	got := map[string]string{}
	for _, w := range plan.Workloads {
		got[w.Workload] = w.GPU
	}
	want := map[string]string{
		"shop/Deployment/small":  "1g.5gb of A100-40GB or 1 × GPU of T4-16GB", // the smaller of two slices of one model
		"shop/Deployment/pinned": "1 × GPU",                                   // its nodeSelector leaves it no T4
		"shop/Deployment/whole":  "3 × GPU",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := plan.Rightsizing; !r.GPUs[0].Used || r.GPUs[1].Used || r.Asked.PlannedPerHour <= r.Joint.PlannedPerHour {
		t.Errorf("used %v and %v, asked %s, joint %s", r.GPUs[0].Used, r.GPUs[1].Used, r.Asked.PlannedPerHour, r.Joint.PlannedPerHour)
	}
}

// TestCardsThatCannotCarryThePodAreNotOffered: the T4's machine is too small for this pod's CPU.
func TestCardsThatCannotCarryThePodAreNotOffered(t *testing.T) {
	w := newWorld()
	w.offer("gpu", "p4d.24xlarge", 95_000, 1_000_000, "21.957642", a100)
	w.offer("gpu", "g4dn.12xlarge", 47_000, 180_000, "3.912", t4)
	x := w.work("large", 1, 60_000, 4000)
	x.GPU.Whole = 1
	targets := newTargets()
	targets.GPUs = []planner.GPUAim{{Workload: x.Ref.String(), Choices: []planner.GPUChoice{{Model: t4.Model, Need: planner.GPUNeed{Whole: 1}}}}}
	plan := jointly(t, w.Snapshot, targets)
	if g := plan.Rightsizing.GPUs[0]; g.Used || g.Why != "kept: no node that gives one of its choices carries its pods" || len(plan.Unplaced) > 0 {
		t.Errorf("used %v, why %q, unplaced %v", g.Used, g.Why, plan.Unplaced)
	}
	if _, err := engine.VerifyAgainst(encode(t, plan), w.Snapshot); err != nil {
		t.Error(err)
	}
}

// TestSearchMayDoLess: the rounds have limits of their own, and the plans that are compared those of the plan.
func TestSearchMayDoLess(t *testing.T) {
	s, targets := oddJobs()
	search := model.Limits{Iterations: 3}
	asked := map[model.Limits]int{}
	_, err := engine.Joint(engine.JointInput{Targets: targets, Search: search, Input: engine.Input{
		Snapshot: s, Limits: model.Limits{Iterations: 7},
		Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) { asked[l]++; return firstFit(p, l) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if full := asked[model.Limits{Iterations: 7}]; full < 2 || full > 4 || asked[search] < 2 || len(asked) != 2 {
		t.Errorf("solves by limits: %v", asked)
	}
}

func TestJointVerifiesAgainstItsInput(t *testing.T) {
	for name, world := range jointWorlds() {
		t.Run(name, func(t *testing.T) {
			s, targets := world()
			data := encode(t, jointly(t, s, targets))
			if report, err := engine.VerifyAgainst(data, s); err != nil || !report.InputCompared {
				t.Fatalf("VerifyAgainst: %v", err)
			}
			other := s
			other.Workloads = slices.Clone(s.Workloads)
			other.Workloads[0].Requests.CPUMilli++
			if _, err := engine.VerifyAgainst(data, other); !errors.Is(err, engine.ErrInput) {
				t.Errorf("a cluster that asks for something else: %v", err)
			}
		})
	}
}

// TestJointStaysInsideNodesAndQuotas: no range goes where no node or quota has room.
func TestJointStaysInsideNodesAndQuotas(t *testing.T) {
	w := newWorld()
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	web, huge := w.work("web", 4, 400, 800), w.work("huge", 1, 400, 800)
	targets := newTargets(
		target(web, "app", "memory", 800, 500, 600, 6600), target(web, "app", "cpu", 400, 100, 200, 5000),
		target(huge, "app", "memory", 800, 6000, 9000, 9900))
	free := jointly(t, w.Snapshot, targets).Rightsizing
	w.Namespaces = []planner.Namespace{{Name: "shop", Quotas: []planner.Quota{
		{Name: "q", RequestsCPU: -1, RequestsMemory: 10_000, UsedRequests: 4000, LimitsCPU: -1, LimitsMemory: -1},
	}}}
	fits := newTargets(slices.Clone(targets.Containers)...)
	fits.Containers[1].Ceiling = 300 // no node is in the way
	bound := jointly(t, w.Snapshot, fits).Rightsizing
	for claim, tc := range map[string]struct{ got, want any }{
		"a target that no node holds is not taken":            {sizingOf(t, free, "huge", "app", "memory").Why, "kept: at its target the pod fits no node that it may use"},
		"and its pod keeps its place":                         {free.Joint.Unplaced, int64(0)},
		"a ceiling that no node holds is none":                {sizingOf(t, free, "web", "app", "cpu").Ceiling, int64(200)},
		"that of the other resource stays":                    {sizingOf(t, free, "web", "app", "memory").Ceiling, int64(6600)},
		"a quota that ceilings would break keeps targets":     {sizingOf(t, bound, "web", "app", "memory").Ceiling, int64(600)},
		"and the other resource's too: they are of one quota": {sizingOf(t, bound, "web", "app", "cpu").Ceiling, int64(200)},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
	w.Namespaces[0].Quotas[0].RequestsMemory = 100_000
	if roomy := jointly(t, w.Snapshot, fits).Rightsizing; sizingOf(t, roomy, "web", "app", "memory").Ceiling != 6600 {
		t.Errorf("a quota with room lowers a ceiling to %d", sizingOf(t, roomy, "web", "app", "memory").Ceiling)
	}
	w.Namespaces[0].Quotas[0].LimitsMemory = 1
	w.Workloads[0].Containers = []planner.Container{{Name: "app", Requests: planner.Resources{CPUMilli: 400, MemoryMiB: 800}, Limits: planner.Resources{CPUMilli: 400, MemoryMiB: 800}}}
	if tight := jointly(t, w.Snapshot, fits).Rightsizing; sizingOf(t, tight, "web", "app", "memory").Ceiling != 600 {
		t.Errorf("a quota of limits leaves limits that grow with a ceiling of %d", sizingOf(t, tight, "web", "app", "memory").Ceiling)
	}
}

// randomTargets gives random ranges, some of them nonsense, to random containers of a snapshot.
func randomTargets(s *planner.Snapshot, seed uint64) planner.Targets {
	r := rand.New(rand.NewPCG(seed, 13))
	out := newTargets()
	for i := range s.Workloads {
		w := &s.Workloads[i]
		cpu, mem := w.Requests.CPUMilli, w.Requests.MemoryMiB
		switch r.IntN(3) {
		case 0:
			w.Containers = []planner.Container{{Name: "a", Requests: planner.Resources{CPUMilli: cpu, MemoryMiB: mem}}}
		case 1:
			w.Containers = []planner.Container{
				{Name: "init", Kind: planner.InitContainer, Requests: planner.Resources{CPUMilli: cpu}},
				{Name: "a", Requests: planner.Resources{CPUMilli: cpu / 2, MemoryMiB: mem / 2}},
				{Name: "b", Kind: planner.MainContainer, Requests: planner.Resources{CPUMilli: cpu / 2, MemoryMiB: mem/2 - 10}},
			}
		}
		names := []string{"a"}
		for _, c := range w.Containers {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			for _, resource := range []string{"cpu", "memory"} {
				now := map[string]int64{"cpu": cpu, "memory": mem}[resource]
				for _, c := range w.Containers {
					if c.Name == name {
						now = map[string]int64{"cpu": c.Requests.CPUMilli, "memory": c.Requests.MemoryMiB}[resource]
					}
				}
				floor := 1 + r.Int64N(now+100)
				aim := floor + 1 + r.Int64N(300)
				x := target(w, name, resource, now, floor, aim, aim+1+r.Int64N(20_000))
				switch r.IntN(12) {
				case 0:
					x.Held = "held"
				case 1:
					x.Unknown, x.Curve = "unknown", nil
				case 2:
					x.Curve[0].Risk = -5
				case 3:
					x.Now++
				case 4:
					x.Floor = math.MinInt64
				case 5:
					x.Evidence.Headroom, x.Evidence.PeakAt = math.NaN(), time.Unix(math.MaxInt64/2, 0)
				case 6:
					continue
				}
				out.Containers = append(out.Containers, x)
			}
		}
	}
	return out
}

// FuzzJoint checks on random clusters with random targets what is promised of every joint plan.
func FuzzJoint(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		s := randomWorld(seed)
		targets := randomTargets(&s, seed)
		plan := jointly(t, s, targets)
		data := encode(t, plan)
		if _, err := engine.VerifyAgainst(data, s); err != nil {
			t.Fatalf("VerifyAgainst: %v", err)
		}
		checkPods(t, s, plan)
		checkJoint(t, plan.Rightsizing)
		if diff := cmp.Diff(string(data), string(encode(t, jointly(t, shuffled(s, seed), targets)))); diff != "" {
			t.Errorf("the plan depends on the order of the input (-want +got):\n%s", diff)
		}
	})
}

// checkJoint: never worse than the targets in cost, in pods placed and in either risk, and every request in its range.
func checkJoint(t testing.TB, r *planner.Rightsizing) {
	t.Helper()
	total := func(p *planner.SizedPlan) int64 {
		if p.MovesPerHour != nil {
			return int64(p.PlannedPerHour + *p.MovesPerHour)
		}
		return int64(p.PlannedPerHour)
	}
	if j, o := &r.Joint, &r.TargetsOnly; total(j) > total(o) || j.OOMKillsMicro > o.OOMKillsMicro || j.UnderrunMicro > o.UnderrunMicro || j.Unplaced > o.Unplaced {
		t.Errorf("joint %+v is worse than targets only %+v", *j, *o)
	}
	if r.TargetsOnly.Unplaced > r.Asked.Unplaced {
		t.Logf("targets leave %d pods unplaced, requests as asked %d", r.TargetsOnly.Unplaced, r.Asked.Unplaced)
	}
	for i := range r.Containers {
		if x := &r.Containers[i]; x.Chosen < x.Floor || x.Chosen > x.Ceiling || x.Kept != "" && x.Chosen != x.Now || x.Why == "" {
			t.Errorf("%s %s %s: %d of %d…%d, now %d, kept %q", x.Workload, x.Container, x.Resource, x.Chosen, x.Floor, x.Ceiling, x.Now, x.Kept)
		}
	}
}
