package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/planner/engine"
)

const verifyLong = `Check a plan again, from end to end, with code that shares nothing with the solver: that its packing breaks no
rule, that its lower bound is proven, and that every value in the document follows from its proof.

With -f (or --trace or --example, as for plan, and the same --catalog) it also checks that the plan was made from
that input. A plan that is refused gives exit code 4, and the places that are wrong.`

const verifyExample = `  tenon verify plan.json
  tenon verify plan.json -f cluster.yaml --catalog spot.csv`

func newVerify() *cobra.Command {
	var source sourceOptions
	var output string
	cmd := &cobra.Command{
		Use:     "verify PLAN",
		Short:   "Check a plan's packing and bound again, independently",
		Long:    verifyLong,
		Example: verifyExample,
		Args:    arguments("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			source.atGiven = cmd.Flags().Changed("at")
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			report, err := unlessInterrupted(cmd.Context(), func() (engine.Report, error) {
				return verified(args[0], &source, cmd.InOrStdin())
			})
			if err != nil {
				return err
			}
			if output == "json" {
				return writeJSON(cmd.OutOrStdout(), verdictJSON(report))
			}
			return printVerdict(cmd.OutOrStdout(), args[0], report)
		},
	}
	source.flags(cmd)
	outputFlag(cmd, &output, "text", "json")
	return cmd
}

func verified(name string, source *sourceOptions, stdin io.Reader) (engine.Report, error) {
	data, err := readPlanBytes(name, stdin)
	if err != nil {
		return engine.Report{}, err
	}
	if !source.given() {
		report, err := engine.Verify(data)
		return report, refused(name, err)
	}
	if err := source.check(); err != nil {
		return engine.Report{}, err
	}
	p, err := parsePlan(name, data)
	if err != nil {
		return engine.Report{}, &codedError{exitRefused, err}
	}
	// Here the same input may bear another name, and a later date where it was copied.
	source.instant = &time.Time{}
	if p.At != nil {
		source.instant = p.At
	}
	s, err := source.snapshot(stdin, &progress{})
	if err != nil {
		return engine.Report{}, err
	}
	s.Source = p.Source
	report, err := engine.VerifyAgainst(data, s)
	return report, refused(name, err)
}

// refused marks an error of the checker.
func refused(name string, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{exitRefused, fmt.Errorf("%s: refused: %w", name, err)}
}

// verdict is the JSON form of engine.Report.
type verdict struct {
	Verified      bool    `json:"verified"`
	InputCompared bool    `json:"inputCompared"`
	Digest        string  `json:"digest"`
	InputDigest   string  `json:"inputDigest"`
	Source        string  `json:"source"`
	Currency      string  `json:"currency"`
	Planned       any     `json:"plannedPerHour"`
	Moves         any     `json:"movesPerHour,omitempty"`
	LowerBound    any     `json:"lowerBoundPerHour"`
	GapPercent    float64 `json:"gapPercent"`
	Status        string  `json:"status"`
	Nodes         int64   `json:"nodes"`
	Pods          int64   `json:"pods"`
	Unplaced      int64   `json:"unplaced"`
}

func verdictJSON(r engine.Report) verdict {
	v := verdict{
		Verified: true, InputCompared: r.InputCompared, Digest: r.Digest, InputDigest: r.InputDigest, Source: r.Source, Currency: r.Currency,
		Planned: r.Planned, LowerBound: r.LowerBound, GapPercent: r.GapPercent, Status: r.Status, Nodes: r.Nodes, Pods: r.Pods, Unplaced: r.Unplaced,
	}
	if r.Moves != nil {
		v.Moves = *r.Moves
	}
	return v
}

func printVerdict(w io.Writer, name string, r engine.Report) error {
	input := "not compared: give -f to do that"
	if r.InputCompared {
		input = "the plan was made from it"
	}
	if _, err := fmt.Fprintf(w, "%s: verified\n", oneLine(name)); err != nil {
		return err
	}
	g := &grid{head: []string{"", ""}}
	g.add("packing", fmt.Sprintf("%d pods of %d workloads on %d nodes break no rule; %d pods unplaced", r.Pods, r.Workloads, r.Nodes, r.Unplaced))
	g.add("cost", fmt.Sprintf("%s %s an hour", r.Planned, r.Currency))
	of := ""
	if r.Moves != nil {
		g.add("moves", fmt.Sprintf("%s %s an hour is their price, which nobody is billed", *r.Moves, r.Currency))
		of = " for cost and moves together"
	}
	g.add("bound", fmt.Sprintf("%s %s an hour is proven%s: the plan costs at most %g %% more than the cheapest possible", r.LowerBound, r.Currency, of, r.GapPercent))
	if r.Sized > 0 {
		g.add("requests", fmt.Sprintf("%d were chosen within their ranges at the risks that are told; the plans beside this one are checked as it is", r.Sized))
	}
	g.add("problem", fmt.Sprintf("%d kinds of items, %d kinds of bins", r.ItemKinds, r.BinKinds))
	g.add("digest", oneLine(r.Digest))
	g.add("input", oneLine(r.InputDigest))
	g.add("", input)
	return g.writeTo(w)
}
