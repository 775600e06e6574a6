package proposal

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/controllers/collect"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

var update = flag.Bool("update", false, "write golden files anew")

// shop is a catalogue whose sums can be done in the head.
func shop() pricing.Catalog {
	machine := func(name string, cpu, memoryGiB int64, price pricing.Micro) pricing.InstanceType {
		family, size, _ := strings.Cut(name, ".")
		return pricing.InstanceType{
			Name: name, Family: family, Size: size, Category: name[:1], Arch: "amd64", OS: []string{"linux"},
			Generation: 5, CPUManufacturer: "intel", Hypervisor: "nitro", VCPU: cpu, MemoryMiB: memoryGiB * 1024,
			Allocatable: pricing.Capacity{CPUMilli: cpu * 1000, MemoryMiB: memoryGiB * 1024, EphemeralMiB: 17_408, Pods: 29},
			Offerings:   []pricing.Offering{{CapacityType: pricing.OnDemand, PriceMicro: price}, {CapacityType: pricing.Spot, PriceMicro: price / 2}},
		}
	}
	gpu := machine("p5.4xlarge", 16, 256, 4_000_000)
	gpu.GPU = pricing.GPU{Manufacturer: "nvidia", Name: "h100", Count: 1, MemoryMiB: 81_920}
	gpu.Allocatable.Extended = map[string]int64{gpuName: 1}
	return pricing.Catalog{Name: "shop", Currency: "USD", Region: "z-", Date: "2026-11-24", Types: []pricing.InstanceType{
		machine("m5.2xlarge", 8, 32, 400_000), machine("m5.large", 2, 8, 100_000), machine("m5.xlarge", 4, 16, 200_000), gpu,
	}}
}

func read(t testing.TB, paths ...string) *kube.Objects {
	t.Helper()
	o, err := collect.Read(paths, collect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// input is testdata/cluster.yaml with a design: web on a large node of its own, db on a smaller, the job on slices.
func input(t testing.TB) Input {
	t.Helper()
	objects := read(t, "testdata/cluster.yaml")
	cat := shop()
	s, err := kube.Snapshot(objects, cat, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now, built := pricing.Micro(4_400_000), pricing.Micro(4_300_000)
	return Input{
		Plan: planner.Plan{
			Source: "testdata/cluster.yaml", InputDigest: "sha256:in", Digest: "sha256:plan",
			Catalog: planner.CatalogRef{Name: "shop", Region: "z-", Currency: "USD", Date: "2026-11-24", Digest: "sha256:cat"},
			Cost:    planner.Cost{Currency: "USD", NowPerHour: &now, PlannedPerHour: 4_250_000, LowerBoundPerHour: 4_200_000},
		},
		Document: []byte("{}\n"), BuiltAt: &built, Snapshot: &s, Objects: objects, Catalog: cat, Version: "test", Command: "tenon propose -f cluster.yaml",
		Built: planner.Built{Version: "v1.15.0", Nodes: 4, Pools: []planner.Pool{
			{
				Name: "general-m5", Base: "general", InstanceTypes: []string{"m5.large", "m5.2xlarge"}, Zones: []string{"z-a"}, CapacityTypes: []string{"on-demand"},
				Weight: 50, Steered: true, Nodes: 2, PricePerHour: 100_000,
				Works: []planner.PoolWork{{Workload: "shop/Deployment/web", Requests: &planner.Resources{CPUMilli: 1050, MemoryMiB: 3072, Pods: 1}}},
			},
			{
				Name: "general-db", Base: "general", InstanceTypes: []string{"m5.large"}, Zones: []string{"z-a"}, CapacityTypes: []string{"on-demand"},
				Weight: 40, Steered: true, Nodes: 1, PricePerHour: 100_000,
				Works: []planner.PoolWork{{Workload: "shop/StatefulSet/db"}, {Workload: "shop/Pod/tool"}},
			},
			{
				Name: "gpu-slices", Base: "gpu", InstanceTypes: []string{"p5.4xlarge"}, CapacityTypes: []string{"on-demand"},
				Weight: 60, Steered: true, Nodes: 1, PricePerHour: 4_000_000, Slices: map[string]int64{"1g.10gb": 1, "3g.40gb": 1},
				Layouts: [][]planner.PlanMIG{{{Profile: "3g.40gb", Start: 4, Size: 4}, {Profile: "1g.10gb", Start: 0, Size: 1}}},
				Works:   []planner.PoolWork{{Workload: "ml/Job/train"}},
			},
			{
				Name: "gpu-shared", Base: "gpu", InstanceTypes: []string{"p5.4xlarge"}, CapacityTypes: []string{"on-demand"},
				Weight: 30, Replicas: 4, Nodes: 0, Works: []planner.PoolWork{{Workload: "ml/Deployment/infer"}},
			},
		}},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test -update and read the diff", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// folder is all files as one text.
func folder(p Proposal) string {
	var b strings.Builder
	for _, f := range p.Files {
		b.WriteString("===== " + f.Path + "\n" + string(f.Data))
	}
	return b.String()
}

func mustMake(t testing.TB, in Input) Proposal {
	t.Helper()
	p, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
