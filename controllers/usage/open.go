package usage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Open makes a Source of files, folders (their .csv, .json, .yaml and .yml files, also with .gz, in the order of their
// paths) and "-" for standard input. It looks whether they exist; what they hold is told by their content when they are read.
func Open(paths []string, o Options) (Source, error) {
	o = o.WithDefaults()
	files, err := expand(paths, o)
	if err != nil {
		return Source{}, err
	}
	return Source{
		name: strings.Join(paths, ", "), opts: o,
		read: func(ctx context.Context, g *gatherer) (string, error) {
			r := &reader{ctx: ctx, g: g, total: totalSize(files)}
			for i := range files {
				if err := r.file(&files[i]); err != nil {
					return "", err
				}
			}
			return digest(files), nil
		},
	}, nil
}

// input is one file to read. name is how messages and the digest call it: relative to the folder that was given.
type input struct {
	path, name string
	size       int64
	inFolder   bool
	sum        hash.Hash
}

// expand turns the arguments into files.
func expand(paths []string, o Options) ([]input, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: no file given; name a file, a folder or - for standard input", ErrInput)
	}
	var files []input
	seen := map[string]bool{}
	for _, path := range paths {
		path = filepath.Clean(path)
		if seen[path] {
			return nil, fmt.Errorf("%w: %s is named twice; its samples would count twice", ErrInput, path)
		}
		seen[path] = true
		if path == Stdin {
			files = append(files, input{path: path, name: "stdin", size: -1, sum: sha256.New()})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInput, err)
		}
		if !info.IsDir() {
			files = append(files, input{path: path, name: filepath.Base(path), size: info.Size(), sum: sha256.New()})
			continue
		}
		inside, err := folder(path, o.Files)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrInput, path, err)
		}
		files = append(files, inside...)
	}
	if len(files) > o.Files {
		return nil, fmt.Errorf("%w: more than %d files (Options.Files); read fewer at once", ErrInput, o.Files)
	}
	return files, nil
}

// folder lists the files of a folder that can hold usage, sorted by their path.
func folder(root string, limit int) ([]input, error) {
	var files []input
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.ToLower(entry.Name()), ".gz")
		if entry.IsDir() || !slices.Contains([]string{".csv", ".json", ".yaml", ".yml"}, filepath.Ext(name)) {
			return nil
		}
		info, err := os.Stat(path) // follows a link to a file, as a ConfigMap's mount has them
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files = append(files, input{path: path, name: filepath.ToSlash(rel), size: info.Size(), inFolder: true, sum: sha256.New()})
		if len(files) > limit {
			return fmt.Errorf("more than %d files (Options.Files); read fewer at once", limit)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no .csv, .json, .yaml or .yml file in this folder (also .gz)")
	}
	slices.SortFunc(files, func(a, b input) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// digest names the input: of one file the hash of its bytes, so that sha256sum prints the same; of several the hash of
// their names and hashes, which does not change when the folder moves.
func digest(files []input) string {
	if len(files) == 1 && !files[0].inFolder {
		return "sha256:" + hex.EncodeToString(files[0].sum.Sum(nil))
	}
	all := sha256.New()
	for _, f := range files {
		fmt.Fprintf(all, "%s\x00%x\n", f.name, f.sum.Sum(nil))
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil))
}

func totalSize(files []input) int64 {
	var total int64
	for _, f := range files {
		if f.size < 0 {
			return -1
		}
		total += f.size
	}
	return total
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
