package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLook: a survey counts the same pods to come as a snapshot, and names zones and pools as it does.
func TestLook(t *testing.T) {
	text := pool("default", anywhere) + deployment("web", 3, "") + pod("web-1", "web", "", "") + `
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: db, namespace: shop}
spec:
  replicas: 1
  template: {spec: {containers: [{resources: {requests: {cpu: 1}}}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast}}]
`
	o := parse(t, text)
	survey := Look(o, shop())
	type summary struct{ Zones, Pools, ToCome, Claims []string }
	got := summary{Zones: survey.Zones}
	for _, p := range survey.NodePools {
		got.Pools = append(got.Pools, p.Name)
	}
	for _, p := range survey.ToCome {
		got.ToCome = append(got.ToCome, p.Name)
	}
	for _, c := range survey.Claims {
		got.Claims = append(got.Claims, c.Name+" "+*c.Spec.StorageClassName)
	}
	want := summary{[]string{"z-a", "z-b"}, []string{"default"}, []string{"web-tocome-0", "web-tocome-1", "db-tocome-0"}, []string{"data-db-tocome-0 fast"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("survey (-want +got):\n%s", diff)
	}
	replicas := int64(0)
	for _, w := range snap(t, text).Workloads {
		replicas += w.Replicas
	}
	if have := int64(len(survey.ToCome) + len(o.Pods)); have != replicas {
		t.Errorf("%d pods, a snapshot has %d", have, replicas)
	}
	if empty := Look(&Objects{}, shop()); len(empty.NodePools) != 1 || empty.NodePools[0].Name != "" || len(empty.Zones) == 0 {
		t.Errorf("of nothing: %+v", empty)
	}
}
