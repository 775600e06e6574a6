package explain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

// nextBest stands for the engine, which holds the proof.
func nextBest(workload string) []explain.Alternative {
	if workload != "shop/Deployment/web" {
		return nil
	}
	return []explain.Alternative{
		{InstanceType: "m7g.4xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Pool: "general", PricePerHour: money("0.6528"), PodsPerNode: 41, PricePerPod: money("0.006402")},
		{InstanceType: "c7g.4xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Pool: "general", PricePerHour: money("0.58"), PodsPerNode: 36, PricePerPod: money("0.0071")},
		{InstanceType: "m6a.4xlarge", Zone: "us-east-1a", CapacityType: "on-demand", Pool: "general", PricePerHour: money("0.6912"), PodsPerNode: 41,
			PricePerPod: money("0.006"), Excluded: "arch"},
	}
}

func TestSentencesGolden(t *testing.T) {
	text := func(f func() (string, error)) func() string {
		return func() string {
			t.Helper()
			out, err := f()
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	for file, f := range map[string]func() (string, error){
		"workload_constrained":  func() (string, error) { return explain.Workload(shop(), "web", nextBest) },
		"workload_mig":          func() (string, error) { return explain.Workload(shop(), "vision", nil) },
		"workload_shared_gpu":   func() (string, error) { return explain.Workload(shop(), "ml/Deployment/notebook", nil) },
		"workload_unplaced":     func() (string, error) { return explain.Workload(shop(), "pretrain-xl", nil) },
		"node_cpu":              func() (string, error) { return explain.Node(shop(), "n1") },
		"node_mig":              func() (string, error) { return explain.Node(shop(), "n7") },
		"node_held":             func() (string, error) { return explain.Node(shop(), "n6") },
		"node_of_today_kept":    func() (string, error) { return explain.Node(shop(), "ip-10-0-3-17.ec2.internal") },
		"node_of_today_removed": func() (string, error) { return explain.Node(shop(), "ip-10-0-7-40") },
		"node_of_today_outside": func() (string, error) { return explain.Node(shop(), "ip-10-0-9-9") },
		"instance_type":         func() (string, error) { return explain.Node(shop(), "m7g.4xlarge") },
	} {
		t.Run(file, func(t *testing.T) { golden(t, file, text(f)) })
	}
}

// Who knows only the price of a pod says only that: columns without figures are left out.
func TestAlternativesMayKnowLittle(t *testing.T) {
	little := func(string) []explain.Alternative {
		return []explain.Alternative{{InstanceType: "c7g.4xlarge", Zone: "us-east-1a", PricePerPod: money("0.0071")}}
	}
	got, err := explain.Workload(shop(), "web", little)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "c7g.4xlarge") || !strings.Contains(got, "0.0071") {
		t.Errorf("the alternative is not told:\n%s", got)
	}
	for _, head := range []string{"NODE/H", "FIT"} {
		if strings.Contains(got, head) {
			t.Errorf("a column %s without figures is there:\n%s", head, got)
		}
	}
}

func TestNames(t *testing.T) {
	p := planner.Plan{
		Workloads: []planner.PlanWork{{Workload: "a/Deployment/web"}, {Workload: "b/Deployment/web"}, {Workload: "a/Deployment/webhook"},
			{Workload: "a/Job/import-1"}, {Workload: "a/Job/import-12"}, {Workload: "m5.large"}},
		Unplaced: []planner.Unplaced{{Workload: "a/Pod/giant", Count: 1, Reason: "too large"}},
		Nodes:    []planner.PlanNode{{ID: "n1", InstanceType: "m5.large", Count: 1}, {ID: "n12", InstanceType: "c5.large", Count: 1}},
		Today:    []planner.TodayNode{{Name: "ip-1.internal", InstanceType: "m5.large", Fate: "keep", Node: "n1"}},
	}
	for claim, tc := range map[string]struct {
		asked     string
		explain   func(planner.Plan, string, explain.Alternatives) (string, error)
		wantBegin string
		wantError error
		wantText  string // in the error
	}{
		"a full name is itself, though another ends in it": {asked: "a/Job/import-1", wantBegin: "a/Job/import-1:"},
		"the part behind the last slash is enough":         {asked: "import-12", wantBegin: "a/Job/import-12:"},
		"an ending at a slash goes before a middle":        {asked: "import-1", wantBegin: "a/Job/import-1:"},
		"a unique part is enough":                          {asked: "hook", wantBegin: "a/Deployment/webhook:"},
		"an unplaced pod that is no workload is found":     {asked: "giant", wantBegin: "a/Pod/giant\n"},
		"two of the same name are both listed":             {asked: "web", wantError: explain.ErrAmbiguous, wantText: "a/Deployment/web, b/Deployment/web"},
		"a slip of the pen is answered with the nearest":   {asked: "webhok", wantError: explain.ErrNotFound, wantText: "did you mean a/Deployment/webhook?"},
		"nonsense has no nearest":                          {asked: "zzzzzzzzzz", wantError: explain.ErrNotFound, wantText: `"zzzzzzzzzz"`},
		"no name is not every name":                        {asked: "", wantError: explain.ErrNotFound, wantText: "no name"},
		"a name longer than Kubernetes has is refused":     {asked: strings.Repeat("x", 100_000), wantError: explain.ErrNotFound, wantText: "longer than"},
		"a node of the plan is found by its ID":            {asked: "n1", explain: node, wantBegin: "n1 (1 x m5.large"},
		"a node of today is found by its name":             {asked: "ip-1", explain: node, wantBegin: "ip-1.internal is a node of today"},
		"an instance type stands for all its nodes":        {asked: "c5.large", explain: node, wantBegin: "c5.large: the plan has 1 node"},
		"a workload is no node":                            {asked: "webhook", explain: node, wantError: explain.ErrNotFound},
		"a subject may be a workload":                      {asked: "hook", explain: explain.Subject, wantBegin: "a/Deployment/webhook:"},
		"a subject may be a node":                          {asked: "n12", explain: explain.Subject, wantBegin: "n12 (1 x c5.large"},
		"a workload goes before a node of the same name":   {asked: "m5.large", explain: explain.Subject, wantBegin: "m5.large: 0 pods"},
	} {
		t.Run(claim, func(t *testing.T) {
			ask := tc.explain
			if ask == nil {
				ask = explain.Workload
			}
			got, err := ask(p, tc.asked, nil)
			if !errors.Is(err, tc.wantError) {
				t.Fatalf("%.40q: error %v, want %v", tc.asked, err, tc.wantError)
			}
			if err != nil && !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("%.40q: error %q does not say %q", tc.asked, err, tc.wantText)
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("%.40q: an error of %d bytes is no line", tc.asked, len(err.Error()))
			}
			if !strings.HasPrefix(got, tc.wantBegin) {
				t.Errorf("%.40q: %.80q does not begin with %q", tc.asked, got, tc.wantBegin)
			}
		})
	}
}

func node(p planner.Plan, name string, _ explain.Alternatives) (string, error) {
	return explain.Node(p, name)
}
