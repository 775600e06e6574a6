package kube

import (
	"fmt"
	"math"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	klabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/tenon-sh/tenon/planner"
)

// hold finds the nodes that stay: those whose owner says so, and those with a pod that nobody may evict. A node that is
// being deleted goes whatever its pods say.
func (t *translation) hold() {
	t.holdPods()
	t.holdBudgets()
	static := map[string]bool{}
	for _, p := range t.in.NodePools {
		static[p.Name] = p.Spec.Replicas != nil
	}
	for _, n := range t.nodes {
		if n.left != "" || n.leaving {
			continue
		}
		own := ""
		switch {
		case n.Annotations[doNotDisrupt] == "true":
			own = doNotDisrupt + " on the node"
		case n.controlPlane():
			own = "a control-plane node"
		case static[n.pool] && n.pool != "":
			own = "of the static NodePool " + n.pool
		}
		if own != "" {
			n.held, n.because = own, own
			t.notes.info("Node/"+n.Name, "stays whatever is planned: %s", own)
		}
	}
}

// fix makes a pod stay, and its node with it.
func (t *translation) fix(p *Pod, why string) {
	n := t.nodeAt[p.NodeName]
	if n == nil || p.Leaving || n.left != "" || n.leaving {
		return
	}
	n.fixed[p] = true
	if n.held == "" {
		n.held = fmt.Sprintf("carries %s/Pod/%s, %s", p.Namespace, p.Name, why)
		n.because = "carries a pod " + why
	}
	t.notes.info("Node/"+n.Name, "stays whatever is planned: it carries a pod %s", why)
}

// holdPods fixes the pods whose annotation says so. A duration protects from the pod's start on; where that or the
// snapshot's instant is not known, it is taken to protect still.
func (t *translation) holdPods() {
	for i := range t.in.Pods {
		p := &t.in.Pods[i]
		if p.DoNotDisrupt == "" || p.DoNotDisrupt == "false" {
			continue
		}
		if p.DoNotDisrupt == "true" {
			t.fix(p, "with "+doNotDisrupt)
			continue
		}
		object := p.Namespace + "/Pod/" + p.Name
		span, err := time.ParseDuration(p.DoNotDisrupt)
		switch {
		case err != nil:
			t.notes.warn(object, "%s=%q is neither true nor a duration and is not obeyed", doNotDisrupt, p.DoNotDisrupt)
		case !p.Started.IsZero() && !t.opts.At.IsZero() && t.opts.At.Sub(p.Started) >= span:
			t.notes.info(object, "its %s duration has run out", doNotDisrupt)
		default:
			t.notes.info(object, "%s for a duration: taken to hold for this plan", doNotDisrupt)
			t.fix(p, "with "+doNotDisrupt)
		}
	}
}

// holdBudgets fixes the pods whose PodDisruptionBudget allows no eviction by its spec. What its status says of this
// moment is no reason: a budget that is used up now will not be later.
func (t *translation) holdBudgets() {
	if len(t.in.Budgets) == 0 {
		return
	}
	inNamespace := map[string][]*Pod{}
	alive := map[planner.Ref]int64{}
	for i := range t.in.Pods {
		if p := &t.in.Pods[i]; !p.Leaving {
			inNamespace[p.Namespace] = append(inNamespace[p.Namespace], p)
			alive[t.refOf(p)]++
		}
	}
	for _, b := range t.in.Budgets {
		object := b.Namespace + "/PodDisruptionBudget/" + b.Name
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil {
			t.notes.warn(object, "its selector cannot be read, so it is not obeyed: %v", err)
			continue
		}
		var pods []*Pod
		expected := int64(0)
		for _, p := range inNamespace[b.Namespace] {
			if selector.Matches(klabels.Set(p.Labels)) {
				pods = append(pods, p)
				expected++
			}
		}
		for _, c := range t.controllers {
			if c.ref.Namespace == b.Namespace && selector.Matches(klabels.Set(c.labels)) {
				expected += max(0, c.want-alive[c.ref])
			}
		}
		if !forbids(b, expected) {
			continue
		}
		for _, p := range pods {
			if !p.daemon() {
				t.fix(p, "whose PodDisruptionBudget "+b.Namespace+"/"+b.Name+" allows no eviction")
			}
		}
	}
}

// forbids says whether a budget over so many pods lets none go. Percentages round up, as the disruption controller's do.
func forbids(b *policyv1.PodDisruptionBudget, pods int64) bool {
	if pods == 0 {
		return false
	}
	amount := func(v *intstr.IntOrString) (int64, bool) {
		n, err := intstr.GetScaledValueFromIntOrPercent(v, int(min(pods, math.MaxInt32)), true)
		return int64(n), err == nil
	}
	switch {
	case b.Spec.MaxUnavailable != nil:
		n, ok := amount(b.Spec.MaxUnavailable)
		return ok && n <= 0
	case b.Spec.MinAvailable != nil:
		n, ok := amount(b.Spec.MinAvailable)
		return ok && n >= pods
	}
	return false
}
