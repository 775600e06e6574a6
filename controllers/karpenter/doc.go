// Package karpenter runs the scheduler of Karpenter v1.15.0 in process: given NodePools, pods and a catalogue, which
// nodes would Karpenter build? It is the only package that imports Karpenter, whose internals promise no compatibility.
//
// A World is what Karpenter would see of a cluster. FromObjects makes one of a dump, FromSnapshot one of a
// planner.Snapshot, and its fields are there to be edited: another NodePool, other requests. World.Schedule lets
// Karpenter place the pods that have no node, beside the nodes that exist; World.WhatIf lets it take nodes away, as its
// consolidation would try to; World.Consolidate follows it step by step, and World.WhatIfEdited says what an edit of a
// NodePool does. World.Greenfield drops the nodes, so that everything is placed anew.
//
// # What is Karpenter's and what is ours
//
// Who goes where is decided by Karpenter's scheduler and topology, NodeOverlays are applied by its controller, volumes
// are read by its code; all of it reads a fake API server that this package fills. The package itself plays the cloud:
// it turns the catalogue into instance types with the labels of Karpenter's AWS provider, gives them the allocatable of
// the catalogue, so that a plan and Karpenter see the same node, and launches of what Karpenter leaves open the cheapest
// type, as lowest-price does: reserved before spot before on-demand.
//
// # Determinism
//
// UIDs, by which Karpenter breaks ties, are hashes of names; one worker looks at candidates; lists are sorted on the way
// in and out. What Karpenter itself takes by chance, among equally good zones, is in order where Ordered is true: in
// binaries that make builds, with a workspace that controllers/karpenter/gen writes. Elsewhere the same World gives the
// same Result but where pods are bound to zones by spread or affinity. See docs/design/0004-karpenter.md.
//
// # What it refuses
//
// A NodePool or NodeOverlay that an API server or Karpenter would not take is an error that names it (ErrWorld). A pod
// that Karpenter will not place is no error: Result.Unplaced says why, in Karpenter's words.
package karpenter

// Version is the Karpenter whose scheduler this is; a test compares it with go.mod.
const Version = "v1.15.0"
