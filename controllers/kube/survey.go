package kube

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Survey is what Snapshot finds out about a cluster before it makes offers, for those who have offers made by others.
type Survey struct {
	Zones        []string // where nodes can be had, sorted; never empty
	Region       string
	NodePools    []*NodePool    // that can make nodes for pods; one without a name where the input has none at all
	NodeOverlays []*NodeOverlay // that apply
	// ToCome are the pods that controllers want and do not have, called after their owner and a number ("web-tocome-0"),
	// and Claims are the volumes of those that belong to a StatefulSet.
	ToCome []Pod
	Claims []*corev1.PersistentVolumeClaim
	Notes  []planner.Note
}

// Look surveys a cluster. The result depends on the content of o only, not on the order of its lists.
func Look(o *Objects, cat pricing.Catalog) Survey {
	t := &translation{in: o.sorted(), cat: cat, opts: Options{At: o.At}.WithDefaults()}
	t.resolveOwners()
	t.readTemplates()
	t.readKeys()
	t.readNodes()
	t.findZones()
	s := Survey{Zones: t.zones, Region: t.region, NodePools: t.pools(), NodeOverlays: t.overlays()}
	s.ToCome, s.Claims = t.toCome()
	s.Notes = t.notes.list()
	return s
}

// toCome makes up what demandToCome counts.
func (t *translation) toCome() (pods []Pod, claims []*corev1.PersistentVolumeClaim) {
	alive := map[planner.Ref]int64{}
	for i := range t.in.Pods {
		if p := &t.in.Pods[i]; !p.Leaving && !p.daemon() {
			alive[t.refOf(p)]++
		}
	}
	wanted, made := map[planner.Ref]int64{}, map[planner.Ref]int64{}
	for _, c := range t.controllers {
		have := alive[c.ref] - wanted[c.ref] // several Jobs of one CronJob share its pods
		wanted[c.ref] += c.want
		for range c.want - max(0, have) {
			pod := Pod{
				Namespace: c.ref.Namespace, Name: fmt.Sprintf("%s-tocome-%d", c.ref.Name, made[c.ref]),
				Labels: c.labels, Owner: Owner{c.ref.Kind, c.ref.Name}, Shape: c.shape,
			}
			made[c.ref]++
			for _, template := range c.claims {
				claim := &corev1.PersistentVolumeClaim{
					ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: template.Name + "-" + pod.Name}, Spec: template.Spec,
				}
				pod.Claims = append(pod.Claims, claim.Name)
				claims = append(claims, claim)
			}
			pods = append(pods, pod)
		}
	}
	return pods, claims
}
