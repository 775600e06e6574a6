package raise

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// The fates of a node of today.
const (
	fateKeep    = "keep"
	fateRemove  = "remove"
	fateHeld    = "held"
	fateOutside = "outside"
)

// Raise turns a packing of a lowered Snapshot into a Plan, all but its Proof and Digest. The Snapshot is the one that
// was lowered, and the packing one that binpack/check accepts.
func Raise(s planner.Snapshot, low lower.Lowered, k *model.Packing) (planner.Plan, error) {
	d, err := newDealer(&s, &low, k)
	if err != nil {
		return planner.Plan{}, err
	}
	groups := d.group()
	p := planner.Plan{
		APIVersion: planner.APIVersion, Kind: planner.PlanKind,
		InputDigest: s.Digest, Source: s.Source, Catalog: s.Catalog,
		Nodes: []planner.PlanNode{}, Placements: placements(groups), Workloads: []planner.PlanWork{},
		Unplaced: d.unplaced(), Today: []planner.TodayNode{}, Notes: append([]planner.Note{}, s.Notes...),
	}
	if !s.At.IsZero() {
		p.At = &s.At
	}
	for i := range groups {
		p.Nodes = append(p.Nodes, groups[i].PlanNode)
	}
	p.Notes = append(p.Notes, spotNote(&s, &low, p.Nodes)...)
	stays := d.stays(groups)
	p.Workloads = d.works(stays)
	p.Today = d.fates(groups)
	p.Changes = d.changes(&p, stays)
	p.Cost = d.cost()
	p.Solver = planner.Solver{
		Status: string(k.Status), Iterations: k.Work.Iterations, Columns: k.Work.Columns, Pivots: k.Work.Pivots,
		Shapes: len(low.Problem.Items), Offers: len(s.Offers), Pruned: k.Work.Pruned, Components: k.Work.Components,
	}
	return p, nil
}

// works says how each workload was planned. stays counts its pods that keep their node.
func (d *dealer) works(stays []int64) []planner.PlanWork {
	out := make([]planner.PlanWork, 0, len(d.s.Workloads))
	b := broker{d: d, shadow: NewShadow(d.low, &d.k.Proof), known: map[[2]int]offered{}}
	for i := range d.s.Workloads {
		w := &d.s.Workloads[i]
		x := planner.PlanWork{
			Workload: lower.WorkloadName(*w), Replicas: w.Replicas, Requests: w.Requests, GPU: lower.GPUText(w.GPU),
			Priority: w.Priority, Moves: -stays[i], Soft: w.Soft,
		}
		for _, l := range w.Today {
			x.Moves += l.Pods
		}
		terms := b.terms(i)
		x.PricePerPod, x.Offers = b.shadow.Pod(d.low.Index.ItemOf[i]), terms.offers
		for j, c := range w.Constraints {
			x.Constraints = append(x.Constraints, planner.PlanConstraint{
				Kind: c.Kind, Text: c.Text, Excludes: terms.excludes[j], PerPod: terms.perPod[j],
			})
		}
		out = append(out, x)
	}
	return out
}

// stays counts for each workload the pods that keep their node.
func (d *dealer) stays(groups []grouped) []int64 {
	out := make([]int64, len(d.s.Workloads))
	for i := range groups {
		for _, name := range groups[i].Names {
			for _, today := range d.today[name] {
				for _, p := range groups[i].pods {
					if p.Workload == today.Workload {
						out[p.Workload] += min(p.Pods, today.Pods)
					}
				}
			}
		}
	}
	return out
}

// fates says what becomes of each node of today.
func (d *dealer) fates(groups []grouped) []planner.TodayNode {
	kept := map[string]string{}
	for i := range groups {
		for _, name := range groups[i].Names {
			kept[name] = groups[i].ID
		}
	}
	offer := map[string]int{}
	for i := range d.s.Offers {
		for _, name := range d.s.Offers[i].Nodes {
			offer[name] = i
		}
	}
	out := make([]planner.TodayNode, 0, len(d.s.Nodes))
	for i := range d.s.Nodes {
		n := &d.s.Nodes[i]
		x := planner.TodayNode{
			Name: n.Name, InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType, Pool: n.Pool,
			Node: kept[n.Name], Reason: n.Reason,
		}
		if n.Priced {
			price := n.PriceMicro
			x.PricePerHour = &price
		}
		at, offered := offer[n.Name]
		switch {
		case !offered && n.Held, offered && d.s.Offers[at].Held:
			x.Fate = fateHeld
		case !offered && !n.Priced:
			x.Fate = fateOutside
			x.Reason = cmp.Or(x.Reason, "no price is known for it")
		case x.Node != "":
			x.Fate = fateKeep
		default:
			x.Fate = fateRemove
			x.Reason = cmp.Or(x.Reason, d.leaves(n.Name))
		}
		out = append(out, x)
	}
	return out
}

// leaves says what happens to the pods of a node that goes.
func (d *dealer) leaves(name string) string {
	var pods int64
	for _, p := range d.today[name] {
		pods += p.Pods
	}
	switch pods {
	case 0:
		return "no planned pod runs on it"
	case 1:
		return "its pod is planned elsewhere for less"
	default:
		return fmt.Sprintf("its %d pods are planned elsewhere for less", pods)
	}
}

func (d *dealer) changes(p *planner.Plan, stays []int64) planner.Changes {
	var c planner.Changes
	for i := range d.nodes {
		if x := &d.nodes[i]; d.low.Index.Bins[x.bin].Stage == lower.New {
			c.Add++
		}
	}
	for i := range p.Today {
		switch p.Today[i].Fate {
		case fateKeep, fateHeld:
			c.Keep++
		case fateRemove:
			c.Remove++
		}
	}
	for i := range p.Workloads {
		c.Moves += p.Workloads[i].Moves
		c.Stay += stays[i]
	}
	return c
}

// cost adds up what the cluster costs now, as planned, and at the bound.
func (d *dealer) cost() planner.Cost {
	sunk, moves := d.low.Index.Sunk, d.moves()
	c := planner.Cost{
		Currency: d.s.Catalog.Currency, HeldPerHour: sunk,
		PlannedPerHour:    pricing.Micro(d.k.Cost).Plus(-moves).Plus(sunk),
		LowerBoundPerHour: pricing.Micro(d.k.LowerBound).Plus(sunk),
	}
	if each := d.s.Terms.MovePriceMicro; each > 0 {
		c.MovesPerHour, c.MovePricePerHour = &moves, &each
	}
	c.GapPercent = gap(c.PlannedPerHour.Plus(moves), c.LowerBoundPerHour)
	var now pricing.Micro
	for i := range d.s.Nodes {
		if n := &d.s.Nodes[i]; n.Priced {
			now = now.Plus(n.PriceMicro)
		} else {
			c.UnpricedNodes++
		}
	}
	if d.s.NodesKnown {
		c.NowPerHour = &now
		if now > 0 {
			saved := ratio(now-c.PlannedPerHour, now, false)
			c.SavedPercent = &saved
		}
	}
	return c
}

// moves is what the packing pays for moves: its cost beyond the prices of its bins.
func (d *dealer) moves() pricing.Micro {
	if d.s.Terms.MovePriceMicro == 0 {
		return 0
	}
	sum := d.k.Cost
	for _, b := range d.k.Bins {
		sum -= d.low.Problem.Bins[b.Bin].Price * b.Count
	}
	return pricing.Micro(sum)
}

// GapMax is the gap that is printed where no finite one is proven, and the largest that is.
const GapMax = 1_000_000.0

// gap is (planned-bound)/bound in percent, rounded up to the fourth decimal.
func gap(planned, bound pricing.Micro) float64 {
	switch {
	case planned <= bound:
		return 0
	case bound <= 0:
		return GapMax
	}
	return min(ratio(planned-bound, bound, true), GapMax)
}

// ratio is a/b in percent with four decimals, rounded up or, as a claim of savings must be, down.
func ratio(a, b pricing.Micro, up bool) float64 {
	const fourth = 100 * 10_000
	q, r := new(big.Int), new(big.Int)
	q.DivMod(new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(fourth)), big.NewInt(int64(b)), r)
	if up && r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	whole, _ := new(big.Float).SetInt(q).Float64()
	return whole / 10_000
}

// unplaced lists the pods that have no node, and why.
func (d *dealer) unplaced() []planner.Unplaced {
	out := append([]planner.Unplaced{}, d.s.Stuck...)
	out = append(out, d.low.Unplaced...)
	reasons := map[int]string{}
	for i, left := range d.left {
		if left == 0 {
			continue
		}
		item := d.low.Index.ItemOf[i]
		if _, ok := reasons[item]; !ok {
			reasons[item] = d.reason(item)
		}
		out = append(out, planner.Unplaced{Workload: lower.WorkloadName(d.s.Workloads[i]), Count: left, Reason: reasons[item]})
	}
	slices.SortStableFunc(out, func(a, b planner.Unplaced) int {
		return cmp.Or(cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
