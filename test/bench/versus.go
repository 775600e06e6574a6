package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/test/milp"
)

// tasks are the rivals' tasks in the order of the report, with what they are called there.
var tasks = []struct{ task, name string }{
	{taskPatterns, "whole problem, by all contents"},
	{taskAssignment, "whole problem, by assignment"},
	{taskRelaxed, "restricted master, relaxed"},
	{taskColumns, "restricted master, whole numbers"},
}

// versus is what one tool made of one task, over all cases.
type versus struct {
	given, refused int
	proven         int // by the tool: it ended in time with an optimum
	found          int // a solution, at least
	ours           int // proven by ours
	most, sum      float64
	logs           float64 // Σ log (its time ÷ ours)
	longest        float64 // seconds, of the tool
}

// compare sums up one tool and task.
func compare(of []result, tool milp.Tool, task string) versus {
	v := versus{most: math.NaN()}
	for _, r := range of {
		for _, x := range r.Rivals {
			if x.Tool != tool || x.Task != task {
				continue
			}
			v.given++
			if x.Proven {
				v.ours++
			}
			if x.Refused != "" {
				v.refused++
				continue
			}
			if x.Status == milp.Optimal {
				v.proven++
			}
			if x.solved() && x.Cost > 0 {
				v.found++
				over := 100 * (x.Ours/x.Cost - 1)
				if v.most = max(v.most, over); v.found == 1 {
					v.most = over
				}
				v.sum += over
			}
			v.logs += math.Log(ratio(x.Took, x.OurTime))
			v.longest = max(v.longest, x.Took.Seconds())
		}
	}
	return v
}

// asked is how many cases were given to the tool and not refused by the formulation.
func (v versus) asked() int { return v.given - v.refused }

// times is the geometric mean of the tool's time as a multiple of ours. A tool that was stopped counts with its limit.
func (v versus) times() float64 { return math.Exp(v.logs / float64(v.asked())) }

func (v versus) mean() float64 { return v.sum / float64(v.found) }

// rivalFigures are those of one tool: they have no limit, as the issue asks for the ratios, whichever wins.
func rivalFigures(tool milp.Tool, tasks ...string) []figure {
	names := map[string][2]string{
		taskPatterns: {"our cost over its", "its time over ours, mean"},
		taskRelaxed:  {"relaxed: our value over its", "relaxed: its time over ours, mean"},
		taskColumns:  {"whole numbers: our packing over its", "whole numbers: its time over ours, mean"},
	}
	var out []figure
	for _, task := range tasks {
		of := func(value func(versus) float64) func([]result) (float64, string) {
			return func(of []result) (float64, string) {
				if v := compare(of, tool, task); v.asked() > 0 {
					return value(v), ""
				}
				return math.NaN(), ""
			}
		}
		out = append(out,
			figure{names[task][0], " %", 3, shown, 0, of(func(v versus) float64 { return v.most })},
			figure{names[task][1], " ×", 2, shown, 0, of(versus.times)})
		if task == taskPatterns {
			out = append(out,
				figure{"it proved the optimum", " %", 0, shown, 0, of(func(v versus) float64 { return 100 * float64(v.proven) / float64(v.given) })},
				figure{"we proved the optimum", " %", 0, shown, 0, of(func(v versus) float64 { return 100 * float64(v.ours) / float64(v.given) })})
		}
	}
	return out
}

// versus compares with other solvers.
func (r report) versus(b *strings.Builder) {
	var of []result
	for _, x := range r.Results {
		if len(x.Rivals) > 0 {
			of = append(of, x)
		}
	}
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(b, "## Beside CBC and glpsol\n\nDebian's, as processes of their own, with no gap tolerated and %s for a whole problem and %s for a restricted master. "+
		"*Whole problems* are those of `vbp.Small`: up to 12 kinds of items, 60 items, 5 kinds of bins. *Restricted masters* are synthetic clusters without rules between "+
		"pods, over the contents of our packing, of first fit's and of first fit's for random parts: up to %s of them, or six for each shape. Those named *lp* have the contents "+
		"of the first answer in place of our packing, and are relaxed only. In whole numbers a master has our packing as one of its answers, so what a tool finds within its time may be cheaper, "+
		"and what it does not find is dearer.\n\n"+
		"*Ours over its*: our cost, or our simplex's value, above the tool's, in per cent; negative where ours is better. *Time*: the tool's as a multiple of ours, geometric mean; "+
		"reading its file is in it, and being stopped counts as the limit. For whole numbers over a master ours is the time of the whole solve.\n\n",
		r.Limit, masterTimes*r.Limit, thousands(columnsMaster))
	g := grid{head: []string{"task", "tool", ">cases", ">too large", ">it found one", ">it proved", ">we proved", ">ours over its, mean %", ">most %", ">time ×", ">its longest s"}}
	for _, t := range tasks {
		for _, tool := range milp.Tools() {
			v := compare(of, tool, t.task)
			if v.given == 0 {
				continue
			}
			mean, most, times := "–", "–", "–"
			if v.found > 0 {
				mean, most = fixed(v.mean(), 3), fixed(v.most, 3)
			}
			if v.asked() > 0 {
				times = fixed(v.times(), 2)
			}
			ours := strconv.Itoa(v.ours)
			if t.task == taskRelaxed {
				ours = "–"
			}
			g.add(t.name, string(tool), strconv.Itoa(v.given), strconv.Itoa(v.refused), strconv.Itoa(v.found), strconv.Itoa(v.proven), ours,
				mean, most, times, fixed(v.longest, 1))
		}
	}
	g.write(b)
	r.masters(b, of)
}

// masters has a row for each restricted master.
func (r report) masters(b *strings.Builder, of []result) {
	g := grid{head: []string{"restricted master", ">rows", ">columns", ">our simplex s", ">CBC s", ">glpsol s", ">our packing $/h", ">CBC's $/h", ">glpsol's $/h"}}
	for _, x := range of {
		row := []string{x.Case, "", "", "", "–", "–", "–", "–", "–"}
		for _, v := range x.Rivals {
			at := 1 + columnOf(v.Tool)
			switch v.Task {
			case taskRelaxed:
				row[1], row[2], row[3] = thousands(int64(v.Rows)), thousands(int64(v.Columns)), fixed(v.OurTime.Seconds(), 2)
				row[3+at] = fixed(v.Took.Seconds(), 2)
			case taskColumns:
				row[6] = money(x.Cost)
				if v.solved() {
					row[6+at] = money(int64(math.Round(v.Cost)))
				}
			}
		}
		if row[1] != "" {
			g.add(row...)
		}
	}
	if len(g.rows) > 0 {
		g.write(b)
	}
}

func columnOf(tool milp.Tool) int {
	for n, t := range milp.Tools() {
		if t == tool {
			return n
		}
	}
	return 0
}
