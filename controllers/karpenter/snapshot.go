package karpenter

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Labels by which pods made of a snapshot are told apart.
const (
	workloadLabel = "tenon.sh/workload" // its number in the snapshot
	memberLabel   = "tenon.sh/member-"  // with the number of a rule: a member of it
	otherLabel    = "tenon.sh/other-"   // with the number of a rule: one of its others
)

// Replay says what FromSnapshot is to be made of.
type Replay struct {
	Snapshot     planner.Snapshot
	NodePools    []*kube.NodePool
	NodeOverlays []*kube.NodeOverlay
	Catalog      pricing.Catalog
	Options      Options
	// Steer, where not nil, is called for each workload with the pod that all its pods are copies of: to add selectors and
	// tolerations, or to change what it asks for.
	Steer func(workload int, pod *corev1.Pod)
}

// FromSnapshot makes the world of a snapshot whose selectors are gone, such as a trace: all pods of its workloads, to be
// placed on new nodes of the given NodePools. What a workload's constraints allow becomes node affinity: the types,
// zones and capacity types of the offers that are left, each by itself, so that a set of offers that is no product of
// the three is allowed more. Taints are for Steer to tolerate. Rules become spread, affinity and anti-affinity; those
// that these cannot say are left out with a note. Where objects are at hand, FromObjects and Requested say more.
func FromSnapshot(in Replay) World {
	s := in.Snapshot
	w := World{NodePools: in.NodePools, NodeOverlays: in.NodeOverlays, Catalog: in.Catalog, Options: in.Options, At: s.At, Region: s.Catalog.Region}
	zones := map[string]bool{}
	for _, o := range s.Offers {
		zones[o.Zone] = true
	}
	delete(zones, "")
	w.Zones = slices.Sorted(maps.Keys(zones))
	if len(w.Zones) == 0 {
		w.Zones = []string{cmp.Or(s.Catalog.Region, "zone-") + "a"}
	}
	w.addOverhead(s)
	for i := range s.Workloads {
		pod := w.podOfWorkload(s, i)
		if in.Steer != nil {
			in.Steer(i, pod)
		}
		for n := range s.Workloads[i].Replicas {
			c := pod.DeepCopy()
			c.Name = fmt.Sprintf("w%d-%d", i, n)
			w.Pods = append(w.Pods, c)
		}
	}
	return w
}

// podOfWorkload is what all pods of a workload are copies of. It is named by its workload's number: the names of a
// trace may be no names of pods.
func (w *World) podOfWorkload(s planner.Snapshot, i int) *corev1.Pod {
	wl := &s.Workloads[i]
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: cmp.Or(wl.Ref.Namespace, "default"), Labels: map[string]string{workloadLabel: strconv.Itoa(i)}}}
	pod.Spec.Containers = []corev1.Container{{Name: "all", Resources: corev1.ResourceRequirements{Requests: listOf(wl.Requests, wl.GPU)}}}
	pod.Spec.Affinity = &corev1.Affinity{NodeAffinity: w.allowed(s, wl)}
	if wl.GPU.ShareMilli > 0 {
		w.note(planner.Warning, wl.Ref.String(), "asks for a share of a card, which Karpenter does not know: it asks for a device")
	}
	if wl.HostMax > 0 {
		spread(pod, corev1.LabelHostname, wl.HostMax, workloadLabel, strconv.Itoa(i))
	}
	for n := range s.Rules {
		r := &s.Rules[n]
		member, other := slices.Contains(r.Members, i), slices.Contains(r.Others, i)
		key, otherKey := memberLabel+strconv.Itoa(n), otherLabel+strconv.Itoa(n)
		if member {
			pod.Labels[key] = "x"
			w.bind(pod, r, key, otherKey)
		}
		if other {
			pod.Labels[otherKey] = "x"
			if r.Kind == planner.HostConflict || r.Kind == planner.ZoneConflict { // who comes second must see it too
				avoid(pod, domain(r.Kind), key)
			}
		}
	}
	return pod
}

// bind says a rule in the words of the API to one of its members.
func (w *World) bind(pod *corev1.Pod, r *planner.Rule, member, other string) {
	switch r.Kind {
	case planner.HostCap:
		spread(pod, corev1.LabelHostname, r.Max, member, "x")
	case planner.ZoneSpread:
		spread(pod, corev1.LabelTopologyZone, r.Max, member, "x")
	case planner.HostConflict, planner.ZoneConflict:
		avoid(pod, domain(r.Kind), other)
	case planner.HostTogether, planner.ZoneTogether:
		follow(pod, domain(r.Kind), member)
	case planner.HostFollow, planner.ZoneFollow:
		follow(pod, domain(r.Kind), other)
	case planner.ZoneCap:
		if r.Max == 1 {
			avoid(pod, corev1.LabelTopologyZone, member)
			return
		}
		w.note(planner.Warning, "", "a rule that Karpenter cannot be told and that is left out: %s", r.Text)
	}
}

func domain(kind planner.RuleKind) string {
	switch kind {
	case planner.ZoneSpread, planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow:
		return corev1.LabelTopologyZone
	case planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow:
	}
	return corev1.LabelHostname
}

func spread(pod *corev1.Pod, key string, most int64, label, value string) {
	pod.Spec.TopologySpreadConstraints = append(pod.Spec.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
		MaxSkew: int32(min(most, 1<<30)), TopologyKey: key, WhenUnsatisfiable: corev1.DoNotSchedule,
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{label: value}},
	})
}

func term(key, label string) corev1.PodAffinityTerm {
	return corev1.PodAffinityTerm{TopologyKey: key, NamespaceSelector: &metav1.LabelSelector{}, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{label: "x"}}}
}

func avoid(pod *corev1.Pod, key, label string) {
	if pod.Spec.Affinity.PodAntiAffinity == nil {
		pod.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{}
	}
	terms := &pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	*terms = append(*terms, term(key, label))
}

func follow(pod *corev1.Pod, key, label string) {
	if pod.Spec.Affinity.PodAffinity == nil {
		pod.Spec.Affinity.PodAffinity = &corev1.PodAffinity{}
	}
	terms := &pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	*terms = append(*terms, term(key, label))
}

// allowed is node affinity for the offers that a workload's constraints leave; nil where they leave all.
func (w *World) allowed(s planner.Snapshot, wl *planner.Workload) *corev1.NodeAffinity {
	left := planner.NewSet(len(s.Offers))
	for _, c := range wl.Constraints {
		left = left.And(c.Offers)
	}
	keys := []string{corev1.LabelInstanceTypeStable, corev1.LabelTopologyZone, v1.CapacityTypeLabelKey}
	all, some := []map[string]bool{{}, {}, {}}, []map[string]bool{{}, {}, {}}
	for row, o := range s.Offers {
		for at, value := range []string{o.InstanceType, o.Zone, o.CapacityType} {
			if value == "" || len(o.Nodes) > 0 {
				continue
			}
			all[at][value] = true
			if left.Has(row) {
				some[at][value] = true
			}
		}
	}
	var requirements []corev1.NodeSelectorRequirement
	for at, key := range keys {
		if len(some[at]) < len(all[at]) && len(some[at]) > 0 {
			requirements = append(requirements, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: slices.Sorted(maps.Keys(some[at]))})
		}
	}
	if len(requirements) == 0 {
		return nil
	}
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: requirements}},
	}}
}

// addOverhead makes a DaemonSet of what every node to be made carries; where nodes differ in that, of the most.
func (w *World) addOverhead(s planner.Snapshot) {
	var most planner.Resources
	differ, first := false, true
	for _, o := range s.Offers {
		if len(o.Nodes) > 0 {
			continue
		}
		if differ = differ || (!first && !equality.Semantic.DeepEqual(most, o.Overhead)); first {
			most, first = o.Overhead, false
			most.Extended = maps.Clone(most.Extended)
		}
		most.CPUMilli, most.MemoryMiB = max(most.CPUMilli, o.Overhead.CPUMilli), max(most.MemoryMiB, o.Overhead.MemoryMiB)
		most.EphemeralMiB, most.Pods = max(most.EphemeralMiB, o.Overhead.EphemeralMiB), max(most.Pods, o.Overhead.Pods)
	}
	if differ {
		w.note(planner.Info, "", "nodes of the snapshot carry different DaemonSets: the most of any is taken for all")
	}
	for n := range most.Pods { // Karpenter counts pods too
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: fmt.Sprintf("overhead-%d", n), OwnerReferences: owner("apps/v1", "DaemonSet", "overhead")}}
		pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		pod.Spec.Containers = []corev1.Container{{Name: "all"}}
		if n == 0 {
			pod.Spec.Containers[0].Resources.Requests = listOf(most, planner.GPUNeed{})
		}
		w.Daemons = append(w.Daemons, pod)
	}
}
