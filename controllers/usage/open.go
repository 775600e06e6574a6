package usage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/tenon-sh/tenon/controllers/files"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Open makes a Source of files, folders (their .csv, .json, .yaml and .yml files, also with .gz, in the order of their
// paths) and "-" for standard input. It looks whether they exist; what they hold is told by their content when they are read.
func Open(paths []string, o Options) (Source, error) {
	o = o.WithDefaults()
	all, err := expand(paths, o)
	if err != nil {
		return Source{}, err
	}
	return Source{
		name: strings.Join(paths, ", "), opts: o,
		read: func(ctx context.Context, g *gatherer) (string, error) {
			r := &reader{ctx: ctx, g: g, total: files.Size(all)}
			for i := range all {
				if err := r.file(&all[i]); err != nil {
					return "", err
				}
			}
			return files.Digest(all), nil
		},
	}, nil
}

// expand turns the arguments into files.
func expand(paths []string, o Options) ([]files.File, error) {
	seen := map[string]bool{}
	for _, path := range paths {
		if path = filepath.Clean(path); seen[path] {
			return nil, fmt.Errorf("%w: %s is named twice; its samples would count twice", ErrInput, path)
		}
		seen[path] = true
	}
	all, err := files.Expand(paths, files.Options{Endings: []string{".csv", ".json", ".yaml", ".yml"}, Most: o.Files})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return all, nil
}

// kind is what a file holds.
type kind int

const (
	samplesCSV kind = iota
	genaiCSV
	objects
)

// sniff tells by the first line, or by the first bytes, what a file holds.
func sniff(head []byte) (kind, error) {
	if hint := foreign(head); hint != "" {
		return 0, errors.New(hint)
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	for len(text) > 0 && text[0] == '#' { // a comment, in either
		_, text, _ = bytes.Cut(text, []byte("\n"))
		text = bytes.TrimLeft(text, " \t\r\n")
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	switch {
	case len(text) == 0:
		return 0, errors.New("it is empty; want CSV of samples, or VPA checkpoints")
	case text[0] == '{' || text[0] == '[' || bytes.HasPrefix(line, []byte("---")), yamlKey(line):
		return objects, nil
	case bytes.Contains(line, []byte("container_ip")) || bytes.Contains(line, []byte("timestamp_anon")):
		return genaiCSV, nil
	}
	return samplesCSV, nil
}

// yamlKey tells a line of YAML, "kind: List", from a header of CSV.
func yamlKey(line []byte) bool {
	key, _, ok := bytes.Cut(line, []byte(":"))
	return ok && !bytes.ContainsAny(key, ", \";\t")
}

// foreign names a file format that is none of ours by its first bytes, with what to do about it.
func foreign(head []byte) string {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "this is UTF-16, as PowerShell's > writes it; write it as UTF-8"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "this is a zip archive or a spreadsheet; export it as CSV"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "this is zstd-compressed; decompress it first (zstd -d), or use gzip"
	case bytes.HasPrefix(head, []byte("\xfd7zXZ")), bytes.HasPrefix(head, []byte("BZh")):
		return "this is compressed with xz or bzip2; decompress it first, or use gzip"
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "this is Parquet; export it as CSV"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "this is gzip within gzip; unpack it once"
	case len(head) > 262 && bytes.Equal(head[257:262], []byte("ustar")):
		return "this is a tar archive; unpack it and name the folder"
	case len(text) > 0 && text[0] == '<':
		return "this is HTML or XML, not CSV; was a login page saved?"
	case bytes.IndexByte(head, 0) >= 0:
		return "this is not text; want CSV of samples, or VPA checkpoints"
	}
	return ""
}

// meter reports bytes as they pass and may stop them.
type meter struct {
	from   io.Reader
	passed func(n int64) error
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	if n > 0 {
		if stop := m.passed(int64(n)); stop != nil {
			return 0, stop
		}
	}
	return n, err
}
