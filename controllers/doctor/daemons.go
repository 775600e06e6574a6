package doctor

import (
	"fmt"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	schedule "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// daemons finds DaemonSets that a NodePool's taints keep off its nodes, though their selectors would let them run there.
func (e *exam) daemons() {
	sets := byName(e.Objects.DaemonSets)
	for _, p := range e.pools {
		for _, taint := range p.Spec.Template.Spec.Taints {
			if taint.Effect == corev1.TaintEffectPreferNoSchedule {
				continue
			}
			var missing []string
			for _, d := range sets {
				spec := d.Spec.Template.Spec
				if d.DeletionTimestamp == nil && e.selects(d, p) && !schedule.TolerationsTolerateTaint(logr.Discard(), spec.Tolerations, &taint, true) {
					missing = append(missing, d.Namespace+"/"+d.Name)
				}
			}
			if len(missing) == 0 {
				continue
			}
			e.add(Finding{
				Severity: planner.Info, Check: "daemonSet", Object: "NodePool/" + p.Name,
				Seen: fmt.Sprintf("%s not tolerate its taint %s: %s.", count(len(missing), "DaemonSet does", "DaemonSets do"), taintText(taint), some(missing)),
				Why:  "Their pods are missing on its nodes: no logs, metrics, storage or devices there, whichever they are for.",
				Do:   "Add a toleration where they are needed; leave it where the taint is meant to keep them away.",
			})
		}
	}
}

// selects says whether a DaemonSet's selectors allow a node of a NodePool: any of those that exist, or else what the
// template says.
func (e *exam) selects(d *appsv1.DaemonSet, p *kube.NodePool) bool {
	spec := d.Spec.Template.Spec
	if nodes := e.on[p.Name]; len(nodes) > 0 {
		required := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: spec})
		for _, n := range nodes {
			if ok, err := required.Match(n); ok && err == nil {
				return true
			}
		}
		return false
	}
	labels := p.Spec.Template.Metadata.Labels
	for key, want := range spec.NodeSelector {
		if have, ok := labels[key]; ok && have != want || key == poolLabel && want != p.Name {
			return false
		}
	}
	return true
}
