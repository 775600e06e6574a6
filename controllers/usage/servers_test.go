package usage

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
	pauses := 0
	src, err = Prometheus(PrometheusOptions{URL: server.URL, Timeout: 20 * time.Millisecond, Retries: 2, pause: func(context.Context, time.Duration) error { pauses++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(context.Background(), src, nil); !errors.Is(err, ErrServer) || pauses != 2 {
		t.Errorf("after %d pauses: %v", pauses, err)
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
