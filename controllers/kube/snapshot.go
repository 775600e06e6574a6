package kube

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// ErrCatalog says that there is nothing to plan with.
var ErrCatalog = errors.New("the catalog has no instance type")

// Options of Snapshot. The zero value is usable.
type Options struct {
	// At is the instant that the snapshot is of; zero: Objects.At. It decides whether a pod's do-not-disrupt duration
	// has run out, nothing else.
	At time.Time
	// Offers is how many offers may come out; 0: 200,000. Pools whose offers go beyond it are cut, with a warning.
	Offers int
	// Variants is how many combinations of custom label values one NodePool may be expanded to; 0: 32.
	Variants int
}

// WithDefaults returns a copy with every zero field filled in.
func (o Options) WithDefaults() Options {
	o.Offers = cmp.Or(o.Offers, 200_000)
	o.Variants = cmp.Or(o.Variants, 32)
	return o
}

// Snapshot translates a cluster. The result depends on the content of o only, not on the order of its lists. Equal
// things are ordered: Workloads by Ref and within it by the canonical text of their shape, Offers first those to be
// made (by pool, type, zone, capacity type), then existing ones by the name of their first node, Rules by kind and text.
func Snapshot(o *Objects, cat pricing.Catalog, opts Options) (planner.Snapshot, error) {
	if len(cat.Types) == 0 {
		return planner.Snapshot{}, ErrCatalog
	}
	opts = opts.WithDefaults()
	if opts.At.IsZero() {
		opts.At = o.At
	}
	t := &translation{in: o.sorted(), cat: cat, opts: opts}
	t.resolveOwners()
	t.readTemplates()
	t.readKeys()
	t.readNodes()
	t.hold()
	t.demand()
	t.findZones()
	t.offers = append(t.newOffers(), t.existingOffers()...)
	t.tabulate()
	t.addDaemons()
	t.constrain()
	t.bind()
	return t.snapshot(), nil
}

// translation is one run of Snapshot: its inputs, and what the steps hand to each other. A field is written by the
// step that it is named under and only read afterwards.
type translation struct {
	in    *Objects
	cat   pricing.Catalog
	opts  Options
	notes notebook

	overlayList *[]*NodeOverlay          // overlays, once they have been asked for
	owners      map[ownerKey]planner.Ref // resolveOwners: of pods, by the controller they name
	controllers []controller             // readTemplates: who wants how many pods
	daemonSets  []daemonSet              // readTemplates
	nodeKeys    map[string]map[string]bool
	podKeys     map[string]bool // readKeys: labels of pods that some selector looks at
	nodes       []*node         // readNodes, sorted by name
	nodeAt      map[string]*node
	groups      []*group // demand
	gated       int64
	zones       []string // findZones
	region      string
	offers      []*offer // newOffers, existingOffers
	table       *table   // tabulate
	taintRows   []taintRow
	tolerated   map[string]planner.Set
	everyGroup  []*group       // bind: with those that got stuck in it
	stayers     []stayer       // bind
	rowOf       map[string]int // bind: the offer of each node
	index       *index         // bind
	bound       []rule         // bind
	rules       []planner.Rule // bind
	stuck       []planner.Unplaced
}

// snapshot assembles the result.
func (t *translation) snapshot() planner.Snapshot {
	s := planner.Snapshot{
		Source: t.in.Source, Digest: t.in.Digest, At: t.opts.At,
		Catalog: planner.CatalogRef{
			Name: t.cat.Name, Region: t.cat.Region, Currency: t.cat.Currency, Date: t.cat.Date,
			Source: t.cat.Source, Types: len(t.cat.Types), Digest: t.cat.Digest(),
		},
		NodesKnown: len(t.nodes) > 0,
		Rules:      t.rules,
		Limits:     t.limits(),
	}
	scalers := t.scalers()
	for _, g := range t.groups {
		g.workload.Scaler = scalers[g.workload.Ref]
		s.Workloads = append(s.Workloads, g.workload)
	}
	s.Namespaces = t.namespaces()
	for _, o := range t.offers {
		s.Offers = append(s.Offers, o.Offer)
	}
	for _, n := range t.nodes {
		s.Nodes = append(s.Nodes, n.summary())
	}
	slices.SortFunc(t.stuck, func(a, b planner.Unplaced) int {
		return cmp.Or(strings.Compare(a.Workload, b.Workload), strings.Compare(a.Reason, b.Reason))
	})
	s.Stuck = t.stuck
	s.Notes = append(slices.Clone(t.in.Notes), t.notes.list()...)
	return s
}
