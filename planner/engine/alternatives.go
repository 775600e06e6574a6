package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
)

// How many kinds of node are told of one workload: beside those that it uses, the cheapest that it may use, and of those
// that are cheaper than these but ruled out.
const (
	allowedMax  = 5
	excludedMax = 3
)

// Alternatives returns, for a workload by its name in the plan, the kinds of node that its pods use, the cheapest few
// others that they could use, and the cheapest few that one of their constraints alone rules out. The costs are shadow
// prices of one more pod: see planner/raise. A workload that is not in the plan, or fits nowhere, has none.
//
// The plan should have been verified: this looks at its proof, and only so far that it cannot be harmed by it.
func Alternatives(plan planner.Plan) (explain.Alternatives, error) {
	p, err := openProof(plan.Proof)
	if err != nil {
		return nil, err
	}
	s, err := fromWire(&p.Snapshot)
	if err != nil {
		return nil, err
	}
	low, err := lower.Lower(s)
	if err != nil {
		return nil, err
	}
	if err := fitting(&low.Problem, &p.Packing.Proof); err != nil {
		return nil, err
	}
	a := &alternatives{s: s, low: low, used: map[string]map[kind]bool{}, shadow: raise.NewShadow(&low, &p.Packing.Proof)}
	nodes := map[string]*planner.PlanNode{}
	for i := range plan.Nodes {
		nodes[plan.Nodes[i].ID] = &plan.Nodes[i]
	}
	for _, x := range plan.Placements {
		if a.used[x.Workload] == nil {
			a.used[x.Workload] = map[kind]bool{}
		}
		if n := nodes[x.Node]; n != nil {
			a.used[x.Workload][kind{n.Pool, n.InstanceType, n.CapacityType, n.Zone}] = true
		}
	}
	return a.of, nil
}

// fitting checks that a certificate has the shape of the problem; plans that were not verified may have any.
func fitting(p *model.Problem, cert *model.Certificate) error {
	if _, err := check.LowerBound(p, cert, make([]int64, len(p.Items))); err != nil {
		return fmt.Errorf("%w: the certificate is for another problem: %w", ErrChanged, err)
	}
	return nil
}

// kind is what tells offers apart for a reader; zone is empty where it does not matter.
type kind struct{ pool, instanceType, capacityType, zone string }

type alternatives struct {
	s      planner.Snapshot
	low    lower.Lowered
	shadow *raise.Shadow
	used   map[string]map[kind]bool // by workload
}

func (a *alternatives) of(workload string) []explain.Alternative {
	w := slices.IndexFunc(a.s.Workloads, func(x planner.Workload) bool { return lower.WorkloadName(x) == workload })
	if w < 0 || a.low.Index.ItemOf[w] < 0 {
		return nil
	}
	used, allowed, excluded := a.list(w, a.used[workload])
	allowed = cheapest(allowed, allowedMax)
	dearest := a.shadow.Pod(a.low.Index.ItemOf[w])
	if len(allowed) > 0 {
		dearest = max(dearest, allowed[len(allowed)-1].PricePerPod)
	}
	excluded = slices.DeleteFunc(excluded, func(x explain.Alternative) bool { return x.PricePerPod >= dearest })
	return slices.Concat(used, cheapest(slices.Concat(allowed, cheapest(excluded, excludedMax)), allowedMax+excludedMax))
}

func cheapest(list []explain.Alternative, most int) []explain.Alternative {
	slices.SortStableFunc(list, func(x, y explain.Alternative) int { return cmp.Compare(x.PricePerPod, y.PricePerPod) })
	return list[:min(len(list), most)]
}

// list walks the offers that a workload fits. Zones that differ in nothing but their name are told as one.
func (a *alternatives) list(w int, uses map[kind]bool) (used, allowed, excluded []explain.Alternative) {
	item := a.low.Index.ItemOf[w]
	type key struct {
		explain.Alternative
		existing bool
	}
	at := map[key]int{}
	for offer := range a.s.Offers {
		o := &a.s.Offers[offer]
		bin := a.low.Index.BinOf[offer]
		why, alone := a.excludes(w, offer)
		if !alone || !a.low.Fits(item, bin) {
			continue
		}
		x := explain.Alternative{
			InstanceType: o.InstanceType, CapacityType: o.CapacityType, Pool: o.Pool, Excluded: why,
			PricePerPod: a.shadow.On(item, bin), PricePerHour: o.PriceMicro, PodsPerNode: a.podsPerNode(item, bin),
		}
		if why == "" && uses[kind{o.Pool, o.InstanceType, o.CapacityType, o.Zone}] {
			x.Zone = o.Zone
			if !slices.Contains(used, x) {
				used = append(used, x)
			}
			continue
		}
		list := &allowed
		if why != "" {
			list = &excluded
		}
		k := key{x, len(o.Nodes) > 0}
		if i, ok := at[k]; ok {
			if !slices.Contains(strings.Split((*list)[i].Zone, ", "), o.Zone) {
				(*list)[i].Zone += ", " + o.Zone
			}
			continue
		}
		at[k] = len(*list)
		x.Zone = o.Zone
		*list = append(*list, x)
	}
	return used, allowed, excluded
}

// excludes names the constraint of a workload that rules an offer out; alone is false where several do.
func (a *alternatives) excludes(w, offer int) (why string, alone bool) {
	for _, c := range a.s.Workloads[w].Constraints {
		if c.Offers.Has(offer) {
			continue
		}
		if why != "" {
			return "", false
		}
		if why = c.Kind; c.Text != "" {
			why += ": " + c.Text
		}
	}
	return why, true
}

// podsPerNode is how many pods of an item alone fit one node; 0 where the layout of MIG slices is a search.
func (a *alternatives) podsPerNode(item, bin int) int64 {
	p := &a.low.Problem
	it, b := &p.Items[item], &p.Bins[bin]
	if a.low.Index.Items[item].Together {
		return a.low.Index.Items[item].Pods(1)
	}
	most := model.MaxAmount
	for d, size := range it.Size {
		if size > 0 {
			most = min(most, b.Cap[d]/size)
		}
	}
	if it.BinMax > 0 {
		most = min(most, it.BinMax)
	}
	if need, ok := p.Need(item, bin); ok && len(it.Needs) > 0 {
		switch {
		case need.Whole > 0:
			most = min(most, b.Cards/need.Whole)
		case need.Share > 0:
			most = min(most, b.Cards*(p.Cards[b.Card].Share/need.Share))
		default:
			return 0
		}
	}
	if most == model.MaxAmount {
		return 0
	}
	return most
}
