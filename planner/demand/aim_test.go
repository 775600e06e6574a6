package demand

import (
	"math"
	"testing"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

var standard = planner.DefaultPolicy().Classes[0]

// aimed asks for both resources and checks what must hold of every target.
func aimed(t *testing.T, s *State) (cpu, memory planner.Target) {
	t.Helper()
	at := time.UnixMilli(s.last)
	cpu, memory = Aim(s, CPU, 1234, standard, at), Aim(s, Memory, 1234, standard, at)
	for _, a := range []planner.Target{cpu, memory} {
		if a.Unknown != "" {
			if a.Floor != 1234 || a.Target != 1234 || a.Ceiling != 1234 || a.Curve != nil {
				t.Fatalf("unknown (%s), and yet %+v", a.Unknown, a)
			}
			continue
		}
		if a.Floor < 1 || a.Floor > a.Target || a.Target > a.Ceiling {
			t.Fatalf("floor %d, target %d, ceiling %d", a.Floor, a.Target, a.Ceiling)
		}
		if len(a.Curve) == 0 || len(a.Curve) > 40 {
			t.Fatalf("%d points", len(a.Curve))
		}
		for i := 1; i < len(a.Curve); i++ {
			if p, q := a.Curve[i-1], a.Curve[i]; q.Request <= p.Request || q.Risk > p.Risk {
				t.Fatalf("a curve that is none: %v", a.Curve)
			}
		}
		e := a.Evidence
		for _, v := range []float64{e.Percentile, e.Headroom} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("evidence %+v", e)
			}
		}
		if len(e.Says) == 0 || e.Samples < samplesLeast {
			t.Fatalf("evidence %+v", e)
		}
	}
	return cpu, memory
}
