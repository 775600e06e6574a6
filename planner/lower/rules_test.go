package lower_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// bound is the part of a problem that rules make.
type bound struct {
	BinMax    []int64 // by item
	Caps      []model.Cap
	Conflicts []model.Pair
	Follows   []model.Follow
	Spreads   []model.Spread
	Unplaced  []string // reasons
}

// TestRules lowers the workloads u, v and w (items 0, 1, 2; two pods each) on one type in three zones under one rule.
func TestRules(t *testing.T) {
	all := []int{0, 1, 2}
	cases := map[string]struct {
		rule planner.Rule
		want bound
	}{
		"a cap on one workload is a maximum in a bin": {
			rule: planner.Rule{Kind: planner.HostCap, Members: []int{1}, Max: 4},
			want: bound{BinMax: []int64{0, 4, 0}},
		},
		"a cap on several counts them together": {
			rule: planner.Rule{Kind: planner.HostCap, Members: []int{0, 2}, Max: 4},
			want: bound{BinMax: []int64{0, 0, 0}, Caps: []model.Cap{{Items: []int{0, 2}, Max: 4}}},
		},
		"a conflict is every pair, and one in a bin of what is in conflict with itself": {
			rule: planner.Rule{Kind: planner.HostConflict, Members: []int{0, 1}, Others: []int{1, 2}},
			want: bound{BinMax: []int64{0, 1, 0}, Conflicts: []model.Pair{{A: 0, B: 1}, {A: 0, B: 2}, {A: 1, B: 2}}},
		},
		"a follower goes beside any of the others": {
			rule: planner.Rule{Kind: planner.HostFollow, Members: []int{0}, Others: []int{1, 2}},
			want: bound{BinMax: []int64{0, 0, 0}, Follows: []model.Follow{{Item: 0, AnyOf: []int{1, 2}}}},
		},
		"who may follow itself follows nobody": {
			rule: planner.Rule{Kind: planner.HostFollow, Members: []int{0}, Others: []int{0, 1}},
			want: bound{BinMax: []int64{0, 0, 0}},
		},
		"who follows nobody that is there cannot be placed": {
			rule: planner.Rule{Kind: planner.HostFollow, Members: []int{0}, Text: "podAffinity"},
			want: bound{BinMax: []int64{0, 0}, Unplaced: []string{"it may only run beside pods that are not there (podAffinity)"}},
		},
		"a spread counts the zones that it names, and the pods that stay": {
			rule: planner.Rule{Kind: planner.ZoneSpread, Members: []int{0}, Max: 2, Zones: []string{"a", "c"}, Base: map[string]int64{"c": 5}},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 2}, Base: []int64{0, 5}, Skew: 2}}},
		},
		"a spread that names no zone counts all that its pods may use": {
			rule: planner.Rule{Kind: planner.ZoneSpread, Members: []int{0, 1}, Max: 1},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{{Items: []int{0, 1}, Domains: all, Skew: 1}}},
		},
		"a cap by zone is what the fullest open zone has left": {
			rule: planner.Rule{Kind: planner.ZoneCap, Members: []int{0}, Max: 3, Base: map[string]int64{"a": 1, "b": 3}},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{{Items: []int{0}, Domains: []int{0, 1}, Max: 2}}},
		},
		"pods that share a zone share a domain": {
			rule: planner.Rule{Kind: planner.ZoneTogether, Members: []int{0, 2}},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{{Items: []int{0, 2}, Domains: all, Single: true}}},
		},
		"pods in conflict by zone are kept apart, one in a zone of what is in conflict with itself": {
			rule: planner.Rule{Kind: planner.ZoneConflict, Members: []int{0}, Others: []int{0, 1}},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{
				{Items: []int{0}, Domains: all, Max: 1}, {Items: []int{0}, Domains: all, Apart: []int{1}},
			}},
		},
		"a follower by zone goes where one of the others is": {
			rule: planner.Rule{Kind: planner.ZoneFollow, Members: []int{0}, Others: []int{1}},
			want: bound{BinMax: []int64{0, 0, 0}, Spreads: []model.Spread{{Items: []int{0}, Domains: all, Beside: []int{1}}}},
		},
		"pods that stay everywhere leave an enemy no zone": {
			rule: planner.Rule{Kind: planner.ZoneConflict, Members: []int{0}, Others: []int{1}, Base: map[string]int64{"a": 1, "b": 1, "c": 1}, Text: "antiAffinity"},
			want: bound{BinMax: []int64{0, 0}, Unplaced: []string{"pods that stay leave it no zone (antiAffinity)"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			for i, name := range []string{"u", "v", "w"} {
				c.run(name, func(w *planner.Workload) { w.Requests.MemoryMiB += int64(i) }) // so that no two are joined
			}
			c.Rules = []planner.Rule{tc.rule}
			low := lowered(t, c.Snapshot)
			got := bound{
				Caps: low.Problem.Caps, Conflicts: low.Problem.Conflicts, Follows: low.Problem.Follows, Spreads: low.Problem.Spreads,
			}
			for _, it := range low.Problem.Items {
				got.BinMax = append(got.BinMax, it.BinMax)
			}
			for _, u := range low.Unplaced {
				got.Unplaced = append(got.Unplaced, u.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestZonesThatPodsOfTodayLeave checks which zones stay open to a workload whose rule counts pods that stay.
func TestZonesThatPodsOfTodayLeave(t *testing.T) {
	base := map[string]int64{"b": 2}
	cases := map[string]struct {
		rule planner.Rule
		want []string
	}{
		"a full zone is closed":          {planner.Rule{Kind: planner.ZoneCap, Max: 2}, []string{"a", "c"}},
		"a zone with room is open":       {planner.Rule{Kind: planner.ZoneCap, Max: 3}, []string{"a", "b", "c"}},
		"a zone with an enemy is closed": {planner.Rule{Kind: planner.ZoneConflict}, []string{"a", "c"}},
		"who must be together joins":     {planner.Rule{Kind: planner.ZoneTogether}, []string{"b"}},
		"who must follow follows":        {planner.Rule{Kind: planner.ZoneFollow}, []string{"b"}},
		"who spreads may go anywhere":    {planner.Rule{Kind: planner.ZoneSpread, Max: 1}, []string{"a", "b", "c"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			c.run("w", nil)
			tc.rule.Members, tc.rule.Base = []int{0}, base
			c.Rules = []planner.Rule{tc.rule}
			low := lowered(t, c.Snapshot)
			var got []string
			for offer, bin := range low.Index.BinOf {
				for _, class := range low.Problem.Items[0].Classes {
					if class == low.Problem.Bins[bin].Class {
						got = append(got, c.Offers[offer].Zone)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("zones (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesThatAreMadeStricterAreNoted(t *testing.T) {
	c := threeZones()
	c.run("v", nil)
	c.run("w", nil)
	base := map[string]int64{"a": 1}
	c.Rules = []planner.Rule{
		{Kind: planner.ZoneCap, Members: []int{0}, Max: 9, Text: "even"},
		{Kind: planner.ZoneCap, Members: []int{0}, Max: 9, Base: base, Text: "uneven"},
		{Kind: planner.ZoneFollow, Members: []int{0}, Others: []int{1}, Base: base, Text: "follow"},
	}
	var got []string
	for _, n := range canonical(t, c.Snapshot).Notes {
		got = append(got, n.Text[strings.LastIndex(n.Text, "("):])
	}
	if diff := cmp.Diff([]string{"(uneven)", "(follow)"}, got); diff != "" {
		t.Errorf("rules in notes (-want +got):\n%s", diff)
	}
}

// TestTogether lowers workloads that must share one node.
func TestTogether(t *testing.T) {
	type result struct {
		Size     []int64
		Count    int64
		Needs    []model.CardNeed
		Unplaced string
	}
	cases := map[string]struct {
		edit func(*cluster)
		want result
	}{
		"they are one item of all their pods": {
			edit: func(*cluster) {}, want: result{Size: []int64{4000, 4096, 4}, Count: 1},
		},
		"rules that overlap make one item of all": {
			edit: func(c *cluster) {
				c.run("x", func(w *planner.Workload) { w.Requests.CPUMilli, w.Replicas = 0, 1 })
				c.Rules = append(c.Rules, planner.Rule{Kind: planner.HostTogether, Members: []int{1, 2}})
			},
			want: result{Size: []int64{4000, 5120, 5}, Count: 1},
		},
		"their slices add up": {
			edit: func(c *cluster) {
				for i := range c.Offers {
					c.Offers[i].Cards = planner.Cards{Model: "A100-40GB", Count: 2, Partitionable: true}
				}
				c.Workloads[0].GPU.Slices = map[string]int64{"1g.5gb": 1}
				c.Workloads[1].GPU.Slices = map[string]int64{"1g.5gb": 1, "2g.10gb": 1}
			},
			want: result{Size: []int64{4000, 4096, 4}, Count: 1, Needs: []model.CardNeed{{Slices: []int64{4, 2}}}},
		},
		"shares that do not fit one card cannot be one item": {
			edit: func(c *cluster) {
				for i := range c.Offers {
					c.Offers[i].Cards = planner.Cards{Model: "T4-16GB", Count: 4, Shareable: true}
				}
				c.Workloads[0].GPU.ShareMilli = 600
			},
			want: result{Unplaced: "its pods must share one node, and shares of a GPU that do not fit one card together cannot be planned as one"},
		},
		"more slices than the cards hold": {
			edit: func(c *cluster) {
				for i := range c.Offers {
					c.Offers[i].Cards = planner.Cards{Model: "A100-40GB", Count: 1, Partitionable: true}
				}
				c.Workloads[0].GPU.Slices = map[string]int64{"2g.10gb": 2}
			},
			want: result{Unplaced: "its 4 pods must share one node and ask for 2 × 2g.10gb (2 of them); " +
				"no node that its constraints allow offers it (they have A100-40GB)"},
		},
		"a maximum on each node that is smaller forbids them": {
			edit: func(c *cluster) { c.Workloads[0].HostMax = 1 },
			want: result{Unplaced: "all 2 pods must share one node, and at most 1 may"},
		},
		"a conflict among them forbids them": {
			edit: func(c *cluster) {
				c.Rules = append(c.Rules, planner.Rule{Kind: planner.HostConflict, Members: []int{0}, Others: []int{1}, Text: "anti"})
			},
			want: result{Unplaced: "its pods must share one node and must not (anti)"},
		},
		"a cap in a zone that is too small forbids them": {
			edit: func(c *cluster) {
				c.Rules = append(c.Rules, planner.Rule{Kind: planner.ZoneCap, Members: []int{0, 1}, Max: 3, Text: "cap"})
			},
			want: result{Unplaced: "its 4 pods must share one node, and at most 3 may be together (cap)"},
		},
		"too large for any node": {
			edit: func(c *cluster) { c.Workloads[0].Replicas = 5 },
			want: result{Unplaced: "its 7 pods must share one node and together ask for 7 CPU; the largest node that its constraints allow gives 4 CPU"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := threeZones()
			c.run("v", nil)
			c.run("w", nil)
			c.Rules = []planner.Rule{{Kind: planner.HostTogether, Members: []int{0, 1}}}
			tc.edit(c)
			low := lowered(t, c.Snapshot)
			var got result
			if len(low.Problem.Items) > 0 {
				it := low.Problem.Items[0]
				got = result{Size: it.Size, Count: it.Count, Needs: it.Needs}
			}
			for _, u := range low.Unplaced {
				got.Unplaced = u.Reason
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
