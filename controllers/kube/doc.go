// Package kube translates Kubernetes objects into a planner.Snapshot: values in, values out, no client, no clock.
//
// Objects is the input: everything that planning needs of a cluster, already reduced. A Pod is reduced when it is
// added: what bears on where it can run is its Shape, and equal pods share one Shape, so that a hundred thousand pods
// of two hundred workloads hold two hundred shapes in memory.
//
// Snapshot is the translation. It runs once through these steps, a file each:
//
//   - workloads.go: pods and templates become demand: interchangeable pods by owner, shape and the labels that some
//     selector in the input looks at.
//   - offers.go, pool.go, overlay.go: NodePools times catalog become the kinds of node that can be had.
//   - nodes.go, evict.go: nodes of today become offers too; those that carry a pod which nobody may evict are held.
//   - daemons.go: DaemonSets become the overhead of the nodes that they fit.
//   - constraints.go, match.go, volumes.go: selectors, affinities, taints and volumes become sets of offers.
//   - bind.go, matcher.go, spread.go, follow.go: what binds pods to each other becomes planner.Rule.
//
// # Vocabulary
//
// An offer is to be made (a NodePool may launch it) or existing (nodes of today that look alike). A pod is daemon
// (of a DaemonSet, or static: overhead of its node), fixed (may not be evicted, or on a node outside all costs) or
// planned. A held node stays whatever is planned; only its fixed pods are in Offer.Used, its other pods are planned.
//
// # Choices that a reader should know
//
//   - A NodePool's startupTaints are ignored for scheduling, as Karpenter does: they are gone before pods come.
//   - nvidia.com/gpu above the number of cards (an overlay's or a node's time-slicing replicas) makes Cards.Count that
//     number: devices that are counted, neither partitionable nor shareable further.
//   - nvidia.com/mig-* from an overlay or a node is Cards.Fixed; the cards that are cut are in Cards.Taken, so that
//     Count minus Taken is what a pod can still have whole.
//   - A rule that the planner's rules cannot express exactly is made stricter, never looser. What cannot be made
//     stricter either is a Warning note with the object's name.
//   - A pod with scheduling gates is not demand: whoever gated it has not decided yet. A note counts them.
//
// The package refuses nothing that a cluster can hold: odd objects become notes or Stuck pods, and only amounts that
// are no amounts (ErrObject) and a catalog without types (ErrCatalog) are errors.
package kube
