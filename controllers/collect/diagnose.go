package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// diagnose finds the field that a decoder stumbled over. Decoders of Kubernetes types give neither the path nor the
// value, so this walks the text and the type side by side and tries each leaf. Where it finds nothing it returns err.
func diagnose(text []byte, into any, err error) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return err
	}
	if fault := walk(value, reflect.TypeOf(into).Elem(), ""); fault != nil {
		return fault
	}
	return err
}

// walk compares a JSON value with the type that it should become. It returns the first fault in the order of the
// type's fields.
func walk(value any, t reflect.Type, path string) error {
	if value == nil {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		return walk(value, t.Elem(), path)
	}
	if _, own := reflect.New(t).Interface().(json.Unmarshaler); own {
		return leaf(value, t, path)
	}
	switch t.Kind() {
	case reflect.Struct:
		fields, ok := value.(map[string]any)
		if !ok {
			return mismatch(value, path, "an object with named fields")
		}
		return walkFields(fields, t, path)
	case reflect.Map:
		entries, ok := value.(map[string]any)
		if !ok {
			return mismatch(value, path, "an object of names and values")
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if err := walk(entries[key], t.Elem(), join(path, key)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return leaf(value, t, path)
		}
		elements, ok := value.([]any)
		if !ok {
			return mismatch(value, path, "a list")
		}
		for i, element := range elements {
			if err := walk(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	default:
		return leaf(value, t, path)
	}
	return nil
}

func walkFields(fields map[string]any, t reflect.Type, path string) error {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" && (field.Anonymous || strings.Contains(options, "inline")) {
			if err := walk(fields, field.Type, path); err != nil {
				return err
			}
			continue
		}
		if value, ok := fields[name]; ok && name != "" {
			if err := walk(value, field.Type, join(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaf tries to decode one value by itself.
func leaf(value any, t reflect.Type, path string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, reflect.New(t).Interface()); err == nil {
		return nil
	}
	return mismatch(value, path, expected(t))
}

// expected says in words what a field takes, and how to write it.
func expected(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return "a quantity"
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return "a time; write it like 2026-11-24T08:00:00Z"
	case reflect.TypeFor[intstr.IntOrString]():
		return `a whole number or a percentage; write 1 or "25%"`
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text; put it in quotes"
	case reflect.Int32:
		return "a whole number between -2147483648 and 2147483647"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "what this field takes"
}

func mismatch(value any, path, want string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	const most = 60
	shown := string(text)
	if len(shown) > most {
		shown = strings.ToValidUTF8(shown[:most], "") + "…"
	}
	if want == "a quantity" {
		want += quantityHint(path)
	}
	return fmt.Errorf("%s: %s is not %s", path, shown, want)
}

// quantityHint shows how the resource at the end of a path is written.
func quantityHint(path string) string {
	switch {
	case strings.HasSuffix(path, ".cpu"):
		return "; write cores like 500m or 2"
	case strings.HasSuffix(path, ".memory"), strings.HasSuffix(path, ".ephemeral-storage"), strings.HasSuffix(path, ".storage"):
		return "; write bytes like 512Mi or 4Gi"
	}
	return "; write a number like 2"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
