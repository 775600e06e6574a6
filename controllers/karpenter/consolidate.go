package karpenter

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	controller "sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/utils/disruption"
	"sigs.k8s.io/karpenter/pkg/utils/pdb"
	"sigs.k8s.io/karpenter/pkg/utils/pod"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// ConsolidateOptions bound how far a consolidation is followed.
type ConsolidateOptions struct {
	StepsMost int // 0: 100
	AsksMost  int // how many sets of nodes are tried in all, each a run of Karpenter's scheduler; 0: 1,000
}

// Method is which of Karpenter's consolidations takes a step.
type Method string

// The methods, in the order in which Karpenter tries them.
const (
	Emptiness  Method = "emptiness"
	MultiNode  Method = "multi-node"
	SingleNode Method = "single-node"
)

// Step is one command of Karpenter's consolidation.
type Step struct {
	Method Method `json:"method"`
	Removal
}

// Consolidation is what Karpenter would do, one command after the other, until it rests.
type Consolidation struct {
	Steps         []Step        `json:"steps"`
	BeforePerHour pricing.Micro `json:"beforePerHour"` // of all nodes whose price is known, by the catalog
	AfterPerHour  pricing.Micro `json:"afterPerHour"`
	NodesBefore   int           `json:"nodesBefore"`
	NodesAfter    int           `json:"nodesAfter"`
	Rests         bool          `json:"rests"` // false: a limit was reached
	World         World         `json:"-"`     // after the last step
}

// Consolidate lets Karpenter's consolidation go on until it finds nothing to do: emptiness, then multi-node (a binary
// search over prefixes of at most 101 candidates), then single-node, as its disruption controller orders them, with the
// policy of each NodePool; Balanced is scored by Karpenter's ScoreMove. Each step is taken as done at once: waiting
// (consolidateAfter, but for Never) and disruption budgets of NodePools say when, not what, and are not looked at.
//
// NodePools that Karpenter interleaves by chance go by name, and candidates of one savings ratio too.
func (w World) Consolidate(ctx context.Context, opts ConsolidateOptions) (out Consolidation, err error) {
	defer rescue(&err)
	out = Consolidation{Steps: []Step{}, BeforePerHour: w.PricePerHour(), NodesBefore: len(w.Nodes)}
	made, asks := 0, cmp.Or(opts.AsksMost, 1000)
	var sold *supply
	for most := cmp.Or(opts.StepsMost, 100); len(out.Steps) < most; {
		c, err := w.build(ctx, sold)
		if err != nil {
			return Consolidation{}, err
		}
		sold = c.supply
		step, err := c.step(w.NodePools, &asks)
		if err != nil {
			return Consolidation{}, err
		}
		if step == nil {
			out.Rests = asks > 0
			break
		}
		w = w.without(&step.Removal, made)
		made += len(step.Result.New)
		out.Steps = append(out.Steps, *step)
	}
	out.AfterPerHour, out.NodesAfter, out.World = w.PricePerHour(), len(w.Nodes), w
	return out, nil
}

// candidate is a node that may be taken.
type candidate struct {
	name, pool string
	policy     v1.ConsolidationPolicy
	price      float64
	cost       float64 // of moving its pods: 1 + what each costs to evict, where that is above 0
	empty      bool
}

// round is one pass of Karpenter's disruption controller.
type round struct {
	*cluster
	limits     pdb.Limits
	candidates []candidate // by falling savings ratio, then name
	totals     map[string]controller.NodePoolTotals
	asks       *int // that are left
}

// step is the next command, or nil.
func (c *cluster) step(pools []*kube.NodePool, asks *int) (*Step, error) {
	limits, err := pdb.NewLimits(c.ctx, c.client)
	if err != nil {
		return nil, fmt.Errorf("%w: PodDisruptionBudgets: %w", ErrKarpenter, err)
	}
	r := round{cluster: c, limits: limits, asks: asks, totals: map[string]controller.NodePoolTotals{}}
	r.look(pools)
	for _, method := range []func() (*Step, error){r.emptiness, r.multi, r.single} {
		if step, err := method(); step != nil || err != nil {
			return step, err
		}
	}
	return nil, nil
}

// look finds the candidates and sums up their NodePools (ShouldDisrupt, NewCandidate, computeNodePoolTotals).
func (r *round) look(pools []*kube.NodePool) {
	byName := map[string]*kube.NodePool{}
	for _, p := range pools {
		byName[p.Name] = p
	}
	for n := range r.state.Nodes() {
		pool := n.Labels()[v1.NodePoolLabelKey]
		k := candidate{name: n.Name(), pool: pool, policy: v1.ConsolidationPolicyWhenEmptyOrUnderutilized, cost: 1, empty: true}
		for _, p := range r.running[n.Name()] {
			if pod.IsReschedulable(p) {
				k.cost += max(0, disruption.EvictionCost(r.ctx, p))
				k.empty = false
			}
		}
		k.price = disruption.ResolveOfferingPrice(n.Labels(), r.typeOf(n))
		total := r.totals[pool]
		total.TotalCost += k.price
		total.TotalDisruptionCost += k.cost
		r.totals[pool] = total
		p := byName[pool]
		if p == nil || p.Spec.Replicas != nil || p.Spec.Disruption.ConsolidateAfter == "Never" || r.holds(n, r.limits) != "" {
			continue
		}
		if said := p.Spec.Disruption.ConsolidationPolicy; said != "" {
			k.policy = v1.ConsolidationPolicy(said)
		}
		r.candidates = append(r.candidates, k)
	}
	slices.SortFunc(r.candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(disruption.SavingsRatio(b.price, b.cost), disruption.SavingsRatio(a.price, a.cost)), strings.Compare(a.name, b.name))
	})
}

// emptiness takes all empty nodes at once.
func (r *round) emptiness() (*Step, error) {
	step := Step{Method: Emptiness, Removal: Removal{Decision: Delete, Result: Result{Version: Version, New: []Node{}, Existing: []Node{}, Unplaced: []Unplaced{}}}}
	for _, k := range r.candidates {
		if k.empty {
			step.Nodes = append(step.Nodes, k.name)
			step.BeforePerHour = step.BeforePerHour.Plus(micro(k.price))
		}
	}
	slices.Sort(step.Nodes)
	if len(step.Nodes) == 0 {
		return nil, nil
	}
	return &step, nil
}

// underused are the candidates of the other two methods.
func (r *round) underused() []candidate {
	return slices.DeleteFunc(slices.Clone(r.candidates), func(k candidate) bool { return k.empty || k.policy == v1.ConsolidationPolicyWhenEmpty })
}

// multi follows firstNConsolidationOption.
func (r *round) multi() (*Step, error) {
	candidates := r.underused()
	if len(candidates) < 2 {
		return nil, nil
	}
	var found *Step
	low, high := 1, min(100, len(candidates)-1)
	for low <= high {
		mid := (low + high) / 2
		step, err := r.try(MultiNode, candidates[:mid+1])
		if err != nil {
			return nil, err
		}
		if step != nil {
			found, low = step, mid+1
		} else {
			high = mid - 1
		}
	}
	return found, nil
}

// single tries one candidate after the other, one of each NodePool in turn (shuffleCandidates).
func (r *round) single() (*Step, error) {
	byPool := map[string][]candidate{}
	longest := 0
	for _, k := range r.underused() {
		byPool[k.pool] = append(byPool[k.pool], k)
		longest = max(longest, len(byPool[k.pool]))
	}
	names := slices.Sorted(maps.Keys(byPool))
	for i := range longest {
		for _, name := range names {
			if i >= len(byPool[name]) {
				continue
			}
			k := byPool[name][i]
			if k.policy.IsBalanced() && !r.approves(k.pool, k.price, k.cost) {
				continue // not even if all of it were saved
			}
			if step, err := r.try(SingleNode, []candidate{k}); step != nil || err != nil {
				return step, err
			}
		}
	}
	return nil, nil
}

// try is nil where Karpenter would not do it, or the limit is reached.
func (r *round) try(method Method, set []candidate) (*Step, error) {
	if *r.asks <= 0 {
		return nil, nil
	}
	*r.asks--
	var names []string
	source := 0.0
	for _, k := range set {
		names = append(names, k.name)
		source += k.price
	}
	removal, err := r.remove(names, r.limits)
	if err != nil || removal.Decision == Keep {
		return nil, err
	}
	saving := source - removal.AfterPerHour.Float64()
	shares, costs, balanced := map[string]float64{}, map[string]float64{}, map[string]bool{}
	for _, k := range set {
		shares[k.pool] += k.price
		costs[k.pool] += k.cost
		balanced[k.pool] = k.policy.IsBalanced()
	}
	for _, pool := range slices.Sorted(maps.Keys(shares)) {
		share := saving
		if source > 0 && len(shares) > 1 {
			share = saving * (shares[pool] / source)
		}
		if balanced[pool] && !r.approves(pool, share, costs[pool]) {
			return nil, nil
		}
	}
	return &Step{Method: method, Removal: removal}, nil
}

// approves scores a move of a NodePool whose policy is Balanced.
func (r *round) approves(pool string, saving, cost float64) bool {
	return controller.ScoreMove(saving, cost, r.totals[pool], v1.BalancedK).Approved()
}

// without is the world after nodes have gone and their pods are where the result puts them; pods of DaemonSets and
// static ones go with them. New nodes are named by their numbers from made on.
func (w World) without(r *Removal, made int) World {
	gone := map[string]bool{}
	for _, name := range r.Nodes {
		gone[name] = true
	}
	w.Nodes = slices.DeleteFunc(slices.Clone(w.Nodes), func(n *corev1.Node) bool { return gone[n.Name] })
	var pods []*corev1.Pod
	for _, p := range w.Pods {
		if gone[p.Spec.NodeName] {
			if bound(p) {
				continue
			}
			p = p.DeepCopy()
			p.Spec.NodeName, p.Status.Phase = "", corev1.PodPending
		}
		pods = append(pods, p)
	}
	w.Pods = pods
	return w.settle(&r.Result, made)
}

// PricePerHour is what the nodes cost by the catalog, at the price of their type, zone and capacity type; on-demand
// where a node does not say. One that is not in the catalog counts nothing. Prices of NodeOverlays are Karpenter's
// belief, not the bill.
func (w World) PricePerHour() pricing.Micro {
	sum := pricing.Micro(0)
	for _, n := range w.Nodes {
		price, _ := w.priceOf(n)
		sum = sum.Plus(price)
	}
	return sum
}

func (w World) priceOf(n *corev1.Node) (price pricing.Micro, known bool) {
	machine, ok := w.Catalog.Lookup(n.Labels[corev1.LabelInstanceTypeStable])
	if !ok {
		return 0, false
	}
	want := cmp.Or(n.Labels[v1.CapacityTypeLabelKey], pricing.OnDemand)
	for _, term := range []string{want, pricing.OnDemand} { // spot without a price of its own is priced as on-demand
		for _, o := range machine.In(n.Labels[corev1.LabelTopologyZone]) {
			if id := n.Labels[reservationID]; o.CapacityType == term && (id == "" || o.ReservationID == id) && (!known || o.PriceMicro < price) {
				price, known = o.PriceMicro, true
			}
		}
		if known {
			return price, true
		}
	}
	return 0, false
}
