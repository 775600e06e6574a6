package planner

import (
	"encoding/json"
	"time"

	"github.com/tenon-sh/tenon/pricing"
)

// The wire form's name and version.
const (
	APIVersion = "tenon.sh/v1alpha1"
	PlanKind   = "Plan"
)

// Plan is the answer: which nodes to have, what runs where, what it costs now, as planned, and
// at the proven lower bound. It is self-contained: Proof holds the problem, the packing and the
// certificate in integers, so that `tenon verify` needs nothing else.
type Plan struct {
	APIVersion  string      `json:"apiVersion"`
	Kind        string      `json:"kind"`
	InputDigest string      `json:"inputDigest"` // sha256 of the bytes that the Snapshot was read from
	Source      string      `json:"source"`
	At          *time.Time  `json:"at,omitempty"`
	Catalog     CatalogRef  `json:"catalog"`
	Cost        Cost        `json:"cost"`
	Nodes       []PlanNode  `json:"nodes"`
	Placements  []Placement `json:"placements"`
	Workloads   []PlanWork  `json:"workloads"`
	Unplaced    []Unplaced  `json:"unplaced"`
	Today       []TodayNode `json:"today"`
	Changes     Changes     `json:"changes"`
	// Karpenter is what its own scheduler builds of the plan, and of which NodePools; null: not replayed.
	Karpenter *Built `json:"karpenter"`
	Solver    Solver `json:"solver"`
	Notes     []Note `json:"notes"`
	// Rightsizing is there where the plan was made for other requests than the pods have: see engine.Joint.
	Rightsizing *Rightsizing `json:"rightsizing,omitempty"`
	// Proof is the canonical JSON of planner/engine's proof: problem, packing, certificate, and
	// what joins them to the names above.
	Proof  json.RawMessage `json:"proof"`
	Digest string          `json:"digest"` // sha256 of this document without this field
}

// Cost is money an hour. All values are exact decimals of Micro.
type Cost struct {
	Currency       string         `json:"currency"`
	NowPerHour     *pricing.Micro `json:"nowPerHour"` // null: the input has no nodes
	PlannedPerHour pricing.Micro  `json:"plannedPerHour"`
	// MovesPerHour is what the plan pays for moves, where these have a price (MovePricePerHour): not money that anybody is
	// billed, and no part of plannedPerHour. The bound is then of planned and moves together.
	MovesPerHour      *pricing.Micro `json:"movesPerHour,omitempty"`
	MovePricePerHour  *pricing.Micro `json:"movePricePerHour,omitempty"` // of one pod
	KarpenterPerHour  *pricing.Micro `json:"karpenterPerHour"`           // of the nodes that Karpenter builds: see Plan.Karpenter; null: not replayed
	LowerBoundPerHour pricing.Micro  `json:"lowerBoundPerHour"`          // no plan costs less, planned and moves together
	GapPercent        float64        `json:"gapPercent"`                 // (planned+moves-lowerBound)/lowerBound·100, rounded up to 0.0001
	HeldPerHour       pricing.Micro  `json:"heldPerHour"`                // the part of planned that nobody may change: nodes that stay
	SavedPercent      *float64       `json:"savedPercent"`               // (now-planned)/now·100; null without now
	UnpricedNodes     int            `json:"unpricedNodesToday"`         // nodes of today that are in no figure
}

// PlanNode is a number of equal nodes: same offer, same content.
type PlanNode struct {
	ID           string        `json:"id"`              // "n1", "n2" …: stable within the plan
	Names        []string      `json:"names,omitempty"` // today's nodes that serve as these; the rest are new
	Pool         string        `json:"nodePool,omitempty"`
	InstanceType string        `json:"instanceType"`
	Zone         string        `json:"zone"`
	CapacityType string        `json:"capacityType"`
	Arch         string        `json:"arch,omitempty"`
	Count        int64         `json:"count"`
	PricePerHour pricing.Micro `json:"pricePerHour"` // of one node
	Held         bool          `json:"held,omitempty"`
	GPUModel     string        `json:"gpuModel,omitempty"`
	GPUs         []PlanGPU     `json:"gpus,omitempty"` // the cards of one node
	Allocatable  Resources     `json:"allocatable"`
	DaemonSets   Resources     `json:"daemonSets"` // overhead on one node
	Stay         Resources     `json:"stay"`       // pods that are not planned and stay
	Requested    Resources     `json:"requested"`  // by the pods placed on one node
	Pods         []NodePods    `json:"pods"`       // on ONE node
	Note         string        `json:"note,omitempty"`
}

// NodePods is how many pods of a workload one node carries.
type NodePods struct {
	Workload string `json:"workload"`
	Count    int64  `json:"count"`
}

// PlanGPU is one card of a node: given whole, cut in MIG slices, shared by time, or idle.
type PlanGPU struct {
	Index  int        `json:"index"`
	Mode   string     `json:"mode"`             // whole, mig, shared, idle, live (instances of today that stay)
	Layout []PlanMIG  `json:"layout,omitempty"` // largest first, as the driver accepts them
	Shares []PlanPart `json:"shares,omitempty"`
	User   string     `json:"workload,omitempty"` // of a card that one pod has whole
}

// PlanMIG is one MIG instance.
type PlanMIG struct {
	Profile  string `json:"profile"`
	Start    int    `json:"start"` // first memory slice
	Size     int    `json:"size"`  // memory slices
	Workload string `json:"workload,omitempty"`
}

// PlanPart is a share of a time-sliced card.
type PlanPart struct {
	Workload string `json:"workload"`
	Milli    int64  `json:"milli"` // thousandths of the card
	Count    int64  `json:"count"`
}

// Placement says how many pods of a workload lie on nodes of one ID, over all its nodes.
type Placement struct {
	Workload string `json:"workload"`
	Node     string `json:"node"` // PlanNode.ID
	Count    int64  `json:"count"`
}

// PlanWork is a workload as it was planned.
type PlanWork struct {
	Workload    string           `json:"workload"`
	Replicas    int64            `json:"replicas"`
	Requests    Resources        `json:"requests"`
	GPU         string           `json:"gpu,omitempty"` // "2 × GPU", "460/1000 of a card", "1g.10gb"
	Priority    int32            `json:"priority,omitempty"`
	Moves       int64            `json:"moves"`       // pods of today that change their node
	PricePerPod pricing.Micro    `json:"pricePerPod"` // shadow price: what one more pod adds to the lower bound
	Offers      int              `json:"offers"`      // kinds of node that can carry it
	Constraints []PlanConstraint `json:"constraints,omitempty"`
	Soft        []string         `json:"preferences,omitempty"`
}

// PlanConstraint is one reason that narrows where a workload may run, and its price.
type PlanConstraint struct {
	Kind     string        `json:"kind"`
	Text     string        `json:"text"`
	Excludes int           `json:"excludes"`   // offers that it alone takes away
	PerPod   pricing.Micro `json:"costPerPod"` // shadow price: how much less one pod would add to the lower bound without it
}

// TodayNode is what becomes of a node of today.
type TodayNode struct {
	Name         string         `json:"name"`
	InstanceType string         `json:"instanceType"`
	Zone         string         `json:"zone,omitempty"`
	CapacityType string         `json:"capacityType,omitempty"`
	Pool         string         `json:"nodePool,omitempty"`
	PricePerHour *pricing.Micro `json:"pricePerHour"`   // null: no price is known
	Fate         string         `json:"fate"`           // keep, remove, held, outside
	Node         string         `json:"node,omitempty"` // PlanNode.ID where kept
	Reason       string         `json:"reason,omitempty"`
}

// Changes counts what the plan would do to today's cluster.
type Changes struct {
	Keep   int64 `json:"nodesKept"`
	Add    int64 `json:"nodesAdded"`
	Remove int64 `json:"nodesRemoved"`
	Moves  int64 `json:"podsMoved"`
	Stay   int64 `json:"podsStaying"`
}

// Solver says what was done to find the answer. Work is counted, never timed.
type Solver struct {
	Status     string `json:"status"` // optimal, feasible, empty
	Iterations int64  `json:"iterations"`
	Columns    int64  `json:"columns"`
	Pivots     int64  `json:"pivots"`
	Shapes     int    `json:"shapes"`
	Offers     int    `json:"offers"`
	Pruned     int    `json:"offersAfterPruning"`
	Components int    `json:"components"`
}
