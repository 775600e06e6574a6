package lower

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// shareWhole is a whole card in the unit of planner.GPUNeed.ShareMilli.
const shareWhole = 1000

// CardRef says what a card kind of the problem stands for.
type CardRef struct {
	Model     string // gpu.Model.Key
	Shareable bool
	Cut       bool  // it can be cut, or is cut already in a layout that stands
	Profiles  []int // by profile of the problem: the index in gpu.Model.Profiles
}

// NeedOn is what a pod asks of cards of one model; the zero need if it cannot use them.
func NeedOn(g planner.GPUNeed, model string) planner.GPUNeed {
	if g.ByModel != nil {
		return g.ByModel[model]
	}
	return g
}

// Usable returns the indices of the cards that pods may still be given, in order, and of those that are taken. Which
// cards are taken is not known; cards with live instances are not among them as long as there are others.
func Usable(c planner.Cards) (usable, taken []int) {
	free := c.Count - c.Taken
	live := func(i int64) bool { return i < int64(len(c.Live)) && c.Live[i] != 0 }
	var lives int64
	for i := range c.Live {
		if c.Live[i] != 0 {
			lives++
		}
	}
	empty := max(free-lives, 0)
	for i := range c.Count {
		switch {
		case live(i) && int64(len(usable)) < free:
			usable = append(usable, int(i))
		case !live(i) && empty > 0:
			usable = append(usable, int(i))
			empty--
		default:
			taken = append(taken, int(i))
		}
	}
	return usable, taken
}

// cardsMax bounds how many cards of one node are told apart. The largest machine in the catalog of August 2026 has 16.
const cardsMax = 4096

// liveOf returns the live masks of the usable cards, without the zeros at the end.
func liveOf(c planner.Cards) []uint64 {
	if len(c.Live) == 0 {
		return nil
	}
	usable, _ := Usable(c)
	var out []uint64
	for _, i := range usable {
		if i < len(c.Live) {
			out = append(out, c.Live[i])
		}
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// kinds lists the card kinds that occur in offers, sorted, each with the profiles that some workload can use.
func (l *lowering) kinds() {
	type key struct {
		model          string
		shareable, cut bool
	}
	seen := map[key]bool{}
	for i := range l.s.Offers {
		c := &l.s.Offers[i].Cards
		if c.Model != "" {
			seen[key{c.Model, c.Shareable, c.Partitionable || c.Fixed != nil}] = true
		}
	}
	keys := slices.Collect(maps.Keys(seen))
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.model, b.model), compareBool(a.shareable, b.shareable), compareBool(a.cut, b.cut))
	})
	for _, k := range keys {
		ref := CardRef{Model: k.model, Shareable: k.shareable, Cut: k.cut}
		m, _ := gpu.ByKey(k.model)
		kind := model.CardKind{}
		if k.shareable {
			kind.Share = shareWhole
		}
		if k.cut && m.MemorySlices > 0 {
			ref.Profiles = l.profiles(m)
			kind.Slots = m.MemorySlices
			kind.Counters = m.Counters
			for _, p := range ref.Profiles {
				f := m.Profiles[p]
				kind.Profiles = append(kind.Profiles, model.Profile{Size: f.MemorySlices, Starts: f.Starts, Max: int64(f.Max), Uses: f.Uses})
			}
		}
		l.out.models = append(l.out.models, m)
		l.out.Index.Cards = append(l.out.Index.Cards, ref)
		l.out.Problem.Cards = append(l.out.Problem.Cards, kind)
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// profiles lists the profiles of m, with known placements, that some workload asks for.
func (l *lowering) profiles(m gpu.Model) []int {
	var out []int
	for i := range l.s.Workloads {
		for name := range NeedOn(l.s.Workloads[i].GPU, m.Key).Slices {
			if p, ok := m.Profile(name); ok && len(m.Profiles[p].Starts) > 0 {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// kindOf returns the card kind of an offer; -1 for none.
func (l *lowering) kindOf(c *planner.Cards) int {
	return slices.IndexFunc(l.out.Index.Cards, func(r CardRef) bool {
		return c.Model != "" && r.Model == c.Model && r.Shareable == c.Shareable && r.Cut == (c.Partitionable || c.Fixed != nil)
	})
}

// needs translates what a pod asks of GPUs, for each card kind that can serve it.
func (l *lowering) needs(g planner.GPUNeed) []model.CardNeed {
	var out []model.CardNeed
	for k := range l.out.Index.Cards {
		if n, ok := l.need(NeedOn(g, l.out.Index.Cards[k].Model), k); ok {
			out = append(out, n)
		}
	}
	return out
}

func (l *lowering) need(g planner.GPUNeed, k int) (model.CardNeed, bool) {
	ref, n := &l.out.Index.Cards[k], model.CardNeed{Kind: k}
	switch {
	case g.Whole > 0:
		n.Whole = g.Whole
	case g.ShareMilli > 0:
		n.Share = g.ShareMilli
		return n, ref.Shareable
	case len(g.Slices) > 0:
		n.Slices = make([]int64, len(ref.Profiles))
		for name, count := range g.Slices {
			p, ok := l.out.models[k].Profile(name)
			at := slices.Index(ref.Profiles, p)
			if !ok || at < 0 {
				return model.CardNeed{}, false
			}
			n.Slices[at] += count
		}
	default:
		return model.CardNeed{}, false
	}
	return n, true
}

// joinNeeds adds the needs of pods that share one node. It reports false where the sum is none that one item can have:
// whole cards beside slices, or shares that do not fit one card together.
func joinNeeds(a, b []model.CardNeed, hasA, hasB bool) ([]model.CardNeed, bool) {
	if !hasA || !hasB {
		return append(slices.Clone(a), b...), true
	}
	var out []model.CardNeed
	for _, x := range a {
		at := slices.IndexFunc(b, func(y model.CardNeed) bool { return y.Kind == x.Kind })
		if at < 0 {
			continue
		}
		y := b[at]
		sum := model.CardNeed{Kind: x.Kind, Whole: satAdd(x.Whole, y.Whole), Share: satAdd(x.Share, y.Share)}
		if x.Slices != nil && y.Slices != nil {
			sum.Slices = slices.Clone(x.Slices)
			for p := range sum.Slices {
				sum.Slices[p] = satAdd(sum.Slices[p], y.Slices[p])
			}
		}
		mixed := (x.Whole > 0) != (y.Whole > 0) || (x.Share > 0) != (y.Share > 0) || (x.Slices != nil) != (y.Slices != nil)
		if mixed || sum.Share > shareWhole {
			continue
		}
		out = append(out, sum)
	}
	return out, len(out) > 0
}

// fitsCards reports whether the cards of an otherwise empty bin can carry what n asks. Where live instances make the question a
// search over several cards it may say yes too often, and never no too often: the packing decides.
func fitsCards(m gpu.Model, ref *CardRef, b *model.Bin, n model.CardNeed) bool {
	free := b.Cards
	for _, mask := range b.Live {
		if mask != 0 {
			free--
		}
	}
	switch {
	case n.Whole > 0:
		return n.Whole <= free
	case n.Share > 0:
		return free > 0
	case b.Fixed != nil:
		for p, count := range n.Slices {
			if count > b.Fixed[p] {
				return false
			}
		}
		return true
	}
	want := make([]int, len(m.Profiles))
	for p, count := range n.Slices {
		want[ref.Profiles[p]] = int(min(count, model.MaxAmount))
	}
	if m.FitsCounts(int(min(free, cardsMax)), want) {
		return true
	}
	return fitsLive(m, b, want, free)
}

// fitsLive reports whether each wanted profile has a place on some card, live or empty.
func fitsLive(m gpu.Model, b *model.Bin, want []int, free int64) bool {
	live := int64(0)
	for _, mask := range b.Live {
		if mask != 0 {
			live++
		}
	}
	if live == 0 {
		return false
	}
	for p, count := range want {
		if count == 0 {
			continue
		}
		one := make([]int, len(want))
		room := free * int64(m.Profiles[p].Max)
		for one[p] = 1; one[p] <= m.Profiles[p].Max && room < int64(count); one[p]++ {
			for _, mask := range b.Live {
				if mask == 0 {
					continue
				}
				if _, ok := m.PlaceAround(mask, one); ok {
					room++
				}
			}
		}
		if room < int64(count) {
			return false
		}
	}
	return true
}
