package usage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

// ErrInput says that the usage cannot be read; the message names the place and the fix.
var ErrInput = errors.New("usage cannot be read")

// Options bound what a Source takes in. The zero value is usable: every limit has a default.
type Options struct {
	// Stdin is what the path "-" reads; nil: os.Stdin.
	Stdin io.Reader
	// Progress is called now and then with the bytes read so far and how many there are in all; total is -1 where
	// nobody knows. nil: nobody looks.
	Progress func(bytesRead, total int64)
	// MemoryLimit returns the memory limit in bytes of a pod of a recording that tells memory as a share of it; 0: not
	// known. nil: MemoryLimitBytes holds for all.
	MemoryLimit func(pod string) int64
	// MemoryLimitBytes is assumed where MemoryLimit knows none; 0: nothing is assumed, and such memory is left out.
	MemoryLimitBytes int64

	Files     int   // how many files a call may read; 0: 10,000
	Bytes     int64 // how much all files together may hold once they are decompressed; 0: 16 GiB
	Series    int   // how many series there may be; 0: 1,000,000, which take about 600 MB (measured)
	Samples   int64 // how many samples there may be; 0: 1,000,000,000
	LineBytes int   // how long a line may be; a longer one is a bad line; 0: 64 KiB
	// BadLines is how many lines of a file may be unreadable; 0: 1,000. Nor may more than one in a hundred be, once
	// there are more than ten.
	BadLines int64
	// HeldSamples is how many samples wait for their chunk to fill up before all are handed on; 0: 4,000,000 (100 MB).
	HeldSamples int
	// DocumentBytes is how large one object of a checkpoint file may be; 0: 1 MiB. VPA's have 3 KiB.
	DocumentBytes int
}

// WithDefaults returns o with every zero field filled in.
func (o Options) WithDefaults() Options {
	o.Files = cmp.Or(o.Files, 10_000)
	o.Bytes = cmp.Or(o.Bytes, 16<<30)
	o.Series = cmp.Or(o.Series, 1_000_000)
	o.Samples = cmp.Or(o.Samples, 1_000_000_000)
	o.LineBytes = cmp.Or(o.LineBytes, 64<<10)
	o.BadLines = cmp.Or(o.BadLines, 1000)
	o.HeldSamples = cmp.Or(o.HeldSamples, 4_000_000)
	o.DocumentBytes = cmp.Or(o.DocumentBytes, 1<<20)
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	return o
}

// Source is where usage comes from: Open and Prometheus make one. It can be read once.
type Source struct {
	name string
	opts Options
	read func(context.Context, *gatherer) (digest string, err error)
}

// String names the source; it holds no credentials.
func (s Source) String() string { return s.name }

// Report says what was read.
type Report struct {
	Source  string    // the files or the server
	Digest  string    // "sha256:…" of the bytes that were read; of a server, of the queries and what they gave
	From    time.Time // of the first and the last sample that has a time
	To      time.Time
	Series  int64
	Samples int64
	Bytes   int64         // of the files themselves, or of the server's answers
	Faults  []usage.Fault // what could not be read, by metric and reason, with the first example of each
	Notes   []planner.Note
	// Checkpoints are what VPA's recommender remembers: a start without samples. Sorted by namespace, VPA and container.
	Checkpoints []usage.Checkpoint
}

// Read hands all series of a source to sink, in chunks: a later chunk of a series follows an earlier one, and chunks of
// different series mix. The slices of a chunk are the sink's to keep. An error of sink ends the reading and is returned.
//
// The Report of a reading that failed says how far it came.
func Read(ctx context.Context, src Source, sink func(usage.Series) error) (Report, error) {
	if src.read == nil {
		return Report{}, fmt.Errorf("%w: there is no source", ErrInput)
	}
	g := newGatherer(src.opts.WithDefaults(), sink)
	digest, err := src.read(ctx, g)
	if err == nil {
		err = g.flushAll()
	}
	if stop := (*sinkError)(nil); errors.As(err, &stop) {
		err = stop.err
	}
	r := g.report
	r.Source, r.Digest = src.name, digest
	r.Faults = g.tally.Faults()
	if g.timed {
		r.From, r.To = time.UnixMilli(g.from).UTC(), time.UnixMilli(g.to).UTC()
	}
	slices.SortFunc(r.Checkpoints, usage.CompareCheckpoints)
	if err == nil && r.Samples == 0 && len(r.Checkpoints) == 0 {
		err = fmt.Errorf("%w: %s: no usage in it%s", ErrInput, src.name, g.why())
	}
	return r, err
}
