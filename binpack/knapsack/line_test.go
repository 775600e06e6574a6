package knapsack

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tenon-sh/tenon/binpack/model"
)

// aligned is a random problem of several kinds in which dimension 1, if there is one, takes a part of
// what dimension 0 takes.
func aligned(rng *rand.Rand) *model.Problem {
	p := &model.Problem{Dims: 1 + rng.IntN(2), Classes: 1, Domains: 1}
	unit := 1 + rng.Int64N(3)
	for range 1 + rng.IntN(5) {
		size := []int64{unit * rng.Int64N(9), 0}
		size[1] = rng.Int64N(size[0] + 1)
		p.Items = append(p.Items, model.Item{Size: size[:p.Dims], Count: 1 + rng.Int64N(4), BinMax: rng.Int64N(4), Classes: []int{0}})
	}
	for range 1 + rng.IntN(4) {
		c := 1 + rng.Int64N(30)
		p.Bins = append(p.Bins, model.Bin{Cap: []int64{c, c}[:p.Dims], Price: c, Card: -1})
	}
	return p
}

// bestWorth tries every content of one bin.
func bestWorth(p *model.Problem, b int, pi []float64, left []int64) float64 {
	var try func(i int, used []int64) float64
	try = func(i int, used []int64) float64 {
		if i == len(p.Items) {
			return 0
		}
		best := 0.0
		it := &p.Items[i]
		for n := int64(0); n <= min(it.Count, left[i]) && (it.BinMax == 0 || n <= it.BinMax); n++ {
			next := make([]int64, p.Dims)
			fits := true
			for d := range next {
				next[d] = used[d] + n*it.Size[d]
				fits = fits && next[d] <= p.Bins[b].Cap[d]
			}
			if fits {
				best = max(best, float64(pi[i]*float64(n))+try(i+1, next))
			}
		}
		return best
	}
	return try(0, make([]int64, p.Dims))
}

// One table answers for all kinds as trying every content does, and what it returns is a legal
// content of that worth, of what is left.
func TestLineFindsTheBestContents(t *testing.T) {
	kinds, lines := 0, 0
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 21))
		p := aligned(rng)
		shapes, pi, left := []Shape{}, []float64{}, []int64{}
		for i, it := range p.Items {
			shapes = append(shapes, Shape{Item: i, Domain: -1, Count: it.Count})
			pi = append(pi, float64(rng.IntN(20)-2))
			left = append(left, rng.Int64N(it.Count+1))
		}
		var bins []*Bin
		for b := range p.Bins {
			bins = append(bins, NewBin(p, b, shapes, nil))
		}
		out, ok := NewLines(bins)
		if !ok {
			continue
		}
		lines += len(out)
		for _, l := range out {
			l.Solve(pi, left)
			for i, at := range l.Kinds {
				kinds++
				want := bestWorth(p, bins[at].Index, pi, left)
				c, got := l.Content(i), 0.0
				for j, s := range c.Shapes {
					got += pi[s] * float64(c.Counts[j])
					if c.Counts[j] > left[s] {
						t.Fatalf("seed %d: %d of shape %d where %d are left", seed, c.Counts[j], s, left[s])
					}
				}
				if math.Abs(l.Worth(i)-want) > 1e-9 || math.Abs(got-want) > 1e-9 || !bins[at].Holds(c, bins[at].Open()) {
					t.Fatalf("seed %d: kind %d is worth %v, its content %+v %v, want %v", seed, at, l.Worth(i), c, got, want)
				}
			}
		}
	}
	if kinds < 1000 || lines == kinds {
		t.Errorf("only %d kinds in %d lines", kinds, lines)
	}
}

func TestWhatIsNoLine(t *testing.T) {
	cases := map[string]struct {
		alter func(p *model.Problem)
		want  bool
	}{
		"one dimension": {func(*model.Problem) {}, true},
		"a second dimension, never reached first": {func(p *model.Problem) { p.Bins[0].Cap[1] = 20 }, true},
		"a second dimension, reached by one item": {func(p *model.Problem) { p.Bins[0].Cap[1] = 20; p.Items[0].Size[1] = 9 }, false},
		"products beyond int64": {func(p *model.Problem) {
			p.Bins[0].Cap = []int64{1 << 40, 1 << 40}
			p.Items[1].Size = []int64{1 << 38, 1 << 39}
		}, false},
		"a cap of two items": {func(p *model.Problem) { p.Caps = []model.Cap{{Items: []int{0, 1}, Max: 1}} }, false},
		"a conflict":         {func(p *model.Problem) { p.Conflicts = []model.Pair{{A: 0, B: 1}} }, false},
		"something stays": {func(p *model.Problem) {
			p.Bins[0].Max, p.Bins[0].Stays = 1, []model.Stay{{Item: 0, Count: 1, Saves: 1}}
		}, false},
		"a follower":         {func(p *model.Problem) { p.Follows = []model.Follow{{Item: 0, AnyOf: []int{1}}} }, false},
		"nothing has a size": {func(p *model.Problem) { p.Items[0].Size[0], p.Items[1].Size = 0, []int64{0, 0} }, false},
		"a table too large":  {func(p *model.Problem) { p.Bins[0].Cap[0] = 1 << 30 }, false},
		"large numbers of a large unit": {func(p *model.Problem) {
			p.Bins[0].Cap[0] = 1 << 40
			p.Items[0].Size[0], p.Items[1].Size[0] = 1<<36, 1<<38
		}, true},
		"an item that takes nothing beside one which": {func(p *model.Problem) { p.Items[0].Size[0] = 0 }, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &model.Problem{
				Dims: 2, Classes: 1, Domains: 1,
				Items: []model.Item{{Size: []int64{3, 0}, Count: 2, Classes: []int{0}}, {Size: []int64{5, 0}, Count: 2, Classes: []int{0}}},
				Bins:  []model.Bin{{Cap: []int64{10, 0}, Price: 1, Card: -1}},
			}
			if name != "one dimension" {
				p.Bins[0].Cap[1], p.Items[1].Size[1] = 20, 1
			}
			tc.alter(p)
			shapes := []Shape{{Item: 0, Domain: -1, Count: 2}, {Item: 1, Domain: -1, Count: 2}}
			if _, ok := NewLines([]*Bin{NewBin(p, 0, shapes, nil)}); ok != tc.want {
				t.Errorf("a line: %v, want %v", ok, tc.want)
			}
		})
	}
}
