package knapsack

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

// boxInstance is a small linear program as relaxations have them: some entries negative, as in
// columns of layouts, some bounds infinite, zero or equal.
type boxInstance struct{ a, b, v, u []float64 }

func randomBox(seed uint64) boxInstance {
	r := rand.New(rand.NewPCG(seed, 3))
	m, n := 1+r.IntN(5), 1+r.IntN(7)
	in := boxInstance{a: make([]float64, m*n)}
	for range m {
		in.b = append(in.b, float64(r.IntN(4))) // 0 makes the slack basis degenerate
	}
	for j := range n {
		in.v = append(in.v, float64(r.IntN(12)-2))
		in.u = append(in.u, float64(r.IntN(4)))
		for i := range m {
			if r.IntN(3) > 0 {
				in.a[i*n+j] = float64(r.IntN(9)-2) / 4
			}
		}
	}
	return in
}

// oracle is the optimum by gonum's dense simplex in standard form: A x + s = b, x + w = u.
func (in *boxInstance) oracle(t *testing.T) float64 {
	t.Helper()
	m, n := len(in.b), len(in.v)
	a, b, c := mat.NewDense(m+n, 2*n+m, nil), make([]float64, m+n), make([]float64, 2*n+m)
	for i := range m {
		b[i] = in.b[i]
		a.Set(i, n+i, 1)
		for j := range n {
			a.Set(i, j, in.a[i*n+j])
		}
	}
	for j := range n {
		c[j], b[m+j] = -in.v[j], in.u[j]
		a.Set(m+j, j, 1)
		a.Set(m+j, n+m+j, 1)
	}
	v, _, err := lp.Simplex(c, a, b, 1e-10, nil)
	if err != nil {
		t.Logf("oracle: %v", err)
		return math.NaN()
	}
	return -v
}

// The value must be gonum's, the solution must keep every row and bound, and the duals must prove it.
func TestTheSmallSimplexAgreesWithGonum(t *testing.T) {
	var b box // one tableau for all, as bins keep theirs
	compared := 0
	for seed := range uint64(3000) {
		in := randomBox(seed)
		b.load(in.a, in.b, in.v, in.u)
		b.solve(1000)
		got := in.check(t, &b)
		if want := in.oracle(t); !math.IsNaN(want) {
			compared++
			if math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("value %v, want %v", got, want)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, in)
		}
	}
	if compared < 2900 {
		t.Errorf("the oracle answered only %d times", compared)
	}
}

func (in *boxInstance) check(t *testing.T, b *box) float64 {
	t.Helper()
	n := len(in.v)
	value, bound := 0.0, 0.0
	for j := range n {
		x := b.value(j)
		if x < -1e-9 || x > in.u[j]+1e-9 {
			t.Errorf("x[%d] = %v, at most %v", j, x, in.u[j])
		}
		value += in.v[j] * x
	}
	reduced := append([]float64(nil), in.v...)
	for i := range in.b {
		sum := 0.0
		for j := range n {
			sum += in.a[i*n+j] * b.value(j)
			reduced[j] -= b.dual(i) * in.a[i*n+j]
		}
		if sum > in.b[i]+1e-7 {
			t.Errorf("row %d: %v, at most %v", i, sum, in.b[i])
		}
		bound += b.dual(i) * in.b[i]
	}
	for j, d := range reduced {
		bound += max(0, d) * in.u[j]
	}
	if math.Abs(value-bound) > 1e-7*(1+math.Abs(value)) {
		t.Errorf("value %v, the duals prove %v", value, bound)
	}
	return value
}
