package doctor

import (
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// Memory compares what the catalog says of a type with what its nodes give, in MiB. Of several nodes it is the least.
type Memory struct {
	InstanceType string `json:"instanceType"`
	Nodes        int    `json:"nodes"`
	ModelledMiB  int64  `json:"modelledMiB"` // allocatable, by the catalog
	RealMiB      int64  `json:"realMiB"`     // allocatable, by its nodes
	MoreMiB      int64  `json:"moreMiB"`     // real less modelled
	// MorePermille is MoreMiB in thousandths of what is modelled.
	MorePermille int64 `json:"morePermille"`
	// OverheadPermille is the least VM_MEMORY_OVERHEAD_PERCENT, in thousandths, with which Karpenter promises no more than
	// these nodes have.
	OverheadPermille int64 `json:"overheadPermille"`
}

// overheadPermille is the catalog's: Karpenter's AWS provider takes 7.5 % of a machine's memory off for the hypervisor
// (VM_MEMORY_OVERHEAD_PERCENT=0.075, its default).
const overheadPermille = 75

// slackPermille is the difference below which real and modelled memory are alike; chosen.
const slackPermille = 5

// remember compares memory modelled with memory real.
func (e *exam) remember() {
	byType := map[string][]*corev1.Node{}
	for _, n := range e.nodes {
		if mibOf(n.Status.Allocatable) > 0 {
			byType[typeOf(n)] = append(byType[typeOf(n)], n)
		}
	}
	var less, more []string
	needed := int64(0)
	var short, spare Memory
	for _, name := range keys(byType) {
		machine, ok := e.Catalog.Lookup(name)
		if !ok || machine.Allocatable.MemoryMiB <= 0 || machine.MemoryMiB <= 0 {
			continue
		}
		m := measure(machine, byType[name])
		e.memory = append(e.memory, m)
		needed = max(needed, m.OverheadPermille)
		switch {
		case m.MorePermille < -slackPermille:
			if less = append(less, name); m.MoreMiB < short.MoreMiB {
				short = m
			}
		case m.MorePermille > slackPermille:
			if more = append(more, name); m.MoreMiB > spare.MoreMiB {
				spare = m
			}
		}
	}
	if len(less) > 0 {
		e.add(Finding{
			Severity: planner.Warning, Check: "memoryOverhead", Object: "catalog",
			Seen: fmt.Sprintf("Nodes of %s give less memory than the catalog says (%s); most of all %s: %d MiB, %.1f %%.", count(len(less), "type", "types"), some(less), short.InstanceType, short.MoreMiB, percent(short)),
			Why:  "A plan fills nodes with what they do not have; Karpenter makes a node for pods that do not fit on it.",
			Do:   "Give these types' real allocatable with --catalog. " + advice(needed, needed > overheadPermille),
		})
	}
	if len(more) > 0 {
		e.add(Finding{
			Severity: planner.Info, Check: "memoryOverhead", Object: "catalog",
			Seen: fmt.Sprintf("Nodes of %s give more memory than the catalog says (%s); most of all %s: %d MiB, %.1f %%.", count(len(more), "type", "types"), some(more), spare.InstanceType, spare.MoreMiB, percent(spare)),
			Why:  "That memory is paid for, and neither Tenon nor Karpenter plans with it.",
			Do:   "Give these types' real allocatable with --catalog. " + advice(needed, needed < overheadPermille),
		})
	}
}

// advice names the setting of Karpenter's where it would help, and what else it may be where it would not.
func advice(needed int64, helps bool) string {
	if helps {
		return fmt.Sprintf("Set Karpenter's VM_MEMORY_OVERHEAD_PERCENT to %.3f, which fits all types seen here; the model has %.3f.", float64(needed)/1000, float64(overheadPermille)/1000)
	}
	return fmt.Sprintf("All types seen here need a VM_MEMORY_OVERHEAD_PERCENT of %.3f, and the model has %.3f, so that it is not that: see what kubelets reserve.", float64(needed)/1000, float64(overheadPermille)/1000)
}

func percent(m Memory) float64 { return float64(m.MorePermille) / 10 }

// measure is about one type that the catalog describes; nodes have memory.
func measure(t pricing.InstanceType, nodes []*corev1.Node) Memory {
	m := Memory{InstanceType: t.Name, Nodes: len(nodes), ModelledMiB: t.Allocatable.MemoryMiB, RealMiB: math.MaxInt64}
	whole := int64(math.MaxInt64) // what the machine has by its nodes, the least
	// What the catalog takes off beside the hypervisor's share: kubelet, system, eviction.
	kept := max(0, t.MemoryMiB-scaled(t.MemoryMiB, overheadPermille)-t.Allocatable.MemoryMiB)
	for _, n := range nodes {
		left := mibOf(n.Status.Allocatable)
		m.RealMiB = min(m.RealMiB, left)
		have := mibOf(n.Status.Capacity)
		if have <= left || have > t.MemoryMiB { // a dump written by hand: the kubelet always keeps something
			have = min(t.MemoryMiB, left+min(kept, t.MemoryMiB))
		}
		whole = min(whole, have)
	}
	m.MoreMiB = m.RealMiB - m.ModelledMiB
	m.MorePermille = ratio(m.MoreMiB, m.ModelledMiB)
	m.OverheadPermille = max(0, ceilRatio(t.MemoryMiB-whole, t.MemoryMiB))
	return m
}

// scaled is a part of n in thousandths, rounded down.
func scaled(n, permille int64) int64 { return n/1000*permille + n%1000*permille/1000 }

// ratio is a/b in thousandths, towards zero; it does not overflow, at the cost of digits that nobody reads.
func ratio(a, b int64) int64 {
	r := float64(a) / float64(b) * 1000
	return int64(max(-1e15, min(1e15, r)))
}

func ceilRatio(a, b int64) int64 {
	return int64(math.Ceil(max(-1e15, min(1e15, float64(a)/float64(b)*1000))))
}

// mibOf is a list's memory, rounded down.
func mibOf(list corev1.ResourceList) int64 {
	q, ok := list[corev1.ResourceMemory]
	if !ok {
		return 0
	}
	return max(0, q.Value()) >> 20
}
