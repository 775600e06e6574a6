package raise_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
	"github.com/tenon-sh/tenon/pricing"
)

// TestShadowPrices prices one pod of 2 of 8 CPU and 1 of 8 GiB on a node that costs 800.
func TestShadowPrices(t *testing.T) {
	cases := map[string]struct {
		mult model.Mult
		want pricing.Micro
	}{
		"tight multipliers price the pod":                     {model.Mult{Dims: []int64{100, 0}}, 200},
		"in the proportions that they have":                   {model.Mult{Dims: []int64{50, 50}}, 150},
		"what they leave is charged by the largest share":     {model.Mult{Dims: []int64{0, 50}}, 50 + 400/4},
		"without multipliers that is everything":              {model.Mult{Dims: []int64{0, 0}}, 200},
		"a pod costs at most the node, whatever the numbers":  {model.Mult{Dims: []int64{9999, 0}}, 800},
		"numbers that overflow stay at the price of the node": {model.Mult{Dims: []int64{1 << 62, 1 << 62}}, 800},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			o := c.on("a")
			o.PriceMicro, o.Allocatable = 800, planner.Resources{CPUMilli: 8, MemoryMiB: 8}
			c.run("w", 1, "").Requests = planner.Resources{CPUMilli: 2, MemoryMiB: 1}
			low, err := lower.Lower(c.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			for i := range tc.mult.Dims { // in a scale of 10
				if tc.mult.Dims[i] < 1<<40 {
					tc.mult.Dims[i] *= 10
				}
			}
			cert := model.Certificate{Scale: 10, Items: [][]int64{{1504}}, Use: []int{0}, Mults: []model.Mult{tc.mult}}
			shadow := raise.NewShadow(&low, &cert)
			if got := shadow.On(0, 0); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
			if got := shadow.Pod(0); got != 150 {
				t.Errorf("the dual is %d, want 150", got)
			}
		})
	}
}

// TestShadowPricesOfCards prices one pod on a node of four cards that costs 400, with nothing else of value.
func TestShadowPricesOfCards(t *testing.T) {
	cases := map[string]struct {
		cards planner.Cards
		need  planner.GPUNeed
		mult  model.Mult
		want  pricing.Micro
	}{
		"two cards of four at no multiplier": {planner.Cards{Model: "T4-16GB", Count: 4}, planner.GPUNeed{Whole: 2}, model.Mult{}, 200},
		"two cards at their multiplier":      {planner.Cards{Model: "T4-16GB", Count: 4}, planner.GPUNeed{Whole: 2}, model.Mult{Card: 100}, 200},
		"a share at its multiplier": {
			planner.Cards{Model: "T4-16GB", Count: 4, Shareable: true}, planner.GPUNeed{ShareMilli: 250},
			model.Mult{Shares: []model.ShareMult{{Share: 250, Price: 25}}}, 25,
		},
		"a share at none": {planner.Cards{Model: "T4-16GB", Count: 4, Shareable: true}, planner.GPUNeed{ShareMilli: 250}, model.Mult{}, 25},
		"a slice of two of eight at none": {
			planner.Cards{Model: "A100-40GB", Count: 4, Partitionable: true}, planner.GPUNeed{Slices: map[string]int64{"2g.10gb": 1}}, model.Mult{}, 25,
		},
		"a slice at its multiplier: three of them are the card": {
			planner.Cards{Model: "A100-40GB", Count: 4, Partitionable: true}, planner.GPUNeed{Slices: map[string]int64{"2g.10gb": 1}},
			model.Mult{Slices: []int64{32}}, 33, // 32, and 2 of 32 slots of the 16 that twelve slices leave
		},
		"a fixed slice of two": {
			planner.Cards{Model: "A100-40GB", Count: 4, Taken: 4, Fixed: map[string]int64{"2g.10gb": 2}},
			planner.GPUNeed{Slices: map[string]int64{"2g.10gb": 1}}, model.Mult{}, 200,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &cluster{}
			o := c.on("a")
			o.PriceMicro, o.Cards = 400, tc.cards
			w := c.run("w", 1, "")
			w.GPU, w.Requests = tc.need, planner.Resources{}
			low, err := lower.Lower(c.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			tc.mult.Dims = []int64{0}
			cert := model.Certificate{Scale: 1, Items: [][]int64{{1}}, Use: []int{0}, Mults: []model.Mult{tc.mult}}
			if got := raise.NewShadow(&low, &cert).On(0, 0); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

// TestConstraintsHaveTheirPrice: the pod may use the dear zone only, for two reasons of which one alone suffices
// for zone b, and one for the arm machine.
func TestConstraintsHaveTheirPrice(t *testing.T) {
	c := &cluster{}
	c.on("a").PriceMicro = 800
	c.on("b").PriceMicro = 400
	c.on("c").PriceMicro = 80
	c.Offers[2].Allocatable.CPUMilli = 500 // cheap, and too small for the pod
	set := func(offers ...int) (s planner.Set) {
		for _, i := range offers {
			s.Add(i)
		}
		return s
	}
	w := c.run("w", 4, "")
	w.Constraints = []planner.Constraint{{Kind: "zone", Offers: set(0)}, {Kind: "os", Offers: set(0, 1)}}
	low, err := lower.Lower(c.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	cert := model.Certificate{
		Scale: 1, Items: [][]int64{{100}}, Use: []int{0, 1, -1}, Mults: []model.Mult{{Dims: []int64{0}}, {Dims: []int64{0}}},
	}
	plan, err := raise.Raise(c.Snapshot, low, &model.Packing{Bins: []model.Packed{packed(0, 1, 0, 4)}, Proof: cert})
	if err != nil {
		t.Fatal(err)
	}
	want := []planner.PlanConstraint{{Kind: "zone", Excludes: 1, PerPod: 50}, {Kind: "os", Excludes: 0}}
	if diff := cmp.Diff(want, plan.Workloads[0].Constraints); diff != "" {
		t.Errorf("constraints (-want +got):\n%s", diff)
	}
	if got := plan.Workloads[0]; got.PricePerPod != 100 || got.Offers != 1 {
		t.Errorf("price %d and %d offers, want 100 and 1", got.PricePerPod, got.Offers)
	}
}
