package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// TestDemandRecording makes a recording of two containers and half a day more than the warm-up, runs the case, and reads its
// section.
func TestDemandRecording(t *testing.T) {
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	fmt.Fprintln(z, "value,timestamp_anon,container_ip")
	for i := range 24 * 60 {
		fmt.Fprintf(z, "%g,%d.0,a\nNaN,%d.0,a\n", 0.25+float64(i)/1e5, 1_662_858_720+60*i, 1_662_858_720+60*i)
		fmt.Fprintf(z, "0.5,%d.0,b\n-1,1,b\nx,1,b\n", 1_662_858_720+60*i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, genaiFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, genaiFolder, genaiMemory), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := measure(t.Context(), options{one: demandRecording, traces: dir})
	if err != nil {
		t.Fatal(err)
	}
	if b := r.Demand.Board; b.Workloads != 2 || b.Days != 1 {
		t.Errorf("%d workloads, %g days; want 2 and 1", b.Workloads, b.Days)
	}
	var out strings.Builder
	report{Results: []result{r}}.demand(&out)
	for _, want := range []string{"## Rightsizing", "### demand/recording\n\n2 workloads with 2 pods; half a day", "\n| vpa | P90, +15 % |", "\n| oracle |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the section has no %q:\n%s", want, out.String())
		}
	}
	if err := os.WriteFile(filepath.Join(dir, genaiFolder, genaiMemory), []byte("no gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := measure(t.Context(), options{one: demandRecording, traces: dir}); err == nil {
		t.Error("a file that is no recording was read")
	}
}

// TestDemandGoals judges figures that are known.
func TestDemandGoals(t *testing.T) {
	of := func(v float64) walk.Estimate { return walk.Estimate{Value: v, Low: v, High: v} }
	d := &demandResult{
		Board:    walk.Board{Rows: []walk.Row{{Method: "ours", Memory: walk.Versus{Slack: of(0.5), Risk: of(0.2)}}}},
		Promises: []promise{{Share: 0.99, Memory: of(0.985), CPU: of(0.9), Held: held(7 * 24 * time.Hour)}},
	}
	var out strings.Builder
	demandGoals(&out, []result{{Case: "demand/x", Demand: d}})
	want := `| goal | case | measured | met |
| --- | --- | ---: | --- |
| at VPA's kills at most half of VPA's slack of memory | demand/x | 0.50 [0.50 … 0.50] | yes |
| at VPA's slack at most a tenth of VPA's kills | demand/x | 0.20 [0.20 … 0.20] | **no** |
| 99 % promised of memory, held for 7 days: within a point | demand/x | 98.5 [98.5 … 98.5] | yes |
| 99 % promised of CPU, held for 7 days: within a point | demand/x | 90.0 [90.0 … 90.0] | **no** |

`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// TestDemandPromises holds a method that promises to fixed loads: it is asked at both shares where it is in the build.
func TestDemandPromises(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 1, Workloads: 1, Days: 16, Families: []string{"steady"}})
	if err != nil {
		t.Fatal(err)
	}
	var d demandResult
	d.promises(all, walk.Options{}, 24*time.Hour)
	if want := 2; walk.OursPromising(1, 1) != nil && len(d.Promises) != want {
		t.Errorf("%d promises, want %d", len(d.Promises), want)
	}
}

// TestDemandTold writes what was told and came of known promises.
func TestDemandTold(t *testing.T) {
	var all []loads.Workload
	var kept []walk.Kept
	for _, family := range loads.Families() {
		all = append(all, loads.Workload{Family: family})
		kept = append(kept, walk.Kept{Told: []walk.Told{{Memory: 0.01, Promises: 100, Broken: 2, CPU: 0.03, Steps: 100}}})
	}
	d := demandResult{Told: []told{toldOf(all, kept, told{Share: 0.99, Held: "7 days"}), toldOf(all, kept, told{Share: 0.95, Held: "a day", CPU: true})}}
	var out strings.Builder
	report{Results: []result{{Case: demandTold, Shapes: len(all), Demand: &d}}}.demand(&out)
	for _, want := range []string{
		"| 99 % | 7 days | memory | 1.0 [1.0 … 1.0] | 2.0 [2.0 … 2.0] | -1.0 [-1.0 … -1.0] | yes |",
		"| 95 % | a day | CPU | 3.0 [3.0 … 3.0] | 0.0 [0.0 … 0.0] | 3.0 [3.0 … 3.0] | **no** |",
		"| 99 % | 7 days | memory | – | 1.0 → 2.0 [2.0 … 2.0] (100 %) | – | – |",
		"| stepping | 1.0 → 2.0 | 3.0 → 0.0 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the section has no %q:\n%s", want, out.String())
		}
	}
}

// What the week shows is counted by hand: an hour above the request is one kill, and each step of CPU counts.
func TestHeldRequestsAreCounted(t *testing.T) {
	const step = 5 * 60 * 1000
	days := moneyDecided + promisedDays
	p := loads.Pod{CPU: make([]int64, days*288), Memory: make([]int64, days*288)}
	from := moneyDecided * 288
	p.Memory[from-1], p.CPU[from-1] = 100, 100 // before the decision
	for i := range 13 {
		p.Memory[from+100+i] = 100 // an hour and a step: two kills
	}
	p.CPU[from], p.CPU[from+5] = 100, 101
	b := bill{all: []loads.Workload{{Step: step, Pods: []loads.Pod{p}}}}
	kills, under := b.held(func(int) walk.Amounts { return walk.Amounts{CPU: 100, Memory: 99} })
	if want := 2.0 / promisedDays * 1000; kills != want || under != 1.0/(promisedDays*288) {
		t.Errorf("%v kills and %v under, want %v and %v", kills, under, want, 1.0/(promisedDays*288))
	}
}

// Of the settings that risk no more than VPA's default each method's cheapest is marked, and no other.
func TestTheCheapestAtNoMoreRiskIsMarked(t *testing.T) {
	m := moneyResult{Rows: []moneyRow{
		{Method: "vpa", Default: true, Kills: 10, Under: 0.1, Cost: 50},
		{Method: "a", Kills: 10, Under: 0.1, Cost: 45},
		{Method: "a", Kills: 11, Under: 0.1, Cost: 40},
		{Method: "a", Kills: 9, Under: 0.2, Cost: 30},
		{Method: "a", Kills: 0, Under: 0, Cost: 60},
	}}
	m.compare()
	for n, want := range []bool{true, true, false, false, false} {
		if m.Rows[n].Best != want {
			t.Errorf("row %d: best %v", n, m.Rows[n].Best)
		}
	}
}

func TestCutLoadsEndWithTheDecision(t *testing.T) {
	all, err := loads.Make(loads.Options{Seed: 1, Workloads: 1, Days: familyDays})
	if err != nil {
		t.Fatal(err)
	}
	for n, l := range cut(all, moneyDecided) {
		if got, want := len(l.Pods[0].CPU), moneyDecided*288+1; got != want || len(all[n].Pods[0].CPU) != familyDays*288 {
			t.Errorf("%s: %d steps of %d, want %d", l.Ref, got, len(all[n].Pods[0].CPU), want)
		}
	}
}
