package main

// addCluster adds what belongs to nobody's workload: namespaces, priorities, storage, and Karpenter's pools.
func (w *world) addCluster() {
	for _, name := range []string{"data", "jobs", "kube-system", "ml", "observability", "search", "shop", "web"} {
		w.add(object{"apiVersion": "v1", "kind": "Namespace", "metadata": w.meta("", name, object{"kubernetes.io/metadata.name": name})})
	}
	for _, p := range priorityClasses {
		w.add(object{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": w.meta("", p.name, nil), "value": p.value})
	}
	w.add(object{
		"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": w.meta("", "gp3", nil),
		"provisioner": "ebs.csi.aws.com", "volumeBindingMode": "WaitForFirstConsumer", "reclaimPolicy": "Delete",
	})
	for _, p := range pools {
		w.add(w.nodePool(p))
	}
	w.add(object{
		"apiVersion": "karpenter.sh/v1alpha1", "kind": "NodeOverlay", "metadata": w.meta("", "mig-a100-1g10gb", nil),
		"spec": object{
			"weight": 10,
			"requirements": []object{
				need("karpenter.sh/nodepool", "In", "gpu-mig"),
				need("node.kubernetes.io/instance-type", "In", "p4de.24xlarge"),
			},
			"capacity": object{"nvidia.com/mig-1g.10gb": "56"},
		},
	})
	w.add(object{
		"apiVersion": "karpenter.sh/v1alpha1", "kind": "NodeOverlay", "metadata": w.meta("", "savings-plan", nil),
		"spec": object{
			"weight":          5,
			"requirements":    []object{need("karpenter.k8s.aws/instance-family", "In", "m7i", "m7a", "m7g", "r7i", "r7a", "r7g", "c7i", "c7a", "c7g")},
			"priceAdjustment": "-12%",
		},
	})
}

type priority struct {
	name  string
	value int
}

var priorityClasses = []priority{
	{"system-cluster-critical", 2000000000}, {"system-node-critical", 2000001000}, {"business-critical", 100000}, {"batch-low", -100},
}

type pool struct {
	name     string
	weight   int
	taint    string
	limits   object
	requires []object
}

func need(key, operator string, values ...string) object {
	o := object{"key": key, "operator": operator}
	if len(values) > 0 {
		o["values"] = values
	}
	return o
}

var pools = []pool{
	{
		name: "general", weight: 10, limits: object{"cpu": "600", "memory": "3000Gi"},
		requires: []object{
			need("karpenter.k8s.aws/instance-category", "In", "c", "m", "r"),
			need("karpenter.k8s.aws/instance-generation", "Gt", "4"),
			need("kubernetes.io/arch", "In", "amd64", "arm64"),
			need("karpenter.sh/capacity-type", "In", "on-demand"),
			need("topology.kubernetes.io/zone", "In", zones...),
		},
	},
	{
		name: "gpu", weight: 20, taint: "nvidia.com/gpu", limits: object{"cpu": "400", "nvidia.com/gpu": "24"},
		requires: []object{
			need("karpenter.k8s.aws/instance-family", "In", "g5", "g6", "g6e"),
			need("kubernetes.io/arch", "In", "amd64"),
			need("karpenter.sh/capacity-type", "In", "on-demand"),
			need("topology.kubernetes.io/zone", "In", zones...),
		},
	},
	{
		name: "gpu-mig", weight: 30, taint: "nvidia.com/gpu", limits: object{"cpu": "400"},
		requires: []object{
			need("node.kubernetes.io/instance-type", "In", "p5.4xlarge", "p5.48xlarge", "p4de.24xlarge"),
			need("karpenter.sh/capacity-type", "In", "on-demand"),
			need("topology.kubernetes.io/zone", "In", zones...),
		},
	},
}

func (w *world) nodePool(p pool) object {
	spec := object{
		"requirements": p.requires, "expireAfter": "720h",
		"nodeClassRef": object{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "al2023"},
	}
	if p.taint != "" {
		spec["taints"] = []object{{"key": p.taint, "value": "true", "effect": "NoSchedule"}}
	}
	return object{
		"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": w.meta("", p.name, nil),
		"spec": object{
			"weight": p.weight, "limits": p.limits,
			"template":   object{"metadata": object{"labels": object{"team": "platform"}}, "spec": spec},
			"disruption": object{"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m", "budgets": []object{{"nodes": "10%"}}},
		},
	}
}
