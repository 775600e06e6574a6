package proposal

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// replay is a plan as worlds: one without a design, and one for each design.
type replay struct {
	b     Builder
	s     *planner.Snapshot
	plan  *planner.Plan
	needs []planner.GPUNeed // of a pod of each workload, where no pool says on which model it is
	model map[string]string // GPU model of each instance type
	index map[string]int    // workloads by name
	pods  map[string]int    // workloads by the names that Karpenter sees their pods under
}

func newReplay(b Builder, s *planner.Snapshot, plan *planner.Plan) *replay {
	r := &replay{b: b, s: s, plan: plan, model: map[string]string{}, index: map[string]int{}, pods: map[string]int{}}
	for i := range s.Offers {
		if o := &s.Offers[i]; o.Cards.Model != "" {
			r.model[o.InstanceType] = o.Cards.Model
		}
	}
	for i := range s.Workloads {
		r.index[lower.WorkloadName(s.Workloads[i])] = i
		r.needs = append(r.needs, s.Workloads[i].GPU)
		r.name(i)
	}
	most := make([]int64, len(s.Workloads))
	for i := range plan.Nodes {
		n := &plan.Nodes[i]
		for _, p := range n.Pods {
			w, ok := r.index[p.Workload]
			if pods := p.Count * n.Count; ok && s.Workloads[w].GPU.ByModel != nil && pods > most[w] {
				most[w], r.needs[w] = pods, lower.NeedOn(s.Workloads[w].GPU, n.GPUModel)
			}
		}
	}
	return r
}

// name lists the pods of a workload: those of a dump, and those that karpenter.FromObjects makes up; or, of a recording, those
// of karpenter.FromSnapshot.
func (r *replay) name(i int) {
	w := &r.s.Workloads[i]
	if r.b.Objects == nil {
		for n := range w.Replicas {
			r.pods[fmt.Sprintf("%s/w%d-%d", cmp.Or(w.Ref.Namespace, "default"), i, n)] = i
		}
		return
	}
	for _, name := range w.Pods {
		r.pods[w.Ref.Namespace+"/"+name] = i
	}
	for n := range w.Replicas - int64(len(w.Pods)) {
		r.pods[fmt.Sprintf("%s/%s-tocome-%d", w.Ref.Namespace, w.Ref.Name, n)] = i
	}
}

// steering says what becomes of one workload's pods.
type steering struct {
	pools    []string // that its pods may use, first by weight; none: any
	requests planner.Resources
	need     planner.GPUNeed
	replicas int64
}

// steerings are those of all workloads under a design.
func (r *replay) steerings(pools []planner.Pool) ([]steering, error) {
	out := make([]steering, len(r.s.Workloads))
	for i := range out {
		out[i] = steering{requests: r.s.Workloads[i].Requests, need: r.needs[i]}
	}
	for i := range pools {
		p := &pools[i]
		for _, work := range p.Works {
			w, ok := r.index[work.Workload]
			if !ok {
				return nil, fmt.Errorf("%w: pool %q has workload %q, which the plan does not have", ErrDesign, p.Name, work.Workload)
			}
			if work.Requests != nil {
				out[w].requests = *work.Requests
			}
			if !p.Steered {
				continue
			}
			out[w].pools, out[w].replicas = append(out[w].pools, p.Name), p.Replicas
			if len(p.InstanceTypes) > 0 {
				out[w].need = lower.NeedOn(r.s.Workloads[w].GPU, r.model[p.InstanceTypes[0]])
			}
		}
	}
	return out, nil
}

// apply makes a pod ask for what its steering says.
func (x *steering) apply(pod *corev1.Pod) {
	var ports []corev1.ContainerPort
	for _, c := range pod.Spec.Containers {
		ports = append(ports, c.Ports...)
	}
	pod.Spec.InitContainers, pod.Spec.Overhead, pod.Spec.Resources = nil, nil, nil
	pod.Spec.Containers = []corev1.Container{{Name: "all", Ports: ports, Resources: corev1.ResourceRequirements{
		Requests: karpenter.Requests(x.requests, x.need, x.replicas)}}}
	if len(x.pools) > 0 {
		Steer(&pod.Spec, x.pools)
	}
}

// Steer binds pods to NodePools: to one by a selector, to several by node affinity. Their other conditions stay as they
// are, but for those on the NodePool of today, which the plan may leave. What the spec points to is not written into.
func Steer(spec *corev1.PodSpec, pools []string) {
	selector := map[string]string{}
	for key, value := range spec.NodeSelector {
		if key != poolLabel {
			selector[key] = value
		}
	}
	leaveToday(spec)
	if len(pools) == 1 {
		selector[poolLabel] = pools[0]
	} else {
		oneOf(spec, pools)
	}
	spec.NodeSelector = selector
	spec.Tolerations = slices.Clone(spec.Tolerations)
	for _, pool := range pools {
		t := Taint(pool)
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOpEqual, Value: t.Value, Effect: t.Effect})
	}
}

// leaveToday takes conditions on the name of a NodePool out of the node affinity.
func leaveToday(spec *corev1.PodSpec) {
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil || spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return
	}
	spec.Affinity = spec.Affinity.DeepCopy()
	terms := spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	for i := range terms {
		terms[i].MatchExpressions = slices.DeleteFunc(terms[i].MatchExpressions, func(r corev1.NodeSelectorRequirement) bool {
			return r.Key == poolLabel && r.Operator == corev1.NodeSelectorOpIn
		})
	}
}

// oneOf adds a condition to every term of the node affinity: terms are alternatives.
func oneOf(spec *corev1.PodSpec, pools []string) {
	affinity := &corev1.Affinity{}
	if spec.Affinity != nil {
		affinity = spec.Affinity.DeepCopy()
	}
	if affinity.NodeAffinity == nil {
		affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	required := &affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if *required == nil || len((*required).NodeSelectorTerms) == 0 {
		*required = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{}}}
	}
	for i := range (*required).NodeSelectorTerms {
		t := &(*required).NodeSelectorTerms[i]
		t.MatchExpressions = append(t.MatchExpressions, corev1.NodeSelectorRequirement{Key: poolLabel, Operator: corev1.NodeSelectorOpIn, Values: slices.Clone(pools)})
	}
	spec.Affinity = affinity
}

// world is what Karpenter sees under a design: nothing but the nodes that stay, with what stays on them.
func (r *replay) world(pools []planner.Pool) (karpenter.World, error) {
	steered, err := r.steerings(pools)
	if err != nil {
		return karpenter.World{}, err
	}
	var w karpenter.World
	if r.b.Objects != nil {
		w = r.cluster(steered)
	} else {
		w = r.recording(steered)
	}
	weigh(pools, w.NodePools)
	made, overlays, err := Objects(pools, w.NodePools, r.b.Catalog)
	if err != nil {
		return karpenter.World{}, err
	}
	w.NodePools = slices.Concat(w.NodePools, made)
	w.NodeOverlays = slices.Concat(w.NodeOverlays, overlays)
	return w, nil
}

// weightMost is the most that a NodePool may have.
const weightMost = 100

// weigh lifts the weights of a design above those of today's NodePools and keeps their order: Karpenter makes a node of the
// first NodePool by weight that serves. The search does not know today's weights, which are in a Snapshot's order of offers alone. Where
// there is no room above them, the design's are as high as they can be, and the bases of that weight share with them.
func weigh(pools []planner.Pool, bases []*kube.NodePool) {
	var above int32
	for _, b := range bases {
		if b.Spec.Weight != nil {
			above = max(above, *b.Spec.Weight)
		}
	}
	var ranks []int32
	for i := range pools {
		ranks = append(ranks, pools[i].Weight)
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	above = max(0, min(above, weightMost-int32(len(ranks))))
	for i := range pools {
		at, _ := slices.BinarySearch(ranks, pools[i].Weight)
		pools[i].Weight = above + 1 + int32(at)
	}
}

func (r *replay) recording(steered []steering) karpenter.World {
	open := &kube.NodePool{}
	open.Name = karpenter.Implicit
	var terms []string
	for i := range r.s.Offers {
		if c := r.s.Offers[i].CapacityType; c != "" && !slices.Contains(terms, c) {
			terms = append(terms, c)
		}
	}
	slices.Sort(terms)
	if len(terms) > 0 {
		open.Spec.Template.Spec.Requirements = []kube.Requirement{{Key: capacityType, Operator: "In", Values: terms}}
	}
	return karpenter.FromSnapshot(karpenter.Replay{
		Snapshot: *r.s, NodePools: []*kube.NodePool{open}, Catalog: r.b.Catalog, Options: r.b.Options,
		Steer: func(w int, pod *corev1.Pod) { steered[w].apply(pod) },
	})
}

// cluster is the world of a dump. Planned pods are to be placed; others stay where they are if their node does.
func (r *replay) cluster(steered []steering) karpenter.World {
	w := karpenter.FromObjects(r.b.Objects, r.b.Catalog, r.b.Options)
	for i, p := range w.Daemons { // a proposal patches DaemonSets, so that they run on nodes with the taint of a pool
		p = p.DeepCopy()
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: poolTaint, Operator: corev1.TolerationOpExists})
		w.Daemons[i] = p
	}
	stays := map[string]bool{}
	for i := range r.plan.Today {
		if n := &r.plan.Today[i]; n.Fate == "held" || n.Fate == "outside" || keptForeign(n) {
			stays[n.Name] = true
		}
	}
	nodes := w.Nodes
	w.Nodes = nil
	for _, n := range nodes {
		if stays[n.Name] {
			w.Nodes = append(w.Nodes, n)
		}
	}
	pods := w.Pods
	w.Pods = nil
	for _, p := range pods {
		i, is := r.pods[p.Namespace+"/"+p.Name]
		switch {
		case is && len(steered[i].pools) == 0 && stays[p.Spec.NodeName]: // nothing moves it, whatever the plan would like
		case is:
			p = p.DeepCopy()
			p.Spec.NodeName, p.Status.Phase = "", corev1.PodPending
			steered[i].apply(p)
		case stays[p.Spec.NodeName]:
		case p.Spec.NodeName != "" && goesWithNode(p):
			continue
		case p.Spec.NodeName != "":
			p = p.DeepCopy()
			p.Spec.NodeName, p.Status.Phase = "", corev1.PodPending
		}
		w.Pods = append(w.Pods, p)
	}
	return w
}

// keptForeign tells a node that the plan keeps and that Karpenter could not make again: it is of no NodePool.
func keptForeign(n *planner.TodayNode) bool { return n.Fate == "keep" && n.Pool == "" }

// goesWithNode tells pods of DaemonSets and static ones.
func goesWithNode(p *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(p)
	return owner != nil && (owner.Kind == "DaemonSet" || owner.Kind == "Node")
}
