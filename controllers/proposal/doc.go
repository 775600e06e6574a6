// Package proposal turns a plan into NodePools and what belongs to them, and replays them through Karpenter's own
// scheduler.
//
// A plan's design is a list of planner.Pool. [Objects] writes each as Karpenter would see it: a NodePool that is a child of
// one of today's, and a NodeOverlay where its cards are cut into slices or shared. [Builder] looks for designs
// (planner/raise/pools), lets controllers/karpenter build each of them, from nothing but the nodes that stay, and returns
// the one that costs least: that is the third of a plan's four prices.
//
// docs/design/0005-nodepools.md tells how the two fit together.
package proposal
