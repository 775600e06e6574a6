package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	readers "github.com/tenon-sh/tenon/controllers/usage"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/demand/device"
	"github.com/tenon-sh/tenon/planner/demand/targets"
	"github.com/tenon-sh/tenon/planner/usage"
)

// usageOptions say where usage is read from, and what risk is accepted.
type usageOptions struct {
	files       []string
	memoryLimit string
	prometheus  readers.PrometheusOptions
	policy      string
}

func (o *usageOptions) flags(cmd *cobra.Command) {
	o.sourceFlags(cmd)
	cmd.Flags().StringVar(&o.policy, "policy", "", "accepted risk by class of workload, a `FILE`: see tenon targets --print-policy")
}

// sourceFlags are those of where usage comes from.
func (o *usageOptions) sourceFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.files, "usage", nil, "recorded usage: `FILE`, folder or \"-\": CSV of samples, VPA checkpoints, alibaba-genai-v2026; plain or gzip; can be repeated")
	f.StringVar(&o.memoryLimit, "usage-memory-limit", "", "the memory limit, an `AMOUNT` such as 64Gi, that a recording tells memory as a share of (alibaba-genai-v2026)")
	p := &o.prometheus
	f.StringVar(&p.URL, "prometheus", "", "read usage from this `URL`: Prometheus, Thanos, Mimir, VictoriaMetrics")
	durationVar(f, &p.Window, "window", 14*24*time.Hour, "how far back to ask Prometheus, a `DURATION` such as 14d")
	durationVar(f, &p.Step, "prometheus-step", 5*time.Minute, "between two of its samples, a `DURATION`")
	f.StringVar(&p.BearerTokenFile, "prometheus-token-file", "", "send the bearer token in this `FILE`")
	f.StringVar(&p.Username, "prometheus-username", "", "`NAME` for basic authentication")
	f.StringVar(&p.PasswordFile, "prometheus-password-file", "", "its password, in a `FILE`")
	f.StringVar(&p.CAFile, "prometheus-ca-file", "", "trust the certificates in this `FILE` as well")
	f.StringVar(&p.Tenant, "prometheus-tenant", "", "send this `TENANT` as X-Scope-OrgID")
}

func (o *usageOptions) given() bool { return len(o.files) > 0 || o.prometheus.URL != "" }

// check finds what cannot be meant, before anything is read.
func (o *usageOptions) check() error {
	switch {
	case len(o.files) > 0 && o.prometheus.URL != "":
		return badInputf("--usage and --prometheus exclude each other")
	case !o.given() && o.policy != "":
		return badInputf("--policy says how much risk is accepted of targets: give --usage FILE or --prometheus URL too")
	case o.prometheus.URL == "" && (o.prometheus.BearerTokenFile != "" || o.prometheus.Username != "" || o.prometheus.Tenant != "" || o.prometheus.CAFile != ""):
		return badInputf("--prometheus-… belong to --prometheus URL")
	}
	return nil
}

// accepted reads the policy, and names it.
func (o *usageOptions) accepted() (p planner.Policy, digest string, err error) {
	name, text := "the default policy", []byte(defaultPolicyText)
	if o.policy != "" {
		name = o.policy
		if text, err = readFile(o.policy, nil); err != nil {
			return p, "", err
		}
	}
	if p, err = parsePolicy(name, text); err != nil {
		return p, "", err
	}
	sum := sha256.Sum256(text)
	return p, "sha256:" + hex.EncodeToString(sum[:]), nil
}

// source opens what the flags name.
func (o *usageOptions) source(stdin io.Reader, bar *progress) (readers.Source, error) {
	opts := readers.Options{Stdin: stdin, Progress: func(read, total int64) { bar.at("reading usage", read, total) }}
	if o.memoryLimit != "" {
		q, err := resource.ParseQuantity(o.memoryLimit)
		if err != nil || q.Sign() <= 0 {
			return readers.Source{}, badInputf("--usage-memory-limit %q: is no amount of memory; write 64Gi", o.memoryLimit)
		}
		opts.MemoryLimitBytes = q.Value()
	}
	if o.prometheus.URL == "" {
		src, err := readers.Open(o.files, opts)
		return src, badInput(err)
	}
	p := o.prometheus
	p.Options = opts
	src, err := readers.Prometheus(p)
	return src, badInput(err)
}

// read makes targets of what was used.
func (o *usageOptions) read(ctx context.Context, s *planner.Snapshot, stdin io.Reader, bar *progress) (planner.Targets, planner.Policy, error) {
	policy, digest, err := o.accepted()
	if err != nil {
		return planner.Targets{}, policy, err
	}
	src, err := o.source(stdin, bar)
	if err != nil {
		return planner.Targets{}, policy, err
	}
	in := newGathering(s)
	report, err := readers.Read(ctx, src, in.take)
	switch {
	case errors.Is(err, context.Canceled):
		return planner.Targets{}, policy, err
	case err != nil:
		return planner.Targets{}, policy, badInput(err)
	}
	for _, c := range report.Checkpoints {
		if last := time.UnixMilli(c.Last).UTC(); last.After(report.To) {
			report.To = last
		}
	}
	out := targets.For(targets.Input{
		Snapshot: s, Policy: policy, At: report.To, States: in.containers.States(), Devices: in.devices.States(), Doubts: in.doubts,
		Checkpoints: report.Checkpoints,
	})
	out.Source, out.Digest, out.From, out.To, out.Policy = report.Source, report.Digest, report.From, report.To, digest
	out.Notes = append(out.Notes, report.Notes...)
	out.Notes = append(out.Notes, in.notes(report.Faults)...)
	return out, policy, nil
}

// gathering takes usage in: cleaned, with its owner, to whoever draws conclusions.
type gathering struct {
	owners     *usage.Owners
	cleaner    *usage.Cleaner
	containers *demand.Intake
	devices    *device.Intake
	doubts     targets.Doubts
	faults     usage.Tally
	strangers  map[string]int64 // why a series has no workload → how many
	first      map[string]string
	order      []string
}

func newGathering(s *planner.Snapshot) *gathering {
	return &gathering{
		owners: usage.NewOwners(s), cleaner: usage.NewCleaner(usage.Options{}), containers: demand.NewIntake(demand.Options{}),
		devices: &device.Intake{}, strangers: map[string]int64{}, first: map[string]string{},
	}
}

func (g *gathering) take(s usage.Series) error {
	key, why := g.owners.Resolve(s.Key)
	if why != "" {
		g.stranger(s, why)
		return nil
	}
	s.Key = key
	clean, faults := g.cleaner.Clean(s)
	g.faults.Add(faults...)
	g.doubts.Note(clean, faults)
	g.faults.Add(g.containers.Add(clean)...)
	g.devices.Add(clean)
	return nil
}

// strangersMost is how many reasons for unknown owners are told one by one.
const strangersMost = 5

func (g *gathering) stranger(s usage.Series, why string) {
	if g.strangers[why] == 0 {
		if len(g.order) == strangersMost {
			why = "and others whose owner is not in the cluster"
		}
		if g.strangers[why] == 0 {
			g.order = append(g.order, why)
			g.first[why] = s.Key.Namespace + "/" + s.Key.Pod
		}
	}
	g.strangers[why]++
}

// notes says what was not used, and what is wrong with what was.
func (g *gathering) notes(read []usage.Fault) []planner.Note {
	var out []planner.Note
	for _, why := range g.order {
		out = append(out, planner.Note{Severity: planner.Info, Text: fmt.Sprintf("usage without a workload: %s (%d chunks of series, the first of %s)", why, g.strangers[why], g.first[why])})
	}
	if n := g.devices.Dropped; n > 0 {
		out = append(out, planner.Note{Severity: planner.Warning, Text: fmt.Sprintf("usage: %d chunks of series of GPUs were left out: there are more devices than are kept", n)})
	}
	for _, f := range append(read, g.faults.Faults()...) {
		severity := planner.Warning
		if f.Reason.Effect() == usage.Noted || f.Reason.Effect() == usage.Changed {
			severity = planner.Info
		}
		out = append(out, planner.Note{Severity: severity, Text: "usage: " + f.String()})
	}
	return out
}
