package doctor

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// Labels of GPU feature discovery and MIG manager (NVIDIA/k8s-device-plugin @1b826acc, NVIDIA/gpu-operator @a22dbf6).
const (
	productLabel = "nvidia.com/gpu.product"
	configLabel  = "nvidia.com/mig.config"
	stateLabel   = "nvidia.com/mig.config.state"
	gpuResource  = "nvidia.com/gpu"
	migPrefix    = "nvidia.com/mig-"
)

// trait is something in which nodes of one NodePool should be alike.
type trait struct {
	check, name string
	severity    planner.Severity
	value       func(*corev1.Node) string // "": not known of this node
	among       func(*corev1.Node) string // only nodes with one word are compared; nil: all
	of          func(*corev1.Node) bool   // which nodes have it; nil: all
	why, do     string
}

func (e *exam) traits() []trait {
	label := func(key string) func(*corev1.Node) string {
		return func(n *corev1.Node) string { return n.Labels[key] }
	}
	arch := func(n *corev1.Node) string { return n.Labels[corev1.LabelArchStable] }
	return []trait{
		{"gpuProduct", "GPU product", planner.Warning, label(productLabel), typeOf, e.hasGPU,
			"A plan takes nodes of one type for equal; pods may meet another card than they were sized for.", "See which image, driver or time-slicing suffix differs, and replace the odd nodes."},
		{"gpuDriver", "GPU driver", planner.Warning, driverOf, nil, e.hasGPU,
			"A pod that runs on one of these nodes may fail on the next: CUDA and MIG profiles depend on the driver.", "Pin one driver in the image or the GPU operator, and replace the odd nodes."},
		{"migConfig", "MIG config", planner.Warning, label(configLabel), typeOf, e.hasGPU,
			"Karpenter takes nodes of one NodePool for equal; pods wait for slices that some of them do not have.", "Say " + configLabel + " in the NodePool's template labels, one NodePool for each layout."},
		{"kubeletVersion", "Kubelet version", planner.Info, func(n *corev1.Node) string { return n.Status.NodeInfo.KubeletVersion }, nil, nil,
			"Nodes are between two upgrades; what the kubelet reserves may differ.", "Let drift finish, or see which pods and budgets hold the older nodes."},
		{"osImage", "OS image", planner.Info, func(n *corev1.Node) string { return n.Status.NodeInfo.OSImage }, arch, nil,
			"Nodes come from several images; drivers and reserved memory may differ with them.", "Pin one image in the node class, and let drift replace the others."},
		{"kernel", "Kernel", planner.Info, func(n *corev1.Node) string { return n.Status.NodeInfo.KernelVersion }, arch, nil,
			"GPU drivers are built for a kernel, and memory left for pods differs with it.", "Pin one image in the node class, and let drift replace the others."},
		{"allocatable", "Allocatable", planner.Warning, amountsOf, func(n *corev1.Node) string {
			return strings.TrimSuffix(typeOf(n)+" laid out as "+n.Labels[configLabel], " laid out as ")
		}, nil,
			"Nodes of one type do not give the same, so that pods fit on one and not on the next.", "See whether a device plugin has failed, or kubelet settings differ (maxPods, reserved)."},
	}
}

// alike finds nodes of one NodePool that differ from each other.
func (e *exam) alike() {
	for _, pool := range keys(e.on) {
		if pool == "" {
			continue
		}
		for _, t := range e.traits() {
			groups := map[string][]*corev1.Node{}
			for _, n := range e.on[pool] {
				group := ""
				if t.among != nil {
					group = t.among(n)
				}
				if t.of == nil || t.of(n) {
					groups[group] = append(groups[group], n)
				}
			}
			for _, group := range keys(groups) {
				e.compare(t, pool, group, groups[group])
			}
		}
		e.compareMemory(pool)
	}
}

func (e *exam) compare(t trait, pool, group string, nodes []*corev1.Node) {
	with := map[string][]string{}
	for _, n := range nodes {
		with[t.value(n)] = append(with[t.value(n)], n.Name)
	}
	what := t.name
	if group != "" {
		what += " of " + group
	}
	if len(with) == 1 {
		if t.check == "gpuProduct" && len(with[""]) > 0 {
			e.add(Finding{
				Severity: planner.Info, Check: t.check, Object: "NodePool/" + pool, Nodes: namesOf(nodes),
				Seen: fmt.Sprintf("%s: not known; label %s is on none of %s (%s).", what, productLabel, count(len(nodes), "node", "nodes"), some(namesOf(nodes))),
				Why:  "Product, driver and MIG layout of these nodes are unknown here.", Do: "Run GPU feature discovery, or leave it so if the catalog's word is enough.",
			})
		}
		return
	}
	var parts []string
	for _, value := range keys(with) {
		said := value
		if said == "" {
			said = "not known"
		}
		parts = append(parts, fmt.Sprintf("%s on %s (%s)", said, share(len(with[value]), len(nodes)), some(with[value])))
	}
	e.add(Finding{Severity: t.severity, Check: t.check, Object: "NodePool/" + pool, Seen: what + ": " + cut(parts) + ".", Why: t.why, Do: t.do, Nodes: namesOf(nodes)})
}

// cut joins parts, of which a hostile or very mixed input may have thousands.
func cut(parts []string) string {
	const most = 6
	if len(parts) > most {
		parts = append(parts[:most:most], fmt.Sprintf("%d more", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}

// hasGPU tells nodes with NVIDIA's cards, from what they say or what their type is.
func (e *exam) hasGPU(n *corev1.Node) bool {
	if n.Labels["nvidia.com/gpu.present"] == "true" || n.Labels[productLabel] != "" {
		return true
	}
	for name, q := range n.Status.Allocatable {
		if nvidia(string(name)) && !q.IsZero() {
			return true
		}
	}
	machine, _ := e.Catalog.Lookup(typeOf(n))
	return machine.GPU.Count > 0 && strings.EqualFold(machine.GPU.Manufacturer, "nvidia")
}

// nvidia tells resources of whole cards and of slices.
func nvidia(resource string) bool {
	return resource == gpuResource || strings.HasPrefix(resource, migPrefix)
}

// driverOf reads the labels of GPU feature discovery, the new ones before those that they replace.
func driverOf(n *corev1.Node) string {
	if full := n.Labels["nvidia.com/cuda.driver-version.full"]; full != "" {
		return full
	}
	for _, form := range [][]string{{"nvidia.com/cuda.driver-version.", "major", "minor", "revision"}, {"nvidia.com/cuda.driver.", "major", "minor", "rev"}} {
		var parts []string
		for _, part := range form[1:] {
			if v := n.Labels[form[0]+part]; v != "" {
				parts = append(parts, v)
			}
		}
		if len(parts) > 0 {
			return strings.Join(parts, ".")
		}
	}
	return ""
}

// amountsOf prints what a node gives, but for memory and disk, which differ by a little from boot to boot.
func amountsOf(n *corev1.Node) string {
	list := map[string]string{}
	for name, q := range n.Status.Allocatable {
		switch name {
		case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		default:
			if !q.IsZero() {
				list[string(name)] = q.String()
			}
		}
	}
	var parts []string
	for _, name := range keys(list) {
		parts = append(parts, name+" "+list[name])
	}
	return strings.Join(parts, ", ")
}

// compareMemory finds nodes of one type and NodePool whose memory differs by more than one per cent (chosen).
func (e *exam) compareMemory(pool string) {
	least, most := map[string]int64{}, map[string]int64{}
	of := map[string][]*corev1.Node{}
	for _, n := range e.on[pool] {
		mib := mibOf(n.Status.Allocatable)
		if mib <= 0 {
			continue
		}
		t := typeOf(n)
		if of[t] = append(of[t], n); len(of[t]) == 1 {
			least[t] = mib
		}
		least[t], most[t] = min(least[t], mib), max(most[t], mib)
	}
	for _, t := range keys(of) {
		if most[t]-least[t] > most[t]/100 {
			e.add(Finding{
				Severity: planner.Info, Check: "allocatable", Object: "NodePool/" + pool, Nodes: namesOf(of[t]),
				Seen: fmt.Sprintf("Allocatable memory of %s: from %d to %d MiB on %s.", t, least[t], most[t], count(len(of[t]), "node", "nodes")),
				Why:  "A pod that fills one of these nodes does not fit on another.", Do: "See whether images or kubelet settings differ (systemReserved, evictionHard).",
			})
		}
	}
}
