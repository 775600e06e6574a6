package simplex

import (
	"math/rand/v2"
	"testing"
)

// Most columns must drop out of the pivots' sight, however many there are, and those that are
// basic must not.
func TestOnlyTheBestColumnsAreWatched(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([]Row, 30)
	for i := range rows {
		rows[i] = Row{RHS: float64(1 + r.IntN(9)), Penalty: 50}
	}
	s := New(rows)
	for range 3000 {
		c := sparseColumn(r, len(rows), r.IntN(len(rows)))
		c.Cost = 1 + r.Float64()
		s.Add(*c)
	}
	if err := s.Solve(100_000); err != nil {
		t.Fatal(err)
	}
	if len(s.list) > watchLeast+watchRows*len(rows) {
		t.Errorf("%d columns are watched", len(s.list))
	}
	entries := 0
	for _, row := range s.byRow {
		entries += len(row)
	}
	for _, j := range s.list {
		entries -= len(s.cols[j].Rows)
	}
	if entries != 0 {
		t.Errorf("rows hold %d entries more than the watched columns have", entries)
	}
	for _, j := range s.basis {
		if int(j) >= 2*len(rows) && !s.watched[j] {
			t.Errorf("column %d is basic and not watched", j)
		}
	}
}
