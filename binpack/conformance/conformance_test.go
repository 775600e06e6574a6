package conformance_test

import (
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/binpack/conformance"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// oracle packs exactly where everything fits, and else nothing at all.
func oracle(p *model.Problem) (*model.Packing, error) {
	if k, err := exact.Solve(p, 500_000); err == nil {
		return k, nil
	}
	k := &model.Packing{Bins: []model.Packed{}, Status: model.Partial}
	for _, item := range p.Items {
		k.Unplaced = append(k.Unplaced, item.Count)
	}
	for _, bin := range p.Bins {
		for _, s := range bin.Stays {
			k.Cost += bin.Max * s.Count * s.Saves
		}
	}
	return k, nil
}

func TestTheOracleConforms(t *testing.T) {
	conformance.Run(t, oracle)
}

func TestExamineRefuses(t *testing.T) {
	calls := 0
	cases := map[string]struct {
		method conformance.Method
		want   string
	}{
		"a method that fails": {func(*model.Problem) (*model.Packing, error) { return nil, exact.ErrLimit }, "the method"},
		"a method that answers differently the second time": {func(p *model.Problem) (*model.Packing, error) {
			k, err := oracle(p)
			calls++
			k.Work.Pivots = int64(calls)
			return k, err
		}, "two answers"},
		"a method that changes the problem": {func(p *model.Problem) (*model.Packing, error) {
			p.Items[0].Rank = 7
			return oracle(p)
		}, "changed the problem"},
		"a packing that check refuses": {func(p *model.Problem) (*model.Packing, error) {
			k, err := oracle(p)
			k.Cost++
			return k, err
		}, "illegal packing"},
		"a bound without a proof": {func(p *model.Problem) (*model.Packing, error) {
			k, err := oracle(p)
			k.LowerBound, k.Status = k.Cost, model.Optimal
			return k, err
		}, "unproven bound"},
		"nothing of the oracle": {oracle, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 1, Classes: 1, Domains: 1,
				Items: []model.Item{{Size: []int64{2}, Count: 3, Classes: []int{0}}},
				Bins:  []model.Bin{{Cap: []int64{4}, Price: 5, Card: -1}},
			}
			_, err := conformance.Examine(p, tc.method)
			if tc.want == "" {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one of %q", err, tc.want)
			}
		})
	}
}
