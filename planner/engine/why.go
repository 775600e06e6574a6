package engine

import (
	"fmt"

	"github.com/tenon-sh/tenon/planner/sizing"
)

// reasons says for each variable why it has its amount.
func (j *joint) reasons() []string {
	out := make([]string, len(j.table.Vars))
	for v := range out {
		out[v] = j.reason(v)
	}
	return out
}

func (j *joint) reason(v int) string {
	x, c := &j.table.Vars[v], j.best.choice[v]
	unit := " MiB"
	if x.Resource == sizing.CPU {
		unit = "m"
	}
	switch {
	case x.Kept != "":
		return "kept: " + x.Kept
	case c > j.packed[v]:
		return fmt.Sprintf("headroom handed back: %d%s more, which the nodes of all its pods have free", c-j.packed[v], unit)
	case c == x.Target:
		return "target"
	case c < x.Target:
		why := "below its target"
		if c == x.Floor {
			why = "floor"
		}
		return fmt.Sprintf("%s: %d%s a pod less, for %s more risk than others give up for less money", why, x.Target-c, unit,
			points(x.Curve.At(c)-x.Curve.At(x.Target)))
	}
	return fmt.Sprintf("above its target: %d%s a pod more take %s of risk away, cheaper than others could", c-x.Target, unit,
		points(x.Curve.At(x.Target)-x.Curve.At(c)))
}

// points writes millionths as percentage points.
func points(micro int64) string { return fmt.Sprintf("%.4g points", float64(micro)/1e4) }
