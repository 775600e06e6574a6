package karpenter

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
)

// plain are one sentence for each reason of Karpenter's, by a part of it.
var plain = []struct{ part, sentence string }{
	{"do-not-disrupt", "A pod on it, or the node, says do-not-disrupt: Karpenter waits until that is taken off."},
	{"pdb", "A PodDisruptionBudget allows none of its pods to be evicted now."},
	{"uninitialized node", "Its pods would go to a node that is still starting: Karpenter waits for it."},
	{"not all pods would schedule", "Some of its pods find no place on the nodes that stay, nor on a new one."},
	{"Can't remove without creating", "Its pods would need several new nodes; Karpenter puts at most one in the place of those it takes."},
	{"one of the same type that goes", "The one node that would replace them is of a type that goes, and no cheaper than keeping that one."},
	{"SpotToSpot", "It is spot, and the gate SpotToSpotConsolidation is off."},
	{"cheaper node", "The one node that its pods would need costs as much or more."},
	{"Filtering by price", "The cheaper types that are left do not meet a minValues of its NodePool."},
	{"isn't managed by karpenter", "Karpenter has not made it, and leaves it alone."},
	{"does not have label", "It lacks a label that Karpenter needs to know its price."},
	{"not found", "Its NodePool no longer sells its type, or the catalog does not know it, so Karpenter has no price to compare with."},
}

// Why says in one plain sentence why nodes are as Karpenter has left them.
func (w World) Why(r Removal) string {
	for _, p := range plain {
		if r.Reason != "" && strings.Contains(r.Reason, p.part) {
			return p.sentence
		}
	}
	if r.Reason != "" {
		return "Karpenter keeps it."
	}
	for _, name := range r.Nodes {
		if why := w.withheld(name); why != "" {
			return why
		}
	}
	return fmt.Sprintf("Karpenter would %s it once consolidateAfter and the disruption budgets of its NodePool allow.", r.Decision)
}

// withheld is what a NodePool's policy says against taking a node.
func (w World) withheld(name string) string {
	at := slices.IndexFunc(w.Nodes, func(n *corev1.Node) bool { return n.Name == name })
	if at < 0 {
		return ""
	}
	pool := w.Nodes[at].Labels[v1.NodePoolLabelKey]
	at = slices.IndexFunc(w.NodePools, func(p *kube.NodePool) bool { return p.Name == pool })
	if at < 0 {
		return ""
	}
	p := w.NodePools[at]
	switch {
	case p.Spec.Replicas != nil:
		return fmt.Sprintf("NodePool %s is static: it keeps its number of nodes.", pool)
	case p.Spec.Disruption.ConsolidateAfter == "Never":
		return fmt.Sprintf("NodePool %s never consolidates (consolidateAfter: Never).", pool)
	case p.Spec.Disruption.ConsolidationPolicy == string(v1.ConsolidationPolicyWhenEmpty):
		for _, q := range w.Pods {
			if q.Spec.NodeName == name && !bound(q) {
				return fmt.Sprintf("NodePool %s takes empty nodes only (consolidationPolicy: WhenEmpty).", pool)
			}
		}
	case p.Spec.Disruption.ConsolidationPolicy == string(v1.ConsolidationPolicyBalanced):
		return fmt.Sprintf("NodePool %s is Balanced: Karpenter takes it only where the share of cost saved is half the share of disruption or more.", pool)
	}
	return ""
}
