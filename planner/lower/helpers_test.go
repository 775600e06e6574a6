package lower_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// cluster is a Snapshot that tests add to.
type cluster struct{ planner.Snapshot }

// on adds an offer of a type in a zone: 4 CPU, 8 GiB, 10 pods, 100 an hour (in micro), unless edit says otherwise.
func (c *cluster) on(kind, zone string, edit func(*planner.Offer)) {
	o := planner.Offer{
		Pool: "pool", InstanceType: kind, Zone: zone, CapacityType: "on-demand", Arch: "amd64", PriceMicro: 100,
		Allocatable: planner.Resources{CPUMilli: 4000, MemoryMiB: 8192, EphemeralMiB: 1000, Pods: 10},
	}
	if edit != nil {
		edit(&o)
	}
	c.Offers = append(c.Offers, o)
}

// run adds a workload: two pods of 1 CPU and 1 GiB, unless edit says otherwise.
func (c *cluster) run(name string, edit func(*planner.Workload)) {
	w := planner.Workload{
		Ref: planner.Ref{Kind: "Deployment", Name: name}, Replicas: 2,
		Requests: planner.Resources{CPUMilli: 1000, MemoryMiB: 1024, Pods: 1},
	}
	if edit != nil {
		edit(&w)
	}
	c.Workloads = append(c.Workloads, w)
}

// in is a constraint that allows one zone.
func (c *cluster) in(zone string) []planner.Constraint {
	return []planner.Constraint{c.where("volume", "zone In ["+zone+"]", func(o *planner.Offer) bool { return o.Zone == zone })}
}

func (c *cluster) where(kind, text string, keep func(*planner.Offer) bool) planner.Constraint {
	out := planner.Constraint{Kind: kind, Text: text}
	for i := range c.Offers {
		if keep(&c.Offers[i]) {
			out.Offers.Add(i)
		}
	}
	return out
}

// threeZones is a cluster with one type in the zones a, b and c.
func threeZones() *cluster {
	c := &cluster{}
	for _, zone := range []string{"a", "b", "c"} {
		c.on("m", zone, nil)
	}
	return c
}

func canonical(t testing.TB, s planner.Snapshot) planner.Snapshot {
	t.Helper()
	out, err := lower.Canonical(s)
	if err != nil {
		t.Fatalf("Canonical: %v", err)
	}
	return out
}

func lowered(t testing.TB, s planner.Snapshot) lower.Lowered {
	t.Helper()
	low, err := lower.Lower(canonical(t, s))
	if err != nil {
		t.Fatalf("Lower: %v", err)
	}
	return low
}

// randomCluster is a cluster with random constraints, the same for the same seed.
func randomCluster(seed uint64) *cluster {
	r := rand.New(rand.NewPCG(seed, 3))
	c := &cluster{}
	for i := range 1 + r.IntN(12) {
		c.on(fmt.Sprint("t", i%4), fmt.Sprint("z", r.IntN(3)), func(o *planner.Offer) {
			o.PriceMicro, o.Max = pricing.Micro(100*(1+r.IntN(2))), int64(r.IntN(2)*3)
			o.Overhead.CPUMilli = int64(r.IntN(2) * 500)
		})
	}
	for i := range 1 + r.IntN(8) {
		c.run(fmt.Sprint("w", i), func(w *planner.Workload) {
			w.Replicas = int64(r.IntN(3))
			w.Requests.CPUMilli = int64(1+r.IntN(4)) * 1000
			for range r.IntN(3) {
				mask := r.Uint64() | r.Uint64()
				w.Constraints = append(w.Constraints, planner.Constraint{Kind: "random", Offers: planner.Set{mask}})
			}
		})
	}
	return c
}
