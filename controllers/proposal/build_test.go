package proposal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/collect"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/raise/pools"
	"github.com/tenon-sh/tenon/pricing"
)

// small is a cluster with one open NodePool, a node that is no NodePool's with a pod that refuses Karpenter's nodes, a node
// that stays for a pod that is not to be disrupted, and a fleet that is too large.
func small(t *testing.T) *kube.Objects {
	t.Helper()
	var b strings.Builder
	b.WriteString(`apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: general}
spec:
  weight: 40
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      requirements:
      - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
      - {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}
`)
	node := func(name, labels string) {
		fmt.Fprintf(&b, `---
apiVersion: v1
kind: Node
metadata:
  name: %s
  labels: {node.kubernetes.io/instance-type: m5.4xlarge, topology.kubernetes.io/zone: us-east-1a, topology.kubernetes.io/region: us-east-1, karpenter.sh/capacity-type: on-demand, kubernetes.io/arch: amd64, kubernetes.io/os: linux%s}
status: {allocatable: {cpu: 15890m, memory: 58000Mi, pods: "110"}, capacity: {cpu: "16", memory: 64Gi, pods: "110"}, conditions: [{type: Ready, status: "True"}]}
`, name, labels)
	}
	pod := func(name, owner, on, cpu, more string) {
		fmt.Fprintf(&b, `---
apiVersion: v1
kind: Pod
metadata:
  name: %s
  namespace: default
  annotations: {%s}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: %s, uid: %s, controller: true}]
spec:
  nodeName: %s
  %s
  containers: [{name: c, resources: {requests: {cpu: %s, memory: 2Gi}}}]
status: {phase: Running}
`, name, map[bool]string{true: "karpenter.sh/do-not-disrupt: 'true'"}[owner == "precious"], owner, owner, on,
			map[bool]string{true: more, false: "terminationGracePeriodSeconds: 30"}[more != ""], cpu)
	}
	node("managed", "")
	pod("operator-0", "operator", "managed", "500m", "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: karpenter.sh/nodepool, operator: DoesNotExist}]}]}}}")
	for i := range 4 {
		name := fmt.Sprintf("big-%d", i)
		node(name, ", karpenter.sh/nodepool: general")
		for j := range 3 {
			pod(fmt.Sprintf("web-%d-%d", i, j), "web", name, "2900m", "")
		}
	}
	pod("precious-0", "precious", "big-0", "100m", "")
	o, err := collect.Read([]string{collect.Stdin}, collect.Options{Stdin: strings.NewReader(b.String())})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func plan(t *testing.T, o *kube.Objects, b *proposal.Builder) planner.Plan {
	t.Helper()
	s, err := kube.Snapshot(o, pricing.Default(), kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) { return binpack.Solve(p, l, nil) }}
	if b != nil {
		b.Objects, b.Catalog = o, pricing.Default()
		b.Limits.Evaluations, b.Limits.Designs = 2000, 2
		in.Build = func(s *planner.Snapshot, p *planner.Plan) (*planner.Built, error) { return b.Build(t.Context(), s, p) }
	}
	p, err := engine.Decide(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPlanIsReplayed(t *testing.T) {
	o := small(t)
	p := plan(t, o, &proposal.Builder{})
	k := p.Karpenter
	if k == nil || p.Cost.KarpenterPerHour == nil || *p.Cost.KarpenterPerHour != k.PerHour {
		t.Fatalf("%+v %v", k, p.Cost.KarpenterPerHour)
	}
	if k.Unplaced != 0 {
		t.Errorf("%d pods without a node, %v: those that refuse Karpenter's nodes stay where they are", k.Unplaced, k.Notes)
	}
	if k.AsIsPerHour == nil || k.PerHour > *k.AsIsPerHour {
		t.Errorf("%d an hour is more than %v, which today's NodePools give", k.PerHour, k.AsIsPerHour)
	}
	if k.PerHour < p.Cost.LowerBoundPerHour {
		t.Errorf("%d an hour is less than the bound, %d", k.PerHour, p.Cost.LowerBoundPerHour)
	}
	var stay pricing.Micro
	for _, n := range p.Today {
		if n.Fate == "held" || n.Fate == "keep" && n.Pool == "" {
			stay += *n.PricePerHour
		}
	}
	if stay == 0 || k.PerHour <= stay {
		t.Errorf("%d an hour, of which %d are for nodes that stay", k.PerHour, stay)
	}
	for _, q := range k.Pools {
		if q.Base != "general" || q.Weight < 1 || len(q.InstanceTypes) == 0 {
			t.Errorf("%+v", q)
		}
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Verify(data); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(p, plan(t, o, &proposal.Builder{})); d != "" {
		t.Errorf("twice the same is not the same: %s", d)
	}
}

func TestNobodyIsSteeredWhoMayNotBe(t *testing.T) {
	o, err := collect.Read([]string{"../../cmd/tenon/example/cluster.yaml"}, collect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, o, &proposal.Builder{Steer: func(*planner.Workload) bool { return false }})
	for _, q := range p.Karpenter.Pools {
		if q.Steered || q.Weight <= 30 || // the most of today's
			q.Nodes == 0 {
			t.Errorf("pool %s is for %v, has weight %d and %d nodes", q.Name, q.Works, q.Weight, q.Nodes)
		}
	}
	if len(p.Karpenter.Pools) == 0 || p.Karpenter.PerHour >= *p.Karpenter.AsIsPerHour {
		t.Errorf("%d NodePools for %d an hour, where today's give %d", len(p.Karpenter.Pools), p.Karpenter.PerHour, *p.Karpenter.AsIsPerHour)
	}
}

func TestTooManyPodsAreNotReplayed(t *testing.T) {
	p := plan(t, small(t), &proposal.Builder{PodsMost: 3, Limits: pools.Limits{}})
	if p.Karpenter != nil || p.Cost.KarpenterPerHour != nil {
		t.Errorf("%+v", p.Karpenter)
	}
}
