package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	klabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/tenon-sh/tenon/planner"
)

// matcher says which pods a selector of another pod means.
type matcher struct {
	namespaces map[string]bool // nil: all
	selector   klabels.Selector
}

func (m matcher) matches(namespace string, labels map[string]string) bool {
	return (m.namespaces == nil || m.namespaces[namespace]) && m.selector.Matches(klabels.Set(labels))
}

// selectorText prints a label selector, "nothing" for an absent one, which selects nothing.
func selectorText(s *metav1.LabelSelector) string {
	if s == nil {
		return "nothing"
	}
	text := metav1.FormatLabelSelector(s)
	if text == "<none>" {
		return "every pod"
	}
	return text
}

// termMatcher reads an affinity term of a pod in a namespace with these labels.
func (t *translation) termMatcher(owner planner.Ref, own map[string]string, term corev1.PodAffinityTerm) matcher {
	m := matcher{selector: t.withKeys(owner, own, term.LabelSelector, term.MatchLabelKeys, selection.In)}
	for _, key := range term.MismatchLabelKeys {
		if v, ok := own[key]; ok {
			m.selector = restrict(m.selector, key, selection.NotIn, v)
		}
	}
	if len(term.Namespaces) == 0 && term.NamespaceSelector == nil {
		m.namespaces = map[string]bool{owner.Namespace: true}
		return m
	}
	m.namespaces = map[string]bool{}
	for _, n := range term.Namespaces {
		m.namespaces[n] = true
	}
	if term.NamespaceSelector == nil {
		return m
	}
	selector, err := metav1.LabelSelectorAsSelector(term.NamespaceSelector)
	if err != nil {
		t.notes.warn(owner.String(), "a namespaceSelector that cannot be read: %v", err)
		return m
	}
	if selector.Empty() {
		m.namespaces = nil
		return m
	}
	maps.Copy(m.namespaces, t.namespacesWith(owner, selector))
	return m
}

// namespacesWith evaluates a namespace selector. Every namespace has its name as a label; the rest of its labels is
// known only where the input has the Namespace.
func (t *translation) namespacesWith(owner planner.Ref, selector klabels.Selector) map[string]bool {
	known := map[string]map[string]string{}
	for _, g := range t.everyGroup {
		known[g.workload.Ref.Namespace] = nil
	}
	for _, s := range t.stayers {
		known[s.pod.Namespace] = nil
	}
	for _, d := range t.daemonSets {
		known[d.ref.Namespace] = nil
	}
	for _, n := range t.in.Namespaces {
		known[n.Name] = n.Labels
	}
	out := map[string]bool{}
	for name, labels := range known {
		set := klabels.Set{corev1.LabelMetadataName: name}
		maps.Copy(set, labels)
		if selector.Matches(set) {
			out[name] = true
		}
	}
	requirements, _ := selector.Requirements()
	byName := !slices.ContainsFunc(requirements, func(r klabels.Requirement) bool { return r.Key() != corev1.LabelMetadataName })
	if len(t.in.Namespaces) == 0 && !byName {
		t.notes.warn(owner.String(), "a namespaceSelector asks for labels of namespaces, which are not in the input: add namespaces to the dump")
	}
	return out
}

// withKeys reads a label selector, narrowed to pods that agree with this one in the given keys.
func (t *translation) withKeys(owner planner.Ref, own map[string]string, s *metav1.LabelSelector, keys []string, op selection.Operator) klabels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.notes.warn(owner.String(), "a label selector that cannot be read selects nothing: %v", err)
		return klabels.Nothing()
	}
	for _, key := range keys {
		if v, ok := own[key]; ok && s != nil {
			selector = restrict(selector, key, op, v)
		}
	}
	return selector
}

// restrict adds one requirement to a selector.
func restrict(s klabels.Selector, key string, op selection.Operator, v string) klabels.Selector {
	r, err := klabels.NewRequirement(key, op, []string{v})
	if err != nil { // a label that exists has a valid key and value; a hostile one matches nothing
		return klabels.Nothing()
	}
	return s.DeepCopySelector().Add(*r)
}

// index finds groups by what a selector must match, so that 10,000 selectors over 10,000 groups stay cheap.
type index struct {
	byNamespace map[string][]*group
	byLabel     map[string][]*group // "namespace\x00key\x00value"
	all         []*group
	found       map[string][]*group
}

func newIndex(groups []*group) *index {
	x := &index{byNamespace: map[string][]*group{}, byLabel: map[string][]*group{}, all: groups, found: map[string][]*group{}}
	for _, g := range groups {
		n := g.workload.Ref.Namespace
		x.byNamespace[n] = append(x.byNamespace[n], g)
		for key, v := range g.labels {
			at := n + "\x00" + key + "\x00" + v
			x.byLabel[at] = append(x.byLabel[at], g)
		}
	}
	return x
}

// find returns the groups that a matcher means, in the order of the groups.
func (x *index) find(m matcher) []*group {
	namespaces := slices.Sorted(maps.Keys(m.namespaces))
	key := fmt.Sprintf("%v %v %s", m.namespaces == nil, namespaces, m.selector)
	if groups, ok := x.found[key]; ok {
		return groups
	}
	var groups []*group
	consider := func(candidates []*group) {
		for _, g := range candidates {
			if m.matches(g.workload.Ref.Namespace, g.labels) {
				groups = append(groups, g)
			}
		}
	}
	if m.namespaces == nil {
		consider(x.all)
	} else {
		for _, n := range namespaces {
			consider(x.candidates(n, m.selector))
		}
	}
	slices.SortFunc(groups, compareGroups)
	x.found[key] = groups
	return groups
}

// candidates are the groups of a namespace that can match: those with the first label that the selector pins down.
func (x *index) candidates(namespace string, s klabels.Selector) []*group {
	requirements, selectable := s.Requirements()
	if !selectable {
		return nil
	}
	for _, r := range requirements {
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			var out []*group
			for _, v := range slices.Sorted(maps.Keys(r.Values())) {
				out = append(out, x.byLabel[strings.Join([]string{namespace, r.Key(), v}, "\x00")]...)
			}
			return out
		}
	}
	return x.byNamespace[namespace]
}
