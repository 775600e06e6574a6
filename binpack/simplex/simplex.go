// Package simplex solves the master problems of column generation:
//
//	minimise c·x  subject to  A x ≥ b (or ≤ b) row by row,  x ≥ 0,
//
// where columns arrive over time, right-hand sides change, and what is wanted back is the duals
// as much as the solution. It is a revised simplex: the inverse of the basis is kept as a dense
// matrix, updated row by row with gonum's BLAS and rebuilt from its LU factors now and then; the
// entering column is chosen by devex (Forrest & Goldfarb 1992). New columns are followed by
// primal pivots, new right-hand sides by dual pivots, both from the basis at hand.
//
// Every ≥ row has a built-in artificial column at a price of the caller's (what it costs to leave
// the row unmet), so that every problem is feasible and the first basis is at hand.
// gonum's own lp.Simplex returns no duals and starts anew each time; here it is a test's oracle.
package simplex

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// ErrPivots is returned when the limit on pivots was reached before an optimum. The solution
// and duals are then those of the last basis.
var ErrPivots = errors.New("simplex: the pivot limit is reached")

// ErrSingular is returned when the basis cannot be inverted any more.
var ErrSingular = errors.New("simplex: the basis is singular")

const (
	tolPrice    = 1e-9 // a reduced cost above -tolPrice is not worth entering
	tolPivot    = 1e-9 // a smaller pivot element is taken for zero
	tolPrimal   = 1e-9 // a basic value above -tolPrimal is feasible
	rebuildEach = 150  // pivots between two rebuilds of the inverse
)

// Row is one constraint.
type Row struct {
	AtMost  bool    // Σ a x ≤ RHS, with RHS ≥ 0; otherwise Σ a x ≥ RHS
	RHS     float64 // of the constraint
	Penalty float64 // of an ≥ row: the price of one unit unmet
}

// Column is a variable: its cost and its entries, by ascending row.
type Column struct {
	Cost float64
	Rows []int32
	Vals []float64
}

// Master is a linear program that grows. It is not safe for concurrent use.
type Master struct {
	m     int
	rows  []Row
	cols  []Column  // 0…m-1: slack or surplus of each row; m…2m-1: artificial of each row; then the caller's
	weigh []float64 // devex reference weights
	d     []float64 // reduced costs; zero in the basis
	row   []float64 // scratch: the pivot row over all columns
	at    []int32   // position in the basis of each column, -1 outside
	basis []int32   // column at each position
	inv   []float64 // inverse of the basis, m×m by rows: inv[position][row]
	x     []float64 // values of the basis
	y     []float64 // duals
	since int       // pivots since the last rebuild
	alpha []float64 // scratch: inv·a of the entering column
	total int64
}

// New returns a master with rows and no columns but its own.
func New(rows []Row) *Master {
	m := len(rows)
	s := &Master{m: m, rows: append([]Row(nil), rows...), inv: make([]float64, m*m), x: make([]float64, m),
		y: make([]float64, m), basis: make([]int32, m), alpha: make([]float64, m)}
	for i, r := range rows {
		v := -1.0
		if r.AtMost {
			v = 1
		}
		s.push(Column{Rows: []int32{int32(i)}, Vals: []float64{v}})
	}
	for i, r := range rows {
		cost := r.Penalty
		if r.AtMost {
			cost = math.Inf(1) // never enters: the slack serves
		}
		s.push(Column{Cost: cost, Rows: []int32{int32(i)}, Vals: []float64{1}})
	}
	for i, r := range rows {
		col := m + i
		if r.AtMost {
			col = i
		}
		s.basis[i], s.at[col] = int32(col), int32(i)
		s.inv[i*m+i] = 1
		s.x[i] = r.RHS
		s.y[i] = s.cols[col].Cost
	}
	s.reprice()
	return s
}

// reprice computes all reduced costs anew.
func (s *Master) reprice() {
	for j := range s.cols {
		s.d[j] = 0
		if s.at[j] < 0 {
			s.d[j] = s.reduced(j)
		}
	}
}

func (s *Master) push(c Column) {
	s.cols = append(s.cols, c)
	s.weigh = append(s.weigh, 1)
	s.at = append(s.at, -1)
	s.d = append(s.d, 0)
	s.row = append(s.row, 0)
}

// Add appends a column and returns its index for X.
func (s *Master) Add(c Column) int {
	s.push(c)
	s.d[len(s.cols)-1] = s.reduced(len(s.cols) - 1)
	return len(s.cols) - 1 - 2*s.m
}

// Duals returns the price of one more unit of each row: ≥ 0 for ≥ rows, ≤ 0 for ≤ rows.
// The slice is the master's own: copy it to keep it.
func (s *Master) Duals() []float64 { return s.y }

// Columns returns how many columns were added.
func (s *Master) Columns() int { return len(s.cols) - 2*s.m }

// Pivots returns how many pivots were made so far.
func (s *Master) Pivots() int64 { return s.total }

// X returns the value of the column that Add returned as j.
func (s *Master) X(j int) float64 {
	p := s.at[j+2*s.m]
	if p < 0 {
		return 0
	}
	return max(0, s.x[p])
}

// Unmet returns how much of row i is met by its artificial only.
func (s *Master) Unmet(i int) float64 {
	p := s.at[s.m+i]
	if p < 0 {
		return 0
	}
	return max(0, s.x[p])
}

// Value returns the objective.
func (s *Master) Value() float64 {
	v := 0.0
	for p, c := range s.basis {
		v += float64(s.cols[c].Cost * s.x[p])
	}
	return v
}

// SetRHS changes the right-hand side of row i. Solve repairs the basis.
func (s *Master) SetRHS(i int, rhs float64) {
	d := rhs - s.rows[i].RHS
	if d == 0 {
		return
	}
	s.rows[i].RHS = rhs
	for p := range s.m {
		s.x[p] += float64(s.inv[p*s.m+i] * d)
	}
}

// Solve pivots to an optimum, with at most limit pivots.
func (s *Master) Solve(limit int64) error {
	for range limit {
		if s.since >= rebuildEach {
			if err := s.rebuild(); err != nil {
				return err
			}
		}
		if p := s.leavingDual(); p >= 0 {
			s.pivotRow(p)
			if q := s.enteringDual(); q >= 0 {
				s.ftran(q)
				s.pivot(p, q)
				continue
			}
			// No column repairs the row: its own artificial would, so this is a rounding error.
			s.x[p] = 0
		}
		q := s.entering()
		if q < 0 {
			return nil
		}
		s.ftran(q)
		p := s.leaving()
		if p < 0 {
			return errors.New("simplex: unbounded, so some column has a negative cost")
		}
		s.pivotRow(p)
		s.pivot(p, q)
	}
	return ErrPivots
}

// reduced returns the reduced cost of column j.
func (s *Master) reduced(j int) float64 {
	c := &s.cols[j]
	d := c.Cost
	for k, r := range c.Rows {
		d -= float64(s.y[r] * c.Vals[k])
	}
	return d
}

// entering returns the column with the best devex price, or -1 at an optimum.
func (s *Master) entering() int {
	best, at := 0.0, -1
	for j, d := range s.d {
		if d < -tolPrice && s.at[j] < 0 {
			if score := d * d / s.weigh[j]; score > best {
				best, at = score, j
			}
		}
	}
	return at
}

// ftran computes alpha = inverse · column q.
func (s *Master) ftran(q int) {
	c := &s.cols[q]
	for p := range s.m {
		row := s.inv[p*s.m : (p+1)*s.m]
		v := 0.0
		for k, r := range c.Rows {
			v += float64(row[r] * c.Vals[k])
		}
		s.alpha[p] = v
	}
}

// leaving returns the position that blocks first; of equal ones that with the largest pivot.
func (s *Master) leaving() int {
	ratio, at := math.Inf(1), -1
	for p, a := range s.alpha {
		if a <= tolPivot {
			continue
		}
		r := max(0, s.x[p]) / a
		if r < ratio-1e-12 || (r < ratio+1e-12 && (at < 0 || a > s.alpha[at])) {
			ratio, at = min(r, ratio), p
		}
	}
	return at
}

// leavingDual returns the most infeasible position, or -1 if the basis is feasible.
func (s *Master) leavingDual() int {
	worst, at := -tolPrimal, -1
	for p, v := range s.x {
		if v < worst {
			worst, at = v, p
		}
	}
	return at
}

// enteringDual returns the column that keeps all reduced costs non-negative when the position of
// the pivot row leaves.
func (s *Master) enteringDual() int {
	ratio, at, size := math.Inf(1), -1, 0.0
	for j, a := range s.row {
		if a >= -tolPivot || s.at[j] >= 0 || math.IsInf(s.cols[j].Cost, 1) {
			continue
		}
		r := max(0, s.d[j]) / -a
		if r < ratio-1e-12 || (r < ratio+1e-12 && -a > size) {
			ratio, at, size = min(r, ratio), j, -a
		}
	}
	return at
}

// pivotRow computes row p of the tableau over all columns outside the basis.
func (s *Master) pivotRow(p int) {
	inv := s.inv[p*s.m : (p+1)*s.m]
	for j := range s.cols {
		s.row[j] = 0
		if s.at[j] < 0 {
			s.row[j] = s.dot(inv, j)
		}
	}
}

func (s *Master) dot(row []float64, j int) float64 {
	c := &s.cols[j]
	a := 0.0
	for k, r := range c.Rows {
		a += float64(row[r] * c.Vals[k])
	}
	return a
}

// pivot brings column q into position p; alpha holds inverse · column q, row the pivot row.
func (s *Master) pivot(p, q int) {
	s.total++
	s.since++
	out := s.basis[p]
	row := s.inv[p*s.m : (p+1)*s.m]
	d := s.d[q]
	s.reweigh(p, q)
	blas64.Scal(1/s.alpha[p], blas64.Vector{N: s.m, Data: row, Inc: 1})
	step := s.x[p] / s.alpha[p]
	src := blas64.Vector{N: s.m, Data: row, Inc: 1}
	for i, a := range s.alpha {
		if i == p || (a < 1e-14 && a > -1e-14) {
			continue
		}
		blas64.Axpy(-a, src, blas64.Vector{N: s.m, Data: s.inv[i*s.m : (i+1)*s.m], Inc: 1})
		s.x[i] -= float64(a * step)
	}
	s.x[p] = step
	blas64.Axpy(d, src, blas64.Vector{N: s.m, Data: s.y, Inc: 1})
	s.at[out], s.at[q], s.basis[p] = -1, int32(p), int32(q)
}

// reweigh updates the devex weights and the reduced costs for the pivot (p, q), before the
// inverse changes.
func (s *Master) reweigh(p, q int) {
	w := s.weigh[q] / (s.alpha[p] * s.alpha[p])
	step := s.d[q] / s.alpha[p]
	top := 0.0
	for j, a := range s.row {
		if a == 0 || j == q {
			continue
		}
		s.d[j] -= float64(step * a)
		if v := a * a * w; v > s.weigh[j] {
			s.weigh[j] = v
			top = max(top, v)
		}
	}
	s.d[q], s.d[s.basis[p]] = 0, -step
	s.weigh[s.basis[p]] = max(w, 1)
	if top > 1e8 { // the reference framework is worn out: start a new one
		for j := range s.weigh {
			s.weigh[j] = 1
		}
	}
}

// rebuild inverts the basis anew and recomputes values and duals.
func (s *Master) rebuild() error {
	s.since = 0
	if s.m == 0 {
		return nil
	}
	b := mat.NewDense(s.m, s.m, nil)
	for p, j := range s.basis {
		c := &s.cols[j]
		for k, r := range c.Rows {
			b.Set(int(r), p, c.Vals[k])
		}
	}
	inv := mat.NewDense(s.m, s.m, s.inv)
	if err := inv.Inverse(b); err != nil {
		var cond mat.Condition
		if !errors.As(err, &cond) || math.IsInf(float64(cond), 1) {
			return ErrSingular
		}
	}
	for p := range s.m {
		row := s.inv[p*s.m : (p+1)*s.m]
		v := 0.0
		for i, a := range row {
			v += float64(a * s.rows[i].RHS)
		}
		s.x[p] = v
	}
	for i := range s.y {
		s.y[i] = 0
	}
	for p, j := range s.basis {
		if c := s.cols[j].Cost; c != 0 {
			blas64.Axpy(c, blas64.Vector{N: s.m, Data: s.inv[p*s.m : (p+1)*s.m], Inc: 1}, blas64.Vector{N: s.m, Data: s.y, Inc: 1})
		}
	}
	s.reprice()
	return nil
}
