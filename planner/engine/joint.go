package engine

import (
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/planner/raise"
	"github.com/tenon-sh/tenon/planner/sizing"
	"github.com/tenon-sh/tenon/pricing"
)

// jointRounds bounds how often requests are chosen anew and packed, before the look at divisors. Each round calls the solver
// once; before them are two calls for the plans that are compared with, and behind them two at most for the plan itself. Chosen: on
// synthetic clusters the first round has nearly all of the gain (docs/design/0003-demand.md).
const jointRounds = 2

// JointInput is Input with what the requests may be.
type JointInput struct {
	Input
	Targets planner.Targets
	Policy  planner.Policy // zero: planner.DefaultPolicy
	// Search bounds the solver's work in the rounds that look for requests; zero: Limits. The three plans that are compared
	// are all made with Limits.
	Search model.Limits
}

// Joint plans a cluster and its requests together: the plan is made for requests within their ranges, and
// Plan.Rightsizing says which, why, and what other requests would have cost and risked. Its expected kills and its CPU
// underrun are at most those of the plan with every request at its target, and so is its cost: where no better requests
// are found, the targets are taken. It is as deterministic as Decide.
func Joint(in JointInput) (planner.Plan, error) {
	if in.Solve == nil {
		return planner.Plan{}, ErrNoSolver
	}
	if len(in.Policy.Classes) == 0 {
		in.Policy = planner.DefaultPolicy()
	}
	if in.Search == (model.Limits{}) {
		in.Search = in.Limits
	}
	j, err := newJoint(in)
	if err != nil {
		return planner.Plan{}, err
	}
	if err := j.run(); err != nil {
		return planner.Plan{}, err
	}
	return assemble(j.best.s, j.best.low, j.best.k, j.wire(), in.built(&j.best.s))
}

// joint is the work of one Joint.
type joint struct {
	in      JointInput
	base    planner.Snapshot // canonical, as asked
	table   sizing.Table
	aims    []wireAim
	notes   []planner.Note
	asked   sized
	targets sized
	best    sized
	packed  sizing.Choice // what best was packed with, before headroom was handed back
	says    string
	price   []float64 // of a unit of each variable
}

// sized is a plan for a choice of requests.
type sized struct {
	choice   sizing.Choice
	s        planner.Snapshot
	low      lower.Lowered
	k        *model.Packing
	plan     planner.Plan // without proof
	risk     [2]int64
	cost     pricing.Micro // nodes and moves
	unplaced int64
}

func newJoint(in JointInput) (*joint, error) {
	j := &joint{in: in}
	aims := matched(in.Snapshot.Workloads, in.Targets.GPUs)
	base, err := lower.CanonicalFor(in.Snapshot, variants(aims))
	if err != nil {
		return nil, err
	}
	j.base = base
	works := workloadsOf(&in.Snapshot, base.Workloads)
	j.table, j.notes = sizing.New(works, &in.Targets, in.Policy)
	j.notes = append(append([]planner.Note{}, in.Targets.Notes...), j.notes...)
	j.aims = aimsOf(&j.base, aims)
	return j, j.clamp()
}

// workloadsOf are the canonical workloads with their QoS class, which the canonical form leaves out.
func workloadsOf(s *planner.Snapshot, canonical []planner.Workload) []planner.Workload {
	class := map[string]string{}
	for i := range s.Workloads {
		class[lower.WorkloadName(s.Workloads[i])] = s.Workloads[i].QoS
	}
	out := append([]planner.Workload(nil), canonical...)
	for i := range out {
		out[i].QoS = class[lower.WorkloadName(out[i])]
	}
	return out
}

// variants are what workloads may ask for beside what they do: CPU and memory, and what GPU aims allow.
func variants(aims []planner.GPUAim) []planner.Workload {
	out := []planner.Workload{{Requests: planner.Resources{CPUMilli: 1, MemoryMiB: 1}}}
	for i := range aims {
		for _, c := range aims[i].Choices {
			out = append(out, planner.Workload{GPU: planner.GPUNeed{ByModel: map[string]planner.GPUNeed{c.Model: c.Need}}})
		}
	}
	return out
}

// run makes the plans that are compared, and looks for better requests.
func (j *joint) run() error {
	var err error
	if j.asked, err = j.pack(j.table.AllNow(), false, j.in.Limits); err != nil {
		return err
	}
	if j.targets, err = j.pack(j.table.AllTargets(), true, j.in.Limits); err != nil {
		return err
	}
	j.best, j.says = j.targets, "the requests are their targets: none that were found within their ranges cost less at no more risk"
	j.packed = j.targets.choice
	if !j.table.Open() {
		return nil
	}
	found, err := j.search()
	if err != nil {
		return err
	}
	if ok, err := j.finish(found); ok || err != nil {
		return err
	}
	_, err = j.finish(j.handed(j.targets))
	return err
}

// pack plans for a choice; cards says that workloads with GPU aims ask for what these allow.
func (j *joint) pack(c sizing.Choice, cards bool, limits model.Limits) (sized, error) {
	s := j.wants(c, cards)
	in := j.in.Input
	in.Limits = limits
	low, k, err := diversify(in, &s)
	if err != nil {
		return sized{}, err
	}
	return size(&j.table, c, s, low, k)
}

// wants is the Snapshot with the requests of a choice.
func (j *joint) wants(c sizing.Choice, cards bool) planner.Snapshot {
	s := withRequests(&j.base, &j.table, c)
	if cards {
		for i := range j.aims {
			if a := &j.aims[i]; a.Used {
				s.Workloads[a.Work].GPU = a.need(&j.base)
			}
		}
	}
	return s
}

// withRequests is a Snapshot with other requests.
func withRequests(base *planner.Snapshot, t *sizing.Table, c sizing.Choice) planner.Snapshot {
	s := *base
	s.SpotPools = nil
	s.Workloads = append([]planner.Workload(nil), base.Workloads...)
	for i := range s.Workloads {
		s.Workloads[i].Requests = t.Requests(i, c)
	}
	return s
}

// size says what a packing costs and risks. Verify calls it too.
func size(t *sizing.Table, c sizing.Choice, s planner.Snapshot, low lower.Lowered, k *model.Packing) (sized, error) {
	plan, err := raise.Raise(s, low, k)
	if err != nil {
		return sized{}, err
	}
	out := sized{choice: c, s: s, low: low, k: k, plan: plan, risk: t.Risk(c), cost: plan.Cost.PlannedPerHour}
	if m := plan.Cost.MovesPerHour; m != nil {
		out.cost = out.cost.Plus(*m)
	}
	for _, u := range plan.Unplaced {
		out.unplaced += u.Count
	}
	return out, nil
}

// within reports whether a plan places as many pods as that of the targets at no more risk.
func (j *joint) within(x *sized) bool {
	return x.unplaced <= j.targets.unplaced && x.risk[sizing.CPU] <= j.targets.risk[sizing.CPU] &&
		x.risk[sizing.Memory] <= j.targets.risk[sizing.Memory]
}
