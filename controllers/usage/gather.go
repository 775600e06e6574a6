package usage

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// chunkSamples is how many samples of a series are handed on at once: enough that what a chunk costs does not show
// beside its samples.
const chunkSamples = 512

// gatherer collects samples into chunks of series and hands them to the sink.
type gatherer struct {
	opts   Options
	sink   func(usage.Series) error
	series map[seriesKey]*chunk
	order  []*chunk // by first sample, so that a flush has an order
	held   int

	report   Report
	tally    usage.Tally
	timed    bool
	from, to int64
	notes    map[string]bool
}

type seriesKey struct {
	key     usage.Key
	metric  usage.Metric
	counter bool
}

// chunk is the part of a series that waits for the sink.
type chunk struct {
	usage.Series
	counter *usage.Counter // its values are a counter's; nil: a gauge's
	begun   bool           // it had a sample
}

func newGatherer(o Options, sink func(usage.Series) error) *gatherer {
	return &gatherer{opts: o, sink: sink, series: map[seriesKey]*chunk{}, notes: map[string]bool{}}
}

// of returns the chunk of a series, a new one if there is none.
func (g *gatherer) of(k usage.Key, m usage.Metric, c *usage.Counter) (*chunk, error) {
	id := seriesKey{k, m, c != nil}
	if x := g.series[id]; x != nil {
		return x, nil
	}
	if len(g.order) >= g.opts.Series {
		return nil, fmt.Errorf("more than %d series (Options.Series); read fewer namespaces, or fewer days, at once", g.opts.Series)
	}
	x := &chunk{Series: usage.Series{Key: k, Metric: m}}
	if c != nil {
		own := *c
		x.counter = &own
	}
	g.series[id] = x
	g.order = append(g.order, x)
	return x, nil
}

// put adds one sample; line is 0 where the source has none.
func (g *gatherer) put(c *chunk, x usage.Sample, origin string, line int64) error {
	if g.report.Samples++; g.report.Samples > g.opts.Samples {
		return fmt.Errorf("more than %d samples (Options.Samples); read fewer days, or a larger step, at once", g.opts.Samples)
	}
	if !g.timed || x.At < g.from {
		g.from = x.At
	}
	if !g.timed || x.At > g.to {
		g.to = x.At
	}
	g.timed = true
	if !c.begun {
		c.begun = true
		g.report.Series++
	}
	if c.Origin != origin && len(c.Samples) > 0 {
		if err := g.flush(c); err != nil {
			return err
		}
	}
	c.Origin = origin
	c.Samples = append(c.Samples, x)
	if line > 0 {
		c.Lines = append(c.Lines, line)
	}
	g.held++
	switch {
	case len(c.Samples) >= chunkSamples:
		return g.flush(c)
	case g.held >= g.opts.HeldSamples:
		return g.flushAll()
	}
	return nil
}

// flush hands a chunk on.
func (g *gatherer) flush(c *chunk) error {
	if len(c.Samples) == 0 {
		return nil
	}
	s := c.Series
	g.held -= len(s.Samples)
	c.Samples, c.Lines = nil, nil
	if c.counter != nil {
		last := s.Samples[len(s.Samples)-1]
		gauge, faults := usage.FromCounter(s, *c.counter)
		c.counter.Before = &last
		g.tally.Add(faults...)
		if len(gauge.Samples) == 0 {
			return nil
		}
		s = gauge
	}
	if err := g.sink(s); err != nil {
		return &sinkError{err}
	}
	return nil
}

func (g *gatherer) flushAll() error {
	for _, c := range g.order {
		if err := g.flush(c); err != nil {
			return err
		}
	}
	return nil
}

// note adds a note once.
func (g *gatherer) note(s planner.Severity, object, text string) {
	if g.notes[object+"\x00"+text] || len(g.notes) >= notesMost {
		return
	}
	g.notes[object+"\x00"+text] = true
	g.report.Notes = append(g.report.Notes, planner.Note{Severity: s, Object: object, Text: text})
}

// notesMost bounds the notes: a server may warn of something else in each answer.
const notesMost = 200

// why says what stands in the way where nothing was read.
func (g *gatherer) why() string {
	for _, n := range g.report.Notes {
		if n.Severity == planner.Warning {
			return "; " + n.Text
		}
	}
	if faults := g.tally.Faults(); len(faults) > 0 {
		return "; " + slices.MaxFunc(faults, func(a, b usage.Fault) int { return cmp.Compare(a.Count, b.Count) }).String()
	}
	return ""
}
