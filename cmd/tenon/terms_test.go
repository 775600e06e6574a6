package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A price of moves that is higher than anything that could be saved keeps every pod of the example where it is, as far
// as it may stay; sunk nodes are paid for in full. Both are in the proof, so that the plan verifies, against its input too.
func TestTermsReachThePlanAndItsProof(t *testing.T) {
	type fields struct {
		Cost struct {
			NowPerHour, PlannedPerHour, HeldPerHour json.Number
			MovesPerHour                            *json.Number
		}
		Changes struct{ PodsMoved, PodsStaying int64 }
	}
	run := func(args ...string) fields {
		save := filepath.Join(t.TempDir(), "plan.json")
		got := tenon(t, "", append([]string{"plan", "--example", "--work", "fast", "--no-karpenter", "-o", "json", "--out", save}, args...)...)
		var p fields
		if err := json.Unmarshal([]byte(got.stdout), &p); err != nil {
			t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
		}
		if got := tenon(t, "", "verify", save, "--example"); got.code != exitOK {
			t.Errorf("%v: the plan does not verify: %s", args, got.stderr)
		}
		return p
	}
	free, dear, sunk := run(), run("--move-cost", "1000"), run("--sunk-nodes", "all")
	if free.Cost.MovesPerHour != nil || dear.Cost.MovesPerHour == nil {
		t.Errorf("moves cost %v for nothing and %v at a price", free.Cost.MovesPerHour, dear.Cost.MovesPerHour)
	}
	if dear.Changes.PodsMoved*20 > free.Changes.PodsMoved {
		t.Errorf("%d pods move at a price that nothing is worth, %d for nothing", dear.Changes.PodsMoved, free.Changes.PodsMoved)
	}
	if sunk.Cost.HeldPerHour != sunk.Cost.NowPerHour {
		t.Errorf("%s of %s are sunk, want all", sunk.Cost.HeldPerHour, sunk.Cost.NowPerHour)
	}
}

func TestTermsThatMakeNoSense(t *testing.T) {
	for name, tc := range map[string]struct{ flag, value, want string }{
		"a price that is no number":    {"--move-cost", "cheap", "--move-cost"},
		"a price below nothing":        {"--move-cost", "-1", "negative"},
		"nodes that nobody has a word": {"--sunk-nodes", "some", "sunk-nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, "", "plan", "--example", tc.flag, tc.value)
			if got.code != exitInput || !strings.Contains(got.stderr, tc.want) {
				t.Errorf("exit code %d, stderr %q; want %d with %q", got.code, got.stderr, exitInput, tc.want)
			}
		})
	}
}

// A reservation is a row of a catalog: it is used first, for nothing, and as often as it was reserved. Two pods fill a
// node, so that one of the two nodes is the reserved one and the other costs 0.15.
func TestAReservationIsUsedFirstAndOnlyAsOftenAsItIs(t *testing.T) {
	input, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ count, want string }{
		"one is reserved":    {"1", "0.15"},
		"three are reserved": {"3", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := strings.Replace(string(input), "values: [on-demand]", "values: [on-demand, reserved]", 1)
			catalog := strings.Replace(racks, ",count\n", ",count,reservation_id\n", 1)
			catalog = regexp.MustCompile(`(?m)^((?:small|big|dear).*)$`).ReplaceAllString(catalog, "$1,") +
				"small.a,,,,,,,,fra-1a,reserved,0," + tc.count + ",cr-1\n"
			got := tenon(t, "", "plan", "-f", tempFile(t, "c.yaml", cluster), "--catalog", tempFile(t, "r.csv", catalog), "--catalog-only", "-o", "json")
			var p struct {
				Cost struct{ PlannedPerHour, LowerBoundPerHour json.Number }
			}
			if err := json.Unmarshal([]byte(got.stdout), &p); err != nil {
				t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
			}
			if p.Cost.PlannedPerHour.String() != tc.want || p.Cost.LowerBoundPerHour.String() != tc.want {
				t.Errorf("planned %s, bound %s, want %s", p.Cost.PlannedPerHour, p.Cost.LowerBoundPerHour, tc.want)
			}
		})
	}
}

// Progress and explanation are of the last of several solves, and say that costs count moves.
func TestAPlanThatIsSolvedSeveralTimesIsExplained(t *testing.T) {
	args := []string{"plan", "--example", "--work", "1", "--move-cost", "0.001", "--spot-pool-share", "10", "--gap", "20", "--explain", "--progress", "plain"}
	got := tenon(t, "", args...)
	if got.code != exitOK || !strings.Contains(got.stderr, ": cost with moves ") {
		t.Errorf("exit code %d, stderr %q", got.code, got.stderr)
	}
	for _, want := range []string{"Spot share", "Where the gap of ", "\nPart 1: ", "Costs and bounds count moves at their price."} {
		if !strings.Contains(strings.ToLower(got.stdout), strings.ToLower(want)) {
			t.Errorf("%q is not said in %s", want, got.stdout)
		}
	}
}
