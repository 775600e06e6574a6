package usage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// ErrServer says that the server cannot be used, or gave no answer that can be; the message names the query and the fix.
var ErrServer = errors.New("the Prometheus server gave no usage")

// PrometheusOptions say which server, what of it, and how much. Only URL has no default.
type PrometheusOptions struct {
	Options
	URL        string        // of the API, without /api/v1: "https://prometheus:9090", or with a path in front of it
	Window     time.Duration // how far back; 0: 14 days
	Step       time.Duration // between two samples; 0: 5 minutes
	End        time.Time     // of the window; zero: now
	Namespaces []string      // only these; nil: all that have cAdvisor's metrics

	BearerTokenFile string // sent as "Authorization: Bearer …", and read again for each request
	Username        string // of basic authentication
	PasswordFile    string
	CAFile          string // whom to trust, beside the system's; "": the system's
	Insecure        bool   // whoever answers is trusted
	Tenant          string // sent as X-Scope-OrgID to Mimir, Cortex, Thanos and Loki's kin

	Retries        int           // of one request after 429, 5xx or a broken answer; 0: 4; -1: none
	Timeout        time.Duration // of one try; 0: 2 minutes
	ResponseBytes  int64         // of one answer, decompressed; 0: 64 MiB. A larger one is asked for again in parts
	ResponseSeries int           // of one answer; 0: 50,000. The same
	Points         int           // of one series in one answer; 0: one day's, and at most 11,000, which servers allow

	transport http.RoundTripper                          // of tests; nil: the network
	pause     func(context.Context, time.Duration) error // of tests; nil: it waits
}

// What a server is asked for at the most. 11,000 points a series is Prometheus's own limit (web/api/v1, query_range).
const (
	pointsMost     = 11_000
	namespacesMost = 200 // in one query: its text stays below 64 KiB
)

func (o PrometheusOptions) withDefaults() PrometheusOptions {
	o.Options = o.Options.WithDefaults()
	o.Window = cmp.Or(o.Window, 14*24*time.Hour)
	o.Step = cmp.Or(o.Step, 5*time.Minute)
	o.Retries = cmp.Or(o.Retries, 4)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Minute)
	o.ResponseBytes = cmp.Or(o.ResponseBytes, 64<<20)
	o.ResponseSeries = cmp.Or(o.ResponseSeries, 50_000)
	o.Points = min(cmp.Or(o.Points, max(int(24*time.Hour/max(o.Step, 1)), 1)), pointsMost)
	if o.End.IsZero() {
		o.End = time.Now()
	}
	o.End = o.End.Truncate(o.Step)
	return o
}

// check finds what cannot be meant, before anything is asked.
func (o PrometheusOptions) check() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	var faults []error
	say := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch {
	case err != nil:
		say("the URL cannot be read") // it may hold a password: it is not printed
		u = &url.URL{}
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		say("the URL %q is not http://HOST or https://HOST", u.Redacted())
	case u.User != nil:
		say("the URL holds a user name: use Username and PasswordFile, so that no password shows in a report")
	}
	if o.Step < time.Second || o.Step > 24*time.Hour {
		say("the step is %s; want 1s to 24h", o.Step)
	}
	if o.Window < o.Step || o.Window > 400*24*time.Hour {
		say("the window is %s; want at least one step and at most 400 days", o.Window)
	}
	if o.BearerTokenFile != "" && o.Username != "" {
		say("a bearer token and a user name exclude each other")
	}
	for _, n := range o.Namespaces {
		if err := hygiene("namespace", n); err != nil {
			faults = append(faults, err)
		}
	}
	if err := hygiene("tenant", o.Tenant); err != nil {
		faults = append(faults, err)
	}
	return u, errors.Join(faults...)
}

// Prometheus makes a Source of a server that speaks Prometheus's HTTP API. Nothing is asked before it is read.
func Prometheus(o PrometheusOptions) (Source, error) {
	o = o.withDefaults()
	u, err := o.check()
	if err != nil {
		return Source{}, fmt.Errorf("%w: %w", ErrServer, err)
	}
	u.RawQuery, u.Fragment = "", ""
	auth := config.HTTPClientConfig{
		FollowRedirects: true, EnableHTTP2: true, ProxyConfig: config.ProxyConfig{ProxyFromEnvironment: true},
		TLSConfig: config.TLSConfig{CAFile: o.CAFile, InsecureSkipVerify: o.Insecure},
	}
	if o.BearerTokenFile != "" {
		auth.Authorization = &config.Authorization{Type: "Bearer", CredentialsFile: o.BearerTokenFile}
	}
	if o.Username != "" {
		auth.BasicAuth = &config.BasicAuth{Username: o.Username, PasswordFile: o.PasswordFile}
	}
	transport := o.transport
	if transport == nil {
		if transport, err = config.NewRoundTripperFromConfig(auth, "tenon"); err != nil {
			return Source{}, fmt.Errorf("%w: %w", ErrServer, err)
		}
	}
	p := &patient{next: transport, opts: o}
	client, err := api.NewClient(api.Config{Address: u.String(), RoundTripper: p})
	if err != nil {
		return Source{}, fmt.Errorf("%w: %w", ErrServer, err)
	}
	name := u.String()
	return Source{name: name, opts: o.Options, read: func(ctx context.Context, g *gatherer) (string, error) {
		s := &server{
			ctx: ctx, g: g, opts: o, name: name, api: v1.NewAPI(client), wire: p, sum: sha256.New(),
			owners: map[[2]string]owner{}, sets: map[[2]string]owner{}, jobs: map[[2]string]owner{}, seen: map[string]int64{}, together: namespacesMost, points: o.Points,
		}
		if err := s.all(); err != nil {
			if stop := (*sinkError)(nil); errors.As(err, &stop) || ctx.Err() != nil {
				return "", err
			}
			return "", fmt.Errorf("%w: %s: %w", ErrServer, name, err)
		}
		return fmt.Sprintf("sha256:%x", s.sum.Sum(nil)), nil
	}}, nil
}

// server is one reading of one server.
type server struct {
	ctx  context.Context // it lives as long as one call of Read
	g    *gatherer
	opts PrometheusOptions
	name string
	api  v1.API
	wire *patient
	sum  hash.Hash

	prefix     string // "exported_" where kube-state-metrics' own labels were renamed
	namespaces []string
	owners     map[[2]string]owner // of pods, by namespace and name
	sets       map[[2]string]owner // of ReplicaSets
	jobs       map[[2]string]owner
	seen       map[string]int64 // series by query
	together   int              // namespaces in one query
	points     int              // of a series in one answer
}

// owner is a controller of a pod, or of what controls it.
type owner struct{ kind, name string }

// all reads everything.
func (s *server) all() error {
	end := s.opts.End
	start := end.Add(-s.opts.Window).Truncate(s.opts.Step)
	if err := s.discover(start, end); err != nil {
		return err
	}
	if err := s.readOwners(start, end); err != nil {
		return err
	}
	for from := start; !from.After(end); {
		to := from.Add(time.Duration(s.points-1) * s.opts.Step)
		if to.After(end) {
			to = end
		}
		for _, q := range queries() {
			if err := s.each(q, from, to); err != nil {
				return err
			}
		}
		from = to.Add(s.opts.Step)
	}
	s.missing(start)
	return nil
}

// discover finds the namespaces, and how kube-state-metrics' labels are called.
func (s *server) discover(start, end time.Time) error {
	s.namespaces = slices.Compact(slices.Sorted(slices.Values(s.opts.Namespaces)))
	if s.namespaces == nil {
		match := []string{`container_memory_working_set_bytes{container!=""}`}
		values, warnings, infos, err := s.api.LabelValues(s.ctx, "namespace", match, start, end)
		s.g.report.Bytes = s.wire.got.Load()
		if err != nil {
			return s.say("the namespaces", err)
		}
		s.warn("the namespaces", warnings, infos)
		for _, v := range values {
			if err := hygiene("namespace", string(v)); err != nil {
				s.g.tally.Add(usage.Fault{Reason: usage.BadName, Count: 1, Example: err.Error(), Origin: s.name})
				continue
			}
			if v != "" {
				s.namespaces = append(s.namespaces, string(v))
			}
		}
		slices.Sort(s.namespaces)
		s.namespaces = slices.Compact(s.namespaces)
	}
	if len(s.namespaces) == 0 {
		return errors.New("it has no container_memory_working_set_bytes with a namespace: are the kubelets' cAdvisor metrics scraped, and is it the right tenant?")
	}
	renamed, err := s.instant(`count(kube_pod_owner{exported_pod!=""})`, end)
	if err != nil {
		return err
	}
	for _, x := range renamed {
		if x.Value > 0 {
			s.prefix = "exported_"
		}
	}
	return nil
}

// each asks a query for all namespaces, in as many parts as the server's answers call for.
func (s *server) each(q query, from, to time.Time) error {
	if !q.byNamespace {
		return s.fetch(q, nil, from, to)
	}
	for rest := s.namespaces; len(rest) > 0; {
		n := min(s.together, len(rest))
		if err := s.fetch(q, rest[:n], from, to); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// fetch asks one query; where the answer is too large, in two halves: of the namespaces first, then of the time.
func (s *server) fetch(q query, group []string, from, to time.Time) error {
	text := q.text(group, s.prefix, s.opts.Step)
	matrix, err := s.ask(text, from, to)
	if err == nil {
		return s.take(q, matrix)
	}
	if !errors.Is(err, errTooLarge) {
		return err
	}
	points := int(to.Sub(from)/s.opts.Step) + 1
	switch {
	case len(group) > 1:
		half := len(group) / 2
		s.together = max(half, 1)
		return cmp.Or(s.fetch(q, group[:half], from, to), s.fetch(q, group[half:], from, to))
	case points > 1:
		half := from.Add(time.Duration(points/2-1) * s.opts.Step)
		s.points = max(points/2, 1)
		if err := s.fetch(q, group, from, half); err != nil {
			return err
		}
		return s.fetch(q, group, half.Add(s.opts.Step), to)
	}
	return err
}

// ask asks for a range.
func (s *server) ask(text string, from, to time.Time) (model.Matrix, error) {
	fmt.Fprintf(s.sum, "%s\x00%d\x00%d\x00%d\n", text, from.UnixMilli(), to.UnixMilli(), s.opts.Step)
	value, warnings, infos, err := s.api.QueryRange(s.ctx, text, v1.Range{Start: from, End: to, Step: s.opts.Step},
		v1.WithTimeout(s.opts.Timeout), v1.WithLimit(uint64(s.opts.ResponseSeries)))
	s.g.report.Bytes = s.wire.got.Load()
	if p := s.opts.Progress; p != nil {
		p(s.g.report.Bytes, -1)
	}
	if err != nil {
		return nil, s.say(text, err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("%s: the answer is no matrix", text)
	}
	if len(matrix) >= s.opts.ResponseSeries {
		return nil, fmt.Errorf("%s: %w: %d series or more (ResponseSeries)", text, errTooLarge, s.opts.ResponseSeries)
	}
	s.warn(text, warnings, infos)
	return matrix, nil
}

// instant asks for one instant.
func (s *server) instant(text string, at time.Time) (model.Vector, error) {
	fmt.Fprintf(s.sum, "%s\x00%d\n", text, at.UnixMilli())
	value, warnings, infos, err := s.api.Query(s.ctx, text, at, v1.WithTimeout(s.opts.Timeout), v1.WithLimit(uint64(s.opts.Series)))
	s.g.report.Bytes = s.wire.got.Load()
	if err != nil {
		return nil, s.say(text, err)
	}
	s.warn(text, warnings, infos)
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("%s: the answer is no vector", text)
	}
	return vector, nil
}

// warn says what the server warned of: its answer may lack something.
func (s *server) warn(what string, warnings v1.Warnings, infos v1.Infos) {
	for _, w := range warnings {
		s.g.note(planner.Warning, shorten(what), fmt.Sprintf("the server says that its answer may be incomplete: %q", shorten(w)))
	}
	for _, w := range infos {
		s.g.note(planner.Info, shorten(what), fmt.Sprintf("the server remarks: %q", shorten(w)))
	}
}

// missing says what the server did not have.
func (s *server) missing(start time.Time) {
	for _, q := range queries() {
		if s.seen[q.needs] == 0 && q.without != "" {
			s.g.note(q.severity, q.needs, "the server has none: "+q.without)
		}
	}
	if s.g.timed && s.g.from > start.Add(24*time.Hour).UnixMilli() {
		s.g.note(planner.Warning, s.name, fmt.Sprintf("its usage begins %s, not %s: does it keep less than the window, or is the cluster younger?",
			time.UnixMilli(s.g.from).UTC().Format(time.RFC3339), start.UTC().Format(time.RFC3339)))
	}
}
