package main

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/test/milp"
)

// goal is a row of the table of the issue that asked for the solver at full strength: work, the cases that stand for it, and what
// is asked of them. Cases of seeds that were looked at count for none.
type goal struct {
	work    string
	cases   *regexp.Regexp // of their names
	figures []figure
}

// figure is one number of a goal.
type figure struct {
	name   string
	unit   string
	digits int
	sense  sense
	limit  float64
	of     func([]result) (value float64, where string)
}

// sense is which side of the limit is the good one.
type sense int

// The senses.
const (
	shown   sense = iota // there is no limit
	atMost               // rounded up for print, so that nothing looks better than it is
	atLeast              // rounded down
)

// goals are all of them, in the order of the issue.
func goals() []goal {
	at := regexp.MustCompile
	return []goal{
		{"first answer at 200 shapes, 10k pods", at(`^synth/10k-200/`), []figure{
			{"gap against the final bound", " %", 2, atMost, 3, worst(result.firstGap)},
			{"first answer", " ms", 0, atMost, 100, worst(result.firstMillis)},
		}},
		{"60 shapes, 10k pods", at(`^synth/10k-60/`), gapAndSeconds(0.1, 2)},
		{"230 shapes, 10k pods", at(`^synth/10k-230/`), gapAndSeconds(0.3, 10)},
		{"230 shapes, 100k pods", at(`^synth/100k-230/`), gapAndSeconds(0.1, 20)},
		{"1,000 shapes, 10k pods", at(`^synth/10k-1000/`), gapAndSeconds(1, 60)},
		{"1,000 shapes, 100k pods", at(`^synth/100k-1000/`), gapAndSeconds(1, 60)},
		{"every Alibaba list", at(`^alibaba/`), gapAndSeconds(0.5, 30)},
		{"MIG mixes of the facts", at(`^mig/.*x`), slicesFigures()},
		{"MIG mixes beside CPU", at(`^mig/.*seed-`), slicesFigures()},
		{"re-solve after 1 % change", at(`^again/`), againFigures(0, 5)},
		{"re-solve after 5 % change", at(`^again/`), againFigures(1, 3)},
		{"Baldi's instances", at(`^baldi/`), []figure{
			{"proven optimal", " %", 1, atLeast, 95, share(result.optimal)},
			{"mean gap", " %", 3, atMost, 0.01, mean(result.gap)},
			{"mean solve", " s", 2, atMost, 0.5, mean(result.seconds)},
		}},
		{"Caprara and Toth's classes", at(`^ct/`), []figure{
			{"proven optimal", " %", 1, shown, 0, share(result.optimal)},
			{"gap", " %", 2, shown, 0, worst(result.gap)},
			{"mean solve", " s", 2, shown, 0, mean(result.seconds)},
		}},
		{"against CBC, small whole problems", at(`^small/`), rivalFigures(milp.CBC, taskPatterns)},
		{"against glpsol, small whole problems", at(`^small/`), rivalFigures(milp.GLPSol, taskPatterns)},
		{"against CBC, restricted masters", at(`^(master|lp)/`), rivalFigures(milp.CBC, taskRelaxed, taskColumns)},
		{"against glpsol, restricted masters", at(`^(master|lp)/`), rivalFigures(milp.GLPSol, taskRelaxed, taskColumns)},
	}
}

func gapAndSeconds(gap, seconds float64) []figure {
	return []figure{
		{"gap", " %", 3, atMost, gap, worst(result.gap)},
		{"solve", " s", 1, atMost, seconds, worst(result.seconds)},
	}
}

func slicesFigures() []figure {
	return []figure{
		{"proven optimal", " %", 1, atLeast, 100, share(result.optimal)},
		{"gap", " %", 3, shown, 0, worst(result.gap)},
		{"solve", " s", 2, shown, 0, worst(result.seconds)},
	}
}

func againFigures(n int, times float64) []figure {
	return []figure{
		{"faster than from scratch", " ×", 1, atLeast, times, least(func(r result) float64 { return r.Again[n].faster() })},
		{"gap", " %", 3, shown, 0, worst(func(r result) float64 { return r.Again[n].Warm.gap() })},
		{"gap from scratch", " %", 3, shown, 0, worst(func(r result) float64 { return r.Again[n].Fresh.gap() })},
	}
}

func (r result) seconds() float64     { return r.Solve.Seconds() }
func (r result) firstMillis() float64 { return 1000 * r.First.Took.Seconds() }
func (r result) optimal() bool        { return r.Status == model.Optimal || r.Status == model.Empty }

// worst is the largest value, and the case that has it; none where all are 0.
func worst(value func(result) float64) func([]result) (float64, string) {
	return func(of []result) (float64, string) {
		at := slices.MaxFunc(of, func(a, b result) int { return cmp.Compare(value(a), value(b)) })
		if value(at) == 0 {
			return 0, ""
		}
		return value(at), at.Case
	}
}

// least is the smallest.
func least(value func(result) float64) func([]result) (float64, string) {
	return func(of []result) (float64, string) {
		at := slices.MinFunc(of, func(a, b result) int { return cmp.Compare(value(a), value(b)) })
		return value(at), at.Case
	}
}

func mean(value func(result) float64) func([]result) (float64, string) {
	return func(of []result) (float64, string) {
		sum := 0.0
		for _, r := range of {
			sum += value(r)
		}
		return sum / float64(len(of)), ""
	}
}

// share is the part of the cases that have something, in per cent, and the first that has not.
func share(has func(result) bool) func([]result) (float64, string) {
	return func(of []result) (float64, string) {
		n, without := 0, ""
		for _, r := range of {
			if has(r) {
				n++
			} else if without == "" {
				without = "not " + r.Case
			}
		}
		return 100 * float64(n) / float64(len(of)), without
	}
}

// rounded is the value as it is printed and judged: to the worse side.
func (f figure) rounded(v float64) float64 {
	unit := math.Pow10(f.digits)
	if f.sense == atLeast {
		return math.Floor(v*unit+1e-9) / unit
	}
	return math.Ceil(v*unit-1e-9) / unit
}

func (f figure) met(v float64) bool {
	switch f.sense {
	case atMost:
		return v <= f.limit
	case atLeast:
		return v >= f.limit
	case shown:
	}
	return true
}

// asked is the limit, in words.
func (f figure) asked() string {
	limit := strconv.FormatFloat(f.limit, 'f', -1, 64) + f.unit
	switch f.sense {
	case atMost:
		return "≤ " + limit
	case atLeast:
		return "≥ " + limit
	case shown:
	}
	return ""
}

// text is the value for print.
func (f figure) text(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	}
	return fixed(f.rounded(v), f.digits) + f.unit
}

// goals compares what was measured with what was asked for.
func (r report) goals(b *strings.Builder) {
	b.WriteString("## Goals\n\nOf the issue that asked for the solver at full strength. The worst of all cases, of seeds that nobody looked at. " +
		"A figure without a goal is shown for what it says of the others.\n\n")
	g := grid{head: []string{"work", "figure", "goal", ">measured", "worst case", ">peak MiB", "met", "note"}}
	for _, goal := range goals() {
		r.goal(&g, goal)
	}
	g.write(b)
	for n, note := range r.Notes {
		fmt.Fprintf(b, "%d. **%s**: %s\n", n+1, note.Work, note.Text)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n")
	}
}

// goal adds the rows of one goal.
func (r report) goal(g *grid, goal goal) {
	of, failed := r.matching(goal.cases)
	if len(of) == 0 {
		why := "not measured"
		if failed > 0 {
			why = fmt.Sprintf("%d failed", failed)
		}
		g.add(goal.work, "", "", why, "", "", "", r.note(goal.work))
		return
	}
	work, memory, note := fmt.Sprintf("%s (%d)", goal.work, len(of)), int64(0), r.note(goal.work)
	var left int64 // a gap says nothing of what was not placed
	for _, x := range of {
		memory = max(memory, x.PeakMiB)
		left += x.Unplaced
	}
	peak := thousands(memory)
	for _, f := range goal.figures {
		v, where := f.of(of)
		met := ""
		switch {
		case f.sense == shown:
		case failed > 0:
			met = fmt.Sprintf("**no**: %d more failed", failed)
		case left > 0:
			met = fmt.Sprintf("**no**: %s not placed", thousands(left))
		case f.met(v):
			met = "yes"
		default:
			met = "**no**"
		}
		g.add(work, f.name, f.asked(), f.text(v), where, peak, met, note)
		work, peak, note = "", "", ""
	}
}

// matching returns the results that count for a goal, and how many of its cases failed.
func (r report) matching(cases *regexp.Regexp) (of []result, failed int) {
	for _, x := range r.Results {
		switch {
		case !cases.MatchString(x.Case) || tuned(x.Case):
		case x.Error != "":
			failed++
		default:
			of = append(of, x)
		}
	}
	return of, failed
}

// note is the number of a goal's note.
func (r report) note(work string) string {
	n := slices.IndexFunc(r.Notes, func(n note) bool { return n.Work == work })
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n + 1)
}
