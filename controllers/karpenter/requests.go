package karpenter

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/tenon-sh/tenon/planner"
)

// SharedGPU is the resource of time-sliced devices, as NVIDIA's device plugin names it with renameByDefault
// (github.com/NVIDIA/k8s-device-plugin, README, "Shared Access to GPUs").
const SharedGPU = "nvidia.com/gpu.shared"

// Requests writes what a pod asks for as a resource list. Where each card is made into so many devices by time slicing,
// a share of a card is that many of them, rounded up; else a share is a whole device.
func Requests(r planner.Resources, g planner.GPUNeed, replicas int64) corev1.ResourceList {
	if g.ShareMilli == 0 || replicas <= 0 {
		return listOf(r, g)
	}
	devices := (g.ShareMilli*replicas + 999) / 1000
	g.ShareMilli = 0
	list := listOf(r, g)
	list[SharedGPU] = *resource.NewQuantity(devices, resource.DecimalSI)
	return list
}
