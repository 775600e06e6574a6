package karpenter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func editOf(name, spec string) string {
	return "kind: NodePool\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

func TestWhatIfEdited(t *testing.T) {
	const class = `nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}`
	large := `{template: {spec: {` + class + `, requirements: [{key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["3"]}]}}}`
	tests := map[string]struct {
		edit func(*World)
		text string
		want []string
	}{
		"narrowing replaces the nodes that no longer fit, and only those": {
			text: editOf("open", large),
			want: []string{"anew 0.17 -> 0.2", "today 0.5, 3 nodes -> 0.2, 2 nodes", "n0 RequirementsDrifted", "n1 RequirementsDrifted", "ns/a-0: n1 -> new: open m5.large z-a", "ns/a-1: n1 -> n2"},
		},
		"a weightier NodePool drifts nothing": {
			text: editOf("small", strings.Replace(large, "{template", "{weight: 50, template", 1)),
			want: []string{"new NodePool small", "anew 0.17 -> 0.2", "today 0.5, 3 nodes -> 0.5, 3 nodes"},
		},
		"do-not-disrupt waits, and the node stays": {
			edit: func(w *World) { w.Pods[0].Annotations = map[string]string{"karpenter.sh/do-not-disrupt": "true"} },
			text: editOf("open", large),
			want: []string{"anew 0.17 -> 0.2", "today 0.5, 3 nodes -> 0.3, 2 nodes", "n0 RequirementsDrifted", `n1 RequirementsDrifted, held: pod has "karpenter.sh/do-not-disrupt" annotation`},
		},
		"pods that would find no place hold their node": {
			edit: func(w *World) { w.Pods[0].Spec.NodeSelector = map[string]string{"kubernetes.io/hostname": "n1"} },
			text: editOf("open", large),
			want: []string{"anew 0.1 -> 0.1", "today 0.5, 3 nodes -> 0.3, 2 nodes", "n0 RequirementsDrifted", "n1 RequirementsDrifted, held: not all pods would schedule"},
		},
		"a NodeOverlay drifts nothing": {
			text: "kind: NodeOverlay\nmetadata: {name: o}\nspec: {weight: 1, price: \"0.01\", requirements: [{key: node.kubernetes.io/instance-type, operator: In, values: [m5.large]}]}",
			want: []string{"new NodeOverlay o", "anew 0.17 -> 0.17", "today 0.5, 3 nodes -> 0.5, 3 nodes"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := world(t, on("n1", pods(t, "a", 2, "cpu=1500m,memory=1Gi", "")))
			w.NodePools[0] = pool(t, "open", `{template: {spec: {`+class+`, requirements: [{key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["5"]}]}}}`)
			w.Nodes = []*corev1.Node{node(t, "n0", "m5.xlarge", "open"), node(t, "n1", "m5.xlarge", "open"), node(t, "n2", "m5.large", "open")}
			if tc.edit != nil {
				tc.edit(&w)
			}
			r, err := w.WhatIfEdited(context.Background(), []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range r.Edits {
				if e.New {
					got = append(got, "new "+e.Kind+" "+e.Name)
				}
			}
			got = append(got, fmt.Sprintf("anew %s -> %s", r.AnewBefore.PricePerHour, r.AnewAfter.PricePerHour),
				fmt.Sprintf("today %s, %d nodes -> %s, %d nodes", r.TodayBefore.PricePerHour, r.TodayBefore.Nodes, r.TodayAfter.PricePerHour, r.TodayAfter.Nodes))
			for _, n := range r.Replaced {
				line := n.Node + " " + n.Reason
				if n.Held != "" {
					line += ", held: " + n.Held
				}
				if at := strings.Index(line, " =>"); at > 0 {
					line = line[:strings.LastIndex(line[:at], ",")]
				}
				got = append(got, strings.TrimSuffix(line, " (Pod=ns/a-0)"))
			}
			for _, m := range r.Moves {
				got = append(got, m.Pod+": "+m.From+" -> "+m.To)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("impact (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("what is no edit is refused", func(t *testing.T) {
		for _, text := range []string{"", "---\n---", "kind: Pod\nmetadata: {name: a}", "kind: NodePool", "{", editOf("open", "{templat: {}}"), "kind: NodeOverlay\nmetadata: {name: o}\nspec: {prise: 1}", editOf("open", "{weight: 1000}")} {
			if _, err := world(t).WhatIfEdited(context.Background(), []byte(text)); !errors.Is(err, ErrWorld) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
