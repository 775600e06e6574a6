package openb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// migPrefix begins the extended resource of a MIG slice; what follows is the name that GPUNeed.Slices takes.
const migPrefix = "nvidia.com/mig-"

// census counts pods by model, for the notes.
type census struct {
	remarked map[string]int64 // pods that name a model which another card meets
	dropped  map[string]int64 // pods that go without one of the models they name
	stuck    map[string]int64 // pods that no card can serve, by model
	shares   int64
}

// addWorkloads turns the groups of pods into workloads, or says why no offer can carry them.
func (r *reader) addWorkloads() {
	seen := census{remarked: map[string]int64{}, dropped: map[string]int64{}, stuck: map[string]int64{}}
	for _, group := range r.pods.groups { // sorted by name, so the workloads are
		work := planner.Workload{
			Ref:      planner.Ref{Kind: "PodGroup", Name: group.name()},
			Replicas: group.pods,
			Requests: planner.Resources{CPUMilli: group.cpuMilli, MemoryMiB: group.memoryMiB, Pods: 1},
			QoS:      strings.Join(group.qos, ","),
		}
		reason := r.equip(&work, group, &seen)
		if reason == "" {
			reason = r.tooLarge(work, group.shape)
		}
		if reason != "" {
			r.snap.Stuck = append(r.snap.Stuck, planner.Unplaced{
				Workload: work.Ref.String(), Count: group.pods, Reason: reason,
			})
			continue
		}
		r.snap.Workloads = append(r.snap.Workloads, work)
	}
	r.noteModels(seen)
}

// equip gives a workload its GPU need and the constraint of its models. It returns why no card can serve, or "".
func (r *reader) equip(work *planner.Workload, group podGroup, seen *census) string {
	if group.gpus == 0 {
		return ""
	}
	keys, models := fleet.Keys(r.snap.Offers), group.models()
	if models != nil {
		var reason string
		if keys, reason = r.serve(models, group.pods, seen); reason != "" {
			return reason
		}
		work.Constraints = []planner.Constraint{fleet.Constrain(r.snap.Offers, "gpuModel", "gpu_spec "+group.spec,
			fleet.HasModel(keys...))}
	}
	switch {
	case len(keys) == 0:
		return "the catalog has no x86 type with an NVIDIA card and an on-demand price"
	case group.gpuMilli == 0:
		work.GPU.Whole = group.gpus
		return ""
	}
	seen.shares += group.pods
	work.GPU.ShareMilli = group.gpuMilli
	if r.opts.Sharing != MIG {
		return ""
	}
	if work.GPU.ByModel = slicesFor(keys, group.gpuMilli); len(work.GPU.ByModel) == 0 {
		return fmt.Sprintf("it asks for %d/1000 of a card, and none of %s can be cut by MIG: --gpu-sharing=%s places it",
			group.gpuMilli, strings.Join(keys, ", "), TimeSlicing)
	}
	return ""
}

// serve looks up the cards that serve any of the models, and counts what becomes of each model.
func (r *reader) serve(models []string, pods int64, seen *census) (keys []string, reason string) {
	var remarks, gone []string
	for _, model := range models {
		d := r.dealer.deal(model)
		keys = append(keys, d.keys...)
		switch {
		case len(d.keys) == 0:
			remarks, gone = append(remarks, d.remark), append(gone, model)
		case d.remark != "":
			seen.remarked[model] += pods
		}
	}
	if len(keys) > 0 {
		for _, model := range gone {
			seen.dropped[model] += pods
		}
		return distinct(keys), ""
	}
	seen.stuck[strings.Join(models, "|")] += pods
	return nil, fmt.Sprintf("gpu_spec %s: %s. Say which card of the catalog serves as well: --gpu-map %s=%s",
		strings.Join(models, "|"), strings.Join(remarks, "; "), models[0], r.dealer.example())
}

// slicesFor is what meets a share of a card on each model that MIG can cut: the smallest slice with that share of the
// card's compute, or the card where no smaller slice has it.
func slicesFor(keys []string, shareMilli int64) map[string]planner.GPUNeed {
	needs := map[string]planner.GPUNeed{}
	for _, key := range keys {
		model, ok := gpu.ByKey(key)
		if !ok || model.MIG() != nil {
			continue
		}
		at, ok := model.SmallestFor(shareMilli)
		if !ok || model.Profiles[at].MemorySlices >= model.MemorySlices {
			needs[key] = planner.GPUNeed{Whole: 1}
			continue
		}
		name := strings.TrimPrefix(model.Profiles[at].Resource, migPrefix)
		needs[key] = planner.GPUNeed{Slices: map[string]int64{name: 1}}
	}
	return needs
}

// tooLarge says why a single pod fits no machine that its constraints allow; "" where one does.
func (r *reader) tooLarge(work planner.Workload, s shape) string {
	tests := []fleet.Test{func(planner.Offer) bool { return true }}
	if s.gpus > 0 {
		tests = append(tests, fleet.HasCards(s.gpus))
	}
	if work.GPU.ByModel != nil {
		tests = append(tests, fleet.HasModel(slices.Collect(maps.Keys(work.GPU.ByModel))...))
	}
	allowed := fleet.Allowed(r.snap.Offers, work.Constraints)
	machines := allowed.And(fleet.Where(r.snap.Offers, tests...))
	if machines.Len() == 0 {
		var most int64
		for _, i := range allowed.Members() {
			most = max(most, r.snap.Offers[i].Cards.Count)
		}
		return fmt.Sprintf("it asks for %d cards in one machine, and the largest of the catalog that it may use has %d", s.gpus, most)
	}
	if machines.And(fleet.Where(r.snap.Offers, fleet.Holds(work.Requests))).Len() == 0 {
		return fmt.Sprintf("none of the %d types that it may use has %dm CPU and %d MiB free for one pod",
			machines.Len(), s.cpuMilli, s.memoryMiB)
	}
	return ""
}

// noteModels says what became of the models that the pods name.
func (r *reader) noteModels(seen census) {
	object := r.in.PodsName
	for _, model := range slices.Sorted(maps.Keys(seen.remarked)) {
		r.note(planner.Info, object, "%d pods name %s: %s", seen.remarked[model], model, r.dealer.deal(model).remark)
	}
	for _, model := range slices.Sorted(maps.Keys(seen.dropped)) {
		r.note(planner.Info, object, "%d pods name %s among others and do without it: %s",
			seen.dropped[model], model, r.dealer.deal(model).remark)
	}
	var stuck []string
	var pods int64
	for _, spec := range slices.Sorted(maps.Keys(seen.stuck)) {
		stuck = append(stuck, fmt.Sprintf("%d of %s", seen.stuck[spec], spec))
		pods += seen.stuck[spec]
	}
	if pods > 0 {
		r.note(planner.Warning, object, "%d pods name only models of GPUs that cannot be had (%s) and are in no figure of the "+
			"plan: --gpu-map places them", pods, strings.Join(stuck, ", "))
	}
	switch {
	case seen.shares == 0:
	case r.opts.Sharing == MIG:
		r.note(planner.Info, object, "%d pods ask for a share of one card: each gets the smallest MIG slice with that share of "+
			"the card's compute, whichever model it is; cards without MIG carry none of them", seen.shares)
	default:
		r.note(planner.Info, object, "%d pods ask for a share of one card: cards are shared by time, and a share is the same "+
			"of every model, as in the paper; GPU memory is in no list", seen.shares)
	}
}
