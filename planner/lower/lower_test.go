package lower_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// counts is what joining left over.
type counts struct{ Items, Bins, Classes, Domains int }

func TestLowerJoinsWhatNothingTellsApart(t *testing.T) {
	cases := map[string]struct {
		edit func(*cluster)
		want counts
	}{
		"equal workloads are one item, equal zones one bin": {edit: func(*cluster) {}, want: counts{1, 1, 1, 1}},
		"another size is another item": {
			edit: func(c *cluster) { c.Workloads[1].Requests.CPUMilli++ }, want: counts{2, 1, 1, 1},
		},
		"another priority is another item": {
			edit: func(c *cluster) { c.Workloads[1].Priority = 5 }, want: counts{2, 1, 1, 1},
		},
		"workloads with a maximum on each node are not joined: it counts each of them": {
			edit: func(c *cluster) { c.Workloads[0].HostMax, c.Workloads[1].HostMax = 1, 1 }, want: counts{2, 1, 1, 1},
		},
		"a workload that a rule names is not joined": {
			edit: func(c *cluster) {
				c.Rules = []planner.Rule{{Kind: planner.HostConflict, Members: []int{0}, Others: []int{0}}}
			},
			want: counts{2, 1, 1, 1},
		},
		"a constraint that allows everything changes nothing": {
			edit: func(c *cluster) {
				c.Workloads[0].Constraints = []planner.Constraint{c.where("os", "linux", func(*planner.Offer) bool { return true })}
			},
			want: counts{1, 1, 1, 1},
		},
		"a volume in a zone tells that zone from the two others": {
			edit: func(c *cluster) { c.Workloads[0].Constraints = c.in("b") }, want: counts{2, 2, 2, 1},
		},
		"another price is another bin": {
			edit: func(c *cluster) { c.Offers[2].PriceMicro++ }, want: counts{1, 2, 1, 1},
		},
		"a finite number is another bin than any number": {
			edit: func(c *cluster) { c.Offers[2].Max = 3 }, want: counts{1, 2, 1, 1},
		},
		"a node that exists is another bin": {
			edit: func(c *cluster) { c.Offers[2].Nodes = []string{"n"} }, want: counts{1, 2, 1, 1},
		},
		"a limited NodePool is another bin": {
			edit: func(c *cluster) {
				c.Offers[2].Pool = "other"
				c.Limits = []planner.Limit{{Pool: "other", Resource: "nodes", Max: 3}}
			},
			want: counts{1, 2, 1, 1},
		},
		"a rule by zone makes a domain of each zone that it can see": {
			edit: func(c *cluster) {
				c.Rules = []planner.Rule{{Kind: planner.ZoneCap, Members: []int{0}, Max: 1}}
			},
			want: counts{2, 3, 1, 3},
		},
		"zones that no pod of the rule can reach stay one domain": {
			edit: func(c *cluster) {
				c.Workloads[0].Constraints = c.in("b")
				c.Rules = []planner.Rule{{Kind: planner.ZoneCap, Members: []int{0}, Max: 1}}
			},
			want: counts{2, 2, 2, 2},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			c.run("v", nil)
			c.run("w", nil)
			tc.edit(c)
			low := lowered(t, c.Snapshot)
			got := counts{len(low.Problem.Items), len(low.Problem.Bins), low.Problem.Classes, low.Problem.Domains}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var pods int64
			for _, it := range low.Problem.Items {
				pods += it.Count
			}
			if pods != 4 {
				t.Errorf("got %d items in all, want the 4 pods", pods)
			}
		})
	}
}

func TestLowerWholeProblem(t *testing.T) {
	c := &cluster{}
	c.on("m", "a", func(o *planner.Offer) { o.Overhead = planner.Resources{CPUMilli: 100, Pods: 2} })
	c.on("m", "a", func(o *planner.Offer) {
		o.Nodes, o.Held, o.Used = []string{"h1", "h2"}, true, planner.Resources{CPUMilli: 5000, MemoryMiB: 192}
	})
	c.on("m", "a", func(o *planner.Offer) { o.Nodes = []string{"e1"} })
	c.Nodes = []planner.Node{
		{Name: "e1", Priced: true, PriceMicro: 100}, {Name: "h1", Priced: true, PriceMicro: 100}, {Name: "h2"},
		{Name: "cordoned", Held: true, Priced: true, PriceMicro: 40},
	}
	c.run("w", func(w *planner.Workload) {
		w.HostMax, w.Priority = 3, 9
		w.Requests.Extended = map[string]int64{"example.com/x": 2}
	})
	c.run("v", func(w *planner.Workload) { w.Priority = -4; w.Replicas = 5 })
	for i := range c.Offers {
		c.Offers[i].Allocatable.Extended = map[string]int64{"example.com/x": 7}
		c.Offers[i].Capacity.CPUMilli = 4100
	}
	c.Limits = []planner.Limit{{Pool: "pool", Resource: "cpu", Max: 20_000}, {Pool: "pool", Resource: "nodes", Max: 1}}
	low := lowered(t, c.Snapshot)
	want := model.Problem{
		Dims: 4, Classes: 1, Domains: 1,
		Items: []model.Item{
			{Size: []int64{1000, 1024, 1, 0}, Count: 5, Classes: []int{0}},
			{Size: []int64{1000, 1024, 1, 2}, Count: 2, Classes: []int{0}, BinMax: 3, Rank: 1},
		},
		Bins: []model.Bin{
			{Cap: []int64{0, 8000, 10, 7}, Max: 2, Card: -1},
			{Cap: []int64{4000, 8192, 10, 7}, Max: 1, Price: 100, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 4100}, {Budget: 1, Amount: 1}}},
			{Cap: []int64{3900, 8192, 8, 7}, Price: 100, Card: -1, Uses: []model.Use{{Budget: 0, Amount: 4100}, {Budget: 1, Amount: 1}}},
		},
		Budgets: []int64{20_000 - 2*4100, 0},
	}
	if diff := cmp.Diff(want, low.Problem); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
	if want := []string{"cpu", "memory", "pods", "example.com/x"}; !cmp.Equal(want, low.Index.Dims) {
		t.Errorf("dims %v, want %v", low.Index.Dims, want)
	}
	if got := low.Index.Sunk; got != 240 {
		t.Errorf("sunk %d, want 240: two held nodes and one that no offer has", got)
	}
}

// TestLowerKeepsEverySet checks on random sets that joining is exact: an item may use a bin if and only if each of its
// workloads may use each of the bin's offers.
func TestLowerKeepsEverySet(t *testing.T) {
	for seed := range uint64(300) {
		c := randomCluster(seed)
		s := canonical(t, c.Snapshot)
		low := lowered(t, c.Snapshot)
		for w, item := range low.Index.ItemOf {
			if item < 0 {
				continue
			}
			classes := map[int]bool{}
			for _, class := range low.Problem.Items[item].Classes {
				classes[class] = true
			}
			for offer, bin := range low.Index.BinOf {
				allowed := true
				for _, constraint := range s.Workloads[w].Constraints {
					allowed = allowed && constraint.Offers.Has(offer)
				}
				if got := classes[low.Problem.Bins[bin].Class]; got != allowed {
					t.Fatalf("seed %d: workload %d on offer %d: allowed %v, by class %v", seed, w, offer, allowed, got)
				}
				if low.Index.Allowed[w].Has(offer) != allowed {
					t.Fatalf("seed %d: workload %d on offer %d: Index.Allowed says %v", seed, w, offer, !allowed)
				}
			}
		}
		checkAmounts(t, s, low)
	}
}

// checkAmounts checks that every offer has what its bin says, and that every pod is in an item or unplaced.
func checkAmounts(t *testing.T, s planner.Snapshot, low lower.Lowered) {
	t.Helper()
	for offer, bin := range low.Index.BinOf {
		o, b := &s.Offers[offer], &low.Problem.Bins[bin]
		for d, name := range low.Index.Dims {
			if got := lower.Amount(o.Allocatable, name) - lower.Amount(o.Overhead, name); got != b.Cap[d] {
				t.Errorf("offer %d has %d %s, its bin %d", offer, got, name, b.Cap[d])
			}
		}
		if int64(o.PriceMicro) != b.Price || o.Max > b.Max || (o.Max == 0) != (b.Max == 0) {
			t.Errorf("offer %d (price %d, max %d) is in bin %+v", offer, o.PriceMicro, o.Max, b)
		}
	}
	var pods, placed int64
	for _, w := range s.Workloads {
		pods += w.Replicas
	}
	for i, it := range low.Problem.Items {
		placed += it.Count
		var parts int64
		for _, p := range low.Index.Items[i].Parts {
			parts += p.Pods
		}
		if parts != it.Count {
			t.Errorf("item %d: count %d for parts of %d", i, it.Count, parts)
		}
	}
	for _, u := range low.Unplaced {
		placed += u.Count
	}
	if pods != placed {
		t.Errorf("%d pods, %d in items or unplaced", pods, placed)
	}
}
