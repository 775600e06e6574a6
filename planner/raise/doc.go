// Package raise turns the answer to a packing problem back into names: it is the inverse of planner/lower.
//
// A Packing says "3 bins of kind 17 with 4 of item 2 and one of item 9". Raise says which offer and zone each of these
// nodes is, which of them exist today and under what name, whose pods they carry, how each GPU is cut and for whom, what
// changes, what it costs, and what each pod and each constraint costs at the proven bound.
//
// # What was joined is dealt out again
//
// planner/lower joins workloads, offers and zones that nothing tells apart, so any way of dealing them out is right. Raise
// takes one that people can live with, always the same one:
//
//   - Nodes that exist are matched with the contents that have most pods in common with what runs there now, the best
//     match first. Pods that can stay, stay.
//   - New nodes go to the offer that is preferred (the order of the Snapshot), evenly over its zones.
//   - Pods of one item are dealt to its workloads one after the other, along the nodes, so that most nodes still look like
//     each other and the plan stays short.
//
// # Shadow prices
//
// The certificate of the lower bound prices every resource of every kind of node. From these prices come three estimates,
// which are marginal: true for one more pod, not for all of them.
//
//   - PlanWork.PricePerPod: what one more pod of the workload adds to the lower bound.
//   - the cost of a pod on some other kind of node: its resources at that node's prices, see [Shadow.On].
//   - PlanConstraint.PerPod: how much less a pod would cost if this one constraint fell and the pod took the cheapest of
//     the nodes that it could then use.
//
// # What it refuses to do
//
// It checks nothing: give it a packing that binpack/check has accepted.
package raise
