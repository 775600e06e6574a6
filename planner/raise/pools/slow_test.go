package pools

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// slowClaim is an open node, told by the offers that it may still become.
type slowClaim struct {
	pool int
	rows []int
	load map[string]int64
	of   map[int]int64 // pods by workload
	pods int64
}

// slow is Karpenter pod by pod, on offers instead of types, places and masks. It shares no code with the simulator. Of
// equally good zones it takes the first by name.
type slow struct {
	s      *planner.Snapshot
	d      Design
	claims []*slowClaim
	made   map[int]int64 // claims by pool
	zones  []string
	zone   map[int]map[string]int64 // pods by rule and zone
	left   int64
}

func (k *slow) run() Outcome {
	order := []int{}
	for i := range k.s.Workloads {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		v, w := k.s.Workloads[a].Requests, k.s.Workloads[b].Requests
		return cmp.Or(cmp.Compare(w.CPUMilli, v.CPUMilli), cmp.Compare(w.MemoryMiB, v.MemoryMiB))
	})
	zones := map[string]bool{}
	for _, o := range k.s.Offers {
		zones[o.Zone] = true
	}
	k.zones, k.zone, k.made = slices.Sorted(maps.Keys(zones)), map[int]map[string]int64{}, map[int]int64{}
	for _, i := range order {
		for range k.s.Workloads[i].Replicas {
			k.place(i)
		}
	}
	out := Outcome{Unplaced: k.left, Nodes: int64(len(k.claims))}
	for _, c := range k.claims {
		rank := func(row int) int {
			return slices.Index([]string{pricing.Spot, pricing.OnDemand}, k.s.Offers[row].CapacityType)
		}
		best := slices.MinFunc(c.rows, func(a, b int) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(k.s.Offers[a].PriceMicro, k.s.Offers[b].PriceMicro))
		})
		out.PricePerHour = out.PricePerHour.Plus(k.s.Offers[best].PriceMicro)
	}
	return out
}

func (k *slow) place(i int) {
	slices.SortStableFunc(k.claims, func(a, b *slowClaim) int { return cmp.Compare(a.pods, b.pods) })
	for _, c := range k.claims {
		if k.add(c, i) {
			return
		}
	}
	for at := range k.d.Pools {
		if most := k.d.Pools[at].NodesMost; most > 0 && k.made[at] >= most {
			continue
		}
		c := &slowClaim{pool: at, load: map[string]int64{}, of: map[int]int64{}}
		p := &k.d.Pools[at]
		for row := range k.s.Offers {
			o := &k.s.Offers[row]
			if o.Pool == p.Base && len(o.Nodes) == 0 && slices.Contains(p.InstanceTypes, o.InstanceType) && slices.Contains(p.CapacityTypes, o.CapacityType) {
				c.rows = append(c.rows, row)
			}
		}
		if k.add(c, i) {
			k.claims = append(k.claims, c)
			k.made[at]++
			return
		}
	}
	k.left++
}

// add puts a pod on a node, if it goes there.
func (k *slow) add(c *slowClaim, i int) bool {
	w, p := &k.s.Workloads[i], &k.d.Pools[c.pool]
	if of := k.d.Of[i]; len(of) > 0 && !slices.Contains(of, c.pool) || len(of) == 0 && p.Steered || w.HostMax > 0 && c.of[i] >= w.HostMax {
		return false
	}
	load := maps.Clone(c.load)
	for name, n := range k.asks(w, p, c) {
		load[name] += n
	}
	var rows []int
	for _, row := range c.rows {
		ok := true
		for _, r := range w.Constraints {
			ok = ok && r.Offers.Has(row)
		}
		room := k.room(row, p)
		for name, n := range load {
			ok = ok && n <= room[name]
		}
		if ok {
			rows = append(rows, row)
		}
	}
	for r := range k.s.Rules {
		if rule := &k.s.Rules[r]; rule.Kind == planner.ZoneSpread && slices.Contains(rule.Members, i) {
			rows = k.spread(r, rows)
			defer func() {
				if len(rows) > 0 {
					k.zone[r][k.s.Offers[rows[0]].Zone]++
				}
			}()
		}
	}
	if len(rows) == 0 {
		return false
	}
	c.rows, c.load, c.pods = rows, load, c.pods+1
	c.of[i]++
	return true
}

// spread leaves the offers in the zone with the fewest pods of the rule, as far as counts may lie apart.
func (k *slow) spread(r int, rows []int) []int {
	rule := &k.s.Rules[r]
	if k.zone[r] == nil {
		k.zone[r] = map[string]int64{}
	}
	least, best := int64(1<<60), ""
	for _, z := range k.zones {
		least = min(least, k.zone[r][z])
	}
	for _, z := range k.zones {
		there := slices.ContainsFunc(rows, func(row int) bool { return k.s.Offers[row].Zone == z })
		if there && k.zone[r][z]+1-least <= rule.Max && (best == "" || k.zone[r][z] < k.zone[r][best]) {
			best = z
		}
	}
	return slices.DeleteFunc(rows, func(row int) bool { return k.s.Offers[row].Zone != best })
}

func (k *slow) asks(w *planner.Workload, p *planner.Pool, c *slowClaim) map[string]int64 {
	g := lower.NeedOn(w.GPU, k.s.Offers[c.rows[0]].Cards.Model)
	out := map[string]int64{"cpu": w.Requests.CPUMilli, "memory": w.Requests.MemoryMiB, "pods": 1, "gpu": g.Whole}
	if g.ShareMilli > 0 {
		out["shared"] = (g.ShareMilli*p.Replicas + 999) / 1000
	}
	for name, n := range g.Slices {
		out[name] = n
	}
	return out
}

func (k *slow) room(row int, p *planner.Pool) map[string]int64 {
	o := &k.s.Offers[row]
	out := map[string]int64{
		"cpu": o.Allocatable.CPUMilli - o.Overhead.CPUMilli, "memory": o.Allocatable.MemoryMiB - o.Overhead.MemoryMiB,
		"pods": o.Allocatable.Pods - o.Overhead.Pods, "gpu": o.Cards.Count,
	}
	switch {
	case len(p.Layouts) > 0:
		out["gpu"] = 0
		for _, card := range p.Layouts {
			if len(card) == 0 {
				out["gpu"]++
			}
			for _, slice := range card {
				out[slice.Profile]++
			}
		}
	case p.Replicas > 0:
		out["gpu"], out["shared"] = 0, o.Cards.Count*p.Replicas
	}
	return out
}

// scrambled are designs that random moves lead to, whatever they cost, most of them with pools that share workloads.
func scrambled(in Input, n int) (out []Design, shared int) {
	sh := newShop(in)
	carriers := sh.carriers(in.Plan)
	s := &search{
		can: sh.prepare(carriers), owner: sh.owners(), judge: newJudge(sh), dice: rand.New(rand.NewPCG(1, 2)), most: in.Limits.WithDefaults().Pools,
		packed: sh.nodesOf(in.Plan), homes: make([]homes, len(sh.works)), pairs: map[uint64][]plot{},
	}
	s.learn(in.Plan)
	d := s.shrink(s.begin(carriers), s.most-2)
	for range n {
		for range 40 {
			edits := s.move(d)
			if s.dice.IntN(2) == 0 && len(d.plots) > 0 {
				i := s.dice.IntN(len(d.of))
				if len(d.of[i]) > 0 {
					edits = s.together(d, d.of[i][0], i)
				}
			}
			if edits != nil && s.sound(edited(d.plots, edits)) {
				d.take(edited(d.plots, edits))
			}
		}
		x := s.design(d, nil)
		if slices.ContainsFunc(x.Of, func(of []int) bool { return len(of) > 1 }) {
			shared++
		}
		out = append(out, x)
	}
	return out, shared
}

// Pools that share workloads, some with limits, held against the slow simulator.
func TestSharedPoolsAgainstPodByPod(t *testing.T) {
	equal, all, shared := 0, 0, 0
	for seed := uint64(31); seed <= 32; seed++ {
		in := packed(t, mixed(seed, 150, 25))
		in.Limits.Pools = 9
		designs, n := scrambled(in, 10)
		shared += n
		for at, d := range designs {
			check(t, fmt.Sprintf("seed %d, design %d", seed, at), in, d)
			want, got := (&slow{s: in.Snapshot, d: d}).run(), Outcome{d.Estimate, d.Nodes, d.Unplaced}
			if all++; got == want {
				equal++
				continue
			}
			off := got.PricePerHour.Float64()/want.PricePerHour.Float64() - 1
			t.Logf("seed %d design %d: %+v by counts, %+v pod by pod (%+.2f%%)", seed, at, got, want, 100*off)
			if got.Unplaced != want.Unplaced || off > 0.05 || off < -0.05 {
				t.Errorf("seed %d design %d: more than 5%% apart", seed, at)
			}
		}
	}
	if t.Logf("%d of %d equal, %d with shared workloads", equal, all, shared); equal*2 < all || shared*2 < all {
		t.Errorf("only %d of %d are equal, and %d share workloads", equal, all, shared)
	}
}

// The simulator by counts is held against the slow one. They may part where many pods are spread, since these are dealt in rounds
// there, and then a little.
func TestSimulatorAgainstPodByPod(t *testing.T) {
	equal, all := 0, 0
	for seed := uint64(1); seed <= 6; seed++ {
		in := packed(t, mixed(seed, 150, 25))
		in.Limits = Limits{Pools: 2 + int(seed), Evaluations: 400}
		if seed%3 == 0 {
			in.Steer = make([]bool, len(in.Snapshot.Workloads))
		}
		designs, err := Search(in)
		if err != nil {
			t.Fatal(err)
		}
		for at, d := range designs {
			want := (&slow{s: in.Snapshot, d: d}).run()
			got, err := Simulate(in, d)
			if err != nil {
				t.Fatal(err)
			}
			if all++; got == want {
				equal++
				continue
			}
			off := got.PricePerHour.Float64()/want.PricePerHour.Float64() - 1
			t.Logf("seed %d design %d: %+v by counts, %+v pod by pod (%+.2f%%)", seed, at, got, want, 100*off)
			if got.Unplaced != want.Unplaced || off > 0.02 || off < -0.02 {
				t.Errorf("seed %d design %d: more than 2%% apart", seed, at)
			}
		}
	}
	if t.Logf("%d of %d equal", equal, all); equal*2 < all {
		t.Errorf("only %d of %d are equal", equal, all)
	}
}

// A pod template has one request, so pools that share a workload must agree on what its pods ask for.
func TestSharedPoolsAskForTheSame(t *testing.T) {
	offers, _ := fleet.Offers(pricing.Default(), fleet.Options{TimeSlicing: true})
	s := planner.Snapshot{Offers: slices.DeleteFunc(offers, func(o planner.Offer) bool {
		return o.InstanceType != "g4dn.xlarge" && o.InstanceType != "g4dn.12xlarge"
	})}
	for i, share := range []int64{120, 250, 90, 0, 0} {
		w := planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: fmt.Sprint("w", i)}, Replicas: 6, Requests: planner.Resources{CPUMilli: 100, MemoryMiB: 512, Pods: 1}}
		if w.GPU.ShareMilli = share; i == 3 {
			w.GPU.Whole = 1
		}
		s.Workloads = append(s.Workloads, w)
	}
	in := packed(t, s)
	in.Limits.Pools = 8
	designs, shared := scrambled(in, 40)
	for at, d := range designs {
		check(t, fmt.Sprint("design ", at), in, d)
	}
	if shared*2 < len(designs) {
		t.Errorf("%d of %d designs share workloads", shared, len(designs))
	}
	for i := range in.Snapshot.Offers { // no weights are left for an order of pools above the base
		in.Snapshot.Offers[i].Weight = 95
	}
	if _, shared := scrambled(in, 10); shared > 0 {
		t.Errorf("%d designs share workloads above a base of weight 95", shared)
	}
}

// What comes late must find a node of the pool without a limit: one whose cards are cut for it.
func TestSharedPoolsHoldWhatIsLeft(t *testing.T) {
	in := packed(t, sliceMix(map[string]int64{"1g.5gb": 120, "2g.10gb": 7, "3g.20gb": 40}))
	in.Limits.Pools = 6
	designs, shared := scrambled(in, 60)
	for at, d := range designs {
		for w, of := range d.Of {
			sound := !slices.ContainsFunc(of, func(i int) bool { return d.Pools[i].NodesMost > 0 })
			for _, i := range of {
				sound = sound || d.Pools[i].NodesMost == 0 && holds(in.Snapshot, w, &d.Pools[i])
			}
			if !sound {
				t.Errorf("design %d: %s has no pool without a limit that can hold it", at, lower.WorkloadName(in.Snapshot.Workloads[w]))
			}
		}
	}
	if shared*2 < len(designs) {
		t.Errorf("%d of %d designs share workloads", shared, len(designs))
	}
}

// A plan from a file may say anything of its cards.
func TestCardsThatCannotBeCutSo(t *testing.T) {
	in := packed(t, sliceMix(map[string]int64{"1g.5gb": 20, "3g.20gb": 9}))
	in.Limits.Pools = 6
	plan := *in.Plan
	plan.Nodes = slices.Clone(plan.Nodes)
	for i := range plan.Nodes {
		plan.Nodes[i].GPUs = []planner.PlanGPU{{Layout: slices.Repeat([]planner.PlanMIG{{Profile: "1g.5gb"}}, 1000)}}
	}
	in.Plan = &plan
	designs, _ := scrambled(in, 40)
	for at, d := range designs {
		got, err := Simulate(in, d)
		if want := (Outcome{d.Estimate, d.Nodes, d.Unplaced}); got != want || err != nil {
			t.Errorf("design %d: %+v promised, %+v simulated, %v", at, want, got, err)
		}
	}
}
