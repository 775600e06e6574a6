package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

// up rounds up, so that no gap is printed as none.
func up(v float64, digits int) string {
	if math.IsInf(v, 1) {
		return "∞"
	}
	unit := math.Pow10(digits)
	return fixed(max(math.Ceil(v*unit-1e-9), 0)/unit, digits) // a millionth of the last digit is noise
}

// fixed never writes a negative zero.
func fixed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

func money(micro int64) string { return fixed(float64(micro)/float64(pricing.Unit), 2) }

// thousands writes 12345 as 12,345.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// grid is a Markdown table. Heads that begin with ">" stand above numbers, on the right.
type grid struct {
	head []string
	rows [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) write(b *strings.Builder) {
	var names, rules []string
	for _, h := range g.head {
		name, right := strings.CutPrefix(h, ">")
		names = append(names, name)
		if rule := "---"; right {
			rules = append(rules, rule+":")
		} else {
			rules = append(rules, rule)
		}
	}
	for _, row := range slices.Concat([][]string{names, rules}, g.rows) {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	b.WriteString("\n")
}
