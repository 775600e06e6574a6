// Package vbp makes packing problems from a seed: those that papers use to compare methods, and small ones that an exact
// solver can answer too. Unlike synth and openb it knows no clusters; what comes out is a model.Problem. The same arguments
// give the same problem on every machine: all draws are in integers.
//
// [CapraraToth] makes the ten classes of bin packing with two dimensions that Caprara and Toth defined in 2001, [Slices]
// and [RandomSlices] make demands for MIG slices on cards of planner/gpu, and [Small] makes whole problems with a few kinds
// of bins and of items.
//
// [Changed] is any problem a little later: some items have gone, and as many have come.
package vbp

import "math/rand/v2"

// Streams tell the numbers of one generator from those of another with the same seed.
const (
	streamCapraraToth = 0x6374 // "ct"
	streamSlices      = 0x6d6967
	streamSmall       = 0x736d616c6c
	streamChanged     = 0x6c61746572
)

func dice(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// between draws from least to most, both included.
func between(rng *rand.Rand, least, most int64) int64 { return least + rng.Int64N(most-least+1) }
