package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
)

// ErrInternal marks a broken invariant of our own: a solver's answer that does not pass the check. It is a bug, and its
// text holds what is needed to report it.
var ErrInternal = errors.New("internal error")

// ErrNoSolver says that Input.Solve is missing.
var ErrNoSolver = errors.New("no solver was given")

// Input is all that a decision depends on.
type Input struct {
	Snapshot planner.Snapshot
	Limits   model.Limits // of the solver's work; zero: the solver's defaults
	// Lowered is told of each problem before it is solved, and of what its numbers stand for; it may be nil.
	Lowered func(*planner.Snapshot, *lower.Lowered)
	// Solve packs; binpack.Solve behind a closure that adds progress. It is required, and may be called several times: the
	// last packing counts.
	Solve func(*model.Problem, model.Limits) (*model.Packing, error)
	// Build replays a plan, all but its proof, through Karpenter's own scheduler: with which NodePools, and at which cost?
	// The Snapshot is the one that was packed. Nil, or a nil answer: nobody asked, and the plan says so.
	Build func(*planner.Snapshot, *planner.Plan) (*planner.Built, error)
}

// Decide plans a cluster. The same Snapshot and the same solver give the same plan, byte for byte, in whatever order the
// Snapshot lists its workloads, offers, rules and nodes.
func Decide(in Input) (planner.Plan, error) {
	if in.Solve == nil {
		return planner.Plan{}, ErrNoSolver
	}
	s, err := lower.Canonical(in.Snapshot)
	if err != nil {
		return planner.Plan{}, err
	}
	low, k, err := diversify(in, &s)
	if err != nil {
		return planner.Plan{}, err
	}
	return assemble(s, low, k, nil, in.built(&s))
}

// built joins the snapshot that was packed to Build.
func (in Input) built(s *planner.Snapshot) func(*planner.Plan) (*planner.Built, error) {
	return func(plan *planner.Plan) (*planner.Built, error) {
		if in.Build == nil {
			return nil, nil
		}
		b, err := in.Build(s, plan)
		if err != nil {
			return nil, fmt.Errorf("replay the plan: %w", err)
		}
		return b, nil
	}
}

// solve packs and checks. Without items there is nothing to ask the solver.
func solve(in Input, p *model.Problem) (*model.Packing, error) {
	if len(p.Items) == 0 {
		return &model.Packing{Bins: []model.Packed{}, Status: model.Empty}, nil
	}
	k, err := in.Solve(p, in.Limits)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := check.Packing(p, k); err != nil {
		return nil, fmt.Errorf("%w: the solver's packing of %d items into %d kinds of bins does not pass the check "+
			"(cost %d, bound %d, status %q): %w", ErrInternal, len(p.Items), len(p.Bins), k.Cost, k.LowerBound, k.Status, err)
	}
	own := *k
	own.Work.Branches = 0 // no part of the plan says it, so nothing could vouch for it
	return &own, nil
}

// assemble raises a checked packing and closes the plan. Verify calls it again. sizes is nil where requests stay as they
// are; build says what Karpenter makes of the plan, or, to Verify, what the proof says of that.
func assemble(s planner.Snapshot, low lower.Lowered, k *model.Packing, sizes *wireRightsizing, build func(*planner.Plan) (*planner.Built, error)) (planner.Plan, error) {
	plan, err := raise.Raise(s, low, k)
	if err != nil {
		return planner.Plan{}, fmt.Errorf("%w: %w", ErrInternal, err)
	}
	if sizes != nil {
		if plan.Rightsizing, err = sizes.section(&s, low, k); err != nil {
			return planner.Plan{}, err
		}
	}
	if plan.Karpenter, err = build(&plan); err != nil {
		return planner.Plan{}, err
	}
	if plan.Karpenter != nil {
		plan.Cost.KarpenterPerHour = &plan.Karpenter.PerHour
	}
	plan.Proof, err = json.Marshal(proof{
		Snapshot: toWire(s), Index: toIndex(low.Index), Problem: low.Problem, Packing: *k, Rightsizing: sizes, Built: plan.Karpenter,
	})
	if err != nil {
		return planner.Plan{}, fmt.Errorf("%w: encode the proof: %w", ErrInternal, err)
	}
	plan.Digest, err = Digest(plan)
	return plan, err
}

// Digest names a plan's content: "sha256:" and the hash of its canonical JSON (compact, fields in the order of
// planner.Plan) without the field digest.
func Digest(plan planner.Plan) (string, error) {
	plan.Digest = ""
	data, err := json.Marshal(plan)
	if err != nil {
		return "", fmt.Errorf("encode the plan: %w", err)
	}
	const empty = `,"digest":""}`
	sum := sha256.Sum256(append(data[:len(data)-len(empty)], '}'))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
