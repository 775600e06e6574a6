package colgen

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

// What was learnt of kinds that could not be proven comes back: their mixtures as columns, and that they are given up at once. What the part does
// not have is left out. A packing of an earlier solve is searched with a part of the moves.
func TestWhatWasOpenIsRememberedAndLearnt(t *testing.T) {
	g, _ := shared()
	relaxed := []Mixture{{At: 2, Shapes: []int{1, 3}, Parts: []float64{0.5, 2}}}
	g.Start = &Start{Relaxed: append([]Mixture{{At: 99, Shapes: []int{0}, Parts: []float64{1}}}, relaxed...), Open: []int{4, 99}}
	moves := g.moveLimit()
	m := g.start(nil)
	columns := m.Columns()
	if g.rememberOpen(m); m.Columns() != columns+1 || g.open[4] < givenUp || g.open[2] != 0 {
		t.Errorf("%d more columns, want 1; given up: %v, want the fifth kind", m.Columns()-columns, g.open)
	}
	learnt := g.learnt()
	if diff := cmp.Diff(relaxed, learnt.Relaxed); diff != "" {
		t.Errorf("mixtures learnt (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{4}, learnt.Open); diff != "" {
		t.Errorf("open kinds learnt (-want +got):\n%s", diff)
	}
	g.Start.Fills = []Pattern{{At: 0, Count: 1, Items: knapsack.Content{Shapes: []int{0}, Counts: []int64{1}}}}
	if got := g.moveLimit(); got != moves/knownMoves {
		t.Errorf("%d moves with a packing and %d without", got, moves)
	}
}
