package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/raise/pools"
)

// What --steer may be.
const (
	steerAll  = "all"
	steerGPU  = "gpu"
	steerNone = "none"
)

// buildPlan looks for NodePools and replays them; a test puts a design of its own in its place.
var buildPlan = proposal.Builder.Build

// buildOptions say for which NodePools a plan is replayed through Karpenter's scheduler.
type buildOptions struct {
	off   bool
	steer string
	pools int

	tooMany int64 // pods of a plan that was not replayed
}

func (o *buildOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.steer, "steer", steerAll, "`WHICH` workloads may be given a selector for a NodePool: all, gpu, none")
	f.IntVar(&o.pools, "pools", 12, "the most NodePools to have, `NUMBER`")
	choose(cmd, "steer", steerAll, steerGPU, steerNone)
}

func (o *buildOptions) check() error {
	if o.pools < 1 || o.pools > 100 {
		return badInputf("--pools %d: from 1 to 100", o.pools)
	}
	return oneOf("steer", o.steer, steerAll, steerGPU, steerNone)
}

// searching bounds the search for NodePools as --work bounds the solver.
func (o *buildOptions) searching(solver model.Limits) pools.Limits {
	l := pools.Limits{Pools: o.pools}.WithDefaults()
	if normal := binpack.DefaultLimits().Iterations; solver.Iterations != normal {
		l.Evaluations = max(1, l.Evaluations*solver.Iterations/normal)
	}
	if solver == binpack.FastLimits() {
		l.Evaluations, l.Designs = l.Evaluations/10, 2
	}
	return l
}

// build is engine.Input.Build for what a source has read; nil where nobody wants it.
func (o *buildOptions) build(ctx context.Context, source *sourceOptions, s *solver) func(*planner.Snapshot, *planner.Plan) (*planner.Built, error) {
	if o.off {
		return nil
	}
	b := proposal.Builder{
		Objects: source.read, Catalog: source.prices, Options: karpenter.Options{}, Limits: o.searching(s.limits), Steer: o.may(),
		Progress: func(done, total int64) { s.bar.at("replaying", done, total) },
	}
	return func(s *planner.Snapshot, plan *planner.Plan) (*planner.Built, error) {
		built, err := buildPlan(b, ctx, s, plan)
		if built == nil && err == nil {
			for i := range s.Workloads {
				o.tooMany += s.Workloads[i].Replicas
			}
		}
		return built, badInput(err)
	}
}

func (o *buildOptions) may() func(*planner.Workload) bool {
	switch o.steer {
	case steerGPU:
		return func(w *planner.Workload) bool { return !w.GPU.Zero() }
	case steerNone:
		return func(*planner.Workload) bool { return false }
	}
	return nil
}

// told says what was not done.
func (o *buildOptions) told(stderr io.Writer) {
	if o.tooMany > 0 {
		say(stderr, "not replayed through Karpenter's scheduler: %d pods are more than %d, and its work grows with pods x nodes", o.tooMany, proposal.PodsMost)
	}
}
