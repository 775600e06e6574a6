package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// largeWorld is the whole embedded catalog in three zones, under a NodePool for each architecture, with the given number
// of kinds of pod; a tenth of them ask for GPUs, a third have constraints.
func largeWorld(shapes int, pods int64) planner.Snapshot {
	r := rand.New(rand.NewPCG(5, 5))
	w := newWorld()
	for _, kind := range pricing.Embedded().Types {
		for _, zone := range zones {
			for _, offering := range kind.In("us-east-1" + zone) {
				o := planner.Offer{
					Pool: "general-" + kind.Arch, InstanceType: kind.Name, Zone: "us-east-1" + zone, CapacityType: offering.CapacityType,
					Arch: kind.Arch, PriceMicro: offering.PriceMicro, Allocatable: kind.Allocatable,
					Overhead: planner.Resources{CPUMilli: 250, MemoryMiB: 450, Pods: 5},
				}
				if m, ok := gpu.ByLabel(kind.GPU.Name, kind.GPU.MemoryMiB); ok && kind.GPU.Count > 0 {
					o.Cards = planner.Cards{Model: m.Key, Count: kind.GPU.Count, Shareable: true, Partitionable: m.MIG() == nil}
				}
				w.Offers = append(w.Offers, o)
			}
		}
	}
	arch := func(want string) planner.Constraint {
		return w.only("arch", "kubernetes.io/arch In ["+want+"]", func(o *planner.Offer) bool { return o.Arch == want })
	}
	zone := func(want string) planner.Constraint {
		return w.only("volume", "topology.kubernetes.io/zone In ["+want+"]", func(o *planner.Offer) bool { return o.Zone == want })
	}
	constraints := []planner.Constraint{arch("amd64"), arch("arm64"), zone("us-east-1a"), zone("us-east-1b")}
	for i := range shapes {
		cpu := int64(1+r.IntN(40)) * 100
		x := w.work(fmt.Sprint("w", i), pods/int64(shapes), cpu, cpu*int64(1+r.IntN(8))/2)
		if i%3 == 0 {
			x.Constraints = append(x.Constraints, constraints[r.IntN(2)], constraints[2+r.IntN(2)])
		}
		if i%10 == 0 {
			x.Replicas = 1 + x.Replicas/20
			switch r.IntN(3) {
			case 0:
				x.GPU.Whole = int64(1 + r.IntN(2))
			case 1:
				x.GPU.ShareMilli = 300
			default:
				x.GPU.Slices = map[string]int64{"1g.10gb": 1}
			}
			x.Constraints = nil
		}
	}
	return w.Snapshot
}

// TestPlanStaysSmall holds the promise that a plan of a large cluster is a file that one can mail: below 5 MB for 10,000
// pods of 200 kinds over the whole catalog in three zones.
func TestPlanStaysSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("packs 10,000 pods")
	}
	s := largeWorld(200, 10_000)
	if len(s.Offers) < 3500 {
		t.Fatalf("only %d offers: the world is not the one that the promise is about", len(s.Offers))
	}
	data := encode(t, decide(t, s))
	t.Logf("%d offers: %d bytes", len(s.Offers), len(data))
	if limit := 5_000_000; len(data) > limit {
		t.Errorf("the plan has %d bytes, at most %d are promised", len(data), limit)
	}
	if _, err := engine.Verify(data); err != nil {
		t.Errorf("Verify: %v", err)
	}
}
