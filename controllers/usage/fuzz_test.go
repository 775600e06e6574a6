package usage

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner/usage"
)

// tight are limits that a fuzzer reaches.
var tight = Options{Bytes: 1 << 20, Series: 50, Samples: 5000, LineBytes: 4096, DocumentBytes: 4096, HeldSamples: 64, MemoryLimitBytes: 1 << 30}

// held reads a file and looks at what every reading promises.
func held(t *testing.T, text []byte, name string) {
	t.Helper()
	o := tight
	o.Stdin = strings.NewReader(string(text))
	src, err := Open([]string{Stdin}, o)
	if err != nil {
		t.Fatal(err)
	}
	var samples int64
	cleaner := usage.NewCleaner(usage.Options{})
	r, err := Read(context.Background(), src, func(s usage.Series) error {
		if len(s.Samples) == 0 || len(s.Samples) > chunkSamples || (s.Lines != nil && len(s.Lines) != len(s.Samples)) || !s.Metric.Known() {
			t.Errorf("%s: a chunk of %d samples, %d lines of %q", name, len(s.Samples), len(s.Lines), s.Metric)
		}
		samples += int64(len(s.Samples))
		cleaner.Clean(s)
		return nil
	})
	if err != nil && (!errors.Is(err, ErrInput) || strings.ContainsAny(err.Error(), "\n\x1b")) {
		t.Errorf("%s: %q", name, err)
	}
	if samples > r.Samples || r.Samples > tight.Samples+1 || r.Series > int64(tight.Series) {
		t.Errorf("%s: %d samples of %d in %d series", name, samples, r.Samples, r.Series)
	}
	for i, c := range r.Checkpoints {
		if i > 0 && usage.CompareCheckpoints(r.Checkpoints[i-1], c) >= 0 {
			t.Errorf("%s: checkpoints out of order", name)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(header + "1760000000,shop,,web-0,app,cpu,250\n1760000060,shop,,web-0,app,container_cpu_usage_seconds_total,\"2\"\n"))
	f.Add([]byte(memoryUtil))
	f.Add([]byte(gpuMemory))
	f.Add([]byte(zip(header)))
	f.Add([]byte("timestamp,namespace,workload,container,metric,value,unit,shared\n2025-10-09 08:53:20Z,n,A/b,c,memory,1e400,KiB,yes\n"))
	f.Fuzz(func(t *testing.T, text []byte) { held(t, text, "csv") })
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte(checkpointYAML))
	f.Add([]byte(listed(checkpointYAML, vpaYAML)))
	f.Add([]byte(`{"kind":"List","items":[{"kind":"VerticalPodAutoscalerCheckpoint","status":{}},null,[],3]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		held(t, append([]byte("kind: List\n"), text...), "yaml")
		held(t, append([]byte("{"), text...), "json")
	})
}

// answers is a transport that gives one body to every range query.
type answers struct{ body []byte }

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"status":"success","data":["shop"]}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/query"):
		body = `{"status":"success","data":{"resultType":"vector","result":[]}}`
	case strings.HasSuffix(r.URL.Path, "/query_range"):
		body = string(a.body)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func FuzzPrometheus(f *testing.F) {
	for _, result := range []string{
		``, `{"metric":{"namespace":"shop","pod":"p","container":"c"},"values":[[1760004000,"1"],[1760004001.5,"NaN"],[-1,"-Inf"]]}`,
		`{"metric":{"namespace":"shop","pod":"p","container":"c","UUID":"GPU-1"},"values":[]},{"metric":{"exported_pod":"p"},"histograms":[[1,{"count":"1","sum":"1","buckets":[[0,"0","1","1"]]}]]}`,
	} {
		f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[` + result + `]}}`))
	}
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":null}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		src, err := Prometheus(PrometheusOptions{
			Options: tight, URL: "http://x", Window: time.Hour, Step: time.Hour, End: time.Unix(1_760_004_000, 0), Retries: -1,
			transport: answers{body}, pause: func(context.Context, time.Duration) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		cleaner := usage.NewCleaner(usage.Options{})
		_, err = Read(context.Background(), src, func(s usage.Series) error { cleaner.Clean(s); return nil })
		if err != nil && ((!errors.Is(err, ErrServer) && !errors.Is(err, ErrInput)) || strings.ContainsAny(err.Error(), "\n\x1b")) {
			t.Errorf("%q", err)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString(header)
	const lines = 100_000
	for i := range lines {
		text.WriteString("2025-10-09T08:53:20Z,shop,,web-" + string(rune('a'+i%20)) + ",app,cpu,250.125\n")
	}
	for b.Loop() {
		src, err := Open([]string{Stdin}, Options{Stdin: strings.NewReader(text.String())})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Read(context.Background(), src, func(usage.Series) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds(), "samples/s")
}
