package proposal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
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
// Designs are replayed one by one, those that ask the least of people first, and before them today's NodePools as they are:
// the one that leaves the fewest pods without a node, then costs least, is the answer; one that steers more workloads has to cost steerWorth less. So a plan never
// proposes NodePools of which Karpenter would build something dearer than of today's for as many pods.
func (b Builder) Build(ctx context.Context, s *planner.Snapshot, plan *planner.Plan) (*planner.Built, error) {
	var pods int64
	for i := range s.Workloads {
		pods += s.Workloads[i].Replicas
	}
	if pods > cmp.Or(b.PodsMost, PodsMost) {
		return nil, nil
	}
	designs, err := b.designs(s, plan, pods)
	if err != nil {
		return nil, err
	}
	r := newReplay(b, s, plan)
	var best, asIs *planner.Built
	for n, design := range designs {
		if best != nil && b.Stop != nil && b.Stop() {
			break
		}
		if b.Progress != nil {
			b.Progress(int64(n), int64(len(designs)))
		}
		built, err := r.run(ctx, design)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			asIs = built
		}
		if best == nil || better(built, best) {
			best = built
		}
	}
	best.Pools = slices.DeleteFunc(best.Pools, func(p planner.Pool) bool { return !p.Steered && p.Nodes == 0 }) // open to all, and nobody came
	perHour := asIs.PerHour
	best.AsIsPerHour, best.AsIsUnplaced = &perHour, asIs.Unplaced
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

// steerWorth is how much less a design has to cost, in millionths, for steering more workloads. Chosen: each is a patch that somebody has to
// accept, and half a per cent is about what two runs of the search differ by (0005).
const steerWorth = 5_000

// better compares a design with one that was tried before it.
func better(a, best *planner.Built) bool {
	if a.Unplaced != best.Unplaced {
		return a.Unplaced < best.Unplaced
	}
	most := best.PerHour
	if steered(a.Pools) > steered(best.Pools) {
		most = pricing.Micro(int64(most) - int64(most)/1_000_000*steerWorth)
	}
	return a.PerHour < most
}

// steered counts the workloads that a design steers.
func steered(pools []planner.Pool) int {
	n := 0
	for i := range pools {
		if pools[i].Steered {
			n += len(pools[i].Works)
		}
	}
	return n
}

// lessMost is up to how many pods designs are looked for that steer less than may be steered. Chosen: nodes of open NodePools may be small and
// many, and Karpenter's work grows with pods × open nodes.
const lessMost = 3_000

// designs lists what is worth a replay: today's NodePools as they are first, then designs that steer nobody, then those that
// steer pods with GPUs only, then those that steer whoever may be.
func (b Builder) designs(s *planner.Snapshot, plan *planner.Plan, pods int64) ([][]planner.Pool, error) {
	ways := []func(*planner.Workload) bool{
		func(*planner.Workload) bool { return false }, func(w *planner.Workload) bool { return !w.GPU.Zero() }, func(*planner.Workload) bool { return true },
	}
	if pods > lessMost {
		ways = ways[len(ways)-1:]
	}
	out := [][]planner.Pool{nil}
	var tried [][]bool
	for _, way := range ways {
		steer := make([]bool, len(s.Workloads))
		for i := range s.Workloads {
			steer[i] = way(&s.Workloads[i]) && (b.Steer == nil || b.Steer(&s.Workloads[i]))
		}
		if slices.ContainsFunc(tried, func(o []bool) bool { return slices.Equal(o, steer) }) {
			continue
		}
		tried = append(tried, steer)
		found, err := pools.Search(pools.Input{Snapshot: s, Plan: plan, Steer: steer, Limits: b.Limits})
		if err != nil {
			return nil, fmt.Errorf("look for NodePools: %w", err)
		}
		for _, d := range found {
			out = append(out, d.Pools)
		}
	}
	return out, nil
}

// attract tells, of pools that are open to all, which workloads Karpenter put there: each counts where most of its pods are.
func (r *replay) attract(pools []planner.Pool, nodes []karpenter.Node) {
	count := make([]map[string]int64, len(r.s.Workloads))
	for i := range nodes {
		for _, pod := range nodes[i].Pods {
			if w, ok := r.pods[pod]; ok {
				if count[w] == nil {
					count[w] = map[string]int64{}
				}
				count[w][nodes[i].Pool]++
			}
		}
	}
	for w, of := range count {
		at, most := -1, int64(0)
		for _, n := range of {
			most = max(most, n)
		}
		for i := range pools {
			if most > 0 && of[pools[i].Name] == most {
				at = i
				break
			}
		}
		if at >= 0 && !pools[at].Steered {
			pools[at].Works = append(pools[at].Works, planner.PoolWork{Workload: lower.WorkloadName(r.s.Workloads[w])})
		}
	}
	for i := range pools {
		slices.SortFunc(pools[i].Works, func(a, b planner.PoolWork) int { return strings.Compare(a.Workload, b.Workload) })
	}
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
	r.attract(built.Pools, result.New)
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
