package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// sampled writes two weeks of usage of one container of the example cluster, twice an hour, and of one that is not in it.
func sampled(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "usage.csv")
	var b strings.Builder
	b.WriteString("timestamp,namespace,workload,pod,container,metric,value\n")
	end := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for at := end.Add(-14 * 24 * time.Hour); at.Before(end); at = at.Add(30 * time.Minute) {
		wave := 1 + 0.5*math.Sin(float64(at.Hour())/24*2*math.Pi)
		fmt.Fprintf(&b, "%d,shop,Deployment/checkout,checkout-1,checkout,cpu,%.0f\n", at.Unix(), 200*wave)
		fmt.Fprintf(&b, "%d,shop,Deployment/checkout,checkout-1,checkout,memory,%.0f\n", at.Unix(), 600*wave*(1<<20))
	}
	fmt.Fprintf(&b, "%d,shop,Deployment/gone,gone-1,c,cpu,5\n", end.Unix())
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTargetsCommand(t *testing.T) {
	file := sampled(t)
	got := tenon(t, "", "targets", "--example", "--usage", file, "-o", "json")
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
	}
	var all planner.Targets
	if err := json.Unmarshal([]byte(got.stdout), &all); err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, c := range all.Containers {
		if c.Unknown == "" {
			known++
			if c.Workload != "shop/Deployment/checkout" || c.Target >= c.Now || len(c.Curve) == 0 {
				t.Errorf("%+v", c)
			}
		} else if c.Target != c.Now {
			t.Errorf("%s is unknown, and yet it changes: %+v", c.Workload, c)
		}
	}
	if known != 2 || !strings.HasPrefix(all.Policy, "sha256:") || !strings.HasPrefix(all.Digest, "sha256:") {
		t.Errorf("%d known, policy %q, usage %q", known, all.Policy, all.Digest)
	}
	noted := false
	for _, n := range all.Notes {
		noted = noted || strings.Contains(n.Text, "Deployment/gone")
	}
	if !noted {
		t.Errorf("nobody says that a workload is not in the cluster: %v", all.Notes)
	}
	for form, want := range map[string]string{
		"table": "RISK THEN", "wide": "LIMIT THEN", "csv": "shop/Deployment/checkout,0,checkout,cpu,milli,",
		"vpa": "kind: VerticalPodAutoscaler", "patch": "kind: Deployment",
	} {
		if got := tenon(t, "", "targets", "--example", "--usage", file, "-o", form); got.code != exitOK || !strings.Contains(got.stdout, want) {
			t.Errorf("-o %s: exit code %d, stderr %q, no %q in %.300s", form, got.code, got.stderr, want, got.stdout)
		}
	}
}

func TestTargetsRefusals(t *testing.T) {
	file := sampled(t)
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("kind: Pod"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"targets":           "nothing to plan",
		"targets --example": "nothing to size by: give --usage FILE or --prometheus URL",
		"targets --example --usage a --prometheus http://x":                "--usage and --prometheus exclude each other",
		"targets --example --policy a":                                     "--policy says how much risk is accepted of targets",
		"targets --example --prometheus-tenant a --usage a":                "--prometheus-… belong to --prometheus URL",
		"targets --example --usage " + file + " --policy " + policy:        `kind "Pod": want`,
		"targets --example --usage nowhere.csv":                            "nowhere.csv",
		"targets --example --usage " + file + " --usage-memory-limit lots": `--usage-memory-limit "lots"`,
		"targets --example --usage " + file + " -o html":                   `--output "html": choose one of`,
		"plan --example -o vpa":                                            "-o vpa writes requests that were chosen: give --usage FILE or --prometheus URL",
		"plan --example --policy a.yaml":                                   "--policy says how much risk",
	} {
		got := tenon(t, "", strings.Fields(args)...)
		if got.code != exitInput || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, stderr %q, want one line with %q", args, got.code, got.stderr, want)
		}
	}
}

func TestThePolicyIsPrinted(t *testing.T) {
	if got := tenon(t, "", "targets", "--print-policy"); got.code != exitOK || got.stdout != defaultPolicyText {
		t.Errorf("exit code %d, %.100q", got.code, got.stdout)
	}
}

// A plan with usage is verified with its requests, and explained with what they rest on.
func TestPlanWithUsage(t *testing.T) {
	file, out := sampled(t), filepath.Join(t.TempDir(), "plan.json")
	got := tenon(t, "", "plan", "--example", "--usage", file, "--work", "fast", "--out", out)
	if got.code != exitOK {
		t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
	}
	if got := tenon(t, "", "verify", out); got.code != exitOK || !strings.Contains(got.stdout, "requests") {
		t.Errorf("verify: exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if got := tenon(t, "", "explain", out, "shop/Deployment/checkout"); got.code != exitOK || !strings.Contains(got.stdout, "OOM") {
		t.Errorf("explain: exit code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	if got := tenon(t, "", "plan", "--example", "--usage", file, "--work", "fast", "--no-karpenter", "-o", "patch"); got.code != exitOK || !strings.Contains(got.stdout, "name: checkout") {
		t.Errorf("patch: exit code %d, %.300s%s", got.code, got.stdout, got.stderr)
	}
}

// What is left out for a limit is told.
func TestDevicesBeyondTheLimitAreTold(t *testing.T) {
	g := newGathering(&planner.Snapshot{})
	if n := len(g.notes(nil)); n > 0 {
		t.Errorf("%d notes of nothing", n)
	}
	g.devices.Dropped = 7
	if notes := g.notes(nil); len(notes) != 1 || notes[0].Severity != planner.Warning || !strings.Contains(notes[0].Text, "7 chunks") {
		t.Errorf("notes %+v", notes)
	}
}
