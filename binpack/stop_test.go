package binpack_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// TestAStoppedSolveHasAPackingAndABound stops at one question after another. SolveWith checks what it returns; here it must
// also leave out no more than a solve that goes on, and have proven something.
func TestAStoppedSolveHasAPackingAndABound(t *testing.T) {
	problems := map[string]*binpack.Problem{"40 shapes": synthetic(t, synth.Options{Seed: 21, Pods: 500, Shapes: 40})}
	for seed := range uint64(40) {
		problems[fmt.Sprint("random ", seed)] = exact.Random(seed, exact.Options{Copies: 30})
	}
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			whole, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits()})
			if err != nil {
				t.Fatal(err)
			}
			for _, after := range []int64{0, 1, 3, 10, 40, 200} {
				var asked atomic.Int64
				k, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits(), Each: atOnce, Stop: func() bool { return asked.Add(1) > after }})
				if err != nil {
					t.Fatalf("stopped after %d questions: %v", after, err)
				}
				if whole.Unplaced == nil && k.Unplaced == nil && whole.LowerBound > 0 && k.LowerBound == 0 {
					t.Errorf("stopped after %d questions: cost %d, nothing is proven; a whole solve has %d and proves %d", after, k.Cost, whole.Cost, whole.LowerBound)
				}
			}
		})
	}
}

// TestTheBoundOfAStoppedSolveIsWorthSomething stops at once.
func TestTheBoundOfAStoppedSolveIsWorthSomething(t *testing.T) {
	p := synthetic(t, synth.Options{Seed: 21, Pods: 500, Shapes: 40})
	k, err := binpack.SolveWith(p, binpack.Options{Stop: func() bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	if k.LowerBound < k.Cost/2 {
		t.Errorf("cost %d, bound %d: want half of it at least", k.Cost, k.LowerBound)
	}
}

// TestDiagnosisChangesNothing solves with and without, and checks what holds for every diagnosis.
func TestDiagnosisChangesNothing(t *testing.T) {
	for seed := range uint64(120) {
		p := exact.Random(seed, exact.Options{Copies: 20, AllStay: seed >= 60})
		want, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits()})
		if err != nil {
			t.Fatal(err)
		}
		var d *binpack.Diagnosis
		got, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits(), Diagnose: func(now binpack.Diagnosis) {
			if d != nil {
				t.Errorf("seed %d: diagnosed twice", seed)
			}
			d = &now
		}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(document(t, want), document(t, got)); diff != "" {
			t.Errorf("seed %d (-without +with a diagnosis):\n%.1000s", seed, diff)
		}
		if d == nil || d.Cost != got.Cost || d.Bound != got.LowerBound || len(d.Parts) != got.Work.Components {
			t.Errorf("seed %d: %+v is not the diagnosis of cost %d, bound %d, %d parts", seed, d, got.Cost, got.LowerBound, got.Work.Components)
			continue
		}
		sum := d.Outside
		for _, part := range d.Parts {
			checkPart(t, seed, part)
			sum += part.Cost
		}
		if got.Unplaced == nil && sum != d.Cost {
			t.Errorf("seed %d: parts, and moves outside of them (%d), cost %d; all costs %d", seed, d.Outside, sum, d.Cost)
		}
	}
}

// checkPart compares a part's figures: patterns of the packing are among those that the floor is made of, and the bound,
// without cases, is one on them too. The master's demands are shifted by a hair, which shows where there are few items.
func checkPart(t *testing.T, seed uint64, p binpack.PartDiagnosis) {
	t.Helper()
	if p.Left > 0 {
		return
	}
	cost := float64(p.Cost)
	if slack := 2e-4*cost + 0.01; p.Floor > cost+slack || p.Cases == 0 && p.Floor > 0 && p.Bound > p.Floor+slack {
		t.Errorf("seed %d: bound %g, floor %g, cost %d do not ascend", seed, p.Bound, p.Floor, p.Cost)
	}
	if p.Ending == binpack.Optimal && p.Bound < cost*(1-1e-9)-1e-6 {
		t.Errorf("seed %d: bound %g of cost %d is called optimal", seed, p.Bound, p.Cost)
	}
}
