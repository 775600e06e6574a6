package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/tenon-sh/tenon/pricing"
)

// Built is a node as far as two schedulers are compared on it.
type Built struct {
	Pool, InstanceType, Zone, CapacityType string
	Requests                               string // the sum over its pods, with their number as "pods"
	PricePerHour                           pricing.Micro
}

func (b Built) String() string {
	return strings.Join(strings.Fields(strings.Join([]string{b.Pool, b.InstanceType, b.Zone, b.CapacityType, b.Requests}, " ")), " ")
}

// Amounts writes a sum of requests: sorted, without zeros, CPU in thousandths and everything else in units.
func Amounts(lists ...corev1.ResourceList) string {
	sums := map[corev1.ResourceName]int64{}
	for _, list := range lists {
		for name, q := range list {
			if name == corev1.ResourceCPU {
				sums[name] += q.MilliValue()
			} else {
				sums[name] += q.Value()
			}
		}
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if sums[name] != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", name, sums[name]))
		}
	}
	return strings.Join(parts, ",")
}

// Compare counts the nodes that are in both lists, and names those that are in one of them only. Zones are compared only
// where zoned: where several are as good as each other, Karpenter's choice is random.
func Compare(want, got []Built, zoned bool) (equal int, differences []string) {
	count := map[string]int{}
	name := func(b Built) string {
		if !zoned {
			b.Zone = ""
		}
		return b.String()
	}
	for _, b := range want {
		count[name(b)]++
	}
	for _, b := range got {
		if key := name(b); count[key] > 0 {
			equal++
			count[key]--
		} else {
			differences = append(differences, "only Karpenter: "+key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(count)) {
		for range count[key] {
			differences = append(differences, "only in process: "+key)
		}
	}
	slices.Sort(differences)
	return equal, differences
}

// Cost is what nodes cost in an hour.
func Cost(nodes []Built) (sum pricing.Micro) {
	for _, b := range nodes {
		sum = sum.Plus(b.PricePerHour)
	}
	return sum
}

// Outcome is what came of one case.
type Outcome struct {
	Case        string
	Pods        int
	Zoned       bool
	Want        []Built // in process
	Decided     []Built // as the running Karpenter decided in its first batches
	Filled      []Built // nodes as they were in the end
	Explanation string  // of differences
}

// Table writes outcomes for people: how many nodes agree, and why others do not.
func Table(outcomes []Outcome) string {
	var b strings.Builder
	b.WriteString("| case | pods | nodes in process | nodes of Karpenter | equal as decided | equal as filled | $/h in process | $/h of Karpenter | differences explained |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	var nodes, decided, filled int
	for _, o := range outcomes {
		asDecided, _ := Compare(o.Want, o.Decided, o.Zoned)
		asFilled, _ := Compare(o.Want, o.Filled, o.Zoned)
		nodes, decided, filled = nodes+len(o.Want), decided+asDecided, filled+asFilled
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s | %s | %s |\n", o.Case, o.Pods, len(o.Want), len(o.Filled), asDecided, asFilled,
			Cost(o.Want), Cost(o.Filled), cmp.Or(o.Explanation, "none"))
	}
	fmt.Fprintf(&b, "\nIn %d cases %d of %d nodes are equal as decided, %d as filled.\n", len(outcomes), decided, nodes, filled)
	return b.String()
}
