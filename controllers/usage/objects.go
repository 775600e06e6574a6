package usage

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"
)

// layoutFactor is how much more than one object a YAML document may have that is not laid out as kubectl does: it is
// parsed as a whole.
const layoutFactor = 8

// eachObject hands each object of a file to do, as JSON: of JSON the items of lists, of YAML the documents and the items of
// lists that are laid out as kubectl lays them out ("items:" and "- " at the left edge).
func eachObject(text *bufio.Reader, o Options, do func([]byte) error) error {
	head, _ := text.Peek(512)
	if head = bytes.TrimLeft(head, " \t\r\n"); len(head) > 0 && (head[0] == '{' || head[0] == '[') {
		return eachJSON(text, o, do)
	}
	y := &yamlSplitter{opts: o, do: do}
	for line := int64(1); ; line++ {
		row, err := text.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return &placed{line, fmt.Errorf("the line has more than %d bytes (Options.LineBytes)", o.LineBytes)}
		case err != nil && !errors.Is(err, io.EOF):
			return &placed{line, err}
		}
		if more := y.add(row, line); more != nil {
			return at(y.from, more)
		}
		if err != nil {
			return y.flush()
		}
	}
}

// yamlSplitter cuts YAML into objects line by line.
type yamlSplitter struct {
	opts  Options
	do    func([]byte) error
	text  bytes.Buffer // of the object at hand
	from  int64        // its first line
	items bool         // within "items:" of a list in kubectl's layout
	skip  bool         // the rest of the document is the list's own fields
}

func (y *yamlSplitter) add(row []byte, line int64) error {
	plain := bytes.TrimRight(row, " \t\r\n")
	switch {
	case bytes.Equal(plain, []byte("---")):
		err := y.flush()
		y.items, y.skip, y.from = false, false, line
		return err
	case bytes.Equal(plain, []byte("items:")):
		y.items, y.skip = true, false
		y.text.Reset() // the list's own fields
		return nil
	case y.items && bytes.HasPrefix(row, []byte("- ")):
		if err := y.flush(); err != nil {
			return err
		}
		y.from = line
		row = append([]byte("  "), row[2:]...)
	case y.items && len(plain) > 0 && row[0] != ' ' && row[0] != '#':
		y.items, y.skip = false, true
		return y.flush()
	}
	if y.skip {
		return nil
	}
	if y.text.Len() == 0 && !y.items {
		y.from = line
	}
	y.text.Write(row)
	most := y.opts.DocumentBytes
	if !y.items {
		most *= layoutFactor
	}
	if y.text.Len() > most {
		return fmt.Errorf("the object that begins here has more than %d bytes (Options.DocumentBytes)", most)
	}
	return nil
}

// flush parses the object at hand; a list that is laid out otherwise is several.
func (y *yamlSplitter) flush() error {
	text := bytes.Clone(y.text.Bytes())
	y.text.Reset()
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	object, err := yaml.YAMLToJSON(text)
	if err != nil {
		return &placed{max(y.from, 1), fmt.Errorf("neither YAML nor JSON: %w", err)}
	}
	switch {
	case bytes.Equal(object, []byte("null")):
		return nil
	case object[0] == '[':
		var several []json.RawMessage
		if err := json.Unmarshal(object, &several); err != nil {
			return err
		}
		for _, one := range several {
			if err := y.do(one); err != nil {
				return err
			}
		}
		return nil
	}
	return y.do(object)
}

// eachJSON reads objects one after the other, and lists item by item.
func eachJSON(text *bufio.Reader, o Options, do func([]byte) error) error {
	b := &budget{from: text, most: int64(o.DocumentBytes)}
	d := json.NewDecoder(b)
	for {
		b.left = b.most
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			switch t {
			case json.Delim('['):
				err = eachItem(d, b, do)
			case json.Delim('{'):
				err = jsonObject(d, b, do)
			default:
				err = fmt.Errorf("a %T where an object should be", t)
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("JSON, byte %d: %w", d.InputOffset(), err)
		}
	}
}

// jsonObject reads an object whose brace is read already: its items one by one, if it is a list.
func jsonObject(d *json.Decoder, b *budget, do func([]byte) error) error {
	fields := map[string]json.RawMessage{}
	list := false
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if name == "items" {
			if t, err = d.Token(); err != nil {
				return err
			}
			switch t {
			case nil: // null: an empty list
			case json.Delim('['):
				if err := eachItem(d, b, do); err != nil {
					return err
				}
			default:
				return errors.New(`"items" is no list`)
			}
			list = true
			continue
		}
		var field json.RawMessage
		if err := d.Decode(&field); err != nil {
			return err
		}
		fields[name] = field
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return err
	}
	if list {
		return nil
	}
	whole, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return do(whole)
}

// eachItem reads the items of a list whose bracket is read already.
func eachItem(d *json.Decoder, b *budget, do func([]byte) error) error {
	for d.More() {
		b.left = b.most
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		if err := do(item); err != nil {
			return err
		}
	}
	b.left = b.most
	_, err := d.Token() // the closing bracket
	return err
}

// budget lets so many bytes pass before somebody renews it: a decoder holds one value whole.
type budget struct {
	from       io.Reader
	left, most int64
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("an object of more than %d bytes (Options.DocumentBytes)", b.most)
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
