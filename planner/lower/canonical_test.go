package lower_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

func TestCanonicalOrdersOffersByPreference(t *testing.T) {
	c := &cluster{}
	named := func(name string, held bool) func(*planner.Offer) {
		return func(o *planner.Offer) { o.Nodes, o.Held = []string{name}, held }
	}
	c.on("dear", "a", func(o *planner.Offer) { o.PriceMicro = 300 })
	c.on("cheap", "a", func(o *planner.Offer) { o.PriceMicro = 50 })
	c.on("heavy", "a", func(o *planner.Offer) { o.PriceMicro, o.Weight = 900, 10 })
	c.on("exists", "a", named("n1", false))
	c.on("stays", "a", named("n2", true))
	c.on("small", "a", func(o *planner.Offer) { o.PriceMicro, o.Allocatable.CPUMilli = 300, 2000 })
	c.run("w", nil)
	var got []string
	for _, o := range canonical(t, c.Snapshot).Offers {
		got = append(got, o.InstanceType)
	}
	if diff := cmp.Diff([]string{"stays", "exists", "heavy", "cheap", "small", "dear"}, got); diff != "" {
		t.Errorf("offers (-want +got):\n%s", diff)
	}
}

func TestCanonicalLeavesOutWhatShowsNowhere(t *testing.T) {
	c := threeZones()
	c.on("tiny", "a", func(o *planner.Offer) { o.Overhead = planner.Resources{CPUMilli: 4001} })
	c.run("idle", func(w *planner.Workload) { w.Replicas = 0 })
	c.run("busy", func(w *planner.Workload) {
		w.QoS, w.Constraints = "Burstable", []planner.Constraint{c.where("any", "", func(*planner.Offer) bool { return true })}
		w.Today = []planner.Location{{Node: "z", Pods: 1}, {Node: "a", Pods: 1}, {Node: "z", Pods: 1}, {Node: "y"}}
	})
	c.Rules = []planner.Rule{
		{Kind: planner.HostCap, Members: []int{0}, Max: 1},
		{Kind: planner.HostCap, Members: []int{1, 0, 1}, Max: 1, Base: map[string]int64{"a": 0}},
	}
	c.Limits = []planner.Limit{{Pool: "pool", Resource: "cpu", Max: 9}, {Pool: "pool", Resource: "cpu", Max: 7}, {Pool: "gone", Resource: "cpu"}}
	c.Offers[0].Capacity = planner.Resources{CPUMilli: 5, MemoryMiB: 6}
	before := fmt.Sprintf("%+v", c.Snapshot)
	s := canonical(t, c.Snapshot)
	if got := fmt.Sprintf("%+v", c.Snapshot); got != before {
		t.Errorf("the argument was changed:\n%s\n%s", before, got)
	}
	want := planner.Workload{
		Ref: planner.Ref{Kind: "Deployment", Name: "busy"}, Replicas: 2,
		Requests:    planner.Resources{CPUMilli: 1000, MemoryMiB: 1024, Pods: 1},
		Constraints: []planner.Constraint{{Kind: "any", Offers: planner.NewSet(3)}},
		Today:       []planner.Location{{Node: "a", Pods: 1}, {Node: "z", Pods: 2}},
	}
	if diff := cmp.Diff([]planner.Workload{want}, s.Workloads); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]planner.Rule{{Kind: planner.HostCap, Members: []int{0}, Max: 1}}, s.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]planner.Limit{{Pool: "pool", Resource: "cpu", Max: 7}}, s.Limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if len(s.Offers) != 3 || s.Offers[0].Allocatable.EphemeralMiB != 0 || s.Offers[0].Capacity.MemoryMiB != 0 {
		t.Errorf("offers hold what nobody asks for, or one that DaemonSets overfill: %+v", s.Offers)
	}
	notes := []planner.Note{
		{Severity: planner.Info, Text: "workloads without pods are not planned: Deployment/idle"},
		{Severity: planner.Info, Text: "instance types are left out, because DaemonSets alone ask for more than such a node has: tiny"},
	}
	if diff := cmp.Diff(notes, s.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// A catalog that does not know a type's disk gives it no ephemeral storage. Only pods that ask for some may suffer.
func TestUnknownDisksAreNoReasonToPlaceNothing(t *testing.T) {
	c := &cluster{}
	c.on("m", "a", func(o *planner.Offer) { o.Allocatable.EphemeralMiB, o.Overhead.EphemeralMiB = 0, 50 })
	c.run("without", nil)
	c.run("with", func(w *planner.Workload) { w.Requests.EphemeralMiB = 10 })
	low := lowered(t, c.Snapshot)
	if len(low.Problem.Items) != 1 || low.Problem.Items[0].Count != 2 {
		t.Errorf("items %+v, want the two pods that ask for no disk", low.Problem.Items)
	}
	want := []planner.Unplaced{{
		Workload: "Deployment/with", Count: 2,
		Reason: "asks for 10 MiB of ephemeral storage; the largest node that its constraints allow gives 0 MiB of ephemeral storage",
	}}
	if diff := cmp.Diff(want, low.Unplaced); diff != "" {
		t.Errorf("unplaced (-want +got):\n%s", diff)
	}
	notes := canonical(t, c.Snapshot).Notes
	if len(notes) != 1 || notes[0].Severity != planner.Warning {
		t.Errorf("notes %v, want one warning", notes)
	}
}

func TestInvalidSnapshots(t *testing.T) {
	cases := map[string]func(*cluster){
		"two workloads of one name": func(c *cluster) { c.run("w", nil) },
		"a negative number of pods": func(c *cluster) { c.Workloads[0].Replicas = -1 },
		"a negative request":        func(c *cluster) { c.Workloads[0].Requests.Extended = map[string]int64{"x": -1} },
		"a GPU need of two kinds":   func(c *cluster) { c.Workloads[0].GPU = planner.GPUNeed{Whole: 1, ShareMilli: 5} },
		"a share of a whole card":   func(c *cluster) { c.Workloads[0].GPU = planner.GPUNeed{ShareMilli: 1000} },
		"a model that depends on a model": func(c *cluster) {
			c.Workloads[0].GPU.ByModel = map[string]planner.GPUNeed{"a": {ByModel: map[string]planner.GPUNeed{"b": {}}}}
		},
		"a negative price":                         func(c *cluster) { c.Offers[0].PriceMicro = -1 },
		"a held offer without nodes":               func(c *cluster) { c.Offers[0].Held = true },
		"a node in two offers":                     func(c *cluster) { c.Offers[0].Nodes, c.Offers[1].Nodes = []string{"n"}, []string{"n"} },
		"more cards taken than there are":          func(c *cluster) { c.Offers[0].Cards = planner.Cards{Model: "x", Count: 1, Taken: 2} },
		"an unknown rule":                          func(c *cluster) { c.Rules = []planner.Rule{{Kind: "x", Members: []int{0}}} },
		"a rule about nobody":                      func(c *cluster) { c.Rules = []planner.Rule{{Kind: planner.HostCap, Members: []int{7}, Max: 1}} },
		"a cap of none":                            func(c *cluster) { c.Rules = []planner.Rule{{Kind: planner.HostCap, Members: []int{0}}} },
		"a negative limit":                         func(c *cluster) { c.Limits = []planner.Limit{{Pool: "pool", Resource: "cpu", Max: -1}} },
		"two nodes of one name":                    func(c *cluster) { c.Nodes = []planner.Node{{Name: "n"}, {Name: "n"}} },
		"fewer than no pods that cannot be placed": func(c *cluster) { c.Stuck = []planner.Unplaced{{Count: -1}} },
	}
	for name, edit := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			c.run("w", nil)
			if _, err := lower.Canonical(c.Snapshot); err != nil {
				t.Fatalf("before the edit: %v", err)
			}
			edit(c)
			if _, err := lower.Canonical(c.Snapshot); !errors.Is(err, lower.ErrSnapshot) {
				t.Errorf("Canonical: got %v, want ErrSnapshot", err)
			}
			if _, err := lower.Lower(c.Snapshot); !errors.Is(err, lower.ErrSnapshot) {
				t.Errorf("Lower: got %v, want ErrSnapshot", err)
			}
		})
	}
}
