//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const (
	namespace = "default"
	nodePool  = "karpenter.sh/nodepool"
	terms     = "karpenter.sh/capacity-type"
)

// What waiting may take on two busy cores before something is wrong. Measured: 10 to 20 s a case.
const (
	waitMost  = 3 * time.Minute
	waitSteps = 300 * time.Millisecond
)

func kind(name string) schema.GroupVersionKind {
	version := map[string]string{"NodeOverlay": "v1alpha1"}[name]
	if version == "" {
		version = "v1"
	}
	return schema.GroupVersionKind{Group: "karpenter.sh", Version: version, Kind: name}
}

func createNodeClass(ctx context.Context) {
	class := &unstructured.Unstructured{}
	class.SetGroupVersionKind(schema.GroupVersionKind{Group: "karpenter.kwok.sh", Version: "v1alpha1", Kind: "KWOKNodeClass"})
	class.SetName("default")
	Expect(cluster.Client().Create(ctx, class)).To(Succeed())
}

// create makes an object of Karpenter's of YAML and waits until Karpenter says that it is ready. A NodePool is given what
// it needs here, and, unless it says otherwise, disrupts nothing.
func create(ctx context.Context, kindOf, text string) {
	o := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(text), &o.Object)).To(Succeed())
	o.SetGroupVersionKind(kind(kindOf))
	if kindOf == "NodePool" {
		set := func(value any, path ...string) {
			if _, found, _ := unstructured.NestedFieldNoCopy(o.Object, path...); !found {
				Expect(unstructured.SetNestedField(o.Object, value, path...)).To(Succeed())
			}
		}
		set(map[string]any{"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "default"}, "spec", "template", "spec", "nodeClassRef")
		set([]any{}, "spec", "template", "spec", "requirements")
		set("Never", "spec", "template", "spec", "expireAfter")
		set(map[string]any{"consolidateAfter": "Never", "budgets": []any{map[string]any{"nodes": "0"}}}, "spec", "disruption")
	}
	Expect(cluster.Client().Create(ctx, o)).To(Succeed())
	Eventually(ctx, func(g Gomega) {
		g.Expect(cluster.Client().Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(conditions).To(ContainElement(SatisfyAll(HaveKeyWithValue("type", "Ready"), HaveKeyWithValue("status", "True"))))
	}, waitMost, waitSteps).Should(Succeed(), "%s %s is ready", kindOf, o.GetName())
}

// takeAway removes everything that a case has made.
func takeAway(ctx context.Context) {
	c := cluster.Client()
	for _, list := range []client.Object{&appsv1.Deployment{}, &appsv1.DaemonSet{}, &appsv1.ReplicaSet{}} {
		Expect(c.DeleteAllOf(ctx, list, client.InNamespace(namespace), client.PropagationPolicy(metav1.DeletePropagationBackground))).To(Succeed())
	}
	for _, name := range []string{"NodePool", "NodeOverlay", "NodeClaim"} {
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(kind(name))
		Expect(c.DeleteAllOf(ctx, o)).To(Succeed())
	}
	Eventually(ctx, func(g Gomega) {
		g.Expect(c.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace(namespace), client.GracePeriodSeconds(0))).To(Succeed())
		var nodes corev1.NodeList
		g.Expect(c.List(ctx, &nodes)).To(Succeed())
		g.Expect(nodes.Items).To(BeEmpty())
		g.Expect(pods(ctx)).To(BeEmpty())
		for _, name := range []string{"NodePool", "NodeClaim"} {
			g.Expect(list(ctx, name)).To(BeEmpty())
		}
	}, waitMost, waitSteps).Should(Succeed(), "nothing is left of the case")
}

func list(ctx context.Context, name string) []unstructured.Unstructured {
	l := &unstructured.UnstructuredList{}
	l.SetGroupVersionKind(kind(name + "List"))
	l.SetAPIVersion(kind(name).GroupVersion().String())
	Expect(cluster.Client().List(ctx, l)).To(Succeed())
	return l.Items
}

func pods(ctx context.Context) []*corev1.Pod {
	var l corev1.PodList
	Expect(cluster.Client().List(ctx, &l, client.InNamespace(namespace))).To(Succeed())
	all := make([]*corev1.Pod, len(l.Items))
	for i := range l.Items {
		all[i] = &l.Items[i]
	}
	return all
}

// nodes are those that Karpenter has made.
func nodes(ctx context.Context) []*corev1.Node {
	var l corev1.NodeList
	Expect(cluster.Client().List(ctx, &l, client.HasLabels{nodePool})).To(Succeed())
	all := make([]*corev1.Node, len(l.Items))
	for i := range l.Items {
		all[i] = &l.Items[i]
	}
	return all
}

// place creates pods, all in one batch, and waits until all but so many have a node and all nodes that were made are
// ready. Pods of DaemonSets are not waited for: where kube-scheduler has filled a node before theirs came, they never fit.
func place(ctx context.Context, some []*corev1.Pod, unplaced int) {
	for _, p := range some {
		Expect(cluster.Client().Create(ctx, p.DeepCopy())).To(Succeed())
	}
	Eventually(ctx, func(g Gomega) {
		waiting := 0
		for _, p := range pods(ctx) {
			if p.Spec.NodeName == "" && !ofDaemonSet(p) {
				waiting++
			}
		}
		g.Expect(waiting).To(Equal(unplaced), "pods without a node")
		settled(ctx, g)
	}, waitMost, waitSteps).Should(Succeed())
}

func ofDaemonSet(p *corev1.Pod) bool {
	owner := metav1.GetControllerOfNoCopy(p)
	return owner != nil && owner.Kind == "DaemonSet"
}

// settled says that every NodeClaim has a node that is ready for pods.
func settled(ctx context.Context, g Gomega) {
	all := nodes(ctx)
	g.Expect(all).To(HaveLen(len(list(ctx, "NodeClaim"))), "nodes of NodeClaims")
	for _, n := range all {
		g.Expect(n.Labels).To(HaveKeyWithValue("karpenter.sh/initialized", "true"), n.Name)
	}
}

// filled are the nodes that there are, with what is on them.
func filled(ctx context.Context, skip map[string]bool) []Built {
	on := map[string][]*corev1.Pod{}
	for _, p := range pods(ctx) {
		on[p.Spec.NodeName] = append(on[p.Spec.NodeName], p)
	}
	var built []Built
	for _, n := range nodes(ctx) {
		if !skip[n.Name] {
			built = append(built, builtOf(n.Labels, requestsOf(on[n.Name])))
		}
	}
	return built
}

// decided are the NodeClaims of the names as Karpenter made them.
func decided(ctx context.Context, names []string) []Built {
	var built []Built
	for _, claim := range list(ctx, "NodeClaim") {
		if !slices.Contains(names, claim.GetName()) {
			continue
		}
		asked, _, err := unstructured.NestedStringMap(claim.Object, "spec", "resources", "requests")
		Expect(err).NotTo(HaveOccurred())
		requests := corev1.ResourceList{}
		for name, amount := range asked {
			requests[corev1.ResourceName(name)] = resource.MustParse(amount)
		}
		built = append(built, builtOf(claim.GetLabels(), Amounts(requests)))
	}
	return built
}

func builtOf(labels map[string]string, requests string) Built {
	b := Built{Pool: labels[nodePool], InstanceType: labels[corev1.LabelInstanceTypeStable], Zone: labels[corev1.LabelTopologyZone], CapacityType: labels[terms], Requests: requests}
	b.PricePerHour = price(b)
	return b
}

func price(b Built) (none micro) {
	machine, ok := market.Lookup(b.InstanceType)
	Expect(ok).To(BeTrue(), "type %q", b.InstanceType)
	for _, o := range machine.Offerings {
		if o.Zone == b.Zone && o.CapacityType == b.CapacityType {
			return o.PriceMicro
		}
	}
	Expect(b).To(BeNil(), "a node that the catalogue does not sell")
	return none
}

// requestsOf sums what pods ask for, and counts them.
func requestsOf(some []*corev1.Pod) string {
	lists := []corev1.ResourceList{{corev1.ResourcePods: *resource.NewQuantity(int64(len(some)), resource.DecimalSI)}}
	for _, p := range some {
		for _, c := range p.Spec.Containers {
			lists = append(lists, c.Resources.Requests)
		}
	}
	return Amounts(lists...)
}

// batches reads in Karpenter's log, from an offset on, which NodeClaims were made batch by batch.
func batches(offset int) [][]string {
	text, err := os.ReadFile(cluster.KarpenterLog())
	Expect(err).NotTo(HaveOccurred())
	var found [][]string
	for line := range bytes.Lines(text[offset:]) {
		var said struct {
			Message   string `json:"message"`
			NodeClaim struct {
				Name string `json:"name"`
			} `json:"NodeClaim"`
		}
		if json.Unmarshal(line, &said) != nil {
			continue
		}
		switch {
		case strings.HasPrefix(said.Message, "computed new nodeclaim(s)"):
			found = append(found, nil)
		case said.Message == "created nodeclaim":
			Expect(found).NotTo(BeEmpty(), "Karpenter's log names a NodeClaim before a batch")
			found[len(found)-1] = append(found[len(found)-1], said.NodeClaim.Name)
		}
	}
	return found
}

func logSize() int {
	info, err := os.Stat(cluster.KarpenterLog())
	Expect(err).NotTo(HaveOccurred())
	return int(info.Size())
}

// group makes n pods NAME-0 … with the label app=NAME that ask for "cpu=1,memory=2Gi"; more is the YAML of further parts of
// their specs.
func group(name string, n int, requests, more string) []*corev1.Pod {
	var some []*corev1.Pod
	for i := range n {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s-%d", name, i), Labels: map[string]string{"app": name}}}
		p.Spec = podSpec(requests, more)
		some = append(some, p)
	}
	return some
}

func podSpec(requests, more string) (spec corev1.PodSpec) {
	Expect(yaml.UnmarshalStrict([]byte(more), &spec)).To(Succeed())
	asks, limits := corev1.ResourceList{}, corev1.ResourceList{}
	for part := range strings.SplitSeq(requests, ",") {
		name, amount, _ := strings.Cut(part, "=")
		asks[corev1.ResourceName(name)] = resource.MustParse(amount)
		if strings.Contains(name, "/") { // extended resources want a limit
			limits[corev1.ResourceName(name)] = resource.MustParse(amount)
		}
	}
	spec.Containers = []corev1.Container{{Name: "all", Image: "none", Resources: corev1.ResourceRequirements{Requests: asks, Limits: limits}}}
	return spec
}

// daemonSet is one that runs on every node.
func daemonSet(name, requests string) *appsv1.DaemonSet {
	labels := map[string]string{"app": name}
	d := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = maps.Clone(labels)
	d.Spec.Template.Spec = podSpec(requests, "tolerations: [{operator: Exists}]")
	return d
}
