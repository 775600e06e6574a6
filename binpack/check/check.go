// Package check verifies a model.Packing with code that the solver does not share. It imports
// nothing of binpack but the nouns: a solver may be clever because its checker is not.
//
// [Packing] answers two questions of one answer:
//
//   - Is it legal? Every bin holds what it may hold, every card is cut as it can be cut, every
//     rule is kept, everything is placed or said to be unplaced, and the cost is the sum of the
//     prices and of the moves. A fault wraps [ErrPacking].
//   - Is its LowerBound proven? The certificate's duals say what the placed items are worth
//     together ([Value]), and for each kind of bin the checker proves that no content is worth
//     more than the bin costs: by multipliers where these suffice, by search where they do not.
//     A fault wraps [ErrBound].
//
// # What the bound is
//
// The bound holds for what was placed: no legal packing of exactly those items is cheaper. A
// cost is a whole number of price units, and a multiple of the greatest common divisor of all
// the bins' prices. So a value proven is lifted to the next such multiple, and LowerBound must
// equal that exactly, not merely lie below: a plan that says less than it proves was changed.
//
// # What is not checked
//
// Work is history and cannot be recomputed; its numbers must not be negative. Nothing proves
// that unplaced items could not have been placed, nor that higher ranks came first. A
// certificate that was changed into another proof of the same bound is a proof, and a packing
// changed into another legal one of the same cost is a packing: neither is a fault.
//
// # What the model leaves open, and how it is read here
//
//   - Lists of items in rules are sets: a repetition adds nothing.
//   - A conflict of an item with itself allows one copy in a bin.
//   - A follower that names itself among AnyOf is always beside one.
//   - Domains and Base of a Spread matter to Skew alone. With a Skew, Items lie in Domains only,
//     and the rule binds once one of them is placed. Max, Single, Apart and Beside look at every
//     domain and at what this packing places.
//   - Max and Counters of cards count new slices: what a live slot belongs to is not known.
//   - In a bin with Fixed instances, slices stand together in one more CardUse, the last, with
//     Start -1. It does not count against Cards; the others are whole or shared.
//   - A bin that holds nothing is a fault.
package check

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/tenon-sh/tenon/binpack/model"
)

var (
	// ErrPacking marks a packing that breaks a rule, or whose cost or status is wrong.
	ErrPacking = errors.New("illegal packing")
	// ErrBound marks a lower bound that its certificate does not prove.
	ErrBound = errors.New("unproven bound")
)

// faultsMax bounds how many faults are reported one by one; the rest are counted.
const faultsMax = 20

// Packing returns nil if k is a legal packing of p and its lower bound is proven, and otherwise
// all faults found, joined: of model.ErrInvalid if p is not well formed, and then nothing else,
// of ErrPacking and of ErrBound. It never changes its arguments and never panics.
func Packing(p *model.Problem, k *model.Packing) error {
	if p == nil || k == nil {
		return fmt.Errorf("%w: there is none", ErrPacking)
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if err := sound(p); err != nil {
		return err
	}
	c := newChecker(p, k)
	for at := range k.Bins {
		c.packed(at)
	}
	c.coverage()
	c.limits()
	for s := range p.Spreads {
		c.spread(s)
	}
	c.claims()
	c.bound()
	return c.faults.join()
}

// checker holds one check: what is checked, the rules by item, and what was counted so far.
type checker struct {
	p      *model.Problem
	k      *model.Packing
	rules  *rules
	faults faults

	have   []int64           // of each item in the bin at hand
	placed []int64           // of each item, in all bins
	opened []int64           // of each kind of bin
	saved  big.Int           // by items that stay in their bins
	byZone map[int][]int64   // of each item, by the domains that have any
	owed   map[request]int64 // what the items of the bin at hand still ask of its cards
}

func newChecker(p *model.Problem, k *model.Packing) *checker {
	return &checker{
		p:      p,
		k:      k,
		rules:  newRules(p),
		have:   make([]int64, len(p.Items)),
		placed: make([]int64, len(p.Items)),
		opened: make([]int64, len(p.Bins)),
		byZone: map[int][]int64{},
		owed:   map[request]int64{},
	}
}

// faults collects errors up to faultsMax and counts the others.
type faults struct {
	list []error
	more int
}

func (f *faults) addf(kind error, format string, args ...any) {
	if len(f.list) == faultsMax {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Errorf("%w: "+format, append([]any{kind}, args...)...))
}

func (f *faults) join() error {
	if f.more > 0 {
		return errors.Join(append(f.list, fmt.Errorf("%w: and %d faults more", ErrPacking, f.more))...)
	}
	return errors.Join(f.list...)
}
