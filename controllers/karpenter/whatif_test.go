package karpenter

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

func TestWhatIf(t *testing.T) {
	type answer struct {
		Decision      Decision
		Before, After pricing.Micro
		Lines         []string
		Reason        string // a part of it
	}
	tests := map[string]struct {
		world World
		edit  func(*World)
		set   []string
		want  answer
	}{
		"pods that fit on nodes that stay let a node go": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=1,memory=1Gi", ""))),
			set:   []string{"n1"},
			want:  answer{Delete, 200_000, 0, []string{"on n2: a-0", "sum 0"}, ""},
		},
		"a node whose pods fit nowhere else is replaced by a cheaper one": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=4,memory=1Gi", ""))),
			set:   []string{"n1"},
			want:  answer{Replace, 200_000, 100_000, []string{"new open m5.large z-a on-demand 0.1: a-0", "sum 0.1"}, ""},
		},
		"but not by one as dear": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=4,memory=10Gi", "")), on("n2", pods(t, "b", 1, "cpu=4,memory=1Gi", ""))),
			set:   []string{"n1"},
			want:  answer{Keep, 200_000, 200_000, []string{"new open m5.xlarge z-a on-demand 0.2: a-0", "sum 0.2"}, "Can't replace with a cheaper node"},
		},
		"nor by two": {
			world: world(t, on("n1", pods(t, "a", 2, "cpu=2,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=4,memory=1Gi", ""))),
			edit: func(w *World) {
				w.NodePools = append(w.NodePools, pool(t, "small", `{weight: 1, template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["3"]}]}}}`))
			},
			set:  []string{"n1"},
			want: answer{Keep, 200_000, 200_000, []string{"new small m5.large z-a on-demand 0.1: a-0", "new small m5.large z-a on-demand 0.1: a-1", "sum 0.2"}, "Can't remove without creating 2 candidates"},
		},
		"two nodes are replaced by one": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=1,memory=1Gi", ""))),
			set:   []string{"n2", "n1"},
			want:  answer{Replace, 400_000, 100_000, []string{"new open m5.large z-a on-demand 0.1: a-0 b-0", "sum 0.1"}, ""},
		},
		"a pod that says do-not-disrupt holds its node, and one still sees what would happen": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", nil)),
			edit:  func(w *World) { w.Pods[0].Annotations = map[string]string{"karpenter.sh/do-not-disrupt": "true"} },
			set:   []string{"n1"},
			want:  answer{Keep, 200_000, 0, []string{"on n2: a-0", "sum 0"}, "do-not-disrupt"},
		},
		"a budget that allows nothing holds a node": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", ""))),
			edit: func(w *World) {
				w.Budgets = []*policyv1.PodDisruptionBudget{{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "none"}, Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{}, MinAvailable: percent("100%")}}}
			},
			set:  []string{"n1"},
			want: answer{Keep, 200_000, 0, []string{"on n2: a-0", "sum 0"}, "pdb prevents pod evictions"},
		},
		"a pod that fits nowhere keeps its node": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "nodeSelector: {kubernetes.io/hostname: n1}"))),
			set:   []string{"n1"},
			want:  answer{Keep, 200_000, 0, []string{"not a-0", "sum 0"}, "not all pods would schedule, ns/a-0 => "},
		},
		"spot is not replaced by spot": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=4,memory=1Gi", ""))),
			edit: func(w *World) {
				w.NodePools = []*kube.NodePool{pool(t, "open", `template: {spec: {requirements: [{key: karpenter.sh/capacity-type, operator: In, values: [spot]}]}}`)}
				w.Nodes[0].Labels["karpenter.sh/capacity-type"] = "spot"
			},
			set:  []string{"n1"},
			want: answer{Keep, 200_000, 100_000, []string{"new open m5.large z-a spot 0.1: a-0", "sum 0.1"}, "SpotToSpotConsolidation is disabled"},
		},
		"a node without Karpenter's own labels counts as started": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", nil)),
			edit: func(w *World) {
				for _, n := range w.Nodes {
					delete(n.Labels, "karpenter.sh/initialized")
					delete(n.Labels, "karpenter.sh/registered")
				}
			},
			set:  []string{"n1"},
			want: answer{Delete, 200_000, 0, []string{"on n2: a-0", "sum 0"}, ""},
		},
		"unless it has a startup taint yet": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", ""))),
			edit: func(w *World) {
				taint := corev1.Taint{Key: "example.com/starting", Effect: corev1.TaintEffectNoSchedule}
				w.NodePools[0].Spec.Template.Spec.StartupTaints = []corev1.Taint{taint}
				delete(w.Nodes[1].Labels, "karpenter.sh/initialized")
				w.Nodes[1].Spec.Taints = []corev1.Taint{taint}
			},
			set:  []string{"n1"},
			want: answer{Keep, 200_000, 0, []string{"on n2: a-0", "sum 0"}, "would schedule against uninitialized node/n2"},
		},
		"a node that Karpenter has not made is not its to take": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", ""))),
			edit:  func(w *World) { delete(w.Nodes[0].Labels, "karpenter.sh/nodepool") },
			set:   []string{"n1"},
			want:  answer{Keep, 0, 0, []string{"on n2: a-0", "sum 0"}, "node isn't managed by karpenter"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.world.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n2", "m5.xlarge", "open")}
			if tc.edit != nil {
				tc.edit(&tc.world)
			}
			got, err := tc.world.WhatIf(context.Background(), tc.set)
			if err != nil {
				t.Fatal(err)
			}
			r := got[0]
			if diff := cmp.Diff(tc.want, answer{r.Decision, r.BeforePerHour, r.AfterPerHour, lines(r.Result), tc.want.Reason}); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if !strings.Contains(r.Reason, tc.want.Reason) || (tc.want.Reason == "") != (r.Reason == "") {
				t.Errorf("reason %q, want %q", r.Reason, tc.want.Reason)
			}
		})
	}
	t.Run("without sets each node is looked at alone", func(t *testing.T) {
		w := world(t)
		w.Nodes = []*corev1.Node{node(t, "n2", "m5.xlarge", "open"), node(t, "n1", "m5.xlarge", "open")}
		got, err := w.WhatIf(context.Background())
		if err != nil || len(got) != 2 || got[0].Nodes[0] != "n1" || got[1].Decision != Delete {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a node that is not there", func(t *testing.T) {
		if _, err := world(t).WhatIf(context.Background(), []string{"n9"}); !errors.Is(err, ErrWorld) {
			t.Errorf("got %v", err)
		}
	})
}

func percent(text string) *intstr.IntOrString {
	v := intstr.Parse(text)
	return &v
}

func TestBudgets(t *testing.T) {
	tests := map[string]struct {
		least, most *intstr.IntOrString
		status      int32 // DisruptionsAllowed that is said; 0: nothing is
		want        int32
	}{
		"minAvailable":                          {least: percent("3"), want: 1},
		"minAvailable in percent is rounded up": {least: percent("51%"), want: 1},
		"all have to stay":                      {least: percent("100%"), want: 0},
		"more than there are":                   {least: percent("2147483647"), want: 0},
		"maxUnavailable":                        {most: percent("2"), want: 1}, // one of five waits for a node
		"maxUnavailable in percent":             {most: percent("21%"), want: 1},
		"no number":                             {most: percent("some"), want: 0},
		"a status is believed":                  {least: percent("100%"), status: 2, want: 2},
	}
	all := append(on("n1", pods(t, "a", 4, "cpu=1", "")), pods(t, "b", 1, "cpu=1", "")...)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "ns"}, Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{}, MinAvailable: tc.least, MaxUnavailable: tc.most}}
			b.Status.DisruptionsAllowed = tc.status
			if got := judged(b, all).Status.DisruptionsAllowed; got != tc.want {
				t.Errorf("%d may go, want %d", got, tc.want)
			}
		})
	}
}
