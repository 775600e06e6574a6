package usage

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// flat is a series as tests write it down.
type flat struct {
	Metric usage.Metric
	Key    string
	Values string // "seconds=value …"
}

// readText reads one file's text from standard input, and joins the chunks of each series.
func readText(t *testing.T, text string, o Options) ([]flat, Report, error) {
	t.Helper()
	o.Stdin = strings.NewReader(text)
	src, err := Open([]string{Stdin}, o)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(src)
}

func readAll(src Source) ([]flat, Report, error) {
	var got []flat
	at := map[string]int{}
	r, err := Read(context.Background(), src, func(s usage.Series) error {
		id := string(s.Metric) + " " + fmt.Sprint(s.Key)
		i, ok := at[id]
		if !ok {
			i = len(got)
			at[id] = i
			name := s.Key.String()
			if s.Key.Workload != (planner.Ref{}) && s.Key.Pod != "" {
				name += " of " + s.Key.Workload.String()
			}
			if s.Key.Shared {
				name += " shared"
			}
			got = append(got, flat{Metric: s.Metric, Key: name})
		}
		for _, x := range s.Samples {
			got[i].Values = strings.TrimSpace(fmt.Sprintf("%s %d=%g", got[i].Values, x.At/1000-1_760_000_000, x.Value))
		}
		return nil
	})
	return got, r, err
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

const header = "timestamp,namespace,workload,pod,container,metric,value\n"

func TestCSV(t *testing.T) {
	tests := map[string]struct {
		text   string
		want   []flat
		faults map[usage.Reason]int64
	}{
		"a sample is a line": {text: header + "1760000000,shop,,web-0,app,cpu,250\n1760000060,shop,,web-0,app,cpu,260",
			want: []flat{{usage.CPU, "shop/web-0/app", "0=250 60=260"}}},
		"columns are found by name, in any order and case": {text: "Value,METRIC,container,pod,namespace,timestamp\n7,memory,app,web-0,shop,1760000000\n",
			want: []flat{{usage.Memory, "shop/web-0/app", "0=7"}}},
		"other columns are left alone": {text: "value,metric,container,pod,namespace,timestamp,node\n7,memory,app,web-0,shop,1760000000,n1\n",
			want: []flat{{usage.Memory, "shop/web-0/app", "0=7"}}},
		"BOM, CRLF, comments, empty lines and quotes": {text: "\ufeff# made by hand\r\n" + strings.ReplaceAll(header, "\n", "\r\n") + "\r\n\"1760000000\",shop,,\"web-0\",app,cpu,\"250\"\r\n",
			want: []flat{{usage.CPU, "shop/web-0/app", "0=250"}}},
		"gzip is told by its bytes": {text: zip(header + "1760000000,shop,,web-0,app,cpu,250\n"),
			want: []flat{{usage.CPU, "shop/web-0/app", "0=250"}}},
		"times in milliseconds": {text: header + "1760000000000,shop,,web-0,app,cpu,250\n",
			want: []flat{{usage.CPU, "shop/web-0/app", "0=250"}}},
		"times in nanoseconds": {text: header + "1760000000000000000,shop,,web-0,app,cpu,250\n",
			want: []flat{{usage.CPU, "shop/web-0/app", "0=250"}}},
		"times in RFC 3339, with a zone, a fraction, or a space": {text: header + "2025-10-09T08:53:20Z,shop,,p,a,cpu,1\n2025-10-09T10:54:20.5+02:00,shop,,p,a,cpu,2\n2025-10-09 08:55:20Z,shop,,p,a,cpu,3\n",
			want: []flat{{usage.CPU, "shop/p/a", "0=1 60=2 120=3"}}},
		"units are converted": {text: "timestamp,namespace,pod,container,metric,value,unit\n" +
			"1760000000,n,p,a,cpu,0.25,cores\n1760000060,n,p,a,cpu,250,milli\n1760000000,n,p,a,memory,2,MiB\n1760000060,n,p,a,memory,1,GiB\n" +
			"1760000120,n,p,a,memory,1,kB\n1760000000,n,p,a,gpu-util,50,percent\n1760000060,n,p,a,gpu-util,0.5,ratio\n",
			want: []flat{{usage.CPU, "n/p/a", "0=250 60=250"}, {usage.Memory, "n/p/a", "0=2.097152e+06 60=1.073741824e+09 120=1000"}, {usage.GPUUtil, "n/p/a", "0=0.5 60=0.5"}}},
		"exporters' names say their unit": {text: header + "1760000000,n,,p,a,DCGM_FI_DEV_FB_USED,2\n1760000000,n,,p,a,DCGM_FI_DEV_GPU_UTIL,50\n",
			want: []flat{{usage.GPUMemory, "n/p/a", "0=2.097152e+06"}, {usage.GPUUtil, "n/p/a", "0=0.5"}}},
		"counters become gauges": {text: header + "1760000000,n,,p,a,container_cpu_usage_seconds_total,100\n1760000060,n,,p,a,container_cpu_usage_seconds_total,115\n1760000120,n,,p,a,container_cpu_usage_seconds_total,3\n",
			want: []flat{{usage.CPU, "n/p/a", "60=250"}}, faults: map[usage.Reason]int64{usage.Reset: 1}},
		"a workload with or without its kind": {text: "timestamp,namespace,workload,container,metric,value\n1760000000,n,Deployment/web,a,cpu,1\n1760000000,n,web,a,cpu,2\n",
			want: []flat{{usage.CPU, "n/Deployment/web/a", "0=1"}, {usage.CPU, "n//web/a", "0=2"}}},
		"replicas are of no container": {text: "timestamp,namespace,workload,container,metric,value\n1760000000,n,Deployment/web,,replicas,3\n",
			want: []flat{{usage.Replicas, "n/Deployment/web", "0=3"}}},
		"devices, slices and sharing": {text: "timestamp,namespace,pod,container,metric,value,device,slice,shared\n1760000000,n,p,a,gpu-active,0.5,GPU-1,1g.10gb,true\n1760000000,n,p,a,gpu-active,0.5,GPU-1,,no\n",
			want: []flat{{usage.GPUActive, "n/p/a/GPU-1/1g.10gb shared", "0=0.5"}, {usage.GPUActive, "n/p/a/GPU-1", "0=0.5"}}},
		"what is not true is left to Clean": {text: header + "1760000000,n,,p,a,cpu,NaN\n1760000060,n,,p,a,cpu,-Inf\n1760000030,n,,p,a,cpu,-4\n1760000120,n,,p,a,cpu,1e400\n1760000180,n,,p,a,cpu,\n1760000240,n,,p,a,cpu,null\n",
			want: []flat{{usage.CPU, "n/p/a", "0=NaN 60=-Inf 30=-4 120=+Inf 180=NaN 240=NaN"}}},
		"a few bad lines are counted": {text: header + "1760000000,n,,p,a,cpu,1\n1760000060,n,,p,a,cpu\n1760000060,n,,p,a,cpu,x\nyesterday,n,,p,a,cpu,1\n60,n,,p,a,cpu,1\n" +
			"1760000060000,n,,p,a,cpu,1\n1760000060,n,,p,a,cpu,\"1\n1760000060,,,p,a,cpu,1\n1760000060,n,,,a,cpu,1\n1760000060,n,,p,,cpu,1\n",
			want: []flat{{usage.CPU, "n/p/a", "0=1"}}, faults: map[usage.Reason]int64{usage.Unreadable: 9}},
		"names that are none are bad lines": {text: header + "1760000000,n,,p,a,cpu,1\n1760000000,n,,<b>,a,cpu,1\n1760000000,n,," + strings.Repeat("p", 254) + ",a,cpu,1\n1760000000,n,,p\xff,a,cpu,1\n1760000000,n,,p\u202e,a,cpu,1\n",
			want: []flat{{usage.CPU, "n/p/a", "0=1"}}, faults: map[usage.Reason]int64{usage.BadName: 4}},
		"other metrics are counted and are no bad lines": {text: header + "1760000000,n,,p,a,cpu,1\n" + strings.Repeat("1760000000,n,,p,a,http_requests,1\n", 2000),
			want: []flat{{usage.CPU, "n/p/a", "0=1"}}, faults: map[usage.Reason]int64{usage.NotKnown: 2000}},
		"a line of 10 MB is a bad line": {text: header + "1760000000,n,,p,a,cpu,1\n" + strings.Repeat("x", 10<<20) + "\n1760000060,n,,p,a,cpu,2\n",
			want: []flat{{usage.CPU, "n/p/a", "0=1 60=2"}}, faults: map[usage.Reason]int64{usage.Unreadable: 1}},
		"numbers are exact": {text: header + "1760000000,n,,p,a,memory,-0.0000123\n1760000001,n,,p,a,memory,123456789012345\n1760000002,n,,p,a,memory,1234567890123456789\n1760000003,n,,p,a,memory,.1\n1760000004,n,,p,a,memory,1.e2\n",
			want: []flat{{usage.Memory, "n/p/a", "0=-1.23e-05 1=1.23456789012345e+14 2=1.2345678901234568e+18 3=0.1 4=100"}}},
		"no hexadecimal, no underscores": {text: header + "1760000000,n,,p,a,cpu,1\n1760000001,n,,p,a,cpu,0x10\n1760000001,n,,p,a,cpu,1_0\n",
			want: []flat{{usage.CPU, "n/p/a", "0=1"}}, faults: map[usage.Reason]int64{usage.Unreadable: 2}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, r, err := readText(t, tc.text, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("series (-want +got):\n%s", diff)
			}
			faults := map[usage.Reason]int64{}
			for _, f := range r.Faults {
				faults[f.Reason] += f.Count
			}
			if diff := cmp.Diff(tc.faults, faults); diff != "" && len(tc.faults)+len(faults) > 0 {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, r.Faults)
			}
			if r.Series != int64(len(tc.want)) || r.Bytes != int64(len(tc.text)) {
				t.Errorf("%d series of %d bytes", r.Series, r.Bytes)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	line := "1760000000,n,,p,a,cpu,250\n"
	tests := map[string]struct {
		text string
		opts Options
		want string // what the message says, behind the sentinel
	}{
		"nothing":         {text: "", want: "stdin: it is empty; want CSV of samples, or VPA checkpoints"},
		"a login page":    {text: "<!DOCTYPE html><html>", want: "stdin: this is HTML or XML, not CSV; was a login page saved?"},
		"UTF-16":          {text: "\xff\xfet\x00", want: "stdin: this is UTF-16, as PowerShell's > writes it; write it as UTF-8"},
		"a spreadsheet":   {text: "PK\x03\x04", want: "stdin: this is a zip archive or a spreadsheet; export it as CSV"},
		"zstd":            {text: "\x28\xb5\x2f\xfd", want: "stdin: this is zstd-compressed; decompress it first (zstd -d), or use gzip"},
		"gzip twice":      {text: zip(zip(header)), want: "stdin: this is gzip within gzip; unpack it once"},
		"Parquet":         {text: "PAR1", want: "stdin: this is Parquet; export it as CSV"},
		"binary":          {text: "a\x00b", want: "stdin: this is not text; want CSV of samples, or VPA checkpoints"},
		"a header alone":  {text: header, want: "stdin: no usage in it|-: no usage in it"},
		"another header":  {text: "time,pod,cpu\n1,2,3\n", want: "stdin:1: the header lacks timestamp, namespace, container, metric, value; the first line must name the columns: timestamp,namespace,workload,pod,container,metric,value (and unit, device, slice, shared)"},
		"no pods":         {text: "timestamp,namespace,container,metric,value\n", want: "stdin:1: the header lacks workload or pod; the first line must name the columns: timestamp,namespace,workload,pod,container,metric,value (and unit, device, slice, shared)"},
		"a column twice":  {text: "timestamp,pod,pod\n", want: `stdin:1: column "pod" is there twice; keep one`},
		"semicolons":      {text: "timestamp;namespace;pod\n", want: "stdin:1: the columns are separated by semicolons or tabs; write commas, and points in numbers"},
		"a long header":   {text: strings.Repeat("x", 1<<20), want: "stdin:1: the line has more than 65536 bytes (Options.LineBytes)"},
		"gzip cut off":    {text: zip(header + strings.Repeat(line, 10))[:40], want: "stdin: ends in the middle (unexpected EOF); it was cut off, copy it again|stdin:1: ends in the middle (unexpected EOF); it was cut off, copy it again"},
		"gzip damaged":    {text: strings.Replace(zip(header+line), string([]byte(zip(header + line))[len(zip(header+line))-8:len(zip(header+line))-4]), "abcd", 1), want: "damaged gzip data"},
		"a gzip bomb":     {text: zip(header + strings.Repeat("1760000000,n,,p,a,"+strings.Repeat("x", 60_000)+",1\n", 1300)), want: "no recording shrinks so far; unpack it to have it read"},
		"too many bytes":  {text: header + strings.Repeat(line, 100_000), opts: Options{Bytes: 100_000}, want: "more than 100000 bytes once decompressed (Options.Bytes); read fewer files at once"},
		"too many series": {text: header + line + strings.ReplaceAll(line, ",p,", ",q,"), opts: Options{Series: 1}, want: "stdin:3: more than 1 series (Options.Series); read fewer namespaces, or fewer days, at once"},
		"too many samples": {text: header + line + line, opts: Options{Samples: 1},
			want: "stdin:3: more than 1 samples (Options.Samples); read fewer days, or a larger step, at once"},
		"one bad line in fifty": {text: header + strings.Repeat(strings.Repeat(line, 49)+"x\n", 11),
			want: "stdin:51: 1 fields where the header has 7; 11 such lines of 550: this is not a few bad lines; write the file again"},
		"more bad lines than any file may have": {text: header + line + strings.Repeat("x\n", 1001) + strings.Repeat(line, 1000),
			want: "stdin:3: 1 fields where the header has 7; 1001 such lines of 1002: this is not a few bad lines; write the file again"},
		"nothing but bad lines": {text: header + "60,n,,p,a,cpu,250\n",
			want: `stdin:2: timestamp "60" is no time of 2000 to 2099 in seconds, milliseconds, micro- or nanoseconds since 1970; 1 such lines of 1: this is not a few bad lines; write the file again`},
		"times without a zone": {text: header + "2025-10-09 08:53:20,n,,p,a,cpu,250\n",
			want: `stdin:2: timestamp "2025-10-09T08:53:20" has no time zone; write 2026-11-01T00:00:00Z; 1 such lines of 1: this is not a few bad lines; write the file again`},
		"other metrics alone": {text: header + "1760000000,n,,p,a,requests,250\n", want: `-: no usage in it; stdin:2: not-known × 1, such as metric "requests"`},
		"an unknown unit": {text: "timestamp,namespace,pod,container,metric,value,unit\n1760000000,n,p,a,memory,1,KB\n",
			want: `stdin:2: unit "KB" of memory; want bytes, KiB, MiB or GiB; 1 such lines of 1: this is not a few bad lines; write the file again`},
		"cores without a unit": {text: header + strings.Repeat("1760000000,n,,p,a,cpu,0.25\n", 100),
			want: "stdin: 100 of 100 values of cpu are below 4 milli-CPU: are they cores? Add a column unit, which is believed"},
		"MiB without a unit": {text: header + strings.Repeat("1760000000,n,,p,a,memory,512\n", 100),
			want: "stdin: 100 of 100 values of memory are below 1,000,000 bytes: are they KiB or MiB? Add a column unit, which is believed"},
		"percent without a unit": {text: header + strings.Repeat("1760000000,n,,p,a,gpu-util,0.5\n", 98) + strings.Repeat("1760000000,n,,p,a,gpu-util,50\n", 2),
			want: "stdin: 2 of 100 shares are above 1: are they percent? Add a column unit, which is believed"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.opts.Stdin = strings.NewReader(tc.text)
			src, err := Open([]string{Stdin}, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Read(context.Background(), src, func(usage.Series) error { return nil })
			if !errors.Is(err, ErrInput) {
				t.Fatalf("got %v", err)
			}
			got := strings.TrimPrefix(err.Error(), ErrInput.Error()+": ")
			if strings.ContainsAny(got, "\n\r") || !slices.ContainsFunc(strings.Split(tc.want, "|"), func(w string) bool { return strings.Contains(got, w) }) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestDeclaredUnitsAreBelieved(t *testing.T) {
	text := "timestamp,namespace,pod,container,metric,value,unit\n" + strings.Repeat("1760000000,n,p,a,cpu,0.25,milli\n1760000000,n,p,a,memory,512,bytes\n", 100)
	_, r, err := readText(t, text, Options{})
	if err != nil || len(r.Notes) != 1 || r.Notes[0].Text != "100 of 100 values of cpu are below 4 milli-CPU: are they cores? The file's own unit was believed" {
		t.Errorf("%v, %v", r.Notes, err)
	}
}

func TestChunksStayInOrderAndBounded(t *testing.T) {
	var text strings.Builder
	text.WriteString(header)
	for i := range 3000 {
		fmt.Fprintf(&text, "%d,n,,p%d,a,cpu,%d\n", 1_760_000_000+i/3, i%3, i)
	}
	for _, held := range []int{0, 1, 7, 100} {
		src, err := Open([]string{Stdin}, Options{Stdin: strings.NewReader(text.String()), HeldSamples: held})
		if err != nil {
			t.Fatal(err)
		}
		next := map[string]int64{}
		seen := 0
		_, err = Read(context.Background(), src, func(s usage.Series) error {
			if len(s.Samples) > chunkSamples || (held > 0 && len(s.Samples) > held) || len(s.Samples) != len(s.Lines) {
				t.Errorf("%d samples, %d lines", len(s.Samples), len(s.Lines))
			}
			for i, x := range s.Samples {
				if x.At < next[s.Key.Pod] || s.Lines[i] != int64(x.Value)+2 {
					t.Errorf("held %d: %v at line %d", held, x, s.Lines[i])
				}
				next[s.Key.Pod] = x.At + 1
				seen++
			}
			return nil
		})
		if err != nil || seen != 3000 {
			t.Errorf("held %d: %d samples, %v", held, seen, err)
		}
	}
}

func TestTheSinkMayStop(t *testing.T) {
	stop := errors.New("stop")
	src, err := Open([]string{Stdin}, Options{Stdin: strings.NewReader(header + strings.Repeat("1760000000,n,,p,a,cpu,1\n", 2000))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(context.Background(), src, func(usage.Series) error { return stop }); err != stop { //nolint:errorlint // it is returned as it is
		t.Errorf("got %v", err)
	}
	src, _ = Open([]string{Stdin}, Options{Stdin: strings.NewReader(header + "1760000000,n,,p,a,cpu,1\n")})
	if _, err := Read(context.Background(), src, func(usage.Series) error { return stop }); err != stop { //nolint:errorlint // the same, at the end
		t.Errorf("got %v", err)
	}
	if _, err := Read(context.Background(), Source{}, nil); !errors.Is(err, ErrInput) {
		t.Errorf("no source: %v", err)
	}
}

func TestACancelledReadingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	src, err := Open([]string{Stdin}, Options{Stdin: strings.NewReader(header + strings.Repeat("1760000000,n,,p,a,cpu,1\n", 200_000))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(ctx, src, func(usage.Series) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := write("in/b.csv", header+"1760000060,n,,p,a,cpu,2\n")
	write("in/a.csv.gz", zip(header+"1760000000,n,,p,a,cpu,1\n"))
	write("in/notes.txt", "hello")
	write("in/cluster.yaml", "kind: Pod\n")
	src, err := Open([]string{filepath.Join(dir, "in")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, r, err := readAll(src)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]flat{{usage.CPU, "n/p/a", "0=1 60=2"}}, got); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(r.Digest, "sha256:") || len(r.Digest) != 71 || r.From.Unix() != 1_760_000_000 || r.To.Unix() != 1_760_000_060 {
		t.Errorf("report %+v", r)
	}
	for name, paths := range map[string][]string{
		"no file": nil, "a file that is not there": {filepath.Join(dir, "x")}, "a file twice": {a, a}, "an empty folder": {t.TempDir()},
	} {
		if _, err := Open(paths, Options{}); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open([]string{filepath.Join(dir, "in")}, Options{Files: 1}); !errors.Is(err, ErrInput) {
		t.Errorf("too many files: %v", err)
	}
}

func TestTheDigestOfOneFileIsItsHash(t *testing.T) {
	text := header + "1760000000,n,,p,a,cpu,1\n"
	_, r, err := readText(t, text, Options{})
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))); err != nil || r.Digest != want {
		t.Errorf("got %s, %v, want %s", r.Digest, err, want)
	}
}

func TestNumberReadsWhatStrconvReads(t *testing.T) {
	for _, text := range []string{"0", "-0", "1", "0.1", "123.456", "999999999999999", "9999999999999999", "0.000000000000001", "1e5", "1E-5", "+1", "", ".", "-", "-.", "1.2.3", "--1", "1 ", "inf", "nan", "0.1234567890123456"} {
		got, ok := number([]byte(text))
		var want float64
		_, err := fmt.Sscanf(strings.TrimSpace(text)+"\n", "%g\n", &want)
		if text == "inf" || text == "nan" {
			continue
		}
		if ok != (err == nil) || (ok && math.Float64bits(got) != math.Float64bits(want)) {
			t.Errorf("%q: got %g, %t, want %g, %v", text, got, ok, want, err)
		}
	}
}
