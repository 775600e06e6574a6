// Package milp asks other people's solvers of linear and mixed-integer programs: Debian's CBC (coinor-cbc) and glpsol
// (glpk-utils). They run as processes of their own and are never linked; where they are not installed, [Tool.Path]
// fails with [ErrAbsent]. Tests compare our answers with theirs, and test/bench our times.
//
// # Programs
//
// A [Program] has columns with a cost, rows over them and one word on whether columns are whole numbers. It is written as a
// CPLEX LP file, which both tools read. There are three ways from a packing problem to one:
//
//   - [Assignment]: which item lies in which of so many bins of each kind. It says the whole problem, and its relaxation
//     is weak.
//   - [Patterns]: how many bins have which maximal content, over all contents there are. It says the whole problem too; its
//     relaxation is that of column generation, and only small problems have few enough contents.
//   - [Restricted]: the same over some contents, of any problem. It is what a round of column generation solves.
//
// The first two know sizes, classes, counts, BinMax and Max, and refuse all else with [ErrForm]; [PatternsWhere] takes what the
// cards of a bin hold from its caller. They share no code with the
// solver; only [Relax] calls our own simplex.
package milp

import (
	"bufio"
	"fmt"
	"io"
)

// Program is: minimise the cost of columns, each at least 0, such that all rows hold.
type Program struct {
	Columns []Column
	Rows    []Row
	Whole   bool // all columns are whole numbers
}

// Column is a variable.
type Column struct {
	Cost int64
	Most int64 // 0: no limit
}

// Row is a constraint: the sum of its terms is at least (or, with AtMost, at most) RHS.
type Row struct {
	Terms  []Term
	AtMost bool
	RHS    int64
}

// Term is a column with its factor.
type Term struct {
	Column int
	Factor int64
}

// Write writes the program as a CPLEX LP file. Columns are named C0, C1 and so on, and every line is short: CBC reads no
// long ones. A program without columns cannot be written.
func (m *Program) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports what failed
	line("Minimize\n cost:")
	for j, c := range m.Columns {
		line(" + %d C%d", c.Cost, j)
	}
	line("Subject To")
	for i, r := range m.Rows {
		line(" R%d:", i)
		for _, t := range r.Terms {
			line(" %+d C%d", t.Factor, t.Column)
		}
		if len(r.Terms) == 0 {
			line(" 0 C0")
		}
		sense := ">="
		if r.AtMost {
			sense = "<="
		}
		line(" %s %d", sense, r.RHS)
	}
	line("Bounds")
	for j, c := range m.Columns {
		if c.Most > 0 {
			line(" C%d <= %d", j, c.Most)
		}
	}
	if m.Whole {
		line("Generals")
		for j := range m.Columns {
			line(" C%d", j)
		}
	}
	line("End")
	return w.Flush()
}

// row appends a row, unless it says nothing.
func (m *Program) row(r Row) {
	if len(r.Terms) > 0 || (!r.AtMost && r.RHS > 0) {
		m.Rows = append(m.Rows, r)
	}
}
