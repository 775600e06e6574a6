package kube

import (
	"strings"
	"testing"
)

func TestNodes(t *testing.T) {
	world := pool("default", anywhere)
	prove(t, map[string]claim{
		"nodes that look alike are one offer, priced as the catalog says": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "m5.large", "z-a", "") + machineNode("n3", "m5.large", "z-b", ""),
			want: []string{
				"offer existing [n1 n2] 0.1 max=2", "offer existing [n3] 0.1 max=1", "node n1 priced=true 0.1 held=false",
			},
		},
		"a label that somebody asks for tells nodes apart": {
			input: world + machineNode("n1", "m5.large", "z-a", "    disk: fast") + machineNode("n2", "m5.large", "z-a", "") +
				deployment("web", 1, "nodeSelector: {disk: fast}"),
			want: []string{"offer existing [n1] 0.1 max=1", "allow shop/Deployment/web#0 types [] zones [] terms [] nodes [n1]"},
		},
		"a node of an unknown type is outside all costs and keeps its pods": {
			input: world + machineNode("n1", "zz.large", "z-a", "") + pod("web-1", "web", "n1", "") + deployment("web", 2, ""),
			want: []string{
				"node n1 priced=false 0 held=false type zz.large is not in the catalog", "pods shop/Deployment/web#0 1 ×",
				"warning Node/n1: outside all costs, it and its pods are left as they are: type zz.large is not in the catalog",
			},
			wantNot: []string{"offer existing", "today"},
		},
		"a type without a price is never free": {
			input:   world + machineNode("n1", "x9.large", "z-a", ""),
			want:    []string{"node n1 priced=false 0 held=false type x9.large has no price in the catalog"},
			wantNot: []string{"offer existing", "offer new default x9.large"},
		},
		"a Fargate node is billed by the pod": {
			input: world + machineNode("n1", "m5.large", "z-a", "    eks.amazonaws.com/compute-type: fargate"),
			want:  []string{"node n1 priced=false 0 held=false Fargate"},
		},
		"a spot node costs the spot price": {
			input: world + machineNode("n1", "c6i.xlarge", "z-a", "    karpenter.sh/capacity-type: spot"),
			want:  []string{"node n1 priced=true 0.06"},
		},
		"a spot node of an EKS node group costs the spot price": {input: world + machineNode("n1", "c6i.xlarge", "z-a", "    eks.amazonaws.com/capacityType: SPOT"), want: []string{"node n1 priced=true 0.06"}},
		"a spot node of GKE costs the spot price":               {input: world + machineNode("n1", "c6i.xlarge", "z-a", "    cloud.google.com/gke-spot: \"true\""), want: []string{"node n1 priced=true 0.06"}},
		"a spot node of AKS costs the spot price":               {input: world + machineNode("n1", "c6i.xlarge", "z-a", "    kubernetes.azure.com/scalesetpriority: spot"), want: []string{"node n1 priced=true 0.06"}},
		"a spot node without a spot price costs the on-demand price, said once": {
			input: world + machineNode("n1", "m5.large", "z-a", "    karpenter.sh/capacity-type: spot") + machineNode("n2", "m5.large", "z-a", "    karpenter.sh/capacity-type: spot"),
			want:  []string{"node n1 priced=true 0.1", "info Node/n1: the catalog has no spot price for its type: today's cost takes the on-demand price (2: Node/n1, Node/n2)"},
		},
		"do-not-disrupt on a pod holds its node with that pod's requests": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + held("db-1", "db", "n1", `"true"`) + pod("web-1", "web", "n1", ""),
			want: []string{
				"offer existing [n1] 0.1 max=1 weight=0 overhead=0m 0Mi pods 0 used=500m 1024Mi",
				"node n1 priced=true 0.1 held=true carries shop/Pod/db-1, with karpenter.sh/do-not-disrupt",
				"pods shop/Deployment/web#0 1 ×", "today shop/Deployment/web#0 n1 1",
			},
			wantNot: []string{"pods shop/Deployment/db"},
		},
		"a do-not-disrupt duration that has run out holds nothing": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + held("db-1", "db", "n1", `"5m"`),
			want:  []string{"node n1 priced=true 0.1 held=false", "info shop/Pod/db-1: its karpenter.sh/do-not-disrupt duration has run out"},
		},
		"a do-not-disrupt duration that still runs holds": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + held("db-1", "db", "n1", `"24h"`),
			want:  []string{"node n1 priced=true 0.1 held=true", "info shop/Pod/db-1: karpenter.sh/do-not-disrupt for a duration: taken to hold"},
		},
		"a do-not-disrupt that is neither is named and not obeyed": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + held("db-1", "db", "n1", `"yes"`),
			want:  []string{"node n1 priced=true 0.1 held=false", `warning shop/Pod/db-1: karpenter.sh/do-not-disrupt="yes"`},
		},
		"do-not-disrupt on a node holds it, and its pods are planned": {
			input: world + machineNode("n1", "m5.large", "z-a", "  annotations: {karpenter.sh/do-not-disrupt: \"true\"}") + pod("web-1", "web", "n1", ""),
			want:  []string{"node n1 priced=true 0.1 held=true karpenter.sh/do-not-disrupt on the node", "pods shop/Deployment/web#0 1 ×"},
		},
		"a control-plane node stays": {
			input: world + machineNode("n1", "m5.large", "z-a", "    node-role.kubernetes.io/control-plane: \"\""),
			want:  []string{"node n1 priced=true 0.1 held=true a control-plane node"},
		},
		"a node of a static pool stays, and the pool makes no others": {
			input: pool("default", "replicas: 1\ntemplate: {spec: {requirements: []}}") + machineNode("n1", "m5.large", "z-a", ""),
			want:  []string{"node n1 priced=true 0.1 held=true of the static NodePool default", "info NodePool/default: a static NodePool"}, wantNot: []string{"offer new"},
		},
		"a node that is being deleted is not offered, and its pods need a place": {
			input: world + machineNode("n1", "m5.large", "z-a", "  deletionTimestamp: \"2026-11-24T00:00:00Z\"") + pod("web-1", "web", "n1", "") + held("db-1", "db", "n1", `"true"`),
			want:  []string{"pods shop/Deployment/web#0 1 ×", "pods shop/Deployment/db#0 1 ×", "node n1 priced=true 0.1 held=false"}, wantNot: []string{"offer existing"},
		},
		"a node that Karpenter disrupts is being deleted": {
			input: world + machineNode("n1", "m5.large", "z-a", "spec: {taints: [{key: karpenter.sh/disrupted, effect: NoSchedule}]}") + pod("web-1", "web", "n1", ""),
			want:  []string{"pods shop/Deployment/web#0 1 ×"}, wantNot: []string{"offer existing"},
		},
		"a startup taint on a node that is still starting does not matter": {
			input: pool("default", anywhere+"    startupTaints: [{key: cilium, effect: NoSchedule}]") + strings.ReplaceAll(machineNode("n1", "m5.large", "z-a", "spec: {taints: [{key: cilium, effect: NoSchedule}]}"), "karpenter.sh/initialized", "x") + deployment("web", 1, "nodeSelector: {kubernetes.io/hostname: n1}"),
			want:  []string{"allow shop/Deployment/web#0 types [] zones [] terms [] nodes [n1]"},
		},
		"the same taint on a node that has started keeps pods away": {
			input: pool("default", anywhere+"    startupTaints: [{key: cilium, effect: NoSchedule}]") + machineNode("n1", "m5.large", "z-a", "spec: {taints: [{key: cilium, effect: NoSchedule}]}") + deployment("web", 1, "nodeSelector: {kubernetes.io/hostname: n1}"),
			want:  []string{"stuck shop/Deployment/web 1"},
		},
		"a DaemonSet's pod with do-not-disrupt holds its node and is still overhead": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + strings.ReplaceAll(held("logs-1", "logs", "n1", `"true"`), "kind: ReplicaSet", "kind: DaemonSet"),
			want:  []string{"offer existing [n1] 0.1 max=1 weight=0 overhead=500m 1024Mi used=0m 0Mi pods 0", "node n1 priced=true 0.1 held=true"},
		},
		"capacity rounds down": {
			input: world + strings.NewReplacer("cpu: 1900m", "cpu: 1900900u", "7Gi", "7516192760").Replace(machineNode("n1", "m5.large", "z-a", "    disk: fast")) + deployment("web", 1, "nodeSelector: {disk: fast}"),
			want:  []string{"free n1 1900m 7167Mi"},
		},
		"a cordoned node is not offered": {
			input: world + machineNode("n1", "m5.large", "z-a", "spec: {unschedulable: true}") + pod("web-1", "web", "n1", ""),
			want:  []string{"info Node/n1: cordoned", "pods shop/Deployment/web#0 1 ×"}, wantNot: []string{"offer existing"},
		},
		"a cordoned node that is held takes no new pods": {
			input:   world + machineNode("n1", "m5.large", "z-a", "spec: {unschedulable: true}") + held("db-1", "db", "n1", `"true"`) + pod("web-1", "web", "n1", ""),
			want:    []string{"offer existing [n1] 0.1 max=1", "limit shop/Deployment/web#0 taints | does not tolerate node.kubernetes.io/unschedulable:NoSchedule"},
			wantNot: []string{"nodes [n1]"},
		},
		"taints that come and go do not matter": {
			input: world + machineNode("n1", "m5.large", "z-a", "spec: {taints: [{key: node.kubernetes.io/not-ready, effect: NoExecute}]}") + deployment("web", 1, "nodeSelector: {kubernetes.io/hostname: n1}"),
			want:  []string{"allow shop/Deployment/web#0 types [] zones [] terms [] nodes [n1]"},
		},
		"a pod whose node is not in the input is planned as if it ran nowhere": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + pod("web-1", "web", "n7", ""),
			want:  []string{"pods shop/Deployment/web#0 1 ×", "warning shop/Pod/web-1: its node is not in the input"}, wantNot: []string{"today"},
		},
	})
}

// held is a pod with a do-not-disrupt annotation that began at half past eleven.
func held(name, app, node, value string) string {
	return `
kind: Pod
metadata:
  name: ` + name + `
  namespace: shop
  labels: {app: ` + app + `, pod-template-hash: h1}
  annotations: {karpenter.sh/do-not-disrupt: ` + value + `}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: ` + app + `-h1, controller: true}]
spec: {nodeName: ` + node + `, containers: [{resources: {requests: {cpu: 500m, memory: 1Gi}}}]}
status: {startTime: "2026-11-24T11:30:00Z"}
---
`
}

func TestBudgets(t *testing.T) {
	budget := func(spec string) string {
		return pool("default", anywhere) + machineNode("n1", "m5.large", "z-a", "") + deployment("web", 3, "") +
			pod("web-1", "web", "n1", "") + pod("web-2", "web", "n1", "") + pod("db-1", "db", "n1", "") +
			"\nkind: PodDisruptionBudget\napiVersion: policy/v1\nmetadata: {name: b, namespace: shop}\nspec: {" + spec + "}\n"
	}
	const web = "selector: {matchLabels: {app: web}}, "
	heldBy := []string{"node n1 priced=true 0.1 held=true carries shop/Pod/web-1, whose PodDisruptionBudget shop/b allows no eviction", "pods shop/Deployment/db#0 1 ×", "pods shop/Deployment/web#0 1 ×"}
	free := []string{"node n1 priced=true 0.1 held=false", "pods shop/Deployment/web#0 3 ×"}
	prove(t, map[string]claim{
		"maxUnavailable 0 holds":                           {input: budget(web + "maxUnavailable: 0"), want: heldBy},
		"maxUnavailable 0% holds":                          {input: budget(web + `maxUnavailable: "0%"`), want: heldBy},
		"maxUnavailable 1% rounds up to one pod":           {input: budget(web + `maxUnavailable: "1%"`), want: free},
		"maxUnavailable 1 does not hold":                   {input: budget(web + "maxUnavailable: 1"), want: free},
		"minAvailable 100% holds":                          {input: budget(web + `minAvailable: "100%"`), want: heldBy},
		"minAvailable of all replicas holds":               {input: budget(web + "minAvailable: 3"), want: heldBy},
		"minAvailable 67% of three rounds up to all three": {input: budget(web + `minAvailable: "67%"`), want: heldBy},
		"minAvailable counts the replicas to come":         {input: budget(web + "minAvailable: 2"), want: free},
		"a budget that selects nothing holds nothing":      {input: budget("maxUnavailable: 0"), want: free},
		"a budget over a DaemonSet holds no node": {
			input: pool("default", anywhere) + machineNode("n1", "m5.large", "z-a", "") + strings.ReplaceAll(pod("web-1", "web", "n1", ""), "kind: ReplicaSet", "kind: DaemonSet") +
				"\nkind: PodDisruptionBudget\napiVersion: policy/v1\nmetadata: {name: b, namespace: shop}\nspec: {" + web + "maxUnavailable: 0}\n",
			want: []string{"node n1 priced=true 0.1 held=false"},
		},
		"a budget of another namespace holds nothing": {
			input: pool("default", anywhere) + machineNode("n1", "m5.large", "z-a", "") + pod("web-1", "web", "n1", "") +
				"\nkind: PodDisruptionBudget\napiVersion: policy/v1\nmetadata: {name: b, namespace: other}\nspec: {" + web + "maxUnavailable: 0}\n",
			want: []string{"node n1 priced=true 0.1 held=false"},
		},
	})
}

func TestGPUNodes(t *testing.T) {
	gpuNode := func(labels, allocatable string) string {
		return pool("default", anywhere) + `
kind: Node
metadata:
  name: g1
  labels:
    node.kubernetes.io/instance-type: p4d.24xlarge
    topology.kubernetes.io/zone: z-a
` + indent(4, labels) + `
status: {allocatable: {cpu: 90, memory: 1000Gi, pods: "100", ` + allocatable + `}}
---
`
	}
	slice := func(name, do string) string {
		return `
kind: Pod
metadata: {name: ` + name + `, namespace: ml, annotations: {karpenter.sh/do-not-disrupt: "` + do + `"}}
spec: {nodeName: g1, containers: [{resources: {limits: {nvidia.com/mig-1g.5gb: 2, nvidia.com/gpu: 1}}}]}
---
`
	}
	prove(t, map[string]claim{
		"whole cards are counted, and those of pods that stay are taken": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB", `nvidia.com/gpu: "8"`) + slice("a", "true"),
			want:  []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi cards A100-40GB×8 taken=1 fixed=map[] cut=false share=false"},
		},
		"MIG instances of a node are fixed, and their cards are taken": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB\nnvidia.com/gpu.count: \"8\"\nnvidia.com/mig.strategy: mixed", `nvidia.com/gpu: "6", nvidia.com/mig-1g.5gb: "14"`) + slice("a", "true"),
			want:  []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi cards A100-40GB×8 taken=3 fixed=map[1g.5gb:12] cut=false share=false"},
		},
		"MIG instances that pods will leave are free": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB\nnvidia.com/gpu.count: \"8\"", `nvidia.com/gpu: "6", nvidia.com/mig-1g.5gb: "14"`) + slice("a", "false"),
			want:  []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8 taken=2 fixed=map[1g.5gb:14]"},
		},
		"more devices in use than there are leaves none": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB\nnvidia.com/gpu.count: \"1\"", `nvidia.com/gpu: "1", nvidia.com/mig-1g.5gb: "3"`) + slice("a", "true") + slice("b", "true"),
			want:  []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 2 cards A100-40GB×1 taken=1 fixed=map[1g.5gb:0]"},
		},
		"cards that stay in use are not free for others": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB", `nvidia.com/gpu: "8"`) + slice("a", "true") +
				deployment("all", 1, "initContainers: [{resources: {limits: {nvidia.com/gpu: 8}}}]") + deployment("most", 1, "initContainers: [{resources: {limits: {nvidia.com/gpu: 7}}}]"),
			want: []string{"allow shop/Deployment/all#0 types [p4d.24xlarge] zones [z-a z-b] terms [on-demand]", "allow shop/Deployment/most#0 types [p4d.24xlarge] zones [z-a z-b] terms [on-demand] nodes [g1]"}, wantNot: []string{"limit shop/Deployment/all#0 gpu | nvidia.com/gpu: 8 | types [p4d.24xlarge] zones [z-a z-b] terms [on-demand] nodes"},
		},
		"time-sliced devices are counted as they are": {
			input: gpuNode("nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB-SHARED\nnvidia.com/gpu.replicas: \"4\"", `nvidia.com/gpu: "32"`),
			want:  []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×32 taken=0 fixed=map[] cut=false share=false"},
		},
		"without a product label the catalog's card is taken": {
			input: gpuNode("x: y", `nvidia.com/gpu: "8"`), want: []string{"offer existing [g1] 20 max=1 weight=0 overhead=0m 0Mi pods 0 used=0m 0Mi pods 0 cards A100-40GB×8"},
		},
	})
}
