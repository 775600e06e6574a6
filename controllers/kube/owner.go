package kube

import (
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// Refs returns what names the workload that a pod belongs to, as in a snapshot of o: the Deployment behind a ReplicaSet,
// the CronJob behind a Job, the pod itself where nobody owns it.
func (o *Objects) Refs() func(*Pod) planner.Ref {
	t := &translation{in: o}
	t.resolveOwners()
	return t.refOf
}

// VolumeZones returns where a pod's volumes bind it to: the zones that all of them allow, sorted, and whether any names
// zones at all. Claims that are not bound, or whose volume is not in the input, say nothing.
func (o *Objects) VolumeZones() func(*Pod) (zones []string, bound bool) {
	volumes := map[string][]string{}
	for _, v := range o.Volumes {
		for _, limit := range volumeNode(v) {
			for _, r := range slices.Concat(limit.terms...) {
				if r.Key == zoneLabel && r.Operator == opIn {
					volumes[v.Name] = append(volumes[v.Name], r.Values...)
				}
			}
		}
	}
	claims := map[string][]string{}
	for _, c := range o.Claims {
		if at, ok := volumes[c.Spec.VolumeName]; ok {
			claims[c.Namespace+"/"+c.Name] = at
		}
	}
	return func(p *Pod) ([]string, bool) {
		var zones []string
		bound := false
		for _, name := range p.Claims {
			at, ok := claims[p.Namespace+"/"+name]
			switch {
			case !ok:
			case !bound:
				zones, bound = slices.Clone(at), true
			default:
				zones = slices.DeleteFunc(zones, func(z string) bool { return !slices.Contains(at, z) })
			}
		}
		slices.Sort(zones)
		return slices.Compact(zones), bound
	}
}
