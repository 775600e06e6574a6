// Package explain turns a planner.Plan into what people read: a table for a terminal, Markdown
// for a pull request, one self-contained HTML report, and sentences about one workload or node.
// The same words and the same figures appear in all of them, because all read one derived view.
//
// # Vocabulary
//
// A gauge is one resource of one node: how much it has, and how much of it DaemonSets, pods that
// stay, and the planned pods take. The tight resource of a node is the gauge of which the largest
// share is taken: it is what keeps the next pod out.
//
// Idle money is the price of a node times the share of its tight resource that nobody takes. It is
// the part of the price that more pods of the same mix could still use. What is free of the other
// resources of that node is not counted as waste a second time: it came with the machine, and the
// tight resource keeps pods from reaching it.
//
// A workload's share of a node's price is the price times its requests of the tight resource over
// the requests of all pods there that are not DaemonSets. Shares add up to the price (DaemonSets
// and idle money are spread over the pods), and a pod that asks for none of the tight resource
// rides along for nothing.
//
// A GPU is one gauge, counted in thousandths of a card: a card given whole is 1000, a MIG instance
// is its memory slices over the card's, a share is what it asks.
//
// # What it refuses to do
//
// It decides nothing and checks nothing: a Plan that contradicts itself is rendered as it stands,
// and `tenon verify` is the place where that is found. It trusts no text of the Plan either: names
// and reasons come from whoever may create a pod, so every string is stripped of control and
// direction-changing characters and cut to a readable length before it is laid out, and then
// escaped for the medium. Money and quantities are integers up to the last digit printed; floats
// appear only where the Plan itself holds one.
package explain
