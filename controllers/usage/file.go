package usage

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/tenon-sh/tenon/controllers/files"
)

// reader carries what all files of one call share.
type reader struct {
	ctx      context.Context // it lives as long as one call of Read
	g        *gatherer
	total    int64
	read     int64 // compressed bytes
	expanded int64 // decompressed bytes
	reported int64
}

// progressStep is how many bytes pass between two calls of Options.Progress.
const progressStep = 4 << 20

// What makes a gzip bomb: so many times its size, once it is that large. Chosen: CSV of samples shrinks ten- to fiftyfold,
// and no gzip more than 1032-fold.
const (
	bombFactor = 500
	bombBytes  = 64 << 20
)

// file reads one file.
func (r *reader) file(f *files.File) error {
	raw := r.g.opts.Stdin
	if f.Path != Stdin {
		file, err := os.Open(f.Path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		defer file.Close()
		raw = file
	}
	before := r.read
	counted := bufio.NewReaderSize(&meter{from: io.TeeReader(raw, f.Sum), passed: r.advance}, 1<<18)
	err := r.plain(counted, f, before)
	if err == nil {
		_, err = io.Copy(io.Discard, counted) // whatever follows belongs to the digest
	}
	switch stop := (*sinkError)(nil); {
	case err == nil, errors.As(err, &stop):
		return err
	case r.ctx.Err() != nil:
		return fmt.Errorf("%s: %w", f.Name, r.ctx.Err())
	}
	return fmt.Errorf("%w: %w", ErrInput, explain(f.Name, err))
}

// plain decompresses where needed and hands over to the reader for what it sees.
func (r *reader) plain(raw *bufio.Reader, f *files.File, before int64) error {
	var plain io.Reader = raw
	zipped := false
	if head, _ := raw.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(raw)
		if err != nil {
			return err
		}
		defer unzipped.Close()
		plain, zipped = unzipped, true
	}
	var mine int64
	text := bufio.NewReaderSize(&meter{from: plain, passed: func(n int64) error {
		mine += n
		if r.expanded += n; r.expanded > r.g.opts.Bytes {
			return fmt.Errorf("more than %d bytes once decompressed (Options.Bytes); read fewer files at once", r.g.opts.Bytes)
		}
		if zipped && mine > bombBytes && mine > bombFactor*(r.read-before) {
			return fmt.Errorf("%d bytes of gzip became more than %d: no recording shrinks so far; unpack it to have it read", r.read-before, mine)
		}
		return r.ctx.Err()
	}}, r.g.opts.LineBytes+2) // a line and its end
	if bom, _ := text.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(3)
	}
	head, err := text.Peek(min(4096, r.g.opts.LineBytes))
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	what, err := sniff(head)
	if err != nil {
		return err
	}
	switch what {
	case objects:
		return r.checkpoints(text, f)
	case genaiCSV:
		return r.genai(text, f)
	case samplesCSV:
	}
	return r.samples(text, f)
}

// advance counts bytes of the files themselves.
func (r *reader) advance(n int64) error {
	r.read += n
	r.g.report.Bytes = r.read
	if p := r.g.opts.Progress; p != nil && (r.read-r.reported >= progressStep || r.read == r.total) {
		r.reported = r.read
		p(r.read, r.total)
	}
	return r.ctx.Err()
}

// placed is an error that knows its line.
type placed struct {
	line int64
	err  error
}

// at adds a line to an error that has none.
func at(line int64, err error) error {
	if has := (*placed)(nil); errors.As(err, &has) {
		return err
	}
	return &placed{line, err}
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// sinkError is what the sink said: it is returned as it is.
type sinkError struct{ err error }

func (s *sinkError) Error() string { return s.err.Error() }
func (s *sinkError) Unwrap() error { return s.err }

// explain adds the place, and the likely reason to an error of a decompressor.
func explain(name string, err error) error {
	var at *placed
	if errors.As(err, &at) {
		name = fmt.Sprintf("%s:%d", name, at.line)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: ends in the middle (%w); it was cut off, copy it again", name, err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%s: damaged gzip data (%w); copy it again", name, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}
