package synth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// weighted is a value that is drawn in proportion to its weight.
type weighted[T any] struct {
	value  T
	weight int
}

// draw picks one value. Weights that are all zero are a bug of ours.
func draw[T any](g *generator, from []weighted[T]) T {
	sum := 0
	for _, w := range from {
		sum += w.weight
	}
	at := g.rng.IntN(sum)
	for _, w := range from {
		if at -= w.weight; at < 0 {
			return w.value
		}
	}
	panic("synth: a draw went past its weights")
}

// What pods ask for. Chosen; see the package's doc.
var (
	cpuMilli = []weighted[int64]{
		{50, 6}, {100, 12}, {200, 12}, {250, 10}, {500, 16}, {750, 6}, {1000, 14}, {1500, 5},
		{2000, 8}, {3000, 4}, {4000, 4}, {6000, 2}, {8000, 2}, {12000, 1}, {16000, 1},
	}
	memoryPerCore = []weighted[int64]{
		{1024, 2}, {1536, 1}, {2048, 4}, {3072, 2}, {4096, 5}, {6144, 2}, {8192, 3},
	}
	// Of a pod with whole cards, for each card.
	cardCPUMilli  = []weighted[int64]{{2000, 2}, {4000, 3}, {6000, 2}, {8000, 2}}
	cardMemoryMiB = []weighted[int64]{{8192, 3}, {16384, 4}, {24576, 2}, {32768, 2}, {49152, 1}}
	cards         = []weighted[int64]{{1, 60}, {2, 20}, {4, 12}, {8, 8}}
	// Of a pod with a MIG slice, for each slice of compute (the number before the g).
	sliceCPUMilli  = []weighted[int64]{{500, 3}, {1000, 3}, {1500, 2}, {2000, 1}}
	sliceMemoryMiB = []weighted[int64]{{2048, 3}, {4096, 3}, {8192, 2}, {12288, 1}}
)

const (
	oddPercent      = 50 // of requests that are no round numbers
	anyModelPercent = 30 // of pods with whole cards that take any model
	pinModelPercent = 50 // of pods with a MIG slice that take it of one model only
)

// modelWeights say how common the models of GPUs are; a model that is not named has weight 1. A guess.
var modelWeights = map[string]int{
	"T4-16GB": 20, "A10G-24GB": 25, "L4-24GB": 25, "L40S-48GB": 10,
	"A100-40GB": 8, "A100-80GB": 5, "H100-80GB": 8, "H200-141GB": 3, "V100-32GB": 2,
}

// slice is a MIG profile of a model.
type slice struct {
	model   string // gpu.Model.Key
	profile string // as in GPUNeed.Slices
	compute int64  // slices of compute
}

// menu is what GPUs the offers have.
type menu struct {
	models []weighted[string] // with whole cards
	sliced []weighted[slice]
	having map[string][]string // models by profile
}

func (m menu) hasGPUs() bool { return len(m.models) > 0 }

// newMenu lists the models on offer, and the MIG slices of those of the A100, H100 and H200 class. Larger slices are
// rarer. The slice that is the whole card is left to the pods with whole cards.
func newMenu(offers []planner.Offer) menu {
	m := menu{having: map[string][]string{}}
	for _, key := range fleet.Keys(offers) {
		weight := max(modelWeights[key], 1)
		m.models = append(m.models, weighted[string]{key, weight})
		model, ok := gpu.ByKey(key)
		if !ok || model.MIG() != nil {
			continue
		}
		for _, profile := range model.Profiles {
			if len(profile.Starts) == 0 || profile.MemorySlices >= model.MemorySlices ||
				strings.ContainsAny(profile.Name, "+-") { // media and graphics extensions: too rare
				continue
			}
			name := strings.TrimPrefix(profile.Resource, "nvidia.com/mig-")
			m.having[name] = append(m.having[name], key)
			if class, _, _ := strings.Cut(key, "-"); class == "A100" || class == "H100" || class == "H200" {
				one := slice{model: key, profile: name, compute: int64(profile.ComputeSlices)}
				m.sliced = append(m.sliced, weighted[slice]{one, weight * (5 - min(profile.ComputeSlices, 4))})
			}
		}
	}
	return m
}

// addWorkload draws shape i until some machine holds it and no other shape is the same.
func (g *generator) addWorkload(i int) {
	t := g.traits[i]
	var work planner.Workload
	for range attemptsMax {
		work = g.drawWorkload(t)
		key := fmt.Sprint(work.Requests, work.GPU, texts(work.Constraints), t.spread, t.alone)
		fits := fleet.Where(g.offers, fleet.Holds(work.Requests), g.carries(work.GPU))
		if fits.And(fleet.Allowed(g.offers, work.Constraints)).Len() > 0 && !g.seen[key] {
			g.seen[key] = true
			break
		}
	}
	work.Ref = planner.Ref{Namespace: "bench", Kind: "Deployment", Name: fmt.Sprintf("w%04d", i)}
	work.Replicas = t.replicas
	work.QoS = "Burstable"
	if t.alone {
		work.HostMax = 1
	}
	if t.spread {
		g.snap.Rules = append(g.snap.Rules, planner.Rule{
			Kind:    planner.ZoneSpread,
			Members: []int{i},
			Max:     1,
			Zones:   slices.Clone(g.opts.Zones),
			Text:    "topologySpreadConstraints of " + work.Ref.String() + ": maxSkew 1 on topology.kubernetes.io/zone",
		})
	}
	g.snap.Workloads = append(g.snap.Workloads, work)
}

func texts(constraints []planner.Constraint) []string {
	var list []string
	for _, c := range constraints {
		list = append(list, c.Text)
	}
	return list
}

// drawWorkload draws requests and constraints of one shape.
func (g *generator) drawWorkload(t trait) planner.Workload {
	var work planner.Workload
	switch {
	case t.mig:
		g.drawSlice(&work)
	case t.gpu:
		g.drawCards(&work)
	default:
		cpu := draw(g, cpuMilli)
		memory := cpu * draw(g, memoryPerCore) / 1000
		work.Requests = planner.Resources{CPUMilli: cpu, MemoryMiB: (memory + 63) / 64 * 64, Pods: 1}
		work.Constraints = append(work.Constraints, fleet.Constrain(g.offers, "taints",
			"nodes with GPUs have nvidia.com/gpu:NoSchedule", fleet.NoCards()))
	}
	g.roughen(&work.Requests)
	if !g.chance(anyArchPercent) {
		work.Constraints = append(work.Constraints, fleet.Constrain(g.offers, "arch",
			"kubernetes.io/arch In [amd64]", fleet.Arch("amd64")))
	}
	if !g.chance(anyTermsPercent) && g.spot {
		work.Constraints = append(work.Constraints, fleet.Constrain(g.offers, "capacityType",
			"karpenter.sh/capacity-type In [on-demand]", fleet.OnTerms(pricing.OnDemand)))
	}
	if t.pinned {
		zone := g.opts.Zones[g.rng.IntN(len(g.opts.Zones))]
		work.Constraints = append(work.Constraints, fleet.Constrain(g.offers, "nodeSelector",
			"topology.kubernetes.io/zone In ["+zone+"]", fleet.InZone(zone)))
	}
	return work
}

// drawCards draws a pod with whole cards.
func (g *generator) drawCards(work *planner.Workload) {
	n := draw(g, cards)
	work.GPU.Whole = n
	work.Requests = planner.Resources{CPUMilli: n * draw(g, cardCPUMilli), MemoryMiB: n * draw(g, cardMemoryMiB), Pods: 1}
	if !g.chance(anyModelPercent) {
		work.Constraints = append(work.Constraints, g.onModel(draw(g, g.menu.models)))
	}
}

// drawSlice draws a pod with one MIG slice. Its name may be that of slices of several models, of different shapes.
func (g *generator) drawSlice(work *planner.Workload) {
	s := draw(g, g.menu.sliced)
	work.GPU.Slices = map[string]int64{s.profile: 1}
	work.Requests = planner.Resources{
		CPUMilli: s.compute * draw(g, sliceCPUMilli), MemoryMiB: s.compute * draw(g, sliceMemoryMiB), Pods: 1,
	}
	if g.chance(pinModelPercent) {
		work.Constraints = append(work.Constraints, g.onModel(s.model))
	}
}

// onModel allows the offers with one model of GPU.
func (g *generator) onModel(key string) planner.Constraint {
	model, _ := gpu.ByKey(key)
	text := fmt.Sprintf("karpenter.k8s.aws/instance-gpu-name In [%s], instance-gpu-memory In [%d]", model.Label, model.LabelMiB)
	return fleet.Constrain(g.offers, "gpuModel", text, fleet.HasModel(key))
}

// carries passes the offers whose cards can meet a need.
func (g *generator) carries(need planner.GPUNeed) fleet.Test {
	return func(o planner.Offer) bool {
		for profile := range need.Slices {
			if !slices.Contains(g.menu.having[profile], o.Cards.Model) {
				return false
			}
		}
		return o.Cards.Count >= need.Whole
	}
}

// roughen makes half of the requests odd: up to 30 % more or less, in steps of 10m and 16 MiB.
func (g *generator) roughen(r *planner.Resources) {
	if g.chance(oddPercent) {
		r.CPUMilli = r.CPUMilli * (700 + g.rng.Int64N(601)) / 1000 / 10 * 10
		r.MemoryMiB = r.MemoryMiB * (700 + g.rng.Int64N(601)) / 1000 / 16 * 16
	}
	r.CPUMilli, r.MemoryMiB = max(r.CPUMilli, 10), max(r.MemoryMiB, 16)
}

// chance is true so many times in a hundred.
func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }
