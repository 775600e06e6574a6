package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/test/milp"
)

func yardsticks(costs ...int64) (out []other) {
	for n, c := range costs {
		out = append(out, other{Way: firstfit.Ways()[n], Cost: c})
	}
	return out
}

// sample is a report of a little of everything: goals that are met, missed, failed and not measured, and growth along a line.
func sample() report {
	left := yardsticks(2_100_000, 3_000_000, 1_500_000)
	left[2].Unplaced = 5
	ten := yardsticks(10, 10, 10)
	took := func(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
	r := report{
		Machine: machine{Cores: 2, CPU: "Abacus 9000", RAM: "4.0 GiB", System: "plan9/mips", Go: "go1", Commit: "abc", Load: "0.1", Catalog: "3 types"},
		Date:    time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Took: 61*time.Second + 300*time.Millisecond, Command: "go run ./test/bench ",
		Missing: []string{"Something is missing."}, Limit: 3 * time.Second, Cores: 2,
		Notes: []note{{"230 shapes, 10k pods", "It is hard."}, {"every Alibaba list", "Two things were tried."}},
		Results: []result{
			{Case: "synth/10k-200/seed-1", Items: 10_000, Bins: 1200, Kinds: 3432, Shapes: 200, Cost: 1_005_000, Bound: 1_000_000, Status: model.Feasible, Solve: 30 * time.Second,
				First: answer{Cost: 9_000_000, Took: took(9)}, PeakMiB: 1100, Others: yardsticks(2_010_000, 1_005_000, 1_206_000)},
			{Case: "synth/10k-200/seed-41", Items: 10_000, Kinds: 3432, Shapes: 200, Cost: 1_001_000, Bound: 1_000_000, Status: model.Feasible, Solve: 8 * time.Second,
				First: answer{Cost: 1_030_001, Took: took(0.0991)}, PeakMiB: 80, Others: yardsticks(1_001_000, 1_001_000, 1_001_000)},
			{Case: "synth/10k-230/seed-41", Items: 10_000, Shapes: 230, Unplaced: 3, Bins: 7, Cost: 1_003_000, Bound: 1_000_000, Status: model.Partial, Solve: 11 * time.Second,
				First: answer{Cost: 1, Unplaced: 4}, Others: left},
			{Case: "synth/10k-60/seed-41", Items: 10, Shapes: 60, Cost: 1, Status: model.Feasible, Others: yardsticks(1, 1, 1)},
			{Case: "alibaba/default", Items: 8152, Stuck: 696, Shapes: 151, Kinds: 798, Bins: 99, Cost: 5_000_000, Bound: 5_000_000, Status: model.Optimal,
				Others: yardsticks(5_000_000, 5_000_000, 5_000_000)},
			{Case: "alibaba/broken", Error: "it broke | badly"},
			{Case: "again/10k-200/seed-41", Others: ten, PeakMiB: 90, Again: []again{
				{PerMille: 10, Fresh: answer{Cost: 101, Bound: 100, Took: took(10)}, Warm: answer{Cost: 102, Bound: 100, Took: took(2)}},
				{PerMille: 50, Fresh: answer{Cost: 100, Bound: 100, Took: took(10)}, Warm: answer{Cost: 101, Bound: 100, Took: took(4)}},
			}},
			{Case: "mig/A100-40GB/8/57x1g.5gb", Items: 57, Shapes: 1, Bins: 2, Cost: 2, Bound: 2, Status: model.Optimal, Others: yardsticks(2, 2, 3)},
			{Case: "mig/A30-24GB/seed-41", Items: 12, Shapes: 3, Bins: 4, Cost: 4000, Bound: 3990, Status: model.Feasible, Others: yardsticks(4000, 4000, 4000)},
			{Case: "ct/10-24/seed-41", Items: 24, Cost: 8, Bound: 8, Status: model.Optimal, Others: yardsticks(9, 9, 9)},
			{Case: "ct/2-25/seed-41", Items: 25, Cost: 11, Bound: 10, Status: model.Feasible, Solve: took(0.5), Others: yardsticks(11, 11, 11)},
			{Case: "baldi/p1", Items: 50, Cost: 101, Bound: 100, Status: model.Feasible, Solve: time.Second, PeakMiB: 12, Others: yardsticks(101, 101, 202)},
			{Case: "baldi/p2", Items: 50, Cost: 100, Bound: 100, Status: model.Optimal, Solve: 3 * time.Second, PeakMiB: 9, Others: yardsticks(100, 100, 100)},
			{Case: "baldi/p3", Items: 25, Cost: 100, Bound: 100, Status: model.Optimal, Others: yardsticks(100, 100, 100)},
			{Case: "small/seed-41", Cost: 10, Others: ten, Rivals: []rival{
				{Tool: milp.CBC, Task: taskPatterns, Status: milp.Optimal, Cost: 10, Took: took(4), Ours: 10, OurTime: took(1), Proven: true},
				{Tool: milp.GLPSol, Task: taskPatterns, Refused: "too many contents"},
			}},
			{Case: "small/seed-42", Cost: 11, Others: ten, Rivals: []rival{
				{Tool: milp.CBC, Task: taskPatterns, Status: milp.Feasible, Cost: 10, Took: took(1), Ours: 11, OurTime: took(1)},
				{Tool: milp.GLPSol, Task: taskPatterns, Took: took(3), Ours: 11, OurTime: took(1)},
			}},
			{Case: "master/10k-60/seed-41", Cost: 2_000_000, Others: ten, Rivals: []rival{
				{Tool: milp.CBC, Task: taskRelaxed, Rows: 60, Columns: 1234, Status: milp.Optimal, Cost: 1_900_000, Took: took(0.02), Ours: 1_900_000, OurTime: took(0.04), Proven: true},
				{Tool: milp.CBC, Task: taskColumns, Rows: 60, Columns: 1234, Status: milp.Feasible, Cost: 2_010_000, Took: took(10), Ours: 2_000_000, OurTime: took(2)},
			}},
		},
	}
	for n, pods := range []int64{1, 3, 10, 30, 100} {
		r.Results = append(r.Results, result{Case: fmt.Sprintf("synth/%dk-100/seed-41", pods), Items: 1000 * pods, Shapes: 100, Kinds: 3432,
			Solve: took(math.Sqrt(float64(pods))), PeakMiB: 20 + int64(n), Cost: 5, Bound: 5, Status: model.Optimal, Others: yardsticks(5, 5, 5)})
	}
	return r
}

// Each goal's row as it is printed, by what there is to judge.
func TestGoalsAreJudged(t *testing.T) {
	for name, tc := range map[string]struct {
		sense   sense
		results []result
		want    string
	}{
		"met at the limit": {atMost, []result{{Case: "x/seed-41", Cost: 101, Bound: 100}}, "gap|≤ 1 %|1.00 %|x/seed-41|yes"},
		"missed by a hair, and not rounded to the limit": {atMost, []result{{Case: "x/seed-41", Cost: 1_010_001, Bound: 1_000_000}}, "gap|≤ 1 %|1.01 %|x/seed-41|**no**"},
		"the worst case counts":                          {atMost, []result{{Case: "x/a", Cost: 101, Bound: 100}, {Case: "x/b", Cost: 102, Bound: 100}}, "gap|≤ 1 %|2.00 %|x/b|**no**"},
		"seeds that were looked at count for nothing":    {atMost, []result{{Case: "x/seed-29", Cost: 2, Bound: 1}, {Case: "x/seed-40", Cost: 1, Bound: 1}}, "gap|≤ 1 %|0.00 %||yes"},
		"only those: not measured":                       {atMost, []result{{Case: "x/seed-1", Cost: 1, Bound: 1}}, "||not measured||"},
		"a failure is a miss":                            {atMost, []result{{Case: "x/a", Cost: 1, Bound: 1}, {Case: "x/b", Error: "broke"}}, "gap|≤ 1 %|0.00 %||**no**: 1 more failed"},
		"what is left out is a miss":                     {atMost, []result{{Case: "x/a", Cost: 1, Bound: 1, Unplaced: 2}}, "gap|≤ 1 %|0.00 %||**no**: 2 not placed"},
		"nothing but failures":                           {atMost, []result{{Case: "x/b", Error: "broke"}}, "||1 failed||"},
		"nothing proven":                                 {atMost, []result{{Case: "x/a", Cost: 1}}, "gap|≤ 1 %|∞|x/a|**no**"},
		"at least: rounded down":                         {atLeast, []result{{Case: "x/a", Cost: 1_009_999, Bound: 1_000_000}}, "gap|≥ 1 %|0.99 %|x/a|**no**"},
		"at least, met":                                  {atLeast, []result{{Case: "x/a", Cost: 102, Bound: 100}}, "gap|≥ 1 %|2.00 %|x/a|yes"},
		"without a limit":                                {shown, []result{{Case: "x/a", Cost: 2, Bound: 1}}, "gap||100.00 %|x/a|"},
	} {
		t.Run(name, func(t *testing.T) {
			var g grid
			report{Results: tc.results}.goal(&g, goal{"work", regexp.MustCompile("^x/"), []figure{{"gap", " %", 2, tc.sense, 1, worst(result.gap)}}})
			row := g.rows[0]
			if got := strings.Join([]string{row[1], row[2], row[3], row[4], row[6]}, "|"); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Every goal has cases in a full run with recordings, so that none is left unmeasured by a slip in a pattern.
func TestEveryGoalHasCases(t *testing.T) {
	traces(t, map[string]string{"alibaba-gpu-v2023/openb_pod_list_a.csv": "", "packing/baldi-tipo0/p1.txt": ""})
	o, err := parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := cases(o)
	if err != nil {
		t.Fatal(err)
	}
	count := func(pattern *regexp.Regexp) (n int) {
		for _, name := range list {
			if pattern.MatchString(name) && !tuned(name) {
				n++
			}
		}
		return n
	}
	for _, g := range goals() {
		n, five := count(g.cases), strings.Contains(g.work, "shapes")
		if n == 0 || (five && n != 5) {
			t.Errorf("%s: %d cases", g.work, n)
		}
	}
	for _, a := range axes() {
		if n := count(a.cases); n < pointsMin {
			t.Errorf("growth with %s: %d cases", a.name, n)
		}
	}
	seen := map[string]bool{}
	for _, name := range list {
		if seen[name] {
			t.Errorf("case %s is run twice", name)
		}
		seen[name] = true
	}
}

func TestFiguresOverManyCases(t *testing.T) {
	of := []result{
		{Case: "a", Cost: 1, Bound: 1, Status: model.Optimal, Solve: time.Second},
		{Case: "b", Cost: 3, Bound: 2, Status: model.Feasible, Solve: 2 * time.Second},
		{Case: "c", Cost: 1, Bound: 1, Status: model.Optimal, Solve: 6 * time.Second},
	}
	for name, tc := range map[string]struct {
		of    func([]result) (float64, string)
		want  float64
		where string
	}{
		"worst":              {worst(result.gap), 50, "b"},
		"least":              {least(result.seconds), 1, "a"},
		"mean":               {mean(result.seconds), 3, ""},
		"share, and who not": {share(result.optimal), 200.0 / 3, "not b"},
	} {
		if v, where := tc.of(of); math.Abs(v-tc.want) > 1e-9 || where != tc.where {
			t.Errorf("%s: got %v at %q, want %v at %q", name, v, where, tc.want, tc.where)
		}
	}
}

// On points of an exact power law the fit finds its exponent; R² falls with noise and is 1 without.
func TestFitFindsExponents(t *testing.T) {
	line := func(exponent float64, noise ...float64) (out []point) {
		for n, x := range []float64{25, 50, 100, 400, 1000} {
			y := 3 * math.Pow(x, exponent)
			if n < len(noise) {
				y *= noise[n]
			}
			out = append(out, point{x: x, seconds: y})
		}
		return out
	}
	seconds := func(p point) float64 { return p.seconds }
	for _, want := range []float64{-1, 0, 0.5, 1, 2.3} {
		if e, r2 := fit(line(want), seconds); math.Abs(e-want) > 1e-9 || math.Abs(r2-1) > 1e-9 {
			t.Errorf("got exponent %v with R² %v, want %v with 1", e, r2, want)
		}
	}
	// By hand: ln y − ln 3 = (0, 1, 0) at ln x = (0, 1, 2): slope 0, nothing of the variance explained.
	if e, r2 := fit([]point{{x: 1, seconds: 3}, {x: math.E, seconds: 3 * math.E}, {x: math.E * math.E, seconds: 3}}, seconds); math.Abs(e) > 1e-9 || math.Abs(r2) > 1e-9 {
		t.Errorf("got exponent %v with R² %v, want 0 with 0", e, r2)
	}
	if _, r2 := fit(line(1, 2, 0.5, 2, 0.5), seconds); r2 > 0.95 {
		t.Errorf("got R² %v of noise by a factor of two, want less than 0.95", r2)
	}
	if e, _ := fit([]point{{x: 1, seconds: 1}, {x: 1, seconds: 2}}, seconds); !math.IsNaN(e) {
		t.Errorf("got exponent %v of one size, want none", e)
	}
}

func TestGrowthIsOfOneSeed(t *testing.T) {
	var r report
	for seed := 41; seed <= 42; seed++ {
		for _, pods := range []int64{1, 3, 10, 30, 100}[:3+2*(seed-41)] {
			r.Results = append(r.Results, result{Case: fmt.Sprintf("synth/%dk-100/seed-%d", pods, seed), Items: pods * 1000, Solve: time.Second})
		}
	}
	points := r.points(axes()[0])
	if len(points) != 5 || points[0].x != 1000 || points[4].x != 100_000 {
		t.Errorf("got %v, want the five of seed 42, ascending", points)
	}
}

func TestCompare(t *testing.T) {
	cbc, glpsol := compare(sample().Results, milp.CBC, taskPatterns), compare(sample().Results, milp.GLPSol, taskPatterns)
	if cbc.given != 2 || cbc.found != 2 || cbc.proven != 1 || cbc.ours != 1 || math.Abs(cbc.most-10) > 1e-9 || math.Abs(cbc.mean()-5) > 1e-9 || math.Abs(cbc.times()-2) > 1e-9 {
		t.Errorf("got %+v: mean %v, times %v; want ours 5 %% dearer in the mean, 10 %% at most, and CBC 4 and 1 times as long", cbc, cbc.mean(), cbc.times())
	}
	if glpsol.given != 2 || glpsol.refused != 1 || glpsol.found != 0 || math.Abs(glpsol.times()-3) > 1e-9 {
		t.Errorf("got %+v, want one refused and one without an answer after 3 times as long", glpsol)
	}
}

func TestNotesAreRead(t *testing.T) {
	got, err := parseNotes("# Notes\n\nFor the goals.\n\n## 60 shapes, 10k pods\n\nOne\nline.\n\nAnother.\n## every Alibaba list\n")
	want := []note{{"60 shapes, 10k pods", "One line. Another."}, {"every Alibaba list", ""}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	if _, err := parseNotes("## 61 shapes\n"); err == nil {
		t.Error("a note on what is no goal was taken")
	}
	if got, err := readNotes(filepath.Join(t.TempDir(), "none.md")); got != nil || err != nil {
		t.Errorf("without a file: got %v, error %v, want none", got, err)
	}
	name := filepath.Join(t.TempDir(), "notes.md")
	if err := errors.Join(os.WriteFile(name, []byte("## nothing\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := readNotes(name); err == nil || !strings.Contains(err.Error(), "notes.md") {
		t.Errorf("got error %v, want one that names the file", err)
	}
}

// The worst of what Karpenter builds is compared with the goal, and a case that was not replayed is in no row.
func TestNodePoolsReport(t *testing.T) {
	case1 := &poolsResult{Pods: 1000, Packing: planner.Cost{PlannedPerHour: 100_000_000, LowerBoundPerHour: 99_000_000}, Ours: &planner.Built{PerHour: 102_000_000, Pools: make([]planner.Pool, 3)},
		Split: built{PerHour: 200_000_000, Unplaced: 2}, Open: built{PerHour: 300_000_000}}
	var b strings.Builder
	report{Results: []result{{Case: "nodepools/a", Pools: case1}, {Case: "nodepools/b", Pools: &poolsResult{}}}}.nodePools(&b)
	for _, want := range []string{"| nodepools/a | 1,000 | 99.00 | 100.00 | 102.00 | 3 | 2.0 % | 200.00 | 49.0 % | 300.00 | 0, 2, 0 |", "(worst: 2.0 %)"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "nodepools/b") {
		t.Error("a case without a replay has a row")
	}
}
