package check

import (
	"math/big"

	"github.com/tenon-sh/tenon/binpack/model"
)

// coverage checks that each item is placed or said to be unplaced, exactly as often as it exists.
func (c *checker) coverage() {
	if n := len(c.k.Unplaced); c.k.Unplaced != nil && n != len(c.p.Items) {
		c.faults.addf(ErrPacking, "unplaced: %d numbers for %d items", n, len(c.p.Items))
		return
	}
	for i := range c.p.Items {
		var rest int64
		if c.k.Unplaced != nil {
			rest = c.k.Unplaced[i]
		}
		if rest < 0 || plus(c.placed[i], rest) != c.p.Items[i].Count {
			c.faults.addf(ErrPacking, "item %d: %d placed and %d unplaced of %d", i, c.placed[i], rest, c.p.Items[i].Count)
		}
	}
}

// limits checks what binds all bins together: Max, Budgets and the cost.
func (c *checker) limits() {
	cost := new(big.Int).Sub(allMoves(c.p), &c.saved)
	used := make([]big.Int, len(c.p.Budgets))
	for b, n := range c.opened {
		bin := &c.p.Bins[b]
		if bin.Max > 0 && n > bin.Max {
			c.faults.addf(ErrPacking, "bin %d: %d opened of %d", b, n, bin.Max)
		}
		cost.Add(cost, product(n, bin.Price))
		for _, u := range bin.Uses {
			used[u.Budget].Add(&used[u.Budget], product(n, u.Amount))
		}
	}
	for n := range used {
		if used[n].Cmp(big.NewInt(c.p.Budgets[n])) > 0 {
			c.faults.addf(ErrPacking, "budget %d: %v taken of %d", n, &used[n], c.p.Budgets[n])
		}
	}
	if cost.Cmp(big.NewInt(c.k.Cost)) != 0 {
		c.faults.addf(ErrPacking, "the bins and moves cost %v, not %d", cost, c.k.Cost)
	}
}

func product(a, b int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
}

// claims checks that the status says what the numbers say, and that no work is negative.
func (c *checker) claims() {
	want := c.status()
	if c.k.Status != want {
		c.faults.addf(ErrPacking, "status %q where the numbers say %q", c.k.Status, want)
	}
	if c.k.LowerBound > c.k.Cost {
		c.faults.addf(ErrBound, "a lower bound of %d above the cost of %d", c.k.LowerBound, c.k.Cost)
	}
	w := &c.k.Work
	for _, n := range []int64{w.Iterations, w.Columns, w.Pivots, w.Branches, int64(w.Pruned), int64(w.Components)} {
		if n < 0 {
			c.faults.addf(ErrPacking, "work of %d", n)
		}
	}
}

func (c *checker) status() model.Status {
	all, unplaced := int64(0), int64(0)
	for i := range c.p.Items {
		all = plus(all, c.p.Items[i].Count)
	}
	for _, n := range c.k.Unplaced {
		unplaced |= n
	}
	switch {
	case all == 0:
		return model.Empty
	case unplaced != 0:
		return model.Partial
	case c.k.LowerBound == c.k.Cost:
		return model.Optimal
	default:
		return model.Feasible
	}
}
