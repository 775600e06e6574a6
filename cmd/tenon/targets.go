package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/controllers/manifest"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/explain"
)

const targetsLong = `Say what each container should ask for, from what it has used: the request of today, the target at the risk that the
policy accepts, the range around it, and the evidence. GPUs: which cards and MIG slices would carry the work.
Nothing is changed anywhere. A container that nothing reliable is known of is Unknown, and keeps what it asks for.

-o vpa writes VerticalPodAutoscaler objects with the targets as their recommendation, -o patch strategic-merge patches
for the owners of the pods.`

const targetsExample = `  tenon targets -f cluster.yaml --usage usage.csv.gz
  tenon targets -f cluster.yaml --prometheus https://prometheus:9090 --window 14d -o csv
  tenon targets -f cluster.yaml --usage usage.csv.gz --policy policy.yaml -o patch | kubectl diff -f -
  tenon targets --print-policy > policy.yaml`

var targetsOutputs = []string{"table", "wide", "json", "csv", "vpa", "patch"}

type targetsOptions struct {
	source   sourceOptions
	usage    usageOptions
	output   string
	print    bool
	noColor  bool
	progress progressOptions
}

func newTargets() *cobra.Command {
	o := &targetsOptions{}
	cmd := &cobra.Command{
		Use:     "targets",
		Short:   "Say what containers and GPUs should ask for, from recorded usage",
		Long:    targetsLong,
		Example: targetsExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.source.atGiven = cmd.Flags().Changed("at")
			return o.run(cmd)
		},
	}
	o.source.flags(cmd)
	o.usage.flags(cmd)
	o.progress.flags(cmd)
	cmd.Flags().BoolVar(&o.print, "print-policy", false, "print the default policy as a file to start from, and nothing else")
	cmd.Flags().BoolVar(&o.noColor, "no-color", false, "no colours; off a terminal there are none anyway")
	outputFlag(cmd, &o.output, targetsOutputs...)
	return cmd
}

func (o *targetsOptions) run(cmd *cobra.Command) error {
	if o.print {
		_, err := io.WriteString(cmd.OutOrStdout(), defaultPolicyText)
		return err
	}
	if err := oneOf("output", o.output, targetsOutputs...); err != nil {
		return err
	}
	if err := o.source.check(); err != nil {
		return err
	}
	if err := o.usage.check(); err != nil {
		return err
	}
	if !o.usage.given() {
		return badInputf("nothing to size by: give --usage FILE or --prometheus URL")
	}
	bar, err := o.progress.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	result, err := unlessInterrupted(cmd.Context(), func() ([]byte, error) { return o.make(cmd.Context(), cmd, bar) })
	bar.stop()
	if err != nil {
		return err
	}
	if _, err := cmd.OutOrStdout().Write(result); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

func (o *targetsOptions) make(ctx context.Context, cmd *cobra.Command, bar *progress) ([]byte, error) {
	s, err := o.source.snapshot(cmd.InOrStdin(), bar)
	if err != nil {
		return nil, err
	}
	t, _, err := o.usage.read(ctx, &s, cmd.InOrStdin(), bar)
	if err != nil {
		return nil, err
	}
	out, notes, err := o.render(&s, t, cmd.OutOrStdout())
	for _, n := range notes {
		say(cmd.ErrOrStderr(), "%s: %s", oneLine(n.Object), oneLine(n.Text))
	}
	return out, err
}

func (o *targetsOptions) render(s *planner.Snapshot, t planner.Targets, stdout io.Writer) ([]byte, []planner.Note, error) {
	switch o.output {
	case "json":
		data, err := json.MarshalIndent(t, "", "  ")
		return append(data, '\n'), nil, err
	case "csv":
		return []byte(explain.TargetsCSV(t)), nil, nil
	case "vpa":
		return manifest.VPA(manifest.Of(s, t), manifest.VPAOptions{At: t.To})
	case "patch":
		return manifest.Patches(s, manifest.Of(s, t), t.Scalers)
	}
	return []byte(explain.Targets(t, explain.Options{
		Width: width(stdout), Color: colors(stdout, o.noColor), Wide: o.output == "wide",
	})), nil, nil
}
