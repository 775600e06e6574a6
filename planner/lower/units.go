package lower

import (
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
)

// group makes the units: every workload by itself, or with those that must share its one node.
func (l *lowering) group() {
	root := make([]int, len(l.s.Workloads))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	bound := map[int]bool{}
	for _, r := range l.s.Rules {
		if r.Kind != planner.HostTogether || len(r.Members) == 0 {
			continue
		}
		first := find(r.Members[0])
		bound[r.Members[0]] = true
		for _, w := range r.Members[1:] {
			if other := find(w); other != first {
				root[max(first, other)] = min(first, other)
				first = min(first, other)
			}
		}
	}
	together := map[int]bool{}
	for w := range bound {
		together[find(w)] = true
	}
	l.unitOf = make([]int, len(l.s.Workloads))
	for i := range l.s.Workloads {
		if r := find(i); r != i {
			l.unitOf[i] = l.unitOf[r]
			l.join(&l.units[l.unitOf[i]], i)
			continue
		}
		l.unitOf[i] = len(l.units)
		l.units = append(l.units, l.single(i, together[i]))
	}
	for _, r := range l.s.Rules {
		l.mark(r)
	}
}

// single is the unit of one workload.
func (l *lowering) single(i int, together bool) unit {
	w := &l.s.Workloads[i]
	u := unit{
		parts: []Part{{Workload: i, Pods: w.Replicas}}, together: together, pods: 1, count: w.Replicas,
		gpu: !w.GPU.Zero(), needs: l.needs(w.GPU), binMax: w.HostMax, priority: w.Priority, allowed: l.out.Index.Allowed[i],
	}
	for _, name := range l.dims {
		u.size = append(u.size, Amount(w.Requests, name))
	}
	if together {
		l.whole(&u, w)
	}
	return u
}

// whole turns a unit of one pod into one of all pods of its workload.
func (l *lowering) whole(u *unit, w *planner.Workload) {
	if u.binMax > 0 && w.Replicas > u.binMax {
		u.reason = fmt.Sprintf("all %d pods must share one node, and at most %d may", w.Replicas, u.binMax)
	}
	u.pods, u.count, u.binMax = w.Replicas, 1, 0
	for d := range u.size {
		u.size[d] = satMul(u.size[d], w.Replicas)
	}
	one, ok := u.needs, true
	if w.Replicas > 1 {
		u.needs, ok = timesNeeds(one, w.Replicas)
	}
	if u.gpu && len(one) > 0 && !ok {
		u.reason = "its pods must share one node, and shares of a GPU that do not fit one card together cannot be planned as one"
	}
}

// timesNeeds is n times the same need.
func timesNeeds(needs []model.CardNeed, n int64) ([]model.CardNeed, bool) {
	var out []model.CardNeed
	for _, x := range needs {
		x.Whole, x.Share = satMul(x.Whole, n), satMul(x.Share, n)
		if x.Share > shareWhole {
			continue
		}
		x.Slices = slices.Clone(x.Slices)
		for p := range x.Slices {
			x.Slices[p] = satMul(x.Slices[p], n)
		}
		out = append(out, x)
	}
	return out, len(out) > 0
}

// join adds a workload to the unit of those that it must share a node with.
func (l *lowering) join(u *unit, i int) {
	x := l.single(i, true)
	u.parts = append(u.parts, x.parts...)
	u.pods = satAdd(u.pods, x.pods)
	for d := range u.size {
		u.size[d] = satAdd(u.size[d], x.size[d])
	}
	needs, ok := joinNeeds(u.needs, x.needs, u.gpu, x.gpu)
	if u.reason == "" {
		u.reason = x.reason
	}
	if u.reason == "" && !ok && len(u.needs) > 0 && len(x.needs) > 0 {
		u.reason = "its pods must share one node, and whole GPUs, shares and MIG slices of several pods cannot be planned as one"
	}
	u.needs, u.gpu = needs, u.gpu || x.gpu
	u.priority = max(u.priority, x.priority)
	u.allowed = u.allowed.And(x.allowed)
}

// mark notes which units a rule names, narrows them to the zones that pods of today leave open, and finds the
// rules that contradict each other.
func (l *lowering) mark(r planner.Rule) {
	members, others := l.unitsOf(r.Members), l.unitsOf(r.Others)
	for _, u := range slices.Concat(members, others) {
		l.units[u].ruled = true
	}
	for _, u := range members {
		x := &l.units[u]
		switch r.Kind {
		case planner.HostCap, planner.ZoneCap, planner.ZoneSpread:
			if x.together {
				l.count(x, r, len(members))
			}
		case planner.HostConflict, planner.ZoneConflict:
			if slices.Contains(others, u) {
				l.alone(x, r)
			}
		case planner.HostTogether, planner.HostFollow, planner.ZoneTogether, planner.ZoneFollow:
		}
		l.narrow(x, r)
	}
}

// count checks a rule that counts pods against pods that come all at once.
func (l *lowering) count(x *unit, r planner.Rule, members int) {
	switch {
	case x.reason != "":
	case members > 1:
		x.reason = fmt.Sprintf("its %d pods must share one node and are counted together with other pods (%s): "+
			"that combination cannot be planned", x.pods, r.Text)
	case r.Kind == planner.ZoneSpread:
		// One zone gets all of them and the others none, so that the skew is their number, unless pods of today level it.
		if x.pods > r.Max {
			x.reason = fmt.Sprintf("its %d pods must share one node, and by zone they may differ by %d (%s)", x.pods, r.Max, r.Text)
		}
	case x.pods > r.Max:
		x.reason = fmt.Sprintf("its %d pods must share one node, and at most %d may be together (%s)", x.pods, r.Max, r.Text)
	}
}

// alone handles a unit that is in conflict with itself.
func (l *lowering) alone(x *unit, r planner.Rule) {
	if x.together && x.pods > 1 {
		x.reason = fmt.Sprintf("its pods must share one node and must not (%s)", r.Text)
		return
	}
	inBoth := func(p Part) bool {
		return slices.Contains(r.Members, p.Workload) && slices.Contains(r.Others, p.Workload)
	}
	if r.Kind == planner.HostConflict && !x.together && inBoth(x.parts[0]) {
		x.binMax = 1
	}
}

// narrow takes the zones from a unit that pods which stay close to it.
func (l *lowering) narrow(x *unit, r planner.Rule) {
	closed := func(string) bool { return false }
	switch r.Kind {
	case planner.ZoneCap:
		closed = func(zone string) bool { return r.Base[zone] > r.Max-x.pods }
		if !x.together {
			closed = func(zone string) bool { return r.Base[zone] >= r.Max }
		}
	case planner.ZoneConflict:
		closed = func(zone string) bool { return r.Base[zone] > 0 }
	case planner.ZoneTogether, planner.ZoneFollow:
		// Members that stay fix the zone. Others that stay do so as well: that is stricter than the rule where some are
		// planned too, and a Spread cannot say "beside one of them, or in that zone".
		if len(r.Base) > 0 {
			closed = func(zone string) bool { return r.Base[zone] == 0 }
		}
	case planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow, planner.ZoneSpread:
		return
	}
	var set planner.Set
	for _, i := range x.allowed.Members() {
		if !closed(l.s.Offers[i].Zone) {
			set.Add(i)
		}
	}
	if x.reason == "" && x.allowed.Len() > 0 && set.Len() == 0 {
		x.reason = fmt.Sprintf("pods that stay leave it no zone (%s)", r.Text)
	}
	x.allowed = set
}

// unitsOf lists the units of workloads, ascending, each once.
func (l *lowering) unitsOf(workloads []int) []int {
	var out []int
	for _, w := range workloads {
		out = append(out, l.unitOf[w])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// feasible finds the units that fit no node, and says why. A unit that may only stand beside others goes with them.
func (l *lowering) feasible() {
	for u := range l.units {
		if x := &l.units[u]; x.reason == "" {
			x.reason = l.misfit(x)
		}
	}
	for again := true; again; {
		again = false
		for _, r := range l.s.Rules {
			if r.Kind != planner.HostFollow && r.Kind != planner.ZoneFollow {
				continue
			}
			for _, u := range l.unitsOf(r.Members) {
				if x := &l.units[u]; x.reason == "" && len(r.Base) == 0 && len(l.leaders(u, r)) == 0 {
					x.reason = fmt.Sprintf("it may only run beside pods that are not there (%s)", r.Text)
					again = true
				}
			}
		}
	}
	for u := range l.units {
		x := &l.units[u]
		if x.reason == "" {
			continue
		}
		for _, p := range x.parts {
			l.out.Unplaced = append(l.out.Unplaced, planner.Unplaced{
				Workload: WorkloadName(l.s.Workloads[p.Workload]), Count: p.Pods, Reason: x.reason,
			})
		}
	}
}

// leaders lists the units that can be placed and that r lets unit u follow; u itself among them if it may follow itself.
func (l *lowering) leaders(u int, r planner.Rule) []int {
	var out []int
	for _, other := range l.unitsOf(r.Others) {
		if l.units[other].reason == "" || other == u {
			out = append(out, other)
		}
	}
	return out
}
