package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// What can be wrong with a plan that somebody hands in.
var (
	// ErrPlan: it is no plan that this version reads.
	ErrPlan = errors.New("not a plan")
	// ErrChanged: something in it does not follow from its proof.
	ErrChanged = errors.New("the plan was changed")
	// ErrProof: its proof is none: the packing breaks a rule, or the bound is not proven.
	ErrProof = errors.New("the proof does not hold")
	// ErrInput: it is sound, and a plan for another input.
	ErrInput = errors.New("the plan is for another input")
)

// PlanBytesMax bounds the documents that Verify reads.
const PlanBytesMax = 1 << 28

// Report says what a verified plan claims.
type Report struct {
	Digest        string
	InputDigest   string
	Source        string
	Currency      string
	Planned       pricing.Micro
	Moves         *pricing.Micro // beside Planned; nil: moves have no price
	LowerBound    pricing.Micro  // of planned and moves together
	GapPercent    float64
	Status        string
	Nodes         int64
	Pods          int64 // placed
	Unplaced      int64
	Workloads     int
	ItemKinds     int // of the packing problem that was checked
	BinKinds      int
	Sized         int  // requests whose range, choice and risk were checked, with the two plans beside this one; 0: they are as asked
	InputCompared bool // VerifyAgainst: it is the plan for that input
}

// Verify reads plan.json and checks it from end to end: that the packing is legal and its bound proven, and that every
// value of the document follows from its proof. The error names the JSON paths that differ.
func Verify(data []byte) (Report, error) {
	report, _, err := verify(data)
	return report, err
}

// VerifyAgainst is Verify, and also checks that the plan was made from a given Snapshot.
func VerifyAgainst(data []byte, s planner.Snapshot) (Report, error) {
	report, p, err := verify(data)
	if err != nil {
		return Report{}, err
	}
	given := &p.Snapshot
	s.SpotPools = given.SpotPools // what was asked of the plan is no part of its input
	if given.Terms != nil {
		s.Terms = *given.Terms
	}
	var d differ
	canonical, err := p.Rightsizing.planned(s, &d)
	if err != nil {
		return Report{}, err
	}
	if err := compareValues(&d, "$.proof.snapshot", given, toWire(canonical)); err != nil {
		return Report{}, err
	}
	if err := d.error(ErrInput, "the input says"); err != nil {
		return Report{}, err
	}
	report.InputCompared = true
	return report, nil
}

// compareValues compares two values as the JSON that they are written as.
func compareValues(d *differ, path string, got, want any) error {
	g, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return compareBytes(d, path, g, w)
}

// compareBytes compares two documents. Only where their bytes differ are they taken apart.
func compareBytes(d *differ, path string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	g, err := parseTree(got)
	if err != nil {
		return err
	}
	w, err := parseTree(want)
	if err != nil {
		return err
	}
	d.compare(path, g, w)
	return nil
}

func verify(data []byte) (Report, *proof, error) {
	p, err := open(data)
	if err != nil {
		return Report{}, nil, err
	}
	s, err := fromWire(&p.Snapshot)
	if err != nil {
		return Report{}, nil, err
	}
	low, err := lower.Lower(s)
	if err != nil {
		return Report{}, nil, fmt.Errorf("%w: proof.snapshot: %w", ErrChanged, err)
	}
	var d differ
	if err := compareValues(&d, "$.proof.problem", p.Problem, low.Problem); err != nil {
		return Report{}, nil, err
	}
	if err := d.error(ErrChanged, "its snapshot gives"); err != nil {
		return Report{}, nil, err
	}
	if err := check.Packing(&low.Problem, &p.Packing); err != nil {
		return Report{}, nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	p.Packing.Work.Branches = 0
	plan, err := assemble(s, low, &p.Packing, p.Rightsizing, func(*planner.Plan) (*planner.Built, error) { return p.Built, nil })
	if err != nil {
		return Report{}, nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	want, err := json.Marshal(plan)
	if err != nil {
		return Report{}, nil, fmt.Errorf("encode the plan: %w", err)
	}
	var got bytes.Buffer
	if err := json.Compact(&got, data); err != nil {
		return Report{}, nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if err := compareBytes(&d, "$", got.Bytes(), want); err != nil {
		return Report{}, nil, err
	}
	if err := d.error(ErrChanged, "its proof gives"); err != nil {
		return Report{}, nil, err
	}
	return summarize(&plan, &low), p, nil
}

// open reads what kind of document it is and, strictly, its proof. Whatever else the document says is compared at the end.
func open(data []byte) (*proof, error) {
	if len(data) > PlanBytesMax {
		return nil, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrPlan, len(data), PlanBytesMax)
	}
	var plan struct {
		APIVersion string          `json:"apiVersion"`
		Kind       string          `json:"kind"`
		Proof      json.RawMessage `json:"proof"`
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if plan.APIVersion != planner.APIVersion || plan.Kind != planner.PlanKind {
		return nil, fmt.Errorf("%w: its apiVersion and kind are %s and %s, not %q and %q",
			ErrPlan, brief(plan.APIVersion), brief(plan.Kind), planner.APIVersion, planner.PlanKind)
	}
	return openProof(plan.Proof)
}

func openProof(data json.RawMessage) (*proof, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: it has no proof", ErrPlan)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	p := &proof{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("%w: proof: %w", ErrPlan, err)
	}
	return p, nil
}

func summarize(plan *planner.Plan, low *lower.Lowered) Report {
	r := Report{
		Digest: plan.Digest, InputDigest: plan.InputDigest, Source: plan.Source, Currency: plan.Cost.Currency,
		Planned: plan.Cost.PlannedPerHour, Moves: plan.Cost.MovesPerHour, LowerBound: plan.Cost.LowerBoundPerHour, GapPercent: plan.Cost.GapPercent,
		Status: plan.Solver.Status, Workloads: len(plan.Workloads),
		ItemKinds: len(low.Problem.Items), BinKinds: len(low.Problem.Bins),
	}
	if plan.Rightsizing != nil {
		r.Sized = len(plan.Rightsizing.Containers)
	}
	for i := range plan.Nodes {
		r.Nodes += plan.Nodes[i].Count
	}
	for _, p := range plan.Placements {
		r.Pods += p.Count
	}
	for _, u := range plan.Unplaced {
		r.Unplaced += u.Count
	}
	return r
}
