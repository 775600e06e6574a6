package planner

import "github.com/tenon-sh/tenon/pricing"

// Pool is a NodePool to have, as far as it bears on which nodes are built: what a packing becomes so that Karpenter, which
// packs greedily, builds something close to it. It is made by planner/raise/pools and written as YAML by
// controllers/proposal.
type Pool struct {
	Name string `json:"name"` // a DNS label, stable for equal content
	// Base is today's NodePool whose template, taints and labels it copies and whose requirements it keeps and narrows; "":
	// there is none.
	Base          string   `json:"base,omitempty"`
	InstanceTypes []string `json:"instanceTypes"` // sorted; at least one
	Zones         []string `json:"zones,omitempty"`
	CapacityTypes []string `json:"capacityTypes"`
	Weight        int32    `json:"weight"` // 1 to 100; above that of its base
	// Steered says that only the workloads below may use it: it has a taint of its own, and they a selector and a
	// toleration. Else it is open to every pod that its base takes.
	Steered bool `json:"steered"`
	// Slices are MIG slices of ONE node by profile name, where its cards are cut before pods come (nvidia.com/mig.config);
	// Layouts the cut of each card, card by card.
	Slices  map[string]int64 `json:"slices,omitempty"`
	Layouts [][]PlanMIG      `json:"layouts,omitempty"`
	// Replicas are the devices that the device plugin makes of each card by time slicing; 0: cards are whole. A pod asks
	// for as many as its share of a card is, rounded up.
	Replicas int64 `json:"replicas,omitempty"`
	// NodesMost, where not 0, is how many nodes it may have. Each of its workloads is then also in a pool without, which takes
	// what is left over. It goes with one instance type.
	NodesMost int64 `json:"nodesMost,omitempty"`
	// Works are the workloads that are steered to it, or, where it is open to all, those most of whose pods Karpenter puts there; by
	// name, sorted.
	Works        []PoolWork    `json:"workloads"`
	Nodes        int64         `json:"nodes"`        // that Karpenter builds of it
	PricePerHour pricing.Micro `json:"pricePerHour"` // of those
}

// PoolWork is a workload of a Pool.
type PoolWork struct {
	Workload string `json:"workload"`
	// Requests, where not nil, are what each pod should ask for instead: a request next to a divisor of a node, brought to it.
	Requests *Resources `json:"requests,omitempty"`
}

// Built is what Karpenter's own scheduler builds, in process, of a plan's pools and pods.
type Built struct {
	Version  string `json:"version"`  // of Karpenter
	Nodes    int64  `json:"nodes"`    // with those that stay
	Unplaced int64  `json:"unplaced"` // pods of the plan that it finds no node for
	// PerHour is the price of those nodes: Cost.KarpenterPerHour.
	PerHour pricing.Micro `json:"perHour"`
	// AsIsPerHour is what it would build of today's NodePools for the same pods; where there are none, of one that is open to
	// every type. Null: not looked at.
	AsIsPerHour *pricing.Micro `json:"asIsPerHour"`
	// AsIsUnplaced are pods that it finds no node for then: where there are any, AsIsPerHour is of fewer pods.
	AsIsUnplaced int64  `json:"asIsUnplaced"`
	Pools        []Pool `json:"nodePools"` // those to have, by falling weight, then name
	Notes        []Note `json:"notes"`
}
