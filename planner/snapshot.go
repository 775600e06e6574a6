package planner

import (
	"time"

	"github.com/tenon-sh/tenon/pricing"
)

// Resources are amounts of what a node gives and a pod asks: milli-CPU, MiB, pods and
// extended resources by name. Whole GPUs and MIG slices are not in here: see GPUNeed and Cards.
type Resources = pricing.Capacity

// Snapshot is what is known of a cluster at one instant.
type Snapshot struct {
	Source  string    // the file, folder or recording that it was read from
	Digest  string    // "sha256:…" of the input's bytes
	At      time.Time // the input's own instant; zero where the input names none
	Catalog CatalogRef
	Terms   Terms // what is asked of the plan
	// SpotPools are the interruption pools that Terms.SpotPoolPercent is applied to, sorted: those that were above their
	// share without. A bound for fewer pools holds for all.
	SpotPools []SpotPool

	Workloads []Workload // sorted by Ref, then Shape
	Offers    []Offer    // kinds of node that can be had, and nodes that exist
	Rules     []Rule     // what binds workloads to each other
	Limits    []Limit    // NodePool limits
	Nodes     []Node     // the nodes of today, sorted by name
	// NodesKnown says that Nodes is today's whole fleet, so that a cost of today can be given.
	NodesKnown bool
	Namespaces []Namespace // sorted by name; those without limits and quotas are left out
	Stuck      []Unplaced  // pods known to be unplaceable before anything is solved, with the reason
	Notes      []Note      // everything that was read and not obeyed, or assumed
}

// CatalogRef names the catalog whose prices and sizes were used.
type CatalogRef struct {
	Name     string `json:"name"`
	Region   string `json:"region"`
	Currency string `json:"currency"`
	Date     string `json:"date"`
	Source   string `json:"source"`
	Types    int    `json:"types"`
	Digest   string `json:"digest"`
}

// Ref names a Kubernetes object or a pod of a recording.
type Ref struct {
	Namespace string `json:"namespace,omitempty"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
}

// String prints "namespace/Kind/name", or "Kind/name" for what has no namespace.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Namespace + "/" + r.Kind + "/" + r.Name
}

// Workload is a set of interchangeable pods: same owner, same requests, same constraints.
type Workload struct {
	Ref         Ref
	Shape       int       // 0 for the first kind of pod of this Ref; 1, 2 … where its pods differ
	Replicas    int64     // pods to place
	Requests    Resources // of one pod: containers, init containers, sidecars and overhead; Pods is 1
	GPU         GPUNeed
	Constraints []Constraint // each with the offers that it allows; all must hold
	HostMax     int64        // at most so many of these pods on one node; 0: no limit
	Priority    int32        // of the pods' PriorityClass; higher is placed first when not all fit
	Today       []Location   // where its pods run now, sorted by node
	Soft        []string     // preferences that are counted and not obeyed, in the API's words
	QoS         string       // Guaranteed, Burstable, BestEffort, or a recording's own word
	Labels      []string     // of the pods, "key=value", sorted: what a policy's classes may look at
	Containers  []Container  // of each pod, init containers first; nil: only their sum is known
	Scaler      *Scaler      // nil: nobody changes the number of pods
	Pods        []string     // names of today's pods, sorted
}

// Location is a number of pods on one node of today.
type Location struct {
	Node string
	Pods int64
}

// GPUNeed is what one pod asks of GPUs. At most one of the three is set.
type GPUNeed struct {
	Whole      int64            // whole cards, all in one node
	ShareMilli int64            // thousandths of ONE card, below 1000; met by a time-sliced card
	Slices     map[string]int64 // MIG slices by profile name as the device plugin's resource names it: "1g.10gb"
	// ByModel overrides the need on cards of one model (gpu.Model.Key); a model that is absent
	// from a non-nil map cannot carry the pod. It serves shares that are met by MIG slices.
	ByModel map[string]GPUNeed
}

// Zero reports whether the pod asks for no GPU at all.
func (g GPUNeed) Zero() bool {
	return g.Whole == 0 && g.ShareMilli == 0 && len(g.Slices) == 0 && len(g.ByModel) == 0
}

// Constraint is one reason why a pod may run on some offers only.
type Constraint struct {
	Kind   string // nodeSelector, nodeAffinity, taints, gpuModel, volume, arch, os, pool, pinned, …
	Text   string // in the API's words: "kubernetes.io/arch In [arm64]"
	Offers Set    // the offers that it allows
}

// Cards are the GPUs of one node.
type Cards struct {
	Model string // gpu.Model.Key; "" for none
	Count int64
	// Live has the memory slices in use of each card, as bit masks, for an existing node whose
	// MIG instances must stay; nil or all zero: cards are free to be laid out anew.
	Live []uint64
	// Taken is the number of cards that pods which stay hold whole.
	Taken int64
	// Fixed, where not nil, says that the card's layout may not be changed: instances of each
	// profile name that exist and are free. A node whose MIG layout is set by its NodePool has it.
	Fixed map[string]int64
	// Shareable says that one card may be time-sliced among pods that ask for a share.
	Shareable bool
	// Partitionable says that new MIG instances may be made.
	Partitionable bool
}

// Offer is a kind of node that can be had: an instance type under a NodePool in a zone at a
// capacity type; or a node that exists already.
type Offer struct {
	Pool         string // NodePool; "" where there is none
	InstanceType string
	Zone         string
	CapacityType string // on-demand, spot, reserved
	Arch         string
	PriceMicro   pricing.Micro // an hour of one such node
	Allocatable  Resources     // what pods and DaemonSets may use
	Overhead     Resources     // DaemonSet and static pods that every such node carries
	Used         Resources     // pods that stay on this existing node whatever is planned
	Capacity     Resources     // what counts against the NodePool's limits (whole machine); "nvidia.com/gpu" in Extended
	Cards        Cards
	Max          int64    // how many can be had; 0: no limit
	Nodes        []string // names of the existing nodes of this kind, sorted; nil for one to be made
	Held         bool     // its nodes stay whatever is planned: their price is sunk
	Weight       int32    // of the NodePool
	Note         string   // anything a reader should know: "priced as on-demand: no spot price in the catalog"
}

// RuleKind says how a Rule binds.
type RuleKind string

// The kinds of Rule. "Members" and "Others" index Snapshot.Workloads.
const (
	HostCap      RuleKind = "host-cap"      // at most Max pods of all Members together on one node
	HostConflict RuleKind = "host-conflict" // no pod of Members on a node with a pod of Others
	HostTogether RuleKind = "host-together" // all pods of Members on one single node
	HostFollow   RuleKind = "host-follow"   // a pod of Members only on a node with a pod of Others
	ZoneSpread   RuleKind = "zone-spread"   // pods of Members by zone differ by at most Max
	ZoneCap      RuleKind = "zone-cap"      // at most Max pods of Members in one zone
	ZoneConflict RuleKind = "zone-conflict" // no zone has pods of both Members and Others
	ZoneTogether RuleKind = "zone-together" // all pods of Members in one zone
	ZoneFollow   RuleKind = "zone-follow"   // Members only in zones that have a pod of Others
)

// Rule binds pods of workloads to each other by node or by zone.
type Rule struct {
	Kind    RuleKind
	Members []int
	Others  []int
	Max     int64
	Zones   []string         // the zones that count for a spread, sorted; nil: every zone that Members may use
	Base    map[string]int64 // pods that stay and count, by zone
	Text    string           // in the API's words, with the object's name
}

// Limit is one NodePool limit over the nodes of the pool.
type Limit struct {
	Pool     string
	Resource string // cpu (milli), memory (MiB), nodes, nvidia.com/gpu, …
	Max      int64
}

// Node is a node of today.
type Node struct {
	Name         string
	InstanceType string
	Zone         string
	CapacityType string
	Pool         string
	PriceMicro   pricing.Micro
	Priced       bool // false: no price is known; it is outside all costs
	Held         bool // it stays
	Pods         int64
	Allocatable  Resources
	Requested    Resources
	Reason       string // why it is held or left out; "" otherwise
	GPU          string // gpu.Model.Key
	GPUs         int64
}

// Unplaced is a number of pods that no node can carry, and why.
type Unplaced struct {
	Workload string `json:"workload"`
	Count    int64  `json:"count"`
	Reason   string `json:"reason"`
}

// Severity ranks a Note.
type Severity string

// The severities, from what only explains to what changes how far the plan can be believed.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
)

// Note is something that the reader must know: an object or field that was read and not
// obeyed, an assumption, a preference that was only counted.
type Note struct {
	Severity Severity `json:"severity"`
	Object   string   `json:"object,omitempty"` // "namespace/Kind/name"
	Text     string   `json:"text"`
}
