// Package sizing chooses requests within ranges. It knows curves, pods and nodes that have room, and no solver:
// planner/engine packs, and asks here what to pack next.
//
// # Vocabulary
//
// A variable is one resource of one container with a target: it may be anything from its floor to its ceiling. A
// choice has one amount for each variable. The risk of a choice is, for memory, the expected number of containers killed
// within the horizon, and for CPU the expected number of containers above their request at any moment: the sum of
// pods times what the curve says at the amount. Both are counted in millionths, and kept apart: CPU risk never pays for
// memory risk.
//
// # What it computes
//
// [Table.Choose]: the cheapest choice at given unit prices whose risk is within a budget. It is a multiple-choice
// knapsack; the greedy walk along the lower convex hulls of the curves is its linear relaxation (Sinha and Zoltners,
// Operations Research 27, 1979), and its last step is rounded to the safe side, so that the answer is within one step of
// the cheapest.
//
// [Table.HandBack]: raises requests as far as nodes that are chosen have room, most risk taken away for each unit of
// room first. It costs nothing.
//
// [Table.Requests]: what a pod asks for, by the rule of Kubernetes for init containers and sidecars (KEP-753).
//
// # What it refuses to do
//
// A variable whose target contradicts itself, or is for another request than the container has, keeps its request and
// says why. Nothing leaves its range.
package sizing
