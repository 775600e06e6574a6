// Package vpa recommends what the recommender of the Vertical Pod Autoscaler v1.8.1 would, sample for sample. It is here for
// three reasons: clusters that run VPA have checkpoints, and these are a warm start; a recommendation can be handed out in
// VPA's own form; and a comparison with VPA is worth something only where VPA itself is on the other side.
//
// # What it computes
//
// Usage lies in two histograms for each name of a container: of CPU with one entry for each sample, of memory with one entry for
// each pod's container and 24 hours, its peak. Buckets grow by 5 %. A weight counts half for each 24 hours of age. The target is
// the 90th percentile, the bounds are the 50th and the 95th, all of them +15 %. The bounds widen where history is short. A
// container that was killed for memory counts as a peak of what it had + 100 MiB or + 20 %, whichever is more.
//
//	State of one pod's container → Aggregate of all of them → Recommendation
//
// test/vpa runs random streams through this package and through VPA's own code and compares the results bit by bit.
// Logarithms and powers are those of package math, as in VPA: on a machine whose math differs by a last bit, both differ alike.
//
// # What it refuses to do
//
// Values that cannot be true are refused, where VPA's own code panics (NaN and infinities as values of a histogram: index out of
// range; weights below 0; histograms that do not fit together) or computes on (NaN as the total weight of a checkpoint). Of an
// aggregate without samples VPA's upper bound is 0 · ∞: not a number, which becomes the least amount of an int64 or 0, by machine, and then
// the pod's minimum. Here it is 0, and then the minimum. Nothing here reads a clock: the instant is always an argument.
//
// # Vocabulary
//
// Names follow VPA's flags and fields. Instants are milliseconds since 1970 UTC. Amounts are milli-CPU and bytes.
//
// Sources: k8s.io/autoscaler/vertical-pod-autoscaler v1.8.1, pkg/recommender/{util,model,logic} and pkg/updater/priority, Apache-2.0.
package vpa
