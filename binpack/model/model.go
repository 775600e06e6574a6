// Package model holds the nouns of packing: what is packed (Item), into what (Bin), under which
// rules, and what comes out (Packing, Certificate). All amounts are integers without units or
// names: whoever lowers a real problem keeps the index.
//
// The problem is variable-sized vector bin packing. Items of one kind are interchangeable and
// have a Count; bins of one kind are interchangeable and have a Price and perhaps a Max. A bin
// may hold cards (GPUs): a second level of packing, in which a card is given whole to an item,
// or shared by fractions, or cut into slices that must not overlap.
//
// The package computes nothing but whether a Problem is well formed. binpack.Solve packs,
// binpack/check verifies, and neither shares code with the other.
package model

// Problem is one packing problem. It is read-only once built.
type Problem struct {
	Dims      int        `json:"dims"`    // length of every Size and Cap
	Classes   int        `json:"classes"` // bins fall into classes that items allow or not
	Domains   int        `json:"domains"` // bins lie in domains (zones); at least 1
	Cards     []CardKind `json:"cards,omitempty"`
	Items     []Item     `json:"items"`
	Bins      []Bin      `json:"bins"`
	Caps      []Cap      `json:"caps,omitempty"`
	Conflicts []Pair     `json:"conflicts,omitempty"`
	Follows   []Follow   `json:"follows,omitempty"`
	Spreads   []Spread   `json:"spreads,omitempty"`
	Budgets   []int64    `json:"budgets,omitempty"` // the most that all bins together may take of each budget
}

// Item is a kind of interchangeable items.
type Item struct {
	Size    []int64    `json:"size"`
	Count   int64      `json:"count"`
	Classes []int      `json:"classes"`          // the bin classes that may hold it, ascending
	BinMax  int64      `json:"binMax,omitempty"` // at most so many in one bin; 0: no limit
	Needs   []CardNeed `json:"needs,omitempty"`  // what it asks of cards, by kind; empty: nothing
	Rank    int64      `json:"rank,omitempty"`   // when not all fit, higher ranks are placed first
}

// CardNeed is what one item asks of the cards of a bin, where those are of Kind.
// Exactly one of Whole, Share and Slices is set.
type CardNeed struct {
	Kind   int     `json:"kind"`
	Whole  int64   `json:"whole,omitempty"`  // entire cards
	Share  int64   `json:"share,omitempty"`  // a part of one card, out of CardKind.Share
	Slices []int64 `json:"slices,omitempty"` // instances of each profile of the kind
}

// CardKind is the geometry of a card.
type CardKind struct {
	Share    int64     `json:"share,omitempty"` // what the shares on one card may add up to; 0: not shareable
	Slots    int       `json:"slots,omitempty"` // slots of one card (at most 64); 0: cannot be sliced
	Profiles []Profile `json:"profiles,omitempty"`
	Counters []int64   `json:"counters,omitempty"` // further amounts of one card that slices use
}

// Profile is a kind of slice: Size consecutive slots from one of Starts.
type Profile struct {
	Size   int     `json:"size"`
	Starts []int   `json:"starts"`
	Max    int64   `json:"max"`            // at most so many on one card
	Uses   []int64 `json:"uses,omitempty"` // of each counter; nil: none
}

// Bin is a kind of interchangeable bins.
type Bin struct {
	Class  int      `json:"class"`
	Domain int      `json:"domain"`
	Cap    []int64  `json:"cap"`
	Price  int64    `json:"price"`
	Max    int64    `json:"max,omitempty"`   // how many there are; 0: no limit
	Card   int      `json:"card"`            // kind of its cards; -1: none
	Cards  int64    `json:"cards,omitempty"` // how many of them may be used
	Live   []uint64 `json:"live,omitempty"`  // slots already in use on the first cards; such a card can only be sliced further
	// Fixed, if not nil, gives the instances of each profile that the bin has; no others can be
	// made, and Cards counts only the cards that are whole.
	Fixed []int64 `json:"fixed,omitempty"`
	Uses  []Use   `json:"uses,omitempty"` // what one bin takes of budgets
	// Stays are what lies in each of the bins already. Only bins with a Max have any. Ascending by item.
	Stays []Stay `json:"stays,omitempty"`
}

// Stay is a number of copies of Item that lie in a bin of today. The first Count of them that a
// packing leaves there save Saves each: they need not move.
type Stay struct {
	Item  int   `json:"item"`
	Count int64 `json:"count"`
	Saves int64 `json:"saves"`
}

// Use is an amount of one budget.
type Use struct {
	Budget int   `json:"budget"`
	Amount int64 `json:"amount"`
}

// Cap bounds how many of the Items together may lie in one bin.
type Cap struct {
	Items []int `json:"items"`
	Max   int64 `json:"max"`
}

// Pair is two kinds of items that never share a bin.
type Pair struct {
	A int `json:"a"`
	B int `json:"b"`
}

// Follow lets Item into a bin only beside at least one of AnyOf.
type Follow struct {
	Item  int   `json:"item"`
	AnyOf []int `json:"anyOf"`
}

// Spread binds how many of the Items lie in each domain.
type Spread struct {
	Items   []int   `json:"items"`
	Domains []int   `json:"domains"`        // the domains that count, ascending
	Base    []int64 `json:"base,omitempty"` // what lies in each of Domains already
	// Skew is how far a domain that gets items may be above the emptiest one, Base included; 0: no such rule.
	Skew   int64 `json:"skew,omitempty"`
	Max    int64 `json:"max,omitempty"`    // the most in one domain (beside Base); 0: no limit
	Single bool  `json:"single,omitempty"` // all in one domain
	// Apart: no domain has Items and any of these.
	Apart []int `json:"apart,omitempty"`
	// Beside: Items only in domains that have one of these.
	Beside []int `json:"beside,omitempty"`
}

// Status says what is known of a Packing.
type Status string

// The statuses. The zero value claims nothing.
const (
	Unknown  Status = ""
	Empty    Status = "empty"    // there was nothing to pack
	Feasible Status = "feasible" // a packing, with a lower bound below its cost
	Optimal  Status = "optimal"  // the cost equals the lower bound
	Partial  Status = "partial"  // not everything could be placed; the bound is for what was
)

// Packing is an answer to a Problem.
type Packing struct {
	Bins     []Packed `json:"bins"`
	Unplaced []int64  `json:"unplaced,omitempty"` // of each item; nil: everything was placed
	// Cost is the sum of the bins' prices and of what is paid for moves: Saves for each copy of a
	// Stay, in each of its Max bins, that does not stay.
	Cost       int64       `json:"cost"`
	LowerBound int64       `json:"lowerBound"`
	Status     Status      `json:"status"`
	Proof      Certificate `json:"certificate"`
	Work       Work        `json:"work"`
}

// Packed is a number of bins with equal content.
type Packed struct {
	Bin   int       `json:"bin"`
	Count int64     `json:"count"`
	Items []Load    `json:"items"`           // ascending by item
	Cards []CardUse `json:"cards,omitempty"` // of one bin, in the order of the bin's cards; idle ones at the end may be absent
}

// Load is a number of items of one kind.
type Load struct {
	Item  int   `json:"item"`
	Count int64 `json:"count"`
}

// CardUse is the content of one card. At most one of the three kinds of use is present.
type CardUse struct {
	Whole  int     `json:"whole"` // item that has the card, plus 1; 0: none
	Shares []Load  `json:"shares,omitempty"`
	Slices []Slice `json:"slices,omitempty"` // new ones, beside the bin's live slots
}

// Slice is an instance of a profile on a card.
type Slice struct {
	Item    int `json:"item"`
	Profile int `json:"profile"`
	Start   int `json:"start"` // -1 in a bin with Fixed instances
}

// Certificate proves Packing.LowerBound for what was placed, by linear duality.
//
// With π the duals of items (by domain for spread items), ν ≥ 0 of bins with a Max, and λ ≥ 0
// of budgets, the bound is
//
//	Σ π·placed − Σ ν·Max − Σ λ·Budget + Σ Max·Count·Saves
//
// provided that for every kind of bin b no content of one bin is worth more than it costs, where
// what stays is worth what it saves as well:
//
//	max { Σ π x + Σ Saves·min(x, Count) : x fits in b }  ≤  Price_b + ν_b + Σ λ·Uses_b.
//
// Multipliers bound the left side; where that is not enough the checker branches.
// All numbers are in units of 1/Scale of the price's unit.
type Certificate struct {
	Scale   int64     `json:"scale"`
	Items   [][]int64 `json:"items"`          // π: one value, or one for each domain of the problem
	Bins    []BinDual `json:"bins,omitempty"` // ν where positive, ascending by bin
	Budgets []int64   `json:"budgets,omitempty"`
	Mults   []Mult    `json:"multipliers"`
	Use     []int     `json:"use"`             // for each bin kind the index into Mults
	Limit   int64     `json:"limit,omitempty"` // how many branches one bin may need; 0: none
	// Trees bound groups of items that share no bin with any other item, by cases. The duals of
	// their items stand there, and 0 in Items. Ascending by their first item.
	Trees []Tree `json:"trees,omitempty"`
}

// Tree bounds what a group of items costs by cases on how many bins of some kinds are used, or how many copies of some items
// lie in them: the bound is the least of its leaves.
type Tree struct {
	Items []int `json:"items"` // ascending
	Root  Node  `json:"root"`
}

// Node is a case: a leaf, or two cases of which one must hold.
type Node struct {
	Bins  []int `json:"bins,omitempty"`  // kinds whose bins are counted together, ascending
	Items []int `json:"items,omitempty"` // of the tree, ascending: their copies in these bins are counted, in place of the bins
	Most  int64 `json:"most,omitempty"`  // Low: there are at most so many; High: at least one more
	Low   *Node `json:"low,omitempty"`
	High  *Node `json:"high,omitempty"`
	Leaf  *Leaf `json:"leaf,omitempty"`
}

// Leaf is a certificate for the items of a tree in one case. Beside what Certificate says, each
// branch from the root down has a dual μ ≥ 0: a branch to Low adds μ to what its bins may be
// worth and takes μ·Most from the bound, one to High takes μ from what they may be worth and
// adds μ·(Most+1) to the bound. Where copies are counted, Low takes μ from what each of them is worth in these bins, and High
// adds it.
type Leaf struct {
	Items   [][]int64 `json:"items"` // by position in Tree.Items
	Bins    []BinDual `json:"bins,omitempty"`
	Budgets []int64   `json:"budgets,omitempty"`
	Cuts    []int64   `json:"cuts,omitempty"` // from the root down
	Mults   []Mult    `json:"multipliers"`
	Use     []BinUse  `json:"use"` // ascending by bin; kinds that are absent have no multipliers
}

// BinUse names the multipliers of one bin kind.
type BinUse struct {
	Bin  int `json:"bin"`
	Mult int `json:"mult"`
}

// BinDual is the ν of one bin kind.
type BinDual struct {
	Bin   int   `json:"bin"`
	Value int64 `json:"value"`
}

// Mult are multipliers for the capacity of one bin: the price of a unit of each resource.
type Mult struct {
	Dims   []int64     `json:"dims"`
	Slices []int64     `json:"slices,omitempty"` // of an instance of each profile
	Shares []ShareMult `json:"shares,omitempty"` // of a share of each size, ascending
	Card   int64       `json:"card,omitempty"`   // of a whole card; the checker raises it to what a card can hold
}

// ShareMult is the price of a share of one size.
type ShareMult struct {
	Share int64 `json:"share"`
	Price int64 `json:"price"`
}

// Work counts what was done. It says nothing of time.
type Work struct {
	Iterations int64 `json:"iterations"` // of column generation
	Columns    int64 `json:"columns"`
	Pivots     int64 `json:"pivots"`
	Branches   int64 `json:"branches"` // in proofs of single bins
	Pruned     int   `json:"binsAfterPruning"`
	Components int   `json:"components"`
}

// Add adds the counts of other work.
func (w *Work) Add(o Work) {
	w.Iterations += o.Iterations
	w.Columns += o.Columns
	w.Pivots += o.Pivots
	w.Branches += o.Branches
	w.Pruned += o.Pruned
	w.Components += o.Components
}

// Limits bounds the work of Solve in counted steps. The zero value means DefaultLimits.
type Limits struct {
	Iterations int64 // rounds of column generation for each component
	Pivots     int64 // of the master's simplex for each component
	Branches   int64 // in the proof of one bin
	Moves      int64 // of local search for each component
	Nodes      int64 // cases of one component that are told apart, see Tree
}
