package proposal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	k8sresource "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

func TestTheFolder(t *testing.T) {
	in := input(t)
	in.Headroom = 20
	p := mustMake(t, in)
	golden(t, "folder.golden", folder(p))
	golden(t, "table.golden", Table(p))
}

// TestKarpenterTakesWhatIsWritten reads the folder back as any dump and asks Karpenter's own validation, once with the
// prices of a commitment.
func TestKarpenterTakesWhatIsWritten(t *testing.T) {
	in := input(t)
	in.List = shop()
	for i := range in.List.Types {
		in.List.Types[i].Offerings[0].PriceMicro *= 2
	}
	p := mustMake(t, in)
	dir := filepath.Join(t.TempDir(), "out")
	if err := Write(t.Context(), dir, p.Files, false); err != nil {
		t.Fatal(err)
	}
	back := read(t, filepath.Join(dir, "nodepools"), filepath.Join(dir, "nodeoverlays"))
	w := karpenter.World{NodePools: back.NodePools, NodeOverlays: append(back.NodeOverlays, in.Objects.NodeOverlays...), Catalog: in.Catalog, Zones: []string{"z-a", "z-b"}}
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	if len(back.NodePools) != 4 || len(back.NodeOverlays) != 9 {
		t.Errorf("read back %d NodePools and %d NodeOverlays, want 4 and 9 (2 of capacity, 5 of prices, 2 copies of the price of gpu)", len(back.NodePools), len(back.NodeOverlays))
	}
	for name, resource := range map[string]corev1.ResourceName{"slice": migPrefix + "3g.40gb", "share": sharedName, "card": gpuName} {
		pod := &corev1.Pod{}
		pod.Namespace, pod.Name = "ml", name
		pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		pod.Spec.Containers = []corev1.Container{{Name: name, Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{resource: *k8sresource.NewQuantity(1, k8sresource.DecimalSI)}}}}
		w.Pods = append(w.Pods, pod)
	}
	r, err := w.Schedule(t.Context())
	if err != nil || len(r.Unplaced) != 1 || !strings.Contains(fmt.Sprint(r.Unplaced), "ml/card") {
		t.Errorf("Karpenter leaves %v (%v), want the pod that asks for a whole card: the overlays leave none", r.Unplaced, err)
	}
}

func TestAChildLosesNothingOfItsBase(t *testing.T) {
	p := mustMake(t, input(t))
	child := files(t, p, "nodepools/general-m5.yaml")
	spec := at(child, "spec")
	template := at(spec, "template", "spec")
	for claim, ok := range map[string]bool{
		"expireAfter":                     template["expireAfter"] == "480h",
		"terminationGracePeriod":          template["terminationGracePeriod"] == "30m",
		"nodeClassRef":                    at(template, "nodeClassRef")["name"] == "bottlerocket",
		"startupTaints":                   len(list(template, "startupTaints")) == 1,
		"a field that nobody knows":       at(template, "fieldOfTomorrow")["kept"] == true,
		"template labels":                 at(spec, "template", "metadata", "labels")["team"] == "platform",
		"template annotations":            at(spec, "template", "metadata", "annotations")["example.com/owner"] == "someone",
		"budgets":                         len(list(at(spec, "disruption"), "budgets")) == 2,
		"limits":                          at(spec, "limits")["cpu"] == "1000",
		"requirements it does not touch":  strings.Contains(fmt.Sprint(template["requirements"]), "kubernetes.io/arch"),
		"and has no status":               child["status"] == nil,
		"and no labels of a GitOps tool":  at(child, "metadata", "labels")["argocd.argoproj.io/instance"] == nil,
		"and no minValues it cannot meet": !strings.Contains(fmt.Sprint(template["requirements"]), "minValues"),
	} {
		if !ok {
			t.Errorf("the child lacks: %s\n%v", claim, child)
		}
	}
	in := input(t)
	for _, np := range in.Objects.NodePools {
		np.Raw = []byte(strings.Replace(string(np.Raw), `"spec":{`, `"spec":{"replicas":2,`, 1))
	}
	p = mustMake(t, in)
	if !slices.ContainsFunc(p.Notes, func(n planner.Note) bool { return strings.Contains(n.Text, "is static") }) {
		t.Error("nothing says that the base is static")
	}
	if _, static := at(files(t, p, "nodepools/gpu-slices.yaml"), "spec")["replicas"]; static {
		t.Error("the child of a static NodePool is static and has a weight: the API server refuses that")
	}
}

func files(t *testing.T, p Proposal, path string) object {
	t.Helper()
	for _, f := range p.Files {
		if f.Path == path {
			o, err := yamlObject(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

// TestPatchesMergeAsKubectlDoes applies patches with the API's own merge.
func TestPatchesMergeAsKubectlDoes(t *testing.T) {
	in := input(t)
	p := mustMake(t, in)
	patch, err := json.Marshal(files(t, p, "patches/shop-deployment-web.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := json.Marshal(in.Objects.Deployments[slices.IndexFunc(in.Objects.Deployments, func(d *appsv1.Deployment) bool { return d.Name == "web" })])
	if err != nil {
		t.Fatal(err)
	}
	merged, err := strategicpatch.StrategicMergePatch(before, patch, appsv1.Deployment{})
	if err != nil {
		t.Fatal(err)
	}
	var after appsv1.Deployment
	if err := json.Unmarshal(merged, &after); err != nil {
		t.Fatal(err)
	}
	spec := after.Spec.Template.Spec
	if diff := cmp.Diff(map[string]string{"team": "platform", poolLabel: "general-m5"}, spec.NodeSelector); diff != "" {
		t.Errorf("selector (-want +got):\n%s", diff)
	}
	want := []corev1.Toleration{
		{Key: "dedicated", Operator: "Equal", Value: "web", Effect: "NoSchedule"}, {Key: poolTaint, Operator: "Equal", Value: "general-m5", Effect: "NoSchedule"},
	}
	if diff := cmp.Diff(want, spec.Tolerations); diff != "" {
		t.Errorf("tolerations (-want +got):\n%s", diff)
	}
	cpu, memory := spec.Containers[0].Resources.Requests.Cpu(), spec.Containers[0].Resources.Requests.Memory()
	if len(spec.Containers) != 2 || cpu.String() != "950m" || memory.String() != "2Gi" {
		t.Errorf("containers %v: want both, and 950m of CPU in the larger, so that the pod asks for 1050m", spec.Containers)
	}
}

// TestRadiusIsExact compares with counts done by hand from testdata/cluster.yaml.
func TestRadiusIsExact(t *testing.T) {
	p := mustMake(t, input(t))
	got := map[string]Radius{}
	for _, e := range p.Edits {
		got[e.Pool] = e.Radius
	}
	none := Radius{Losing: []string{}, Emptied: []string{}, Drifted: []Drifted{}, Protected: []string{}, Guarded: []Guard{}, Jobs: []string{}, Long: []string{}, Bound: []string{}}
	web, db := none, none
	web.Restarts, web.Losing, web.Emptied, web.Protected, web.Guarded = 2, []string{"n1"}, []string{"n1"}, []string{"shop/web-1-a"}, []Guard{{"shop/web", 2, 1}}
	db.Restarts, db.Losing, db.Bound = 1, []string{"n2"}, []string{"shop/db-0"} // tool stays on n2
	if diff := cmp.Diff(map[string]Radius{"general-m5": web, "general-db": db, "gpu-slices": none, "gpu-shared": none}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(p.ByHand) != 2 || !strings.HasPrefix(p.ByHand[0], "ml/Job/train") || !strings.HasPrefix(p.ByHand[1], "shop/Pod/tool") {
		t.Errorf("by hand: %q, want the Job that has begun and the bare pod", p.ByHand)
	}
}

// TestEditsAreOrdered: web's requests grow, so it is first although the open pool saves more per node; n1 costs 0.2 and web
// has all of it. The overlay of today says that g1 costs 3.5.
func TestEditsAreOrdered(t *testing.T) {
	p := mustMake(t, input(t))
	var got []string
	for _, e := range p.Edits {
		got = append(got, fmt.Sprintf("%s %s %s %v", e.Pool, e.Saving, e.PerNode, e.Small))
	}
	// db has 8/16 of n2 by memory, tool 0.5/4 by CPU: 0.2 · 0.5/0.625 = 0.16 today. The Job does not run today.
	want := []string{"general-m5 0.1 0.1 false", "gpu-shared 3.5 3.5 false", "general-db 0.06 0.06 false", "gpu-slices -4 -4 false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, e := range p.Edits {
		if !slices.IsSortedFunc(e.Files, func(a, b string) int { return rankOf(p, a) - rankOf(p, b) }) {
			t.Errorf("%s: files %q: configuration and overlay come before the NodePool, that before patches", e.Pool, e.Files)
		}
	}
}

func rankOf(p Proposal, path string) int {
	i := slices.IndexFunc(p.Files, func(f File) bool { return f.Path == path })
	return slices.Index(order, p.Files[i].Kind)
}

// TestSharesAddUp checks that shares of a node's pods are its price, up to a millionth for each pod.
func TestSharesAddUp(t *testing.T) {
	in := input(t)
	d := &draft{Input: in}
	d.read()
	sum := pricing.Micro(0)
	for p, m := range d.shares() {
		if bound(p) {
			t.Errorf("%s has a share and belongs to its node", podName(p))
		}
		sum += m
	}
	if want := pricing.Micro(3_900_000); sum > want || sum < want-10 {
		t.Errorf("shares add up to %s, nodes with pods cost %s", sum, want)
	}
}

func TestAnEditOfANodePoolThatExistsDrifts(t *testing.T) {
	in := input(t)
	in.Built.Pools = []planner.Pool{{Name: "general", InstanceTypes: []string{"m5.large"}, CapacityTypes: []string{"spot"}, Weight: 50, PricePerHour: 1}}
	if _, err := Make(in); !errors.Is(err, ErrDesign) {
		t.Errorf("error %v: without a DriftFunc nobody can say what such an edit replaces", err)
	}
	in.Drift = func(old, edited []byte, nodes []*corev1.Node) ([]Drifted, error) {
		if !strings.Contains(string(old), "bottlerocket") || strings.Contains(string(edited), "bottlerocket") || len(nodes) != 2 {
			t.Errorf("drift is asked of %s, %s and %d nodes", old, edited, len(nodes))
		}
		return []Drifted{{"n2", "NodePoolDrifted"}, {"n1", "NodePoolDrifted"}}, nil
	}
	r := mustMake(t, in).Edits[0].Radius
	if r.Evicted != 4 || !slices.Equal(r.Losing, []string{"n1", "n2"}) || !slices.Equal(r.Long, []string{"shop/tool"}) || !slices.Equal(r.Protected, []string{"shop/web-1-a"}) {
		t.Errorf("%+v: want the four pods of n1 and n2, with the bare and the protected one", r)
	}
}

func TestDesignsThatCannotBeWritten(t *testing.T) {
	tests := map[string]func(p *planner.Pool, in *Input){
		"a name too long for a label":             func(p *planner.Pool, _ *Input) { p.Name = strings.Repeat("a", 64) },
		"a name that is no DNS label":             func(p *planner.Pool, _ *Input) { p.Name = "../x" },
		"a name that is there twice":              func(p *planner.Pool, in *Input) { p.Name = in.Built.Pools[1].Name },
		"a base that is missing":                  func(p *planner.Pool, _ *Input) { p.Base = "gone" },
		"its own base":                            func(p *planner.Pool, _ *Input) { p.Name = p.Base },
		"a weight of nothing":                     func(p *planner.Pool, _ *Input) { p.Weight = 0 },
		"a weight too high":                       func(p *planner.Pool, _ *Input) { p.Weight = 101 },
		"no instance type":                        func(p *planner.Pool, _ *Input) { p.InstanceTypes = nil },
		"no capacity type":                        func(p *planner.Pool, _ *Input) { p.CapacityTypes = nil },
		"a type that its base does not allow":     func(p *planner.Pool, _ *Input) { p.InstanceTypes = []string{"c5.large"} },
		"slices without a layout":                 func(p *planner.Pool, _ *Input) { p.Slices = map[string]int64{"1g.10gb": 1} },
		"a layout on a type without cards":        func(p *planner.Pool, _ *Input) { p.Layouts = [][]planner.PlanMIG{{{Profile: "1g.10gb"}}} },
		"time slicing of a type without cards":    func(p *planner.Pool, _ *Input) { p.Replicas = 2 },
		"cards that are cut and shared":           func(p *planner.Pool, _ *Input) { p.Replicas, p.Slices = 2, map[string]int64{"1g.10gb": 1} },
		"negative numbers":                        func(p *planner.Pool, _ *Input) { p.PricePerHour = -1 },
		"headroom beyond all sense":               func(_ *planner.Pool, in *Input) { in.Headroom = 1_000_000 },
		"a layout that promises other slices":     func(_ *planner.Pool, in *Input) { in.Built.Pools[2].Slices["1g.10gb"] = 7 },
		"a layout that the card does not allow":   func(_ *planner.Pool, in *Input) { in.Built.Pools[2].Layouts[0][1].Start = 5 },
		"a layout of a profile that is not known": func(_ *planner.Pool, in *Input) { in.Built.Pools[2].Layouts[0][1].Profile = "9g.1gb" },
	}
	for claim, change := range tests {
		t.Run(claim, func(t *testing.T) {
			in := input(t)
			change(&in.Built.Pools[0], &in)
			if _, err := Make(in); !errors.Is(err, ErrDesign) {
				t.Errorf("error %v, want one that is ErrDesign", err)
			}
		})
	}
}

// TestADumpWithoutNodePools: the pool stands by itself, and says which EC2NodeClass it takes.
func TestADumpWithoutNodePools(t *testing.T) {
	in := input(t)
	in.Objects.NodePools = nil
	in.Built.Pools = in.Built.Pools[:1]
	in.Built.Pools[0].Base = ""
	p := mustMake(t, in)
	if got := at(files(t, p, "nodepools/general-m5.yaml"), "spec", "template", "spec", "nodeClassRef")["name"]; got != "default" {
		t.Errorf("nodeClassRef %v, want default", got)
	}
	if !slices.ContainsFunc(p.Notes, func(n planner.Note) bool { return strings.Contains(n.Text, `EC2NodeClass "default"`) }) {
		t.Error("no note says which EC2NodeClass it takes")
	}
}

func TestWorkloadsThatNoPatchSteers(t *testing.T) {
	affinity := &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
		{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: poolLabel, Operator: corev1.NodeSelectorOpIn, Values: []string{"general"}}}},
	}}}}
	tests := map[string]struct {
		change func(o *kube.Objects)
		want   string
	}{
		"its owner is not in the input": {func(o *kube.Objects) {
			o.Deployments = slices.DeleteFunc(o.Deployments, func(d *appsv1.Deployment) bool { return d.Name == "web" })
		}, "not in the input"},
		"it does not tolerate the taint of its base": {func(o *kube.Objects) {
			for _, p := range o.NodePools {
				p.Spec.Template.Spec.Taints = []corev1.Taint{{Key: "other", Effect: "NoSchedule"}}
			}
		}, "does not tolerate other"},
		"its volume is in another zone": {func(o *kube.Objects) {
			o.Pods[slices.IndexFunc(o.Pods, func(p kube.Pod) bool { return p.Name == "web-1-b" })].Claims = []string{"data-db-0"}
			o.Volumes[0].Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values = []string{"z-c"}
		}, "is in z-c"},
		"its name is a command": {func(o *kube.Objects) {
			for i := range o.Pods {
				o.Pods[i].Namespace = strings.Replace(o.Pods[i].Namespace, "shop", "../shop; rm", 1)
			}
			for _, d := range o.Deployments {
				d.Namespace = "../shop; rm"
			}
			o.ReplicaSets = nil
		}, "none that Kubernetes would take"},
		"its affinity names another NodePool": {func(o *kube.Objects) {
			for _, d := range o.Deployments {
				d.Spec.Template.Spec.Affinity = affinity
			}
		}, "node affinity excludes"},
	}
	for claim, tc := range tests {
		t.Run(claim, func(t *testing.T) {
			in := input(t)
			tc.change(in.Objects)
			for i := range in.Snapshot.Workloads { // as far as the change has renamed it
				w := &in.Snapshot.Workloads[i]
				if web := slices.IndexFunc(in.Objects.Deployments, func(d *appsv1.Deployment) bool { return d.Name == "web" }); web >= 0 && w.Ref.Name == "web" {
					w.Ref.Namespace = in.Objects.Deployments[web].Namespace
					in.Built.Pools[0].Works[0].Workload = w.Ref.String()
				}
			}
			p := mustMake(t, in)
			if !slices.ContainsFunc(p.ByHand, func(s string) bool {
				return strings.Contains(s, "shop") && strings.Contains(s, "/web") && strings.Contains(s, tc.want)
			}) {
				t.Errorf("by hand: %q, want web and %q", p.ByHand, tc.want)
			}
			if slices.ContainsFunc(p.Files, func(f File) bool { return f.Path == "patches/shop-deployment-web.yaml" }) {
				t.Error("a patch is written all the same")
			}
		})
	}
}

func TestPatchNamesAreUnique(t *testing.T) {
	d := &draft{files: map[string]File{}}
	seen := map[string]bool{}
	for _, ref := range []planner.Ref{
		{Namespace: "a", Kind: "Deployment", Name: "b"}, {Namespace: "a-deployment", Kind: "Deployment", Name: "b"}, {Namespace: "a", Kind: "Deployment", Name: "deployment-b"},
		{Namespace: strings.Repeat("n", 63), Kind: "Deployment", Name: strings.Repeat("x", 253)}, {Namespace: strings.Repeat("n", 63), Kind: "Deployment", Name: strings.Repeat("x", 252) + "y"},
	} {
		name := d.patchName(ref)
		if seen[name] || len(name) > fileMax {
			t.Errorf("%s: name %q, %d bytes, taken %v", ref, name, len(name), seen[name])
		}
		seen[name] = true
		d.files["patches/"+name+".yaml"] = File{}
	}
}

func TestTheOrderOfTheInputShowsNowhere(t *testing.T) {
	want := folder(mustMake(t, input(t)))
	random := rand.New(rand.NewSource(1))
	for range 5 {
		in := input(t)
		o := in.Objects
		random.Shuffle(len(o.Pods), func(i, j int) { o.Pods[i], o.Pods[j] = o.Pods[j], o.Pods[i] })
		random.Shuffle(len(o.Nodes), func(i, j int) { o.Nodes[i], o.Nodes[j] = o.Nodes[j], o.Nodes[i] })
		random.Shuffle(len(in.Built.Pools), func(i, j int) { in.Built.Pools[i], in.Built.Pools[j] = in.Built.Pools[j], in.Built.Pools[i] })
		if diff := cmp.Diff(want, folder(mustMake(t, in))); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// TestTheSummaryFitsAComment: names that Markdown would obey, and far more edits than anybody reads.
func TestTheSummaryFitsAComment(t *testing.T) {
	hostile := strings.Repeat("`|<img src=x>@everyone\n", 100)
	p := Proposal{Source: hostile, Command: hostile, Version: hostile, Karpenter: hostile, Catalog: planner.CatalogRef{Currency: hostile, Name: hostile}}
	for range 500 {
		var names []string
		for range 50 {
			names = append(names, hostile)
		}
		p.Edits = append(p.Edits, Edit{Pool: hostile, Base: hostile, Notes: names, Radius: Radius{Protected: names, Jobs: names, Guarded: []Guard{{hostile, 1, 0}}}})
		p.ByHand, p.Checks = append(p.ByHand, hostile), append(p.Checks, hostile)
		p.Notes = append(p.Notes, planner.Note{Severity: planner.Warning, Object: hostile, Text: hostile})
	}
	text := Markdown(p)
	if len(text) > markdownMax {
		t.Errorf("%d bytes, more than %d", len(text), markdownMax)
	}
	fences := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fences++
		}
	}
	if strings.Contains(text, "\n|<img") || fences != 4 {
		t.Errorf("a name gets out of its place: %d fences, want 2 blocks of commands", fences)
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	good := []File{{Path: "a/b.yaml", Data: []byte("x\n")}, {Path: mark, Data: []byte(madeBy + "test\n")}}
	dir := filepath.Join(t.TempDir(), "out")
	if err := Write(t.Context(), dir, good, false); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, nil, false); !errors.Is(err, ErrOccupied) {
		t.Errorf("error %v, want ErrOccupied", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(stopped, dir, nil, true); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	if err := Write(t.Context(), dir, []File{{Path: "../evil"}}, true); err == nil {
		t.Error("a file outside of the folder is written")
	}
	if data, err := os.ReadFile(filepath.Join(dir, "a/b.yaml")); err != nil || string(data) != "x\n" {
		t.Errorf("what was there is gone: %v", err)
	}
	if err := Write(t.Context(), dir, []File{{Path: "c", Data: []byte("y")}}, true); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, good, true); !errors.Is(err, ErrOccupied) {
		t.Errorf("error %v: force replaces a folder that is not Tenon's", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !errors.Is(err, os.ErrNotExist) {
		t.Error("--force leaves old files behind")
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("%d entries beside the folder, want none: %v", len(left)-1, left)
	}
}

func TestOverlaysNeverTakeANameThatIsTaken(t *testing.T) {
	in := input(t)
	in.Objects.NodeOverlays[0].Name = "gpu-slices"
	in.Built.Pools[3].Name, in.Built.Pools[2].Name = "gpu", "gpu-1" // time slicing names its overlay gpu-1 too
	in.Built.Pools[3].Base, in.Built.Pools[2].Base = "", ""
	in.Objects.NodePools = slices.DeleteFunc(in.Objects.NodePools, func(p *kube.NodePool) bool { return p.Name == "gpu" })
	n := 0
	for _, f := range mustMake(t, in).Files {
		if f.Kind == KindOverlay {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d overlays, want 2", n)
	}
	in = input(t)
	in.Objects.NodeOverlays[0].Name = "gpu-slices"
	in.Objects.NodeOverlays[0].Name = strings.Repeat("o", 253)
	for _, f := range mustMake(t, in).Files {
		if len(f.Path) > 250 {
			t.Errorf("a name of %d characters", len(f.Path))
		}
	}
	in.Objects.NodeOverlays[0].Name = "gpu-slices"
	in.Objects.NodeOverlays[0].Spec.Requirements = nil
	if slices.ContainsFunc(mustMake(t, in).Files, func(f File) bool { return f.Path == "nodeoverlays/gpu-slices.yaml" }) {
		t.Error("the user's overlay of that name would be replaced")
	}
}

// TestOverlaysOfTheBaseHoldForItsChild: theirs says that nodes of gpu cost 3.5; copies say so of both children, and of no other.
func TestOverlaysOfTheBaseHoldForItsChild(t *testing.T) {
	p := mustMake(t, input(t))
	for _, child := range []string{"gpu-slices", "gpu-shared"} {
		spec := at(files(t, p, "nodeoverlays/"+child+"-theirs.yaml"), "spec")
		if spec["price"] != "3.5" || fmt.Sprint(spec["requirements"]) != fmt.Sprint([]any{requirement(poolLabel, []string{child})}) {
			t.Errorf("%s: %v", child, spec)
		}
	}
	in := input(t)
	in.Objects.NodeOverlays[0].Raw = nil
	in.Objects.NodeOverlays[0].Spec.Capacity = corev1.ResourceList{"example.com/x": k8sresource.MustParse("1")}
	if slices.ContainsFunc(mustMake(t, in).Files, func(f File) bool { return f.Path == "nodeoverlays/gpu-slices-theirs.yaml" }) {
		t.Error("a pool with a layout of its own has the capacity of its base's")
	}
}

func TestDaemonSetsThatTolerateAllAreLeftAlone(t *testing.T) {
	in := input(t)
	in.Objects.DaemonSets[0].Spec.Template.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	for _, f := range mustMake(t, in).Files {
		if f.Kind == KindDaemons {
			t.Errorf("%s is written", f.Path)
		}
	}
}

func TestSharesOfACardAreAskedForByTheirOwnName(t *testing.T) {
	d := &draft{}
	c := corev1.Container{}
	if err := yaml.Unmarshal([]byte(`{limits: {nvidia.com/gpu: "1"}}`), &c.Resources); err != nil {
		t.Fatal(err)
	}
	h := home{requests: []want{{workload: &planner.Workload{GPU: planner.GPUNeed{ShareMilli: 300}}}}}
	got := object{}
	d.devices(&planner.Pool{Replicas: 4}, h, &c, got)
	devices := object{sharedName: "2", gpuName: nil} // 0.3 of a card is more than one of four devices
	if diff := cmp.Diff(object{"requests": devices, "limits": devices}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAProposalThatWasAppliedRestartsNobody: the second time, nothing of the workload changes.
func TestAProposalThatWasAppliedRestartsNobody(t *testing.T) {
	in := input(t)
	in.Built.Pools = in.Built.Pools[:1]
	in.Built.Pools[0].Works[0].Requests = nil
	if r := mustMake(t, in).Edits[0].Radius; r.Restarts != 2 {
		t.Fatalf("%d pods restart the first time, want 2", r.Restarts)
	}
	for _, d := range in.Objects.Deployments {
		if d.Name == "web" {
			d.Spec.Template.Spec.NodeSelector[poolLabel] = "general-m5"
			d.Spec.Template.Spec.Tolerations = append(d.Spec.Template.Spec.Tolerations, corev1.Toleration{Key: poolTaint, Operator: "Equal", Value: "general-m5", Effect: "NoSchedule"})
		}
	}
	if r := mustMake(t, in).Edits[0].Radius; r.Restarts != 0 || len(r.Losing) != 0 {
		t.Errorf("%d pods restart the second time, on %v", r.Restarts, r.Losing)
	}
}

func TestEditsThatSaveLittleMayBeLeftOut(t *testing.T) {
	for price, want := range map[pricing.Micro]bool{100_000: false, 130_000: true, 200_000: true} { // db costs 0.16 today, all saves 3.6
		in := input(t)
		in.Built.Pools[1].PricePerHour = price
		for _, e := range mustMake(t, in).Edits {
			if e.Pool == "general-db" && e.Small != want {
				t.Errorf("at %s it saves %s: small %v, want %v", price, e.Saving, e.Small, want)
			}
		}
	}
}
