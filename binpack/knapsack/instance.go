// Package knapsack prices one bin: which content of a bin is worth the most, at given prices of
// the items? It is the subproblem of column generation, a bounded multi-dimensional knapsack in
// which GPUs are a second level.
//
// It answers three ways. Relax solves the linear relaxation: an upper bound, the multipliers
// that prove it, and a fractional content. Fill rounds to a real content. Prove branches with
// the multipliers until no content is worth more than a threshold, or finds one that is, or gives up.
//
// The relaxation of the cards is exact per card: variables say how many cards have each layout
// (each maximal multiset of slices), so a card's convex hull needs no further cuts. Shares are
// bounded by dual-feasible functions (Fekete & Schepers 2001): f_k(x) never adds up to more than
// one on a card, whatever fits on it.
package knapsack

import (
	"math"
	"slices"
	"sort"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/model"
)

// Shape is a kind of item as column generation sees it: an item of the problem, perhaps bound to
// one domain.
type Shape struct {
	Item   int
	Domain int // -1: any
	Count  int64
}

// Bin is one kind of bin with the shapes that fit it. Its scratch space makes it unsafe for
// concurrent use.
type Bin struct {
	Index  int     // in Problem.Bins
	Shapes []int   // indices into the caller's shapes, ascending
	Upper  []int64 // the most copies of each that a content may have now

	alone []int64 // the most copies of each that fit alone
	p     *model.Problem
	items []int // problem item of each shape
	size  [][]int64
	need  []model.CardNeed
	set   cards.Set
	caps  []capRow
	pairs [][]int   // of each shape: the shapes that conflict with it; nil: no rules at all
	after [][][]int // of each shape: sets of shapes of each of which one must be present; nil: no rules at all
	stays []stay    // what lies in the bin today, ascending by local shape

	rows   rows
	lp     box
	v      []float64
	ucol   []float64
	order  []int
	key    []float64
	branch brancher
	table  front
}

type capRow struct {
	shapes []int // local
	max    int64
}

// Content is a filling of a bin: counts by local shape index, ascending.
type Content struct {
	Shapes []int // local
	Counts []int64
}

// Sort orders a content by its shapes.
func (c Content) Sort() { sort.Sort(byShape(c)) }

type byShape Content

func (c byShape) Len() int           { return len(c.Shapes) }
func (c byShape) Less(i, j int) bool { return c.Shapes[i] < c.Shapes[j] }
func (c byShape) Swap(i, j int) {
	c.Shapes[i], c.Shapes[j] = c.Shapes[j], c.Shapes[i]
	c.Counts[i], c.Counts[j] = c.Counts[j], c.Counts[i]
}

// NewBin prepares bin kind b for the shapes that may lie in it. geometry is of its card kind.
func NewBin(p *model.Problem, b int, shapes []Shape, geometry *cards.Geometry) *Bin {
	return NewTogether(p).NewBin(b, shapes, geometry)
}

// NewBin is NewBin for many bins of one problem.
func (t *Together) NewBin(b int, shapes []Shape, geometry *cards.Geometry) *Bin {
	p := t.p
	bin := &p.Bins[b]
	k := &Bin{Index: b, p: p, set: cards.Set{Geometry: geometry, N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}}
	most, n := make([]int64, len(shapes)), 0
	for s, sh := range shapes {
		if sh.Domain < 0 || sh.Domain == bin.Domain {
			if most[s], _ = t.MostAlone(sh.Item, b, k.set); most[s] > 0 {
				n++
			}
		}
	}
	k.alloc(n)
	for s, sh := range shapes {
		if most[s] > 0 {
			need, _ := p.Need(sh.Item, b)
			k.Shapes = append(k.Shapes, s)
			k.alone = append(k.alone, most[s])
			k.items = append(k.items, sh.Item)
			k.size = append(k.size, p.Items[sh.Item].Size)
			k.need = append(k.need, need)
		}
	}
	k.Upper = slices.Clone(k.alone)
	k.rules()
	k.findStays()
	k.rows.build(k)
	k.key = make([]float64, len(k.Shapes))
	k.v = make([]float64, k.rows.n)
	k.ucol = make([]float64, k.rows.n)
	return k
}

// alloc makes room for n shapes at once, as there may be a thousand kinds.
func (k *Bin) alloc(n int) {
	k.Shapes, k.items, k.alone = make([]int, 0, n), make([]int, 0, n), make([]int64, 0, n)
	k.size, k.need = make([][]int64, 0, n), make([]model.CardNeed, 0, n)
}

// MostAlone returns how many copies of item i alone fit in one bin of kind b, and what each
// needs of the cards.
func MostAlone(p *model.Problem, i, b int, set cards.Set) (int64, model.CardNeed) {
	return NewTogether(p).MostAlone(i, b, set)
}

// Together knows how many copies of each item rules let into one bin of each domain. It is asked for every item
// and bin; finding it anew each time was half of the time to a first answer.
type Together struct {
	p    *model.Problem
	most [][]int64 // by item and domain; -1: not asked yet
}

// NewTogether returns an empty table.
func NewTogether(p *model.Problem) *Together {
	return &Together{p: p, most: make([][]int64, len(p.Items))}
}

func (t *Together) in(i, d int) int64 {
	if t.most[i] == nil {
		t.most[i] = slices.Repeat([]int64{-1}, t.p.Domains)
	}
	if t.most[i][d] < 0 {
		t.most[i][d] = mostTogether(t.p, i, d)
	}
	return t.most[i][d]
}

// MostAlone is MostAlone for many items and bins of one problem.
func (t *Together) MostAlone(i, b int, set cards.Set) (int64, model.CardNeed) {
	p := t.p
	it, bin := &p.Items[i], &p.Bins[b]
	if !allows(it.Classes, bin.Class) {
		return 0, model.CardNeed{}
	}
	for d, s := range it.Size {
		if s > bin.Cap[d] {
			return 0, model.CardNeed{}
		}
	}
	need, ok := p.Need(i, b)
	if !ok {
		return 0, need
	}
	n := t.in(i, bin.Domain)
	for d, s := range it.Size {
		if s > 0 {
			n = min(n, bin.Cap[d]/s)
		}
	}
	return mostOnCards(set, need, n), need
}

// mostTogether returns how many copies of item i rules let into one bin in domain d, of any size.
func mostTogether(p *model.Problem, i, d int) int64 {
	n := p.Items[i].Count
	if m := p.Items[i].BinMax; m > 0 {
		n = min(n, m)
	}
	for _, c := range p.Caps {
		if slices.Contains(c.Items, i) {
			n = min(n, c.Max)
		}
	}
	return min(n, MostInDomain(p, i, d))
}

// MostInDomain returns how many of item i may lie in domain d at most, by all rules between domains.
func MostInDomain(p *model.Problem, i, d int) int64 {
	n := p.Items[i].Count
	for s := range p.Spreads {
		n = min(n, mostInDomain(p, s, i, d))
	}
	return n
}

// mostInDomain returns how many of item i may lie in domain d by spread s at most. Under a skew
// no domain can get y unless every other has y − skew, which takes items that then lie there:
// without it, a bound would let one bin hold in one zone what the rule spreads over three.
func mostInDomain(p *model.Problem, s, i, d int) int64 {
	r := &p.Spreads[s]
	most := int64(math.MaxInt64)
	if !slices.Contains(r.Items, i) {
		return most
	}
	if r.Max > 0 {
		most = r.Max
	}
	if r.Skew == 0 {
		return most
	}
	at := slices.Index(r.Domains, d)
	if at < 0 {
		return 0
	}
	total := int64(0)
	for _, j := range r.Items {
		total += p.Items[j].Count
	}
	base := func(k int) int64 {
		if r.Base == nil {
			return 0
		}
		return r.Base[k]
	}
	low, high := int64(0), min(total, most)
	for low < high {
		y := (low + high + 1) / 2
		need := y
		for k := range r.Domains {
			if k != at {
				need += max(0, y+base(at)-r.Skew-base(k))
			}
		}
		if need <= total {
			low = y
		} else {
			high = y - 1
		}
	}
	return low
}

func allows(classes []int, c int) bool {
	lo, hi := 0, len(classes)
	for lo < hi {
		mid := (lo + hi) / 2
		if classes[mid] < c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(classes) && classes[lo] == c
}

func mostOnCards(set cards.Set, need model.CardNeed, n int64) int64 {
	if need.Kind < 0 || n == 0 {
		return n
	}
	profiles := len(need.Slices)
	fits := func(c int64) bool {
		return set.Fits(cards.Total([]cards.Demand{{Count: c, Need: need}}, profiles))
	}
	n = min(n, 4096)
	lo := int64(0)
	for lo < n {
		mid := (lo + n + 1) / 2
		if fits(mid) {
			lo = mid
		} else {
			n = mid - 1
		}
	}
	return lo
}

// rules finds the caps, conflicts and follows that matter inside this bin.
func (k *Bin) rules() {
	if len(k.p.Caps)+len(k.p.Conflicts)+len(k.p.Follows) == 0 {
		return
	}
	local := map[int][]int{}
	for l, i := range k.items {
		local[i] = append(local[i], l)
	}
	for _, c := range k.p.Caps {
		row := capRow{max: c.Max}
		for _, i := range c.Items {
			row.shapes = append(row.shapes, local[i]...)
		}
		if len(row.shapes) > 1 {
			k.caps = append(k.caps, row)
		}
	}
	k.pairs = make([][]int, len(k.items))
	for _, c := range k.p.Conflicts {
		for _, a := range local[c.A] {
			for _, b := range local[c.B] {
				k.pairs[a] = append(k.pairs[a], b)
				k.pairs[b] = append(k.pairs[b], a)
				if a == b {
					k.alone[a], k.Upper[a] = 1, 1
				}
			}
		}
	}
	k.after = make([][][]int, len(k.items))
	for _, f := range k.p.Follows {
		if slices.Contains(f.AnyOf, f.Item) {
			continue // it is always beside one
		}
		leaders := []int{}
		for _, i := range f.AnyOf {
			leaders = append(leaders, local[i]...)
		}
		for _, l := range local[f.Item] {
			k.after[l] = append(k.after[l], leaders)
		}
	}
}

// Local returns the local index of the caller's shape s, or -1.
func (k *Bin) Local(s int) int {
	if l, ok := slices.BinarySearch(k.Shapes, s); ok {
		return l
	}
	return -1
}

// Holds reports whether the bin can hold a content given by the caller's shapes.
func (k *Bin) Holds(c Content, room *Room) bool {
	room.reset()
	for range 2 { // followers may come before their leaders
		done := true
		for i, s := range c.Shapes {
			l := k.Local(s)
			if l < 0 {
				return false
			}
			if want := c.Counts[i] - room.Counts[l]; want > 0 {
				if room.Most(l, want) < want {
					done = false
					continue
				}
				room.Add(l, want)
			}
		}
		if done {
			return true
		}
		if len(k.p.Follows) == 0 {
			return false
		}
	}
	return false
}

// Global turns local indices of a content into the caller's shapes.
func (k *Bin) Global(c Content) Content {
	out := Content{Counts: append([]int64(nil), c.Counts...)}
	for _, l := range c.Shapes {
		out.Shapes = append(out.Shapes, k.Shapes[l])
	}
	return out
}
