package main

import (
	"fmt"
	"strconv"
)

// podSpec is the spec in the workload's template; pods get their node and volumes on top.
func (wl workload) podSpec() object {
	requests := object{"cpu": cpuText(wl.cpu), "memory": fmt.Sprintf("%dMi", wl.mem)}
	limits := object{"memory": fmt.Sprintf("%dMi", wl.mem)}
	for name, count := range wl.devices() {
		requests[name] = strconv.FormatInt(count, 10)
		limits[name] = strconv.FormatInt(count, 10)
	}
	spec := object{
		"containers": []object{{"name": wl.name, "image": wl.image(), "resources": object{"requests": requests, "limits": limits}}},
	}
	if wl.priority != "" {
		spec["priorityClassName"] = wl.priority
		for _, p := range priorityClasses {
			if p.name == wl.priority {
				spec["priority"] = p.value
			}
		}
	}
	switch {
	case wl.kind == daemonSet:
		spec["tolerations"] = []object{{"operator": "Exists"}}
	case wl.gpu > 0 || wl.mig != nil:
		spec["tolerations"] = []object{{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}}
	}
	if wl.kind == job {
		spec["restartPolicy"] = "Never"
	}
	if wl.zones > 0 {
		spec["topologySpreadConstraints"] = []object{{
			"maxSkew": wl.zones, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
			"labelSelector": object{"matchLabels": object{"app": wl.name}},
		}}
	}
	if a := wl.affinity(); len(a) > 0 {
		spec["affinity"] = a
	}
	return spec
}

func (wl workload) affinity() object {
	a := object{}
	if needs := wl.nodeNeeds(); len(needs) > 0 {
		a["nodeAffinity"] = object{"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": []object{{"matchExpressions": needs}}}}
	}
	if wl.apart {
		a["podAntiAffinity"] = object{"requiredDuringSchedulingIgnoredDuringExecution": []object{{
			"topologyKey": "kubernetes.io/hostname", "labelSelector": object{"matchLabels": object{"app": wl.name}},
		}}}
	}
	if wl.near != "" {
		a["podAffinity"] = object{"preferredDuringSchedulingIgnoredDuringExecution": []object{{
			"weight": 50, "podAffinityTerm": object{
				"topologyKey": "topology.kubernetes.io/zone", "namespaceSelector": object{}, "labelSelector": object{"matchLabels": object{"app": wl.near}},
			},
		}}}
	}
	return a
}

func (wl workload) nodeNeeds() []object {
	switch {
	case wl.kind == daemonSet && wl.pool != "":
		return []object{need("karpenter.k8s.aws/instance-gpu-manufacturer", "In", "nvidia")}
	case wl.kind == daemonSet:
		return nil
	case wl.system():
		return []object{need("karpenter.sh/nodepool", "DoesNotExist")}
	case !wl.arm:
		return []object{need("kubernetes.io/arch", "In", "amd64")}
	}
	return nil
}

func cpuText(milli int64) string {
	if milli%1000 == 0 {
		return strconv.FormatInt(milli/1000, 10)
	}
	return strconv.FormatInt(milli, 10) + "m"
}
