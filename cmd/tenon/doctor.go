package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/controllers/doctor"
	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/planner"
)

const doctorLong = `Look for what makes a plan come out otherwise than it was computed, and say what to do; nothing is changed.

Nodes of one NodePool that differ from what it declares or from each other (GPU product, driver, MIG layout and state,
labels, taints, allocatable, kubelet, image, kernel); Karpenter's version and the feature gates that a proposal needs;
GPUs and slices that no pod can ask for, or no NodePool gives; memory modelled against real; NodePools and NodeOverlays
that are not ready or fit nothing; DaemonSets that taints keep away. What the input does not say is unknown, never good.`

const doctorExample = `  tenon doctor -f cluster.yaml
  tenon doctor -f cluster.yaml --strict -o markdown > doctor.md
  kubectl get nodes,pods,deployments,replicasets,daemonsets,nodepools,nodeoverlays -A -o yaml | tenon doctor -f -`

type doctorOptions struct {
	source   sourceOptions
	progress progressOptions
	output   string
	strict   bool
}

func newDoctor() *cobra.Command {
	o := &doctorOptions{}
	cmd := &cobra.Command{
		Use: "doctor", Short: "Find where a cluster is not what its NodePools and the model say", Long: doctorLong, Example: doctorExample, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.source.clusterFlags(cmd)
	o.progress.flags(cmd)
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 6 if there is a warning")
	outputFlag(cmd, &o.output, sheetForms...)
	return cmd
}

func (o *doctorOptions) run(cmd *cobra.Command) error {
	if err := oneOf("output", o.output, sheetForms...); err != nil {
		return err
	}
	if err := o.source.checkCluster(); err != nil {
		return err
	}
	bar, err := o.progress.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	warnings := 0
	result, err := unlessInterrupted(cmd.Context(), func() ([]byte, error) {
		report, err := o.examine(cmd, bar)
		if err != nil {
			return nil, err
		}
		warnings = report.Warnings()
		return doctorSheet(report).render(o.output, report)
	})
	bar.stop()
	if err != nil {
		return err
	}
	if _, err := cmd.OutOrStdout().Write(result); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	if o.strict && warnings > 0 {
		return &codedError{exitFound, fmt.Errorf("--strict: %s", plural(int64(warnings), "warning", "warnings"))}
	}
	return nil
}

func (o *doctorOptions) examine(cmd *cobra.Command, bar *progress) (doctor.Report, error) {
	catalog, err := o.source.catalog.load()
	if err != nil {
		return doctor.Report{}, err
	}
	objects, err := o.source.objects(cmd.InOrStdin(), bar)
	if err != nil {
		return doctor.Report{}, badInput(err)
	}
	report, err := doctor.Examine(doctor.Input{Objects: objects, Catalog: catalog, Version: karpenter.Version})
	return report, badInput(err)
}

// doctorSheet is a report for people.
func doctorSheet(r doctor.Report) *sheet {
	s := &sheet{}
	warnings := r.Warnings()
	p := s.part("What the doctor found")
	p.say("%s and %s on %s of %s.", plural(int64(warnings), "warning", "warnings"), plural(int64(len(r.Findings)-warnings), "remark", "remarks"),
		plural(int64(r.Nodes), "node", "nodes"), plural(int64(r.NodePools), "NodePool", "NodePools"))
	p.say("Karpenter: %s.", control(r.Karpenter))
	for _, f := range r.Findings {
		word := "Remark"
		if f.Severity == planner.Warning {
			word = "WARNING"
		}
		p := s.part(oneLine(fmt.Sprintf("%s %s (%s)", word, f.Object, f.Check)))
		p.say("%s", f.Seen)
		p.say("Why: %s", f.Why)
		p.say("Do: %s", f.Do)
	}
	if len(r.Memory) > 0 {
		p := s.part("Memory for pods, in MiB: modelled and real", "TYPE", ">NODES", ">MODELLED", ">REAL", ">MORE", ">MORE %", ">OVERHEAD %")
		for _, m := range r.Memory {
			p.row(m.InstanceType, strconv.Itoa(m.Nodes), strconv.FormatInt(m.ModelledMiB, 10), strconv.FormatInt(m.RealMiB, 10), strconv.FormatInt(m.MoreMiB, 10),
				tenths(m.MorePermille), tenths(m.OverheadPermille))
		}
	}
	return s
}

// control is what is known of the running Karpenter: "1.15.0, NodeOverlay on, CapacityBuffer unknown".
func control(k doctor.Karpenter) string {
	words := []string{cmp.Or(strings.TrimPrefix(k.Version, "v"), "version not known")}
	for _, gate := range slices.Sorted(maps.Keys(k.Gates)) {
		state, _, _ := strings.Cut(k.Gates[gate], ":")
		words = append(words, gate+" "+state)
	}
	return strings.Join(words, ", ")
}

// tenths prints thousandths as per cent.
func tenths(permille int64) string { return fmt.Sprintf("%.1f", float64(permille)/10) }
