package exact

import (
	"math/rand/v2"

	"github.com/tenon-sh/tenon/binpack/model"
)

// Options leave features out of random problems. The zero value uses them all.
type Options struct {
	Copies    int  // of all items together, at most; 0: 6
	NoCards   bool // neither card kinds nor needs
	NoRules   bool // no Caps, Conflicts, Follows and BinMax
	NoSpreads bool // no Spreads
	NoLimits  bool // neither Max of bins nor Budgets, and so no Stays
	NoStays   bool // nothing lies in a bin already
	AllStay   bool // half of the bins are limited in number, and something lies in most of these
}

// Random makes a small well-formed problem: the same one for the same arguments. Most, but not
// all, can be packed completely. Every problem has a few of the features, none has each.
func Random(seed uint64, o Options) *model.Problem {
	if o.Copies == 0 {
		o.Copies = 6
	}
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0x7e404)), o: o}
	g.p = &model.Problem{Dims: 1 + g.IntN(2), Classes: 1 + g.IntN(2), Domains: 1 + g.IntN(3)}
	if !o.NoCards && g.chance(60) {
		g.cards()
	}
	g.items()
	g.bins()
	if !o.NoRules {
		g.rules()
	}
	if !o.NoSpreads && g.chance(50) {
		g.spread()
	}
	if !o.NoLimits {
		g.limits()
		if !o.NoStays {
			g.stays()
		}
	}
	return g.p
}

type generator struct {
	*rand.Rand
	o Options
	p *model.Problem
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) between(low, high int64) int64 { return low + g.Int64N(high-low+1) }

// cards makes one or two kinds: small cousins of a GPU with seven slices, and a card that is
// only shared.
func (g *generator) cards() {
	sliced := model.CardKind{Share: 10, Slots: 4, Counters: []int64{3}, Profiles: []model.Profile{
		{Size: 1, Starts: []int{0, 1, 2}, Max: 3, Uses: []int64{1}},
		{Size: 2, Starts: []int{0, 2}, Max: 2, Uses: []int64{1}},
		{Size: 4, Starts: []int{0}, Max: 1},
	}}
	if g.chance(30) {
		sliced.Profiles[0].Max, sliced.Share = 1, 0
	}
	g.p.Cards = []model.CardKind{sliced}
	if g.chance(30) {
		g.p.Cards = append(g.p.Cards, model.CardKind{Share: 6})
	}
}

func (g *generator) items() {
	copies := int64(2 + g.IntN(g.o.Copies-1))
	for copies > 0 {
		item := model.Item{Count: g.between(1, min(3, copies)), Classes: []int{}, Rank: g.Int64N(2)}
		copies -= item.Count
		for range g.p.Dims {
			item.Size = append(item.Size, g.between(0, 6))
		}
		for c := range g.p.Classes {
			if g.chance(85) {
				item.Classes = append(item.Classes, c)
			}
		}
		if !g.o.NoRules && g.chance(15) {
			item.BinMax = g.between(1, 2)
		}
		for kind := range g.p.Cards {
			if g.chance(60 - 30*kind) {
				item.Needs = append(item.Needs, g.need(kind))
			}
		}
		g.p.Items = append(g.p.Items, item)
	}
}

func (g *generator) need(kind int) model.CardNeed {
	k, need := &g.p.Cards[kind], model.CardNeed{Kind: kind}
	switch n := g.IntN(4); {
	case n == 0:
		need.Whole = g.between(1, 2)
	case n == 1 && k.Share > 0:
		need.Share = g.between(1, k.Share)
	case len(k.Profiles) > 0:
		need.Slices = make([]int64, len(k.Profiles))
		need.Slices[g.IntN(len(k.Profiles))]++
		if g.chance(20) {
			need.Slices[g.IntN(len(k.Profiles))]++
		}
	default:
		need.Whole = 1
	}
	return need
}

// bins makes a few kinds of every class and domain, so that most problems have an answer.
func (g *generator) bins() {
	for class := range g.p.Classes {
		for domain := range g.p.Domains {
			for range 1 + g.IntN(2) {
				g.p.Bins = append(g.p.Bins, g.bin(class, domain))
			}
		}
	}
}

func (g *generator) bin(class, domain int) model.Bin {
	bin := model.Bin{Class: class, Domain: domain, Price: g.between(1, 9) * 2, Card: -1}
	if g.chance(10) {
		bin.Price = 0
	}
	for range g.p.Dims {
		bin.Cap = append(bin.Cap, g.between(4, 14))
	}
	if len(g.p.Cards) == 0 || g.chance(20) {
		return bin
	}
	bin.Card = g.IntN(len(g.p.Cards))
	bin.Cards = g.between(1, 3)
	k := &g.p.Cards[bin.Card]
	if k.Slots > 0 && g.chance(25) {
		for range g.between(1, bin.Cards) {
			bin.Live = append(bin.Live, g.Uint64N(1<<k.Slots))
		}
	} else if len(k.Profiles) > 0 && g.chance(25) {
		bin.Cards = g.between(0, 2)
		for range k.Profiles {
			bin.Fixed = append(bin.Fixed, g.between(0, 2))
		}
	}
	return bin
}

func (g *generator) rules() {
	n := len(g.p.Items)
	if g.chance(30) {
		g.p.Caps = append(g.p.Caps, model.Cap{Items: g.some(n), Max: g.between(1, 3)})
	}
	if n > 1 && g.chance(30) {
		a := g.IntN(n)
		g.p.Conflicts = append(g.p.Conflicts, model.Pair{A: a, B: (a + 1 + g.IntN(n-1)) % n})
	}
	if n > 1 && g.chance(25) {
		a := g.IntN(n)
		g.p.Follows = append(g.p.Follows, model.Follow{Item: a, AnyOf: []int{(a + 1 + g.IntN(n-1)) % n}})
	}
}

// some is a random set of at least one of n, ascending.
func (g *generator) some(n int) []int {
	must := g.IntN(n)
	var set []int
	for i := range n {
		if i == must || g.chance(40) {
			set = append(set, i)
		}
	}
	return set
}

func (g *generator) spread() {
	n := len(g.p.Items)
	rule := model.Spread{Items: g.some(n)}
	if g.chance(60) {
		rule.Items = []int{g.IntN(n)}
	}
	for d := range g.p.Domains {
		if g.chance(85) || d == 0 {
			rule.Domains = append(rule.Domains, d)
		}
	}
	switch g.IntN(6) {
	case 0, 1:
		rule.Skew = g.between(1, 2)
		if g.chance(40) {
			for range rule.Domains {
				rule.Base = append(rule.Base, g.between(0, 2))
			}
		}
		if g.chance(25) {
			rule.Max = g.between(1, 3)
		}
	case 2:
		rule.Max = g.between(1, 3)
	case 3:
		rule.Single = true
	case 4:
		rule.Apart = g.others(rule.Items)
	default:
		rule.Beside = g.others(rule.Items)
	}
	g.p.Spreads = append(g.p.Spreads, rule)
}

// others is one item beside the given ones; none if there is no other.
func (g *generator) others(items []int) []int {
	for i := range g.p.Items {
		in := false
		for _, j := range items {
			in = in || i == j
		}
		if !in {
			return []int{i}
		}
	}
	return nil
}

func (g *generator) limits() {
	for b := range g.p.Bins {
		if g.chance(25) || g.o.AllStay && g.chance(33) {
			g.p.Bins[b].Max = g.between(1, 2)
		}
	}
	if !g.chance(25) {
		return
	}
	g.p.Budgets = []int64{g.between(4, 20)}
	for b := range g.p.Bins {
		if g.chance(60) {
			g.p.Bins[b].Uses = []model.Use{{Budget: 0, Amount: g.between(1, 5)}}
		}
	}
}

// stays puts something into some of the bins that are limited in number. It may be more than there
// is of an item, or than such a bin can hold.
func (g *generator) stays() {
	for b := range g.p.Bins {
		bin := &g.p.Bins[b]
		if bin.Max == 0 || !g.o.AllStay && g.chance(40) {
			continue
		}
		for i := range g.p.Items {
			if g.chance(40) {
				bin.Stays = append(bin.Stays, model.Stay{Item: i, Count: g.between(1, 2), Saves: g.between(1, 4)})
			}
		}
	}
}
