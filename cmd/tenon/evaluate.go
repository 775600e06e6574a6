package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

const evaluateLong = `Compare recommenders of requests on the same recording, walking forward: each knows what came before a decision, and what
it asks for is held against what came after.

  ours       the demand model of tenon targets
  vpa        Vertical Pod Autoscaler v1.8.1: recommender and updater
  krr        Robusta KRR's simple strategy: CPU P95 of 14 days, most memory + 15 %
  max15      the most of 14 days + 15 %
  autopilot  moving windows, as Google's Autopilot has them
  asis       what is asked for now
  oracle     knows the time until its next decision: nobody can do better

The limit of memory is the request, so that each crossing kills the container: at most one kill an hour counts. Each method
is run at several settings of its knob, so that slack can be compared where risk is equal, and risk where slack is equal; a single
setting proves nothing, because who asks for more is killed less. Intervals hold 95 % of 400 resamples of the workloads.`

const evaluateExample = `  tenon evaluate --usage usage.csv.gz --against vpa,krr,asis
  tenon evaluate --synthetic 31 --against vpa,krr,max15,autopilot,oracle
  tenon evaluate --synthetic 31 --families spiking,leaking -o csv > settings.csv`

var evaluateOutputs = []string{"table", "json", "csv"}

type evaluateOptions struct {
	usage     usageOptions
	source    sourceOptions
	synthetic uint64
	families  []string
	workloads int
	days      int
	against   []string
	warm      time.Duration
	every     time.Duration
	step      time.Duration
	output    string
}

func newEvaluate() *cobra.Command {
	o := &evaluateOptions{}
	cmd := &cobra.Command{
		Use:     "evaluate",
		Short:   "Compare recommenders of requests on the same recording",
		Long:    evaluateLong,
		Example: evaluateExample,
		Args:    noArguments,
		RunE:    o.run,
	}
	o.usage.sourceFlags(cmd)
	o.source.flags(cmd)
	f := cmd.Flags()
	f.Uint64Var(&o.synthetic, "synthetic", 0, "make the recording instead, from this `SEED`")
	f.StringSliceVar(&o.families, "families", nil, "`NAMES` of the families to make: "+strings.Join(loads.Families(), ", ")+" (default all)")
	f.IntVar(&o.workloads, "workloads", 4, "`COUNT` of workloads to make of each family")
	f.IntVar(&o.days, "days", 35, "`COUNT` of days to make")
	f.StringSliceVar(&o.against, "against", []string{"vpa", "krr", "asis"}, "`NAMES` of the methods to compare with; the first is the one whose risk the others are held to")
	durationVar(f, &o.warm, "warmup", 14*24*time.Hour, "`TIME` before the first decision")
	durationVar(f, &o.every, "every", 24*time.Hour, "`TIME` between decisions")
	durationVar(f, &o.step, "step", 5*time.Minute, "`TIME` that samples are put together for: CPU's mean, memory's most")
	outputFlag(cmd, &o.output, evaluateOutputs...)
	choose(cmd, "against", walk.Names()...)
	choose(cmd, "families", loads.Families()...)
	return cmd
}

func (o *evaluateOptions) run(cmd *cobra.Command, _ []string) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	board, err := unlessInterrupted(cmd.Context(), func() (walk.Board, error) { return o.evaluate(cmd) })
	if err != nil {
		return err
	}
	switch o.output {
	case "json":
		return writeJSON(cmd.OutOrStdout(), board)
	case "csv":
		return evaluateCSV(cmd.OutOrStdout(), board)
	}
	return o.table(cmd.OutOrStdout(), board)
}

func (o *evaluateOptions) check(cmd *cobra.Command) error {
	made := cmd.Flags().Changed("synthetic")
	switch {
	case made == o.usage.given():
		return badInputf("give either --usage FILE or --synthetic SEED")
	case o.warm < time.Hour || o.every < o.step || o.step < time.Second:
		return badInputf("--warmup is an hour at least, --every is --step at least, and --step is a second at least")
	case made && (o.step%time.Minute != 0 || time.Hour%o.step != 0):
		return badInputf("--step: with --synthetic it is whole minutes that divide an hour")
	case made && (o.workloads < 1 || o.workloads > loads.WorkloadsMax || o.days < 1 || o.days > loads.DaysMax):
		return badInputf("--workloads is 1 to %d, --days 1 to %d", loads.WorkloadsMax, loads.DaysMax)
	case o.source.given() && made:
		return badInputf("-f says what workloads of a recording ask for: --synthetic makes its own")
	case len(o.against) == 0:
		return badInputf("--against: name at least one of %s", strings.Join(walk.Names(), ", "))
	}
	for _, name := range o.against {
		if err := oneOf("against", name, walk.Names()...); err != nil {
			return err
		}
	}
	for _, name := range o.families {
		if err := oneOf("families", name, loads.Families()...); err != nil {
			return err
		}
	}
	return oneOf("output", o.output, evaluateOutputs...)
}

func (o *evaluateOptions) evaluate(cmd *cobra.Command) (walk.Board, error) {
	all, err := o.loads(cmd)
	if err != nil {
		return walk.Board{}, err
	}
	var names []string
	for _, name := range o.against {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !slices.Contains(names, "ours") {
		names = append([]string{"ours"}, names...)
	}
	if !slices.ContainsFunc(all, func(l loads.Workload) bool { return l.Asked != (walk.Amounts{}) }) {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "asis" })
		say(cmd.ErrOrStderr(), "tenon: the recording does not say what is asked for: no row asis")
	}
	base := o.against[0]
	if !slices.Contains(names, base) {
		return walk.Board{}, badInputf("--against: %s is unknown in this recording; begin with another method", base)
	}
	b, err := walk.Score(all, names, base, walk.Options{Warm: o.warm, Every: o.every}, nil)
	if err == nil && b.Days == 0 {
		err = fmt.Errorf("nothing comes after the warm-up of %s; give a shorter --warmup or a longer recording", days(o.warm))
	}
	return b, badInput(err)
}

func (o *evaluateOptions) loads(cmd *cobra.Command) ([]loads.Workload, error) {
	if !o.usage.given() {
		all, err := loads.Make(loads.Options{Seed: o.synthetic, Families: o.families, Workloads: o.workloads, Days: o.days, Step: int64(o.step / time.Minute)})
		return all, badInput(err)
	}
	var s *planner.Snapshot
	if o.source.given() {
		snapshot, err := o.source.snapshot(cmd.InOrStdin(), &progress{})
		if err != nil {
			return nil, err
		}
		s = &snapshot
	}
	g := walk.NewGather(o.step.Milliseconds())
	notes, err := o.usage.gather(cmd, s, g.Add)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		say(cmd.ErrOrStderr(), "tenon: %s", oneLine(n))
	}
	all, err := g.Loads(askedFor(s))
	return all, badInput(err)
}

func (o *evaluateOptions) table(w io.Writer, b walk.Board) error {
	if _, err := fmt.Fprintf(w, "%d workloads, %d pods, %.0f container-days after a warm-up of %s; a decision every %s; memory's limit is its request.\n\nAT ITS DEFAULT\n",
		b.Workloads, b.Pods, b.Days, days(o.warm), days(o.every)); err != nil {
		return err
	}
	g := grid{head: []string{"METHOD", "SETTING", ">MEMORY SLACK %", ">IDLE GiB", ">KILLS/1000 DAYS", ">CPU SLACK %", ">IDLE CORES", ">CPU UNDER %", ">CHANGES/WEEK"}}
	for _, r := range b.Rows {
		t := r.Total
		g.add(r.Method, r.Knob, measured(r.SlackMemory, 100, 1, t.MemorySteps), number(t.IdleMemory(), 2), measured(r.KillRate, 1, 1, t.MemorySteps),
			measured(r.SlackCPU, 100, 1, t.CPUSteps), number(t.IdleCPU(), 2), measured(r.Under, 100, 1, t.CPUSteps), number(t.Churn(), 1))
	}
	if err := g.writeTo(w); err != nil {
		return err
	}
	base := strings.ToUpper(b.Base)
	if _, err := fmt.Fprintf(w, "\nAT %s'S RISK, AND AT %s'S SLACK (over the settings of each method)\n", base, base); err != nil {
		return err
	}
	g = grid{head: []string{"METHOD", ">MEMORY SLACK %", ">÷ " + base, ">KILLS ÷ " + base, ">CPU SLACK %", ">÷ " + base, ">CPU UNDER ÷ " + base}}
	for _, r := range b.Rows {
		m, c := r.Total.MemorySteps, r.Total.CPUSteps
		g.add(r.Method, measured(r.MemoryAt, 100, 1, m), measured(r.Memory.Slack, 1, 2, m), measured(r.Memory.Risk, 1, 2, m),
			measured(r.CPUAt, 100, 1, c), measured(r.CPU.Slack, 1, 2, c), measured(r.CPU.Risk, 1, 2, c))
	}
	if err := g.writeTo(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, evaluateLegend)
	return err
}

const evaluateLegend = `
Slack is the mean of (request - usage) / request. Under: share of time with CPU above its request. Idle: of each container, on average.
[a, b]: 95 % of resamples of the workloads. never: no setting of the method has as little risk, or as little slack. -: not measured.
`

// measured writes a figure with its interval.
func measured(e walk.Estimate, scale float64, digits int, steps int64) string {
	switch {
	case steps == 0:
		return "-"
	case math.IsNaN(e.Value) || math.IsInf(e.Value, 0):
		return "never"
	case math.IsNaN(e.Low):
		return number(scale*e.Value, digits)
	}
	return fmt.Sprintf("%s [%s, %s]", number(scale*e.Value, digits), number(scale*e.Low, digits), number(scale*e.High, digits))
}

func number(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		if n := int(d / (24 * time.Hour)); n != 1 {
			return strconv.Itoa(n) + " days"
		}
		return "day"
	}
	return strings.TrimSuffix(d.String(), "0m0s")
}

// evaluateCSV writes every setting of every method, a line each.
func evaluateCSV(w io.Writer, b walk.Board) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"method", "setting", "default", "container_days", "memory_slack", "idle_gib", "kills", "kills_per_1000_days", "cpu_slack", "idle_cores", "cpu_under", "changes_per_week"}}
	for _, r := range b.Rows {
		for _, s := range r.Settings {
			t := s.Total
			rows = append(rows, []string{r.Method, s.Knob, strconv.FormatBool(s.Default), number(t.Days, 2), number(t.SlackMemory(), 5), number(t.IdleMemory(), 4), strconv.FormatInt(t.Kills, 10),
				number(t.KillRate(), 3), number(t.SlackCPU(), 5), number(t.IdleCPU(), 4), number(t.Under(), 6), number(t.Churn(), 3)})
		}
	}
	return out.WriteAll(rows)
}
