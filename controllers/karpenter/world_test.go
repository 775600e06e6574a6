package karpenter

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// shop is a catalogue whose sums can be done in the head: an xlarge has 4 CPU and 16 GiB for pods, all of it, and
// prices rise with size, those of GPUs steeply.
func shop() pricing.Catalog {
	machine := func(name string, cpu, memoryGiB int64, price pricing.Micro) pricing.InstanceType {
		family, size, _ := strings.Cut(name, ".")
		return pricing.InstanceType{
			Name: name, Family: family, Size: size, Category: name[:1], Arch: "amd64", OS: []string{"linux"},
			Generation: int64(name[1] - '0'), CPUManufacturer: "intel", Hypervisor: "nitro", VCPU: cpu, MemoryMiB: memoryGiB * 1024,
			Allocatable: pricing.Capacity{CPUMilli: cpu * 1000, MemoryMiB: memoryGiB * 1024, EphemeralMiB: 17_408, Pods: 29},
			Offerings:   []pricing.Offering{{CapacityType: pricing.OnDemand, PriceMicro: price}},
		}
	}
	gpu := func(t pricing.InstanceType, name string, count, memory int64) pricing.InstanceType {
		t.GPU = pricing.GPU{Manufacturer: "nvidia", Name: name, Count: count, MemoryMiB: memory}
		t.Allocatable.Extended = map[string]int64{gpuResource: count}
		return t
	}
	types := []pricing.InstanceType{
		machine("m5.large", 2, 8, 100_000), machine("m5.xlarge", 4, 16, 200_000), machine("m5.2xlarge", 8, 32, 400_000),
		machine("c6.xlarge", 4, 8, 170_000), machine("x9.large", 2, 8, 0),
		gpu(machine("g6.xlarge", 4, 16, 800_000), "l4", 1, 23_034),
		gpu(machine("g6.48xlarge", 192, 768, 13_350_000), "l4", 8, 23_034),
		gpu(machine("p5.4xlarge", 16, 256, 4_000_000), "h100", 1, 81_920),
	}
	slices.SortFunc(types, func(a, b pricing.InstanceType) int { return strings.Compare(a.Name, b.Name) })
	types[len(types)-1].Offerings = nil // x9.large has no price
	return pricing.Catalog{Name: "shop", Currency: "USD", Region: "z-", Date: "2026-11-24", Types: types}
}

// pool is a NodePool whose spec is YAML.
func pool(t testing.TB, name, spec string) *kube.NodePool {
	t.Helper()
	p := &kube.NodePool{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatal(err)
	}
	return p
}

func overlay(t testing.TB, name, spec string) *kube.NodeOverlay {
	t.Helper()
	o := &kube.NodeOverlay{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := yaml.UnmarshalStrict([]byte(spec), &o.Spec); err != nil {
		t.Fatal(err)
	}
	return o
}

// pods are n pods called name-0 …, with the label app=name, that ask for "cpu=1,memory=2Gi"; more is the YAML of further
// parts of their specs.
func pods(t testing.TB, name string, n int, requests, more string) []*corev1.Pod {
	t.Helper()
	list := corev1.ResourceList{}
	for part := range strings.SplitSeq(requests, ",") {
		key, amount, _ := strings.Cut(part, "=")
		list[corev1.ResourceName(key)] = resource.MustParse(amount)
	}
	var pods []*corev1.Pod
	for i := range n {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprintf("%s-%d", name, i), Labels: map[string]string{"app": name}}}
		if err := yaml.UnmarshalStrict([]byte(more), &p.Spec); err != nil {
			t.Fatal(err)
		}
		p.Spec.Containers = []corev1.Container{{Name: "all", Resources: corev1.ResourceRequirements{Requests: list}}}
		p.Status.Phase = corev1.PodPending
		pods = append(pods, p)
	}
	return pods
}

// on puts pods on a node.
func on(node string, pods []*corev1.Pod) []*corev1.Pod {
	for _, p := range pods {
		p.Spec.NodeName, p.Status.Phase = node, corev1.PodRunning
	}
	return pods
}

// node is one that Karpenter has made of a type of the shop, in zone z-a.
func node(t testing.TB, name, typeName, nodePool string) *corev1.Node {
	t.Helper()
	machine, ok := shop().Lookup(typeName)
	if !ok {
		t.Fatalf("no type %q", typeName)
	}
	return nodeOf(name, machine, nodePool)
}

func nodeOf(name string, machine pricing.InstanceType, nodePool string) *corev1.Node {
	list := listOf(machine.Allocatable, planner.GPUNeed{})
	list[corev1.ResourcePods] = *resource.NewQuantity(machine.Allocatable.Pods, resource.DecimalSI)
	labels := kube.TypeLabels(machine)
	for k, v := range map[string]string{
		"topology.kubernetes.io/zone": "z-a", "kubernetes.io/hostname": name, "karpenter.sh/nodepool": nodePool,
		"karpenter.sh/capacity-type": "on-demand", "karpenter.sh/initialized": "true", "karpenter.sh/registered": "true",
	} {
		labels[k] = v
	}
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Status: corev1.NodeStatus{Capacity: list, Allocatable: list}}
}

// world has one zone and one NodePool that allows everything, and the given pods.
func world(t testing.TB, lists ...[]*corev1.Pod) World {
	t.Helper()
	return World{
		NodePools: []*kube.NodePool{pool(t, "open", "template: {}")}, Zones: []string{"z-a"}, Catalog: shop(), Pods: slices.Concat(lists...),
	}
}

// lines prints a result one node a line: "new open m5.large z-a on-demand 0.1: a-0 a-1".
func lines(r Result) []string {
	var out []string
	short := func(pods []string) string { return strings.ReplaceAll(strings.Join(pods, " "), "ns/", "") }
	for _, n := range r.New {
		out = append(out, fmt.Sprintf("new %s %s %s %s %s: %s", n.Pool, n.InstanceType, n.Zone, n.CapacityType, n.PricePerHour, short(n.Pods)))
	}
	for _, n := range r.Existing {
		out = append(out, fmt.Sprintf("on %s: %s", n.Name, short(n.Pods)))
	}
	for _, u := range r.Unplaced {
		out = append(out, "not "+short([]string{u.Pod}))
	}
	return append(out, "sum "+r.PricePerHour.String())
}
