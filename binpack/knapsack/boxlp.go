package knapsack

import "math"

// box is a small linear program: maximise v·x subject to A x ≤ b and 0 ≤ x ≤ u, with b ≥ 0 and
// few rows. It keeps the whole tableau (rows × columns) dense, and variables outside the basis
// rest at either bound. The slack basis is feasible, so there is no first phase.
type box struct {
	m, n  int
	width int       // n + m: structural columns, then slacks
	t     []float64 // tableau, m × width
	d     []float64 // reduced profits
	u     []float64 // upper bounds; +Inf for slacks
	x     []float64 // values of basic variables, by row
	basic []int     // variable of each row
	row   []int     // row of each variable, -1 outside the basis
	up    []bool    // rests at its upper bound
}

const boxTol = 1e-10

// load resets the tableau; a is m × n by rows, and v, u have n entries.
func (b *box) load(a, rhs, v, u []float64) {
	b.m, b.n = len(rhs), len(v)
	b.width = b.n + b.m
	b.t = grow(b.t, b.m*b.width)
	b.d, b.u = grow(b.d, b.width), grow(b.u, b.width)
	b.x = append(b.x[:0], rhs...)
	b.basic, b.row, b.up = b.basic[:0], b.row[:0], b.up[:0]
	for j := range b.width {
		b.row = append(b.row, -1)
		b.up = append(b.up, false)
		b.d[j], b.u[j] = 0, math.Inf(1)
		if j < b.n {
			b.d[j], b.u[j] = v[j], u[j]
		}
	}
	for i := range b.m {
		row := b.t[i*b.width : (i+1)*b.width]
		copy(row, a[i*b.n:(i+1)*b.n])
		clear(row[b.n:])
		row[b.n+i] = 1
		b.basic = append(b.basic, b.n+i)
		b.row[b.n+i] = i
	}
}

func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}

// solve pivots to an optimum. After limit pivots it stops: values are then feasible and the
// duals only near optimal, which the caller's bound allows for.
func (b *box) solve(limit int) {
	for range limit {
		j := b.entering()
		if j < 0 {
			return
		}
		i, step := b.leaving(j)
		b.move(i, j, step)
	}
}

func (b *box) entering() int {
	best, at := boxTol, -1
	for j, d := range b.d {
		if b.row[j] >= 0 || b.u[j] == 0 {
			continue
		}
		gain := d
		if b.up[j] {
			gain = -d
		}
		if gain <= boxTol {
			continue
		}
		if u := b.u[j]; u < 1e6 {
			gain *= u
		}
		if gain > best {
			best, at = gain, j
		}
	}
	return at
}

// leaving returns the row that blocks variable j first, or -1 if j runs to its other bound.
func (b *box) leaving(j int) (int, float64) {
	sign := 1.0
	if b.up[j] {
		sign = -1
	}
	at, step, size := -1, b.u[j], 0.0
	for i := range b.m {
		a := sign * b.t[i*b.width+j]
		var r float64
		switch {
		case a > boxTol:
			r = max(0, b.x[i]) / a
		case a < -boxTol && !math.IsInf(b.u[b.basic[i]], 1):
			r = max(0, b.u[b.basic[i]]-b.x[i]) / -a
		default:
			continue
		}
		if r < step-1e-13 || (r <= step && at >= 0 && math.Abs(a) > size) {
			at, step, size = i, r, math.Abs(a)
		}
	}
	return at, step
}

func (b *box) move(i, j int, step float64) {
	sign := 1.0
	from := 0.0
	if b.up[j] {
		sign, from = -1, b.u[j]
	}
	for k := range b.m {
		b.x[k] -= float64(sign * step * b.t[k*b.width+j])
	}
	if i < 0 {
		b.up[j] = !b.up[j]
		return
	}
	out := b.basic[i]
	b.up[out] = !math.IsInf(b.u[out], 1) && b.x[i] > b.u[out]/2
	b.row[out], b.row[j], b.basic[i], b.up[j] = -1, i, j, false
	b.x[i] = from + float64(sign*step)
	row := b.t[i*b.width : (i+1)*b.width]
	inv := 1 / row[j]
	for k := range row {
		row[k] *= inv
	}
	for k := range b.m {
		if k != i {
			subtract(b.t[k*b.width:(k+1)*b.width], row, b.t[k*b.width+j])
		}
	}
	subtract(b.d, row, b.d[j])
}

func subtract(dst, row []float64, f float64) {
	if f == 0 {
		return
	}
	for k, v := range row {
		dst[k] -= float64(f * v)
	}
}

// value returns the value of structural variable j.
func (b *box) value(j int) float64 {
	if i := b.row[j]; i >= 0 {
		return b.x[i]
	}
	if b.up[j] {
		return b.u[j]
	}
	return 0
}

// dual returns the price of row i, never negative.
func (b *box) dual(i int) float64 {
	return max(0, -b.d[b.n+i])
}
