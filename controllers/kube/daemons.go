package kube

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// daemonSet is one that every node carries which its template fits.
type daemonSet struct {
	ref    planner.Ref
	shape  *Shape
	labels map[string]string
	rows   planner.Set // addDaemons: the offers whose nodes carry it
}

// readDaemonSets reads DaemonSets, and makes up those that are known by their pods only.
func (t *translation) readDaemonSets() {
	have := map[planner.Ref]bool{}
	for _, d := range t.in.DaemonSets {
		ref := planner.Ref{Namespace: d.Namespace, Kind: "DaemonSet", Name: d.Name}
		shape, err := shapeOfTemplate(d.Spec.Template)
		if err != nil {
			t.notes.warn(ref.String(), "its template cannot be read, its pods are in no overhead: %s", strings.TrimPrefix(err.Error(), ErrObject.Error()+": "))
			continue
		}
		t.completeTemplate(shape, d.Spec.Template.Spec.PriorityClassName, ref)
		have[ref] = true
		t.daemonSets = append(t.daemonSets, daemonSet{ref: ref, shape: shape, labels: d.Spec.Template.Labels})
	}
	for i := range t.in.Pods {
		p := &t.in.Pods[i]
		if p.Owner.Kind != "DaemonSet" || p.Static || p.Leaving {
			continue
		}
		ref := planner.Ref{Namespace: p.Namespace, Kind: "DaemonSet", Name: p.Owner.Name}
		if !have[ref] {
			have[ref] = true
			t.daemonSets = append(t.daemonSets, daemonSet{ref: ref, shape: p.Shape, labels: p.Labels})
			t.notes.info(ref.String(), "this DaemonSet is not in the input; its overhead is read from one of its pods")
		}
	}
	slices.SortFunc(t.daemonSets, func(a, b daemonSet) int { return strings.Compare(a.ref.String(), b.ref.String()) })
}

// addDaemons adds to each offer the DaemonSet pods that its nodes carry: a DaemonSet's pods run wherever its selectors
// and affinity match and its tolerations suffice. Its own controller tolerates what ails a node, and cordons.
func (t *translation) addDaemons() {
	for i := range t.daemonSets {
		d := &t.daemonSets[i]
		g := group{shape: d.shape, workload: planner.Workload{Ref: d.ref}}
		rows := t.table.all
		for _, c := range t.selectorConstraints(&g) {
			rows = rows.And(c.Offers)
		}
		if d.shape.OS != "" {
			rows = rows.And(t.table.where(Requirement{Key: "kubernetes.io/os", Operator: opIn, Values: []string{d.shape.OS}}))
		}
		rows = rows.And(t.tolerates(d.shape, true))
		d.rows = rows
		each(rows, func(row int) { t.addOverhead(row, d.shape) })
	}
}

// addOverhead gives one more pod to every node of an offer. Cards that a daemon takes are no overhead but taken.
func (t *translation) addOverhead(row int, s *Shape) {
	o := t.offers[row]
	o.Overhead = plus(o.Overhead, s.Requests)
	o.take(s.GPU)
}

// staticOverhead is the most that the kubelets of ordinary nodes run by themselves today, such as GKE's kube-proxy: a
// node to be made is taken to run as much.
func (t *translation) staticOverhead() planner.Resources {
	var most planner.Resources
	for _, n := range t.nodes {
		if !n.controlPlane() {
			most = largest(most, n.static)
		}
	}
	if cmp.Or(most.CPUMilli, most.MemoryMiB, most.Pods) != 0 {
		t.notes.info("", "static pods of today's nodes (at most %d pods, %dm CPU, %d MiB on a node) are taken to run on nodes to be made as well", most.Pods, most.CPUMilli, most.MemoryMiB)
	}
	return most
}
