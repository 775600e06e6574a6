package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// solveFunc packs a problem: the seam between this shell and binpack.
type solveFunc func(*model.Problem, model.Limits) (*model.Packing, error)

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
	return model.Limits{Iterations: of(l.Iterations), Pivots: of(l.Pivots), Branches: of(l.Branches), Moves: of(l.Moves)}, nil
}

// solver is binpack.Solve, with a line that shows how far it is.
func solver(bar *progress) solveFunc {
	return func(p *model.Problem, limits model.Limits) (*model.Packing, error) {
		return binpack.Solve(p, limits, func(now binpack.Progress) {
			bar.at("solving", now.Iterations, 0)
			bar.tell(progressText(now))
		})
	}
}

// progressText says what the solver is at, and how near, in words.
func progressText(now binpack.Progress) string {
	text := fmt.Sprintf("solving part %d of %d: %s", now.Component, now.Components, now.Phase)
	if now.Bound > 0 && now.Left == 0 && now.Cost >= now.Bound {
		text += fmt.Sprintf(", gap %.2f %%", (now.Cost-now.Bound)/now.Bound*100)
	}
	return text
}
