package knapsack

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Sizes 6 and 4 lie in a bin of 10, and are worth 11 by staying. The best for its size is the 4 and
// then a stranger of 5, worth 10.2 with it: greedy and the relaxation's whole parts end there.
func TestWhatStaysTogetherIsTried(t *testing.T) {
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1}
	for _, size := range []int64{6, 4, 5} {
		p.Items = append(p.Items, model.Item{Size: []int64{size}, Count: 1, Classes: []int{0}})
	}
	p.Bins = []model.Bin{{Cap: []int64{10}, Max: 1, Card: -1, Stays: []model.Stay{{Item: 0, Count: 1, Saves: 60}, {Item: 1, Count: 1, Saves: 50}}}}
	k := NewBin(p, 0, []Shape{{0, -1, 1}, {1, -1, 1}, {2, -1, 1}}, nil)
	k.SetUnit(0.1)
	pi := []float64{0, 0, 5.2}
	rel, room := k.Relax(pi), k.Open()
	if c, worth := k.Fill(pi, rel, room); !near(worth, 11) {
		t.Errorf("Fill: %+v is worth %v, want 11", c, worth)
	}
	if c, worth := k.Greedy(pi, rel.Mu, room); !near(worth, 11) {
		t.Errorf("Greedy: %+v is worth %v, want 11", c, worth)
	}
	if c := k.KeepHome(room); !near(k.SavedBy(k.Global(c).Shapes, []float64{1, 1}), 11) || k.Saved(k.Global(c)) != 110 || !near(k.SavedMost(), 11) {
		t.Errorf("at home: %+v saves %v of %v", c, k.Saved(k.Global(c)), k.SavedMost())
	}
	k.Limit([]int64{1, 0, 1})
	if c := k.KeepHome(room); len(c.Shapes) != 1 || c.Shapes[0] != 0 {
		t.Errorf("at home, of the first alone: %+v", c)
	}
}
