package pricing

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// FormatCSV writes the catalogue in the form that ParseCSV reads, one row an offering and one row for a type without
// any. Columns that are empty throughout are left out, and so is all that a reader works out again: the operating system
// linux, family and size where the name holds them, extended resources where the GPUs imply them. The lines of preamble
// become comments. An offering without date or source takes the catalogue's when it is read again.
func (c Catalog) FormatCSV(preamble ...string) []byte {
	var out bytes.Buffer
	for _, line := range preamble {
		out.WriteString(strings.TrimSpace("# "+oneLine(line)) + "\n")
	}
	prices := c.commonTerms()
	for _, directive := range []namedText{
		{"name", c.Name}, {"currency", c.Currency}, {"region", c.Region}, {"source", c.Source}, {"date", c.Date},
		{"price_source", prices.Source}, {"price_date", prices.Date},
	} {
		if directive.value != "" {
			fmt.Fprintf(&out, "%s %s %s\n", directivePrefix, directive.field, oneLine(directive.value))
		}
	}
	writer := csv.NewWriter(&out)
	if err := writer.WriteAll(dropEmptyColumns(c.rows(prices))); err != nil {
		panic(fmt.Sprintf("pricing: a buffer in memory refused a row: %v", err))
	}
	return out.Bytes()
}

// commonTerms is the source and the date that all prices share; empty where they differ.
func (c Catalog) commonTerms() Offering {
	var common Offering
	first := true
	for _, t := range c.Types {
		for _, o := range t.Offerings {
			if first {
				common.Source, common.Date, first = o.Source, o.Date, false
			}
			if o.Source != common.Source {
				common.Source = ""
			}
			if o.Date != common.Date {
				common.Date = ""
			}
		}
	}
	return common
}

// rows is the whole table: a header line, and the description of each type on the first of its rows.
func (c Catalog) rows(prices Offering) [][]string {
	var header []string
	for _, column := range Columns()[1:] { // the currency has its directive
		header = append(header, column.Name)
	}
	rows := [][]string{header}
	for _, t := range c.Types {
		described := make([]string, len(typeColumns))
		for i, column := range typeColumns {
			described[i] = column.get(t)
		}
		if len(t.Offerings) == 0 {
			rows = append(rows, append(described, make([]string, len(offeringColumns))...))
		}
		for _, offering := range t.Offerings {
			rows = append(rows, append(slices.Clone(described), offeringCells(offering, prices)...))
			described = make([]string, len(typeColumns))
			described[0] = t.Name
		}
	}
	return rows
}

func offeringCells(o, prices Offering) []string {
	if o.Source == prices.Source {
		o.Source = ""
	}
	if o.Date == prices.Date {
		o.Date = ""
	}
	cells := make([]string, len(offeringColumns))
	for i, column := range offeringColumns {
		cells[i] = column.get(o)
	}
	return cells
}

// dropEmptyColumns removes columns in which every row has the value that an empty cell stands for.
func dropEmptyColumns(rows [][]string) [][]string {
	implied := map[string]string{"os": "linux", "capacity_type": OnDemand}
	var keep []int
	for i, name := range rows[0] {
		needed := slices.ContainsFunc(rows[1:], func(row []string) bool { return row[i] != "" && row[i] != implied[name] })
		if needed || name == "name" || name == "price_per_hour" {
			keep = append(keep, i)
		}
	}
	kept := make([][]string, len(rows))
	for r, row := range rows {
		for _, i := range keep {
			kept[r] = append(kept[r], row[i])
		}
	}
	return kept
}

// oneLine keeps a text inside its comment.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
