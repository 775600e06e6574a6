package lower

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// The names of the resources that every node has, as the Kubernetes API spells them.
const (
	CPU       = "cpu"               // milli
	Memory    = "memory"            // MiB
	Ephemeral = "ephemeral-storage" // MiB
	Pods      = "pods"

	// Nodes is the resource of a NodePool limit that counts machines.
	Nodes = "nodes"
)

// WorkloadName is how a plan names a workload: "namespace/Kind/name", and "#1", "#2" … behind it for the further kinds
// of pod of one owner.
func WorkloadName(w planner.Workload) string {
	if w.Shape == 0 {
		return w.Ref.String()
	}
	return w.Ref.String() + "#" + strconv.Itoa(w.Shape)
}

// Amount returns how much of the named resource r holds.
func Amount(r planner.Resources, name string) int64 {
	switch name {
	case CPU:
		return r.CPUMilli
	case Memory:
		return r.MemoryMiB
	case Ephemeral:
		return r.EphemeralMiB
	case Pods:
		return r.Pods
	default:
		return r.Extended[name]
	}
}

// only returns r without what is not named.
func only(r planner.Resources, names []string) planner.Resources {
	var out planner.Resources
	for _, name := range names {
		n := Amount(r, name)
		if n == 0 {
			continue
		}
		switch name {
		case CPU:
			out.CPUMilli = n
		case Memory:
			out.MemoryMiB = n
		case Ephemeral:
			out.EphemeralMiB = n
		case Pods:
			out.Pods = n
		default:
			if out.Extended == nil {
				out.Extended = map[string]int64{}
			}
			out.Extended[name] = n
		}
	}
	return out
}

// asked lists the resources that some workload asks for: the dimensions of the problem.
func asked(workloads []planner.Workload) []string {
	extended := map[string]bool{}
	var base [4]bool
	names := []string{CPU, Memory, Ephemeral, Pods}
	for i := range workloads {
		for d, name := range names {
			base[d] = base[d] || Amount(workloads[i].Requests, name) > 0
		}
		for name, n := range workloads[i].Requests.Extended {
			if n > 0 {
				extended[name] = true
			}
		}
	}
	var out []string
	for d, name := range names {
		if base[d] {
			out = append(out, name)
		}
	}
	out = append(out, slices.Sorted(maps.Keys(extended))...)
	if len(out) == 0 {
		out = []string{Pods} // a problem has a dimension, even if nobody asks for anything
	}
	return out
}

// amountText prints an amount in the unit that people use for the resource: "3.5 CPU", "1.5 GiB of memory".
func amountText(name string, n int64) string {
	switch name {
	case CPU:
		return trimmed(n, 1000) + " CPU"
	case Memory:
		return bytesText(n) + " of memory"
	case Ephemeral:
		return bytesText(n) + " of ephemeral storage"
	case Pods:
		return fmt.Sprintf("room for %d pods", n)
	default:
		return fmt.Sprintf("%d %s", n, name)
	}
}

func bytesText(mib int64) string {
	if mib < 1024 {
		return fmt.Sprintf("%d MiB", mib)
	}
	return trimmed(mib, 1024) + " GiB"
}

// trimmed prints n/unit with at most three decimals and no zeros at the end; the rest of the digits is cut.
func trimmed(n, unit int64) string {
	whole, rest := n/unit, n%unit*1000/unit
	if rest == 0 {
		return strconv.FormatInt(whole, 10)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%03d", whole, rest), "0")
}
