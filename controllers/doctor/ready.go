package doctor

import (
	"cmp"
	"fmt"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// readiness finds NodePools and NodeOverlays that Karpenter does not use, and NodePools that it cannot use.
func (e *exam) readiness() {
	for _, p := range e.pools {
		if message, ok := unready(p.Status); ok {
			e.add(Finding{
				Severity: planner.Warning, Check: "notReady", Object: "NodePool/" + p.Name, Seen: "Not ready: " + message + ".",
				Why: "Karpenter makes no node of it, and no plan does.", Do: "Put right what the message names; a node class that is not ready is the commonest cause.",
			})
			continue
		}
		if p.Spec.Replicas == nil {
			e.choice(p)
		}
	}
	for _, o := range byName(e.Objects.NodeOverlays) {
		if message, ok := unready(o.Status); ok && o.DeletionTimestamp == nil {
			e.add(Finding{
				Severity: planner.Warning, Check: "notReady", Object: "NodeOverlay/" + o.Name, Seen: "Not ready: " + message + ".",
				Why: "Its prices and capacity do not apply, so that slices and time-sliced devices that it adds are not made.",
				Do:  "Put right what the message names; two overlays of one weight must not contradict each other.",
			})
		}
	}
}

// unready returns the message of the first condition that is not True.
func unready(c kube.Conditions) (message string, is bool) {
	for _, name := range []string{"ValidationSucceeded", "Ready"} {
		for _, condition := range c.Conditions {
			if condition.Type == name && condition.Status != "True" {
				return fmt.Sprintf("%s is %s, %s", name, cmp.Or(condition.Status, "not known"), cmp.Or(trimDot(condition.Message), "no reason given")), true
			}
		}
	}
	return "", false
}

func trimDot(text string) string {
	for len(text) > 0 && (text[len(text)-1] == '.' || text[len(text)-1] == '\n') {
		text = text[:len(text)-1]
	}
	return text
}

// choice finds a NodePool that no instance type fits.
func (e *exam) choice(p *kube.NodePool) {
	if len(e.of[p.Name]) > 0 {
		return
	}
	seen := "No instance type of the catalog meets its requirements"
	if r, ok := e.impossible(p); ok {
		seen += "; none meets " + r.String() + " by itself"
	}
	e.add(Finding{
		Severity: planner.Warning, Check: "noType", Object: "NodePool/" + p.Name, Seen: seen + ".",
		Why: "It makes no node; pods that only it would take wait for ever.", Do: "Widen its requirements, or give the types that it means with --catalog.",
	})
}

// impossible is the first requirement that excludes every type, of those on labels that types have.
func (e *exam) impossible(p *kube.NodePool) (kube.Requirement, bool) {
	for _, r := range p.Spec.Template.Spec.Requirements {
		known, met := false, false
		for _, labels := range e.labels {
			_, has := labels[r.Key]
			known, met = known || has, met || r.Met(labels)
		}
		if known && !met {
			return r, true
		}
	}
	return kube.Requirement{}, false
}
