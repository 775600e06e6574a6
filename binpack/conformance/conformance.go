// Package conformance says what every method of packing must keep, and tries it on many small
// problems that use every feature of the model:
//
//   - its packings pass binpack/check, certificate and all;
//   - its lower bound is at most the true optimum, and its cost at least, as binpack/exact finds
//     it by trying everything;
//   - the same problem gives the same bytes twice.
//
// A method may leave items unplaced. It is then measured on what it placed, and how often that
// happened although everything fits is logged.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Method is one way to pack.
type Method func(p *model.Problem) (*model.Packing, error)

// Problems is how many random problems Run tries of each group.
const Problems = 300

// placements bounds what exact tries for one problem; a problem that needs more is not compared.
const placements = 500_000

// Run tries a method on random problems, one subtest for each group of features.
func Run(t *testing.T, solve Method) {
	t.Helper()
	groups := []struct {
		name    string
		options exact.Options
	}{
		{"sizes and prices alone", exact.Options{Copies: 8, NoCards: true, NoRules: true, NoSpreads: true, NoLimits: true}},
		{"cards alone", exact.Options{NoRules: true, NoSpreads: true, NoLimits: true}},
		{"rules in a bin", exact.Options{NoCards: true, NoSpreads: true, NoLimits: true}},
		{"spreads alone", exact.Options{NoCards: true, NoRules: true, NoLimits: true}},
		{"maxima and budgets", exact.Options{NoCards: true, NoRules: true, NoSpreads: true}},
		{"stays", exact.Options{Copies: 8, NoCards: true, NoRules: true, NoSpreads: true, AllStay: true}},
		{"everything at once", exact.Options{}},
	}
	for n, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			var sum Record
			for i := range uint64(Problems) {
				seed := uint64(n)<<32 | i
				p := exact.Random(seed, group.options)
				r, err := Examine(p, solve)
				if err != nil {
					problem, _ := json.Marshal(p)
					t.Fatalf("seed %#x: %v\n%s", seed, err, problem)
				}
				sum.add(r)
			}
			t.Logf("%v", sum)
		})
	}
}

// Record is what examinations found, added up.
type Record struct {
	Problems int
	Compared int   // with the optimum of what was placed
	Exact    int   // whose cost is that optimum
	Proven   int   // whose lower bound is, too
	Partial  int   // that left something unplaced
	Needless int   // of these, those that can be packed completely
	Cost     int64 // of the compared, the sum of costs
	Optimum  int64 // of optima
	Bound    int64 // of lower bounds
}

func (r *Record) add(o Record) {
	r.Problems += o.Problems
	r.Compared += o.Compared
	r.Exact += o.Exact
	r.Proven += o.Proven
	r.Partial += o.Partial
	r.Needless += o.Needless
	r.Cost += o.Cost
	r.Optimum += o.Optimum
	r.Bound += o.Bound
}

// String tells a record in one line.
func (r Record) String() string {
	return fmt.Sprintf("%d problems, %d compared: %d at the optimum, %d proven; cost %d, optimum %d, bound %d; %d partial, %d of them needlessly",
		r.Problems, r.Compared, r.Exact, r.Proven, r.Cost, r.Optimum, r.Bound, r.Partial, r.Needless)
}

// Examine tries a method on one problem and returns what it found, or what the method does not keep.
func Examine(p *model.Problem, solve Method) (Record, error) {
	r := Record{Problems: 1}
	before, _ := json.Marshal(p)
	k, first, err := answer(p, solve)
	if err != nil {
		return r, err
	}
	_, second, err := answer(p, solve)
	if err != nil {
		return r, fmt.Errorf("the second time: %w", err)
	}
	if !bytes.Equal(first, second) {
		return r, fmt.Errorf("two answers to one problem:\n%s\n%s", first, second)
	}
	if after, _ := json.Marshal(p); !bytes.Equal(before, after) {
		return r, errors.New("the method changed the problem")
	}
	if err := check.Packing(p, k); err != nil {
		return r, fmt.Errorf("%w\n%s", err, first)
	}
	return compare(p, k, r)
}

func answer(p *model.Problem, solve Method) (*model.Packing, []byte, error) {
	k, err := solve(p)
	if err != nil {
		return nil, nil, fmt.Errorf("the method: %w", err)
	}
	text, err := json.Marshal(k)
	return k, text, err
}

// compare measures a legal packing by the optimum of what it placed.
func compare(p *model.Problem, k *model.Packing, r Record) (Record, error) {
	if k.Status == model.Partial {
		r.Partial++
		if _, err := exact.Solve(p, placements); err == nil {
			r.Needless++
		}
	}
	best, err := exact.Solve(part(p, k), placements)
	switch {
	case errors.Is(err, exact.ErrLimit):
		return r, nil
	case err != nil:
		return r, fmt.Errorf("check accepts a packing of what exact cannot pack: %w", err)
	case k.Cost < best.Cost:
		return r, fmt.Errorf("a cost of %d below the optimum of %d", k.Cost, best.Cost)
	case k.LowerBound > best.Cost:
		return r, fmt.Errorf("a lower bound of %d above the optimum of %d", k.LowerBound, best.Cost)
	}
	r.Compared++
	if k.Cost == best.Cost {
		r.Exact++
	}
	if k.LowerBound == best.Cost {
		r.Proven++
	}
	r.Cost, r.Optimum, r.Bound = k.Cost, best.Cost, k.LowerBound
	return r, nil
}

// part is the problem of what k placed.
func part(p *model.Problem, k *model.Packing) *model.Problem {
	q := *p
	q.Items = append([]model.Item(nil), p.Items...)
	for i, n := range k.Unplaced {
		q.Items[i].Count -= n
	}
	return &q
}
