package engine

import (
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// candidate is a plan found on the way, with the requests that its nodes have room for.
type candidate struct {
	sized                // as packed
	handed sizing.Choice // after handing back
}

// search looks for the cheapest requests whose risk, after headroom is handed back, is within that of the targets; it
// starts from these.
//
// Each round chooses the cheapest requests, at the prices of room in the last packing, for a budget of risk; packs them;
// and hands back what the nodes leave free. What handing back takes away of the risk the next round's budget may
// have more: so packing at the floor and giving back the slack is where this walk ends when there is much slack, and the
// cheapest requests at the budget itself are where it ends when there is none. A round that hands back less than it
// had counted on is above its budget, and not taken.
func (j *joint) search() (*candidate, error) {
	budget := j.targets.risk
	over := [2]float64{1, 1}
	j.price = j.prices(&j.targets, nil)
	best := j.handed(j.targets)
	if j.in.Search != j.in.Limits { // compare like with like
		x, err := j.try(j.targets.choice)
		if err != nil {
			return nil, err
		}
		best = x
	}
	last := sizing.Choice(nil)
	for range jointRounds {
		c := j.table.Choose(j.table.AllFloors(), j.price, scaled(budget, over))
		if slices.Equal(c, last) {
			break
		}
		last = c
		x, err := j.try(c)
		if err != nil {
			return nil, err
		}
		risk := j.table.Risk(x.handed)
		for r := range risk {
			if risk[r] > 0 {
				over[r] = min(max(over[r]*float64(budget[r])/float64(risk[r]), 1), overMost)
			}
		}
		j.price = j.prices(&x.sized, j.price)
		best = j.better(best, x)
	}
	return j.divide(best)
}

// divide looks again at requests just above a divisor of the nodes that were chosen. Where they fall, others rise, so that
// the risk stays within its budget.
func (j *joint) divide(best *candidate) (*candidate, error) {
	budget := j.targets.risk
	lower, which := j.table.Divisors(best.choice, nodesOf(&best.low, best.k), budget)
	if !slices.Contains(which, true) {
		return best, nil
	}
	x, err := j.try(j.table.ChooseBelow(lower, which, j.price, budget))
	if err != nil {
		return nil, err
	}
	return j.better(best, x), nil
}

// overMost bounds how much more risk than its budget a choice may have before headroom is handed back.
const overMost = 4

func scaled(budget [2]int64, by [2]float64) [2]int64 {
	const most = 1 << 62 // a float beyond the integers would become another one on each machine
	for r := range budget {
		budget[r] = int64(min(float64(budget[r])*by[r], most))
	}
	return budget
}

// try packs a choice and hands back what is free.
func (j *joint) try(c sizing.Choice) (*candidate, error) {
	x, err := j.pack(c, true, j.in.Search)
	if err != nil {
		return nil, err
	}
	return j.handed(x), nil
}

// handed is a plan with what its nodes have free handed back.
func (j *joint) handed(x sized) *candidate {
	return &candidate{x, j.table.HandBack(x.choice, nodesOf(&x.low, x.k))}
}

// better is the cheaper of two candidates, of those that may be taken at all.
func (j *joint) better(best, x *candidate) *candidate {
	if j.allowed(x) && x.unplaced <= best.unplaced && x.cost < best.cost {
		return x
	}
	return best
}

// allowed reports whether a candidate, with what was handed back, may be taken.
func (j *joint) allowed(x *candidate) bool {
	handed := x.sized
	handed.risk = j.table.Risk(x.handed)
	return j.within(&handed)
}

// finish plans for the requests of a candidate at full effort. Its packing still stands with what was handed back, and
// is kept where the solver finds none that is cheaper. It reports false where the result is worse than the targets.
func (j *joint) finish(x *candidate) (bool, error) {
	if slices.Equal(x.handed, j.targets.choice) {
		return false, nil
	}
	final, err := j.pack(x.handed, true, j.in.Limits)
	if err != nil {
		return false, err
	}
	if k := translated(x, &final); k != nil {
		kept, err := size(&j.table, x.handed, final.s, final.low, k)
		if err == nil && kept.unplaced <= final.unplaced && kept.cost < final.cost {
			final = kept
		}
	}
	if !j.within(&final) || final.cost > j.targets.cost {
		return false, nil
	}
	j.best, j.packed = final, x.choice
	j.says = "the targets, with what their nodes have free handed back"
	if less := j.targets.cost.Plus(-final.cost); less > 0 {
		j.says = fmt.Sprintf("the requests were chosen with the nodes: at the risk of the targets they cost %s an hour less", less)
	}
	return true, nil
}

// nodesOf says how much room the nodes of a packing have left. Where several workloads are one item, each is taken to have
// all its copies: room is then never promised twice, whoever lies there.
func nodesOf(low *lower.Lowered, k *model.Packing) []sizing.Node {
	dims := [2]int{slices.Index(low.Index.Dims, lower.CPU), slices.Index(low.Index.Dims, lower.Memory)}
	var out []sizing.Node
	for _, b := range k.Bins {
		n := sizing.Node{Count: b.Count, Price: float64(low.Problem.Bins[b.Bin].Price)}
		for r, d := range dims {
			if d < 0 {
				continue
			}
			n.Free[r] = low.Problem.Bins[b.Bin].Cap[d]
			for _, l := range b.Items {
				n.Free[r] -= low.Problem.Items[l.Item].Size[d] * l.Count
			}
		}
		for _, l := range b.Items {
			ref := &low.Index.Items[l.Item]
			for _, p := range ref.Parts {
				pods := min(l.Count, p.Pods)
				if ref.Together {
					pods = p.Pods
				}
				n.Loads = append(n.Loads, sizing.Load{Work: p.Workload, Pods: pods})
			}
		}
		out = append(out, n)
	}
	return out
}

// Shares of the prices of a round: of room on the very nodes that carry a workload, and the rest of room anywhere. Chosen: with
// the first alone, workloads on nodes that have memory to spare would all grow at once, and need other nodes.
const (
	priceHere   = 0.5
	priceBefore = 0.5 // of the prices of the round before, against swinging to and fro
)

// prices are what a unit of each variable costs one pod, in any unit: by the multipliers of the bound on the nodes that
// carry its workload, and on all nodes.
func (j *joint) prices(x *sized, before []float64) []float64 {
	shadow := raise.NewShadow(&x.low, &x.k.Proof)
	here := make([][2]float64, len(j.table.Works))
	pods := make([]float64, len(j.table.Works))
	var all, room [2]float64
	for r, name := range []string{lower.CPU, lower.Memory} {
		d := slices.Index(x.low.Index.Dims, name)
		if d < 0 {
			continue
		}
		for _, b := range x.k.Bins {
			unit := float64(shadow.Room(b.Bin, d))
			for _, l := range b.Items {
				copies := float64(float64(b.Count) * float64(l.Count)) // the outer conversions keep products from fusing with sums
				size := float64(copies * float64(x.low.Problem.Items[l.Item].Size[d]))
				all[r] += float64(unit * size)
				room[r] += size
				for _, p := range x.low.Index.Items[l.Item].Parts {
					here[p.Workload][r] += float64(unit * copies)
					if r == 0 {
						pods[p.Workload] += copies
					}
				}
			}
		}
	}
	out := make([]float64, len(j.table.Vars))
	for v := range j.table.Vars {
		r, w := j.table.Vars[v].Resource, j.table.Vars[v].Work
		mean := all[r] / max(room[r], 1)
		out[v] = mean
		if pods[w] > 0 {
			out[v] = float64(priceHere*(here[w][r]/pods[w])) + float64((1-priceHere)*mean)
		}
		if before != nil {
			out[v] = float64(priceBefore*before[v]) + float64((1-priceBefore)*out[v])
		}
	}
	return out
}

// translated is the packing of a candidate for the larger requests that fit its nodes, with the bound that was proven for
// these; nil where it cannot be said so.
func translated(x *candidate, to *sized) *model.Packing {
	if x.k.Unplaced != nil || to.k.Unplaced != nil {
		return nil
	}
	bins, ok := dealt(&x.low, x.k, &to.low)
	if !ok {
		return nil
	}
	k := *to.k
	k.Bins, k.Cost, k.Status = bins, x.k.Cost, model.Feasible
	if k.Cost == k.LowerBound {
		k.Status = model.Optimal
	}
	if check.Packing(&to.low.Problem, &k) != nil {
		return nil
	}
	return &k
}
