package conformance_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
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

// What nobody's packing of a whole problem can cost less than is found by CBC, over all contents that one bin can have: our
// cost is at least that, and our bound at most. The problems are ten times larger than those that exact can try.
func TestSmallProblemsAgainstMILP(t *testing.T) {
	cbc := tool(t, milp.CBC)
	var compared, optimal, proven int
	patterns(t, smallProblems, func(seed uint64, p *model.Problem, m *milp.Program) {
		k, err := binpack.Solve(p, binpack.FastLimits(), nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := check.Packing(p, k); err != nil || k.Unplaced != nil {
			t.Fatalf("seed %d: %v left unplaced, error %v", seed, k.Unplaced, err)
		}
		a, err := milp.Solve(t.Context(), cbc, m, toolLimit)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if a.Status != milp.Optimal {
			return
		}
		compared++
		best := int64(math.Round(a.Value))
		if k.Cost < best || k.LowerBound > best {
			t.Errorf("seed %d: cost %d, bound %d, but the optimum is %d", seed, k.Cost, k.LowerBound, best)
		}
		if k.Cost == best {
			optimal++
		}
		if k.LowerBound == best {
			proven++
		}
	})
	t.Logf("%d problems: %d at the optimum, %d bounds at it", compared, optimal, proven)
	if compared < smallProblems/2 {
		t.Errorf("CBC finished only %d of %d problems", compared, smallProblems)
	}
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
