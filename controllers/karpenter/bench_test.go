package karpenter

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// mixed are n pods of up to 40 workloads: a tenth ask for a card and tolerate the GPU pool's taint, a fifth are spread
// over zones.
func mixed(t testing.TB, n int, gpuShare float64) World {
	dice := rand.New(rand.NewPCG(7, uint64(n)))
	w := World{Catalog: pricing.Embedded(), Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}}
	general := `{key: kubernetes.io/arch, operator: In, values: [amd64]}, {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}, {key: karpenter.k8s.aws/instance-generation, operator: Gt, values: ["4"]}`
	w.NodePools = []*kube.NodePool{
		pool(t, "general", "template: {spec: {requirements: ["+general+"]}}"),
		pool(t, "gpu", `template: {spec: {taints: [{key: nvidia.com/gpu, effect: NoSchedule}], requirements: [{key: kubernetes.io/arch, operator: In, values: [amd64]}, {key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [a10g, l4]}]}}`),
	}
	const workloads = 40
	for i := range workloads {
		cpu, memory := 100*(1+dice.IntN(40)), 256*(1+dice.IntN(32))
		name, more := fmt.Sprintf("w%d", i), ""
		requests := fmt.Sprintf("cpu=%dm,memory=%dMi", cpu, memory)
		switch {
		case dice.Float64() < gpuShare:
			requests += ",nvidia.com/gpu=1"
			more = "tolerations: [{key: nvidia.com/gpu, operator: Exists}]"
		case dice.Float64() < 0.2:
			more = `topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: ` + name + `}}}]`
		}
		w.Pods = append(w.Pods, pods(t, name, n/workloads, requests, more)...)
	}
	return w
}

func BenchmarkSchedule(b *testing.B) {
	cases := map[string]struct {
		n    int
		gpu  float64
		edit func(*World)
	}{
		"1000 mixed":            {1000, 0.1, nil},
		"5000 mixed":            {5000, 0.1, nil},
		"1000 with a card each": {1000, 2, nil},
		"1000 with a card each, fewer than 8 on a node": {1000, 2, func(w *World) {
			w.NodePools[1].Spec.Template.Spec.Requirements = append(w.NodePools[1].Spec.Template.Spec.Requirements,
				kube.Requirement{Key: "karpenter.k8s.aws/instance-gpu-count", Operator: "Lt", Values: []string{"8"}})
		}},
	}
	for name, tc := range cases {
		b.Run(name, func(b *testing.B) {
			w := mixed(b, tc.n, tc.gpu)
			if tc.edit != nil {
				tc.edit(&w)
			}
			for b.Loop() {
				r, err := w.Schedule(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(r.PricePerHour.Float64(), "$/h")
				b.ReportMetric(float64(len(r.New)), "nodes")
				b.ReportMetric(float64(len(r.Unplaced)), "unplaced")
			}
			b.ReportMetric(float64(tc.n)*float64(b.N)/b.Elapsed().Seconds(), "pods/s")
		})
	}
}

// BenchmarkWhatIf asks of each of the nodes that a greenfield run has made what happens without it.
func BenchmarkWhatIf(b *testing.B) {
	w := thousand(b)
	r, err := w.Schedule(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	w = settled(b, w, r)
	for b.Loop() {
		if _, err := w.WhatIf(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(w.Nodes)), "ms/node")
}

// settled is the world after a result has come true.
func settled(t testing.TB, w World, r Result) World {
	t.Helper()
	at := map[string]string{}
	for i, n := range r.New {
		machine, ok := w.Catalog.Lookup(n.InstanceType)
		if !ok {
			t.Fatalf("no type %q", n.InstanceType)
		}
		made := nodeOf(fmt.Sprintf("made-%d", i), machine, n.Pool)
		made.Labels["topology.kubernetes.io/zone"], made.Labels["karpenter.sh/capacity-type"] = n.Zone, n.CapacityType
		w.Nodes = append(w.Nodes, made)
		for _, p := range n.Pods {
			at[p] = made.Name
		}
	}
	var all []*corev1.Pod
	for _, p := range w.Pods {
		p = p.DeepCopy()
		if name, ok := at[keyOf(p)]; ok {
			p.Spec.NodeName, p.Status.Phase = name, corev1.PodRunning
		}
		all = append(all, p)
	}
	w.Pods = all
	return w
}
