// Package binpack packs items into bins of many kinds and prices at the least cost, and proves
// how far from the least it is. It is integers in, integers out; it knows no units and no names.
//
// # What is solved
//
// Variable-sized vector bin packing: items have a size in several dimensions and a count, bins
// have a capacity and a price, and the sum of prices is to be small. Items allow only some
// classes of bins; there may be at most so many in one bin, conflicts, followers and spreads
// over domains; bins may be limited in number, one by one or by budgets; and bins may hold cards
// (GPUs), which are a second level of packing. What lies in a bin already may save something by
// staying there. binpack/model says all of it in types.
//
// # How
//
//   - reduce settles which items lie in which domain, drops bin kinds that another beats in
//     every respect, and splits the rest into components that share nothing.
//   - colgen packs each component by column generation: simplex solves its master problems,
//     knapsack prices and proves one bin, cards knows what fits on the cards of a bin. It dives
//     to whole numbers, right-sizes, and searches locally.
//   - The duals of the master, rounded to integers, are a certificate. check verifies packing
//     and certificate and shares nothing with the rest; Solve never returns what check refuses.
//   - firstfit is what others do, as a yardstick; exact tries everything, for problems of a few
//     items, as an oracle; conformance is the test that every method passes.
//
// docs/design/0002 has the mathematics, what each trick gains, and what was dropped.
//
// # Work
//
// Limits count work and never time, and nothing random is used but a fixed seed, so the same
// Problem gives the same Packing, byte for byte.
package binpack
