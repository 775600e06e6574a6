package kube

import (
	"math/rand/v2"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/tenon-sh/tenon/planner"
)

// TestMatchesLikeTheScheduler asks our algebra and the scheduler's own (k8s.io/component-helpers nodeaffinity) about
// random requirements and random labels. They must agree wherever the scheduler takes the requirement at all.
func TestMatchesLikeTheScheduler(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	asked := 0
	for range 20_000 {
		q := Requirement{Key: "k", Operator: pick(opIn, opNotIn, opExists, opDoesNotExist, opGt, opLt)}
		for range r.IntN(3) {
			q.Values = append(q.Values, pick("1", "5", "10", "-3", "a", "", "007"))
		}
		node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{}}}
		if r.IntN(3) > 0 {
			node.Labels["k"] = pick("1", "5", "6", "10", "a", "", "-3", "99999999999999999999")
		}
		term := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: q.Key, Operator: corev1.NodeSelectorOperator(q.Operator), Values: q.Values}}}
		selector, err := nodeaffinity.NewNodeSelector(&corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}})
		if err != nil {
			continue
		}
		asked++
		value, present := node.Labels["k"]
		if got, want := q.matches(value, present), selector.Match(&node); got != want {
			t.Fatalf("%v on %q (present %v): got %v, want %v", q, value, present, got, want)
		}
		if fault := q.fault(); fault != "" {
			t.Fatalf("%v: the scheduler takes it, we say %q", q, fault)
		}
	}
	if asked < 5_000 {
		t.Fatalf("only %d requirements were valid: the test asks too little", asked)
	}
}

// TestTolerateLikeTheAPI asks our toleration and the API's own about all combinations of a small vocabulary.
func TestTolerateLikeTheAPI(t *testing.T) {
	for _, op := range []corev1.TolerationOperator{"", "Equal", "Exists", "Lt", "Gt"} {
		for _, key := range []string{"", "a", "b"} {
			for _, value := range []string{"", "5", "x"} {
				for _, effect := range []corev1.TaintEffect{"", "NoSchedule", "NoExecute"} {
					for _, taint := range []corev1.Taint{{Key: "a", Effect: "NoSchedule"}, {Key: "a", Value: "5", Effect: "NoSchedule"}, {Key: "a", Value: "4", Effect: "NoSchedule"}, {Key: "b", Value: "x", Effect: "NoExecute"}} {
						x := corev1.Toleration{Key: key, Operator: op, Value: value, Effect: effect}
						if key == "" && op != corev1.TolerationOpExists {
							continue // the API refuses it
						}
						if got, want := tolerate(x, taint), x.ToleratesTaint(logr.Discard(), &taint, true); got != want {
							t.Errorf("%+v on %+v: got %v, want %v", x, taint, got, want)
						}
					}
				}
			}
		}
	}
}

func TestRequirementOperatorsOfKarpenter(t *testing.T) {
	for name, tc := range map[string]struct {
		operator, bound, value string
		want                   bool
	}{
		"Gte includes its bound":      {opGte, "4", "4", true},
		"Gte excludes what is below":  {opGte, "4", "3", false},
		"Lte includes its bound":      {opLte, "4", "4", true},
		"Lte excludes what is above":  {opLte, "4", "5", false},
		"an operator of nobody's":     {"Like", "4", "4", false},
		"a bound that is no number":   {opGte, "x", "4", false},
		"a value that is no number":   {opGte, "4", "x", false},
		"numbers compare as numbers":  {opGte, "9", "10", true},
		"a value beyond what int has": {opGte, "9", "99999999999999999999", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := Requirement{Key: "k", Operator: tc.operator, Values: []string{tc.bound}}
			if got := r.matches(tc.value, true); got != tc.want {
				t.Errorf("%v on %q: got %v, want %v", r, tc.value, got, tc.want)
			}
		})
	}
}

func TestSets(t *testing.T) {
	a, b := planner.Set{}, planner.Set{}
	a.Add(1)
	a.Add(70)
	b.Add(70)
	b.Add(200)
	if got := union(a, b).Members(); len(got) != 3 {
		t.Errorf("union has %v", got)
	}
	if got := minus(a, b).Members(); len(got) != 1 || got[0] != 1 {
		t.Errorf("minus has %v", got)
	}
	if a.Len() != 2 || b.Len() != 2 {
		t.Errorf("the operands have changed: %v %v", a.Members(), b.Members())
	}
}
