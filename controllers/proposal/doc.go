// Package proposal turns a plan into NodePools and what belongs to them, replays them through Karpenter's own scheduler,
// and writes what a user can review and apply.
//
// A plan's design is a list of planner.Pool. [Objects] writes each as Karpenter would see it: a NodePool that is a child of
// one of today's, and a NodeOverlay where its cards are cut into slices or shared. [Builder] looks for designs
// (planner/raise/pools), lets controllers/karpenter build each of them, from nothing but the nodes that stay, and returns
// the one that costs least: that is the third of a plan's four prices. [Make] writes the design out: NodePools, NodeOverlays,
// MIG and time-slicing configurations, patches of the steered workloads, and a summary that says what each edit saves and
// whom it disturbs. docs/design/0005-nodepools.md tells how they fit together.
//
// An edit is one child pool with its overlay, its layout and the patches of the workloads that are steered to it. Make
// works edits out and ranks them; Proposal.Files are the bytes of the folder, and Write puts them on disk, all or none.
//
// # What it keeps
//
// A child is a copy of its base's whole template, made from the base as it was read (kube.NodePool.Raw), so that a field
// that Tenon does not know is kept. The base is never edited. What a patch replaces as a whole (tolerations and the terms of
// node affinity, which strategic merge treats as one value) is written with what was there.
//
// # What it refuses
//
// A design that the API server would not take is an error (ErrDesign). What cannot be written for a workload, because its
// owner has no template that may change, is no error: the proposal names it.
package proposal
