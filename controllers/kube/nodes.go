package kube

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// node is a node of today with what has been found out about it.
type node struct {
	*corev1.Node
	typeName, zone, capacityType, pool string

	machine  pricing.InstanceType // of the catalog; zero where the catalog does not know it
	price    pricing.Micro
	priced   bool
	leaving  bool   // being deleted: its pods need another place
	cordoned bool   // takes no new pods
	held     string // why it stays whatever is planned; "" where it need not
	because  string // the same without the names of pods
	left     string // why it is outside all costs; "" where it is not

	pods      []*Pod // that are alive
	fixed     map[*Pod]bool
	static    planner.Resources // of pods that its kubelet runs by itself
	requested planner.Resources
	cards     planner.Cards
	rest      planner.Resources // allocatable without cards
}

// fixes reports whether a pod on this node stays where it is.
func (n *node) fixes(p *Pod) bool { return n.left != "" || n.fixed[p] }

// controlPlane tells nodes that run the cluster itself.
func (n *node) controlPlane() bool {
	for _, role := range []string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"} {
		if _, ok := n.Labels[role]; ok {
			return true
		}
	}
	return false
}

// readNodes finds out type, place and price of each node.
func (t *translation) readNodes() {
	t.nodeAt = map[string]*node{}
	for _, k := range t.in.Nodes {
		n := &node{
			Node:         k,
			typeName:     label(k, corev1.LabelInstanceTypeStable, corev1.LabelInstanceType),
			zone:         label(k, zoneLabel, corev1.LabelFailureDomainBetaZone),
			capacityType: capacityType(k.Labels),
			pool:         k.Labels["karpenter.sh/nodepool"],
			fixed:        map[*Pod]bool{},
		}
		t.nodes = append(t.nodes, n)
		t.nodeAt[k.Name] = n
		t.readNode(n)
	}
	for i := range t.in.Pods {
		p := &t.in.Pods[i]
		n := t.nodeAt[p.NodeName]
		if n == nil || p.Leaving {
			continue
		}
		n.pods = append(n.pods, p)
		if p.Static {
			n.static = plus(n.static, p.Shape.Requests)
		}
		n.requested = plus(n.requested, p.Shape.withGPU())
	}
	if len(t.nodes) > 0 {
		t.noteLostNodes()
	}
}

func (t *translation) readNode(n *node) {
	for _, taint := range n.Spec.Taints {
		switch taint.Key {
		case corev1.TaintNodeUnschedulable:
			n.cordoned = true
		case "karpenter.sh/disrupted", "karpenter.sh/disruption", "ToBeDeletedByClusterAutoscaler":
			n.leaving = true
		}
	}
	n.cordoned = n.cordoned || n.Spec.Unschedulable
	n.leaving = n.leaving || n.DeletionTimestamp != nil
	machine, known := t.cat.Lookup(n.typeName)
	n.machine = machine
	n.cards, n.rest = t.cardsOfNode(n)
	switch {
	case n.Labels["eks.amazonaws.com/compute-type"] == "fargate":
		n.left = "Fargate: billed by the pod"
	case n.typeName == "":
		n.left = "no instance-type label"
	case !known:
		n.left = "type " + n.typeName + " is not in the catalog"
	default:
		n.price, n.priced = t.priceOf(n)
		if !n.priced {
			n.left = "type " + n.typeName + " has no price in the catalog"
		}
	}
	if n.left != "" {
		t.notes.warn("Node/"+n.Name, "outside all costs, it and its pods are left as they are: %s", n.left)
	}
}

// noteLostNodes names pods whose node is not in the input although nodes are.
func (t *translation) noteLostNodes() {
	for i := range t.in.Pods {
		p := &t.in.Pods[i]
		if p.NodeName != "" && !p.Leaving && t.nodeAt[p.NodeName] == nil {
			t.notes.warn(p.Namespace+"/Pod/"+p.Name, "its node is not in the input: planned as if it ran nowhere")
		}
	}
}

// label returns the first of several labels that a node has.
func label(n *corev1.Node, keys ...string) string {
	for _, key := range keys {
		if v := n.Labels[key]; v != "" {
			return v
		}
	}
	return ""
}

// capacityType reads on which terms a node is had, as Karpenter, EKS node groups, GKE and AKS say it.
func capacityType(labels map[string]string) string {
	switch {
	case labels["karpenter.sh/capacity-type"] != "":
		return labels["karpenter.sh/capacity-type"]
	case labels["eks.amazonaws.com/capacityType"] == "SPOT",
		labels["cloud.google.com/gke-spot"] == "true", labels["cloud.google.com/gke-preemptible"] == "true",
		labels["kubernetes.azure.com/scalesetpriority"] == "spot":
		return pricing.Spot
	}
	return pricing.OnDemand
}

// priceOf finds what a node of today costs an hour, with the overlay that applies to it.
func (t *translation) priceOf(n *node) (pricing.Micro, bool) {
	price, ok := pricing.Micro(0), false
	for _, want := range []string{n.capacityType, pricing.OnDemand} {
		for _, offering := range n.machine.In(n.zone) {
			if offering.CapacityType == want && (!ok || offering.PriceMicro < price) {
				price, ok = offering.PriceMicro, true
			}
		}
		if ok {
			if want != n.capacityType {
				t.notes.info("Node/"+n.Name, "the catalog has no %s price for its type: today's cost takes the on-demand price", n.capacityType)
			}
			break
		}
	}
	if !ok {
		return 0, false
	}
	if n.pool == "" {
		return price, true // overlays are about Karpenter's nodes
	}
	return t.overlayPrice(price, labels{n.Labels, TypeLabels(n.machine)}), true
}

// summary is the node as the plan shows it.
func (n *node) summary() planner.Node {
	return planner.Node{
		Name: n.Name, InstanceType: n.typeName, Zone: n.zone, CapacityType: n.capacityType, Pool: n.pool,
		PriceMicro: n.price, Priced: n.priced, Held: n.held != "", Pods: int64(len(n.pods)),
		Allocatable: amounts(n.Status.Allocatable, down), Requested: n.requested,
		Reason: cmp.Or(n.left, n.held), GPU: n.cards.Model, GPUs: n.cards.Count,
	}
}

// existingOffers groups the nodes of today that look alike.
func (t *translation) existingOffers() []*offer {
	at := map[string]*offer{}
	var offers []*offer
	for _, n := range t.nodes {
		if n.left != "" || n.leaving {
			continue
		}
		if n.cordoned && n.held == "" {
			t.notes.info("Node/"+n.Name, "cordoned: it takes no new pods, so it is not planned with and its pods get another place")
			continue
		}
		o := t.offerOf(n)
		key := fmt.Sprintf("%+v\x00%v\x00%v\x00%s", o.Offer, o.labels[0], o.taints, t.stayKey(n)) // fmt prints maps in the order of their keys
		if have := at[key]; have != nil {
			have.Nodes = append(have.Nodes, n.Name)
			have.Max++
			continue
		}
		o.Nodes, o.Max = []string{n.Name}, 1
		at[key] = o
		offers = append(offers, o)
	}
	return offers
}

// stayKey names the pods that stay on a node by what others can be bound to: two nodes are alike only if it is equal.
func (t *translation) stayKey(n *node) string {
	var keys []string
	for _, p := range n.pods {
		if !n.fixed[p] || p.daemon() {
			continue
		}
		seen := map[string]string{}
		for key, v := range p.Labels {
			if t.podKeys[key] {
				seen[key] = v
			}
		}
		keys = append(keys, fmt.Sprint(p.Namespace, seen, p.Shape.key))
	}
	slices.Sort(keys)
	return strings.Join(keys, "\x00")
}

// offerOf describes a node as an offer, without its name.
func (t *translation) offerOf(n *node) *offer {
	o := &offer{Offer: planner.Offer{
		Pool: n.pool, InstanceType: n.typeName, Zone: n.zone, CapacityType: n.capacityType,
		Arch:       cmp.Or(n.Labels[corev1.LabelArchStable], n.Labels["beta.kubernetes.io/arch"], n.machine.Arch),
		PriceMicro: n.price, Allocatable: n.rest, Overhead: n.static, Cards: n.cards,
		Capacity: capacityOf(n), Held: n.held != "", Note: n.because, Weight: t.weightOf(n.pool),
	}}
	o.Cards.Fixed = maps.Clone(n.cards.Fixed)
	kept := map[string]string{}
	for key := range t.nodeKeys {
		if v, ok := (labels{n.Labels}).get(key); ok {
			kept[key] = v
		}
	}
	o.labels[0] = kept
	for _, taint := range n.Spec.Taints {
		if !passing(taint.Key) {
			o.taints = append(o.taints, corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: taint.Effect})
		}
	}
	o.taints = t.withoutStartup(n, o.taints)
	if n.cordoned && !slices.ContainsFunc(o.taints, func(x corev1.Taint) bool { return x.Key == corev1.TaintNodeUnschedulable }) {
		o.taints = append(o.taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	slices.SortFunc(o.taints, func(a, b corev1.Taint) int { return strings.Compare(taintText(a), taintText(b)) })
	for _, p := range n.pods {
		if n.fixed[p] && !p.daemon() {
			o.Used = plus(o.Used, p.Shape.Requests)
			o.take(p.Shape.GPU)
		}
	}
	return o
}

// passing tells taints that come and go with a node's health or start: no plan is made around them.
func passing(key string) bool {
	switch key {
	case corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable, corev1.TaintNodeMemoryPressure, corev1.TaintNodeDiskPressure,
		corev1.TaintNodePIDPressure, corev1.TaintNodeNetworkUnavailable, "node.cloudprovider.kubernetes.io/uninitialized",
		"karpenter.sh/unregistered", "ebs.csi.aws.com/agent-not-ready", "efs.csi.aws.com/agent-not-ready":
		return true
	}
	return false
}

// withoutStartup drops a pool's startupTaints from a node that Karpenter has not finished starting.
func (t *translation) withoutStartup(n *node, taints []corev1.Taint) []corev1.Taint {
	if n.Labels["karpenter.sh/initialized"] == "true" {
		return taints
	}
	for _, pool := range t.in.NodePools {
		if pool.Name != n.pool || n.pool == "" {
			continue
		}
		taints = slices.DeleteFunc(taints, func(have corev1.Taint) bool {
			return slices.ContainsFunc(pool.Spec.Template.Spec.StartupTaints, func(s corev1.Taint) bool {
				return s.Key == have.Key && s.Value == have.Value && s.Effect == have.Effect
			})
		})
	}
	return taints
}

// capacityOf is the whole machine, as limits count it.
func capacityOf(n *node) planner.Resources {
	if len(n.Status.Capacity) > 0 {
		return amounts(n.Status.Capacity, up)
	}
	return machineCapacity(n.machine)
}

func (t *translation) weightOf(pool string) int32 {
	for _, p := range t.in.NodePools {
		if p.Name == pool {
			return value(p.Spec.Weight)
		}
	}
	return 0
}
