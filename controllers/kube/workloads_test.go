package kube

import (
	"strings"
	"testing"
)

func TestDemand(t *testing.T) {
	world := pool("default", anywhere)
	n1 := machineNode("n1", "m5.large", "z-a", "")
	job := func(spec, status string) string {
		return `
kind: Job
apiVersion: batch/v1
metadata: {name: sum, namespace: shop}
spec:
  template: {spec: {containers: [{resources: {requests: {cpu: 100m}}}]}}
` + indent(2, spec) + `
status: {` + status + `}
---
`
	}
	prove(t, map[string]claim{
		"replicas that have no pod yet come from the template": {
			input: world + n1 + deployment("web", 3, "") + pod("web-1", "web", "n1", ""),
			want:  []string{"pods shop/Deployment/web#0 3 × 500m 1024Mi", "today shop/Deployment/web#0 n1 1"},
		},
		"absent replicas mean one": {
			input: world + "kind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{resources: {requests: {cpu: 1}}}]}}}",
			want:  []string{"pods shop/Deployment/web#0 1 × 1000m 0Mi"},
		},
		"zero replicas are no demand": {
			input: world + deployment("web", 0, ""), wantNot: []string{"pods shop/Deployment/web"},
		},
		"a ReplicaSet in the input leads to its Deployment, and is not counted beside it": {
			input: world + deployment("web", 2, "") + `
kind: ReplicaSet
apiVersion: apps/v1
metadata: {name: web-h1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
spec: {replicas: 2, template: {spec: {containers: [{resources: {requests: {cpu: 500m}}}]}}}
---
` + pod("web-1", "web", "", ""),
			want: []string{"pods shop/Deployment/web#0 2 ×"}, wantNot: []string{"ReplicaSet"},
		},
		"a ReplicaSet of an unknown kind of owner speaks for it": {
			input: world + `
kind: ReplicaSet
apiVersion: apps/v1
metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Rollout, name: web, controller: true}]}
spec: {replicas: 2, template: {spec: {containers: [{resources: {requests: {cpu: 500m}}}]}}}
---
`, want: []string{"pods shop/Rollout/web#0 2 × 500m"},
		},
		"more live pods than replicas all count": {
			input: world + deployment("web", 1, "") + pod("web-1", "web", "", "") + pod("web-2", "web", "", ""),
			want:  []string{"pods shop/Deployment/web#0 2 ×"},
		},
		"pods of one owner that differ are shapes of it": {
			input: world + pod("web-1", "web", "", "") + pod("web-2", "web", "", "nodeSelector: {kubernetes.io/arch: amd64}"),
			want:  []string{"pods shop/Deployment/web#0 1 ×", "pods shop/Deployment/web#1 1 ×"},
		},
		"labels that no selector looks at make no difference": {
			input: world + "kind: Pod\nmetadata: {name: a, namespace: s, labels: {x: a}, ownerReferences: [{kind: RayCluster, name: ray}]}\nspec: {containers: [{}]}\n---\n" +
				"kind: Pod\nmetadata: {name: b, namespace: s, labels: {x: b}, ownerReferences: [{kind: RayCluster, name: ray}]}\nspec: {containers: [{}]}",
			want: []string{"pods s/RayCluster/ray#0 2 × 0m"},
		},
		"a bare pod is its own workload, and a note says what a move means": {
			input: world + "kind: Pod\nmetadata: {name: a, namespace: s}\nspec: {containers: [{}]}",
			want:  []string{"pods s/Pod/a#0 1 ×", "info s/Pod/a: a pod without a controller"},
		},
		"ended and leaving pods are no demand": {
			input: world + "kind: Pod\nmetadata: {name: a, namespace: s}\nspec: {containers: [{}]}\nstatus: {phase: Succeeded}\n---\n" +
				"kind: Pod\nmetadata: {name: b, namespace: s}\nspec: {containers: [{}]}\nstatus: {phase: Failed}\n---\n" +
				"kind: Pod\nmetadata: {name: c, namespace: s, deletionTimestamp: \"2026-11-24T00:00:00Z\"}\nspec: {containers: [{}]}",
			wantNot: []string{"pods s/Pod"},
		},
		"a Job runs as many as it may at once":      {input: world + job("parallelism: 3\ncompletions: 10", "succeeded: 2"), want: []string{"pods shop/Job/sum#0 3 × 100m"}},
		"a Job near its end runs only what is left": {input: world + job("parallelism: 3\ncompletions: 10", "succeeded: 9"), want: []string{"pods shop/Job/sum#0 1 ×"}},
		"a suspended Job runs nothing":              {input: world + job("suspend: true", ""), wantNot: []string{"pods shop/Job"}},
		"a finished Job runs nothing":               {input: world + job("parallelism: 3", `conditions: [{type: Complete, status: "True"}]`), wantNot: []string{"pods shop/Job"}},
		"a failed Job runs nothing":                 {input: world + job("parallelism: 3", `conditions: [{type: Failed, status: "True"}]`), wantNot: []string{"pods shop/Job"}},
		"Jobs of a CronJob are its": {
			input: world + `
kind: Job
apiVersion: batch/v1
metadata: {name: nightly-1, namespace: shop, ownerReferences: [{kind: CronJob, name: nightly, controller: true}]}
spec: {template: {spec: {containers: [{resources: {requests: {cpu: 1}}}]}}}
---

kind: CronJob
apiVersion: batch/v1
metadata: {name: nightly, namespace: shop}
`, want: []string{"pods shop/CronJob/nightly#0 1 × 1000m", "info shop/CronJob/nightly: a CronJob's Jobs to come are not planned"},
		},
		"two Jobs of one CronJob want a pod each": {
			input: world + strings.Repeat(`
kind: Job
apiVersion: batch/v1
metadata: {name: nightly-1, namespace: shop, ownerReferences: [{kind: CronJob, name: nightly, controller: true}]}
spec: {template: {spec: {containers: [{resources: {requests: {cpu: 1}}}]}}}
---
`, 2) + "kind: Pod\nmetadata: {name: a, namespace: shop, ownerReferences: [{kind: Job, name: nightly-1, controller: true}]}\nspec: {containers: [{resources: {requests: {cpu: 1}}}]}",
			want: []string{"pods shop/CronJob/nightly#0 2 × 1000m"},
		},
		"how long a toleration lasts makes no difference": {
			input: world + pod("web-1", "web", "", "tolerations: [{key: a, tolerationSeconds: 5}]") + pod("web-2", "web", "", "tolerations: [{key: a, tolerationSeconds: 6}, {key: node.kubernetes.io/not-ready, effect: NoExecute, operator: Exists, tolerationSeconds: 300}]"),
			want:  []string{"pods shop/Deployment/web#0 2 ×"},
		},
		"DaemonSet and static pods are overhead, not demand": {
			input: world + n1 + `
kind: Pod
metadata: {name: kube-proxy-n1, namespace: kube-system, annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{kind: Node, name: n1, controller: true}]}
spec: {nodeName: n1, containers: [{resources: {requests: {cpu: 100m}}}]}
---

kind: DaemonSet
apiVersion: apps/v1
metadata: {name: logs, namespace: kube-system}
spec: {template: {spec: {containers: [{resources: {requests: {cpu: 50m, memory: 10Mi}}}]}}}
---

kind: Pod
metadata: {name: logs-1, namespace: kube-system, ownerReferences: [{kind: DaemonSet, name: logs, controller: true}]}
spec: {nodeName: n1, containers: [{resources: {requests: {cpu: 50m, memory: 10Mi}}}]}
`,
			want:    []string{"offer existing [n1] 0.1 max=1 weight=0 overhead=150m 10Mi pods 2", "offer new default m5.large z-a on-demand 0.1 max=0 weight=0 overhead=150m 10Mi pods 2"},
			wantNot: []string{"pods kube-system"},
		},
		"a DaemonSet is overhead only where it fits": {
			input: world + pool("gpu", anywhere+"    taints: [{key: gpu, effect: NoSchedule}]") + `
kind: DaemonSet
apiVersion: apps/v1
metadata: {name: arm, namespace: kube-system}
spec: {template: {spec: {nodeSelector: {kubernetes.io/arch: arm64}, containers: [{resources: {requests: {cpu: 50m}}}]}}}
`,
			want: []string{"offer new default m6g.large z-a on-demand 0.08 max=0 weight=0 overhead=50m", "offer new default m5.large z-a on-demand 0.1 max=0 weight=0 overhead=0m", "offer new gpu m6g.large z-a on-demand 0.08 max=0 weight=0 overhead=0m"},
		},
		"a DaemonSet that is known by its pods only is one, without the name of its pods' node": {
			input: world + `
kind: Pod
metadata: {name: logs-1, namespace: kube-system, ownerReferences: [{kind: DaemonSet, name: logs, controller: true}]}
spec:
  containers: [{resources: {requests: {cpu: 50m}}}]
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [n9]}]}]}}}
`, want: []string{"offer new default m5.large z-a on-demand 0.1 max=0 weight=0 overhead=50m", "info kube-system/DaemonSet/logs: this DaemonSet is not in the input"},
		},
		"priority comes from the pod, and for a template from its class": {
			input: world + deployment("web", 1, "priorityClassName: gold") + pod("db-1", "db", "", "priority: 7") + `
kind: PriorityClass
apiVersion: scheduling.k8s.io/v1
metadata: {name: gold}
value: 1000
`, want: []string{"priority shop/Deployment/web#0 1000", "priority shop/Deployment/db#0 7"},
		},
		"the cluster's own classes need not be in the input": {
			input: world + deployment("web", 1, "priorityClassName: system-node-critical") + deployment("api", 1, "priorityClassName: system-cluster-critical"),
			want:  []string{"priority shop/Deployment/web#0 2000001000", "priority shop/Deployment/api#0 2000000000"},
		},
		"a template without a class has the global default": {
			input: world + deployment("web", 1, "") + "kind: PriorityClass\nmetadata: {name: usual}\nvalue: 50\nglobalDefault: true\n", want: []string{"priority shop/Deployment/web#0 50"},
		},
		"a runtime class adds its overhead and selector to a template": {
			input: world + deployment("web", 1, "runtimeClassName: kata") + `
kind: RuntimeClass
apiVersion: node.k8s.io/v1
metadata: {name: kata}
overhead: {podFixed: {cpu: 250m, memory: 120Mi}}
scheduling: {nodeSelector: {kubernetes.io/arch: arm64}}
`, want: []string{"pods shop/Deployment/web#0 1 × 750m 1144Mi", "allow shop/Deployment/web#0 types [m6g.large]"},
		},
		"a runtime class that is not in the input is named": {
			input: world + deployment("web", 1, "runtimeClassName: kata"), want: []string{"warning shop/Deployment/web: runtimeClassName kata is not in the input"},
		},
	})
}

func TestRequests(t *testing.T) {
	one := func(spec string) string {
		return pool("default", anywhere) + "kind: Pod\nmetadata: {name: a, namespace: s}\nspec:\n" + indent(2, spec)
	}
	prove(t, map[string]claim{
		"containers add up, and round up once": {
			input: one("containers: [{resources: {requests: {cpu: 100u, memory: 1}}}, {resources: {requests: {cpu: 100u, memory: 1Mi}}}]"),
			want:  []string{"pods s/Pod/a#0 1 × 1m 2Mi"},
		},
		"an init container that asks for more sets the request": {
			input: one("containers: [{resources: {requests: {cpu: 1}}}]\ninitContainers: [{resources: {requests: {cpu: 3}}}, {resources: {requests: {memory: 10Mi}}}]"),
			want:  []string{"pods s/Pod/a#0 1 × 3000m 10Mi"},
		},
		"a sidecar runs beside both": {
			input: one("containers: [{resources: {requests: {cpu: 1}}}]\ninitContainers: [{restartPolicy: Always, resources: {requests: {cpu: 500m}}}, {resources: {requests: {cpu: 2}}}]"),
			want:  []string{"pods s/Pod/a#0 1 × 2500m"},
		},
		"overhead is added":                         {input: one("overhead: {cpu: 250m}\ncontainers: [{resources: {requests: {cpu: 1}}}]"), want: []string{"pods s/Pod/a#0 1 × 1250m"}},
		"the pod's own request takes precedence":    {input: one("resources: {requests: {cpu: 4}}\ncontainers: [{resources: {requests: {cpu: 1}}}]"), want: []string{"pods s/Pod/a#0 1 × 4000m"}},
		"a limit alone is a request as well":        {input: one("containers: [{resources: {limits: {cpu: 2, memory: 1Gi}}}]"), want: []string{"pods s/Pod/a#0 1 × 2000m 1024Mi", "qos s/Pod/a#0 Guaranteed"}},
		"a pod that asks for nothing is BestEffort": {input: one("containers: [{}]"), want: []string{"pods s/Pod/a#0 1 × 0m 0Mi", "qos s/Pod/a#0 BestEffort"}},
		"a request below its limit is Burstable":    {input: one("containers: [{resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]"), want: []string{"qos s/Pod/a#0 Burstable"}},
		"disk and huge pages are counted in MiB": {
			input: one("containers: [{resources: {requests: {ephemeral-storage: 1Gi, hugepages-2Mi: 4Mi}, limits: {hugepages-2Mi: 4Mi}}}]"),
			want:  []string{"stuck s/Pod/a 1: no kind of node meets resource: hugepages-2Mi: 4"},
		},
		"a resize in progress counts as the larger of old and new": {
			input: one("containers: [{name: app, resources: {requests: {cpu: 1}}}]") + "\nstatus: {containerStatuses: [{name: app, allocatedResources: {cpu: 3}, resources: {requests: {cpu: 3}}}]}",
			want:  []string{"pods s/Pod/a#0 1 × 3000m"},
		},
		"an absurd amount stays at the largest and overflows nothing": {
			input: one("containers: [{resources: {requests: {cpu: 9e18, memory: 900E}}}, {resources: {requests: {cpu: 9e18, memory: 900E}}}]"),
			want:  []string{"pods s/Pod/a#0 1 × 1125899906842624m 1125899906842624Mi"},
		},
	})
}
