package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootLong = `Tenon reads what kubectl prints and says what the cluster should be made of: which
instance types, GPUs and MIG slices, what they cost, and how far that is, provably,
from the cheapest possible. It changes nothing.`

const rootExample = `  tenon plan --example
  tenon plan -f cluster.yaml --out plan.json --report plan.html
  tenon explain plan.json web/Deployment/frontend
  tenon verify plan.json`

const rootNotes = `
Environment:
  TENON_FLAG   stands for --flag where that is not given: TENON_CATALOG, TENON_OUTPUT,
               TENON_NO_PROGRESS … Flags that can be repeated take a list, as PATH does.
  NO_COLOR     any value: no colours, as --no-color

Exit codes:
  0    done
  1    could not finish: a file cannot be written, or a fault of Tenon's own
  2    the command line or an input is wrong; stderr says where
  3    plan, propose --strict: a plan was made, and some pods have no place in it
  4    verify: the plan is not what it claims
  5    plan, propose, pack: stopped by Ctrl-C or SIGTERM while solving; the best answer by then
       was written, with its bound
  6    doctor --strict: there is a warning
  130  interrupted with nothing to show, or twice; no file was left half-written
`

// newRoot builds the command tree. The name is what the program was called by: as kubectl-tenon it
// is kubectl's plugin, and its help says "kubectl tenon".
func newRoot(name string) *cobra.Command {
	root := &cobra.Command{
		Use:           "tenon",
		Short:         "Plan a Kubernetes cluster from a file, with a proof",
		Long:          rootLong,
		Example:       rootExample,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return applyEnv(cmd)
		},
	}
	if strings.HasPrefix(filepath.Base(name), "kubectl-") {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl tenon"}
	}
	root.SetUsageTemplate(root.UsageTemplate() + `{{if not .HasParent}}` + rootNotes + `{{end}}`)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newPlan(), newPropose(), newWhatif(), newDoctor(), newTargets(), newEvaluate(), newExplain(), newVerify(), newPack(), newCatalog(), newVersion())
	root.SetHelpCommand(newHelp())
	return root
}

// unknownCommand is the argument check of commands that only have subcommands.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.SuggestionsMinimumDistance <= 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	return badInputf("no command %q in %q%s", args[0], cmd.CommandPath(), didYouMean(cmd.SuggestionsFor(args[0]), cmd.CommandPath()+" --help"))
}

// newHelp is cobra's help command, but one that refuses topics that do not exist.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Say what a command does",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// didYouMean ends an error with what was probably meant, or with where to look.
func didYouMean(suggestions []string, help string) string {
	if len(suggestions) == 0 {
		return fmt.Sprintf(": see %q", help)
	}
	return ": did you mean " + strings.Join(suggestions, " or ") + "?"
}

// flagError makes one line of what pflag says, and adds what was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return badInputf("%w: see %q", err, cmd.CommandPath()+" --help")
	}
	name := unknown.GetSpecifiedName()
	if len(name) < 2 {
		return badInputf("no flag -%s%s", name, didYouMean(nil, cmd.CommandPath()+" --help"))
	}
	var near []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if distance(name, f.Name) <= min(2, len(name)/3) || strings.HasPrefix(f.Name, name) {
			near = append(near, "--"+f.Name)
		}
	})
	return badInputf("no flag --%s%s", name, didYouMean(near, cmd.CommandPath()+" --help"))
}

// distance is Levenshtein's: how many letters to insert, drop or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			step := corner
			if a[i] != b[j] {
				step++
			}
			corner = row[j+1]
			row[j+1] = min(step, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// arguments checks that a command has exactly the named positional arguments.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return badInputf("%q wants %s, got %d arguments: see %q",
				cmd.CommandPath(), strings.Join(names, " "), len(args), cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// noArguments is the check of commands that take flags only.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return badInputf("%q takes no argument, got %q: see %q", cmd.CommandPath(), args[0], cmd.CommandPath()+" --help")
	}
	return nil
}
