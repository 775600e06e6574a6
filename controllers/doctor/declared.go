package doctor

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// declared finds nodes that are not what their NodePool says.
func (e *exam) declared() {
	for _, p := range e.pools {
		nodes := e.on[p.Name]
		e.templateLabels(p, nodes)
		e.templateTaints(p, nodes)
		for _, r := range p.Spec.Template.Spec.Requirements {
			off := where(nodes, func(n *corev1.Node) bool { return !r.Met(n.Labels) })
			e.off(p, nodes, off, Finding{
				Check: "requirement", Seen: "Its requirement " + r.String() + " is not met by the labels of " + placeholder + ".",
				Why: "They drift: Karpenter replaces them as its disruption budgets allow, and what they carry moves.",
				Do:  "Let them be replaced, or widen the requirement if they should stay.",
			})
		}
	}
	e.states()
}

func where(nodes []*corev1.Node, is func(*corev1.Node) bool) []*corev1.Node {
	return slices.DeleteFunc(slices.Clone(nodes), func(n *corev1.Node) bool { return !is(n) })
}

// placeholder stands for nodes in a sentence; no name of Kubernetes' has it.
const placeholder = "\x00"

// off adds a warning about nodes of a pool, where there are any; placeholder in Seen stands for them.
func (e *exam) off(p *kube.NodePool, all, off []*corev1.Node, f Finding) {
	if len(off) == 0 {
		return
	}
	before, after, _ := strings.Cut(f.Seen, placeholder)
	f.Severity, f.Object, f.Nodes = planner.Warning, "NodePool/"+p.Name, namesOf(off)
	f.Seen = before + share(len(off), len(all)) + " (" + some(f.Nodes) + ")" + after
	e.add(f)
}

func (e *exam) templateLabels(p *kube.NodePool, nodes []*corev1.Node) {
	for _, key := range keys(p.Spec.Template.Metadata.Labels) {
		want := p.Spec.Template.Metadata.Labels[key]
		off := where(nodes, func(n *corev1.Node) bool { v, ok := n.Labels[key]; return !ok || v != want })
		e.off(p, nodes, off, Finding{
			Check: "label", Seen: "The template's label " + key + "=" + want + " is missing or different on " + placeholder + ".",
			Why: "Karpenter counts on the label; kube-scheduler sends no pod there that asks for it.",
			Do:  "See who has changed the label, and replace these nodes.",
		})
	}
}

func (e *exam) templateTaints(p *kube.NodePool, nodes []*corev1.Node) {
	for _, want := range p.Spec.Template.Spec.Taints {
		off := where(nodes, func(n *corev1.Node) bool {
			return !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
				return t.Key == want.Key && t.Value == want.Value && t.Effect == want.Effect
			})
		})
		e.off(p, nodes, off, Finding{
			Check: "taint", Seen: "The template's taint " + taintText(want) + " is missing on " + placeholder + ".",
			Why: "Pods that the taint should keep away can run there and take the place of those that it is for.",
			Do:  "See who has removed the taint, and put it back or replace these nodes.",
		})
	}
}

func taintText(t corev1.Taint) string {
	if t.Value == "" {
		return fmt.Sprintf("%s:%s", t.Key, t.Effect)
	}
	return fmt.Sprintf("%s=%s:%s", t.Key, t.Value, t.Effect)
}

// states finds nodes on which MIG manager has not done what it was told.
func (e *exam) states() {
	for _, pool := range keys(e.on) {
		in := map[string][]string{}
		total := 0
		for _, n := range e.on[pool] {
			if state, ok := n.Labels[stateLabel]; ok {
				total++
				in[state] = append(in[state], n.Name)
			}
		}
		for _, state := range keys(in) {
			if state == "success" {
				continue
			}
			severity := planner.Warning
			if state == "pending" || state == "rebooting" {
				severity = planner.Info
			}
			e.add(Finding{
				Severity: severity, Check: "migState", Object: objectOf(pool), Nodes: in[state],
				Seen: fmt.Sprintf("The label %s is %q on %s that have it (%s).", stateLabel, state, share(len(in[state]), total), some(in[state])),
				Why:  "These nodes do not have the slices that their configuration names.",
				Do:   "Read the log of MIG manager on them; pods on a card keep it from being laid out anew.",
			})
		}
	}
}

func objectOf(pool string) string {
	if pool == "" {
		return "nodes without a NodePool"
	}
	return "NodePool/" + pool
}

// strangers finds nodes that no NodePool of the input has made.
func (e *exam) strangers() {
	known := map[string]bool{}
	for _, p := range e.Objects.NodePools {
		known[p.Name] = true
	}
	if nodes := e.on[""]; len(nodes) > 0 {
		e.add(Finding{
			Severity: planner.Info, Check: "noNodePool", Object: objectOf(""), Nodes: namesOf(nodes),
			Seen: fmt.Sprintf("Without the label %s: %s (%s).", poolLabel, share(len(nodes), len(e.nodes)), some(namesOf(nodes))),
			Why:  "Karpenter neither replaces nor consolidates them; they cost what they cost.",
			Do:   "Keep what must stay outside Karpenter, such as its own nodes; move the rest into NodePools.",
		})
	}
	for _, pool := range keys(e.on) {
		if pool == "" || known[pool] {
			continue
		}
		e.add(Finding{
			Severity: planner.Warning, Check: "noNodePool", Object: "NodePool/" + pool, Nodes: namesOf(e.on[pool]),
			Seen: fmt.Sprintf("Not in the input, and named by %s (%s).", share(len(e.on[pool]), len(e.nodes)), some(namesOf(e.on[pool]))),
			Why:  "If it was deleted, these nodes go; if it was left out of the dump, nothing can be said of them.",
			Do:   "Add nodepools to the dump: kubectl get nodepools -o yaml.",
		})
	}
}
