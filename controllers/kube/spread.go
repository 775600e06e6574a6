package kube

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/tenon-sh/tenon/planner"
)

// spread is one required topologySpreadConstraint of a group, read.
type spread struct {
	corev1.TopologySpreadConstraint
	m       matcher
	matched []*group
	text    string
}

// bindSpread evaluates a group's required topology spread.
func (t *translation) bindSpread(g *group) {
	for _, c := range g.shape.Spread {
		if c.WhenUnsatisfiable == corev1.ScheduleAnyway {
			continue
		}
		object := g.workload.Ref.String()
		s := spread{TopologySpreadConstraint: c, text: fmt.Sprintf("%s topologySpreadConstraints %s by %s maxSkew %d", object, selectorText(c.LabelSelector), c.TopologyKey, c.MaxSkew)}
		s.m = matcher{map[string]bool{g.workload.Ref.Namespace: true}, t.withKeys(g.workload.Ref, g.labels, c.LabelSelector, c.MatchLabelKeys, selection.In)}
		s.matched = t.index.find(s.m)
		if c.MaxSkew < 1 {
			t.notes.warn(object, "a topologySpreadConstraint with maxSkew below 1 means nothing and is not planned")
			continue
		}
		if !slices.Contains(s.matched, g) {
			t.notes.warn(object, "a topologySpreadConstraint whose selector does not match its own pods is not planned")
			continue
		}
		if value(c.NodeTaintsPolicy) == corev1.NodeInclusionPolicyHonor {
			t.notes.info(object, "nodeTaintsPolicy Honor: which zones count is taken from selectors and affinity alone")
		}
		switch topologyOf(c.TopologyKey) {
		case byHost:
			t.spreadHosts(g, s)
		case byZone:
			t.spreadZones(g, s)
		default:
			t.notes.warn(object, "required topologySpreadConstraints by %s are not planned: only by hostname and zone", c.TopologyKey)
		}
	}
}

// spreadHosts caps the matching pods of a node at maxSkew: a new node can always be had, so the emptiest has none, as
// in Karpenter. Where pods match that have no such constraint themselves, they are capped as well: stricter than asked.
func (t *translation) spreadHosts(g *group, s spread) {
	g.capHost(int64(s.MaxSkew))
	if len(s.matched) > 1 {
		t.add(planner.Rule{Kind: planner.HostCap, Max: int64(s.MaxSkew), Text: s.text}, s.matched, nil)
	}
	t.exclude(g, "topologySpread", s.text+": pods that stay", t.placesOf(byHost, t.stayersOf(s.m)))
}

// spreadZones makes the rule over zones. The zones that count are those that the group's selectors and node affinity
// allow, or all where nodeAffinityPolicy is Ignore. With fewer of them than minDomains the emptiest counts as zero.
func (t *translation) spreadZones(g *group, s spread) {
	domain := g.zonal
	if value(s.NodeAffinityPolicy) == corev1.NodeInclusionPolicyIgnore {
		domain = t.table.all
	}
	seen := map[string]bool{}
	each(domain, func(row int) {
		if zone := t.offers[row].Zone; zone != "" {
			seen[zone] = true
		}
	})
	r := planner.Rule{Kind: planner.ZoneSpread, Max: int64(s.MaxSkew), Zones: sortedKeys(seen), Text: s.text}
	for _, stay := range t.stayersOf(s.m) {
		if r.Base == nil {
			r.Base = map[string]int64{}
		}
		if seen[stay.node.zone] {
			r.Base[stay.node.zone]++
		}
	}
	if s.MinDomains != nil && len(seen) < int(*s.MinDomains) {
		r.Kind = planner.ZoneCap
		r.Text += fmt.Sprintf(" minDomains %d of %d", *s.MinDomains, len(seen))
	}
	if s.MinDomains != nil && int(*s.MinDomains) > 1 && r.Kind == planner.ZoneSpread {
		t.notes.info(g.workload.Ref.String(), "minDomains %d: met, since more zones can be used", *s.MinDomains)
	}
	t.add(r, s.matched, nil)
}

// sortedKeys returns a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
