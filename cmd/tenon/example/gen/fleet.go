package main

import (
	"fmt"
	"strconv"

	"github.com/tenon-sh/tenon/planner/gpu"
)

const region = "us-east-1"

// group is a number of equal nodes of today; they take turns among the zones.
type group struct {
	pool, instanceType string
	count              int
	taint              string // key of a NoSchedule taint
	profile            string // MIG profile that all its cards are cut into; "": they are whole
	slices             int64  // of a card
}

// groups are what ten people have asked for in three years.
var groups = []group{
	{pool: "", instanceType: "m5.large", count: 2},
	{pool: "general", instanceType: "m5.4xlarge", count: 5},
	{pool: "general", instanceType: "c5.4xlarge", count: 3},
	{pool: "general", instanceType: "r5.4xlarge", count: 3},
	{pool: "general", instanceType: "m6i.8xlarge", count: 2},
	{pool: "gpu", instanceType: "g5.12xlarge", count: 2, taint: "nvidia.com/gpu"},
	{pool: "gpu", instanceType: "g5.xlarge", count: 1, taint: "nvidia.com/gpu"},
	{pool: "gpu-mig", instanceType: "p5.4xlarge", count: 2, taint: "nvidia.com/gpu", profile: "1g.10gb", slices: 7},
	{pool: "gpu-mig", instanceType: "p5.4xlarge", count: 2, taint: "nvidia.com/gpu", profile: "3g.40gb", slices: 2},
}

var zones = []string{region + "a", region + "b", region + "c"}

// node is a node of today while pods are put on it.
type node struct {
	group
	name, zone string
	labels     object
	capacity   object
	allocate   object
	cpu, mem   int64            // free, milli and MiB
	cpuAll     int64            // for pods
	pods       int64            // free
	devices    map[string]int64 // free, by resource
	apps       map[string]int   // pods of each app
}

func (w *world) addNodes() error {
	serial := 0
	for _, g := range groups {
		for i := range g.count {
			serial++
			n, err := w.newNode(g, zones[(i+serial/7)%len(zones)], serial)
			if err != nil {
				return err
			}
			w.nodes = append(w.nodes, n)
		}
	}
	return nil
}

func (w *world) newNode(g group, zone string, serial int) (node, error) {
	t, ok := w.catalog.Lookup(g.instanceType)
	if !ok {
		return node{}, fmt.Errorf("no type %s in the catalog", g.instanceType)
	}
	host := fmt.Sprintf("ip-10-%d-%d-%d.ec2.internal", 20+serial%3, 16*(serial%7)+w.dice.IntN(16), 4+w.dice.IntN(250))
	n := node{
		group: g, name: host, zone: zone, apps: map[string]int{}, devices: map[string]int64{},
		cpu: t.Allocatable.CPUMilli, cpuAll: t.Allocatable.CPUMilli, mem: t.Allocatable.MemoryMiB, pods: t.Allocatable.Pods,
	}
	n.labels = object{
		"kubernetes.io/arch": t.Arch, "kubernetes.io/os": "linux", "kubernetes.io/hostname": host,
		"node.kubernetes.io/instance-type": t.Name, "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone,
		"karpenter.k8s.aws/instance-category": t.Category, "karpenter.k8s.aws/instance-family": t.Family,
		"karpenter.k8s.aws/instance-size": t.Size, "karpenter.k8s.aws/instance-generation": strconv.FormatInt(t.Generation, 10),
		"karpenter.k8s.aws/instance-cpu": strconv.FormatInt(t.VCPU, 10), "karpenter.k8s.aws/instance-memory": strconv.FormatInt(t.MemoryMiB, 10),
	}
	if g.pool == "" {
		n.labels["eks.amazonaws.com/nodegroup"] = "system"
		n.labels["eks.amazonaws.com/capacityType"] = "ON_DEMAND"
	} else {
		n.labels["karpenter.sh/nodepool"] = g.pool
		n.labels["karpenter.sh/capacity-type"] = "on-demand"
	}
	n.capacity = object{"cpu": strconv.FormatInt(t.VCPU, 10), "memory": fmt.Sprintf("%dMi", t.MemoryMiB), "pods": strconv.FormatInt(n.pods, 10), "ephemeral-storage": "20Gi"}
	n.allocate = object{"cpu": fmt.Sprintf("%dm", n.cpu), "memory": fmt.Sprintf("%dMi", n.mem), "pods": strconv.FormatInt(n.pods, 10), "ephemeral-storage": fmt.Sprintf("%dMi", t.Allocatable.EphemeralMiB)}
	if t.GPU.Count > 0 {
		m, ok := gpu.ByLabel(t.GPU.Name, t.GPU.MemoryMiB)
		if !ok {
			return node{}, fmt.Errorf("no GPU model for %s", t.Name)
		}
		n.addGPUs(t.GPU.Name, t.GPU.MemoryMiB, t.GPU.Count, m)
	}
	return n, nil
}

func (n *node) addGPUs(label string, memoryMiB, count int64, m gpu.Model) {
	n.labels["karpenter.k8s.aws/instance-gpu-name"] = label
	n.labels["karpenter.k8s.aws/instance-gpu-manufacturer"] = "nvidia"
	n.labels["karpenter.k8s.aws/instance-gpu-count"] = strconv.FormatInt(count, 10)
	n.labels["karpenter.k8s.aws/instance-gpu-memory"] = strconv.FormatInt(memoryMiB, 10)
	n.labels["nvidia.com/gpu.present"] = "true"
	n.labels["nvidia.com/gpu.product"] = m.Products[0]
	n.labels["nvidia.com/gpu.count"] = strconv.FormatInt(count, 10)
	offer := map[string]int64{"nvidia.com/gpu": count}
	if n.profile != "" {
		offer["nvidia.com/gpu"] = 0
		offer["nvidia.com/mig-"+n.profile] = n.slices * count
		n.labels["nvidia.com/mig.strategy"] = "mixed"
		n.labels["nvidia.com/mig.config"] = "all-" + n.profile
		n.labels["nvidia.com/mig.config.state"] = "success"
	}
	for name, number := range offer {
		n.devices[name] = number
		n.capacity[name] = strconv.FormatInt(number, 10)
		n.allocate[name] = strconv.FormatInt(number, 10)
	}
}

func (n *node) object() object {
	spec := object{"providerID": "aws:///" + n.zone + "/i-0" + fmt.Sprintf("%016x", len(n.name)*7919+int(n.cpu)+len(n.apps)*104729)}
	if n.taint != "" {
		spec["taints"] = []object{{"key": n.taint, "value": "true", "effect": "NoSchedule"}}
	}
	return object{
		"apiVersion": "v1", "kind": "Node",
		"metadata": object{"name": n.name, "creationTimestamp": created, "labels": n.labels},
		"spec":     spec,
		"status": object{
			"capacity": n.capacity, "allocatable": n.allocate,
			"conditions": []object{{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": "2026-11-24T07:58:12Z", "lastTransitionTime": created}},
			"nodeInfo":   object{"architecture": n.labels["kubernetes.io/arch"], "operatingSystem": "linux", "kubeletVersion": "v1.36.1-eks-6f1c2a0"},
		},
	}
}
