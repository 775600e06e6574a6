package usage

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
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

func TestOwnersAreFollowedUp(t *testing.T) {
	f := onePod()
	f.ranges["(container_memory_working_set_bytes"] = nil
	f.ranges["rate(container_cpu_usage_seconds_total"] = nil
	for _, pod := range []string{"cron", "job", "set", "static", "lone", "mine"} {
		f.ranges["rate(container_cpu_usage_seconds_total"] = append(f.ranges["rate(container_cpu_usage_seconds_total"],
			fmt.Sprintf(`{"metric":{"namespace":"shop","pod":%q,"container":"c"},"values":[[1760004000,"1"]]}`, pod))
	}
	of := func(label, name, ownerKind, owner string) string {
		return fmt.Sprintf(`{"metric":{"namespace":"shop",%q:%q,"owner_kind":%q,"owner_name":%q},"value":[1760004000,"1"]}`, label, name, ownerKind, owner)
	}
	f.instants = map[string][]string{
		"kube_pod_owner{namespace": {
			of("pod", "cron", "Job", "x-1"), of("pod", "job", "Job", "x-2"), of("pod", "set", "ReplicaSet", "x-1"),
			of("pod", "static", "Node", "n1"), of("pod", "lone", "<none>", "<none>"), of("pod", "mine", "Weird", "w"), of("pod", "<b>", "Weird", "w")},
		"kube_replicaset_owner": {of("replicaset", "x-1", "Deployment", "web"), of("replicaset", "x-2", "<none>", "<none>")},
		"kube_job_owner":        {of("job_name", "x-1", "CronJob", "nightly")},
	}
	got, r, err := ask(t, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, x := range got {
		keys = append(keys, x.Key)
	}
	want := []string{"shop/cron/c of shop/CronJob/nightly", "shop/job/c of shop/Job/x-2", "shop/lone/c", "shop/mine/c of shop/Weird/w", "shop/set/c of shop/Deployment/web", "shop/static/c"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if len(r.Faults) != 1 || r.Faults[0].Reason != usage.BadName {
		t.Errorf("faults %v", r.Faults)
	}
}

func TestOnlyTheNamespacesThatAreAskedFor(t *testing.T) {
	f := onePod()
	f.ranges["FB_USED"] = []string{
		`{"metric":{"namespace":"shop","pod":"a","container":"c","UUID":"GPU-1"},"values":[[1760004000,"2"]]}`,
		`{"metric":{"namespace":"other","pod":"b","container":"c","UUID":"GPU-2"},"values":[[1760004000,"2"]]}`,
	}
	got, _, err := ask(t, f, func(o *PrometheusOptions) { o.Namespaces = []string{"shop"} })
	if err != nil || len(got) != 4 || got[3].Key != "shop/a/c/GPU-1" {
		t.Errorf("%v, %v", got, err)
	}
	for _, q := range f.asked {
		if strings.Contains(q, "namespace=~") && !strings.Contains(q, `namespace=~"shop"`) {
			t.Errorf("asked %s", q)
		}
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(onePod())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		o    PrometheusOptions
		fine bool
	}{
		"a CA that signed it":   {PrometheusOptions{CAFile: ca}, true},
		"whoever answers":       {PrometheusOptions{Insecure: true}, true},
		"the system's CAs only": {PrometheusOptions{Retries: -1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tc.o.URL, tc.o.Window, tc.o.Step, tc.o.End = server.URL, time.Hour, time.Hour, time.Unix(1_760_004_000, 0)
			src, err := Prometheus(tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err = readAll(src); (err == nil) != tc.fine {
				t.Errorf("got %v", err)
			}
		})
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
