package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/controllers/doctor"
)

const doctorDump = "../../controllers/doctor/testdata/dump.yaml"

// doctorChecks are the words that scripts may look for; docs/cli.md lists them.
var doctorChecks = []string{
	"allocatable", "daemonSet", "featureGate", "gpuDriver", "gpuNotAskable", "gpuNotGiven", "gpuProduct", "gpuUnmet", "karpenter", "kernel", "kubeletVersion",
	"label", "memoryOverhead", "migConfig", "migIdle", "migState", "noNodePool", "noType", "notReady", "osImage", "requirement", "taint",
}

func TestDoctor(t *testing.T) {
	golden(t, "doctor_table", tenon(t, "", "doctor", "-f", doctorDump).stdout)
	golden(t, "doctor_markdown", tenon(t, "", "doctor", "-f", doctorDump, "-o", "markdown").stdout)
	got := tenon(t, "", "doctor", "-f", doctorDump, "-o", "json")
	golden(t, "doctor_json", got.stdout)
	var r doctor.Report
	if err := json.Unmarshal([]byte(got.stdout), &r); err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range r.Findings {
		found[f.Check] = true
	}
	for _, check := range doctorChecks {
		if !found[check] {
			t.Errorf("the dump has no finding of %s: the goldens do not show it", check)
		}
		if !strings.Contains(string(manual), "`"+check+"`") {
			t.Errorf("docs/cli.md does not list %s", check)
		}
		delete(found, check)
	}
	if len(found) > 0 {
		t.Errorf("checks that are not listed here and in docs/cli.md: %v", found)
	}
}

func TestDoctorsExitCodes(t *testing.T) {
	quiet := tempFile(t, "quiet.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n")
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"warnings alone are no failure":    {[]string{"-f", doctorDump}, exitOK, "WARNING"},
		"--strict with a warning":          {[]string{"-f", doctorDump, "--strict"}, exitFound, "--strict: 16 warnings"},
		"--strict with remarks only":       {[]string{"-f", quiet, "--strict"}, exitOK, "0 warnings and 2 remarks on 1 node of 0 NodePools"},
		"no cluster":                       {nil, exitInput, "no cluster to look at"},
		"an output that is none":           {[]string{"-f", quiet, "-o", "yaml"}, exitInput, `--output "yaml"`},
		"the example cluster is looked at": {[]string{"--example"}, exitOK, "(migConfig)"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", append([]string{"doctor"}, tc.args...)...)
			if got.code != tc.code || !strings.Contains(got.stdout+got.stderr, tc.want) {
				t.Errorf("code %d, want %d; %s%s does not say %q", got.code, tc.code, got.stdout, got.stderr, tc.want)
			}
		})
	}
}

func TestDoctorMovesNoCursor(t *testing.T) {
	text, err := os.ReadFile(doctorDump)
	if err != nil {
		t.Fatal(err)
	}
	hostile := strings.NewReplacer(`"NVIDIA-L4-SHARED"`, `"\e[2J|<b>\r\nx"`, "NodeClass default is not ready.", `a\e]0;t\a b`, "name: system-1", `name: "system\e[1m"`).Replace(string(text))
	for _, form := range []string{"table", "markdown", "json"} {
		got := tenon(t, hostile, "doctor", "-f", "-", "-o", form)
		if got.code != exitOK || strings.ContainsAny(got.stdout, "\x1b\a\r") {
			t.Errorf("-o %s: code %d, %s; control characters come through:\n%q", form, got.code, got.stderr, got.stdout)
		}
		if form == "markdown" && strings.Contains(got.stdout, "<b>") {
			t.Errorf("HTML comes through:\n%s", got.stdout)
		}
	}
}
