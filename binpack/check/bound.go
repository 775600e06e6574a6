package check

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// bound checks that LowerBound is exactly what the certificate proves.
//
// Let a legal packing of what was placed open bins with contents x. Where no content is worth
// more than its bin costs, summing over the bins gives
//
//	Σ π·x + Scale·saved  ≤  Scale·prices + Σ ν·Max + Σ λ·Budget,
//
// as no more bins than Max are open and no more than Budget is taken. Here saved is what the items
// that stay in their bins save, which is worth its price in every content; and cost is prices and
// all moves less saved. Σ π·x is at least the least worth of the items wherever they lie, so that
// Scale·cost is at least [Value].
func (c *checker) bound() {
	cert := &c.k.Proof
	if blank(cert) {
		c.bounded(new(big.Int))
		return
	}
	if err := shape(c.p, cert); err != nil {
		c.faults.addf(ErrBound, "%v", err)
		return
	}
	if err := grouped(c.p, cert); err != nil {
		c.faults.addf(ErrBound, "%v", err)
		return
	}
	placed := make([]int64, len(c.placed))
	for i, n := range c.placed {
		placed[i] = min(n, c.p.Items[i].Count)
	}
	total, err := valueWithTrees(c.p, cert, c.rules, placed)
	if err != nil {
		c.faults.addf(ErrBound, "%v", err)
		return
	}
	c.bounded(lift(c.p, cert.Scale, total))
	v := newProver(c.p, cert, c.rules, outside(cert, placed))
	v.all = placed
	v.run(&c.faults)
	all := newProver(c.p, cert, c.rules, placed)
	all.nodes = v.nodes
	all.trees(&c.faults)
}

func (c *checker) bounded(proven *big.Int) {
	if proven.Cmp(big.NewInt(c.k.LowerBound)) != 0 {
		c.faults.addf(ErrBound, "the certificate proves %v, not %d", proven, c.k.LowerBound)
	}
}

// Value is what the placed items are worth by the certificate, less what it owes for Max and
// Budgets, and with all moves of the problem, in units of 1/Scale: the cost of every legal packing of them, times Scale, is no less,
// if the certificate is a proof. The certificate must have the problem's shape.
//
// An item with one π is worth that everywhere. An item with a π by domain is worth, for each of
// its copies, the least π of the domains where it may lie: those with a bin that allows it by
// class, card kind and Skew, and that has its Size. Where a Spread names that item alone and has
// a Skew or a Max, the least is taken over the ways to spread all copies under that rule; of
// several such spreads and of the first figure the largest counts. A Spread whose Base alone is
// farther apart than its Skew says nothing here.
func Value(p *model.Problem, cert *model.Certificate, placed []int64) (*big.Int, error) {
	if err := errors.Join(p.Validate(), sound(p)); err != nil {
		return nil, err
	}
	if len(placed) != len(p.Items) || slices.ContainsFunc(placed, func(n int64) bool { return n < 0 || n > model.MaxAmount }) {
		return nil, fmt.Errorf("%w: what was placed does not belong to the problem", ErrBound)
	}
	if blank(cert) {
		return new(big.Int), nil
	}
	if err := shape(p, cert); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBound, err)
	}
	if err := grouped(p, cert); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBound, err)
	}
	return valueWithTrees(p, cert, newRules(p), placed)
}

// valueWithTrees is the value of the items outside all trees, and the least case of each tree.
func valueWithTrees(p *model.Problem, cert *model.Certificate, r *rules, placed []int64) (*big.Int, error) {
	sum := value(p, cert, r, placed)
	sum.Add(sum, new(big.Int).Mul(allMoves(p), big.NewInt(cert.Scale)))
	for t := range cert.Trees {
		least, err := treeValue(p, cert, r, &cert.Trees[t], placed)
		if err != nil {
			return nil, fmt.Errorf("%w: tree %d: %w", ErrBound, t, err)
		}
		sum.Add(sum, least)
	}
	return sum, nil
}

func value(p *model.Problem, cert *model.Certificate, r *rules, placed []int64) *big.Int {
	sum := new(big.Int)
	for i, n := range placed {
		if n > 0 {
			sum.Add(sum, worth(p, cert, r, load{i, n}))
		}
	}
	for _, dual := range cert.Bins {
		sum.Sub(sum, product(dual.Value, p.Bins[dual.Bin].Max))
	}
	for n, dual := range cert.Budgets {
		sum.Sub(sum, product(dual, p.Budgets[n]))
	}
	return sum
}

// lift turns a value in units of 1/scale into the least cost that it leaves possible: rounded up
// to a whole unit and from there to a multiple of what divides every price, of bins and of moves;
// never negative.
func lift(p *model.Problem, scale int64, value *big.Int) *big.Int {
	var divisor int64
	for b := range p.Bins {
		divisor = gcd(divisor, p.Bins[b].Price)
		for _, s := range p.Bins[b].Stays {
			divisor = gcd(divisor, s.Saves)
		}
	}
	if value.Sign() <= 0 {
		return new(big.Int)
	}
	up := ceil(value, scale)
	if divisor > 1 {
		up = ceil(up, divisor)
		up.Mul(up, big.NewInt(divisor))
	}
	return up
}

// ceil is ⌈a/b⌉ for a ≥ 0 and b > 0.
func ceil(a *big.Int, b int64) *big.Int {
	q, r := new(big.Int).QuoRem(a, big.NewInt(b), new(big.Int))
	if r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// blank says whether there is no certificate. That proves a bound of 0, as no price is negative
// and no more can be saved than all moves cost.
func blank(cert *model.Certificate) bool {
	return cert.Scale == 0 && cert.Limit == 0 && len(cert.Items)+len(cert.Bins)+len(cert.Budgets)+len(cert.Mults)+len(cert.Use)+len(cert.Trees) == 0
}

// shape says what of a certificate does not belong to the problem, or is negative.
func shape(p *model.Problem, cert *model.Certificate) error {
	if cert.Scale < 1 || cert.Limit < 0 {
		return fmt.Errorf("scale %d must be positive and limit %d must not be negative", cert.Scale, cert.Limit)
	}
	if len(cert.Items) != len(p.Items) || len(cert.Use) != len(p.Bins) {
		return fmt.Errorf("%d items and %d bins in the certificate, %d and %d in the problem",
			len(cert.Items), len(cert.Use), len(p.Items), len(p.Bins))
	}
	for i, duals := range cert.Items {
		if (len(duals) != 1 && len(duals) != p.Domains) || negative(duals) {
			return fmt.Errorf("item %d needs one dual or one for each domain, none negative", i)
		}
	}
	last := -1
	for _, dual := range cert.Bins {
		if dual.Bin <= last || dual.Bin >= len(p.Bins) || dual.Value < 1 || p.Bins[dual.Bin].Max == 0 {
			return fmt.Errorf("bin %d: duals of bins must ascend, be positive and belong to bins with a maximum", dual.Bin)
		}
		last = dual.Bin
	}
	if (cert.Budgets != nil && len(cert.Budgets) != len(p.Budgets)) || negative(cert.Budgets) {
		return fmt.Errorf("%d duals of budgets for %d budgets, or a negative one", len(cert.Budgets), len(p.Budgets))
	}
	return multipliers(p, cert)
}

func multipliers(p *model.Problem, cert *model.Certificate) error {
	for n, m := range cert.Mults {
		if len(m.Dims) != p.Dims || negative(m.Dims) || negative(m.Slices) || m.Card < 0 {
			return fmt.Errorf("multipliers %d: one for each dimension is needed, none negative", n)
		}
		for j, s := range m.Shares {
			if s.Price < 0 || s.Share < 1 || (j > 0 && m.Shares[j-1].Share >= s.Share) {
				return fmt.Errorf("multipliers %d: shares must ascend and not be negative", n)
			}
		}
	}
	for b, n := range cert.Use {
		if n < -1 || n >= len(cert.Mults) {
			return fmt.Errorf("bin %d: no multipliers %d", b, n)
		}
		kind := p.Bins[b].Card
		if n < 0 || kind < 0 || cert.Mults[n].Slices == nil {
			continue
		}
		if got, want := len(cert.Mults[n].Slices), len(p.Cards[kind].Profiles); got != want {
			return fmt.Errorf("bin %d: multipliers %d are for %d profiles, its cards have %d", b, n, got, want)
		}
	}
	return nil
}

func negative(values []int64) bool {
	return slices.ContainsFunc(values, func(v int64) bool { return v < 0 })
}
