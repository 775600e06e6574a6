package kube

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// limits reads what the NodePools may have in all, less what nodes take that nobody may change: held ones, and those
// outside all costs. Nodes that may go count when the plan keeps them.
func (t *translation) limits() []planner.Limit {
	var out []planner.Limit
	for _, p := range t.in.NodePools {
		if p.Spec.Replicas != nil {
			continue
		}
		taken := planner.Resources{}
		nodes := int64(0)
		for _, n := range t.nodes {
			if n.pool == p.Name && (n.held != "" || n.left != "") {
				taken = plus(taken, capacityOf(n))
				nodes++
			}
		}
		for _, name := range slices.Sorted(maps.Keys(p.Spec.Limits)) {
			most := amounts(corev1.ResourceList{name: p.Spec.Limits[name]}, down)
			l := planner.Limit{Pool: p.Name, Resource: string(name)}
			switch name {
			case corev1.ResourceCPU:
				l.Max = most.CPUMilli - taken.CPUMilli
			case corev1.ResourceMemory:
				l.Max = most.MemoryMiB - taken.MemoryMiB
			case corev1.ResourceEphemeralStorage:
				l.Max = most.EphemeralMiB - taken.EphemeralMiB
			case corev1.ResourcePods:
				l.Max = most.Pods - taken.Pods
			case "nodes":
				l.Max = most.Extended["nodes"] - nodes
			default:
				l.Max = most.Extended[string(name)] - taken.Extended[string(name)]
			}
			if l.Max < 0 {
				t.notes.warn("NodePool/"+p.Name, "nodes that stay already exceed the limit on %s: no new node can be planned from it", name)
				l.Max = 0
			}
			out = append(out, l)
		}
	}
	return out
}
