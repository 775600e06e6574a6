package karpenter

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/utils/disruption"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
	"sigs.k8s.io/karpenter/pkg/utils/pod"

	"github.com/tenon-sh/tenon/pricing"
)

// Decision is what Karpenter's consolidation would do with nodes.
type Decision string

// The decisions. The zero value is the safest.
const (
	Keep    Decision = ""        // nothing: Removal.Reason says why
	Delete  Decision = "delete"  // the pods fit on the nodes that stay
	Replace Decision = "replace" // by one cheaper node
)

// Removal is what happens if nodes go.
type Removal struct {
	Nodes    []string `json:"nodes"`
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason,omitempty"` // why Karpenter would keep them, in its words
	// BeforePerHour is the price of the nodes that go, AfterPerHour that of the nodes made for their pods, whatever
	// Karpenter would decide. A node whose type or zone is not in the catalogue counts nothing, as in Karpenter.
	BeforePerHour pricing.Micro `json:"beforePerHour"`
	AfterPerHour  pricing.Micro `json:"afterPerHour"`
	Result        Result        `json:"result"` // where their pods go, with the pods that wait for a place now
}

// WhatIf takes nodes away, one set at a time, and lets Karpenter place their pods anew: on the nodes that stay, or on new
// ones. Each answer is by itself; the world does not change between them. Without sets it looks at each node that
// Karpenter has made alone.
//
// The decision is that of computeConsolidation in Karpenter's pkg/controllers/disruption, with the checks that come
// before it: pods and nodes that say do-not-disrupt, and PodDisruptionBudgets. Not looked at are consolidateAfter,
// consolidationPolicy and disruption budgets of the NodePool, which say when and how many, and whether the saving passes
// a Balanced policy.
func (w World) WhatIf(ctx context.Context, sets ...[]string) (removals []Removal, err error) {
	defer rescue(&err)
	c, err := w.build(ctx, nil)
	if err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		for _, n := range sortedByName(w.Nodes) {
			if n.Labels[v1.NodePoolLabelKey] != "" {
				sets = append(sets, []string{n.Name})
			}
		}
	}
	limits, err := pdb.NewLimits(c.ctx, c.client)
	if err != nil {
		return nil, fmt.Errorf("%w: PodDisruptionBudgets: %w", ErrKarpenter, err)
	}
	for _, set := range sets {
		removal, err := c.remove(set, limits)
		if err != nil {
			return nil, err
		}
		removals = append(removals, removal)
	}
	return removals, nil
}

// remove answers one question. Several nodes are taken as Karpenter's multi-node consolidation would.
func (c *cluster) remove(names []string, limits pdb.Limits) (Removal, error) {
	gone := map[string]bool{}
	for _, name := range names {
		gone[name] = true
	}
	r := Removal{Nodes: slices.Sorted(maps.Keys(gone))}
	nodes := map[string]*state.StateNode{}
	for n := range c.state.Nodes() {
		nodes[n.Name()] = n
	}
	pods := slices.Clone(c.pending)
	spot, before := true, 0.0
	for _, name := range r.Nodes {
		n := nodes[name]
		if n == nil {
			return Removal{}, fmt.Errorf("%w: no Node %q to remove", ErrWorld, name)
		}
		if r.Reason == "" {
			r.Reason = c.holds(n, limits)
		}
		spot = spot && n.Labels()[v1.CapacityTypeLabelKey] == v1.CapacityTypeSpot
		before += disruption.ResolveOfferingPrice(n.Labels(), c.typeOf(n))
		for _, p := range c.running[name] {
			if pod.IsReschedulable(p) {
				pods = append(pods, p)
			}
		}
	}
	s, err := c.solve(pods, gone)
	if err != nil {
		return Removal{}, err
	}
	r.Result = s.result(c)
	r.BeforePerHour, r.AfterPerHour = micro(before), r.Result.PricePerHour
	if r.Reason == "" {
		if r.Decision, r.Reason = c.decide(s, spot, before); r.Decision == Replace && len(r.Nodes) > 1 {
			r.Decision, r.Reason = c.cheaperThanSame(s.claims[0], r.Nodes, nodes)
		}
		if r.Decision != Keep {
			r.AfterPerHour = 0
			for _, claim := range s.claims { // what is left once dearer types are out
				r.AfterPerHour = r.AfterPerHour.Plus(launch(claim).PricePerHour)
			}
			r.Result = s.result(c)
		}
	}
	return r, nil
}

// typeOf is a node's type as its NodePool sells it; nil where it does not.
func (c *cluster) typeOf(n *state.StateNode) *cloudprovider.InstanceType {
	labels := n.Labels()
	for _, t := range c.types[labels[v1.NodePoolLabelKey]] {
		if t.Name == labels[corev1.LabelInstanceTypeStable] {
			return t
		}
	}
	return nil
}

// holds says why Karpenter would not even look at a node.
func (c *cluster) holds(n *state.StateNode, limits pdb.Limits) string {
	if reason := c.holdsPods(n, limits); reason != "" {
		return reason
	}
	labels := n.Labels()
	for _, key := range []string{v1.CapacityTypeLabelKey, corev1.LabelTopologyZone} {
		if labels[key] == "" {
			return fmt.Sprintf("Node does not have label %q", key)
		}
	}
	if c.typeOf(n) == nil {
		return fmt.Sprintf("Instance Type %q not found", labels[corev1.LabelInstanceTypeStable])
	}
	return ""
}

// holdsPods says why Karpenter would not take a node for any reason but repair and expiry.
func (c *cluster) holdsPods(n *state.StateNode, limits pdb.Limits) string {
	if err := n.ValidateNodeDisruptable(c.clock); err != nil {
		return reasonOf(err)
	}
	if _, err := n.ValidatePodsDisruptable(c.ctx, c.client, limits, c.clock, events.NewRecorder(&record.FakeRecorder{})); err != nil {
		return reasonOf(err)
	}
	return ""
}

// decide follows computeConsolidation; the words are Karpenter's. It takes the types that are not cheaper out of the
// claim.
func (c *cluster) decide(s *solution, allSpot bool, price float64) (Decision, string) {
	waiting := map[string]bool{}
	for _, p := range c.pending {
		waiting[keyOf(p)] = true
	}
	var stuck []string
	for _, key := range slices.Sorted(maps.Keys(s.refused)) {
		if !waiting[key] {
			stuck = append(stuck, key+" => "+s.refused[key])
		}
	}
	for _, n := range s.nodes {
		if len(n.Pods) > 0 && !n.Initialized() {
			stuck = append(stuck, "would schedule against uninitialized node/"+n.Name())
		}
	}
	switch {
	case len(stuck) > 0:
		return Keep, "not all pods would schedule, " + strings.Join(stuck[:min(5, len(stuck))], " ")
	case len(s.claims) == 0:
		return Delete, ""
	case len(s.claims) > 1:
		return Keep, fmt.Sprintf("Can't remove without creating %d candidates", len(s.claims))
	}
	claim := s.claims[0]
	claim.InstanceTypeOptions = claim.InstanceTypeOptions.OrderByPrice(claim.Requirements)
	if allSpot && claim.Requirements.Get(v1.CapacityTypeLabelKey).Has(v1.CapacityTypeSpot) {
		return Keep, "SpotToSpotConsolidation is disabled, can't replace a spot node with a spot node"
	}
	choices := claim.InstanceTypeOptions
	if _, err := claim.RemoveInstanceTypeOptionsByPriceAndMinValues(claim.Requirements, price); err != nil {
		claim.InstanceTypeOptions = choices
		return Keep, "Filtering by price: " + reasonOf(err)
	}
	if len(claim.InstanceTypeOptions) == 0 {
		claim.InstanceTypeOptions = choices
		return Keep, "Can't replace with a cheaper node"
	}
	return Replace, ""
}

// cheaperThanSame follows filterOutSameInstanceType: where the one replacement may be of a type that goes, only what is
// cheaper than that type is left, since keeping that node and deleting the others does the same with fewer moves.
func (c *cluster) cheaperThanSame(claim *scheduling.NodeClaim, names []string, nodes map[string]*state.StateNode) (Decision, string) {
	going := map[string]float64{} // the lowest price of each type that goes
	for _, name := range names {
		t := c.typeOf(nodes[name])
		if t == nil {
			continue
		}
		price := disruption.ResolveOfferingPrice(nodes[name].Labels(), t)
		if had, ok := going[t.Name]; !ok || price < had {
			going[t.Name] = price
		}
	}
	most := math.MaxFloat64
	for _, t := range claim.InstanceTypeOptions {
		if price, ok := going[t.Name]; ok {
			most = min(most, price)
		}
	}
	choices := claim.InstanceTypeOptions
	if _, err := claim.RemoveInstanceTypeOptionsByPriceAndMinValues(claim.Requirements, most); err != nil || len(claim.InstanceTypeOptions) == 0 {
		claim.InstanceTypeOptions = choices
		return Keep, "Can't replace with a node that is cheaper than one of the same type that goes"
	}
	return Replace, ""
}
