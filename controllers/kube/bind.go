package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// rule is a planner.Rule whose workloads are still groups, since their indices are known only once nobody gets stuck.
type rule struct {
	planner.Rule
	members, others []*group
}

// stayer is a pod that stays: not planned, but others are bound to it.
type stayer struct {
	pod  *Pod
	node *node
}

// bind evaluates what binds pods to each other. A group whose required affinity leads nowhere is stuck, which may
// leave another's affinity without a target, so this repeats until nobody else gets stuck.
func (t *translation) bind() {
	t.everyGroup = t.groups
	t.readStayers()
	before := make(map[*group][]planner.Constraint, len(t.groups))
	for _, g := range t.groups {
		before[g] = g.workload.Constraints
	}
	own := make(map[*group]planner.Set, len(t.groups))
	for _, g := range t.groups {
		own[g] = g.allowed
	}
	for {
		t.bound = nil
		t.index = newIndex(t.groups)
		for _, g := range t.groups {
			g.workload.Constraints, g.allowed, g.workload.HostMax = slices.Clone(before[g]), own[g], 0
		}
		for _, g := range t.groups {
			t.bindAnti(g)
			t.bindAffinity(g)
			t.bindSpread(g)
		}
		t.bindPorts()
		t.bindStayers()
		count := len(t.groups)
		t.dropStuck()
		if len(t.groups) == count {
			break
		}
	}
	t.renumber()
}

// renumber counts the shapes of each owner anew, now that stuck ones are gone, and turns rules over groups into rules
// over indices.
func (t *translation) renumber() {
	at := make(map[*group]int, len(t.groups))
	shape := 0
	for i, g := range t.groups {
		at[g] = i
		if shape++; i == 0 || t.groups[i-1].workload.Ref != g.workload.Ref {
			shape = 0
		}
		g.workload.Shape = shape
	}
	indices := func(groups []*group) []int {
		var out []int
		for _, g := range groups {
			out = append(out, at[g])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	seen := map[string]bool{}
	for _, r := range t.bound {
		r.Members, r.Others = indices(r.members), indices(r.others)
		symmetric := r.Kind == planner.HostConflict || r.Kind == planner.ZoneConflict
		if symmetric && slices.Compare(r.Members, r.Others) > 0 {
			r.Members, r.Others = r.Others, r.Members
		}
		key := fmt.Sprint(r.Kind, r.Members, r.Others, r.Max, r.Zones, r.Base)
		if !seen[key] {
			seen[key] = true
			t.rules = append(t.rules, r.Rule)
		}
	}
	slices.SortFunc(t.rules, func(a, b planner.Rule) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Text, b.Text),
			slices.Compare(a.Members, b.Members), slices.Compare(a.Others, b.Others))
	})
}

// readStayers lists the pods that stay, and which offer stands for which node.
func (t *translation) readStayers() {
	t.rowOf = map[string]int{}
	for row, o := range t.offers {
		for _, name := range o.Nodes {
			t.rowOf[name] = row
		}
	}
	for _, n := range t.nodes {
		for _, p := range n.pods {
			if n.fixes(p) && !p.daemon() {
				t.stayers = append(t.stayers, stayer{p, n})
			}
		}
	}
}

// stayersOf returns the pods that stay and that a matcher means.
func (t *translation) stayersOf(m matcher) []stayer {
	var out []stayer
	for _, s := range t.stayers {
		if m.matches(s.pod.Namespace, s.pod.Labels) {
			out = append(out, s)
		}
	}
	return out
}

// topology is where pods count as together.
type topology int

const (
	byHost topology = iota
	byZone
	elsewhere // a topology key that the planner's rules do not know
)

func topologyOf(key string) topology {
	switch canonicalKey(key) {
	case hostnameLabel:
		return byHost
	case zoneLabel:
		return byZone
	}
	return elsewhere
}

// places returns the offers where these staying pods are: their own nodes', or all in their zones.
func (t *translation) placesOf(by topology, stayers []stayer) planner.Set {
	var rows planner.Set
	for _, s := range stayers {
		switch row, offered := t.rowOf[s.node.Name]; {
		case by == byHost && offered:
			rows.Add(row)
		case by == byZone:
			rows = union(rows, t.table.where(Requirement{Key: zoneLabel, Operator: opIn, Values: []string{s.node.zone}}))
		}
	}
	return rows
}

// exclude keeps a group off some offers.
func (t *translation) exclude(g *group, kind, text string, rows planner.Set) {
	if rows.Len() > 0 {
		t.narrow(g, planner.Constraint{Kind: kind, Text: text, Offers: minus(t.table.all, rows)})
	}
}

// bindAnti evaluates a group's required anti-affinity. It holds in both directions, as the scheduler has it.
func (t *translation) bindAnti(g *group) {
	for _, term := range antiAffinityTerms(g.shape) {
		by := topologyOf(term.TopologyKey)
		text := g.workload.Ref.String() + " podAntiAffinity " + termText(term)
		if by == elsewhere {
			t.notes.warn(g.workload.Ref.String(), "required podAntiAffinity by %s is not planned: only by hostname and zone", term.TopologyKey)
			continue
		}
		m := t.termMatcher(g.workload.Ref, g.labels, term)
		matched := t.index.find(m)
		others := without(matched, g)
		if len(others) < len(matched) {
			if by == byHost {
				g.capHost(1)
			} else {
				t.add(planner.Rule{Kind: planner.ZoneCap, Max: 1, Text: text}, []*group{g}, nil)
			}
		}
		if len(others) > 0 {
			kind := planner.HostConflict
			if by == byZone {
				kind = planner.ZoneConflict
			}
			t.add(planner.Rule{Kind: kind, Text: text}, []*group{g}, others)
		}
		t.exclude(g, "podAntiAffinity", termText(term)+": pods that stay", t.placesOf(by, t.stayersOf(m)))
		t.excludeDaemons(g, by, m, term)
	}
}

// excludeDaemons keeps a group off nodes with a DaemonSet that it shuns.
func (t *translation) excludeDaemons(g *group, by topology, m matcher, term corev1.PodAffinityTerm) {
	for _, d := range t.daemonSets {
		if !m.matches(d.ref.Namespace, d.labels) {
			continue
		}
		if by == byHost {
			t.exclude(g, "podAntiAffinity", termText(term)+": "+d.ref.String(), d.rows)
			continue
		}
		t.notes.warn(g.workload.Ref.String(), "required podAntiAffinity by zone to a DaemonSet is not planned")
	}
}

// bindStayers keeps groups off the nodes and zones of pods that stay and shun them.
func (t *translation) bindStayers() {
	for _, s := range t.stayers {
		for _, term := range antiAffinityTerms(s.pod.Shape) {
			by := topologyOf(term.TopologyKey)
			if by == elsewhere {
				continue
			}
			owner := t.refOf(s.pod)
			m := t.termMatcher(owner, s.pod.Labels, term)
			rows := t.placesOf(by, []stayer{s})
			for _, g := range t.index.find(m) {
				t.exclude(g, "podAntiAffinity", termText(term)+" of "+owner.String()+", which stays", rows)
			}
		}
	}
}

// bindPorts keeps pods apart that want the same port of their node.
func (t *translation) bindPorts() {
	users := map[string][]*group{}
	for _, g := range t.groups {
		for _, port := range g.shape.HostPorts {
			g.capHost(1)
			users[port] = append(users[port], g)
		}
	}
	if len(users) == 0 {
		return
	}
	for _, port := range sortedKeys(users) {
		groups := users[port]
		for i, g := range groups {
			if others := without(groups[i+1:], g); len(others) > 0 {
				t.add(planner.Rule{Kind: planner.HostConflict, Text: g.workload.Ref.String() + " hostPort " + port}, []*group{g}, others)
			}
			for _, d := range t.daemonSets {
				if d.shape.usesPort(port) {
					t.exclude(g, "hostPort", port+": "+d.ref.String(), d.rows)
				}
			}
			for _, s := range t.stayers {
				if s.pod.Shape.usesPort(port) {
					t.exclude(g, "hostPort", port+": a pod that stays", t.placesOf(byHost, []stayer{s}))
				}
			}
		}
	}
}

// usesPort says whether pods of this shape take a port of their node.
func (s *Shape) usesPort(port string) bool {
	return slices.Contains(s.HostPorts, port)
}

// capHost lowers how many pods of a group one node may have.
func (g *group) capHost(n int64) {
	if g.workload.HostMax == 0 || n < g.workload.HostMax {
		g.workload.HostMax = n
	}
}

func (t *translation) add(r planner.Rule, members, others []*group) {
	t.bound = append(t.bound, rule{r, members, others})
}

// without returns groups except one.
func without(groups []*group, g *group) []*group {
	return slices.DeleteFunc(slices.Clone(groups), func(x *group) bool { return x == g })
}
