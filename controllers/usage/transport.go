package usage

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// errTooLarge says that an answer is larger than it may be: it is asked for again in parts.
var errTooLarge = errors.New("the answer is too large")

// errForeign says that an answer is none of Prometheus's.
var errForeign = errors.New("the answer is not Prometheus's JSON")

// patient sends requests again where that may help, and lets no answer through that is too large, cut off, or something
// else altogether. It reads each answer whole, so that what breaks in the middle is sent again too.
type patient struct {
	next http.RoundTripper
	opts PrometheusOptions
	got  atomic.Int64 // bytes of answers, decompressed
}

// How long it waits before it sends a request again: twice as long each time, and as long as the server says, up to
// a minute. Chosen.
const (
	pauseFirst = 500 * time.Millisecond
	pauseMost  = 30 * time.Second
	pauseAsked = time.Minute
)

// RoundTrip implements http.RoundTripper.
func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := pauseFirst
	for try := 0; ; try++ {
		resp, err := p.once(req)
		again := err != nil && !errors.Is(err, errTooLarge) && !errors.Is(err, errForeign) || err == nil && passing(resp)
		if !again || try >= p.opts.Retries || req.Context().Err() != nil {
			return resp, err
		}
		wait := pause
		if err == nil {
			if s, bad := strconv.Atoi(resp.Header.Get("Retry-After")); bad == nil && s >= 0 {
				wait = max(wait, min(time.Duration(s)*time.Second, pauseAsked))
			}
		}
		if err := p.sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		pause = min(2*pause, pauseMost)
	}
}

func (p *patient) sleep(ctx context.Context, d time.Duration) error {
	if p.opts.pause != nil {
		return p.opts.pause(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passing tells whether a status may be another one soon. Prometheus says 503 of a query that took too long, with the
// reason in JSON: that would take too long again.
func passing(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	case http.StatusServiceUnavailable:
		body, _ := io.ReadAll(resp.Body) // it lies in memory
		resp.Body = io.NopCloser(bytes.NewReader(body))
		var said struct {
			ErrorType string `json:"errorType"`
		}
		return json.Unmarshal(body, &said) != nil || said.ErrorType == ""
	}
	return false
}

// once sends a request once and reads the answer.
func (p *patient) once(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), p.opts.Timeout)
	defer cancel()
	again := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	if p.opts.Tenant != "" {
		again.Header.Set("X-Scope-OrgID", p.opts.Tenant)
	}
	again.Header.Set("Accept-Encoding", "gzip") // so set, the transport leaves it to us, and the limit counts what comes out
	resp, err := p.next.RoundTrip(again)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode/100 == 3 {
		// Credentials are sent with each request, so nobody may lead them elsewhere.
		if to, err := resp.Location(); err != nil || to.Host != req.URL.Host || to.Scheme != req.URL.Scheme {
			return nil, fmt.Errorf("%w: it leads to another server; is a login in between? Name the API's own URL", errForeign)
		}
		resp.Body = http.NoBody
		return resp, nil
	}
	body, err := p.body(resp)
	p.got.Add(int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > p.opts.ResponseBytes {
		return nil, fmt.Errorf("%w: more than %d bytes (ResponseBytes)", errTooLarge, p.opts.ResponseBytes)
	}
	if resp.StatusCode/100 == 2 && resp.StatusCode != http.StatusNoContent {
		if err := prometheusJSON(body); err != nil {
			return nil, err
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// body reads and unpacks an answer's body, one byte further than it may be long.
func (p *patient) body(resp *http.Response) ([]byte, error) {
	var plain io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		plain = unzipped
		resp.Header.Del("Content-Encoding")
	}
	return io.ReadAll(io.LimitReader(plain, p.opts.ResponseBytes+1))
}

// prometheusJSON refuses what a proxy or a login page answers in Prometheus's place, and takes an answer that was cut off
// for broken.
func prometheusJSON(body []byte) error {
	text := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(text) == 0:
		return fmt.Errorf("%w: it is empty", errForeign)
	case text[0] == '<':
		return fmt.Errorf("%w but a page of HTML: is the URL that of the API, and is a login in between?", errForeign)
	case text[0] != '{':
		return fmt.Errorf("%w: it begins with %q", errForeign, shorten(string(text[:min(len(text), 40)])))
	}
	if tail := bytes.TrimRight(text, " \t\r\n"); tail[len(tail)-1] != '}' {
		return errors.New("the answer is cut off")
	}
	return nil
}

// say turns an error of the client into one line with the fix.
func (s *server) say(what string, err error) error {
	if s.ctx.Err() != nil {
		return fmt.Errorf("%s: %w", shorten(what), s.ctx.Err())
	}
	if page := (*url.Error)(nil); errors.As(err, &page) {
		err = page.Err // without the URL: the message names the server
	}
	said := (*v1.Error)(nil)
	if !errors.As(err, &said) {
		return fmt.Errorf("%s: %w", shorten(what), err)
	}
	text := said.Msg + " " + said.Detail
	hint := ""
	switch {
	case said.Type == v1.ErrTimeout || strings.Contains(text, "too many samples") || strings.Contains(text, "query timed out") ||
		strings.Contains(text, "limit") && said.Type == v1.ErrExec || strings.Contains(text, "exceeded maximum resolution"):
		return fmt.Errorf("%s: %w: %s", shorten(what), errTooLarge, shortenTo(said.Msg, 200))
	case strings.Contains(said.Msg, "401") || strings.Contains(said.Msg, "403"):
		hint = "; give a bearer token file, or a user name and a password file"
	case strings.Contains(said.Msg, "404"):
		hint = "; is the URL that of the API, without /api/v1, and is the tenant right?"
	case strings.Contains(text, "no org id"):
		hint = "; give the tenant"
	case strings.Contains(said.Msg, "429"):
		hint = "; ask for a shorter window or a longer step, or later"
	}
	return fmt.Errorf("%s: %s: %q%s", shorten(what), said.Type, shortenTo(strings.TrimSpace(text), 200), hint)
}

// shortenTo is shorten with a length.
func shortenTo(s string, n int) string {
	if len(s) > n {
		return s[:n-3] + "..."
	}
	return s
}
