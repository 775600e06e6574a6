package karpenter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning/scheduling"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/operator/options"
	karpscheduling "sigs.k8s.io/karpenter/pkg/scheduling"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Node is a node that takes pods: one to be made, or one that exists.
type Node struct {
	Name         string        `json:"name,omitempty"` // of one that exists; "" for one to be made
	Pool         string        `json:"nodePool,omitempty"`
	InstanceType string        `json:"instanceType,omitempty"`
	Zone         string        `json:"zone,omitempty"`
	CapacityType string        `json:"capacityType,omitempty"`
	Reservation  string        `json:"reservation,omitempty"`
	PricePerHour pricing.Micro `json:"pricePerHour"`      // 0 for one that exists
	Choices      int           `json:"choices,omitempty"` // instance types that Karpenter leaves to choose from
	Pods         []string      `json:"pods"`              // "namespace/name" of those placed on it, sorted

	// Of one to be made: what it gives, and the labels that pods have made its NodePool choose.
	capacity, allocatable corev1.ResourceList
	labels                map[string]string
}

// Unplaced is a pod that Karpenter would not place.
type Unplaced struct {
	Pod    string `json:"pod"` // "namespace/name"
	Reason string `json:"reason"`
}

// Result is what Karpenter would do.
type Result struct {
	Version      string         `json:"version"`      // of Karpenter
	New          []Node         `json:"new"`          // by pool, type, zone, and the name of the first pod
	Existing     []Node         `json:"existing"`     // those that take further pods, by name
	Unplaced     []Unplaced     `json:"unplaced"`     // by name
	PricePerHour pricing.Micro  `json:"pricePerHour"` // of the new nodes
	Batches      int            `json:"batches"`      // how often Karpenter was asked; 0 in a what-if, which asks once
	Notes        []planner.Note `json:"notes"`
}

// Schedule lets Karpenter place the pods that have no node. For what chance there is, see the package comment. Errors are
// ErrWorld, ErrKarpenter, or those of ctx.
//
// Within a batch Karpenter counts the largest type that a new node may become against its NodePool's limits. Pods that
// find no room for that are tried again in a further batch, when the nodes are what was bought, as in a cluster.
func (w World) Schedule(ctx context.Context) (r Result, err error) {
	defer rescue(&err)
	made := map[string]int{} // new nodes by the names that they have in further batches
	var sold *supply
	for batch := 1; ; batch++ {
		c, err := w.build(ctx, sold)
		if err != nil {
			return Result{}, err
		}
		sold = c.supply
		s, err := c.solve(c.pending, nil)
		if err != nil {
			return Result{}, err
		}
		next := s.result(c)
		placed := len(next.New) + len(next.Existing)
		w = w.settle(&next, len(made))
		r.add(next, made)
		if r.Batches = batch; placed == 0 || batch == batchesMost || !slices.ContainsFunc(r.Unplaced, limited) {
			break
		}
	}
	sortNodes(r.New)
	for i := range r.New {
		r.New[i].Name = ""
	}
	return r, nil
}

// batchesMost bounds the batches of one call. Chosen: a hundred seconds of a cluster's life, since a batch takes up to
// ten (--batch-max-duration).
const batchesMost = 10

// limited tells a pod that a NodePool's limit kept out.
func limited(u Unplaced) bool { return strings.Contains(u.Reason, "exceed limits for nodepool") }

// settle is the world in which a result has come true; its new nodes are named by their numbers from first on.
func (w World) settle(r *Result, first int) World {
	at := map[string]string{}
	w.Nodes = slices.Clone(w.Nodes)
	for i := range r.New {
		n := &r.New[i]
		n.Name = fmt.Sprintf("tenon-new-%d", first+i)
		w.Nodes = append(w.Nodes, w.nodeOf(n))
		for _, p := range n.Pods {
			at[p] = n.Name
		}
	}
	for _, n := range r.Existing {
		for _, p := range n.Pods {
			at[p] = n.Name
		}
	}
	pods := slices.Clone(w.Pods)
	for i, p := range pods {
		if name, ok := at[keyOf(p)]; ok {
			p = p.DeepCopy()
			p.Spec.NodeName, p.Status.Phase = name, corev1.PodRunning
			pods[i] = p
		}
	}
	w.Pods = pods
	return w
}

// add joins the result of a further batch to those before it: what it puts on nodes that they made is on new nodes.
func (r *Result) add(next Result, made map[string]int) {
	existing := r.Existing
	for _, n := range next.Existing {
		if at, ok := made[n.Name]; ok {
			r.New[at].Pods = slices.Sorted(slices.Values(append(r.New[at].Pods, n.Pods...)))
			continue
		}
		if at := slices.IndexFunc(existing, func(e Node) bool { return e.Name == n.Name }); at >= 0 {
			existing[at].Pods = slices.Sorted(slices.Values(append(existing[at].Pods, n.Pods...)))
			continue
		}
		existing = append(existing, n)
	}
	for _, n := range next.New {
		made[n.Name] = len(r.New)
		r.New = append(r.New, n)
	}
	if r.New == nil {
		r.New = []Node{}
	}
	if existing == nil {
		existing = []Node{}
	}
	slices.SortFunc(existing, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	r.Version, r.Existing, r.Unplaced, r.Notes = next.Version, existing, next.Unplaced, next.Notes
	r.PricePerHour = r.PricePerHour.Plus(next.PricePerHour)
}

// nodeOf is a new node as Karpenter would see it once it runs.
func (w World) nodeOf(n *Node) *corev1.Node {
	machine, _ := w.Catalog.Lookup(n.InstanceType)
	labels := kube.TypeLabels(machine)
	for _, p := range w.NodePools {
		if p.Name == n.Pool {
			maps.Copy(labels, p.Spec.Template.Metadata.Labels)
		}
	}
	maps.Copy(labels, n.labels)
	maps.Copy(labels, map[string]string{
		corev1.LabelHostname: n.Name, corev1.LabelTopologyZone: n.Zone, v1.CapacityTypeLabelKey: n.CapacityType,
		v1.NodePoolLabelKey: n.Pool, v1.NodeRegisteredLabelKey: "true", v1.NodeInitializedLabelKey: "true",
	})
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: labels}}
	if n.Reservation != "" {
		node.Labels[reservationID] = n.Reservation
	}
	for _, p := range w.NodePools {
		if p.Name == n.Pool {
			node.Spec.Taints = slices.Clone(p.Spec.Template.Spec.Taints)
		}
	}
	node.Status.Capacity, node.Status.Allocatable = n.capacity, n.allocatable
	return node
}

// rescue turns a panic of Karpenter's code into an error: what it is fed may be hostile.
func rescue(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: it panicked: %v", ErrKarpenter, r)
	}
}

// solution is what came out of one run of Karpenter's scheduler.
type solution struct {
	claims  []*scheduling.NodeClaim
	nodes   []*scheduling.ExistingNode
	refused map[string]string // reasons by pod
}

// solve runs Karpenter's scheduler once: pods are placed on the nodes of the cluster but those that are gone, and on
// new ones. The call path is that of Provisioner.NewScheduler and Provisioner.Schedule.
func (c *cluster) solve(pods []*corev1.Pod, gone map[string]bool) (*solution, error) {
	s := &solution{refused: map[string]string{}}
	volumes := scheduling.NewVolumeTopology(c.client)
	needs := map[types.UID][]karpscheduling.Requirements{}
	var accepted []*corev1.Pod
	for _, p := range pods {
		p = p.DeepCopy()
		err := errors.Join(checkPod(c.ctx, p), volumes.ValidatePersistentVolumeClaims(c.ctx, p))
		if err == nil {
			needs[p.UID], err = volumes.GetRequirements(c.ctx, p)
		}
		if err != nil {
			s.refused[keyOf(p)] = reasonOf(err)
			continue
		}
		accepted = append(accepted, p)
	}
	nodes := slices.DeleteFunc(c.state.DeepCopyNodes(), func(n *state.StateNode) bool { return gone[n.Name()] })
	slices.SortFunc(nodes, func(a, b *state.StateNode) int { return strings.Compare(a.Name(), b.Name()) })
	opts := []scheduling.Options{scheduling.NumConcurrentReconciles(1), scheduling.MinValuesPolicy(options.FromContext(c.ctx).MinValuesPolicy)}
	if c.options.IgnorePreferences {
		opts = append(opts, scheduling.IgnorePreferences)
	}
	topology, err := scheduling.NewTopology(c.ctx, c.client, c.state, nodes, c.pools, c.places, accepted, opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: topology: %w", ErrKarpenter, err)
	}
	daemons := make([]*corev1.Pod, len(c.daemons))
	for i, d := range c.daemons {
		daemons[i] = d.DeepCopy()
	}
	pools := make([]*v1.NodePool, len(c.pools))
	for i, p := range c.pools {
		pools[i] = p.DeepCopy()
	}
	results, err := scheduling.NewScheduler(c.ctx, c.client, pools, c.state, nodes, topology, c.types, daemons,
		events.NewRecorder(&record.FakeRecorder{}), c.clock, needs, nil, opts...).Solve(c.ctx, accepted)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKarpenter, err)
	}
	results = results.TruncateInstanceTypes(c.ctx, scheduling.MaxInstanceTypes)
	s.claims, s.nodes = results.NewNodeClaims, results.ExistingNodes
	for p, err := range results.PodErrors {
		s.refused[keyOf(p)] = reasonOf(err)
	}
	return s, nil
}

// result prices a solution and puts it in order.
func (s *solution) result(c *cluster) Result {
	r := Result{Version: Version, New: []Node{}, Existing: []Node{}, Unplaced: []Unplaced{}, Notes: append([]planner.Note{}, c.notes...)}
	for _, claim := range s.claims {
		n := launch(claim)
		if n.InstanceType == "" {
			for _, p := range claim.Pods {
				s.refused[keyOf(p)] = "no offering is left of the types that Karpenter chose for it"
			}
			continue
		}
		r.New = append(r.New, n)
		r.PricePerHour = r.PricePerHour.Plus(n.PricePerHour)
	}
	sortNodes(r.New)
	for _, n := range s.nodes {
		if len(n.Pods) == 0 {
			continue
		}
		labels := n.Labels()
		r.Existing = append(r.Existing, Node{
			Name: n.Name(), Pool: labels[v1.NodePoolLabelKey], InstanceType: labels[corev1.LabelInstanceTypeStable],
			Zone: labels[corev1.LabelTopologyZone], CapacityType: labels[v1.CapacityTypeLabelKey], Pods: keysOf(n.Pods),
		})
	}
	slices.SortFunc(r.Existing, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	for _, pod := range slices.Sorted(maps.Keys(s.refused)) {
		r.Unplaced = append(r.Unplaced, Unplaced{pod, s.refused[pod]})
	}
	return r
}

func sortNodes(nodes []Node) {
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(strings.Compare(a.Pool, b.Pool), strings.Compare(a.InstanceType, b.InstanceType),
			strings.Compare(a.Zone, b.Zone), slices.Compare(a.Pods, b.Pods))
	})
}

// launch buys a node for a NodeClaim as Karpenter's AWS provider does: a reservation before spot before on-demand, and
// of the types that are left the cheapest (github.com/aws/karpenter-provider-aws v1.15.0 pkg/providers/instance:
// getCapacityType, and the allocation strategy lowest-price). Of equals it is the first by name and zone.
func launch(claim *scheduling.NodeClaim) Node {
	n := Node{Pool: claim.NodePoolName, Choices: len(claim.InstanceTypeOptions), Pods: keysOf(claim.Pods), labels: map[string]string{}}
	for key, r := range claim.Requirements { // as resolveCustomLabelsFromRequirements does, but the first by name
		if !v1.WellKnownLabels.Has(key) && !v1.RestrictedLabels.Has(key) && r.Operator() == corev1.NodeSelectorOpIn && r.Len() > 0 {
			n.labels[key] = slices.Min(r.Values())
		}
	}
	term := func(capacityType string) int {
		return slices.Index([]string{v1.CapacityTypeReserved, v1.CapacityTypeSpot, v1.CapacityTypeOnDemand}, capacityType)
	}
	// Only a NodeClaim for which Karpenter has set one aside may go into a reservation.
	setAside := claim.Requirements.Get(v1.CapacityTypeLabelKey).Len() == 1 && claim.Requirements.Get(v1.CapacityTypeLabelKey).Has(v1.CapacityTypeReserved)
	found := false
	for _, t := range claim.InstanceTypeOptions {
		for _, o := range t.Offerings {
			if !o.Launchable() || !claim.Requirements.IsCompatible(o.Requirements, karpscheduling.AllowUndefinedWellKnownLabels) {
				continue
			}
			if o.CapacityType() == v1.CapacityTypeReserved && !setAside {
				continue
			}
			price := micro(o.Price)
			if order := cmp.Or(cmp.Compare(term(o.CapacityType()), term(n.CapacityType)), cmp.Compare(price, n.PricePerHour),
				strings.Compare(t.Name, n.InstanceType), strings.Compare(o.Zone(), n.Zone)); found && order >= 0 {
				continue
			}
			found = true
			n.InstanceType, n.Zone, n.CapacityType, n.PricePerHour = t.Name, o.Zone(), o.CapacityType(), price
			n.Reservation, n.capacity, n.allocatable = reservationOf(o), t.Capacity, t.Allocatable()
		}
	}
	return n
}

func reservationOf(o *cloudprovider.Offering) string {
	if o.CapacityType() != v1.CapacityTypeReserved {
		return ""
	}
	return o.ReservationID()
}

// micro is a price that Karpenter holds as a float.
func micro(price float64) pricing.Micro {
	if !(price < pricing.MaxPrice.Float64()) { // also NaN
		return pricing.MaxPrice
	}
	return pricing.Micro(math.Round(price * float64(pricing.Unit)))
}

func keyOf(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

func keysOf(pods []*corev1.Pod) []string {
	keys := make([]string, len(pods))
	for i, p := range pods {
		keys[i] = keyOf(p)
	}
	slices.Sort(keys)
	return keys
}

// placeholder is the hostname that Karpenter gives a node to be made, by a counter of the process.
var placeholder = regexp.MustCompile(`hostname-placeholder-\d+`)

// reasonOf is an error of Karpenter's in its own words, without what differs from run to run.
func reasonOf(err error) string {
	return placeholder.ReplaceAllString(err.Error(), "a new node")
}

// checkPod applies Provisioner.Validate's rules, but for volumes, and those of the API server on which Karpenter relies.
func checkPod(ctx context.Context, p *corev1.Pod) error {
	var faults []error
	check := func(key string, operator corev1.NodeSelectorOperator, values []string) {
		if key == v1.NodePoolLabelKey && operator == corev1.NodeSelectorOpDoesNotExist {
			faults = append(faults, errors.New("configured to not run on a Karpenter provisioned node"))
			return
		}
		faults = append(faults, v1.ValidateRequirement(ctx, v1.NodeSelectorRequirementWithMinValues{Key: key, Operator: operator, Values: values}))
	}
	for _, key := range slices.Sorted(maps.Keys(p.Spec.NodeSelector)) {
		check(key, corev1.NodeSelectorOpIn, []string{p.Spec.NodeSelector[key]})
	}
	if p.Spec.Affinity != nil && p.Spec.Affinity.NodeAffinity != nil && p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, term := range p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			if len(term.MatchFields) > 0 {
				faults = append(faults, errors.New("node selector term with matchFields is not supported"))
			}
		}
	}
	for _, r := range nodeRequirements(p) {
		check(r.Key, r.Operator, r.Values)
	}
	return errors.Join(faults...)
}
