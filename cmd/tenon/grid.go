package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// grid is a table of text: columns are as wide as their widest cell.
type grid struct {
	head []string // a head that begins with ">" names a column that is aligned to the right; all empty: no such line
	rows [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// writeTo prints the table; no line has spaces at its end.
func (g *grid) writeTo(w io.Writer) error {
	head := make([]string, len(g.head))
	widths := make([]int, len(g.head))
	for j, h := range g.head {
		head[j] = strings.TrimPrefix(h, ">")
		widths[j] = utf8.RuneCountInString(head[j])
		for _, row := range g.rows {
			widths[j] = max(widths[j], utf8.RuneCountInString(row[j]))
		}
	}
	var out strings.Builder
	rows := g.rows
	if strings.Join(head, "") != "" {
		rows = append([][]string{head}, rows...)
	}
	for _, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			if strings.HasPrefix(g.head[j], ">") {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}
