package kube

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// soft lists a group's preferences: counted and not obeyed, in the API's words. One note for each kind counts them.
func (t *translation) soft(g *group) []string {
	var out []string
	prefer := func(kind, format string, args ...any) {
		out = append(out, kind+": "+fmt.Sprintf(format, args...))
		t.notes.info(g.workload.Ref.String(), "preferred, counted and not obeyed: %s", kind)
	}
	if a := g.shape.Affinity; a != nil {
		if a.NodeAffinity != nil {
			for _, p := range a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
				var parts []string
				for _, r := range plainRequirements(slices.Concat(p.Preference.MatchExpressions, p.Preference.MatchFields)) {
					parts = append(parts, r.String())
				}
				prefer("preferred nodeAffinity", "%s (weight %d)", strings.Join(parts, " and "), p.Weight)
			}
		}
		if a.PodAffinity != nil {
			for _, p := range a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
				prefer("preferred podAffinity", "%s (weight %d)", termText(p.PodAffinityTerm), p.Weight)
			}
		}
		if a.PodAntiAffinity != nil {
			for _, p := range a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
				prefer("preferred podAntiAffinity", "%s (weight %d)", termText(p.PodAffinityTerm), p.Weight)
			}
		}
	}
	for _, c := range g.shape.Spread {
		if c.WhenUnsatisfiable == corev1.ScheduleAnyway {
			prefer("topologySpreadConstraints ScheduleAnyway", "%s maxSkew %d", c.TopologyKey, c.MaxSkew)
		}
	}
	for _, r := range t.taintRows {
		if r.rows.And(g.allowed).Len() == 0 {
			continue
		}
		for _, taint := range r.taints {
			tolerated := slices.ContainsFunc(g.shape.Tolerations, func(x corev1.Toleration) bool { return tolerate(x, taint) })
			if taint.Effect == corev1.TaintEffectPreferNoSchedule && !tolerated {
				prefer("PreferNoSchedule taint", "%s", taintText(taint))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// noteSpec notes what of a group's own spec was read and not obeyed.
func (t *translation) noteSpec(g *group) {
	object := g.workload.Ref.String()
	if len(g.shape.Devices) > 0 {
		t.notes.warn(object, "resource claims (DRA) are not planned yet: its pods are reported as unplaceable")
	}
	if g.workload.Ref.Kind == "Pod" {
		t.notes.info(object, "a pod without a controller: where the plan moves it, somebody has to make it anew")
	}
	if g.shape.Affinity != nil && g.shape.Affinity.NodeAffinity != nil && g.shape.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, term := range g.shape.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			for _, r := range plainRequirements(term.MatchExpressions) {
				if fault := r.fault(); fault != "" {
					t.notes.warn(object, "a node affinity expression that matches nothing: %s", fault)
				}
			}
		}
	}
}

// termText prints a pod affinity term: "app=web by kubernetes.io/hostname".
func termText(term corev1.PodAffinityTerm) string {
	return selectorText(term.LabelSelector) + " by " + term.TopologyKey
}
