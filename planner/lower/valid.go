package lower

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// faultsMax bounds how many faults one error lists.
const faultsMax = 20

// faults collects what is wrong with a Snapshot.
type faults struct{ list []error }

func (f *faults) addf(format string, args ...any) {
	if len(f.list) < faultsMax {
		f.list = append(f.list, fmt.Errorf("%w: "+format, append([]any{ErrSnapshot}, args...)...))
	}
}

// valid reports what would make the translation meaningless, joined; nil if nothing does.
func valid(s *planner.Snapshot) error {
	f := &faults{}
	f.terms(&s.Terms)
	f.workloads(s)
	f.offers(s)
	f.rules(s)
	for _, l := range s.Limits {
		if l.Max < 0 {
			f.addf("limit of NodePool %q on %s: %d is negative", l.Pool, l.Resource, l.Max)
		}
	}
	seen := map[string]bool{}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if seen[n.Name] {
			f.addf("two nodes are named %q", n.Name)
		}
		seen[n.Name] = true
		if n.PriceMicro < 0 {
			f.addf("node %q: price %s is negative", n.Name, n.PriceMicro)
		}
	}
	for _, u := range s.Stuck {
		if u.Count < 0 {
			f.addf("stuck pods of %q: %d is negative", u.Workload, u.Count)
		}
	}
	return errors.Join(f.list...)
}

func (f *faults) terms(t *planner.Terms) {
	if t.MovePriceMicro < 0 || int64(t.MovePriceMicro) > model.MaxAmount {
		f.addf("the price of a move, %s, is outside 0…%s", t.MovePriceMicro, pricing.Micro(model.MaxAmount))
	}
	if t.SpotPoolPercent < 0 || t.SpotPoolPercent > 100 {
		f.addf("a share of %d %% for one pool of spot capacity is outside 0…100", t.SpotPoolPercent)
	}
	switch t.Sunk {
	case planner.SunkNone, planner.SunkReserved, planner.SunkAll:
	default:
		f.addf("nodes that are sunk: %q is none of %q and %q", t.Sunk, planner.SunkReserved, planner.SunkAll)
	}
}

func (f *faults) workloads(s *planner.Snapshot) {
	seen := map[string]bool{}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		name := WorkloadName(*w)
		if seen[name] {
			f.addf("two workloads are named %q", name)
		}
		seen[name] = true
		if w.Replicas < 0 || w.Replicas > model.MaxAmount || w.HostMax < 0 || w.HostMax > model.MaxAmount {
			f.addf("workload %q: replicas %d or hostMax %d is out of range", name, w.Replicas, w.HostMax)
		}
		f.amounts("workload "+name, w.Requests)
		f.need(name, w.GPU)
		for _, key := range sortedKeys(w.GPU.ByModel) {
			need := w.GPU.ByModel[key]
			f.need(name, need)
			if len(need.ByModel) > 0 {
				f.addf("workload %q: the GPU need on %s depends on a model again", name, key)
			}
		}
		for _, l := range w.Today {
			if l.Pods < 0 || l.Pods > model.MaxAmount {
				f.addf("workload %q: %d pods on node %q", name, l.Pods, l.Node)
			}
		}
	}
}

func (f *faults) need(name string, g planner.GPUNeed) {
	set := 0
	for _, is := range []bool{g.Whole != 0, g.ShareMilli != 0, len(g.Slices) > 0} {
		if is {
			set++
		}
	}
	bad := set > 1 || g.Whole < 0 || g.Whole > model.MaxAmount || g.ShareMilli < 0 || g.ShareMilli >= shareWhole
	for _, n := range g.Slices {
		bad = bad || n < 1 || n > model.MaxAmount
	}
	if bad {
		f.addf("workload %q: a GPU need is whole cards, a share of 1 to 999 thousandths, or MIG slices", name)
	}
}

func (f *faults) offers(s *planner.Snapshot) {
	owner := map[string]bool{}
	for i := range s.Offers {
		o := &s.Offers[i]
		what := fmt.Sprintf("offer %d (%s in %s)", i, o.InstanceType, o.Zone)
		f.amounts(what, o.Allocatable)
		f.amounts(what, o.Overhead)
		f.amounts(what, o.Used)
		f.amounts(what, o.Capacity)
		if o.PriceMicro < 0 || int64(o.PriceMicro) > model.MaxAmount {
			f.addf("%s: price %s is out of range", what, o.PriceMicro)
		}
		if o.Max < 0 || o.Max > model.MaxAmount || (o.Held && Number(o) == 0) {
			f.addf("%s: %d nodes, held %v", what, o.Max, o.Held)
		}
		c := o.Cards
		if c.Count < 0 || c.Count > cardsMax || c.Taken < 0 || c.Taken > c.Count || int64(len(c.Live)) > c.Count {
			f.addf("%s: %d cards, %d of them taken, %d live", what, c.Count, c.Taken, len(c.Live))
		}
		for _, name := range o.Nodes {
			if owner[name] {
				f.addf("%s: node %q stands in two offers", what, name)
			}
			owner[name] = true
		}
	}
}

func (f *faults) amounts(what string, r planner.Resources) {
	bad := func(n int64) bool { return n < 0 || n == math.MaxInt64 }
	if bad(r.CPUMilli) || bad(r.MemoryMiB) || bad(r.EphemeralMiB) || bad(r.Pods) {
		f.addf("%s: an amount is out of range: %+v", what, r)
	}
	for _, name := range sortedKeys(r.Extended) {
		if bad(r.Extended[name]) {
			f.addf("%s: %d of %s is out of range", what, r.Extended[name], name)
		}
	}
}

func (f *faults) rules(s *planner.Snapshot) {
	known := []planner.RuleKind{
		planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow, planner.ZoneSpread,
		planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow,
	}
	for i, r := range s.Rules {
		if !slices.Contains(known, r.Kind) {
			f.addf("rule %d: unknown kind %q", i, r.Kind)
		}
		for _, w := range slices.Concat(r.Members, r.Others) {
			if w < 0 || w >= len(s.Workloads) {
				f.addf("rule %d: no workload %d", i, w)
			}
		}
		counts := r.Kind == planner.HostCap || r.Kind == planner.ZoneCap || r.Kind == planner.ZoneSpread
		if r.Max < 0 || r.Max > model.MaxAmount || (counts && r.Max == 0) {
			f.addf("rule %d (%s): a maximum of %d", i, r.Kind, r.Max)
		}
		for _, zone := range sortedKeys(r.Base) {
			if n := r.Base[zone]; n < 0 || n > model.MaxAmount {
				f.addf("rule %d: a base of %d in zone %q", i, n, zone)
			}
		}
	}
}
