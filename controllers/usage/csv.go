package usage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenon-sh/tenon/controllers/files"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// samples reads CSV of samples.
func (r *reader) samples(text *bufio.Reader, f *files.File) error {
	t, err := openTable(text, r.g.opts.LineBytes)
	if err != nil {
		return err
	}
	if err := t.need("timestamp", "namespace", "container", "metric", "value"); err != nil {
		return err
	}
	if !t.has("workload") && !t.has("pod") {
		return t.need("workload or pod")
	}
	s := &sampleTable{table: t, g: r.g, file: f.Name, lanes: map[string]*lane{}}
	for i, name := range keyColumns {
		s.keys[i] = t.column(name)
	}
	s.at, s.value = t.column("timestamp"), t.column("value")
	return s.all(r)
}

// keyColumns are the columns that tell one series from another, in the order of the fields of lane's making.
var keyColumns = [...]string{"metric", "unit", "namespace", "workload", "pod", "container", "device", "slice", "shared"}

const (
	metricColumn = iota
	unitColumn
	namespaceColumn
	workloadColumn
	podColumn
	containerColumn
	deviceColumn
	sliceColumn
	sharedColumn
)

// sampleTable reads the lines of one file.
type sampleTable struct {
	*table
	g         *gatherer
	file      string
	keys      [len(keyColumns)]int // where keyColumns are; -1: not there
	at, value int
	lanes     map[string]*lane // by the bytes of the key columns
	id        []byte
	clock     clock
	guess     guess // values whose unit nobody named
	said      guess // and the others
	bad       badLines
}

// lane is what all lines with the same key columns share.
type lane struct {
	chunk   *chunk
	factor  float64
	guessed bool
	err     error // what is wrong with all of them
}

// all reads all lines.
func (s *sampleTable) all(r *reader) error {
	for {
		err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.sample()
		}
		if errors.Is(err, errLine) {
			err = s.bad.count(s.g, s.file, s.line, err)
		}
		if err != nil {
			return at(s.line, err)
		}
		s.bad.lines++
		if s.line%4096 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
	}
	if err := s.bad.verdict(s.g.opts); err != nil {
		return err
	}
	if err := s.said.verdict(); err != nil {
		s.g.note(planner.Warning, s.file, err.Error()+"? The file's own unit was believed")
	}
	if err := s.guess.verdict(); err != nil {
		return fmt.Errorf("%w? Add a column unit, which is believed", err)
	}
	return nil
}

// sample reads one line's sample.
func (s *sampleTable) sample() error {
	l, err := s.lane()
	if err != nil {
		return err
	}
	if l.err != nil {
		return l.err
	}
	at, err := s.clock.read(s.fields[s.at])
	if err != nil {
		return err
	}
	v, err := value(s.fields[s.value])
	if err != nil {
		return err
	}
	if l.guessed {
		s.guess.see(l.chunk.Metric, v)
	} else if l.chunk.counter == nil {
		v *= l.factor
		s.said.see(l.chunk.Metric, v)
	}
	return s.g.put(l.chunk, usage.Sample{At: at, Value: v}, s.file, s.line)
}

// lane finds the series of a line.
func (s *sampleTable) lane() (*lane, error) {
	s.id = s.id[:0]
	for _, i := range s.keys {
		if i >= 0 {
			s.id = append(s.id, bytes.TrimSpace(s.fields[i])...)
		}
		s.id = append(s.id, 0)
	}
	if l := s.lanes[string(s.id)]; l != nil {
		return l, nil
	}
	l, err := s.newLane()
	if errors.Is(err, errLine) {
		// What is wrong with the key columns is wrong with the next line too; but only so many are remembered.
		l, err = &lane{err: err}, nil
		if len(s.lanes) >= s.g.opts.Series {
			return l, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if len(s.lanes) >= 2*s.g.opts.Series {
		return nil, fmt.Errorf("more than %d different series (Options.Series); read fewer at once", s.g.opts.Series)
	}
	s.lanes[string(s.id)] = l
	return l, nil
}

func (s *sampleTable) newLane() (*lane, error) {
	var text [len(keyColumns)]string
	for i, at := range s.keys {
		if at >= 0 {
			text[i] = string(bytes.TrimSpace(s.fields[at]))
		}
	}
	m, ok := measureOf(text[metricColumn])
	if !ok {
		return nil, &unknownMetric{text[metricColumn]}
	}
	factor, err := unitOf(m, text[unitColumn])
	if err != nil {
		return nil, err
	}
	k := usage.Key{Namespace: text[namespaceColumn], Pod: text[podColumn], Container: text[containerColumn], Device: text[deviceColumn], Slice: text[sliceColumn]}
	for i := namespaceColumn; i <= sliceColumn; i++ {
		if err := hygiene(keyColumns[i], text[i]); err != nil {
			return nil, err
		}
	}
	if k.Workload, err = workload(k.Namespace, text[workloadColumn]); err != nil {
		return nil, err
	}
	switch {
	case k.Namespace == "":
		return nil, badLine("no namespace")
	case k.Pod == "" && text[workloadColumn] == "":
		return nil, badLine("neither a pod nor a workload")
	case k.Container == "" && m.metric != usage.Replicas:
		return nil, badLine("no container")
	}
	switch strings.ToLower(text[sharedColumn]) {
	case "true", "1", "yes":
		k.Shared = true
	case "", "false", "0", "no":
	default:
		return nil, badLine("shared is %q; want true or false", shorten(text[sharedColumn]))
	}
	c, err := s.g.of(k, m.metric, m.count)
	return &lane{chunk: c, factor: factor, guessed: factor == 0}, err
}

// unknownMetric is about a line that measures something else: it is counted and is no bad line.
type unknownMetric struct{ name string }

func (u *unknownMetric) Error() string { return fmt.Sprintf("metric %q", shorten(u.name)) }

// Is makes it an errLine.
func (u *unknownMetric) Is(target error) bool { return target == errLine }

// workload reads "Deployment/web", or "web" where the kind is not known.
func workload(namespace, text string) (planner.Ref, error) {
	if text == "" {
		return planner.Ref{}, nil
	}
	kind, name, ok := strings.Cut(text, "/")
	if !ok {
		kind, name = "", text
	}
	if name == "" || strings.Contains(name, "/") {
		return planner.Ref{}, badLine("workload %q; want Kind/name, or a name", shorten(text))
	}
	return planner.Ref{Namespace: namespace, Kind: kind, Name: name}, nil
}

// nameMost is the longest name of an object that Kubernetes allows, in bytes.
const nameMost = 253

// hygiene refuses what can be no name: it would go into tables, reports and queries. It is wider than Kubernetes' rule,
// since recordings have ids of their own.
func hygiene(what, name string) error {
	if len(name) > nameMost {
		return badName(fmt.Sprintf("%s of %d bytes; names have at most %d", what, len(name), nameMost))
	}
	if !utf8.ValidString(name) {
		return badName(what + " is not UTF-8")
	}
	for _, c := range name {
		if c <= ' ' || c == 0x7f || strings.ContainsRune("\"'<>`\\,;", c) || (c >= 0x80 && c < 0xa0) || (c >= 0x2000 && c <= 0x206f) {
			return badName(fmt.Sprintf("%s %q has a character that no name has", what, shorten(name)))
		}
	}
	return nil
}

// badName is a bad line because of a name.
type badName string

func (b badName) Error() string { return string(b) }

// Is makes it an errLine.
func (b badName) Is(target error) bool { return target == errLine }

// clock reads timestamps. All of a file's are in one form: the first number decides its unit.
type clock struct {
	scale usage.Scale
	last  []byte
	at    int64
}

// read returns milliseconds.
func (c *clock) read(b []byte) (int64, error) {
	if len(c.last) > 0 && bytes.Equal(b, c.last) {
		return c.at, nil
	}
	at, err := c.parse(bytes.TrimSpace(b))
	if err == nil {
		c.last, c.at = append(c.last[:0], b...), at
	}
	return at, err
}

func (c *clock) parse(b []byte) (int64, error) {
	x, ok := number(b)
	if !ok {
		return instant(string(b))
	}
	s := usage.ScaleOf(x)
	switch {
	case s == usage.NoScale:
		return 0, badLine("timestamp %q is no time of 2000 to 2099 in seconds, milliseconds, micro- or nanoseconds since 1970", shorten(string(b)))
	case c.scale == usage.NoScale:
		c.scale = s
	case c.scale != s:
		return 0, badLine("timestamp %q is in %s, those before it in %s", shorten(string(b)), s, c.scale)
	}
	at, ok := usage.Instant(x, s)
	if !ok {
		return 0, badLine("timestamp %q is no time", shorten(string(b)))
	}
	return at, nil
}

// instant reads RFC 3339, also with a space in place of the T.
func instant(text string) (int64, error) {
	if len(text) > len("2006-01-02") && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if _, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			return 0, badLine("timestamp %q has no time zone; write 2026-11-01T00:00:00Z", shorten(text))
		}
		return 0, badLine("timestamp %q; want RFC 3339 as 2026-11-01T00:00:00Z, or seconds or milliseconds since 1970", shorten(text))
	}
	ms := at.UnixMilli()
	if ms < 0 || ms >= usage.LatestMillis {
		return 0, badLine("timestamp %q is not between 1970 and 2099", shorten(text))
	}
	return ms, nil
}

// badLines counts the lines of a file that cannot be read.
type badLines struct {
	lines, bad int64
	first      error
	firstLine  int64
}

// toleratedLines is how many bad lines any file may have. Chosen: a hand that edited a file leaves a few.
const toleratedLines = 10

// count takes down a bad line, and refuses the file where there are too many.
func (b *badLines) count(g *gatherer, file string, line int64, err error) error {
	fault := usage.Fault{Reason: usage.Unreadable, Count: 1, Example: err.Error(), Origin: file, Line: line}
	if other := (*unknownMetric)(nil); errors.As(err, &other) {
		fault.Reason = usage.NotKnown
		g.tally.Add(fault)
		return nil
	}
	if label := badName(""); errors.As(err, &label) {
		fault.Reason = usage.BadName
	}
	g.tally.Add(fault)
	if b.bad++; b.first == nil {
		b.first, b.firstLine = errors.New(err.Error()), line
	}
	if b.bad > g.opts.BadLines {
		return b.refuse()
	}
	return nil
}

func (b *badLines) refuse() error {
	return &placed{b.firstLine, fmt.Errorf("%w; %d such lines of %d: this is not a few bad lines; write the file again", b.first, b.bad, b.lines+1)}
}

// verdict refuses a file of which too much cannot be read.
func (b *badLines) verdict(o Options) error {
	if b.bad > toleratedLines && b.bad*100 > b.lines || b.bad > o.BadLines || (b.bad > 0 && b.bad == b.lines) {
		b.lines--
		return b.refuse()
	}
	return nil
}
