package check

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// allMoves is what it costs to move everything that lies in bins of today.
func allMoves(p *model.Problem) *big.Int {
	sum := new(big.Int)
	for b := range p.Bins {
		for _, s := range p.Bins[b].Stays {
			one := product(s.Count, s.Saves)
			sum.Add(sum, one.Mul(one, big.NewInt(p.Bins[b].Max)))
		}
	}
	return sum
}

// stay counts what the items of one entry save because they lie there today.
func (c *checker) stay(b *model.Packed) {
	for _, s := range c.p.Bins[b.Bin].Stays {
		one := product(min(s.Count, c.have[s.Item]), s.Saves)
		c.saved.Add(&c.saved, one.Mul(one, big.NewInt(b.Count)))
	}
}

// stay is what item i saves in bin b: home copies, so much each in units of the certificate.
func (v *prover) stay(i, b int) (home, saves int64) {
	stays := v.p.Bins[b].Stays
	n, found := slices.BinarySearchFunc(stays, i, func(s model.Stay, item int) int { return cmp.Compare(s.Item, item) })
	if !found {
		return 0, 0
	}
	return stays[n].Count, times(stays[n].Saves, v.cert.Scale)
}

// more is a+b for b ≥ 0, at most most.
func more(a, b int64) int64 {
	if a < 0 {
		return a + b
	}
	return plus(a, b)
}

// less is a−b for b ≥ 0, at least −most.
func less(a, b int64) int64 { return -more(-a, b) }

// surplus is the most that up to n copies can be worth above their charge, where each is worth so
// much above it, and the first home of them save more.
func surplus(reduced, home, saves, n int64) int64 {
	home = min(home, n)
	return plus(times(max(0, reduced), n-home), times(max(0, more(reduced, saves)), home))
}

// lost is what n copies of a candidate are worth less, above their charge, than its peak is.
func (c *candidate) lost(n int64) int64 {
	switch {
	case c.saves > 0:
		return c.lostAtHome(n)
	case c.reduced > 0:
		return c.reduced * (c.most - n)
	default:
		return -c.reduced * n
	}
}

func (c *candidate) lostAtHome(n int64) int64 {
	peak := c.peak()
	low, high := min(n, peak), max(n, peak)
	home := min(c.home, high) - min(c.home, low)
	stay, other := more(c.reduced, c.saves), c.reduced
	if n > peak {
		stay, other = -stay, -other
	}
	return plus(times(max(0, stay), home), times(max(0, other), high-low-home))
}

// peak is the number of copies that are worth the most above their charge, the least of several.
// The worth rises up to there and falls from there on.
func (c *candidate) peak() int64 {
	switch {
	case c.reduced > 0:
		return c.most
	case more(c.reduced, c.saves) > 0:
		return c.home
	default:
		return 0
	}
}
