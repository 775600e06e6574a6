package check

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// The bisection over levels must find what trying every spread finds.
func TestLeastSpreadAgreesWithEnumeration(t *testing.T) {
	kept := 0
	for seed := range uint64(4000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		s := &model.Spread{Items: []int{0}, Skew: rnd.Int64N(4), Max: rnd.Int64N(5)}
		var zones []int
		duals := make([]int64, 4)
		for d := range duals {
			duals[d] = rnd.Int64N(10)
			listed := rnd.IntN(4) > 0
			if listed {
				s.Domains = append(s.Domains, d)
				s.Base = append(s.Base, rnd.Int64N(4))
			}
			if (listed || s.Skew == 0) && rnd.IntN(5) > 0 {
				zones = append(zones, d)
			}
		}
		if s.Skew == 0 && s.Max == 0 || len(zones) == 0 {
			continue
		}
		n := rnd.Int64N(12)
		if s.Skew > 0 && slices.Max(s.Base)-slices.Min(s.Base) > s.Skew {
			if got := leastSpread(s, duals, zones, n); got != nil {
				t.Fatalf("seed %d: least %v over an uneven base: %+v", seed, got, s)
			}
			continue
		}
		want := enumerate(s, duals, zones, n)
		got := leastSpread(s, duals, zones, n)
		if want == math.MaxInt64 {
			if got != nil {
				t.Fatalf("seed %d: %v copies: least %v where there is none: %+v in %v", seed, n, got, s, zones)
			}
			continue
		}
		kept++
		if got == nil || got.Cmp(big.NewInt(want)) != 0 {
			t.Fatalf("seed %d: %v copies: least %v, want %d: %+v %v in %v", seed, n, got, want, s, duals, zones)
		}
	}
	if kept < 500 {
		t.Errorf("only %d cases have a spread", kept)
	}
}

// enumerate tries every way to spread n copies.
func enumerate(s *model.Spread, duals []int64, zones []int, n int64) int64 {
	counts := map[int]int64{}
	best := int64(math.MaxInt64)
	var try func(at int, left, cost int64)
	try = func(at int, left, cost int64) {
		if at < len(zones) {
			for y := range left + 1 {
				if s.Max > 0 && y > s.Max {
					break
				}
				counts[zones[at]] = y
				try(at+1, left-y, cost+y*duals[zones[at]])
			}
			counts[zones[at]] = 0
			return
		}
		low, high := int64(math.MaxInt64), int64(0)
		for j, d := range s.Domains {
			low = min(low, counts[d]+s.Base[j])
			if counts[d] > 0 {
				high = max(high, counts[d]+s.Base[j])
			}
		}
		if left == 0 && (s.Skew == 0 || high-low <= s.Skew) {
			best = min(best, cost)
		}
	}
	try(0, n, 0)
	return best
}

// The levels of a spread over very many copies are found by bisection, not by counting.
func TestLeastSpreadOfManyCopies(t *testing.T) {
	s := &model.Spread{Items: []int{0}, Domains: []int{0, 1}, Skew: 2}
	got := leastSpread(s, []int64{3, 5}, []int{0, 1}, model.MaxAmount)
	want := new(big.Int).Add(product(3, model.MaxAmount/2+1), product(5, model.MaxAmount/2-1))
	if got.Cmp(want) != 0 {
		t.Errorf("least %v, want %v", got, want)
	}
}

func TestHeaviest(t *testing.T) {
	// The placements of an A100: slots are memory slices; see shared/facts/packing.md §3.4.
	kind := &model.CardKind{Slots: 8, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2, 3, 4, 5, 6}, Max: 7},
		{Size: 2, Starts: []int{0, 2, 4}, Max: 3},
		{Size: 4, Starts: []int{0, 4}, Max: 2},
		{Size: 8, Starts: []int{0}, Max: 1},
	}}
	cases := map[string]struct {
		weights []int64
		live    uint64
		want    int64
	}{
		"seven small ones, as the last slot starts none": {[]int64{1, 0, 0, 0}, 0, 7},
		"three of two slots":                             {[]int64{0, 1, 0, 0}, 0, 3},
		"a large one and small ones":                     {[]int64{2, 0, 9, 0}, 0, 18},
		"small ones below, a large one above":            {[]int64{2, 0, 7, 0}, 0, 15},
		"small ones and one that needs the last slot":    {[]int64{2, 0, 8, 0}, 1, 14},
		"the whole card":                                 {[]int64{1, 1, 1, 50}, 0, 50},
		"not the whole card, where a slot is live":       {[]int64{1, 1, 1, 50}, 1 << 7, 7},
		"nothing, where all slots are live":              {[]int64{1, 1, 1, 50}, 255, 0},
		"worth beyond int64":                             {[]int64{math.MaxInt64, 0, 0, 0}, 0, math.MaxInt64},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := heaviest(kind, tc.weights, tc.live); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}

// fullestOf is what shares of these sizes and prices can fill of a card.
func fullestOf(share int64, mults ...model.ShareMult) int64 {
	p := &model.Problem{Cards: []model.CardKind{{Share: share}}}
	m := &model.Mult{Shares: mults}
	v := &prover{p: p, wanted: []wanted{{}}}
	for _, s := range mults {
		v.wanted[0].shares = append(v.wanted[0].shares, s.Share)
	}
	return v.fullest(0, m)
}

func TestFullest(t *testing.T) {
	cases := map[string]struct {
		share int64
		mults []model.ShareMult
		want  int64
	}{
		"no shares":                        {10, nil, 0},
		"three of three, one part is lost": {10, []model.ShareMult{{Share: 3, Price: 5}}, 15},
		"two sizes that fill the card":     {10, []model.ShareMult{{Share: 3, Price: 5}, {Share: 4, Price: 7}}, 17},
		"a size without a price":           {10, []model.ShareMult{{Share: 1, Price: 0}, {Share: 4, Price: 7}}, 14},
		"sizes in hundreds":                {1000, []model.ShareMult{{Share: 300, Price: 5}, {Share: 400, Price: 7}}, 17},
		"a table too large, so the dearest part fills the card": {model.MaxAmount, []model.ShareMult{{Share: 1, Price: 3}, {Share: model.MaxAmount - 1, Price: 5}}, 3 * model.MaxAmount},
		"a table too large, and a worth too":                    {model.MaxAmount, []model.ShareMult{{Share: 1, Price: math.MaxInt64}}, math.MaxInt64},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := fullestOf(tc.share, tc.mults...); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}

// What nobody asks for must not make a card dearer.
func TestSigmaCountsOnlyWhatIsAskedFor(t *testing.T) {
	kind := model.CardKind{Share: 10, Slots: 2, Profiles: []model.Profile{{Size: 1, Starts: []int{0, 1}, Max: 2}, {Size: 2, Starts: []int{0}, Max: 1}}}
	p := &model.Problem{
		Dims: 1, Classes: 1, Domains: 1, Cards: []model.CardKind{kind},
		Items: []model.Item{
			{Size: []int64{1}, Count: 1, Classes: []int{0}, Needs: []model.CardNeed{{Slices: []int64{1, 0}}}},
			{Size: []int64{1}, Count: 1, Classes: []int{0}, Needs: []model.CardNeed{{Share: 2}}},
			{Size: []int64{1}, Count: 0, Classes: []int{0}, Needs: []model.CardNeed{{Slices: []int64{0, 1}}}},
			{Size: []int64{1}, Count: 0, Classes: []int{0}, Needs: []model.CardNeed{{Share: 5}}},
		},
		Bins: []model.Bin{{Cap: []int64{9}, Card: 0, Cards: 3, Live: []uint64{0, 1}}},
	}
	cert := &model.Certificate{
		Scale: 1, Items: [][]int64{{0}, {0}, {0}, {0}}, Use: []int{0},
		Mults: []model.Mult{{Dims: []int64{0}, Slices: []int64{3, 100}, Shares: []model.ShareMult{{Share: 2, Price: 1}, {Share: 5, Price: 100}}, Card: 4}},
	}
	v := newProver(p, cert, newRules(p), []int64{1, 1, 0, 0})
	got := v.cards(0, &cert.Mults[0])
	if got.sigma != 6 || got.room != 2*6+3 {
		t.Errorf("σ %d and room %d, want 6 and 15", got.sigma, got.room)
	}
}

func TestSaturation(t *testing.T) {
	const big = math.MaxInt64
	cases := map[string]struct{ got, want int64 }{
		"a sum":             {plus(2, 3), 5},
		"a sum too large":   {plus(big-1, 2), big},
		"the largest sum":   {plus(big-1, 1), big},
		"a product":         {times(1<<31, 1<<31), 1 << 62},
		"a product of 2⁶³":  {times(1<<32, 1<<31), big},
		"a product of 2⁶⁴":  {times(1<<32, 1<<32), big},
		"a product by zero": {times(big, 0), 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("%d, want %d", tc.got, tc.want)
			}
		})
	}
}
