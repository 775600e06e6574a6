package karpenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"

	"github.com/tenon-sh/tenon/controllers/kube"
)

func TestSchedule(t *testing.T) {
	onlyXlarge := "template: {spec: {requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m5.xlarge]}]}}"
	mig := `{requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [p5.4xlarge]}, {key: example.com/mig, operator: In, values: [1g]}], capacity: {nvidia.com/mig-1g.10gb: "7", nvidia.com/gpu: "0"}}`
	tests := map[string]struct {
		world World
		edit  func(*World)
		want  []string
	}{
		"the cheapest type that holds all pods is bought": {
			world: world(t, pods(t, "a", 3, "cpu=1,memory=2Gi", "")),
			want:  []string{"new open c6.xlarge z-a on-demand 0.17: a-0 a-1 a-2", "sum 0.17"},
		},
		"pods are placed by CPU, the largest first, and the rest on the open node with the fewest pods": {
			world: world(t, pods(t, "small", 2, "cpu=1,memory=1Gi", ""), pods(t, "large", 2, "cpu=3,memory=1Gi", "")),
			edit:  func(w *World) { w.NodePools = []*kube.NodePool{pool(t, "four", onlyXlarge)} },
			want:  []string{"new four m5.xlarge z-a on-demand 0.2: large-0 small-0", "new four m5.xlarge z-a on-demand 0.2: large-1 small-1", "sum 0.4"},
		},
		"the weightiest NodePool is taken": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodePools = append(w.NodePools, pool(t, "dear", "{weight: 10, "+onlyXlarge+"}"))
			},
			want: []string{"new dear m5.xlarge z-a on-demand 0.2: a-0", "sum 0.2"},
		},
		"a limit that is reached sends pods to the next NodePool, and then nowhere": {
			world: world(t, pods(t, "a", 3, "cpu=4,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "one", `{weight: 2, limits: {cpu: "4"}, `+onlyXlarge+"}"), pool(t, "two", `{limits: {memory: 16Gi}, `+onlyXlarge+"}")}
			},
			want: []string{"new one m5.xlarge z-a on-demand 0.2: a-*", "new two m5.xlarge z-a on-demand 0.2: a-*", "not a-*", "sum 0.4"},
		},
		"a limit that only the largest type would break is no limit in the next batch": {
			world: world(t, pods(t, "a", 3, "cpu=4,memory=1Gi", `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: a}}}]}}`)),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "tight", `{limits: {cpu: "12"}, template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [m5]}]}}}`)}
			},
			want: []string{"new tight m5.xlarge z-a on-demand 0.2: a-0", "new tight m5.xlarge z-a on-demand 0.2: a-1", "new tight m5.xlarge z-a on-demand 0.2: a-2", "sum 0.6"},
		},
		"a limit on nodes does not hold within one batch": {
			world: world(t, pods(t, "a", 2, "cpu=4,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "one", `{limits: {nodes: "1"}, `+onlyXlarge+"}")}
			},
			want: []string{"new one m5.xlarge z-a on-demand 0.2: a-0", "new one m5.xlarge z-a on-demand 0.2: a-1", "sum 0.4"},
		},
		"a tainted NodePool takes only those who tolerate it": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", ""), pods(t, "b", 1, "cpu=1,memory=1Gi", "tolerations: [{key: gpu, operator: Exists}]")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "tainted", `{template: {spec: {taints: [{key: gpu, value: "true", effect: NoSchedule}]}}}`)}
			},
			want: []string{"new tainted m5.large z-a on-demand 0.1: b-0", "not a-0", "sum 0.1"},
		},
		"a limit on the cards of a node changes the GPU bill": {
			world: world(t, pods(t, "a", 8, "cpu=1,memory=1Gi,nvidia.com/gpu=1", "")),
			want:  []string{"new open g6.48xlarge z-a on-demand 13.35: a-0 a-1 a-2 a-3 a-4 a-5 a-6 a-7", "sum 13.35"},
		},
		"one requirement saves half of it": {
			world: world(t, pods(t, "a", 2, "cpu=1,memory=1Gi,nvidia.com/gpu=1", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "few", `template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-gpu-count, operator: Lt, values: ["8"]}]}}`)}
			},
			want: []string{"new few g6.xlarge z-a on-demand 0.8: a-0", "new few g6.xlarge z-a on-demand 0.8: a-1", "sum 1.6"},
		},
		"a label that a type does not have is not taken as met": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", "nodeSelector: {karpenter.k8s.aws/instance-gpu-name: h100}")),
			want:  []string{"new open p5.4xlarge z-a on-demand 4: a-0", "sum 4"},
		},
		"an overlay makes MIG slices, and takes the whole cards away": {
			world: world(t, pods(t, "a", 7, "cpu=1,memory=1Gi,nvidia.com/mig-1g.10gb=1", ""), pods(t, "b", 1, "cpu=8,memory=100Gi,nvidia.com/gpu=1", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "mig", `template: {metadata: {labels: {example.com/mig: 1g}}, spec: {requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [p5.4xlarge]}]}}`)}
				w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "mig", mig)}
			},
			want: []string{"new mig p5.4xlarge z-a on-demand 4: a-0 a-1 a-2 a-3 a-4 a-5 a-6", "not b-0", "sum 4"},
		},
		"with the gate off an overlay does nothing": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi,nvidia.com/mig-1g.10gb=1", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "mig", `template: {metadata: {labels: {example.com/mig: 1g}}}`)}
				w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "mig", mig)}
				w.Options.OverlaysOff = true
			},
			want: []string{"not a-0", "sum 0"},
		},
		"an overlay shares one card by time": {
			world: world(t, pods(t, "a", 4, "cpu=1,memory=1Gi,nvidia.com/gpu=1", "")),
			edit: func(w *World) {
				w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "slices", `{requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [g6.xlarge]}], capacity: {nvidia.com/gpu: "4"}}`)}
			},
			want: []string{"new open g6.xlarge z-a on-demand 0.8: a-0 a-1 a-2 a-3", "sum 0.8"},
		},
		"the weightiest overlay sets the price, and the price decides what is bought": {
			world: world(t, pods(t, "a", 1, "cpu=3,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodeOverlays = []*kube.NodeOverlay{
					overlay(t, "half", `{weight: 2, priceAdjustment: "-50%", requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m5.2xlarge]}]}`),
					overlay(t, "plenty", `{weight: 1, price: "9", requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [m5, c6]}]}`),
				}
			},
			want: []string{"new open m5.2xlarge z-a on-demand 0.2: a-0", "sum 0.2"},
		},
		"spot is taken where the NodePool says so, though on-demand is as cheap": {
			world: world(t, pods(t, "a", 1, "cpu=3,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "spot", `template: {spec: {requirements: [{key: karpenter.sh/capacity-type, operator: In, values: [spot, on-demand]}]}}`)}
			},
			want: []string{"new spot c6.xlarge z-a spot 0.17: a-0", "sum 0.17"},
		},
		"a reservation is used as long as it lasts": {
			world: world(t, pods(t, "a", 2, "cpu=3,memory=1Gi", "")),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "four", onlyXlarge)}
				for i := range w.Catalog.Types {
					if x := &w.Catalog.Types[i]; x.Name == "m5.xlarge" {
						x.Offerings = append(x.Offerings, pricing.Offering{Zone: "z-a", CapacityType: pricing.Reserved, Count: 1, ReservationID: "cr-1"})
					}
				}
			},
			want: []string{"new four m5.xlarge z-a *: a-*", "new four m5.xlarge z-a *: a-*", "sum 0.2"},
		},
		"a DaemonSet takes its share of every node": {
			world: world(t, pods(t, "a", 1, "cpu=4,memory=1Gi", "")),
			edit:  func(w *World) { w.Daemons = pods(t, "daemon", 1, "cpu=100m,memory=1Gi", "") },
			want:  []string{"new open m5.2xlarge z-a on-demand 0.4: a-0", "sum 0.4"},
		},
		"an existing node is used first": {
			world: world(t, on("n1", pods(t, "old", 1, "cpu=1,memory=1Gi", "")), pods(t, "a", 2, "cpu=3,memory=1Gi", "")),
			edit:  func(w *World) { w.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open")} },
			want:  []string{"new open c6.xlarge z-a on-demand 0.17: a-*", "on n1: a-*", "sum 0.17"},
		},
		"a node that the world lacks runs nothing": {
			world: world(t, on("gone", pods(t, "old", 1, "cpu=1,memory=1Gi", ""))),
			want:  []string{"new open m5.large z-a on-demand 0.1: old-0", "sum 0.1"},
		},
		"anti-affinity by host takes a node for each": {
			world: world(t, pods(t, "a", 2, "cpu=1,memory=1Gi", `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: a}}}]}}`)),
			want:  []string{"new open m5.large z-a on-demand 0.1: a-0", "new open m5.large z-a on-demand 0.1: a-1", "sum 0.2"},
		},
		"a spread by zone takes a node in each": {
			world: world(t, pods(t, "a", 2, "cpu=1,memory=1Gi", `topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a}}}]`)),
			edit:  func(w *World) { w.Zones = []string{"z-b", "z-a"} },
			want:  []string{"new open m5.large z-a on-demand 0.1: a-*", "new open m5.large z-b on-demand 0.1: a-*", "sum 0.2"},
		},
		"a type without a price is never bought": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", "nodeSelector: {node.kubernetes.io/instance-type: x9.large}")),
			want:  []string{"not a-0", "sum 0"},
		},
		"pods that Karpenter refuses are reported": {
			world: world(t,
				pods(t, "bound", 1, "cpu=1,memory=1Gi", `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Gt}]}]}}}`),
				pods(t, "claim", 1, "cpu=1,memory=1Gi", `volumes: [{name: v, persistentVolumeClaim: {claimName: none}}]`),
				pods(t, "huge", 1, "cpu=1000,memory=1Gi", ""),
				pods(t, "label", 1, "cpu=1,memory=1Gi", `nodeSelector: {example.com/none: x}`),
				pods(t, "shy", 1, "cpu=1,memory=1Gi", `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: karpenter.sh/nodepool, operator: DoesNotExist}]}]}}}`),
				pods(t, "soft", 1, "cpu=1,memory=1Gi", `affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: cores, operator: Gt}]}}]}}`),
				pods(t, "spread", 1, "cpu=1,memory=1Gi", `topologySpreadConstraints: [{maxSkew: 1, topologyKey: example.com/none, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [app]}]`)),
			want: []string{"not bound-0", "not claim-0", "not huge-0", "not label-0", "not shy-0", "not soft-0", "not spread-0", "sum 0"},
		},
		"without a NodePool nothing is made": {
			world: world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", "")),
			edit:  func(w *World) { w.NodePools = []*kube.NodePool{pool(t, "static", "{replicas: 2, template: {}}")} },
			want:  []string{"not a-0", "sum 0"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.edit != nil {
				tc.edit(&tc.world)
			}
			r, err := tc.world.Schedule(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(r), cmp.Comparer(like)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s\n%v\n%v", diff, r.Unplaced, r.Notes)
			}
			for _, u := range r.Unplaced {
				if u.Reason == "" || strings.Contains(u.Reason, "placeholder") {
					t.Errorf("%s: reason %q", u.Pod, u.Reason)
				}
			}
		})
	}
}

// like compares with "*" in one of the two standing for anything: who of equals comes first is decided by a hash.
func like(a, b string) bool {
	if strings.Contains(b, "*") {
		a, b = b, a
	}
	parts := strings.Split(a, "*")
	if len(parts) == 1 {
		return a == b
	}
	if !strings.HasPrefix(b, parts[0]) {
		return false
	}
	for _, part := range parts {
		at := strings.Index(b, part)
		if at < 0 {
			return false
		}
		b = b[at+len(part):]
	}
	return true
}

// TestConflict: overlays of one weight that say different things of one type do not both apply, and a note says so.
func TestConflict(t *testing.T) {
	w := world(t, pods(t, "a", 1, "cpu=3,memory=1Gi", ""))
	spec := `{price: "0.01", requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m5.2xlarge]}]}`
	w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "a", spec), overlay(t, "b", spec)}
	r, err := w.Schedule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []planner.Note{{Severity: planner.Warning, Object: "NodeOverlay/a", Text: "Karpenter does not apply it: conflict with another overlay"}}
	if diff := cmp.Diff(want, r.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		edit func(*World)
		want string
	}{
		"a bound without a number names the requirement": {func(w *World) {
			w.NodePools = []*kube.NodePool{pool(t, "odd", `template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-cpu, operator: Gt, values: [many]}]}}`)}
		}, `NodePool "odd": requirement karpenter.k8s.aws/instance-cpu Gt [many]: key karpenter.k8s.aws/instance-cpu with operator Gt must have a single positive integer value`},
		"a label that Karpenter keeps for itself": {func(w *World) {
			w.NodePools = []*kube.NodePool{pool(t, "odd", `template: {metadata: {labels: {karpenter.sh/nodepool: x}}}`)}
		}, `NodePool "odd": `},
		"a price that is none": {func(w *World) { w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "odd", `price: "1e308"`)} },
			`NodeOverlay "odd": price "1e308" is no price`},
		"CPU in an overlay": {func(w *World) { w.NodeOverlays = []*kube.NodeOverlay{overlay(t, "odd", `capacity: {cpu: "1"}`)} },
			`NodeOverlay "odd": invalid capacity: cpu in resource, restricted`},
		"two pods of one name": {func(w *World) { w.Pods = append(w.Pods, w.Pods...) }, `Pod "ns/a-0": a name that is empty or given twice`},
		"no zone":              {func(w *World) { w.Zones = nil }, "World.Zones is empty"},
		"no catalogue":         {func(w *World) { w.Catalog = pricing.Catalog{} }, "the catalog has no instance type"},
		"too many pods":        {func(w *World) { w.Pods = pods(t, "a", 2, "cpu=1", ""); w.Options.PodsMost = 1 }, "2 pods, more than 1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := world(t, pods(t, "a", 1, "cpu=1,memory=1Gi", ""))
			tc.edit(&w)
			_, err := w.Schedule(context.Background())
			if !errors.Is(err, ErrWorld) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want ErrWorld with %q", err, tc.want)
			}
		})
	}
	t.Run("a context that has ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := world(t, pods(t, "a", 1, "cpu=1", "")).Schedule(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// Where nothing is bound to zones, the same input in any order gives the same bytes, on one core and on two. Where pods
// are, Karpenter itself leaves zones to chance: the bill must then stay within two per cent, and the same pods find a place.
func TestDeterminism(t *testing.T) {
	for _, zonal := range []bool{false, true} {
		w, dice := zoned(t, zonal)
		first, cost, left := decided(t, w)
		for i := range 6 {
			old := runtime.GOMAXPROCS(1 + i%2)
			other := w
			other.Pods = slices.Clone(w.Pods)
			dice.Shuffle(len(other.Pods), func(a, b int) { other.Pods[a], other.Pods[b] = other.Pods[b], other.Pods[a] })
			got, again, unplaced := decided(t, other)
			runtime.GOMAXPROCS(old)
			if !zonal && !bytes.Equal(first, got) {
				t.Fatalf("run %d differs:\n%s", i, cmp.Diff(string(first), string(got)))
			}
			if difference := max(again-cost, cost-again); difference*50 > cost || left != unplaced {
				t.Fatalf("run %d costs %v and leaves %d pods, the first %v and %d", i, again, unplaced, cost, left)
			}
		}
	}
}

// decided is what Karpenter makes of a world, as text, with its cost and the pods without a place.
func decided(t *testing.T, w World) (text []byte, cost pricing.Micro, left int) {
	t.Helper()
	r, err := w.Schedule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	removals, err := w.WhatIf(context.Background(), []string{"n1"}, []string{"n2"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.MarshalIndent([]any{r, removals}, "", " "); err != nil {
		t.Fatal(err)
	}
	return text, r.PricePerHour, len(r.Unplaced)
}

// zoned is a world of thirty workloads; zonal ones are spread over zones, or kept together in one.
func zoned(t *testing.T, zonal bool) (World, *rand.Rand) {
	t.Helper()
	spread := `topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: NAME}}}]`
	twice := `topologySpreadConstraints: [{maxSkew: 2, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}, {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: NAME}}}]`
	together := `affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app: NAME}}}]}}`
	apart := `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: NAME}}}]}}`
	soft := `affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [z-c]}]}}]}}`
	dice := rand.New(rand.NewPCG(1, 2))
	var all []*corev1.Pod
	for i := range 30 {
		name := fmt.Sprintf("w%d", i)
		more := strings.ReplaceAll([]string{spread, twice, together, apart, soft, ""}[i%6], "NAME", name)
		if !zonal && strings.Contains(more, corev1.LabelTopologyZone) {
			more = ""
		}
		all = append(all, pods(t, name, 1+dice.IntN(9), fmt.Sprintf("cpu=%dm,memory=%dMi", 100+dice.IntN(2000), 100+dice.IntN(5000)), more)...)
	}
	if !zonal {
		spread = ""
	}
	all = append(all, pods(t, "stuck", 2, "cpu=1", strings.ReplaceAll(spread, "NAME", "stuck")+"\nnodeSelector: {topology.kubernetes.io/zone: z-q}")...)
	all = append(all, pods(t, "apart", 2, "cpu=100", strings.ReplaceAll(apart, "NAME", "apart"))...)
	w := world(t, all, on("n1", pods(t, "old", 2, "cpu=1", "")), on("n2", pods(t, "old2", 2, "cpu=1", strings.ReplaceAll(spread, "NAME", "old2"))))
	w.Zones, w.Nodes = []string{"z-a", "z-b", "z-c"}, []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n2", "m5.xlarge", "open")}
	w.Daemons = pods(t, "agent", 1, "cpu=50m", `nodeSelector: {karpenter.k8s.aws/instance-family: m5}`)
	return w, dice
}

// TestRescue: whatever Karpenter's code throws comes back as an error.
func TestRescue(t *testing.T) {
	thrower := pods(t, "a", 1, "cpu=1", "")
	w := world(t, thrower)
	c, err := w.build(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.types["open"][0].Offerings[0] = nil
	err = func() (err error) {
		defer rescue(&err)
		_, err = c.solve(c.pending, nil)
		return err
	}()
	if !errors.Is(err, ErrKarpenter) || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("got %v", err)
	}
}

func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "sigs.k8s.io/karpenter "+Version+"\n") {
		t.Errorf("go.mod does not require Karpenter %s", Version)
	}
}

// TestThroughput: a thousand pods of ten sizes over the embedded catalogue take about a second, not a minute.
func TestThroughput(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of work")
	}
	w := thousand(t)
	begun := time.Now()
	r, err := w.Schedule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pods on %d nodes at %s/h in %s", len(w.Pods), len(r.New), r.PricePerHour, time.Since(begun).Round(time.Millisecond))
	if len(r.Unplaced) > 0 || time.Since(begun) > 30*time.Second {
		t.Errorf("%d unplaced, %s", len(r.Unplaced), time.Since(begun))
	}
}

// TestFewerCards: one requirement on the cards of a node takes a quarter off the GPU bill, as facts about Karpenter say
// (there a third, of other pods): it fills the type with most cards, whose price for a card is the highest.
func TestFewerCards(t *testing.T) {
	open, few := mixed(t, 200, 2), mixed(t, 200, 2)
	few.NodePools[1].Spec.Template.Spec.Requirements = append(few.NodePools[1].Spec.Template.Spec.Requirements,
		kube.Requirement{Key: "karpenter.k8s.aws/instance-gpu-count", Operator: "Lt", Values: []string{"8"}})
	var bills []pricing.Micro
	for _, w := range []World{open, few} {
		r, err := w.Schedule(context.Background())
		if err != nil || len(r.Unplaced) > 0 {
			t.Fatal(err, r.Unplaced)
		}
		bills = append(bills, r.PricePerHour)
	}
	if bills[1]*4 > bills[0]*3 {
		t.Errorf("%s/h against %s/h", bills[1], bills[0])
	}
}

func thousand(t testing.TB) World {
	w := World{Catalog: pricing.Embedded(), Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}}
	w.NodePools = []*kube.NodePool{pool(t, "general", `template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [amd64]}, {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}, {key: karpenter.k8s.aws/instance-generation, operator: Gt, values: ["4"]}, {key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["97"]}]}}`)}
	for i := range 10 {
		cpu, memory := resource.NewMilliQuantity(int64(250*(i+1)), resource.DecimalSI), resource.NewQuantity(int64(512*(1+i*3%7))*mebibyte, resource.BinarySI)
		w.Pods = append(w.Pods, pods(t, string(rune('a'+i)), 100, "cpu="+cpu.String()+",memory="+memory.String(), "")...)
	}
	return w
}
