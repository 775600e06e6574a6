package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/cores"
	"github.com/tenon-sh/tenon/controllers/karpenter"
	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/controllers/proposal"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
	"github.com/tenon-sh/tenon/simulations/openb"
	"github.com/tenon-sh/tenon/simulations/synth"
)

// setPools is what Karpenter's own scheduler builds, of whose NodePools: nodepools/5k-100/seed-41, nodepools/alibaba-default,
// nodepools/mig-A100-40GB-16x1g.5gb+8x2g.10gb+8x3g.20gb.
const setPools = "nodepools"

// poolMixes are the MIG demands of facts/karpenter.md on machines with eight cards.
var poolMixes = []string{"mig-A100-40GB-16x1g.5gb+8x2g.10gb+8x3g.20gb", "mig-A100-40GB-200x1g.5gb+60x3g.20gb"}

// poolsResult is one case.
type poolsResult struct {
	Pods    int64
	Packing planner.Cost
	Ours    *planner.Built
	Split   built // hand-made: general and GPU, and one NodePool for each MIG profile
	Open    built // one NodePool, and those for MIG profiles
	Nodes   int64 // of the packing
}

// built is what Karpenter makes of NodePools that somebody made by hand.
type built struct {
	PerHour  pricing.Micro
	Nodes    int
	Unplaced int
}

func poolCases(o options) (list []string) {
	for _, size := range []string{"1k-60", "5k-100"} {
		for _, seed := range o.seeds {
			list = append(list, seeded(setPools+"/"+size, seed))
		}
	}
	for _, mix := range poolMixes {
		list = append(list, setPools+"/"+mix)
	}
	names, err := filepath.Glob(filepath.Join(o.traces, alibabaFolder, podList+"*.csv"))
	if err != nil {
		return list
	}
	for _, name := range names {
		list = append(list, setPools+"/"+setAlibaba+"-"+strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), podList), ".csv"))
	}
	return list
}

// measurePools plans a cluster and replays it.
func measurePools(ctx context.Context, o options) (result, error) {
	r := result{Case: o.one, Pools: &poolsResult{}}
	s, err := poolSnapshot(o)
	if err != nil {
		return result{}, err
	}
	return r, timed(&r, func() error { return r.Pools.measure(ctx, o, s) })
}

func poolSnapshot(o options) (planner.Snapshot, error) {
	rest := strings.TrimPrefix(o.one, setPools+"/")
	if list, ok := strings.CutPrefix(rest, setAlibaba+"-"); ok {
		file, err := os.Open(filepath.Join(o.traces, alibabaFolder, podList+list+".csv"))
		if err != nil {
			return planner.Snapshot{}, err
		}
		defer func() { _ = file.Close() }()
		return openb.Snapshot(openb.Input{Pods: file, PodsName: list}, pricing.Default(), openb.Options{})
	}
	if mix, ok := strings.CutPrefix(rest, setMIG+"-"); ok {
		return mixSnapshot(mix)
	}
	opts, err := parseSynth(rest)
	if err != nil {
		return planner.Snapshot{}, err
	}
	return synth.Snapshot(opts, pricing.Default()), nil
}

// mixSnapshot is pods that ask for one slice each, and machines with the model's cards: "A100-40GB-16x1g.5gb+8x2g.10gb".
func mixSnapshot(text string) (planner.Snapshot, error) {
	at := strings.LastIndex(text, "-")
	if at < 0 {
		return planner.Snapshot{}, fmt.Errorf("no mix %q", text)
	}
	m, ok := gpu.ByKey(text[:at])
	if !ok {
		return planner.Snapshot{}, fmt.Errorf("no mix %q: no such model", text)
	}
	offers, _ := fleet.Offers(pricing.Default(), fleet.Options{Archs: []string{"amd64"}})
	s := planner.Snapshot{Source: text, Catalog: fleet.Ref(pricing.Default()), Offers: offers}
	for _, part := range strings.Split(text[at+1:], "+") {
		number, profile, _ := strings.Cut(part, "x")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return planner.Snapshot{}, fmt.Errorf("no mix %q: %w", text, err)
		}
		s.Workloads = append(s.Workloads, planner.Workload{
			Ref: planner.Ref{Namespace: "mig", Kind: "Deployment", Name: strings.ReplaceAll(profile, ".", "-")}, Replicas: n,
			Requests: planner.Resources{CPUMilli: 500, MemoryMiB: 1024, Pods: 1}, GPU: planner.GPUNeed{Slices: map[string]int64{profile: 1}},
			Constraints: []planner.Constraint{fleet.Constrain(offers, "gpuModel", m.Key, func(o planner.Offer) bool { return o.Cards.Model == m.Key })},
		})
	}
	return s, nil
}

func (p *poolsResult) measure(ctx context.Context, o options, s planner.Snapshot) error {
	var packed *planner.Snapshot
	builder := proposal.Builder{Catalog: pricing.Default()}
	plan, err := engine.Decide(engine.Input{
		Snapshot: s, Limits: binpack.DefaultLimits(),
		Solve: func(problem *model.Problem, l model.Limits) (*model.Packing, error) {
			return binpack.SolveWith(problem, binpack.Options{Limits: l, Each: cores.Each(o.cores)})
		},
		Build: func(s *planner.Snapshot, plan *planner.Plan) (*planner.Built, error) {
			packed = s
			return builder.Build(ctx, s, plan)
		},
	})
	if err != nil {
		return err
	}
	p.Packing, p.Ours = plan.Cost, plan.Karpenter
	for i := range plan.Nodes {
		p.Nodes += plan.Nodes[i].Count
	}
	for i := range packed.Workloads {
		p.Pods += packed.Workloads[i].Replicas
	}
	if p.Split, err = byHand(ctx, packed, handSplit()); err != nil {
		return err
	}
	p.Open, err = byHand(ctx, packed, []*kube.NodePool{handPool("open", 10)})
	return err
}

// handPool is a NodePool as people write it, for both capacity types.
func handPool(name string, weight int32, requirements ...kube.Requirement) *kube.NodePool {
	p := &kube.NodePool{}
	p.Name, p.Spec.Weight = name, &weight
	p.Spec.Template.Spec.Requirements = slices.Concat(requirements, []kube.Requirement{{Key: "karpenter.sh/capacity-type", Operator: "In", Values: []string{"on-demand", "spot"}}})
	return p
}

// handSplit is the sensible split: newer general-purpose, compute and memory types for what has no GPU; NVIDIA machines for what
// has, kept for it by a taint.
func handSplit() []*kube.NodePool {
	const instance = "karpenter.k8s.aws/instance-"
	general := handPool("general", 20, kube.Requirement{Key: instance + "category", Operator: "In", Values: []string{"c", "m", "r"}},
		kube.Requirement{Key: instance + "generation", Operator: "Gt", Values: []string{"4"}}, kube.Requirement{Key: instance + "gpu-count", Operator: "DoesNotExist"})
	cards := handPool("gpu", 20, kube.Requirement{Key: instance + "gpu-count", Operator: "Exists"}, kube.Requirement{Key: instance + "gpu-manufacturer", Operator: "In", Values: []string{"nvidia"}})
	cards.Spec.Template.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: corev1.TaintEffectNoSchedule}}
	return []*kube.NodePool{general, cards}
}

// byHand lets Karpenter build from hand-made NodePools. Slices get what NVIDIA's own configuration has: a NodePool for each
// profile and model, whose cards are all cut into as many of it as fit ("all-1g.5gb").
func byHand(ctx context.Context, s *planner.Snapshot, pools []*kube.NodePool) (built, error) {
	uniform := uniformPools(s)
	made, overlays, err := proposal.Objects(uniform, nil, pricing.Default())
	if err != nil {
		return built{}, err
	}
	for _, p := range made { // for whom a slice of it is asked
		p.Spec.Template.Spec.Taints = []corev1.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: corev1.TaintEffectNoSchedule}}
	}
	result, err := karpenter.FromSnapshot(karpenter.Replay{
		Snapshot: *s, NodePools: slices.Concat(pools, made), NodeOverlays: overlays, Catalog: pricing.Default(),
		Steer: func(w int, pod *corev1.Pod) {
			if !s.Workloads[w].GPU.Zero() {
				pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists})
			}
		},
	}).Schedule(ctx)
	return built{PerHour: result.PricePerHour, Nodes: len(result.New), Unplaced: len(result.Unplaced)}, err
}

func uniformPools(s *planner.Snapshot) (out []planner.Pool) {
	type key struct{ model, profile string }
	seen := map[key]bool{}
	for i := range s.Workloads {
		for profile := range s.Workloads[i].GPU.Slices {
			for n := range s.Offers {
				if o := &s.Offers[n]; o.Cards.Partitionable && fleet.Allowed(s.Offers, s.Workloads[i].Constraints).Has(n) {
					seen[key{o.Cards.Model, profile}] = true
				}
			}
		}
	}
	for k := range seen {
		m, ok := gpu.ByKey(k.model)
		most := int64(0)
		for _, p := range m.Profiles {
			if p.Name == k.profile {
				most = max(most, int64(p.Max))
			}
		}
		if !ok || most == 0 {
			continue
		}
		byCards := map[int64][]string{}
		for n := range s.Offers {
			if o := &s.Offers[n]; o.Cards.Model == k.model && o.Cards.Partitionable && !slices.Contains(byCards[o.Cards.Count], o.InstanceType) {
				byCards[o.Cards.Count] = append(byCards[o.Cards.Count], o.InstanceType)
			}
		}
		for cards, types := range byCards {
			name := strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(fmt.Sprintf("all-%s-%s-%d", k.model, k.profile, cards)))
			out = append(out, planner.Pool{Name: name, InstanceTypes: slices.Sorted(slices.Values(types)), CapacityTypes: []string{"on-demand", "spot"}, Weight: 5,
				Slices: map[string]int64{k.profile: cards * most}})
		}
	}
	slices.SortFunc(out, func(a, b planner.Pool) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// poolsWhat says what the section is about.
const poolsWhat = "What Karpenter v1.15.0's own scheduler builds, in process, all pods at once: of one open NodePool; of a hand-made split (general: c, m and r from generation 5 on; " +
	"NVIDIA GPUs behind a taint); of the NodePools that Tenon finds (at most 12), with workloads steered to them. Pods that ask for MIG slices have, in the first two, a NodePool for each model and " +
	"profile whose cards are all cut alike (`all-1g.5gb`). A share of a card is a whole device there, since Karpenter knows no other; Tenon's NodePools share cards by time slicing. " +
	"Where pods have no node, a price is of fewer pods.\n\n"

// nodePools writes the section "NodePools".
func (r report) nodePools(b *strings.Builder) {
	of := r.of(setPools + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## NodePools\n\n" + poolsWhat)
	g := grid{head: []string{"case", ">pods", ">bound $/h", ">packing", ">Tenon's NodePools", ">how many", ">above packing", ">hand-made split", ">under it", ">one open", ">without a node: ours, split, open", ">s"}}
	worst := map[string]float64{}
	for _, x := range of {
		p := x.Pools
		if p == nil || p.Ours == nil {
			continue
		}
		above, under := gap(int64(p.Ours.PerHour), int64(p.Packing.PlannedPerHour)), 100-100*float64(p.Ours.PerHour)/float64(max(p.Split.PerHour, 1))
		worst["above"] = max(worst["above"], above)
		g.add(x.Case, thousands(p.Pods), money(int64(p.Packing.LowerBoundPerHour)), money(int64(p.Packing.PlannedPerHour)), money(int64(p.Ours.PerHour)), strconv.Itoa(len(p.Ours.Pools)),
			fixed(above, 1)+" %", money(int64(p.Split.PerHour)), fixed(under, 1)+" %", money(int64(p.Open.PerHour)),
			fmt.Sprintf("%d, %d, %d", p.Ours.Unplaced, p.Split.Unplaced, p.Open.Unplaced), fixed(x.Solve.Round(time.Second).Seconds(), 0))
	}
	g.write(b)
	fmt.Fprintf(b, "\nGoals: within 3 %% of the packing (worst: %s %%), at most 12 NodePools, at least 20 %% under the split on the GPU mixes.\n\n", fixed(worst["above"], 1))
}
