package kube

import (
	"maps"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
	"github.com/tenon-sh/tenon/pricing"
)

// Labels of GPU feature discovery and of the GPU operator (NVIDIA/k8s-device-plugin @1b826acc, NVIDIA/gpu-operator @a22dbf6).
const (
	productLabel = "nvidia.com/gpu.product"
	countLabel   = "nvidia.com/gpu.count"
	memoryLabel  = "nvidia.com/gpu.memory"
	migConfig    = "nvidia.com/mig.config"
)

// withGPU is a shape's requests with its GPUs under their resource names, for sums that people read.
func (s *Shape) withGPU() planner.Resources {
	r := s.Requests
	if s.GPU.Zero() {
		return r
	}
	r.Extended = maps.Clone(r.Extended)
	if r.Extended == nil {
		r.Extended = map[string]int64{}
	}
	if s.GPU.Whole > 0 {
		r.Extended[gpuResource] = s.GPU.Whole
	}
	for profile, n := range s.GPU.Slices {
		r.Extended[migPrefix+profile] = n
	}
	return r
}

// devices takes NVIDIA's resources out of a node's amounts: whole devices and MIG instances by profile.
func devices(r planner.Resources) (rest planner.Resources, whole int64, slices map[string]int64) {
	rest, need := split(r)
	return rest, need.Whole, need.Slices
}

// modelOf finds a machine's GPU model. A card that the tables do not know is called what the catalog calls it, so that
// it can be asked for whole.
func modelOf(g pricing.GPU) (gpu.Model, bool) {
	if g.Name == "" || !strings.EqualFold(g.Manufacturer, "nvidia") {
		return gpu.Model{}, false
	}
	if m, ok := gpu.ByLabel(g.Name, g.MemoryMiB); ok {
		return m, true
	}
	return gpu.Model{Key: g.Name}, true
}

// cardsOfType describes the cards of a node to be made. given is what a device plugin will offer, overlays included:
//   - nvidia.com/mig-*: the layout is fixed, and its cards are taken, except those still offered whole by an overlay;
//   - nvidia.com/gpu above the number of cards: so many time-sliced devices, counted and nothing else;
//   - otherwise whole cards, which may be partitioned where the model can be.
func cardsOfType(machine pricing.InstanceType, whole int64, instances map[string]int64, wholeByOverlay bool) (planner.Cards, string) {
	m, ok := modelOf(machine.GPU)
	count := machine.GPU.Count
	switch {
	case len(instances) > 0:
		c := planner.Cards{Model: m.Key, Count: max(count, 1), Fixed: instances}
		c.Taken = c.Count
		if wholeByOverlay {
			c.Taken = max(0, c.Count-whole)
		}
		return c, "MIG instances as its NodeOverlay says"
	case whole == 0:
		return planner.Cards{}, ""
	case whole > count:
		key := m.Key
		if key == "" {
			key = gpuResource // an overlay gives devices to a machine whose cards nobody knows
		}
		return planner.Cards{Model: key, Count: whole}, strconv.FormatInt(whole, 10) + " time-sliced devices on " + strconv.FormatInt(count, 10) + " cards, as its NodeOverlay says"
	case !ok:
		return planner.Cards{Model: gpuResource, Count: whole}, ""
	}
	return planner.Cards{Model: m.Key, Count: whole, Shareable: true, Partitionable: m.MIG() == nil}, ""
}

// withLayout applies the node label nvidia.com/mig.config that a NodePool gives to its nodes. Of the GPU operator's
// names all-disabled and all-<profile> say by themselves what they do; others are in a ConfigMap that no dump has.
func withLayout(c planner.Cards, config string) (planner.Cards, bool) {
	if config == "" || !c.Partitionable {
		return c, true
	}
	c.Partitionable = false
	name, all := strings.CutPrefix(config, "all-")
	if config == "all-disabled" || !all {
		return c, config == "all-disabled"
	}
	m, ok := gpu.ByKey(c.Model)
	if !ok {
		return c, false
	}
	at, ok := m.Profile(name)
	if !ok {
		return c, false
	}
	each := int64(m.Profiles[at].Max)
	if each == 0 {
		return c, false
	}
	c.Fixed = map[string]int64{strings.TrimPrefix(m.Profiles[at].Resource, migPrefix): each * c.Count}
	c.Taken, c.Shareable = c.Count, false
	return c, true
}

// cardsOfNode describes the cards of a node of today from what its device plugin offers and what feature discovery says,
// and returns its other amounts. Nothing about them can be changed but who uses them.
func (t *translation) cardsOfNode(n *node) (planner.Cards, planner.Resources) {
	rest, whole, instances := devices(amounts(n.Status.Allocatable, down))
	if whole == 0 && len(instances) == 0 {
		return planner.Cards{}, rest
	}
	product := n.Labels[productLabel]
	m, ok := gpu.ByProduct(product)
	if !ok {
		m, ok = modelOf(n.machine.GPU)
	}
	if !ok {
		memory, _ := strconv.ParseInt(n.Labels[memoryLabel], 10, 64)
		m, ok = gpu.ByLabel(n.Labels["karpenter.k8s.aws/instance-gpu-name"], memory)
	}
	if !ok {
		m = gpu.Model{Key: gpuResource}
		t.notes.warn("Node/"+n.Name, "its GPU model is not known (label %s=%q): its cards are counted and nothing more", productLabel, product)
	}
	if len(instances) == 0 {
		return planner.Cards{Model: m.Key, Count: whole}, rest
	}
	count, err := strconv.ParseInt(n.Labels[countLabel], 10, 64)
	if err != nil || count < 1 || count > 64 {
		count = max(n.machine.GPU.Count, whole, 1)
	}
	count = max(count, whole)
	return planner.Cards{Model: m.Key, Count: count, Taken: count - whole, Fixed: instances}, rest
}

// take gives devices of an offer's node to a pod that stays. A layout may be left with less than nothing where the
// input contradicts itself; then nothing is left.
func (o *offer) take(need planner.GPUNeed) {
	o.Cards.Taken = min(o.Cards.Count, o.Cards.Taken+need.Whole)
	if len(need.Slices) == 0 || o.Cards.Fixed == nil {
		return
	}
	for profile, n := range need.Slices {
		o.Cards.Fixed[profile] = max(0, o.Cards.Fixed[profile]-n)
	}
}

// gpuOffers returns the offers whose cards can serve a need at all: enough of them, of a model that has the profile.
func (t *translation) gpuOffers(need planner.GPUNeed) planner.Set {
	var s planner.Set
	for row, o := range t.offers {
		if fitsCards(o.Cards, need) {
			s.Add(row)
		}
	}
	return s
}

func fitsCards(c planner.Cards, need planner.GPUNeed) bool {
	if need.Whole > c.Count-c.Taken {
		return false
	}
	if len(need.Slices) == 0 {
		return true
	}
	m, known := gpu.ByKey(c.Model)
	for profile, n := range need.Slices {
		if c.Fixed[profile] >= n && n > 0 {
			continue
		}
		if !c.Partitionable || !known {
			return false
		}
		if _, ok := m.ProfileByResource(migPrefix + profile); !ok {
			return false
		}
	}
	return true
}
