// Package simplex solves the master problems of column generation:
//
//	minimise c·x  subject to  A x ≥ b (or ≤ b) row by row,  x ≥ 0,
//
// where columns arrive over time, right-hand sides change, and what is wanted back is the duals
// as much as the solution. It is a revised simplex that never holds an inverse: the basis is kept as
// sparse triangular factors (factor.go, eliminate.go), which follow each pivot and are made anew
// every hundred.
//
// New columns are followed by primal pivots, priced by devex; new right-hand sides by dual pivots,
// priced by steepest edge (Forrest & Goldfarb 1992), from the basis at hand. A master that was never
// solved starts with dual pivots. Pivots look at the columns that are watched (watch.go); an
// optimum is always one over all columns, confirmed with duals that are computed anew.
// Degeneracy is met with bounded perturbation (perturb.go), which is taken back before Solve returns.
//
// A Basis names the basic columns. Kept, it lets a changed master start near its optimum.
//
// Every ≥ row has a built-in artificial column at a price of the caller's (what it costs to leave
// the row unmet), so that every problem is feasible as long as right-hand sides of ≤ rows are not negative.
// gonum's own lp.Simplex returns no duals and starts anew each time; here it is a test's oracle.
package simplex

import (
	"errors"
	"math"
)

// ErrPivots is returned when the limit on pivots was reached before an optimum. The solution
// and duals are then those of the last basis.
var ErrPivots = errors.New("simplex: the pivot limit is reached")

// ErrUnbounded is returned when the objective has no least value, so some column has a negative cost.
var ErrUnbounded = errors.New("simplex: unbounded, so some column has a negative cost")

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
	ends  []int     // of each of the caller's columns: where its entries end in flat
	flat  []entry   // the caller's columns' entries, for pricing
	byRow [][]entry // the watched columns' entries in each row
	d     []float64 // reduced costs; zero in the basis
	extra []float64 // what is added to costs while dual pivots are made
	weigh []float64 // devex reference weights of columns
	heavy []float64 // and of basic columns, for dual pivots
	at    []int32   // slot in the basis of each column, -1 outside
	basis []int32   // column in each slot
	x     []float64 // values of the basis
	y     []float64 // duals
	f     factor

	since   int       // pivots since the factors were made
	total   int64     // pivots
	moved   bool      // a right-hand side changed since x was computed
	unsure  bool      // pivots since y and d were computed from the factors
	lifted  bool      // extra is in use
	shift   []float64 // what is added to right-hand sides while primal pivots are made
	shifted bool      // shift is in use
	wrong   []int32   // columns whose reduced cost is negative, and some that were
	inWrong []bool
	watched []bool  // of each column: whether its reduced cost is kept current
	list    []int32 // the caller's columns that are watched
	waiting []int32 // columns that are not, and are worth entering

	alpha sparse    // B⁻¹ · the entering column
	rho   sparse    // the leaving row of B⁻¹
	tau   sparse    // B⁻¹ · rhoᵀ
	row   sparse    // rho · all columns
	work  []float64 // zero between uses
}

// New returns a master with rows and no columns but its own. Until it is solved, all ≥ rows are unmet.
func New(rows []Row) *Master {
	m := len(rows)
	s := &Master{m: m, rows: append([]Row(nil), rows...), byRow: make([][]entry, m), x: make([]float64, m), y: make([]float64, m),
		basis: make([]int32, m), f: newFactor(m), alpha: sparse{v: make([]float64, m)}, rho: sparse{v: make([]float64, m)}, tau: sparse{v: make([]float64, m)},
		work: make([]float64, m), shift: make([]float64, m)}
	ids, vals := make([]int32, m), make([]float64, 2*m)
	for i, r := range rows {
		ids[i], vals[i], vals[m+i] = int32(i), -1, 1
		if r.AtMost {
			vals[i] = 1
		}
		s.push(Column{Rows: ids[i : i+1], Vals: vals[i : i+1]})
	}
	for i, r := range rows {
		cost := r.Penalty
		if r.AtMost {
			cost = math.Inf(1) // never enters: the slack serves
		}
		s.push(Column{Cost: cost, Rows: ids[i : i+1], Vals: vals[m+i : m+i+1]})
	}
	start := make([]int32, m)
	for i, r := range rows {
		start[i] = int32(m + i)
		if r.AtMost {
			start[i] = int32(i)
		}
	}
	s.install(start)
	return s
}

func (s *Master) push(c Column) {
	s.cols = append(s.cols, c)
	s.weigh = append(s.weigh, 1)
	s.heavy = append(s.heavy, 1)
	s.extra = append(s.extra, 0)
	s.at = append(s.at, -1)
	s.d = append(s.d, 0)
	s.row.v = append(s.row.v, 0)
	s.inWrong = append(s.inWrong, false)
	s.watched = append(s.watched, false)
}

// Add appends a column and returns its index for X.
func (s *Master) Add(c Column) int {
	s.push(c)
	for k, r := range c.Rows {
		s.flat = append(s.flat, entry{c.Vals[k], r})
	}
	s.ends = append(s.ends, len(s.flat))
	j := s.Columns() - 1
	s.price(j)
	return j
}

// price computes the reduced cost of the caller's column j from the duals. One that is worth
// entering and is not watched waits to be.
func (s *Master) price(j int) {
	from := 0
	if j > 0 {
		from = s.ends[j-1]
	}
	k := j + 2*s.m
	d := s.cols[k].Cost + s.extra[k]
	for _, e := range s.flat[from:s.ends[j]] {
		d -= float64(s.y[e.i] * e.v)
	}
	if s.watched[k] {
		s.setCost(int32(k), d)
		return
	}
	s.d[k] = d
	if d < -tolPrice {
		s.waiting = append(s.waiting, int32(k))
	}
}

// setCost sets the reduced cost of column j, and remembers that it may enter.
func (s *Master) setCost(j int32, d float64) {
	s.d[j] = d
	if d < -tolPrice && !s.inWrong[j] {
		s.inWrong[j] = true
		s.wrong = append(s.wrong, j)
	}
}

// Duals returns the price of one more unit of each row: ≥ 0 for ≥ rows, ≤ 0 for ≤ rows.
// The slice is the master's own: copy it to keep it.
func (s *Master) Duals() []float64 { return s.y }

// Columns returns how many columns were added.
func (s *Master) Columns() int { return len(s.cols) - 2*s.m }

// Pivots returns how many pivots were made so far.
func (s *Master) Pivots() int64 { return s.total }

// X returns the value of the column that Add returned as j.
func (s *Master) X(j int) float64 { return s.value(j + 2*s.m) }

// Unmet returns how much of row i is met by its artificial only.
func (s *Master) Unmet(i int) float64 { return s.value(s.m + i) }

func (s *Master) value(j int) float64 {
	s.settle()
	if p := s.at[j]; p >= 0 {
		return max(0, s.x[p])
	}
	return 0
}

// Value returns the objective.
func (s *Master) Value() float64 {
	s.settle()
	v := 0.0
	for p, c := range s.basis {
		v += float64(s.cols[c].Cost * s.x[p])
	}
	return v
}

// SetRHS changes the right-hand side of row i. Solve repairs the basis.
func (s *Master) SetRHS(i int, rhs float64) {
	if s.rows[i].RHS != rhs {
		s.rows[i].RHS = rhs
		s.moved = true
	}
}

// settle computes the values of the basis anew if a right-hand side has changed.
func (s *Master) settle() {
	if !s.moved {
		return
	}
	s.moved = false
	for i := range s.rows {
		s.work[i] = s.rows[i].RHS + s.shift[i]
	}
	s.f.lower(s.work)
	s.f.upper(s.work, &s.alpha)
	copy(s.x, s.alpha.v)
}

// reprice computes duals and reduced costs anew, from the factors.
func (s *Master) reprice() {
	s.unsure = false
	for p, j := range s.basis {
		s.y[p] = s.cols[j].Cost + s.extra[j]
	}
	s.f.transposed(0, s.y)
	s.f.back(s.y)
	for _, j := range s.wrong {
		s.inWrong[j] = false
	}
	s.wrong = s.wrong[:0]
	s.waiting = s.waiting[:0]
	for i, y := range s.y {
		s.d[i] = s.extra[i] - float64(y*s.cols[i].Vals[0])
		s.d[s.m+i] = s.cols[s.m+i].Cost + s.extra[s.m+i] - y
	}
	for j := range s.ends {
		if s.at[j+2*s.m] < 0 {
			s.price(j)
		}
	}
	for _, j := range s.basis {
		s.d[j] = 0
	}
	for j := range 2 * s.m {
		s.setCost(int32(j), s.d[j])
	}
}

// Basis names the basic columns of a master. It is worth keeping: a master of about the same rows
// and columns starts from it instead of from nothing.
type Basis struct {
	Slack      []int32 // rows whose slack or surplus is basic, ascending
	Artificial []int32 // rows whose artificial is basic, ascending
	Columns    []int32 // as Add returned them, ascending
}

// Basis returns the basis at hand.
func (s *Master) Basis() Basis {
	var b Basis
	for j, p := range s.at {
		switch {
		case p < 0:
		case j < s.m:
			b.Slack = append(b.Slack, int32(j))
		case j < 2*s.m:
			b.Artificial = append(b.Artificial, int32(j-s.m))
		default:
			b.Columns = append(b.Columns, int32(j-2*s.m))
		}
	}
	return b
}

// SetBasis starts from a basis, of this master or of another. What does not fit is repaired: names
// of rows or columns that are not there, or are there twice, are skipped, columns that
// depend on others are left out, and rows that are left without a column get their slack or surplus.
// Solve goes on from there with dual pivots, then primal ones.
func (s *Master) SetBasis(b Basis) {
	var list []int32
	for _, j := range s.basis {
		s.at[j] = -1
	}
	put := func(names []int32, from, n int) {
		for _, i := range names {
			if j := from + int(i); i >= 0 && int(i) < n && s.at[j] < 0 {
				s.at[j] = 0
				list = append(list, int32(j))
			}
		}
	}
	put(b.Columns, 2*s.m, s.Columns())
	put(b.Slack, 0, s.m)
	for _, i := range b.Artificial {
		if int(i) < s.m && i >= 0 && !s.rows[i].AtMost {
			put([]int32{i}, s.m, s.m)
		}
	}
	for _, j := range list {
		s.at[j] = -1
	}
	s.install(list)
}

// install makes a basis of the columns of list, which are outside of any, as far as they are
// independent, and of the slack or surplus of rows that are left, and computes everything from it.
func (s *Master) install(list []int32) {
	cols := make([]*Column, len(list))
	for k, j := range list {
		cols[k] = &s.cols[j]
	}
	s.f.eliminate(cols, func(r int) float64 { return s.cols[r].Vals[0] })
	for r, k := range s.f.work.colOf {
		j := int32(r)
		if k >= 0 {
			j = list[k]
		}
		s.basis[r], s.at[j] = j, int32(r)
		s.watch(j)
	}
	s.since, s.moved = 0, true
	s.settle()
	s.reprice()
}
