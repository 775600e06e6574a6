package lower

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// ErrSnapshot marks a Snapshot that contradicts itself: a fault of whoever made it.
var ErrSnapshot = errors.New("invalid snapshot")

// Stage says what has to happen before a node of an offer can carry pods.
type Stage int

// The stages, in the order in which equal offers are preferred.
const (
	Held     Stage = iota // the node exists and stays: it is paid for
	Existing              // the node exists and may be removed
	New                   // the node has to be made
)

// StageOf returns the stage of an offer.
func StageOf(o *planner.Offer) Stage {
	switch {
	case o.Held:
		return Held
	case len(o.Nodes) > 0:
		return Existing
	default:
		return New
	}
}

// Number returns how many nodes of the offer there can be; 0: no limit.
func Number(o *planner.Offer) int64 {
	if len(o.Nodes) > 0 {
		return int64(len(o.Nodes))
	}
	return o.Max
}

// Canonical returns the Snapshot in the one form that all descriptions of it share, with nothing in it that shows
// neither in the problem nor in the plan. Lists are sorted; offers stand in the order of preference (held, existing,
// heavier NodePool, cheaper, smaller); workloads without pods, resources that nobody asks for, and the new offers
// that DaemonSets alone overfill are left out, the last with a Note. The argument is not changed.
func Canonical(s planner.Snapshot) (planner.Snapshot, error) { return CanonicalFor(s, nil) }

// CanonicalFor is Canonical for a Snapshot that is planned with several requests: what is trimmed is what nobody asks for,
// neither its workloads nor the given ones, whose requests and GPU needs alone are looked at.
func CanonicalFor(s planner.Snapshot, also []planner.Workload) (planner.Snapshot, error) {
	if err := valid(&s); err != nil {
		return planner.Snapshot{}, err
	}
	c := canon{in: &s, out: planner.Snapshot{
		Source: s.Source, Digest: s.Digest, Catalog: s.Catalog, Terms: s.Terms, NodesKnown: s.NodesKnown, Notes: slices.Clone(s.Notes),
	}}
	if !s.At.IsZero() {
		c.out.At = s.At.UTC().Round(0)
	}
	c.workloads()
	c.names = asked(slices.Concat(c.out.Workloads, also))
	c.also = also
	c.limits()
	c.offers()
	c.sets()
	c.rules()
	c.nodes()
	c.out.SpotPools = SortedPools(s.SpotPools)
	return c.out, nil
}

// canon is the work of one Canonical.
type canon struct {
	in    *planner.Snapshot
	out   planner.Snapshot
	also  []planner.Workload
	names []string // resources that somebody asks for
	moved []int    // by workload of in: its index in out, or -1
	order []int    // by offer of out: its index in in
}

func (c *canon) workloads() {
	order := make([]int, 0, len(c.in.Workloads))
	var idle []string
	for i := range c.in.Workloads {
		if c.in.Workloads[i].Replicas > 0 {
			order = append(order, i)
		} else {
			idle = append(idle, WorkloadName(c.in.Workloads[i]))
		}
	}
	slices.SortFunc(order, func(a, b int) int { return compareWorkloads(&c.in.Workloads[a], &c.in.Workloads[b]) })
	c.moved = make([]int, len(c.in.Workloads))
	for i := range c.moved {
		c.moved[i] = -1
	}
	for at, i := range order {
		c.moved[i] = at
		w := c.in.Workloads[i]
		w.QoS = ""
		w.Today = locations(w.Today)
		w.Soft = slices.Clone(w.Soft)
		c.out.Workloads = append(c.out.Workloads, w)
	}
	if len(idle) > 0 {
		slices.Sort(idle)
		c.note(planner.Info, "workloads without pods are not planned: %s", someOf(idle))
	}
}

func compareWorkloads(a, b *planner.Workload) int {
	return cmp.Or(
		cmp.Compare(a.Ref.Namespace, b.Ref.Namespace), cmp.Compare(a.Ref.Kind, b.Ref.Kind),
		cmp.Compare(a.Ref.Name, b.Ref.Name), cmp.Compare(a.Shape, b.Shape))
}

// locations sorts, joins and drops what is empty.
func locations(in []planner.Location) []planner.Location {
	sum := map[string]int64{}
	for _, l := range in {
		sum[l.Node] += l.Pods
	}
	var out []planner.Location
	for _, node := range slices.Sorted(maps.Keys(sum)) {
		if sum[node] > 0 {
			out = append(out, planner.Location{Node: node, Pods: sum[node]})
		}
	}
	return out
}

func (c *canon) note(severity planner.Severity, format string, args ...any) {
	c.out.Notes = append(c.out.Notes, planner.Note{Severity: severity, Text: fmt.Sprintf(format, args...)})
}

// someOf joins the first few of a list and says how many there are beside.
func someOf(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// limits keeps the smallest of equal limits, for pools that have an offer to limit.
func (c *canon) limits() {
	pools := map[string]bool{}
	for i := range c.in.Offers {
		pools[c.in.Offers[i].Pool] = true
	}
	type key struct{ pool, resource string }
	least := map[key]int64{}
	for _, l := range c.in.Limits {
		if !pools[l.Pool] {
			continue
		}
		k := key{l.Pool, l.Resource}
		if old, ok := least[k]; !ok || l.Max < old {
			least[k] = l.Max
		}
	}
	for k, most := range least {
		c.out.Limits = append(c.out.Limits, planner.Limit{Pool: k.pool, Resource: k.resource, Max: most})
	}
	slices.SortFunc(c.out.Limits, func(a, b planner.Limit) int {
		return cmp.Or(cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Resource, b.Resource))
	})
}

// part is an offer, or a part of one, on its way from in to out.
type part struct {
	in    int
	offer planner.Offer
	tie   string
}

// offers trims and sorts the offers.
func (c *canon) offers() {
	limited := map[string][]string{}
	for _, l := range c.out.Limits {
		limited[l.Pool] = append(limited[l.Pool], l.Resource)
	}
	profiles, homes := c.profilesAsked(), newHomes(&c.out)
	var list []part
	var full []string
	for i := range c.in.Offers {
		o := c.in.Offers[i]
		o.Allocatable, o.Overhead, o.Used = only(o.Allocatable, c.names), only(o.Overhead, c.names), only(o.Used, c.names)
		o.Capacity = only(o.Capacity, limited[o.Pool])
		o.Cards = trimCards(o.Cards, profiles[o.Cards.Model])
		if o.Nodes = slices.Sorted(slices.Values(o.Nodes)); len(o.Nodes) > 0 {
			o.Max = 0
			o.Held = o.Held || c.out.Terms.Sunk.Covers(&o)
		}
		if StageOf(&o) == New && overfull(&o, c.names) {
			full = append(full, o.InstanceType)
			continue
		}
		for _, own := range homes.split(o) {
			list = append(list, part{i, own, tie(&own)})
		}
	}
	slices.SortFunc(list, func(a, b part) int {
		return cmp.Or(compareOffers(&a.offer, &b.offer), cmp.Compare(a.tie, b.tie))
	})
	for _, x := range list {
		x.offer.Weight = 0 // it is in the order now
		c.out.Offers = append(c.out.Offers, x.offer)
		c.order = append(c.order, x.in)
	}
	if len(full) > 0 {
		slices.Sort(full)
		c.note(planner.Info, "instance types are left out, because DaemonSets alone ask for more than such a node has: %s",
			someOf(slices.Compact(full)))
	}
	c.noteUnknownDisks()
}

// noteUnknownDisks says which offers nobody knows the ephemeral storage of, where that decides something.
func (c *canon) noteUnknownDisks() {
	if !slices.Contains(c.names, Ephemeral) {
		return
	}
	var unknown []string
	for i := range c.out.Offers {
		if c.out.Offers[i].Allocatable.EphemeralMiB == 0 {
			unknown = append(unknown, c.out.Offers[i].InstanceType)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		c.note(planner.Warning, "the ephemeral storage of some instance types is not known, and pods that ask for any are not planned there: %s",
			someOf(slices.Compact(unknown)))
	}
}

// profilesAsked lists for each GPU model the names of the MIG profiles that some workload can use there.
func (c *canon) profilesAsked() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for i := range c.in.Offers {
		model := c.in.Offers[i].Cards.Model
		if model == "" || out[model] != nil {
			continue
		}
		out[model] = map[string]bool{}
		m, _ := gpu.ByKey(model)
		for _, list := range [][]planner.Workload{c.out.Workloads, c.also} {
			for j := range list {
				for name := range NeedOn(list[j].GPU, model).Slices {
					if p, ok := m.Profile(name); ok {
						out[model][m.Profiles[p].Name] = true
					}
				}
			}
		}
	}
	return out
}

// trimCards keeps the fixed instances that somebody asks for, under the profile's own name.
func trimCards(in planner.Cards, asked map[string]bool) planner.Cards {
	if in.Model == "" {
		return planner.Cards{}
	}
	out := in
	out.Live = slices.Clone(in.Live)
	for len(out.Live) > 0 && out.Live[len(out.Live)-1] == 0 {
		out.Live = out.Live[:len(out.Live)-1]
	}
	if len(out.Live) == 0 {
		out.Live = nil
	}
	if in.Fixed == nil {
		return out
	}
	out.Partitionable = false
	out.Fixed = map[string]int64{}
	m, _ := gpu.ByKey(in.Model)
	for name, n := range in.Fixed {
		if p, ok := m.Profile(name); ok && n > 0 && asked[m.Profiles[p].Name] {
			out.Fixed[m.Profiles[p].Name] += n
		}
	}
	return out
}

// overfull reports whether DaemonSets alone ask for more than a node of the offer has. Where the ephemeral storage is
// not known, nobody can say so.
func overfull(o *planner.Offer, names []string) bool {
	for _, name := range names {
		if name == Ephemeral && o.Allocatable.EphemeralMiB == 0 {
			continue
		}
		if Amount(o.Allocatable, name) < Amount(o.Overhead, name) {
			return true
		}
	}
	return false
}

func compareOffers(a, b *planner.Offer) int {
	return cmp.Or(
		cmp.Compare(StageOf(a), StageOf(b)),
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.PriceMicro, b.PriceMicro),
		cmp.Compare(a.Allocatable.CPUMilli, b.Allocatable.CPUMilli),
		cmp.Compare(a.Allocatable.MemoryMiB, b.Allocatable.MemoryMiB),
		cmp.Compare(a.InstanceType, b.InstanceType),
		cmp.Compare(a.CapacityType, b.CapacityType),
		cmp.Compare(a.Pool, b.Pool),
		cmp.Compare(a.Zone, b.Zone),
		slices.Compare(a.Nodes, b.Nodes),
	)
}

// tie is everything else that an offer says: maps print sorted, so that equal offers print alike.
func tie(o *planner.Offer) string { return fmt.Sprintf("%+v", *o) }

// sets renumbers the offers in all constraints. Equal sets are common and renumbered once.
func (c *canon) sets() {
	done := map[string]planner.Set{}
	for i := range c.out.Workloads {
		w := &c.out.Workloads[i]
		list := make([]planner.Constraint, len(w.Constraints))
		for j, constraint := range w.Constraints {
			k := setKey(constraint.Offers)
			if _, ok := done[k]; !ok {
				var moved planner.Set
				for at, old := range c.order {
					if constraint.Offers.Has(old) {
						moved.Add(at)
					}
				}
				done[k] = moved
			}
			list[j] = planner.Constraint{Kind: constraint.Kind, Text: constraint.Text, Offers: done[k]}
		}
		if w.Constraints = list; len(list) == 0 {
			w.Constraints = nil
		}
	}
}

func setKey(s planner.Set) string {
	b := make([]byte, 0, 8*len(s))
	for _, w := range s {
		for range 8 {
			b = append(b, byte(w))
			w >>= 8
		}
	}
	return strings.TrimRight(string(b), "\x00")
}

// rules renumbers the workloads in all rules and drops the rules that bind nobody.
func (c *canon) rules() {
	for _, r := range c.in.Rules {
		r.Members, r.Others = c.renumber(r.Members), c.renumber(r.Others)
		if len(r.Members) == 0 {
			continue
		}
		if r.Zones != nil {
			r.Zones = slices.Compact(slices.Sorted(slices.Values(r.Zones)))
		}
		base := map[string]int64{}
		for zone, n := range r.Base {
			if n > 0 {
				base[zone] = n
			}
		}
		if r.Base = base; len(base) == 0 {
			r.Base = nil
		}
		c.out.Rules = append(c.out.Rules, r)
	}
	slices.SortStableFunc(c.out.Rules, func(a, b planner.Rule) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Members, b.Members), slices.Compare(a.Others, b.Others),
			cmp.Compare(a.Max, b.Max), cmp.Compare(a.Text, b.Text), slices.Compare(a.Zones, b.Zones),
			cmp.Compare(fmt.Sprint(a.Base), fmt.Sprint(b.Base)))
	})
	for i := range c.out.Rules {
		c.noteStricter(&c.out.Rules[i])
	}
}

// noteStricter says which rules are planned more strictly than they are written, because a packing problem cannot say
// them: see lowering.zoneCap and lowering.narrow.
func (c *canon) noteStricter(r *planner.Rule) {
	switch {
	case len(r.Base) == 0:
	case r.Kind == planner.ZoneCap:
		c.note(planner.Info, "planned more strictly than it is written, since pods that stay count by zone: "+
			"no zone gets more pods than the fullest one that is open has room for (%s)", r.Text)
	case r.Kind == planner.ZoneFollow && len(r.Others) > 0:
		c.note(planner.Info, "planned more strictly than it is written: its pods go to zones of pods that stay, "+
			"not of pods that are planned (%s)", r.Text)
	}
}

func (c *canon) renumber(in []int) []int {
	var out []int
	for _, i := range in {
		if c.moved[i] >= 0 {
			out = append(out, c.moved[i])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nodes keeps of the nodes of today what the plan says about them.
func (c *canon) nodes() {
	paid := c.paid()
	for _, n := range c.in.Nodes {
		kept := planner.Node{
			Name: n.Name, InstanceType: n.InstanceType, Zone: n.Zone, CapacityType: n.CapacityType, Pool: n.Pool,
			Priced: n.Priced, Held: n.Held || paid[n.Name], Reason: n.Reason,
		}
		if kept.Held && !n.Held {
			kept.Reason = cmp.Or(n.Reason, "it is paid for whatever is planned")
		}
		if n.Priced {
			kept.PriceMicro = n.PriceMicro
		}
		c.out.Nodes = append(c.out.Nodes, kept)
	}
	slices.SortFunc(c.out.Nodes, func(a, b planner.Node) int { return cmp.Compare(a.Name, b.Name) })
	for _, u := range c.in.Stuck {
		if u.Count > 0 {
			c.out.Stuck = append(c.out.Stuck, u)
		}
	}
	slices.SortFunc(c.out.Stuck, func(a, b planner.Unplaced) int {
		return cmp.Or(cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Count, b.Count))
	})
}
