package simplex_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

var sizes = []struct{ rows, cols int }{{66, 1700}, {250, 6000}, {1000, 10_000}}

func each(b *testing.B, run func(b *testing.B, in instance) int64) {
	for _, size := range sizes {
		in := master(1, size.rows, size.cols)
		b.Run(fmt.Sprintf("%dx%d", size.rows, size.cols), func(b *testing.B) {
			var pivots int64
			for b.Loop() {
				pivots += run(b, in)
			}
			b.ReportMetric(float64(pivots)/float64(b.N), "pivots/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(pivots), "ns/pivot")
		})
	}
}

func mustSolve(b *testing.B, s *simplex.Master) {
	if err := s.Solve(math.MaxInt32); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFromScratch(b *testing.B) {
	each(b, func(b *testing.B, in instance) int64 {
		s := build(in)
		mustSolve(b, s)
		return s.Pivots()
	})
}

// Columns come forty at a time, as in column generation.
func BenchmarkBatches(b *testing.B) {
	each(b, func(b *testing.B, in instance) int64 {
		s := simplex.New(in.rows)
		for j, c := range in.cols {
			s.Add(c)
			if j%40 == 39 && j > len(in.rows)*2 {
				mustSolve(b, s)
			}
		}
		return s.Pivots()
	})
}

// Demand shrinks a hundred times, as in a dive.
func BenchmarkShrinkingDemand(b *testing.B) {
	each(b, func(b *testing.B, in instance) int64 {
		s := build(in)
		mustSolve(b, s)
		for step := range 100 {
			for i, r := range in.rows {
				s.SetRHS(i, math.Floor(r.RHS*(1-float64((step*7+i)%100)/100*float64(step)/100)))
			}
			mustSolve(b, s)
		}
		return s.Pivots()
	})
}

// Demand changes by a hundredth and the basis is kept.
func BenchmarkKeptBasis(b *testing.B) {
	each(b, func(b *testing.B, in instance) int64 {
		b.StopTimer()
		s := build(in)
		mustSolve(b, s)
		again := build(in)
		for i, r := range in.rows {
			again.SetRHS(i, r.RHS*(1+0.01*float64(i%3-1)))
		}
		b.StartTimer()
		again.SetBasis(s.Basis())
		mustSolve(b, again)
		return max(1, again.Pivots())
	})
}
