package usage

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner/usage"
)

// fake is a server that knows the answers to some queries, by a word in them.
type fake struct {
	namespaces []string
	ranges     map[string][]string // word in the query → series in JSON; %[1]s stands for values over the range
	instants   map[string][]string
	before     func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	asked      []string
	requests   atomic.Int64
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	if f.before != nil && f.before(w, r) {
		return
	}
	query := r.FormValue("query")
	f.asked = append(f.asked, query)
	answer := func(kind string, series []string) {
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":[%s]}}`, kind, strings.Join(series, ","))
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/label/namespace/values"):
		names, _ := json.Marshal(f.namespaces)
		fmt.Fprintf(w, `{"status":"success","data":%s}`, names)
	case strings.HasSuffix(r.URL.Path, "/query"):
		answer("vector", find(f.instants, query))
	default:
		var values []string
		start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
		stop, _ := strconv.ParseFloat(r.FormValue("end"), 64)
		step, _ := strconv.ParseFloat(r.FormValue("step"), 64)
		for at := start; at <= stop; at += step {
			values = append(values, fmt.Sprintf(`[%.3f,"%g"]`, at, (at-start)/step+1))
		}
		var series []string
		for _, s := range find(f.ranges, query) {
			series = append(series, strings.ReplaceAll(s, "VALUES", `"values":[`+strings.Join(values, ",")+`]`))
		}
		answer("matrix", series)
	}
}

func find(of map[string][]string, query string) []string {
	for word, series := range of {
		if strings.Contains(query, word) {
			return series
		}
	}
	return nil
}

// onePod has one pod's CPU and memory.
func onePod() *fake {
	labels := `{"metric":{"namespace":"shop","pod":"web-0","container":"app"},VALUES}`
	return &fake{namespaces: []string{"shop"}, ranges: map[string][]string{
		"rate(container_cpu_usage_seconds_total": {labels},
		"(container_memory_working_set_bytes":    {labels},
	}}
}

// ask reads a fake server over an hour in steps of 30 minutes: three samples.
func ask(t *testing.T, f http.Handler, change func(*PrometheusOptions)) ([]flat, Report, error) {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	o := PrometheusOptions{
		URL: server.URL, Window: time.Hour, Step: 30 * time.Minute, End: time.Unix(1_760_004_000, 0),
		pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if change != nil {
		change(&o)
	}
	src, err := Prometheus(o)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(src)
}

func TestPrometheus(t *testing.T) {
	f := onePod()
	f.instants = map[string][]string{
		"kube_pod_owner{namespace": {`{"metric":{"namespace":"shop","pod":"web-0","owner_kind":"ReplicaSet","owner_name":"web-7d9f8"},"value":[1760004000,"1"]}`},
		"kube_replicaset_owner":    {`{"metric":{"namespace":"shop","replicaset":"web-7d9f8","owner_kind":"Deployment","owner_name":"web"},"value":[1760004000,"1"]}`},
	}
	f.ranges["kube_deployment_status_replicas_ready"] = []string{`{"metric":{"namespace":"shop","deployment":"web"},VALUES}`}
	f.ranges["kube_horizontalpodautoscaler"] = []string{`{"metric":{"namespace":"shop","horizontalpodautoscaler":"x","scaletargetref_kind":"Rollout","scaletargetref_name":"roll"},VALUES}`}
	f.ranges["GR_ENGINE_ACTIVE"] = []string{
		`{"metric":{"exported_namespace":"shop","exported_pod":"web-0","exported_container":"app","namespace":"gpu-operator","pod":"dcgm-x","UUID":"GPU-1","GPU_I_PROFILE":"1g.10gb","GPU_I_ID":"7"},"values":[[1760004000,"0.5"]]}`,
		`{"metric":{"namespace":"shop","UUID":"GPU-2"},"values":[[1760004000,"0.5"]]}`, // nobody's
	}
	f.ranges["FB_USED"] = []string{
		`{"metric":{"namespace":"shop","pod":"a","container":"c","UUID":"GPU-1"},"values":[[1760004000,"2"]]}`,
		`{"metric":{"namespace":"shop","pod":"b","container":"c","UUID":"GPU-1"},"values":[[1760004000,"2"]]}`,
		`{"metric":{"namespace":"shop","pod":"c","container":"c","UUID":"GPU-2"},"values":[[1760004000,"2"]]}`,
	}
	f.ranges["DEV_GPU_UTIL"] = []string{`{"metric":{"namespace":"shop","pod":"c","container":"c","UUID":"GPU-2::3"},"values":[[1760004000,"50"]]}`}
	got, r, err := ask(t, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []flat{
		{usage.CPU, "shop/web-0/app of shop/Deployment/web", "400=1000 2200=2000 4000=3000"},
		{usage.Memory, "shop/web-0/app of shop/Deployment/web", "400=1 2200=2 4000=3"},
		{usage.MemoryMost, "shop/web-0/app of shop/Deployment/web", "400=1 2200=2 4000=3"},
		{usage.Replicas, "shop/Deployment/web", "400=1 2200=2 4000=3"},
		{usage.Replicas, "shop/Rollout/roll", "400=1 2200=2 4000=3"},
		{usage.GPUActive, "shop/web-0/app/GPU-1/7/1g.10gb of shop/Deployment/web", "4000=0.5"},
		{usage.GPUUtil, "shop/c/c/GPU-2 shared", "4000=0.5"},
		{usage.GPUMemory, "shop/a/c/GPU-1 shared", "4000=2.097152e+06"},
		{usage.GPUMemory, "shop/b/c/GPU-1 shared", "4000=2.097152e+06"},
		{usage.GPUMemory, "shop/c/c/GPU-2", "4000=2.097152e+06"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if r.Series != 10 || r.Samples != 20 || r.Bytes == 0 || !strings.HasPrefix(r.Source, "http://127.0.0.1:") || len(r.Digest) != 71 {
		t.Errorf("report %+v", r)
	}
	_, again, err := ask(t, f, nil)
	if err != nil || again.Digest != r.Digest {
		t.Errorf("the same answers have another digest: %s, %s, %v", r.Digest, again.Digest, err)
	}
	var notes []string
	for _, n := range r.Notes {
		notes = append(notes, n.Object+": "+n.Text)
	}
	for _, want := range []string{"container_cpu_cfs_throttled_periods_total: the server has none: where CPU was throttled is not known, so use at a limit may have been more"} {
		if !strings.Contains(strings.Join(notes, "\n"), want) {
			t.Errorf("no note %q in\n%s", want, strings.Join(notes, "\n"))
		}
	}
}

func TestPrometheusAsksInParts(t *testing.T) {
	f := onePod()
	f.namespaces = []string{"b", "a", "shop", "d"}
	count := func(change func(*PrometheusOptions)) (int64, []flat, error) {
		f.requests.Store(0)
		got, _, err := ask(t, f, change)
		return f.requests.Load(), got, err
	}
	whole, want, err := count(nil)
	if err != nil {
		t.Fatal(err)
	}
	parts, got, err := count(func(o *PrometheusOptions) { o.Points = 1 })
	if err != nil || parts <= 2*whole {
		t.Errorf("%d requests, before %d: %v", parts, whole, err)
	}
	for i := range want { // the fake counts its values from the start of each range
		if want[i].Key != got[i].Key || len(strings.Fields(want[i].Values)) != len(strings.Fields(got[i].Values)) {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
	// A server that gives at most one namespace an answer, and one sample.
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "query_range") || !strings.Contains(r.FormValue("query"), "namespace=~") {
			return false
		}
		if strings.Contains(r.FormValue("query"), "|d") || strings.Contains(r.FormValue("query"), "a|") || r.FormValue("start") != r.FormValue("end") {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`)
			return true
		}
		return false
	}
	if _, got, err = count(nil); err != nil || len(got) != len(want) || len(strings.Fields(got[0].Values)) < 3 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestPrometheusSendsWhoAsks(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*PrometheusOptions)
		want   func(*http.Request) bool
	}{
		"a bearer token": {func(o *PrometheusOptions) { o.BearerTokenFile = secret }, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer s3cret" }},
		"a user name": {func(o *PrometheusOptions) { o.Username, o.PasswordFile = "joe", secret }, func(r *http.Request) bool {
			user, password, ok := r.BasicAuth()
			return ok && user == "joe" && password == "s3cret"
		}},
		"a tenant": {func(o *PrometheusOptions) { o.Tenant = "team-a" }, func(r *http.Request) bool { return r.Header.Get("X-Scope-OrgID") == "team-a" }},
	} {
		t.Run(name, func(t *testing.T) {
			f := onePod()
			f.before = func(w http.ResponseWriter, r *http.Request) bool {
				if tc.want(r) {
					return false
				}
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}
			_, r, err := ask(t, f, tc.change)
			if err != nil || strings.Contains(fmt.Sprint(r), "s3cret") {
				t.Errorf("%v, %+v", err, r)
			}
			_, _, err = ask(t, f, nil)
			if !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), "give a bearer token file") {
				t.Errorf("without it: %v", err)
			}
		})
	}
}

func TestRefusedServers(t *testing.T) {
	for name, change := range map[string]func(*PrometheusOptions){
		"no URL":            func(o *PrometheusOptions) { o.URL = "" },
		"another scheme":    func(o *PrometheusOptions) { o.URL = "file:///etc/passwd" },
		"no host":           func(o *PrometheusOptions) { o.URL = "http://" },
		"a password in it":  func(o *PrometheusOptions) { o.URL = "http://joe:s3cret@host" },
		"nonsense":          func(o *PrometheusOptions) { o.URL = "http://joe:s3cret@ho st:x" },
		"a step too short":  func(o *PrometheusOptions) { o.Step = time.Millisecond },
		"a window too long": func(o *PrometheusOptions) { o.Window = 1000 * 24 * time.Hour },
		"a window below a step": func(o *PrometheusOptions) {
			o.Window, o.Step = time.Minute, time.Hour
		},
		"two ways to say who asks": func(o *PrometheusOptions) { o.BearerTokenFile, o.Username = "x", "y" },
		"a namespace that is none": func(o *PrometheusOptions) { o.Namespaces = []string{`x"} or {a="b`} },
		"a tenant that is none":    func(o *PrometheusOptions) { o.Tenant = "a\r\nb" },
		"a CA that is not there":   func(o *PrometheusOptions) { o.CAFile = "/does/not/exist" },
	} {
		t.Run(name, func(t *testing.T) {
			o := PrometheusOptions{URL: "http://localhost:1"}
			change(&o)
			_, err := Prometheus(o)
			if !errors.Is(err, ErrServer) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestHostileServers asks servers that answer what they should not.
func TestHostileServers(t *testing.T) {
	say := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	onRange := func(body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "query_range") {
				return false
			}
			fmt.Fprint(w, body)
			return true
		}
	}
	many := `{"status":"success","data":{"resultType":"matrix","result":[` + strings.TrimSuffix(strings.Repeat(`{"metric":{"namespace":"shop","pod":"p","container":"c"},"values":[[1760004000,"1"]]},`, 500), ",") + `]}}`
	small := func(o *PrometheusOptions) { o.ResponseBytes = 20_000 }
	tests := map[string]struct {
		before func(http.ResponseWriter, *http.Request) bool
		change func(*PrometheusOptions)
		want   string
	}{
		"a login page with status 200": {say(200, "<!DOCTYPE html>"), nil, "a page of HTML: is the URL that of the API, and is a login in between?"},
		"plain text":                   {say(200, "OK"), nil, `the answer is not Prometheus's JSON: it begins with "OK"`},
		"nothing":                      {say(200, ""), nil, "the answer is not Prometheus's JSON: it is empty"},
		"an answer cut off":            {say(200, `{"status":"success","data":["a"`), nil, "the answer is cut off"},
		"a way to another server": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://evil.example/login", http.StatusFound)
			return true
		}, nil, "it leads to another server"},
		"another JSON":                  {say(200, `{"foo":1}`), nil, "server"},
		"an error in JSON":              {say(400, `{"status":"error","errorType":"bad_data","error":"parse\nerror"}`), nil, `bad_data: "parse\nerror"`},
		"not found":                     {say(404, "404 page not found"), nil, "is the URL that of the API, without /api/v1"},
		"no tenant":                     {say(401, "no org id"), nil, "give a bearer token file, or a user name and a password file"},
		"a server that is overloaded":   {say(503, "overloaded"), nil, "server error: 503"},
		"too many requests":             {say(429, ""), nil, "ask for a shorter window or a longer step"},
		"series without an end":         {onRange(many), func(o *PrometheusOptions) { o.ResponseSeries = 500 }, "500 series or more (ResponseSeries)"},
		"an answer without an end":      {onRange(many), small, "more than 20000 bytes (ResponseBytes)"},
		"a vector for a matrix":         {onRange(`{"status":"success","data":{"resultType":"vector","result":[]}}`), nil, "the answer is no matrix"},
		"a result of no known type":     {onRange(`{"status":"success","data":{"resultType":"bogus","result":[]}}`), nil, "unknown value type"},
		"values that are none":          {onRange(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["x",1]]}]}}`), nil, "gave no usage"},
		"a query that takes too long":   {onRange(""), nil, "it is empty"},
		"more samples than may be held": {nil, func(o *PrometheusOptions) { o.Samples = 2 }, "more than 2 samples (Options.Samples)"},
		"no namespaces":                 {say(200, `{"status":"success","data":[]}`), nil, "it has no container_memory_working_set_bytes with a namespace"},
		"gzip without an end": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 200 {
				_, _ = z.Write([]byte(strings.Repeat(" ", 1000)))
			}
			_ = z.Close()
			return true
		}, small, "more than 20000 bytes (ResponseBytes)"},
		"a body that is shorter than it says": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "{")
			return true
		}, nil, "unexpected EOF"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := onePod()
			f.before = tc.before
			_, _, err := ask(t, f, tc.change)
			if !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
			if f.requests.Load() > 60 {
				t.Errorf("%d requests", f.requests.Load())
			}
		})
	}
}

func TestASlowServerEndsWithItsContext(t *testing.T) {
	f := onePod()
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, "{")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	}
	server := httptest.NewServer(f)
	defer server.Close()
	src, err := Prometheus(PrometheusOptions{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Read(ctx, src, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	src, err = Prometheus(PrometheusOptions{URL: server.URL, Timeout: 20 * time.Millisecond, Retries: 2, pause: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	f.requests.Store(0)
	if _, err := Read(context.Background(), src, nil); !errors.Is(err, ErrServer) || f.requests.Load() != 3 {
		t.Errorf("after %d requests: %v", f.requests.Load(), err)
	}
}

func TestAServerThatRecoversIsAskedAgain(t *testing.T) {
	f := onePod()
	var n atomic.Int64
	f.before = func(w http.ResponseWriter, _ *http.Request) bool {
		switch n.Add(1) % 4 {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		case 3:
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"status":`)
		default:
			return false
		}
		return true
	}
	var waits []time.Duration
	got, _, err := ask(t, f, func(o *PrometheusOptions) {
		o.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	})
	if err != nil || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Second, time.Second, 2 * time.Second}, waits[:min(3, len(waits))]); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestWhatIsWrongInAnAnswerIsSaid(t *testing.T) {
	f := onePod()
	f.ranges["rate(container_cpu_usage"] = []string{
		`{"metric":{"namespace":"shop","pod":"web-0","container":"` + strings.Repeat("x", 10<<20) + `"},"values":[[1760004000,"1"]]}`,
		`{"metric":{"namespace":"shop","pod":"<b>","container":"c"},"values":[[1760004000,"1"],[1760004001,"1"]]}`,
		`{"metric":{"namespace":"shop","pod":"web-0","container":"c"},"histograms":[[1760004000,{"count":"1","sum":"1","buckets":[]}]]}`,
		`{"metric":{"namespace":"shop","pod":"web-0","container":"c","x":"1"},"values":[[1760004000,"1"],[1760004001,"NaN"]]}`,
		`{"metric":{"namespace":"shop","pod":"web-0","container":"c","x":"2"},"values":[[1760004000,"2"]]}`,
	}
	delete(f.ranges, "rate(container_cpu_usage_seconds_total")
	got, r, err := ask(t, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(flat{usage.CPU, "shop/web-0/c", "4000=2000 4001=NaN"}, got[0]); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	faults := map[usage.Reason]int64{}
	for _, x := range r.Faults {
		faults[x.Reason] += x.Count
		if len(x.Example) > 400 {
			t.Errorf("an example of %d bytes", len(x.Example))
		}
	}
	if diff := cmp.Diff(map[usage.Reason]int64{usage.BadName: 3, usage.NotKnown: 1}, faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestWarningsAreNotes(t *testing.T) {
	f := onePod()
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "query_range") && strings.Contains(r.FormValue("query"), "FB_USED") {
			fmt.Fprint(w, `{"status":"success","warnings":["store 3 is down"],"data":{"resultType":"matrix","result":[]}}`)
			return true
		}
		return false
	}
	_, r, err := ask(t, f, nil)
	if err != nil || !strings.Contains(fmt.Sprint(r.Notes), `its answer may be incomplete: "store 3 is down"`) {
		t.Errorf("%v, %v", r.Notes, err)
	}
}

func TestKubeStateMetricsMayBeRenamed(t *testing.T) {
	f := onePod()
	f.instants = map[string][]string{
		"count(kube_pod_owner":              {`{"metric":{},"value":[1760004000,"3"]}`},
		"kube_pod_owner{exported_namespace": {`{"metric":{"exported_namespace":"shop","exported_pod":"web-0","owner_kind":"StatefulSet","owner_name":"web"},"value":[1760004000,"1"]}`},
	}
	f.ranges["last_terminated_reason{exported_namespace"] = []string{`{"metric":{"exported_namespace":"shop","exported_pod":"web-0","exported_container":"app"},"values":[[1760004000,"1"]]}`}
	got, _, err := ask(t, f, nil)
	want := []flat{
		{usage.CPU, "shop/web-0/app of shop/StatefulSet/web", "400=1000 2200=2000 4000=3000"},
		{usage.Memory, "shop/web-0/app of shop/StatefulSet/web", "400=1 2200=2 4000=3"},
		{usage.MemoryMost, "shop/web-0/app of shop/StatefulSet/web", "400=1 2200=2 4000=3"},
		{usage.OOMKills, "shop/web-0/app of shop/StatefulSet/web", "4000=1"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("series (-want +got):\n%s%v", diff, err)
	}
}

func TestQueriesFilterByNamespace(t *testing.T) {
	q := queries()[0].text([]string{"a", "b.c"}, "", 30*time.Second)
	want := `max by (namespace,pod,container) (rate(container_cpu_usage_seconds_total{namespace=~"a|b\\.c",container!="",container!="POD",cpu=~"total|"}[120000ms]))`
	if q != want {
		t.Errorf("got  %s\nwant %s", q, want)
	}
	for _, q := range queries() {
		if text := q.text([]string{"a"}, "exported_", time.Minute); strings.Contains(text, "$") || q.byNamespace != strings.Contains(text, `namespace=~"a"`) {
			t.Errorf("%s", text)
		}
	}
}
