package engine

import (
	"time"

	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/lower"
	"github.com/tenon-sh/tenon/pricing"
)

// proof is the content of planner.Plan.Proof.
type proof struct {
	Snapshot wireSnapshot  `json:"snapshot"`
	Index    wireIndex     `json:"index"`
	Problem  model.Problem `json:"problem"`
	Packing  model.Packing `json:"packing"`
	// Rightsizing is there where requests were chosen: the Snapshot then has those.
	Rightsizing *wireRightsizing `json:"rightsizing,omitempty"`
	// Built is what Karpenter's scheduler said. Nobody can recompute it without that scheduler: it is history.
	Built *planner.Built `json:"built,omitempty"`
}

// wireIndex names the problem's integers for readers of other tools. Verify recomputes it.
type wireIndex struct {
	Dims    []string       `json:"dims"`
	Domains [][]string     `json:"domains"`
	Cards   []wireCardKind `json:"cards,omitempty"`
	Items   []wireItem     `json:"items"`
	Bins    [][]int        `json:"bins"` // the offers of each kind of bin
	Sunk    pricing.Micro  `json:"sunk"`
}

type wireCardKind struct {
	Model    string `json:"model"`
	Profiles []int  `json:"profiles,omitempty"` // of planner/gpu's model
}

type wireItem struct {
	Workloads []int   `json:"workloads"`
	Pods      []int64 `json:"pods"`
	Together  bool    `json:"together,omitempty"`
}

func toIndex(x lower.Index) wireIndex {
	out := wireIndex{Dims: x.Dims, Domains: x.Domains, Items: []wireItem{}, Bins: [][]int{}, Sunk: x.Sunk}
	for _, c := range x.Cards {
		out.Cards = append(out.Cards, wireCardKind{c.Model, c.Profiles})
	}
	for _, it := range x.Items {
		w := wireItem{Together: it.Together}
		for _, p := range it.Parts {
			w.Workloads, w.Pods = append(w.Workloads, p.Workload), append(w.Pods, p.Pods)
		}
		out.Items = append(out.Items, w)
	}
	for _, b := range x.Bins {
		out.Bins = append(out.Bins, b.Offers)
	}
	return out
}

// wireSnapshot is a canonical planner.Snapshot as it is written. Equal resources and equal sets are written once and
// named by their place in a table, counted from 1; 0 is the empty one. They stand in the order of first use.
type wireSnapshot struct {
	Source     string              `json:"source"`
	Digest     string              `json:"digest"`
	At         *time.Time          `json:"at,omitempty"`
	Catalog    planner.CatalogRef  `json:"catalog"`
	Terms      *planner.Terms      `json:"terms,omitempty"` // absent: none
	SpotPools  []planner.SpotPool  `json:"spotPools,omitempty"`
	NodesKnown bool                `json:"nodesKnown,omitempty"`
	Resources  []planner.Resources `json:"resources,omitempty"`
	Sets       []string            `json:"sets,omitempty"` // of offers: bits from the lowest, eight a byte, in base64
	Workloads  []wireWorkload      `json:"workloads,omitempty"`
	Offers     []wireOffer         `json:"offers,omitempty"`
	Rules      []wireRule          `json:"rules,omitempty"`
	Limits     []wireLimit         `json:"limits,omitempty"`
	Nodes      []wireNode          `json:"nodes,omitempty"`
	Stuck      []planner.Unplaced  `json:"stuck,omitempty"`
	Notes      []planner.Note      `json:"notes,omitempty"`
}

type wireWorkload struct {
	Ref         planner.Ref      `json:"ref"`
	Shape       int              `json:"shape,omitempty"`
	Replicas    int64            `json:"replicas"`
	Requests    int              `json:"requests,omitempty"`
	GPU         *wireGPU         `json:"gpu,omitempty"`
	Constraints []wireConstraint `json:"constraints,omitempty"`
	HostMax     int64            `json:"hostMax,omitempty"`
	Priority    int32            `json:"priority,omitempty"`
	Today       []wireLocation   `json:"today,omitempty"`
	Soft        []string         `json:"preferences,omitempty"`
}

type wireGPU struct {
	Whole      int64               `json:"whole,omitempty"`
	ShareMilli int64               `json:"shareMilli,omitempty"`
	Slices     map[string]int64    `json:"slices,omitempty"`
	ByModel    *map[string]wireGPU `json:"byModel,omitempty"` // there and empty: no model will do
}

type wireConstraint struct {
	Kind   string `json:"kind"`
	Text   string `json:"text,omitempty"`
	Offers int    `json:"offers,omitempty"`
}

type wireLocation struct {
	Node string `json:"node"`
	Pods int64  `json:"pods"`
}

type wireOffer struct {
	Pool         string        `json:"pool,omitempty"`
	InstanceType string        `json:"type"`
	Zone         string        `json:"zone,omitempty"`
	CapacityType string        `json:"capacityType,omitempty"`
	Arch         string        `json:"arch,omitempty"`
	Price        pricing.Micro `json:"price"`
	Allocatable  int           `json:"allocatable,omitempty"`
	Overhead     int           `json:"overhead,omitempty"`
	Used         int           `json:"used,omitempty"`
	Capacity     int           `json:"capacity,omitempty"`
	Cards        *wireCards    `json:"cards,omitempty"`
	Max          int64         `json:"max,omitempty"`
	Nodes        []string      `json:"nodes,omitempty"`
	Held         bool          `json:"held,omitempty"`
	Note         string        `json:"note,omitempty"`
}

type wireCards struct {
	Model         string            `json:"model"`
	Count         int64             `json:"count,omitempty"`
	Live          []uint64          `json:"live,omitempty"`
	Taken         int64             `json:"taken,omitempty"`
	Fixed         *map[string]int64 `json:"fixed,omitempty"` // there and empty: cut, with nothing that anybody asks for
	Shareable     bool              `json:"shareable,omitempty"`
	Partitionable bool              `json:"partitionable,omitempty"`
}

type wireRule struct {
	Kind    planner.RuleKind `json:"kind"`
	Members []int            `json:"members"`
	Others  []int            `json:"others,omitempty"`
	Max     int64            `json:"max,omitempty"`
	Zones   []string         `json:"zones,omitempty"`
	Base    map[string]int64 `json:"base,omitempty"`
	Text    string           `json:"text,omitempty"`
}

type wireLimit struct {
	Pool     string `json:"pool"`
	Resource string `json:"resource"`
	Max      int64  `json:"max"`
}

type wireNode struct {
	Name         string         `json:"name"`
	InstanceType string         `json:"type,omitempty"`
	Zone         string         `json:"zone,omitempty"`
	CapacityType string         `json:"capacityType,omitempty"`
	Pool         string         `json:"pool,omitempty"`
	Price        *pricing.Micro `json:"price,omitempty"` // absent: none is known
	Held         bool           `json:"held,omitempty"`
	Reason       string         `json:"reason,omitempty"`
}
