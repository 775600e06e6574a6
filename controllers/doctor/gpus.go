package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// devices finds cards and slices without pods, and pods without cards and slices.
func (e *exam) devices(workloads []planner.Workload) {
	e.unaskable()
	e.silent()
	asked := e.asked(workloads)
	e.idle(asked)
	for _, resource := range keys(asked) {
		e.unmet(resource, asked[resource])
	}
}

// unaskable finds types of NodePools whose GPU no resource stands for.
func (e *exam) unaskable() {
	for _, p := range e.pools {
		names, all := map[string]bool{}, 0
		seen := map[string]bool{}
		for i := range e.of[p.Name] {
			o := &e.of[p.Name][i]
			if seen[o.InstanceType] {
				continue
			}
			seen[o.InstanceType] = true
			machine, _ := e.Catalog.Lookup(o.InstanceType)
			if all++; machine.GPU.Name != "" && o.Cards.Count == 0 && len(o.Cards.Fixed) == 0 && len(o.Allocatable.Extended) == 0 {
				names[o.InstanceType] = true
			}
		}
		if len(names) == 0 {
			continue
		}
		f := Finding{
			Severity: planner.Info, Check: "gpuNotAskable", Object: "NodePool/" + p.Name,
			Seen: fmt.Sprintf("%s that it allows have a GPU and no %s: %s.", count(len(names), "type", "types"), gpuResource, some(keys(names))),
			Why:  "A fraction of a card counts as none (instance-gpu-count 0), so that no pod can ask for it.",
			Do:   "Add a NodeOverlay with capacity " + gpuResource + " for these types, or leave them out of the requirements.",
		}
		if len(names) == all {
			f.Severity = planner.Warning
		}
		e.add(f)
	}
}

// silent finds nodes whose type has cards and that give none.
func (e *exam) silent() {
	off := map[string][]*corev1.Node{}
	for _, n := range e.nodes {
		machine, _ := e.Catalog.Lookup(typeOf(n))
		if machine.GPU.Count > 0 && strings.EqualFold(machine.GPU.Manufacturer, "nvidia") && !gives(n, nvidia) {
			off[poolOf(n)] = append(off[poolOf(n)], n)
		}
	}
	for _, pool := range keys(off) {
		e.add(Finding{
			Severity: planner.Warning, Check: "gpuNotGiven", Object: objectOf(pool), Nodes: namesOf(off[pool]),
			Seen: fmt.Sprintf("Neither %s nor slices on %s, whose type has cards (%s).", gpuResource, share(len(off[pool]), len(e.on[pool])), some(namesOf(off[pool]))),
			Why:  "The cards are paid for, and no pod can have them.",
			Do:   "See whether the device plugin runs there and tolerates the taints, and whether the driver has loaded.",
		})
	}
}

func gives(n *corev1.Node, is func(string) bool) bool {
	for name, q := range n.Status.Allocatable {
		if is(string(name)) && !q.IsZero() {
			return true
		}
	}
	return false
}

// ask is who wants a resource.
type ask struct {
	most int64           // that one pod asks for
	who  map[string]bool // workloads
}

// asked lists the device resources that pods ask for: those that run, those that wait, and those that are to come.
func (e *exam) asked(workloads []planner.Workload) map[string]ask {
	asked := map[string]ask{}
	note := func(who string, need planner.GPUNeed) {
		resources := map[string]int64{}
		if need.Whole > 0 {
			resources[gpuResource] = need.Whole
		}
		for profile, n := range need.Slices {
			resources[migPrefix+profile] = n
		}
		for resource, n := range resources {
			a := asked[resource]
			if a.who == nil {
				a.who = map[string]bool{}
			}
			a.who[who] = true
			a.most = max(a.most, n)
			asked[resource] = a
		}
	}
	owners := map[string]string{} // Deployments by the ReplicaSet that they have made
	for _, r := range e.Objects.ReplicaSets {
		for _, o := range r.OwnerReferences {
			owners[r.Namespace+"/"+r.Name] = r.Namespace + "/" + o.Kind + "/" + o.Name
		}
	}
	for _, p := range e.Objects.Pods {
		if p.Leaving || p.Shape == nil {
			continue
		}
		who := p.Namespace + "/" + cmp.Or(p.Owner.Kind, "Pod") + "/" + cmp.Or(p.Owner.Name, p.Name)
		if p.Owner.Kind == "ReplicaSet" {
			who = cmp.Or(owners[p.Namespace+"/"+p.Owner.Name], who)
		}
		note(who, p.Shape.GPU)
	}
	for _, w := range workloads {
		note(w.Ref.String(), w.GPU)
	}
	return asked
}

// idle finds slices on nodes that nobody asks for.
func (e *exam) idle(asked map[string]ask) {
	type heap struct {
		slices int64
		nodes  []string
	}
	have := map[string]heap{}
	for _, n := range e.nodes {
		for name, q := range n.Status.Allocatable {
			if resource := string(name); strings.HasPrefix(resource, migPrefix) && q.Sign() > 0 && asked[resource].most == 0 {
				h := have[resource]
				h.slices += min(q.Value(), 1_000_000) // more is no node's, and must not overflow
				h.nodes = append(h.nodes, n.Name)
				have[resource] = h
			}
		}
	}
	for _, resource := range keys(have) {
		h := have[resource]
		e.add(Finding{
			Severity: planner.Info, Check: "migIdle", Object: resource, Nodes: h.nodes,
			Seen: fmt.Sprintf("%d of it on %s (%s), and no pod asks for any.", h.slices, share(len(h.nodes), len(e.nodes)), some(h.nodes)),
			Why:  "These slices are paid for, and keep their cards from being laid out otherwise.",
			Do:   "Lay these cards out for what pods ask for: see tenon propose.",
		})
	}
}

// unmet finds a resource that no NodePool gives in the amount that a pod asks for.
func (e *exam) unmet(resource string, a ask) {
	if e.sold(resource, a.most) {
		return
	}
	f := Finding{
		Severity: planner.Warning, Check: "gpuUnmet", Object: resource,
		Seen: fmt.Sprintf("%s for it, up to %d at once (%s), and no NodePool gives so many by its types or NodeOverlays.", count(len(a.who), "workload asks", "workloads ask"), a.most, some(keys(a.who))),
		Why:  "Karpenter makes no node for such a pod: it waits for ever.",
		Do:   "Allow types with such cards in a NodePool, or add a NodeOverlay with capacity " + resource + " for its types.",
	}
	for _, n := range e.nodes {
		if q := n.Status.Allocatable[corev1.ResourceName(resource)]; q.CmpInt64(a.most) >= 0 {
			f.Nodes = append(f.Nodes, n.Name)
		}
	}
	if len(f.Nodes) > 0 {
		f.Severity = planner.Info
		f.Why = fmt.Sprintf("Only nodes of today give it (%s); once they are full or gone, such a pod waits for ever.", some(f.Nodes))
	}
	e.add(f)
}

// sold says whether Karpenter can make a node with so many of a resource. Slices come of NodeOverlays only: it knows no
// layout.
func (e *exam) sold(resource string, n int64) bool {
	for i := range e.offers {
		if o := &e.offers[i]; resource == gpuResource && o.Cards.Count-o.Cards.Taken >= n {
			return true
		}
	}
	for _, overlay := range e.Objects.NodeOverlays {
		q := overlay.Spec.Capacity[corev1.ResourceName(resource)]
		if _, not := unready(overlay.Status); not || overlay.DeletionTimestamp != nil || q.CmpInt64(n) < 0 {
			continue
		}
		if slices.ContainsFunc(e.offers, func(o planner.Offer) bool { return e.meets(overlay, &o) }) {
			return true
		}
	}
	return false
}

// meets says whether an overlay is about an offer.
func (e *exam) meets(overlay *kube.NodeOverlay, o *planner.Offer) bool {
	machine, ok := e.Catalog.Lookup(o.InstanceType)
	if !ok {
		machine = pricing.InstanceType{Name: o.InstanceType}
	}
	labels := kube.TypeLabels(machine)
	for _, p := range e.pools {
		if p.Name == o.Pool {
			maps.Copy(labels, p.Spec.Template.Metadata.Labels)
		}
	}
	maps.Copy(labels, map[string]string{
		poolLabel: o.Pool, corev1.LabelTopologyZone: o.Zone, "karpenter.sh/capacity-type": o.CapacityType,
	})
	return !slices.ContainsFunc(overlay.Spec.Requirements, func(r kube.Requirement) bool { return !r.Met(labels) })
}
