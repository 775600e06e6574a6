package usage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner/usage"
)

// readFiles writes files into a folder and reads it, or the one that is named.
func readFiles(t *testing.T, files map[string]string, one string, o Options) ([]flat, Report, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, err := Open([]string{filepath.Join(dir, one)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(src)
}

const (
	memoryUtil = "value,timestamp_anon,container_ip\n0.5,1760000000.0,aa\n-1.2e-05,1760000057.0,aa\n0.25,1760000000.0,bb\n1.5,1760000057.0,bb\n"
	dutyCycle  = "value,timestamp_anon,container_ip\n50.0,1760000000.0,aa\n-1e-5,1760000057.0,aa\n0.0,1760000000.0,NULL\n"
	gpuMemory  = "timestamp_anon,value,container_ip\n1760000000.0,23497801728.0,aa\n"
)

func TestGenAI(t *testing.T) {
	gib := Options{MemoryLimitBytes: 1 << 30}
	duty := flat{usage.GPUUtil, "/aa/container of Pod/aa", "0=0.5 57=0"}
	gpu := flat{usage.GPUMemory, "/aa/container of Pod/aa", "0=2.3497801728e+10"}
	memory := []flat{{usage.Memory, "/aa/container of Pod/aa", "0=5.36870912e+08 57=0"}, {usage.Memory, "/bb/container of Pod/bb", "0=2.68435456e+08 57=1.5111572745182865e+23"}}
	folder := map[string]string{"pod_gpu_duty_cycle_anon.csv.gz": zip(dutyCycle), "pod_gpu_memory_used_bytes_anon.csv.gz": zip(gpuMemory),
		"pod_memory_util_anon.csv.gz": zip(memoryUtil), "qps.csv.gz": zip("timestamp_anon,value,container_ip,request_type\n1760000000,0.1,,API\n"), "SOURCE.csv": "value,timestamp_anon,container_ip\n"}
	delete(folder, "SOURCE.csv")
	tests := map[string]struct {
		files map[string]string
		one   string
		opts  Options
		want  []flat
		notes []string
		noise int64
	}{
		"a folder": {files: folder, opts: gib, want: append([]flat{duty, gpu}, memory...), noise: 2, notes: []string{
			"memory is a share of a limit that is not in the recording: 1073741824 bytes are assumed for every container",
			"left out: this file of the recording holds no usage of pods"}},
		"without a limit memory is left out": {files: folder, want: []flat{duty, gpu}, noise: 2, notes: []string{
			"4 samples are left out: they are shares of memory limits that nobody knows; say what a container's limit is (Options.MemoryLimitBytes)",
			"left out: this file of the recording holds no usage of pods"}},
		"limits of the snapshot come first": {files: map[string]string{"pod_memory_util.csv": memoryUtil}, one: "pod_memory_util.csv",
			opts: Options{MemoryLimit: func(pod string) int64 { return map[string]int64{"aa": 1 << 20}[pod] }},
			want: []flat{{usage.Memory, "/aa/container of Pod/aa", "0=524288 57=0"}}, noise: 1,
			notes: []string{"2 samples are left out: they are shares of memory limits that nobody knows; say what a container's limit is (Options.MemoryLimitBytes)"}},
		"bytes are told from values where the name says nothing": {files: map[string]string{"x.csv": gpuMemory}, one: "x.csv", want: []flat{gpu},
			notes: []string{"taken for pod_gpu_memory_used_bytes by the size of its values: its name does not say"}},
		"so are percent": {files: map[string]string{"x.csv": dutyCycle}, one: "x.csv", want: []flat{duty}, noise: 1,
			notes: []string{"taken for pod_gpu_duty_cycle by the size of its values: its name does not say"}},
		"so are shares": {files: map[string]string{"x.csv": "value,timestamp_anon,container_ip\n" + strings.Repeat("0.5,1760000000,aa\n", 20)}, one: "x.csv", opts: Options{MemoryLimitBytes: 2},
			want: []flat{{usage.Memory, "/aa/container of Pod/aa", strings.TrimSpace(strings.Repeat("0=1 ", 20))}},
			notes: []string{"taken for pod_memory_util by the size of its values: its name does not say",
				"memory is a share of a limit that is not in the recording: 2 bytes are assumed for every container"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, r, err := readFiles(t, tc.files, tc.one, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("series (-want +got):\n%s", diff)
			}
			var notes []string
			for _, n := range r.Notes {
				notes = append(notes, n.Text)
			}
			if diff := cmp.Diff(tc.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			var noise int64
			for _, f := range r.Faults {
				if f.Reason == usage.Noise {
					noise += f.Count
				}
			}
			if noise != tc.noise {
				t.Errorf("noise %d, want %d", noise, tc.noise)
			}
		})
	}
}

func TestRefusedRecordings(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"a file of latencies":             {"pipeline_update_latency_anon.csv", gpuMemory, "pipeline_update_latency_anon.csv: this file of the recording holds no usage of pods; name pod_memory_util, pod_gpu_duty_cycle or pod_gpu_memory_used_bytes"},
		"values that say nothing":         {"x.csv", "value,timestamp_anon,container_ip\n0,1760000000,aa\n", "x.csv: its columns are the recording's, and neither its name nor its values say what it measures"},
		"a header alone that says little": {"x.csv", "timestamp_anon,container_ip", "x.csv: its columns are the recording's, and neither its name nor its values say what it measures"},
		"a column that is missing":        {"pod_gpu_duty_cycle.csv", "timestamp_anon,container_ip\n", "pod_gpu_duty_cycle.csv:1: the header lacks value"},
		"memory alone, without a limit":   {"pod_memory_util.csv", memoryUtil, "say what a container's limit is (Options.MemoryLimitBytes)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readFiles(t, map[string]string{tc.file: tc.text}, tc.file, Options{})
			if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestTheRecording reads the whole recording, cleans it, and holds the sums against counts that a script of its own made
// of the files (2026-11-24).
func TestTheRecording(t *testing.T) {
	root := os.Getenv("TENON_TRACES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "traces") // beside the repository
	}
	dir := filepath.Join(root, "alibaba-genai-v2026")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no recording at %s: get cluster-trace-v2026-GenAI of github.com/alibaba/clusterdata and set TENON_TRACES", dir)
	}
	t.Chdir(dir)
	src, err := Open([]string{"."}, Options{MemoryLimitBytes: 64 << 30})
	if err != nil {
		t.Fatal(err)
	}
	cleaner := usage.NewCleaner(usage.Options{})
	kept := map[usage.Metric]int{}
	var tally usage.Tally
	r, err := Read(context.Background(), src, func(s usage.Series) error {
		clean, faults := cleaner.Clean(s)
		tally.Add(faults...)
		kept[s.Metric] += len(clean.Samples)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%d series, %d samples, kept %v, dropped %d, changed %d", r.Series, r.Samples, kept, tally.Count(usage.Dropped), tally.Count(usage.Changed))
	want := "348 series, 370526 samples, kept map[gpu-memory:115295 gpu-util:112488 memory:142742], dropped 1, changed 0"
	if got != want {
		t.Errorf("got  %s\nwant %s\n%v", got, want, tally.Faults())
	}
}
