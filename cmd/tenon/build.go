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

// poolsMost is the most NodePools: weights go from 1 to 100.
const poolsMost = 100

// buildPlan looks for NodePools and replays them; a test puts a design of its own in its place.
var buildPlan = proposal.Builder.Build

// buildOptions say for which NodePools a plan is replayed through Karpenter's scheduler.
type buildOptions struct {
	off   bool
	steer string
	pools int

	tooMany int64 // pods of a plan that was not replayed
	stopped bool  // by a signal, before there was a replay
}

func (o *buildOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.steer, "steer", steerAll, "`WHICH` workloads may be given a selector for a NodePool: all, gpu, none")
	f.IntVar(&o.pools, "pools", 12, "the most NodePools to have, `NUMBER`")
	choose(cmd, "steer", steerAll, steerGPU, steerNone)
}

func (o *buildOptions) check() error {
	if o.pools < 1 || o.pools > poolsMost {
		return badInputf("--pools %d: is not from 1 to %d", o.pools, poolsMost)
	}
	return oneOf("steer", o.steer, steerAll, steerGPU, steerNone)
}

// deepest is how many times the normal work the search for NodePools takes at most: more gained 0.1 to 0.3 % (0005).
const deepest = 4

// searching bounds the search for NodePools as --work bounds the solver.
func (o *buildOptions) searching(solver model.Limits) pools.Limits {
	l := pools.Limits{Pools: o.pools}.WithDefaults()
	if normal := binpack.DefaultLimits().Iterations; solver.Iterations != normal {
		l.Evaluations = max(1, l.Evaluations*min(solver.Iterations, deepest*normal)/normal)
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
		Stop: s.stop.stop, Progress: func(done, total int64) { s.bar.at("replaying", done, total) },
	}
	return func(snapshot *planner.Snapshot, plan *planner.Plan) (*planner.Built, error) {
		if o.stopped = s.stop.stop(); o.stopped {
			return nil, nil
		}
		built, err := buildPlan(b, ctx, snapshot, plan)
		if built == nil && err == nil {
			for i := range snapshot.Workloads {
				o.tooMany += snapshot.Workloads[i].Replicas
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
	if o.stopped {
		say(stderr, "not replayed through Karpenter's scheduler: stopped before")
	}
	if o.tooMany > 0 {
		say(stderr, "not replayed through Karpenter's scheduler: %d pods are more than %d, and its work grows with pods x nodes", o.tooMany, proposal.PodsMost)
	}
}
