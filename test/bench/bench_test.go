package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/test/milp"
)

var update = flag.Bool("update", false, "write the files in testdata instead of comparing with them")

// A child process of the tests is the test binary itself, called as the bench is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-one" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// traces makes a folder of recordings with these files.
func traces(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TENON_TRACES", dir)
	return dir
}

const (
	podsCSV = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\np1,4000,8192,0,0,\np2,4000,8192,1,500,T4\np3,4000,8192,1,500,NOSUCH\n"
	baldi   = "BINTYPES 1\nITEMS 3\nBINS_SECTIONS\n0 10 10 0 9\nITEMS_SECTIONS\n0 6 1 1\n1 6 1 1\n2 4 1 1\n"
)

func TestCasesAreThoseAskedFor(t *testing.T) {
	list := []string{"alibaba-gpu-v2023/openb_pod_list_a.csv", "alibaba-gpu-v2023/openb_pod_list_b.csv", "alibaba-gpu-v2023/openb_node_list_a.csv"}
	files := map[string]string{}
	for _, name := range append(list, "packing/baldi-tipo0/p1.txt", "packing/baldi-tipo0/p2.txt", "packing/baldi-tipo0/p3.txt", "packing/baldi-tipo0/p4.txt", "packing/baldi-tipo0/p5.txt") {
		files[name] = ""
	}
	for name, tc := range map[string]struct {
		args        string
		files       map[string]string
		want        string
		wantMissing int
	}{
		"every fourth of Baldi's, lists of pods and not of nodes": {"-seeds 11 -cases ^(alibaba|baldi)/", files, "alibaba/a alibaba/b baldi/p1 baldi/p5", 0},
		"NodePools of seeds, mixes and lists": {"-seeds 11 -cases ^nodepools/", files,
			"nodepools/1k-60/seed-11 nodepools/5k-100/seed-11 nodepools/" + poolMixes[0] + " nodepools/" + poolMixes[1] + " nodepools/alibaba-a nodepools/alibaba-b", 0},
		"all of Baldi's": {"-all -cases baldi", files, "baldi/p1 baldi/p2 baldi/p3 baldi/p4 baldi/p5", 0},
		"a quick look": {"-quick -seeds 1,2 -cases ^(synth|again|master|alibaba|baldi|small)", files,
			"synth/1k-50/seed-1 synth/1k-50/seed-2 again/1k-50/seed-1 master/1k-50/seed-1 small/seed-1 small/seed-2 alibaba/a baldi/p1", 0},
		"what is generated needs no recordings, and it is said what is left out": {"-seeds 7 -cases synth/10k-[26]|again|offers", nil,
			"synth/10k-60/seed-7 synth/10k-200/seed-7 synth/10k-230/seed-7 synth/10k-25/seed-7 " +
				"offers/100-10k-100/seed-7 offers/200-10k-100/seed-7 offers/400-10k-100/seed-7 offers/800-10k-100/seed-7 offers/1600-10k-100/seed-7 again/10k-200/seed-7", 2},
		"the first seed grows, all are compared": {"-seeds 7,8 -cases ^synth/1k|^synth/10k-60|ct/1-25|master", files,
			"synth/10k-60/seed-7 synth/10k-60/seed-8 synth/1k-100/seed-7 ct/1-25/seed-7 master/10k-230/seed-7 master/10k-60/seed-7 master/10k-60/seed-8", 0},
		"the first that nobody looked at grows":      {"-seeds 1,41 -cases ^synth/1k|ct/1-25", files, "synth/1k-100/seed-41 ct/1-25/seed-41", 0},
		"with -all every seed of Caprara and Toth's": {"-all -seeds 7,8 -cases ct/10-24", files, "ct/10-24/seed-7 ct/10-24/seed-8", 0},
	} {
		t.Run(name, func(t *testing.T) {
			traces(t, tc.files)
			o, err := parse(strings.Fields(tc.args), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			list, missing, err := cases(o)
			if got := strings.Join(list, " "); err != nil || got != tc.want || len(missing) != tc.wantMissing {
				t.Errorf("got %q, %d missing, error %v\nwant %q, %d missing", got, len(missing), err, tc.want, tc.wantMissing)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for name, tc := range map[string]struct{ args, wantOut, wantError string }{
		"a full run goes to the document":              {"", document, ""},
		"also with all of Baldi's":                     {"-all", document, ""},
		"a quick one does not":                         {"-quick", "-", ""},
		"nor does one with some cases":                 {"-cases synth", "-", ""},
		"unless it is told to":                         {"-quick -o x.md", "x.md", ""},
		"a pattern that is none":                       {"-cases (", "", "-cases"},
		"a seed that is none":                          {"-seeds 1,x", "", "-seeds"},
		"what is no flag":                              {"quick", "", `unknown argument "quick"`},
		"a pattern that leaves nothing is found later": {"-cases nothing", "-", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parse(strings.Fields(tc.args), io.Discard)
			if tc.wantError == "" && (err != nil || o.out != tc.wantOut) {
				t.Errorf("got output %q, error %v, want %q", o.out, err, tc.wantOut)
			}
			if tc.wantError != "" && (err == nil || !strings.Contains(err.Error(), tc.wantError)) {
				t.Errorf("got error %v, want one with %q", err, tc.wantError)
			}
		})
	}
}

// The whole of it on small recordings: a case of each recorded set and one that is broken, each in a
// process of its own.
func TestRun(t *testing.T) {
	traces(t, map[string]string{
		"alibaba-gpu-v2023/openb_pod_list_small.csv": podsCSV,
		"alibaba-gpu-v2023/openb_pod_list_wrong.csv": "no,list\n",
		"packing/baldi-tipo0/p1.txt":                 baldi,
	})
	file := filepath.Join(t.TempDir(), "out.md")
	var progress strings.Builder
	err := run(t.Context(), []string{"-cases", "^(alibaba|baldi)/", "-o", file}, io.Discard, &progress)
	if err == nil || err.Error() != "1 of 3 cases failed" {
		t.Errorf("got error %v, want that 1 of 3 cases failed", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| small | 2 | 1 | 2 |", // pods, not had, shapes
		"| alibaba/wrong |",
		"| 3 | 1 | 1 | 0.000 | 0.000 |", // items, instances, optimal, gaps
		"| 230 shapes, 10k pods |  |  | not measured |",
		"**no**: 1 more failed",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	if got := strings.Count(progress.String(), "/3 "); got != 3 {
		t.Errorf("got %d lines of progress, want 3:\n%s", got, &progress)
	}
}

func TestMeasure(t *testing.T) {
	dir := traces(t, map[string]string{"packing/baldi-tipo0/p1.txt": baldi})
	r, err := measure(t.Context(), options{traces: dir, one: "baldi/p1"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Items != 3 || r.Shapes != 2 || r.Bins != 2 || r.Cost != 20 || r.Bound != 20 || r.Status != model.Optimal {
		t.Errorf("got %+v, want 3 items of 2 shapes in 2 bins at the optimum of 20", r)
	}
	if r.PeakMiB == 0 || len(r.Others) != len(firstfit.Ways()) || r.ratio(0) != 1 {
		t.Errorf("got a peak of %d MiB and yardsticks %+v, want some and all at the same cost", r.PeakMiB, r.Others)
	}
	if r.First.Cost < 20 || r.First.Unplaced != 0 || r.First.Took == 0 {
		t.Errorf("got a first answer of %+v, want all placed at 20 or more", r.First)
	}
	for _, name := range []string{
		"baldi/p2", "alibaba/x", "synth/10k", "synth/xk-1/seed-1", "nothing", "offers/x-1k-5/seed-1", "mig/x", "mig/x/seed-1", "ct/1-25", "ct/1-x/seed-1", "ct/11-25/seed-1", "small/1",
	} {
		if _, err := measure(t.Context(), options{traces: dir, one: name}); err == nil {
			t.Errorf("case %q: no error", name)
		}
	}
}

// What is measured beside the solve of the case itself.
func TestMeasureOfEachSet(t *testing.T) {
	for name, want := range map[string]func(result) string{
		"again/1k-5/seed-41": func(r result) string {
			if len(r.Again) != 2 || r.Again[0].PerMille != 10 || r.Again[1].PerMille != 50 {
				return "two changes"
			}
			for _, a := range r.Again {
				if a.Fresh.Took == 0 || a.Warm.Took == 0 || a.Fresh.Cost == 0 || a.Warm.Cost == 0 || a.Warm.Bound > a.Fresh.Cost || a.Fresh.Bound > a.Warm.Cost {
					return "two answers to the same problem for each change"
				}
			}
			return ""
		},
		"mig/A100-40GB/8/57x1g.5gb": func(r result) string {
			if r.Cost != 2 {
				return "two bins"
			}
			return ""
		},
		"ct/10-24/seed-41": func(r result) string {
			if r.Cost < 8 || r.Kinds != 1 {
				return "eight bins of one kind or more"
			}
			return ""
		},
		"offers/100-1k-5/seed-41": func(r result) string {
			if r.Kinds != 100 || r.Unplaced > 0 {
				return "100 kinds of node that hold everything"
			}
			return ""
		},
		"small/seed-43":       rivalsOf(taskAssignment, taskPatterns),
		"master/1k-5/seed-41": rivalsOf(taskRelaxed, taskColumns),
		"lp/1k-5/seed-41":     rivalsOf(taskRelaxed),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := measure(t.Context(), options{one: name, limit: 300 * time.Millisecond, cores: 2})
			if err != nil {
				t.Fatal(err)
			}
			if lacks := want(r); lacks != "" {
				t.Errorf("got %+v, want %s", r, lacks)
			}
		})
	}
}

// rivalsOf wants an answer of every tool that is installed to each task, and none better than what ours proved.
func rivalsOf(tasks ...string) func(result) string {
	return func(r result) string {
		tools, _ := present()
		if len(r.Rivals) != len(tools)*len(tasks) {
			return "an answer of every tool to each task"
		}
		for n, v := range r.Rivals {
			if v.Task != tasks[n/len(tools)] || v.Took == 0 || v.Rows == 0 || v.Columns == 0 {
				return "each task with its program"
			}
			if v.Proven && v.Task != taskRelaxed && v.solved() && v.Cost < v.Ours-0.5 {
				return "no answer below a proven optimum"
			}
			if v.Task == taskRelaxed && (v.Status != milp.Optimal || math.Abs(v.Cost-v.Ours) > 1e-6*v.Cost) {
				return "one value of the relaxation"
			}
		}
		return ""
	}
}

func TestSynthCasesAreRead(t *testing.T) {
	o, err := parseSynth("10k-200/seed-12")
	if err != nil || o.Pods != 10_000 || o.Shapes != 200 || o.Seed != 12 || o.GPUPercent != 10 {
		t.Errorf("got %+v, error %v, want 10,000 pods in 200 shapes of seed 12, a tenth with GPUs", o, err)
	}
}

func TestReport(t *testing.T) {
	golden(t, "report.md", sample().markdown())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(name, []byte(got), 0o600)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got): run with -update if this is meant\n%s", name, diff)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"1,234,567": thousands(1_234_567), "999": thousands(999), "-1,000": thousands(-1000), "-100": thousands(-100),
		"0.001": up(0.0001, 3), "0.100": up(0.1, 3), "1.001": up(1.0001, 3), "0.000": up(0, 3), "-0.001": fixed(-0.001, 3), "0.00": fixed(-0.001, 2),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A restricted master begins with our packing, covers every item, and its contents are those of legal packings of p without rules.
func TestContentsOfARestrictedMaster(t *testing.T) {
	p, err := load("", "master/1k-5/seed-41")
	if err != nil {
		t.Fatal(err)
	}
	p.Spreads = append(p.Spreads, model.Spread{Items: []int{0}, Domains: []int{0}, Single: true})
	bare := withoutRules(p.Problem)
	if len(bare.Spreads)+len(bare.Caps)+len(bare.Conflicts)+len(bare.Follows) > 0 || len(p.Spreads) == 0 {
		t.Error("rules are left, or the problem itself has lost them")
	}
	k, err := firstfit.Solve(bare, firstfit.Ways()[0])
	if err != nil {
		t.Fatal(err)
	}
	contents, err := contentsOf(bare, k)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(k.Bins, contents[:len(k.Bins)]); diff != "" {
		t.Errorf("the packing is not among the contents (-want +got):\n%s", diff)
	}
	m := milp.Restricted(bare, contents)
	if len(contents) > columnsMaster || len(m.Columns) < 2*len(k.Bins) {
		t.Errorf("got %d contents, %d of them different", len(contents), len(m.Columns))
	}
	for i := range bare.Items {
		if len(m.Rows[i].Terms) == 0 {
			t.Errorf("no content has item %d", i)
		}
	}
}

// Cases that run beside each other must not change places, and one that fails must not take another with it.
func TestResultsKeepTheOrderOfTheList(t *testing.T) {
	traces(t, map[string]string{"packing/baldi-tipo0/p1.txt": baldi, "packing/baldi-tipo0/p2.txt": baldi, "alibaba-gpu-v2023/openb_pod_list_small.csv": podsCSV})
	o, err := parse([]string{"-cores", "2"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{"baldi/p1", "baldi/nosuch", "alibaba/small", "baldi/p2"}
	var got, want []string
	for n, r := range measureAll(t.Context(), o, list, io.Discard) {
		got = append(got, fmt.Sprint(r.Case, r.Error != ""))
		want = append(want, fmt.Sprint(list[n], n == 1))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
