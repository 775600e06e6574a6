package sizing

import (
	"cmp"
	"slices"
)

// Bounds of Divisors. Chosen: a request that has to fall by more than a seventh is not "just above" a divisor, and all of
// them together may take a tenth of each budget of risk, which the others have to make up for.
const (
	shrinkMost = 7
	budgetPart = 10
)

// Divisors lowers requests just above a divisor of the nodes that carry them: where a little less lets one more pod fit
// beside the rest, most money for each part of the budget first. It returns the choice, and which variables it lowered;
// these should not rise again.
func (t *Table) Divisors(c Choice, nodes []Node, budget [2]int64) (Choice, []bool) {
	c = slices.Clone(c)
	var list []notch
	for n := range nodes {
		for _, l := range nodes[n].Loads {
			if x, ok := t.notch(c, &nodes[n], l, budget); ok {
				list = append(list, x)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b notch) int { return cmp.Compare(b.worth, a.worth) })
	out, lowered := slices.Clone(c), make([]bool, len(c))
	left := [2]int64{budget[CPU] / budgetPart, budget[Memory] / budgetPart}
	done := map[int]bool{}
	for _, x := range list {
		if done[x.work] || x.risk[CPU] > left[CPU] || x.risk[Memory] > left[Memory] {
			continue
		}
		done[x.work] = true
		for r := range x.to {
			if v := x.vars[r]; v >= 0 {
				out[v], lowered[v] = x.to[r], true
				left[r] -= x.risk[r]
			}
		}
	}
	return out, lowered
}

// notch is a way to let one more pod of a workload fit a kind of node.
type notch struct {
	work  int
	vars  [2]int // -1: nothing of this resource is lowered
	to    [2]int64
	risk  [2]int64 // more, of all its pods
	worth float64
}

func (t *Table) notch(c Choice, n *Node, l Load, budget [2]int64) (notch, bool) {
	x := notch{work: l.Work, vars: [2]int{-1, -1}}
	if t.Works[l.Work].Pods <= l.Pods || l.Pods == 0 {
		return x, false
	}
	cost := 0.0
	for r := CPU; r <= Memory; r++ {
		size := t.amount(l.Work, r, c)
		less := size - (n.Free[r]+mul(size, l.Pods))/(l.Pods+1)
		if less <= 0 {
			continue
		}
		v := t.widest(l.Work, r, c)
		if v < 0 || c[v]-less < t.Vars[v].Floor || mul(less, shrinkMost) > c[v] {
			return x, false
		}
		c[v] -= less
		fell := t.amount(l.Work, r, c)
		c[v] += less
		if fell > size-less { // an init container asks for as much
			return x, false
		}
		curve := t.Vars[v].Curve
		x.vars[r], x.to[r] = v, c[v]-less
		x.risk[r] = mul(t.Pods(v), curve.At(c[v]-less)-curve.At(c[v]))
		cost += float64(x.risk[r]) / float64(max(budget[r], 1))
	}
	if x.vars[CPU] < 0 && x.vars[Memory] < 0 {
		return x, false
	}
	x.worth = n.Price * float64(n.Count) / float64(l.Pods+1) / max(cost, 1e-9)
	return x, true
}

// widest is the variable of a workload's resource that is farthest above its floor; -1: none may fall.
func (t *Table) widest(work int, r Resource, c Choice) int {
	best := -1
	for _, v := range t.varsOf[work] {
		x := &t.Vars[v]
		if x.Resource == r && x.Kept == "" && x.Known() && c[v] > x.Floor && (best < 0 || c[v]-x.Floor > c[best]-t.Vars[best].Floor) {
			best = v
		}
	}
	return best
}

// ChooseBelow is Choose where some variables may not rise above what lo says.
func (t *Table) ChooseBelow(lo Choice, fixed []bool, price []float64, budget [2]int64) Choice {
	own := *t
	own.Vars = slices.Clone(t.Vars)
	for v := range own.Vars {
		if fixed[v] {
			own.Vars[v].Ceiling = lo[v]
		}
	}
	return own.Choose(lo, price, budget)
}
