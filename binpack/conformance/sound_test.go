package conformance_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// The checker must not be talked into a bound above the optimum. For each random problem a
// certificate is grown from nothing: random numbers are raised, one after the other, and kept
// where the checker still accepts. What it accepts is compared with the exact optimum each time.
// That many reach the optimum shows that the climb presses against the checker's limits.
func TestNoCertificateBeatsTheOptimum(t *testing.T) {
	groups := map[string]exact.Options{
		"cards":   {Copies: 5, NoRules: true, NoSpreads: true, NoLimits: true},
		"rules":   {Copies: 5, NoCards: true, NoSpreads: true, NoLimits: true},
		"spreads": {Copies: 5, NoCards: true, NoRules: true, NoLimits: true},
		"limits":  {Copies: 5, NoCards: true, NoRules: true, NoSpreads: true},
		"stays":   {Copies: 5, NoCards: true, NoRules: true, NoSpreads: true, AllStay: true},
		"all":     {Copies: 5},
	}
	for name, options := range groups {
		t.Run(name, func(t *testing.T) {
			problems, tight := 0, 0
			for seed := range uint64(150) {
				p := exact.Random(seed, options)
				k, err := exact.Solve(p, 200_000)
				if err != nil || k.Cost == 0 {
					continue
				}
				problems++
				optimum := k.Cost
				if climb(t, p, k, seed) == optimum {
					tight++
				}
			}
			t.Logf("%d problems, %d bounds at the optimum", problems, tight)
			if tight < problems/5 {
				t.Errorf("only %d of %d bounds reach the optimum", tight, problems)
			}
		})
	}
}

// climb raises a certificate for k and returns the best bound that the checker accepts.
func climb(t *testing.T, p *model.Problem, k *model.Packing, seed uint64) int64 {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 4))
	var placed []int64
	for _, item := range p.Items {
		placed = append(placed, item.Count)
	}
	k.Proof = zero(p)
	best := int64(0)
	for step := range 1500 {
		number, least := pick(rnd, &k.Proof)
		old := *number
		*number = max(least, old+rnd.Int64N(21)-8)
		low, err := check.LowerBound(p, &k.Proof, placed)
		if err != nil {
			t.Fatalf("seed %d: step %d: %v", seed, step, err)
		}
		k.LowerBound = low
		if low < best || check.Bound(p, k) != nil {
			*number = old
			continue
		}
		best = low
		if low > k.Cost {
			t.Fatalf("seed %d: a bound of %d is accepted, the optimum is %d", seed, low, k.Cost)
		}
	}
	return best
}

// zero is a certificate of the problem's shape that proves nothing yet.
func zero(p *model.Problem) model.Certificate {
	cert := model.Certificate{Scale: 4, Limit: 3000, Budgets: make([]int64, len(p.Budgets))}
	for range p.Items {
		cert.Items = append(cert.Items, make([]int64, p.Domains))
	}
	for b, bin := range p.Bins {
		if bin.Max > 0 {
			cert.Bins = append(cert.Bins, model.BinDual{Bin: b, Value: 1})
		}
		m := model.Mult{Dims: make([]int64, p.Dims)}
		if bin.Card >= 0 {
			m.Slices = make([]int64, len(p.Cards[bin.Card].Profiles))
			for share := int64(1); share <= p.Cards[bin.Card].Share; share++ {
				m.Shares = append(m.Shares, model.ShareMult{Share: share})
			}
		}
		cert.Mults = append(cert.Mults, m)
		cert.Use = append(cert.Use, b)
	}
	return cert
}

// pick chooses a number of a certificate, half of the time one of an item, and its least value.
func pick(rnd *rand.Rand, cert *model.Certificate) (number *int64, least int64) {
	m := &cert.Mults[rnd.IntN(len(cert.Mults))]
	switch n := rnd.IntN(10); {
	case n < 5:
		duals := cert.Items[rnd.IntN(len(cert.Items))]
		return &duals[rnd.IntN(len(duals))], 0
	case n == 5:
		return &m.Card, 0
	case n == 6 && len(m.Slices) > 0:
		return &m.Slices[rnd.IntN(len(m.Slices))], 0
	case n == 7 && len(m.Shares) > 0:
		return &m.Shares[rnd.IntN(len(m.Shares))].Price, 0
	case n == 8 && len(cert.Budgets) > 0:
		return &cert.Budgets[rnd.IntN(len(cert.Budgets))], 0
	case n == 9 && len(cert.Bins) > 0:
		return &cert.Bins[rnd.IntN(len(cert.Bins))].Value, 1
	default:
		return &m.Dims[rnd.IntN(len(m.Dims))], 0
	}
}
