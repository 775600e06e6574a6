package colgen

import "github.com/tenon-sh/tenon/binpack/knapsack"

// Start is what a solve of a similar part learnt: a place to start from. It may be wrong in every way and changes
// no more than how long it takes, and which of several good packings comes out.
type Start struct {
	Patterns []Pattern
	Fills    []Pattern // the packing
	Prices   []float64 // of each shape, in price units
}

// Pattern is a content of a kind of bin, and how many bins have it.
type Pattern struct {
	At    int // position in Part.Bins
	Count int64
	Items knapsack.Content // by shape of the part
}

// learnt writes down what the next solve may start from.
func (g *generator) learnt() *Start { return nil }
