// Package pools turns a packing into NodePools with which Karpenter, which packs greedily, builds nearly the packing.
//
// # Why not one NodePool
//
// Karpenter takes pods by falling CPU. Each goes on the open node with the fewest pods on which it fits, else on a new
// one of the first NodePool by weight. A new node stays open for all types of its NodePool that still fit, so nodes grow
// to the largest type, whatever is cheap per pod, and what is left of one resource is stranded. Where a pool has one
// type that is the largest in everything (its leader), that rule becomes first-fit decreasing on equal nodes, and it
// packs well where the pool's pods together ask for resources in the proportion of the leader. So workloads are dealt to
// pools, each is steered to one, and the deal is searched for with the greedy rule itself as the judge.
//
// # Followers
//
// Types that have no more of anything than the leader, and cost less, change nothing in what Karpenter puts on a node:
// as long as the leader is left it decides what fits. At the end Karpenter buys the cheapest type that is left. So they
// are free gain: the last node of a pool, and nodes short of one resource, shrink to what they hold.
//
// # Pools that share workloads
//
// A workload may be steered to several pools: pods go on open nodes of all of them, and new nodes are of the first by weight
// whose limit is not reached. So a pool that is limited to a number of nodes comes before one without a limit that can hold
// all its workloads, and nothing is ever left over; and pods that take many kinds of node fill up nodes of a pool that others need.
//
// # The simulator
//
// [Simulate] follows Karpenter's rules (v1.15.0: scheduling/queue.go, scheduler.go, nodeclaim.go, topologygroup.go) by
// counts: nodes in the same state are one group, and the pods of a workload are poured over groups. It differs from
// Karpenter in three things. Pods of several workloads that ask for the same CPU and memory come in six rounds, not mixed
// by UID. Karpenter sorts open nodes by pods, with a sort that is not stable for more than twelve; here it is. Spread over zones takes the first of equally good zones, Karpenter any; and a spread workload of many pods goes in rounds.
//
// # What it refuses to do
//
// It steers no workload that is bound to others by a rule that reaches beyond one pool (zone-together, zone-follow,
// host-follow and the like): these stay with the open pools. Reserved capacity and the limits of today's NodePools are not looked at.
package pools
