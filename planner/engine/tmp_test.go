package engine_test

import (
	"testing"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/lower"
)

func TestTmpReal(t *testing.T) {
	for _, x := range [][2]int64{{200,10_000},{2000,100_000}} {
	s := largeWorld(int(x[0]), x[1])
	start := time.Now()
	c,_ := lower.Canonical(s)
	t.Log("canonical", time.Since(start))
	low, _ := lower.Lower(c)
	t.Log("lower", time.Since(start), len(low.Problem.Items))
	plan, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) {
		t.Log("start solve", time.Since(start))
		k, err := binpack.Solve(p, l, nil)
		t.Log("end solve", time.Since(start))
		return k, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	data := encode(t, plan)
	t.Log(len(data), time.Since(start), plan.Cost.PlannedPerHour, plan.Cost.LowerBoundPerHour, plan.Cost.GapPercent, len(plan.Nodes))
	start = time.Now()
	if _, err := engine.Verify(data); err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start))
	}
}
func TestTmpRealRandom(t *testing.T) {
	for seed := range uint64(400) {
		s := randomWorld(seed)
		plan, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.FastLimits(), Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) {
			return binpack.Solve(p, l, nil)
		}})
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		checkPods(t, s, plan)
		checkMoney(t, plan)
		if _, err := engine.VerifyAgainst(encode(t, plan), s); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
