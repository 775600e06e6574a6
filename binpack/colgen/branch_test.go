package colgen

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/exact"
	"github.com/tenon-sh/tenon/binpack/knapsack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/binpack/simplex"
)

// pairs are three items of which two fill a bin of 4, and one fills a bin of 3: with fractions they cost 6, in fact 7.
func pairs() *model.Problem {
	return &model.Problem{
		Dims: 2, Classes: 1, Domains: 1,
		Items: []model.Item{{Size: []int64{2, 1}, Count: 3, Classes: []int{0}}, {Size: []int64{1, 2}, Count: 3, Classes: []int{0}}},
		Bins:  []model.Bin{{Cap: []int64{4, 4}, Price: 4, Card: -1}, {Cap: []int64{2, 2}, Price: 3, Card: -1}},
	}
}

// kindOf returns the position of the part's kind of a bin of the problem.
func kindOf(t *testing.T, g *generator, b int) int {
	t.Helper()
	for k, at := range g.Bins {
		if at == b {
			return k
		}
	}
	t.Fatalf("the part has no bin %d", b)
	return 0
}

func TestABranchOnCopiesChangesWhatTheyAreWorthInItsBins(t *testing.T) {
	t.Parallel()
	g := newGenerator(whole(pairs(), few))
	first, second := kindOf(t, g, 0), kindOf(t, g, 1)
	for name, c := range map[string]struct {
		high   bool
		charge float64
		want   []float64
	}{
		"at most so many: less":       {false, 0.25, []float64{0.75, 1}},
		"at least so many: more":      {true, 0.25, []float64{1.25, 1}},
		"never less than nothing":     {false, 5, []float64{0, 1}},
		"a branch that costs nothing": {true, 0, []float64{1, 1}},
	} {
		on := cut{in: make([]bool, len(g.bins)), shape: 0, k: 2, high: c.high}
		on.in[first] = true
		h := g.under([]cut{on})
		p := prices{pi: []float64{1, 1}, max: make([]float64, len(g.bins)), bud: make([]float64, len(g.budRow)), cut: []float64{c.charge}}
		if diff := cmp.Diff(c.want, h.worthsIn(first, p)); diff != "" {
			t.Errorf("%s, in its bins (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]float64{1, 1}, h.worthsIn(second, p)); diff != "" {
			t.Errorf("%s, in other bins (-want +got):\n%s", name, diff)
		}
		if got := h.threshold(first, p); got != g.price(first) {
			t.Errorf("%s: a bin costs %v, want its price %v", name, got, g.price(first))
		}
	}
}

func TestACutCountsBinsOrCopies(t *testing.T) {
	t.Parallel()
	content := knapsack.Content{Shapes: []int{1, 4}, Counts: []int64{2, 3}}
	for name, c := range map[string]struct {
		in    bool
		shape int
		want  float64
	}{
		"a bin":                    {true, -1, 1},
		"another bin":              {false, -1, 0},
		"copies of a shape":        {true, 4, 3},
		"of a shape that it lacks": {true, 2, 0},
		"copies in another bin":    {false, 4, 0},
	} {
		on := cut{in: []bool{c.in}, shape: c.shape}
		if got := on.of(0, content.Shapes, floats(content.Counts)); got != c.want {
			t.Errorf("%s counts %v, want %v", name, got, c.want)
		}
	}
}

// What a branch is scored by is what its cases cost more over the columns that a better packing may use: solving them over all known
// ones, from nothing, says no more, and the same where none was left out.
func TestTrialsCostWhatCasesCost(t *testing.T) {
	t.Parallel()
	compared := 0
	for seed := uint64(1); seed <= 60; seed++ {
		r := Begin(whole(exact.Random(seed, exact.Options{NoRules: true}), few))
		g := r.g
		m, _, err := g.relaxation(g.incumbent.fills)
		if err != nil || total(g.incumbent.left) > 0 {
			continue
		}
		g.groupKinds(false)
		n := &caseNode{counts: g.fractions(m), basis: m.Basis()}
		trial, ok := g.newTrial(n)
		if !ok {
			continue
		}
		for _, c := range n.counts {
			for _, high := range []bool{false, true} {
				on := g.cutOf(c)
				if on.high = high; high {
					on.k++
				}
				h := g.under([]cut{on})
				if high && c.shape < 0 {
					h.empties(on)
				}
				want := h.knownValue(t) - trial.value
				got := trial.rise(on)
				whole := len(trial.cols) == len(g.cols)
				if want = min(trial.most, max(0, want)); whole && got > want+1e-6 || got < want-1e-6 {
					t.Errorf("seed %d, %+v, high %v: a trial says %v, the case costs %v more", seed, c, high, got, want)
				}
				if whole {
					compared++
				}
			}
		}
	}
	if compared < 15 {
		t.Errorf("%d cases were compared, want 15 at least", compared)
	}
}

// knownValue solves the master of a case over all known columns from nothing.
func (g *generator) knownValue(t *testing.T) float64 {
	t.Helper()
	m := simplex.New(g.rows)
	for _, c := range g.cols {
		m.Add(g.entry(c))
	}
	if err := m.Solve(1_000_000); err != nil {
		t.Fatal(err)
	}
	return m.Value()
}

// Fractions of bins and of copies are told apart, the same ones in every run.
func TestCopiesAreBranchedOn(t *testing.T) {
	t.Parallel()
	bins, copies := 0, 0
	for seed := uint64(1); seed <= 200; seed++ {
		a := Solve(whole(exact.Random(seed, exact.Options{Copies: 14, NoStays: true}), few))
		if a.Bound.Cases == nil {
			continue
		}
		walkCases(a.Bound.Cases, func(c *Case) {
			if len(c.Items) > 0 {
				copies++
			} else {
				bins++
			}
		})
	}
	if bins == 0 || copies == 0 {
		t.Errorf("%d branches on bins and %d on copies, want some of both", bins, copies)
	}
}

func walkCases(c *Case, visit func(*Case)) {
	if c.Leaf == nil {
		visit(c)
		walkCases(c.Low, visit)
		walkCases(c.High, visit)
	}
}
