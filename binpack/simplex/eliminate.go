package simplex

import "math"

const (
	threshold  = 0.1   // a pivot is at least this share of the largest entry of its row
	tolPivotLU = 1e-11 // a smaller entry is no pivot: its row and column are taken for dependent
	searches   = 4     // rows or columns with an acceptable pivot looked at before one is taken (Suhl & Suhl 1990)
)

// elimination is the scratch of making factors: the columns to eliminate, numbered from 0, and
// what is still active of them.
type elimination struct {
	rowOf []int32   // of each column: the row that it is pivoted on, -1
	colOf []int32   // of each row: the column, -1
	rows  [][]entry // of each active row
	cols  [][]int32 // of each active column: its rows
	nrow  []int32   // entries of each row in active columns
	ncol  []int32
	queue []int32
	dense []float64
	mark  []int32 // of each column: the last stamp
	stamp int32
	byRow buckets
	byCol buckets
}

func newElimination(m int) elimination {
	return elimination{colOf: make([]int32, m), rows: make([][]entry, m), nrow: make([]int32, m), dense: make([]float64, m)}
}

// eliminate makes factors of the columns, any number of them. It sets colOf: the index in cols of
// what each row was pivoted on, or -1 where nothing was left. The caller puts a unit column with
// the entry own(row) there; columns without a row are not in the basis.
func (f *factor) eliminate(cols []*Column, own func(row int) float64) {
	f.reset()
	w := &f.work
	w.load(cols)
	f.columnSingletons(cols)
	f.rowSingletons(cols)
	f.nucleus()
	for r, c := range w.colOf {
		if c < 0 {
			f.urow[r] = f.urow[r][:0]
			f.diag[r] = own(r)
			f.order = append(f.order, int32(r))
		}
	}
	for k, r := range f.order {
		f.at[r] = int32(k)
		row := f.urow[r]
		n := 0
		for _, e := range row {
			if slot := w.rowOf[e.i]; slot >= 0 {
				row[n] = entry{e.v, slot}
				f.ucol[slot] = append(f.ucol[slot], entry{e.v, r})
				n++
			}
		}
		f.urow[r] = row[:n]
		f.fill += n + len(f.lcol[r])
		if len(f.lcol[r]) > 0 {
			f.lseq = append(f.lseq, r)
		}
		for _, e := range f.lcol[r] {
			f.lrow[e.i] = append(f.lrow[e.i], entry{e.v, r})
		}
		if len(f.lrow[r]) > 0 {
			f.lback = append(f.lback, r)
		}
	}
}

// load reads the columns.
func (w *elimination) load(cols []*Column) {
	for r := range w.rows {
		w.rows[r] = w.rows[r][:0]
		w.colOf[r], w.nrow[r] = -1, 0
	}
	for len(w.rowOf) < len(cols) {
		w.rowOf, w.ncol, w.mark, w.cols = append(w.rowOf, 0), append(w.ncol, 0), append(w.mark, 0), append(w.cols, nil)
	}
	for len(w.dense) < len(cols) {
		w.dense = append(w.dense, 0)
	}
	w.rowOf = w.rowOf[:len(cols)]
	w.stamp = 0
	clear(w.mark)
	for c, col := range cols {
		w.rowOf[c], w.ncol[c], w.cols[c] = -1, 0, w.cols[c][:0]
		for k, r := range col.Rows {
			if v := col.Vals[k]; v != 0 {
				w.rows[r] = append(w.rows[r], entry{v, int32(c)})
				w.nrow[r]++
				w.ncol[c]++
			}
		}
	}
}

// take pivots column c on row r.
func (f *factor) take(r, c int32, v float64) {
	f.work.colOf[r], f.work.rowOf[c] = c, r
	f.diag[r] = v
	f.order = append(f.order, r)
}

// columnSingletons pivots columns with one entry in active rows, until there are none.
func (f *factor) columnSingletons(cols []*Column) {
	w := &f.work
	w.queue = w.queue[:0]
	for c := range cols {
		if w.ncol[c] == 1 {
			w.queue = append(w.queue, int32(c))
		}
	}
	for n := 0; n < len(w.queue); n++ {
		c := w.queue[n]
		col := cols[c]
		for k, r := range col.Rows {
			v := col.Vals[k]
			if w.colOf[r] >= 0 || math.Abs(v) < tolPivotLU || w.ncol[c] != 1 {
				continue
			}
			f.take(r, c, v)
			for _, e := range w.rows[r] {
				if e.i != c && w.rowOf[e.i] < 0 {
					f.urow[r] = append(f.urow[r], e)
					if w.ncol[e.i]--; w.ncol[e.i] == 1 {
						w.queue = append(w.queue, e.i)
					}
				}
			}
			break
		}
	}
}

// rowSingletons pivots rows with one entry in active columns, until there are none.
func (f *factor) rowSingletons(cols []*Column) {
	w := &f.work
	w.queue = w.queue[:0]
	for r := range w.rows {
		if w.colOf[r] >= 0 {
			continue
		}
		w.nrow[r] = 0
		for _, e := range w.rows[r] {
			if w.rowOf[e.i] < 0 {
				w.nrow[r]++
			}
		}
		if w.nrow[r] == 1 {
			w.queue = append(w.queue, int32(r))
		}
	}
	for n := 0; n < len(w.queue); n++ {
		r := w.queue[n]
		if w.nrow[r] != 1 {
			continue
		}
		for _, e := range w.rows[r] {
			if w.rowOf[e.i] >= 0 || math.Abs(e.v) < tolPivotLU {
				continue
			}
			f.take(r, e.i, e.v)
			col := cols[e.i]
			for k, i := range col.Rows {
				if a := col.Vals[k]; a != 0 && w.colOf[i] < 0 {
					f.lcol[r] = append(f.lcol[r], entry{a / e.v, i})
					if w.nrow[i]--; w.nrow[i] == 1 {
						w.queue = append(w.queue, i)
					}
				}
			}
			break
		}
	}
}

// nucleus eliminates what is neither a row nor a column singleton.
func (f *factor) nucleus() {
	w := &f.work
	w.byRow.reset(f.m, len(w.rowOf))
	w.byCol.reset(len(w.rowOf), f.m)
	for r := range w.rows {
		if w.colOf[r] >= 0 {
			continue
		}
		row := w.rows[r]
		n := 0
		for _, e := range row {
			if w.rowOf[e.i] < 0 {
				row[n] = e
				n++
				w.cols[e.i] = append(w.cols[e.i], int32(r))
			}
		}
		w.rows[r] = row[:n]
		w.byRow.put(int32(r), n)
	}
	for c := range w.rowOf {
		if w.rowOf[c] < 0 {
			w.byCol.put(int32(c), len(w.cols[c]))
		}
	}
	for {
		r, c, v := w.choose()
		if r < 0 {
			return
		}
		f.take(r, c, v)
		f.step(r, c, v)
	}
}

// pivotChoice is the best pivot of a search so far.
type pivotChoice struct {
	row, col int32
	v        float64
	cost     int // of Markowitz: how many entries its elimination may fill in
}

// choose returns an acceptable pivot of small cost, or row -1 if there is none.
func (w *elimination) choose() (int32, int32, float64) {
	best := pivotChoice{row: -1, cost: math.MaxInt}
	seen := 0
	for n := 1; n < len(w.byRow.head) || n < len(w.byCol.head); n++ {
		for c := w.byCol.first(n); c >= 0; c = w.byCol.next[c] {
			if w.searchColumn(c, n, &best) {
				seen++
			}
			if best.row >= 0 && (best.cost <= (n-1)*(n-1) || seen >= searches) {
				return best.row, best.col, best.v
			}
		}
		for r := w.byRow.first(n); r >= 0; r = w.byRow.next[r] {
			if w.searchRow(r, n, &best) {
				seen++
			}
			if best.row >= 0 && (best.cost <= n*(n-1) || seen >= searches) {
				return best.row, best.col, best.v
			}
		}
	}
	return best.row, best.col, best.v
}

func (w *elimination) searchColumn(c int32, n int, best *pivotChoice) bool {
	found := false
	for _, r := range w.cols[c] {
		cost := (n - 1) * (len(w.rows[r]) - 1)
		if cost >= best.cost {
			continue
		}
		v, top := 0.0, 0.0
		for _, e := range w.rows[r] {
			top = max(top, math.Abs(e.v))
			if e.i == c {
				v = e.v
			}
		}
		if math.Abs(v) >= max(tolPivotLU, threshold*top) {
			*best = pivotChoice{r, c, v, cost}
			found = true
		}
	}
	return found
}

func (w *elimination) searchRow(r int32, n int, best *pivotChoice) bool {
	found := false
	top := 0.0
	for _, e := range w.rows[r] {
		top = max(top, math.Abs(e.v))
	}
	for _, e := range w.rows[r] {
		cost := (n - 1) * (len(w.cols[e.i]) - 1)
		if cost < best.cost && math.Abs(e.v) >= max(tolPivotLU, threshold*top) {
			*best = pivotChoice{r, e.i, e.v, cost}
			found = true
		}
	}
	return found
}

// step eliminates column c from all active rows but r.
func (f *factor) step(r, c int32, v float64) {
	w := &f.work
	w.byRow.drop(r)
	w.byCol.drop(c)
	for _, e := range w.rows[r] {
		w.cols[e.i] = withoutRow(w.cols[e.i], r)
		if e.i != c {
			f.urow[r] = append(f.urow[r], e)
			w.dense[e.i] = e.v
		}
	}
	for _, i := range w.cols[c] {
		row := w.rows[i]
		mult := 0.0
		for k := range row {
			if row[k].i == c {
				mult = row[k].v / v
				row[k] = row[len(row)-1]
				row = row[:len(row)-1]
				break
			}
		}
		f.lcol[r] = append(f.lcol[r], entry{mult, i})
		w.rows[i] = w.combine(row, i, mult, f.urow[r])
		w.byRow.put(i, len(w.rows[i]))
	}
	for _, e := range f.urow[r] {
		w.dense[e.i] = 0
		w.byCol.put(e.i, len(w.cols[e.i]))
	}
	w.cols[c] = w.cols[c][:0]
}

// combine returns row i minus mult times the pivot row, whose values are in dense as well.
func (w *elimination) combine(row []entry, i int32, mult float64, pivot []entry) []entry {
	w.stamp++
	for k := 0; k < len(row); {
		c := row[k].i
		if u := w.dense[c]; u != 0 {
			w.mark[c] = w.stamp
			row[k].v -= float64(mult * u)
			if math.Abs(row[k].v) < tolZero {
				row[k] = row[len(row)-1]
				row = row[:len(row)-1]
				w.cols[c] = withoutRow(w.cols[c], i)
				continue
			}
		}
		k++
	}
	for _, e := range pivot {
		if w.mark[e.i] != w.stamp {
			row = append(row, entry{-float64(mult * e.v), e.i})
			w.cols[e.i] = append(w.cols[e.i], i)
		}
	}
	return row
}

func withoutRow(list []int32, r int32) []int32 {
	for k := range list {
		if list[k] == r {
			list[k] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}

// buckets lists rows, or columns, by how many entries they have.
type buckets struct {
	head       []int32 // by count
	next, prev []int32
	count      []int32 // of each, -1: not listed
}

func (b *buckets) reset(n, most int) {
	b.head = filled(b.head, most+1)
	b.next, b.prev, b.count = filled(b.next, n), filled(b.prev, n), filled(b.count, n)
}

// filled returns a slice of n times -1.
func filled(s []int32, n int) []int32 {
	for len(s) < n {
		s = append(s, -1)
	}
	s = s[:n]
	for i := range s {
		s[i] = -1
	}
	return s
}

func (b *buckets) first(n int) int32 {
	if n >= len(b.head) {
		return -1
	}
	return b.head[n]
}

// put lists i under a count, and nowhere else.
func (b *buckets) put(i int32, n int) {
	if b.count[i] == int32(n) {
		return
	}
	b.drop(i)
	b.count[i] = int32(n)
	b.prev[i], b.next[i] = -1, b.head[n]
	if h := b.head[n]; h >= 0 {
		b.prev[h] = i
	}
	b.head[n] = i
}

func (b *buckets) drop(i int32) {
	n := b.count[i]
	if n < 0 {
		return
	}
	if p := b.prev[i]; p >= 0 {
		b.next[p] = b.next[i]
	} else {
		b.head[n] = b.next[i]
	}
	if q := b.next[i]; q >= 0 {
		b.prev[q] = b.prev[i]
	}
	b.count[i] = -1
}
