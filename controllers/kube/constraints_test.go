package kube

import (
	"strings"
	"testing"
)

func TestConstraints(t *testing.T) {
	world := pool("default", anywhere)
	affinity := func(terms string) string {
		return "affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n" + indent(6, terms)
	}
	expression := func(key, op, values string) string {
		return affinity("- matchExpressions:\n  - {key: " + key + ", operator: " + op + ", values: " + values + "}")
	}
	prove(t, map[string]claim{
		"a node selector allows the types with that label and says so": {
			input: world + deployment("web", 2, "nodeSelector: {kubernetes.io/arch: arm64}"),
			want: []string{
				"pods shop/Deployment/web#0 2 × 500m 1024Mi",
				"limit shop/Deployment/web#0 arch | kubernetes.io/arch: arm64 | types [m6g.large] zones [z-a z-b]",
			},
		},
		"a renamed label means the same as its new name": {
			input: world + deployment("web", 1, "nodeSelector: {beta.kubernetes.io/arch: arm64}"),
			want:  []string{"allow shop/Deployment/web#0 types [m6g.large]"},
		},
		"In allows the listed values": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-family", "In", "[m6g, p5]")),
			want:  []string{"allow shop/Deployment/web#0 types [m6g.large p5.4xlarge]"},
		},
		"NotIn allows the others and those without the label": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-gpu-name", "NotIn", "[a100, h100, a10g]")),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge m5.large m5.xlarge m6g.large]"},
		},
		"Exists allows those with the label": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-gpu-name", "Exists", "[]")),
			want:  []string{"allow shop/Deployment/web#0 types [g5.xlarge p4d.24xlarge p5.4xlarge]"},
		},
		"DoesNotExist allows those without": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-gpu-name", "DoesNotExist", "[]")),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge m5.large m5.xlarge m6g.large]"},
		},
		"Gt compares numbers, not text": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-cpu", "Gt", `["4"]`)),
			want:  []string{"allow shop/Deployment/web#0 types [p4d.24xlarge p5.4xlarge]"},
		},
		"Lt compares numbers, not text": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-cpu", "Lt", `["16"]`)),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large]"},
		},
		"terms are alternatives and expressions of a term hold together": {
			input: world + deployment("web", 1, affinity(`
- matchExpressions:
  - {key: kubernetes.io/arch, operator: In, values: [arm64]}
- matchExpressions:
  - {key: karpenter.k8s.aws/instance-family, operator: In, values: [m5]}
  - {key: karpenter.k8s.aws/instance-size, operator: In, values: [xlarge]}`)),
			want: []string{"limit shop/Deployment/web#0 nodeAffinity | kubernetes.io/arch In [arm64], or karpenter.k8s.aws/instance-family In [m5] and karpenter.k8s.aws/instance-size In [xlarge] | types [m5.xlarge m6g.large]"},
		},
		"an empty term holds nowhere": {
			input: world + deployment("web", 1, affinity("- {}")),
			want:  []string{"stuck shop/Deployment/web 1: no kind of node meets nodeAffinity"},
		},
		"the field metadata.name is the name of a node of today": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "m5.large", "z-a", "") +
				deployment("web", 1, affinity("- matchFields:\n  - {key: metadata.name, operator: In, values: [n2]}")),
			want: []string{"allow shop/Deployment/web#0 types [] zones [] terms [] nodes [n2]"},
		},
		"a taint keeps pods away that do not tolerate it": {
			input: world + pool("gpu", anywhere+"    taints: [{key: gpu, value: \"true\", effect: NoSchedule}]") + deployment("web", 1, "nodeSelector: {karpenter.sh/nodepool: gpu}"),
			want:  []string{"stuck shop/Deployment/web 1: no kind of node meets all of pool: karpenter.sh/nodepool: gpu; taints: does not tolerate gpu=true:NoSchedule"},
		},
		"a toleration with the value lets them in": {
			input: pool("gpu", anywhere+"    taints: [{key: gpu, value: \"true\", effect: NoSchedule}]") + deployment("web", 1, "tolerations: [{key: gpu, value: \"true\"}]"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge"},
		},
		"a toleration of another effect does not": {
			input: pool("gpu", anywhere+"    taints: [{key: gpu, value: \"true\", effect: NoSchedule}]") + deployment("web", 1, "tolerations: [{key: gpu, operator: Exists, effect: NoExecute}]"),
			want:  []string{"stuck shop/Deployment/web 1"},
		},
		"a toleration without a key and Exists covers everything": {
			input: pool("gpu", anywhere+"    taints: [{key: gpu, effect: NoExecute}]") + deployment("web", 1, "tolerations: [{operator: Exists}]"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge"},
		},
		"a startup taint is ignored": {
			input: pool("default", anywhere+"    startupTaints: [{key: cilium, effect: NoSchedule}]") + deployment("web", 1, ""),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge"},
		},
		"PreferNoSchedule is counted as a preference": {
			input: pool("default", anywhere+"    taints: [{key: slow, effect: PreferNoSchedule}]") + deployment("web", 1, ""),
			want: []string{
				"allow shop/Deployment/web#0 types [c6i.xlarge", "soft shop/Deployment/web#0 PreferNoSchedule taint: slow:PreferNoSchedule",
				"info shop/Deployment/web: preferred, counted and not obeyed: PreferNoSchedule taint",
			},
		},
		"preferred terms are counted and do not narrow": {
			input: world + deployment("web", 1, `
affinity:
  nodeAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - {weight: 5, preference: {matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}`),
			want: []string{"allow shop/Deployment/web#0 types [c6i.xlarge g5.xlarge m5.large", "soft shop/Deployment/web#0 preferred nodeAffinity: kubernetes.io/arch In [arm64] (weight 5)"},
		},
		"windows pods find no node in a catalog of linux": {
			input: world + deployment("web", 3, "os: {name: windows}"),
			want:  []string{"stuck shop/Deployment/web 3: no kind of node meets os: spec.os: windows"},
		},
		"a template that names its node is pinned to it": {
			input: world + machineNode("n1", "m5.large", "z-a", "") + deployment("web", 1, "nodeName: n1"),
			want:  []string{"limit shop/Deployment/web#0 pinned | spec.nodeName: n1 | types [] zones [] terms [] nodes [n1]"},
		},
		"whole GPUs need a node with as many cards": {
			input: world + deployment("train", 1, "initContainers: [{resources: {limits: {nvidia.com/gpu: 2}}}]"),
			want:  []string{"pods shop/Deployment/train#0 1 × 500m 1024Mi gpu=2", "limit shop/Deployment/train#0 gpu | nvidia.com/gpu: 2 | types [p4d.24xlarge]"},
		},
		"a MIG profile needs a card whose model has it": {
			input: world + deployment("a", 1, "initContainers: [{resources: {limits: {nvidia.com/mig-1g.5gb: 1}}}]") +
				deployment("b", 1, "initContainers: [{resources: {limits: {nvidia.com/mig-1g.10gb: 1}}}]"),
			want: []string{
				"pods shop/Deployment/a#0 1 × 500m 1024Mi 1g.5gb=1",
				"limit shop/Deployment/a#0 gpu | nvidia.com/mig-1g.5gb: 1 | types [p4d.24xlarge]",
				"limit shop/Deployment/b#0 gpu | nvidia.com/mig-1g.10gb: 1 | types [p4d.24xlarge p5.4xlarge]",
			},
		},
		"an extended resource that nobody offers leaves its pods stuck": {
			input: world + deployment("web", 1, "initContainers: [{resources: {limits: {vendor.com/fpga: 1}}}]"),
			want:  []string{"stuck shop/Deployment/web 1: no kind of node meets resource: vendor.com/fpga: 1"},
		},
		"resource claims are stuck with a reason": {
			input: world + deployment("web", 2, "resourceClaims: [{name: gpu}]"),
			want:  []string{"stuck shop/Deployment/web 2: asks for devices by resource claims (gpu), which are not planned yet", "warning shop/Deployment/web: resource claims (DRA)"},
		},
		"scheduling gates leave pods out, and a note counts them": {
			input:   world + pod("web-1", "web", "", "schedulingGates: [{name: quota}]"),
			want:    []string{"info shop/Deployment/web: has scheduling gates"},
			wantNot: []string{"pods shop/Deployment/web"},
		},
		"a label of Karpenter's that the catalog lacks is taken as met, with a warning": {
			input: world + deployment("web", 1, "nodeSelector: {karpenter.k8s.aws/instance-ebs-bandwidth: \"4750\"}"),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge", "warning shop/Deployment/web: the catalog does not know the label karpenter.k8s.aws/instance-ebs-bandwidth"},
		},
		"a number that is none matches nothing and is named": {
			input: world + deployment("web", 1, expression("karpenter.k8s.aws/instance-cpu", "Gt", "[many]")),
			want:  []string{"stuck shop/Deployment/web 1: ", "warning shop/Deployment/web: a node affinity expression that matches nothing: karpenter.k8s.aws/instance-cpu Gt \"many\""},
		},
	})
}

func TestVolumes(t *testing.T) {
	world := pool("default", anywhere) + machineNode("n1", "m5.large", "z-b", "")
	const claim1 = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]"
	bound := func(affinity string) string {
		return `
kind: PersistentVolumeClaim
apiVersion: v1
metadata: {name: data, namespace: shop}
spec: {volumeName: pv-1}
---

kind: PersistentVolume
apiVersion: v1
metadata: {name: pv-1}
spec:
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [` + affinity + `]}]}}
---
`
	}
	prove(t, map[string]claim{
		"a volume keeps its pod in its zone": {
			input: world + pod("web-1", "web", "n1", claim1) + bound("{key: topology.kubernetes.io/zone, operator: In, values: [z-a]}"),
			want:  []string{"limit shop/Deployment/web#0 volume | PersistentVolume pv-1: topology.kubernetes.io/zone In [z-a] | types [c6i.xlarge g5.xlarge m5.large m5.xlarge m6g.large p4d.24xlarge p5.4xlarge] zones [z-a]"},
		},
		"a CSI driver's own topology key means the zone": {
			input: world + pod("web-1", "web", "n1", claim1) + bound("{key: topology.ebs.csi.aws.com/zone, operator: In, values: [z-a]}"),
			want:  []string{"limit shop/Deployment/web#0 volume | PersistentVolume pv-1: topology.kubernetes.io/zone In [z-a]"},
		},
		"a regional disk's label names several zones": {
			input: world + pod("web-1", "web", "n1", claim1) + strings.Replace(strings.Split(bound("x: y"), "\nspec:\n  nodeAffinity")[0], "metadata: {name: pv-1}", "metadata: {name: pv-1, labels: {topology.kubernetes.io/zone: z-a__z-b}}", 1),
			want:  []string{"limit shop/Deployment/web#0 volume | PersistentVolume pv-1: topology.kubernetes.io/zone In [z-a z-b] | types [c6i.xlarge"},
		},
		"a local volume pins its pod to its node": {
			input: world + pod("web-1", "web", "n1", claim1) + bound("{key: kubernetes.io/hostname, operator: In, values: [n1]}"),
			want:  []string{"allow shop/Deployment/web#0 types [] zones [] terms [] nodes [n1]"},
		},
		"a claim that is not in the input keeps its pod in its present zone": {
			input: world + pod("web-1", "web", "n1", claim1),
			want:  []string{"limit shop/Deployment/web#0 volume | PersistentVolumeClaim data is not in the input: stays in z-b: topology.kubernetes.io/zone In [z-b]", "info shop/Deployment/web: a PersistentVolumeClaim or its volume is not in the input"},
		},
		"a claim of a pod that runs nowhere is named and free": {
			input: world + pod("web-1", "web", "", claim1),
			want:  []string{"allow shop/Deployment/web#0 types [c6i.xlarge", "warning shop/Deployment/web: a PersistentVolumeClaim or its volume is not in the input"},
		},
		"an unbound claim goes where its storage class may make volumes": {
			input: world + pod("web-1", "web", "", claim1) + `
kind: PersistentVolumeClaim
apiVersion: v1
metadata: {name: data, namespace: shop}
spec: {storageClassName: fast}
---

kind: StorageClass
apiVersion: storage.k8s.io/v1
metadata: {name: fast}
allowedTopologies: [{matchLabelExpressions: [{key: topology.ebs.csi.aws.com/zone, values: [z-b]}]}]
`,
			want: []string{"limit shop/Deployment/web#0 volume | StorageClass fast allowedTopologies: topology.kubernetes.io/zone In [z-b]"},
		},
		"replicas of a StatefulSet to come go where their class makes volumes": {
			input: world + `
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: db, namespace: shop}
spec:
  replicas: 2
  template: {spec: {containers: [{resources: {requests: {cpu: 1}}}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]
---

kind: StorageClass
apiVersion: storage.k8s.io/v1
metadata: {name: fast}
allowedTopologies: [{matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [z-a]}]}]
`,
			want: []string{"pods shop/StatefulSet/db#0 2 × 1000m 0Mi", "limit shop/StatefulSet/db#0 volume | StorageClass fast allowedTopologies: topology.kubernetes.io/zone In [z-a]"},
		},
		"pods of one owner whose volumes lie in two zones are two shapes": {
			input: world + machineNode("n2", "m5.large", "z-a", "") + pod("web-1", "web", "n1", claim1) + pod("web-2", "web", "n2", claim1),
			want:  []string{"pods shop/Deployment/web#0 1 × ", "pods shop/Deployment/web#1 1 × "},
		},
	})
}
