package usage

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Reason says what is wrong with a sample, or with a series.
type Reason string

// The reasons. What becomes of a sample is in the name of the group.
const (
	// Dropped: the sample is gone.
	NotNumber  Reason = "not-a-number"  // NaN; also what Prometheus marks a series' end with
	Infinite   Reason = "infinite"      // +Inf or -Inf
	Negative   Reason = "negative"      // below 0 by more than noise
	Impossible Reason = "impossible"    // more than any machine has: see Most
	BadTime    Reason = "time"          // outside Options.From to Options.To, or not a time
	Late       Reason = "late"          // older than a sample that was handed on already
	Duplicate  Reason = "duplicate"     // a sample at the same instant counts: the larger of them
	Reset      Reason = "counter-reset" // a counter fell: what happened in between is not known
	Unreadable Reason = "unreadable"    // it cannot be read
	BadName    Reason = "name"          // the pod, container or namespace has a name that Kubernetes does not allow
	NotKnown   Reason = "not-known"     // a metric or a unit that is none of ours

	// Changed: the sample stays, and differs from what the source gave.
	Noise    Reason = "noise"        // a fraction just below 0 or just above 1 became 0 or 1
	Disorder Reason = "out-of-order" // it was put in its place
	TimeUnit Reason = "time-unit"    // its time was in seconds, microseconds or nanoseconds

	// Condemned: nothing is dropped, and the series must not be believed.
	Unit Reason = "unit" // it is in another unit than it claims, or changes its unit on the way

	// Noted: nothing is wrong with the samples that are there.
	Hole Reason = "hole" // samples that are missing between others
)

// Effect is what a Reason does to the samples.
type Effect int

// The effects, from the least to the worst.
const (
	Noted Effect = iota
	Changed
	Dropped
	Condemned
)

// Effect tells what becomes of the samples that a reason is about.
func (r Reason) Effect() Effect {
	switch r {
	case Unit:
		return Condemned
	case Hole:
		return Noted
	case Noise, Disorder, TimeUnit:
		return Changed
	case NotNumber, Infinite, Negative, Impossible, BadTime, Late, Duplicate, Reset, Unreadable, BadName, NotKnown:
	}
	return Dropped
}

// Fault is what was found wrong with the samples of one series, for one reason.
type Fault struct {
	Key     Key
	Metric  Metric
	Reason  Reason
	Count   int64  // samples; of Hole those that are missing
	Example string // the first of them, in words
	Origin  string // where the example is: file or server, and
	Line    int64  // the line; 0 where there is none
}

// String says it in one line.
func (f Fault) String() string {
	where := f.Origin
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.Origin, f.Line)
	}
	if where != "" {
		where += ": "
	}
	what := ""
	if f.Metric != "" {
		what = string(f.Metric) + " of "
	}
	if f.Key != (Key{}) {
		what += f.Key.String() + ": "
	}
	return fmt.Sprintf("%s%s%s × %d, such as %s", where, what, f.Reason, f.Count, f.Example)
}

// String names what a series is of, as "namespace/pod/container".
func (k Key) String() string {
	name := k.Namespace + "/" + k.Pod
	if k.Pod == "" {
		name = k.Workload.String()
	}
	for _, more := range []string{k.Container, k.Device, k.Slice} {
		if more != "" {
			name += "/" + more
		}
	}
	return name
}

// Tally adds faults up by metric and reason, and keeps the first example of each: it stays small however many there are.
// Its zero value is empty.
type Tally struct {
	faults []Fault
	at     map[tallied]int
}

type tallied struct {
	metric Metric
	reason Reason
}

// Add counts faults. A metric that is none of Metrics is counted under "": sources may name as many as they like.
func (t *Tally) Add(faults ...Fault) {
	for _, f := range faults {
		if !f.Metric.Known() {
			f.Metric = ""
		}
		k := tallied{f.Metric, f.Reason}
		if i, ok := t.at[k]; ok {
			t.faults[i].Count += f.Count
			continue
		}
		if t.at == nil {
			t.at = map[tallied]int{}
		}
		t.at[k] = len(t.faults)
		t.faults = append(t.faults, f)
	}
}

// Faults returns the sums, sorted by metric and reason.
func (t *Tally) Faults() []Fault {
	all := slices.Clone(t.faults)
	slices.SortFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// Count returns how many samples have faults of an effect.
func (t *Tally) Count(e Effect) int64 {
	var n int64
	for _, f := range t.faults {
		if f.Reason.Effect() == e {
			n += f.Count
		}
	}
	return n
}

// doubtPercent is how much of a series may be dropped before the rest is not believed either. Chosen: a scrape that
// fails now and then loses less, a broken exporter loses more.
const doubtPercent = 5

// Doubt says why a series of which so many samples were kept must not be believed; "" where it may be.
// Duplicates are no reason: two scrapers of one target make as many as there are samples.
func Doubt(kept int64, faults []Fault) string {
	var bad int64
	for _, f := range faults {
		if f.Reason.Effect() == Condemned {
			return f.String()
		}
		if f.Reason.Effect() == Dropped && f.Reason != Duplicate {
			bad += f.Count
		}
	}
	if bad > 0 && bad*100 > (kept+bad)*doubtPercent {
		return fmt.Sprintf("%d of %d samples cannot be true, more than %d %%", bad, kept+bad, doubtPercent)
	}
	return ""
}

// moment prints an instant of a Sample.
func moment(ms int64) string {
	if ms < 0 || ms > LatestMillis {
		return fmt.Sprintf("the instant %d ms", ms)
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z")
}
