package proposal

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/raise/pools"
	"github.com/tenon-sh/tenon/pricing"
)

// PodsMost is what Builder.PodsMost is where nobody says. Chosen: 10,000 pods took Karpenter's scheduler 12 s (0004), a
// design of many small nodes several times that, and a plan is replayed up to five times.
const PodsMost = 20_000

// Builder looks for the NodePools of which Karpenter builds a plan at the least cost.
type Builder struct {
	Objects *kube.Objects // the dump that the plan is of; nil: a recording, whose selectors are gone
	Catalog pricing.Catalog
	Options karpenter.Options
	Limits  pools.Limits
	// Steer says whose pods may be given a selector and a toleration; nil: everybody's.
	Steer func(*planner.Workload) bool
	// PodsMost is above how many pods nothing is replayed, since Karpenter's work grows with pods × open nodes; 0: 20,000.
	PodsMost int64
	// Progress is told of each replay before it begins; nil: nobody is.
	Progress func(done, total int64)
	// Stop, where it says so, ends the replays with the best so far; nil: never.
	Stop func() bool
}

// Build is what engine.Input.Build wants. It returns nil where there are more pods than PodsMost.
//
// The designs that pools.Search returns are replayed one by one, and beside them today's NodePools as they are: the one
// that leaves the fewest pods without a node, then costs least, then has the fewest pools, is the answer. So a plan never
// proposes NodePools of which Karpenter would build something dearer than of today's.
func (b Builder) Build(ctx context.Context, s *planner.Snapshot, plan *planner.Plan) (*planner.Built, error) {
	var pods int64
	for i := range s.Workloads {
		pods += s.Workloads[i].Replicas
	}
	if pods > cmp.Or(b.PodsMost, PodsMost) {
		return nil, nil
	}
	designs, err := pools.Search(pools.Input{Snapshot: s, Plan: plan, Steer: b.steer(s), Limits: b.Limits})
	if err != nil {
		return nil, fmt.Errorf("look for NodePools: %w", err)
	}
	r := newReplay(b, s, plan)
	var best *planner.Built
	var asIs pricing.Micro
	for n := -1; n < len(designs); n++ {
		if best != nil && b.Stop != nil && b.Stop() {
			break
		}
		if b.Progress != nil {
			b.Progress(int64(n+1), int64(len(designs)+1))
		}
		var design []planner.Pool
		if n >= 0 {
			design = designs[n].Pools
		}
		built, err := r.run(ctx, design)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			asIs = built.PerHour
		}
		if best == nil || better(built, best) {
			best = built
		}
	}
	best.AsIsPerHour = &asIs
	return best, nil
}

// stayPerHour is the price of the nodes that Karpenter finds.
func (r *replay) stayPerHour() pricing.Micro {
	total := r.plan.Cost.HeldPerHour
	for i := range r.plan.Today {
		if n := &r.plan.Today[i]; keptForeign(n) && n.PricePerHour != nil && r.b.Objects != nil {
			total = total.Plus(*n.PricePerHour)
		}
	}
	return total
}

// unplacedNotes is of how many pods the reason is told why Karpenter finds no node.
const unplacedNotes = 5

// better is the order of designs.
func better(a, b *planner.Built) bool {
	return cmp.Or(cmp.Compare(a.Unplaced, b.Unplaced), cmp.Compare(a.PerHour, b.PerHour), cmp.Compare(len(a.Pools), len(b.Pools))) < 0
}

func (b Builder) steer(s *planner.Snapshot) []bool {
	if b.Steer == nil {
		return nil
	}
	out := make([]bool, len(s.Workloads))
	for i := range s.Workloads {
		out[i] = b.Steer(&s.Workloads[i])
	}
	return out
}

// run lets Karpenter build one design.
func (r *replay) run(ctx context.Context, design []planner.Pool) (*planner.Built, error) {
	w, err := r.world(design)
	if err != nil {
		return nil, err
	}
	result, err := w.Schedule(ctx)
	if err != nil {
		return nil, err
	}
	built := &planner.Built{
		Version: result.Version, Nodes: int64(len(w.Nodes) + len(result.New)), Unplaced: int64(len(result.Unplaced)),
		PerHour: result.PricePerHour.Plus(r.stayPerHour()), Pools: make([]planner.Pool, len(design)), Notes: []planner.Note{},
	}
	at := map[string]int{}
	for i, p := range design {
		p.Nodes, p.PricePerHour = 0, 0
		built.Pools[i], at[p.Name] = p, i
	}
	for i := range result.New {
		if n, ok := at[result.New[i].Pool]; ok {
			built.Pools[n].Nodes++
			built.Pools[n].PricePerHour = built.Pools[n].PricePerHour.Plus(result.New[i].PricePerHour)
		}
	}
	for i, u := range result.Unplaced {
		if i == unplacedNotes {
			built.Notes = append(built.Notes, planner.Note{Severity: planner.Warning, Text: fmt.Sprintf("Karpenter finds no node for %d more pods", len(result.Unplaced)-i)})
			break
		}
		built.Notes = append(built.Notes, planner.Note{Severity: planner.Warning, Object: u.Pod, Text: "Karpenter finds no node for it: " + u.Reason})
	}
	for _, n := range result.Notes {
		if n.Severity == planner.Warning {
			built.Notes = append(built.Notes, n)
		}
	}
	return built, nil
}
