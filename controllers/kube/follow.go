package kube

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// bindAffinity evaluates a group's required affinity to other pods. Where pods that stay satisfy it, their places are
// the answer, since they are there whatever is planned. Otherwise it is a rule between planned groups. The scheduler
// lets the first pod of a set that selects itself go anywhere; the rest must join it, so that set lies together.
func (t *translation) bindAffinity(g *group) {
	for _, term := range affinityTerms(g.shape) {
		by := topologyOf(term.TopologyKey)
		m := t.termMatcher(g.workload.Ref, g.labels, term)
		if by == elsewhere {
			t.affinityElsewhere(g, term, m)
			continue
		}
		if stay := t.placesOf(by, t.stayersOf(m)); stay.Len() > 0 {
			t.narrow(g, planner.Constraint{Kind: "podAffinity", Text: termText(term) + ": with pods that stay", Offers: stay})
			continue
		}
		if rows, ok := t.daemonPlaces(by, m); ok {
			t.narrow(g, planner.Constraint{Kind: "podAffinity", Text: termText(term) + ": with a DaemonSet", Offers: rows})
			continue
		}
		t.follow(g, by, term, m)
	}
}

// daemonPlaces returns the offers whose nodes carry a DaemonSet that a matcher means.
func (t *translation) daemonPlaces(by topology, m matcher) (planner.Set, bool) {
	var rows planner.Set
	found := false
	for _, d := range t.daemonSets {
		if !m.matches(d.ref.Namespace, d.labels) {
			continue
		}
		found = true
		if by == byZone {
			each(d.rows, func(row int) {
				zone := Requirement{Key: zoneLabel, Operator: opIn, Values: []string{t.offers[row].Zone}}
				rows = union(rows, t.table.where(zone))
			})
			continue
		}
		rows = union(rows, d.rows)
	}
	return rows, found
}

// follow makes the rule for an affinity between planned groups.
func (t *translation) follow(g *group, by topology, term corev1.PodAffinityTerm, m matcher) {
	matched := t.index.find(m)
	text := g.workload.Ref.String() + " podAffinity " + termText(term)
	if len(matched) == 0 {
		g.blocked = "required podAffinity to pods that are not there: " + termText(term)
		return
	}
	together, follow := planner.HostTogether, planner.HostFollow
	if by == byZone {
		together, follow = planner.ZoneTogether, planner.ZoneFollow
	}
	if !slices.Contains(matched, g) {
		t.add(planner.Rule{Kind: follow, Text: text}, []*group{g}, matched)
		return
	}
	var same, others []*group
	for _, x := range matched {
		if x == g || t.hasSameTerm(x, term, matched) {
			same = append(same, x)
		} else {
			others = append(others, x)
		}
	}
	if len(others) > 0 { // pods that others lead: stricter than asked, which also allows them to join each other
		t.add(planner.Rule{Kind: follow, Text: text}, same, others)
		return
	}
	t.add(planner.Rule{Kind: together, Text: text}, same, nil)
}

// hasSameTerm says whether a group has an affinity by the same topology to the same groups.
func (t *translation) hasSameTerm(x *group, term corev1.PodAffinityTerm, matched []*group) bool {
	return slices.ContainsFunc(affinityTerms(x.shape), func(own corev1.PodAffinityTerm) bool {
		return topologyOf(own.TopologyKey) == topologyOf(term.TopologyKey) &&
			slices.Equal(t.index.find(t.termMatcher(x.workload.Ref, x.labels, own)), matched)
	})
}

// affinityElsewhere handles an affinity by another label. Where all offers that have the label agree on its value, as
// they do on the region, together is wherever it is present; else it is named and not planned.
func (t *translation) affinityElsewhere(g *group, term corev1.PodAffinityTerm, m matcher) {
	c := t.table.column(term.TopologyKey)
	if len(c.values) != 1 {
		t.notes.warn(g.workload.Ref.String(), "required podAffinity by %s is not planned: only by hostname and zone", term.TopologyKey)
		return
	}
	if len(t.index.find(m)) == 0 && len(t.stayersOf(m)) == 0 {
		g.blocked = "required podAffinity to pods that are not there: " + termText(term)
		return
	}
	t.narrow(g, planner.Constraint{Kind: "podAffinity", Text: termText(term), Offers: c.rows[0]})
}
