// Package engine is the one function that the CLI, the controllers and the simulator call: [Decide]. It joins
// planner/lower, a solver, binpack/check and planner/raise, and closes the plan with a proof and a digest.
//
//	Snapshot ─ Canonical ─ Lower ─► Problem ─ Solve ─► Packing ─ check.Packing ─ Raise ─► Plan + proof + digest
//
// [Joint] does the same for requests that may lie anywhere within ranges: it packs, asks planner/sizing what to ask for
// next, and packs again. Its plan says what other requests would have cost and risked, and the proof holds those plans too.
//
// The solver is a value in the input. Nothing here trusts it: check.Packing runs on every packing, in production, and a
// packing that fails is an internal error and no plan.
//
// # What the proof is
//
// Plan.Proof holds three things: the canonical Snapshot (who asks for what, what can be had, at which price), the
// Problem that it lowers to, and the Packing with the certificate of its bound; and, for readers of other tools, the
// index that names the problem's items and bins. [Verify] needs nothing else. It lowers the Snapshot again and compares
// with the Problem, checks packing and bound with code that shares nothing with the solver, raises the packing again,
// and compares the whole document, value by value. So everything that a plan says follows from its proof, and
// whoever changes a number anywhere is told where.
//
// Of a joint plan it also holds ranges, curves, the choice, and the packings of the two plans that it is compared with:
// Verify recomputes all requests, checks all three packings, and adds the risks up again.
//
// # What a proof cannot show
//
// Recomputing the digest makes a changed plan pass only if all that depends on the change is changed with it. Four
// kinds of change remain, and no document can rule them out by itself:
//
//   - A certificate may be changed into another proof of the same bound. Nothing that the plan claims becomes wrong.
//   - Curves and evidence are taken as they are: what was measured is not in the proof, only its digest.
//   - The solver's work counts, and the reasons for requests, are history. They stand in two places, which must agree; nobody can recompute them.
//   - A Snapshot may be replaced by another one, with everything that follows from it. That is a plan for another
//     cluster, and [VerifyAgainst] tells it from the plan for this one.
package engine
