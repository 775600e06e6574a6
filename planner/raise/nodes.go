package raise

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// grouped is equal nodes, and where their numbers come from.
type grouped struct {
	planner.PlanNode
	offer int
	pods  []lower.Part // on one node, ascending by workload
}

// group joins equal nodes and orders the groups by what they are, then by what they carry.
func (d *dealer) group() []grouped {
	var out []grouped
	at := map[string]int{}
	for n := range d.nodes {
		x := &d.nodes[n]
		pods := x.pods()
		gpus := d.gpus(x)
		key := fmt.Sprint(x.offer, x.name != "", pods, gpus)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, grouped{PlanNode: d.planNode(x.offer, pods, gpus), offer: x.offer, pods: pods})
		}
		out[i].Count++
		if x.name != "" {
			out[i].Names = append(out[i].Names, x.name)
		}
	}
	for i := range out {
		slices.Sort(out[i].Names)
	}
	slices.SortStableFunc(out, compareNodes)
	for i := range out {
		out[i].ID = fmt.Sprintf("n%d", i+1)
	}
	return out
}

func compareNodes(a, b grouped) int {
	return cmp.Or(
		cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.Zone, b.Zone),
		cmp.Compare(a.CapacityType, b.CapacityType), cmp.Compare(a.offer, b.offer),
		slices.CompareFunc(a.pods, b.pods, func(x, y lower.Part) int {
			return cmp.Or(cmp.Compare(x.Workload, y.Workload), cmp.Compare(y.Pods, x.Pods))
		}),
		slices.Compare(a.Names, b.Names), cmp.Compare(fmt.Sprint(a.GPUs), fmt.Sprint(b.GPUs)),
	)
}

// pods are the pods of a node by workload.
func (x *node) pods() []lower.Part {
	var out []lower.Part
	for _, share := range x.shares {
		for _, p := range share {
			out = addPart(out, p)
		}
	}
	return out
}

// planNode is one node of an offer with its content.
func (d *dealer) planNode(offer int, pods []lower.Part, gpus []planner.PlanGPU) planner.PlanNode {
	o := &d.s.Offers[offer]
	n := planner.PlanNode{
		Pool: o.Pool, InstanceType: o.InstanceType, Zone: o.Zone, CapacityType: o.CapacityType, Arch: o.Arch,
		PricePerHour: o.PriceMicro, Held: o.Held, GPUModel: o.Cards.Model, GPUs: gpus,
		Allocatable: o.Allocatable, DaemonSets: o.Overhead, Stay: o.Used, Note: o.Note, Pods: []planner.NodePods{},
	}
	for _, p := range pods {
		w := &d.s.Workloads[p.Workload]
		n.Pods = append(n.Pods, planner.NodePods{Workload: lower.WorkloadName(*w), Count: p.Pods})
		n.Requested = plus(n.Requested, w.Requests, p.Pods)
	}
	return n
}

// plus is sum and count times r.
func plus(sum, r planner.Resources, count int64) planner.Resources {
	sum.CPUMilli += r.CPUMilli * count
	sum.MemoryMiB += r.MemoryMiB * count
	sum.EphemeralMiB += r.EphemeralMiB * count
	sum.Pods += r.Pods * count
	for name, n := range r.Extended {
		if n == 0 {
			continue
		}
		if sum.Extended == nil {
			sum.Extended = map[string]int64{}
		}
		sum.Extended[name] += n * count
	}
	return sum
}

// placements says how many pods of each workload lie on the nodes of each group.
func placements(groups []grouped) []planner.Placement {
	out := []planner.Placement{}
	type placed struct {
		workload, group int
		pods            int64
	}
	var all []placed
	for i := range groups {
		for _, p := range groups[i].pods {
			all = append(all, placed{p.Workload, i, p.Pods * groups[i].Count})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.workload, b.workload), cmp.Compare(a.group, b.group))
	})
	for _, p := range all {
		at := slices.IndexFunc(groups[p.group].pods, func(x lower.Part) bool { return x.Workload == p.workload })
		out = append(out, planner.Placement{Workload: groups[p.group].Pods[at].Workload, Node: groups[p.group].ID, Count: p.pods})
	}
	return out
}
