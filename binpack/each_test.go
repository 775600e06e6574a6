package binpack_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// atOnce does everything at once, in no order.
func atOnce(n int, do func(int)) {
	var all sync.WaitGroup
	for _, i := range rand.Perm(n) {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// backwards does one after the other, the last first.
func backwards(n int, do func(int)) {
	for i := n - 1; i >= 0; i-- {
		do(i)
	}
}

// TestBytesDoNotDependOnCores solves one after the other, backwards, and at once, and compares packings with their
// certificates and work counts.
func TestBytesDoNotDependOnCores(t *testing.T) {
	problems := map[string]*binpack.Problem{}
	for _, o := range []synth.Options{{Seed: 11, Pods: 400, Shapes: 25}, {Seed: 12, Pods: 600, Shapes: 50}} {
		problems[fmt.Sprintf("%d shapes, seed %d", o.Shapes, o.Seed)] = synthetic(t, o)
	}
	for seed := range uint64(60) {
		problems[fmt.Sprint("random ", seed)] = exact.Random(seed, exact.Options{Copies: 40})
	}
	limits := binpack.Limits{Iterations: 60, Pivots: 20_000, Branches: 500, Moves: 50, Nodes: 7}
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			want, err := binpack.SolveWith(p, binpack.Options{Limits: limits})
			if err != nil {
				t.Fatal(err)
			}
			for how, each := range map[string]func(int, func(int)){"backwards": backwards, "at once": atOnce} {
				got, err := binpack.SolveWith(p, binpack.Options{Limits: limits, Each: each, Report: func(binpack.Progress) {}})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(document(t, want), document(t, got)); diff != "" {
					t.Errorf("%s (-one after the other +%s):\n%.2000s", name, how, diff)
				}
			}
		})
	}
}

func document(t *testing.T, k *binpack.Packing) string {
	t.Helper()
	data, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
