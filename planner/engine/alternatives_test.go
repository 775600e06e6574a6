package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/explain"
)

// TestAlternatives asks for a workload of 0.5 CPU that must not run on arm, where it would be cheapest. First-fit has put
// it on small nodes in two zones, and a large one would be cheaper for one more pod.
func TestAlternatives(t *testing.T) {
	s := cpuWorld()
	plan := decide(t, s)
	more, err := engine.Alternatives(plan)
	if err != nil {
		t.Fatal(err)
	}
	type brief struct {
		Type, Zone, Excluded string
		Pods                 int64
	}
	var got []brief
	for _, a := range more("shop/Deployment/web") {
		got = append(got, brief{a.InstanceType, a.Zone, a.Excluded, a.PodsPerNode})
		if a.PricePerPod <= 0 || a.PricePerHour <= 0 || a.Pool == "" {
			t.Errorf("%+v lacks a price or a pool", a)
		}
	}
	want := []brief{ // those that it uses; then by price
		{"m5.large", "b", "", 3}, {"m5.large", "c", "", 3},
		{"m7g.xlarge", "a, b, c", "arch: kubernetes.io/arch In [amd64]", 7},
		{"m5.4xlarge", "a, b, c", "", 28},
		{"m5.large", "a", "", 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alternatives (-want +got):\n%s", diff)
	}
	if got := more("shop/Deployment/nobody"); got != nil {
		t.Errorf("a workload that is not there has the alternatives %v", got)
	}
	if _, err := explain.Workload(plan, "web", more); err != nil {
		t.Errorf("explain cannot use them: %v", err)
	}
}

// Every plan can be asked about every workload, and a plan with a foreign certificate is refused and does no harm.
func TestAlternativesOfEveryPlan(t *testing.T) {
	for name, world := range worlds() {
		t.Run(name, func(t *testing.T) {
			plan := decide(t, world())
			more, err := engine.Alternatives(plan)
			if err != nil {
				t.Fatal(err)
			}
			placed := map[string]bool{}
			for _, p := range plan.Placements {
				placed[p.Workload] = true
			}
			for _, w := range plan.Workloads {
				if got := len(more(w.Workload)) > 0; got != placed[w.Workload] {
					t.Errorf("%s has alternatives: %v, is placed: %v", w.Workload, got, placed[w.Workload])
				}
			}
		})
	}
	if _, err := engine.Alternatives(planner.Plan{}); err == nil {
		t.Error("a plan without proof has alternatives")
	}
}
