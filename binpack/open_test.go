package binpack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/colgen"
)

// What stood for kinds that could not be proven is known again, by what the kinds and items are, and is no part of a part that has none of them.
func TestAMemoryKeepsWhatIsOpen(t *testing.T) {
	mem := &Memory{
		shapes: []string{"a", "b", "c"}, bins: []string{"x", "y"},
		start: colgen.Start{
			Relaxed: []colgen.Mixture{{At: 1, Shapes: []int{0, 2}, Parts: []float64{0.5, 1.5}}, {At: 0, Shapes: []int{1}, Parts: []float64{2}}},
			Open:    []int{0, 1},
		},
	}
	var got colgen.Start
	mem.open(named{shapes: map[string]int{"c": 0, "b": 1}, bins: map[string]int{"y": 3}}, &got)
	want := colgen.Start{Relaxed: []colgen.Mixture{{At: 3, Shapes: []int{0}, Parts: []float64{1.5}}}, Open: []int{3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
