package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// sheet is a result of sentences and tables, for a terminal or as Markdown. What comes from an input is made one line.
type sheet struct{ parts []sheetPart }

type sheetPart struct {
	title string
	lines []string
	grid  grid
}

func (s *sheet) part(title string, head ...string) *sheetPart {
	s.parts = append(s.parts, sheetPart{title: title, grid: grid{head: head}})
	return &s.parts[len(s.parts)-1]
}

func (p *sheetPart) say(format string, args ...any) {
	p.lines = append(p.lines, oneLine(fmt.Sprintf(format, args...)))
}

func (p *sheetPart) row(cells ...string) {
	for i := range cells {
		cells[i] = oneLine(cells[i])
	}
	p.grid.add(cells...)
}

// sheetForms are the forms that render knows.
var sheetForms = []string{"table", "json", "markdown"}

// render writes the sheet, or value as JSON.
func (s *sheet) render(form string, value any) ([]byte, error) {
	var out bytes.Buffer
	switch form {
	case "json":
		data, err := json.MarshalIndent(value, "", "  ")
		return append(data, '\n'), err
	case "markdown":
		for i, p := range s.parts {
			p.markdown(&out, i == 0)
		}
		return out.Bytes(), nil
	}
	for i, p := range s.parts {
		if i > 0 {
			out.WriteByte('\n')
		}
		if p.title != "" {
			out.WriteString(p.title + "\n")
		}
		for _, line := range p.lines {
			out.WriteString(line + "\n")
		}
		if len(p.grid.rows) > 0 {
			if err := p.grid.writeTo(&out); err != nil {
				return nil, err
			}
		}
	}
	return out.Bytes(), nil
}

// markdown writes a part; text that Markdown or HTML would read is escaped.
func (p *sheetPart) markdown(out *bytes.Buffer, first bool) {
	escape := strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "#", "\\#").Replace
	if p.title != "" {
		level := "###"
		if first {
			level = "##"
		}
		fmt.Fprintf(out, "%s %s\n\n", level, escape(p.title))
	}
	for _, line := range p.lines {
		out.WriteString(escape(line) + "\n\n")
	}
	if len(p.grid.rows) == 0 {
		return
	}
	var marks, names []string
	for _, h := range p.grid.head {
		mark := "---"
		if strings.HasPrefix(h, ">") {
			mark = "--:"
		}
		marks, names = append(marks, mark), append(names, strings.ToLower(strings.TrimPrefix(h, ">")))
	}
	fmt.Fprintf(out, "| %s |\n|%s|\n", strings.Join(names, " | "), strings.Join(marks, "|"))
	for _, row := range p.grid.rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = escape(c)
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
	out.WriteByte('\n')
}
