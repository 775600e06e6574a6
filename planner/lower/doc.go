// Package lower turns a planner.Snapshot into the integers of a packing problem, and remembers what they stand for.
//
// It is the front half of a compiler. Names, labels and units go in; dimensions, classes, domains and counts come
// out, and an [Index] that planner/raise reads to turn the packing back into names.
//
// # What becomes what
//
//	Snapshot                               Problem
//	resources that some pod asks for       dimensions, in the order cpu, memory, ephemeral-storage, pods, others by name
//	workloads that nothing tells apart     one item, its count the sum of the pods
//	workloads bound to one single node     one item of count 1, its size the sum of the pods
//	the sets of offers that constraints    classes: two offers share one if every workload allows both or neither
//	  leave to a workload
//	offers that nothing tells apart        one bin kind; its zones are dealt out again by planner/raise
//	zones                                  domains, where a rule counts pods by zone; otherwise all zones are one
//	GPU model × how it may be cut          a card kind, with the MIG profiles that some workload can use
//	NodePool limits                        budgets, less what held nodes take of them
//	spot pools that are limited            budgets of nodes, less held ones
//	pods of today on a node that exists,   what stays in a bin; nodes on which different pods run are then different
//	  where moves have a price               kinds
//	priorities                             ranks, dense from 0
//
// Merging is exact: offers and workloads are joined only where no rule, price, size, limit or set tells them apart, so
// that every packing of the small problem is one of the large problem at the same cost, and the other way round. Whether a pod fits
// into a node is left to sizes and capacities and is no part of a class: classes stay few, and a larger machine
// dominates a smaller one of the same class.
//
// # Money
//
// The price of a held node is sunk: it is paid whatever is planned. Its bin is free, the sum is [Index.Sunk], and what
// the plan costs, and its lower bound, are those of the packing plus the sunk part.
//
// # Two steps
//
// [Canonical] sorts and trims a Snapshot until two descriptions of one cluster are the same value, and every number
// left in it shows somewhere in the problem or the plan. [Lower] translates. The plan's proof holds the canonical
// Snapshot, so that anyone can lower it again and compare.
//
// # What it refuses to do
//
// It drops nothing in silence. Pods that no node can carry leave the problem and come back as planner.Unplaced, each
// with the reason in the words of the API. A combination of rules that the problem cannot say exactly makes the pods
// unplaced as well: a plan that breaks a rule is worse than one that is honest about a pod.
package lower
