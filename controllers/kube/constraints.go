package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// findZones collects the zones that the cluster is known to use.
func (t *translation) findZones() {
	zones := map[string]bool{}
	for _, n := range t.nodes {
		if n.left != "" {
			continue // on premises, perhaps: nothing can be had there
		}
		zones[n.zone] = true
		if region := label(n.Node, corev1.LabelTopologyRegion, corev1.LabelFailureDomainBetaRegion); region != "" {
			t.region = region
		}
	}
	for _, p := range t.in.NodePools {
		for _, r := range p.Spec.Template.Spec.Requirements {
			if canonicalKey(r.Key) == zoneLabel && r.Operator == opIn {
				for _, z := range r.Values {
					zones[z] = true
				}
			}
		}
	}
	for _, v := range t.in.Volumes {
		for _, limit := range volumeNode(v) {
			for _, r := range slices.Concat(limit.terms...) {
				if r.Key == zoneLabel && r.Operator == opIn {
					for _, z := range r.Values {
						zones[z] = true
					}
				}
			}
		}
	}
	for key, values := range t.nodeKeys {
		for zone := range values {
			if zoneKey(canonicalKey(key)) == zoneLabel && !zones[zone] {
				zones[zone] = true
				t.notes.info("", "zone %s is named by selectors only: taken to be one where nodes can be had", zone)
			}
		}
	}
	delete(zones, "")
	t.zones = slices.Sorted(maps.Keys(zones))
	if len(t.zones) == 0 && t.cat.Region != "" {
		t.zones = []string{t.cat.Region + "a", t.cat.Region + "b", t.cat.Region + "c"}
		t.notes.info("", "the input names no zone: planned in %s", strings.Join(t.zones, ", "))
	}
	if len(t.zones) == 0 {
		t.zones = []string{"zone-a", "zone-b", "zone-c"}
		t.notes.info("", "neither input nor catalog names a zone or region: planned in %s", strings.Join(t.zones, ", "))
	}
	t.checkRegion()
}

// checkRegion compares where the cluster runs with where the prices are from.
func (t *translation) checkRegion() {
	if t.region == "" {
		t.region = t.cat.Region
		if zone := t.zones[0]; len(zone) > 1 && !strings.HasPrefix(zone, t.cat.Region) {
			t.region = strings.TrimSuffix(strings.TrimRight(zone, "abcdef"), "-")
		}
	}
	if t.cat.Region != "" && t.region != "" && t.region != t.cat.Region {
		t.notes.warn("", "the cluster runs in %s and the catalog's prices are those of %s", t.region, t.cat.Region)
	}
}

// taintRow are the offers with one set of taints.
type taintRow struct {
	taints []corev1.Taint
	rows   planner.Set
}

// tabulate builds the tables that constraints are asked of.
func (t *translation) tabulate() {
	rows := make([]labels, len(t.offers))
	names := make([][]string, len(t.offers))
	at := map[string]int{}
	for i, o := range t.offers {
		rows[i], names[i] = o.labels, o.Nodes
		key := fmt.Sprint(o.taints)
		row, ok := at[key]
		if !ok {
			row = len(t.taintRows)
			at[key] = row
			t.taintRows = append(t.taintRows, taintRow{taints: o.taints})
		}
		t.taintRows[row].rows.Add(i)
	}
	t.table = newTable(rows, names)
	t.tolerated = map[string]planner.Set{}
}

// tolerates returns the offers whose taints a shape tolerates. A daemon tolerates a cordon as well.
func (t *translation) tolerates(s *Shape, daemon bool) planner.Set {
	text, err := json.Marshal(s.Tolerations)
	if err != nil {
		panic(fmt.Sprintf("kube: tolerations are plain data, yet they do not encode: %v", err))
	}
	key := string(text) + strconv.FormatBool(daemon)
	if have, ok := t.tolerated[key]; ok {
		return have
	}
	var rows planner.Set
	for _, r := range t.taintRows {
		if _, hard := untolerated(s.Tolerations, r.taints, daemon); !hard {
			rows = union(rows, r.rows)
		}
	}
	t.tolerated[key] = rows
	return rows
}

// untolerated returns the first taint that keeps a pod away.
func untolerated(tolerations []corev1.Toleration, taints []corev1.Taint, daemon bool) (corev1.Taint, bool) {
	for _, taint := range taints {
		if taint.Effect == corev1.TaintEffectPreferNoSchedule || (daemon && taint.Key == corev1.TaintNodeUnschedulable) {
			continue
		}
		if !slices.ContainsFunc(tolerations, func(x corev1.Toleration) bool { return tolerate(x, taint) }) {
			return taint, true
		}
	}
	return corev1.Taint{}, false
}

// tolerate says whether a toleration covers a taint: ToleratesTaint of k8s.io/api core/v1, which wants a logger.
func tolerate(x corev1.Toleration, taint corev1.Taint) bool {
	if x.Effect != "" && x.Effect != taint.Effect {
		return false
	}
	if x.Key != "" && x.Key != taint.Key {
		return false
	}
	switch x.Operator {
	case "", corev1.TolerationOpEqual:
		return x.Value == taint.Value && x.Key != ""
	case corev1.TolerationOpExists:
		return true
	case opGt, opLt:
		r := Requirement{Key: x.Key, Operator: string(x.Operator), Values: []string{x.Value}}
		return r.matches(taint.Value, true)
	}
	return false
}

// constrain evaluates, for each group, what its own spec asks of nodes. Groups that no offer can carry become stuck.
func (t *translation) constrain() {
	for _, g := range t.groups {
		g.allowed = t.table.all
		g.zonal = t.table.all
		for _, c := range t.selectorConstraints(g) {
			t.narrow(g, c)
			g.zonal = g.zonal.And(c.Offers)
		}
		for _, c := range t.specConstraints(g) {
			t.narrow(g, c)
		}
		g.workload.Soft = t.soft(g)
		t.noteSpec(g)
	}
	t.dropStuck()
}

// narrow adds a constraint to a group.
func (t *translation) narrow(g *group, c planner.Constraint) {
	g.workload.Constraints = append(g.workload.Constraints, c)
	g.allowed = g.allowed.And(c.Offers)
}

// selectorConstraints are the node selector, one constraint for each label, and the required node affinity: one for
// each expression where there is a single term, one for all where terms are alternatives.
func (t *translation) selectorConstraints(g *group) []planner.Constraint {
	var out []planner.Constraint
	one := func(r Requirement, origin string) {
		if t.unknownLabel(g, r) {
			return
		}
		text := r.String()
		if origin == "nodeSelector" {
			text = r.Key + ": " + r.Values[0]
		}
		out = append(out, planner.Constraint{Kind: kindOf(r.Key, origin), Text: text, Offers: t.table.where(r)})
	}
	for _, key := range slices.Sorted(maps.Keys(g.shape.NodeSelector)) {
		one(Requirement{Key: key, Operator: opIn, Values: []string{g.shape.NodeSelector[key]}}, "nodeSelector")
	}
	if g.shape.Affinity == nil || g.shape.Affinity.NodeAffinity == nil {
		return out
	}
	required := g.shape.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if required == nil {
		return out
	}
	if len(required.NodeSelectorTerms) == 1 && len(required.NodeSelectorTerms[0].MatchFields) == 0 && len(required.NodeSelectorTerms[0].MatchExpressions) > 0 {
		for _, r := range plainRequirements(required.NodeSelectorTerms[0].MatchExpressions) {
			one(r, "nodeAffinity")
		}
		return out
	}
	return append(out, t.alternatives(g, required.NodeSelectorTerms))
}

// alternatives evaluates the terms of a node selector, of which one must hold. An empty term holds nowhere.
func (t *translation) alternatives(g *group, terms []corev1.NodeSelectorTerm) planner.Constraint {
	var rows planner.Set
	var texts []string
	for _, term := range terms {
		var parts []string
		s := t.table.all
		if len(term.MatchExpressions)+len(term.MatchFields) == 0 {
			s = nil
		}
		for _, r := range plainRequirements(term.MatchExpressions) {
			parts = append(parts, r.String())
			if !t.unknownLabel(g, r) {
				s = s.And(t.table.where(r))
			}
		}
		for _, r := range plainRequirements(term.MatchFields) {
			parts = append(parts, r.String())
			s = s.And(t.whereField(r))
		}
		rows = union(rows, s)
		texts = append(texts, strings.Join(parts, " and "))
	}
	return planner.Constraint{Kind: "nodeAffinity", Text: strings.Join(texts, ", or "), Offers: rows}
}

// whereField evaluates a requirement on a field of the node; metadata.name is the only one there is.
func (t *translation) whereField(r Requirement) planner.Set {
	if r.Key != "metadata.name" {
		return nil
	}
	return t.table.whereName(r)
}

// plainRequirements translates expressions as they are.
func plainRequirements(expressions []corev1.NodeSelectorRequirement) []Requirement {
	out := make([]Requirement, 0, len(expressions))
	for _, e := range expressions {
		out = append(out, Requirement{Key: e.Key, Operator: string(e.Operator), Values: e.Values})
	}
	return out
}

// unknownLabel tells labels that Karpenter's provider gives to nodes and the catalog has no figure for. To let them
// exclude every node to be made would be wrong, so they are noted and taken as met.
func (t *translation) unknownLabel(g *group, r Requirement) bool {
	if !providerLabel(r.Key) || catalogLabel(r.Key) || len(t.table.column(r.Key).values) > 0 {
		return false
	}
	t.notes.warn(g.workload.Ref.String(), "the catalog does not know the label %s: %q is taken as met", r.Key, r)
	return true
}

// kindOf names a constraint after what its label means to a reader.
func kindOf(key, origin string) string {
	switch canonicalKey(key) {
	case corev1.LabelArchStable:
		return "arch"
	case corev1.LabelOSStable:
		return "os"
	case zoneLabel:
		return "zone"
	case corev1.LabelInstanceTypeStable:
		return "instanceType"
	case capacityTypeLabel:
		return "capacityType"
	case poolLabel:
		return "pool"
	case hostnameLabel:
		return "pinned"
	case productLabel, awsPrefix + "gpu-name":
		return "gpuModel"
	}
	return origin
}

// specConstraints are those that do not come from selectors.
func (t *translation) specConstraints(g *group) []planner.Constraint {
	var out []planner.Constraint
	s := g.shape
	if s.OS != "" {
		r := Requirement{Key: corev1.LabelOSStable, Operator: opIn, Values: []string{s.OS}}
		out = append(out, planner.Constraint{Kind: "os", Text: "spec.os: " + s.OS, Offers: t.table.where(r)})
	}
	if s.NodeName != "" {
		r := Requirement{Key: "metadata.name", Operator: opIn, Values: []string{s.NodeName}}
		out = append(out, planner.Constraint{Kind: "pinned", Text: "spec.nodeName: " + s.NodeName, Offers: t.table.whereName(r)})
	}
	for _, v := range g.volumes {
		var rows planner.Set
		for _, all := range v.terms {
			s := t.table.all
			for _, r := range all {
				s = s.And(t.table.where(r))
			}
			rows = union(rows, s)
		}
		out = append(out, planner.Constraint{Kind: "volume", Text: v.String(), Offers: rows})
	}
	if !s.GPU.Zero() {
		out = append(out, planner.Constraint{Kind: "gpu", Text: gpuText(s.GPU), Offers: t.gpuOffers(s.GPU)})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Requests.Extended)) {
		out = append(out, t.extended(name, s.Requests.Extended[name]))
	}
	if rows := t.tolerates(s, false); !rows.Equal(t.table.all) {
		out = append(out, planner.Constraint{Kind: "taints", Text: t.taintsText(s), Offers: rows})
	}
	return out
}

// extended is the constraint of an extended resource: offers that have as much of it.
func (t *translation) extended(name string, n int64) planner.Constraint {
	var rows planner.Set
	for row, o := range t.offers {
		if o.Allocatable.Extended[name] >= n {
			rows.Add(row)
		}
	}
	return planner.Constraint{Kind: "resource", Text: fmt.Sprintf("%s: %d", name, n), Offers: rows}
}

// String prints a volume's limit: "PersistentVolume pv-1: topology.kubernetes.io/zone In [us-east-1a]".
func (v volumeLimit) String() string {
	var terms []string
	for _, all := range v.terms {
		var parts []string
		for _, r := range all {
			parts = append(parts, r.String())
		}
		terms = append(terms, strings.Join(parts, " and "))
	}
	return v.text + ": " + strings.Join(terms, ", or ")
}

// gpuText prints a need in the API's words.
func gpuText(need planner.GPUNeed) string {
	var parts []string
	if need.Whole > 0 {
		parts = append(parts, fmt.Sprintf("%s: %d", gpuResource, need.Whole))
	}
	for _, profile := range slices.Sorted(maps.Keys(need.Slices)) {
		parts = append(parts, fmt.Sprintf("%s%s: %d", migPrefix, profile, need.Slices[profile]))
	}
	return strings.Join(parts, ", ")
}

// taintsText names the taints that keep a shape away.
func (t *translation) taintsText(s *Shape) string {
	seen := map[string]bool{}
	for _, r := range t.taintRows {
		if taint, hard := untolerated(s.Tolerations, r.taints, false); hard {
			seen[taintText(taint)] = true
		}
	}
	names := slices.Sorted(maps.Keys(seen))
	const most = 5
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return "does not tolerate " + strings.Join(names, ", ")
}

// dropStuck takes groups out that no offer can carry, with the reason.
func (t *translation) dropStuck() {
	t.groups = slices.DeleteFunc(t.groups, func(g *group) bool {
		reason := g.stuckReason()
		if reason == "" {
			return false
		}
		t.stuck = append(t.stuck, planner.Unplaced{Workload: g.workload.Ref.String(), Count: g.workload.Replicas, Reason: reason})
		return true
	})
}

// stuckReason says why no offer carries a group; "" where one does.
func (g *group) stuckReason() string {
	if len(g.shape.Devices) > 0 {
		return "asks for devices by resource claims (" + strings.Join(g.shape.Devices, ", ") + "), which are not planned yet"
	}
	if g.blocked != "" {
		return g.blocked
	}
	if g.allowed.Len() > 0 {
		return ""
	}
	var all []string
	for _, c := range g.workload.Constraints {
		if c.Offers.Len() == 0 {
			return "no kind of node meets " + c.Kind + ": " + c.Text
		}
		all = append(all, c.Kind+": "+c.Text)
	}
	if len(all) == 0 {
		return "there is no kind of node at all"
	}
	return "no kind of node meets all of " + strings.Join(all, "; ")
}
