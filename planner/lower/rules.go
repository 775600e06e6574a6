package lower

import (
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

func byZone(k planner.RuleKind) bool {
	switch k {
	case planner.ZoneSpread, planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow:
		return true
	case planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow:
		return false
	}
	return false
}

// domains makes a domain of each zone that a rule tells from others, and one more of all other zones.
func (l *lowering) domains() {
	apart := map[string]bool{}
	for _, r := range l.s.Rules {
		if !byZone(r.Kind) {
			continue
		}
		for _, u := range slices.Concat(l.unitsOf(r.Members), l.unitsOf(r.Others)) {
			if l.units[u].reason != "" {
				continue
			}
			for _, i := range l.units[u].allowed.Members() {
				apart[l.s.Offers[i].Zone] = true
			}
		}
		for _, zone := range r.Zones {
			apart[zone] = true
		}
	}
	l.domainOf = map[string]int{}
	for d, zone := range sortedKeys(apart) {
		l.domainOf[zone] = d
		l.out.Index.Domains = append(l.out.Index.Domains, []string{zone})
	}
	rest := map[string]bool{}
	l.domain = make([]int, len(l.s.Offers))
	for i := range l.s.Offers {
		zone := l.s.Offers[i].Zone
		d, ok := l.domainOf[zone]
		if !ok {
			d = len(apart)
			rest[zone] = true
		}
		l.domain[i] = d
	}
	if len(rest) > 0 || len(apart) == 0 {
		l.out.Index.Domains = append(l.out.Index.Domains, sortedKeys(rest))
	}
	l.out.Problem.Domains = len(l.out.Index.Domains)
}

// bind translates the rules. Units that fit nowhere are in none of them.
func (l *lowering) bind() {
	pairs := map[model.Pair]bool{}
	for _, r := range l.s.Rules {
		members, others := l.placed(r.Members), l.placed(r.Others)
		if len(members) == 0 {
			continue
		}
		switch r.Kind {
		case planner.HostTogether: // in the units already
		case planner.HostCap:
			l.hostCap(members, r.Max)
		case planner.HostConflict:
			for _, a := range members {
				for _, b := range others {
					if a != b {
						pairs[model.Pair{A: min(a, b), B: max(a, b)}] = true
					}
				}
			}
		case planner.HostFollow:
			for _, a := range members {
				if !slices.Contains(others, a) {
					l.out.Problem.Follows = append(l.out.Problem.Follows, model.Follow{Item: a, AnyOf: others})
				}
			}
		case planner.ZoneSpread, planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow:
			l.zoneRule(r, members, others)
		}
	}
	for p := range pairs {
		l.out.Problem.Conflicts = append(l.out.Problem.Conflicts, p)
	}
	slices.SortFunc(l.out.Problem.Conflicts, func(a, b model.Pair) int {
		return slices.Compare([]int{a.A, a.B}, []int{b.A, b.B})
	})
}

// placed lists the items of workloads, ascending, each once.
func (l *lowering) placed(workloads []int) []int {
	var out []int
	for _, u := range l.unitsOf(workloads) {
		if l.units[u].item >= 0 {
			out = append(out, l.units[u].item)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (l *lowering) hostCap(members []int, most int64) {
	if len(members) > 1 {
		l.out.Problem.Caps = append(l.out.Problem.Caps, model.Cap{Items: members, Max: most})
		return
	}
	it := &l.out.Problem.Items[members[0]]
	switch {
	case l.out.Index.Items[members[0]].Together: // checked when the unit was made
	case it.BinMax == 0 || most < it.BinMax:
		it.BinMax = most
	}
}

// zoneRule translates a rule by zone. Where pods of today that stay count, unit.allowed has been narrowed already. Domains
// list every zone that the members may use.
func (l *lowering) zoneRule(r planner.Rule, members, others []int) {
	single := len(members) == 1 && l.out.Index.Items[members[0]].Together
	add := func(s model.Spread) { l.out.Problem.Spreads = append(l.out.Problem.Spreads, s) }
	zones := l.zones(r, members)
	switch r.Kind {
	case planner.ZoneSpread:
		if single {
			return // checked when the unit was made
		}
		s := model.Spread{Items: members, Skew: r.Max}
		for _, zone := range zones {
			s.Domains = append(s.Domains, l.domainOf[zone])
			s.Base = append(s.Base, r.Base[zone])
		}
		if len(r.Base) == 0 {
			s.Base = nil
		}
		add(s)
	case planner.ZoneCap:
		if single {
			return
		}
		l.zoneCap(r, members, zones)
	case planner.ZoneTogether:
		add(model.Spread{Items: members, Domains: l.domainsOf(zones), Single: true})
	case planner.ZoneConflict:
		l.zoneConflict(r, zones)
	case planner.ZoneFollow:
		for _, a := range members {
			if !slices.Contains(others, a) && len(r.Base) == 0 {
				add(model.Spread{Items: []int{a}, Domains: l.domainsOf(zones), Beside: others})
			}
		}
	case planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow:
	}
}

// zoneCap bounds the members in every zone by what pods of today leave in the fullest zone that is still open. A cap of
// its own for each zone is nothing that a Spread can say; this one is stricter where pods of today are uneven.
func (l *lowering) zoneCap(r planner.Rule, members []int, zones []string) {
	left := r.Max
	for _, zone := range zones {
		if n := r.Max - r.Base[zone]; n > 0 { // else the zone is closed to the members already
			left = min(left, n)
		}
	}
	l.out.Problem.Spreads = append(l.out.Problem.Spreads, model.Spread{Items: members, Domains: l.domainsOf(zones), Max: left})
}

// zoneConflict keeps each member from the others, and from itself where it is in conflict with itself.
func (l *lowering) zoneConflict(r planner.Rule, zones []string) {
	domains := l.domainsOf(zones)
	others := l.placed(r.Others)
	for _, a := range l.placed(r.Members) {
		if slices.Contains(others, a) && !l.out.Index.Items[a].Together {
			l.out.Problem.Spreads = append(l.out.Problem.Spreads, model.Spread{Items: []int{a}, Domains: domains, Max: 1})
		}
		apart := slices.DeleteFunc(slices.Clone(others), func(b int) bool { return b == a })
		if len(apart) > 0 {
			l.out.Problem.Spreads = append(l.out.Problem.Spreads, model.Spread{Items: []int{a}, Domains: domains, Apart: apart})
		}
	}
}

// zones are those that count for a rule: the ones it names, or every zone that its members may use.
func (l *lowering) zones(r planner.Rule, members []int) []string {
	if r.Kind == planner.ZoneSpread && r.Zones != nil {
		return r.Zones
	}
	has := map[string]bool{}
	for u := range l.units {
		if l.units[u].item < 0 || !slices.Contains(members, l.units[u].item) {
			continue
		}
		for _, i := range l.units[u].allowed.Members() {
			has[l.s.Offers[i].Zone] = true
		}
	}
	return sortedKeys(has)
}

func (l *lowering) domainsOf(zones []string) []int {
	out := make([]int, len(zones))
	for i, zone := range zones {
		out[i] = l.domainOf[zone]
	}
	slices.Sort(out)
	return out
}
