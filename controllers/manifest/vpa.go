package manifest

import (
	"bytes"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// VPAOptions say how the objects come out.
type VPAOptions struct {
	// UpdateMode is spec.updatePolicy.updateMode; "": Off, so that nothing acts on the objects. Karpenter from v1.15 on reads
	// recommendations of objects with another mode only.
	UpdateMode string
	At         time.Time // of the recommendation; zero: not said
}

// VPA writes one VerticalPodAutoscaler for each workload, with its recommendation in the form of autoscaling.k8s.io/v1
// status: target is the target, the bounds are floor and ceiling.
func VPA(changes []Change, opts VPAOptions) ([]byte, []planner.Note, error) {
	var out bytes.Buffer
	var notes []planner.Note
	mode := opts.UpdateMode
	if mode == "" {
		mode = "Off"
	}
	for _, o := range owners(changes) {
		kind, ok := kinds[o.ref.Kind]
		if !ok {
			notes = append(notes, skipped(&out, o.ref, "a VerticalPodAutoscaler needs an owner with a template and a scale"))
			continue
		}
		if o.differ {
			notes = append(notes, shapes(&out, o.ref))
		}
		var recommendations []any
		o.containers(func(name string, changes []Change) {
			target, lower, upper := map[string]any{}, map[string]any{}, map[string]any{}
			for _, c := range changes {
				target[c.Resource] = amount(c.Resource, c.Request)
				lower[c.Resource] = amount(c.Resource, c.Lower)
				upper[c.Resource] = amount(c.Resource, c.Upper)
			}
			recommendations = append(recommendations, map[string]any{
				"containerName": name, "target": target, "uncappedTarget": target, "lowerBound": lower, "upperBound": upper,
			})
		})
		condition := map[string]any{"type": "RecommendationProvided", "status": "True"}
		if !opts.At.IsZero() {
			condition["lastTransitionTime"] = opts.At.UTC().Format(time.RFC3339)
		}
		metadata := map[string]any{"name": vpaName(o.ref)}
		if o.ref.Namespace != "" {
			metadata["namespace"] = o.ref.Namespace
		}
		if err := document(&out, map[string]any{
			"apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": metadata,
			"spec": map[string]any{
				"targetRef":    map[string]any{"apiVersion": kind.apiVersion, "kind": o.ref.Kind, "name": o.ref.Name},
				"recommenders": []any{map[string]any{"name": Recommender}},
				"updatePolicy": map[string]any{"updateMode": mode},
			},
			"status": map[string]any{
				"conditions":     []any{condition},
				"recommendation": map[string]any{"containerRecommendations": recommendations},
			},
		}); err != nil {
			return nil, nil, err
		}
	}
	return out.Bytes(), notes, nil
}

// vpaName is unique among the kinds of owners of one namespace.
func vpaName(r planner.Ref) string { return Recommender + "-" + strings.ToLower(r.Kind) + "-" + r.Name }

// skipped says in the output and to the caller that a workload is left out.
func skipped(out *bytes.Buffer, r planner.Ref, why string) planner.Note {
	comment(out, "%s is left out: %s", r, why)
	return planner.Note{Severity: planner.Warning, Object: r.String(), Text: "left out: " + why}
}
