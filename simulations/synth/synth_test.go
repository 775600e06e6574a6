package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// testCatalog is a small price list with made-up figures: the golden digests must not move with the embedded catalog.
func testCatalog() pricing.Catalog {
	machine := func(name, arch string, vcpu int64, card pricing.GPU) pricing.InstanceType {
		return pricing.InstanceType{
			Name: name, Arch: arch, OS: []string{"linux"}, VCPU: vcpu, MemoryMiB: vcpu * 4096, GPU: card,
			Allocatable: pricing.Capacity{CPUMilli: vcpu*1000 - 100, MemoryMiB: vcpu*4096 - 1000, Pods: 110},
			Offerings:   []pricing.Offering{{CapacityType: pricing.OnDemand, PriceMicro: pricing.Micro(vcpu) * pricing.Unit / 20}},
		}
	}
	nvidia := func(name string, count, memoryMiB int64) pricing.GPU {
		return pricing.GPU{Manufacturer: "nvidia", Name: name, Count: count, MemoryMiB: memoryMiB}
	}
	return pricing.Catalog{Name: "test", Currency: "USD", Region: "r-1", Types: []pricing.InstanceType{
		machine("a1", "arm64", 32, pricing.GPU{}),
		machine("c1", "amd64", 4, pricing.GPU{}),
		machine("c2", "amd64", 64, pricing.GPU{}),
		machine("g1", "amd64", 192, nvidia("t4", 8, 16384)),
		machine("p1", "amd64", 96, nvidia("a100", 8, 40960)),
		machine("p2", "amd64", 192, nvidia("h100", 8, 81920)),
	}}
}

// render prints what a solver sees of a cluster, by our own words: a new field of planner.Snapshot is no new cluster.
func render(snap planner.Snapshot) string {
	var b strings.Builder
	for _, o := range snap.Offers {
		fmt.Fprintln(&b, o.InstanceType, o.Zone, o.CapacityType, o.Arch, o.PriceMicro, o.Cards.Model, o.Cards.Count)
	}
	for _, w := range snap.Workloads {
		fmt.Fprintln(&b, w.Ref, w.Replicas, w.Requests.CPUMilli, w.Requests.MemoryMiB, w.GPU.Whole, w.GPU.Slices, w.HostMax)
		for _, c := range w.Constraints {
			fmt.Fprintln(&b, c.Kind, c.Text, c.Offers.Members())
		}
	}
	for _, r := range snap.Rules {
		fmt.Fprintln(&b, r.Kind, r.Members, r.Max, r.Zones, r.Text)
	}
	return b.String()
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:16]
}

// A change here changes every benchmark: say so, and why, where it is committed.
func TestASeedGivesTheSameBytes(t *testing.T) {
	for name, tc := range map[string]struct {
		opts Options
		want string
	}{
		"the default":    {Options{}, "78ebf970cc45c0df"},
		"another seed":   {Options{Seed: 11}, "2826b96b94ad3965"},
		"many shapes":    {Options{Seed: 1, Pods: 10_000, Shapes: 200}, "e5bd777a32191f85"},
		"a third GPUs":   {Options{Seed: 1, GPUPercent: 33}, "3512c9d6e2f95f0b"},
		"without GPUs":   {Options{Seed: 1, GPUPercent: -1}, "33827b8854a1f27b"},
		"in other zones": {Options{Zones: []string{"z2", "z1"}}, "3ca6197259dad125"},
	} {
		t.Run(name, func(t *testing.T) {
			first := Snapshot(tc.opts, testCatalog())
			if diff := cmp.Diff(asJSON(t, first), asJSON(t, Snapshot(tc.opts, testCatalog()))); diff != "" {
				t.Errorf("two runs differ (-first +again):\n%s", diff)
			}
			if got := digestOf(render(first)); got != tc.want {
				t.Errorf("got digest %s, want %s", got, tc.want)
			}
		})
	}
}

func asJSON(t *testing.T, snap planner.Snapshot) string {
	t.Helper()
	data, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheDigestNamesWhatTheClusterWasMadeFrom(t *testing.T) {
	base := Snapshot(Options{}, testCatalog()).Digest
	if Snapshot(Options{Pods: 1000, Shapes: 50, GPUPercent: 10}, testCatalog()).Digest != base {
		t.Error("options that are spelt out name another cluster than the defaults")
	}
	cat := testCatalog()
	cat.Types = cat.Types[1:]
	for name, other := range map[string]string{
		"seed": Snapshot(Options{Seed: 1}, testCatalog()).Digest, "catalog": Snapshot(Options{}, cat).Digest,
	} {
		if other == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
}

// properties of a cluster that must hold whatever the seed: the sums are exact, each shape is a new one and fits a
// machine, and the shares are those that the package's doc promises.
func checkCluster(t *testing.T, snap planner.Snapshot, opts Options) {
	t.Helper()
	var pods, gpuPods int64
	counts, shapes := map[string]int{}, map[string]bool{}
	for i, w := range snap.Workloads {
		pods += w.Replicas
		if w.Replicas < 1 {
			t.Errorf("%s has %d pods", w.Ref, w.Replicas)
		}
		if i > 0 && w.Ref.String() <= snap.Workloads[i-1].Ref.String() {
			t.Errorf("%s is out of order", w.Ref)
		}
		if !w.GPU.Zero() {
			counts["gpu"]++
			gpuPods += w.Replicas
		}
		if len(w.GPU.Slices) > 0 {
			counts["mig"]++
		}
		if w.HostMax == 1 {
			counts["alone"]++
		}
		if slices.ContainsFunc(w.Constraints, func(c planner.Constraint) bool { return c.Kind == "nodeSelector" }) {
			counts["pinned"]++
		}
		shapes[fmt.Sprint(w.Requests, w.GPU, texts(w.Constraints), w.HostMax, isSpread(snap, i))] = true
		if !hasMachine(snap, w) {
			t.Errorf("%s fits no machine: %+v %+v %v", w.Ref, w.Requests, w.GPU, texts(w.Constraints))
		}
	}
	got := []any{len(snap.Workloads), pods, len(shapes), counts["gpu"], counts["pinned"], len(snap.Rules)}
	n := opts.Shapes
	want := []any{n, int64(opts.Pods), n, share(n, max(opts.GPUPercent, 0)), share(n, 10), share(n, 10)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shapes, pods, distinct shapes, with GPUs, pinned, spread (-want +got):\n%s", diff)
	}
	if opts.GPUPercent > 0 && (counts["mig"] == 0 || gpuPods != int64(share(opts.Pods, opts.GPUPercent))) {
		t.Errorf("got %d MIG shapes and %d pods with GPUs, want some and %d", counts["mig"], gpuPods, share(opts.Pods, opts.GPUPercent))
	}
	if counts["alone"] == 0 {
		t.Error("no shape is alone on its nodes")
	}
}

func isSpread(snap planner.Snapshot, i int) bool {
	return slices.ContainsFunc(snap.Rules, func(r planner.Rule) bool { return r.Members[0] == i })
}

// hasMachine tells whether an offer that the workload allows holds one pod, by the rules that the solver has.
func hasMachine(snap planner.Snapshot, w planner.Workload) bool {
	menu := newMenu(snap.Offers)
	for _, i := range fleet.Allowed(snap.Offers, w.Constraints).Members() {
		o := snap.Offers[i]
		fits := o.Allocatable.CPUMilli-o.Overhead.CPUMilli >= w.Requests.CPUMilli &&
			o.Allocatable.MemoryMiB-o.Overhead.MemoryMiB >= w.Requests.MemoryMiB && o.Cards.Count >= w.GPU.Whole
		for profile := range w.GPU.Slices {
			fits = fits && slices.Contains(menu.having[profile], o.Cards.Model)
		}
		if fits {
			return true
		}
	}
	return false
}

func TestClustersAreWhatTheyPromise(t *testing.T) {
	for name, opts := range map[string]Options{
		"1k pods in 50 shapes":   {Pods: 1_000, Shapes: 50, GPUPercent: 10},
		"1k pods in 200 shapes":  {Pods: 1_000, Shapes: 200, GPUPercent: 10},
		"10k pods in 50 shapes":  {Pods: 10_000, Shapes: 50, GPUPercent: 10},
		"10k pods in 200 shapes": {Pods: 10_000, Shapes: 200, GPUPercent: 10},
		"half of them with GPUs": {Pods: 1_000, Shapes: 50, GPUPercent: 50},
		"none with GPUs":         {Pods: 1_000, Shapes: 50, GPUPercent: -1},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				opts.Seed = seed
				checkCluster(t, Snapshot(opts, pricing.Default()), opts)
			}
		})
	}
}

func TestCPUPodsStayOffGPUNodes(t *testing.T) {
	snap := Snapshot(Options{}, testCatalog())
	for _, w := range snap.Workloads {
		for _, i := range fleet.Allowed(snap.Offers, w.Constraints).Members() {
			if w.GPU.Zero() && snap.Offers[i].Cards.Count > 0 {
				t.Fatalf("%s may run on %s, which is tainted", w.Ref, snap.Offers[i].InstanceType)
			}
		}
	}
	if got := snap.Offers[0].Overhead; got.CPUMilli != 250 || got.MemoryMiB != 450 || got.Pods != 5 {
		t.Errorf("got DaemonSets of %+v, want 250m, 450 MiB, 5 pods", got)
	}
}

func TestSpotIsForThoseThatTolerateIt(t *testing.T) {
	cat := testCatalog()
	cat.Types[1].Offerings = append(cat.Types[1].Offerings, pricing.Offering{CapacityType: pricing.Spot, PriceMicro: 1000})
	snap := Snapshot(Options{Pods: 1000, Shapes: 200}, cat)
	bound := 0
	for _, w := range snap.Workloads {
		if slices.ContainsFunc(w.Constraints, func(c planner.Constraint) bool { return c.Kind == "capacityType" }) {
			bound++
		}
	}
	if bound < 90 || bound > 130 { // 55 % of 200, give or take 2.5 standard deviations
		t.Errorf("got %d of 200 shapes that must be on demand, want about 110", bound)
	}
}

func TestOptionsAreBroughtWithinBounds(t *testing.T) {
	for name, tc := range map[string]struct{ opts, want Options }{
		"zero":                         {Options{}, Options{Pods: 1000, Shapes: 50, GPUPercent: 10, Zones: []string{"r-1a", "r-1b", "r-1c"}}},
		"no more shapes than pods":     {Options{Pods: 3, Zones: []string{"b", "a", "b"}}, Options{Pods: 3, Shapes: 3, GPUPercent: 10, Zones: []string{"a", "b"}}},
		"too many of everything":       {Options{Pods: 1 << 40, Shapes: 1 << 40, GPUPercent: 1000, Zones: []string{"a"}}, Options{Pods: PodsMax, Shapes: ShapesMax, GPUPercent: 100, Zones: []string{"a"}}},
		"negative is none, or nothing": {Options{Pods: -1, Shapes: -1, GPUPercent: -7, Zones: []string{"a"}}, Options{Pods: 1000, Shapes: 50, GPUPercent: -1, Zones: []string{"a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.opts.WithDefaults(testCatalog())); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

// A catalog without GPUs, without anything, or a cluster of a few pods: still a cluster, and the sums still hold.
func TestSmallWorlds(t *testing.T) {
	cpuOnly := testCatalog()
	cpuOnly.Types = cpuOnly.Types[:3]
	for name, tc := range map[string]struct {
		opts Options
		cat  pricing.Catalog
	}{
		"no GPU is sold":  {Options{}, cpuOnly},
		"nothing is sold": {Options{Shapes: 5}, pricing.Catalog{}},
		"one pod":         {Options{Pods: 1}, testCatalog()},
		"GPUs only":       {Options{Pods: 20, Shapes: 20, GPUPercent: 100}, testCatalog()},
		"one pod a shape": {Options{Pods: 40, Shapes: 40}, testCatalog()},
	} {
		t.Run(name, func(t *testing.T) {
			snap := Snapshot(tc.opts, tc.cat)
			var pods int64
			for _, w := range snap.Workloads {
				pods += w.Replicas
			}
			if want := tc.opts.WithDefaults(tc.cat); pods != int64(want.Pods) || len(snap.Workloads) != want.Shapes {
				t.Errorf("got %d pods in %d shapes, want %d in %d", pods, len(snap.Workloads), want.Pods, want.Shapes)
			}
		})
	}
}

func TestZipf(t *testing.T) {
	for name, tc := range map[string]struct {
		total, n int
		want     []int64
	}{
		"falls as one over the rank": {603, 3, []int64{329, 164, 110}},
		"one each":                   {3, 3, []int64{1, 1, 1}},
		"what is left goes first":    {5, 3, []int64{3, 1, 1}},
		"none":                       {0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, zipf(tc.total, tc.n)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}
