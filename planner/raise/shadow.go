package raise

import (
	"math"
	"math/bits"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// Shadow answers what pods cost at the prices of a certificate. All its answers are estimates for one more pod.
type Shadow struct {
	low  *lower.Lowered
	cert *model.Certificate
	rent []int64 // by bin: what one bin must earn, in 1/Scale
	mult []model.Mult
	sums []int64 // by bin: what its whole capacity is worth at its multipliers
}

// NewShadow prepares the prices of a certificate, which may be blank: then nothing has a price, and a pod costs its
// share of a node.
func NewShadow(low *lower.Lowered, cert *model.Certificate) *Shadow {
	p := &low.Problem
	cert = binding(p, cert)
	x := &Shadow{low: low, cert: cert}
	scale := max(cert.Scale, 1)
	for b := range p.Bins {
		rent := mul(p.Bins[b].Price, scale)
		for _, u := range p.Bins[b].Uses {
			if u.Budget < len(cert.Budgets) {
				rent = add(rent, mul(u.Amount, cert.Budgets[u.Budget]))
			}
		}
		x.rent = append(x.rent, rent)
		var m model.Mult
		if b < len(cert.Use) && cert.Use[b] >= 0 && cert.Use[b] < len(cert.Mults) {
			m = cert.Mults[cert.Use[b]]
		}
		x.mult = append(x.mult, m)
	}
	for _, dual := range cert.Bins {
		x.rent[dual.Bin] = add(x.rent[dual.Bin], dual.Value)
	}
	for b := range p.Bins {
		x.sums = append(x.sums, x.worth(b))
	}
	return x
}

// worth is what the capacity of a bin is worth at its multipliers.
func (x *Shadow) worth(bin int) int64 {
	b, m := &x.low.Problem.Bins[bin], &x.mult[bin]
	var sum int64
	for d, price := range m.Dims {
		sum = add(sum, mul(price, b.Cap[d]))
	}
	if b.Card < 0 {
		return sum
	}
	kind, card := &x.low.Problem.Cards[b.Card], m.Card
	for _, s := range m.Shares {
		card = max(card, mul(s.Price, kind.Share/max(s.Share, 1)))
	}
	for p, price := range m.Slices {
		if b.Fixed != nil {
			sum = add(sum, mul(price, b.Fixed[p]))
		} else {
			card = max(card, mul(price, kind.Profiles[p].Max))
		}
	}
	return add(sum, mul(card, b.Cards))
}

// Pod is what one more pod of an item adds to the lower bound: the item's dual, the least of its domains.
func (x *Shadow) Pod(item int) pricing.Micro {
	if item < 0 || item >= len(x.cert.Items) || len(x.cert.Items[item]) == 0 {
		return 0
	}
	least := int64(math.MaxInt64)
	for _, dual := range x.cert.Items[item] {
		least = min(least, dual)
	}
	return x.micro(item, least)
}

// Room is what one more unit of a dimension of one bin would be worth to the bound, in 1/Scale of a millionth.
func (x *Shadow) Room(bin, dim int) int64 {
	if dim >= len(x.mult[bin].Dims) {
		return 0
	}
	return x.mult[bin].Dims[dim]
}

// micro turns an amount for one item, in 1/Scale, into money for one pod, to the nearest millionth.
func (x *Shadow) micro(item int, amount int64) pricing.Micro {
	parts := mul(max(x.cert.Scale, 1), x.low.Index.Items[item].Pods(1))
	return pricing.Micro(muldiv(amount, 1, parts))
}

// On is what a pod of an item costs on a kind of node that it fits.
//
// Its resources are charged at the multipliers of that kind. Where these do not add up to what the node costs, because
// nothing that was planned makes full use of it, the rest is charged by the resource of which the pod takes the largest
// share, so that the answer is not too low. It is never more than the whole node.
func (x *Shadow) On(item, bin int) pricing.Micro {
	p := &x.low.Problem
	it, b, m := &p.Items[item], &p.Bins[bin], &x.mult[bin]
	slack := max(x.rent[bin]-x.sums[bin], 0)
	var cost, most int64
	for d, size := range it.Size {
		if d < len(m.Dims) {
			cost = add(cost, mul(m.Dims[d], size))
		}
		most = max(most, muldiv(slack, size, b.Cap[d]))
	}
	if need, ok := p.Need(item, bin); ok && len(it.Needs) > 0 {
		cost = add(cost, x.cards(need, m))
		most = max(most, x.cardShare(need, b, slack))
	}
	return x.micro(item, min(add(cost, most), x.rent[bin]))
}

// cards is what a need costs at multipliers.
func (x *Shadow) cards(need model.CardNeed, m *model.Mult) int64 {
	cost := mul(m.Card, need.Whole)
	for p, n := range need.Slices {
		if p < len(m.Slices) {
			cost = add(cost, mul(m.Slices[p], n))
		}
	}
	for _, s := range m.Shares {
		if s.Share == need.Share {
			cost = add(cost, s.Price)
		}
	}
	return cost
}

// cardShare is the part of slack that falls to a need by its share of the bin's cards.
func (x *Shadow) cardShare(need model.CardNeed, b *model.Bin, slack int64) int64 {
	kind := &x.low.Problem.Cards[b.Card]
	switch {
	case need.Whole > 0:
		return muldiv(slack, need.Whole, b.Cards)
	case need.Share > 0:
		return muldiv(slack, need.Share, mul(b.Cards, kind.Share))
	}
	var slots, most int64
	for p, n := range need.Slices {
		slots = add(slots, mul(n, int64(kind.Profiles[p].Size)))
		if b.Fixed != nil && n > 0 {
			most = max(most, muldiv(slack, n, b.Fixed[p]))
		}
	}
	if b.Fixed != nil {
		return most
	}
	return muldiv(slack, slots, mul(b.Cards, int64(kind.Slots)))
}

// add, mul and muldiv work on amounts that are not negative and stay at the end of the range.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func mul(a, b int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high > 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}

// muldiv is a·b/c to the nearest integer; 0 where c is 0.
func muldiv(a, b, c int64) int64 {
	if c <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	low, carry := bits.Add64(low, uint64(c)/2, 0)
	high += carry
	if high >= uint64(c) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(high, low, uint64(c))
	return int64(min(q, math.MaxInt64))
}
