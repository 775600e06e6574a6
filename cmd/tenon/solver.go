package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/cores"
	"github.com/tenon-sh/tenon/pricing"
)

// solveFunc packs a problem: the seam between this shell and binpack.
type solveFunc func(*model.Problem, model.Limits) (*model.Packing, error)

// solveOptions are the flags of commands that solve.
type solveOptions struct {
	work, gap string
	explain   bool
	progress  progressOptions
}

func (o *solveOptions) flags(cmd *cobra.Command) {
	workFlag(cmd, &o.work)
	f := cmd.Flags()
	f.StringVar(&o.gap, "gap", "0", "stop where the cost is at most so many `PERCENT` above the bound, such as 0.5; 0: go on until nothing is left to gain or the work is done")
	f.BoolVar(&o.explain, "explain", false, "also say where the gap sits, which kinds of bins are hard, and what would close it")
	o.progress.flags(cmd)
}

// solver is a solve as the flags ask for it.
type solver struct {
	limits    model.Limits
	gap       int64 // millionths
	explain   bool
	bar       *progress
	stop      stopper
	diagnosis *binpack.Diagnosis // once solved, with explain
	unit      unit
	name      func(bin int) string // what a kind of bin is called; nil: not known yet
}

// open checks the flags.
func (o *solveOptions) open(stderr io.Writer) (*solver, error) {
	limits, err := parseWork(o.work)
	if err != nil {
		return nil, err
	}
	gap, err := parseGap(o.gap)
	if err != nil {
		return nil, err
	}
	bar, err := o.progress.open(stderr)
	if err != nil {
		return nil, err
	}
	return &solver{limits: limits, gap: gap, explain: o.explain, bar: bar, stop: stopper{stderr: stderr, bar: bar}}, nil
}

func workFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "work", "normal", "how much the solver may do, counted in steps and never timed: fast, normal, deep, or `AMOUNT`, percent of normal")
	choose(cmd, "work", "fast", "normal", "deep")
}

// workMax is the most that --work takes, in percent of normal.
const workMax = 100_000

// parseWork turns --work into limits.
func parseWork(text string) (model.Limits, error) {
	switch text {
	case "fast":
		return binpack.FastLimits(), nil
	case "normal":
		return binpack.DefaultLimits(), nil
	case "deep":
		return binpack.DeepLimits(), nil
	}
	percent, err := strconv.ParseInt(text, 10, 64)
	if err != nil || percent < 1 || percent > workMax {
		return model.Limits{}, badInputf("--work %q: choose fast, normal, deep, or 1 to %d, percent of normal", text, workMax)
	}
	of := func(n int64) int64 { return max(1, n*percent/100) }
	l := binpack.DefaultLimits()
	return model.Limits{Iterations: of(l.Iterations), Pivots: of(l.Pivots), Branches: of(l.Branches), Moves: of(l.Moves), Nodes: of(l.Nodes)}, nil
}

// gapMax is the most that --gap takes, in percent.
const gapMax = 100

// parseGap turns --gap into millionths.
func parseGap(text string) (int64, error) {
	percent, err := strconv.ParseFloat(text, 64)
	millionths := math.Round(percent * 1e4)
	if err != nil || !(percent >= 0 && percent <= gapMax) || percent > 0 && millionths == 0 {
		return 0, badInputf("--gap %q: want a number of percent, 0 to %d, and 0.0001 at least where it is not 0", text, gapMax)
	}
	return int64(millionths), nil
}

// solve is binpack.SolveWith on all cores, with a line that shows how far it is. The first signal stops it.
func (s *solver) solve(ctx context.Context) solveFunc {
	return func(p *model.Problem, limits model.Limits) (*model.Packing, error) {
		solving(ctx, &s.stop)
		unit := s.unit // a plan may be solved several times, and the last line be written after this one
		o := binpack.Options{Limits: limits, Gap: s.gap, Stop: s.stop.stop, Each: cores.Each(runtime.GOMAXPROCS(0)), Report: func(now binpack.Progress) {
			s.bar.at("solving", now.Iterations, 0)
			s.bar.tell(func() string { return unit.progress(now) })
		}}
		if s.explain {
			o.Diagnose = func(d binpack.Diagnosis) { s.diagnosis = &d }
		}
		return binpack.SolveWith(p, o)
	}
}

// close ends what was shown, and what signals mean to this solver.
func (s *solver) close(ctx context.Context) {
	s.bar.stop()
	solving(ctx, nil)
}

// unit is how a command writes costs. The zero value writes them as they are.
type unit struct {
	name  string        // behind the cost; "" for none
	micro bool          // costs are millionths of the unit
	sunk  pricing.Micro // what is paid whatever the solver does
	moves bool          // costs count moves at their price
}

// size is what the solver's unit is of the unit that is written: 1 or a millionth.
func (u unit) size() float64 {
	if u.micro {
		return 1e6
	}
	return 1
}

// amount is the whole cost, with what is paid whatever the solver does.
func (u unit) amount(v float64) float64 { return (v + float64(u.sunk)) / u.size() }

// plain writes an amount.
func (u unit) plain(v float64) string {
	if u.micro {
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// text writes a cost, or a bound, in the fewest words.
func (u unit) text(v float64) string {
	if u.micro {
		return strconv.FormatFloat(u.amount(v), 'f', 2, 64)
	}
	return strconv.FormatFloat(u.amount(v), 'f', 0, 64)
}

// progress says what the solver is at, and how near, in words.
func (u unit) progress(now binpack.Progress) string {
	text := now.Phase
	if now.Components > 1 {
		text += fmt.Sprintf(" (part %d of %d)", now.Component, now.Components)
	}
	text += ": cost "
	if u.moves {
		text += "with moves "
	}
	text += u.text(now.Cost) + u.name
	if now.Left > 0 {
		text += fmt.Sprintf(" without %d that have no place", now.Left)
	}
	if now.Bound > 0 {
		text += ", bound " + u.text(now.Bound)
	}
	if low := now.Bound + float64(u.sunk); now.Bound > 0 && now.Left == 0 && now.Cost >= now.Bound {
		text += fmt.Sprintf(", gap %.2f %%", math.Ceil((now.Cost-now.Bound)/low*1e4)/100)
	}
	return text
}
