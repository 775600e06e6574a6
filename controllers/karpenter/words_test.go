package karpenter

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
)

func TestWhy(t *testing.T) {
	tests := map[string]struct{ spec, reason, want string }{
		"no reason":           {"{template: {}}", "", "would delete it once"},
		"a reason of its own": {"{template: {}}", "something", "keeps it"},
		"a budget":            {"{template: {}}", `pdb prevents pod evictions (PodDisruptionBudget=[ns/x])`, "PodDisruptionBudget"},
		"WhenEmpty":           {"{disruption: {consolidationPolicy: WhenEmpty}, template: {}}", "", "empty nodes only"},
		"Never":               {"{disruption: {consolidateAfter: Never}, template: {}}", "", "never consolidates"},
		"Balanced":            {"{disruption: {consolidationPolicy: Balanced}, template: {}}", "", "Balanced"},
		"static":              {"{replicas: 1, template: {}}", "", "static"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := world(t, on("n1", pods(t, "a", 1, "cpu=1", "")))
			w.Nodes, w.NodePools = []*corev1.Node{node(t, "n1", "m5.large", "open")}, []*kube.NodePool{pool(t, "open", tc.spec)}
			if got := w.Why(Removal{Nodes: []string{"n1"}, Decision: Delete, Reason: tc.reason}); !strings.Contains(got, tc.want) {
				t.Errorf("%q does not say %q", got, tc.want)
			}
		})
	}
}
