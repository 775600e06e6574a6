package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// depthMax bounds the nesting of a document that is looked at; a plan has about ten levels.
const depthMax = 64

// parseTree reads one JSON document into maps, lists, strings, booleans and json.Number. Unlike encoding/json it refuses a
// name that stands twice in one object: two readers would see two plans.
func parseTree(data []byte) (any, error) {
	p := &parser{d: json.NewDecoder(bytes.NewReader(data))}
	p.d.UseNumber()
	tree, err := p.value()
	if err != nil {
		return nil, err
	}
	if _, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more behind the document", ErrPlan)
	}
	return tree, nil
}

// parser reads values and knows where it is.
type parser struct {
	d    *json.Decoder
	path []step
}

// step is a member of an object, or of a list where it has no name.
type step struct {
	name  string
	index int
}

func (p *parser) where() string {
	var b strings.Builder
	b.WriteString("$")
	for _, s := range p.path {
		if s.name == "" {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		} else {
			b.WriteString("." + s.name)
		}
	}
	return b.String()
}

func (p *parser) faultf(format string, args ...any) error {
	return fmt.Errorf("%w: at %s: "+format, append([]any{ErrPlan, p.where()}, args...)...)
}

func (p *parser) value() (any, error) {
	token, err := p.d.Token()
	if err != nil {
		return nil, p.faultf("%w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if len(p.path) == depthMax {
		return nil, p.faultf("nested more than %d deep", depthMax)
	}
	var out any
	if delim == '[' {
		out, err = p.list()
	} else {
		out, err = p.object()
	}
	if err != nil {
		return nil, err
	}
	if _, err := p.d.Token(); err != nil {
		return nil, p.faultf("%w", err)
	}
	return out, nil
}

func (p *parser) list() (any, error) {
	list := []any{}
	at := len(p.path)
	p.path = append(p.path, step{})
	for p.d.More() {
		p.path[at].index = len(list)
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	p.path = p.path[:at]
	return list, nil
}

func (p *parser) object() (any, error) {
	object := map[string]any{}
	at := len(p.path)
	p.path = append(p.path, step{})
	for p.d.More() {
		token, err := p.d.Token()
		if err != nil {
			return nil, p.faultf("%w", err)
		}
		name, _ := token.(string)
		p.path[at].name = name
		if _, twice := object[name]; twice {
			return nil, p.faultf("it stands twice")
		}
		if object[name], err = p.value(); err != nil {
			return nil, err
		}
	}
	p.path = p.path[:at]
	return object, nil
}

// difference is one place where two documents say different things.
type difference struct {
	path      string
	got, want string
}

// differ compares trees and collects where they differ, in the order of paths.
type differ struct {
	found []difference
	more  int
}

// differencesMax bounds how many differences are told one by one.
const differencesMax = 5

func (d *differ) add(path string, got, want any) {
	if len(d.found) == differencesMax {
		d.more++
		return
	}
	d.found = append(d.found, difference{path, brief(got), brief(want)})
}

// missing stands for a value that is not there.
type missing struct{}

func (d *differ) compare(path string, got, want any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			d.add(path, got, want)
			return
		}
		names := map[string]bool{}
		for _, m := range []map[string]any{g, w} {
			for name := range m {
				names[name] = true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			d.compare(path+"."+name, member(g, name), member(w, name))
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			d.add(path, got, want)
			return
		}
		if len(g) != len(w) {
			d.add(path, g, w)
		}
		for i := range min(len(g), len(w)) {
			d.compare(path+"["+strconv.Itoa(i)+"]", g[i], w[i])
		}
	default:
		switch got.(type) {
		case map[string]any, []any:
			d.add(path, got, want)
		default:
			if got != want {
				d.add(path, got, want)
			}
		}
	}
}

func member(m map[string]any, name string) any {
	if v, ok := m[name]; ok {
		return v
	}
	return missing{}
}

// brief prints a value in a few words.
func brief(v any) string {
	switch x := v.(type) {
	case missing:
		return "nothing"
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(x))
	case string:
		if const60 := 60; len(x) > const60 {
			return strconv.Quote(strings.ToValidUTF8(x[:const60], "") + "…")
		}
		return strconv.Quote(x)
	case nil:
		return "null"
	default:
		return fmt.Sprint(x)
	}
}

// error says where the documents differ; nil where they do not.
func (d *differ) error(kind error, side string) error {
	if len(d.found) == 0 {
		return nil
	}
	var words []string
	for _, x := range d.found {
		words = append(words, fmt.Sprintf("%s is %s, %s %s", x.path, x.got, side, x.want))
	}
	if d.more > 0 {
		words = append(words, fmt.Sprintf("and %d differences more", d.more))
	}
	return fmt.Errorf("%w: %s", kind, strings.Join(words, "; "))
}
