package milp

import (
	"fmt"

	"github.com/tenon-sh/tenon/binpack/simplex"
)

// pivotsMax bounds the pivots of one program. It is far more than any of test/bench needs.
const pivotsMax = 1_000_000

// Relax solves the linear relaxation of a program without limits on columns by our own simplex, and returns its value. That some
// row cannot be met is an error.
func Relax(p *Program) (float64, error) {
	var dearest int64
	for _, c := range p.Columns {
		if c.Most > 0 {
			return 0, fmt.Errorf("%w: limits on columns, to our simplex", ErrForm)
		}
		dearest = max(dearest, c.Cost)
	}
	rows := make([]simplex.Row, len(p.Rows))
	columns := make([]simplex.Column, len(p.Columns))
	for j, c := range p.Columns {
		columns[j].Cost = float64(c.Cost)
	}
	for i, r := range p.Rows {
		// A unit that is left unmet costs more than meeting it with the dearest column.
		rows[i] = simplex.Row{AtMost: r.AtMost, RHS: float64(r.RHS), Penalty: 10 * float64(dearest)}
		for _, t := range r.Terms {
			columns[t.Column].Rows = append(columns[t.Column].Rows, int32(i))
			columns[t.Column].Vals = append(columns[t.Column].Vals, float64(t.Factor))
		}
	}
	s := simplex.New(rows)
	for _, c := range columns {
		s.Add(c)
	}
	if err := s.Solve(pivotsMax); err != nil {
		return 0, err
	}
	for i := range rows {
		if unmet := s.Unmet(i); !rows[i].AtMost && unmet > 1e-6 {
			return 0, fmt.Errorf("row %d lacks %v", i, unmet)
		}
	}
	return s.Value(), nil
}
