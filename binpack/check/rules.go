package check

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// sound reports what model's Validate lets pass and this package relies on.
func sound(p *model.Problem) error {
	var f faults
	for k, c := range p.Cards {
		for i, profile := range c.Profiles {
			if profile.Size > c.Slots {
				f.addf(model.ErrInvalid, "card kind %d: profile %d is larger than the card", k, i)
			}
		}
	}
	for b, bin := range p.Bins {
		for _, n := range bin.Fixed {
			if n < 0 || n > model.MaxAmount {
				f.addf(model.ErrInvalid, "bin %d: %d fixed instances are outside 0…%d", b, n, model.MaxAmount)
			}
		}
	}
	for s, spread := range p.Spreads {
		for j, d := range spread.Domains {
			if j > 0 && spread.Domains[j-1] >= d {
				f.addf(model.ErrInvalid, "spread %d: domains must ascend", s)
				break
			}
		}
	}
	return f.join()
}

// rules says for each item which rules name it.
type rules struct {
	caps    [][]int // indices into Problem.Caps
	foes    [][]int // the items that never share a bin with it; itself: one copy only
	follows [][]int // indices into Problem.Follows
	leads   []bool  // whether a Follow names it among AnyOf
	zoned   [][]int // indices into Problem.Spreads
}

func newRules(p *model.Problem) *rules {
	r := &rules{
		caps:    make([][]int, len(p.Items)),
		foes:    make([][]int, len(p.Items)),
		follows: make([][]int, len(p.Items)),
		leads:   make([]bool, len(p.Items)),
		zoned:   make([][]int, len(p.Items)),
	}
	for c, limit := range p.Caps {
		for _, i := range set(limit.Items) {
			r.caps[i] = append(r.caps[i], c)
		}
	}
	for _, pair := range p.Conflicts {
		r.foes[pair.A] = append(r.foes[pair.A], pair.B)
		if pair.A != pair.B {
			r.foes[pair.B] = append(r.foes[pair.B], pair.A)
		}
	}
	for f, follow := range p.Follows {
		r.follows[follow.Item] = append(r.follows[follow.Item], f)
		for _, i := range follow.AnyOf {
			r.leads[i] = true
		}
	}
	for s, spread := range p.Spreads {
		for _, i := range set(spread.Items) {
			r.zoned[i] = append(r.zoned[i], s)
		}
	}
	return r
}

// set returns the distinct items, ascending.
func set(items []int) []int {
	s := slices.Clone(items)
	slices.Sort(s)
	return slices.Compact(s)
}

// allowed says whether item i may lie in bin b as far as class, card kind and domain say: why it
// may not, or nothing; and what it asks of b's cards.
func (r *rules) allowed(p *model.Problem, i, b int) (model.CardNeed, string) {
	bin := &p.Bins[b]
	if !slices.Contains(p.Items[i].Classes, bin.Class) {
		return model.CardNeed{}, "the bin's class is not allowed"
	}
	need, ok := p.Need(i, b)
	if !ok {
		return model.CardNeed{}, "it asks for cards of another kind"
	}
	for _, s := range r.zoned[i] {
		spread := &p.Spreads[s]
		if _, found := slices.BinarySearch(spread.Domains, bin.Domain); spread.Skew > 0 && !found {
			return model.CardNeed{}, "the bin's domain is not one of its spread"
		}
	}
	return need, ""
}
