package proposal

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// longRunning is how long a pod that nobody starts again must have run to be named; CHOSEN: an hour of lost work is worth a line.
const longRunning = time.Hour

// measure works out for each edit what it disturbs and what it saves.
func (d *draft) measure() {
	share := d.shares()
	for i := range d.pools {
		p := &d.pools[i]
		e := d.edits[p.Name]
		touched := d.restarted(p)
		d.moved[p.Name] = slices.Clone(touched)
		e.Radius.Restarts = int64(len(touched))
		losing := map[string]bool{}
		for _, pod := range touched {
			if pod.NodeName != "" {
				losing[pod.NodeName] = true
			}
		}
		own := map[*kube.Pod]bool{}
		for _, pod := range touched {
			own[pod] = true
		}
		for _, drifted := range e.Radius.Drifted {
			losing[drifted.Node] = true
			for _, pod := range d.pods[drifted.Node] {
				if !bound(pod) && !own[pod] {
					own[pod] = true
					touched = append(touched, pod)
					e.Radius.Evicted++
				}
			}
		}
		e.Radius.Losing = slices.AppendSeq(e.Radius.Losing, maps.Keys(losing))
		slices.Sort(e.Radius.Losing)
		d.name(&e.Radius, touched)
		for _, pod := range d.planned(p) {
			e.CostToday = e.CostToday.Plus(share[pod])
		}
		d.pending(p, e)
		e.Saving = e.CostToday.Plus(-e.CostThen)
		e.PerNode = e.Saving / pricing.Micro(max(1, e.Radius.Disrupted()))
	}
}

// pending notes pods that are planned on a pool and do not run today: they have a price then and none today.
func (d *draft) pending(p *planner.Pool, e *Edit) {
	for _, work := range p.Works {
		w := d.works[work.Workload]
		if w == nil {
			continue
		}
		running := int64(0)
		for _, l := range w.Today {
			running += l.Pods
		}
		e.pending += max(0, w.Replicas-running)
	}
	if e.pending > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("%s of its workloads not run today: what they cost is in the price of its nodes, and in nothing that is saved", plural(e.pending, "pod does", "pods do")))
	}
}

// planned are the pods of today whose cost a pool takes over: all of the owners that are patched for it, and of an open
// pool those of the workloads that are planned there. Workloads that no patch can steer stay where they are and save nothing.
func (d *draft) planned(p *planner.Pool) []*kube.Pod {
	var out []*kube.Pod
	for _, ref := range d.ofPool[p.Name] {
		out = append(out, d.alive[ref]...)
	}
	if p.Steered {
		return out
	}
	for _, work := range p.Works {
		w := d.works[work.Workload]
		if w == nil {
			continue
		}
		if _, steered := d.homes[w.Ref]; steered {
			continue
		}
		for _, pod := range d.alive[w.Ref] {
			if _, ok := slices.BinarySearch(w.Pods, pod.Name); ok {
				out = append(out, pod)
			}
		}
	}
	return out
}

// restarted are the running pods that a pool's patches start anew: those of owners that roll their pods and whose
// template changes.
func (d *draft) restarted(p *planner.Pool) []*kube.Pod {
	var out []*kube.Pod
	for _, ref := range d.ofPool[p.Name] {
		if !owners[ref.Kind].restarts {
			if len(d.alive[ref]) > 0 {
				d.edits[p.Name].Notes = append(d.edits[p.Name].Notes, fmt.Sprintf("%s: its running pods stay where they are; only those to come are steered", ref))
			}
			continue
		}
		if s, ok := find(d.Objects.StatefulSets, ref); ref.Kind == "StatefulSet" && ok && s.Spec.UpdateStrategy.Type == "OnDelete" {
			d.edits[p.Name].Notes = append(d.edits[p.Name].Notes, fmt.Sprintf("%s: updates on delete, so its pods move when somebody deletes them", ref))
			continue
		}
		same := func(f string) bool { return d.files[f].Object == ref && d.before[f] == d.body(f) }
		if slices.ContainsFunc(d.edits[p.Name].Files, same) {
			continue
		}
		out = append(out, d.alive[ref]...)
	}
	return out
}

// body is a file without its comment.
func (d *draft) body(path string) string {
	return strings.TrimPrefix(string(d.files[path].Data), d.head())
}

// name tells the pods of an edit that deserve care.
func (d *draft) name(r *Radius, touched []*kube.Pod) {
	for _, pod := range touched {
		name := podName(pod)
		if d.protected(pod) {
			r.Protected = append(r.Protected, name)
		}
		switch pod.Owner.Kind {
		case "Job":
			r.Jobs = append(r.Jobs, name)
		case "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController":
		default:
			if !pod.Started.IsZero() && d.Objects.At.Sub(pod.Started) >= longRunning {
				r.Long = append(r.Long, name)
			}
		}
		if _, ok := d.zones(pod); ok {
			r.Bound = append(r.Bound, name)
		}
	}
	for _, list := range []*[]string{&r.Protected, &r.Jobs, &r.Long, &r.Bound} {
		slices.Sort(*list)
	}
	d.guards(r, touched)
}

// protected says whether karpenter.sh/do-not-disrupt holds for a pod now. A duration holds from its start; where that is
// not known, it is taken to hold.
func (d *draft) protected(p *kube.Pod) bool {
	if p.DoNotDisrupt == "" || p.DoNotDisrupt == "false" || p.DoNotDisrupt == "true" {
		return p.DoNotDisrupt == "true"
	}
	span, err := time.ParseDuration(p.DoNotDisrupt)
	return err == nil && (p.Started.IsZero() || d.Objects.At.IsZero() || d.Objects.At.Sub(p.Started) < span)
}

// guards finds the PodDisruptionBudgets over pods.
func (d *draft) guards(r *Radius, touched []*kube.Pod) {
	budgets := slices.SortedStableFunc(slices.Values(d.Objects.Budgets), func(a, b *policyv1.PodDisruptionBudget) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	for _, b := range budgets {
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil {
			d.say(planner.Warning, b.Namespace+"/PodDisruptionBudget/"+b.Name, "its selector cannot be read: %v", err)
			continue
		}
		n := int64(0)
		for _, p := range touched {
			if p.Namespace == b.Namespace && selector.Matches(labels.Set(p.Labels)) {
				n++
			}
		}
		if n > 0 {
			r.Guarded = append(r.Guarded, Guard{b.Namespace + "/" + b.Name, n, d.allowed(b, selector)})
		}
	}
}

// allowed is how many pods a budget lets go now: what its status says, or, of a status that is empty, what its spec says of the pods
// there are, each on a node being healthy. Percentages round up, as the disruption controller's do.
func (d *draft) allowed(b *policyv1.PodDisruptionBudget, selector labels.Selector) int64 {
	s := b.Status
	if s.ObservedGeneration != 0 || s.ExpectedPods != 0 || s.DisruptionsAllowed != 0 || len(s.Conditions) > 0 {
		return int64(s.DisruptionsAllowed)
	}
	pods, healthy := 0, 0
	for i := range d.Objects.Pods {
		if p := &d.Objects.Pods[i]; !p.Leaving && p.Namespace == b.Namespace && selector.Matches(labels.Set(p.Labels)) {
			pods++
			if p.NodeName != "" {
				healthy++
			}
		}
	}
	wanted := 0
	if v := b.Spec.MaxUnavailable; v != nil {
		n, err := intstr.GetScaledValueFromIntOrPercent(v, pods, true)
		if err != nil {
			return 0
		}
		wanted = max(0, pods-n)
	} else if v := b.Spec.MinAvailable; v != nil {
		n, err := intstr.GetScaledValueFromIntOrPercent(v, pods, true)
		if err != nil {
			return 0
		}
		wanted = n
	}
	return int64(max(0, healthy-wanted))
}

// shares divides the price of each node of today among its pods: by the larger of CPU and memory share, and where some pod
// has a GPU by cards alone. The whole price is divided, what is idle with it, so that the shares of all pods
// add up to what nodes with pods cost. Pods of DaemonSets have no share.
func (d *draft) shares() map[*kube.Pod]pricing.Micro {
	out := map[*kube.Pod]pricing.Micro{}
	unpriced, idle := 0, pricing.Micro(0)
	for i := range d.Snapshot.Nodes {
		n := &d.Snapshot.Nodes[i]
		if !n.Priced {
			unpriced++
			continue
		}
		weights, sum := map[*kube.Pod]int64{}, new(big.Int)
		cards := slices.ContainsFunc(d.pods[n.Name], func(p *kube.Pod) bool { return !bound(p) && gpuWeight(p.Shape.GPU) > 0 })
		for _, p := range d.pods[n.Name] {
			if bound(p) {
				continue
			}
			w := gpuWeight(p.Shape.GPU)
			if !cards {
				w = max(ratio(p.Shape.Requests.CPUMilli, n.Allocatable.CPUMilli), ratio(p.Shape.Requests.MemoryMiB, n.Allocatable.MemoryMiB), 1)
			}
			weights[p] = w
			sum.Add(sum, big.NewInt(w))
		}
		if sum.Sign() == 0 {
			idle = idle.Plus(n.PriceMicro)
		}
		for p, w := range weights {
			if sum.Sign() > 0 {
				part := new(big.Int).Mul(big.NewInt(int64(n.PriceMicro)), big.NewInt(w))
				out[p] = pricing.Micro(part.Quo(part, sum).Int64())
			}
		}
	}
	if idle > 0 {
		d.say(planner.Info, "", "nodes of today that carry no pods but those of DaemonSets cost %s an hour; no edit counts that as saved, as Karpenter removes them by itself", money(idle))
	}
	if unpriced > 0 {
		d.say(planner.Warning, "", "%s without a price: what leaves them counts as saving nothing", plural(int64(unpriced), "node of today is", "nodes of today are"))
	}
	return out
}

// ratio is a share in millionths; of nothing it is none.
func ratio(part, whole int64) int64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	q := new(big.Int).Mul(big.NewInt(part), big.NewInt(1_000_000))
	q.Quo(q, big.NewInt(whole))
	if !q.IsInt64() {
		return 1 << 40
	}
	return min(q.Int64(), 1<<40)
}

// gpuWeight is a GPU need in thousandths of a card. A slice counts by the sevenths in its profile's name, "3g.20gb", of which a card has seven.
func gpuWeight(g planner.GPUNeed) int64 {
	w := min(g.Whole, 1<<30)*1000 + g.ShareMilli
	for profile, n := range g.Slices {
		sevenths := int64(1)
		if _, err := fmt.Sscanf(profile, "%dg.", &sevenths); err != nil {
			sevenths = 1
		}
		w += min(n, 1<<30) * max(1, sevenths) * 1000 / 7
	}
	return w
}
