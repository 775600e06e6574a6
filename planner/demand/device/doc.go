// Package device says which cards and slices would carry what a workload does on its GPUs today.
//
// # What is asked
//
// A card or a MIG slice carries a pod if its memory holds the peak of what the pod has had in use, with headroom, and if
// its engines would not be busy for more than a part of the time (Class.GPU.DutyMost) at the 99th percentile of what was
// measured. Never by a mean: a card that is idle on average and full for an hour a day is full. The packing then
// chooses among the answers by price (planner.GPUNeed.ByModel).
//
// # What is measured, and what is not
//
//   - Active share: DCGM's GR_ENGINE_ACTIVE (or GPM's GRAPHICS_UTIL) is the share of time in which the engine of the card, or
//     of the slice, was active. On a slice it is that slice's own.
//   - GPU_UTIL is the share of time in which any kernel ran at all: at most an upper bound on a whole card, since one tiny
//     kernel makes it 100 %; and nothing on a slice (nvml.h: "not currently supported"). So it is used as the upper bound that it is,
//     on whole cards only, where nothing better is there.
//   - A card that is time-sliced gives every pod the same figures. They are nobody's, they are not added up, and the
//     workload is Unknown.
//
// # Speed
//
// Moving work to another card changes how long it takes, and by how much depends on the work: an H200 is as fast as an
// H100 on BERT and 1.3 times as fast on Llama 2. So speeds come from the owner or from a table by class of work (speeds.csv:
// MLPerf Inference, Offline, measured per accelerator), and only figures of one round are compared; two rounds are joined
// over a card that is in both, where its own figure moved by at most driftMost. What is not known is not guessed: the model
// then stays. Slices of one model are another matter: their share of the streaming multiprocessors is known, and
// measured slices reach at least sliceEfficiency of it in every class of work.
package device
