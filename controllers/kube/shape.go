package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	helper "k8s.io/component-helpers/resource"

	"github.com/tenon-sh/tenon/planner"
)

// Names that Kubernetes, Karpenter and the NVIDIA device plugin give.
const (
	gpuResource   = "nvidia.com/gpu"
	migPrefix     = "nvidia.com/mig-"
	doNotDisrupt  = "karpenter.sh/do-not-disrupt"
	mirrorPod     = "kubernetes.io/config.mirror"
	hostnameLabel = corev1.LabelHostname
	zoneLabel     = corev1.LabelTopologyZone
)

// Shape is what of a pod's spec bears on where it can run. Its fields are in the order of the pod's API; it is
// immutable, and two pods with equal shapes are interchangeable as far as their specs go.
type Shape struct {
	Requests     planner.Resources // containers, init containers, sidecars, overhead; Pods is 1
	GPU          planner.GPUNeed
	NodeSelector map[string]string
	Affinity     *corev1.Affinity
	Tolerations  []corev1.Toleration
	Spread       []corev1.TopologySpreadConstraint
	HostPorts    []string // "80/TCP", sorted
	OS           string
	Priority     int32
	Gates        []string // scheduling gates
	Devices      []string // resource claims (DRA), by the name in the pod
	QoS          string
	NodeName     string // of a template that names its node; empty for pods
	RuntimeClass string // of a template whose overhead nobody has filled in; empty otherwise
	Containers   []planner.Container

	key string // canonical JSON of the above: equal keys are equal shapes
}

// ReducePod keeps of a pod what planning looks at. A resize in progress counts as the larger of what was and what is
// asked for, as in Karpenter's and the scheduler's own sums.
func ReducePod(pod *corev1.Pod) (Pod, error) {
	if owner := metav1.GetControllerOfNoCopy(pod); owner != nil && owner.Kind == "DaemonSet" {
		unpinned := *pod
		unpinned.Spec.Affinity = withoutNodeName(pod.Spec.Affinity)
		pod = &unpinned
	}
	shape, err := newShape(pod)
	if err != nil {
		return Pod{}, err
	}
	p := Pod{
		Namespace: pod.Namespace, Name: pod.Name, Labels: pod.Labels,
		DoNotDisrupt: pod.Annotations[doNotDisrupt],
		NodeName:     pod.Spec.NodeName,
		Claims:       claimNames(pod),
		Shape:        shape,
		Leaving: pod.DeletionTimestamp != nil ||
			pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
	}
	if owner := metav1.GetControllerOf(pod); owner != nil {
		p.Owner = Owner{owner.Kind, owner.Name}
	} else if len(pod.OwnerReferences) > 0 {
		p.Owner = Owner{pod.OwnerReferences[0].Kind, pod.OwnerReferences[0].Name}
	}
	if pod.Status.StartTime != nil {
		p.Started = pod.Status.StartTime.Time
	}
	_, mirrored := pod.Annotations[mirrorPod]
	p.Static = mirrored || p.Owner.Kind == "Node"
	return p, nil
}

// daemon tells the pods that belong to a node and not to the demand.
func (p *Pod) daemon() bool { return p.Static || p.Owner.Kind == "DaemonSet" }

// withoutNodeName takes out what a DaemonSet's controller puts into each of its pods: the name of the pod's node. What
// is left is the DaemonSet's own affinity.
func withoutNodeName(a *corev1.Affinity) *corev1.Affinity {
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return a
	}
	a = a.DeepCopy()
	required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	for i := range required.NodeSelectorTerms {
		term := &required.NodeSelectorTerms[i]
		term.MatchFields = nil
		if len(term.MatchExpressions) == 0 { // nothing but the name: the DaemonSet has no affinity of its own
			a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = nil
			break
		}
	}
	return a
}

// shapeOfTemplate reads a template as the pod that a controller would make of it.
func shapeOfTemplate(template corev1.PodTemplateSpec) (*Shape, error) {
	pod := corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	shape, err := newShape(&pod)
	if err != nil {
		return nil, err
	}
	shape.NodeName = template.Spec.NodeName
	if shape.RuntimeClass = value(template.Spec.RuntimeClassName); template.Spec.Overhead != nil {
		shape.RuntimeClass = ""
	}
	shape.seal()
	return shape, nil
}

func newShape(pod *corev1.Pod) (*Shape, error) {
	if err := checkPod(&pod.Spec); err != nil {
		return nil, err
	}
	spec := pod.Spec
	defaulted := *pod
	defaulted.Spec.Containers = defaultRequests(spec.Containers)
	defaulted.Spec.InitContainers = defaultRequests(spec.InitContainers)
	list := helper.PodRequests(&defaulted, helper.PodResourcesOptions{
		UseStatusResources: true, InPlacePodLevelResourcesVerticalScalingEnabled: true,
	})
	s := &Shape{
		NodeSelector: spec.NodeSelector,
		Affinity:     spec.Affinity,
		Tolerations:  keptTolerations(spec.Tolerations),
		Spread:       spec.TopologySpreadConstraints,
		HostPorts:    hostPorts(spec),
		Priority:     value(spec.Priority),
		QoS:          cmp.Or(string(pod.Status.QOSClass), qos(defaulted.Spec)),
	}
	s.Requests, s.GPU = split(amounts(list, up))
	s.Requests.Pods = 1
	if spec.OS != nil {
		s.OS = string(spec.OS.Name)
	}
	for _, gate := range spec.SchedulingGates {
		s.Gates = append(s.Gates, gate.Name)
	}
	for _, claim := range spec.ResourceClaims {
		s.Devices = append(s.Devices, claim.Name)
	}
	s.Containers = containers(&defaulted.Spec)
	s.seal()
	return s, nil
}

// seal computes the key. encoding/json writes maps in the order of their keys, so equal shapes have equal text.
func (s *Shape) seal() {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("kube: a shape is plain data, yet it does not encode: %v", err))
	}
	s.key = string(text)
}

// split takes GPUs out of a resource list: whole cards and MIG slices have their own place in the planner.
func split(r planner.Resources) (planner.Resources, planner.GPUNeed) {
	var need planner.GPUNeed
	rest := map[string]int64{}
	for name, n := range r.Extended {
		switch profile, mig := strings.CutPrefix(name, migPrefix); {
		case name == gpuResource:
			need.Whole = n
		case mig && n > 0:
			if need.Slices == nil {
				need.Slices = map[string]int64{}
			}
			need.Slices[profile] = n
		default:
			rest[name] = n
		}
	}
	r.Extended = nil
	if len(rest) > 0 {
		r.Extended = rest
	}
	return r, need
}

// checkPod finds amounts that mean nothing.
func checkPod(spec *corev1.PodSpec) error {
	check := func(kind string, containers []corev1.Container) error {
		for i := range containers {
			path := fmt.Sprintf("spec.%s[%d].resources", kind, i)
			if err := cmp.Or(checkAmounts(path+".requests", containers[i].Resources.Requests),
				checkAmounts(path+".limits", containers[i].Resources.Limits)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := cmp.Or(check("containers", spec.Containers), check("initContainers", spec.InitContainers),
		checkAmounts("spec.overhead", spec.Overhead)); err != nil {
		return err
	}
	if spec.Resources != nil {
		return cmp.Or(checkAmounts("spec.resources.requests", spec.Resources.Requests),
			checkAmounts("spec.resources.limits", spec.Resources.Limits))
	}
	return nil
}

// defaultRequests sets requests that are absent to the limits, as the API server does when it takes a pod in.
func defaultRequests(containers []corev1.Container) []corev1.Container {
	containers = slices.Clone(containers)
	for i := range containers {
		requests := maps.Clone(containers[i].Resources.Requests)
		for name, q := range containers[i].Resources.Limits {
			if _, ok := requests[name]; !ok {
				if requests == nil {
					requests = corev1.ResourceList{}
				}
				requests[name] = q
			}
		}
		containers[i].Resources.Requests = requests
	}
	return containers
}

// keptTolerations drops the two that the API server gives to every pod for five minutes: no planned node has those
// taints, and templates lack them, so that a pod and its template would differ for nothing.
func keptTolerations(tolerations []corev1.Toleration) []corev1.Toleration {
	var kept []corev1.Toleration
	for _, t := range tolerations {
		ephemeral := t.Key == corev1.TaintNodeNotReady || t.Key == corev1.TaintNodeUnreachable
		if ephemeral && t.Effect == corev1.TaintEffectNoExecute && t.TolerationSeconds != nil {
			continue
		}
		t.TolerationSeconds = nil // says how long, not whether
		kept = append(kept, t)
	}
	return kept
}

// hostPorts lists the ports that a pod takes of its node, whatever the address: two pods on one port of two addresses
// could share a node, but a plan that keeps them apart is right as well.
func hostPorts(spec corev1.PodSpec) []string {
	var ports []string
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for _, c := range containers {
			for _, p := range c.Ports {
				port := p.HostPort
				if spec.HostNetwork && port == 0 {
					port = p.ContainerPort
				}
				if port == 0 {
					continue
				}
				ports = append(ports, fmt.Sprintf("%d/%s", port, cmp.Or(p.Protocol, corev1.ProtocolTCP)))
			}
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// claimNames lists the PersistentVolumeClaims of a pod; a generic ephemeral volume's claim is named after pod and volume.
func claimNames(pod *corev1.Pod) []string {
	var names []string
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			names = append(names, v.PersistentVolumeClaim.ClaimName)
		case v.Ephemeral != nil:
			names = append(names, pod.Name+"-"+v.Name)
		}
	}
	slices.Sort(names)
	return names
}

// qos is the class that the kubelet would give (k8s.io/kubernetes pkg/apis/core/v1/helper/qos), for templates.
func qos(spec corev1.PodSpec) string {
	all := slices.Concat(spec.Containers, spec.InitContainers)
	asks, guaranteed := false, len(all) > 0
	for _, c := range all {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
			asks = asks || !request.IsZero() || !limit.IsZero()
			guaranteed = guaranteed && !limit.IsZero() && request.Cmp(limit) == 0
		}
	}
	switch {
	case guaranteed:
		return string(corev1.PodQOSGuaranteed)
	case asks:
		return string(corev1.PodQOSBurstable)
	}
	return string(corev1.PodQOSBestEffort)
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
