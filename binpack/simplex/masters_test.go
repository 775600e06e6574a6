package simplex_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

// master draws a restricted master as packing has them: shapes of very different sizes, patterns
// that fill a bin with up to eight of them, whole demands, many of them equal, a few rows that
// limit the number of bins of a kind, and among the columns some twins and some that differ by a
// hair.
func master(seed uint64, m, n int) instance {
	r := rand.New(rand.NewPCG(seed, 11))
	var in instance
	kinds := 1 + m/12
	size := make([]float64, m-kinds)
	for i := range size {
		size[i] = 0.01 * math.Pow(60, r.Float64())
		in.rows = append(in.rows, simplex.Row{RHS: float64([]int{1, 2, 5, 10, 50, 0}[r.IntN(6)] + r.IntN(3)), Penalty: 50})
	}
	for range kinds {
		in.rows = append(in.rows, simplex.Row{AtMost: true, RHS: float64(r.IntN(2 * m))})
	}
	for j := range n {
		if j%20 == 19 { // a twin, or nearly
			c := in.cols[r.IntN(j)]
			c.Vals = slices.Clone(c.Vals)
			c.Vals[0] += 1e-9 * float64(r.IntN(2))
			in.cols = append(in.cols, c)
			continue
		}
		in.cols = append(in.cols, pattern(r, size, kinds))
	}
	return in
}

func pattern(r *rand.Rand, size []float64, kinds int) simplex.Column {
	kind := r.IntN(3 * kinds)
	room := 0.3 + 0.7*float64(1+kind%5)/5
	c := simplex.Column{Cost: room * (0.7 + 0.1*float64(kind%4))}
	counts := map[int]float64{}
	for range 8 {
		i := r.IntN(len(size))
		if most := math.Floor(room / size[i]); most >= 1 {
			n := 1 + float64(r.IntN(int(most)))
			counts[i] += n
			room -= n * size[i]
		}
	}
	for i := range size {
		if counts[i] > 0 {
			c.Rows, c.Vals = append(c.Rows, int32(i)), append(c.Vals, counts[i])
		}
	}
	if kind < kinds || len(c.Rows) == 0 {
		c.Rows, c.Vals = append(c.Rows, int32(len(size)+kind%kinds)), append(c.Vals, 1)
	}
	return c
}

// tableau solves an instance as slowly and plainly as it goes: the whole tableau, first column
// that pays, first row that blocks (Bland 1977).
func tableau(in instance) float64 {
	m, n := len(in.rows), len(in.cols)
	cost := make([]float64, n+2*m)
	rows := make([][]float64, m)
	basis := make([]int, m)
	for i, r := range in.rows {
		rows[i] = make([]float64, n+2*m+1)
		rows[i][n+2*m] = r.RHS
		if r.AtMost {
			rows[i][n+i], basis[i] = 1, n+i
			continue
		}
		rows[i][n+i], rows[i][n+m+i], cost[n+m+i], basis[i] = -1, 1, r.Penalty, n+m+i
	}
	for j, c := range in.cols {
		cost[j] = c.Cost
		for k, r := range c.Rows {
			rows[r][j] = c.Vals[k]
		}
	}
	for {
		q := 0
		for q = range cost {
			d := cost[q]
			for i, b := range basis {
				d -= cost[b] * rows[i][q]
			}
			if d < -1e-9 && (q < n+m || !in.rows[q-n-m].AtMost) {
				break
			}
			if q == len(cost)-1 {
				v := 0.0
				for i, b := range basis {
					v += cost[b] * rows[i][n+2*m]
				}
				return v
			}
		}
		p := -1
		for i := range rows {
			if a := rows[i][q]; a > 1e-9 {
				if p < 0 || rows[i][n+2*m]/a < rows[p][n+2*m]/rows[p][q]-1e-12 ||
					(rows[i][n+2*m]/a < rows[p][n+2*m]/rows[p][q]+1e-12 && basis[i] < basis[p]) {
					p = i
				}
			}
		}
		exchange(rows, p, q)
		basis[p] = q
	}
}

func exchange(rows [][]float64, p, q int) {
	a := rows[p][q]
	for j := range rows[p] {
		rows[p][j] /= a
	}
	for i := range rows {
		if f := rows[i][q]; i != p && f != 0 {
			for j := range rows[i] {
				rows[i][j] -= f * rows[p][j]
			}
		}
	}
}

func TestSolveAgreesWithASlowTableau(t *testing.T) {
	for seed := range uint64(80) {
		in := master(seed, 4+int(seed%30), 10+int(seed*7%120))
		s := build(in)
		if err := s.Solve(100_000); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if want := tableau(in); math.Abs(s.Value()-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("seed %d: got %v, want %v", seed, s.Value(), want)
		}
		checkDuals(t, in, s)
	}
}

// Columns that come in batches, demands that shrink step by step to nothing and jump back: each optimum
// must be that of a master which sees the same for the first time. There are so many columns that
// most are retired and have to come back.
func TestAnyHistoryLeadsToTheSameOptimum(t *testing.T) {
	for seed := range uint64(6) {
		in := master(seed, 40, 900)
		r := rand.New(rand.NewPCG(seed, 3))
		s := simplex.New(in.rows)
		seen := instance{rows: slices.Clone(in.rows)}
		for step := range 60 {
			if n := len(seen.cols); n < len(in.cols) && step < 30 {
				for _, c := range in.cols[n:min(n+40, len(in.cols))] {
					s.Add(c)
					seen.cols = append(seen.cols, c)
				}
			}
			for i := range seen.rows {
				switch {
				case step == 50:
					seen.rows[i].RHS = in.rows[i].RHS
				case step > 20:
					seen.rows[i].RHS = math.Floor(seen.rows[i].RHS * (0.5 + 0.5*r.Float64()))
				}
				s.SetRHS(i, seen.rows[i].RHS)
			}
			if err := s.Solve(100_000); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			fresh := build(seen)
			_ = fresh.Solve(100_000)
			if math.Abs(s.Value()-fresh.Value()) > 1e-6*(1+fresh.Value()) {
				t.Fatalf("seed %d, step %d: %v, from scratch %v", seed, step, s.Value(), fresh.Value())
			}
			checkDuals(t, seen, s)
		}
	}
}

func TestAKeptBasisIsAnOptimumAtOnce(t *testing.T) {
	in := master(5, 120, 900)
	s := build(in)
	if err := s.Solve(100_000); err != nil {
		t.Fatal(err)
	}
	again := build(in)
	again.SetBasis(s.Basis())
	if diff := cmp.Diff(s.Basis(), again.Basis()); diff != "" {
		t.Errorf("a basis does not come back (-want +got):\n%s", diff)
	}
	if err := again.Solve(100_000); err != nil || again.Pivots() > 0 {
		t.Errorf("%d pivots, %v", again.Pivots(), err)
	}
	if math.Abs(again.Value()-s.Value()) > 1e-9*s.Value() {
		t.Errorf("got %v, want %v", again.Value(), s.Value())
	}
}

// Demands change by a hundredth, columns come, a row is new: the kept basis must still save most pivots.
func TestAKeptBasisServesAChangedMaster(t *testing.T) {
	in := master(5, 120, 900)
	s := build(instance{rows: in.rows, cols: in.cols[:890]})
	if err := s.Solve(100_000); err != nil {
		t.Fatal(err)
	}
	in.rows = append(slices.Clone(in.rows), simplex.Row{RHS: 3, Penalty: 50})
	for i := range in.rows {
		in.rows[i].RHS *= 1.01
	}
	in.cols = append(slices.Clone(in.cols), simplex.Column{Cost: 0.5, Rows: []int32{3, 120}, Vals: []float64{1, 2}})
	fresh, warm := build(in), build(in)
	warm.SetBasis(s.Basis())
	for _, m := range []*simplex.Master{fresh, warm} {
		if err := m.Solve(100_000); err != nil {
			t.Fatal(err)
		}
		checkDuals(t, in, m)
	}
	if math.Abs(warm.Value()-fresh.Value()) > 1e-6*fresh.Value() {
		t.Errorf("got %v, want %v", warm.Value(), fresh.Value())
	}
	if warm.Pivots()*2 > fresh.Pivots() {
		t.Errorf("%d pivots, from scratch %d", warm.Pivots(), fresh.Pivots())
	}
}

func TestAnyBasisIsRepaired(t *testing.T) {
	in := master(2, 30, 100)
	want := build(in)
	_ = want.Solve(100_000)
	all := func(n int) (out []int32) {
		for i := range n {
			out = append(out, int32(i))
		}
		return out
	}
	cases := map[string]simplex.Basis{
		"empty":                                    {},
		"names that are not there":                 {Columns: []int32{-1, 100, 1 << 30}, Slack: []int32{-5, 30}, Artificial: []int32{-1, 30}},
		"names given twice":                        {Columns: []int32{3, 3, 4, 4}, Slack: []int32{1, 1}},
		"all columns":                              {Columns: all(100), Slack: all(30), Artificial: all(30)},
		"columns that are twins":                   {Columns: all(20), Slack: all(12)},
		"slack and artificial of the same rows":    {Slack: all(30), Artificial: all(30)},
		"artificials of rows that cannot have any": {Artificial: all(30)},
		"too few":                                  {Slack: all(7), Columns: all(3)},
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			s := build(in)
			s.SetBasis(b)
			got := s.Basis()
			if n := len(got.Slack) + len(got.Artificial) + len(got.Columns); n != 30 {
				t.Errorf("%d basic columns", n)
			}
			if err := s.Solve(100_000); err != nil || math.Abs(s.Value()-want.Value()) > 1e-6*(1+want.Value()) {
				t.Errorf("got %v, %v, want %v", s.Value(), err, want.Value())
			}
			checkDuals(t, in, s)
		})
	}
}

func TestAColumnThatEarnsMoneyIsUnbounded(t *testing.T) {
	in := master(1, 20, 60)
	in.cols = append(in.cols, simplex.Column{Cost: -1, Rows: []int32{2}, Vals: []float64{1}})
	if err := build(in).Solve(100_000); !errors.Is(err, simplex.ErrUnbounded) {
		t.Errorf("got %v", err)
	}
	in.cols[60].Rows, in.cols[60].Vals = []int32{2, 19}, []float64{1, 1} // as many as a ≤ row allows
	s := build(in)
	if err := s.Solve(100_000); err != nil {
		t.Fatal(err)
	}
	if want := tableau(in); math.Abs(s.Value()-want) > 1e-6*(1+math.Abs(want)) {
		t.Errorf("got %v, want %v", s.Value(), want)
	}
	checkDuals(t, in, s)
}

func TestUntilItIsSolvedEverythingIsUnmet(t *testing.T) {
	in := master(3, 20, 60)
	s := build(in)
	if err := s.Solve(0); !errors.Is(err, simplex.ErrPivots) {
		t.Errorf("got %v", err)
	}
	for i, r := range in.rows {
		want := r.RHS
		if r.AtMost {
			want = 0
		}
		if s.Unmet(i) != want || s.Duals()[i] != r.Penalty {
			t.Errorf("row %d: %v unmet at %v, of %+v", i, s.Unmet(i), s.Duals()[i], r)
		}
	}
}

// Whatever the numbers: an optimum proves itself by its duals, and comes out the same again.
func FuzzSolve(f *testing.F) {
	f.Add(uint64(1), uint8(12), uint16(60), uint8(3))
	f.Add(uint64(9), uint8(60), uint16(700), uint8(9))
	f.Fuzz(func(t *testing.T, seed uint64, m uint8, n uint16, steps uint8) {
		run := func() string {
			in := master(seed, 3+int(m%80), int(n%1000))
			r := rand.New(rand.NewPCG(seed, 5))
			s := build(in)
			out := ""
			for range 1 + steps%10 {
				for i := range in.rows {
					if r.IntN(3) == 0 {
						in.rows[i].RHS = float64(r.IntN(20))
						s.SetRHS(i, in.rows[i].RHS)
					}
				}
				if err := s.Solve(20_000); err != nil {
					t.Fatal(err)
				}
				checkDuals(t, in, s)
				out += fmt.Sprint(s.Value(), s.Pivots(), s.Basis())
			}
			return out
		}
		if a, b := run(), run(); a != b {
			t.Errorf("not the same again:\n%s\n%s", a, b)
		}
	})
}
