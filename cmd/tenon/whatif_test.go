package main

import (
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/controllers/karpenter"
)

// whatifCluster has a NodePool, a node that it no longer has to be as large, and an empty one.
const whatifCluster = `
apiVersion: v1
kind: List
items:
- {apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: general}, spec: {template: {spec: {nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}, requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large, m7i.xlarge]}]}}}}
- {apiVersion: v1, kind: Node, metadata: {name: n1, labels: {karpenter.sh/nodepool: general, node.kubernetes.io/instance-type: m7i.xlarge, topology.kubernetes.io/zone: us-east-1a, karpenter.sh/capacity-type: on-demand}}, status: {capacity: {cpu: "4", memory: 15Gi, pods: "58"}, allocatable: {cpu: 3920m, memory: 14Gi, pods: "58"}}}
- {apiVersion: v1, kind: Node, metadata: {name: n2, labels: {karpenter.sh/nodepool: general, node.kubernetes.io/instance-type: m7i.large, topology.kubernetes.io/zone: us-east-1a, karpenter.sh/capacity-type: on-demand}}, status: {capacity: {cpu: "2", memory: 8Gi, pods: "29"}, allocatable: {cpu: 1930m, memory: 7Gi, pods: "29"}}}
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: x, controller: true}]}, spec: {nodeName: n1, containers: [{name: a, resources: {requests: {cpu: "1", memory: 1Gi}}}]}, status: {phase: Running}}
`

const whatifEdit = `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: general}
spec: {template: {spec: {nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}, requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large]}]}}}
`

func TestWhatif(t *testing.T) {
	cluster := tempFile(t, "cluster.yaml", whatifCluster)
	edit := tempFile(t, "edit.yaml", whatifEdit)
	other := tempFile(t, "other.yaml", strings.Replace(whatifEdit, "name: general", "name: generl", 1))
	wrong := tempFile(t, "wrong.yaml", strings.Replace(whatifEdit, "requirements:", "requirement:", 1))
	if karpenter.Ordered { // else a note says that zones are taken by chance
		golden(t, "whatif_edit", tenon(t, "", "whatif", "-f", cluster, "--edit", edit, "-o", "markdown").stdout)
	}
	golden(t, "whatif_remove", tenon(t, "", "whatif", "-f", cluster, "--remove", "node/n1").stdout)
	golden(t, "whatif_consolidate", tenon(t, "", "whatif", "-f", cluster, "--consolidate").stdout)
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"JSON":                      {[]string{"-f", cluster, "--edit", edit, "-o", "json"}, exitOK, `"reason": "RequirementsDrifted"`},
		"a misspelt pool":           {[]string{"-f", cluster, "--edit", other}, exitOK, "did you mean general?"},
		"a misspelt node":           {[]string{"-f", cluster, "--remove", "node/n3"}, exitInput, `no node "n3"`},
		"a misspelt field":          {[]string{"-f", cluster, "--edit", wrong}, exitInput, "wrong.yaml: not for Karpenter: a NodePool: "},
		"two questions":             {[]string{"-f", cluster, "--edit", edit, "--consolidate"}, exitInput, "ask one thing"},
		"none":                      {[]string{"-f", cluster}, exitInput, "ask one thing"},
		"no cluster":                {[]string{"--consolidate"}, exitInput, "no cluster to look at"},
		"an edit that is not there": {[]string{"-f", cluster, "--edit", "/nosuch"}, exitInput, "/nosuch"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", append([]string{"whatif"}, tc.args...)...)
			if got.code != tc.code || !strings.Contains(got.stdout+got.stderr, tc.want) {
				t.Errorf("code %d, want %d; %s%s does not say %q", got.code, tc.code, got.stdout, got.stderr, tc.want)
			}
		})
	}
}
