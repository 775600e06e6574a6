package karpenter

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// Each world has zones that are equally good, so that Karpenter as it is published builds another answer in some of a
// dozen runs. Where this binary's Karpenter is not in order, nothing is promised, and the test is skipped.
func TestSameBytes(t *testing.T) {
	if !Ordered {
		t.Skip("built without GOWORK=.cache/order/go.work: `make test` sets it")
	}
	spread := func(key, app string, skew int) string {
		return fmt.Sprintf(`{maxSkew: %d, topologyKey: %s, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: %s}}}`, skew, key, app)
	}
	const zone, host = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
	affinity := func(kind, key, app string) string {
		return fmt.Sprintf(`affinity: {%s: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: %s, labelSelector: {matchLabels: {app: %s}}}]}}`, kind, key, app)
	}
	tests := map[string]func(w *World){
		"spread over zones": func(w *World) {
			w.Pods = append(pods(t, "a", 7, "cpu=1", "topologySpreadConstraints: ["+spread(zone, "a", 1)+"]"), pods(t, "b", 8, "cpu=3", "topologySpreadConstraints: ["+spread(zone, "b", 2)+"]")...)
		},
		"together in a zone": func(w *World) {
			for i := range 6 {
				name := fmt.Sprintf("p%d", i)
				w.Pods = append(w.Pods, pods(t, name, 3, "cpu=1", affinity("podAffinity", zone, name))...)
			}
		},
		"together in one of two zones": func(w *World) {
			for i := range 6 {
				name := fmt.Sprintf("p%d", i)
				w.Pods = append(w.Pods, pods(t, name, 3, "cpu=1", "nodeSelector: {team: red}\n"+affinity("podAffinity", zone, name))...)
			}
			w.NodePools[0] = pool(t, "open", `template: {metadata: {labels: {team: red}}, spec: {requirements: [{key: topology.kubernetes.io/zone, operator: In, values: [z-b, z-d, z-f]}]}}`)
		},
		"apart by zone": func(w *World) {
			w.Pods = pods(t, "a", 5, "cpu=1", affinity("podAntiAffinity", zone, "a"))
		},
		"a label of which a pod leaves several values": func(w *World) {
			w.NodePools[0] = pool(t, "open", `template: {spec: {requirements: [{key: team, operator: In, values: [a, b, c, d, e, f]}]}}`)
			w.Pods = pods(t, "a", 9, "cpu=3", "topologySpreadConstraints: ["+spread("team", "a", 1)+"]")
		},
		"pods that no rule lets in": func(w *World) {
			rules := "topologySpreadConstraints: [" + spread(zone, "a", 1) + ", " + spread("rack", "a", 1) + ", " + spread("row", "a", 1) + ", " + spread(host, "a", 1) + "]"
			w.Pods = pods(t, "a", 4, "cpu=1", rules)
			w.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n2", "m5.xlarge", "open")}
		},
		"pods between nodes that are there": func(w *World) {
			for i, z := range w.Zones {
				n := node(t, fmt.Sprintf("n%d", i), "m5.2xlarge", "open")
				n.Labels[zone] = z
				w.Nodes = append(w.Nodes, n)
			}
			w.Pods = append(on("n0", pods(t, "a", 2, "cpu=1", "")), pods(t, "b", 20, "cpu=3", "topologySpreadConstraints: ["+spread(zone, "b", 1)+"]")...)
		},
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			w.Zones = []string{"z-a", "z-b", "z-c", "z-d", "z-e", "z-f"}
			edit(&w)
			var first string
			for range 12 {
				r, err := w.Schedule(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				text, err := json.MarshalIndent(r, "", " ")
				if err != nil {
					t.Fatal(err)
				}
				if first == "" {
					first = string(text)
				}
				if diff := cmp.Diff(first, string(text)); diff != "" {
					t.Fatalf("another run, another answer (-first +this):\n%s", diff)
				}
			}
		})
	}
}
