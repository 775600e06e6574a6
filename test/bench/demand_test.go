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
