package simplex

import "math"

// dual pivots until no value of the basis is negative. Columns that would be worth entering wait
// until then: their reduced costs are taken for zero.
func (s *Master) dual(end int64) error {
	if !s.infeasible() {
		return nil
	}
	for j := range s.heavy {
		s.heavy[j] = 1
	}
	s.perturb()
	s.lift()
	for {
		if s.tired() {
			s.refactor()
			s.lift()
		}
		p := s.leavingDual()
		if p < 0 {
			break
		}
		if s.total >= end {
			return ErrPivots
		}
		s.pivotRow(p)
		q := s.enteringDual()
		if q < 0 {
			if s.since > 0 {
				s.refactor()
				s.lift()
				continue
			}
			// No column repairs the row: its own artificial would, so this is a rounding error.
			s.x[p] = 0
			continue
		}
		s.column(q)
		if !s.agree(p, q) {
			s.lift()
			continue
		}
		if s.alpha.v[p] > -tolPivot { // the row saw a pivot that the column does not have
			s.x[p] = 0
			continue
		}
		s.reweighDual(p, q)
		s.pivot(p, q)
	}
	s.lower()
	return nil
}

// leavingDual returns the slot whose value is the most negative for its weight, or -1 if the basis is feasible.
func (s *Master) leavingDual() int {
	worst, at := 0.0, -1
	for p, v := range s.x {
		if v < -tolPrimal {
			if score := v * v / s.heavy[s.basis[p]]; score > worst {
				worst, at = score, p
			}
		}
	}
	return at
}

// enteringDual returns the column that keeps all reduced costs non-negative when the slot of
// the pivot row leaves.
func (s *Master) enteringDual() int {
	ratio, at, size := math.Inf(1), int32(-1), 0.0
	for _, j := range s.row.nz {
		a := s.row.v[j]
		if a >= -tolPivot {
			continue
		}
		r := max(0, s.d[j]) / -a
		if r < ratio-tolStep || (r < ratio+tolStep && (-a > size || (-a == size && j < at))) {
			ratio, at, size = min(r, ratio), j, -a
		}
	}
	return int(at)
}

// reweighDual updates the weights of the basis for a pivot in slot p, by which the column q enters:
// the squared norms of the rows of the inverse, as far as they were known (Forrest & Goldfarb 1992).
func (s *Master) reweighDual(p, q int) {
	norm := 0.0
	for _, i := range s.rho.nz {
		v := s.rho.v[i]
		s.work[i] = v
		norm += float64(v * v)
	}
	s.f.lower(s.work)
	s.f.upper(s.work, &s.tau)
	a := s.alpha.v[p]
	for _, i := range s.alpha.nz {
		r := s.alpha.v[i] / a
		h := &s.heavy[s.basis[i]]
		*h = max(*h+float64(r*(float64(r*norm)-float64(2*s.tau.v[i]))), lightest)
	}
	s.heavy[q] = max(norm/(a*a), lightest)
}
