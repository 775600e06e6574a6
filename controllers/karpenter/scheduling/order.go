// Package scheduling is Karpenter's own scheduler, copied from sigs.k8s.io/karpenter (Apache License 2.0, The Kubernetes
// Authors) by controllers/karpenter/gen with chance taken out of it. Karpenter ranges over Go maps to choose among
// equally good zones, so that it answers differently from run to run; this copy chooses the first by name, which is one
// of Karpenter's answers. This file holds the orders that the patches use; all others are generated.
package scheduling

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// unread takes the metrics, which nobody asks for here.
var unread = prometheus.NewRegistry()

// inOrder lists domains by name.
func inOrder(domains map[string]int32) []string { return slices.Sorted(maps.Keys(domains)) }

func sorted(values []string) []string { return slices.Sorted(slices.Values(values)) }

// byHash lists topology groups by a hash of their content.
func byHash(groups map[uint64]*TopologyGroup) []*TopologyGroup {
	list := make([]*TopologyGroup, 0, len(groups))
	for _, hash := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, groups[hash])
	}
	return list
}

// byFirstType lists groups of instance types by the name of the first of each, which is in no other.
func byFirstType[K comparable](groups map[K]*DaemonOverheadGroup) []*DaemonOverheadGroup {
	return slices.SortedFunc(maps.Values(groups), func(a, b *DaemonOverheadGroup) int {
		return cmp.Compare(a.InstanceTypes[0].Name, b.InstanceTypes[0].Name)
	})
}
