package collect

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
)

// yamlSplitter cuts a YAML stream into objects line by line, without parsing it. It knows one layout: block style, in
// which the key items: stands at the left edge and each item begins with a dash in one column. That is what kubectl and
// every common YAML writer print. A document of any other layout is handed on whole.
type yamlSplitter struct {
	*emitter
	header []byte // the document's lines that belong to no item, or the whole document while it is no list
	item   []byte // the current item, its dash replaced by a space
	number int
	dash   int // column of the items' dashes; -1: the first item has not come yet
	inList bool
	begun  bool // the document has a line with content

	// An anchor of one item may be meant by an alias of a later one (PyYAML writes such dumps). From the first item on
	// that has either, items wait here and are parsed together; what is too large for that goes on item by item.
	waiting     [][]byte
	waitingSize int
	anchored    bool // an anchor or alias has been seen in this list
	hopeless    bool // the items behind it were too large
}

// splitYAML cuts a stream of YAML documents into objects. It holds one object at a time.
func splitYAML(r *bufio.Reader, e *emitter) error {
	s := &yamlSplitter{emitter: e, dash: -1}
	e.next()
	for {
		line, err := s.line(r)
		if len(line) > 0 {
			if fault := s.take(line); fault != nil {
				return fault
			}
		}
		if errors.Is(err, io.EOF) {
			return s.endDocument()
		}
		if err != nil {
			return err
		}
	}
}

// line reads one line with its end. The slice is valid until the next call.
func (s *yamlSplitter) line(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line) // longer than the reader's buffer: a large annotation, for instance
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) > s.opts.ItemBytes {
			return nil, s.tooLarge()
		}
		line, err = r.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}

func (s *yamlSplitter) tooLarge() error {
	return fmt.Errorf("%s: larger than %d bytes (Options.ItemBytes)", s.place(s.number), s.opts.ItemBytes)
}

// take sorts one line to where it belongs.
func (s *yamlSplitter) take(line []byte) error {
	indent, content := indentation(line)
	if indent == 0 && isMarker(content, "---") {
		if s.begun {
			if err := s.endDocument(); err != nil {
				return err
			}
			s.next()
		}
		if rest := bytes.TrimSpace(content[3:]); len(rest) > 0 && rest[0] != '#' {
			s.header = append(append(s.header, content[3:]...), '\n') // "--- {kind: Pod}"
			s.begun = true
		}
		return nil
	}
	if indent == 0 && isMarker(content, "...") {
		return nil
	}
	blank := len(content) == 0
	if blank || content[0] == '#' {
		if s.number > 0 && !s.inList {
			return nil // behind the items
		}
		return s.keep(line) // inside a block scalar it is text: the parser knows
	}
	s.begun = true
	if s.inList {
		isDash := isMarker(content, "-")
		if s.dash < 0 && isDash {
			s.dash = indent
		}
		switch {
		case s.dash >= 0 && indent == s.dash && isDash:
			return s.beginItem(line, indent)
		case s.dash < 0 || indent <= s.dash:
			if err := s.endItem(); err != nil {
				return err
			}
			s.inList = false
		}
	}
	if indent == 0 && !s.inList && s.number == 0 && isListKey(content) {
		s.inList, s.dash = true, -1
		return nil
	}
	return s.keep(line)
}

// keep appends a line to the current item, or to the header where there is none.
func (s *yamlSplitter) keep(line []byte) error {
	if s.inList && s.number > 0 {
		s.anchored = s.anchored || hasAnchor(line)
		if s.item = append(s.item, line...); len(s.item) > s.opts.ItemBytes {
			return s.tooLarge()
		}
		return nil
	}
	if s.header = append(s.header, line...); len(s.header) > s.opts.DocumentBytes {
		return fmt.Errorf("%s: a document that is not laid out as kubectl prints it, larger than %d bytes (Options.DocumentBytes); write it again with kubectl -o yaml or -o json", s.place(0), s.opts.DocumentBytes)
	}
	return nil
}

// beginItem sends the item before and starts one. The dash becomes a space, so that the item is a mapping by itself.
func (s *yamlSplitter) beginItem(line []byte, indent int) error {
	if err := s.endItem(); err != nil {
		return err
	}
	s.number++
	s.item = append(make([]byte, 0, 8<<10), line...)
	s.item[indent] = ' '
	s.anchored = s.anchored || hasAnchor(line)
	return nil
}

func (s *yamlSplitter) endItem() error {
	text := s.item
	s.item = nil
	if len(text) == 0 {
		return nil
	}
	if s.anchored && !s.hopeless {
		s.waiting = append(s.waiting, text)
		if s.waitingSize += len(text); s.waitingSize > s.opts.DocumentBytes {
			return s.giveUpWaiting()
		}
		return nil
	}
	return s.sendItem(s.number, text)
}

// giveUpWaiting sends waiting items one by one: what looked like an anchor is most likely text.
func (s *yamlSplitter) giveUpWaiting() error {
	waiting := s.waiting
	s.waiting, s.hopeless = nil, true
	for i, text := range waiting {
		if err := s.sendItem(s.number-len(waiting)+1+i, text); err != nil {
			return err
		}
	}
	return nil
}

// sendWaiting sends waiting items as one document: a list of this kind.
func (s *yamlSplitter) sendWaiting(apiVersion, kind string, last int) error {
	if len(s.waiting) == 0 {
		return nil
	}
	text := []byte("items:\n")
	for _, waiting := range s.waiting {
		waiting[s.dash] = '-'
		text = append(append(text, waiting...), '\n')
	}
	i := item{file: s.file, document: s.document, text: text, before: last - len(s.waiting), apiVersion: apiVersion, kind: kind}
	s.waiting, s.waitingSize = nil, 0
	return s.out.put(i)
}

func (s *yamlSplitter) sendItem(number int, text []byte) error {
	if _, ok := topValue(text, "kind"); ok {
		return s.send(number, text, false)
	}
	return s.hold(number, text, false)
}

// endDocument sends what is left of a document and forgets it.
func (s *yamlSplitter) endDocument() error {
	if err := s.endItem(); err != nil {
		return err
	}
	header, wasList, begun, last := s.header, s.number > 0 || s.inList, s.begun, s.number
	if wasList {
		kind, _ := topValue(header, "kind")
		version, _ := topValue(header, "apiVersion")
		if err := s.sendWaiting(version, cmp.Or(kind, "List"), last); err != nil {
			return err
		}
		*s = yamlSplitter{emitter: s.emitter, dash: -1}
		return s.endList(version, itemKind(kind))
	}
	*s = yamlSplitter{emitter: s.emitter, dash: -1}
	if !begun {
		return nil
	}
	return s.send(0, header, false)
}

// hasAnchor says whether a line has what looks like an anchor or an alias: & or * before a name, where a value begins.
func hasAnchor(line []byte) bool {
	for i := 2; i+1 < len(line); i++ {
		if (line[i] == '&' || line[i] == '*') && line[i-1] == ' ' && (line[i-2] == ':' || line[i-2] == '-') && (isLetter(line[i+1]) || isDigit(line[i+1])) {
			return true
		}
	}
	return false
}

// indentation returns the number of leading spaces and what follows them, without the line's end.
func indentation(line []byte) (int, []byte) {
	indent := 0
	for indent < len(line) && line[indent] == ' ' {
		indent++
	}
	return indent, bytes.TrimRight(line[indent:], "\r\n")
}

// isMarker says whether content is the marker alone or followed by white space.
func isMarker(content []byte, marker string) bool {
	if !bytes.HasPrefix(content, []byte(marker)) {
		return false
	}
	return len(content) == len(marker) || content[len(marker)] == ' ' || content[len(marker)] == '\t'
}

// isListKey says whether a line is "items:" with nothing but a comment behind it.
func isListKey(content []byte) bool {
	rest, ok := bytes.CutPrefix(content, []byte("items:"))
	if !ok {
		return false
	}
	rest = bytes.TrimLeft(rest, " \t")
	return len(rest) == 0 || rest[0] == '#'
}

// topValue finds "key: value" among the keys of the outermost mapping of a text, without parsing it.
func topValue(text []byte, key string) (string, bool) {
	outer := -1
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		indent, content := indentation(line)
		if len(content) == 0 || content[0] == '#' {
			continue
		}
		if outer < 0 {
			outer = indent
		}
		if indent != outer {
			continue
		}
		if rest, ok := bytes.CutPrefix(content, []byte(key+":")); ok {
			return strings.Trim(string(bytes.TrimSpace(rest)), `"'`), true
		}
	}
	return "", false
}

// itemKind is the kind of the items of a typed list: Pod of a PodList. A List says nothing about its items.
func itemKind(list string) string {
	kind, ok := strings.CutSuffix(list, "List")
	if !ok {
		return ""
	}
	return kind
}
