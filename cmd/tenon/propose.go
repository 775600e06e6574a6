package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/manifest"
	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/pricing"
)

const proposeLong = `Plan a cluster as tenon plan does, and write what makes Karpenter build it: NodePools beside those of today,
NodeOverlays, configurations for MIG and time slicing, patches of the workloads that are steered to them, a diff against
today, and a summary for a pull request. Nothing is changed anywhere.

Each NodePool is a copy of one of today's with narrower requirements and a higher weight: today's stay as they are, so no
node is replaced for it, and whatever no new NodePool takes falls back on them.

The summary says what each edit saves, which nodes and pods it disturbs, what to see to before, and how to take it back.`

const proposeExample = `  tenon propose -f cluster.yaml -d out/
  tenon propose -f cluster.yaml -o markdown > summary.md
  tenon propose -f cluster.yaml --usage usage.csv.gz --steer gpu --pools 4 -d out/ --force
  kubectl apply -k out/`

// drift says which nodes the edit of a NodePool replaces, by Karpenter's own code.
func drift(before, after []byte, nodes []*corev1.Node) ([]proposal.Drifted, error) {
	drifted, err := karpenter.Drift(before, after, nodes)
	out := make([]proposal.Drifted, len(drifted))
	for i, d := range drifted {
		out[i] = proposal.Drifted{Node: d.Node, Reason: d.Reason}
	}
	return out, err
}

var errNoDesign = errors.New("the plan was not replayed through Karpenter's scheduler, so that there is nothing to propose")

const headroomMost = 1000

var proposeOutputs = []string{"table", "json", "markdown"}

// proposeOptions are the flags of propose.
type proposeOptions struct {
	plan     planOptions // source, terms, usage and solver are as of plan
	dir      string
	force    bool
	headroom string
	percent  int32 // of headroom, once checked
}

func newPropose() *cobra.Command {
	o := &proposeOptions{}
	cmd := &cobra.Command{
		Use:     "propose",
		Short:   "Write NodePools and patches that make Karpenter build a plan",
		Long:    proposeLong,
		Example: proposeExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	s := &o.plan
	f := cmd.Flags()
	f.StringArrayVarP(&s.source.files, "file", "f", nil, "objects of a cluster: `FILE`, folder or \"-\"; can be repeated")
	f.BoolVar(&s.source.example, "example", false, "propose for the example cluster in this binary")
	s.source.sharing = "time-slicing"
	s.source.catalog.flags(cmd)
	s.terms.flags(cmd)
	s.usage.flags(cmd)
	f.StringVarP(&o.dir, "dir", "d", "", "write everything to this `FOLDER`, whole or not at all")
	f.BoolVar(&o.force, "force", false, "replace the folder of -d, if tenon has written it")
	s.build.flags(cmd)
	f.StringVar(&o.headroom, "headroom", "0%", "keep room for so many `PERCENT` more pods of each steered workload, by CapacityBuffers")
	f.BoolVar(&s.strict, "strict", false, "exit with 3 if some pods have no place in the plan")
	s.solve.flags(cmd)
	outputFlag(cmd, &s.output, proposeOutputs...)
	return cmd
}

// check finds what cannot be meant, before anything is read.
func (o *proposeOptions) check() (planner.Terms, error) {
	s := &o.plan
	if err := oneOf("output", s.output, proposeOutputs...); err != nil {
		return planner.Terms{}, err
	}
	percent, err := strconv.ParseInt(strings.TrimSuffix(o.headroom, "%"), 10, 32)
	if err != nil || percent < 0 || percent > headroomMost {
		return planner.Terms{}, badInputf("--headroom %q: want a whole number of percent, 0%% to %d%%", o.headroom, headroomMost)
	}
	o.percent = int32(percent)
	if !s.source.given() {
		return planner.Terms{}, badInputf("nothing to propose for: give -f FILE or --example")
	}
	if o.force && o.dir == "" {
		return planner.Terms{}, badInputf("--force replaces the folder of -d: give -d FOLDER")
	}
	if err := o.folder(); err != nil {
		return planner.Terms{}, err
	}
	return s.check()
}

// folder finds before the work begins what could not be written behind it.
func (o *proposeOptions) folder() error {
	if o.dir == "" {
		return nil
	}
	info, err := os.Stat(o.dir)
	switch {
	case err == nil && !info.IsDir():
		return badInputf("-d %s: is a file", o.dir)
	case err == nil:
		if err := proposal.Free(o.dir, o.force); err != nil {
			return badInputf("-d: %w (--force)", err)
		}
	default:
		if _, err := os.Stat(filepath.Dir(filepath.Clean(o.dir))); err != nil {
			return badInputf("-d: %w", err)
		}
	}
	return nil
}

func (o *proposeOptions) run(cmd *cobra.Command) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	terms, err := o.check()
	if err != nil {
		return err
	}
	s, err := o.plan.solve.open(stderr)
	if err != nil {
		return err
	}
	var plan planner.Plan
	p, err := unlessInterrupted(ctx, func() (proposal.Proposal, error) {
		snapshot, err := o.plan.source.snapshot(cmd.InOrStdin(), s.bar)
		if err != nil {
			return proposal.Proposal{}, err
		}
		snapshot.Terms = terms
		in := engine.Input{Snapshot: snapshot, Limits: s.limits, Lowered: s.measure, Solve: s.solve(ctx), Build: o.plan.build.build(ctx, &o.plan.source, s)}
		if plan, err = o.plan.decide(ctx, in, cmd.InOrStdin(), s.bar); err != nil {
			return proposal.Proposal{}, err
		}
		return o.propose(&snapshot, plan, commandLine(cmd))
	})
	s.close(ctx)
	if err != nil {
		return err
	}
	if err := o.write(ctx, p, cmd.OutOrStdout(), stderr); err != nil {
		return err
	}
	if err := s.stop.verdict(plan.Solver.Status == string(model.Optimal)); err != nil {
		return err
	}
	return o.plan.verdict(plan)
}

// propose makes a proposal of the plan's design.
func (o *proposeOptions) propose(s *planner.Snapshot, plan planner.Plan, command string) (proposal.Proposal, error) {
	if plan.Karpenter == nil {
		return proposal.Proposal{}, errNoDesign
	}
	source := &o.plan.source
	document, err := planJSON(plan)
	if err != nil {
		return proposal.Proposal{}, err
	}
	in := proposal.Input{
		Plan: plan, Document: document, Built: *plan.Karpenter, BuiltAt: plan.Cost.KarpenterPerHour, Snapshot: s, Objects: source.read, Catalog: source.prices,
		Drift: drift, Headroom: o.percent, Version: readBuild().Version, Command: command,
	}
	if len(source.catalog.files) > 0 {
		in.List = pricing.Default()
	}
	if plan.Rightsizing != nil {
		sized := &o.plan.sized
		requests, notes, err := manifest.Patches(sized, manifest.Chosen(sized, plan.Rightsizing), o.plan.scalers)
		if err != nil {
			return proposal.Proposal{}, err
		}
		in.Snapshot, in.Requests = sized, requests
		in.Built.Notes = slices.Concat(in.Built.Notes, notes)
	}
	return proposal.Make(in)
}

// write writes the folder, if one was asked for, and then the result.
func (o *proposeOptions) write(ctx context.Context, p proposal.Proposal, stdout, stderr io.Writer) error {
	var result []byte
	switch o.plan.output {
	case "json":
		var b bytes.Buffer
		if err := writeJSON(&b, p); err != nil {
			return fmt.Errorf("encode the proposal: %w", err)
		}
		result = b.Bytes()
	case "markdown":
		result = []byte(proposal.Markdown(p))
	default:
		result = []byte(proposal.Table(p))
	}
	if o.dir != "" {
		if err := proposal.Write(ctx, o.dir, p.Files, o.force); err != nil {
			return fmt.Errorf("write %s: %w", o.dir, err)
		}
		say(stderr, "wrote %s: %d files; begin with %s", oneLine(o.dir), len(p.Files), oneLine(filepath.Join(o.dir, "README.md")))
	}
	if _, err := stdout.Write(result); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

// shy are flags that change nothing in a result.
var shy = []string{"dir", "force", "output", "progress", "no-progress", "strict", "explain"}

// commandLine is a command with its flags, those of the environment too, as a shell takes it: what to call for the same
// result.
func commandLine(cmd *cobra.Command) string {
	words := []string{"tenon", cmd.Name()}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Changed || slices.Contains(shy, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			if f.Value.Type() == "bool" {
				words = append(words, "--"+f.Name+"="+v)
			} else {
				words = append(words, "--"+f.Name, shellWord(v))
			}
		}
	})
	return strings.Join(words, " ")
}

// shellWord quotes a word where a shell would read more into it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=%+@", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
