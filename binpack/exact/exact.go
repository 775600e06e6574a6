// Package exact packs tiny problems at the least possible cost by trying everything. It is an
// oracle for tests: slow, stupid, and written from the comments of model alone, so that its
// mistakes are its own and not those of a solver or of binpack/check.
//
// [Solve] takes the copies of all items one by one and puts each into every bin opened so far
// and into a new bin of every kind. It cuts a branch only when the cost, less all that the copies still
// to come could save, reaches that of the best packing known, or when a rule is broken that no further item can mend. Up to about eight
// copies in all are a matter of milliseconds; there is no bound that helps beyond.
//
// [Random] makes small problems that use every feature of the model.
//
// Where the model leaves something open, exact reads it as binpack/check documents: that is an
// agreement on words, not on code.
package exact

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

var (
	// ErrInfeasible says that no packing places every item.
	ErrInfeasible = errors.New("not everything can be placed")
	// ErrLimit says that the problem is too large to try everything.
	ErrLimit = errors.New("too much to try")
)

// CopiesMax bounds the items of a problem, all copies together; needMax bounds the cards, or the
// instances of one profile, that one of them asks for.
const (
	CopiesMax = 16
	needMax   = 64
)

// Solve returns a packing of all items of p at the least cost. The packing carries no
// certificate: it claims the lower bound of 0 that needs none. It tries at most limit placements.
func Solve(p *model.Problem, limit int64) (*model.Packing, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := &search{p: p, left: limit, opened: make([]int64, len(p.Bins)), taken: make([]int64, len(p.Budgets))}
	for i, item := range p.Items {
		for _, n := range item.Needs {
			if n.Whole > needMax || slices.ContainsFunc(n.Slices, func(x int64) bool { return x > needMax }) {
				return nil, fmt.Errorf("%w: item %d asks for more than %d cards or slices", ErrLimit, i, needMax)
			}
		}
		if item.Count > CopiesMax || len(s.copies)+int(item.Count) > CopiesMax {
			return nil, fmt.Errorf("%w: more than %d copies", ErrLimit, CopiesMax)
		}
		for range item.Count {
			s.copies = append(s.copies, i)
		}
	}
	s.hopes()
	if err := s.place(0, 0, s.moves()); err != nil {
		return nil, err
	}
	if s.best == nil {
		return nil, ErrInfeasible
	}
	return s.best, nil
}

// opening is one bin that was opened.
type opening struct {
	kind int
	have []int64 // of each item
	used []int64 // of each dimension
}

type search struct {
	p      *model.Problem
	copies []int // the item of each copy, ascending
	left   int64 // placements that may still be tried
	bins   []*opening
	opened []int64 // of each kind
	taken  []int64 // of each budget
	hope   []int64 // what the copies from one on may save at most
	best   *model.Packing
}

// place puts copy n somewhere, and all that follow. Copies of one item are interchangeable, so
// each goes into the bin of the one before or a later one, not before bin from.
func (s *search) place(n, from int, cost int64) error {
	if s.best != nil && cost-s.hope[n] >= s.best.Cost {
		return nil
	}
	if n == len(s.copies) {
		return s.finish(cost)
	}
	if n > 0 && s.copies[n] != s.copies[n-1] {
		from = 0
	}
	for b := from; b < len(s.bins); b++ {
		if err := s.try(n, b, cost); err != nil {
			return err
		}
	}
	for kind := range s.p.Bins {
		if !s.open(kind) {
			continue
		}
		err := s.try(n, len(s.bins)-1, cost+s.p.Bins[kind].Price)
		s.shut()
		if err != nil {
			return err
		}
	}
	return nil
}

// try puts copy n into bin b if nothing forbids it for good.
func (s *search) try(n, b int, cost int64) error {
	if s.left == 0 {
		return ErrLimit
	}
	s.left--
	bin, item := s.bins[b], s.copies[n]
	cost -= s.saves(bin, item)
	bin.have[item]++
	for d, size := range s.p.Items[item].Size {
		bin.used[d] += size
	}
	var err error
	if s.bearable(bin) && s.bearableAcross() {
		err = s.place(n+1, b, cost)
	}
	bin.have[item]--
	for d, size := range s.p.Items[item].Size {
		bin.used[d] -= size
	}
	return err
}

// open opens a bin of a kind unless there are no more, or a budget forbids it.
func (s *search) open(kind int) bool {
	bin := &s.p.Bins[kind]
	if bin.Max > 0 && s.opened[kind] == bin.Max {
		return false
	}
	s.opened[kind]++
	for _, u := range bin.Uses {
		s.taken[u.Budget] += u.Amount
	}
	s.bins = append(s.bins, &opening{kind: kind, have: make([]int64, len(s.p.Items)), used: make([]int64, s.p.Dims)})
	for n, sum := range s.taken {
		if sum > s.p.Budgets[n] {
			s.shut()
			return false
		}
	}
	return true
}

// shut closes the bin opened last.
func (s *search) shut() {
	last := s.bins[len(s.bins)-1]
	s.bins = s.bins[:len(s.bins)-1]
	s.opened[last.kind]--
	for _, u := range s.p.Bins[last.kind].Uses {
		s.taken[u.Budget] -= u.Amount
	}
}

// finish keeps a complete packing if it breaks no rule. It is cheaper than the best so far.
func (s *search) finish(cost int64) error {
	for _, bin := range s.bins {
		if !s.accompanied(bin) {
			return nil
		}
	}
	if !s.spreadOut() {
		return nil
	}
	k := &model.Packing{Bins: []model.Packed{}, Cost: cost, Status: model.Feasible}
	if cost == 0 {
		k.Status = model.Optimal
	}
	if len(s.copies) == 0 {
		k.Status = model.Empty
	}
	for _, bin := range s.bins {
		cards, _ := s.layCards(bin)
		packed := model.Packed{Bin: bin.kind, Count: 1, Cards: cards}
		for i, n := range bin.have {
			if n > 0 {
				packed.Items = append(packed.Items, model.Load{Item: i, Count: n})
			}
		}
		k.Bins = append(k.Bins, packed)
	}
	s.best = k
	return nil
}
