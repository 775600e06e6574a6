package proposal

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// ErrDesign says that a design cannot be written as objects; the text names every fault.
var ErrDesign = errors.New("a design that cannot be written")

// Drifted is a node that Karpenter would replace after an edit of its NodePool.
type Drifted struct {
	Node   string `json:"node"`
	Reason string `json:"reason"`
}

// DriftFunc says which nodes of a NodePool drift when it is edited: both NodePools as JSON. It is Karpenter's own code
// behind a value, so that this package can be tested without.
type DriftFunc func(old, edited []byte, nodes []*corev1.Node) ([]Drifted, error)

// Input is all that a proposal depends on.
type Input struct {
	Plan     planner.Plan      // what was planned, with its digest
	Document []byte            // the plan as it is written to plan.json; nil: none is written
	Built    planner.Built     // the design, and what Karpenter builds of it
	BuiltAt  *pricing.Micro    // what that costs an hour; null: not known
	Snapshot *planner.Snapshot // that the plan was made from
	Objects  *kube.Objects     // that the snapshot was made from
	Catalog  pricing.Catalog   // whose prices the plan has
	List     pricing.Catalog   // whose prices Karpenter has; types that are cheaper in Catalog get an overlay. Zero: none do
	Drift    DriftFunc         // nil: an edit of a NodePool that exists is refused
	Headroom int32             // percent of each steered workload's pods to keep room for; 0: none
	Requests []byte            // patches of the requests that the plan was made for, see package manifest; nil: those of today
	Version  string            // of Tenon
	Command  string            // that makes the same proposal again
}

// Kinds of file in a proposal's folder, in the order in which they are applied.
const (
	KindConfig  = "config"  // of the GPU operator or the device plugin: merged by hand
	KindDaemons = "daemons" // patch of a DaemonSet, so that it runs on the new nodes
	KindOverlay = "overlay"
	KindPool    = "pool"
	KindPatch   = "patch" // of a steered workload
	KindBuffer  = "buffer"
	KindRequest = "requests" // patches of requests that the plan was made for
	KindAbout   = "about"    // README, plan, diff, kustomization
)

// File is one file of a proposal's folder.
type File struct {
	Path string `json:"path"` // with slashes
	Kind string `json:"kind"`
	Data []byte `json:"-"`
	// Object is what a patch is for.
	Object planner.Ref `json:"object,omitzero"`
}

// Edit is one pool to have, with everything that belongs to it.
type Edit struct {
	Pool    string   `json:"nodePool"`
	Base    string   `json:"base,omitempty"`
	Steered bool     `json:"steered"`
	Nodes   int64    `json:"nodes"` // that Karpenter builds of it
	Files   []string `json:"files"` // in the order in which they are applied
	// CostToday is what the nodes of today cost that its workloads take, by their share: see share.go. CostThen is the pool's.
	CostToday pricing.Micro `json:"costTodayPerHour"`
	CostThen  pricing.Micro `json:"costThenPerHour"`
	Saving    pricing.Micro `json:"savingPerHour"`
	// PerNode is the saving for each node that is disrupted, one at least: what edits are ranked by.
	PerNode pricing.Micro `json:"savingPerNode"`
	Grows   bool          `json:"requestsGrow"` // of some workload: such edits come first
	Small   bool          `json:"small"`        // saves less than a hundredth of all: it may be left out
	Radius  Radius        `json:"radius"`
	Notes   []string      `json:"notes"`

	pending int64 // pods of its workloads that do not run today
}

// Radius is what an edit disturbs, counted exactly from the objects of today.
type Radius struct {
	Restarts  int64     `json:"podsRestarted"`   // pods of steered workloads: each starts anew once, on another node
	Losing    []string  `json:"nodesLosingPods"` // nodes that those leave, and nodes that drift; sorted
	Emptied   []string  `json:"nodesEmptied"`    // of those, nodes that have no planned pod left once this edit and those before are done
	Drifted   []Drifted `json:"nodesDrifted"`    // nodes that Karpenter replaces
	Evicted   int64     `json:"podsEvicted"`     // other pods on nodes that drift
	Protected []string  `json:"doNotDisrupt"`    // pods with karpenter.sh/do-not-disrupt among both
	Guarded   []Guard   `json:"budgets"`         // PodDisruptionBudgets over them
	Jobs      []string  `json:"jobs"`            // pods of Jobs among both
	Long      []string  `json:"longRunning"`     // pods that nobody starts again and that have run for an hour or more
	Bound     []string  `json:"boundToZones"`    // pods whose volumes lie in a zone
}

// Guard is a PodDisruptionBudget with pods of an edit behind it.
type Guard struct {
	Name    string `json:"name"` // namespace/name
	Pods    int64  `json:"pods"`
	Allowed int64  `json:"allowed"` // disruptions that it allows now
}

// Disrupted is how many nodes an edit disrupts.
func (r Radius) Disrupted() int64 { return int64(len(r.Losing)) }

// Proposal is a design as edits and files. It is not changed once made.
type Proposal struct {
	Version     string             `json:"tenon"`
	Karpenter   string             `json:"karpenter"`
	InputDigest string             `json:"inputDigest"`
	PlanDigest  string             `json:"planDigest"`
	Catalog     planner.CatalogRef `json:"catalog"`
	Command     string             `json:"command"`
	Source      string             `json:"source"`
	// Today is null where the input has no nodes; AsIs and Built are what Karpenter builds of today's NodePools and of the proposal's.
	Today *pricing.Micro `json:"todayPerHour"`
	AsIs  *pricing.Micro `json:"asIsPerHour"`
	// AsIsUnplaced are pods for which today's NodePools make no node: AsIs is then of fewer pods.
	AsIsUnplaced int64          `json:"asIsUnplaced"`
	Planned      pricing.Micro  `json:"plannedPerHour"`
	Built        *pricing.Micro `json:"karpenterPerHour"`
	LowerBound   pricing.Micro  `json:"lowerBoundPerHour"`
	Edits        []Edit         `json:"edits"`    // in the order in which they are applied
	Gates        []string       `json:"gates"`    // Karpenter's feature gates that are needed
	Checks       []string       `json:"checks"`   // what to see to before
	ByHand       []string       `json:"byHand"`   // workloads that no patch can steer, with the reason
	Notes        []planner.Note `json:"notes"`    // of what was assumed or left out
	Unplaced     int64          `json:"unplaced"` // pods that Karpenter finds no node for
	Files        []File         `json:"files"`    // sorted by path
}

// Make works out a proposal. The same input gives the same bytes.
func Make(in Input) (Proposal, error) {
	d := &draft{Input: in}
	d.read()
	if err := d.validate(); err != nil {
		return Proposal{}, err
	}
	if err := d.write(); err != nil {
		return Proposal{}, err
	}
	d.measure()
	d.rank()
	return d.finish()
}

// say adds a note once.
func (d *draft) say(severity planner.Severity, object, format string, args ...any) {
	n := planner.Note{Severity: severity, Object: object, Text: fmt.Sprintf(format, args...)}
	for _, old := range d.out.Notes {
		if old == n {
			return
		}
	}
	d.out.Notes = append(d.out.Notes, n)
}
