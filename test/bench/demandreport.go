package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/simulations/walk"
)

// demandWhat says what the section is about.
const demandWhat = "Recommenders of requests walk forward over the same usage: what each asked for is held against what came after. " +
	"The limit of memory is the request, so that each crossing is a kill; at most one an hour and container. All rules are in the package comment of " +
	"`simulations/walk`, the families in that of `simulations/loads`: they are chosen, in equal parts. **ours** is `planner/demand`, **vpa** is VPA v1.8.1 " +
	"(`planner/demand/vpa`, compared bit by bit with VPA's own code in `test/vpa`) with its updater's rule, **krr** KRR's simple strategy, **max15** the most of 14 " +
	"days + 15 %, **autopilot** moving windows as in Rzadca et al. 2020, **asis** what is asked for, **oracle** knows the time until its next decision, and at its default is never killed. " +
	"In brackets: what 95 % of 400 resamples of workloads give, within families.\n\n"

// demand writes the section "Rightsizing".
func (r report) demand(b *strings.Builder) {
	of := r.of(setDemand + "/")
	of = slices.DeleteFunc(slices.Clone(of), func(x result) bool { return x.Demand == nil })
	if len(of) == 0 {
		return
	}
	b.WriteString("## Rightsizing\n\n" + demandWhat)
	demandGoals(b, of)
	for _, x := range of {
		switch d := x.Demand; {
		case d.GPU != nil:
			gpuReport(b, x)
		case d.Told != nil:
			toldReport(b, x)
		case d.Money != nil:
			moneyReport(b, x)
		case d.Ingest != nil:
			ingestReport(b, x)
		default:
			demandCase(b, x)
		}
	}
}

// demandGoals are those of the issue that asked for rightsizing.
func demandGoals(b *strings.Builder, of []result) {
	g := grid{head: []string{"goal", "case", ">measured", "met"}}
	verdict := func(v float64, met bool) string {
		if math.IsNaN(v) {
			return "not reached"
		}
		return map[bool]string{true: "yes", false: "**no**"}[met]
	}
	for _, x := range of {
		for _, t := range x.Demand.Told {
			g.add(fmt.Sprintf("risk told of %s at %g %%, held for %s, and what came: within a point", map[bool]string{false: "memory", true: "CPU"}[t.CPU], 100*t.Share, t.Held), x.Case,
				percent(t.All.Over), verdict(t.All.Over.Value, math.Abs(t.All.Over.Value) <= 0.01))
		}
		n := slices.IndexFunc(x.Demand.Board.Rows, func(r walk.Row) bool { return r.Method == "ours" })
		if n < 0 {
			continue
		}
		v := x.Demand.Board.Rows[n].Memory
		g.add("at VPA's kills at most half of VPA's slack of memory", x.Case, times(v.Slack), verdict(v.Slack.Value, v.Slack.Value <= 0.5))
		g.add("at VPA's slack at most a tenth of VPA's kills", x.Case, times(v.Risk), verdict(v.Risk.Value, v.Risk.Value <= 0.1))
		for _, p := range x.Demand.Promises {
			for _, e := range []struct {
				name string
				walk.Estimate
			}{{"memory", p.Memory}, {"CPU", p.CPU}} {
				if math.IsNaN(e.Value) {
					continue
				}
				g.add(fmt.Sprintf("%g %% promised of %s, held for %s: within a point", 100*p.Share, e.name, p.Held), x.Case, percent(e.Estimate), verdict(e.Value, math.Abs(e.Value-p.Share) <= 0.01))
			}
		}
	}
	if len(g.rows) > 0 {
		g.write(b)
	}
}

func demandCase(b *strings.Builder, x result) {
	d := x.Demand
	fmt.Fprintf(b, "### %s\n\n%d workloads with %d pods; %s; %s container-days are scored. It took %s s.\n\n", x.Case, d.Board.Workloads, d.Board.Pods, d.Rules, thousands(int64(d.Board.Days)), fixed(x.Solve.Seconds(), 0))
	g := grid{head: []string{"at its default", "setting", ">memory slack %", ">idle GiB", ">kills in 1000 days", ">CPU slack %", ">idle cores", ">CPU under %", ">work under %", ">changes a week"}}
	for _, row := range d.Board.Rows {
		t := row.Total
		g.add(row.Method, row.Knob, percent(row.SlackMemory), fixed(t.IdleMemory(), 2), plain(row.KillRate, 1), percentOr(row.SlackCPU, t.CPUSteps), fixed(t.IdleCPU(), 2),
			percentOr(row.Under, t.CPUSteps), fixed(100*t.Depth(), 2), fixed(t.Churn(), 1))
		if t.CPUSteps == 0 {
			row := g.rows[len(g.rows)-1]
			row[6], row[8] = "–", "–"
		}
	}
	g.write(b)
	g = grid{head: []string{"on its frontier", ">memory slack % at VPA's kills", ">÷ VPA's", ">kills at VPA's slack ÷ VPA's", ">CPU slack % at VPA's underrun", ">÷ VPA's", ">underrun at VPA's slack ÷ VPA's", ">hours up", ">hours down"}}
	for _, row := range d.Board.Rows {
		cpu := []string{percent(row.CPUAt), times(row.CPU.Slack), times(row.CPU.Risk)}
		if row.Total.CPUSteps == 0 {
			cpu = []string{"–", "–", "–"}
		}
		g.add(slices.Concat([]string{row.Method, percent(row.MemoryAt), times(row.Memory.Slack), times(row.Memory.Risk)}, cpu, []string{median(row.Up), median(row.Down)})...)
	}
	g.write(b)
	if n := slices.IndexFunc(d.Board.Rows, func(r walk.Row) bool { return r.Method == "oracle" }); n >= 0 {
		o := d.Board.Rows[n]
		fmt.Fprintf(b, "The oracle knows what comes until the next decision, and has %s %% slack of memory at its default, where it is never killed, against VPA's %s %%: with one request for all pods, decided as often, nobody has less without a kill.\n\n", percent(o.SlackMemory), vpaSlack(d.Board.Rows))
	}
	b.WriteString("*not reached*: no setting of it has as few kills, or as little slack, as VPA at its default. *hours up*, *down*: median until requests have followed a change of level.\n\n")
	if h := d.Hourly; h != nil {
		fmt.Fprintf(b, "VPA decides each minute, not each day. Asked each hour it has %s %% slack of memory at %s kills in 1000 days, %s %% slack of CPU at %s %% underrun, and %s changes a week.\n\n",
			fixed(100*h.SlackMemory, 1), fixed(h.KillRate, 1), fixed(100*h.SlackCPU, 1), fixed(100*h.Under, 2), fixed(h.Churn, 1))
	}
	demandFamiliesTable(b, d.Board.Rows)
	b.WriteString("All settings:\n\n")
	g = grid{head: []string{"method", "setting", ">memory slack %", ">kills in 1000 days", ">CPU slack %", ">CPU under %", ">changes a week"}}
	for _, row := range d.Board.Rows {
		for _, s := range row.Settings {
			t := s.Total
			g.add(row.Method, s.Knob, fixed(100*t.SlackMemory(), 1), fixed(t.KillRate(), 1), fixed(100*t.SlackCPU(), 1), fixed(100*t.Under(), 2), fixed(t.Churn(), 1))
			if t.CPUSteps == 0 {
				copy(g.rows[len(g.rows)-1][4:], []string{"–", "–"})
			}
		}
	}
	g.write(b)
}

// demandFamiliesTable says which family has which slack and kills.
func demandFamiliesTable(b *strings.Builder, rows []walk.Row) {
	if len(rows) == 0 || len(rows[0].Groups) < 2 {
		return
	}
	b.WriteString("By family, at defaults: slack of memory %, kills in 1000 days, CPU underrun %.\n\n")
	g := grid{head: []string{"family"}}
	for _, row := range rows {
		g.head = append(g.head, ">"+row.Method)
	}
	for n, family := range rows[0].Groups {
		cells := []string{family.Name}
		for _, row := range rows {
			t := row.Groups[n].Total
			cells = append(cells, fmt.Sprintf("%s · %s · %s", fixed(100*t.SlackMemory(), 0), fixed(t.KillRate(), 0), fixed(100*t.Under(), 1)))
		}
		g.add(cells...)
	}
	g.write(b)
}

func vpaSlack(rows []walk.Row) string {
	n := slices.IndexFunc(rows, func(r walk.Row) bool { return r.Method == "vpa" })
	return percent(rows[max(n, 0)].SlackMemory)
}

// percent writes a share and its interval.
func percent(e walk.Estimate) string {
	return plain(walk.Estimate{Value: 100 * e.Value, Low: 100 * e.Low, High: 100 * e.High}, 1)
}

func percentOr(e walk.Estimate, measured int64) string {
	if measured == 0 {
		return "–"
	}
	return percent(e)
}

func times(e walk.Estimate) string { return plain(e, 2) }

func plain(e walk.Estimate, digits int) string {
	switch {
	case math.IsNaN(e.Value) || math.IsInf(e.Value, 0):
		return "not reached"
	case math.IsNaN(e.Low):
		return fixed(e.Value, digits)
	}
	return fmt.Sprintf("%s [%s … %s]", fixed(e.Value, digits), fixed(e.Low, digits), fixed(e.High, digits))
}

func median(hours []float64) string {
	if len(hours) == 0 {
		return "–"
	}
	sorted := slices.Sorted(slices.Values(hours))
	return fixed(sorted[len(sorted)/2], 0) + " (of " + strconv.Itoa(len(sorted)) + ")"
}
