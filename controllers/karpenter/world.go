package karpenter

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// ErrWorld says that a World holds something that Karpenter, or the API server before it, would refuse to take.
var ErrWorld = errors.New("not for Karpenter")

// ErrKarpenter says that Karpenter's code failed where it should not have.
var ErrKarpenter = errors.New("scheduling by Karpenter's code")

// World is what Karpenter sees of a cluster. Its methods do not change it, and it may be shared as long as nobody does.
type World struct {
	NodePools      []*kube.NodePool
	NodeOverlays   []*kube.NodeOverlay
	Nodes          []*corev1.Node
	Pods           []*corev1.Pod // those without spec.nodeName are to be placed
	Daemons        []*corev1.Pod // one pod for each DaemonSet
	Claims         []*corev1.PersistentVolumeClaim
	Volumes        []*corev1.PersistentVolume
	StorageClasses []*storagev1.StorageClass
	Namespaces     []*corev1.Namespace
	Budgets        []*policyv1.PodDisruptionBudget // without a status, it is worked out of the pods
	At             time.Time                       // of the world; decides whether a do-not-disrupt duration has run out
	Catalog        pricing.Catalog
	Zones          []string // where types can be had whose offerings name no zone; at least one
	Region         string   // label topology.kubernetes.io/region; "": the catalogue's
	Options        Options
	Notes          []planner.Note // what was read and is not obeyed
}

// Options are Karpenter's settings as far as they bear on scheduling. The zero value is Karpenter as it is installed,
// but with the gate NodeOverlay on.
type Options struct {
	OverlaysOff       bool // feature gate NodeOverlay=false, Karpenter's own default
	ReservationsOff   bool // feature gate ReservedCapacity=false
	IgnorePreferences bool // --preference-policy=Ignore
	MinValuesAtBest   bool // --min-values-policy=BestEffort
	// PodsMost is how many pods may be placed at once, since Karpenter's work grows with pods × open nodes; 0: 50,000.
	PodsMost int
}

// WithDefaults returns a copy with every zero limit filled in.
func (o Options) WithDefaults() Options {
	o.PodsMost = cmp.Or(o.PodsMost, 50_000)
	return o
}

// Greenfield is the same world without nodes: every pod is to be placed. Static pods and those of DaemonSets go with
// their nodes.
func (w World) Greenfield() World {
	var pods []*corev1.Pod
	for _, p := range w.Pods {
		if bound(p) {
			continue
		}
		c := p.DeepCopy()
		c.Spec.NodeName = ""
		pods = append(pods, c)
	}
	w.Nodes, w.Pods = nil, pods
	return w
}

// bound tells pods that belong to their node: those of DaemonSets and static ones.
func bound(p *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(p)
	return owner != nil && (owner.Kind == "DaemonSet" || owner.Kind == "Node")
}

// Validate names everything that keeps a World from being scheduled; NodePools and NodeOverlays are checked as the API
// server and Karpenter do.
func (w World) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, slices.Insert(args, 0, any(ErrWorld))...))
	}
	if len(w.Catalog.Types) == 0 {
		fault("the catalog has no instance type")
	}
	if len(w.Zones) == 0 {
		fault("World.Zones is empty: name the zones where nodes can be had")
	}
	if most := w.Options.WithDefaults().PodsMost; len(w.Pods) > most {
		fault("%d pods, more than %d (Options.PodsMost)", len(w.Pods), most)
	}
	seen := map[string]bool{}
	once := func(kind string, o metav1.Object) {
		key := kind + "/" + o.GetNamespace() + "/" + o.GetName()
		if seen[key] || o.GetName() == "" {
			fault("%s %q: a name that is empty or given twice", kind, strings.TrimPrefix(o.GetNamespace()+"/"+o.GetName(), "/"))
		}
		seen[key] = true
	}
	for _, p := range w.NodePools {
		once("NodePool", p)
		if err := checkPool(p); err != nil {
			fault("NodePool %q: %w", p.Name, err)
		}
	}
	for _, o := range w.NodeOverlays {
		once("NodeOverlay", o)
		if err := checkOverlay(o); err != nil {
			fault("NodeOverlay %q: %w", o.Name, err)
		}
	}
	for _, n := range w.Nodes {
		once("Node", n)
	}
	for _, p := range w.Pods {
		once("Pod", p)
	}
	return errors.Join(faults...)
}

// note adds a note to a world that is being made.
func (w *World) note(severity planner.Severity, object, format string, args ...any) {
	n := planner.Note{Severity: severity, Object: object, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(w.Notes, n) {
		w.Notes = append(w.Notes, n)
	}
}
