package manifest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/controllers/manifest"
	"github.com/tenon-sh/tenon/planner"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// shop has a Deployment with a sidecar and one autoscaled metric, a CronJob, a Job, a bare pod and a kind that nobody knows.
func shop() (*planner.Snapshot, planner.Targets) {
	s, t := &planner.Snapshot{}, planner.Targets{}
	add := func(kind, name string, containers ...planner.Container) {
		ref := planner.Ref{Namespace: "shop", Kind: kind, Name: name}
		s.Workloads = append(s.Workloads, planner.Workload{Ref: ref, Containers: containers})
		for _, c := range containers {
			for _, r := range []string{"memory", "cpu"} {
				t.Containers = append(t.Containers, planner.Target{
					Workload: ref.String(), Container: c.Name, Resource: r, Now: 1000, Floor: 300, Target: 400, Ceiling: 500, LimitNow: 2000, Limit: 2000,
				})
			}
		}
	}
	app := planner.Container{Name: "app"}
	add("Deployment", "web", app, planner.Container{Name: "proxy", Kind: planner.Sidecar})
	add("CronJob", "report", app)
	add("Job", "once", app)
	add("Pod", "bare", app)
	add("RayCluster", "ray", app)
	s.Workloads[0].Scaler = &planner.Scaler{Ref: planner.Ref{Namespace: "shop", Kind: "HorizontalPodAutoscaler", Name: "web"}, Metrics: make([]planner.ScalerMetric, 1)}
	t.Scalers = []planner.ScalerAim{{Scaler: "shop/HorizontalPodAutoscaler/web", Resource: "cpu", Now: 40, Percent: 80}}
	t.Containers[0].Limit = 0                                  // the web app's memory limit goes
	t.Containers[1].Limit = 800                                // its CPU limit changes
	t.Containers[4].Target, t.Containers[4].Limit = 1000, 2000 // the report's memory stays
	t.Containers = append(t.Containers, t.Containers[1])       // a second shape of web asks for more
	t.Containers[len(t.Containers)-1].Target, t.Containers[len(t.Containers)-1].Shape = 450, 1
	return s, t
}

func TestVPA(t *testing.T) {
	s, targets := shop()
	out, notes, err := manifest.VPA(manifest.Of(s, targets), manifest.VPAOptions{At: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "vpa.yaml", out)
	if len(notes) != 4 {
		t.Errorf("notes %v: want one each for the shapes of web, the Job, the pod and the RayCluster", notes)
	}
}

func TestPatches(t *testing.T) {
	s, targets := shop()
	out, notes, err := manifest.Patches(s, manifest.Of(s, targets), targets.Scalers)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "patches.yaml", out)
	if len(notes) != 4 {
		t.Errorf("notes %v: want one each for the shapes of web, the Job, the pod and the RayCluster", notes)
	}
}

// A merge must change what it is about and nothing else: Kubernetes' own merge says what becomes of the Deployment.
func TestAPatchDoesWhatItSays(t *testing.T) {
	s, targets := shop()
	out, _, err := manifest.Patches(s, manifest.Of(s, targets), nil)
	if err != nil {
		t.Fatal(err)
	}
	var patch []byte
	for document := range strings.SplitSeq(string(out), "---\n") {
		if strings.Contains(document, "kind: Deployment") {
			if patch, err = yaml.YAMLToJSON([]byte(document)); err != nil {
				t.Fatal(err)
			}
		}
	}
	list := func(cpu, memory string) corev1.ResourceList {
		return corev1.ResourceList{"cpu": resource.MustParse(cpu), "memory": resource.MustParse(memory)}
	}
	before := appsv1.Deployment{}
	before.Name, before.Namespace = "web", "shop"
	before.Spec.Template.Spec.Containers = []corev1.Container{
		{Name: "other", Image: "o"},
		{Name: "app", Image: "a", Resources: corev1.ResourceRequirements{Requests: list("1", "1000Mi"), Limits: list("2", "2000Mi")}},
	}
	before.Spec.Template.Spec.InitContainers = []corev1.Container{{Name: "proxy", Image: "p"}}
	text, err := yaml.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		t.Fatal(err)
	}
	merged, err := strategicpatch.StrategicMergePatch(text, patch, appsv1.Deployment{})
	if err != nil {
		t.Fatal(err)
	}
	var after appsv1.Deployment
	if err := yaml.Unmarshal(merged, &after); err != nil {
		t.Fatal(err)
	}
	spec := after.Spec.Template.Spec
	if len(spec.Containers) != 2 || len(spec.InitContainers) != 1 {
		t.Fatalf("containers were added or lost: %s", merged)
	}
	for _, c := range spec.Containers {
		if c.Name != "app" {
			continue
		}
		if c.Image != "a" || c.Resources.Requests.Cpu().String() != "450m" || c.Resources.Requests.Memory().String() != "400Mi" ||
			c.Resources.Limits.Cpu().String() != "2" && c.Resources.Limits.Cpu().String() != "800m" || !c.Resources.Limits.Memory().IsZero() {
			t.Errorf("app became %+v", c)
		}
	}
	if c := spec.InitContainers[0]; c.Image != "p" || c.Resources.Requests.Cpu().String() != "400m" {
		t.Errorf("proxy became %+v", c)
	}
}

func TestSeveralMetricsCannotBeMerged(t *testing.T) {
	s, targets := shop()
	s.Workloads[0].Scaler.Metrics = make([]planner.ScalerMetric, 2)
	out, notes, err := manifest.Patches(s, nil, targets.Scalers)
	if err != nil || len(notes) != 1 || !strings.HasPrefix(string(out), "# shop/HorizontalPodAutoscaler/web: set the target for cpu from 40 to 80 % by hand") {
		t.Errorf("out %q, notes %v, %v", out, notes, err)
	}
}

func TestWhatIsUnknownOrHeldIsLeftOut(t *testing.T) {
	s, targets := shop()
	for i := range targets.Containers {
		if i%2 == 0 {
			targets.Containers[i].Unknown = "no data"
		} else {
			targets.Containers[i].Held = "held"
		}
	}
	if got := manifest.Of(s, targets); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

// TestShapesOfOneOwner: the largest request of its shapes is written, also where that one stays as it is, and it is said.
func TestShapesOfOneOwner(t *testing.T) {
	s := &planner.Snapshot{}
	web := planner.Ref{Namespace: "shop", Kind: "StatefulSet", Name: "db"}
	for name, tc := range map[string]struct {
		requests []int64 // of its shapes; now: 1000
		want     string  // "": no patch
		noted    bool
	}{
		"alike":                        {[]int64{400, 400}, "400m", false},
		"different":                    {[]int64{400, 500, 300}, "500m", true},
		"one stays, and it is larger":  {[]int64{400, 1000}, "", true},
		"one stays, and it is smaller": {[]int64{1200, 1000}, "1200m", true},
	} {
		var changes []manifest.Change
		for _, r := range tc.requests {
			changes = append(changes, manifest.Change{Workload: web, Container: "c", Resource: "cpu", Now: 1000, Request: r})
		}
		out, notes, err := manifest.Patches(s, changes, nil)
		if err != nil || (len(notes) > 0) != tc.noted || strings.Contains(string(out), "# shop/StatefulSet/db: the plan has different requests") != tc.noted {
			t.Errorf("%s: notes %v, %v, in\n%s", name, notes, err, out)
		}
		if tc.want == "" && strings.Contains(string(out), "requests:") || !strings.Contains(string(out), tc.want) {
			t.Errorf("%s: want %q in\n%s", name, tc.want, out)
		}
	}
}

func TestHostileNamesStayInTheirComment(t *testing.T) {
	s := &planner.Snapshot{}
	change := manifest.Change{Workload: planner.Ref{Namespace: "a", Kind: "X", Name: "b\nkind: Secret"}, Container: "c", Resource: "cpu", Request: 1}
	out, _, err := manifest.Patches(s, []manifest.Change{change}, nil)
	if err != nil || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%q, %v", out, err)
	}
}

func TestChosenRequestsAreWhatIsWritten(t *testing.T) {
	s, _ := shop()
	r := &planner.Rightsizing{Containers: []planner.Sizing{
		{Workload: "shop/Deployment/web", Container: "app", Resource: "cpu", Now: 1000, Floor: 300, Target: 400, Ceiling: 500, Chosen: 350, LimitNow: 800, Limit: 700},
		{Workload: "shop/CronJob/report", Container: "app", Resource: "cpu", Now: 1000, Chosen: 1000, Unknown: "no data"},
		{Workload: "shop/CronJob/report", Container: "app", Resource: "memory", Now: 1000, Chosen: 1000, Kept: "held"},
		{Workload: "shop/Deployment/gone", Container: "app", Resource: "cpu", Chosen: 1},
	}}
	want := []manifest.Change{{
		Workload: s.Workloads[0].Ref, Container: "app", Resource: "cpu", Now: 1000, Request: 350, LimitNow: 800, Limit: 700, Lower: 300, Upper: 500,
	}}
	if diff := cmp.Diff(want, manifest.Chosen(s, r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := manifest.Chosen(s, nil); got != nil {
		t.Errorf("of a plan without rightsizing: %v", got)
	}
}
