package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// The most nodes of search that one kind of bin, and one certificate, may need, whatever the
// certificate asks for. A node takes 20 to 100 ns, so that no input keeps the checker for long.
const (
	branchesMax    = 5_000_000
	branchesMaxAll = 200_000_000
)

// prover shows, for one certificate, that no content of any bin is worth more than the bin.
//
// For one bin, let m be its multipliers. An item is charged Σ m·Size, and for cards: a share and
// slices by their multipliers, and σ for each whole card, where σ is the most that one empty
// card can be charged for in any way. Whatever is in the bin, its charges are at most
//
//	room = Σ m·Cap + σ·(cards without live slots) + what the live cards can still be charged for
//
// (in a bin with Fixed instances, these instead of slices). So its worth is at most
//
//	room + Σ u·max(0, π − charge),
//
// u being how many copies of the item fit alone; of an item that lies in the bin today, the first
// copies are worth what they save as well. That is the root. It is all that most bins need.
type prover struct {
	p      *model.Problem
	cert   *model.Certificate
	rules  *rules
	placed []int64 // what this prover bounds
	all    []int64 // what was placed, of all items
	crowds map[crowded]int64
	owes   []int64           // ν of each kind of bin, and duals of branches that allow it at most so often
	earned []int64           // duals of branches that ask for it at least so often
	extra  []map[int]int64   // of each kind of bin: what branches add to the worth of a copy of an item in it
	items  map[int][]int     // the placed items that each class may hold
	ratio  map[sigmaOf]int64 // σ, by multipliers and card kind
	wanted []wanted          // what placed items ask of each card kind
	charge []int64           // Σ m·Size of each item, for the multipliers at hand
	nodes  int64             // left of branchesMaxAll
	hard   []*root           // bins proven by search, of the multipliers at hand
}

func newProver(p *model.Problem, cert *model.Certificate, r *rules, placed []int64) *prover {
	v := &prover{
		p: p, cert: cert, rules: r, placed: placed, all: placed,
		crowds: map[crowded]int64{},
		owes:   make([]int64, len(p.Bins)),
		earned: make([]int64, len(p.Bins)),
		extra:  make([]map[int]int64, len(p.Bins)),
		items:  map[int][]int{},
		ratio:  map[sigmaOf]int64{},
		charge: make([]int64, len(p.Items)),
		nodes:  branchesMaxAll,
	}
	for _, dual := range cert.Bins {
		v.owes[dual.Bin] = dual.Value
	}
	for i, n := range placed {
		if n == 0 {
			continue
		}
		for _, class := range p.Items[i].Classes {
			v.items[class] = append(v.items[class], i)
		}
	}
	v.wanted = newWanted(p, placed)
	return v
}

// run reports every kind of bin for which the proof fails. Bins with the same multipliers follow
// one another, so that what items are charged for dimensions is computed once for them all.
func (v *prover) run(f *faults) {
	order := make([]int, len(v.p.Bins))
	for b := range order {
		order[b] = b
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(v.cert.Use[a], v.cert.Use[b]), cmp.Compare(a, b))
	})
	at := -2
	for _, b := range order {
		if use := v.cert.Use[b]; use != at {
			at = use
			v.price(use)
		}
		v.bin(b, f)
	}
}

// none are the multipliers of a bin with Use -1.
var none model.Mult

func (v *prover) mult(b int) *model.Mult {
	if use := v.cert.Use[b]; use >= 0 {
		return &v.cert.Mults[use]
	}
	return &none
}

// price charges every item for its dimensions by the multipliers at hand.
func (v *prover) price(use int) {
	v.hard = v.hard[:0]
	clear(v.charge)
	if use < 0 {
		return
	}
	dims := v.cert.Mults[use].Dims
	for i := range v.charge {
		if v.placed[i] == 0 {
			continue
		}
		var sum int64
		for d, size := range v.p.Items[i].Size {
			sum = plus(sum, times(dims[d], size))
		}
		v.charge[i] = sum
	}
}

// bin proves one kind of bin, or reports a fault.
func (v *prover) bin(b int, f *faults) {
	r := v.root(b)
	if r.worth <= r.price {
		return
	}
	if v.cert.Limit == 0 || r.price < 0 { // below 0 no search helps: an empty bin is worth 0
		f.addf(ErrBound, "bin %d: its content may be worth %d and it costs %d", b, r.worth, r.price)
		return
	}
	if slices.ContainsFunc(v.hard, func(done *root) bool { return v.covers(done, r) }) {
		return
	}
	limit := min(v.cert.Limit, branchesMax, v.nodes)
	if v.line(r, limit) {
		v.hard = append(v.hard, r)
		return
	}
	found, nodes := v.decide(r, min(limit, v.nodes))
	v.nodes -= nodes
	switch found {
	case proven:
		v.hard = append(v.hard, r)
	case exhausted:
		f.addf(ErrBound, "bin %d: not proven in %d branches that its content is worth at most %d", b, nodes, r.price)
	case refuted:
		f.addf(ErrBound, "bin %d: a content may be worth more than %d", b, r.price)
	}
}

// decide takes the ways to prove a root in turn, the longer ones last, and says how many nodes they took. In a bin with
// cards each may take up to limit, and what search finds ends nothing: search adds shares up, where a meeting sees cards.
func (v *prover) decide(r *root, limit int64) (found finding, nodes int64) {
	found, nodes = v.search(r, min(limit, shortSearch))
	ways := []func(*root, int64) (finding, int64){v.front, v.search}
	all, carded := limit, v.p.Bins[r.bin].Card >= 0
	if carded {
		ways = []func(*root, int64) (finding, int64){v.front, v.meet, v.search}
		all = v.nodes
	}
	for n, way := range ways {
		more := found == exhausted || found == refuted && carded && n < len(ways)-1
		if !more || nodes >= all {
			continue
		}
		next, took := way(r, min(limit, all-nodes))
		nodes += took
		if next != exhausted {
			found = next
		}
	}
	return found, nodes
}

// root is what multipliers alone say of one kind of bin.
type root struct {
	bin   int
	mult  *model.Mult
	cards cardPrices
	room  int64 // what the bin's space is worth by the multipliers
	worth int64 // what its content is worth at most
	price int64 // what it may be worth
}

// root bounds the worth of the content of bin b. A sum beyond int64 saturates and is not proven.
func (v *prover) root(b int) *root {
	bin := &v.p.Bins[b]
	r := &root{bin: b, mult: v.mult(b), price: v.affordable(b)}
	for d := range r.mult.Dims {
		r.room = plus(r.room, times(r.mult.Dims[d], bin.Cap[d]))
	}
	r.cards = v.cards(b, r.mult)
	r.room = plus(r.room, r.cards.room)
	r.worth = r.room
	var space *room
	for _, i := range v.items[bin.Class] {
		reduced := v.dual(i, b) - v.charge[i]
		var home, saves int64
		if bin.Stays != nil {
			home, saves = v.stay(i, b)
		}
		if more(reduced, saves) <= 0 {
			continue
		}
		need, why := v.rules.allowed(v.p, i, b)
		if why != "" {
			continue
		}
		if reduced = less(reduced, r.cards.charge(&need)); more(reduced, saves) <= 0 {
			continue
		}
		if space == nil {
			space = newRoom(v.p, b)
		}
		r.worth = plus(r.worth, surplus(reduced, home, saves, v.fitting(space, i, &need)))
	}
	return r
}

// affordable is Price·Scale + ν + Σ λ·Amount, below the value at which sums saturate, less what
// branches earn by it. Where that is negative, not even an empty bin is proven.
func (v *prover) affordable(b int) int64 {
	bin := &v.p.Bins[b]
	sum := plus(times(bin.Price, v.cert.Scale), v.owes[b])
	for _, u := range bin.Uses {
		if v.cert.Budgets != nil {
			sum = plus(sum, times(v.cert.Budgets[u.Budget], u.Amount))
		}
	}
	return min(sum, most-1) - v.earned[b]
}

// dual is what a copy of item i is worth in bin b. Less than nothing counts as nothing, which is more.
func (v *prover) dual(i, b int) int64 {
	worth := v.cert.Items[i][0]
	if duals := v.cert.Items[i]; len(duals) > 1 {
		worth = duals[v.p.Bins[b].Domain]
	}
	return max(0, worth+v.extra[b][i])
}

// crowded names a spread and a domain.
type crowded struct{ spread, domain int }

// crowd is how many items of a spread with a Skew may lie in one domain at most. For y of them
// every other domain needs y + base − Skew less its own base, and all these are placed items.
func (v *prover) crowd(s, d int) int64 {
	r := &v.p.Spreads[s]
	at := slices.Index(r.Domains, d)
	if r.Skew == 0 || at < 0 {
		return most
	}
	if n, known := v.crowds[crowded{s, d}]; known {
		return n
	}
	var total int64
	for _, i := range set(r.Items) {
		total = plus(total, v.all[i])
	}
	n := first(1, total, func(y int64) bool {
		need := y
		for k := range r.Domains {
			if low := plus(y, base(r, at)) - r.Skew - base(r, k); k != at && low > 0 {
				need = plus(need, low)
			}
		}
		return need > total
	}) - 1
	v.crowds[crowded{s, d}] = n
	return n
}

// fitting is how many copies of item i fit into an empty bin, alone, at most.
func (v *prover) fitting(space *room, i int, need *model.CardNeed) int64 {
	n := v.placed[i]
	if m := v.p.Items[i].BinMax; m > 0 {
		n = min(n, m)
	}
	for _, c := range v.rules.caps[i] {
		n = min(n, v.p.Caps[c].Max)
	}
	for _, s := range v.rules.zoned[i] {
		if m := v.p.Spreads[s].Max; m > 0 {
			n = min(n, m)
		}
		n = min(n, v.crowd(s, space.bin.Domain))
	}
	if slices.Contains(v.rules.foes[i], i) {
		n = min(n, 1)
	}
	row := make([]int64, len(space.rows))
	space.take(row, v.p.Items[i].Size, need)
	return copies(n, row, space.rows)
}

// covers says whether the proof for one bin, with the same multipliers, serves another.
func (v *prover) covers(done, r *root) bool {
	a, b := &v.p.Bins[done.bin], &v.p.Bins[r.bin]
	return done.price <= r.price && a.Class == b.Class && a.Domain == b.Domain && maps.Equal(v.extra[done.bin], v.extra[r.bin]) &&
		a.Card == b.Card && a.Cards == b.Cards && (a.Fixed == nil) == (b.Fixed == nil) &&
		slices.Equal(a.Stays, b.Stays) && slices.Equal(a.Cap, b.Cap) && slices.Equal(a.Live, b.Live) && slices.Equal(a.Fixed, b.Fixed)
}
