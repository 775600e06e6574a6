package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestCompare(t *testing.T) {
	node := Built{Pool: "p", InstanceType: "m7i.large", Zone: "z-a", CapacityType: "spot", Requests: "cpu=1,pods=1"}
	change := func(f func(*Built)) []Built {
		b := node
		f(&b)
		return []Built{b}
	}
	tests := map[string]struct {
		want, got []Built
		zoned     bool
		equal     int
		diff      []string
	}{
		"the same node":                        {[]Built{node}, []Built{node}, true, 1, nil},
		"one of two that are the same":         {[]Built{node, node}, []Built{node}, true, 1, []string{"only in process: p m7i.large z-a spot cpu=1,pods=1"}},
		"another type":                         {[]Built{node}, change(func(b *Built) { b.InstanceType = "x" }), true, 0, []string{"only Karpenter: p x z-a spot cpu=1,pods=1", "only in process: p m7i.large z-a spot cpu=1,pods=1"}},
		"another pool":                         {nil, change(func(b *Built) { b.Pool = "q" }), true, 0, []string{"only Karpenter: q m7i.large z-a spot cpu=1,pods=1"}},
		"other pods":                           {nil, change(func(b *Built) { b.Requests = "pods=2" }), true, 0, []string{"only Karpenter: p m7i.large z-a spot pods=2"}},
		"other terms":                          {nil, change(func(b *Built) { b.CapacityType = "on-demand" }), true, 0, []string{"only Karpenter: p m7i.large z-a on-demand cpu=1,pods=1"}},
		"another zone, where zones count":      {[]Built{node}, change(func(b *Built) { b.Zone = "z-b" }), true, 0, []string{"only Karpenter: p m7i.large z-b spot cpu=1,pods=1", "only in process: p m7i.large z-a spot cpu=1,pods=1"}},
		"another zone, where zones are random": {[]Built{node}, change(func(b *Built) { b.Zone = "z-b" }), false, 1, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			equal, diff := Compare(tc.want, tc.got, tc.zoned)
			if equal != tc.equal || !slices.Equal(diff, tc.diff) {
				t.Errorf("Compare: got %d %q, want %d %q", equal, diff, tc.equal, tc.diff)
			}
		})
	}
}

func TestAmountsOfTheSameSumAreTheSameText(t *testing.T) {
	one := corev1.ResourceList{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("1Gi"), "nvidia.com/gpu": resource.MustParse("0")}
	two := corev1.ResourceList{"cpu": resource.MustParse("0.5"), "memory": resource.MustParse("1024Mi")}
	if diff := cmp.Diff("cpu=2000,memory=2147483648", Amounts(one, two)); diff != "" {
		t.Error(diff)
	}
}

// The kwok provider takes its overhead off what the file says; what is left has to be what World is given.
func TestBothKarpentersAreGivenTheSameMachines(t *testing.T) {
	cat := Market("m7i", "g6")
	text, err := KwokTypes(cat)
	if err != nil {
		t.Fatal(err)
	}
	var machines []machine
	if err := json.Unmarshal(text, &machines); err != nil {
		t.Fatal(err)
	}
	if len(machines) != len(cat.Types) || len(machines) < 10 {
		t.Fatalf("%d machines of %d types", len(machines), len(cat.Types))
	}
	for i, m := range machines {
		a := cat.Types[i].Allocatable
		left := m.Resources.Cpu().MilliValue() - 100
		if memory := m.Resources.Memory().Value()>>20 - 10; left != a.CPUMilli || memory != a.MemoryMiB || m.Resources.Pods().Value() != a.Pods {
			t.Errorf("%s: %d m and %d MiB are left, want %+v", m.Name, left, memory, a)
		}
		cards := m.Resources["nvidia.com/gpu"]
		if cards.Value() != a.Extended["nvidia.com/gpu"] {
			t.Errorf("%s: %s cards, want %d", m.Name, cards.String(), a.Extended["nvidia.com/gpu"])
		}
		if len(m.Offerings) != 2*len(Zones) {
			t.Errorf("%s: %d offerings", m.Name, len(m.Offerings))
		}
		for _, o := range m.Offerings {
			count := slices.IndexFunc(o.Requirements, func(r corev1.NodeSelectorRequirement) bool { return r.Key == "karpenter.k8s.aws/instance-gpu-count" })
			if gpu := cat.Types[i].GPU.Name != ""; count < 0 || gpu != (o.Requirements[count].Operator == corev1.NodeSelectorOpIn) {
				t.Errorf("%s does not say whether it has GPUs", m.Name)
			}
		}
	}
}
