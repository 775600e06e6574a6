package explain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

func TestMarkdownGolden(t *testing.T) {
	golden(t, "markdown_shop", func() string { return explain.Markdown(shop()) })
	golden(t, "markdown_empty", func() string { return explain.Markdown(empty()) })
}

// GitHub refuses a comment of more than 65,536 characters, however large the plan and however long its texts.
func TestMarkdownFitsAComment(t *testing.T) {
	p := fleet(1500, 400)
	long := strings.Repeat("|@x", 200)
	for range 500 {
		p.Unplaced = append(p.Unplaced, planner.Unplaced{Workload: long, Count: 1, Reason: long})
		p.Notes = append(p.Notes, planner.Note{Severity: planner.Warning, Object: long, Text: long})
	}
	for i := range p.Nodes {
		p.Nodes[i].Pool = long
	}
	if got := utf8.RuneCountInString(explain.Markdown(p)); got > 65_536 {
		t.Errorf("%d characters, want at most 65536", got)
	}
}
