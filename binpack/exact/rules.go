package exact

import (
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
)

// need is what one copy of an item asks of the cards of a bin kind; the kind is -1 if nothing,
// and ok is false if the bin cannot serve it.
func (s *search) need(item, kind int) (need model.CardNeed, ok bool) {
	needs := s.p.Items[item].Needs
	if len(needs) == 0 {
		return model.CardNeed{Kind: -1}, true
	}
	for _, n := range needs {
		if n.Kind == s.p.Bins[kind].Card {
			return n, true
		}
	}
	return need, false
}

// bearable says whether a bin's content is within limits that only tighten as more comes in.
func (s *search) bearable(bin *opening) bool {
	kind := &s.p.Bins[bin.kind]
	for d, sum := range bin.used {
		if sum > kind.Cap[d] {
			return false
		}
	}
	for i, n := range bin.have {
		if n == 0 {
			continue
		}
		item := &s.p.Items[i]
		if !slices.Contains(item.Classes, kind.Class) || (item.BinMax > 0 && n > item.BinMax) {
			return false
		}
		if _, ok := s.need(i, bin.kind); !ok {
			return false
		}
	}
	for _, limit := range s.p.Caps {
		if sumOf(bin.have, limit.Items) > limit.Max {
			return false
		}
	}
	for _, pair := range s.p.Conflicts {
		if pair.A == pair.B && bin.have[pair.A] > 1 || pair.A != pair.B && bin.have[pair.A] > 0 && bin.have[pair.B] > 0 {
			return false
		}
	}
	_, ok := s.layCards(bin)
	return ok
}

// sumOf adds what there is of some items, each counted once.
func sumOf(have []int64, items []int) int64 {
	var sum int64
	for i, n := range have {
		if slices.Contains(items, i) {
			sum += n
		}
	}
	return sum
}

// accompanied says whether every item of a bin has the company that it must follow.
func (s *search) accompanied(bin *opening) bool {
	for _, f := range s.p.Follows {
		if bin.have[f.Item] > 0 && sumOf(bin.have, f.AnyOf) == 0 {
			return false
		}
	}
	return true
}

// inDomain counts some items in one domain.
func (s *search) inDomain(domain int, items []int) int64 {
	var sum int64
	for _, bin := range s.bins {
		if s.p.Bins[bin.kind].Domain == domain {
			sum += sumOf(bin.have, items)
		}
	}
	return sum
}

// bearableAcross says whether the domains keep the rules that only tighten as more comes in.
func (s *search) bearableAcross() bool {
	for n := range s.p.Spreads {
		rule := &s.p.Spreads[n]
		with := 0
		for d := range s.p.Domains {
			here := s.inDomain(d, rule.Items)
			if here == 0 {
				continue
			}
			with++
			if rule.Single && with > 1 || rule.Max > 0 && here > rule.Max || s.inDomain(d, rule.Apart) > 0 {
				return false
			}
			if rule.Skew > 0 && !slices.Contains(rule.Domains, d) {
				return false
			}
		}
	}
	return true
}

// spreadOut says whether a complete packing keeps the rules that are only known at the end.
func (s *search) spreadOut() bool {
	for n := range s.p.Spreads {
		rule := &s.p.Spreads[n]
		var all int64
		for d := range s.p.Domains {
			here := s.inDomain(d, rule.Items)
			all += here
			if here > 0 && len(rule.Beside) > 0 && s.inDomain(d, rule.Beside) == 0 {
				return false
			}
		}
		if all > 0 && rule.Skew > 0 && s.skew(rule) > rule.Skew {
			return false
		}
	}
	return true
}

// skew is the most in one of a rule's domains that has any of its items, less the least in any.
func (s *search) skew(rule *model.Spread) int64 {
	low, high := int64(math.MaxInt64), int64(0)
	for j, d := range rule.Domains {
		here := s.inDomain(d, rule.Items)
		n := here
		if rule.Base != nil {
			n += rule.Base[j]
		}
		low = min(low, n)
		if here > 0 {
			high = max(high, n)
		}
	}
	return high - low
}
