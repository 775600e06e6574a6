package simplex

import "math"

// factor holds a basis B as triangular factors. Every basic column has a slot, which is named by
// the row that it was pivoted on, so rows, positions in the basis and slots share one numbering.
//
//	B = L · R⁻¹… · U
//
// L is a product of column etas from the elimination (Markowitz 1957, with threshold pivoting),
// each R a row eta from an exchange of one column (Forrest & Tomlin 1972), and U triangular along
// order. L and U are kept by columns and by rows, so that solving with B and with its transpose
// both skip whatever is zero: a pass costs m comparisons and the entries that it meets.
type factor struct {
	m          int
	lcol, lrow [][]entry // multipliers, by pivot row and by the row they change
	lseq       []int32   // rows with a column in L, in the order of elimination
	lback      []int32   // rows with a row in L, likewise
	ucol, urow [][]entry // off the diagonal
	diag       []float64
	order      []int32 // slots in triangular order, -1 where one has moved to the end
	at         []int32 // of each slot in order
	etas       []eta
	rest       []entry // of all etas
	fill       int     // entries of L and U after the elimination
	grown      int     // entries added since

	spike []entry // the last column that was solved for, before U
	tail  []entry // the last unit row that was solved for, after U, without its own slot
	work  elimination
}

// entry is a number and where it stands.
type entry struct {
	v float64
	i int32
}

// eta is a row operation: w[slot] -= Σ rest · w.
type eta struct {
	slot     int32
	from, to int
}

// sparse is a dense vector with a list of its non-zeros.
type sparse struct {
	v  []float64
	nz []int32
}

func (a *sparse) clear() {
	for _, i := range a.nz {
		a.v[i] = 0
	}
	a.nz = a.nz[:0]
}

// tolZero: smaller results of a solve are taken for zero.
const tolZero = 1e-14

func newFactor(m int) factor {
	return factor{m: m, lcol: make([][]entry, m), lrow: make([][]entry, m), ucol: make([][]entry, m), urow: make([][]entry, m),
		diag: make([]float64, m), at: make([]int32, m), work: newElimination(m)}
}

// reset empties the factors.
func (f *factor) reset() {
	for i := range f.m {
		f.lcol[i], f.lrow[i], f.ucol[i], f.urow[i] = f.lcol[i][:0], f.lrow[i][:0], f.ucol[i][:0], f.urow[i][:0]
	}
	f.lseq, f.lback, f.order, f.etas, f.rest = f.lseq[:0], f.lback[:0], f.order[:0], f.etas[:0], f.rest[:0]
	f.fill, f.grown = 0, 0
}

// lower applies L and the row etas to w, in place.
func (f *factor) lower(w []float64) {
	for _, r := range f.lseq {
		if v := w[r]; v != 0 {
			for _, e := range f.lcol[r] {
				w[e.i] -= float64(e.v * v)
			}
		}
	}
	for _, t := range f.etas {
		v := w[t.slot]
		for _, e := range f.rest[t.from:t.to] {
			v -= float64(e.v * w[e.i])
		}
		w[t.slot] = v
	}
}

// upper solves U·out = w and clears w. It lists the non-zeros.
func (f *factor) upper(w []float64, out *sparse) {
	out.clear()
	for k := len(f.order) - 1; k >= 0; k-- {
		s := f.order[k]
		if s < 0 || w[s] == 0 {
			continue
		}
		v := w[s] / f.diag[s]
		w[s] = 0
		if v < tolZero && v > -tolZero {
			continue
		}
		for _, e := range f.ucol[s] {
			w[e.i] -= float64(e.v * v)
		}
		out.v[s] = v
		out.nz = append(out.nz, s)
	}
}

// ftran solves B·out = w, clears w, and keeps the spike for an exchange.
func (f *factor) ftran(w []float64, out *sparse) {
	f.lower(w)
	f.spike = f.spike[:0]
	for i, v := range w {
		if v != 0 {
			f.spike = append(f.spike, entry{v, int32(i)})
		}
	}
	f.upper(w, out)
}

// unit solves outᵀ·B = the unit row of slot p, and keeps the tail for an exchange.
func (f *factor) unit(p int, w []float64, out *sparse) {
	w[p] = 1
	f.transposed(int(f.at[p]), w)
	f.tail = f.tail[:0]
	for _, s := range f.order[f.at[p]+1:] {
		if s >= 0 && w[s] != 0 {
			f.tail = append(f.tail, entry{w[s], s})
		}
	}
	f.back(w)
	out.clear()
	for i, v := range w {
		if v == 0 {
			continue
		}
		w[i] = 0
		if v >= tolZero || v <= -tolZero {
			out.v[i] = v
			out.nz = append(out.nz, int32(i))
		}
	}
}

// transposed solves Uᵀ in place; before position from, w is zero.
func (f *factor) transposed(from int, w []float64) {
	for _, s := range f.order[from:] {
		if s < 0 || w[s] == 0 {
			continue
		}
		v := w[s] / f.diag[s]
		if v < tolZero && v > -tolZero {
			v = 0
		}
		w[s] = v
		if v != 0 {
			for _, e := range f.urow[s] {
				w[e.i] -= float64(e.v * v)
			}
		}
	}
}

// back applies the transposes of the row etas and of L, in place.
func (f *factor) back(w []float64) {
	for k := len(f.etas) - 1; k >= 0; k-- {
		t := f.etas[k]
		if v := w[t.slot]; v != 0 {
			for _, e := range f.rest[t.from:t.to] {
				w[e.i] -= float64(e.v * v)
			}
		}
	}
	for k := len(f.lback) - 1; k >= 0; k-- {
		r := f.lback[k]
		if v := w[r]; v != 0 {
			for _, e := range f.lrow[r] {
				w[e.i] -= float64(e.v * v)
			}
		}
	}
}

// tolExchange: how far the new diagonal may differ from what the pivot says it is, relatively.
const tolExchange = 1e-7

// exchange replaces the column of slot p by the one that ftran solved for last, alpha being the
// pivot that came out; unit must have been called for p before. It returns false if the factors
// are no longer trustworthy and have to be made anew.
func (f *factor) exchange(p int, alpha float64) bool {
	old := f.diag[p]
	from := len(f.rest)
	for _, e := range f.tail {
		f.rest = append(f.rest, entry{-float64(e.v * old), e.i})
	}
	for _, e := range f.urow[p] {
		f.ucol[e.i] = without(f.ucol[e.i], int32(p))
	}
	for _, e := range f.ucol[p] {
		f.urow[e.i] = without(f.urow[e.i], int32(p))
	}
	f.urow[p], f.ucol[p] = f.urow[p][:0], f.ucol[p][:0]
	f.order[f.at[p]] = -1
	f.at[p] = int32(len(f.order))
	f.order = append(f.order, int32(p))
	diag := 0.0
	w := f.work.dense
	for _, e := range f.spike {
		w[e.i] = e.v
		if int(e.i) == p {
			diag = e.v
			continue
		}
		f.ucol[p] = append(f.ucol[p], e)
		f.urow[e.i] = append(f.urow[e.i], entry{e.v, int32(p)})
	}
	for _, e := range f.rest[from:] {
		diag -= float64(e.v * w[e.i])
	}
	for _, e := range f.spike {
		w[e.i] = 0
	}
	if len(f.rest) > from {
		f.etas = append(f.etas, eta{int32(p), from, len(f.rest)})
	}
	f.grown += len(f.spike) + len(f.rest) - from
	f.diag[p] = diag
	want := float64(alpha * old)
	return math.Abs(diag-want) <= tolExchange*math.Abs(want)
}

// without removes the entry at i, which is there; the order of the others is free.
func without(list []entry, i int32) []entry {
	for k := range list {
		if list[k].i == i {
			list[k] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}
