package colgen

import (
	"testing"

	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// homes has four homes of equal size, each with two copies of an item of its own.
func homes() *model.Problem {
	p := &model.Problem{Dims: 1, Classes: 1, Domains: 1}
	for i := range 4 {
		p.Items = append(p.Items, model.Item{Size: []int64{3}, Count: 2, Classes: []int{0}})
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{6}, Price: 10, Max: 1, Card: -1, Stays: []model.Stay{{Item: i, Count: 2, Saves: 1}}})
	}
	return p
}

// dealt puts the two copies of item i into home to[i].
func dealt(g *generator, st *stock, to []int) []Filled {
	var fills []Filled
	for i, k := range to {
		fills = append(fills, Filled{Bin: g.bins[k], Count: 1, Items: knapsack.Content{Shapes: []int{i}, Counts: []int64{2}}})
		st.take(g.Bins[k], 1)
	}
	return fills
}

// Where everything lies in another home, no single bin can be made cheaper, as all are taken: the
// search must take several apart and open the right ones again.
func TestTheSearchBringsHome(t *testing.T) {
	l := few
	l.Moves = 200
	g := newGenerator(whole(homes(), l), aggregateAbove)
	g.best.Shapes = g.firstPrices()
	st := newStock(g.Problem)
	fills := dealt(g, st, []int{1, 2, 3, 0})
	if before := g.cost(fills); before != 48 {
		t.Fatalf("cost %d before, want 40 for bins and 8 for moves", before)
	}
	if after := g.cost(g.search(fills, st, g.catalogue())); after != 40 {
		t.Errorf("cost %d, want 40: everything at home", after)
	}
}

// A content moves to the home where it saves more than that is dearer, if that is free.
func TestRightSizeBringsHome(t *testing.T) {
	for name, tc := range map[string]struct {
		price int64 // of home 0
		taken bool
		want  int
	}{
		"a home that is as dear":                  {10, false, 0},
		"a home that is dearer by less":           {11, false, 0},
		"a home that is dearer by more":           {13, false, 1},
		"a home that something else lies in":      {10, true, 1},
		"a home that is cheaper, as before moves": {8, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := homes()
			p.Bins[0].Price = tc.price
			g := newGenerator(whole(p, few), aggregateAbove)
			st := newStock(p)
			at := map[int]int{} // by bin of the problem
			for k, b := range g.Bins {
				at[b] = k
			}
			fills := dealt(g, st, []int{at[1]})
			if tc.taken {
				st.take(0, 1)
			}
			got := g.rightSize(fills, st, g.catalogue())
			if len(got) != 1 || got[0].Bin.Index != tc.want {
				t.Errorf("%+v, want bin %d", got, tc.want)
			}
		})
	}
}
