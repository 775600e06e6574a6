package kube

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
)

// One Deployment has all of it: an init container, a sidecar, a limit without a request, an autoscaler, limits and quotas.
const scaled80 = `
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      initContainers:
      - {name: migrate, resources: {requests: {cpu: 2, memory: 1Gi}}}
      - {name: proxy, restartPolicy: Always, resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 128Mi}}}
      containers:
      - {name: app, resources: {requests: {cpu: 100m}, limits: {cpu: 1, memory: 1000000000}}}
---
`

func TestContainersAreKeptOneByOne(t *testing.T) {
	live := func(name, hash string) string {
		return "kind: Pod\nmetadata: {name: " + name + ", namespace: shop, labels: {app: web, tier: front, pod-template-hash: " + hash + "}, " +
			"ownerReferences: [{kind: ReplicaSet, name: web-" + hash + ", controller: true}]}\nspec:\n" +
			indent(2, scaled80[strings.Index(scaled80, "      initContainers"):strings.Index(scaled80, "---")]) + "\n---\n"
	}
	s := snap(t, pool("default", anywhere)+scaled80+strings.ReplaceAll(live("web-b", "h1")+live("web-a", "h2"), "        ", "  "))
	want := []planner.Workload{{
		Pods: []string{"web-a", "web-b"}, Labels: []string{"app=web", "tier=front"},
		Containers: []planner.Container{
			{Name: "migrate", Kind: planner.InitContainer, Requests: planner.Resources{CPUMilli: 2000, MemoryMiB: 1024}},
			{Name: "proxy", Kind: planner.Sidecar, Requests: planner.Resources{CPUMilli: 50, MemoryMiB: 64}, Limits: planner.Resources{MemoryMiB: 128}},
			{Name: "app", Requests: planner.Resources{CPUMilli: 100, MemoryMiB: 954}, Limits: planner.Resources{CPUMilli: 1000, MemoryMiB: 954}},
		},
	}}
	var got []planner.Workload
	for _, w := range s.Workloads {
		got = append(got, planner.Workload{Pods: w.Pods, Labels: w.Labels, Containers: w.Containers})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
}

func TestPodLevelResourcesAreNotTheContainers(t *testing.T) {
	s := snap(t, pool("default", anywhere)+"kind: Pod\nmetadata: {name: a, namespace: s}\nspec: {resources: {requests: {cpu: 2}}, containers: [{name: x, resources: {requests: {cpu: 1}}}]}")
	if c := s.Workloads[0].Containers; len(c) != 1 || c[0].Fixed == "" {
		t.Errorf("containers %+v: want one that may not be changed", c)
	}
}

func TestScalers(t *testing.T) {
	hpa := func(name, spec string) string {
		return "kind: HorizontalPodAutoscaler\nmetadata: {name: " + name + ", namespace: shop}\nspec:\n  scaleTargetRef: {kind: Deployment, name: web}\n" + indent(2, spec) + "\n---\n"
	}
	tests := map[string]struct {
		input string
		want  *planner.Scaler
		note  string
	}{
		"none": {"", nil, ""},
		"v1 has a target for CPU": {hpa("web", "minReplicas: 2\nmaxReplicas: 9\ntargetCPUUtilizationPercentage: 70\n"), &planner.Scaler{
			Min: 2, Max: 9, Metrics: []planner.ScalerMetric{{Resource: "cpu", Percent: 70}}}, ""},
		"without any metric it is 80 % of CPU, and at least one pod": {hpa("web", "maxReplicas: 9\n"), &planner.Scaler{
			Min: 1, Max: 9, Metrics: []planner.ScalerMetric{{Resource: "cpu", Percent: 80}}}, ""},
		"v2 has metrics of every kind": {hpa("web", `maxReplicas: 9
metrics:
- {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
- {type: ContainerResource, containerResource: {name: memory, container: app, target: {type: AverageValue, averageValue: 500Mi}}}
- {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 250m}}}
- {type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: 5}}}
`), &planner.Scaler{Min: 1, Max: 9, Metrics: []planner.ScalerMetric{
			{Resource: "cpu", Percent: 60}, {Resource: "memory", Container: "app", Value: 500}, {Resource: "cpu", Value: 250}, {}}}, ""},
		"of two the first by name counts": {hpa("b", "maxReplicas: 3\n") + hpa("a", "maxReplicas: 2\n"), &planner.Scaler{
			Min: 1, Max: 2, Metrics: []planner.ScalerMetric{{Resource: "cpu", Percent: 80}}}, "scales shop/Deployment/web"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := snap(t, pool("default", anywhere)+scaled80+tc.input)
			got := s.Workloads[0].Scaler
			if got != nil {
				got.Ref = planner.Ref{}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("scaler (-want +got):\n%s", diff)
			}
			noted := false
			for _, n := range s.Notes {
				noted = noted || strings.Contains(n.Text, tc.note)
			}
			if !noted && tc.note != "" {
				t.Errorf("no note says %q: %v", tc.note, s.Notes)
			}
		})
	}
}

func TestAScalerOfKEDANamesItsOwner(t *testing.T) {
	s := snap(t, pool("default", anywhere)+scaled80+"kind: HorizontalPodAutoscaler\nmetadata: {name: keda-hpa-web, namespace: shop, ownerReferences: [{kind: ScaledObject, name: web, controller: true}]}\n"+
		"spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 3}\nstatus: {currentReplicas: 2, desiredReplicas: 3}")
	if got := s.Workloads[0].Scaler; got == nil || got.Owner != "ScaledObject/web" || got.Current != 3 {
		t.Errorf("scaler %+v", got)
	}
}

func TestNamespacesHaveLimitsAndQuotas(t *testing.T) {
	s := snap(t, pool("default", anywhere)+`kind: LimitRange
metadata: {name: sane, namespace: shop}
spec:
  limits:
  - {type: Container, min: {cpu: 10m, memory: 1500k}, max: {cpu: 4, memory: 8Gi}, default: {cpu: 1}, defaultRequest: {cpu: 100m}, maxLimitRequestRatio: {cpu: "4", memory: 1500m}}
  - {type: Pod, max: {cpu: 8}}
  - {type: PersistentVolumeClaim, max: {storage: 1Ti}}
---
kind: ResourceQuota
metadata: {name: team, namespace: shop}
spec: {hard: {requests.cpu: "10", memory: 20Gi, limits.cpu: "30", pods: "50"}}
status: {used: {requests.cpu: 4500m, memory: 3Gi}}
---
kind: ResourceQuota
metadata: {name: batch, namespace: shop}
spec: {hard: {cpu: "1"}, scopes: [BestEffort]}`)
	want := []planner.Namespace{{
		Name: "shop",
		Limits: []planner.LimitRange{
			{Name: "sane", Type: "Container", Min: planner.Resources{CPUMilli: 10, MemoryMiB: 2}, Max: planner.Resources{CPUMilli: 4000, MemoryMiB: 8192},
				Default: planner.Resources{CPUMilli: 1000}, DefaultRequest: planner.Resources{CPUMilli: 100}, RatioCPU: 4, RatioMemory: 1.5},
			{Name: "sane", Type: "Pod", Max: planner.Resources{CPUMilli: 8000}},
		},
		Quotas: []planner.Quota{
			{Name: "batch", RequestsCPU: 1000, RequestsMemory: -1, LimitsCPU: -1, LimitsMemory: -1, Scoped: true},
			{Name: "team", RequestsCPU: 10_000, RequestsMemory: 20_480, LimitsCPU: 30_000, LimitsMemory: -1, UsedRequestsCPU: 4500, UsedRequests: 3072},
		},
	}}
	if diff := cmp.Diff(want, s.Namespaces); diff != "" {
		t.Errorf("namespaces (-want +got):\n%s", diff)
	}
}

func TestWhatAdministratorsWriteIsChecked(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"an autoscaler of nothing":      {"kind: HorizontalPodAutoscaler\nspec: {maxReplicas: 3}", "spec.scaleTargetRef"},
		"an autoscaler below nothing":   {"kind: HorizontalPodAutoscaler\nspec: {minReplicas: -1, scaleTargetRef: {kind: Deployment, name: web}}", "spec.minReplicas"},
		"a limit range below nothing":   {"kind: LimitRange\nspec: {limits: [{type: Container, max: {cpu: -1}}]}", "spec.limits[0].max.cpu"},
		"a quota that is below nothing": {"kind: ResourceQuota\nspec: {hard: {cpu: -1}}", "spec.hard.cpu"},
	} {
		t.Run(name, func(t *testing.T) {
			var object any
			switch o := parse(t, tc.text); {
			case len(o.Autoscalers) > 0:
				object = o.Autoscalers[0]
			case len(o.LimitRanges) > 0:
				object = o.LimitRanges[0]
			default:
				object = o.Quotas[0]
			}
			if err := Validate(object); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error on %s", err, tc.want)
			}
		})
	}
}
