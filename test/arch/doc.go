// Package arch executes the rules of the house (docs/design/0001-the-house.md) on the source text
// of this repository. A rule is a function from a parsed tree to findings; each finding says where,
// what is wrong and what to do. The package's own tests run every rule twice: on small trees that
// break it, so that a rule that has gone blind is noticed, and on the repository.
//
// The rings, from the inside:
//
//   - inner: planner, pricing (without pricing/aws) and binpack. Values in, values out: the
//     standard library and gonum, no clock, no files, no network, no goroutines, no global dice.
//   - middle: controllers/api and controllers/kube. Kubernetes' types, but no client and no clock.
//   - outer: everything else. Generators (folders named gen) are commands, and suites that tests
//     call (folders named conformance) are tests, so both are outer wherever they lie.
//
// Imports point inward. Test files may import what they need.
package arch
