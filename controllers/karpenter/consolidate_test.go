package karpenter

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
)

func TestConsolidate(t *testing.T) {
	policy := func(text string) func(*World) {
		return func(w *World) {
			w.NodePools = []*kube.NodePool{pool(t, "open", "{disruption: "+text+", template: {}}")}
		}
	}
	// Four xlarges: one empty, two with a small pod each, one with a pod that fills half of it.
	slack := func() World {
		w := world(t, on("n1", pods(t, "a", 1, "cpu=1,memory=1Gi", "")), on("n2", pods(t, "b", 1, "cpu=1,memory=1Gi", "")), on("n3", pods(t, "c", 1, "cpu=3,memory=1Gi", "")))
		for i := range 4 {
			w.Nodes = append(w.Nodes, node(t, fmt.Sprintf("n%d", i), "m5.xlarge", "open"))
		}
		return w
	}
	tests := map[string]struct {
		world World
		edit  func(*World)
		want  []string
	}{
		"empty nodes first, then the longest prefix that is cheaper, though n1 and n2 alone would save more": {
			world: slack(),
			want:  []string{"emptiness delete n0 0.2 -> 0", "multi-node replace n1 n2 n3 0.6 -> 0.4", "0.8 -> 0.4, 4 -> 1 nodes"},
		},
		"WhenEmpty takes empty nodes only": {
			world: slack(), edit: policy("{consolidationPolicy: WhenEmpty}"),
			want: []string{"emptiness delete n0 0.2 -> 0", "0.8 -> 0.6, 4 -> 3 nodes"},
		},
		"Never takes none": {
			world: slack(), edit: policy("{consolidateAfter: Never}"),
			want: []string{"0.8 -> 0.8, 4 -> 4 nodes"},
		},
		"a NodePool that is gone consolidates nothing": {
			world: slack(), edit: func(w *World) { w.NodePools = []*kube.NodePool{pool(t, "other", "template: {}")} },
			want: []string{"0.8 -> 0.8, 4 -> 4 nodes"},
		},
		"Balanced: many pods moved for a small saving are left": {
			// 12 pods on n1 (cost 13 of 15); replacing the xlarge by a c6 saves 0.03 of 0.4: a score of 0.09.
			world: world(t, on("n1", pods(t, "a", 12, "cpu=300m,memory=300Mi", "")), on("n3", pods(t, "c", 1, "cpu=4,memory=10Gi", ""))),
			edit: func(w *World) {
				policy("{consolidationPolicy: Balanced}")(w)
				w.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n3", "m5.xlarge", "open")}
			},
			want: []string{"0.4 -> 0.4, 2 -> 2 nodes"},
		},
		"which the default takes": {
			world: world(t, on("n1", pods(t, "a", 12, "cpu=300m,memory=300Mi", "")), on("n3", pods(t, "c", 1, "cpu=4,memory=10Gi", ""))),
			edit: func(w *World) {
				w.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n3", "m5.xlarge", "open")}
			},
			want: []string{"single-node replace n1 0.2 -> 0.17", "0.4 -> 0.37, 2 -> 2 nodes"},
		},
		"a pod that says do-not-disrupt stays": {
			world: slack(), edit: func(w *World) {
				for _, p := range w.Pods {
					p.Annotations = map[string]string{"karpenter.sh/do-not-disrupt": "true"}
				}
			},
			want: []string{"emptiness delete n0 0.2 -> 0", "0.8 -> 0.6, 4 -> 3 nodes"},
		},
		"no two for one of the same type": {
			world: world(t, on("n1", pods(t, "a", 1, "cpu=2,memory=5Gi", "")), on("n2", pods(t, "b", 1, "cpu=2,memory=5Gi", ""))),
			edit: func(w *World) {
				w.Nodes = []*corev1.Node{node(t, "n1", "m5.xlarge", "open"), node(t, "n2", "m5.xlarge", "open")}
			},
			want: []string{"single-node delete n1 0.2 -> 0", "0.4 -> 0.2, 2 -> 1 nodes"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.edit != nil {
				tc.edit(&tc.world)
			}
			c, err := tc.world.Consolidate(context.Background(), ConsolidateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range c.Steps {
				got = append(got, fmt.Sprintf("%s %s %s %s -> %s", s.Method, s.Decision, strings.Join(s.Nodes, " "), s.BeforePerHour, s.AfterPerHour))
			}
			got = append(got, fmt.Sprintf("%s -> %s, %d -> %d nodes", c.BeforePerHour, c.AfterPerHour, c.NodesBefore, c.NodesAfter))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if !c.Rests {
				t.Error("it does not rest")
			}
			for _, p := range c.World.Pods {
				if p.Spec.NodeName == "" {
					t.Errorf("pod %s has no node any more", p.Name)
				}
			}
		})
	}
	t.Run("so are sets", func(t *testing.T) {
		c, err := slack().Consolidate(context.Background(), ConsolidateOptions{AsksMost: 1})
		if err != nil || len(c.Steps) != 2 || c.Rests || len(c.Steps[1].Nodes) != 2 { // the second half of the search is not made
			t.Errorf("got %d steps, rests %v, %v", len(c.Steps), c.Rests, err)
		}
	})
	t.Run("steps are bounded", func(t *testing.T) {
		c, err := slack().Consolidate(context.Background(), ConsolidateOptions{StepsMost: 1})
		if err != nil || len(c.Steps) != 1 || c.Rests {
			t.Errorf("got %d steps, rests %v, %v", len(c.Steps), c.Rests, err)
		}
	})
}
