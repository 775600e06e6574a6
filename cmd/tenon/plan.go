package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/manifest"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/explain"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/openb"
)

const planLong = `Plan a cluster: which nodes to have and what runs where, at the least cost, with a proven lower bound.
Nothing is changed anywhere. The input is one of

  -f FILE      objects as kubectl prints them: files, folders or "-"; YAML or JSON, plain or gzip
  --trace NAME a recorded cluster, with --pods and perhaps --nodes
  --example    the example cluster in this binary

With --usage or --prometheus, requests are planned together with the nodes: each within the range that its recorded usage
and the accepted risk (--policy) allow. -o vpa and -o patch write the requests that were chosen.

What is understood and not obeyed (preferences) or not understood at all is named in the notes of the plan.`

const planExample = `  kubectl get nodes,pods,deployments,replicasets,statefulsets,daemonsets,jobs,poddisruptionbudgets,hpa,limitranges,resourcequotas,nodepools,nodeoverlays \
    -A -o yaml | tenon plan -f - --out plan.json --report plan.html
  tenon plan -f dump/ --catalog spot.csv -o wide
  tenon plan -f cluster.yaml --usage usage.csv.gz --out plan.json
  tenon plan -f cluster.yaml -o json | jq .cost
  tenon plan --trace alibaba-gpu-2023 --pods openb_pod_list_default.csv --gpu-sharing mig --gpu-map P100=v100`

var planOutputs = []string{"table", "wide", "json", "yaml", "markdown", "vpa", "patch"}

// planOptions are the flags of plan.
type planOptions struct {
	source       sourceOptions
	terms        termsOptions
	usage        usageOptions
	build        buildOptions
	output       string
	report, save string
	strict       bool
	solve        solveOptions
	noColor      bool

	sized   planner.Snapshot // of a plan with usage
	scalers []planner.ScalerAim
}

func newPlan() *cobra.Command {
	o := &planOptions{}
	cmd := &cobra.Command{
		Use:     "plan",
		Short:   "Plan a cluster from a file, a recording or the embedded example",
		Long:    planLong + "\n\n" + openb.MappingHelp(),
		Example: planExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.source.atGiven = cmd.Flags().Changed("at")
			return o.run(cmd)
		},
	}
	o.source.flags(cmd)
	o.terms.flags(cmd)
	o.usage.flags(cmd)
	o.build.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.build.off, "no-karpenter", false, "do not look for NodePools, nor replay the plan through Karpenter's scheduler")
	f.StringVar(&o.report, "report", "", "also write an HTML report to `FILE`")
	f.StringVar(&o.save, "out", "", "also write the plan as JSON to `FILE`, for explain and verify")
	f.BoolVar(&o.strict, "strict", false, "exit with 3 if some pods have no place in the plan")
	o.solve.flags(cmd)
	f.BoolVar(&o.noColor, "no-color", false, "no colours; off a terminal there are none anyway")
	outputFlag(cmd, &o.output, planOutputs...)
	return cmd
}

func (o *planOptions) run(cmd *cobra.Command) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	if err := oneOf("output", o.output, planOutputs...); err != nil {
		return err
	}
	terms, err := o.check()
	if err != nil {
		return err
	}
	s, err := o.solve.open(stderr)
	if err != nil {
		return err
	}
	var gap *gapReport
	plan, err := unlessInterrupted(ctx, func() (planner.Plan, error) {
		snapshot, err := o.source.snapshot(cmd.InOrStdin(), s.bar)
		if err != nil {
			return planner.Plan{}, err
		}
		snapshot.Terms = terms
		p, err := o.decide(ctx, engine.Input{Snapshot: snapshot, Limits: s.limits, Lowered: s.measure, Solve: s.solve(ctx),
			Build: o.build.build(ctx, &o.source, s)}, cmd.InOrStdin(), s.bar)
		gap = s.gapReport(s.name)
		return p, err
	})
	s.close(ctx)
	if err != nil {
		return err
	}
	result, err := o.render(plan, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	if gap != nil {
		var text bytes.Buffer
		if err := gap.write(&text, s.unit); err != nil {
			return err
		}
		result = append(result, text.Bytes()...)
	}
	if err := o.write(ctx, plan, stderr); err != nil {
		return err
	}
	o.build.told(stderr)
	if _, err := cmd.OutOrStdout().Write(result); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	o.next(plan, stderr)
	if err := s.stop.verdict(plan.Solver.Status == string(model.Optimal)); err != nil {
		return err
	}
	return o.verdict(plan)
}

// check finds what cannot be meant, before anything is read.
func (o *planOptions) check() (planner.Terms, error) {
	if err := o.source.check(); err != nil {
		return planner.Terms{}, err
	}
	if err := o.usage.check(); err != nil {
		return planner.Terms{}, err
	}
	if err := o.build.check(); err != nil {
		return planner.Terms{}, err
	}
	if err := o.targets(); err != nil {
		return planner.Terms{}, err
	}
	if o.solve.explain && o.output != "table" && o.output != "wide" {
		return planner.Terms{}, badInputf("--explain goes with -o table and -o wide: the other forms are the plan alone, which tenon verify checks")
	}
	if (o.output == "vpa" || o.output == "patch") && !o.usage.given() {
		return planner.Terms{}, badInputf("-o %s writes requests that were chosen: give --usage FILE or --prometheus URL", o.output)
	}
	return o.terms.parse()
}

// decide plans nodes, and where usage is given requests together with them.
func (o *planOptions) decide(ctx context.Context, in engine.Input, stdin io.Reader, bar *progress) (planner.Plan, error) {
	if !o.usage.given() {
		return engine.Decide(in)
	}
	t, policy, err := o.usage.read(ctx, &in.Snapshot, stdin, bar)
	if err != nil {
		return planner.Plan{}, err
	}
	o.sized, o.scalers = in.Snapshot, t.Scalers
	return engine.Joint(engine.JointInput{Input: in, Targets: t, Policy: policy, Search: binpack.FastLimits()})
}

// measure takes the units and names of a plan's next problem to the solver's progress and report.
func (s *solver) measure(snapshot *planner.Snapshot, low *lower.Lowered) {
	s.unit = unit{micro: true, name: " " + snapshot.Catalog.Currency + "/h", sunk: low.Index.Sunk, moves: snapshot.Terms.MovePriceMicro > 0}
	s.name = func(bin int) string {
		ref := low.Index.Bins[bin]
		o := &snapshot.Offers[ref.Offers[0]]
		text := o.InstanceType + " " + o.CapacityType + " " + o.Zone
		if ref.Stage != lower.New {
			text += ", existing"
		}
		return oneLine(text)
	}
}

// targets finds before the work begins what could not be written behind it.
func (o *planOptions) targets() error {
	if o.save != "" && o.save == o.report {
		return badInputf("--out and --report name the same file")
	}
	for _, target := range []struct{ flag, name string }{{"out", o.save}, {"report", o.report}} {
		if target.name == "" {
			continue
		}
		if target.name == "-" {
			return badInputf("--%s wants a file: standard output is for the result, see -o", target.flag)
		}
		if info, err := os.Stat(target.name); err == nil && info.IsDir() {
			return badInputf("--%s %s: is a folder", target.flag, target.name)
		}
		if _, err := os.Stat(filepath.Dir(target.name)); err != nil {
			return badInputf("--%s: %w", target.flag, err)
		}
	}
	return nil
}

// render makes what goes to standard output.
func (o *planOptions) render(p planner.Plan, stdout io.Writer) ([]byte, error) {
	switch o.output {
	case "json":
		return planJSON(p)
	case "yaml":
		data, err := planJSON(p)
		if err != nil {
			return nil, err
		}
		return yaml.JSONToYAML(data)
	case "markdown":
		return []byte(explain.Markdown(p)), nil
	case "vpa":
		out, _, err := manifest.VPA(manifest.Chosen(&o.sized, p.Rightsizing), manifest.VPAOptions{At: p.Rightsizing.To})
		return out, err
	case "patch":
		out, _, err := manifest.Patches(&o.sized, manifest.Chosen(&o.sized, p.Rightsizing), o.scalers)
		return out, err
	}
	return []byte(explain.Table(p, explain.Options{
		Width: width(stdout), Color: colors(stdout, o.noColor), Wide: o.output == "wide",
	})), nil
}

// write writes the files that were asked for, and says so.
func (o *planOptions) write(ctx context.Context, p planner.Plan, stderr io.Writer) error {
	for _, file := range []struct {
		name string
		make func(planner.Plan) ([]byte, error)
	}{{o.save, planJSON}, {o.report, explain.HTML}} {
		if file.name == "" {
			continue
		}
		data, err := file.make(p)
		if err != nil {
			return fmt.Errorf("write %s: %w", file.name, err)
		}
		if err := writeFile(ctx, file.name, data); err != nil {
			return err
		}
		say(stderr, "wrote %s", oneLine(file.name))
	}
	return nil
}

// next says what can be done with the plan, to people.
func (o *planOptions) next(p planner.Plan, stderr io.Writer) {
	if o.output != "table" && o.output != "wide" {
		return
	}
	if o.save == "" {
		if isTerminal(stderr) {
			say(stderr, "next: add --out plan.json to keep the plan for tenon explain and tenon verify, --report plan.html for a picture")
		}
		return
	}
	say(stderr, "next: tenon explain %s %s", oneLine(o.save), oneLine(dearest(p)))
	say(stderr, "      tenon verify %s", oneLine(o.save))
}

// dearest is the workload that the most money hangs on: worth explaining first.
func dearest(p planner.Plan) string {
	name, most := "NAME", pricing.Micro(-1)
	for _, w := range p.Workloads {
		if cost := w.PricePerPod.Times(w.Replicas); cost > most {
			name, most = w.Workload, cost
		}
	}
	return name
}

func (o *planOptions) verdict(p planner.Plan) error {
	var pods int64
	for _, u := range p.Unplaced {
		pods += u.Count
	}
	if !o.strict || pods == 0 {
		return nil
	}
	return &codedError{exitUnplaced, fmt.Errorf("%d pods have no place in the plan (--strict)", pods)}
}

// planJSON is the plan as people and machines read it: indented, but for the proof, which is a long line.
func planJSON(p planner.Plan) ([]byte, error) {
	proof := p.Proof
	p.Proof = nil
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the plan: %w", err)
	}
	if proof == nil {
		return append(data, '\n'), nil
	}
	const hole = "\n  \"proof\": null"
	before, after, ok := bytes.Cut(data, []byte(hole))
	if !ok {
		return nil, fmt.Errorf("encode the plan: no place for its proof")
	}
	var out bytes.Buffer
	out.Grow(len(data) + len(proof))
	out.Write(before)
	out.WriteString("\n  \"proof\": ")
	out.Write(proof)
	out.Write(after)
	out.WriteByte('\n')
	return out.Bytes(), nil
}
