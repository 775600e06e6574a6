package karpenter

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/pricing"
)

// The rows are those of facts/karpenter.md, "Which edits replace nodes".
func TestDrift(t *testing.T) {
	const before = `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: open, labels: {a: b}}
spec:
  weight: 10
  limits: {cpu: "1000"}
  disruption: {consolidateAfter: 1m, consolidationPolicy: WhenEmpty, budgets: [{nodes: 10%}]}
  template:
    metadata: {labels: {team: red}, annotations: {x: y}}
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      terminationGracePeriod: 1h
      taints: [{key: a, effect: NoSchedule}]
      startupTaints: [{key: s, effect: NoSchedule}]
      requirements:
      - {key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: ["65"]}
      - {key: kubernetes.io/arch, operator: In, values: [amd64]}
`
	all := []Drifted{{"n16", NodePoolDrifted}, {"n4", NodePoolDrifted}, {"ng", NodePoolDrifted}}
	one := func(names ...string) (out []Drifted) {
		for _, n := range names {
			out = append(out, Drifted{n, RequirementsDrifted})
		}
		return out
	}
	const arch = "- {key: kubernetes.io/arch, operator: In, values: [amd64]}"
	tests := map[string]struct {
		from, to string
		want     []Drifted
	}{
		"nothing":                         {"weight: 10", "weight: 10", nil},
		"weight":                          {"weight: 10", "weight: 20", nil},
		"limits":                          {`cpu: "1000"`, `cpu: "1"`, nil},
		"budgets":                         {"nodes: 10%", `nodes: "0"`, nil},
		"consolidateAfter":                {"consolidateAfter: 1m", "consolidateAfter: Never", nil},
		"consolidationPolicy":             {"WhenEmpty", "Balanced", nil},
		"labels of the NodePool":          {"{a: b}", "{a: c}", nil},
		"the default said":                {"terminationGracePeriod: 1h", "terminationGracePeriod: 1h\n      expireAfter: 720h", nil},
		"widened":                         {`["65"]`, `["99"]`, nil},
		"minValues":                       {arch, arch[:len(arch)-1] + ", minValues: 1}", nil},
		"a requirement that all meet":     {`["65"]`, `["17"]`, nil},
		"narrowed below the largest":      {`["65"]`, `["16"]`, one("n16")},
		"cards wanted":                    {arch, arch + "\n      - {key: karpenter.k8s.aws/instance-gpu-count, operator: Exists}", one("n16", "n4")},
		"cards not wanted":                {arch, arch + "\n      - {key: karpenter.k8s.aws/instance-gpu-count, operator: DoesNotExist}", one("ng")},
		"another architecture":            {"[amd64]", "[arm64]", one("n16", "n4", "ng")},
		"template labels":                 {"team: red", "team: blue", all},
		"template annotations":            {"x: y", "x: z", all},
		"taints":                          {"taints: [{key: a,", "taints: [{key: b,", all},
		"startupTaints":                   {"{key: s,", "{key: r,", all},
		"expireAfter":                     {"terminationGracePeriod: 1h", "terminationGracePeriod: 1h\n      expireAfter: 100h", all},
		"terminationGracePeriod":          {"terminationGracePeriod: 1h", "terminationGracePeriod: 2h", all},
		"the name of the nodeClassRef":    {"name: default", "name: other", all},
		"both: the template counts first": {"team: red}, annotations: {x: y}}\n    spec:", "team: blue}}\n    spec:", all},
	}
	nodes := []*corev1.Node{
		node(t, "ng", "g6.xlarge", "open"), node(t, "n4", "m5.xlarge", "open"), node(t, "n16", "p5.4xlarge", "open"), node(t, "other", "m5.xlarge", "other"),
	}
	nodes[2].Labels = kube.TypeLabels(func() (m pricing.InstanceType) { m, _ = shop().Lookup("m5.2xlarge"); m.VCPU = 16; return m }())
	nodes[2].Labels["karpenter.sh/nodepool"] = "open"
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			after := strings.Replace(before, tc.from, tc.to, 1)
			if tc.from != tc.to && after == before {
				t.Fatalf("the case changes nothing: %q is not there", tc.from)
			}
			got, err := Drift([]byte(before), []byte(after), nodes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("drifted (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a NodePool of a dump hashes as its text", func(t *testing.T) {
		var p kube.NodePool
		if err := yaml.Unmarshal([]byte(before), &p); err != nil {
			t.Fatal(err)
		}
		own, err := ownPool(&p)
		if err != nil {
			t.Fatal(err)
		}
		text, err := readPool([]byte(before))
		if err != nil || own.Hash() != text.Hash() {
			t.Errorf("hash %s, of the text %s, %v", own.Hash(), text.Hash(), err)
		}
	})
	t.Run("a misspelt field is no edit", func(t *testing.T) {
		if _, err := Drift([]byte(before), []byte(strings.Replace(before, "taints:", "taint:", 1)), nodes); !errors.Is(err, ErrWorld) || !strings.Contains(err.Error(), "taint") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nor is another kind", func(t *testing.T) {
		if _, err := Drift([]byte(before), []byte("kind: Pod"), nodes); !errors.Is(err, ErrWorld) {
			t.Errorf("got %v", err)
		}
	})
}

// TestMetIsMeets asks kube's reading of a requirement, on which tenon doctor relies, and Karpenter's: does a node with
// this label drift?
func TestMetIsMeets(t *testing.T) {
	labels := []map[string]string{
		{}, {"example.com/a": "x"}, {"example.com/a": "3"}, {"example.com/a": ""},
		{"topology.kubernetes.io/zone": "x"}, {"topology.kubernetes.io/zone": "3"},
	}
	for _, key := range []string{"example.com/a", "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"} {
		for _, r := range []kube.Requirement{
			{Operator: "In", Values: []string{"x"}}, {Operator: "In", Values: []string{"3", "y"}}, {Operator: "NotIn", Values: []string{"x"}}, {Operator: "NotIn", Values: []string{"y"}},
			{Operator: "Exists"}, {Operator: "DoesNotExist"}, {Operator: "Gt", Values: []string{"2"}}, {Operator: "Lt", Values: []string{"3"}},
			{Operator: "Gte", Values: []string{"3"}}, {Operator: "Lte", Values: []string{"2"}},
		} {
			r.Key = key
			p := &kube.NodePool{}
			p.Spec.Template.Spec.Requirements = []kube.Requirement{r}
			for _, l := range labels {
				n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: l}}
				if got, want := r.Met(l), meets(n, toPool(p)); got != want {
					t.Errorf("%s of %v: %v, Karpenter says %v", r, l, got, want)
				}
			}
		}
	}
}
