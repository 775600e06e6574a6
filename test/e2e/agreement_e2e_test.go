//go:build e2e

package e2e

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

type micro = pricing.Micro

// trial is what both Karpenters are given.
type trial struct {
	pools, overlays []string // YAML
	daemons         []*appsv1.DaemonSet
	before          []*corev1.Pod // have nodes before the others come
	pods            []*corev1.Pod
	zoned           bool   // zones are not a matter of chance
	explained       string // why decisions may differ; "": they may not
}

// world is what the scheduler in process is given: the same objects, with the nodes and pods that run.
func (t trial) world(ctx context.Context) karpenter.World {
	w := karpenter.World{Catalog: market, Zones: Zones, Nodes: nodes(ctx), Pods: slices.Concat(pods(ctx), t.pods)}
	for _, text := range t.pools {
		p := &kube.NodePool{}
		Expect(yaml.Unmarshal([]byte(text), p)).To(Succeed())
		w.NodePools = append(w.NodePools, p)
	}
	for _, text := range t.overlays {
		o := &kube.NodeOverlay{}
		Expect(yaml.Unmarshal([]byte(text), o)).To(Succeed())
		w.NodeOverlays = append(w.NodeOverlays, o)
	}
	controls := true
	for _, d := range t.daemons {
		w.Daemons = append(w.Daemons, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name, OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "DaemonSet", Name: d.Name, Controller: &controls}}},
			Spec:       *d.Spec.Template.Spec.DeepCopy(),
		})
	}
	return w
}

// want is what the scheduler in process would make of it.
func want(w karpenter.World, r karpenter.Result) []Built {
	byName := map[string]*corev1.Pod{}
	for _, p := range w.Pods {
		byName[p.Namespace+"/"+p.Name] = p
	}
	var built []Built
	for _, n := range r.New {
		on := slices.Clone(w.Daemons)
		for _, name := range n.Pods {
			on = append(on, byName[name])
		}
		built = append(built, Built{Pool: n.Pool, InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType, Requests: requestsOf(on), PricePerHour: n.PricePerHour})
	}
	return built
}

// judge runs a trial in both and compares.
func judge(ctx context.Context, name string, t trial) Outcome {
	for _, text := range t.overlays {
		create(ctx, "NodeOverlay", text)
	}
	for _, text := range t.pools {
		create(ctx, "NodePool", text)
	}
	for _, d := range t.daemons {
		Expect(cluster.Client().Create(ctx, d.DeepCopy())).To(Succeed())
	}
	place(ctx, t.before, 0)
	old := map[string]bool{}
	for _, n := range nodes(ctx) {
		old[n.Name] = true
	}
	w := t.world(ctx)
	r, err := w.Schedule(ctx)
	Expect(err).NotTo(HaveOccurred())

	offset := logSize()
	place(ctx, t.pods, len(r.Unplaced))
	made := batches(offset)
	first := min(r.Batches, len(made))
	o := Outcome{
		Case: name, Pods: len(t.pods), Zoned: t.zoned, Want: want(w, r),
		Decided: decided(ctx, slices.Concat(made[:first]...)), Filled: filled(ctx, old),
	}
	o.Explanation = explain(o, len(made)-first, t.explained)
	if n := len(slices.DeleteFunc(pods(ctx), func(p *corev1.Pod) bool { return p.Spec.NodeName != "" || !ofDaemonSet(p) })); n > 0 {
		o.Explanation += fmt.Sprintf("; %d pods of DaemonSets find their node full", n)
	}
	outcomes = append(outcomes, o)
	_, differences := Compare(o.Want, o.Decided, o.Zoned)
	_, unfilled := Compare(o.Want, o.Filled, o.Zoned)
	AddReportEntry("as decided", strings.Join(differences, "\n"), ReportEntryVisibilityFailureOrVerbose)
	AddReportEntry("as filled", strings.Join(unfilled, "\n"), ReportEntryVisibilityFailureOrVerbose)
	if t.explained == "" {
		Expect(differences).To(BeEmpty(), "what Karpenter decides is what was computed in process")
	}
	return o
}

// explain says what is known of differences.
func explain(o Outcome, later int, known string) string {
	var parts []string
	if equal, differences := Compare(o.Want, o.Decided, o.Zoned); len(differences) > 0 {
		if known == "" {
			known = "NOT EXPLAINED"
		}
		parts = append(parts, fmt.Sprintf("%d of %d nodes decided otherwise: %s", len(o.Want)-equal, len(o.Want), known))
	}
	if equal, differences := Compare(o.Decided, o.Filled, o.Zoned); len(differences) > 0 {
		parts = append(parts, fmt.Sprintf("kube-scheduler fills %d of %d nodes otherwise than Karpenter meant", len(o.Filled)-equal, len(o.Filled)))
	}
	if more := len(o.Filled) - len(o.Decided); more > 0 {
		parts = append(parts, fmt.Sprintf("which costs %d more nodes in %d later batches", more, later))
	}
	return strings.Join(parts, "; ")
}

// mix is n pods of shapes that differ in CPU, so that no order of equals is left to chance; the same seed gives the same.
func mix(seed uint64, n int, more string) []*corev1.Pod {
	dice := rand.New(rand.NewPCG(seed, 0))
	var some []*corev1.Pod
	for i, shape := range []string{"cpu=150m,memory=900Mi", "cpu=300m,memory=400Mi", "cpu=700m,memory=3Gi", "cpu=1100m,memory=1Gi", "cpu=1900m,memory=7Gi", "cpu=2600m,memory=5Gi", "cpu=3700m,memory=20Gi", "cpu=5200m,memory=9Gi"} {
		share := n / 8
		if i < 7 {
			share = dice.IntN(2*n/8 + 1)
		}
		some = append(some, group(fmt.Sprintf("mix%d", i), share, shape, more)...)
	}
	return some
}

const onDemand = `{key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}`

// open is a NodePool of the CPU families.
func open(name, more string, requirements ...string) string {
	all := append([]string{onDemand, `{key: karpenter.k8s.aws/instance-family, operator: In, values: [c7i, m7i, r7i]}`}, requirements...)
	return pool(name, more, "", all...)
}

// pool is the YAML of a NodePool: more are further fields of its spec, template further fields of its template.
func pool(name, more, template string, requirements ...string) string {
	return fmt.Sprintf("metadata: {name: %s}\nspec: {%s template: {%s spec: {requirements: [%s]}}}", name, more, template, strings.Join(requirements, ", "))
}

func tainted(name, more string, requirements ...string) string {
	return fmt.Sprintf("metadata: {name: %s}\nspec: {%s template: {spec: {taints: [{key: team, value: %s, effect: NoSchedule}], requirements: [%s]}}}", name, more, name, strings.Join(requirements, ", "))
}

const (
	fourXLarge = `{key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["17"]}`
	noCards    = `{key: karpenter.k8s.aws/instance-gpu-count, operator: DoesNotExist}`
	cards      = `{key: karpenter.k8s.aws/instance-family, operator: In, values: [g6]}`
)

func spread(key, app string) string {
	return fmt.Sprintf("topologySpreadConstraints: [{maxSkew: 1, topologyKey: %s, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: %s}}}]", key, app)
}

func apart(app string) string {
	return fmt.Sprintf("affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: %s}}}]}}", app)
}

var _ = Describe("agreement", func() {
	DescribeTable("Karpenter decides what was computed in process", func(ctx context.Context, given func() trial) {
		judge(ctx, CurrentSpecReport().LeafNodeText, given())
	},
		Entry("pods of one size, any type", func() trial {
			return trial{pools: []string{open("open", "")}, pods: group("web", 60, "cpu=1700m,memory=3Gi", "")}
		}),
		Entry("a mix of 8 sizes, any type", func() trial {
			return trial{pools: []string{open("open", "")}, pods: mix(1, 120, "")}
		}),
		Entry("a mix, types of up to 16 CPUs", func() trial {
			return trial{pools: []string{open("capped", "", fourXLarge)}, pods: mix(2, 100, "")}
		}),
		Entry("a mix, types of up to 16 CPUs, another seed", func() trial {
			return trial{pools: []string{open("capped", "", fourXLarge)}, pods: mix(3, 100, "")}
		}),
		Entry("spot, whose price differs by zone", func() trial {
			return trial{zoned: true, pods: mix(4, 60, ""), pools: []string{
				pool("spot", "", "", `{key: karpenter.sh/capacity-type, operator: In, values: [spot, on-demand]}`, noCards, fourXLarge)}}
		}),
		Entry("two NodePools by weight", func() trial {
			return trial{pods: mix(5, 80, ""), pools: []string{
				open("small", "weight: 50,", `{key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["5"]}`), open("large", "weight: 10,", fourXLarge)}}
		}),
		Entry("taints, tolerations and selectors", func() trial {
			tolerates := "tolerations: [{key: team, value: batch, operator: Equal}]"
			return trial{
				pools: []string{tainted("batch", "weight: 90,", onDemand, noCards, fourXLarge), open("open", "", fourXLarge)},
				pods: slices.Concat(mix(6, 40, ""), group("batch", 20, "cpu=1500m,memory=2Gi", tolerates),
					group("bound", 12, "cpu=2200m,memory=2Gi", tolerates+"\nnodeSelector: {karpenter.sh/nodepool: batch}"),
					group("memory", 6, "cpu=900m,memory=11Gi", "nodeSelector: {karpenter.k8s.aws/instance-family: r7i}")),
			}
		}),
		Entry("pods bound to a zone", func() trial {
			return trial{zoned: true, pools: []string{open("open", "", fourXLarge)}, pods: slices.Concat(
				group("a", 15, "cpu=1300m,memory=2Gi", "nodeSelector: {topology.kubernetes.io/zone: z-a}"),
				group("c", 15, "cpu=1600m,memory=2Gi", "nodeSelector: {topology.kubernetes.io/zone: z-c}"))}
		}),
		Entry("spread over zones", func() trial {
			return trial{pools: []string{open("open", "", fourXLarge)}, pods: slices.Concat(
				group("front", 18, "cpu=1300m,memory=2Gi", spread("topology.kubernetes.io/zone", "front")))}
		}),
		Entry("hostnames apart", func() trial {
			return trial{pools: []string{open("open", "", fourXLarge)}, pods: slices.Concat(
				group("db", 5, "cpu=3300m,memory=12Gi", apart("db")), mix(7, 40, ""))}
		}),
		Entry("GPU pods beside CPU pods", func() trial {
			return trial{
				pools: []string{tainted("gpu", "", onDemand, cards), open("open", "", fourXLarge)},
				pods: slices.Concat(mix(8, 40, ""), group("one", 9, "cpu=3,memory=10Gi,nvidia.com/gpu=1", "tolerations: [{key: team, operator: Exists}]"),
					group("two", 3, "cpu=6,memory=20Gi,nvidia.com/gpu=2", "tolerations: [{key: team, operator: Exists}]")),
			}
		}),
		Entry("GPU pods, types of fewer than 8 GPUs", func() trial {
			return trial{
				pools: []string{pool("gpu", "", "", onDemand, cards, `{key: karpenter.k8s.aws/instance-gpu-count, operator: Lt, values: ["8"]}`)},
				pods:  slices.Concat(group("one", 9, "cpu=3,memory=10Gi,nvidia.com/gpu=1", ""), group("two", 3, "cpu=6,memory=20Gi,nvidia.com/gpu=2", "")),
			}
		}),
		Entry("MIG slices by NodeOverlay", func() trial {
			return trial{
				pools: []string{pool("mig", "", "metadata: {labels: {example.com/slices: 1g.10gb}},", onDemand, `{key: node.kubernetes.io/instance-type, operator: In, values: [p5.4xlarge]}`)},
				overlays: []string{`{metadata: {name: mig}, spec: {weight: 10, capacity: {nvidia.com/mig-1g.10gb: "7", nvidia.com/gpu: "0"},
					requirements: [{key: example.com/slices, operator: In, values: [1g.10gb]}, {key: node.kubernetes.io/instance-type, operator: In, values: [p5.4xlarge]}]}}`},
				pods: group("slice", 17, "cpu=1,memory=4Gi,nvidia.com/mig-1g.10gb=1", ""),
			}
		}),
		Entry("a limit that is reached", func() trial {
			return trial{pools: []string{open("open", "limits: {cpu: 40},", fourXLarge)}, pods: group("web", 40, "cpu=1700m,memory=3Gi", "")}
		}),
		Entry("DaemonSets", func() trial {
			return trial{pools: []string{open("open", "", fourXLarge)}, pods: mix(9, 80, ""),
				daemons: []*appsv1.DaemonSet{daemonSet("agent", "cpu=300m,memory=600Mi"), daemonSet("logs", "cpu=120m,memory=200Mi")}}
		}),
		Entry("recorded pods (Alibaba, 2023), CPU and GPU", func() trial {
			return trial{pools: []string{tainted("gpu", "", onDemand, cards), open("open", "")}, pods: recorded(150)}
		}),
		Entry("beside nodes that run", func() trial {
			// What comes is larger than any hole, or fits the only one.
			return trial{pools: []string{open("open", "", fourXLarge)}, before: group("old", 8, "cpu=3500m,memory=12Gi", ""),
				pods: slices.Concat(group("new", 12, "cpu=2700m,memory=4Gi", ""), group("tiny", 2, "cpu=50m,memory=64Mi", ""))}
		}),
	)
})

// recorded are the first n pods of Alibaba's list of 2023 that ask for whole cards or none. Pods that differ in cards
// only are told apart by a MiB, so that no order of equals is left to chance.
func recorded(n int) []*corev1.Pod {
	root := os.Getenv("TENON_TRACES")
	if root == "" {
		root = "../../../shared/traces"
	}
	file := filepath.Join(root, "alibaba-gpu-v2023", "openb_pod_list_default.csv")
	f, err := os.Open(file)
	if err != nil {
		Skip("no recording at " + file + ": get cluster-trace-gpu-v2023/csv of github.com/alibaba/clusterdata and set TENON_TRACES")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	Expect(err).NotTo(HaveOccurred())
	var some []*corev1.Pod
	for _, row := range rows[1:] {
		name, cpu, cards, share := row[0], row[1], row[3], row[4]
		memory, err := strconv.Atoi(row[2])
		Expect(err).NotTo(HaveOccurred())
		count, err := strconv.Atoi(cards)
		Expect(err).NotTo(HaveOccurred())
		if count > 0 && share != "1000" {
			continue
		}
		asks, tolerates := fmt.Sprintf("cpu=%sm,memory=%dMi", cpu, memory+count), ""
		if count > 0 {
			asks, tolerates = asks+",nvidia.com/gpu="+cards, "tolerations: [{key: team, operator: Exists}]"
		}
		if some = append(some, group(name, 1, asks, tolerates)...); len(some) == n {
			break
		}
	}
	return some
}
