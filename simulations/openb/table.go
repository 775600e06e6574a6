package openb

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

var (
	// ErrInput says that a list cannot be read. The text is one line: file, line, column, what is wrong, what to write.
	ErrInput = errors.New("not an openb list")

	// ErrNoTimes says that Options.At was given for a list that does not say when its pods lived.
	ErrNoTimes = errors.New("the list has no times")
)

const (
	// RowsMax bounds the rows of a list, a hundred times the longest published one.
	RowsMax = 1_000_000

	// lineMax bounds a line. The longest published one has 109 bytes; the rest is room for columns of one's own.
	lineMax = 64 << 10

	// quantityMax bounds every amount: a million cores, or a petabyte of memory, for one pod. A million such rows
	// still sum within an int64.
	quantityMax = 1_000_000_000

	// secondMax bounds every time: that of the year 9999, in seconds since 1970.
	secondMax = 253_402_300_799

	// byteOrderMark is what some spreadsheets put before the header.
	byteOrderMark = "\ufeff"
)

// table reads a comma-separated list line by line, so that a hostile list costs one line of memory. Quoted fields may
// hold commas, but not line breaks.
type table struct {
	file    string
	lines   *bufio.Scanner
	line    int // of the row at hand, from 1
	rows    int
	header  []string
	columns map[string]int
	fields  []string
}

// openTable reads the header and checks that it has the required columns. The hint says what else the file may be.
func openTable(r io.Reader, file string, required []string) (*table, error) {
	t := &table{file: file, lines: bufio.NewScanner(r), columns: map[string]int{}}
	t.lines.Buffer(make([]byte, 0, 4096), lineMax)
	if ok, err := t.scan(); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("%s: %w: it is empty: want a first line %q", file, ErrInput, strings.Join(required, ","))
	}
	header := strings.TrimPrefix(t.lines.Text(), byteOrderMark)
	if strings.HasPrefix(header, "\x1f\x8b") {
		return nil, fmt.Errorf("%s:1: %w: it is gzip: unpack it first", file, ErrInput)
	}
	fields, err := split(header)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w: %w", file, ErrInput, err)
	}
	for i, name := range fields {
		name = strings.ToLower(strings.TrimSpace(name))
		fields[i] = name
		if _, twice := t.columns[name]; twice && name != "" {
			return nil, fmt.Errorf("%s:1: %w: column %q is there twice: keep one", file, ErrInput, shorten(name))
		}
		t.columns[name] = i
	}
	t.header = fields
	if missing := slices.DeleteFunc(slices.Clone(required), t.has); len(missing) > 0 {
		return nil, fmt.Errorf("%s:1: %w: the header lacks %s: want %q%s",
			file, ErrInput, strings.Join(missing, ", "), strings.Join(required, ","), t.hint())
	}
	return t, nil
}

// hint guesses at the commonest mistake, the two files swapped.
func (t *table) hint() string {
	switch {
	case t.has("sn") && t.has("model"):
		return " (this is a node list)"
	case t.has("num_gpu") && t.has("gpu_milli"):
		return " (this is a pod list)"
	}
	return ""
}

// has tells whether the list has a column.
func (t *table) has(column string) bool {
	_, ok := t.columns[column]
	return ok
}

// extra names the columns that nobody asked for, in their order.
func (t *table) extra(known []string) []string {
	var names []string
	for i, name := range t.header {
		switch {
		case name == "":
			names = append(names, "number "+strconv.Itoa(i+1)) // pandas leaves the name of its index empty
		case !slices.Contains(known, name):
			names = append(names, strconv.Quote(shorten(name)))
		}
	}
	return names
}

// next goes to the next row, over empty lines; false at the end.
func (t *table) next() (bool, error) {
	for {
		ok, err := t.scan()
		if err != nil || !ok {
			return false, err
		}
		if strings.TrimSpace(t.lines.Text()) != "" {
			break
		}
	}
	if t.rows++; t.rows > RowsMax {
		return false, fmt.Errorf("%s:%d: %w: more than %d rows: split the list", t.file, t.line, ErrInput, RowsMax)
	}
	fields, err := split(t.lines.Text())
	if err != nil {
		return false, fmt.Errorf("%s:%d: %w: %w", t.file, t.line, ErrInput, err)
	}
	if len(fields) != len(t.header) {
		return false, fmt.Errorf("%s:%d: %w: the row has %d fields, the header %d: give each column a field",
			t.file, t.line, ErrInput, len(fields), len(t.header))
	}
	t.fields = fields
	return true, nil
}

func (t *table) scan() (bool, error) {
	t.line++
	if t.lines.Scan() {
		return true, nil
	}
	switch err := t.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return false, fmt.Errorf("%s:%d: %w: the line is longer than %d bytes", t.file, t.line, ErrInput, lineMax)
	case err != nil:
		return false, fmt.Errorf("read %s: %w", t.file, err)
	}
	return false, nil
}

// split takes a line apart at its commas.
func split(line string) ([]string, error) {
	if !strings.Contains(line, `"`) {
		return strings.Split(line, ","), nil
	}
	fields, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil, errors.New("a quotation mark does not close on its line: a field holds no line break")
	}
	return fields, nil
}

// text is the field of a column; "" where the list has no such column.
func (t *table) text(column string) string {
	at, ok := t.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(t.fields[at])
}

// number is the field of a column as a whole number from 0 to most. pandas writes 8000 as 8000.0 in a column that has
// an empty field somewhere, so a fraction of zero is read.
func (t *table) number(column string, most int64) (int64, error) {
	text := t.text(column)
	if whole, fraction, cut := strings.Cut(text, "."); cut && strings.Trim(fraction, "0") == "" {
		text = whole
	}
	value, err := strconv.ParseUint(text, 10, 63)
	if err != nil || int64(value) > most {
		return 0, t.fault(column, fmt.Sprintf("write a whole number from 0 to %d", most))
	}
	return int64(value), nil
}

// fault says what is wrong with the field of a column in one line.
func (t *table) fault(column, fix string) error {
	what := "is empty"
	if text := t.text(column); text != "" {
		what = "is " + strconv.Quote(shorten(text))
	}
	return fmt.Errorf("%s:%d: %w: column %s %s: %s", t.file, t.line, ErrInput, column, what, fix)
}

// shorten keeps a hostile text from filling the screen. Callers quote it where it may hold control characters.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// isWord tells whether a text may become part of a name: letters, digits and "._-".
func isWord(text string) bool {
	if text == "" || len(text) > 63 { // 63: the length of a Kubernetes label value
		return false
	}
	for _, b := range []byte(text) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', strings.IndexByte("._-", b) >= 0:
		default:
			return false
		}
	}
	return true
}
