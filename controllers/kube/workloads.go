package kube

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/planner"
)

// ownerKey names what a pod's ownerReference points to.
type ownerKey struct{ namespace, kind, name string }

// controller is who wants pods: its template stands for the pods that it has not made yet.
type controller struct {
	ref    planner.Ref
	want   int64 // pods that should be alive
	shape  *Shape
	labels map[string]string
	claims []corev1.PersistentVolumeClaim // a StatefulSet's templates
}

// group is a workload in the making: interchangeable pods.
type group struct {
	workload planner.Workload
	shape    *Shape
	labels   map[string]string // only those that some selector looks at
	volumes  volumeLimits
	common   map[string]string // labels that all its pods share
	on       map[string]int64  // pods by node of today
	allowed  planner.Set       // offers that meet all constraints
	zonal    planner.Set       // offers that meet the selectors and affinities alone: a spread's eligible domains
	blocked  string            // why it cannot run whatever the offers; "" where nothing is
	key      string
}

// resolveOwners finds for each controller of pods the object that a user knows: the Deployment behind a ReplicaSet, the
// CronJob behind a Job.
func (t *translation) resolveOwners() {
	t.owners = map[ownerKey]planner.Ref{}
	above := func(o metav1.Object, kind string) {
		ref := planner.Ref{Namespace: o.GetNamespace(), Kind: kind, Name: o.GetName()}
		if owner := metav1.GetControllerOfNoCopy(o); owner != nil {
			ref = planner.Ref{Namespace: o.GetNamespace(), Kind: owner.Kind, Name: owner.Name}
		}
		t.owners[ownerKey{o.GetNamespace(), kind, o.GetName()}] = ref
	}
	for _, rs := range t.in.ReplicaSets {
		above(rs, "ReplicaSet")
	}
	for _, job := range t.in.Jobs {
		above(job, "Job")
	}
}

// refOf names the workload that a pod belongs to. A ReplicaSet that is not in the input and whose name ends in its pods'
// template hash was made by a Deployment; that is how Deployments name them.
func (t *translation) refOf(p *Pod) planner.Ref {
	if p.Owner == (Owner{}) {
		return planner.Ref{Namespace: p.Namespace, Kind: "Pod", Name: p.Name}
	}
	if ref, ok := t.owners[ownerKey{p.Namespace, p.Owner.Kind, p.Owner.Name}]; ok {
		return ref
	}
	hash := p.Labels["pod-template-hash"]
	if name, ok := strings.CutSuffix(p.Owner.Name, "-"+hash); ok && hash != "" && p.Owner.Kind == "ReplicaSet" {
		return planner.Ref{Namespace: p.Namespace, Kind: "Deployment", Name: name}
	}
	return planner.Ref{Namespace: p.Namespace, Kind: p.Owner.Kind, Name: p.Owner.Name}
}

// readTemplates reads who wants how many pods.
func (t *translation) readTemplates() {
	add := func(ref planner.Ref, want int64, template corev1.PodTemplateSpec) *controller {
		shape, err := shapeOfTemplate(template)
		if err != nil {
			t.notes.warn(ref.String(), "its template cannot be read, only its live pods are planned: %s", strings.TrimPrefix(err.Error(), ErrObject.Error()+": "))
			return nil
		}
		t.completeTemplate(shape, template.Spec.PriorityClassName, ref)
		t.controllers = append(t.controllers, controller{ref: ref, want: want, shape: shape, labels: template.Labels})
		return &t.controllers[len(t.controllers)-1]
	}
	ref := func(o metav1.Object, kind string) planner.Ref {
		return planner.Ref{Namespace: o.GetNamespace(), Kind: kind, Name: o.GetName()}
	}
	have := map[planner.Ref]bool{}
	for _, d := range t.in.Deployments {
		have[ref(d, "Deployment")] = true
		add(ref(d, "Deployment"), replicas(d.Spec.Replicas), d.Spec.Template)
	}
	for _, s := range t.in.StatefulSets {
		if c := add(ref(s, "StatefulSet"), replicas(s.Spec.Replicas), s.Spec.Template); c != nil {
			c.claims = s.Spec.VolumeClaimTemplates
		}
	}
	for _, rs := range t.in.ReplicaSets {
		owner := t.owners[ownerKey{rs.Namespace, "ReplicaSet", rs.Name}]
		if replicas(rs.Spec.Replicas) > 0 && !have[owner] {
			add(owner, replicas(rs.Spec.Replicas), rs.Spec.Template)
		}
	}
	for _, job := range t.in.Jobs {
		if want := jobPods(job); want > 0 {
			add(t.owners[ownerKey{job.Namespace, "Job", job.Name}], want, job.Spec.Template)
		}
	}
	for _, c := range t.in.CronJobs {
		t.notes.info(ref(c, "CronJob").String(), "a CronJob's Jobs to come are not planned, only those that exist")
	}
	t.readDaemonSets()
}

// replicas reads spec.replicas, whose absence means 1.
func replicas(n *int32) int64 {
	if n == nil {
		return 1
	}
	return max(0, int64(*n))
}

// jobPods is how many pods a Job wants alive now.
func jobPods(job *batchv1.Job) int64 {
	for _, c := range job.Status.Conditions {
		ended := c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed
		if ended && c.Status == corev1.ConditionTrue {
			return 0
		}
	}
	if value(job.Spec.Suspend) {
		return 0
	}
	want := replicas(job.Spec.Parallelism)
	if job.Spec.Completions != nil {
		want = min(want, int64(*job.Spec.Completions)-int64(job.Status.Succeeded))
	}
	return max(0, want)
}

// completeTemplate fills in what admission would have: the priority of a class, the overhead of a runtime class.
func (t *translation) completeTemplate(s *Shape, class string, ref planner.Ref) {
	switch class {
	case "":
		for _, c := range t.in.PriorityClasses {
			if c.GlobalDefault && s.Priority == 0 {
				s.Priority = c.Value
			}
		}
	case "system-cluster-critical":
		s.Priority = 2_000_000_000
	case "system-node-critical":
		s.Priority = 2_000_001_000
	default:
		for _, c := range t.in.PriorityClasses {
			if c.Name == class {
				s.Priority = c.Value
			}
		}
	}
	if s.RuntimeClass != "" {
		t.addRuntimeClass(s, ref)
	}
	s.seal()
}

func (t *translation) addRuntimeClass(s *Shape, ref planner.Ref) {
	for _, c := range t.in.RuntimeClasses {
		if c.Name != s.RuntimeClass {
			continue
		}
		s.RuntimeClass = ""
		if c.Overhead != nil {
			overhead, _ := split(amounts(c.Overhead.PodFixed, up))
			s.Requests = plus(s.Requests, overhead)
		}
		if c.Scheduling != nil {
			s.NodeSelector = maps.Clone(s.NodeSelector)
			if s.NodeSelector == nil {
				s.NodeSelector = map[string]string{}
			}
			maps.Copy(s.NodeSelector, c.Scheduling.NodeSelector)
			s.Tolerations = append(slices.Clone(s.Tolerations), keptTolerations(c.Scheduling.Tolerations)...)
		}
		return
	}
	t.notes.warn(ref.String(), "runtimeClassName %s is not in the input: pods to come are planned without its overhead", s.RuntimeClass)
	s.RuntimeClass = ""
}

// demand turns the planned pods, and those that controllers have still to make, into groups.
func (t *translation) demand() {
	at := map[string]*group{}
	alive := map[planner.Ref]int64{}
	for i := range t.in.Pods {
		p := &t.in.Pods[i]
		if p.Leaving || p.daemon() {
			continue
		}
		ref := t.refOf(p)
		alive[ref]++
		if n := t.nodeAt[p.NodeName]; n != nil && n.fixes(p) {
			continue
		}
		if len(p.Shape.Gates) > 0 {
			t.gated++
			t.notes.info(ref.String(), "has scheduling gates and is not planned until they are lifted")
			continue
		}
		g := t.group(at, ref, p.Shape, p.Labels, t.volumesOf(p, ref))
		g.workload.Replicas++
		g.workload.Pods = append(g.workload.Pods, p.Name) // in the order of their names, as the pods are
		if n := t.nodeAt[p.NodeName]; n != nil {
			g.on[n.Name]++
		}
	}
	t.demandToCome(at, alive)
	t.groups = slices.SortedFunc(maps.Values(at), compareGroups)
	shape := 0
	for i, g := range t.groups {
		if shape++; i == 0 || t.groups[i-1].workload.Ref != g.workload.Ref {
			shape = 0
		}
		g.workload.Shape = shape
		for _, k := range slices.Sorted(maps.Keys(g.common)) {
			g.workload.Labels = append(g.workload.Labels, k+"="+g.common[k])
		}
		for _, node := range slices.Sorted(maps.Keys(g.on)) {
			g.workload.Today = append(g.workload.Today, planner.Location{Node: node, Pods: g.on[node]})
		}
	}
}

// demandToCome adds the pods that controllers want and do not have.
func (t *translation) demandToCome(at map[string]*group, alive map[planner.Ref]int64) {
	wanted := map[planner.Ref]int64{}
	for _, c := range t.controllers {
		have := alive[c.ref] - wanted[c.ref] // several Jobs of one CronJob share its pods
		wanted[c.ref] += c.want
		missing := c.want - max(0, have)
		if missing <= 0 {
			continue
		}
		if len(c.shape.Gates) > 0 {
			t.notes.info(c.ref.String(), "has scheduling gates and is not planned until they are lifted")
			continue
		}
		g := t.group(at, c.ref, c.shape, c.labels, t.volumesToCome(c))
		g.workload.Replicas += missing
	}
}

// group finds or makes the group of a pod.
func (t *translation) group(at map[string]*group, ref planner.Ref, s *Shape, labels map[string]string, volumes volumeLimits) *group {
	seen := map[string]string{}
	for key := range t.podKeys {
		if v, ok := labels[key]; ok {
			seen[key] = v
		}
	}
	key := fmt.Sprintf("%s\x00%s\x00%v\x00%s", ref, s.key, seen, volumes.key()) // fmt prints maps in the order of their keys
	g := at[key]
	if g == nil {
		g = &group{shape: s, labels: seen, common: maps.Clone(labels), volumes: volumes, on: map[string]int64{}, key: key, workload: planner.Workload{
			Ref: ref, Requests: s.Requests, GPU: s.GPU, Priority: s.Priority, QoS: s.QoS, Containers: s.Containers,
		}}
		at[key] = g
		return g
	}
	maps.DeleteFunc(g.common, func(k, v string) bool { other, ok := labels[k]; return !ok || other != v })
	return g
}

func compareGroups(a, b *group) int {
	x, y := a.workload.Ref, b.workload.Ref
	return cmp.Or(strings.Compare(x.Namespace, y.Namespace), strings.Compare(x.Kind, y.Kind),
		strings.Compare(x.Name, y.Name), strings.Compare(a.key, b.key))
}
