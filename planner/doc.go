// Package planner holds the nouns of Tenon: what was seen (Snapshot) and what
// should be (Plan). They are values: immutable once returned, free of Kubernetes
// types, and they serialise to JSON, so that a bug report is a file.
//
// A Snapshot says what must run (Workload), on what it may run (Offer: a kind of
// node that can be had, or one that exists), and which rules bind workloads to each
// other (Rule). All label, taint and affinity algebra has been evaluated by whoever
// made it (controllers/kube, a trace reader): what is left are sets of offers.
//
// planner/lower turns a Snapshot into the integers of a binpack.Problem,
// planner/raise turns the packing back into a Plan, and planner/engine joins the two.
//
// The package decides nothing and refuses nothing; it only names things.
package planner
