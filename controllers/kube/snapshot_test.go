package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/pricing"
)

// everything is one cluster with something of each kind.
func everything() string {
	const host, zone = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
	return pool("default", anywhere+"limits: {cpu: 100}\nweight: 3") + pool("gpu", anywhere+"    taints: [{key: gpu, effect: NoSchedule}]") +
		machineNode("n1", "m5.large", "z-a", "") + machineNode("n2", "m5.large", "z-a", "") + machineNode("n3", "m5.xlarge", "z-b", "") + machineNode("n4", "zz.large", "z-b", "") +
		pod("web-1", "web", "n1", "") + pod("web-2", "web", "n2", "") + pod("web-3", "web", "n3", "priority: 4") + pod("web-4", "web", "n4", "") + held("db-1", "db", "n3", `"true"`) +
		deployment("web", 9, "topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule, topologyKey: "+zone+", labelSelector: {matchLabels: {app: web}}}]") +
		deployment("api", 2, "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "+host+", labelSelector: {matchLabels: {app: web}}}]}}") +
		deployment("old", 2, "nodeSelector: {gone: far}") +
		"kind: DaemonSet\nmetadata: {name: logs, namespace: shop}\nspec: {template: {spec: {containers: [{resources: {requests: {cpu: 50m}}}]}}}\n---\n" +
		"kind: NodeOverlay\nmetadata: {name: a}\nspec: {price: \"0.5\", requirements: [{key: karpenter.k8s.aws/instance-family, operator: In, values: [m5]}]}\n---\n" +
		"kind: PodDisruptionBudget\nmetadata: {name: b, namespace: shop}\nspec: {maxUnavailable: 0, selector: {matchLabels: {app: db}}}\n"
}

// TestOrderOfInputDoesNotShow shuffles a cluster's objects and compares the bytes of the snapshots.
func TestOrderOfInputDoesNotShow(t *testing.T) {
	encode := func(text string) []byte {
		out, err := json.Marshal(snap(t, text))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := encode(everything())
	documents := strings.Split(everything(), "\n---\n")
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		r.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
		if got := encode(strings.Join(documents, "\n---\n")); !bytes.Equal(got, want) {
			t.Fatal(cmp.Diff(string(want), string(got)))
		}
	}
}

// TestHeader checks what a snapshot says about where it is from.
func TestHeader(t *testing.T) {
	o := parse(t, everything())
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	o.At = at
	s, err := Snapshot(o, shop(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != "test" || s.Digest != "sha256:0" || !s.At.Equal(at) || !s.NodesKnown {
		t.Errorf("got %q %q %v %v", s.Source, s.Digest, s.At, s.NodesKnown)
	}
	if s.Catalog.Name != "shop" || s.Catalog.Types != len(shop().Types) || s.Catalog.Digest != shop().Digest() {
		t.Errorf("catalog: %+v", s.Catalog)
	}
	if empty, err := Snapshot(&Objects{}, shop(), Options{}); err != nil || empty.NodesKnown || len(empty.Offers) == 0 {
		t.Errorf("an empty cluster: %v, nodes known %v, %d offers", err, empty.NodesKnown, len(empty.Offers))
	}
}

// TestInputIsNotChanged makes two snapshots of one input: the second must not see traces of the first.
func TestInputIsNotChanged(t *testing.T) {
	o := parse(t, everything())
	first, err := Snapshot(o, shop(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Snapshot(o, shop(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestNothingToPlanWith(t *testing.T) {
	if _, err := Snapshot(parse(t, everything()), pricing.Catalog{Region: "z-"}, Options{}); !errors.Is(err, ErrCatalog) {
		t.Errorf("got %v, want ErrCatalog", err)
	}
}

func TestOffersAreBounded(t *testing.T) {
	s, err := Snapshot(parse(t, everything()), shop(), Options{Offers: 10})
	if err != nil {
		t.Fatal(err)
	}
	fresh := 0
	for _, o := range s.Offers {
		if o.Nodes == nil {
			fresh++
		}
	}
	if fresh != 10 {
		t.Errorf("%d offers to be made, want 10", fresh)
	}
	if text := fmt.Sprint(s.Notes); !strings.Contains(text, "more than 10 kinds of node (Options.Offers)") {
		t.Errorf("no note about it in %s", text)
	}
}

func TestVariantsAreBounded(t *testing.T) {
	text := pool("default", "template:\n  spec:\n    requirements:\n    - {key: topology.kubernetes.io/zone, operator: In, values: [z-a]}\n    - {key: karpenter.k8s.aws/instance-family, operator: In, values: [m6g]}\n    - {key: team, operator: In, values: [a, b, c, d, e]}")
	s, err := Snapshot(parse(t, text), shop(), Options{Variants: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Offers) != 3 || !strings.Contains(fmt.Sprint(s.Notes), "more than 3 combinations (Options.Variants)") {
		t.Errorf("%d offers, want 3; notes %v", len(s.Offers), s.Notes)
	}
}

// TestLargeCluster measures the translation of 100,000 pods against 20,000 offers.
func TestLargeCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	o := parse(t, pool("a", anywhere)+pool("b", anywhere)+pool("c", anywhere)+everything())
	template := parse(t, podWith("x", "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}")).Pods[0]
	for app := range 2000 {
		for n := range 50 {
			p := template
			shape := *p.Shape
			shape.Affinity = shape.Affinity.DeepCopy()
			term := &shape.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0]
			term.LabelSelector.MatchLabels = map[string]string{"app": fmt.Sprint("app-", app)}
			shape.seal()
			p.Shape = &shape
			p.Name = fmt.Sprintf("app-%d-%d", app, n)
			p.Labels = map[string]string{"app": fmt.Sprint("app-", app)}
			p.Owner = Owner{"StatefulSet", fmt.Sprint("app-", app)}
			o.Add(p)
		}
	}
	start := time.Now()
	s, err := Snapshot(o, pricing.Embedded(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("%d pods in %d workloads, %d offers, %d rules: %s", len(o.Pods), len(s.Workloads), len(s.Offers), len(s.Rules), took.Round(time.Millisecond))
	if took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}

// FuzzSnapshot feeds arbitrary objects: whatever decodes and reduces must translate without a panic, and twice alike.
func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(everything()))
	for _, document := range strings.Split(everything(), "\n---\n") {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o := &Objects{}
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			fuzzAdd(o, document)
		}
		first, err := Snapshot(o, shop(), Options{})
		if err != nil {
			t.Skip()
		}
		second, _ := Snapshot(o, shop(), Options{})
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(second)
		if !bytes.Equal(a, b) {
			t.Fatal("two runs differ")
		}
		for _, w := range first.Workloads {
			if w.Replicas <= 0 || w.Requests.CPUMilli < 0 || w.Requests.MemoryMiB < 0 || w.Requests.Pods != 1 {
				t.Fatalf("workload %+v", w)
			}
		}
		for _, o := range first.Offers {
			if o.Cards.Taken < 0 || o.Cards.Taken > o.Cards.Count || o.PriceMicro < 0 {
				t.Fatalf("offer %+v", o)
			}
		}
	})
}

// fuzzAdd adds a document to o if it is one of a few kinds.
func fuzzAdd(o *Objects, document []byte) {
	var head struct{ Kind string }
	if yaml.Unmarshal(document, &head) != nil {
		return
	}
	if head.Kind == "Pod" {
		var pod corev1.Pod
		if yaml.Unmarshal(document, &pod) == nil {
			if reduced, err := ReducePod(&pod); err == nil {
				o.Add(reduced)
			}
		}
		return
	}
	object := kindOfTest(head.Kind)
	if object != nil && yaml.Unmarshal(document, object) == nil {
		o.Add(object)
	}
}
