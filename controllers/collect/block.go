package collect

import (
	"bytes"
	"strconv"
	"strings"
)

// blockJSON converts YAML to JSON as long as it looks like what kubectl prints: block style, ASCII, one line for each
// scalar, no anchors, tags, comments or duplicate keys. For such text it is ten times as fast as the parser, which is what a
// dump of 100,000 pods needs; at anything else it gives up (ok is false), and the parser decides. It never reads a text
// differently from sigs.k8s.io/yaml: FuzzBlock compares the two.
func blockJSON(text []byte) (converted []byte, ok bool) {
	b := &blocks{rest: text, out: make([]byte, 0, len(text)), ok: true}
	b.advance()
	if !b.have {
		return nil, false
	}
	b.node(0)
	return b.out, b.ok && !b.have
}

// blocks reads lines one after the other.
type blocks struct {
	rest []byte // behind the current line
	have bool   // there is a current line
	col  int    // column where its content begins
	line []byte // its content from there, without white space behind
	out  []byte
	ok   bool
}

// blockDepth is how deep blocks may nest before the parser, with its own limit, takes over.
const blockDepth = 60

// advance goes to the next line with content.
func (b *blocks) advance() {
	for len(b.rest) > 0 {
		var line []byte
		line, b.rest, _ = bytes.Cut(b.rest, []byte("\n"))
		for _, c := range line {
			if c < ' ' || c > '~' {
				b.fail()
				return
			}
		}
		b.col, b.line = indentation(line)
		if b.line = bytes.TrimRight(b.line, " "); len(b.line) > 0 {
			b.have = true
			return
		}
	}
	b.have = false
}

// fail gives up.
func (b *blocks) fail() { b.ok, b.have, b.rest = false, false, nil }

// node converts the mapping or sequence that begins in the current line.
func (b *blocks) node(depth int) {
	switch {
	case depth > blockDepth:
		b.fail()
	case isDash(b.line):
		b.sequence(depth)
	default:
		b.mapping(depth)
	}
}

func isDash(line []byte) bool { return line[0] == '-' && (len(line) == 1 || line[1] == ' ') }

func (b *blocks) sequence(depth int) {
	col := b.col
	b.out = append(b.out, '[')
	for n := 0; b.have && b.col == col && isDash(b.line); n++ {
		if n > 0 {
			b.out = append(b.out, ',')
		}
		content := bytes.TrimLeft(b.line[1:], " ")
		switch key, _ := splitKey(content); {
		case len(content) == 0:
			b.below(col, false, depth)
		case isDash(content) || key != nil:
			b.col, b.line = col+len(b.line)-len(content), content
			b.node(depth + 1)
		default:
			b.scalar(content)
		}
	}
	b.out = append(b.out, ']')
	if b.have && b.col > col {
		b.fail() // a scalar that goes on in the next line, or odd indentation
	}
}

func (b *blocks) mapping(depth int) {
	col := b.col
	var keys [][]byte
	b.out = append(b.out, '{')
	for b.have && b.col == col && !isDash(b.line) {
		key, value := splitKey(b.line)
		if key == nil || len(keys) > 100 || contains(keys, key) {
			b.fail()
			return
		}
		if len(keys) > 0 {
			b.out = append(b.out, ',')
		}
		keys = append(keys, key)
		b.out = append(append(append(b.out, '"'), key...), '"', ':')
		if len(value) == 0 {
			b.below(col, true, depth)
		} else {
			b.scalar(value)
		}
	}
	b.out = append(b.out, '}')
	if b.have && (b.col > col || (b.col == col && isDash(b.line))) {
		b.fail()
	}
}

func contains(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

// below converts what stands under a key or a dash in column col: a block, or nothing, which is null. A sequence may
// stand in the same column as its key.
func (b *blocks) below(col int, key bool, depth int) {
	b.advance()
	if b.have && (b.col > col || (key && b.col == col && isDash(b.line))) {
		b.node(depth + 1)
		return
	}
	b.out = append(b.out, "null"...)
}

// splitKey splits "key: value" where the key is of letters, digits and _ . / - and cannot be read as anything but text.
func splitKey(line []byte) (key, value []byte) {
	n := 0
	for n < len(line) && (isLetter(line[n]) || isDigit(line[n]) || bytes.IndexByte([]byte("_./-"), line[n]) >= 0) {
		n++
	}
	const most = 256 // the parser takes up to 1,024
	if n == 0 || n > most || n == len(line) || line[n] != ':' || !isLetter(line[0]) || reserved(line[:n]) {
		return nil, nil
	}
	if n+1 < len(line) && line[n+1] != ' ' {
		return nil, nil
	}
	return line[:n], bytes.TrimLeft(line[n+1:], " ")
}

// scalar converts the value of the current line and goes to the next.
func (b *blocks) scalar(text []byte) {
	converted, ok := plain(text)
	switch {
	case ok:
		b.out = append(b.out, converted...)
	case len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' && bytes.IndexByte(text[1:len(text)-1], '\'') < 0:
		b.quote(text[1 : len(text)-1])
	case len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' && bytes.IndexByte(text, '\\') < 0 && bytes.Count(text, []byte{'"'}) == 2:
		b.out = append(b.out, text...)
	case isWord(text):
		b.quote(text)
	default:
		b.fail()
		return
	}
	b.advance()
}

// quote writes printable ASCII as a JSON string.
func (b *blocks) quote(text []byte) {
	b.out = append(b.out, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			b.out = append(b.out, '\\')
		}
		b.out = append(b.out, c)
	}
	b.out = append(b.out, '"')
}

// plain recognises values that are no text: null, true, false, empty collections and small decimal integers.
func plain(text []byte) (string, bool) {
	switch s := string(text); s {
	case "null", "true", "false", "{}", "[]", "0":
		return s, true
	}
	digits := bytes.TrimPrefix(text, []byte{'-'})
	if len(digits) == 0 || len(digits) > 15 || digits[0] < '1' || digits[0] > '9' {
		return "", false
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return strconv.FormatInt(n, 10), err == nil
}

// isWord says whether an unquoted scalar is certainly text: it begins with a letter, holds nothing that means something
// to YAML, and is none of its words; or it is a number with a unit, or a hash that begins with a digit.
func isWord(text []byte) bool {
	if isDigit(text[0]) {
		return text[0] != '0' && isName(text) && hasTellingLetter(text)
	}
	if !isLetter(text[0]) && text[0] != '/' {
		return false
	}
	for i, c := range text {
		switch {
		case c == ':' && (i+1 == len(text) || text[i+1] == ' '):
			return false
		case c == '#' && text[i-1] == ' ':
			return false
		}
	}
	return !reserved(text)
}

// isName says whether text has letters, digits, dots and dashes only.
func isName(text []byte) bool {
	for _, c := range text {
		if !isLetter(c) && !isDigit(c) && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// hasTellingLetter tells 5d4f and 512Mi, which are text, from 5e4 and 2026-11-24T08Z, which YAML reads as a number and a
// time: their only letters are e, t and z.
func hasTellingLetter(text []byte) bool {
	for _, c := range text {
		if isLetter(c) && bytes.IndexByte([]byte("etz"), c|0x20) < 0 {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// reserved tells the words that YAML 1.1 reads as something else than text, in whatever case.
func reserved(word []byte) bool {
	if len(word) > len("false") {
		return false
	}
	switch strings.ToLower(string(word)) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}
