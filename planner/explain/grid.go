package explain

import (
	"slices"
	"strings"
)

// style is how a cell looks on a terminal with colours: an ANSI SGR parameter.
type style string

const (
	normal style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// paint wraps text in a style.
func (s style) paint(text string, color bool) string {
	if !color || s == normal || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// column is one column of a grid.
type column struct {
	head  string
	right bool // numbers
	least int  // narrowest width that its texts may be cut to; 0: never cut
	drop  int  // where the grid is still too wide, the column with the highest drop goes first; 0: it stays
}

// cell is a text and its look.
type cell struct {
	text string
	look style
}

// grid is a table of text, aligned by terminal cells.
type grid struct {
	columns []column
	rows    [][]cell
}

func (g *grid) add(texts ...string) {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i].text = text
	}
	g.rows = append(g.rows, row)
}

// common takes out the columns in which every row says the same and drop allows it, and returns what they say.
func (g *grid) common() []string {
	var said []string
	for i := len(g.columns) - 1; i >= 0; i-- {
		if g.columns[i].drop == 0 || len(g.rows) < 2 {
			continue
		}
		text := g.rows[0][i].text
		if slices.ContainsFunc(g.rows, func(row []cell) bool { return row[i].text != text }) {
			continue
		}
		g.remove(i)
		if text != "" && text != "-" {
			said = append(said, text)
		}
	}
	slices.Reverse(said)
	return said
}

// dropEmpty takes out the columns that drop allows and in which no row says anything.
func (g *grid) dropEmpty() {
	for i := len(g.columns) - 1; i >= 0; i-- {
		if g.columns[i].drop > 0 && !slices.ContainsFunc(g.rows, func(row []cell) bool { return row[i].text != "" }) {
			g.remove(i)
		}
	}
}

func (g *grid) remove(i int) {
	g.columns = slices.Delete(g.columns, i, i+1)
	for r := range g.rows {
		g.rows[r] = slices.Delete(g.rows[r], i, i+1)
	}
}

const gutter = "  "

// render lays the grid out in at most limit cells; 0 is no limit.
func (g *grid) render(limit int, color bool) string {
	widths := g.fit(limit)
	var b strings.Builder
	heads := make([]cell, len(g.columns))
	for i, c := range g.columns {
		heads[i] = cell{c.head, bold}
	}
	g.line(&b, heads, widths, color)
	for _, row := range g.rows {
		g.line(&b, row, widths, color)
	}
	return b.String()
}

func (g *grid) line(b *strings.Builder, row []cell, widths []int, color bool) {
	var line strings.Builder
	blank := 0 // spaces owed before the next text, so that no line ends in spaces
	first := true
	for i, c := range row {
		if widths[i] < 0 {
			continue
		}
		if !first {
			blank += len(gutter)
		}
		first = false
		text := middle(c.text, widths[i])
		pad := widths[i] - width(text)
		if g.columns[i].right {
			blank += pad
		}
		if text != "" {
			line.WriteString(strings.Repeat(" ", blank))
			line.WriteString(c.look.paint(text, color))
			blank = 0
		}
		if text == "" && g.columns[i].right {
			continue
		}
		if !g.columns[i].right {
			blank += pad
		}
	}
	b.WriteString(line.String())
	b.WriteByte('\n')
}

// fit finds the width of every column, -1 for one that is dropped: it cuts texts as far as their columns allow, and
// where that does not do it drops a column and begins anew.
func (g *grid) fit(limit int) []int {
	natural := make([]int, len(g.columns))
	for i, c := range g.columns {
		natural[i] = width(c.head)
		for _, row := range g.rows {
			natural[i] = max(natural[i], width(row[i].text))
		}
	}
	for {
		widths := slices.Clone(natural)
		for limit > 0 && sum(widths) > limit && g.shrink(widths) {
		}
		if limit <= 0 || sum(widths) <= limit || !g.dropOne(natural) {
			return widths
		}
	}
}

// sum is the width of a line.
func sum(widths []int) int {
	total := -len(gutter)
	for _, w := range widths {
		if w >= 0 {
			total += w + len(gutter)
		}
	}
	return total
}

// shrink takes one cell from the column that has the most to spare.
func (g *grid) shrink(widths []int) bool {
	best, spare := -1, 0
	for i, c := range g.columns {
		if c.least > 0 && widths[i]-c.least > spare {
			best, spare = i, widths[i]-c.least
		}
	}
	if best < 0 {
		return false
	}
	widths[best]--
	return true
}

func (g *grid) dropOne(widths []int) bool {
	best := -1
	for i, c := range g.columns {
		if widths[i] >= 0 && c.drop > 0 && (best < 0 || c.drop > g.columns[best].drop) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	widths[best] = -1
	return true
}
