package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

// How many of the shapes, in per cent, have each trait. All are the prototype's (facts/packing.md §3.1).
const (
	migPercent      = 25 // of the shapes with GPUs
	pinnedPercent   = 10 // to one zone
	spreadPercent   = 10 // over the zones, evenly
	hostMaxPercent  = 5  // at most one pod on a node
	anyArchPercent  = 35
	anyTermsPercent = 45 // would run on spot
)

const (
	// PodsMax and ShapesMax bound a cluster: a hundred times the benchmark, and as many names as four digits give.
	PodsMax   = 1_000_000
	ShapesMax = 9_999

	// hostMaxReplicas is the most replicas of a shape with anti-affinity between hosts. Chosen: databases and gateways
	// are spread so, and few of them have more; a shape with a thousand would decide the cluster's cost alone.
	hostMaxReplicas = 100

	// attemptsMax is how often a shape is drawn anew because no machine holds it or another shape is the same.
	attemptsMax = 200

	// stream tells this generator's numbers from those of another with the same seed.
	stream = 0x74656e6f6e // "tenon"
)

// daemonSets is what the DaemonSet pods ask for on every node. The prototype's: a network agent, a proxy, a DNS cache, a
// log shipper and a metrics agent.
var daemonSets = planner.Resources{CPUMilli: 250, MemoryMiB: 450, Pods: 5}

// Options says which cluster to make. The zero value is 1,000 pods in 50 shapes, 10 % of them with GPUs.
type Options struct {
	Seed       uint64
	Pods       int      // 0: 1,000
	Shapes     int      // distinct kinds of pod, at most one for each pod; 0: 50
	GPUPercent int      // of shapes and of pods that have a GPU; 0: 10; negative: none
	Zones      []string // nil: the region's a, b and c
}

// WithDefaults fills in what zeros stand for and brings the rest within bounds.
func (o Options) WithDefaults(cat pricing.Catalog) Options {
	if o.Pods <= 0 {
		o.Pods = 1000
	}
	o.Pods = min(o.Pods, PodsMax)
	if o.Shapes <= 0 {
		o.Shapes = 50
	}
	o.Shapes = min(o.Shapes, o.Pods, ShapesMax)
	if o.GPUPercent == 0 {
		o.GPUPercent = 10
	}
	o.GPUPercent = min(max(o.GPUPercent, -1), 100)
	if len(o.Zones) == 0 {
		o.Zones = []string{cat.Region + "a", cat.Region + "b", cat.Region + "c"}
	}
	o.Zones = slices.Sorted(slices.Values(o.Zones))
	o.Zones = slices.Compact(o.Zones)
	return o
}

// trait is what was dealt to a shape before its size was drawn.
type trait struct {
	gpu, mig, pinned, spread, alone bool
	replicas                        int64
}

// generator holds what the draws share.
type generator struct {
	rng    *rand.Rand
	opts   Options
	offers []planner.Offer
	spot   bool // the catalog has spot prices
	traits []trait
	seen   map[string]bool // shapes that exist, so that each is a new one
	menu   menu
	snap   planner.Snapshot
}

// Snapshot makes a cluster. It has no nodes yet, only workloads, what they may run on, and what binds them.
func Snapshot(opts Options, cat pricing.Catalog) planner.Snapshot {
	opts = opts.WithDefaults(cat)
	g := generator{
		rng:  rand.New(rand.NewPCG(opts.Seed, stream)),
		opts: opts,
		spot: hasSpot(cat),
		seen: map[string]bool{},
	}
	terms := []string{pricing.OnDemand}
	if g.spot {
		terms = append(terms, pricing.Spot)
	}
	offers, left := fleet.Offers(cat, fleet.Options{Zones: opts.Zones, CapacityTypes: terms, Overhead: daemonSets})
	g.offers = offers
	g.menu = newMenu(offers)
	g.dealTraits()
	for i := range g.traits {
		g.addWorkload(i)
	}
	g.snap.Offers = offers
	g.snap.Catalog = fleet.Ref(cat)
	g.snap.Source = fmt.Sprintf("synthetic cluster: seed %d, %d pods in %d shapes", opts.Seed, opts.Pods, opts.Shapes)
	g.snap.Digest = digest(opts, g.snap.Catalog.Digest)
	g.addNotes(left)
	return g.snap
}

func hasSpot(cat pricing.Catalog) bool {
	return slices.ContainsFunc(cat.Types, func(t pricing.InstanceType) bool {
		return slices.ContainsFunc(t.Offerings, func(o pricing.Offering) bool { return o.CapacityType == pricing.Spot })
	})
}

// digest names what the cluster was made from.
func digest(opts Options, catalog string) string {
	data, err := json.Marshal([]any{"synth/1", opts, catalog})
	if err != nil {
		panic(fmt.Sprintf("synth: options are plain data, yet they do not encode: %v", err))
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// dealTraits gives each shape its replicas and its traits. The shares are met exactly, rounded to whole shapes.
func (g *generator) dealTraits() {
	n := g.opts.Shapes
	g.traits = make([]trait, n)
	g.mark(share(n, g.opts.GPUPercent), func(*trait) bool { return g.menu.hasGPUs() }, func(t *trait) { t.gpu = true })
	with := g.count(func(t trait) bool { return t.gpu })
	sliced := share(with, migPercent)
	if with > 1 {
		sliced = max(sliced, 1) // "MIG among them"
	}
	g.mark(sliced, func(t *trait) bool { return t.gpu && len(g.menu.sliced) > 0 }, func(t *trait) { t.mig = true })
	g.dealReplicas(with)
	g.mark(share(n, pinnedPercent), func(*trait) bool { return true }, func(t *trait) { t.pinned = true })
	g.mark(share(n, spreadPercent), func(t *trait) bool { return !t.pinned && t.replicas >= int64(len(g.opts.Zones)) },
		func(t *trait) { t.spread = true })
	g.mark(share(n, hostMaxPercent), func(t *trait) bool { return t.replicas > 1 && t.replicas <= hostMaxReplicas },
		func(t *trait) { t.alone = true })
}

// mark gives a trait to so many of the shapes that may have it, drawn at random; to fewer where there are not enough.
func (g *generator) mark(most int, may func(*trait) bool, give func(*trait)) {
	for _, i := range g.rng.Perm(len(g.traits)) {
		if most > 0 && may(&g.traits[i]) {
			give(&g.traits[i])
			most--
		}
	}
}

func (g *generator) count(has func(trait) bool) int {
	n := 0
	for _, t := range g.traits {
		if has(t) {
			n++
		}
	}
	return n
}

// share is a percentage of n, rounded to the nearest whole.
func share(n, percent int) int { return max(0, (n*percent+50)/100) }

// dealReplicas gives the shapes with GPUs their share of the pods and the others the rest.
func (g *generator) dealReplicas(with int) {
	pods, n := g.opts.Pods, len(g.traits)
	gpuPods := max(share(pods, g.opts.GPUPercent), with)
	switch {
	case with == 0:
		gpuPods = 0
	case with == n:
		gpuPods = pods
	default:
		gpuPods = min(gpuPods, pods-(n-with))
	}
	byKind := map[bool][]int64{true: zipf(gpuPods, with), false: zipf(pods-gpuPods, n-with)}
	for _, i := range g.rng.Perm(n) {
		left := byKind[g.traits[i].gpu]
		g.traits[i].replicas, byKind[g.traits[i].gpu] = left[0], left[1:]
	}
}

// zipf shares out a total so that the r-th of n gets about 1/r of the first, and each at least one. The sum is exact:
// what rounding leaves over goes to the first ones.
func zipf(total, n int) []int64 {
	if n == 0 {
		return nil
	}
	const scale = 1_000_000
	var weights int64
	for r := range n {
		weights += scale / int64(r+1)
	}
	counts := make([]int64, n)
	rest := int64(total - n)
	left := rest
	for r := range counts {
		part := rest * (scale / int64(r+1)) / weights
		counts[r] = 1 + part
		left -= part
	}
	for r := range left { // fewer than n: each part lost less than one
		counts[r]++
	}
	return counts
}

// addNotes says what was made, and what it cannot show.
func (g *generator) addNotes(left []planner.Note) {
	g.snap.Notes = append(g.snap.Notes, planner.Note{Severity: planner.Info, Text: fmt.Sprintf(
		"synthetic: %d shapes have GPUs (%d of them MIG slices), %d are pinned to a zone, %d spread over zones, %d alone on "+
			"their nodes; the distributions are chosen, not measured (simulations/synth)",
		g.count(func(t trait) bool { return t.gpu }), g.count(func(t trait) bool { return t.mig }),
		g.count(func(t trait) bool { return t.pinned }), g.count(func(t trait) bool { return t.spread }),
		g.count(func(t trait) bool { return t.alone }))})
	if !g.spot {
		g.snap.Notes = append(g.snap.Notes, planner.Note{Severity: planner.Info, Object: "catalog",
			Text: "it has no spot prices: all nodes are on demand, and which pods would run on spot makes no difference"})
	}
	if g.opts.GPUPercent > 0 && !g.menu.hasGPUs() {
		g.snap.Notes = append(g.snap.Notes, planner.Note{Severity: planner.Warning, Object: "catalog",
			Text: "it has no priced NVIDIA card: no pod has a GPU"})
	}
	g.snap.Notes = append(g.snap.Notes, left...)
}
