package engine_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/tenon-sh/tenon/binpack/cards"
	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
)

// firstFit packs one item after the other, highest rank first, into the first open bin that takes it, and opens the
// cheapest bin that does where none is. It keeps every rule and proves a bound from one dimension alone, so that the
// engine is tested with packings that are legal, proven and far from clever, whatever the real solver does.
func firstFit(p *model.Problem, _ model.Limits) (*model.Packing, error) {
	f := &packer{p: p, opened: make([]int64, len(p.Bins)), spent: make([]int64, len(p.Budgets)), placed: make([]int64, len(p.Items))}
	for d := range p.Domains {
		f.zone = append(f.zone, make([]int64, len(p.Items)))
		_ = d
	}
	for k := range p.Cards {
		f.geometry = append(f.geometry, cards.NewGeometry(&p.Cards[k]))
	}
	for b := range p.Bins {
		f.order = append(f.order, b)
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return cmp.Compare(p.Bins[a].Price, p.Bins[b].Price) })
	items := make([]int, len(p.Items))
	for i := range items {
		items[i] = i
	}
	leads := func(i int) int { // leaders go before followers
		for _, x := range p.Follows {
			if x.Item == i {
				return 1
			}
		}
		return 0
	}
	slices.SortStableFunc(items, func(a, b int) int {
		return cmp.Or(cmp.Compare(leads(a), leads(b)), cmp.Compare(p.Items[b].Rank, p.Items[a].Rank))
	})
	k := &model.Packing{Unplaced: make([]int64, len(p.Items))}
	for _, i := range items {
		for n := range p.Items[i].Count {
			if !f.put(i) {
				k.Unplaced[i] = p.Items[i].Count - n
				break
			}
		}
	}
	if !slices.ContainsFunc(k.Unplaced, func(n int64) bool { return n > 0 }) {
		k.Unplaced = nil
	}
	f.finish(k)
	return k, nil
}

type openBin struct {
	bin  int
	have map[int]int64
}

type packer struct {
	p        *model.Problem
	geometry []*cards.Geometry
	order    []int
	open     []*openBin
	opened   []int64
	spent    []int64
	placed   []int64
	zone     [][]int64 // by domain and item
}

func (f *packer) put(i int) bool {
	for _, b := range f.open {
		if f.fits(b, i) {
			f.add(b, i)
			return true
		}
	}
	for _, n := range f.order {
		bin := &f.p.Bins[n]
		blocked := bin.Max > 0 && f.opened[n] >= bin.Max
		for _, u := range bin.Uses {
			blocked = blocked || f.spent[u.Budget]+u.Amount > f.p.Budgets[u.Budget]
		}
		b := &openBin{n, map[int]int64{}}
		if blocked || !f.fits(b, i) {
			continue
		}
		f.opened[n]++
		for _, u := range bin.Uses {
			f.spent[u.Budget] += u.Amount
		}
		f.open = append(f.open, b)
		f.add(b, i)
		return true
	}
	return false
}

func (f *packer) add(b *openBin, i int) {
	b.have[i]++
	f.placed[i]++
	f.zone[f.p.Bins[b.bin].Domain][i]++
}

func (f *packer) fits(b *openBin, i int) bool {
	it, bin := &f.p.Items[i], &f.p.Bins[b.bin]
	if !slices.Contains(it.Classes, bin.Class) || (it.BinMax > 0 && b.have[i] >= it.BinMax) {
		return false
	}
	if _, ok := f.p.Need(i, b.bin); !ok {
		return false
	}
	for d := range bin.Cap {
		sum := it.Size[d]
		for j, n := range b.have {
			sum += f.p.Items[j].Size[d] * n
		}
		if sum > bin.Cap[d] {
			return false
		}
	}
	return f.rules(b, i) && f.zones(bin.Domain, i) && f.cards(b, i) != nil
}

func (f *packer) rules(b *openBin, i int) bool {
	for _, c := range f.p.Caps {
		if slices.Contains(c.Items, i) {
			sum := int64(1)
			for _, j := range c.Items {
				sum += b.have[j]
			}
			if sum > c.Max {
				return false
			}
		}
	}
	for _, x := range f.p.Conflicts {
		if (x.A == i && b.have[x.B] > 0) || (x.B == i && b.have[x.A] > 0) {
			return false
		}
	}
	for _, x := range f.p.Follows {
		if x.Item == i && !slices.ContainsFunc(x.AnyOf, func(j int) bool { return b.have[j] > 0 }) {
			return false
		}
	}
	return true
}

func (f *packer) zones(d, i int) bool {
	sum := func(d int, items []int) (n int64) {
		for _, j := range items {
			n += f.zone[d][j]
		}
		return n
	}
	for _, s := range f.p.Spreads {
		if slices.Contains(s.Apart, i) && sum(d, s.Items) > 0 {
			return false
		}
		if !slices.Contains(s.Items, i) {
			continue
		}
		if (s.Max > 0 && sum(d, s.Items) >= s.Max) || sum(d, s.Apart) > 0 || (len(s.Beside) > 0 && sum(d, s.Beside) == 0) {
			return false
		}
		for other := range f.zone {
			if s.Single && other != d && sum(other, s.Items) > 0 {
				return false
			}
		}
		if s.Skew == 0 {
			continue
		}
		at := slices.Index(s.Domains, d)
		if at < 0 {
			return false
		}
		for j, other := range s.Domains {
			here, there := sum(d, s.Items)+1, sum(other, s.Items)
			if s.Base != nil {
				here, there = here+s.Base[at], there+s.Base[j]
			}
			if other != d && here-there > s.Skew {
				return false
			}
		}
	}
	return true
}

// cards assigns the cards of a bin to what it has and one more of item i (-1: none); nil if they cannot carry it.
func (f *packer) cards(b *openBin, i int) []model.CardUse {
	have := maps.Clone(b.have)
	if i >= 0 {
		have[i]++
	}
	var demands []cards.Demand
	for _, j := range slices.Sorted(maps.Keys(have)) {
		if need, _ := f.p.Need(j, b.bin); need.Kind >= 0 {
			demands = append(demands, cards.Demand{Item: j, Count: have[j], Need: need})
		}
	}
	bin := &f.p.Bins[b.bin]
	set := cards.Set{N: bin.Cards, Live: bin.Live, Fixed: bin.Fixed}
	if bin.Card >= 0 {
		set.Geometry = f.geometry[bin.Card]
	}
	uses, ok := set.Assign(demands)
	if !ok {
		return nil
	}
	if uses == nil {
		uses = []model.CardUse{}
	}
	return uses
}

func (f *packer) finish(k *model.Packing) {
	at := map[string]int{}
	for _, b := range f.open {
		x := model.Packed{Bin: b.bin, Cards: f.cards(b, -1)}
		for _, i := range slices.Sorted(maps.Keys(b.have)) {
			x.Items = append(x.Items, model.Load{Item: i, Count: b.have[i]})
		}
		key := fmt.Sprint(x)
		n, ok := at[key]
		if !ok {
			n = len(k.Bins)
			at[key] = n
			k.Bins = append(k.Bins, x)
		}
		k.Bins[n].Count++
		k.Cost += f.p.Bins[b.bin].Price
	}
	for b := range f.p.Bins {
		for _, s := range f.p.Bins[b].Stays {
			k.Cost += f.p.Bins[b].Max * s.Count * s.Saves
			for _, o := range f.open {
				if o.bin == b {
					k.Cost -= min(o.have[s.Item], s.Count) * s.Saves
				}
			}
		}
	}
	k.Work = model.Work{Iterations: 7, Columns: 11, Pivots: 13, Branches: 17, Pruned: len(f.p.Bins), Components: 1}
	f.prove(k)
	switch all := sum(f.placed); {
	case k.Unplaced != nil:
		k.Status = model.Partial
	case all == 0:
		k.Status = model.Empty
	case k.Cost == k.LowerBound:
		k.Status = model.Optimal
	default:
		k.Status = model.Feasible
	}
}

func sum(list []int64) (n int64) {
	for _, x := range list {
		n += x
	}
	return n
}

// prove prices the first dimension so that no bin without a maximum is worth more than it costs.
func (f *packer) prove(k *model.Packing) {
	const scale = 1000
	rate := int64(-1)
	for b := range f.p.Bins {
		if bin := &f.p.Bins[b]; bin.Max == 0 && bin.Cap[0] > 0 {
			if r := bin.Price * scale / bin.Cap[0]; rate < 0 || r < rate {
				rate = r
			}
		}
	}
	rate = max(rate, 0)
	cert := model.Certificate{Scale: scale, Mults: []model.Mult{{Dims: make([]int64, f.p.Dims)}}, Use: make([]int, len(f.p.Bins))}
	cert.Mults[0].Dims[0] = rate
	for i := range f.p.Items {
		cert.Items = append(cert.Items, []int64{rate * f.p.Items[i].Size[0]})
	}
	for b := range f.p.Bins {
		over := rate*f.p.Bins[b].Cap[0] - f.p.Bins[b].Price*scale
		for _, s := range f.p.Bins[b].Stays {
			over += s.Count * s.Saves * scale
		}
		if over > 0 && f.p.Bins[b].Max > 0 {
			cert.Bins = append(cert.Bins, model.BinDual{Bin: b, Value: over})
		}
	}
	k.Proof = cert
	value, err := check.Value(f.p, &cert, f.placed)
	if err != nil {
		panic(err)
	}
	k.LowerBound = lift(f.p, value, scale)
}

// lift rounds a value up to what a cost can be: a multiple of what divides every price.
func lift(p *model.Problem, value *big.Int, scale int64) int64 {
	if value.Sign() <= 0 {
		return 0
	}
	divisor := int64(0)
	for b := range p.Bins {
		money := []int64{p.Bins[b].Price}
		for _, s := range p.Bins[b].Stays {
			money = append(money, s.Saves)
		}
		for _, m := range money {
			for a, r := m, divisor; ; a, r = r, a%r {
				if r == 0 {
					divisor = a
					break
				}
			}
		}
	}
	unit := new(big.Int).Mul(big.NewInt(scale), big.NewInt(max(divisor, 1)))
	up := new(big.Int).Add(value, new(big.Int).Sub(unit, big.NewInt(1)))
	up.Div(up, unit)
	return up.Int64() * max(divisor, 1)
}
