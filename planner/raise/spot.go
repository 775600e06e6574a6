package raise

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
)

// PoolUse is how many nodes a plan has in one interruption pool, and how many it may have.
type PoolUse struct {
	Pool       planner.SpotPool
	Nodes, Max int64
}

// SpotUse lists the interruption pools of a plan, the fullest for their share first; nil where none is limited.
func SpotUse(s *planner.Snapshot, low *lower.Lowered, nodes []planner.PlanNode) []PoolUse {
	if s.Terms.SpotPoolPercent == 0 {
		return nil
	}
	share := lower.NewSpotShare(s, low.Index.Allowed)
	at := map[planner.SpotPool]int{}
	var out []PoolUse
	for i := range nodes {
		n := &nodes[i]
		pool, ok := lower.PoolOf(&planner.Offer{InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType})
		if !ok {
			continue
		}
		k, known := at[pool]
		if !known {
			k = len(out)
			at[pool] = k
			out = append(out, PoolUse{Pool: pool, Max: share.NodesMax(pool)})
		}
		out[k].Nodes += n.Count
	}
	slices.SortFunc(out, func(a, b PoolUse) int { // NodesMax and the number of nodes are far below what could overflow
		return cmp.Or(cmp.Compare(b.Nodes-b.Max, a.Nodes-a.Max), cmp.Compare(a.Pool.InstanceType, b.Pool.InstanceType), cmp.Compare(a.Pool.Zone, b.Pool.Zone))
	})
	return out
}

// tooLarge counts the instance types of which one node is more than a pool may have.
func tooLarge(s *planner.Snapshot, share *lower.SpotShare) int {
	types := map[string]bool{}
	for i := range s.Offers {
		if share.TooLarge(&s.Offers[i]) {
			types[s.Offers[i].InstanceType] = true
		}
	}
	return len(types)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// spotNote says whether the plan keeps the share of interruption pools, and for which of them the bound knows of it.
func spotNote(s *planner.Snapshot, low *lower.Lowered, nodes []planner.PlanNode) []planner.Note {
	if s.Terms.SpotPoolPercent == 0 {
		return nil
	}
	share := lower.NewSpotShare(s, low.Index.Allowed)
	rule := fmt.Sprintf("at most %d %% of the %s CPU that pods which may use spot ask for are in one interruption pool",
		s.Terms.SpotPoolPercent, limitText(planner.Limit{Resource: lower.CPU}, share.Demand))
	if large := tooLarge(s, &share); large > 0 {
		rule += fmt.Sprintf(" (%s left out, as one node is more)", plural(large, "instance type is", "instance types are"))
	}
	note := planner.Note{Severity: planner.Info}
	uses := SpotUse(s, low, nodes)
	switch {
	case len(uses) == 0:
		note.Text = fmt.Sprintf("spot share: %s: the plan has no spot nodes", rule)
	case uses[0].Nodes > uses[0].Max:
		above := slices.IndexFunc(uses, func(u PoolUse) bool { return u.Nodes <= u.Max })
		if above < 0 {
			above = len(uses)
		}
		u := uses[0]
		note.Severity = planner.Warning
		note.Text = fmt.Sprintf("spot share not kept: %s: %d of %d pools are above, the worst is %s in %s with %d nodes where %d may be",
			rule, above, len(uses), u.Pool.InstanceType, u.Pool.Zone, u.Nodes, u.Max)
	default:
		note.Text = fmt.Sprintf("spot share: %s: kept by all %d pools of the plan; the bound was proven with this rule for %d pools, and holds with it for all",
			rule, len(uses), len(s.SpotPools))
	}
	return []planner.Note{note}
}
