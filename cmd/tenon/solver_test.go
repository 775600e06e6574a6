package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/binpack"
)

func TestParseGap(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "0.5": 5000, "0.29": 2900, "0.0001": 1, "100": 1_000_000, "1e-2": 100} {
		if got, err := parseGap(text); err != nil || got != want {
			t.Errorf("parseGap(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "half", "-1", "100.1", "NaN", "Inf", "0.00001", "0.5%"} {
		if got, err := parseGap(text); exitCode(err) != exitInput {
			t.Errorf("parseGap(%q) = %d, %v; want a refusal", text, got, err)
		}
	}
}

func TestWorkOfAHundredPercentIsNormal(t *testing.T) {
	if got, err := parseWork("100"); err != nil || got != binpack.DefaultLimits() {
		t.Errorf("got %+v, %v; want %+v", got, err, binpack.DefaultLimits())
	}
}

func TestGapEndsTheWork(t *testing.T) {
	file := tempFile(t, "hard.vbp", hard())
	solve := func(args ...string) packed {
		got := tenon(t, "", append([]string{"pack", file, "-o", "json", "--work", "fast"}, args...)...)
		var a packed
		if err := json.Unmarshal([]byte(got.stdout), &a); err != nil || got.code != exitOK {
			t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
		}
		return a
	}
	all, near := solve(), solve("--gap", "60")
	if near.GapPercent > 60 || near.GapPercent <= all.GapPercent || near.Work.Iterations >= all.Work.Iterations {
		t.Errorf("--gap 60: gap %g %% after %d iterations; without: %g %% after %d", near.GapPercent, near.Work.Iterations, all.GapPercent, all.Work.Iterations)
	}
}

func TestProgressInWords(t *testing.T) {
	money := unit{micro: true, name: " USD/h", sunk: 5_000_000}
	tests := map[string]struct {
		unit unit
		now  binpack.Progress
		want string
	}{
		"nothing is proven yet": {unit{}, binpack.Progress{Phase: "first", Component: 1, Components: 1, Cost: 120}, "first: cost 120"},
		"a bound":               {unit{}, binpack.Progress{Phase: "bound", Component: 2, Components: 3, Cost: 120, Bound: 100}, "bound (part 2 of 3): cost 120, bound 100, gap 20.00 %"},
		"money, with what is paid anyway": {
			money, binpack.Progress{Phase: "dive", Component: 1, Components: 1, Cost: 2_789_790_000, Bound: 2_776_200_000},
			"dive: cost 2794.79 USD/h, bound 2781.20, gap 0.49 %"},
		"a gap that would round to none": {unit{}, binpack.Progress{Phase: "search", Cost: 1_000_001, Bound: 1_000_000}, "search: cost 1000001, bound 1000000, gap 0.01 %"},
		"items without a place":          {unit{}, binpack.Progress{Phase: "dive", Cost: 90, Bound: 100, Left: 3}, "dive: cost 90 without 3 that have no place, bound 100"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.unit.progress(tc.now); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestPlainProgressIsALineEveryTwoSeconds(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := &progress{w: &out, plain: func() time.Time { return now }}
	for i := range 5 {
		p.at("solving", int64(i), 0)
		p.tell(func() string { return "line " + strconv.Itoa(i) })
		now = now.Add(time.Second)
	}
	p.stop()
	p.tell(func() string { return "after the end" })
	if want := "line 0\nline 2\nline 4\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestGapReport prints a report of known figures. The part's floors lie where each sentence has something to say.
func TestGapReport(t *testing.T) {
	s := &solver{limits: binpack.DefaultLimits(), diagnosis: &binpack.Diagnosis{Cost: 10_014, Bound: 9_924, Parts: []binpack.PartDiagnosis{
		{Items: 40, Shapes: 12, Kinds: 3, Main: 1, Cost: 4_000, Bound: 3_940, Floor: 3_990, Cases: 61, CasesMost: 61,
			Hard: []binpack.HardKind{{Bin: 1, Times: 2, Over: 0.0153}, {Bin: 0, Times: 1, Over: 0.0004}}},
		{Items: 60, Shapes: 120, Kinds: 9, Main: 0, Cost: 5_000, Bound: 4_970, Floor: 4_971},
		{Items: 1, Shapes: 1, Kinds: 1, Main: 2, Cost: 1_000, Bound: 1_000, Floor: 1_000, Ending: binpack.Optimal},
		{Items: 9, Shapes: 1, Kinds: 1, Main: 3, Cost: 14, Bound: 1_764, Floor: 1_764, Left: 5},
	}}}
	var out bytes.Buffer
	if err := s.gapReport(func(bin int) string { return "bin " + strconv.Itoa(bin) }).write(&out, s.unit); err != nil {
		t.Fatal(err)
	}
	golden(t, "gap_report", out.String())
}

func TestAdvice(t *testing.T) {
	hard, all := []binpack.HardKind{{Bin: 1, Times: 2}}, binpack.DefaultLimits().Nodes
	tests := map[string]struct {
		part binpack.PartDiagnosis
		deep bool
		want string
	}{
		"nothing left":             {binpack.PartDiagnosis{Cost: 10, Bound: 10, Ending: binpack.Optimal}, false, "Nothing is left to gain"},
		"costs are whole":          {binpack.PartDiagnosis{Cost: 10, Bound: 9.2, Floor: 9.5}, false, "Nothing is left to gain"},
		"near enough":              {binpack.PartDiagnosis{Cost: 100, Bound: 90, Ending: binpack.Near}, false, "a smaller --gap goes on"},
		"stopped":                  {binpack.PartDiagnosis{Cost: 100, Bound: 90, Ending: binpack.Stopped}, false, "stopped early"},
		"out of work":              {binpack.PartDiagnosis{Cost: 100, Bound: 90, Ending: binpack.Cut}, false, "--work deep goes on"},
		"out of deep work":         {binpack.PartDiagnosis{Cost: 100, Bound: 90, Ending: binpack.Cut}, true, "a larger --work AMOUNT goes on"},
		"no place":                 {binpack.PartDiagnosis{Cost: 100, Bound: 90, Left: 1}, false, "1 item has no place"},
		"no mix was found":         {binpack.PartDiagnosis{Cost: 100, Bound: 90}, false, "not enough work left"},
		"hard bins":                {binpack.PartDiagnosis{Cost: 100, Bound: 90, Floor: 98, Hard: hard}, false, "of 1 kind of bin it is not known"},
		"cases at their limit":     {binpack.PartDiagnosis{Cost: 100, Bound: 90, Floor: 98, Cases: all, CasesMost: all}, false, "as many cases were looked at"},
		"the proofs' tolerance":    {binpack.PartDiagnosis{Cost: 100, Bound: 90, Floor: 98}, false, "no kind of bin is hard"},
		"rounding":                 {binpack.PartDiagnosis{Cost: 100, Bound: 90, Floor: 91, CasesMost: 61}, false, "Most of the gap is rounding"},
		"rounding, too many kinds": {binpack.PartDiagnosis{Cost: 100, Bound: 90, Floor: 91, Hard: hard}, false, "is not told apart in cases"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			limits := binpack.DefaultLimits()
			if tc.deep {
				limits = binpack.DeepLimits()
			}
			if got := advice(tc.part, max(tc.part.Floor, tc.part.Bound), limits); !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q in it", got, tc.want)
			}
		})
	}
}

// TestExplainAddsUp solves an instance with a gap and checks that the shares of the gap are its sum.
func TestExplainAddsUp(t *testing.T) {
	got := tenon(t, hard(), "pack", "-", "--format", "vbp", "--work", "10", "--explain", "-o", "json")
	var a packed
	if err := json.Unmarshal([]byte(got.stdout), &a); err != nil || got.code != exitOK {
		t.Fatalf("exit code %d, stderr %q: %v", got.code, got.stderr, err)
	}
	p := a.Explain.Parts[0]
	if p.LeastMix == nil || *p.LeastMix > p.Cost || *p.LeastMix < p.Bound-0.01 {
		t.Fatalf("bound %g, least mix %v, cost %g: want them to ascend", p.Bound, p.LeastMix, p.Cost)
	}
	if sum := p.Rounding + p.Proof; p.Gap == 0 || math.Abs(sum-p.Gap) > 1e-6 {
		t.Errorf("rounding %g %% and proof %g %%, gap %g %%", p.Rounding, p.Proof, p.Gap)
	}
	if a.Explain.Cost != float64(a.Cost) || p.Advice == "" || p.ItemKinds != 150 {
		t.Errorf("explanation %+v of %d", a.Explain, a.Cost)
	}
}

func TestPlanExplains(t *testing.T) {
	got := tenon(t, "", tinyArgs(t, "--explain")...)
	if got.code != exitOK || !strings.Contains(got.stdout, "small.a on-demand fra-1a") || !strings.HasSuffix(got.stdout, "Nothing is left to gain: no packing costs less.\n") {
		t.Errorf("exit code %d, stderr %q, stdout\n%s", got.code, got.stderr, got.stdout)
	}
}
