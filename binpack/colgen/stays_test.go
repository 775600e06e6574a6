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
	g := newGenerator(whole(homes(), l))
	g.best.Shapes = g.firstPrices()
	st := newStock(g.Problem)
	fills := dealt(g, st, []int{1, 2, 3, 0})
	if before := g.cost(fills); before != 48 {
		t.Fatalf("cost %d before, want 40 for bins and 8 for moves", before)
	}
	g.incumbent = attempt{fills: fills, st: st}
	g.search()
	if after := g.cost(g.incumbent.fills); after != 40 {
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
			g := newGenerator(whole(p, few))
			st := newStock(p)
			at := map[int]int{} // by bin of the problem
			for k, b := range g.Bins {
				at[b] = k
			}
			fills := dealt(g, st, []int{at[1]})
			if tc.taken {
				st.take(0, 1)
			}
			got := g.rightSize(fills, st)
			if len(got) != 1 || got[0].Bin.Index != tc.want {
				t.Errorf("%+v, want bin %d", got, tc.want)
			}
		})
	}
}

// Costs differ by what divides the prices of bins and of moves: a cost of 41 is not the least where bins cost 10, moves 3
// and 40 is proven.
func TestMovesMakeCostsFiner(t *testing.T) {
	p := homes()
	for b := range p.Bins {
		p.Bins[b].Stays[0].Saves = 3
	}
	g := newGenerator(whole(p, few))
	if g.divisor != 1 || g.meets(41, 40*g.scale) || !g.meets(40, 39.5*g.scale) {
		t.Errorf("costs are multiples of %d", g.divisor)
	}
}

// Homes share what the proof of one kind may take, whatever is given to one look at it.
func TestHomesShareOneKindsProof(t *testing.T) {
	p := homes()
	p.Bins = append(p.Bins, model.Bin{Cap: []int64{6}, Price: 10, Card: -1})
	l := few
	l.Branches = 10_000
	g := newGenerator(whole(p, l))
	for k, bin := range g.bins {
		want := map[bool]int64{true: 2_500, false: 10_000}[bin.Stays()]
		if got, short := g.branches(k, l.Branches), g.branches(k, 500); got != want || short != 500 {
			t.Errorf("kind %d may take %d and %d branches, want %d and 500", k, got, short, want)
		}
	}
	if n := len(g.homes); n != 4 {
		t.Errorf("%d homes, want 4", n)
	}
}

// hog is a home beside others in which 30 items of nearly the same worth for their size could lie: too many for a proof.
func hog() *model.Problem {
	p := homes()
	for i := range 30 {
		p.Items = append(p.Items, model.Item{Size: []int64{10_007 + int64(97*i*i)}, Count: 1, Classes: []int{1}})
	}
	p.Classes = 2
	p.Bins = append(p.Bins, model.Bin{Class: 1, Cap: []int64{200_000}, Price: 100, Max: 1, Card: -1, Stays: []model.Stay{{Item: 4, Count: 1, Saves: 1}}})
	return p
}

func TestDecidingAHomeTakesItsShareOfBranches(t *testing.T) {
	l := few
	l.Branches = 10_000
	g := newGenerator(whole(hog(), l))
	pi := make([]float64, len(g.Shapes))
	for s, sh := range g.Shapes {
		pi[s] = float64(g.Problem.Items[sh.Item].Size[0]) * 1e-5
	}
	k := g.homes[len(g.homes)-1]
	rel := g.bins[k].Relax(pi)
	v := g.decide(offer{k: k, rel: rel}, pi, rel.Value-1e-7, effort{branches: l.Branches, labels: l.Branches * labelsEach, width: beamWidth})
	if v.nodes != 2_000 {
		t.Errorf("verdict %v after %d branches, want a fifth of 10,000", v.verdict, v.nodes)
	}
}

// The least mix counts moves as cost does: of contents that all lie in the wrong home, 40 for bins and 8 for moves.
func TestTheLeastMixCountsMoves(t *testing.T) {
	g := newGenerator(whole(homes(), few))
	st := newStock(g.Problem)
	g.incumbent = attempt{dealt(g, st, []int{1, 2, 3, 0}), make([]int64, len(g.Shapes)), st}
	if d := (&Run{g: g}).Diagnose(); d.Cost != 48 || d.Floor < 47.99 || d.Floor > 48.01 {
		t.Errorf("cost %d, least mix %v, want 48 and 48", d.Cost, d.Floor)
	}
}
