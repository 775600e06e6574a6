package proposal

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
)

// shared is input where web is on one node of a small type, and what finds no room there on a larger type. Its Deployment
// selects a NodePool today, and has node affinity.
func shared(t *testing.T) Input {
	t.Helper()
	in := input(t)
	for i := range in.Objects.Pods { // whose node would be held
		in.Objects.Pods[i].DoNotDisrupt = ""
	}
	s, err := kube.Snapshot(in.Objects, in.Catalog, kube.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in.Snapshot = &s
	web := in.Built.Pools[0]
	web.Works = []planner.PoolWork{{Workload: "shop/Deployment/web"}}
	web.Name, web.InstanceTypes, web.NodesMost = "few", []string{"m5.large"}, 1
	more := web
	more.Name, more.InstanceTypes, more.NodesMost, more.Weight = "more", []string{"m5.2xlarge"}, 0, 45
	in.Built.Pools = []planner.Pool{web, more}
	spec := &deployment(in.Objects).Spec.Template.Spec
	spec.NodeSelector[poolLabel] = "general"
	spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
		{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"amd64"}}}},
		{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: []string{"arm64"}}}},
	}}}}
	return in
}

func deployment(o *kube.Objects) *appsv1.Deployment {
	return o.Deployments[slices.IndexFunc(o.Deployments, func(d *appsv1.Deployment) bool { return d.Name == "web" })]
}

// merge applies a patch with the API's own merge.
func merge[T any](t *testing.T, p Proposal, path string, before *T) *T {
	t.Helper()
	patch, err := json.Marshal(files(t, p, path))
	if err != nil {
		t.Fatal(err)
	}
	old, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	after := new(T)
	merged, err := strategicpatch.StrategicMergePatch(old, patch, *after)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(merged, after); err != nil {
		t.Fatal(err)
	}
	return after
}

// TestSeveralPoolsOfOneWorkloadAreBuiltAsPromised writes them, reads them back, and lets Karpenter build.
func TestSeveralPoolsOfOneWorkloadAreBuiltAsPromised(t *testing.T) {
	in := shared(t)
	built, err := newReplay(Builder{Objects: in.Objects, Catalog: in.Catalog}, in.Snapshot, &in.Plan).run(t.Context(), in.Built.Pools)
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string]int64{}
	for _, p := range built.Pools {
		promised[p.Name] = p.Nodes
	}
	p := mustMake(t, in)
	dir := filepath.Join(t.TempDir(), "out")
	if err := Write(t.Context(), dir, p.Files, false); err != nil {
		t.Fatal(err)
	}
	back := read(t, filepath.Join(dir, "nodepools"))
	spec := merge(t, p, "patches/shop-deployment-web.yaml", deployment(in.Objects)).Spec.Template.Spec
	agent := merge(t, p, "patches/kube-system-daemonset-agent.yaml", in.Objects.DaemonSets[0])
	w := karpenter.World{NodePools: back.NodePools, Catalog: in.Catalog, Zones: []string{"z-a", "z-b"}, Daemons: []*corev1.Pod{{Spec: agent.Spec.Template.Spec}}}
	for _, name := range []string{"a", "b"} {
		pod := &corev1.Pod{Spec: *spec.DeepCopy()}
		pod.Namespace, pod.Name = "shop", name
		w.Pods = append(w.Pods, pod)
	}
	r, err := w.Schedule(t.Context())
	if err != nil || len(r.Unplaced) > 0 {
		t.Fatal(err, r.Unplaced)
	}
	got := map[string]int64{}
	for _, n := range r.New {
		got[n.Pool]++
	}
	if diff := cmp.Diff(promised, got); diff != "" || promised["few"] != 1 || promised["more"] != 1 {
		t.Errorf("nodes (-promised +built):\n%s", diff)
	}
}

func TestAPatchForSeveralPoolsKeepsWhatIsThere(t *testing.T) {
	in := shared(t)
	p := mustMake(t, in)
	spec := merge(t, p, "patches/shop-deployment-web.yaml", deployment(in.Objects)).Spec.Template.Spec
	if diff := cmp.Diff(map[string]string{"team": "platform"}, spec.NodeSelector); diff != "" {
		t.Errorf("selector (-want +got):\n%s", diff)
	}
	var terms []string
	for _, term := range spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			terms = append(terms, e.Key+" "+strings.Join(e.Values, " "))
		}
	}
	if diff := cmp.Diff([]string{"kubernetes.io/arch amd64", poolLabel + " few more", "kubernetes.io/arch arm64", poolLabel + " few more"}, terms); diff != "" {
		t.Errorf("affinity (-want +got):\n%s", diff)
	}
	var tolerated []string
	for _, x := range spec.Tolerations {
		tolerated = append(tolerated, x.Key+" "+x.Value)
	}
	if diff := cmp.Diff([]string{"dedicated web", poolTaint + " few", poolTaint + " more"}, tolerated); diff != "" {
		t.Errorf("tolerations (-want +got):\n%s", diff)
	}
	if got := at(files(t, p, "nodepools/few.yaml"), "spec", "limits")["cpu"]; got != "2" {
		t.Errorf("limits.cpu %v, want 2: one node", got)
	}
	for _, e := range p.Edits {
		if e.Small || !strings.Contains(strings.Join(e.Notes, " "), "all of them or none") {
			t.Errorf("edit %s may be left out (%t), notes %q", e.Pool, e.Small, e.Notes)
		}
		want := map[string]int64{"few": 0, "more": 2}[e.Pool]
		if e.Radius.Restarts != want {
			t.Errorf("edit %s restarts %d pods, want %d: they are those of the pool without a limit", e.Pool, e.Radius.Restarts, want)
		}
	}

	deployment(in.Objects).Spec.Template.Spec = spec // a second time
	again := mustMake(t, in)
	for _, e := range again.Edits {
		if e.Radius.Restarts != 0 {
			t.Errorf("a proposal that was applied restarts %d pods", e.Radius.Restarts)
		}
	}
	in.Built.Pools = in.Built.Pools[1:] // from two pools to one
	alone := merge(t, mustMake(t, in), "patches/shop-deployment-web.yaml", deployment(in.Objects)).Spec.Template.Spec
	terms = nil
	for _, term := range alone.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			terms = append(terms, e.Key+" "+strings.Join(e.Values, " "))
		}
	}
	if diff := cmp.Diff([]string{"kubernetes.io/arch amd64", "kubernetes.io/arch arm64"}, terms); diff != "" || alone.NodeSelector[poolLabel] != "more" {
		t.Errorf("selector %v, affinity (-want +got):\n%s", alone.NodeSelector, diff)
	}
}

// An empty term would match no node at all.
func TestAffinityThatIsOnlyOursGoes(t *testing.T) {
	in := shared(t)
	spec := &deployment(in.Objects).Spec.Template.Spec
	spec.Affinity, spec.NodeSelector = nil, nil
	deployment(in.Objects).Spec.Template.Spec = merge(t, mustMake(t, in), "patches/shop-deployment-web.yaml", deployment(in.Objects)).Spec.Template.Spec
	in.Built.Pools = in.Built.Pools[1:]
	alone := merge(t, mustMake(t, in), "patches/shop-deployment-web.yaml", deployment(in.Objects)).Spec.Template.Spec
	if required(&alone) != nil || alone.NodeSelector[poolLabel] != "more" {
		t.Errorf("selector %v, affinity %v; want the selector alone", alone.NodeSelector, required(&alone))
	}
}

func TestLimitsThatLeavePodsWithoutANode(t *testing.T) {
	for claim, change := range map[string]func(few, more *planner.Pool){
		"no pool without a limit": func(_, more *planner.Pool) { more.NodesMost = 1 },
		"a limit of two types":    func(few, _ *planner.Pool) { few.InstanceTypes = []string{"m5.large", "m5.xlarge"} },
		"a limit below nothing":   func(few, _ *planner.Pool) { few.NodesMost = -1 },
	} {
		in := shared(t)
		change(&in.Built.Pools[0], &in.Built.Pools[1])
		if _, err := Make(in); err == nil {
			t.Errorf("%s: no error", claim)
		}
	}
}
