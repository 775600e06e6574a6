package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

const whatifLong = `Ask Karpenter's own scheduler, which runs in this program, what it would do; nothing is changed.

--edit   a NodePool or NodeOverlay, new or in place of the one of that name: what it costs, which nodes
         drift and are replaced, which pods move where, and which nodes wait and why
--remove why these nodes were not consolidated, and what happens if they go, together
--consolidate what Karpenter's consolidation would do, step by step, until it rests

Batches, waiting times and disruption budgets of NodePools say when, and are not looked at. Prices are the
catalog's, but for those of new nodes, where a NodeOverlay has a price.`

const whatifExample = `  tenon whatif -f cluster.yaml --edit nodepool.yaml
  tenon whatif -f cluster.yaml --edit gpu.yaml --edit overlay.yaml -o markdown
  tenon whatif -f cluster.yaml --remove node/ip-10-0-1-7
  tenon whatif --example --consolidate -o json`

type whatifOptions struct {
	source      sourceOptions
	progress    progressOptions
	edits       []string
	removals    []string
	consolidate bool
	output      string
}

func newWhatif() *cobra.Command {
	o := &whatifOptions{}
	cmd := &cobra.Command{
		Use: "whatif", Short: "Say what Karpenter would do with an edit, or without a node", Long: whatifLong, Example: whatifExample, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.source.clusterFlags(cmd)
	o.progress.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&o.edits, "edit", nil, "`FILE` with NodePools and NodeOverlays to have; can be repeated")
	f.StringArrayVar(&o.removals, "remove", nil, "`NODE` to take away, as node/NAME; can be repeated")
	f.BoolVar(&o.consolidate, "consolidate", false, "follow Karpenter's consolidation until it rests")
	outputFlag(cmd, &o.output, sheetForms...)
	return cmd
}

func (o *whatifOptions) run(cmd *cobra.Command) error {
	if err := oneOf("output", o.output, sheetForms...); err != nil {
		return err
	}
	if err := o.source.checkCluster(); err != nil {
		return err
	}
	asked := 0
	for _, is := range []bool{len(o.edits) > 0, len(o.removals) > 0, o.consolidate} {
		if is {
			asked++
		}
	}
	if asked != 1 {
		return badInputf("ask one thing: --edit FILE, --remove node/NAME or --consolidate")
	}
	bar, err := o.progress.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	result, err := unlessInterrupted(cmd.Context(), func() ([]byte, error) { return o.make(cmd, bar) })
	bar.stop()
	if err != nil {
		return err
	}
	if _, err := cmd.OutOrStdout().Write(result); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

func (o *whatifOptions) make(cmd *cobra.Command, bar *progress) ([]byte, error) {
	catalog, err := o.source.catalog.load()
	if err != nil {
		return nil, err
	}
	objects, err := o.source.objects(cmd.InOrStdin(), bar)
	if err != nil {
		return nil, badInput(err)
	}
	w := karpenter.FromObjects(objects, catalog, karpenter.Options{})
	var s sheet
	var value any
	switch {
	case len(o.edits) > 0:
		value, err = o.edited(cmd, w, &s)
	case o.consolidate:
		value, err = consolidated(cmd.Context(), w, &s)
	default:
		value, err = o.removed(cmd.Context(), w, &s)
	}
	if errors.Is(err, karpenter.ErrWorld) {
		err = badInput(err)
	}
	if err != nil {
		return nil, err
	}
	return s.render(o.output, value)
}

func (o *whatifOptions) edited(cmd *cobra.Command, w karpenter.World, s *sheet) (any, error) {
	var texts [][]byte
	for _, name := range o.edits {
		text, err := readFile(name, cmd.InOrStdin())
		if err != nil {
			return nil, err
		}
		if _, _, err := w.Edited(text); err != nil { // by itself first, so that the file at fault is named
			return nil, fmt.Errorf("--edit %s: %w", oneLine(name), err)
		}
		texts = append(texts, text)
	}
	r, err := w.WhatIfEdited(cmd.Context(), texts...)
	if err != nil {
		return nil, err
	}
	p := s.part("What Karpenter "+r.Version+" would do with this edit", "", ">NODES NOW", ">THEN", ">PER HOUR NOW", ">THEN", ">UNPLACED NOW", ">THEN")
	for _, e := range r.Edits {
		is := "replaces the one of that name"
		if e.New {
			is = "is new"
			if near := nearest(e.Name, poolNames(w, e.Kind)); near != "" {
				is += ": did you mean " + near + "?"
			}
		}
		p.say("%s %s %s; %s", e.Kind, e.Name, is, plural(int64(len(e.Drifted)), "node drifts", "nodes drift"))
	}
	fleets := func(name string, a, b karpenter.Fleet) {
		p.row(name, strconv.Itoa(a.Nodes), strconv.Itoa(b.Nodes), a.PricePerHour.String(), b.PricePerHour.String(), strconv.Itoa(a.Unplaced), strconv.Itoa(b.Unplaced))
	}
	fleets("today's cluster", r.TodayBefore, r.TodayAfter)
	fleets("built anew", r.AnewBefore, r.AnewAfter)
	if len(r.Replaced) > 0 {
		p = s.part("Nodes that drift, in the order in which Karpenter replaces them", "NODE", "NODEPOOL", "TYPE", "WHY", "WAITS BECAUSE")
		for _, n := range r.Replaced {
			p.row(n.Node, n.NodePool, n.InstanceType, n.Reason, n.Held)
		}
	}
	newNodes(s, r.New)
	if len(r.Moves) > 0 {
		p = s.part(plural(int64(len(r.Moves)), "pod moves", "pods move"), "POD", "FROM", "TO")
		for _, m := range r.Moves {
			p.row(m.Pod, m.From, m.To)
		}
	}
	remarks(s, r.Notes)
	return r, nil
}

func poolNames(w karpenter.World, kind string) (names []string) {
	if kind == "NodePool" {
		for _, p := range w.NodePools {
			names = append(names, p.Name)
		}
		return names
	}
	for _, o := range w.NodeOverlays {
		names = append(names, o.Name)
	}
	return names
}

// nearest is the name that was probably meant, or "".
func nearest(name string, names []string) string {
	best, least := "", min(2, len(name)/3)+1
	for _, n := range names {
		if d := distance(name, n); d > 0 && d < least {
			best, least = n, d
		}
	}
	return best
}

// removal is the answer to --remove.
type removal struct {
	karpenter.Removal
	Sentence string `json:"sentence"`
}

func (o *whatifOptions) removed(ctx context.Context, w karpenter.World, s *sheet) (any, error) {
	var known []string
	for _, n := range w.Nodes {
		known = append(known, n.Name)
	}
	var names []string
	for _, given := range o.removals {
		name := strings.TrimPrefix(strings.TrimPrefix(given, "node/"), "nodes/")
		if !slices.Contains(known, name) {
			end := ": nodes that are leaving are not among those to take"
			if near := nearest(name, known); near != "" {
				end = ": did you mean node/" + near + "?"
			}
			return nil, badInputf("no node %q in the input%s", name, end)
		}
		names = append(names, name)
	}
	answers, err := w.WhatIf(ctx, names)
	if err != nil {
		return nil, err
	}
	r := answers[0]
	p := s.part("Without " + strings.Join(r.Nodes, ", "))
	p.say("Karpenter %s: %s", karpenter.Version, w.Why(r))
	if r.Reason != "" {
		p.say("In its words: %s", r.Reason)
	}
	p.say("Cost per hour: %s of what goes, %s of what comes; the cluster %s, then %s.", r.BeforePerHour, r.AfterPerHour, w.PricePerHour(), w.PricePerHour().Plus(-r.BeforePerHour).Plus(r.AfterPerHour))
	if len(r.Result.Existing) > 0 {
		p = s.part("Pods that go to nodes that stay", "NODE", "TYPE", "PODS")
		for _, n := range r.Result.Existing {
			p.row(n.Name, n.InstanceType, strings.Join(n.Pods, " "))
		}
	}
	newNodes(s, r.Result.New)
	if len(r.Result.Unplaced) > 0 {
		p = s.part("Pods without a place", "POD", "WHY")
		for _, u := range r.Result.Unplaced {
			p.row(u.Pod, u.Reason)
		}
	}
	remarks(s, r.Result.Notes)
	return removal{r, w.Why(r)}, nil
}

func consolidated(ctx context.Context, w karpenter.World, s *sheet) (any, error) {
	c, err := w.Consolidate(ctx, karpenter.ConsolidateOptions{})
	if err != nil {
		return nil, err
	}
	p := s.part("What Karpenter's consolidation would do", ">STEP", "METHOD", "DOES", "NODES", ">COST", ">THEN", "NEW")
	p.say("Nodes: %d, then %d. Cost per hour: %s, then %s.", c.NodesBefore, c.NodesAfter, c.BeforePerHour, c.AfterPerHour)
	if !c.Rests {
		p.say("It goes on after these %d steps.", len(c.Steps))
	}
	for i, step := range c.Steps {
		var made []string
		for _, n := range step.Result.New {
			made = append(made, n.InstanceType)
		}
		p.row(strconv.Itoa(i+1), string(step.Method), string(step.Decision), strings.Join(step.Nodes, " "), step.BeforePerHour.String(), step.AfterPerHour.String(), strings.Join(made, " "))
	}
	return c, nil
}

func newNodes(s *sheet, nodes []karpenter.Node) {
	if len(nodes) == 0 {
		return
	}
	p := s.part("New nodes", "NODEPOOL", "TYPE", "ZONE", "CAPACITY", ">PER HOUR", ">PODS")
	sum := pricing.Micro(0)
	for _, n := range nodes {
		p.row(n.Pool, n.InstanceType, n.Zone, n.CapacityType, n.PricePerHour.String(), strconv.Itoa(len(n.Pods)))
		sum = sum.Plus(n.PricePerHour)
	}
	p.row("", "", "", "", sum.String(), "")
}

func remarks(s *sheet, notes []planner.Note) {
	if len(notes) == 0 {
		return
	}
	p := s.part("Remarks")
	for _, n := range notes {
		p.say("%s", strings.TrimPrefix(n.Object+": "+n.Text, ": "))
	}
}
