package packio

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
)

// ErrInvalid marks a text that is no instance of the form that it was read as.
var ErrInvalid = errors.New("invalid packing instance")

// MaxBytes is the longest text that Read takes. The longest published instance (BPPLIB's AI with
// 1,000 items) has 8 KB; a million items of six dimensions have about 30 MB.
const MaxBytes = 32 << 20

// MaxDims is how many dimensions an instance may have. The published ones have at most 20.
const MaxDims = 64

// Format is a form of text.
type Format string

// The forms. Auto looks at the file's ending first and at its content second.
const (
	Auto   Format = "auto"
	VBP    Format = "vbp"
	MVP    Format = "mvp"
	BPPLIB Format = "bpplib"
	Baldi  Format = "baldi"
)

// Formats lists what ParseFormat knows.
func Formats() []Format { return []Format{Auto, VBP, MVP, BPPLIB, Baldi} }

// ParseFormat finds a form by its name; "mvbp" is another name of mvp.
func ParseFormat(name string) (Format, error) {
	f := Format(strings.ToLower(name))
	if f == "mvbp" {
		f = MVP
	}
	if !slices.Contains(Formats(), f) {
		return "", fmt.Errorf("%w: no format %q: choose one of %v", ErrInvalid, name, Formats())
	}
	return f, nil
}

// Instance is a packing instance as it was read.
type Instance struct {
	Format  Format
	Problem *model.Problem
	BinIDs  []int64 // for each of Problem.Bins what the file calls it: its id, or its position from 0
}

// InputError is one fault of a text, printed as one line. It matches ErrInvalid.
type InputError struct {
	Source  string
	Line    int // from 1; 0: the text as a whole
	Problem string
}

// Error prints "file:line: problem".
func (e *InputError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Source, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.Source, e.Line, e.Problem)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *InputError) Unwrap() error { return ErrInvalid }

// Read reads an instance. Source is the file's name: it stands in errors, and its ending tells
// the form where that is Auto.
func Read(r io.Reader, source string, format Format) (Instance, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return Instance{}, fmt.Errorf("read %s: %w", source, err)
	}
	if len(text) > MaxBytes {
		return Instance{}, &InputError{Source: source, Problem: fmt.Sprintf("longer than %d MiB", MaxBytes>>20)}
	}
	if format == Auto || format == "" {
		if format = byName(source); format == Auto {
			format = byContent(string(text))
		}
	}
	if format == Auto {
		return guess(string(text), source)
	}
	return read(string(text), source, format)
}

// byName tells the form by the file's ending; .txt and .bpp tell nothing.
func byName(source string) Format {
	switch strings.ToLower(filepath.Ext(source)) {
	case ".vbp":
		return VBP
	case ".mvp", ".mvbp":
		return MVP
	}
	return Auto
}

// byContent tells the forms that have words in them.
func byContent(text string) Format {
	start := strings.TrimSpace(text)
	if strings.HasPrefix(start, "#INSTANCE_BEGIN#") || strings.HasPrefix(start, "$INSTANCE") {
		return MVP
	}
	if strings.Contains(text, "BINTYPES") || strings.Contains(text, "BINS_SECTIONS") {
		return Baldi
	}
	return Auto
}

// guess reads a text of numbers only. The forms differ in how many numbers must follow, so that
// almost always at most one of them fits; where two do, the reader must say which is meant.
func guess(text, source string) (Instance, error) {
	var fits []Instance
	for _, format := range []Format{BPPLIB, VBP, MVP} {
		if in, err := read(text, source, format); err == nil {
			fits = append(fits, in)
		}
	}
	switch len(fits) {
	case 0:
		return Instance{}, &InputError{Source: source, Problem: "neither vbp, mvp, bpplib nor baldi: give --format to learn what is wrong"}
	case 1:
		return fits[0], nil
	}
	return Instance{}, &InputError{Source: source, Problem: fmt.Sprintf("could be %s or %s: give --format", fits[0].Format, fits[1].Format)}
}

func read(text, source string, format Format) (Instance, error) {
	p := &parser{source: source, maker: newMaker()}
	switch format {
	case VBP:
		p.split(text)
		p.vbp()
	case MVP:
		p.split(text)
		p.mvp()
	case BPPLIB:
		p.bpplib(text)
	case Baldi:
		p.baldi(text)
	default:
		return Instance{}, fmt.Errorf("%w: no format %q", ErrInvalid, format)
	}
	p.end()
	if p.err != nil {
		return Instance{}, p.err
	}
	in := Instance{Format: format, Problem: p.maker.problem, BinIDs: p.maker.binIDs}
	if err := in.Problem.Validate(); err != nil {
		return Instance{}, fmt.Errorf("%s: %w: %w", source, ErrInvalid, err)
	}
	return in, nil
}
