package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// item is the text of one object, or of a whole document that a worker has to take apart.
type item struct {
	file     string
	document int    // 1 for the first of its file
	number   int    // of the item in its list, 1 for the first; 0: the document is no list, or is not split
	before   int    // of a list that has been split in part: the items before this rest
	text     []byte // owned by the item
	json     bool
	// apiVersion and kind of an item whose list says them for all: a PodList's items do not name their kind.
	apiVersion, kind string
}

// emitter gives items their place and hands them on.
type emitter struct {
	file     string
	document int
	out      *pipeline
	opts     Options
	held     []item // items without a kind, until the list's own kind is known
	heldSize int
}

// next opens a new document.
func (e *emitter) next() { e.document++ }

func (e *emitter) send(number int, text []byte, isJSON bool) error {
	return e.out.put(item{file: e.file, document: e.document, number: number, text: text, json: isJSON})
}

// place names an item for a message of a splitter.
func (e *emitter) place(number int) string {
	return item{document: e.document, number: number}.place()
}

// place says where in its file an item lies: "item 17", "document 2", "document 2, item 17".
func (i item) place() string {
	switch {
	case i.number == 0:
		return fmt.Sprintf("document %d", i.document)
	case i.document <= 1:
		return fmt.Sprintf("item %d", i.number)
	}
	return fmt.Sprintf("document %d, item %d", i.document, i.number)
}

// hold keeps an item back whose kind its list may still say.
func (e *emitter) hold(number int, text []byte, isJSON bool) error {
	if e.heldSize += len(text); e.heldSize > e.opts.HeldBytes {
		return fmt.Errorf("%s: more than %d bytes of items without a kind before the list says its own (Options.HeldBytes); put kind before items", e.place(number), e.opts.HeldBytes)
	}
	e.held = append(e.held, item{file: e.file, document: e.document, number: number, text: text, json: isJSON})
	return nil
}

// endList sends the held items on, and an empty item that says that there was a list: an empty cluster has one.
func (e *emitter) endList(apiVersion, kind string) error {
	if err := e.release(apiVersion, kind); err != nil {
		return err
	}
	return e.send(0, []byte("null"), true)
}

// release sends the held items on with what the list says about them.
func (e *emitter) release(apiVersion, kind string) error {
	held := e.held
	e.held, e.heldSize = nil, 0
	for _, i := range held {
		i.apiVersion, i.kind = apiVersion, kind
		if err := e.out.put(i); err != nil {
			return err
		}
	}
	return nil
}

// splitJSON cuts JSON values that follow each other into objects. It holds one object at a time.
func splitJSON(r io.Reader, e *emitter) error {
	gate := &gate{from: r, limit: int64(e.opts.ItemBytes)}
	d := json.NewDecoder(gate)
	for {
		gate.used = 0
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return jsonFault(err, d, "between documents")
		}
		e.next()
		switch token {
		case json.Delim('{'):
			err = e.jsonObject(d, gate)
		case json.Delim('['):
			err = e.jsonItems(d, gate, false)
		default:
			err = fmt.Errorf("%s: %v is no object; a dump holds Kubernetes objects", e.place(0), token)
		}
		if err != nil {
			return err
		}
	}
}

// jsonObject reads one top-level object whose '{' has been read: a list, whose items are sent one by one, or an
// object, which is put together again and sent.
func (e *emitter) jsonObject(d *json.Decoder, g *gate) error {
	var whole bytes.Buffer
	var kind, apiVersion string
	list := false
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return jsonFault(err, d, e.place(0))
		}
		key, _ := token.(string)
		if key == "items" {
			list = true
			if err := e.jsonList(d, g); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return jsonFault(err, d, e.place(0))
		}
		switch key {
		case "kind":
			_ = json.Unmarshal(value, &kind)
		case "apiVersion":
			_ = json.Unmarshal(value, &apiVersion)
		}
		name, _ := json.Marshal(key)
		if whole.Len() == 0 {
			whole.WriteByte('{')
		} else {
			whole.WriteByte(',')
		}
		whole.Write(name)
		whole.WriteByte(':')
		whole.Write(value)
	}
	if _, err := d.Token(); err != nil { // '}'
		return jsonFault(err, d, e.place(0))
	}
	if list {
		return e.endList(apiVersion, itemKind(kind))
	}
	if whole.Len() == 0 {
		whole.WriteByte('{')
	}
	whole.WriteByte('}')
	return e.send(0, whole.Bytes(), true)
}

// jsonList reads the value of a list's field items.
func (e *emitter) jsonList(d *json.Decoder, g *gate) error {
	token, err := d.Token()
	switch {
	case err != nil:
		return jsonFault(err, d, e.place(0))
	case token == nil: // "items": null, as an empty list of the API may say
		return nil
	case token != json.Delim('['):
		return fmt.Errorf("%s: items: is no array; a list holds its objects in one", e.place(0))
	}
	return e.jsonItems(d, g, true)
}

// hasKind says whether an item names its kind. kubectl prints apiVersion first and kind with it, so that most items
// need no parsing here.
func hasKind(value []byte) bool {
	if bytes.HasPrefix(bytes.TrimLeft(value, "{ \t\r\n"), []byte(`"apiVersion"`)) {
		return true
	}
	var item struct {
		Kind string `json:"kind"`
	}
	return json.Unmarshal(value, &item) != nil || item.Kind != ""
}

// jsonItems sends the elements of an array whose '[' has been read.
func (e *emitter) jsonItems(d *json.Decoder, g *gate, held bool) error {
	for number := 1; d.More(); number++ {
		g.used = 0
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return jsonFault(err, d, e.place(number))
		}
		if held && !hasKind(value) {
			if err := e.hold(number, value, true); err != nil {
				return err
			}
			continue
		}
		if err := e.send(number, value, true); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // ']'
		return jsonFault(err, d, e.place(0))
	}
	return nil
}

func jsonFault(err error, d *json.Decoder, place string) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s: near byte %d: not JSON: %w", place, syntax.Offset, err)
	}
	return fmt.Errorf("%s: near byte %d: %w", place, d.InputOffset(), err)
}

// gate stops a decoder that reads on and on for one value. It counts what the decoder took since used was last set to
// zero, which is the value's size and at most one buffer more.
type gate struct {
	from        io.Reader
	used, limit int64
}

func (g *gate) Read(p []byte) (int, error) {
	if g.used > g.limit {
		return 0, fmt.Errorf("one object is larger than %d bytes (Options.ItemBytes)", g.limit)
	}
	n, err := g.from.Read(p)
	g.used += int64(n)
	return n, err
}
