package karpenter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/storage/volume"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/utils/daemonset"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

const (
	gpuResource = "nvidia.com/gpu"
	migPrefix   = "nvidia.com/mig-"
	// Implicit names the NodePool of an input that has none.
	Implicit = "default"
)

// FromObjects makes the world of a dump: its pods ask for what kube.ReducePod has read of them, in whole MiB, so that a
// plan and Karpenter see the same. Pods that controllers want and do not have are made up; those on nodes that are being
// deleted are to be placed. What Karpenter would ignore, such as NodePools that are not ready, is left out with a note.
func FromObjects(o *kube.Objects, cat pricing.Catalog, opts Options) World {
	survey := kube.Look(o, cat)
	w := World{
		NodeOverlays: survey.NodeOverlays, Zones: survey.Zones, Region: survey.Region, Catalog: cat, Options: opts, At: o.At,
		Volumes: o.Volumes, StorageClasses: o.StorageClasses,
		Namespaces: o.Namespaces, Budgets: o.Budgets, Notes: survey.Notes,
	}
	for _, p := range survey.NodePools {
		if p.Name == "" {
			named := *p
			named.Name = Implicit
			p = &named
		}
		w.NodePools = append(w.NodePools, p)
	}
	for _, n := range o.Nodes {
		if !leaving(n) {
			w.Nodes = append(w.Nodes, n)
		}
	}
	storage := w.addClaims(slices.Concat(o.Claims, survey.Claims))
	gated := 0
	for _, p := range slices.Concat(o.Pods, survey.ToCome) {
		switch {
		case p.Leaving:
		case len(p.Shape.Gates) > 0:
			gated++
		default:
			w.Pods = append(w.Pods, w.podOf(p, storage))
		}
	}
	if gated > 0 {
		w.note(planner.Info, "", "%d pods with scheduling gates are not placed until they are lifted", gated)
	}
	w.addDaemons(o)
	return w
}

// addClaims takes the claims that can be followed to a volume, or to a class that makes one where the pod is, and returns
// their names. Readers drop the annotation by which a claim says that it is bound.
func (w *World) addClaims(claims []*corev1.PersistentVolumeClaim) map[string]bool {
	volumes, late := map[string]bool{}, map[string]bool{}
	for _, v := range w.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range w.StorageClasses {
		late[c.Name] = c.VolumeBindingMode != nil && *c.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	}
	known := map[string]bool{}
	for _, c := range claims {
		if c.Spec.VolumeName == "" && (c.Spec.StorageClassName == nil || !late[*c.Spec.StorageClassName]) || c.Spec.VolumeName != "" && !volumes[c.Spec.VolumeName] {
			continue
		}
		if c.Spec.VolumeName != "" {
			c = c.DeepCopy()
			c.Annotations = map[string]string{volume.AnnBindCompleted: "yes"}
		}
		known[c.Namespace+"/"+c.Name] = true
		w.Claims = append(w.Claims, c)
	}
	return known
}

// leaving tells a node whose pods need another place.
func leaving(n *corev1.Node) bool {
	return n.DeletionTimestamp != nil || slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return t.Key == v1.DisruptedTaintKey || t.Key == "karpenter.sh/disruption"
	})
}

// podOf writes a reduced pod out again: one container with what the whole pod asks for. A claim that cannot be followed
// to a volume is left out, and the pod stays in the zone where it is, as in controllers/kube.
func (w *World) podOf(p kube.Pod, known map[string]bool) *corev1.Pod {
	pod := podOfShape(p.Shape)
	pod.Namespace, pod.Name, pod.Labels, pod.Spec.NodeName = p.Namespace, p.Name, p.Labels, p.NodeName
	if !p.Started.IsZero() {
		pod.CreationTimestamp = metav1.NewTime(p.Started) // Karpenter takes the older of equal pods first
		pod.Status.StartTime = &pod.CreationTimestamp
	}
	if p.DoNotDisrupt != "" {
		pod.Annotations = map[string]string{v1.DoNotDisruptAnnotationKey: p.DoNotDisrupt}
	}
	switch {
	case p.Static:
		pod.OwnerReferences = owner("v1", "Node", p.NodeName)
	case p.Owner.Kind == "DaemonSet", p.Owner.Kind == "StatefulSet", p.Owner.Kind == "ReplicaSet":
		pod.OwnerReferences = owner("apps/v1", p.Owner.Kind, p.Owner.Name)
	case p.Owner.Kind != "":
		pod.OwnerReferences = owner("tenon.sh/unknown", p.Owner.Kind, p.Owner.Name)
	}
	pod.Status.Phase = corev1.PodPending
	if p.NodeName != "" {
		pod.Status.Phase = corev1.PodRunning
	}
	for _, name := range p.Claims {
		if !known[p.Namespace+"/"+name] {
			w.stayInZone(pod, name)
			continue
		}
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name},
		}})
	}
	return pod
}

func (w *World) stayInZone(pod *corev1.Pod, claim string) {
	object := pod.Namespace + "/Pod/" + pod.Name
	for _, n := range w.Nodes {
		if zone := n.Labels[corev1.LabelTopologyZone]; n.Name == pod.Spec.NodeName && zone != "" {
			pod.Spec.NodeSelector = maps.Clone(pod.Spec.NodeSelector)
			if pod.Spec.NodeSelector == nil {
				pod.Spec.NodeSelector = map[string]string{}
			}
			pod.Spec.NodeSelector[corev1.LabelTopologyZone] = zone
			w.note(planner.Info, object, "where the volume of its claim %s can be is not in the input: it stays in zone %s, where it is", claim, zone)
			return
		}
	}
	w.note(planner.Warning, object, "where the volume of its claim %s can be is not in the input, nor where it is: placed in any zone", claim)
}

func owner(version, kind, name string) []metav1.OwnerReference {
	controls := true
	return []metav1.OwnerReference{{APIVersion: version, Kind: kind, Name: name, UID: uid(kind, "", name), Controller: &controls}}
}

// podOfShape is a pod without a name.
func podOfShape(s *kube.Shape) *corev1.Pod {
	pod := &corev1.Pod{}
	pod.Spec.NodeSelector, pod.Spec.Affinity, pod.Spec.Tolerations = s.NodeSelector, s.Affinity, s.Tolerations
	pod.Spec.TopologySpreadConstraints, pod.Spec.Priority = s.Spread, &s.Priority
	pod.Spec.Containers = []corev1.Container{{Name: "all", Resources: corev1.ResourceRequirements{Requests: listOf(s.Requests, s.GPU)}}}
	for _, text := range s.HostPorts {
		number, protocol, _ := strings.Cut(text, "/")
		if port, err := strconv.ParseInt(number, 10, 32); err == nil {
			pod.Spec.Containers[0].Ports = append(pod.Spec.Containers[0].Ports, corev1.ContainerPort{
				HostPort: int32(port), ContainerPort: int32(port), Protocol: corev1.Protocol(protocol),
			})
		}
	}
	if s.OS != "" {
		pod.Spec.OS = &corev1.PodOS{Name: corev1.OSName(s.OS)}
	}
	for _, name := range s.Devices {
		pod.Spec.ResourceClaims = append(pod.Spec.ResourceClaims, corev1.PodResourceClaim{Name: name})
	}
	return pod
}

// listOf writes amounts as a resource list. Pods is left out: Karpenter adds it. A share of a card, which Karpenter does
// not know, is a device: an overlay says how many there are.
func listOf(r planner.Resources, g planner.GPUNeed) corev1.ResourceList {
	list := corev1.ResourceList{}
	add := func(name string, q *resource.Quantity) {
		if !q.IsZero() {
			list[corev1.ResourceName(name)] = *q
		}
	}
	add("cpu", resource.NewMilliQuantity(r.CPUMilli, resource.DecimalSI))
	add("memory", resource.NewQuantity(r.MemoryMiB*mebibyte, resource.BinarySI))
	add("ephemeral-storage", resource.NewQuantity(r.EphemeralMiB*mebibyte, resource.BinarySI))
	for name, n := range r.Extended {
		if strings.HasPrefix(name, corev1.ResourceHugePagesPrefix) {
			n *= mebibyte
		}
		add(name, resource.NewQuantity(n, resource.DecimalSI))
	}
	whole := g.Whole
	if g.ShareMilli > 0 {
		whole = 1
	}
	add(gpuResource, resource.NewQuantity(whole, resource.DecimalSI))
	for profile, n := range g.Slices {
		add(migPrefix+profile, resource.NewQuantity(n, resource.DecimalSI))
	}
	return list
}

// addDaemons takes a pod for each DaemonSet: of its template, or, where that is not in the input, one that runs.
func (w *World) addDaemons(o *kube.Objects) {
	have := map[string]bool{}
	for _, d := range o.DaemonSets {
		key := d.Namespace + "/" + d.Name
		if have[key] {
			continue
		}
		have[key] = true
		pod := daemonset.PodForDaemonSet(d)
		pod.Namespace, pod.Name, pod.OwnerReferences = d.Namespace, d.Name, owner("apps/v1", "DaemonSet", d.Name)
		w.Daemons = append(w.Daemons, pod)
	}
	for _, p := range sortedPods(o.Pods) {
		key := p.Namespace + "/" + p.Owner.Name
		if p.Owner.Kind != "DaemonSet" || p.Static || p.Leaving || have[key] {
			continue
		}
		have[key] = true
		pod := podOfShape(p.Shape)
		pod.Namespace, pod.Name, pod.Labels, pod.OwnerReferences = p.Namespace, p.Owner.Name, p.Labels, owner("apps/v1", "DaemonSet", p.Owner.Name)
		w.Daemons = append(w.Daemons, pod)
		w.note(planner.Info, p.Namespace+"/DaemonSet/"+p.Owner.Name, "this DaemonSet is not in the input; what it takes of a node is read from one of its pods")
	}
}

func sortedPods(pods []kube.Pod) []kube.Pod {
	return slices.SortedStableFunc(slices.Values(pods), func(a, b kube.Pod) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
}

// Requested returns a copy of the world in which the pods ask for what a snapshot's workloads do, such as planned
// targets: those that the workloads name, and those that FromObjects has made up for them. Others are left as they are.
func (w World) Requested(s planner.Snapshot) World {
	asked := map[string]corev1.ResourceList{}
	for i := range s.Workloads {
		wl := &s.Workloads[i]
		for _, name := range wl.Pods {
			asked[wl.Ref.Namespace+"/"+name] = listOf(wl.Requests, wl.GPU)
		}
		for n := range wl.Replicas - int64(len(wl.Pods)) {
			asked[fmt.Sprintf("%s/%s-tocome-%d", wl.Ref.Namespace, wl.Ref.Name, n)] = listOf(wl.Requests, wl.GPU)
		}
	}
	pods := slices.Clone(w.Pods)
	for i, p := range pods {
		if list, ok := asked[keyOf(p)]; ok {
			p = p.DeepCopy()
			var ports []corev1.ContainerPort
			for _, c := range p.Spec.Containers {
				ports = append(ports, c.Ports...)
			}
			p.Spec.InitContainers, p.Spec.Overhead, p.Spec.Resources = nil, nil, nil
			p.Spec.Containers = []corev1.Container{{Name: "all", Ports: ports, Resources: corev1.ResourceRequirements{Requests: list}}}
			pods[i] = p
		}
	}
	w.Pods = pods
	return w
}
