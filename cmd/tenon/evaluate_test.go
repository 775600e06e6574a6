package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/simulations/walk"
)

// small is an evaluation that takes a tenth of a second.
var small = []string{"evaluate", "--synthetic", "31", "--families", "spiking,stepping", "--workloads", "2", "--days", "18", "--step", "30m"}

func evaluated(t *testing.T, args ...string) result {
	t.Helper()
	got := tenon(t, "", append(slices.Clone(small), args...)...)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
	}
	return got
}

func TestEvaluateTable(t *testing.T) {
	got := evaluated(t, "--against", "vpa,krr,krr,oracle,asis").stdout
	for _, want := range []string{"4 workloads, ", " after a warm-up of 14 days; a decision every day;", "AT VPA'S RISK, AND AT VPA'S SLACK", "\nvpa ", "\nkrr ", "\noracle ", "\nasis "} {
		if !strings.Contains(got, want) {
			t.Errorf("the table has no %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\nkrr "); n != 2 {
		t.Errorf("krr was named twice and has %d rows in two tables", n)
	}
	if again := evaluated(t, "--against", "vpa,krr,krr,oracle,asis").stdout; again != got {
		t.Errorf("the same command gave another table:\n%s", again)
	}
}

func TestEvaluateCSVAndJSON(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(evaluated(t, "--against", "vpa", "-o", "csv").stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	settings, err := walk.Settings("vpa", true)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range rows {
		if row[0] == "vpa" {
			n++
		}
	}
	if n != len(settings) {
		t.Errorf("%d lines of vpa, want %d", n, len(settings))
	}
	var b walk.Board
	if err := json.Unmarshal([]byte(evaluated(t, "--against", "krr,vpa", "-o", "json").stdout), &b); err != nil {
		t.Fatal(err)
	}
	if b.Base != "krr" || b.Workloads != 4 {
		t.Errorf("compared with %q over %d workloads", b.Base, b.Workloads)
	}
}

// TestEvaluateUsage reads hourly memory of one container for 17 days; one sample is not true.
func TestEvaluateUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	var text strings.Builder
	text.WriteString("timestamp,namespace,workload,pod,container,metric,value\n")
	for i := range int64(17 * 24) {
		fmt.Fprintf(&text, "%d,n,Deployment/web,p,c,memory,%d\n", 1_790_000_000+i*3600, 300<<20+i)
	}
	text.WriteString("1791468000,n,Deployment/web,p,c,memory,-5\n")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"evaluate", "--usage", file, "--step", "1h"}
	got := tenon(t, "", args...)
	if want := "tenon: 1 samples cannot be true and do not count\ntenon: the recording does not say what is asked for: no row asis\n"; got.code != exitOK || got.stderr != want {
		t.Errorf("exit code %d, stderr %q, want %q", got.code, got.stderr, want)
	}
	if !strings.Contains(got.stdout, "1 workloads, 1 pods, 3 container-days") || strings.Contains(got.stdout, "asis") {
		t.Errorf("table:\n%s", got.stdout)
	}
	for want, more := range map[string][]string{
		"tenon: nothing comes after the warm-up of 30 days; give a shorter --warmup or a longer recording": {"--warmup", "720h"},
		"tenon: --against: asis is unknown in this recording; begin with another method":                   {"--against", "asis"},
	} {
		got := tenon(t, "", append(slices.Clone(args), more...)...)
		if lines := strings.Split(strings.TrimSpace(got.stderr), "\n"); got.code != exitInput || lines[len(lines)-1] != want {
			t.Errorf("%v: exit code %d, stderr %q, want %q", more, got.code, got.stderr, want)
		}
	}
}

func TestEvaluateRefusals(t *testing.T) {
	for args, want := range map[string]string{
		"evaluate":                                          "give either --usage FILE or --synthetic SEED",
		"evaluate --usage a.csv --synthetic 1":              "give either --usage FILE or --synthetic SEED",
		"evaluate --synthetic 1 --against magic":            `--against "magic": choose one of ours, vpa, krr, max15, autopilot, asis, oracle`,
		"evaluate --synthetic 1 --families nice":            `--families "nice": choose one of steady, daily, weekly, bursty, leaking, stepping, spiking, jvm, batch`,
		"evaluate --synthetic 1 --days 0":                   "--workloads is 1 to 10000, --days 1 to 400",
		"evaluate --synthetic 1 --step 7m":                  "--step: with --synthetic it is whole minutes that divide an hour",
		"evaluate --synthetic 1 --warmup 1s":                "--warmup is an hour at least, --every is --step at least, and --step is a second at least",
		"evaluate --synthetic 1 --every 1m":                 "--warmup is an hour at least, --every is --step at least, and --step is a second at least",
		"evaluate --synthetic 1 --against vpa --output x":   `--output "x": choose one of table, json, csv`,
		"evaluate --synthetic 1 --days 3 --families steady": "nothing comes after the warm-up of 14 days; give a shorter --warmup or a longer recording",
		"evaluate file.csv":                                 `"tenon evaluate" takes no argument, got "file.csv": see "tenon evaluate --help"`,
	} {
		got := tenon(t, "", strings.Fields(args)...)
		if got.code != exitInput || got.stderr != "tenon: "+want+"\n" || got.stdout != "" {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q, want %q", args, got.code, got.stdout, got.stderr, want)
		}
	}
}
