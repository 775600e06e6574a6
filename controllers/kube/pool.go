package kube

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// offer is a planner.Offer with what decides which pods may use it.
type offer struct {
	planner.Offer
	labels labels
	taints []corev1.Taint
	fresh  bool // to be made
}

const (
	poolLabel         = "karpenter.sh/nodepool"
	capacityTypeLabel = "karpenter.sh/capacity-type"
	awsPrefix         = "karpenter.k8s.aws/instance-"
	autoModePrefix    = "eks.amazonaws.com/instance-" // EKS Auto Mode has the same labels under its own name
)

// TypeLabels are the labels that Karpenter's AWS provider gives to every node of a type: computeRequirements in
// github.com/aws/karpenter-provider-aws v1.15 pkg/providers/instancetype/types.go.
func TypeLabels(t pricing.InstanceType) map[string]string {
	l := map[string]string{
		corev1.LabelInstanceTypeStable: t.Name,
		corev1.LabelArchStable:         t.Arch,
		corev1.LabelOSStable:           "linux",
	}
	if len(t.OS) > 0 {
		l[corev1.LabelOSStable] = t.OS[0]
	}
	text := func(name, v string) {
		if v != "" {
			l[awsPrefix+name], l[autoModePrefix+name] = v, v
		}
	}
	number := func(name string, n int64) {
		if n != 0 {
			text(name, strconv.FormatInt(n, 10))
		}
	}
	text("category", t.Category)
	text("family", t.Family)
	text("size", t.Size)
	number("generation", t.Generation)
	number("cpu", t.VCPU)
	text("cpu-manufacturer", t.CPUManufacturer)
	number("memory", t.MemoryMiB)
	text("hypervisor", t.Hypervisor)
	number("network-bandwidth", t.NetworkMbps)
	number("local-nvme", t.LocalNVMeGB)
	text("capability-flex", strconv.FormatBool(strings.HasSuffix(t.Family, "-flex")))
	if t.GPU.Name != "" {
		text("gpu-name", t.GPU.Name)
		text("gpu-manufacturer", t.GPU.Manufacturer)
		text("gpu-count", strconv.FormatInt(t.GPU.Count, 10)) // also 0: a fraction of a card
		number("gpu-memory", t.GPU.MemoryMiB)
	}
	if t.AcceleratorName != "" {
		text("accelerator-name", t.AcceleratorName)
		text("accelerator-manufacturer", t.AcceleratorManufacturer)
		number("accelerator-count", t.AcceleratorCount)
	}
	return l
}

// catalogLabel tells labels whose value an offer has from its type or its place, so that no pool can choose it.
func catalogLabel(key string) bool {
	switch key {
	case corev1.LabelInstanceTypeStable, corev1.LabelArchStable, corev1.LabelOSStable, zoneLabel,
		corev1.LabelTopologyRegion, capacityTypeLabel, poolLabel:
		return true
	}
	name, ok := strings.CutPrefix(key, awsPrefix)
	if !ok {
		name, ok = strings.CutPrefix(key, autoModePrefix)
	}
	return ok && slices.Contains([]string{
		"category", "family", "size", "generation", "cpu", "cpu-manufacturer", "memory", "hypervisor", "network-bandwidth",
		"local-nvme", "capability-flex", "gpu-name", "gpu-manufacturer", "gpu-count", "gpu-memory",
		"accelerator-name", "accelerator-manufacturer", "accelerator-count",
	}, name)
}

// burstable is the EC2 category of types that get a part of their CPU for good and the rest by credits (t3: 5 to 40 %;
// AWS EC2 user guide, burstable performance instances, 2026-11). A NodePool may allow them; unasked, nobody should be
// planned onto CPU that is not there.
const burstable = "t"

// pools returns the NodePools that can make nodes for pods. Without any in the input there is one without a name.
func (t *translation) pools() []*NodePool {
	var pools []*NodePool
	for _, p := range t.in.NodePools {
		object := "NodePool/" + p.Name
		message, invalid := p.Status.failed("ValidationSucceeded")
		notReady, unready := p.Status.failed("Ready")
		switch {
		case p.DeletionTimestamp != nil:
			t.notes.warn(object, "this NodePool is being deleted: no new nodes are planned from it")
		case p.Spec.Replicas != nil:
			t.notes.info(object, "a static NodePool (spec.replicas): its nodes stay, and none are planned from it")
		case invalid || unready:
			t.notes.warn(object, "this NodePool is not ready, so no new nodes are planned from it: %s", cmp.Or(message, notReady, "no reason given"))
		default:
			pools = append(pools, p)
		}
	}
	if len(t.in.NodePools) == 0 {
		t.notes.info("", "no NodePool in the input: planned as if one allowed every on-demand type of the catalog in %s, but for burstable ones (category t), whose CPU is lent by credits", strings.Join(t.archs(), " and "))
		implicit := &NodePool{}
		implicit.Spec.Template.Spec.Requirements = []Requirement{
			{Key: corev1.LabelArchStable, Operator: opIn, Values: t.archs()},
			{Key: awsPrefix + "category", Operator: opNotIn, Values: []string{burstable}},
		}
		pools = append(pools, implicit)
	}
	return pools
}

// archs are the architectures that the implicit pool may use: those that run today and those that pods ask for. A pod
// that asks for none may have an image for one only, so that no other is brought in without a NodePool that says so.
func (t *translation) archs() []string {
	seen := map[string]bool{}
	for _, n := range t.nodes {
		if arch := n.Labels[corev1.LabelArchStable]; arch != "" {
			seen[arch] = true
		} else if n.machine.Arch != "" {
			seen[n.machine.Arch] = true
		}
	}
	for arch := range t.nodeKeys[corev1.LabelArchStable] {
		seen[arch] = true
	}
	if len(seen) == 0 {
		seen["amd64"] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// newOffers lists what every NodePool can make: type × zone × capacity type × values of its custom labels.
func (t *translation) newOffers() []*offer {
	static := t.staticOverhead()
	overlays := t.overlays()
	var offers []*offer
	byType := make([]map[string]string, len(t.cat.Types))
	for i, machine := range t.cat.Types {
		byType[i] = TypeLabels(machine)
	}
	for _, p := range t.pools() {
		before := len(offers)
		places := t.places(p)
		for _, variant := range t.variants(p) {
			for i, machine := range t.cat.Types {
				for _, place := range places {
					offers = t.offersOf(offers, p, machine, labels{place.labels, variant, byType[i]})
				}
			}
		}
		if len(offers) > t.opts.Offers {
			t.notes.warn("NodePool/"+p.Name, "more than %d kinds of node (Options.Offers): the rest is not planned with", t.opts.Offers)
			offers = offers[:t.opts.Offers]
		}
		if len(offers) == before && p.Name != "" {
			t.notes.warn("NodePool/"+p.Name, "no instance type of the catalog meets this NodePool's requirements")
		}
	}
	for _, o := range offers {
		o.Overhead = static
		t.finish(o, overlays)
	}
	return offers
}

// offersOf appends the offers of one type in one place, where the pool allows it.
func (t *translation) offersOf(offers []*offer, p *NodePool, machine pricing.InstanceType, l labels) []*offer {
	for _, r := range p.Spec.Template.Spec.Requirements {
		if v, present := l.get(r.Key); catalogLabel(canonicalKey(r.Key)) && !r.matches(v, present) {
			return offers
		}
	}
	zone, capacity := l[0][zoneLabel], l[0][capacityTypeLabel]
	base := planner.Offer{
		Pool: p.Name, InstanceType: machine.Name, Zone: zone, CapacityType: capacity, Arch: machine.Arch,
		Weight: value(p.Spec.Weight), Allocatable: machine.Allocatable, Capacity: machineCapacity(machine),
	}
	add := func(price pricing.Micro, count int64, note string) {
		o := base
		o.PriceMicro, o.Max, o.Note = price, count, note
		offers = append(offers, &offer{Offer: o, labels: l, taints: schedulingTaints(p.Spec.Template.Spec.Taints), fresh: true})
	}
	found := false
	for _, offering := range machine.In(zone) {
		if offering.CapacityType != capacity {
			continue
		}
		found = true
		left := offering.Count - t.reservedToday(machine.Name, zone, offering)
		if offering.Count == 0 || left > 0 {
			add(offering.PriceMicro, max(0, left), "")
		}
	}
	if !found && capacity == pricing.Spot {
		for _, offering := range machine.In(zone) {
			if offering.CapacityType == pricing.OnDemand {
				t.notes.info(machine.Name+" "+zone+" "+p.Name, "priced as on-demand for lack of a spot price in the catalog, as Karpenter does until it has polled one")
				add(offering.PriceMicro, offering.Count, "priced as on-demand: no spot price in the catalog")
			}
		}
	}
	return offers
}

// reservedToday counts the nodes of today that already use a reservation: those that name it, and those of its type and
// zone that are reserved and name none.
func (t *translation) reservedToday(typeName, zone string, offering pricing.Offering) int64 {
	used := int64(0)
	if offering.CapacityType != pricing.Reserved {
		return 0
	}
	for _, n := range t.nodes {
		id := n.Labels["karpenter.k8s.aws/capacity-reservation-id"]
		if n.typeName == typeName && n.zone == zone && n.capacityType == pricing.Reserved && (id == "" || id == offering.ReservationID) {
			used++
		}
	}
	return used
}

// schedulingTaints copies taints without what does not bear on scheduling.
func schedulingTaints(taints []corev1.Taint) []corev1.Taint {
	var out []corev1.Taint
	for _, x := range taints {
		out = append(out, corev1.Taint{Key: x.Key, Value: x.Value, Effect: x.Effect})
	}
	return out
}

// machineCapacity is what a machine counts against a NodePool's limits.
func machineCapacity(t pricing.InstanceType) planner.Resources {
	c := planner.Resources{CPUMilli: t.VCPU * 1000, MemoryMiB: t.MemoryMiB, EphemeralMiB: t.Allocatable.EphemeralMiB, Pods: t.Allocatable.Pods}
	c.Extended = maps.Clone(t.Allocatable.Extended)
	return c
}

// finish applies overlays and turns device resources into cards.
func (t *translation) finish(o *offer, overlays []*NodeOverlay) {
	machine, _ := t.cat.Lookup(o.InstanceType)
	o.PriceMicro = t.overlayPrice(o.PriceMicro, o.labels)
	extra := t.overlayCapacity(overlays, o.labels)
	o.Allocatable.Extended = maps.Clone(o.Allocatable.Extended)
	for name, n := range extra {
		if o.Allocatable.Extended == nil {
			o.Allocatable.Extended, o.Capacity.Extended = map[string]int64{}, maps.Clone(o.Capacity.Extended)
		}
		o.Allocatable.Extended[name] = n
		if o.Capacity.Extended == nil {
			o.Capacity.Extended = map[string]int64{}
		}
		o.Capacity.Extended[name] = n
	}
	rest, whole, instances := devices(o.Allocatable)
	o.Allocatable = rest
	_, said := extra[gpuResource]
	cards, note := cardsOfType(machine, whole, instances, said)
	config, _ := o.labels.get(migConfig)
	cards, understood := withLayout(cards, config)
	if !understood {
		t.notes.warn("NodePool/"+o.Pool, "label %s=%s: what this layout holds is in a ConfigMap that is not in the input; its cards are planned whole", migConfig, config)
	}
	o.Cards = cards
	if note != "" {
		o.Note = strings.TrimPrefix(o.Note+"; "+note, "; ")
	}
}

// variants are the label sets that a NodePool's nodes can have beside those of type and place. A requirement on a label
// of the user's own lets Karpenter choose a value as pods need it, so each value is a variant.
func (t *translation) variants(p *NodePool) []map[string]string {
	base := maps.Clone(p.Spec.Template.Metadata.Labels)
	if base == nil {
		base = map[string]string{}
	}
	if p.Name != "" {
		base[poolLabel] = p.Name
	}
	variants := []map[string]string{base}
	byKey := map[string][]Requirement{}
	for _, r := range p.Spec.Template.Spec.Requirements {
		t.noteRequirement(p, r)
		if key := canonicalKey(r.Key); !catalogLabel(key) {
			byKey[key] = append(byKey[key], r)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		values := t.customValues(key, byKey[key], base)
		var next []map[string]string
		for _, have := range variants {
			for _, v := range values {
				one := maps.Clone(have)
				if v != nil {
					one[key] = *v
				}
				next = append(next, one)
			}
		}
		if len(next) > t.opts.Variants {
			t.notes.warn("NodePool/"+p.Name, "its custom labels have more than %d combinations (Options.Variants): the rest is not planned with", t.opts.Variants)
			next = next[:t.opts.Variants]
		}
		variants = next
	}
	return variants
}

func (t *translation) noteRequirement(p *NodePool, r Requirement) {
	object := "NodePool/" + p.Name
	if r.MinValues != nil {
		t.notes.info(object, "minValues on %s is not planned with: it asks Karpenter for choice, not for nodes", r.Key)
	}
	if fault := r.fault(); fault != "" {
		t.notes.warn(object, "a requirement that matches nothing: %s", fault)
	}
	if providerLabel(r.Key) && !catalogLabel(r.Key) {
		t.notes.warn(object, "the catalog does not know %s: its requirement is taken as met", r.Key)
	}
}

// providerLabel tells labels that the cloud's part of Karpenter gives to nodes.
func providerLabel(key string) bool {
	return strings.HasPrefix(key, "karpenter.k8s.aws/") || strings.HasPrefix(key, "eks.amazonaws.com/")
}

// customValues are the values that a pool's own label may take: those its requirements list, or else those that pods
// ask for; nil stands for no label.
func (t *translation) customValues(key string, requirements []Requirement, base map[string]string) []*string {
	candidates := maps.Clone(t.nodeKeys[key])
	if candidates == nil {
		candidates = map[string]bool{}
	}
	for _, r := range requirements {
		if r.Operator == opIn {
			for _, v := range r.Values {
				candidates[v] = true
			}
		}
	}
	if v, ok := base[key]; ok {
		candidates = map[string]bool{v: true}
	}
	meets := func(v string, present bool) bool {
		return !slices.ContainsFunc(requirements, func(r Requirement) bool { return !r.matches(v, present) })
	}
	var values []*string
	for _, v := range slices.Sorted(maps.Keys(candidates)) {
		if meets(v, true) {
			values = append(values, &v)
		}
	}
	if meets("", false) {
		values = append(values, nil)
	}
	chosen := slices.ContainsFunc(requirements, func(r Requirement) bool { return r.Operator == opIn || r.Operator == opDoesNotExist })
	switch {
	case len(values) > 0 || chosen:
	case providerLabel(key): // the catalog does not know it, so that no offer has it
		values = append(values, nil)
	default: // Exists or a bound, and nobody asks for a value: Karpenter makes one up
		madeUp := ""
		values = append(values, &madeUp)
	}
	return values
}

// place is a zone and a capacity type.
type place struct{ labels map[string]string }

// places lists the zones and capacity types of a pool. Spot needs the pool's word: a NodePool that names no capacity
// type is planned on demand, since spot nodes are taken away and only an owner can accept that.
func (t *translation) places(p *NodePool) []place {
	spot := false
	for _, r := range p.Spec.Template.Spec.Requirements {
		spot = spot || (r.Key == capacityTypeLabel && r.matches(pricing.Spot, true))
	}
	var places []place
	for _, zone := range t.zones {
		for _, capacity := range []string{pricing.OnDemand, pricing.Reserved, pricing.Spot} {
			if capacity == pricing.Spot && !spot {
				continue
			}
			places = append(places, place{map[string]string{
				zoneLabel: zone, capacityTypeLabel: capacity, corev1.LabelTopologyRegion: t.region,
			}})
		}
	}
	return places
}

// taintText prints a taint as kubectl does: "gpu=true:NoSchedule".
func taintText(t corev1.Taint) string {
	if t.Value == "" {
		return fmt.Sprintf("%s:%s", t.Key, t.Effect)
	}
	return fmt.Sprintf("%s=%s:%s", t.Key, t.Value, t.Effect)
}
