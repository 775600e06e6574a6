package usage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// table reads comma-separated lines one by one, so that a hostile file costs one line of memory. Quoted fields may hold
// commas and doubled quotes, but no line breaks.
type table struct {
	text    *bufio.Reader // as large as a line may be
	most    int
	line    int64
	columns map[string]int
	width   int
	fields  [][]byte // of the line at hand; they live until the next
	unquote []byte
}

// errLine says that a line cannot be read: it is counted, and the next one is.
var errLine = errors.New("")

// badLine makes an errLine.
func badLine(format string, args ...any) error {
	return fmt.Errorf("%w"+format, append([]any{errLine}, args...)...)
}

// openTable reads the header.
func openTable(text *bufio.Reader, most int) (*table, error) {
	t := &table{text: text, most: most, columns: map[string]int{}}
	for {
		row, err := t.scan()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it has no header")
		}
		if err != nil {
			return nil, &placed{t.line, err}
		}
		if len(bytes.TrimSpace(row)) == 0 || row[0] == '#' {
			continue
		}
		if !bytes.ContainsRune(row, ',') && bytes.ContainsAny(row, ";\t") {
			return nil, &placed{t.line, errors.New("the columns are separated by semicolons or tabs; write commas, and points in numbers")}
		}
		if err := t.split(row); err != nil {
			return nil, &placed{t.line, err}
		}
		break
	}
	for i, f := range t.fields {
		name := strings.ToLower(strings.TrimSpace(string(f)))
		if _, twice := t.columns[name]; twice && name != "" {
			return nil, &placed{t.line, fmt.Errorf("column %q is there twice; keep one", shorten(name))}
		}
		t.columns[name] = i
	}
	t.width = len(t.fields)
	return t, nil
}

// need checks that columns are there.
func (t *table) need(names ...string) error {
	missing := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return t.has(n) })
	if len(missing) == 0 {
		return nil
	}
	return &placed{t.line, fmt.Errorf("the header lacks %s; the first line must name the columns: timestamp,namespace,workload,pod,container,metric,value (and unit, device, slice, shared)",
		strings.Join(missing, ", "))}
}

func (t *table) has(name string) bool { _, ok := t.columns[name]; return ok }

// column returns the index of a column, -1 where there is none.
func (t *table) column(name string) int {
	if i, ok := t.columns[name]; ok {
		return i
	}
	return -1
}

// next reads a line into fields. It skips empty lines. An errLine is about this line only.
func (t *table) next() error {
	for {
		row, err := t.scan()
		if err != nil {
			return err
		}
		if len(row) == 0 {
			continue
		}
		if err := t.split(row); err != nil {
			return err
		}
		if len(t.fields) != t.width {
			return badLine("%d fields where the header has %d", len(t.fields), t.width)
		}
		return nil
	}
}

// scan returns the next line without its end.
func (t *table) scan() ([]byte, error) {
	t.line++
	row, err := t.text.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = t.text.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, badLine("the line has more than %d bytes (Options.LineBytes)", t.most)
	case errors.Is(err, io.EOF) && len(row) > 0: // a last line without its end
	case err != nil:
		return nil, err
	}
	row = bytes.TrimSuffix(row, []byte("\n"))
	return bytes.TrimSuffix(row, []byte("\r")), nil
}

// split cuts a line into fields.
func (t *table) split(row []byte) error {
	t.fields = t.fields[:0]
	if bytes.IndexByte(row, '"') < 0 {
		for {
			i := bytes.IndexByte(row, ',')
			if i < 0 {
				t.fields = append(t.fields, row)
				return nil
			}
			t.fields = append(t.fields, row[:i])
			row = row[i+1:]
		}
	}
	t.unquote = t.unquote[:0]
	for {
		field, rest, more, err := t.field(row)
		if err != nil {
			return err
		}
		t.fields = append(t.fields, field)
		if !more {
			return nil
		}
		row = rest
	}
}

// field cuts off the first field of a row that has quotes.
func (t *table) field(row []byte) (field, rest []byte, more bool, err error) {
	if len(row) == 0 || row[0] != '"' {
		field, rest, more = bytes.Cut(row, []byte(","))
		if bytes.IndexByte(field, '"') >= 0 {
			return nil, nil, false, badLine("a quote within a field that does not begin with one")
		}
		return field, rest, more, nil
	}
	from := len(t.unquote)
	for row = row[1:]; ; {
		i := bytes.IndexByte(row, '"')
		if i < 0 {
			return nil, nil, false, badLine("a quoted field does not end on its line")
		}
		t.unquote = append(t.unquote, row[:i]...)
		row = row[i+1:]
		switch {
		case len(row) > 0 && row[0] == '"':
			t.unquote = append(t.unquote, '"')
			row = row[1:]
		case len(row) == 0:
			return t.unquote[from:], nil, false, nil
		case row[0] == ',':
			return t.unquote[from:], row[1:], true, nil
		default:
			return nil, nil, false, badLine("text after the quote that ends a field")
		}
	}
}

// number parses a field. What has at most 15 digits and a small exponent is exact in one division (Clinger 1990); the
// rest goes through strconv. Neither knows hexadecimal or underscores here.
func number(b []byte) (float64, bool) {
	b = bytes.TrimSpace(b)
	var whole int64
	digits, point, i := 0, -1, 0
	if len(b) > 0 && b[0] == '-' {
		i = 1
	}
	for ; i < len(b) && digits <= 15; i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			whole = whole*10 + int64(c-'0')
			digits++
			continue
		case c == '.' && point < 0:
			point = digits
			continue
		}
		break
	}
	if i == len(b) && digits > 0 && digits <= 15 {
		x := float64(whole)
		if point >= 0 {
			x /= powersOfTen[digits-point]
		}
		if b[0] == '-' {
			x = -x
		}
		return x, true
	}
	text := string(b)
	if strings.ContainsAny(text, "_xXpP") {
		return 0, false
	}
	x, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return x, true // ±Inf: Clean has a word for it
	}
	return x, err == nil
}

var powersOfTen = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// missing tells the ways in which exporters write that there is no value.
func missing(b []byte) bool {
	switch string(bytes.TrimSpace(b)) {
	case "", "null", "NULL", "None", "N/A", "<nil>":
		return true
	}
	return false
}

// value parses a value: a missing one is NaN.
func value(b []byte) (float64, error) {
	if missing(b) {
		return math.NaN(), nil
	}
	v, ok := number(b)
	if !ok {
		return 0, badLine("%q is not a number", shorten(string(b)))
	}
	return v, nil
}

// shorten keeps what goes into a message short, and printable through %q.
func shorten(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
