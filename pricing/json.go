package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// ParseJSON reads a catalogue from its JSON form, the one that encoding a Catalog gives; the CLI turns YAML into it
// first. The rules are those of ParseCSV: defaults, overlays without a description, no price meaning unpriced. Fields
// that are not known are errors. apiVersion and kind may be given and must then be tenon.sh/v1alpha1 and Catalog.
func ParseJSON(data []byte, source string) (Catalog, error) {
	if len(data) > MaxInputBytes {
		return Catalog{}, &InputError{Source: source, Problem: fmt.Sprintf("longer than %d MiB", MaxInputBytes>>20), Fix: "split it"}
	}
	var file wireCatalog
	if fault := decodeStrictly(data, &file); fault != nil {
		fault.Source = source
		return Catalog{}, fault
	}
	if len(file.Types) > MaxRows {
		return Catalog{}, &InputError{Source: source, Field: "types", Problem: fmt.Sprintf("more than %d types", MaxRows), Fix: "split the file"}
	}
	catalog := file.Catalog
	if catalog.Source == "" {
		catalog.Source = source
	}
	catalog.Types = nil
	var faults []*InputError
	report := func(path string, f fault) {
		faults = append(faults, &InputError{Source: source, Path: path, Field: f.field, Problem: f.problem, Fix: f.fix})
	}
	for _, f := range file.checkKind() {
		report("", f)
	}
	seen := map[string]bool{}
	for i, raw := range file.Types {
		d, path, undecodable := decodeType(raw, i)
		if undecodable != nil {
			undecodable.Source = source
			faults = append(faults, undecodable)
			continue
		}
		if seen[d.Name] {
			report(path, fault{-1, "name", "stands twice", "put all its offerings into one entry"})
		}
		seen[d.Name] = true
		t, found := d.finish(catalog)
		for _, f := range found {
			if f.offering >= 0 {
				f.field = fmt.Sprintf("offerings[%d].%s", f.offering, f.field)
			}
			report(path, f)
		}
		catalog.Types = append(catalog.Types, t)
	}
	if catalog.Currency != "" || !isDate(catalog.Date) {
		for _, f := range catalog.checkHeader() {
			report("", f)
		}
	}
	if err := joinFaults(faults); err != nil {
		return Catalog{}, err
	}
	catalog.sort()
	return catalog, nil
}

// The wire types shadow those fields of the real ones in which "not said" and zero differ. Types are decoded one by one,
// so that an error can name the one it is in.
type (
	wireCatalog struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Catalog
		Types []json.RawMessage `json:"types"`
	}
	wireType struct {
		InstanceType
		GPU       wireGPU        `json:"gpu"`
		Offerings []wireOffering `json:"offerings"`
	}
	wireGPU struct {
		GPU
		Count *int64 `json:"count"`
	}
	wireOffering struct {
		Offering
		PricePerHour *Micro `json:"pricePerHour"`
	}
)

func (w wireCatalog) checkKind() []fault {
	var faults []fault
	if w.APIVersion != "" && w.APIVersion != "tenon.sh/v1alpha1" {
		faults = append(faults, fault{-1, "apiVersion", fmt.Sprintf("%q is not known here", shorten(w.APIVersion)), "write tenon.sh/v1alpha1 or leave it out"})
	}
	if w.Kind != "" && w.Kind != "Catalog" {
		faults = append(faults, fault{-1, "kind", fmt.Sprintf("%q is not a catalogue", shorten(w.Kind)), "write Catalog or leave it out"})
	}
	return faults
}

// decodeType reads one entry of types; path says which it is.
func decodeType(raw []byte, index int) (d draft, path string, undecodable *InputError) {
	path = fmt.Sprintf("types[%d]", index)
	var wire wireType
	if fault := decodeStrictly(raw, &wire); fault != nil {
		fault.Line, fault.Column, fault.Path = 0, 0, path // the place inside the entry would mislead
		return draft{}, path, fault
	}
	d.InstanceType = wire.InstanceType
	d.GPU = wire.GPU.GPU
	if wire.GPU.Count != nil {
		d.GPU.Count, d.gpuCountSaid = *wire.GPU.Count, true
	}
	for _, w := range wire.Offerings {
		offer := draftOffering{Offering: w.Offering}
		if w.PricePerHour != nil {
			offer.PriceMicro, offer.priced = *w.PricePerHour, true
		}
		d.offers = append(d.offers, offer)
	}
	return d, fmt.Sprintf("%s %q", path, shorten(d.Name)), nil
}

// decodeStrictly decodes one value, refusing unknown fields and anything behind it.
func decodeStrictly(data []byte, into any) *InputError {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		_, behind := decoder.Token()
		if errors.Is(behind, io.EOF) {
			return nil
		}
		err = errors.New("something follows the catalogue")
	}
	found := &InputError{Problem: err.Error(), Fix: "see the fields of Catalog, InstanceType and Offering"}
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		found.Line, found.Column = position(data, syntax.Offset)
	case errors.As(err, &mismatch):
		found.Field, found.Problem = jsonPath(mismatch.Field), fmt.Sprintf("a %s cannot stand here", mismatch.Value)
		found.Fix = "write " + wanted(mismatch.Type)
		found.Line, found.Column = position(data, mismatch.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		found.Problem, found.Fix = "ends too early", "check that the file is whole"
	}
	return found
}

// jsonPath drops from encoding/json's path what the reader never wrote: the Go names of embedded structs. JSON names here
// all begin in lower case.
func jsonPath(field string) string {
	parts := strings.Split(field, ".")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part != "" && part[0] >= 'A' && part[0] <= 'Z' }), ".")
}

// wanted says in plain words what kind of value a Go type takes.
func wanted(of reflect.Type) string {
	switch of.Kind() {
	case reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "text, in quotes"
	case reflect.Slice:
		return "a list"
	}
	return "an object with fields"
}

// position turns an offset that encoding/json gives (the number of bytes read) into line and column.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
