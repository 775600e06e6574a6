package knapsack

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/model"
)

// trial is one kind of bin of a small random problem, some of whose items are bound to domains, with
// prices, and with every content that the bin can legally have. What is legal is exact's
// opinion of a problem that consists of that bin and content alone: it tries every layout of the
// cards, and shares no code with this package. Rules between domains have a test of their own, in
// instance_test.go: they say what one bin may hold only by what else there is.
type trial struct {
	seed   uint64
	p      *model.Problem
	b      int
	shapes []Shape
	bin    *Bin
	pi     []float64
	legal  [][]int64 // counts by shape
}

// trials calls check for every bin of the random problems with the given seeds.
func trials(t *testing.T, seeds uint64, o exact.Options, check func(t *testing.T, r *trial, rng *rand.Rand)) {
	t.Helper()
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 11))
		p := exact.Random(seed, o)
		shapes := someShapes(p, rng)
		for b := range p.Bins {
			r := newTrial(p, b, shapes)
			r.seed = seed
			for range shapes {
				v := float64(rng.IntN(20)) // 0 is a price too
				r.pi = append(r.pi, v*rng.Float64())
			}
			check(t, r, rng)
			if t.Failed() {
				t.Fatalf("seed %d, bin %d: prices %v, shapes %+v", seed, b, r.pi, shapes)
			}
		}
	}
}

// someShapes makes one shape of most items and one in each domain of others.
func someShapes(p *model.Problem, rng *rand.Rand) []Shape {
	var shapes []Shape
	for i, it := range p.Items {
		if rng.IntN(4) > 0 {
			shapes = append(shapes, Shape{Item: i, Domain: -1, Count: it.Count})
			continue
		}
		for d := range p.Domains {
			shapes = append(shapes, Shape{Item: i, Domain: d, Count: it.Count})
		}
	}
	return shapes
}

func newTrial(p *model.Problem, b int, shapes []Shape) *trial {
	r := &trial{p: p, b: b, shapes: shapes}
	var geometry *cards.Geometry
	if c := p.Bins[b].Card; c >= 0 {
		geometry = cards.NewGeometry(&p.Cards[c])
	}
	r.bin = NewBin(p, b, shapes, geometry)
	counts := make([]int64, len(shapes))
	var walk func(s int)
	walk = func(s int) {
		if s == len(shapes) {
			if r.fits(counts) {
				r.legal = append(r.legal, slices.Clone(counts))
			}
			return
		}
		for counts[s] = 0; counts[s] <= shapes[s].Count; counts[s]++ {
			walk(s + 1)
		}
		counts[s] = 0
	}
	walk(0)
	return r
}

// fits asks exact whether one bin holds the counts.
func (r *trial) fits(counts []int64) bool {
	q := *r.p
	bin := q.Bins[r.b]
	bin.Max, bin.Uses, bin.Domain = 1, nil, 0
	q.Bins, q.Budgets, q.Spreads, q.Domains = []model.Bin{bin}, nil, nil, 1
	q.Items = slices.Clone(q.Items)
	for i := range q.Items {
		q.Items[i].Count = 0
	}
	for s, n := range counts {
		if d := r.shapes[s].Domain; n > 0 && d >= 0 && d != r.p.Bins[r.b].Domain {
			return false
		}
		q.Items[r.shapes[s].Item].Count += n
	}
	_, err := exact.Solve(&q, 1<<40)
	return err == nil
}

// best is the most that any legal content is worth that has no more of a shape than upper, if
// that is given.
func (r *trial) best(upper []int64) float64 {
	best := 0.0
	for _, counts := range r.legal {
		v := 0.0
		for s, n := range counts {
			if upper != nil && n > upper[s] {
				v = -1
				break
			}
			v += r.pi[s] * float64(n)
		}
		if v >= 0 {
			v += r.saved(counts)
		}
		best = max(best, v)
	}
	return best
}

// judge fails the test unless the content, by local index, is legal, inside upper, and worth what is claimed.
func (r *trial) judge(t *testing.T, name string, c Content, worth float64, upper []int64) {
	t.Helper()
	counts := make([]int64, len(r.shapes))
	for i, l := range c.Shapes {
		if i > 0 && c.Shapes[i-1] >= l {
			t.Errorf("%s: content %+v does not ascend", name, c)
		}
		counts[r.bin.Shapes[l]] = c.Counts[i]
	}
	v := 0.0
	for s, n := range counts {
		v += r.pi[s] * float64(n)
		if upper != nil && n > upper[s] {
			t.Errorf("%s: %d of shape %d, there are %d", name, n, s, upper[s])
		}
	}
	v += r.saved(counts)
	if !near(v, worth) {
		t.Errorf("%s: %v is worth %v, not %v", name, counts, v, worth)
	}
	if !r.fits(counts) {
		t.Errorf("%s: the bin cannot hold %v", name, counts)
	}
}

// saved is what counts save by staying in the bin.
func (r *trial) saved(counts []int64) float64 {
	var sum int64
	for s, n := range counts {
		for _, stay := range r.p.Bins[r.b].Stays {
			if d := r.shapes[s].Domain; stay.Item == r.shapes[s].Item && (d < 0 || d == r.p.Bins[r.b].Domain) {
				sum += min(n, stay.Count) * stay.Saves
			}
		}
	}
	return float64(sum)
}

func near(a, b float64) bool { return a-b < 1e-9*(1+b) && b-a < 1e-9*(1+b) }

// some draws how many of each shape there are left to put in.
func (r *trial) some(rng *rand.Rand) []int64 {
	var out []int64
	for _, s := range r.shapes {
		out = append(out, rng.Int64N(s.Count+1))
	}
	return out
}
