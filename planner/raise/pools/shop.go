package pools

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// The first resources of every amount. Extended ones that somebody asks for follow, then devices (cards, or what
// time slicing makes of them), then the profiles of MIG slices.
const (
	cpu = iota
	memory
	disk
	pods
	firstExtended
)

// placesMax is how many pairs of zone and capacity type are told apart: the bits of a mask. No region has more than six zones.
const placesMax = 64

// kind is an instance type under a base.
type kind struct {
	base, name, arch string
	weight           int32 // of the base
	model            string
	cards            int64
	shareable, cut   bool
	fixed            map[string]int64 // slices of a layout that its base has; nil: it has none
	room             []int64          // for pods; of devices its cards
	where            uint64           // places in which it can be had
	price            []pricing.Micro  // by place
	least            pricing.Micro    // over places
}

// family is the part of a type's name before the size.
func (k *kind) family() string {
	family, _, _ := strings.Cut(k.name, ".")
	return family
}

// work is a workload as the search sees it.
type work struct {
	count  int64   // pods to place
	need   []int64 // of one pod, cards apart
	gpu    planner.GPUNeed
	most   int64            // on a node; 0: no limit
	spread []int            // rules of the snapshot that spread it over zones
	host   []int            // rules of the snapshot that bind it on hosts
	allow  map[int32]uint64 // places by kind; absent: it may not run there
	loose  bool             // it may not be steered
}

// shop is all that is on offer, and who asks.
type shop struct {
	s          *planner.Snapshot
	extended   []string // names of resources from firstExtended on
	profiles   []string // names of MIG profiles
	zones      []string
	terms      []string // capacity types, in the order in which Karpenter buys: spot, on-demand
	kinds      []kind
	works      []work
	options    []option
	candidates [][]int32 // by workload: options that may be worth a try
}

func (sh *shop) devices() int       { return firstExtended + len(sh.extended) }
func (sh *shop) slice(p int) int    { return sh.devices() + 1 + p }
func (sh *shop) dims() int          { return sh.devices() + 1 + len(sh.profiles) }
func (sh *shop) place(z, t int) int { return z*len(sh.terms) + t }

// zone is the mask of a zone.
func (sh *shop) zone(z int) uint64 { return (1<<len(sh.terms) - 1) << sh.place(z, 0) }

// term is the mask of a capacity type.
func (sh *shop) term(t int) uint64 {
	var mask uint64
	for z := range sh.zones {
		mask |= 1 << sh.place(z, t)
	}
	return mask
}

// newShop reads a snapshot. Offers of nodes that exist are left out, and so is reserved capacity.
func newShop(in Input) *shop {
	sh := &shop{s: in.Snapshot, terms: []string{pricing.Spot, pricing.OnDemand}}
	sh.names()
	rowKind, rowPlace := sh.stock()
	sh.works = make([]work, len(sh.s.Workloads))
	for i := range sh.works {
		sh.works[i] = sh.read(i, rowKind, rowPlace)
		sh.works[i].loose = in.Steer != nil && !in.Steer[i]
	}
	sh.bind()
	sh.settle(in.Plan)
	return sh
}

// names collects what is asked for, and the zones.
func (sh *shop) names() {
	extended, profiles, zones := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range sh.s.Workloads {
		w := &sh.s.Workloads[i]
		for name, n := range w.Requests.Extended {
			if n > 0 {
				extended[name] = true
			}
		}
		for _, need := range append(slices.Collect(maps.Values(w.GPU.ByModel)), w.GPU) {
			for name := range need.Slices {
				profiles[name] = true
			}
		}
	}
	for i := range sh.s.Offers {
		zones[sh.s.Offers[i].Zone] = true
	}
	sh.extended, sh.profiles = slices.Sorted(maps.Keys(extended)), slices.Sorted(maps.Keys(profiles))
	sh.zones = slices.Sorted(maps.Keys(zones))
	sh.zones = sh.zones[:min(len(sh.zones), placesMax/len(sh.terms))]
}

// stock makes the kinds, and says for each offer its kind (-1: none) and its place.
func (sh *shop) stock() (rowKind, rowPlace []int) {
	at := map[[2]string]int{}
	rowKind, rowPlace = make([]int, len(sh.s.Offers)), make([]int, len(sh.s.Offers))
	for row := range sh.s.Offers {
		o := &sh.s.Offers[row]
		z, t := slices.Index(sh.zones, o.Zone), slices.Index(sh.terms, o.CapacityType)
		rowKind[row] = -1
		if len(o.Nodes) > 0 || o.Max > 0 || z < 0 || t < 0 || o.PriceMicro < 0 {
			continue
		}
		key := [2]string{o.Pool, o.InstanceType}
		k, ok := at[key]
		if !ok {
			k = len(sh.kinds)
			at[key] = k
			sh.kinds = append(sh.kinds, sh.kindOf(o))
		}
		place := sh.place(z, t)
		rowKind[row], rowPlace[row] = k, place
		kd := &sh.kinds[k]
		if kd.where == 0 || o.PriceMicro < kd.least {
			kd.least = o.PriceMicro
		}
		if kd.where&(1<<place) == 0 || o.PriceMicro < kd.price[place] {
			kd.price[place] = o.PriceMicro
		}
		kd.where |= 1 << place
	}
	return rowKind, rowPlace
}

func (sh *shop) kindOf(o *planner.Offer) kind {
	k := kind{
		base: o.Pool, name: o.InstanceType, arch: o.Arch, weight: o.Weight, model: o.Cards.Model, cards: o.Cards.Count - o.Cards.Taken,
		shareable: o.Cards.Shareable, cut: o.Cards.Partitionable, fixed: o.Cards.Fixed,
		room: sh.amounts(o.Allocatable), price: make([]pricing.Micro, len(sh.zones)*len(sh.terms)),
	}
	for d, n := range sh.amounts(o.Overhead) {
		k.room[d] -= n
	}
	if k.model != "" && k.fixed == nil {
		k.room[sh.devices()] = k.cards
	}
	return k
}

// amounts are resources as a vector, without devices and slices.
func (sh *shop) amounts(r planner.Resources) []int64 {
	v := make([]int64, sh.dims())
	v[cpu], v[memory], v[disk], v[pods] = r.CPUMilli, r.MemoryMiB, r.EphemeralMiB, r.Pods
	for e, name := range sh.extended {
		v[firstExtended+e] = r.Extended[name]
	}
	return v
}

// read looks at a workload: what it needs, and where it may run.
func (sh *shop) read(i int, rowKind, rowPlace []int) work {
	w := &sh.s.Workloads[i]
	out := work{count: w.Replicas, need: sh.amounts(w.Requests), gpu: w.GPU, most: w.HostMax, allow: map[int32]uint64{}}
	out.need[pods] = max(out.need[pods], 1)
	left := planner.NewSet(len(sh.s.Offers))
	for _, c := range w.Constraints {
		left = left.And(c.Offers)
	}
	for _, row := range left.Members() {
		if rowKind[row] >= 0 {
			out.allow[int32(rowKind[row])] |= 1 << rowPlace[row]
		}
	}
	return out
}

// bind notes the rules that the simulator obeys, and lets go whom the others bind.
func (sh *shop) bind() {
	for r := range sh.s.Rules {
		rule := &sh.s.Rules[r]
		for _, i := range append(slices.Clone(rule.Members), rule.Others...) {
			w := &sh.works[i]
			switch rule.Kind {
			case planner.ZoneSpread:
				if !slices.Contains(w.spread, r) {
					w.spread = append(w.spread, r)
				}
			case planner.HostCap, planner.HostConflict:
				if !slices.Contains(w.host, r) {
					w.host = append(w.host, r)
				}
			case planner.HostTogether, planner.HostFollow, planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow:
				w.loose = true
			}
		}
	}
}

// settle takes off the pods that the plan leaves on nodes that stay.
func (sh *shop) settle(plan *planner.Plan) {
	at := map[string]int{}
	for i := range sh.s.Workloads {
		at[lower.WorkloadName(sh.s.Workloads[i])] = i
	}
	for n := range plan.Nodes {
		node := &plan.Nodes[n]
		if !node.Held {
			continue
		}
		for _, p := range node.Pods {
			if i, ok := at[p.Workload]; ok {
				sh.works[i].count = max(0, sh.works[i].count-p.Count*node.Count)
			}
		}
	}
}

// cheaper orders kinds by price, then by place in the snapshot.
func (sh *shop) cheaper(a, b int32) int {
	return cmp.Or(cmp.Compare(sh.kinds[a].least, sh.kinds[b].least), cmp.Compare(a, b))
}
