// Package manifest writes targets in forms that others apply: VerticalPodAutoscaler objects that carry the recommendation
// in their status, as a custom recommender would (kubernetes/autoscaler, AEP-3919: spec.recommenders[].name), and
// strategic-merge patches for the owners of pods, for kubectl patch, kustomize or a Git repository.
//
// A workload whose pods differ has several shapes; its owner has one template. The largest request of its shapes is what
// is written. What cannot be said in a patch is a comment in the output and a note to the caller: never a silent gap.
package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// Recommender is the name under which Tenon recommends.
const Recommender = "tenon"

// Change is what one container is to ask for of one resource: milli-CPU or MiB.
type Change struct {
	Workload            planner.Ref
	Container, Resource string
	Now, Request        int64
	LimitNow, Limit     int64 // 0: none
	Lower, Upper        int64 // of a recommendation
}

// Of returns the changes that targets ask for. What is unknown or held is left out.
func Of(s *planner.Snapshot, t planner.Targets) []Change {
	of := named(s, func(w planner.Workload) string { return w.Ref.String() })
	for i := range t.Containers {
		if c := &t.Containers[i]; c.Unknown == "" && c.Held == "" {
			of.add(c.Workload, Change{
				Container: c.Container, Resource: c.Resource, Now: c.Now, Request: c.Target,
				LimitNow: c.LimitNow, Limit: c.Limit, Lower: c.Floor, Upper: c.Ceiling,
			})
		}
	}
	return of.changes
}

// Chosen returns the changes of a plan's rightsizing.
func Chosen(s *planner.Snapshot, r *planner.Rightsizing) []Change {
	if r == nil {
		return nil
	}
	of := named(s, lower.WorkloadName)
	for i := range r.Containers {
		if c := &r.Containers[i]; c.Unknown == "" && c.Kept == "" {
			of.add(c.Workload, Change{
				Container: c.Container, Resource: c.Resource, Now: c.Now, Request: c.Chosen,
				LimitNow: c.LimitNow, Limit: c.Limit, Lower: c.Floor, Upper: c.Ceiling,
			})
		}
	}
	return of.changes
}

// found collects the changes of workloads that are in a snapshot, by the names that a list has for them.
type found struct {
	refs    map[string]planner.Ref
	changes []Change
}

func named(s *planner.Snapshot, name func(planner.Workload) string) *found {
	f := &found{refs: map[string]planner.Ref{}}
	for i := range s.Workloads {
		f.refs[name(s.Workloads[i])] = s.Workloads[i].Ref
	}
	return f
}

func (f *found) add(workload string, c Change) {
	if ref, ok := f.refs[workload]; ok {
		c.Workload = ref
		f.changes = append(f.changes, c)
	}
}

// owner is a workload with its changes, by container and then CPU before memory.
type owner struct {
	ref     planner.Ref
	changes []Change
	differ  bool // its shapes ask for different amounts: what is written is not what each was planned with
}

// owners groups changes and keeps the largest of each container and resource.
func owners(changes []Change) []owner {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Workload.String(), b.Workload.String()), strings.Compare(a.Container, b.Container),
			strings.Compare(a.Resource, b.Resource), cmp.Compare(b.Request, a.Request))
	})
	var out []owner
	for _, c := range sorted {
		if len(out) == 0 || out[len(out)-1].ref != c.Workload {
			out = append(out, owner{ref: c.Workload})
		}
		o := &out[len(out)-1]
		if n := len(o.changes); n > 0 && o.changes[n-1].Container == c.Container && o.changes[n-1].Resource == c.Resource {
			o.differ = o.differ || c.Request != o.changes[n-1].Request
			o.changes[n-1].Upper = max(o.changes[n-1].Upper, c.Upper)
			o.changes[n-1].Lower = min(o.changes[n-1].Lower, c.Lower)
			o.changes[n-1].Limit = max(o.changes[n-1].Limit, c.Limit)
			continue
		}
		o.changes = append(o.changes, c)
	}
	return out
}

// changed are the owners with what changes, and those of which something is to be said. Of several shapes the largest request counts, also where it is one that stays.
func changed(all []owner) []owner {
	var out []owner
	for _, o := range all {
		o.changes = slices.DeleteFunc(o.changes, func(c Change) bool { return c.Request == c.Now && c.Limit == c.LimitNow })
		if len(o.changes) > 0 || o.differ {
			out = append(out, o)
		}
	}
	return out
}

// shapes says that an owner's shapes were planned with different requests.
func shapes(out *bytes.Buffer, r planner.Ref) planner.Note {
	const why = "the plan has different requests for shapes of it; an owner has one template, and the largest of each counts"
	comment(out, "%s: %s", r, why)
	return planner.Note{Severity: planner.Info, Object: r.String(), Text: why}
}

// containers calls do for each container with its changes.
func (o *owner) containers(do func(name string, changes []Change)) {
	for from := 0; from < len(o.changes); {
		to := from
		for to < len(o.changes) && o.changes[to].Container == o.changes[from].Container {
			to++
		}
		do(o.changes[from].Container, o.changes[from:to])
		from = to
	}
}

// kinds are the owners whose pods have a template that can be patched, with its place. A Job's template cannot be changed
// once it exists, and a bare pod has none.
var kinds = map[string]struct {
	apiVersion string
	template   []string
}{
	"Deployment":  {"apps/v1", []string{"spec", "template"}},
	"StatefulSet": {"apps/v1", []string{"spec", "template"}},
	"DaemonSet":   {"apps/v1", []string{"spec", "template"}},
	"ReplicaSet":  {"apps/v1", []string{"spec", "template"}},
	"CronJob":     {"batch/v1", []string{"spec", "jobTemplate", "spec", "template"}},
	"Rollout":     {"argoproj.io/v1alpha1", []string{"spec", "template"}},
}

// amount writes a quantity of a resource.
func amount(resource string, n int64) string {
	if resource == "memory" {
		return fmt.Sprintf("%dMi", n)
	}
	return fmt.Sprintf("%dm", n)
}

// document appends one YAML document.
func document(out *bytes.Buffer, object map[string]any) error {
	text, err := yaml.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode %v: %w", object["kind"], err)
	}
	out.WriteString("---\n")
	out.Write(text)
	return nil
}

// comment appends a line that says what no document can.
func comment(out *bytes.Buffer, format string, args ...any) {
	out.WriteString("# " + strings.Map(printable, fmt.Sprintf(format, args...)) + "\n")
}

// printable keeps hostile names from ending a comment.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
		return ' '
	}
	return r
}
