package usage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// Owners tells whose pod a pod is: from the pods of today, and for pods that are gone from the names that controllers
// give. It answers only for workloads of its snapshot, and where two of them fit equally well it does not answer.
type Owners struct {
	pods  map[[2]string]planner.Ref   // by namespace and pod; the zero Ref where two claim it
	names map[[2]string][]planner.Ref // by namespace and name, one for each kind
	long  map[string][]planner.Ref    // by namespace: those whose pods' names are cut
	known map[planner.Ref]bool
}

// Where names are cut: the API server cuts what it generates a name from after 58 characters and adds five of its own
// (k8s.io/apiserver storage/names, MaxGeneratedNameLength).
const (
	stemMost = 58
	tailSize = 5
)

// NewOwners reads the names of a snapshot's workloads and of their pods of today.
func NewOwners(s *planner.Snapshot) *Owners {
	o := &Owners{
		pods: map[[2]string]planner.Ref{}, names: map[[2]string][]planner.Ref{},
		long: map[string][]planner.Ref{}, known: map[planner.Ref]bool{},
	}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		for _, pod := range w.Pods {
			k := [2]string{w.Ref.Namespace, pod}
			if before, twice := o.pods[k]; twice && before != w.Ref {
				o.pods[k] = planner.Ref{}
				continue
			}
			o.pods[k] = w.Ref
		}
		if o.known[w.Ref] {
			continue // another shape of it
		}
		o.known[w.Ref] = true
		k := [2]string{w.Ref.Namespace, w.Ref.Name}
		o.names[k] = append(o.names[k], w.Ref)
		if generated := w.Ref.Kind != "StatefulSet" && w.Ref.Kind != "Pod"; generated && len(w.Ref.Name) > stemMost-12 { // "-", a hash of at most ten, "-"
			o.long[w.Ref.Namespace] = append(o.long[w.Ref.Namespace], w.Ref)
		}
	}
	return o
}

// Resolve fills in the workload of a key. Where it cannot, the key's workload is the zero Ref, and unknown says why.
//
// A workload that the source names counts before the pod's name: with its kind if it is in the snapshot; without one, if
// one workload of the namespace has that name; as a ReplicaSet or a Job, also by the name that its owner gave it.
func (o *Owners) Resolve(k Key) (named Key, unknown string) {
	said := k.Workload
	k.Workload = planner.Ref{}
	space := cmp.Or(said.Namespace, k.Namespace)
	switch {
	case said == (planner.Ref{}) && k.Pod == "":
		return k, "the source names neither a workload nor a pod"
	case said == (planner.Ref{}):
		k.Workload, unknown = o.Of(k.Namespace, k.Pod)
		return k, unknown
	}
	said.Namespace = space
	if o.known[said] {
		k.Workload = said
		return k, ""
	}
	fit := o.names[[2]string{space, said.Name}]
	switch {
	case said.Kind == "ReplicaSet":
		fit = keepHashed(o, space, said.Name)
	case said.Kind == "Job":
		fit = keepKind(o.timed(space, said.Name), "CronJob")
	case said.Kind != "":
		fit = nil
	}
	k.Workload, unknown = one(fit, fmt.Sprintf("no workload %s is in the cluster", said))
	return k, unknown
}

// Of returns the workload of a pod; unknown says why there is none.
func (o *Owners) Of(namespace, pod string) (ref planner.Ref, unknown string) {
	if ref, ok := o.pods[[2]string{namespace, pod}]; ok {
		if ref == (planner.Ref{}) {
			return ref, fmt.Sprintf("two workloads have a pod %s/%s", namespace, pod)
		}
		return ref, ""
	}
	return one(o.candidates(namespace, pod), fmt.Sprintf("no workload of the cluster makes pods with names like %s/%s", namespace, pod))
}

// one picks the candidate of whose name the most is in the pod's; two of them are none.
func one(fit []planner.Ref, none string) (ref planner.Ref, unknown string) {
	if len(fit) == 0 {
		return ref, none
	}
	seen := func(r planner.Ref) int { return min(len(r.Name), stemMost) }
	slices.SortStableFunc(fit, func(a, b planner.Ref) int { return cmp.Compare(seen(b), seen(a)) })
	for _, other := range fit[1:] {
		if other != fit[0] && seen(other) == seen(fit[0]) {
			return ref, fmt.Sprintf("it could be of %s or of %s", fit[0], other)
		}
	}
	return fit[0], ""
}

// candidates are the workloads that could have given a pod its name.
func (o *Owners) candidates(namespace, pod string) []planner.Ref {
	fit := keepKind(o.names[[2]string{namespace, pod}], "Pod")
	if len(pod) == stemMost+tailSize && random(pod[stemMost:]) {
		fit = append(fit, o.cut(namespace, pod[:stemMost])...)
	}
	stem, last, ok := cutLast(pod)
	if !ok {
		return fit
	}
	if ordinal(last) {
		fit = append(fit, keepKind(o.names[[2]string{namespace, stem}], "StatefulSet")...)
	}
	if len(last) != tailSize || !random(last) {
		return fit
	}
	fit = append(fit, keepKind(o.names[[2]string{namespace, stem}], "DaemonSet", "Job", "ReplicaSet", "ReplicationController")...)
	fit = append(fit, keepHashed(o, namespace, stem)...)
	fit = append(fit, o.timed(namespace, stem)...)
	if name, _, ok := cutLast(stem); ok { // an indexed Job's pod of a CronJob's: NAME-TIME-INDEX-TAIL
		fit = append(fit, keepKind(o.timed(namespace, name), "CronJob")...)
	}
	return fit
}

// keepHashed are the workloads that make ReplicaSets of that name: NAME-HASH.
func keepHashed(o *Owners, namespace, set string) []planner.Ref {
	name, hash, ok := cutLast(set)
	if !ok || len(hash) > 10 || !random(hash) {
		return nil
	}
	return keepKind(o.names[[2]string{namespace, name}], "Deployment", "Rollout")
}

// timed are the workloads that make Jobs, or indexed pods of a Job, of that name: NAME-DIGITS.
func (o *Owners) timed(namespace, job string) []planner.Ref {
	name, number, ok := cutLast(job)
	if !ok || !ordinal(number) {
		return nil
	}
	fit := slices.Clone(keepKind(o.names[[2]string{namespace, name}], "Job"))
	if len(number) >= 8 && len(number) <= 10 { // minutes since 1970, before Kubernetes 1.21 seconds
		fit = append(fit, keepKind(o.names[[2]string{namespace, name}], "CronJob")...)
	}
	return fit
}

// cut are the workloads whose pods' names begin with a stem that was cut: nothing but a cut explains 63 characters.
func (o *Owners) cut(namespace, stem string) []planner.Ref {
	var fit []planner.Ref
	for _, ref := range o.long[namespace] {
		rest, ok := strings.CutPrefix(stem, ref.Name+"-")
		short := strings.HasPrefix(ref.Name+"-", stem)
		switch ref.Kind {
		case "Deployment", "Rollout":
			hash, _, _ := strings.Cut(rest, "-")
			ok = ok && random(hash) && len(rest)-len(hash) <= 1
		case "CronJob":
			ok = ok && strings.Trim(rest, "0123456789-") == ""
		default:
			ok = ok && rest == ""
		}
		if ok || short {
			fit = append(fit, ref)
		}
	}
	return fit
}

// keepKind returns the refs of some kinds, in a slice of its own.
func keepKind(refs []planner.Ref, kinds ...string) []planner.Ref {
	var kept []planner.Ref
	for _, r := range refs {
		if slices.Contains(kinds, r.Kind) {
			kept = append(kept, r)
		}
	}
	return kept
}

// cutLast cuts a name at its last hyphen.
func cutLast(name string) (stem, last string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || i == len(name)-1 {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// random reports whether all characters are among those that Kubernetes makes names of (k8s.io/apimachinery util/rand:
// no vowels and nothing that looks like one, so that no words appear).
func random(s string) bool { return strings.Trim(s, "bcdfghjklmnpqrstvwxz2456789") == "" }

// ordinal reports whether s is a number as controllers write it.
func ordinal(s string) bool {
	return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0')
}
