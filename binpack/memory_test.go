package binpack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// changed is a problem with some counts one more or one less, an item gone, and bins in another order.
func changed(p *model.Problem) *model.Problem {
	q := *p
	q.Items = append([]model.Item(nil), p.Items...)
	for i := range q.Items {
		switch {
		case i%7 == 3:
			q.Items[i].Count++
		case i%7 == 5 && q.Items[i].Count > 1:
			q.Items[i].Count--
		}
	}
	return &q
}

// A remembered solve is legal and proven like any other, as good, and takes a fraction of the work.
func TestMemorySavesWork(t *testing.T) {
	p := synthetic(t, synth.Options{Seed: 3, Pods: 2_000, Shapes: 60})
	var m binpack.Memory
	cold, err := binpack.SolveWith(p, binpack.Options{Memory: &m})
	if err != nil {
		t.Fatal(err)
	}
	if k, err := binpack.Solve(p, binpack.Limits{}, nil); err != nil || cmp.Diff(document(t, k), document(t, cold)) != "" {
		t.Errorf("an empty memory changes the answer: %v", err)
	}
	q := changed(p)
	warm, err := binpack.SolveWith(q, binpack.Options{Memory: &m})
	if err != nil {
		t.Fatal(err)
	}
	again, err := binpack.Solve(q, binpack.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if warm.Work.Iterations*2 > again.Work.Iterations {
		t.Errorf("%d iterations, %d without a memory", warm.Work.Iterations, again.Work.Iterations)
	}
	if float64(warm.Cost) > 1.005*float64(again.Cost) || float64(warm.LowerBound) < 0.995*float64(again.LowerBound) {
		t.Errorf("cost %d and bound %d, without a memory %d and %d", warm.Cost, warm.LowerBound, again.Cost, again.LowerBound)
	}
}

// What is remembered is tried, never trusted: memories of other problems do no harm.
func TestMemoryOfAnotherProblemDoesNoHarm(t *testing.T) {
	var m binpack.Memory
	for seed := range uint64(150) {
		p := exact.Random(seed, exact.Options{})
		k, err := binpack.SolveWith(p, binpack.Options{Limits: binpack.FastLimits(), Memory: &m})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := binpack.Verify(p, k); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, err := binpack.SolveWith(changed(p), binpack.Options{Limits: binpack.FastLimits(), Memory: &m})
		if err != nil || binpack.Verify(changed(p), again) != nil {
			t.Fatalf("seed %d, changed: %v", seed, err)
		}
	}
}
