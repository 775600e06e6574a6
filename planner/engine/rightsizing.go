package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tenon-sh/tenon/binpack/check"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/sizing"
)

// wireRightsizing is the part of a proof from which Plan.Rightsizing follows: ranges and curves of all requests, which were
// chosen, and the packings of the two plans that the joint one is compared with. Their problems are not written: they are
// the Snapshot's with other requests.
type wireRightsizing struct {
	Source  string         `json:"source"`
	Usage   string         `json:"usage"`
	Policy  string         `json:"policy"`
	From    time.Time      `json:"from"`
	To      time.Time      `json:"to"`
	Table   sizing.Table   `json:"table"`
	Chosen  sizing.Choice  `json:"chosen"`
	Why     []string       `json:"why"` // by variable
	Says    string         `json:"says"`
	Aims    []wireAim      `json:"aims,omitempty"`
	Notes   []planner.Note `json:"notes"`
	Asked   wirePlan       `json:"asked"`
	Targets wirePlan       `json:"targetsOnly"`
}

// wirePlan is a plan that the joint one is compared with.
type wirePlan struct {
	SpotPools []planner.SpotPool `json:"spotPools,omitempty"`
	Packing   model.Packing      `json:"packing"`
}

func (j *joint) wire() *wireRightsizing {
	t := &j.in.Targets
	return &wireRightsizing{
		Source: t.Source, Usage: t.Digest, Policy: t.Policy, From: sizing.Instant(t.From), To: sizing.Instant(t.To),
		Table: j.table, Chosen: j.best.choice, Why: j.reasons(), Says: j.says, Aims: j.aims, Notes: j.notes,
		Asked: toPlan(&j.asked), Targets: toPlan(&j.targets),
	}
}

func toPlan(x *sized) wirePlan {
	k := *x.k
	k.Work = model.Work{} // nothing in the section says it
	return wirePlan{x.s.SpotPools, k}
}

// valid checks what the rest may then rely on, and that the Snapshot is for the requests that were chosen.
func (r *wireRightsizing) valid(s *planner.Snapshot) error {
	t := &r.Table
	if len(t.Works) != len(s.Workloads) || len(r.Chosen) != len(t.Vars) || len(r.Why) != len(t.Vars) {
		return fmt.Errorf("%w: rightsizing: %d workloads of %d, %d choices and %d reasons for %d requests",
			ErrChanged, len(t.Works), len(s.Workloads), len(r.Chosen), len(r.Why), len(t.Vars))
	}
	if err := t.Validate(r.Chosen); err != nil {
		return fmt.Errorf("%w: rightsizing: %w", ErrChanged, err)
	}
	t.Index()
	for i := range r.Aims {
		if a := &r.Aims[i]; a.Work < 0 || a.Work >= len(s.Workloads) {
			return fmt.Errorf("%w: rightsizing: GPU aim %d is for workload %d", ErrChanged, i, a.Work)
		}
	}
	return nil
}

// wants is a Snapshot with the requests of a choice; cards: and with what GPU aims allow, otherwise with what was asked.
func (r *wireRightsizing) wants(s *planner.Snapshot, c sizing.Choice, cards bool) (planner.Snapshot, error) {
	read := reader{}
	out := withRequests(s, &r.Table, c)
	for i := range r.Aims {
		a := &r.Aims[i]
		out.Workloads[a.Work].GPU = read.gpu(a.Asked, 0)
	}
	for i := range r.Aims {
		a := &r.Aims[i]
		used, why := a.judge(&out)
		if kept := used && !a.Used && a.Why == keptCards; !kept && (used != a.Used || why != a.Why) {
			return out, fmt.Errorf("%w: rightsizing: GPU aim %d: it says %q, and its choices give %q", ErrChanged, i, a.Why, why)
		}
	}
	for i := range r.Aims {
		if a := &r.Aims[i]; a.Used && cards {
			out.Workloads[a.Work].GPU = a.need(&out)
		}
	}
	return out, read.fault
}

// compared checks the plans that the joint one is compared with, and returns all three.
func (r *wireRightsizing) compared(s *planner.Snapshot, low lower.Lowered, k *model.Packing) (asked, targets, joint sized, err error) {
	if err = r.valid(s); err != nil {
		return
	}
	want, err := r.wants(s, r.Chosen, true)
	if err != nil {
		return
	}
	want.SpotPools = s.SpotPools
	var d differ
	if err = compareValues(&d, "$.proof.snapshot", toWire(*s), toWire(want)); err != nil {
		return
	}
	if err = d.error(ErrChanged, "its rightsizing gives"); err != nil {
		return
	}
	if joint, err = size(&r.Table, r.Chosen, *s, low, k); err != nil {
		return
	}
	if asked, err = r.plan(s, r.Table.AllNow(), false, &r.Asked); err != nil {
		return
	}
	targets, err = r.plan(s, r.Table.AllTargets(), true, &r.Targets)
	return
}

// plan checks one of the plans that the joint one is compared with.
func (r *wireRightsizing) plan(s *planner.Snapshot, c sizing.Choice, cards bool, w *wirePlan) (sized, error) {
	x, err := r.wants(s, c, cards)
	if err != nil {
		return sized{}, err
	}
	x.SpotPools = w.SpotPools
	low, err := lower.Lower(x)
	if err != nil {
		return sized{}, fmt.Errorf("%w: rightsizing: %w", ErrChanged, err)
	}
	k := w.Packing
	if err := check.Packing(&low.Problem, &k); err != nil {
		return sized{}, fmt.Errorf("%w: rightsizing: %w", ErrProof, err)
	}
	return size(&r.Table, c, x, low, &k)
}

// section says for people what a proof's rightsizing says for machines.
func (r *wireRightsizing) section(s *planner.Snapshot, low lower.Lowered, k *model.Packing) (*planner.Rightsizing, error) {
	asked, targets, joint, err := r.compared(s, low, k)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the rightsizing: %w", err)
	}
	sum := sha256.Sum256(data)
	out := &planner.Rightsizing{
		Source: r.Source, Usage: r.Usage, Policy: r.Policy, From: r.From, To: r.To, Proof: "sha256:" + hex.EncodeToString(sum[:]),
		Asked: r.sized(&asked), TargetsOnly: r.sized(&targets), Joint: r.sized(&joint), Says: r.Says,
		Workloads: []planner.SizedWork{}, Containers: []planner.Sizing{}, GPUs: []planner.SizedGPU{}, Notes: append([]planner.Note{}, r.Notes...),
	}
	for i := range s.Workloads {
		if len(r.Table.Works[i].Containers) == 0 {
			continue
		}
		a, t, j := &asked.plan.Workloads[i], &targets.plan.Workloads[i], &joint.plan.Workloads[i]
		out.Workloads = append(out.Workloads, planner.SizedWork{
			Workload: j.Workload, Replicas: j.Replicas, AskedPerPod: a.PricePerPod, TargetPerPod: t.PricePerPod, JointPerPod: j.PricePerPod,
			RequestsAsked: a.Requests, RequestsTarget: t.Requests, RequestsJoint: j.Requests,
		})
	}
	for v := range r.Table.Vars {
		out.Containers = append(out.Containers, r.sizing(v, s))
	}
	for i := range r.Aims {
		a := &r.Aims[i]
		out.GPUs = append(out.GPUs, planner.SizedGPU{GPUAim: a.Aim, Name: lower.WorkloadName(s.Workloads[a.Work]), Used: a.Used, Why: a.Why})
	}
	return out, nil
}

// sized sums one plan up.
func (r *wireRightsizing) sized(x *sized) planner.SizedPlan {
	out := planner.SizedPlan{
		PlannedPerHour: x.plan.Cost.PlannedPerHour, MovesPerHour: x.plan.Cost.MovesPerHour, LowerBoundPerHour: x.plan.Cost.LowerBoundPerHour,
		GapPercent: x.plan.Cost.GapPercent, Unplaced: x.unplaced,
		OOMKillsMicro: x.risk[sizing.Memory], UnderrunMicro: r.Table.Underrun(x.risk[sizing.CPU]),
	}
	out.CPUMilli, out.MemoryMiB = r.Table.Total(sizing.CPU, x.choice), r.Table.Total(sizing.Memory, x.choice)
	return out
}

// sizing says what was chosen for one variable.
func (r *wireRightsizing) sizing(v int, s *planner.Snapshot) planner.Sizing {
	t := &r.Table
	x := &t.Vars[v]
	c := &t.Works[x.Work].Containers[x.Container]
	out := planner.Sizing{
		Workload: lower.WorkloadName(s.Workloads[x.Work]), Container: c.Name, Resource: x.Resource.String(), Class: x.Class, Pods: t.Pods(v),
		Now: t.Now(v), Floor: x.Floor, Target: x.Target, Ceiling: x.Ceiling, Chosen: r.Chosen[v],
		LimitNow: c.LimitNow(x.Resource), Limit: t.Limit(v, r.Chosen[v]),
		Unknown: x.Unknown, Kept: x.Kept, Why: r.Why[v], Evidence: x.Evidence,
	}
	if x.Known() {
		at := func(amount int64) *int64 {
			if amount == 0 {
				return nil // as in sizing.Table.Risk
			}
			risk := x.Curve.At(amount)
			return &risk
		}
		out.RiskNow, out.RiskFloor, out.RiskTarget = at(out.Now), at(out.Floor), at(out.Target)
		out.RiskCeiling, out.RiskChosen = at(out.Ceiling), at(out.Chosen)
	}
	return out
}

// planned is the canonical Snapshot that a plan for an input has in its proof: where requests were chosen, with these. That
// today's requests are those that the rightsizing speaks of goes to d. Without a rightsizing, r is nil.
func (r *wireRightsizing) planned(s planner.Snapshot, d *differ) (planner.Snapshot, error) {
	if r == nil {
		return lower.Canonical(s)
	}
	aims := make([]planner.GPUAim, len(r.Aims))
	for i := range r.Aims {
		aims[i] = r.Aims[i].Aim
	}
	base, err := lower.CanonicalFor(s, variants(aims))
	if err != nil {
		return base, err
	}
	if err := compareValues(d, "$.proof.rightsizing.table.workloads", r.Table.Works, r.Table.Today(base.Workloads)); err != nil {
		return base, err
	}
	for i := range r.Aims {
		a, want := &r.Aims[i], wireGPU{}
		if a.Work < len(base.Workloads) {
			want = toGPU(base.Workloads[a.Work].GPU)
		}
		if err := compareValues(d, fmt.Sprintf("$.proof.rightsizing.aims[%d].asked", i), a.Asked, want); err != nil {
			return base, err
		}
	}
	if err := d.error(ErrInput, "the input says"); err != nil {
		return base, err
	}
	out, err := r.wants(&base, r.Chosen, true)
	out.SpotPools = base.SpotPools
	return out, err
}
