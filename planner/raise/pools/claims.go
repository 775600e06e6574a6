package pools

import (
	"cmp"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/pricing"
)

// dimsMax is how many resources can matter within one simulation. Chosen: a cluster asks for CPU, memory, pods, disk,
// cards, some profiles; what goes beyond is not simulated and counts as unplaced.
const dimsMax = 16

type vector [dimsMax]int64

// membersMax is how many types a pool may have: the bits of a mask. Karpenter's AWS provider asks for 60 at most.
const membersMax = 60

// member is an instance type of a pool.
type member struct {
	room  vector
	where uint64
	price []pricing.Micro // by place
}

// field is a pool as the simulator sees it.
type field struct {
	where   uint64 // places that it allows
	members []member
	led     bool  // the first member has no less of anything than the others
	most    int64 // nodes; 0: no limit
	nodes   int64 // that are open, where there is a limit
}

// load is a workload as the simulator sees it; the lists are by field.
type load struct {
	count  int64
	need   []vector
	types  []uint64 // members that it may use; 0: it may not use the field
	where  []uint64 // places that it may use
	most   int64    // on a node; 0: no limit
	spread []*spread
	caps   []capped
}

// spread is how pods that are bound by one rule lie in zones.
type spread struct {
	most  int64    // how far counts may lie apart
	zones []uint64 // masks of those that count
	count []int64
}

// capped is what a rule on hosts says to a workload.
type capped struct {
	mine, others int   // where the rule counts this workload, and whom it must not meet (-1: nobody)
	also         int   // a second place where this workload counts; -1: none
	most         int64 // of mine; 0: no limit
}

// group is a number of open nodes in the same state.
type group struct {
	field int
	n     int64
	pods  int64
	mine  int64 // pods of the workload at hand, where it comes in several rounds
	load  vector
	types uint64
	where uint64
	marks []int32 // pods by rule on hosts

}

// lane is a group into which pods are poured.
type lane struct {
	group, room int64 // of the group; pods that one more node takes
	level, take int64 // pods before; pods that each node gets
	extra       int64 // nodes that get one more
}

// yard is where a simulation happens. It may be used again.
type yard struct {
	dims   int // of vectors that count
	marks  int
	fields []field
	groups []group
	order  []int32 // of groups: those with the fewest pods first
	lanes  []lane
	front  []int32 // groups that have just got pods: they come before their equals
	back   []int32 // new groups that come after their equals
	spare  []int32
}

func (y *yard) reset(dims, marks int) {
	y.dims, y.marks, y.groups, y.order, y.fields = dims, marks, y.groups[:0], y.order[:0], y.fields[:0]
}

// turns is in how many rounds the pods of workloads that are tied are taken. Chosen: more are slower and hardly nearer.
const turns = 6

// marksMost is what a rule on hosts counts at most at once: more than any node has room for.
const marksMost = 1 << 20

// take places workloads of which Karpenter takes the pods mixed, since they ask for as much CPU and memory. Those that
// count their pods by node or zone come one after the other.
func (y *yard) take(loads []load) (left int64) {
	var mixed []*load
	for i := range loads {
		if l := &loads[i]; len(loads) == 1 || l.most > 0 || len(l.spread) > 0 {
			left += y.place(l)
		} else {
			mixed = append(mixed, l)
		}
	}
	for turn := range int64(turns) {
		for _, l := range mixed {
			if n := l.count*(turn+1)/turns - l.count*turn/turns; n > 0 {
				left += y.fill(l, n, math.MaxUint64)
			}
		}
	}
	return left
}

// place puts the pods of a workload on nodes and returns how many find none.
func (y *yard) place(l *load) int64 {
	for i := range y.groups {
		y.groups[i].mine = 0
	}
	if len(l.spread) == 0 {
		return y.fill(l, l.count, math.MaxUint64)
	}
	left := y.deal(l)
	y.join()
	return left
}

// rounds is in how many rounds a workload that is spread is dealt; within one, the pods for a zone come at once. Chosen.
const rounds = 12

// deal spreads pods over zones: each goes to the zone with the fewest, as far as that has room.
func (y *yard) deal(l *load) int64 {
	s := l.spread[0]
	if len(s.zones) == 0 {
		return l.count
	}
	chunk := max(1, l.count/int64(rounds*len(s.zones)))
	for left := l.count; left > 0; {
		put := int64(0)
		for _, zone := range y.choose(l, s) {
			n := min(left, chunk)
			if put = n - y.fill(l, n, zone); put > 0 {
				for _, all := range l.spread {
					all.add(zone, put)
				}
				break
			}
		}
		if put == 0 {
			return left
		}
		left -= put
	}
	return 0
}

// choose lists the zones that the next pod may go to: first that of the first open node on which it fits in one of them,
// then, for a new node, all by their pods.
func (y *yard) choose(l *load, s *spread) []uint64 {
	order := s.byCount()
	var zones []uint64
	var within uint64
	for _, z := range order {
		if s.count[z]+1-s.count[order[0]] > s.most {
			break
		}
		zones = append(zones, s.zones[z])
		within |= s.zones[z]
	}
	for _, i := range y.order {
		if g := &y.groups[i]; y.fits(l, g, within) > 0 {
			for _, zone := range zones {
				if y.fits(l, g, zone) > 0 {
					return append([]uint64{zone}, zones...)
				}
			}
		}
	}
	return zones
}

// byCount orders zones by their pods, then by name.
func (s *spread) byCount() []int {
	order := make([]int, len(s.zones))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.count[a], s.count[b]) })
	return order
}

func (s *spread) add(zone uint64, n int64) {
	for i, z := range s.zones {
		if z == zone {
			s.count[i] += n
		}
	}
}

// fill puts n pods on nodes within some places: on open ones, those with the fewest pods first, and then on new ones.
func (y *yard) fill(l *load, n int64, within uint64) int64 {
	y.lanes = y.lanes[:0]
	for _, i := range y.order {
		g := &y.groups[i]
		if room := y.fits(l, g, within); room > 0 {
			y.lanes = append(y.lanes, lane{group: int64(i), room: room, level: g.pods})
		}
	}
	n = y.pour(n)
	y.commit(l, within)
	if n > 0 {
		n = y.open(l, n, within)
	}
	y.sort()
	return n
}

// fits is how many more pods of a workload one node of a group takes.
func (y *yard) fits(l *load, g *group, within uint64) int64 {
	f := &y.fields[g.field]
	types, where := g.types&l.types[g.field], g.where&l.where[g.field]&within
	if types == 0 || where == 0 {
		return 0
	}
	k := l.count
	if l.most > 0 {
		k = min(k, l.most-g.mine)
	}
	for _, c := range l.caps {
		if c.others >= 0 && g.marks[c.others] > 0 {
			return 0
		}
		if c.most > 0 {
			k = min(k, c.most-int64(g.marks[c.mine]))
		}
	}
	if k <= 0 {
		return 0
	}
	need := &l.need[g.field]
	if f.led {
		if types&1 == 0 || f.members[0].where&where == 0 {
			return 0
		}
		return f.members[0].takes(g, need, y.dims, k)
	}
	var best int64
	for m := range f.members {
		if types&(1<<m) != 0 && f.members[m].where&where != 0 {
			best = max(best, f.members[m].takes(g, need, y.dims, k))
		}
	}
	return best
}

// takes is how many pods, up to k, a type takes beside what a node of the group holds.
func (m *member) takes(g *group, need *vector, dims int, k int64) int64 {
	for d := range dims {
		if need[d] <= 0 {
			continue
		}
		free := m.room[d] - g.load[d]
		if free < need[d] {
			return 0
		}
		k = min(k, free/need[d])
	}
	return k
}

// pour shares n pods out over the lanes, to the nodes with the fewest pods first, and returns what is left over.
func (y *yard) pour(n int64) int64 {
	for n > 0 {
		low, next := int64(math.MaxInt64), int64(math.MaxInt64)
		for i := range y.lanes {
			ln := &y.lanes[i]
			if ln.take == ln.room {
				continue
			}
			switch at := ln.level + ln.take; {
			case at < low:
				low, next = at, low
			case at > low && at < next:
				next = at
			}
		}
		if low == math.MaxInt64 {
			return n
		}
		n = y.raise(low, next-low, n)
	}
	return 0
}

// raise gives pods to all nodes that have low of them, each at most so many.
func (y *yard) raise(low, step, n int64) int64 {
	var nodes int64
	for i := range y.lanes {
		if ln := &y.lanes[i]; ln.take < ln.room && ln.level+ln.take == low {
			nodes += y.groups[ln.group].n
			step = min(step, ln.room-ln.take)
		}
	}
	full, rest := min(step, n/nodes), int64(0)
	if full < step {
		rest = n - full*nodes
	}
	y.turn(low, full)
	for i := range y.lanes {
		if ln := &y.lanes[i]; ln.take < ln.room && ln.level+ln.take == low {
			ln.take += full
			ln.extra = min(rest, y.groups[ln.group].n)
			rest -= ln.extra
			n -= full*y.groups[ln.group].n + ln.extra
		}
	}
	return n
}

// turn brings the lanes at a level to the front, as Karpenter's sort does: one that gets a pod comes before those that had as
// many, so that each level turns their order around.
func (y *yard) turn(low, levels int64) {
	if levels == 0 {
		return
	}
	at := func(ln lane) bool { return ln.take < ln.room && ln.level+ln.take == low }
	first := 0
	for i, ln := range y.lanes {
		if at(ln) {
			copy(y.lanes[first+1:i+1], y.lanes[first:i])
			y.lanes[first] = ln
			first++
		}
	}
	if levels%2 == 1 {
		slices.Reverse(y.lanes[:first])
	}
}

// commit puts what was poured on the nodes.
func (y *yard) commit(l *load, within uint64) {
	y.front = y.front[:0]
	for i := len(y.lanes) - 1; i >= 0; i-- { // the last that got one more is now the first of its equals
		ln := &y.lanes[i]
		if ln.extra == 0 {
			continue
		}
		more := y.groups[ln.group]
		more.n, more.marks = ln.extra, slices.Clone(more.marks)
		y.put(l, &more, ln.take+1, within)
		y.groups[ln.group].n -= ln.extra
		y.front = append(y.front, int32(len(y.groups)))
		y.groups = append(y.groups, more)
	}
	for _, ln := range y.lanes {
		if ln.take == 0 {
			continue
		}
		if g := &y.groups[ln.group]; g.n > 0 {
			y.put(l, g, ln.take, within)
			y.front = append(y.front, int32(ln.group))
		}
	}
}

// put adds k pods to each node of a group.
func (y *yard) put(l *load, g *group, k int64, within uint64) {
	f, need := &y.fields[g.field], &l.need[g.field]
	g.pods, g.mine = g.pods+k, g.mine+k
	for d := range y.dims {
		g.load[d] += need[d] * k
	}
	g.types &= l.types[g.field]
	g.where &= l.where[g.field] & within
	for _, c := range l.caps {
		g.marks[c.mine] += int32(min(k, marksMost))
		if c.also >= 0 {
			g.marks[c.also] += int32(min(k, marksMost))
		}
	}
	if f.led {
		return
	}
	for m := range f.members {
		if g.types&(1<<m) != 0 && !f.members[m].holds(g, y.dims) {
			g.types &^= 1 << m
		}
	}
}

func (m *member) holds(g *group, dims int) bool {
	if m.where&g.where == 0 {
		return false
	}
	for d := range dims {
		if g.load[d] > m.room[d] {
			return false
		}
	}
	return true
}

// open makes new nodes for n pods, of the first field that can, and of the next when its limit is reached. It returns
// how many pods none can have.
func (y *yard) open(l *load, n int64, within uint64) int64 {
	for at := range y.fields {
		f := &y.fields[at]
		fresh := group{field: at, types: 1<<len(f.members) - 1, where: f.where, marks: make([]int32, y.marks)}
		room := y.fits(l, &fresh, within)
		if room <= 0 || f.most > 0 && f.nodes >= f.most {
			continue
		}
		full, rest := n/room, n%room
		if f.most > 0 {
			if left := f.most - f.nodes; full >= left {
				full, rest = left, 0
			}
			f.nodes += full + min(rest, 1)
		}
		if full > 0 {
			g := fresh
			g.n, g.marks = full, slices.Clone(fresh.marks)
			y.put(l, &g, room, within)
			y.welcome(g, room)
		}
		if rest > 0 {
			fresh.n = 1
			y.put(l, &fresh, rest, within)
			y.welcome(fresh, rest)
		}
		if n -= full*room + rest; n == 0 {
			return 0
		}
	}
	return n
}

// welcome takes in new nodes. With their second pod they come before their equals.
func (y *yard) welcome(g group, pods int64) {
	if pods > 1 {
		y.front = slices.Insert(y.front, 0, int32(len(y.groups)))
	} else {
		y.back = append(y.back, int32(len(y.groups)))
	}
	y.groups = append(y.groups, g)
}

// sort brings the groups with the fewest pods to the front; of equals first those that have just got pods. It is an insertion
// sort, since few are out of place. Groups without nodes are left out.
func (y *yard) sort() {
	y.spare = append(y.spare[:0], y.front...)
	for _, i := range y.order {
		if y.groups[i].n > 0 && !slices.Contains(y.front, i) {
			y.spare = append(y.spare, i)
		}
	}
	y.spare = append(y.spare, y.back...)
	y.back = y.back[:0]
	y.order, y.spare = y.spare, y.order
	for i := 1; i < len(y.order); i++ {
		at := y.order[i]
		n, j := y.groups[at].pods, i
		for ; j > 0 && y.groups[y.order[j-1]].pods > n; j-- {
			y.order[j] = y.order[j-1]
		}
		y.order[j] = at
	}
}

// join makes one group of those in the same state; empty ones are left behind.
func (y *yard) join() {
	for i := 1; i < len(y.order); i++ {
		g := &y.groups[y.order[i]]
		for j := i - 1; j >= 0 && y.groups[y.order[j]].pods == g.pods; j-- {
			o := &y.groups[y.order[j]]
			if o.n > 0 && o.field == g.field && o.load == g.load && o.types == g.types && o.where == g.where && slices.Equal(o.marks, g.marks) {
				o.n += g.n
				g.n = 0
				break
			}
		}
	}
	sorted := make([]group, 0, len(y.order))
	for _, i := range y.order {
		if y.groups[i].n > 0 {
			sorted = append(sorted, y.groups[i])
		}
	}
	y.groups = append(y.groups[:0], sorted...)
	y.order = y.order[:0]
	for i := range y.groups {
		y.order = append(y.order, int32(i))
	}
}

// buy is the type that Karpenter buys for a node of a group, and its price: spot before on-demand, and of the types
// that are left the cheapest. terms are the masks of capacity types in that order. It is -1 where nothing is left.
func (y *yard) buy(g *group, terms []uint64) (int, pricing.Micro) {
	f := &y.fields[g.field]
	for _, term := range terms {
		best, price := -1, pricing.Micro(0)
		for m := range f.members {
			where := g.where & f.members[m].where & term
			if where == 0 || g.types&(1<<m) == 0 || !f.members[m].holds(g, y.dims) {
				continue
			}
			for place, p := range f.members[m].price {
				if where&(1<<place) != 0 && (best < 0 || p < price) {
					best, price = m, p
				}
			}
		}
		if best >= 0 {
			return best, price
		}
	}
	return -1, 0
}
