package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// shop is a small catalog: two sizes of one amd64 family, one arm64 type, one with spot prices and a reservation, three
// with GPUs, and one without a price. Prices are round so that sums can be checked by eye.
func shop() pricing.Catalog {
	machine := func(name, arch string, cpu, memoryGiB int64, offerings ...pricing.Offering) pricing.InstanceType {
		family, size, _ := strings.Cut(name, ".")
		return pricing.InstanceType{
			Name: name, Family: family, Size: size, Category: name[:1], Arch: arch, OS: []string{"linux"},
			Generation: int64(name[1] - '0'), CPUManufacturer: "intel", Hypervisor: "nitro",
			VCPU: cpu, MemoryMiB: memoryGiB * 1024,
			Allocatable: pricing.Capacity{CPUMilli: cpu*1000 - 100, MemoryMiB: memoryGiB*1024 - 1024, EphemeralMiB: 17_408, Pods: 29},
			Offerings:   offerings,
		}
	}
	onDemand := func(price pricing.Micro) pricing.Offering {
		return pricing.Offering{CapacityType: pricing.OnDemand, PriceMicro: price}
	}
	withGPU := func(t pricing.InstanceType, name string, count, memory int64) pricing.InstanceType {
		t.GPU = pricing.GPU{Manufacturer: "nvidia", Name: name, Count: count, MemoryMiB: memory}
		if count > 0 {
			t.Allocatable.Extended = map[string]int64{gpuResource: count}
		}
		return t
	}
	types := []pricing.InstanceType{
		machine("m5.large", "amd64", 2, 8, onDemand(100_000)),
		machine("m5.xlarge", "amd64", 4, 16, onDemand(200_000)),
		machine("m6g.large", "arm64", 2, 8, onDemand(80_000)),
		machine("c6i.xlarge", "amd64", 4, 8, onDemand(170_000),
			pricing.Offering{CapacityType: pricing.Spot, PriceMicro: 60_000},
			pricing.Offering{CapacityType: pricing.Reserved, Zone: "z-a", Count: 2, ReservationID: "cr-1"}),
		machine("x9.large", "amd64", 2, 8),
		withGPU(machine("g5.xlarge", "amd64", 4, 16, onDemand(1_000_000)), "a10g", 1, 24_576),
		withGPU(machine("p4d.24xlarge", "amd64", 96, 1152, onDemand(20_000_000)), "a100", 8, 40_960),
		withGPU(machine("p5.4xlarge", "amd64", 16, 256, onDemand(4_000_000)), "h100", 1, 81_920),
	}
	slices.SortFunc(types, func(a, b pricing.InstanceType) int { return strings.Compare(a.Name, b.Name) })
	return pricing.Catalog{Name: "shop", Currency: "USD", Region: "z-", Date: "2026-11-24", Types: types}
}

// parse reads YAML documents into Objects. It is a small stand-in for controllers/collect, which may not be imported
// from further in.
func parse(t testing.TB, text string) *Objects {
	t.Helper()
	o := &Objects{Source: "test", Digest: "sha256:0"}
	for _, document := range strings.Split(text, "\n---\n") {
		var head struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if head.Kind == "" {
			continue
		}
		object := kindOfTest(head.Kind)
		if object == nil {
			t.Fatalf("unknown kind %q", head.Kind)
		}
		if err := yaml.Unmarshal([]byte(document), object); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if pod, isPod := object.(*corev1.Pod); isPod {
			reduced, err := ReducePod(pod)
			if err != nil {
				t.Fatal(err)
			}
			object = reduced
		}
		if !o.Add(object) {
			t.Fatalf("Add refuses %T", object)
		}
	}
	return o
}

// kindOfTest makes an empty object of a kind; nil: unknown.
func kindOfTest(kind string) any {
	return map[string]any{
		"Pod": new(corev1.Pod), "Node": new(corev1.Node), "Namespace": new(corev1.Namespace),
		"PersistentVolume": new(corev1.PersistentVolume), "PersistentVolumeClaim": new(corev1.PersistentVolumeClaim),
		"Deployment": new(appsv1.Deployment), "ReplicaSet": new(appsv1.ReplicaSet), "StatefulSet": new(appsv1.StatefulSet),
		"DaemonSet": new(appsv1.DaemonSet), "Job": new(batchv1.Job), "CronJob": new(batchv1.CronJob),
		"PodDisruptionBudget": new(policyv1.PodDisruptionBudget), "StorageClass": new(storagev1.StorageClass),
		"PriorityClass": new(schedulingv1.PriorityClass), "RuntimeClass": new(nodev1.RuntimeClass),
		"NodePool": new(NodePool), "NodeOverlay": new(NodeOverlay),
		"HorizontalPodAutoscaler": new(Autoscaler), "LimitRange": new(corev1.LimitRange), "ResourceQuota": new(corev1.ResourceQuota),
	}[kind]
}

// snap translates YAML documents with the shop's catalog at noon.
func snap(t testing.TB, text string) planner.Snapshot {
	t.Helper()
	s, err := Snapshot(parse(t, text), shop(), Options{At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines prints a snapshot as sentences that tests look for, one fact a line:
//
//	pods shop/Deployment/web#0 3 × 500m 1024Mi
//	allow shop/Deployment/web#0 types [m5.large] zones [z-a] terms [on-demand] nodes [n1]
//	limit shop/Deployment/web#0 arch | kubernetes.io/arch: amd64 | types [m5.large]
//	rule host-conflict [shop/Deployment/web#0] [shop/Deployment/db#0] 0
//	node n1 m5.large z-a held …
func lines(s planner.Snapshot) []string {
	var out []string
	say := func(format string, args ...any) {
		out = append(out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
	name := func(i int) string { return fmt.Sprintf("%s#%d", s.Workloads[i].Ref, s.Workloads[i].Shape) }
	for i, w := range s.Workloads {
		say("pods %s %d × %s%s", name(i), w.Replicas, resources(w.Requests), gpus(w.GPU))
		allowed := planner.NewSet(len(s.Offers))
		for _, c := range w.Constraints {
			allowed = allowed.And(c.Offers)
			say("limit %s %s | %s | %s", name(i), c.Kind, c.Text, offersText(s, c.Offers))
		}
		say("allow %s %s", name(i), offersText(s, allowed))
		if w.HostMax > 0 {
			say("hostmax %s %d", name(i), w.HostMax)
		}
		if w.Priority != 0 {
			say("priority %s %d", name(i), w.Priority)
		}
		say("qos %s %s", name(i), w.QoS)
		for _, l := range w.Today {
			say("today %s %s %d", name(i), l.Node, l.Pods)
		}
		for _, text := range w.Soft {
			say("soft %s %s", name(i), text)
		}
	}
	for _, r := range s.Rules {
		say("rule %s %s %s %d %v %v", r.Kind, namesOf(r.Members, name), namesOf(r.Others, name), r.Max, r.Zones, r.Base)
	}
	for _, l := range s.Limits {
		say("cap %s %s %d", l.Pool, l.Resource, l.Max)
	}
	for _, n := range s.Nodes {
		say("node %s priced=%v %s held=%v %s", n.Name, n.Priced, n.PriceMicro, n.Held, n.Reason)
	}
	seen := map[string]bool{}
	for _, o := range s.Offers {
		what := "new " + strings.Join([]string{o.Pool, o.InstanceType, o.Zone, o.CapacityType}, " ")
		if o.Nodes != nil {
			what = fmt.Sprint("existing ", o.Nodes)
			say("free %s %s", o.Nodes[0], resources(o.Allocatable))
		}
		text := fmt.Sprintf("offer %s %s max=%d weight=%d overhead=%s used=%s%s", what, o.PriceMicro, o.Max, o.Weight, resources(o.Overhead), resources(o.Used), cardsText(o.Cards))
		if !seen[text] {
			seen[text] = true
			say("%s", text)
		}
	}
	for _, u := range s.Stuck {
		say("stuck %s %d: %s", u.Workload, u.Count, u.Reason)
	}
	for _, n := range s.Notes {
		say("%s %s: %s", n.Severity, n.Object, n.Text)
	}
	return out
}

func resources(r planner.Resources) string {
	text := fmt.Sprintf("%dm %dMi", r.CPUMilli, r.MemoryMiB)
	if r.EphemeralMiB > 0 {
		text += fmt.Sprintf(" disk %dMi", r.EphemeralMiB)
	}
	if r.Pods != 1 {
		text += fmt.Sprintf(" pods %d", r.Pods)
	}
	for _, k := range slices.Sorted(maps.Keys(r.Extended)) {
		text += fmt.Sprintf(" %s=%d", k, r.Extended[k])
	}
	return text
}

func gpus(g planner.GPUNeed) string {
	text := ""
	if g.Whole > 0 {
		text += fmt.Sprintf(" gpu=%d", g.Whole)
	}
	for _, k := range slices.Sorted(maps.Keys(g.Slices)) {
		text += fmt.Sprintf(" %s=%d", k, g.Slices[k])
	}
	return text
}

func cardsText(c planner.Cards) string {
	if c.Model == "" {
		return ""
	}
	return fmt.Sprintf(" cards %s×%d taken=%d fixed=%v cut=%v share=%v", c.Model, c.Count, c.Taken, c.Fixed, c.Partitionable, c.Shareable)
}

func namesOf(indices []int, name func(int) string) []string {
	var out []string
	for _, i := range indices {
		out = append(out, name(i))
	}
	return out
}

func offersText(s planner.Snapshot, set planner.Set) string {
	types, zones, terms, nodes := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, i := range set.Members() {
		o := s.Offers[i]
		if o.Nodes != nil {
			for _, n := range o.Nodes {
				nodes[n] = true
			}
			continue
		}
		types[o.InstanceType], zones[o.Zone], terms[o.CapacityType] = true, true, true
	}
	text := fmt.Sprintf("types %v zones %v terms %v", slices.Sorted(maps.Keys(types)), slices.Sorted(maps.Keys(zones)), slices.Sorted(maps.Keys(terms)))
	if len(nodes) > 0 {
		text += fmt.Sprintf(" nodes %v", slices.Sorted(maps.Keys(nodes)))
	}
	return text
}

// claim is one row of a table: an input, lines that must be there, and texts that must be nowhere.
type claim struct {
	input   string
	want    []string
	wantNot []string
}

// prove runs a table of claims.
func prove(t *testing.T, claims map[string]claim) {
	t.Helper()
	for name, tc := range claims {
		t.Run(name, func(t *testing.T) {
			got := lines(snap(t, tc.input))
			for _, want := range tc.want {
				if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Errorf("no line %q", want)
				}
			}
			for _, not := range tc.wantNot {
				if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, not) }) {
					t.Errorf("unexpected %q", not)
				}
			}
			if t.Failed() {
				var shown []string
				for _, line := range got {
					if !strings.HasPrefix(line, "offer new") || len(shown) < 60 {
						shown = append(shown, line)
					}
				}
				t.Logf("got:\n%s", strings.Join(shown, "\n"))
			}
		})
	}
}

// pool is a NodePool that allows the shop's zones, with more of its template's spec.
func pool(name, spec string) string {
	return `
kind: NodePool
apiVersion: karpenter.sh/v1
metadata: {name: ` + name + `}
spec:
` + indent(2, spec) + `
---
`
}

const anywhere = `
template:
  spec:
    requirements:
    - {key: topology.kubernetes.io/zone, operator: In, values: [z-a, z-b]}
`

func indent(n int, text string) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(strings.Trim(text, "\n"), "\n", "\n"+pad)
}

// deployment is one whose pods have this spec beside a container that asks for 500m and 1Gi, and the label app=name.
func deployment(name string, replicas int, spec string) string {
	return fmt.Sprintf(`
kind: Deployment
apiVersion: apps/v1
metadata: {name: %[1]s, namespace: shop}
spec:
  replicas: %[2]d
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers:
      - resources: {requests: {cpu: 500m, memory: 1Gi}}
%[3]s
---
`, name, replicas, indent(6, spec))
}

// pod is a pod on a node ("" for none), of a ReplicaSet that a Deployment named after its app has made.
func pod(name, app, node, spec string) string {
	return fmt.Sprintf(`
kind: Pod
apiVersion: v1
metadata:
  name: %[1]s
  namespace: shop
  labels: {app: %[2]s, pod-template-hash: h1}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: %[2]s-h1, controller: true}]
spec:
  nodeName: "%[3]s"
  containers:
  - resources: {requests: {cpu: 500m, memory: 1Gi}}
%[4]s
status: {phase: Running}
---
`, name, app, node, indent(2, spec))
}

// machineNode is a node of today.
func machineNode(name, typeName, zone, more string) string {
	return fmt.Sprintf(`
kind: Node
apiVersion: v1
metadata:
  name: %[1]s
  labels:
    kubernetes.io/hostname: %[1]s
    kubernetes.io/arch: amd64
    kubernetes.io/os: linux
    node.kubernetes.io/instance-type: %[2]s
    topology.kubernetes.io/zone: %[3]s
    karpenter.sh/nodepool: default
    karpenter.sh/initialized: "true"
%[4]s
status:
  allocatable: {cpu: 1900m, memory: 7Gi, pods: "29"}
  capacity: {cpu: "2", memory: 8Gi, pods: "29"}
---
`, name, typeName, zone, strings.Trim(more, "\n"))
}
