package collect

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/controllers/files"
	"github.com/tenon-sh/tenon/controllers/kube"
)

// ErrInput says that the input cannot be read; the message names the place and the fix.
var ErrInput = errors.New("input cannot be read")

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Options bound what Read takes in. The zero value is usable: every limit has a default.
type Options struct {
	// Stdin is what the path "-" reads; nil: os.Stdin.
	Stdin io.Reader
	// Progress is called now and then from one goroutine with the bytes read so far and how many there are in all;
	// total is -1 where standard input is read. nil: nobody looks.
	Progress func(bytesRead, total int64)
	// Workers is how many goroutines parse; 0: as many as GOMAXPROCS.
	Workers int

	// Files is how many files a call may read; 0: 10,000.
	Files int
	// Bytes is how much all files together may hold once they are decompressed; 0: 16 GiB.
	// 100,000 pods are about 0.5 GiB, so this only stops a bomb.
	Bytes int64
	// ItemBytes is how large one object may be; 0: 16 MiB. An API server takes 1.5 MiB at most (etcd's request limit).
	ItemBytes int
	// ParsedBytes is how much of one YAML object may be left for the parser, which takes a hundred times that memory,
	// once managed fields, annotations and the like are gone; 0: 4 MiB.
	ParsedBytes int
	// DocumentBytes is how large a YAML document may be that is not laid out as kubectl does and has to be parsed
	// as a whole; 0: 8 MiB.
	DocumentBytes int
	// HeldBytes is how much a typed list may hold before it says its kind, where its items do not; 0: 256 MiB.
	HeldBytes int
	// Objects is how many objects may be kept; 0: 2,000,000.
	Objects int
	// Depth is how deeply values may be nested; 0: 100. Kubernetes' own types need 20.
	Depth int
	// Values is how many values one object may hold; 0: 200,000. A container of two bytes in the input takes 800 in memory.
	Values int
	// Unknown is how many different kinds without use may occur; 0: 10,000.
	Unknown int
}

// WithDefaults returns o with every zero field filled in.
func (o Options) WithDefaults() Options {
	o.Files = cmp.Or(o.Files, 10_000)
	o.Bytes = cmp.Or(o.Bytes, 16<<30)
	o.ItemBytes = cmp.Or(o.ItemBytes, 16<<20)
	o.ParsedBytes = cmp.Or(o.ParsedBytes, 4<<20)
	o.DocumentBytes = cmp.Or(o.DocumentBytes, 8<<20)
	o.HeldBytes = cmp.Or(o.HeldBytes, 256<<20)
	o.Objects = cmp.Or(o.Objects, 2_000_000)
	o.Depth = cmp.Or(o.Depth, 100)
	o.Values = cmp.Or(o.Values, 200_000)
	o.Unknown = cmp.Or(o.Unknown, 10_000)
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	return o
}

// Read reads all objects from files, folders and standard input. See the package comment.
func Read(paths []string, opts Options) (*kube.Objects, error) {
	opts = opts.WithDefaults()
	all, err := expand(paths, opts)
	if err != nil {
		return nil, err
	}
	r := &reader{opts: opts, total: files.Size(all), progress: opts.Progress}
	p := newPipeline(opts)
	for i := range all {
		if err = r.file(&all[i], p); err != nil {
			break
		}
	}
	objects, perr := p.finish(err == nil)
	if err := cmp.Or(perr, err); err != nil { // the pipeline's error is about an earlier place in the input
		return nil, err
	}
	objects.Source = strings.Join(paths, ", ")
	objects.Digest = files.Digest(all)
	objects.At = newest(objects.Pods)
	return objects, nil
}

// expand turns the arguments into files.
func expand(paths []string, opts Options) ([]files.File, error) {
	if first := slices.Index(paths, Stdin); first >= 0 && slices.Contains(paths[first+1:], Stdin) {
		return nil, fmt.Errorf("%w: standard input (-) is named twice; name it once", ErrInput)
	}
	all, err := files.Expand(paths, files.Options{Endings: []string{".yaml", ".yml", ".json"}, Most: opts.Files})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return all, nil
}

// newest is when the youngest pod started: the least that can be said of when the dump was taken. A file's own time would
// say more, and would make two copies of one dump differ.
func newest(pods []kube.Pod) time.Time {
	var at time.Time
	for _, p := range pods {
		if p.Started.After(at) {
			at = p.Started
		}
	}
	return at.UTC()
}

// reader carries what all files of one call share.
type reader struct {
	opts     Options
	progress func(read, total int64)
	total    int64
	read     int64 // compressed bytes, for progress
	expanded int64 // decompressed bytes, for the limit
	reported int64
}

// progressStep is how many bytes pass between two calls of Options.Progress: a hundred steps in the dump of a large cluster.
const progressStep = 4 << 20

// file reads one source and feeds its items to p.
func (r *reader) file(f *files.File, p *pipeline) error {
	var raw io.Reader = r.opts.Stdin
	if f.Path != Stdin {
		file, err := os.Open(f.Path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		defer file.Close()
		raw = file
	}
	counted := &meter{from: io.TeeReader(raw, f.Sum), passed: r.advance}
	buffered := bufio.NewReaderSize(counted, 1<<20)
	err := r.split(buffered, f.Name, p)
	if errors.Is(err, errStopped) {
		return nil // the pipeline knows why
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrInput, f.Name, explain(err))
	}
	if _, err := io.Copy(io.Discard, buffered); err != nil { // whatever follows belongs to the digest
		return fmt.Errorf("%w: %s: %w", ErrInput, f.Name, err)
	}
	return nil
}

// advance counts bytes of the files themselves.
func (r *reader) advance(n int64) error {
	r.read += n
	if r.progress != nil && (r.read-r.reported >= progressStep || r.read == r.total) {
		r.reported = r.read
		r.progress(r.read, r.total)
	}
	return nil
}

// expand counts bytes after decompression.
func (r *reader) expand(n int64) error {
	if r.expanded += n; r.expanded > r.opts.Bytes {
		return fmt.Errorf("more than %d bytes once decompressed (Options.Bytes)", r.opts.Bytes)
	}
	return nil
}

// split decompresses where needed, looks at the first bytes and hands over to the splitter for what it sees.
func (r *reader) split(raw *bufio.Reader, name string, p *pipeline) error {
	var plain io.Reader = raw
	if head, _ := raw.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(raw)
		if err != nil {
			return err
		}
		defer unzipped.Close()
		plain = unzipped
	}
	text := bufio.NewReaderSize(&meter{from: plain, passed: r.expand}, 1<<20)
	if bom, _ := text.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = text.Discard(3)
	}
	head, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if hint := foreign(head); hint != "" {
		return errors.New(hint)
	}
	items := &emitter{file: name, out: p, opts: r.opts}
	if looksLikeJSON(head) {
		return splitJSON(text, items)
	}
	return splitYAML(text, items)
}

// looksLikeJSON tells JSON from YAML, whose flow style begins with the same brackets but need not quote its keys.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || (head[0] != '{' && head[0] != '[') {
		return false
	}
	inner := bytes.TrimLeft(head[1:], " \t\r\n")
	if head[0] == '[' {
		return len(inner) == 0 || inner[0] != '{' || looksLikeJSON(inner)
	}
	return len(inner) == 0 || inner[0] == '"' || inner[0] == '}'
}

// foreign names a file format that is none of ours by its first bytes, with what to do about it.
func foreign(head []byte) string {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return "this is UTF-16, as PowerShell's > writes it; write UTF-8: kubectl … | Out-File -Encoding utf8 cluster.yaml"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "this is a zip archive; unpack it and name the folder"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "this is zstd-compressed; decompress it first (zstd -d), or use gzip"
	case bytes.HasPrefix(head, []byte("\xfd7zXZ")), bytes.HasPrefix(head, []byte("BZh")):
		return "this is compressed with xz or bzip2; decompress it first, or use gzip"
	case len(head) > 262 && bytes.Equal(head[257:262], []byte("ustar")):
		return "this is a tar archive; unpack it and name the folder"
	case len(text) > 0 && text[0] == '<':
		return "this is HTML or XML, not a cluster dump; was a login page saved? Write it again with kubectl get … -A -o yaml"
	case bytes.HasPrefix(text, []byte("NAMESPACE ")), bytes.HasPrefix(text, []byte("NAME ")):
		return "this is kubectl's table; write it again with -o yaml"
	case bytes.HasPrefix(text, []byte("error:")), bytes.HasPrefix(text, []byte("Error from server")):
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return fmt.Sprintf("begins with kubectl's own error, %.120q; ask only for kinds that the server has, and keep stderr out of the file", line)
	}
	return ""
}

// explain adds the likely reason to an error of a decompressor.
func explain(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("ends in the middle (%w); it was cut off, copy it again", err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("damaged gzip data (%w); copy it again", err)
	}
	return err
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
