package check

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Whatever the multipliers, line must not prove a price below the best content of the bin, as trying
// all contents finds it. Where there is one dimension with a multiplier, no rule and nothing that stays, it must prove that price.
func TestLineProvesNoLessThanTheBestContent(t *testing.T) {
	exact, proofs := 0, 0
	for seed := range uint64(6000) {
		p, cert, placed := tiny(seed)
		want := dearest(p, cert)
		v := newProver(p, cert, newRules(p), placed)
		v.price(0)
		prove := func(price int64) bool {
			r := v.root(0)
			r.price = price
			return v.line(r, 1<<40)
		}
		if want > 0 && prove(want-1) {
			t.Fatalf("seed %d: proven to be worth at most %d, and %d is possible", seed, want-1, want)
		}
		if p.Dims == 1 && p.Bins[0].Stays == nil && cert.Mults[0].Dims[0] > 0 && p.Caps == nil && p.Conflicts == nil && p.Follows == nil && want > 0 {
			exact++
			if !prove(want) {
				t.Fatalf("seed %d: not proven to be worth at most %d", seed, want)
			}
		}
		if prove(want + 5) {
			proofs++
		}
	}
	if exact < 80 || proofs < 500 {
		t.Errorf("only %d cases of one dimension and %d proofs", exact, proofs)
	}
}

// A bin of 11 holds one 7 or two 5, and multipliers alone believe that it is full.
func TestLineIsBounded(t *testing.T) {
	cases := map[string]struct {
		alter func(p *model.Problem, c *model.Certificate)
		limit int64
		want  bool
	}{
		"as it is":                   {func(*model.Problem, *model.Certificate) {}, 100, true},
		"with too little work":       {func(*model.Problem, *model.Certificate) {}, 2, false},
		"a dual beyond int64":        {func(_ *model.Problem, c *model.Certificate) { c.Items[1][0] = most/2 + 1 }, 100, false},
		"a table too large":          {func(p *model.Problem, _ *model.Certificate) { p.Bins[0].Cap[0] = 1 << 39 }, 1 << 40, false},
		"large numbers of one unit":  {func(p *model.Problem, _ *model.Certificate) { enlarge(p, 1<<30) }, 100, true},
		"a multiplier beyond int64":  {func(_ *model.Problem, c *model.Certificate) { c.Mults[0].Dims[0] = most }, 100, true},
		"a content worth more":       {func(_ *model.Problem, c *model.Certificate) { c.Items[0][0] = 11 }, 100, false},
		"two dimensions, both worth": {func(p *model.Problem, c *model.Certificate) { second(p, c, 1) }, 100, false},
		"two dimensions, one worth":  {func(p *model.Problem, c *model.Certificate) { second(p, c, 0) }, 100, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 1,
				Items: []model.Item{{Size: []int64{7}, Count: 1, Classes: []int{0}}, {Size: []int64{5}, Count: 3, Classes: []int{0}}},
				Bins:  []model.Bin{{Cap: []int64{11}, Price: 10, Card: -1}},
			}
			cert := &model.Certificate{Scale: 1, Items: [][]int64{{7}, {5}}, Mults: []model.Mult{{Dims: []int64{1}}}, Use: []int{0}, Limit: 1}
			tc.alter(p, cert)
			v := newProver(p, cert, newRules(p), []int64{1, 3})
			v.price(0)
			if got := v.line(v.root(0), tc.limit); got != tc.want {
				t.Errorf("proven: %v, want %v", got, tc.want)
			}
		})
	}
}

func enlarge(p *model.Problem, by int64) {
	p.Bins[0].Cap[0] *= by
	for i := range p.Items {
		p.Items[i].Size[0] *= by
	}
}

// second adds a dimension that nothing takes and that is worth something.
func second(p *model.Problem, c *model.Certificate, price int64) {
	p.Dims = 2
	p.Bins[0].Cap = append(p.Bins[0].Cap, 3)
	c.Mults[0].Dims = append(c.Mults[0].Dims, price)
	for i := range p.Items {
		p.Items[i].Size = append(p.Items[i].Size, 0)
	}
}
