// Package doctor looks for what makes a plan come out otherwise than it was computed: nodes of one NodePool that differ
// from what it declares or from each other, devices that no pod can ask for, settings of Karpenter's that a proposal
// needs, and memory that is modelled otherwise than nodes have it.
//
// Examine takes values and returns findings. A finding says what was seen, why it matters and what to do, in plain
// sentences; what is true of many nodes is one finding. What the input does not say is unknown, never good. Nothing is
// repaired and nothing is asked of a cluster.
//
// What is not looked at: what is on the nodes themselves, EC2NodeClasses, quotas of the cloud, and health of pods.
package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/controllers/kube"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Input is what is examined.
type Input struct {
	Objects *kube.Objects
	Catalog pricing.Catalog
	Version string // of the Karpenter whose scheduler Tenon runs: "v1.15.0"
}

// Finding is one thing that its owner should know.
type Finding struct {
	Severity planner.Severity `json:"severity"`
	Check    string           `json:"check"`           // what was looked for, the same word in every version
	Object   string           `json:"object"`          // "NodePool/gpu"
	Seen     string           `json:"seen"`            // what was seen
	Why      string           `json:"why"`             // why it matters
	Do       string           `json:"do"`              // what to do
	Nodes    []string         `json:"nodes,omitempty"` // those that it is about, sorted
}

// Report is what an examination found. Findings are sorted: warnings first, then by check and object.
type Report struct {
	Karpenter Karpenter `json:"karpenter"`
	Nodes     int       `json:"nodes"`
	NodePools int       `json:"nodePools"`
	Findings  []Finding `json:"findings"`
	Memory    []Memory  `json:"memory"` // by instance type
}

// Warnings counts the findings that are warnings.
func (r Report) Warnings() int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == planner.Warning {
			n++
		}
	}
	return n
}

// exam is one run: its input in order, and what has been found so far.
type exam struct {
	Input
	nodes   []*corev1.Node // by name, but for those that are leaving
	pools   []*kube.NodePool
	on      map[string][]*corev1.Node  // nodes by NodePool
	offers  []planner.Offer            // of nodes to be made
	of      map[string][]planner.Offer // the same by NodePool
	labels  []map[string]string        // of the catalog's types
	found   []Finding
	memory  []Memory
	control Karpenter
}

// Examine looks at a cluster. It fails only where the catalog is empty. The result depends on the content of the input
// only, not on its order.
func Examine(in Input) (Report, error) {
	s, err := kube.Snapshot(in.Objects, in.Catalog, kube.Options{})
	if err != nil {
		return Report{}, fmt.Errorf("read the cluster: %w", err)
	}
	e := &exam{Input: in, on: map[string][]*corev1.Node{}, of: map[string][]planner.Offer{}}
	for _, t := range in.Catalog.Types {
		e.labels = append(e.labels, kube.TypeLabels(t))
	}
	for _, n := range byName(in.Objects.Nodes) {
		if n.DeletionTimestamp == nil {
			e.nodes = append(e.nodes, n)
			e.on[poolOf(n)] = append(e.on[poolOf(n)], n)
		}
	}
	for _, p := range byName(in.Objects.NodePools) {
		if p.DeletionTimestamp == nil {
			e.pools = append(e.pools, p)
		}
	}
	for _, o := range s.Offers {
		if o.Nodes == nil {
			e.offers = append(e.offers, o)
			e.of[o.Pool] = append(e.of[o.Pool], o)
		}
	}
	e.readiness()
	e.karpenter()
	e.declared()
	e.alike()
	e.strangers()
	e.devices(s.Workloads)
	e.remember()
	e.daemons()
	slices.SortStableFunc(e.found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(string(b.Severity), string(a.Severity)), strings.Compare(a.Check, b.Check), strings.Compare(a.Object, b.Object), strings.Compare(a.Seen, b.Seen))
	})
	return Report{Karpenter: e.control, Nodes: len(e.nodes), NodePools: len(e.pools), Findings: append([]Finding{}, e.found...), Memory: append([]Memory{}, e.memory...)}, nil
}

func (e *exam) add(f Finding) { e.found = append(e.found, f) }

const poolLabel = "karpenter.sh/nodepool"

func poolOf(n *corev1.Node) string { return n.Labels[poolLabel] }

func typeOf(n *corev1.Node) string {
	return cmp.Or(n.Labels[corev1.LabelInstanceTypeStable], n.Labels[corev1.LabelInstanceType])
}

func namesOf(nodes []*corev1.Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}

// some names the first three of a list and says how many more there are.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// share is "14 nodes of 20", or "1 node of 20".
func share(n, of int) string {
	if n == 1 {
		return fmt.Sprintf("1 node of %d", of)
	}
	return fmt.Sprintf("%d nodes of %d", n, of)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func byName[T interface {
	GetNamespace() string
	GetName() string
}](list []T) []T {
	return slices.SortedStableFunc(slices.Values(list), func(a, b T) int {
		return cmp.Or(strings.Compare(a.GetNamespace(), b.GetNamespace()), strings.Compare(a.GetName(), b.GetName()))
	})
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
