package conformance_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/simulations/vbp"
	"github.com/tenon-sh/tenon/test/milp"
)

const (
	smallProblems = 30
	patternsMax   = 4_000
	toolLimit     = time.Second
)

// tool finds a MILP solver, or skips.
func tool(t *testing.T, name milp.Tool) milp.Tool {
	t.Helper()
	if _, err := name.Path(); err != nil {
		t.Skipf("nothing to compare with: %v", err)
	}
	return name
}

// patterns calls do with small problems that have few enough contents, and with all of these as a program.
func patterns(t *testing.T, most int, do func(seed uint64, p *model.Problem, m *milp.Program)) {
	t.Helper()
	for seed, had := uint64(0), 0; had < most; seed++ {
		p := vbp.Small(seed)
		m, err := milp.Patterns(p, patternsMax)
		switch {
		case errors.Is(err, milp.ErrPatterns):
			continue
		case err != nil:
			t.Fatal(err)
		}
		had++
		do(seed, p, m)
	}
}

// record is how answers compare with optima.
type record struct{ compared, optimal, proven int }

// examine compares our answer to a problem that can be packed completely with that of CBC to m, which says the same problem: our cost
// is at least the optimum, and our bound at most. A problem that CBC does not finish in time is not compared.
func (r *record) examine(t *testing.T, name string, p *model.Problem, m *milp.Program) {
	t.Helper()
	k, err := binpack.Solve(p, binpack.FastLimits(), nil)
	if err != nil || k.Unplaced != nil {
		t.Fatalf("%s: %v left unplaced, error %v", name, k.Unplaced, err)
	}
	a, err := milp.Solve(t.Context(), milp.CBC, m, toolLimit)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if a.Status != milp.Optimal {
		return
	}
	r.compared++
	best := int64(math.Round(a.Value))
	if k.Cost < best || k.LowerBound > best {
		t.Errorf("%s: cost %d, bound %d, but the optimum is %d", name, k.Cost, k.LowerBound, best)
	}
	if k.Cost == best {
		r.optimal++
	}
	if k.LowerBound == best {
		r.proven++
	}
}

// enough logs the record, and fails if less than half of so many problems were compared.
func (r *record) enough(t *testing.T, problems int) {
	t.Helper()
	t.Logf("%d of %d problems compared: %d at the optimum, %d bounds at it", r.compared, problems, r.optimal, r.proven)
	if r.compared < problems/2 {
		t.Errorf("CBC finished only %d of %d problems", r.compared, problems)
	}
}

// The problems are ten times larger than those that exact can try.
func TestSmallProblemsAgainstMILP(t *testing.T) {
	tool(t, milp.CBC)
	var r record
	patterns(t, smallProblems, func(seed uint64, p *model.Problem, m *milp.Program) { r.examine(t, fmt.Sprint("seed ", seed), p, m) })
	r.enough(t, smallProblems)
}

// Cards too: slices beside CPU on bins of one and of two cards, where planner/gpu, which shares no code with the solver, says what
// the cards hold.
func TestSlicesAgainstMILP(t *testing.T) {
	tool(t, milp.CBC)
	var r record
	problems := 0
	for _, key := range vbp.SliceModels() {
		card, _ := gpu.ByKey(key)
		for seed := range uint64(4) {
			p, err := vbp.RandomSlices(key, seed)
			if err != nil {
				t.Fatal(err)
			}
			two := &p.Bins[1] // of eight cards, which have too many contents
			two.Cards, two.Cap[0], two.Price = 2, 24_000, two.Price/4
			m, err := milp.PatternsWhere(p, patternsMax, func(b int, counts []int64) bool { return held(card, p, b, counts) })
			switch {
			case errors.Is(err, milp.ErrPatterns):
				continue
			case err != nil:
				t.Fatal(err)
			}
			problems++
			r.examine(t, fmt.Sprint(key, ", seed ", seed), p, m)
		}
	}
	r.enough(t, problems)
}

// held reports whether the cards of a bin hold so many of each item, each of which asks for one slice.
func held(card gpu.Model, p *model.Problem, b int, counts []int64) bool {
	var plain []int // by profile of the problem: its index in the model
	for i, f := range card.Profiles {
		if !strings.ContainsAny(f.Name, "+-") {
			plain = append(plain, i)
		}
	}
	byProfile := make([]int, len(card.Profiles))
	for i, n := range counts {
		for f, each := range p.Items[i].Needs[0].Slices {
			byProfile[plain[f]] += int(n * each)
		}
	}
	return card.FitsCounts(int(p.Bins[b].Cards), byProfile)
}

// Our simplex against theirs: the linear relaxation over all contents has one value.
func TestRestrictedMastersAgainstLP(t *testing.T) {
	for _, name := range milp.Tools() {
		t.Run(string(name), func(t *testing.T) {
			theirs := tool(t, name)
			patterns(t, 15, func(seed uint64, _ *model.Problem, m *milp.Program) {
				m.Whole = false
				got, err := milp.Relax(m)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				a, err := milp.Solve(t.Context(), theirs, m, toolLimit)
				if err != nil || a.Status != milp.Optimal {
					t.Fatalf("seed %d: %q, error %v", seed, a.Status, err)
				}
				if math.Abs(got-a.Value) > 1e-6*a.Value {
					t.Errorf("seed %d: ours is %v, that of %s %v", seed, got, name, a.Value)
				}
			})
		})
	}
}
