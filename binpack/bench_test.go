package binpack_test

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// BenchmarkSolve is for looking at one change: time, memory and gap on clusters that take a second
// or a few. What is published is measured by test/bench, on more and larger ones.
func BenchmarkSolve(b *testing.B) {
	for _, bc := range []struct {
		name   string
		opts   synth.Options
		limits binpack.Limits
	}{
		{"synth-1k-50", synth.Options{Seed: 1, Pods: 1_000, Shapes: 50}, binpack.DefaultLimits()},
		{"synth-10k-50", synth.Options{Seed: 1, Pods: 10_000, Shapes: 50}, binpack.DefaultLimits()},
		{"synth-1k-200-fast", synth.Options{Seed: 1, Pods: 1_000, Shapes: 200}, binpack.FastLimits()},
	} {
		b.Run(bc.name, func(b *testing.B) {
			p := synthetic(b, bc.opts)
			b.ReportAllocs()
			var k *binpack.Packing
			for b.Loop() {
				var err error
				if k, err = binpack.Solve(p, bc.limits, nil); err != nil {
					b.Fatal(err)
				}
			}
			if k.LowerBound > 0 {
				b.ReportMetric(100*float64(k.Cost-k.LowerBound)/float64(k.LowerBound), "gap-%")
			}
			b.ReportMetric(float64(k.Work.Pivots), "pivots")
		})
	}
}

// BenchmarkVerify is the check of a packing by itself.
func BenchmarkVerify(b *testing.B) {
	p := synthetic(b, synth.Options{Seed: 1, Pods: 1_000, Shapes: 50})
	k, err := binpack.Solve(p, binpack.FastLimits(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := binpack.Verify(p, k); err != nil {
			b.Fatal(err)
		}
	}
}

// synthetic is the packing problem of a synthetic cluster over the whole catalog.
func synthetic(tb testing.TB, opts synth.Options) *binpack.Problem {
	tb.Helper()
	snap, err := lower.Canonical(synth.Snapshot(opts, pricing.Default()))
	if err != nil {
		tb.Fatal(err)
	}
	low, err := lower.Lower(snap)
	if err != nil {
		tb.Fatal(err)
	}
	return &low.Problem
}
