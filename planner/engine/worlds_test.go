package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// world builds a Snapshot piece by piece.
type world struct{ planner.Snapshot }

func newWorld() *world {
	return &world{planner.Snapshot{
		Source: "cluster.yaml", Digest: "sha256:00", At: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
		Catalog: planner.CatalogRef{Name: "aws", Region: "us-east-1", Currency: "USD", Date: "2026-08-30", Source: "test", Types: 7},
	}}
}

var zones = []string{"a", "b", "c"}

// offer adds one kind of node in each zone.
func (w *world) offer(pool, kind string, cpu, mem int64, price string, cards planner.Cards) {
	micro, err := pricing.ParseMicro(price)
	if err != nil {
		panic(err)
	}
	for _, zone := range zones {
		w.Offers = append(w.Offers, planner.Offer{
			Pool: pool, InstanceType: kind, Zone: zone, CapacityType: "on-demand", Arch: "amd64", PriceMicro: micro,
			Allocatable: planner.Resources{CPUMilli: cpu, MemoryMiB: mem, EphemeralMiB: 50_000, Pods: 30},
			Overhead:    planner.Resources{CPUMilli: 100, MemoryMiB: 200, Pods: 2},
			Capacity:    planner.Resources{CPUMilli: cpu + 100, MemoryMiB: mem + 500, Extended: map[string]int64{"nvidia.com/gpu": cards.Count}},
			Cards:       cards,
		})
	}
}

// node adds a node of today, as a node and as an offer.
func (w *world) node(name string, like int, held bool) {
	o := w.Offers[like]
	o.Nodes, o.Held = []string{name}, held
	if held {
		o.Used = planner.Resources{CPUMilli: 500, MemoryMiB: 300, Pods: 1}
	}
	w.Offers = append(w.Offers, o)
	w.Nodes = append(w.Nodes, planner.Node{
		Name: name, InstanceType: o.InstanceType, Zone: o.Zone, CapacityType: o.CapacityType, Pool: o.Pool,
		PriceMicro: o.PriceMicro, Priced: true, Held: held, Pods: 4, Allocatable: o.Allocatable,
	})
	w.NodesKnown = true
}

// work adds a workload.
func (w *world) work(name string, replicas, cpu, mem int64) *planner.Workload {
	w.Workloads = append(w.Workloads, planner.Workload{
		Ref: planner.Ref{Namespace: "shop", Kind: "Deployment", Name: name}, Replicas: replicas,
		Requests: planner.Resources{CPUMilli: cpu, MemoryMiB: mem, Pods: 1}, QoS: "Burstable",
	})
	return &w.Workloads[len(w.Workloads)-1]
}

// only is a constraint that allows the offers for which keep is true.
func (w *world) only(kind, text string, keep func(*planner.Offer) bool) planner.Constraint {
	c := planner.Constraint{Kind: kind, Text: text}
	for i := range w.Offers {
		if keep(&w.Offers[i]) {
			c.Offers.Add(i)
		}
	}
	return c
}

var a100 = planner.Cards{Model: "A100-40GB", Count: 8, Partitionable: true}
var t4 = planner.Cards{Model: "T4-16GB", Count: 4, Shareable: true}

// worlds are plans of several kinds.
func worlds() map[string]func() planner.Snapshot {
	return map[string]func() planner.Snapshot{
		"cpu":      cpuWorld,
		"mig":      migWorld,
		"shared":   sharedWorld,
		"held":     heldWorld,
		"unplaced": unplacedWorld,
		"limits":   limitsWorld,
		"rules":    rulesWorld,
		"moves":    movesWorld,
		"sunk":     sunkWorld,
		"spot":     spotWorld,
		"empty":    func() planner.Snapshot { return newWorld().Snapshot },
	}
}

func cpuWorld() planner.Snapshot {
	w := newWorld()
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.offer("general", "m5.4xlarge", 15890, 60000, "0.768", planner.Cards{})
	w.offer("arm", "m7g.xlarge", 3920, 14500, "0.1632", planner.Cards{})
	web := w.work("web", 9, 500, 900)
	web.Constraints = []planner.Constraint{
		w.only("arch", "kubernetes.io/arch In [amd64]", func(o *planner.Offer) bool { return o.Pool == "general" }),
	}
	w.work("api", 4, 500, 900).Constraints = web.Constraints
	w.work("db", 2, 7000, 30000).Soft = []string{"preferred zone a"}
	w.work("any", 5, 300, 300).Priority = 7
	w.Notes = []planner.Note{{Severity: planner.Info, Text: "a note"}}
	return w.Snapshot
}

func migWorld() planner.Snapshot {
	w := newWorld()
	w.offer("gpu", "p4d.24xlarge", 95_000, 1_000_000, "21.957642", a100)
	live := a100
	live.Live, live.Taken = []uint64{0b1111_0000, 0, 0b11}, 2
	w.Offers[2].Cards = live
	w.node("gpu-1", 2, true)
	w.Offers[2].Cards = a100
	fixed := planner.Cards{Model: "A100-40GB", Count: 8, Taken: 4, Fixed: map[string]int64{"1g.5gb": 9, "3g.20gb": 1, "7g.40gb": 1}}
	w.offer("cut", "p4d.24xlarge", 95_000, 1_000_000, "23", fixed)
	w.work("small", 12, 1000, 4000).GPU.Slices = map[string]int64{"1g.5gb": 1}
	w.work("wide", 3, 1000, 4000).GPU.Slices = map[string]int64{"3g.20gb": 1, "2g.10gb": 1}
	w.work("whole", 2, 4000, 9000).GPU.Whole = 3
	w.work("cut", 4, 1000, 4000).GPU.Slices = map[string]int64{"1g.5gb": 2}
	w.Workloads[3].Constraints = []planner.Constraint{
		w.only("pool", "karpenter.sh/nodepool In [cut]", func(o *planner.Offer) bool { return o.Pool == "cut" }),
	}
	w.work("model", 1, 4000, 9000).GPU.ByModel = map[string]planner.GPUNeed{"A100-40GB": {Slices: map[string]int64{"2g.10gb": 1}}}
	w.Workloads[1].Constraints = []planner.Constraint{
		w.only("pool", "karpenter.sh/nodepool In [gpu]", func(o *planner.Offer) bool { return o.Pool == "gpu" }),
	}
	return w.Snapshot
}

func sharedWorld() planner.Snapshot {
	w := newWorld()
	w.offer("gpu", "g4dn.12xlarge", 47_000, 180_000, "3.912", t4)
	w.offer("cpu", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.work("half", 5, 1000, 2000).GPU.ShareMilli = 500
	w.work("third", 4, 1000, 2000).GPU.ShareMilli = 300
	w.work("third-too", 3, 1000, 2000).GPU.ShareMilli = 300
	w.work("card", 1, 1000, 2000).GPU.Whole = 1
	w.work("cpu", 3, 1000, 2000)
	return w.Snapshot
}

func heldWorld() planner.Snapshot {
	w := newWorld()
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.offer("general", "m5.4xlarge", 15890, 60000, "0.768", planner.Cards{})
	w.node("held-1", 4, true)
	w.node("held-2", 4, true)
	w.node("kept-1", 0, false)
	w.node("kept-2", 1, false)
	w.node("gone-1", 3, false)
	web := w.work("web", 20, 500, 900)
	web.Today = []planner.Location{{Node: "kept-1", Pods: 3}, {Node: "gone-1", Pods: 9}, {Node: "held-2", Pods: 2}}
	w.work("api", 9, 500, 900).Today = []planner.Location{{Node: "held-1", Pods: 3}, {Node: "kept-2", Pods: 1}}
	w.Nodes = append(w.Nodes,
		planner.Node{Name: "mac", InstanceType: "mac2.metal", Reason: "runs macOS"},
		planner.Node{Name: "cordoned", InstanceType: "m5.large", Held: true, Priced: true, PriceMicro: 96_000, Reason: "cordoned"})
	return w.Snapshot
}

// movesWorld has moves that cost something, nodes of one offer on which different pods run, and more pods of today
// than there are now.
func movesWorld() planner.Snapshot {
	w := newWorld()
	w.Terms.MovePriceMicro = 2000
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.offer("general", "m5.4xlarge", 15890, 60000, "0.768", planner.Cards{})
	for i := range 4 {
		w.node(fmt.Sprint("n-", i), i%2, false)
	}
	w.node("held", 3, true)
	last := len(w.Offers)
	w.Offers[last-5].Nodes, w.Offers = []string{"n-0", "n-2"}, slices.Delete(w.Offers, last-3, last-2) // n-0 and n-2 are one offer
	w.work("web", 12, 500, 900).Today = []planner.Location{{Node: "n-0", Pods: 3}, {Node: "n-1", Pods: 3}, {Node: "n-2", Pods: 3}, {Node: "n-3", Pods: 3}}
	w.work("api", 2, 500, 900).Today = []planner.Location{{Node: "n-1", Pods: 2}, {Node: "held", Pods: 2}}
	w.work("pair", 2, 700, 900).Today = []planner.Location{{Node: "held", Pods: 2}}
	w.Rules = []planner.Rule{{Kind: planner.HostTogether, Members: []int{2}, Text: "pair"}}
	return w.Snapshot
}

// spotWorld runs on spot, of which no pool may have more than a fifth, and has a held node in one.
func spotWorld() planner.Snapshot {
	w := newWorld()
	w.Terms.SpotPoolPercent = 20
	w.offer("spot", "m5.xlarge", 3930, 15000, "0.06", planner.Cards{})
	w.offer("spot", "m5a.xlarge", 3930, 15000, "0.07", planner.Cards{})
	for i := range w.Offers {
		w.Offers[i].CapacityType = "spot"
	}
	w.node("held", 0, true)
	w.offer("general", "m5.xlarge", 3930, 15000, "0.192", planner.Cards{})
	w.work("web", 40, 1000, 900)
	w.work("db", 2, 1000, 900).Constraints = []planner.Constraint{
		w.only("capacityType", "karpenter.sh/capacity-type In [on-demand]", func(o *planner.Offer) bool { return o.CapacityType == "on-demand" }),
	}
	return w.Snapshot
}

// sunkWorld has reserved nodes that are paid for, one of which nothing runs on.
func sunkWorld() planner.Snapshot {
	w := newWorld()
	w.Terms = planner.Terms{MovePriceMicro: 500, Sunk: planner.SunkReserved}
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	for i := range w.Offers {
		w.Offers[i].CapacityType = "reserved"
	}
	w.node("paid-1", 0, false)
	w.node("paid-2", 1, false)
	w.offer("general", "m5.xlarge", 3930, 15000, "0.192", planner.Cards{})
	w.node("other", 5, false)
	w.Limits = []planner.Limit{{Pool: "general", Resource: "cpu", Max: 20_000}}
	w.work("web", 9, 500, 900).Today = []planner.Location{{Node: "paid-1", Pods: 3}, {Node: "other", Pods: 6}}
	return w.Snapshot
}

func unplacedWorld() planner.Snapshot {
	w := newWorld()
	w.offer("general", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.offer("gpu", "g4dn.12xlarge", 47_000, 180_000, "3.912", t4)
	w.work("fits", 2, 500, 900)
	w.work("huge", 1, 200_000, 900)
	w.work("sliced", 2, 500, 900).GPU.Slices = map[string]int64{"1g.5gb": 1}
	w.work("lost", 3, 500, 900).Constraints = []planner.Constraint{
		w.only("nodeSelector", "disk=ssd", func(*planner.Offer) bool { return false }),
	}
	w.Stuck = []planner.Unplaced{{Workload: "shop/Job/odd", Count: 4, Reason: "its volume is in no zone"}}
	return w.Snapshot
}

func limitsWorld() planner.Snapshot {
	w := newWorld()
	w.offer("small", "m5.large", 1930, 7000, "0.096", planner.Cards{})
	w.Limits = []planner.Limit{{Pool: "small", Resource: "cpu", Max: 7000}, {Pool: "small", Resource: "nodes", Max: 9}, {Pool: "small", Resource: "nvidia.com/gpu", Max: 8}}
	w.node("held-1", 0, true)
	w.work("important", 6, 500, 900).Priority = 100
	w.work("other", 9, 500, 900)
	return w.Snapshot
}

func rulesWorld() planner.Snapshot {
	w := newWorld()
	w.offer("general", "m5.4xlarge", 15890, 60000, "0.768", planner.Cards{})
	for i, name := range []string{"spread", "one-a-node", "foe", "pair-a", "pair-b", "leader", "follower", "capped"} {
		w.work(name, int64(2+i%3), 400+int64(i)*100, 900)
	}
	w.Workloads[1].HostMax = 1
	w.Rules = []planner.Rule{
		{Kind: planner.ZoneSpread, Members: []int{0}, Max: 1, Zones: zones, Base: map[string]int64{"a": 1}, Text: "spread"},
		{Kind: planner.HostConflict, Members: []int{2}, Others: []int{0, 2}, Text: "foe"},
		{Kind: planner.HostTogether, Members: []int{3, 4}, Text: "pair"},
		{Kind: planner.HostFollow, Members: []int{6}, Others: []int{5}, Text: "follow"},
		{Kind: planner.ZoneCap, Members: []int{7, 1}, Max: 2, Text: "cap"},
		{Kind: planner.HostCap, Members: []int{5, 7}, Max: 3, Text: "host cap"},
	}
	return w.Snapshot
}

// randomWorld is a small cluster of everything, the same for the same seed.
func randomWorld(seed uint64) planner.Snapshot {
	r := rand.New(rand.NewPCG(seed, 7))
	w := newWorld()
	for i := range 1 + r.IntN(4) {
		cpu := int64(1+r.IntN(16)) * 1000
		cards := []planner.Cards{{}, {}, a100, t4}[r.IntN(4)]
		w.offer(fmt.Sprint("p", r.IntN(3)), fmt.Sprint("t", i), cpu, cpu*int64(1+r.IntN(4)), fmt.Sprintf("%d.%02d", cpu/4000, r.IntN(100)), cards)
		if r.IntN(3) == 0 {
			w.Offers[len(w.Offers)-1].PriceMicro += 10
		}
	}
	kinds := len(w.Offers)
	for i := range r.IntN(5) {
		w.node(fmt.Sprint("node-", i), r.IntN(kinds), r.IntN(3) == 0)
	}
	for i := range 1 + r.IntN(7) {
		x := w.work(fmt.Sprint("w", i), int64(r.IntN(8)), int64(1+r.IntN(4))*500, int64(1+r.IntN(3))*700)
		switch r.IntN(8) {
		case 0:
			x.GPU.Whole = int64(1 + r.IntN(5))
		case 1:
			x.GPU.ShareMilli = int64(100 * (1 + r.IntN(9)))
		case 2:
			x.GPU.Slices = map[string]int64{[]string{"1g.5gb", "3g.20gb", "1g.10gb"}[r.IntN(3)]: int64(1 + r.IntN(2))}
		}
		x.Priority = int32(r.IntN(2))
		x.HostMax = int64(r.IntN(3))
		if r.IntN(2) == 0 {
			zone := zones[r.IntN(3)]
			x.Constraints = append(x.Constraints, w.only("volume", "zone "+zone, func(o *planner.Offer) bool { return o.Zone == zone }))
		}
		if r.IntN(2) == 0 {
			x.Constraints = append(x.Constraints, w.only("pool", "not p0", func(o *planner.Offer) bool { return o.Pool != "p0" }))
		}
		for left := x.Replicas; left > 0 && len(w.Nodes) > 0 && r.IntN(2) == 0; left-- {
			x.Today = append(x.Today, planner.Location{Node: w.Nodes[r.IntN(len(w.Nodes))].Name, Pods: 1})
		}
	}
	kindsOfRule := []planner.RuleKind{
		planner.HostCap, planner.HostConflict, planner.HostTogether, planner.HostFollow, planner.ZoneSpread,
		planner.ZoneCap, planner.ZoneConflict, planner.ZoneTogether, planner.ZoneFollow,
	}
	for range r.IntN(4) {
		rule := planner.Rule{Kind: kindsOfRule[r.IntN(9)], Members: []int{r.IntN(len(w.Workloads))}, Others: []int{r.IntN(len(w.Workloads))}, Max: int64(1 + r.IntN(3))}
		if r.IntN(2) == 0 {
			rule.Members = append(rule.Members, r.IntN(len(w.Workloads)))
		}
		if r.IntN(3) == 0 {
			rule.Base = map[string]int64{zones[r.IntN(3)]: int64(r.IntN(3))}
		}
		rule.Text = string(rule.Kind)
		w.Rules = append(w.Rules, rule)
	}
	if r.IntN(2) == 0 {
		w.Limits = append(w.Limits, planner.Limit{Pool: "p1", Resource: "cpu", Max: int64(r.IntN(40)) * 1000})
	}
	if r.IntN(2) == 0 {
		w.Terms.MovePriceMicro = pricing.Micro(1 + r.IntN(50_000))
	}
	if r.IntN(4) == 0 {
		w.Terms.Sunk = planner.SunkAll
	}
	if r.IntN(2) == 0 {
		w.Terms.SpotPoolPercent = int64(1 + r.IntN(100))
		for i := range w.Offers {
			if i%2 == 0 {
				w.Offers[i].CapacityType = "spot"
			}
		}
	}
	return w.Snapshot
}

// shuffled is the same cluster, described in another order.
func shuffled(s planner.Snapshot, seed uint64) planner.Snapshot {
	r := rand.New(rand.NewPCG(seed, 9))
	out := s
	toOffer, toWork := r.Perm(len(s.Offers)), r.Perm(len(s.Workloads)) // old → new
	out.Offers, out.Workloads = make([]planner.Offer, len(s.Offers)), make([]planner.Workload, len(s.Workloads))
	for i, o := range s.Offers {
		out.Offers[toOffer[i]] = o
	}
	for i, w := range s.Workloads {
		w.Constraints = slices.Clone(w.Constraints)
		for j, c := range w.Constraints {
			var set planner.Set
			for _, m := range c.Offers.Members() {
				set.Add(toOffer[m])
			}
			w.Constraints[j].Offers = set
		}
		out.Workloads[toWork[i]] = w
	}
	move := func(in []int) (list []int) {
		for _, i := range in {
			list = append(list, toWork[i])
		}
		slices.Reverse(list)
		return list
	}
	out.Rules = slices.Clone(s.Rules)
	for i := range out.Rules {
		out.Rules[i].Members, out.Rules[i].Others = move(out.Rules[i].Members), move(out.Rules[i].Others)
	}
	r.Shuffle(len(out.Rules), func(a, b int) { out.Rules[a], out.Rules[b] = out.Rules[b], out.Rules[a] })
	out.Nodes = slices.Clone(s.Nodes)
	slices.Reverse(out.Nodes)
	return out
}
