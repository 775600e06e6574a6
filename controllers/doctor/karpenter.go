package doctor

import (
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// Karpenter is what the input says of the running one.
type Karpenter struct {
	Deployment string `json:"deployment,omitempty"` // "namespace/name"; "" where the input has none
	Version    string `json:"version,omitempty"`    // by the tag of its image; "": not known
	// Gates are the feature gates that a proposal may need: "on", "off", or "unknown" with the reason after it.
	Gates map[string]string `json:"gates"`
}

// Gates that a proposal may need, and what for. Both are alpha and off by default in Karpenter v1.15.0
// (pkg/operator/options/options.go).
var gates = []struct{ name, use string }{
	{"CapacityBuffer", "tenon propose --headroom writes CapacityBuffers"},
	{"NodeOverlay", "tenon propose writes NodeOverlays for MIG slices, time slicing and prices"},
}

const (
	on      = "on"
	off     = "off"
	unknown = "unknown"
)

// karpenter finds out which Karpenter runs and whether it does what a proposal needs.
func (e *exam) karpenter() {
	e.control.Gates = map[string]string{}
	d := e.deployment()
	if d == nil {
		for _, g := range gates {
			e.control.Gates[g.name] = unknown + ": no Deployment of Karpenter in the input"
		}
		severity := planner.Info
		if len(e.Objects.NodeOverlays) > 0 {
			severity = planner.Warning
		}
		e.add(Finding{
			Severity: severity, Check: "karpenter", Object: "Deployment/karpenter",
			Seen: "The input has no Deployment called karpenter or labelled app.kubernetes.io/name=karpenter.",
			Why:  "Karpenter's version and its feature gates are unknown; NodeOverlays and CapacityBuffers may do nothing.",
			Do:   "Add it to the dump: kubectl get deployments -n kube-system -o yaml. Where Karpenter is hosted (EKS Auto Mode), ask its provider.",
		})
		return
	}
	container := containerOf(d)
	e.control.Deployment = d.Namespace + "/" + d.Name
	e.control.Version = tagOf(container.Image)
	object := d.Namespace + "/Deployment/" + d.Name
	switch {
	case e.control.Version == "":
		e.add(Finding{
			Severity: planner.Info, Check: "karpenter", Object: object, Seen: fmt.Sprintf("Its image %q has no tag.", container.Image),
			Why: "Karpenter's version is unknown; what it does may differ from the " + e.Version + " that Tenon runs.", Do: "Compare the versions by hand.",
		})
	case minor(e.control.Version) != minor(e.Version):
		e.add(Finding{
			Severity: planner.Info, Check: "karpenter", Object: object, Seen: fmt.Sprintf("Karpenter %s runs; Tenon's is %s.", e.control.Version, e.Version),
			Why: "What tenon plan, propose and whatif say of Karpenter is what " + e.Version + " would do.", Do: "Take it with care, or bring Karpenter to that version.",
		})
	}
	for _, g := range gates {
		state := gateOf(container, g.name)
		e.control.Gates[g.name] = state
		if state != on {
			e.gate(object, g.name, g.use, state)
		}
	}
}

// gate says that a feature gate is not known to be on. It is a warning where the input has objects that need it.
func (e *exam) gate(object, name, use, state string) {
	f := Finding{
		Severity: planner.Info, Check: "featureGate", Object: object, Seen: fmt.Sprintf("Feature gate %s is %s.", name, state),
		Why: use + "; without the gate Karpenter does not read them.", Do: fmt.Sprintf("Set %s=true in FEATURE_GATES (Helm: settings.featureGates.%s) before you apply such a proposal.", name, firstLower(name)),
	}
	if name == "NodeOverlay" && len(e.Objects.NodeOverlays) > 0 {
		f.Severity = planner.Warning
		f.Why = count(len(e.Objects.NodeOverlays), "NodeOverlay", "NodeOverlays") + " of the input may do nothing; " + f.Why
	}
	e.add(f)
}

// firstLower is a gate's name as Helm's values have it: nodeOverlay.
func firstLower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// deployment is Karpenter's, the first by name.
func (e *exam) deployment() *appsv1.Deployment {
	for _, d := range byName(e.Objects.Deployments) {
		if d.Name == "karpenter" || d.Labels["app.kubernetes.io/name"] == "karpenter" {
			return d
		}
	}
	return nil
}

// containerOf is the controller's: called so, or with Karpenter's image, or the first.
func containerOf(d *appsv1.Deployment) corev1.Container {
	containers := d.Spec.Template.Spec.Containers
	for _, c := range containers {
		if c.Name == "controller" || strings.Contains(c.Image, "karpenter") {
			return c
		}
	}
	if len(containers) > 0 {
		return containers[0]
	}
	return corev1.Container{}
}

// tagOf is the tag of an image, "" where it has none: registry:5000/karpenter/controller:1.15.0@sha256:…
func tagOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(image, ":")
	return tag
}

// minor is "1.15" of "v1.15.0".
func minor(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// gateOf reads a feature gate as Karpenter does: the argument --feature-gates, else the variable FEATURE_GATES.
func gateOf(c corev1.Container, name string) string {
	text, said, hidden := "", false, false
	for _, v := range c.Env {
		if v.Name == "FEATURE_GATES" {
			text, said, hidden = v.Value, true, v.ValueFrom != nil
		}
	}
	words := append(append([]string{}, c.Command...), c.Args...)
	for i, word := range words {
		flag, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if flag != "feature-gates" || !strings.HasPrefix(word, "-") {
			continue
		}
		if !given && i+1 < len(words) {
			value = words[i+1]
		}
		text, said, hidden = value, true, false
	}
	switch {
	case hidden:
		return unknown + ": FEATURE_GATES comes from elsewhere"
	case strings.Contains(text, "$("):
		return unknown + ": it is taken from a variable"
	case !said && len(c.EnvFrom) > 0:
		return unknown + ": FEATURE_GATES is not set here, and variables come from elsewhere"
	case !said:
		return unknown + ": FEATURE_GATES is not set, so that it has its default, off in v1.15"
	}
	state := unknown + ": FEATURE_GATES does not name it, so that it has its default, off in v1.15"
	for part := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(part, "=")
		if strings.TrimSpace(key) != name {
			continue
		}
		is, err := strconv.ParseBool(strings.TrimSpace(value))
		switch {
		case err != nil:
			state = unknown + ": its value " + strconv.Quote(value) + " is no boolean"
		case is:
			state = on
		default:
			state = off
		}
	}
	return state
}
