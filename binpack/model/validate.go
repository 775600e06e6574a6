package model

import (
	"errors"
	"fmt"
	"slices"
)

// ErrInvalid marks a Problem that is not well formed: a caller's bug.
var ErrInvalid = errors.New("invalid packing problem")

// MaxAmount bounds every amount in a Problem, so that sums of products stay inside int64.
const MaxAmount = int64(1) << 40

// Validate reports every fault of the problem, joined; nil if there is none.
func (p *Problem) Validate() error {
	v := validator{p: p}
	v.shape()
	for k := range p.Cards {
		v.card(k)
	}
	v.moves()
	for i := range p.Items {
		v.item(i)
	}
	for b := range p.Bins {
		v.bin(b)
	}
	v.rules()
	return errors.Join(v.faults...)
}

type validator struct {
	p      *Problem
	faults []error
}

func (v *validator) addf(format string, args ...any) {
	if len(v.faults) < 20 {
		v.faults = append(v.faults, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
	}
}

func (v *validator) amount(what string, at int, values ...int64) {
	for _, x := range values {
		if x < 0 || x > MaxAmount {
			v.addf("%s %d: amount %d is outside 0…%d", what, at, x, MaxAmount)
		}
	}
}

func (v *validator) shape() {
	if v.p.Dims < 1 || v.p.Domains < 1 || v.p.Classes < 1 {
		v.addf("dims %d, domains %d and classes %d must be at least 1", v.p.Dims, v.p.Domains, v.p.Classes)
	}
	v.amount("budget", 0, v.p.Budgets...)
}

func (v *validator) card(k int) {
	c := v.p.Cards[k]
	v.amount("card kind", k, c.Share)
	v.amount("card kind", k, c.Counters...)
	if c.Slots < 0 || c.Slots > 64 {
		v.addf("card kind %d: %d slots are outside 0…64", k, c.Slots)
	}
	for i, f := range c.Profiles {
		if f.Size < 1 || len(f.Starts) == 0 || f.Max < 1 || (f.Uses != nil && len(f.Uses) != len(c.Counters)) {
			v.addf("card kind %d: profile %d needs a size, starts, a maximum and a use of each counter", k, i)
		}
		for _, s := range f.Starts {
			if s < 0 || s+f.Size > c.Slots {
				v.addf("card kind %d: profile %d does not lie inside the card at slot %d", k, i, s)
			}
		}
		v.amount("card kind", k, f.Uses...)
	}
}

func (v *validator) item(i int) {
	it := v.p.Items[i]
	if len(it.Size) != v.p.Dims {
		v.addf("item %d: %d sizes for %d dimensions", i, len(it.Size), v.p.Dims)
	}
	v.amount("item", i, it.Size...)
	v.amount("item", i, it.Count, it.BinMax, it.Rank)
	for j, c := range it.Classes {
		if c < 0 || c >= v.p.Classes || (j > 0 && it.Classes[j-1] >= c) {
			v.addf("item %d: classes must ascend inside 0…%d", i, v.p.Classes-1)
			break
		}
	}
	for _, n := range it.Needs {
		v.need(i, n)
	}
}

func (v *validator) need(i int, n CardNeed) {
	if n.Kind < 0 || n.Kind >= len(v.p.Cards) {
		v.addf("item %d: no card kind %d", i, n.Kind)
		return
	}
	k := v.p.Cards[n.Kind]
	v.amount("item", i, n.Whole, n.Share)
	v.amount("item", i, n.Slices...)
	set := 0
	if n.Whole > 0 {
		set++
	}
	if n.Share > 0 {
		set++
		if n.Share > k.Share {
			v.addf("item %d: a share of %d does not fit a card of %d", i, n.Share, k.Share)
		}
	}
	if len(n.Slices) > 0 {
		set++
		if len(n.Slices) != len(k.Profiles) {
			v.addf("item %d: %d slices for %d profiles", i, len(n.Slices), len(k.Profiles))
		}
	}
	if set != 1 {
		v.addf("item %d: a need must be whole cards, a share or slices", i)
	}
}

func (v *validator) bin(b int) {
	bin := v.p.Bins[b]
	if len(bin.Cap) != v.p.Dims {
		v.addf("bin %d: %d capacities for %d dimensions", b, len(bin.Cap), v.p.Dims)
	}
	v.amount("bin", b, bin.Cap...)
	v.amount("bin", b, bin.Price, bin.Max, bin.Cards)
	if bin.Class < 0 || bin.Class >= v.p.Classes || bin.Domain < 0 || bin.Domain >= v.p.Domains {
		v.addf("bin %d: class %d or domain %d does not exist", b, bin.Class, bin.Domain)
	}
	if bin.Card < -1 || bin.Card >= len(v.p.Cards) || (bin.Card < 0 && bin.Cards > 0) || int64(len(bin.Live)) > bin.Cards {
		v.addf("bin %d: its cards are of no kind, or more are live than there are", b)
		return
	}
	if bin.Fixed != nil && (bin.Card < 0 || len(bin.Fixed) != len(v.p.Cards[bin.Card].Profiles)) {
		v.addf("bin %d: fixed instances must be given for every profile", b)
	}
	for n, u := range bin.Uses {
		if u.Budget < 0 || u.Budget >= len(v.p.Budgets) {
			v.addf("bin %d: no budget %d", b, u.Budget)
		}
		if slices.ContainsFunc(bin.Uses[:n], func(o Use) bool { return o.Budget == u.Budget }) {
			v.addf("bin %d: budget %d is used twice", b, u.Budget)
		}
		v.amount("bin", b, u.Amount)
	}
	v.stays(b)
}

func (v *validator) rules() {
	for i, c := range v.p.Caps {
		v.items("cap", i, c.Items)
		v.amount("cap", i, c.Max)
	}
	for i, c := range v.p.Conflicts {
		v.items("conflict", i, []int{c.A, c.B})
	}
	for i, f := range v.p.Follows {
		v.items("follow", i, append([]int{f.Item}, f.AnyOf...))
	}
	for i, s := range v.p.Spreads {
		v.items("spread", i, s.Items)
		v.items("spread", i, s.Apart)
		v.items("spread", i, s.Beside)
		v.amount("spread", i, s.Skew, s.Max)
		v.amount("spread", i, s.Base...)
		if s.Base != nil && len(s.Base) != len(s.Domains) {
			v.addf("spread %d: a base is needed for every domain", i)
		}
		for _, d := range s.Domains {
			if d < 0 || d >= v.p.Domains {
				v.addf("spread %d: no domain %d", i, d)
			}
		}
	}
}

func (v *validator) items(what string, at int, items []int) {
	for _, i := range items {
		if i < 0 || i >= len(v.p.Items) {
			v.addf("%s %d: no item %d", what, at, i)
		}
	}
}

// Need returns what item i asks of the cards of bin b, and whether i may lie in b as far as
// classes and cards say: an item that asks for cards needs a bin with cards of a kind that it knows.
func (p *Problem) Need(i, b int) (CardNeed, bool) {
	it := &p.Items[i]
	if len(it.Needs) == 0 {
		return CardNeed{Kind: -1}, true
	}
	for _, n := range it.Needs {
		if n.Kind == p.Bins[b].Card {
			return n, true
		}
	}
	return CardNeed{}, false
}
