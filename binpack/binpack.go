package binpack

import (
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// The nouns, for callers that need nothing else of binpack/model.
type (
	// Problem is what is packed.
	Problem = model.Problem
	// Packing is the answer.
	Packing = model.Packing
	// Limits bounds the work in counted steps.
	Limits = model.Limits
	// Status says what is known of a Packing.
	Status = model.Status
)

// ErrInvalid marks a Problem that is not well formed.
var ErrInvalid = model.ErrInvalid

// DefaultLimits is enough to close most problems of 200 shapes to a few tenths of a percent.
func DefaultLimits() Limits {
	return Limits{Iterations: 1500, Pivots: 400_000, Branches: 400_000, Moves: 4_000, Nodes: 121}
}

// FastLimits gives a first plan in a fraction of the time, at a wider gap.
func FastLimits() Limits {
	return Limits{Iterations: 150, Pivots: 50_000, Branches: 500, Moves: 200, Nodes: 7}
}

// DeepLimits is for plans that are worth waiting for.
func DeepLimits() Limits {
	return Limits{Iterations: 6000, Pivots: 4_000_000, Branches: 2_000_000, Moves: 60_000, Nodes: 601}
}

// Verify returns nil if k is a legal packing of p whose lower bound is proven; see binpack/check.
func Verify(p *Problem, k *Packing) error { return check.Packing(p, k) }
