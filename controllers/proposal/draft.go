package proposal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// draft is a proposal in the making.
type draft struct {
	Input
	out   Proposal
	files map[string]File

	pools  []planner.Pool // by falling weight, then name
	bases  map[string]*kube.NodePool
	refs   func(*kube.Pod) planner.Ref
	zones  func(*kube.Pod) ([]string, bool)
	pods   map[string][]*kube.Pod // alive, by node
	alive  map[planner.Ref][]*kube.Pod
	works  map[string]*planner.Workload // by the plan's name
	homes  map[planner.Ref]home         // what each steered owner becomes
	ofPool map[string][]planner.Ref     // owners that are patched for a pool, sorted
	edits  map[string]*Edit
	shared map[string]bool        // pools with workloads that are on others as well
	moved  map[string][]*kube.Pod // pods that start anew, by pool
	layout map[string]string      // pool → name of its mig-parted configuration
	before map[string]string      // path → what the diff compares with
}

// home is the pools that an owner's pods are steered to, by falling weight, and what they ask for there.
type home struct {
	pools    []string
	requests []want
}

// want is what one shape of an owner asks for.
type want struct {
	workload *planner.Workload
	requests planner.Resources
}

// read indexes the input.
func (d *draft) read() {
	d.files, d.before = map[string]File{}, map[string]string{}
	d.pools = slices.Clone(d.Built.Pools)
	slices.SortStableFunc(d.pools, func(a, b planner.Pool) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Name, b.Name))
	})
	d.bases = map[string]*kube.NodePool{}
	for _, p := range d.Objects.NodePools {
		d.bases[p.Name] = p
	}
	d.refs, d.zones = d.Objects.Refs(), d.Objects.VolumeZones()
	d.pods, d.alive = map[string][]*kube.Pod{}, map[planner.Ref][]*kube.Pod{}
	sorted := make([]*kube.Pod, 0, len(d.Objects.Pods))
	for i := range d.Objects.Pods {
		if p := &d.Objects.Pods[i]; !p.Leaving {
			sorted = append(sorted, p)
		}
	}
	slices.SortStableFunc(sorted, func(a, b *kube.Pod) int { return strings.Compare(podName(a), podName(b)) })
	for _, p := range sorted {
		if p.NodeName != "" {
			d.pods[p.NodeName] = append(d.pods[p.NodeName], p)
		}
		d.alive[d.refs(p)] = append(d.alive[d.refs(p)], p)
	}
	d.works = map[string]*planner.Workload{}
	for i := range d.Snapshot.Workloads {
		w := &d.Snapshot.Workloads[i]
		d.works[lower.WorkloadName(*w)] = w
	}
	d.edits, d.ofPool, d.layout = map[string]*Edit{}, map[string][]planner.Ref{}, map[string]string{}
	d.moved, d.shared = map[string][]*kube.Pod{}, map[string]bool{}
	for _, p := range d.pools {
		d.edits[p.Name] = &Edit{
			Pool: p.Name, Base: p.Base, Steered: p.Steered, Nodes: p.Nodes, CostThen: p.PricePerHour, Files: []string{}, Notes: []string{},
			Radius: Radius{Losing: []string{}, Emptied: []string{}, Drifted: []Drifted{}, Protected: []string{}, Guarded: []Guard{}, Jobs: []string{}, Long: []string{}, Bound: []string{}},
		}
	}
	d.settle()
}

// settle decides for each owner of steered pods which pool it is patched for.
func (d *draft) settle() {
	d.homes = map[planner.Ref]home{}
	count := map[planner.Ref]map[string]int64{}
	wants := map[planner.Ref]map[string][]want{}
	var order []planner.Ref
	for _, p := range d.pools {
		if !p.Steered {
			continue
		}
		for _, work := range p.Works {
			w := d.works[work.Workload]
			if w == nil {
				d.say(planner.Warning, work.Workload, "is steered to NodePool %s by the design, and is not among the workloads that were planned", p.Name)
				continue
			}
			if count[w.Ref] == nil {
				count[w.Ref], wants[w.Ref] = map[string]int64{}, map[string][]want{}
				order = append(order, w.Ref)
			}
			count[w.Ref][p.Name] += w.Replicas
			wanted := want{workload: w, requests: w.Requests}
			if work.Requests != nil {
				wanted.requests = *work.Requests
			}
			wants[w.Ref][p.Name] = append(wants[w.Ref][p.Name], wanted)
		}
	}
	slices.SortFunc(order, func(a, b planner.Ref) int { return strings.Compare(a.String(), b.String()) })
	for _, ref := range order {
		shapes := map[*planner.Workload]bool{}
		for _, list := range wants[ref] {
			for _, w := range list {
				shapes[w.workload] = true
			}
		}
		d.house(ref, count[ref], wants[ref], len(shapes))
	}
}

// poolNameMax leaves room in a label value, which is what the name becomes on every node.
const poolNameMax = validation.LabelValueMaxLength

// validate names everything that keeps a design from being written.
func (d *draft) validate() error {
	var faults []error
	fault := func(p planner.Pool, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: NodePool %q: "+format, slices.Insert(args, 0, any(ErrDesign), any(p.Name))...))
	}
	seen := map[string]bool{}
	for _, p := range d.pools {
		if problems := validation.IsDNS1123Label(p.Name); len(problems) > 0 || len(p.Name) > poolNameMax {
			fault(p, "its name is no DNS label of at most %d characters", poolNameMax)
		}
		if seen[p.Name] {
			fault(p, "is in the design twice")
		}
		seen[p.Name] = true
		if p.Weight < 1 || p.Weight > 100 {
			fault(p, "weight %d is not from 1 to 100", p.Weight)
		}
		if len(p.InstanceTypes) == 0 || len(p.CapacityTypes) == 0 {
			fault(p, "it names no instance type, or no capacity type")
		}
		if p.Replicas < 0 || p.Nodes < 0 || p.PricePerHour < 0 {
			fault(p, "negative replicas, nodes or price")
		}
		if p.Replicas > 0 && (len(p.Slices) > 0 || len(p.Layouts) > 0) {
			fault(p, "its cards are cut and time-sliced at once")
		}
		base, ok := d.bases[p.Base]
		if p.Base != "" && !ok {
			fault(p, "its base %q is not in the input", p.Base)
		}
		if p.Base == p.Name {
			fault(p, "it is its own base")
		}
		if ok && base.Spec.Weight != nil && *base.Spec.Weight >= p.Weight {
			d.say(planner.Warning, "NodePool/"+p.Name, "its weight %d is not above that of its base %s (%d): Karpenter prefers the base for pods that both take", p.Weight, p.Base, *base.Spec.Weight)
		}
	}
	d.limited(fault)
	if d.Headroom < 0 || d.Headroom > 1000 {
		faults = append(faults, fmt.Errorf("%w: headroom %d is not from 0 to 1000 percent", ErrDesign, d.Headroom))
	}
	return errors.Join(faults...)
}

func podName(p *kube.Pod) string { return p.Namespace + "/" + p.Name }

// bound tells pods that belong to their node.
func bound(p *kube.Pod) bool {
	return p.Static || p.Owner.Kind == "DaemonSet" || p.Owner.Kind == "Node"
}

// find returns the object of a kind by namespace and name.
func find[T interface {
	GetNamespace() string
	GetName() string
}](list []T, ref planner.Ref) (found T, ok bool) {
	for _, o := range list {
		if o.GetNamespace() == ref.Namespace && o.GetName() == ref.Name {
			found, ok = o, true
		}
	}
	return found, ok
}

// daemonSets are those of the input in the order of their names.
func (d *draft) daemonSets() []*appsv1.DaemonSet {
	return slices.SortedStableFunc(slices.Values(d.Objects.DaemonSets), func(a, b *appsv1.DaemonSet) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
}
