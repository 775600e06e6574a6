package explain

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

const (
	// markdownRows bounds each of the three tables: a reviewer reads a screen.
	markdownRows = 60
	// markdownOpen is the number of rows up to which a table is shown unfolded.
	markdownOpen = 15
	// markdownTable bounds the bytes of each table. GitHub refuses a comment of more than 65,536 characters (REST API
	// reference, 2026-11); three such tables and the rest stay below.
	markdownTable = 18_000
	// markdownName is the most cells of one short text, such as a pool's name.
	markdownName = 120
)

// Markdown is the Plan for a pull request: the figures, the nodes, what is unplaced, the notes; long tables are folded.
func Markdown(p planner.Plan) string {
	v := newView(p)
	var b strings.Builder
	fmt.Fprintf(&b, "### Tenon plan for %s\n\n", codeSpan(cmp.Or(v.Source, "an unnamed input")))
	v.markdownCost(&b)
	v.markdownRightsizing(&b)
	v.markdownPools(&b)
	v.markdownNodes(&b)
	v.markdownUnplaced(&b)
	v.markdownNotes(&b)
	fmt.Fprintf(&b, "<sub>Prices: %s. Input %s. A month is %d hours. Check it: `tenon verify plan.json`.</sub>\n",
		escape(strings.Join(filled(v.Catalog.Name, v.Catalog.Region, v.Catalog.Date), ", ")), codeSpan(v.InputDigest), HoursPerMonth)
	return b.String()
}

func (v *view) markdownCost(b *strings.Builder) {
	fmt.Fprintf(b, "| %s | an hour | a month | |\n|:--|--:|--:|:--|\n", escape(v.Cost.Currency))
	for _, m := range v.headline() {
		name := strings.TrimSpace(m.name)
		if name == "Planned" {
			name = "**Planned**"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, escape(m.hour), escape(m.month), escape(m.remark))
	}
	c := v.Changes
	fmt.Fprintf(b, "\n%s: %s kept, %s added, %s removed. %s placed, %s moved, **%s unplaced**. %s\n\n",
		plural(v.nodes, "node", "nodes"), count(c.Keep), count(c.Add), count(c.Remove),
		plural(v.placed, "pod", "pods"), count(c.Moves), count(v.left), escape(sentence(v.proofLine())))
}

func (v *view) markdownNodes(b *strings.Builder) {
	var rows []string
	for _, k := range v.grouped() {
		first := k.boxes[0]
		gpu := first.gpus()
		if gpu != "" {
			gpu += ", " + k.filled("GPU")
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", count(k.nodes), k.state(), codeSpan(first.InstanceType),
			escape(first.Zone), escape(first.CapacityType), escape(first.Pool), escape(v.money.hour(k.price())), k.filled("CPU"), k.filled("memory"), escape(gpu)))
	}
	section(b, "Nodes", "| Nodes | State | Instance type | Zone | Capacity | Pool | Total an hour | CPU | Memory | GPU |\n"+
		"|--:|:--|:--|:--|:--|:--|--:|--:|--:|:--|\n", rows)
}

func (v *view) markdownUnplaced(b *strings.Builder) {
	var rows []string
	for _, u := range v.Unplaced {
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", count(u.Count), codeSpan(u.Workload), escape(u.Reason)))
	}
	section(b, "Unplaced pods", "| Pods | Workload | Reason |\n|--:|:--|:--|\n", rows)
}

func (v *view) markdownNotes(b *strings.Builder) {
	var rows []string
	for _, n := range v.notes {
		severity := escape(string(n.Severity))
		if n.Severity == planner.Warning {
			severity = "**warning**"
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", severity, codeSpan(n.Object), escape(n.Text)))
	}
	section(b, "Notes", "| | Object | Note |\n|:--|:--|:--|\n", rows)
}

// section is a table under its name, folded where it is long; what does not fit is counted.
func section(b *strings.Builder, name, head string, rows []string) {
	if len(rows) == 0 {
		return
	}
	shown, size := 0, len(head)
	for shown < min(len(rows), markdownRows) && size+len(rows[shown]) <= markdownTable {
		size += len(rows[shown])
		shown++
	}
	folded := len(rows) > markdownOpen
	if folded {
		fmt.Fprintf(b, "<details><summary>%s (%s)</summary>\n\n", name, count(int64(len(rows))))
	} else {
		fmt.Fprintf(b, "**%s**\n\n", name)
	}
	b.WriteString(head + strings.Join(rows[:shown], "") + "\n")
	if left := len(rows) - shown; left > 0 {
		fmt.Fprintf(b, "%s more are in plan.json.\n\n", count(int64(left)))
	}
	if folded {
		b.WriteString("</details>\n\n")
	}
}

// codeSpan is text in which Markdown means nothing: the fence is longer than any run of backticks in it, and the pipe,
// which ends a cell even there, is escaped as GitHub's tables want it.
func codeSpan(text string) string {
	text = middle(text, markdownName)
	if text == "" {
		return ""
	}
	longest, current := 0, 0
	for _, r := range text {
		if r == '`' {
			current++
			longest = max(longest, current)
		} else {
			current = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	pad := ""
	if longest > 0 {
		pad = " "
	}
	return fence + pad + strings.ReplaceAll(text, "|", `\|`) + pad + fence
}

// escape is prose in which Markdown and HTML mean nothing, nobody is mentioned, no issue is referred to and nothing
// becomes a link: GitHub looks for those after rendering, so a backslash does not hold them back, a zero-width space does.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '$':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '@', '#':
			b.WriteRune(r)
			b.WriteString("&#8203;")
		default:
			b.WriteRune(r)
		}
	}
	return links.Replace(b.String())
}

// links breaks what GitHub would turn into a link by itself.
var links = strings.NewReplacer("://", ":&#8203;//", "www.", "www&#8203;.", "GH-", "GH&#8203;-")
