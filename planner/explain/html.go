package explain

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the report's template, style and script are compiled in
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenon-sh/tenon/planner"
)

//go:embed report.html.tmpl
var reportTemplate string

//go:embed report.css
var reportCSS string

//go:embed report.js
var reportJS string

var reportHTML = template.Must(template.New("report").Parse(reportTemplate))

// HTML is the report: one file that loads nothing. Its content security policy names the hashes of the one style and
// the one script that it carries, so that even text which escaped from its place could neither run nor restyle
// anything. It works without the script; with it, tables sort and filter, and the legend points at its pods.
func HTML(p planner.Plan) ([]byte, error) {
	v := newView(p)
	r := v.report()
	var b bytes.Buffer
	if err := reportHTML.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("render the report: %w", err)
	}
	return b.Bytes(), nil
}

// report is what the template reads: texts that are ready to be printed, never amounts to be formatted.
type report struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Title, Source, Instant, Currency string
	Catalog                          planner.CatalogRef
	InputDigest, PlanDigest, Proof   string
	Now, Planned, Bound, Idle, Held  *figure
	Moves                            *figure // nil: they have no price
	Built                            *figure // nil: not replayed
	BuiltSays                        string
	Pools                            table
	Rulers                           []ruler
	Facts                            []fact
	Legend                           []chip
	LegendMore                       int
	Sketches                         []sketch
	SketchesMore                     int
	IdleWords                        string
	ByResource, ByType, Nodes, Works table
	Today, Unplaced, Notes           table
	Sized, Resized                   table // no rows: requests stay as they are
	SizedWords, SizedSays            string
	UnplacedLine, WarningLine        string
	Solver                           string
	WorkRows                         int
	HoursPerMonth                    int
}

// figure is an amount in the headline.
type figure struct{ Hour, Month, Remark, Class string }

// fact is a small figure under the headline.
type fact struct{ Name, Value, Remark string }

// chip is a line of the legend.
type chip struct {
	Class, Name, Full string
	Work              int
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

func policy(style, script string) string {
	hash := func(text string) string {
		digest := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'"
}

func (v *view) report() report {
	tints := v.tints()
	style := paletteCSS() + reportCSS
	r := report{
		Policy:        policy(style, reportJS),
		Style:         template.CSS(style),   //nolint:gosec // both are compiled in, nothing of the Plan is in them
		Script:        template.JS(reportJS), //nolint:gosec // as above
		Title:         "Plan for " + cmp.Or(v.Source, "an unnamed input"),
		Source:        v.Source,
		Instant:       v.instant(),
		Currency:      v.Cost.Currency,
		Catalog:       v.Catalog,
		InputDigest:   v.InputDigest,
		PlanDigest:    v.Digest,
		Proof:         sentence(v.proofLine()),
		Rulers:        v.rulers(),
		Facts:         v.facts(),
		Sketches:      v.sketches(tints),
		SketchesMore:  max(0, len(v.boxes)-picturesMax),
		IdleWords:     idleWords,
		ByResource:    v.resourceTable(),
		ByType:        v.typeTable(),
		Nodes:         v.nodeTable(),
		Works:         v.workTable(tints),
		Today:         v.todayTable(),
		Unplaced:      v.unplacedTable(),
		Notes:         v.noteTable(),
		Sized:         v.sizedTable(),
		Pools:         v.poolTable(),
		Resized:       v.resizedTable(),
		WorkRows:      workRowsMax,
		HoursPerMonth: HoursPerMonth,
	}
	v.headlineFigures(&r)
	if v.Rightsizing != nil {
		r.SizedWords, r.SizedSays = sizedWords+" "+v.keptLine()+".", sentence(v.usageLine())+" "+sentence(cmp.Or(v.Rightsizing.Says, "no more is said"))
	}
	r.Legend, r.LegendMore = v.legend(tints)
	warnings := int64(0)
	for _, n := range v.notes {
		if n.Severity == planner.Warning {
			warnings++
		}
	}
	if v.left > 0 {
		r.UnplacedLine = plural(v.left, "pod fits", "pods fit") + " nowhere"
	}
	if warnings > 0 {
		r.WarningLine = plural(warnings, "warning", "warnings")
	}
	s := v.Solver
	r.Solver = fmt.Sprintf("%s; %s, %s, %s; %s of workloads, %s (%s after pruning), %s",
		cmp.Or(s.Status, "unknown"), plural(s.Iterations, "iteration", "iterations"), plural(s.Columns, "column", "columns"),
		plural(s.Pivots, "pivot", "pivots"), plural(int64(s.Shapes), "shape", "shapes"), plural(int64(s.Offers), "offer", "offers"),
		count(int64(s.Pruned)), plural(int64(s.Components), "component", "components"))
	return r
}

func (v *view) headlineFigures(r *report) {
	c := v.Cost
	r.Planned = &figure{Hour: v.money.hour(c.PlannedPerHour), Month: v.money.month(c.PlannedPerHour)}
	if c.NowPerHour != nil {
		r.Now = &figure{Hour: v.money.hour(*c.NowPerHour), Month: v.money.month(*c.NowPerHour)}
		if n := c.UnpricedNodes; n > 0 {
			r.Now.Remark = plural(int64(n), "node", "nodes") + " without a price left out"
		}
		remark, look := v.saved()
		r.Planned.Remark = remark
		r.Planned.Class = map[style]string{green: "good", red: "bad"}[look]
	}
	r.Bound = &figure{
		Hour:   v.money.amount(c.LowerBoundPerHour, hourDecimals, down),
		Month:  v.money.amount(c.LowerBoundPerHour.Times(HoursPerMonth), monthDecimals, down),
		Remark: v.gapRemark(),
	}
	if k := c.KarpenterPerHour; k != nil && v.Karpenter != nil {
		r.Built = &figure{Hour: v.money.hour(*k), Month: v.money.month(*k), Remark: v.builtRemark()}
		r.BuiltSays = sentence(v.builtLine())
	}
	if c.MovesPerHour != nil {
		r.Moves = &figure{Hour: v.money.hour(*c.MovesPerHour), Month: v.money.month(*c.MovesPerHour), Remark: v.movesRemark()}
	}
	r.Idle = &figure{
		Hour: v.money.hour(v.idle), Month: v.money.month(v.idle),
		Remark: percent(share(int64(v.idle), int64(c.PlannedPerHour))),
	}
	if c.HeldPerHour != 0 {
		r.Held = &figure{Hour: v.money.hour(c.HeldPerHour), Month: v.money.month(c.HeldPerHour)}
		if v.held > 0 {
			r.Held.Remark = v.money.hour(v.held) + " of the idle money is on them"
		}
	}
}

func (v *view) facts() []fact {
	c := v.Changes
	out := []fact{
		{"Nodes", count(v.nodes), fmt.Sprintf("%s kept, %s added, %s removed", count(c.Keep), count(c.Add), count(c.Remove))},
		{"Pods placed", count(v.placed), fmt.Sprintf("%s moved; %s more stay", count(c.Moves), count(c.Stay))},
		{"Pods unplaced", count(v.left), ""},
	}
	total, busy := int64(0), int64(0)
	for i := range v.boxes {
		b := &v.boxes[i]
		total = satAdd(total, satMul(int64(len(b.GPUs)), b.Count))
		busy = satAdd(busy, satMul(int64(len(b.GPUs))-idleCards(b.PlanNode), b.Count))
	}
	if total > 0 {
		out = append(out, fact{"GPUs", count(total), fmt.Sprintf("%s in use, %s idle", count(busy), count(total-busy))})
	}
	return out
}

// legendMax is the number of workloads that the legend shows; every row of the workloads' table shows its colour too.
const legendMax = len(palette)

func (v *view) legend(tints []int) (chips []chip, more int) {
	for _, i := range v.bySize() {
		w := &v.works[i]
		if w.placed == 0 {
			continue
		}
		if len(chips) == legendMax {
			more++
			continue
		}
		chips = append(chips, chip{Class: fmt.Sprintf("c%d", tints[i]), Name: middle(short(w.Workload), 28), Full: w.Workload, Work: i})
	}
	return chips, more
}

// table is one of the report's tables.
type table struct {
	ID, Caption string
	Heads       []headCell
	Rows        []row
	More        int // rows that are not in the file
}

type headCell struct {
	Text, Hint string
	Number     bool
}

type row struct {
	ID    string
	Class string
	Cells []data
}

// data is one cell. Sort, where set, is what a click on the head compares instead of the text or the number in it: an
// amount whose unit changes from row to row needs it.
type data struct {
	Text, Class, Sort string
	Chip              string    // class of a colour chip before the text
	Bar               []segment // drawn instead of the text
	Lines             []string  // further lines, small
}

func words(text string) data             { return data{Text: text} }
func name(text string) data              { return data{Text: text, Class: "name"} }
func number(text string) data            { return data{Text: text, Class: "n"} }
func measured(text string, n int64) data { return data{Text: text, Class: "n", Sort: fmt.Sprint(n)} }
func integer(n int64) data               { return number(count(n)) }
func ratio(millionths int64) data        { return number(percent(millionths)) }
func cut[T any](all []T, most int) []T   { return all[:min(len(all), most)] }
func heads(texts ...string) []headCell {
	out := make([]headCell, len(texts))
	for i, text := range texts {
		text, numeric := strings.CutPrefix(text, "#")
		text, hint, _ := strings.Cut(text, "|")
		out[i] = headCell{Text: text, Hint: hint, Number: numeric}
	}
	return out
}
