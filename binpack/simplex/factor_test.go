package simplex

import (
	"math"
	"math/rand/v2"
	"testing"
)

// basisColumns draws m columns that are nearly triangular with a knot in the middle, as bases are.
func basisColumns(r *rand.Rand, m int) []*Column {
	out := make([]*Column, m)
	for j := range out {
		out[j] = sparseColumn(r, m, j)
	}
	return out
}

func sparseColumn(r *rand.Rand, m, diagonal int) *Column {
	c := &Column{}
	for i := range m {
		switch {
		case i == diagonal:
			c.Rows, c.Vals = append(c.Rows, int32(i)), append(c.Vals, float64(1+r.IntN(9)))
		case r.IntN(m) < 3:
			c.Rows, c.Vals = append(c.Rows, int32(i)), append(c.Vals, float64(1+r.IntN(30)))
		}
	}
	return c
}

// residual returns by how much B·x misses b, and how much larger than 1 the numbers are.
func residual(slots []*Column, x, b []float64) float64 {
	left, size := append([]float64(nil), b...), 1.0
	for p, c := range slots {
		for k, r := range c.Rows {
			left[r] -= c.Vals[k] * x[p]
			size = max(size, math.Abs(c.Vals[k]*x[p]))
		}
	}
	worst := 0.0
	for _, v := range left {
		worst = max(worst, math.Abs(v)/size)
	}
	return worst
}

// Solving with the factors and multiplying with the columns must give back what was asked, after
// the elimination and after each of many exchanges.
func TestFactorsSolveWhatTheyWereMadeOf(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := 2 + int(seed*5)
		f := newFactor(m)
		cols := basisColumns(r, m)
		f.eliminate(cols, func(int) float64 { return 1 })
		slots := make([]*Column, m)
		for p, c := range f.work.colOf {
			if c < 0 {
				t.Fatalf("seed %d: row %d has no column", seed, p)
			}
			slots[p] = cols[c]
		}
		alpha, rho := sparse{v: make([]float64, m)}, sparse{v: make([]float64, m)}
		work := make([]float64, m)
		for step := range 60 {
			in, p := sparseColumn(r, m, r.IntN(m)), r.IntN(m)
			f.unit(p, work, &rho)
			b := make([]float64, m)
			for k, i := range in.Rows {
				b[i], work[i] = in.Vals[k], in.Vals[k]
			}
			f.ftran(work, &alpha)
			if d := residual(slots, alpha.v, b); d > 1e-8 {
				t.Fatalf("seed %d, step %d: column misses by %v", seed, step, d)
			}
			checkUnit(t, slots, rho.v, p)
			if a := alpha.v[p]; math.Abs(a) > 0.05 {
				if !f.exchange(p, a) {
					t.Fatalf("seed %d, step %d: an exchange with pivot %v is not trusted", seed, step, a)
				}
				slots[p] = in
			}
		}
	}
}

func checkUnit(t *testing.T, slots []*Column, rho []float64, p int) {
	t.Helper()
	for q, c := range slots {
		v, size := 0.0, 1.0
		for k, r := range c.Rows {
			v += c.Vals[k] * rho[r]
			size = max(size, math.Abs(c.Vals[k]*rho[r]))
		}
		want := 0.0
		if q == p {
			want = 1
		}
		if math.Abs(v-want) > 1e-8*size {
			t.Fatalf("row %d on column %d gives %v", p, q, v)
		}
	}
}

func TestAWrongPivotIsNotTrusted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	f := newFactor(20)
	f.eliminate(basisColumns(r, 20), func(int) float64 { return 1 })
	alpha, rho, work := sparse{v: make([]float64, 20)}, sparse{v: make([]float64, 20)}, make([]float64, 20)
	f.unit(4, work, &rho)
	work[4], work[7] = 3, 1
	f.ftran(work, &alpha)
	if f.exchange(4, alpha.v[4]*1.001) {
		t.Error("trusted")
	}
}

// Columns that depend on others are left out, however nearly; every row that is left has its own.
func TestDependentColumnsAreLeftOut(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := 5 + int(seed)
		cols := basisColumns(r, m)
		for k := range 3 { // twins, exact or by a hair, and a sum
			a := cols[k]
			twin := &Column{Rows: a.Rows, Vals: append([]float64(nil), a.Vals...)}
			twin.Vals[0] *= 1 + 1e-15*float64(k)
			cols[m-1-k] = twin
		}
		f := newFactor(m)
		f.eliminate(cols, func(int) float64 { return -1 })
		slots, own := make([]*Column, m), 0
		for p, c := range f.work.colOf {
			if c >= 0 {
				slots[p] = cols[c]
				continue
			}
			own++
			slots[p] = &Column{Rows: []int32{int32(p)}, Vals: []float64{-1}}
		}
		if own < 2 {
			t.Errorf("seed %d: only %d left out", seed, own)
		}
		work, b, x := make([]float64, m), make([]float64, m), sparse{v: make([]float64, m)}
		for i := range b {
			b[i] = float64(1 + i)
		}
		copy(work, b)
		f.ftran(work, &x)
		if d := residual(slots, x.v, b); d > 1e-8 {
			t.Errorf("seed %d: misses by %v", seed, d)
		}
	}
}
