package karpenter

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/controllers/collect"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

func read(t *testing.T, text string) *kube.Objects {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := collect.Read([]string{path}, collect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const dump = `
kind: Node
apiVersion: v1
metadata: {name: n1, labels: {node.kubernetes.io/instance-type: m5.xlarge, topology.kubernetes.io/zone: z-a, karpenter.sh/nodepool: open, karpenter.sh/capacity-type: on-demand, karpenter.sh/initialized: "true", kubernetes.io/arch: amd64, kubernetes.io/os: linux}}
status: {allocatable: {cpu: "4", memory: 16Gi, pods: "29"}, capacity: {cpu: "4", memory: 16Gi, pods: "29"}}
---
kind: NodePool
apiVersion: karpenter.sh/v1
metadata: {name: open}
spec: {template: {spec: {requirements: [{key: kubernetes.io/arch, operator: In, values: [amd64]}]}}}
---
kind: NodePool
apiVersion: karpenter.sh/v1
metadata: {name: broken}
spec: {weight: 100, template: {spec: {requirements: []}}}
status: {conditions: [{type: Ready, status: "False", message: no NodeClass}]}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: web, namespace: ns}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, resources: {requests: {cpu: 1500m, memory: 1Gi}}}]}
---
kind: Pod
apiVersion: v1
metadata: {name: web-0, namespace: ns, labels: {app: web, pod-template-hash: h}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-h, controller: true}]}
spec: {nodeName: n1, containers: [{name: c, resources: {requests: {cpu: 1500m, memory: 1Gi}}}]}
status: {phase: Running}
---
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: agent, namespace: ns}
spec:
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, resources: {limits: {cpu: 500m, memory: 1Gi}}}]}
---
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: db, namespace: ns}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, resources: {requests: {cpu: "1", memory: 1Gi}}}]}
---
kind: Pod
apiVersion: v1
metadata: {name: db-0, namespace: ns, labels: {app: db}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, controller: true}]}
spec: {containers: [{name: c, resources: {requests: {cpu: "1", memory: 1Gi}}}], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}
status: {phase: Pending}
---
kind: PersistentVolumeClaim
apiVersion: v1
metadata: {name: data, namespace: ns}
spec: {volumeName: pv}
---
kind: PersistentVolume
apiVersion: v1
metadata: {name: pv}
spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: topology.ebs.csi.aws.com/zone, operator: In, values: [z-b]}]}]}}}
`

func TestFromObjects(t *testing.T) {
	tests := map[string]struct {
		edit func(World) World
		want []string
	}{
		"what is to come is placed beside what runs, a volume in its zone, a DaemonSet on each": {
			func(w World) World { return w },
			[]string{
				"new open c6.xlarge z-b on-demand 0.17: db-0 web-tocome-*", "on n1: web-tocome-*", "sum 0.17",
			},
		},
		"greenfield places all anew": {
			World.Greenfield,
			[]string{"new open m5.2xlarge z-b on-demand 0.4: db-0 web-0 web-tocome-0 web-tocome-1", "sum 0.4"},
		},
		"with planned requests": {
			func(w World) World {
				return w.Greenfield().Requested(planner.Snapshot{Workloads: []planner.Workload{{
					Ref: planner.Ref{Namespace: "ns", Kind: "Deployment", Name: "web"}, Replicas: 3, Pods: []string{"web-0"},
					Requests: planner.Resources{CPUMilli: 100, MemoryMiB: 100},
				}}})
			},
			[]string{"new open m5.large z-b on-demand 0.1: db-0 web-0 web-tocome-0 web-tocome-1", "sum 0.1"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := tc.edit(FromObjects(read(t, dump), shop(), Options{})).Schedule(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, lines(r), cmp.Comparer(like)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s\n%v\n%v", diff, r.Unplaced, r.Notes)
			}
		})
	}
}

func TestFromSnapshot(t *testing.T) {
	res := func(cpu int64) planner.Resources { return planner.Resources{CPUMilli: cpu, MemoryMiB: 512, Pods: 1} }
	s := planner.Snapshot{
		Workloads: []planner.Workload{
			{Ref: planner.Ref{Kind: "Job", Name: "a"}, Replicas: 4, Requests: res(1000), HostMax: 2},
			{Ref: planner.Ref{Kind: "Job", Name: "b"}, Replicas: 1, Requests: res(1000), Constraints: []planner.Constraint{{Offers: planner.Set{2}}}},
			{Ref: planner.Ref{Kind: "Job", Name: "c"}, Replicas: 1, Requests: res(1000), GPU: planner.GPUNeed{Whole: 1}},
		},
		Offers: []planner.Offer{
			{InstanceType: "m5.large", Zone: "z-a", CapacityType: "on-demand", Overhead: planner.Resources{CPUMilli: 100, Pods: 2}},
			{InstanceType: "m5.xlarge", Zone: "z-a", CapacityType: "on-demand", Overhead: planner.Resources{CPUMilli: 100, Pods: 2}},
		},
		Rules: []planner.Rule{{Kind: planner.HostConflict, Members: []int{0}, Others: []int{1}}},
	}
	w := FromSnapshot(Replay{Snapshot: s, Catalog: shop(), NodePools: []*kube.NodePool{pool(t, "open", "template: {}")}})
	r, err := w.Schedule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"new open c6.xlarge z-a on-demand 0.17: default/w0-* default/w0-*",
		"new open g6.xlarge z-a on-demand 0.8: default/w0-* default/w0-* default/w2-0",
		"new open m5.xlarge z-a on-demand 0.2: default/w1-0", "sum 1.17",
	}
	if diff := cmp.Diff(want, lines(r), cmp.Comparer(like)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s\n%v", diff, r.Unplaced)
	}
}
