package manifest

import (
	"bytes"

	"github.com/tenon-sh/tenon/planner"
)

// Patches writes a strategic-merge patch for each owner whose template asks for something else, and for each autoscaler
// whose percent moves with it. Limits are in a patch where they change; one that goes is set to null.
func Patches(s *planner.Snapshot, changes []Change, scalers []planner.ScalerAim) ([]byte, []planner.Note, error) {
	var out bytes.Buffer
	var notes []planner.Note
	for _, o := range changed(owners(changes)) {
		kind, ok := kinds[o.ref.Kind]
		if !ok {
			why := "only owners with a template can be patched"
			switch o.ref.Kind {
			case "Job":
				why = "the template of a Job cannot be changed; change what makes the Job"
			case "Pod":
				why = "a pod without an owner: use kubectl patch --subresource resize"
			}
			notes = append(notes, skipped(&out, o.ref, why))
			continue
		}
		if o.differ {
			if notes = append(notes, shapes(&out, o.ref)); len(o.changes) == 0 {
				continue
			}
		}
		if err := document(&out, o.patch(kind.apiVersion, kind.template, initOf(s, o.ref))); err != nil {
			return nil, nil, err
		}
	}
	for i := range scalers {
		note, err := scalerPatch(&out, s, &scalers[i])
		if err != nil {
			return nil, nil, err
		}
		if note != nil {
			notes = append(notes, *note)
		}
	}
	return out.Bytes(), notes, nil
}

// initOf names the sidecars of a workload: a template lists them among the init containers.
func initOf(s *planner.Snapshot, r planner.Ref) map[string]bool {
	out := map[string]bool{}
	for i := range s.Workloads {
		if s.Workloads[i].Ref != r {
			continue
		}
		for _, c := range s.Workloads[i].Containers {
			if c.Kind != planner.MainContainer {
				out[c.Name] = true
			}
		}
	}
	return out
}

// patch is the owner's object with nothing but what changes.
func (o *owner) patch(apiVersion string, template []string, sidecars map[string]bool) map[string]any {
	var main, side []any
	o.containers(func(name string, changes []Change) {
		requests, limits := map[string]any{}, map[string]any{}
		for _, c := range changes {
			requests[c.Resource] = amount(c.Resource, c.Request)
			switch {
			case c.Limit == c.LimitNow:
			case c.Limit == 0:
				limits[c.Resource] = nil
			default:
				limits[c.Resource] = amount(c.Resource, c.Limit)
			}
		}
		resources := map[string]any{"requests": requests}
		if len(limits) > 0 {
			resources["limits"] = limits
		}
		entry := map[string]any{"name": name, "resources": resources}
		if sidecars[name] {
			side = append(side, entry)
		} else {
			main = append(main, entry)
		}
	})
	spec := map[string]any{}
	if len(main) > 0 {
		spec["containers"] = main
	}
	if len(side) > 0 {
		spec["initContainers"] = side
	}
	inner := map[string]any{"spec": spec}
	for i := len(template) - 1; i >= 0; i-- {
		inner = map[string]any{template[i]: inner}
	}
	metadata := map[string]any{"name": o.ref.Name}
	if o.ref.Namespace != "" {
		metadata["namespace"] = o.ref.Namespace
	}
	inner["apiVersion"], inner["kind"], inner["metadata"] = apiVersion, o.ref.Kind, metadata
	return inner
}

// scalerPatch writes what becomes of an autoscaler. Its list of metrics is atomic: a merge replaces it as a whole, so a
// patch can only be written where there is but one.
func scalerPatch(out *bytes.Buffer, s *planner.Snapshot, aim *planner.ScalerAim) (*planner.Note, error) {
	for i := range s.Workloads {
		w := &s.Workloads[i]
		if w.Scaler == nil || w.Scaler.Ref.String() != aim.Scaler {
			continue
		}
		ref := w.Scaler.Ref
		if len(w.Scaler.Metrics) != 1 {
			comment(out, "%s: set the target for %s from %d to %d %% by hand: its list of metrics is replaced as a whole by a merge, and it has %d", ref, aim.Resource, aim.Now, aim.Percent, len(w.Scaler.Metrics))
			return &planner.Note{Severity: planner.Warning, Object: ref.String(), Text: "its target has to be changed by hand together with the requests: see the comment in the patch"}, nil
		}
		target := map[string]any{"type": "Utilization", "averageUtilization": aim.Percent}
		metric := map[string]any{"type": "Resource", "resource": map[string]any{"name": aim.Resource, "target": target}}
		if aim.Container != "" {
			metric = map[string]any{"type": "ContainerResource", "containerResource": map[string]any{"name": aim.Resource, "container": aim.Container, "target": target}}
		}
		return nil, document(out, map[string]any{
			"apiVersion": "autoscaling/v2", "kind": ref.Kind,
			"metadata": map[string]any{"name": ref.Name, "namespace": ref.Namespace},
			"spec":     map[string]any{"metrics": []any{metric}},
		})
	}
	return nil, nil
}
