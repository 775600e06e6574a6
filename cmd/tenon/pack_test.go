package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/tenon-sh/tenon/planner/raise"
)

// Two bins of 10 hold 6+4 and 5+5; with costs of 7 for 10 and 3 for 5 the cheapest is 7+3+3.
const packVBP = "1\n10\n3\n6 1\n4 1\n5 2\n"
const packMVP = "1 2\n10 7 -1\n5 3 -1\n3\n1 1\n6\n1 1\n4\n1 2\n5\n"

func TestPack(t *testing.T) {
	tests := map[string]struct {
		text, format string
		wantCost     int64
		wantBins     int64
		wantUnplaced int64
		wantOptimal  bool
	}{
		"one kind of bin":            {packVBP, "vbp", 2, 2, 0, true},
		"two kinds of bins":          {packMVP, "mvp", 13, 3, 0, true},
		"the form is guessed":        {packVBP, "auto", 2, 2, 0, true},
		"nothing to pack":            {"1\n10\n0\n", "vbp", 0, 0, 0, true},
		"an item that fits no bin":   {"1\n10\n2\n11 1\n5 2\n", "vbp", 1, 1, 1, false},
		"sizes in two dimensions":    {"2\n10 10\n2\n10 1 1\n1 10 1\n", "vbp", 2, 2, 0, true},
		"BPPLIB's form, three a bin": {"6\n9\n3\n3\n3\n3\n3\n3\n", "bpplib", 2, 2, 0, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tenon(t, tc.text, "pack", "-", "--format", tc.format, "-o", "json")
			var a struct {
				Cost, LowerBound, Unplaced, BinCount int64
				Optimal                              bool
				Bins                                 []packedBin
			}
			if err := json.Unmarshal([]byte(got.stdout), &a); err != nil || got.code != exitOK {
				t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
			}
			if a.Cost != tc.wantCost || a.BinCount != tc.wantBins || a.Unplaced != tc.wantUnplaced || a.Optimal != tc.wantOptimal {
				t.Errorf("got %+v, want %+v", a, tc)
			}
			if a.LowerBound != tc.wantCost { // of what was placed, where not all was
				t.Errorf("bound %d, want %d", a.LowerBound, tc.wantCost)
			}
		})
	}
}

func TestPackTable(t *testing.T) {
	file := tempFile(t, "two.mvp", packMVP)
	got := tenon(t, "", "pack", file)
	if got.code != exitOK {
		t.Fatalf("exit code %d, stderr %q", got.code, got.stderr)
	}
	golden(t, "pack_table", replaceWork(got.stdout, file))
}

func TestPackStrict(t *testing.T) {
	got := tenon(t, "1\n10\n1\n11 1\n", "pack", "-", "--format", "vbp", "--strict")
	if got.code != exitUnplaced || got.stdout == "" || got.stderr != "tenon: 1 items have no place (--strict)\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
}

func TestGapPercentIsNeverRoundedToNothing(t *testing.T) {
	tests := map[string]struct {
		cost, bound int64
		want        float64
	}{
		"none":                {100, 100, 0},
		"one in a billion":    {1_000_000_001, 1_000_000_000, 0.0001},
		"a third, rounded up": {4, 3, 33.3334},
		"nothing proven":      {4, 0, raise.GapMax},
		"nothing to pay":      {0, 0, 0},
		"beyond 2^43":         {1 << 60, 1 << 59, 100},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := gapPercent(tc.cost, tc.bound); got != tc.want {
				t.Errorf("gapPercent(%d, %d) = %v, want %v", tc.cost, tc.bound, got, tc.want)
			}
		})
	}
}

// replaceWork takes out what a better solver would change.
func replaceWork(text, file string) string {
	text = strings.ReplaceAll(text, file, "two.mvp")
	return regexp.MustCompile(`(?m)^work .*$`).ReplaceAllString(text, "work …")
}
