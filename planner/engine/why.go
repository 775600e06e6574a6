package engine

import (
	"fmt"
	"strconv"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// reasons says for each variable why it has its amount.
func (j *joint) reasons() []string {
	homes := map[string][]*planner.PlanNode{}
	for i := range j.best.plan.Nodes {
		n := &j.best.plan.Nodes[i]
		for _, p := range n.Pods {
			homes[p.Workload] = append(homes[p.Workload], n)
		}
	}
	out := make([]string, len(j.table.Vars))
	for v := range out {
		x := &j.table.Vars[v]
		out[v] = j.reason(v, homes[j.best.plan.Workloads[x.Work].Workload])
	}
	return out
}

func (j *joint) reason(v int, homes []*planner.PlanNode) string {
	x, c := &j.table.Vars[v], j.best.choice[v]
	switch {
	case x.Kept != "":
		return "kept: " + x.Kept
	case c > j.packed[v]:
		text := fmt.Sprintf("headroom handed back: %s a pod, which its nodes have free anyway", quantity(x.Resource, c-j.packed[v]))
		if n := j.tightest(v, homes); n != nil && c < x.Ceiling {
			text += fmt.Sprintf(" (least on %s)", n.ID)
		}
		return text
	case c == x.Target:
		return "target"
	case c > x.Target:
		return fmt.Sprintf("above its target: %s a pod take %s of risk away, which others then may have",
			quantity(x.Resource, c-x.Target), points(x.Curve.At(x.Target)-x.Curve.At(c)))
	}
	text := "below its target"
	if c == x.Floor {
		text = "floor"
	}
	return text + fmt.Sprintf(": %s a pod less for %s more risk", quantity(x.Resource, x.Target-c), points(x.Curve.At(c)-x.Curve.At(x.Target))) +
		j.fits(v, homes)
}

// tightest is the node with the least room left for each pod of a variable's workload.
func (j *joint) tightest(v int, homes []*planner.PlanNode) *planner.PlanNode {
	var best *planner.PlanNode
	least := int64(0)
	for _, n := range homes {
		room := free(n, j.table.Vars[v].Resource) / max(podsOn(n, j.workload(v)), 1)
		if best == nil || room < least {
			best, least = n, room
		}
	}
	return best
}

// fits says of the first node that would hold fewer pods of a workload at its targets how many it would.
func (j *joint) fits(v int, homes []*planner.PlanNode) string {
	x := &j.table.Vars[v]
	at := append(sizing.Choice(nil), j.best.choice...)
	at[v] = x.Target
	now, then := j.table.Requests(x.Work, j.best.choice), j.table.Requests(x.Work, at)
	small, large := amountOf(now, x.Resource), amountOf(then, x.Resource)
	for _, n := range homes {
		pods := podsOn(n, j.workload(v))
		if large <= small || free(n, x.Resource) >= (large-small)*pods {
			continue
		}
		return fmt.Sprintf("; %d fit %s (%s), at the target %d would", pods, n.ID, n.InstanceType, (free(n, x.Resource)+small*pods)/large)
	}
	return ""
}

func (j *joint) workload(v int) string { return j.best.plan.Workloads[j.table.Vars[v].Work].Workload }

func podsOn(n *planner.PlanNode, workload string) int64 {
	for _, p := range n.Pods {
		if p.Workload == workload {
			return p.Count
		}
	}
	return 0
}

// free is what one node has left of a resource.
func free(n *planner.PlanNode, r sizing.Resource) int64 {
	return amountOf(n.Allocatable, r) - amountOf(n.DaemonSets, r) - amountOf(n.Stay, r) - amountOf(n.Requested, r)
}

func amountOf(x planner.Resources, r sizing.Resource) int64 {
	if r == sizing.Memory {
		return x.MemoryMiB
	}
	return x.CPUMilli
}

// quantity writes an amount as Kubernetes does.
func quantity(r sizing.Resource, n int64) string {
	if r == sizing.Memory {
		return fmt.Sprintf("%d MiB", n)
	}
	return fmt.Sprintf("%dm", n)
}

// points writes millionths as percentage points.
func points(micro int64) string {
	return strconv.FormatFloat(float64(micro)/1e4, 'f', -1, 64) + " points"
}
