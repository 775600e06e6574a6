package colgen

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/tenon-sh/tenon/binpack/knapsack"
)

const (
	ruinMin, ruinMax = 2, 7 // bins taken apart in one move
	searchKinds      = 48   // kinds that a rebuild considers
	noise            = 0.15 // how far prices are shaken in a rebuild
	searchTells      = 200  // moves between two reports
	knownMoves       = 4    // the part of Limits.Moves that is made where the packing of an earlier solve is known

	// searchBins is how many bins a search may take apart; it keeps a record for each. Thirty
	// million copies took more than 8 GB, and a few thousand moves among them change nothing that shows.
	searchBins = 500_000
)

// searcher improves a packing by large-neighbourhood search: a few wasteful bins are taken
// apart and packed again at shaken prices; a cheaper result is kept. The sum over bins of price
// minus worth at π is the distance to the bound, so that is where it looks.
type searcher struct {
	g     *generator
	open  []Filled // every bin by itself
	waste []float64
	st    *stock
	cost  int64
	kinds []int
	rng   *rand.Rand
	pi    []float64
}

// random returns the source of all randomness in a part: the same for the same part.
func (g *generator) random() *rand.Rand {
	return rand.New(rand.NewPCG(20261124, uint64(len(g.Shapes))))
}

// newSearcher opens every bin of a packing by itself.
func (g *generator) newSearcher(a attempt) *searcher {
	s := &searcher{g: g, st: a.st, cost: g.cost(a.fills), rng: g.random(), pi: g.best.Shapes}
	for _, f := range a.fills {
		for range f.Count {
			s.push(Filled{Bin: f.Bin, Count: 1, Items: f.Items})
		}
	}
	return s
}

// tooMany says that a packing has more bins than searches keep records of.
func (g *generator) tooMany() bool {
	bins := int64(0)
	for _, f := range g.incumbent.fills {
		bins += f.Count
	}
	return bins > searchBins
}

// search makes up to Limits.Moves moves.
func (g *generator) search() {
	if g.tooMany() {
		return
	}
	s := g.newSearcher(g.incumbent)
	s.choose()
	if len(s.open) >= ruinMin && len(s.kinds)+len(g.homes) > 0 && s.pi != nil {
		for n := range g.moveLimit() {
			s.move()
			if s.done() || g.stopped() {
				break
			}
			if n%searchTells == 0 {
				g.incumbent.fills = s.open
				g.report("search")
			}
		}
	}
	g.incumbent.fills = s.open
}

// moveLimit is how many moves are made. A packing that an earlier solve went through is mostly as good as moves make it.
func (g *generator) moveLimit() int64 {
	if g.Start != nil && len(g.Start.Fills) > 0 {
		return g.Limits.Moves / knownMoves
	}
	return g.Limits.Moves
}

// done reports whether the cost is as near to the bound as is asked for.
func (s *searcher) done() bool {
	return s.g.near(s.cost)
}

func (s *searcher) push(f Filled) {
	w := float64(s.g.net(f.Bin, f.Items)) * s.g.scale
	for i, sh := range f.Items.Shapes {
		w -= float64(s.pi[sh] * float64(f.Items.Counts[i]))
	}
	s.open = append(s.open, f)
	s.waste = append(s.waste, w)
}

// choose picks the kinds that rebuilds may use: those in use, then those nearest to paying.
func (s *searcher) choose() {
	g := s.g
	used := map[*knapsack.Bin]bool{}
	for _, f := range s.open {
		used[f.Bin] = true
	}
	gap := make([]float64, len(g.bins))
	for k, bin := range g.bins {
		gap[k] = 2
		if p := g.price(k); p > 0 && g.best.Mu != nil && g.best.Mu[k] != nil {
			gap[k] = 1 - bin.Bound(s.pi, g.best.Mu[k])/p
		}
		if used[bin] {
			gap[k] = -1
		}
	}
	s.kinds = g.newKinds()
	slices.SortStableFunc(s.kinds, func(a, b int) int { return cmp.Compare(gap[a], gap[b]) })
	s.kinds = s.kinds[:min(len(s.kinds), searchKinds)]
}

// pick returns an open bin by tournament on waste.
func (s *searcher) pick() int {
	best := s.rng.IntN(len(s.open))
	for range 2 {
		if i := s.rng.IntN(len(s.open)); s.waste[i] > s.waste[best] {
			best = i
		}
	}
	return best
}

// several picks n bins.
func (s *searcher) several(n int) []int {
	var ruin []int
	n = min(n, len(s.open))
	for range 4 * n {
		if i := s.pick(); !slices.Contains(ruin, i) {
			ruin = append(ruin, i)
		}
		if len(ruin) == n {
			break
		}
	}
	return ruin
}

// takeApart gives bins back to the stock, and returns what was in them.
func (s *searcher) takeApart(ruin []int) ([]int64, []Filled) {
	residual := make([]int64, len(s.g.Shapes))
	var removed []Filled
	for _, i := range ruin {
		f := s.open[i]
		s.st.take(f.Bin.Index, -1)
		for j, sh := range f.Items.Shapes {
			residual[sh] += f.Items.Counts[j]
		}
		removed = append(removed, f)
	}
	return residual, removed
}

func (s *searcher) move() {
	ruin := s.several(ruinMin + s.rng.IntN(ruinMax-ruinMin+1))
	residual, removed := s.takeApart(ruin)
	built := s.rebuild(residual, removed)
	old := s.g.cost(removed)
	if total(residual) > 0 || s.g.cost(built) >= old {
		s.undo(built, removed)
		return
	}
	s.cost += s.g.cost(built) - old
	s.replace(ruin, built)
}

func (s *searcher) rebuild(residual []int64, removed []Filled) []Filled {
	pi := slices.Clone(s.pi)
	for i := range pi {
		if residual[i] > 0 {
			pi[i] *= 1 + float64(noise*(float64(2*float64(s.rng.Float64()))-1))
			pi[i] = max(pi[i], 1e-9)
		}
	}
	return s.g.rightSize(s.g.greedy(s.withHomes(residual, removed), residual, pi, s.st), s.st)
}

func (s *searcher) undo(built, removed []Filled) {
	for _, f := range built {
		s.st.take(f.Bin.Index, -f.Count)
	}
	for _, f := range removed {
		s.st.take(f.Bin.Index, 1)
	}
}

func (s *searcher) replace(ruin []int, built []Filled) {
	slices.Sort(ruin)
	for n := len(ruin) - 1; n >= 0; n-- {
		last := len(s.open) - 1
		s.open[ruin[n]], s.waste[ruin[n]] = s.open[last], s.waste[last]
		s.open, s.waste = s.open[:last], s.waste[:last]
	}
	for _, f := range built {
		for range f.Count {
			s.push(Filled{Bin: f.Bin, Count: 1, Items: f.Items})
		}
	}
}
