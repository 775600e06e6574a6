package proposal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// object is a Kubernetes object with whatever fields it has.
type object = map[string]any

// decode reads an object with its numbers as they are written.
func decode(data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var o object
	if err := dec.Decode(&o); err != nil {
		return nil, err
	}
	if o == nil {
		o = object{}
	}
	return o, nil
}

// first are the fields that an object begins with; the others follow by name.
var first = []string{"apiVersion", "kind", "metadata"}

// text writes an object as YAML in the order in which people read it. Same object, same bytes.
func text(o object) (string, error) {
	var out strings.Builder
	rest := object{}
	for k, v := range o {
		rest[k] = v
	}
	for _, key := range first {
		if v, ok := o[key]; ok {
			part, err := yaml.Marshal(object{key: v})
			if err != nil {
				return "", fmt.Errorf("encode %s: %w", key, err)
			}
			out.Write(part)
			delete(rest, key)
		}
	}
	if len(rest) > 0 {
		part, err := yaml.Marshal(rest)
		if err != nil {
			return "", fmt.Errorf("encode an object: %w", err)
		}
		out.Write(part)
	}
	return out.String(), nil
}

// at returns the object below keys, and makes it where there is none. What is there and is no object is replaced: a
// hostile input may hold anything.
func at(o object, keys ...string) object {
	for _, key := range keys {
		next, ok := o[key].(object)
		if !ok {
			next = object{}
			o[key] = next
		}
		o = next
	}
	return o
}

// list returns the list under a key, or none.
func list(o object, key string) []any {
	l, _ := o[key].([]any)
	return l
}

// strings turns texts into a list for an object.
func listOf(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}

// dropNulls removes what is null, of an object that was encoded from a Go value.
func dropNulls(o object) {
	for k, v := range o {
		switch x := v.(type) {
		case nil:
			delete(o, k)
		case object:
			dropNulls(x)
		}
	}
}

// toObject encodes a Go value as an object.
func toObject(v any) (object, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	o, err := decode(data)
	if err == nil {
		dropNulls(o)
	}
	return o, err
}

// head is the comment that every file begins with: what it was made from, so that it can be made again.
func (d *draft) head() string {
	return fmt.Sprintf(madeBy+"%s from input %s, plan %s,\n# catalog %s %s %s, Karpenter %s. README.md says how to make it again.\n",
		line(d.Version), line(d.Plan.InputDigest), line(d.Plan.Digest), line(d.Plan.Catalog.Name), line(d.Plan.Catalog.Region), line(d.Plan.Catalog.Date), line(d.Built.Version))
}

// line keeps hostile names from ending a comment.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// add takes a file into the proposal, and into an edit where it belongs to one.
func (d *draft) add(pool, kind, path, body string) {
	d.files[path] = File{Path: path, Kind: kind, Data: []byte(d.head() + body)}
	if e := d.edits[pool]; e != nil {
		e.Files = append(e.Files, path)
	}
}

// addObject is add for an object.
func (d *draft) addObject(pool, kind, path string, o object) error {
	body, err := text(o)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d.add(pool, kind, path, body)
	return nil
}

// yamlObject reads an object that was written.
func yamlObject(data []byte) (object, error) {
	converted, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	return decode(converted)
}
