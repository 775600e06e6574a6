package proposal_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

func base(t *testing.T) *kube.NodePool {
	t.Helper()
	p := &kube.NodePool{}
	if err := yaml.Unmarshal([]byte(`
metadata: {name: general}
spec:
  weight: 10
  limits: {cpu: "1000", memory: 4000Gi}
  template:
    metadata: {labels: {team: web}}
    spec:
      taints: [{key: dedicated, value: web, effect: NoSchedule}]
      requirements:
      - {key: karpenter.k8s.aws/instance-family, operator: In, values: [m7i, c7i, r7i], minValues: 3}
`), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAChildKeepsItsBaseAndNarrowsIt(t *testing.T) {
	b := base(t)
	before := base(t)
	pools, overlays, err := proposal.Objects([]planner.Pool{{
		Name: "general-m7i", Base: "general", InstanceTypes: []string{"m7i.4xlarge", "m7i.2xlarge"}, Zones: []string{"us-east-1a"},
		CapacityTypes: []string{"spot"}, Weight: 20, Steered: true,
	}}, []*kube.NodePool{b}, pricing.Default())
	if err != nil || len(overlays) != 0 {
		t.Fatal(err, overlays)
	}
	want := `disruption: {}
limits:
  cpu: 1k
  memory: 4000Gi
replicas: null
template:
  metadata:
    annotations: null
    labels:
      team: web
  spec:
    requirements:
    - key: karpenter.k8s.aws/instance-family
      operator: In
      values:
      - m7i
      - c7i
      - r7i
    - key: node.kubernetes.io/instance-type
      operator: In
      values:
      - m7i.2xlarge
      - m7i.4xlarge
    - key: karpenter.sh/capacity-type
      operator: In
      values:
      - spot
    - key: topology.kubernetes.io/zone
      operator: In
      values:
      - us-east-1a
    startupTaints: null
    taints:
    - effect: NoSchedule
      key: dedicated
      value: web
    - effect: NoSchedule
      key: tenon.sh/pool
      value: general-m7i
weight: 20
`
	got, err := yaml.Marshal(pools[0].Spec)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(before, b); d != "" {
		t.Errorf("the base was changed: %s", d)
	}
}

func TestWhatNoDesignIs(t *testing.T) {
	good := planner.Pool{Name: "a", Base: "general", InstanceTypes: []string{"g6.xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 20}
	for name, spoil := range map[string]func(*planner.Pool){
		"a base that is not there":             func(p *planner.Pool) { p.Base = "nobody" },
		"the name of a NodePool of today":      func(p *planner.Pool) { p.Name = "general" },
		"no instance type":                     func(p *planner.Pool) { p.InstanceTypes = nil },
		"a weight that Karpenter refuses":      func(p *planner.Pool) { p.Weight = 101 },
		"slices and shares at once":            func(p *planner.Pool) { p.Slices, p.Replicas = map[string]int64{"1g.10gb": 7}, 2 },
		"shares of an unknown machine":         func(p *planner.Pool) { p.InstanceTypes, p.Replicas = []string{"x.y"}, 2 },
		"a number of nodes of several kinds":   func(p *planner.Pool) { p.InstanceTypes, p.NodesMost = []string{"g6.xlarge", "g6.2xlarge"}, 2 },
		"a number of nodes of an unknown kind": func(p *planner.Pool) { p.InstanceTypes, p.NodesMost = []string{"x.y"}, 2 },
	} {
		t.Run(name, func(t *testing.T) {
			p := good
			spoil(&p)
			if _, _, err := proposal.Objects([]planner.Pool{p}, []*kube.NodePool{base(t)}, pricing.Default()); !errors.Is(err, proposal.ErrDesign) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, _, err := proposal.Objects([]planner.Pool{good}, []*kube.NodePool{base(t)}, pricing.Default()); err != nil {
		t.Error(err)
	}
}

// TestKarpenterTakesWhatIsWritten builds one pod on each kind of pool: Karpenter's own rules accept the objects, overlays
// reach the pool that they are for, and whole cards are hidden where they are cut or shared.
func TestKarpenterTakesWhatIsWritten(t *testing.T) {
	pools := []planner.Pool{
		{Name: "cut", InstanceTypes: []string{"p5.4xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 30, Steered: true, Slices: map[string]int64{"1g.10gb": 4, "3g.40gb": 1}},
		{Name: "part", InstanceTypes: []string{"p4d.24xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 25, Steered: true, Slices: map[string]int64{"3g.20gb": 1},
			Layouts: [][]planner.PlanMIG{{{Profile: "3g.20gb"}}, {}, {}, {}, {}, {}, {}, {}}},
		{Name: "shared", InstanceTypes: []string{"g6.xlarge", "g6.12xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 20, Steered: true, Replicas: 4},
		{Name: "few", InstanceTypes: []string{"g6.2xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 19, Steered: true, NodesMost: 1},
		{Name: "more", InstanceTypes: []string{"g6.4xlarge"}, CapacityTypes: []string{"on-demand"}, Weight: 18, Steered: true},
	}
	made, overlays, err := proposal.Objects(pools, nil, pricing.Default())
	if err != nil {
		t.Fatal(err)
	}
	if got := made[0].Spec.Template.Metadata.Labels["nvidia.com/mig.config"]; got != proposal.ConfigName(&pools[0]) {
		t.Errorf("MIG configuration %q", got)
	}
	w := karpenter.World{NodePools: made, NodeOverlays: overlays, Catalog: pricing.Default(), Zones: []string{"us-east-1a"}}
	add := func(name string, requests corev1.ResourceList, on ...string) {
		p := &corev1.Pod{}
		p.Namespace, p.Name = "default", name
		p.Spec.Containers = []corev1.Container{{Name: "all", Resources: corev1.ResourceRequirements{Requests: requests}}}
		proposal.Steer(&p.Spec, on)
		w.Pods = append(w.Pods, p)
	}
	one := planner.Resources{CPUMilli: 100, MemoryMiB: 100, Pods: 1}
	add("slice", karpenter.Requests(one, planner.GPUNeed{Slices: map[string]int64{"3g.40gb": 1}}, 0), "cut")
	add("whole-on-cut", karpenter.Requests(one, planner.GPUNeed{Whole: 1}, 0), "cut")
	add("seven", karpenter.Requests(one, planner.GPUNeed{Whole: 7}, 0), "part")
	add("eight", karpenter.Requests(one, planner.GPUNeed{Whole: 8}, 0), "part")
	add("share", karpenter.Requests(one, planner.GPUNeed{ShareMilli: 251}, 4), "shared")
	add("whole-on-shared", karpenter.Requests(one, planner.GPUNeed{Whole: 1}, 0), "shared")
	add("first", karpenter.Requests(one, planner.GPUNeed{Whole: 1}, 0), "few", "more")
	add("second", karpenter.Requests(one, planner.GPUNeed{Whole: 1}, 0), "few", "more")
	r, err := w.Schedule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, n := range r.New {
		got[n.Pool+" "+n.InstanceType] = append(got[n.Pool+" "+n.InstanceType], n.Pods...)
	}
	for _, u := range r.Unplaced {
		got["unplaced"] = append(got["unplaced"], u.Pod)
	}
	on := got["few g6.2xlarge"]
	if len(on) != 1 || len(got["more g6.4xlarge"]) != 1 {
		t.Errorf("a pool for one node, and one for the rest: %v", got)
	}
	delete(got, "few g6.2xlarge")
	delete(got, "more g6.4xlarge")
	want := map[string][]string{
		"cut p5.4xlarge": {"default/slice"}, "shared g6.xlarge": {"default/share"}, "part p4d.24xlarge": {"default/seven"}, "unplaced": {"default/eight", "default/whole-on-cut", "default/whole-on-shared"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAShareIsDevicesRoundedUp(t *testing.T) {
	for _, x := range []struct{ share, replicas, want int64 }{{250, 4, 1}, {251, 4, 2}, {1, 100, 1}, {999, 100, 100}, {460, 100, 46}} {
		list := karpenter.Requests(planner.Resources{}, planner.GPUNeed{ShareMilli: x.share}, x.replicas)
		want := corev1.ResourceList{karpenter.SharedGPU: *resource.NewQuantity(x.want, resource.DecimalSI)}
		if !cmp.Equal(list, want) {
			t.Errorf("%d/1000 of a card of %d devices: %v", x.share, x.replicas, list)
		}
	}
}

func TestSteeringLeavesOtherConditions(t *testing.T) {
	var spec corev1.PodSpec
	if err := yaml.Unmarshal([]byte(`
nodeSelector: {karpenter.sh/nodepool: general, disk: fast}
tolerations: [{key: dedicated, operator: Exists}]
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
      - matchExpressions: [{key: arch, operator: In, values: [arm64]}, {key: karpenter.sh/nodepool, operator: In, values: [general]}]
      - matchExpressions: [{key: arch, operator: In, values: [amd64]}]
`), &spec); err != nil {
		t.Fatal(err)
	}
	before := spec.DeepCopy()
	after := spec
	proposal.Steer(&after, []string{"a", "b"})
	if d := cmp.Diff(*before, spec); d != "" {
		t.Errorf("what the spec points to was written into: %s", d)
	}
	got, err := yaml.Marshal(after)
	if err != nil {
		t.Fatal(err)
	}
	want := `affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
      - matchExpressions:
        - key: arch
          operator: In
          values:
          - arm64
        - key: karpenter.sh/nodepool
          operator: In
          values:
          - a
          - b
      - matchExpressions:
        - key: arch
          operator: In
          values:
          - amd64
        - key: karpenter.sh/nodepool
          operator: In
          values:
          - a
          - b
containers: null
nodeSelector:
  disk: fast
tolerations:
- key: dedicated
  operator: Exists
- effect: NoSchedule
  key: tenon.sh/pool
  operator: Equal
  value: a
- effect: NoSchedule
  key: tenon.sh/pool
  operator: Equal
  value: b
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}
