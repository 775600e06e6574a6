package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/test/milp"
)

// The tasks that other solvers are given beside ours.
const (
	taskAssignment = "assignment" // the whole problem, by which item lies in which bin
	taskPatterns   = "patterns"   // the whole problem, by all maximal contents
	taskRelaxed    = "relaxed"    // the linear relaxation over some contents
	taskColumns    = "columns"    // whole numbers over the same contents
)

const (
	toolLimit     = 3 * time.Second // for one whole problem, unless -limit says else
	masterTimes   = 3               // as much for a restricted master
	patternsMax   = 20_000          // contents of a whole problem
	columnsMaster = 3_000           // of a restricted master, before equal ones are taken once; CBC had as many in the prototype
	roundsMax     = 20              // of making these
	copiesMax     = 20              // of an item, in a random part of a problem
)

// rival is what another solver made of a task, and ours of the same.
type rival struct {
	Tool    milp.Tool   `json:"tool"`
	Task    string      `json:"task"`
	Rows    int         `json:"rows"`
	Columns int         `json:"columns"`
	Status  milp.Status `json:"status"`
	Cost    float64     `json:"cost"` // where Status says that there is a solution
	Took    time.Duration
	Ours    float64 `json:"ours"`   // our cost, or the value of our simplex
	Proven  bool    `json:"proven"` // ours has a proof that nothing costs less
	OurTime time.Duration
	Refused string `json:"refused,omitempty"` // why the task could not be given
}

// solved reports whether there is a solution to compare with.
func (r rival) solved() bool { return r.Status == milp.Optimal || r.Status == milp.Feasible }

// present lists the tools that are installed, and says which are not.
func present() (tools []milp.Tool, missing []string) {
	for _, t := range milp.Tools() {
		if _, err := t.Path(); err != nil {
			missing = append(missing, fmt.Sprintf("%s. It is left out.", err))
			continue
		}
		tools = append(tools, t)
	}
	return tools, missing
}

// measureSmall gives a whole problem to the other solvers, in both forms.
func measureSmall(ctx context.Context, p *model.Problem, ours result, limit time.Duration) ([]rival, error) {
	first, err := firstfit.Solve(p, firstfit.Ways()[0])
	if err != nil {
		return nil, err
	}
	forms := []struct {
		task string
		make func() (*milp.Program, error)
	}{
		{taskAssignment, func() (*milp.Program, error) { return milp.Assignment(p, first.Cost) }},
		{taskPatterns, func() (*milp.Program, error) { return milp.Patterns(p, patternsMax) }},
	}
	var out []rival
	for _, f := range forms {
		m, err := f.make()
		r := rival{Task: f.task, Ours: float64(ours.Cost), Proven: ours.Status == model.Optimal, OurTime: ours.Solve}
		list, err := ask(ctx, m, err, limit, r)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// ask gives one program to every tool. failed is why there is none, if so.
func ask(ctx context.Context, m *milp.Program, failed error, limit time.Duration, r rival) ([]rival, error) {
	tools, _ := present()
	var out []rival
	for _, t := range tools {
		r.Tool = t
		switch {
		case errors.Is(failed, milp.ErrPatterns):
			r.Refused = failed.Error()
		case failed != nil:
			return nil, failed
		default:
			r.Rows, r.Columns = len(m.Rows), len(m.Columns)
			a, err := milp.Solve(ctx, t, m, limit)
			if err != nil {
				return nil, err
			}
			r.Status, r.Cost, r.Took = a.Status, a.Value, a.Took
		}
		out = append(out, r)
	}
	return out, nil
}

// relaxed makes a restricted master of what packing by value finds, and has its relaxation solved by all.
func (r *result) relaxed(ctx context.Context, p *model.Problem, limit time.Duration) (result, error) {
	k, err := binpack.First(p)
	if err != nil {
		return result{}, err
	}
	m, err := master(p, k)
	if err != nil {
		return result{}, err
	}
	r.Rivals, err = askRelaxed(ctx, m, limit)
	r.PeakMiB, r.PeakOf = peak()
	return *r, err
}

// measureMaster makes a restricted master of p and of our packing, and gives it to the other solvers: its relaxation, beside our
// simplex, and in whole numbers, beside our packing.
func measureMaster(ctx context.Context, p *model.Problem, k *model.Packing, ours result, limit time.Duration) ([]rival, error) {
	m, err := master(p, k)
	if err != nil {
		return nil, err
	}
	relaxed, err := askRelaxed(ctx, m, limit)
	if err != nil {
		return nil, err
	}
	m.Whole = true
	whole, err := ask(ctx, m, nil, masterTimes*limit, rival{Task: taskColumns, Ours: float64(ours.Cost), OurTime: ours.Solve})
	return append(relaxed, whole...), err
}

// askRelaxed solves the relaxation of a master by our simplex, and has it solved by the others.
func askRelaxed(ctx context.Context, m *milp.Program, limit time.Duration) ([]rival, error) {
	start := time.Now()
	value, err := milp.Relax(m)
	if err != nil {
		return nil, err
	}
	return ask(ctx, m, nil, masterTimes*limit, rival{Task: taskRelaxed, Ours: value, OurTime: time.Since(start)})
}

func master(p *model.Problem, k *model.Packing) (*milp.Program, error) {
	contents, err := contentsOf(p, k)
	if err != nil {
		return nil, err
	}
	return milp.Restricted(p, contents), nil
}

// contentsOf lists contents of bins: those of our packing, and those that first fit makes of p and of random parts of p, up to
// columnsMaster, or six for each item if that is more. All are legal, cards included, since first fit's packings are.
func contentsOf(p *model.Problem, k *model.Packing) ([]model.Packed, error) {
	contents, most := slices.Clone(k.Bins), max(columnsMaster, 6*len(p.Items))
	rng := rand.New(rand.NewPCG(uint64(len(p.Items)), 3))
	part := *p
	for round := 0; len(contents) < most && round < roundsMax; round++ {
		for _, way := range firstfit.Ways() {
			f, err := firstfit.Solve(&part, way)
			if err != nil {
				return nil, err
			}
			contents = append(contents, f.Bins...)
		}
		part.Items = slices.Clone(p.Items)
		for i := range part.Items { // a few of each item: as many as a few bins hold
			part.Items[i].Count = rng.Int64N(min(p.Items[i].Count, copiesMax) + 1)
		}
	}
	return contents[:min(len(contents), most)], nil
}

// withoutRules is p without what binds items to each other, which a restricted master does not know.
func withoutRules(p *model.Problem) *model.Problem {
	q := *p
	q.Caps, q.Conflicts, q.Follows, q.Spreads = nil, nil, nil, nil
	return &q
}
