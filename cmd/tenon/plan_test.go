package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tinyArgs plans testdata/tiny.yaml: four pods of which two fill a small.a, on racks, so that the
// answer is known: two nodes at 0.15.
func tinyArgs(t *testing.T, args ...string) []string {
	t.Helper()
	catalog := tempFile(t, "racks.csv", racks)
	dated := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) // a checkout gives the file another date each time
	if err := os.Chtimes("testdata/tiny.yaml", dated, dated); err != nil {
		t.Fatal(err)
	}
	return append([]string{"plan", "-f", "testdata/tiny.yaml", "--catalog", catalog, "--catalog-only"}, args...)
}

// stable replaces what every build may change.
func stable(text string) string {
	return regexp.MustCompile(`sha256:[0-9a-f]{64}`).ReplaceAllString(text, "sha256:…")
}

func TestPlanOutput(t *testing.T) {
	for _, output := range []string{"table", "wide", "markdown"} {
		t.Run("the tiny cluster as "+output, func(t *testing.T) {
			got := tenon(t, "", tinyArgs(t, "-o", output)...)
			if got.code != exitOK || got.stderr != "" {
				t.Fatalf("exit code %d, stderr %q; want 0 and nothing", got.code, got.stderr)
			}
			golden(t, "plan_"+output, stable(got.stdout))
		})
	}
}

// plan is what the issue promises machines.
type planFields struct {
	APIVersion, Kind, InputDigest string
	Cost                          struct {
		Currency                                      string
		NowPerHour, PlannedPerHour, LowerBoundPerHour json.Number
		GapPercent                                    float64
	}
	Nodes []struct {
		InstanceType, Zone, CapacityType string
		Count                            int
		PricePerHour                     json.Number
		GPUs                             []struct{ Layout []struct{ Profile string } }
	}
	Placements []struct{ Workload, Node string }
	Unplaced   []struct{ Workload, Reason string }
	Solver     struct {
		Status     string
		Iterations *int
	}
	Notes []struct{ Text string }
}

func TestPlanJSONHoldsWhatIsPromised(t *testing.T) {
	got := tenon(t, "", tinyArgs(t, "-o", "json")...)
	var p planFields
	if err := json.Unmarshal([]byte(got.stdout), &p); err != nil {
		t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
	}
	type figures struct {
		api, kind, currency, planned, bound, status, node string
		gap                                               float64
		count                                             int
	}
	want := figures{"tenon.sh/v1alpha1", "Plan", "EUR", "0.3", "0.3", "optimal", "small.a fra-1a on-demand 0.15", 0, 2}
	n := p.Nodes[0]
	have := figures{
		p.APIVersion, p.Kind, p.Cost.Currency, p.Cost.PlannedPerHour.String(), p.Cost.LowerBoundPerHour.String(), p.Solver.Status,
		fmt.Sprintf("%s %s %s %s", n.InstanceType, n.Zone, n.CapacityType, n.PricePerHour), p.Cost.GapPercent, n.Count,
	}
	if diff := cmp.Diff(want, have, cmp.AllowUnexported(figures{})); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if p.InputDigest == "" || len(p.Placements) == 0 || p.Unplaced == nil || p.Notes == nil || p.Solver.Iterations == nil {
		t.Errorf("fields are missing in %s", got.stdout)
	}
}

func TestPlanSaysTheSameTwiceAndInEveryForm(t *testing.T) {
	dir := t.TempDir()
	save := filepath.Join(dir, "plan.json")
	first := tenon(t, "", tinyArgs(t, "-o", "json")...)
	second := tenon(t, "", tinyArgs(t, "-o", "json", "--out", save)...)
	if first.stdout != second.stdout {
		t.Errorf("two plans of one input differ:\n%s", cmp.Diff(first.stdout, second.stdout))
	}
	saved, err := os.ReadFile(save)
	if err != nil || string(saved) != first.stdout {
		t.Errorf("--out wrote something else than -o json printed (%v)", err)
	}
	if want := "wrote " + save + "\n"; second.stderr != want {
		t.Errorf("stderr %q, want %q", second.stderr, want)
	}
	if got := tenon(t, "", tinyArgs(t, "-o", "yaml")...); !strings.Contains(got.stdout, "\n  plannedPerHour: 0.3\n") {
		t.Errorf("-o yaml: %s", got.stdout)
	}
}

func TestPlanReadsStandardInput(t *testing.T) {
	text, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	args := tinyArgs(t, "-o", "json")
	args[2] = "-"
	if got := tenon(t, string(text), args...); got.code != exitOK || !strings.Contains(got.stdout, `"plannedPerHour": 0.3,`) {
		t.Errorf("exit code %d, stderr %q, stdout %s", got.code, got.stderr, got.stdout)
	}
}

func TestPlanWritesFilesAndSaysWhatIsNext(t *testing.T) {
	dir := t.TempDir()
	save, report := filepath.Join(dir, "plan.json"), filepath.Join(dir, "plan.html")
	got := tenon(t, "", tinyArgs(t, "--out", save, "--report", report)...)
	want := fmt.Sprintf("wrote %s\nwrote %s\nnext: tenon explain %s shop/Deployment/api\n      tenon verify %s\n", save, report, save, save)
	if got.code != exitOK || got.stderr != want {
		t.Errorf("exit code %d, stderr\n%swant\n%s", got.code, got.stderr, want)
	}
	if html, err := os.ReadFile(report); err != nil || !bytes.Contains(html, []byte("small.a")) || !bytes.HasSuffix(bytes.TrimSpace(html), []byte("</html>")) {
		t.Errorf("report: %v, %d bytes", err, len(html))
	}
	if got := tenon(t, "", "explain", save, "api"); got.code != exitOK {
		t.Errorf("explain: exit code %d, %s", got.code, got.stderr)
	} else {
		golden(t, "explain_workload", got.stdout)
	}
	if got := tenon(t, "", "explain", save, "small.a"); got.code != exitOK {
		t.Errorf("explain: exit code %d, %s", got.code, got.stderr)
	} else {
		golden(t, "explain_node", got.stdout)
	}
	if got := tenon(t, "", "verify", save); got.code != exitOK {
		t.Errorf("verify: exit code %d, %s", got.code, got.stderr)
	} else {
		golden(t, "verify", stable(strings.ReplaceAll(got.stdout, save, "plan.json")))
	}
	if got := tenon(t, "", "explain", save, "apx"); got.code != exitInput || !strings.Contains(got.stderr, "did you mean") {
		t.Errorf("explain what is not there: exit code %d, %s", got.code, got.stderr)
	}
}

func TestPlanStrict(t *testing.T) {
	text, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Replace(string(text), `cpu: "2"`, `cpu: "200"`, 1)
	for want, flag := range map[int]string{exitOK: "--strict=false", exitUnplaced: "--strict"} {
		args := tinyArgs(t, "-o", "json", flag)
		args[2] = "-"
		got := tenon(t, large, args...)
		if got.code != want || !strings.Contains(got.stdout, `"reason": `) {
			t.Errorf("%s: exit code %d, want %d; stderr %q, stdout %s", flag, got.code, want, got.stderr, got.stdout)
		}
	}
}

// TestBrokenClusters feeds what is no cluster. One line that names the place, exit code 2, and no file.
func TestBrokenClusters(t *testing.T) {
	tests := map[string]struct{ stdin, want string }{
		"nothing":                   {"", "tenon: "},
		"no YAML":                   {"apiVersion: v1\nkind: [", "tenon: "},
		"no quantity":               {"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: c, resources: {requests: {cpu: lots}}}]}", "tenon: "},
		"JSON that ends early":      {`{"apiVersion":"v1","kind":"List","items":[{"kind":"Pod"`, "tenon: "},
		"what moves the cursor":     {"kind: \"\x1b[2J\"\n", "tenon: "},
		"gzip that is none":         {"\x1f\x8bnot really", "tenon: "},
		"a web page instead of it":  {"<html><body>Sign in</body></html>", "tenon: "},
		"a list of the wrong thing": {"- 1\n- 2\n", "tenon: "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			got := tenon(t, tc.stdin, "plan", "-f", "-", "--out", filepath.Join(dir, "p.json"), "--report", filepath.Join(dir, "p.html"))
			if got.code != exitInput || got.stdout != "" || !strings.HasPrefix(got.stderr, tc.want) || strings.Count(got.stderr, "\n") != 1 || strings.Contains(got.stderr, "\x1b") {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, nothing, one line", got.code, got.stdout, got.stderr, exitInput)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	plan := tenon(t, "", tinyArgs(t, "-o", "json")...).stdout
	catalog := tempFile(t, "racks.csv", racks)
	dearer := tempFile(t, "dearer.csv", strings.Replace(racks, "0.15", "0.16", 1))
	text, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	copied := tempFile(t, "tiny.yaml", string(text))
	change := func(before, after string) string {
		changed := strings.Replace(plan, before, after, 1)
		if changed == plan {
			t.Fatalf("no %q in the plan", before)
		}
		return changed
	}
	against := func(catalog string) []string {
		return []string{"-f", "testdata/tiny.yaml", "--catalog", catalog, "--catalog-only"}
	}
	tests := map[string]struct {
		plan     string
		args     []string
		wantCode int
		want     string // in stdout or stderr
	}{
		"a plan as it was made":                            {plan, nil, exitOK, "not compared"},
		"a plan against its own input":                     {plan, against(catalog), exitOK, "the plan was made from it"},
		"a plan against its input elsewhere, copied later": {plan, append([]string{"-f", copied}, against(catalog)[2:]...), exitOK, "the plan was made from it"},
		"a plan against other prices":                      {plan, against(dearer), exitRefused, "refused: the plan is for another input"},
		"a cost that was made smaller":                     {change(`"plannedPerHour": 0.3`, `"plannedPerHour": 0.2`), nil, exitRefused, "refused: "},
		"a bound that was made larger":                     {change(`"lowerBound":300000`, `"lowerBound":310000`), nil, exitRefused, "refused: the proof does not hold"},
		"a node that was left out":                         {change(`"count": 2`, `"count": 1`), nil, exitRefused, "refused: "},
		"a document of another kind":                       {change(`"kind": "Plan"`, `"kind": "Plane"`), nil, exitRefused, "refused: not a plan"},
		"flags that do not make sense here":                {plan, []string{"--example", "-f", "x"}, exitInput, "exclude each other"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, tc.plan, append([]string{"verify", "-"}, tc.args...)...)
			if got.code != tc.wantCode || !strings.Contains(got.stdout+got.stderr, tc.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d and %q", got.code, got.stdout, got.stderr, tc.wantCode, tc.want)
			}
		})
	}
}

func TestExampleIsPlanned(t *testing.T) {
	got := tenon(t, "", "plan", "--example", "--work", "fast", "-o", "json")
	var p planFields
	if err := json.Unmarshal([]byte(got.stdout), &p); err != nil {
		t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
	}
	now, _ := p.Cost.NowPerHour.Float64()
	planned, _ := p.Cost.PlannedPerHour.Float64()
	bound, _ := p.Cost.LowerBoundPerHour.Float64()
	if !(bound > 0 && bound <= planned && planned < now) {
		t.Errorf("bound %g, planned %g, now %g: want them to ascend", bound, planned, now)
	}
	if len(p.Unplaced) > 0 {
		t.Errorf("unplaced: %v", p.Unplaced)
	}
	profiles := map[string]bool{}
	for _, n := range p.Nodes {
		for _, g := range n.GPUs {
			for _, l := range g.Layout {
				profiles[l.Profile] = true
			}
		}
	}
	if !profiles["1g.10gb"] || !profiles["3g.40gb"] {
		t.Errorf("MIG profiles in the plan: %v, want 1g.10gb and 3g.40gb", profiles)
	}
	var prices struct {
		Workloads []struct {
			Workload    string      `json:"workload"`
			PricePerPod json.Number `json:"pricePerPod"`
		} `json:"workloads"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &prices); err != nil {
		t.Fatal(err)
	}
	for _, w := range prices.Workloads {
		// Wherever one more pod needs room that is paid for, it has a price, also where the bound is told apart in cases.
		if v, _ := w.PricePerPod.Float64(); v == 0 && !strings.HasPrefix(w.Workload, "kube-system/") {
			t.Errorf("one more pod of %s is free", w.Workload)
		}
	}
	if got := tenon(t, got.stdout, "verify", "-", "--example"); got.code != exitOK {
		t.Errorf("verify: exit code %d, %s", got.code, got.stderr)
	}
}

func TestRecordedCluster(t *testing.T) {
	pods := tempFile(t, "pods.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"+
		"p0,4000,8192,1,460,,LS,Running,0,100,1\np1,4000,8192,1,460,,LS,Running,0,100,1\np2,4000,8192,1,1000,T4,LS,Running,50,100,51\n")
	tests := map[string]struct {
		args []string
		want string
	}{
		"the whole list": {nil, `"replicas": 2`},
		"at one time":    {[]string{"--at", "10"}, `"placements"`},
		"by MIG slices":  {[]string{"--gpu-sharing", "mig"}, `"layout"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", append([]string{"plan", "--trace", "alibaba-gpu-2023", "--pods", pods, "-o", "json"}, tc.args...)...)
			if got.code != exitOK || !strings.Contains(got.stdout, tc.want) {
				t.Errorf("exit code %d, stderr %q, stdout without proof:\n%s", got.code, got.stderr, regexp.MustCompile(`"proof": .*`).ReplaceAllString(got.stdout, ""))
			}
		})
	}
}
