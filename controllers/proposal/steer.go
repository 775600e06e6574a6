package proposal

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
)

// steered writes into a patch how pods come to the pools of their owner: a selector of the one pool, or node affinity to
// several, and a toleration of each one's taint. Merging replaces tolerations and the terms of node affinity as a whole,
// so those there are come along.
func (d *draft) steered(spec object, ref planner.Ref, template *corev1.PodSpec) error {
	pools := d.homes[ref].pools
	if was := template.NodeSelector[poolLabel]; was != "" && !slices.Contains(pools, was) {
		d.say(planner.Info, ref.String(), "selects NodePool %s today; the patch changes that to %s", was, strings.Join(pools, " or "))
	}
	after := *template
	after.Tolerations = slices.DeleteFunc(slices.Clone(template.Tolerations), func(t corev1.Toleration) bool { return t.Key == poolTaint })
	Steer(&after, pools)
	if len(pools) == 1 {
		spec["nodeSelector"] = object{poolLabel: pools[0]}
	} else if template.NodeSelector[poolLabel] != "" {
		spec["nodeSelector"] = object{poolLabel: nil}
	}
	if len(pools) > 1 || ours(template) && required(template) != nil {
		terms, err := termsOf(&after)
		if err != nil {
			return err
		}
		at(spec, "affinity", "nodeAffinity")["requiredDuringSchedulingIgnoredDuringExecution"] = terms
	}
	return tolerate(spec, after.Tolerations)
}

// ours says that a template tolerates the taint of some pool, so that what it says of NodePools is Tenon's.
func ours(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(spec.Tolerations, func(t corev1.Toleration) bool { return t.Key == poolTaint && t.Operator != corev1.TolerationOpExists })
}

func required(spec *corev1.PodSpec) *corev1.NodeSelector {
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return nil
	}
	return spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
}

// termsOf is the required node affinity for an object; nil where one of its terms, which are alternatives, asks for nothing more: the
// API would take an empty term for one that nothing meets.
func termsOf(spec *corev1.PodSpec) (any, error) {
	r := required(spec)
	if r == nil || slices.ContainsFunc(r.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool { return len(t.MatchExpressions)+len(t.MatchFields) == 0 }) {
		return nil, nil
	}
	return toObject(*r)
}

// excluded names a pool of an owner on which its node affinity lets no pod; "" where there is none.
func (d *draft) excluded(ref planner.Ref, template *corev1.PodSpec) string {
	r := required(template)
	if r == nil {
		return ""
	}
	for _, pool := range d.homes[ref].pools {
		if !slices.ContainsFunc(r.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool { return admits(t, pool, ours(template)) }) {
			return pool
		}
	}
	return ""
}

// admits says whether a term lets pods on nodes of a pool, as far as it speaks of pools; lists of pools that are Tenon's are
// written anew and keep nobody out.
func admits(t corev1.NodeSelectorTerm, pool string, ours bool) bool {
	for _, e := range t.MatchExpressions {
		in := slices.Contains(e.Values, pool)
		if e.Key == poolLabel && (e.Operator == corev1.NodeSelectorOpIn && !in && !ours || e.Operator == corev1.NodeSelectorOpNotIn && in || e.Operator == corev1.NodeSelectorOpDoesNotExist) {
			return false
		}
	}
	return true
}

// house says where an owner's pods go. It has one template: where all its shapes were planned on the same pools, these; where
// they were planned on different ones, that with the most pods.
func (d *draft) house(ref planner.Ref, count map[string]int64, wants map[string][]want, shapes int) {
	var all []string
	best, endless := "", ""
	same := true
	for i := range d.pools {
		p := &d.pools[i]
		n, ok := count[p.Name]
		if !ok {
			continue
		}
		all = append(all, p.Name)
		same = same && len(wants[p.Name]) == shapes
		if endless == "" && p.NodesMost == 0 {
			endless = p.Name
		}
		if best == "" || n > count[best] {
			best = p.Name
		}
	}
	if len(all) > 1 && same && endless != "" {
		d.homes[ref] = home{all, wants[endless]}
		d.ofPool[endless] = append(d.ofPool[endless], ref)
		for _, name := range all {
			d.shared[name] = true
			note := "shares workloads with " + strings.Join(without(all, name), ", ") + ": these NodePools are one, so apply all of them or none"
			if e := d.edits[name]; !slices.Contains(e.Notes, note) {
				e.Notes = append(e.Notes, note)
			}
		}
		return
	}
	if len(all) > 1 {
		d.say(planner.Warning, ref.String(), "its pods differ and were planned on %d NodePools; its owner has one template, so all are steered to %s", len(all), best)
	}
	d.homes[ref] = home{[]string{best}, wants[best]}
	d.ofPool[best] = append(d.ofPool[best], ref)
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// limited names what is wrong with the limits of pools on their nodes: each counts the CPU of one type, and what comes late must have a
// NodePool without a limit.
func (d *draft) limited(fault func(planner.Pool, string, ...any)) {
	endless := map[string]bool{}
	for _, p := range d.pools {
		for _, w := range p.Works {
			endless[w.Workload] = endless[w.Workload] || p.NodesMost == 0
		}
	}
	for _, p := range d.pools {
		if p.NodesMost == 0 {
			continue
		}
		if _, ok := d.Catalog.Lookup(slices.Concat(p.InstanceTypes, []string{""})[0]); !ok || p.NodesMost < 0 || len(p.InstanceTypes) != 1 {
			fault(p, "a limit of %d nodes goes with one instance type of the catalog, and it names %d", p.NodesMost, len(p.InstanceTypes))
		}
		for _, w := range p.Works {
			if !endless[w.Workload] {
				fault(p, "all NodePools of workload %q have a limit of nodes", w.Workload)
			}
		}
	}
}

// few limits a NodePool to the number of nodes that was planned, by their CPU. A limit of the base that is lower stays.
func (d *draft) few(p *planner.Pool, spec object) {
	if p.NodesMost <= 0 {
		return
	}
	most := cpuOf(p, d.Catalog)
	if base := d.bases[p.Base]; base != nil {
		if q, ok := base.Spec.Limits[corev1.ResourceCPU]; ok && q.Cmp(*most) < 0 {
			d.say(planner.Warning, "NodePool/"+p.Name, "its limit of %s CPU is below that of the %s that were planned", q.String(), plural(p.NodesMost, "node", "nodes"))
			return
		}
	}
	at(spec, "limits")["cpu"] = most.String()
	e := d.edits[p.Name]
	e.Notes = append(e.Notes, fmt.Sprintf("limits.cpu is that of %s: pods that find no room there go to the other NodePools of their affinity. It does not grow with the workloads", plural(p.NodesMost, "node", "nodes")))
}
