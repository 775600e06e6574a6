package lower_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// homes is a cluster of one offer with four nodes of today: e1 and e2 run the same, e3 runs something else and e4 nothing.
func homes(terms planner.Terms) *cluster {
	c := &cluster{}
	c.Terms = terms
	c.on("m", "a", nil)
	c.on("m", "a", func(o *planner.Offer) { o.Nodes = []string{"e1", "e2", "e3", "e4"} })
	for _, name := range []string{"e1", "e2", "e3", "e4"} {
		c.Nodes = append(c.Nodes, planner.Node{Name: name, Priced: true, PriceMicro: 100})
	}
	c.run("v", func(w *planner.Workload) {
		w.Replicas, w.Today = 5, []planner.Location{{Node: "e1", Pods: 1}, {Node: "e2", Pods: 1}}
	})
	c.run("w", func(w *planner.Workload) { // like v: one item
		w.Replicas, w.Today = 4, []planner.Location{{Node: "e1", Pods: 2}, {Node: "e2", Pods: 2}, {Node: "e3", Pods: 1}}
	})
	c.run("x", func(w *planner.Workload) {
		w.Replicas, w.Requests.CPUMilli, w.Today = 2, 100, []planner.Location{{Node: "e3", Pods: 3}}
	})
	c.run("y", func(w *planner.Workload) { // it may not stay where it is
		w.Replicas, w.Requests.CPUMilli, w.Today = 1, 200, []planner.Location{{Node: "e3", Pods: 1}}
		w.Constraints = []planner.Constraint{c.where("new", "", func(o *planner.Offer) bool { return len(o.Nodes) == 0 })}
	})
	return c
}

// With a price of moves the nodes of one offer are told apart by their pods; those of workloads that nothing tells apart
// are one stay; no more pods stay than there are, and none that may not.
func TestStaysAreWhatMayStay(t *testing.T) {
	low := lowered(t, homes(planner.Terms{MovePriceMicro: 7}).Snapshot)
	type kind struct {
		Max   int64
		Stays []model.Stay
	}
	var got []kind
	for _, b := range low.Problem.Bins {
		got = append(got, kind{b.Max, b.Stays})
	}
	vw, x := low.Index.ItemOf[0], low.Index.ItemOf[2]
	want := []kind{
		{2, []model.Stay{{Item: vw, Count: 3, Saves: 7}}},
		{1, []model.Stay{{Item: x, Count: 2, Saves: 7}}}, // w has 4 pods, and all may stay on e1 and e2; x has 2
		{1, nil},
		{0, nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bins (-want +got):\n%s", diff)
	}
	for _, b := range lowered(t, homes(planner.Terms{}).Snapshot).Problem.Bins {
		if b.Stays != nil || b.Max != 0 && b.Max != 4 {
			t.Errorf("without a price of moves: %+v", b)
		}
	}
}

// Pods that must share a node stay all at once, and save as much as they are.
func TestPodsThatMustShareANodeStayTogether(t *testing.T) {
	c := &cluster{}
	c.Terms.MovePriceMicro = 7
	c.on("m", "a", nil)
	c.on("m", "a", func(o *planner.Offer) { o.Nodes = []string{"e1"} })
	c.run("v", func(w *planner.Workload) { w.Replicas, w.Today = 1, []planner.Location{{Node: "e1", Pods: 1}} })
	c.run("w", func(w *planner.Workload) { w.Replicas, w.Today = 2, []planner.Location{{Node: "e1", Pods: 2}} })
	c.Rules = []planner.Rule{{Kind: planner.HostTogether, Members: []int{0, 1}}}
	low := lowered(t, c.Snapshot)
	if diff := cmp.Diff([]model.Stay{{Item: 0, Count: 1, Saves: 21}}, low.Problem.Bins[0].Stays); diff != "" {
		t.Errorf("stays (-want +got):\n%s", diff)
	}
}

// Sunk nodes are held: they cost nothing more, and are paid for whatever is planned.
func TestSunkNodesAreHeld(t *testing.T) {
	for name, tc := range map[string]struct {
		sunk planner.SunkNodes
		want int64
	}{
		"none": {planner.SunkNone, 0}, "reserved ones, of which there are none": {planner.SunkReserved, 0}, "all": {planner.SunkAll, 400},
	} {
		t.Run(name, func(t *testing.T) {
			s := canonical(t, homes(planner.Terms{Sunk: tc.sunk}).Snapshot)
			low := lowered(t, s)
			if int64(low.Index.Sunk) != tc.want || (low.Problem.Bins[0].Price == 0) != (tc.want > 0) {
				t.Errorf("sunk %s, the first bin %+v; want %d", low.Index.Sunk, low.Problem.Bins[0], tc.want)
			}
			for _, n := range s.Nodes {
				if n.Held != (tc.want > 0) || (n.Reason != "") != n.Held {
					t.Errorf("node %+v", n)
				}
			}
		})
	}
}
