package pools

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// packed plans a snapshot.
func packed(t *testing.T, s planner.Snapshot) Input {
	t.Helper()
	plan, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) {
		return binpack.Solve(p, l, nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := lower.Canonical(s)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Snapshot: &c, Plan: &plan, Limits: Limits{Evaluations: 1000}}
}

func mixed(seed uint64, pods, shapes int) planner.Snapshot {
	return synth.Snapshot(synth.Options{Seed: seed, Pods: pods, Shapes: shapes}, pricing.Default())
}

// Every design must be one that can be built as promised: what it says of its cost is what its own pools, simulated from
// scratch, come to.
func TestDesignsKeepTheirPromises(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		in := packed(t, mixed(seed, 200, 24))
		in.Snapshot.Workloads[3].Ref = in.Snapshot.Workloads[2].Ref // two kinds of pod of one owner
		in.Snapshot.Workloads[3].Shape = 1
		in.Limits.Pools = 4 + int(seed)
		in.Steer = slices.Repeat([]bool{true}, len(in.Snapshot.Workloads))
		in.Steer[5] = false
		designs, err := Search(in)
		if err != nil || len(designs) == 0 {
			t.Fatalf("seed %d: %d designs, %v", seed, len(designs), err)
		}
		for at, d := range designs {
			check(t, fmt.Sprintf("seed %d, design %d", seed, at), in, d)
		}
		again, err := Search(in)
		if diff := cmp.Diff(designs, again); diff != "" || err != nil {
			t.Errorf("seed %d: a second search gives other designs (-first +second), %v:\n%s", seed, err, diff)
		}
	}
}

func check(t *testing.T, name string, in Input, d Design) {
	t.Helper()
	if len(d.Pools) > in.Limits.WithDefaults().Pools {
		t.Errorf("%s: %d pools, more than %d", name, len(d.Pools), in.Limits.Pools)
	}
	seen := map[string]bool{}
	for i := range d.Pools {
		p := &d.Pools[i]
		if seen[p.Name] || len(p.InstanceTypes) == 0 || len(p.CapacityTypes) == 0 || p.Weight < 1 {
			t.Errorf("%s: pool %+v has a name twice, or lacks something", name, p)
		}
		seen[p.Name] = true
		want := []planner.PoolWork{}
		for w, of := range d.Of {
			if slices.Contains(of, i) {
				want = append(want, planner.PoolWork{Workload: lower.WorkloadName(in.Snapshot.Workloads[w])})
			}
		}
		if diff := cmp.Diff(want, p.Works); p.Steered && diff != "" {
			t.Errorf("%s: pool %s does not list whom it is steered (-want +got):\n%s", name, p.Name, diff)
		}
	}
	for w, of := range d.Of {
		if in.Steer != nil && !in.Steer[w] && len(of) > 0 {
			t.Errorf("%s: workload %d is steered and may not be", name, w)
		}
		endless, limited := false, false
		for _, at := range of {
			endless = endless || d.Pools[at].NodesMost == 0 && holds(in.Snapshot, w, &d.Pools[at])
			limited = limited || d.Pools[at].NodesMost > 0
			if a, b := asks(in.Snapshot, w, &d.Pools[at]), asks(in.Snapshot, w, &d.Pools[of[0]]); !cmp.Equal(a, b) {
				t.Errorf("%s: %s asks for %v on one pool and for %v on another", name, lower.WorkloadName(in.Snapshot.Workloads[w]), a, b)
			}
			if !allows(in.Snapshot, w, &d.Pools[at]) {
				t.Errorf("%s: no type of pool %v is allowed to %s", name, d.Pools[at], lower.WorkloadName(in.Snapshot.Workloads[w]))
			}
		}
		if limited && !endless {
			t.Errorf("%s: all pools of %s have limits, or cannot hold it", name, lower.WorkloadName(in.Snapshot.Workloads[w]))
		}
	}
	if in.Snapshot.Workloads[2].Ref == in.Snapshot.Workloads[3].Ref && !slices.Equal(d.Of[2], d.Of[3]) {
		t.Errorf("%s: pods of one owner are steered to pools %v and %v", name, d.Of[2], d.Of[3])
	}
	got, err := Simulate(in, d)
	if diff := cmp.Diff(Outcome{d.Estimate, d.Nodes, d.Unplaced}, got); diff != "" || err != nil {
		t.Errorf("%s: what is simulated is not what is promised (-promised +simulated), %v:\n%s", name, err, diff)
	}
}

// holds reports whether a node of a pool has the devices for a pod.
func holds(s *planner.Snapshot, w int, p *planner.Pool) bool {
	has := maps.Clone(p.Slices)
	if len(p.Layouts) == 0 {
		return true
	}
	if has == nil {
		has = map[string]int64{}
	}
	for _, card := range p.Layouts {
		if len(card) == 0 {
			has["gpu"]++
		}
	}
	for name, n := range asks(s, w, p) {
		if n > has[name] {
			return false
		}
	}
	return true
}

// asks are the devices that a pod of a workload asks for on a pool.
func asks(s *planner.Snapshot, w int, p *planner.Pool) map[string]int64 {
	out := map[string]int64{}
	for i := range s.Offers {
		if s.Offers[i].InstanceType == p.InstanceTypes[0] {
			g := lower.NeedOn(s.Workloads[w].GPU, s.Offers[i].Cards.Model)
			maps.Copy(out, g.Slices)
			if out["gpu"] = g.Whole; g.ShareMilli > 0 {
				out["shared"] = (g.ShareMilli*p.Replicas + 999) / 1000
			}
			break
		}
	}
	return out
}

// allows reports whether the dearest type of a pool, its leader, is allowed to a workload.
func allows(s *planner.Snapshot, w int, p *planner.Pool) bool {
	for row := range s.Offers {
		o := &s.Offers[row]
		ok := o.Pool == p.Base && slices.Contains(p.InstanceTypes, o.InstanceType) && slices.Contains(p.CapacityTypes, o.CapacityType)
		for _, c := range s.Workloads[w].Constraints {
			ok = ok && c.Offers.Has(row)
		}
		if ok {
			return true
		}
	}
	return false
}

func TestSearchRefuses(t *testing.T) {
	in := packed(t, mixed(1, 20, 5))
	for name, tc := range map[string]Input{
		"nothing":                     {},
		"a plan alone":                {Plan: in.Plan},
		"steering of fewer workloads": {Snapshot: in.Snapshot, Plan: in.Plan, Steer: []bool{true}},
		"floors of fewer workloads":   {Snapshot: in.Snapshot, Plan: in.Plan, Floors: make([]planner.Resources, 1)},
	} {
		if d, err := Search(tc); !errors.Is(err, ErrInput) {
			t.Errorf("%s: got %d designs, %v; want ErrInput", name, len(d), err)
		}
	}
	none, err := Search(Input{Snapshot: &planner.Snapshot{}, Plan: &planner.Plan{}})
	if err != nil {
		t.Errorf("an empty snapshot: %v with %v", err, none)
	}
}

func TestNobodyWhoMayBeSteered(t *testing.T) {
	in := packed(t, mixed(2, 200, 20))
	in.Steer = make([]bool, len(in.Snapshot.Workloads))
	designs, err := Search(in)
	if err != nil || len(designs) == 0 {
		t.Fatalf("%d designs, %v", len(designs), err)
	}
	for _, p := range designs[0].Pools {
		if p.Steered {
			t.Errorf("pool %s is for steered pods, and there are none", p.Name)
		}
	}
	if designs[0].Unplaced > 0 || slices.ContainsFunc(designs[0].Of, func(of []int) bool { return len(of) > 0 }) {
		t.Errorf("%d pods unplaced, of %v", designs[0].Unplaced, designs[0].Of)
	}
}

// The cases of facts/karpenter.md, on which Karpenter's own allocator takes 2 and 8 nodes.
func TestSlicesOfWholeNodes(t *testing.T) {
	for name, tc := range map[string]struct {
		want   map[string]int64
		nodes  int64
		slices map[string]int64
	}{
		"16 × 1g, 8 × 2g and 8 × 3g fill one node": {map[string]int64{"1g.5gb": 16, "2g.10gb": 8, "3g.20gb": 8}, 1, map[string]int64{"1g.5gb": 16, "2g.10gb": 8, "3g.20gb": 8}},
		"57 × 1g are one more than a node has":     {map[string]int64{"1g.5gb": 57}, 2, map[string]int64{"1g.5gb": 56}},
		"200 × 1g and 60 × 3g in two layouts":      {map[string]int64{"1g.5gb": 200, "3g.20gb": 60}, 7, nil},
	} {
		t.Run(name, func(t *testing.T) {
			designs, err := Search(packed(t, sliceMix(tc.want)))
			if err != nil {
				t.Fatal(err)
			}
			d := designs[0]
			if d.Nodes != tc.nodes || d.Unplaced != 0 {
				t.Errorf("got %d nodes and %d unplaced, want %d: %+v", d.Nodes, d.Unplaced, tc.nodes, d.Pools)
			}
			if diff := cmp.Diff(tc.slices, d.Pools[0].Slices); tc.slices != nil && diff != "" {
				t.Errorf("slices (-want +got):\n%s", diff)
			}
			if len(d.Pools[0].Layouts) != 8 {
				t.Errorf("%d cards are laid out, want 8", len(d.Pools[0].Layouts))
			}
		})
	}
}

// sliceMix asks for slices on p4d.24xlarge: a workload for each profile.
func sliceMix(want map[string]int64) planner.Snapshot {
	cat := pricing.Default()
	offers, _ := fleet.Offers(cat, fleet.Options{})
	offers = slices.DeleteFunc(offers, func(o planner.Offer) bool { return o.InstanceType != "p4d.24xlarge" })
	s := planner.Snapshot{Offers: offers, Catalog: fleet.Ref(cat)}
	for _, profile := range []string{"1g.5gb", "2g.10gb", "3g.20gb"} {
		if n := want[profile]; n > 0 {
			s.Workloads = append(s.Workloads, planner.Workload{
				Ref: planner.Ref{Kind: "Deployment", Name: "w" + profile}, Replicas: n,
				Requests: planner.Resources{CPUMilli: 500, MemoryMiB: 512, Pods: 1}, GPU: planner.GPUNeed{Slices: map[string]int64{profile: 1}},
			})
		}
	}
	return s
}
