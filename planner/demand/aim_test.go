package demand

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
)

func TestPrint(t *testing.T) {
	for f, name := range familyNames {
		s := families[name](rand.New(rand.NewPCG(3, uint64(f))), 14*perDay)
		in := NewIntake(Options{})
		in.Add(sampled(usage.Memory, s.mem, 0, 14*perDay))
		in.Add(sampled(usage.CPU, s.cpu, 0, 14*perDay))
		st := in.States()[0]
		for _, r := range []string{CPU, Memory} {
			a := Aim(st, r, 3000, planner.DefaultPolicy().Classes[0], time.UnixMilli(start+14*86_400_000))
			t.Logf("%s %s unknown %q floor %d target %d ceiling %d", name, r, a.Unknown, a.Floor, a.Target, a.Ceiling)
			t.Logf("   %+v", a.Evidence)
			t.Logf("   %d points: %v", len(a.Curve), a.Curve)
		}
	}
}
