package milp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

var (
	// ErrForm: the formulation does not know a feature of the problem.
	ErrForm = errors.New("the formulation cannot say this")
	// ErrPatterns: there are more contents than asked for.
	ErrPatterns = errors.New("too many contents")
)

// plain reports what of p goes beyond sizes, classes, counts, BinMax and Max, cards aside.
func plain(p *model.Problem) error {
	if len(p.Caps)+len(p.Conflicts)+len(p.Follows)+len(p.Spreads)+len(p.Budgets) > 0 {
		return fmt.Errorf("%w: rules and budgets", ErrForm)
	}
	return nil
}

// bare reports cards.
func bare(p *model.Problem) error {
	for _, it := range p.Items {
		if len(it.Needs) > 0 {
			return fmt.Errorf("%w: cards", ErrForm)
		}
	}
	return nil
}

// most is how many of item i fit in bin b alone, at most all there are.
func most(p *model.Problem, i, b int) int64 {
	it, bin := &p.Items[i], &p.Bins[b]
	if !slices.Contains(it.Classes, bin.Class) {
		return 0
	}
	n := it.Count
	if it.BinMax > 0 {
		n = min(n, it.BinMax)
	}
	for d, s := range it.Size {
		if s > 0 {
			n = min(n, bin.Cap[d]/s)
		}
	}
	return n
}

// Assignment is the whole problem by which item lies in which bin. No packing that costs at most so much is lost; dearer
// ones may be. Equal bins are used in order, so that a packing counts once and not once for each order of its bins.
func Assignment(p *model.Problem, cost int64) (*Program, error) {
	if err := errors.Join(plain(p), bare(p)); err != nil {
		return nil, err
	}
	m := &Program{Whole: true}
	placed := make([][]Term, len(p.Items))
	for b := range p.Bins {
		for n := range binsAtMost(p, b, cost) {
			used := len(m.Columns)
			if n > 0 {
				before := used - 1 - fits(p, b)
				m.row(Row{Terms: []Term{{before, 1}, {used, -1}}})
			}
			m.Columns = append(m.Columns, Column{Cost: p.Bins[b].Price, Most: 1})
			m.load(p, b, placed)
		}
	}
	for i, it := range p.Items {
		m.row(Row{Terms: placed[i], RHS: it.Count})
	}
	return m, nil
}

// binsAtMost is how many bins of kind b a packing can use.
func binsAtMost(p *model.Problem, b int, cost int64) int64 {
	var bins int64
	for _, it := range p.Items {
		bins += it.Count
	}
	bin := &p.Bins[b]
	if bin.Price > 0 {
		bins = min(bins, cost/bin.Price)
	}
	if bin.Max > 0 {
		bins = min(bins, bin.Max)
	}
	return bins
}

// fits is how many kinds of items fit in bin b.
func fits(p *model.Problem, b int) int {
	n := 0
	for i := range p.Items {
		if most(p, i, b) > 0 {
			n++
		}
	}
	return n
}

// load appends a column for each item that the bin of the last column may hold, and the rows of that bin.
func (m *Program) load(p *model.Problem, b int, placed [][]Term) {
	used := len(m.Columns) - 1
	sums := make([]Row, p.Dims)
	for i := range p.Items {
		u := most(p, i, b)
		if u == 0 {
			continue
		}
		col := len(m.Columns)
		m.Columns = append(m.Columns, Column{Most: u})
		placed[i] = append(placed[i], Term{col, 1})
		m.row(Row{Terms: []Term{{col, 1}, {used, -u}}, AtMost: true})
		for d, s := range p.Items[i].Size {
			if s > 0 {
				sums[d].Terms = append(sums[d].Terms, Term{col, s})
			}
		}
	}
	for d, r := range sums {
		if len(r.Terms) > 0 {
			m.row(Row{Terms: append(r.Terms, Term{used, -p.Bins[b].Cap[d]}), AtMost: true})
		}
	}
}

// Patterns is the whole problem by how many bins have which content, over all maximal contents of all kinds of bins: at most
// so many.
func Patterns(p *model.Problem, limit int) (*Program, error) {
	if err := bare(p); err != nil {
		return nil, err
	}
	return PatternsWhere(p, limit, nil)
}

// PatternsWhere is Patterns with a further condition, so that cards can be said: holds reports whether the cards of a bin of kind b
// hold so many of each item. What holds still holds with less in it. nil is no condition.
func PatternsWhere(p *model.Problem, limit int, holds func(b int, counts []int64) bool) (*Program, error) {
	if err := plain(p); err != nil {
		return nil, err
	}
	var contents []model.Packed
	for b := range p.Bins {
		e := filling{p: p, b: b, room: slices.Clone(p.Bins[b].Cap), counts: make([]int64, len(p.Items)), holds: holds}
		e.limit = limit - len(contents)
		if !e.from(0) {
			return nil, fmt.Errorf("%w: more than %d", ErrPatterns, limit)
		}
		contents = append(contents, e.out...)
	}
	m := Restricted(p, contents)
	m.Whole = true
	return m, nil
}

// filling enumerates the maximal contents of one bin.
type filling struct {
	p      *model.Problem
	b      int
	room   []int64
	counts []int64
	holds  func(b int, counts []int64) bool
	out    []model.Packed
	limit  int
}

// from puts items from i on into the bin in every way, the most first; false once there are too many contents.
func (e *filling) from(i int) bool {
	if i == len(e.p.Items) {
		return e.keep()
	}
	size := e.p.Items[i].Size
	n := e.more(i)
	for d, s := range size {
		e.room[d] -= n * s
	}
	e.counts[i] = n
	for {
		if !e.from(i + 1) {
			return false
		}
		if e.counts[i] == 0 {
			return true
		}
		e.counts[i]--
		for d, s := range size {
			e.room[d] += s
		}
	}
}

// more is how many further copies of an item the bin has room for.
func (e *filling) more(i int) int64 {
	n := most(e.p, i, e.b) - e.counts[i]
	for d, s := range e.p.Items[i].Size {
		if s > 0 {
			n = min(n, e.room[d]/s)
		}
	}
	if e.holds == nil {
		return n
	}
	counts := slices.Clone(e.counts)
	for ; n > 0; n-- {
		if counts[i] = e.counts[i] + n; e.holds(e.b, counts) {
			return n
		}
	}
	return 0
}

// keep records the content if it is maximal.
func (e *filling) keep() bool {
	content := model.Packed{Bin: e.b, Count: 1}
	for i, n := range e.counts {
		if e.more(i) > 0 {
			return true
		}
		if n > 0 {
			content.Items = append(content.Items, model.Load{Item: i, Count: n})
		}
	}
	if len(content.Items) > 0 {
		e.out = append(e.out, content)
	}
	return len(e.out) <= e.limit
}

// Restricted is the problem over given contents: a row for each item (at least so many), for each kind of bin with a Max and for
// each budget. Rules between bins are not in it. Columns are not whole numbers; set Whole to make them so. Counts and cards of the
// contents mean nothing; equal ones are taken once.
func Restricted(p *model.Problem, contents []model.Packed) *Program {
	m := &Program{}
	items, bins, budgets := make([]Row, len(p.Items)), make([]Row, len(p.Bins)), make([]Row, len(p.Budgets))
	seen := map[string]bool{}
	for _, c := range contents {
		key := fmt.Sprint(c.Bin, c.Items)
		if seen[key] {
			continue
		}
		seen[key] = true
		col := len(m.Columns)
		m.Columns = append(m.Columns, Column{Cost: p.Bins[c.Bin].Price})
		for _, l := range c.Items {
			items[l.Item].Terms = append(items[l.Item].Terms, Term{col, l.Count})
		}
		bins[c.Bin].Terms = append(bins[c.Bin].Terms, Term{col, 1})
		for _, u := range p.Bins[c.Bin].Uses {
			budgets[u.Budget].Terms = append(budgets[u.Budget].Terms, Term{col, u.Amount})
		}
	}
	for i, r := range items {
		r.RHS = p.Items[i].Count
		m.row(r)
	}
	for b, r := range bins {
		if r.AtMost, r.RHS = true, p.Bins[b].Max; r.RHS > 0 {
			m.row(r)
		}
	}
	for n, r := range budgets {
		r.AtMost, r.RHS = true, p.Budgets[n]
		m.row(r)
	}
	return m
}
