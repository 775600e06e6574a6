package kube

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/planner"
)

// ErrObject says that an object holds a value that means nothing, such as a negative request.
var ErrObject = errors.New("object cannot be read")

// Objects are the parts of a cluster that planning looks at, in any order. Fill it with Add; the zero value is empty.
type Objects struct {
	Source string    // the file, folder or cluster that they were read from
	Digest string    // "sha256:…" of the bytes that they were read from
	At     time.Time // the instant that they are of, as far as they say; zero: not known

	Pods            []Pod
	Nodes           []*corev1.Node
	Deployments     []*appsv1.Deployment
	ReplicaSets     []*appsv1.ReplicaSet
	StatefulSets    []*appsv1.StatefulSet
	DaemonSets      []*appsv1.DaemonSet
	Jobs            []*batchv1.Job
	CronJobs        []*batchv1.CronJob
	Budgets         []*policyv1.PodDisruptionBudget
	NodePools       []*NodePool
	NodeOverlays    []*NodeOverlay
	Volumes         []*corev1.PersistentVolume
	Claims          []*corev1.PersistentVolumeClaim
	StorageClasses  []*storagev1.StorageClass
	Namespaces      []*corev1.Namespace
	PriorityClasses []*schedulingv1.PriorityClass
	RuntimeClasses  []*nodev1.RuntimeClass
	Autoscalers     []*Autoscaler
	LimitRanges     []*corev1.LimitRange
	Quotas          []*corev1.ResourceQuota

	Notes []planner.Note // what the reader of the input has to say

	shapes map[string]*Shape
}

// Pod is a pod reduced to what planning looks at.
type Pod struct {
	Namespace, Name string
	Labels          map[string]string
	Owner           Owner  // zero for a bare pod
	Static          bool   // made by a kubelet from a file
	DoNotDisrupt    string // the annotation's value
	Started         time.Time
	Leaving         bool // being deleted, or ended
	NodeName        string
	Claims          []string // names of its PersistentVolumeClaims, sorted
	Shape           *Shape   // shared among equal pods: never written
}

// Owner is the controller of a pod.
type Owner struct{ Kind, Name string }

// NodePool is what planning reads of karpenter.sh/v1 NodePool. It is declared here because Karpenter's own package
// brings 830 others with it; fields and names are those of sigs.k8s.io/karpenter v1.15.0 pkg/apis/v1/nodepool.go.
type NodePool struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              NodePoolSpec `json:"spec"`
	Status            Conditions   `json:"status"`
	// Raw is the object as it was read, as JSON: whoever writes a NodePool after this one must lose nothing of it. nil: the
	// object was not read from an input.
	Raw []byte `json:"-"`
}

// NodePoolSpec is the part of a NodePool's spec that says which nodes it makes.
type NodePoolSpec struct {
	Template NodeTemplate        `json:"template"`
	Limits   corev1.ResourceList `json:"limits"`
	Weight   *int32              `json:"weight"`
	Replicas *int64              `json:"replicas"` // set: a static pool, with so many nodes whatever pods there are

	// Disruption says when Karpenter may take nodes away; "": its defaults, WhenEmptyOrUnderutilized and "0s".
	Disruption struct {
		ConsolidationPolicy string `json:"consolidationPolicy,omitempty"`
		ConsolidateAfter    string `json:"consolidateAfter,omitempty"` // a duration, or "Never"
	} `json:"disruption"`
}

// NodeTemplate is what every node of a pool is given.
type NodeTemplate struct {
	Metadata struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Taints        []corev1.Taint `json:"taints"`
		StartupTaints []corev1.Taint `json:"startupTaints"`
		Requirements  []Requirement  `json:"requirements"`

		// Of these planning only needs to know whether they change: every node is replaced then.
		NodeClassRef           *NodeClassRef `json:"nodeClassRef,omitempty"`
		ExpireAfter            string        `json:"expireAfter,omitempty"`
		TerminationGracePeriod string        `json:"terminationGracePeriod,omitempty"`
	} `json:"spec"`
}

// NodeClassRef names the cloud's part of a NodePool.
type NodeClassRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// Requirement is one condition on a label. Operators are In, NotIn, Exists, DoesNotExist, Gt, Lt, Gte and Lte.
type Requirement struct {
	Key       string   `json:"key"`
	Operator  string   `json:"operator"`
	Values    []string `json:"values,omitempty"`
	MinValues *int     `json:"minValues,omitempty"`
}

// Conditions are the status conditions of a Karpenter object.
type Conditions struct {
	Conditions []struct {
		Type    string `json:"type"`
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"conditions"`
}

// failed returns the message of the named condition where it is False.
func (c Conditions) failed(name string) (message string, failed bool) {
	for _, condition := range c.Conditions {
		if condition.Type == name && condition.Status == "False" {
			return condition.Message, true
		}
	}
	return "", false
}

// NodeOverlay is karpenter.sh/v1alpha1 NodeOverlay (sigs.k8s.io/karpenter v1.15.0 pkg/apis/v1alpha1/nodeoverlay.go).
type NodeOverlay struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Requirements    []Requirement       `json:"requirements"`
		PriceAdjustment *string             `json:"priceAdjustment"`
		Price           *string             `json:"price"`
		Capacity        corev1.ResourceList `json:"capacity"`
		Weight          *int32              `json:"weight"`
	} `json:"spec"`
	Status Conditions `json:"status"`
	Raw    []byte     `json:"-"` // as of NodePool
}

// Autoscaler is what planning reads of a HorizontalPodAutoscaler, of autoscaling/v1 and of v2 and its betas: the former
// has one target of its own in place of metrics.
type Autoscaler struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef                 autoscalingv2.CrossVersionObjectReference `json:"scaleTargetRef"`
		MinReplicas                    *int32                                    `json:"minReplicas"`
		MaxReplicas                    int32                                     `json:"maxReplicas"`
		Metrics                        []autoscalingv2.MetricSpec                `json:"metrics"`
		TargetCPUUtilizationPercentage *int32                                    `json:"targetCPUUtilizationPercentage"` // v1
	} `json:"spec"`
	Status struct {
		CurrentReplicas int32 `json:"currentReplicas"`
		DesiredReplicas int32 `json:"desiredReplicas"`
	} `json:"status"`
}

// Add takes one object in: a Pod from ReducePod, a pointer to one of the other types that Objects lists. It reports
// whether the type is one of them. Objects keeps what it is given, so do not change it afterwards.
func (o *Objects) Add(object any) bool {
	switch x := object.(type) {
	case Pod:
		x.Shape = o.Intern(x.Shape)
		o.Pods = append(o.Pods, x)
	case *corev1.Node:
		o.Nodes = append(o.Nodes, x)
	case *appsv1.Deployment:
		o.Deployments = append(o.Deployments, x)
	case *appsv1.ReplicaSet:
		o.ReplicaSets = append(o.ReplicaSets, x)
	case *appsv1.StatefulSet:
		o.StatefulSets = append(o.StatefulSets, x)
	case *appsv1.DaemonSet:
		o.DaemonSets = append(o.DaemonSets, x)
	case *batchv1.Job:
		o.Jobs = append(o.Jobs, x)
	case *batchv1.CronJob:
		o.CronJobs = append(o.CronJobs, x)
	case *policyv1.PodDisruptionBudget:
		o.Budgets = append(o.Budgets, x)
	case *NodePool:
		o.NodePools = append(o.NodePools, x)
	case *NodeOverlay:
		o.NodeOverlays = append(o.NodeOverlays, x)
	default:
		return o.addSmall(object)
	}
	return true
}

// addSmall takes in the kinds that only qualify others.
func (o *Objects) addSmall(object any) bool {
	switch x := object.(type) {
	case *corev1.PersistentVolume:
		o.Volumes = append(o.Volumes, x)
	case *corev1.PersistentVolumeClaim:
		o.Claims = append(o.Claims, x)
	case *storagev1.StorageClass:
		o.StorageClasses = append(o.StorageClasses, x)
	case *corev1.Namespace:
		o.Namespaces = append(o.Namespaces, x)
	case *schedulingv1.PriorityClass:
		o.PriorityClasses = append(o.PriorityClasses, x)
	case *nodev1.RuntimeClass:
		o.RuntimeClasses = append(o.RuntimeClasses, x)
	case *Autoscaler:
		o.Autoscalers = append(o.Autoscalers, x)
	case *corev1.LimitRange:
		o.LimitRanges = append(o.LimitRanges, x)
	case *corev1.ResourceQuota:
		o.Quotas = append(o.Quotas, x)
	default:
		return false
	}
	return true
}

// Intern returns the one copy of a shape that all equal pods share.
func (o *Objects) Intern(shape *Shape) *Shape {
	if o.shapes == nil {
		o.shapes = map[string]*Shape{}
	}
	if known, ok := o.shapes[shape.key]; ok {
		return known
	}
	o.shapes[shape.key] = shape
	return shape
}

// sorted returns a copy of o whose lists are ordered by namespace and name, so that the order of the input shows
// nowhere. Of two objects with one name the later in the input stays behind the earlier.
func (o *Objects) sorted() *Objects {
	c := *o
	c.Pods = slices.Clone(o.Pods)
	slices.SortStableFunc(c.Pods, func(a, b Pod) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	c.Nodes = byName(o.Nodes)
	c.Deployments = byName(o.Deployments)
	c.ReplicaSets = byName(o.ReplicaSets)
	c.StatefulSets = byName(o.StatefulSets)
	c.DaemonSets = byName(o.DaemonSets)
	c.Jobs = byName(o.Jobs)
	c.CronJobs = byName(o.CronJobs)
	c.Budgets = byName(o.Budgets)
	c.NodePools = byName(o.NodePools)
	c.NodeOverlays = byName(o.NodeOverlays)
	c.Volumes = byName(o.Volumes)
	c.Claims = byName(o.Claims)
	c.StorageClasses = byName(o.StorageClasses)
	c.Namespaces = byName(o.Namespaces)
	c.PriorityClasses = byName(o.PriorityClasses)
	c.RuntimeClasses = byName(o.RuntimeClasses)
	c.Autoscalers = byName(o.Autoscalers)
	c.LimitRanges = byName(o.LimitRanges)
	c.Quotas = byName(o.Quotas)
	return &c
}

// named is what every Kubernetes object is.
type named interface {
	GetNamespace() string
	GetName() string
}

func byName[T named](objects []T) []T {
	c := slices.Clone(objects)
	slices.SortStableFunc(c, func(a, b T) int {
		return cmp.Or(strings.Compare(a.GetNamespace(), b.GetNamespace()), strings.Compare(a.GetName(), b.GetName()))
	})
	return c
}
