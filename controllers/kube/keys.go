package kube

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// readKeys finds out which labels matter: of pods those that some selector looks at, of nodes those that some pod,
// volume or overlay asks for, with the values asked for. Labels that nobody asks for would only tell equal things apart.
func (t *translation) readKeys() {
	t.podKeys, t.nodeKeys = map[string]bool{}, map[string]map[string]bool{}
	seen := map[*Shape]bool{}
	for i := range t.in.Pods {
		if s := t.in.Pods[i].Shape; !seen[s] {
			seen[s] = true
			t.readShapeKeys(s)
		}
	}
	for _, c := range t.controllers {
		t.readShapeKeys(c.shape)
	}
	for _, d := range t.daemonSets {
		t.readShapeKeys(d.shape)
	}
	for _, b := range t.in.Budgets {
		t.podSelector(b.Spec.Selector)
	}
	for _, v := range t.in.Volumes {
		if v.Spec.NodeAffinity != nil {
			t.nodeSelector(v.Spec.NodeAffinity.Required)
		}
	}
	for _, o := range t.in.NodeOverlays {
		for _, r := range o.Spec.Requirements {
			t.nodeKey(r.Key, r.Values...)
		}
	}
	for _, c := range t.in.StorageClasses {
		for _, term := range c.AllowedTopologies {
			for _, e := range term.MatchLabelExpressions {
				t.nodeKey(e.Key, e.Values...)
			}
		}
	}
}

func (t *translation) nodeKey(key string, values ...string) {
	if t.nodeKeys[key] == nil {
		t.nodeKeys[key] = map[string]bool{}
	}
	for _, v := range values {
		t.nodeKeys[key][v] = true
	}
}

func (t *translation) readShapeKeys(s *Shape) {
	for key, v := range s.NodeSelector {
		t.nodeKey(key, v)
	}
	for _, c := range s.Spread {
		t.nodeKey(c.TopologyKey)
		t.podSelector(c.LabelSelector)
		for _, key := range c.MatchLabelKeys {
			t.podKeys[key] = true
		}
	}
	if s.Affinity == nil {
		return
	}
	if a := s.Affinity.NodeAffinity; a != nil {
		t.nodeSelector(a.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	for _, term := range slices.Concat(affinityTerms(s), antiAffinityTerms(s)) {
		t.nodeKey(term.TopologyKey)
		t.podSelector(term.LabelSelector)
		for _, key := range slices.Concat(term.MatchLabelKeys, term.MismatchLabelKeys) {
			t.podKeys[key] = true
		}
	}
}

func (t *translation) podSelector(s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	for key := range s.MatchLabels {
		t.podKeys[key] = true
	}
	for _, e := range s.MatchExpressions {
		t.podKeys[e.Key] = true
	}
}

func (t *translation) nodeSelector(s *corev1.NodeSelector) {
	if s == nil {
		return
	}
	for _, term := range s.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			t.nodeKey(e.Key, e.Values...)
		}
		for _, e := range term.MatchFields {
			t.nodeKey(hostnameLabel, e.Values...) // the node's name tells it apart, as its hostname does
		}
	}
}

// affinityTerms are the required pod affinity terms of a shape.
func affinityTerms(s *Shape) []corev1.PodAffinityTerm {
	if s.Affinity == nil || s.Affinity.PodAffinity == nil {
		return nil
	}
	return s.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
}

// antiAffinityTerms are the required pod anti-affinity terms of a shape.
func antiAffinityTerms(s *Shape) []corev1.PodAffinityTerm {
	if s.Affinity == nil || s.Affinity.PodAntiAffinity == nil {
		return nil
	}
	return s.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
}
