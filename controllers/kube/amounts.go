package kube

import (
	"fmt"
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/tenon-sh/tenon/planner"
)

// amountMax is the largest amount of anything, 2^50: a peta-milli-CPU or a billion TiB. More is cut to it, so that a
// sum over a hundred thousand pods cannot overflow; nothing that is planned with comes near it.
const amountMax = 1 << 50

// mebibyte is what memory and disk are counted in.
const mebibyte = 1 << 20

// direction says how a fraction of a unit is rounded.
type direction int

const (
	down direction = iota // what a node gives
	up                    // what a pod asks
)

// scaled returns quantity × numerator ÷ denominator in whole units. One of the two factors is 1.
func scaled(q resource.Quantity, scale resource.Scale, denominator int64, d direction) int64 {
	if q.Sign() <= 0 {
		return 0
	}
	if q.CmpInt64(math.MaxInt64/1000) > 0 { // ScaledValue wraps where the value is beyond an int64
		return amountMax
	}
	exact := q.ScaledValue(scale) // rounds up
	if d == down {
		if ceiling := resource.NewScaledQuantity(exact, scale); ceiling.Cmp(q) > 0 {
			exact--
		}
	}
	whole := exact / denominator
	if d == up && exact%denominator > 0 {
		whole++
	}
	return min(whole, amountMax)
}

// amounts converts a resource list. Names in none of the fields of Resources go to Extended.
func amounts(list corev1.ResourceList, d direction) planner.Resources {
	var r planner.Resources
	for name, q := range list {
		switch name {
		case corev1.ResourceCPU:
			r.CPUMilli = scaled(q, resource.Milli, 1, d)
		case corev1.ResourceMemory:
			r.MemoryMiB = scaled(q, 0, mebibyte, d)
		case corev1.ResourceEphemeralStorage:
			r.EphemeralMiB = scaled(q, 0, mebibyte, d)
		case corev1.ResourcePods:
			r.Pods = scaled(q, 0, 1, d)
		default:
			n := scaled(q, 0, 1, d)
			if isHugePages(name) {
				n = scaled(q, 0, mebibyte, d)
			}
			if n != 0 {
				if r.Extended == nil {
					r.Extended = map[string]int64{}
				}
				r.Extended[string(name)] = n
			}
		}
	}
	return r
}

// isHugePages tells the resources hugepages-2Mi, hugepages-1Gi: they are bytes, and counted here in MiB.
func isHugePages(name corev1.ResourceName) bool {
	const prefix = corev1.ResourceHugePagesPrefix
	return len(name) > len(prefix) && name[:len(prefix)] == prefix
}

// checkAmounts names the first negative amount of a list, in the order of the names.
func checkAmounts(path string, list corev1.ResourceList) error {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q := list[name]
		if q.Sign() < 0 {
			return fmt.Errorf("%w: %s.%s: %s is negative; write 0 or more", ErrObject, path, name, q.String())
		}
	}
	return nil
}

// plus adds b to a copy of a, and stays at amountMax.
func plus(a, b planner.Resources) planner.Resources {
	a.CPUMilli = min(a.CPUMilli+b.CPUMilli, amountMax)
	a.MemoryMiB = min(a.MemoryMiB+b.MemoryMiB, amountMax)
	a.EphemeralMiB = min(a.EphemeralMiB+b.EphemeralMiB, amountMax)
	a.Pods = min(a.Pods+b.Pods, amountMax)
	a.Extended = maps.Clone(a.Extended)
	for name, amount := range b.Extended {
		if a.Extended == nil {
			a.Extended = map[string]int64{}
		}
		a.Extended[name] = min(a.Extended[name]+amount, amountMax)
	}
	return a
}

// largest is the maximum of a and b in each resource.
func largest(a, b planner.Resources) planner.Resources {
	a.CPUMilli = max(a.CPUMilli, b.CPUMilli)
	a.MemoryMiB = max(a.MemoryMiB, b.MemoryMiB)
	a.EphemeralMiB = max(a.EphemeralMiB, b.EphemeralMiB)
	a.Pods = max(a.Pods, b.Pods)
	a.Extended = maps.Clone(a.Extended)
	for name, amount := range b.Extended {
		if a.Extended == nil {
			a.Extended = map[string]int64{}
		}
		a.Extended[name] = max(a.Extended[name], amount)
	}
	return a
}
