package simplex_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

type instance struct {
	rows []simplex.Row
	cols []simplex.Column
}

// random draws a covering problem with a few ≤ rows, as masters are.
func random(seed uint64, m, n int) instance {
	r := rand.New(rand.NewPCG(seed, 7))
	var in instance
	for i := range m {
		in.rows = append(in.rows, simplex.Row{RHS: float64(1 + r.IntN(50)), Penalty: 100})
		if i%5 == 4 {
			in.rows[i] = simplex.Row{AtMost: true, RHS: float64(5 + r.IntN(30))}
		}
	}
	for range n {
		c := simplex.Column{Cost: 1 + 9*r.Float64()}
		for i := range m {
			if r.IntN(3) == 0 {
				c.Rows, c.Vals = append(c.Rows, int32(i)), append(c.Vals, float64(1+r.IntN(4)))
			}
		}
		in.cols = append(in.cols, c)
	}
	return in
}

// oracle solves the same problem with gonum's dense simplex in standard form.
func oracle(t *testing.T, in instance) float64 {
	t.Helper()
	m, n := len(in.rows), len(in.cols)
	total := n + 2*m
	a, b, c := mat.NewDense(m, total, nil), make([]float64, m), make([]float64, total)
	for j, col := range in.cols {
		c[j] = col.Cost
		for k, r := range col.Rows {
			a.Set(int(r), j, col.Vals[k])
		}
	}
	for i, r := range in.rows {
		b[i] = r.RHS
		a.Set(i, n+i, -1)
		a.Set(i, n+m+i, 1)
		c[n+m+i] = r.Penalty
		if r.AtMost {
			a.Set(i, n+i, 1)
			a.Set(i, n+m+i, 1e-3) // a second, useless slack keeps the rows independent
			c[n+m+i] = 1e6
		}
	}
	v, _, err := lp.Simplex(c, a, b, 1e-10, nil)
	if err != nil {
		t.Skipf("oracle: %v", err)
	}
	return v
}

func build(in instance) *simplex.Master {
	s := simplex.New(in.rows)
	for _, c := range in.cols {
		s.Add(c)
	}
	return s
}

// The optimum must be the oracle's, and the duals must prove it: no column prices below zero,
// and b·y equals the value.
func TestSolveAgreesWithGonum(t *testing.T) {
	for seed := range uint64(60) {
		in := random(seed, 3+int(seed%17), 5+int(seed%40))
		s := build(in)
		if err := s.Solve(100000); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if want := oracle(t, in); math.Abs(s.Value()-want) > 1e-6*math.Abs(want) {
			t.Errorf("seed %d: got %v, want %v", seed, s.Value(), want)
		}
		checkDuals(t, in, s)
	}
}

func checkDuals(t *testing.T, in instance, s *simplex.Master) {
	t.Helper()
	dual := 0.0
	for i, r := range in.rows {
		dual += s.Duals()[i] * r.RHS
		if (r.AtMost && s.Duals()[i] > 1e-7) || (!r.AtMost && s.Duals()[i] < -1e-7) {
			t.Errorf("row %d: dual %v has the wrong sign", i, s.Duals()[i])
		}
	}
	if math.Abs(dual-s.Value()) > 1e-6*math.Abs(s.Value()) {
		t.Errorf("b·y = %v, value %v", dual, s.Value())
	}
	for j, c := range in.cols {
		d := c.Cost
		for k, r := range c.Rows {
			d -= s.Duals()[r] * c.Vals[k]
		}
		if d < -1e-6 {
			t.Errorf("column %d has reduced cost %v", j, d)
		}
	}
}

// A changed right-hand side, and columns that come later, must lead to the same optimum as a fresh start.
func TestWarmStartsReachTheSameOptimum(t *testing.T) {
	for seed := range uint64(40) {
		in := random(seed, 12, 40)
		s := simplex.New(in.rows)
		for _, c := range in.cols[:20] {
			s.Add(c)
		}
		_ = s.Solve(10000)
		for _, c := range in.cols[20:] {
			s.Add(c)
		}
		for i := range in.rows {
			in.rows[i].RHS = math.Floor(in.rows[i].RHS * 0.6)
			s.SetRHS(i, in.rows[i].RHS)
		}
		if err := s.Solve(10000); err != nil {
			t.Fatal(err)
		}
		fresh := build(in)
		_ = fresh.Solve(10000)
		if math.Abs(s.Value()-fresh.Value()) > 1e-6*(1+fresh.Value()) {
			t.Errorf("seed %d: warm %v, fresh %v", seed, s.Value(), fresh.Value())
		}
		checkDuals(t, in, s)
	}
}

// So many pivots that the inverse is rebuilt on the way must lead to an optimum as well, and what is
// read off must fit together: rows are met by columns and what is unmet, at the value that is claimed.
func TestManyPivotsReachAnOptimum(t *testing.T) {
	for seed := range uint64(4) {
		in := random(seed, 180, 1500)
		for i := range in.rows {
			if i%9 == 0 && !in.rows[i].AtMost {
				in.rows[i].Penalty = 0.02 // better left unmet
			}
		}
		s := build(in)
		if err := s.Solve(100_000); err != nil {
			t.Fatal(err)
		}
		checkDuals(t, in, s)
		met, value, unmet := make([]float64, len(in.rows)), 0.0, 0
		for j, c := range in.cols {
			value += c.Cost * s.X(j)
			for k, r := range c.Rows {
				met[r] += c.Vals[k] * s.X(j)
			}
		}
		for i, r := range in.rows {
			if r.AtMost && met[i] > r.RHS+1e-6 || !r.AtMost && met[i]+s.Unmet(i) < r.RHS-1e-6 {
				t.Errorf("seed %d, row %d: %v and %v unmet for %+v", seed, i, met[i], s.Unmet(i), r)
			}
			if !r.AtMost {
				value += r.Penalty * s.Unmet(i)
			}
			if s.Unmet(i) > 0 {
				unmet++
			}
		}
		if math.Abs(value-s.Value()) > 1e-6*(1+value) || unmet == 0 {
			t.Errorf("seed %d: columns and penalties cost %v, the value is %v; %d rows unmet", seed, value, s.Value(), unmet)
		}
		if s.Pivots() < 200 {
			t.Errorf("seed %d: only %d pivots", seed, s.Pivots())
		}
	}
}

func TestThePivotLimitIsReported(t *testing.T) {
	s := build(random(3, 15, 60))
	if err := s.Solve(2); !errors.Is(err, simplex.ErrPivots) {
		t.Errorf("got %v, want %v", err, simplex.ErrPivots)
	}
}
