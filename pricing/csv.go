package pricing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// MaxInputBytes bounds what the parsers read: 16 MiB hold the embedded catalogue 138 times.
	MaxInputBytes = 16 << 20

	// MaxRows bounds the rows of a CSV file and the types of a JSON one: every embedded type in 24 zones, on demand, as spot
	// and reserved, twice over. Without it, a file of commas would take a hundred times its length in memory.
	MaxRows = 200_000
)

// directivePrefix begins a line above the header that says something about the whole file.
const directivePrefix = "#:"

// ParseCSV reads a catalogue from the CSV form; source names the file in errors and, unless the file says otherwise, in
// the prices. Each row is one offering of one type. Rows that share a name describe one type between them: a cell that
// describes the machine may be empty in all but one of them and must not contradict an earlier one. The result is sorted
// and every row has been checked, but a type may still lack its description: see Extend and Catalog.Validate.
func ParseCSV(r io.Reader, source string) (Catalog, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxInputBytes+1))
	if err != nil {
		return Catalog{}, fmt.Errorf("read %s: %w", source, err)
	}
	if len(data) > MaxInputBytes {
		return Catalog{}, &InputError{Source: source, Problem: fmt.Sprintf("longer than %d MiB", MaxInputBytes>>20), Fix: "split it"}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // what spreadsheets put in front of UTF-8
	p := &csvParser{header: Catalog{Source: source}, source: source, types: map[string]*csvType{}, faulty: map[[2]int]bool{}}
	p.readDirectives(data)
	p.readRows(data)
	catalog := p.finish()
	if err := joinFaults(p.faults); err != nil {
		return Catalog{}, err
	}
	return catalog, nil
}

// csvParser gathers what a file says until all of it has been read: a row may complete an earlier one.
type csvParser struct {
	source    string
	header    Catalog // what holds for the whole file
	prices    Catalog // Date and Source of prices whose row has none
	columns   []csvColumn
	types     map[string]*csvType
	order     []string // names in the order in which they first stood
	faults    []*InputError
	rowCount  int
	faulty    map[[2]int]bool // line and column of cells with a fault
	currency  cell            // where the currency was said
	nameIndex int             // which column is the name
}

// csvColumn is one of the file's columns: exactly one of its three kinds.
type csvColumn struct {
	Column
	ofType     *typeColumn
	ofOffering *offeringColumn
}

// cell is a text and where it stands.
type cell struct {
	text         string
	line, column int
}

type csvType struct {
	draft
	line int
	said map[string]cell // by JSON field
	rows []csvRow        // parallel to draft.offers
}

type csvRow struct {
	line int
	said map[string]cell
}

// report notes a fault; a second one in the same cell would only follow from the first.
func (p *csvParser) report(at cell, field, problem, fix string) {
	if at.column > 0 {
		place := [2]int{at.line, at.column}
		if p.faulty[place] {
			return
		}
		p.faulty[place] = true
	}
	p.faults = append(p.faults, &InputError{Source: p.source, Line: at.line, Column: at.column, Field: field, Problem: problem, Fix: fix})
}

// readDirectives reads the "#: key value" lines above the header line. Other comments are for people.
func (p *csvParser) readDirectives(data []byte) {
	into := map[string]*string{
		"name": &p.header.Name, "currency": &p.header.Currency, "region": &p.header.Region,
		"source": &p.header.Source, "date": &p.header.Date,
		"price_source": &p.prices.Source, "price_date": &p.prices.Date,
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			break
		}
		directive, ok := strings.CutPrefix(line, directivePrefix)
		if !ok {
			continue
		}
		key, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if target, known := into[key]; known {
			*target = strings.TrimSpace(value)
		} else {
			p.report(cell{line: number, column: 1}, directivePrefix, fmt.Sprintf("%q is not known here", shorten(key)),
				"write name, currency, region, source, date, price_source or price_date and a value")
		}
		if key == "currency" {
			p.currency = cell{text: p.header.Currency, line: number, column: 1}
		}
	}
	if p.prices.Source == "" {
		p.prices.Source = p.header.Source
	}
	if p.prices.Date == "" {
		p.prices.Date = p.header.Date
	}
}

// readRows reads the header line and then every row.
func (p *csvParser) readRows(data []byte) {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comment = '#'
	reader.FieldsPerRecord = -1 // counted here, for a better message
	reader.TrimLeadingSpace = true
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			at := cell{}
			var syntax *csv.ParseError
			if errors.As(err, &syntax) {
				at, err = cell{line: syntax.Line, column: syntax.Column}, syntax.Err
			}
			p.report(at, "", err.Error(), "quote the cell, and double the quotes inside it")
			return
		}
		cells := make([]cell, len(record))
		for i, text := range record {
			line, column := reader.FieldPos(i)
			cells[i] = cell{strings.TrimSpace(text), line, column}
		}
		if p.columns == nil {
			p.readHeader(cells)
			if len(p.faults) > 0 {
				return // without the columns every row would look wrong
			}
			continue
		}
		if p.rowCount++; p.rowCount > MaxRows {
			p.report(cells[0], "", fmt.Sprintf("more than %d rows", MaxRows), "split the file")
			return
		}
		p.readRow(cells)
	}
	if p.columns == nil {
		p.report(cell{line: 1}, "name", "no header line", "begin with a line of column names, such as name,price_per_hour")
	}
}

// readHeader finds out which column is which. An unknown one is a fault: dropping it could drop a price.
func (p *csvParser) readHeader(cells []cell) {
	p.nameIndex = -1
	seen := map[string]bool{}
	for i, c := range cells {
		name := strings.ToLower(c.text)
		column, known := findColumn(name)
		switch {
		case !known && strings.Contains(name, ";"):
			p.report(c, "", "columns are separated by ';'", "separate them by commas")
		case !known:
			p.report(c, "", fmt.Sprintf("unknown column %q", shorten(c.text)), "correct or remove it; 'tenon catalog --help' lists the columns")
		case seen[name]:
			p.report(c, "", fmt.Sprintf("column %q stands twice", name), "remove one")
		}
		if name == "name" {
			p.nameIndex = i
		}
		seen[name] = true
		p.columns = append(p.columns, column)
	}
	if p.nameIndex < 0 && len(p.faults) == 0 {
		p.report(cell{line: cells[0].line}, "name", "no such column", "say which instance type each row is about")
	}
}

func findColumn(name string) (csvColumn, bool) {
	if name == columnCurrency.Name {
		return csvColumn{Column: columnCurrency}, true
	}
	for i := range typeColumns {
		if typeColumns[i].Name == name {
			return csvColumn{Column: typeColumns[i].Column, ofType: &typeColumns[i]}, true
		}
	}
	for i := range offeringColumns {
		if offeringColumns[i].Name == name {
			return csvColumn{Column: offeringColumns[i].Column, ofOffering: &offeringColumns[i]}, true
		}
	}
	return csvColumn{}, false
}

// readRow adds one row to the type that it names.
func (p *csvParser) readRow(cells []cell) {
	if len(cells) != len(p.columns) {
		p.report(cells[0], "", fmt.Sprintf("%d cells in a table of %d columns", len(cells), len(p.columns)), "quote cells that contain a comma")
		return
	}
	name := cells[p.nameIndex]
	if name.text == "" {
		p.report(name, "name", "empty", "say which instance type the row is about")
		return
	}
	t := p.types[name.text]
	if t == nil {
		t = &csvType{line: name.line, said: map[string]cell{}}
		p.types[name.text] = t
		p.order = append(p.order, name.text)
	}
	var offer draftOffering
	row := csvRow{line: name.line, said: map[string]cell{}}
	for i, column := range p.columns {
		c := cells[i]
		if c.text == "" {
			continue
		}
		var err error
		switch {
		case column.ofType != nil:
			err = t.say(column.ofType, c)
		case column.ofOffering != nil:
			row.said[column.Field] = c
			err = column.ofOffering.set(&offer, c.text)
		default:
			p.sayCurrency(c)
		}
		if err != nil {
			p.report(c, column.Name, err.Error(), "see "+column.Doc)
		}
	}
	t.offers = append(t.offers, offer)
	t.rows = append(t.rows, row)
}

// say takes one cell that describes a machine, or refuses it when an earlier row said something else.
func (t *csvType) say(column *typeColumn, c cell) error {
	if earlier, ok := t.said[column.Field]; ok {
		if earlier.text != c.text {
			return fmt.Errorf("%q here but %q on line %d", shorten(c.text), shorten(earlier.text), earlier.line)
		}
		return nil
	}
	t.said[column.Field] = c
	return column.set(&t.draft, c.text)
}

func (p *csvParser) sayCurrency(c cell) {
	if p.currency.line == 0 {
		p.currency, p.header.Currency = c, c.text
	}
	if c.text != p.currency.text {
		p.report(c, columnCurrency.Name, fmt.Sprintf("%q here but %q on line %d", shorten(c.text), shorten(p.currency.text), p.currency.line),
			"keep one currency in a file: Tenon holds no exchange rates")
	}
}

// finish turns what was gathered into a sorted catalogue, and locates each remaining fault in the file.
func (p *csvParser) finish() Catalog {
	catalog := p.header
	for _, name := range p.order {
		t := p.types[name]
		finished, faults := t.draft.finish(p.prices)
		for _, f := range faults {
			at, said := cell{line: t.line}, t.said
			if f.offering >= 0 {
				at, said = cell{line: t.rows[f.offering].line}, t.rows[f.offering].said
			}
			column := columnOf(f.field)
			if found, ok := said[column.Field]; ok {
				at = found
			}
			p.report(at, column.Name, f.problem, f.fix)
		}
		catalog.Types = append(catalog.Types, finished)
	}
	if catalog.Currency != "" || !isDate(catalog.Date) {
		for _, f := range catalog.checkHeader() {
			p.report(p.currency, f.field, f.problem, f.fix)
		}
	}
	slices.SortStableFunc(p.faults, func(a, b *InputError) int { return a.Line - b.Line })
	catalog.sort()
	return catalog
}

// columnOf finds the column for a JSON field; each extended resource shares one.
func columnOf(field string) Column {
	if strings.HasPrefix(field, "allocatable.extended") {
		field = "allocatable.extended"
	}
	for _, column := range Columns() {
		if column.Field == field {
			return column
		}
	}
	return Column{Name: field, Field: field}
}
