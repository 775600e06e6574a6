// Package synth makes benchmark clusters: a planner.Snapshot of so many pods in so many shapes over a whole price list,
// from a seed. The same seed, options and catalog give the same bytes on every machine: all draws are in integers.
//
// # Where the distributions come from
//
// They are CHOSEN, not measured. The shares are those of the prototype that the solver's method was tried on, so that
// figures can be compared with its own: 10 % of shapes with GPUs and a quarter of those MIG, 10 % pinned to a zone, 10 %
// spread over zones, 5 % with anti-affinity between hosts, 35 % for any architecture, 45 % that would run on spot,
// DaemonSets of 250m, 450 MiB and 5 pods on each node. What the prototype left open is this generator's own choice:
//
//   - CPU requests have a hump at 500m and a long tail to 16 cores: a lognormal in ten steps. Published traces are
//     heavy-tailed like that (Google's: Reiss et al., SoCC 2012; Azure's: Cortez et al., SOSP 2017), but no parameter
//     was fitted to either.
//   - Half of the requests are round numbers, as people write them, and half are odd ones, as a recommender sets them.
//     Odd ones are harder to pack.
//   - Memory is 1 to 8 GiB a core, most often 4: the ratios of the c, m and r families.
//   - Replicas fall with rank as in Zipf's law with exponent 1, and each shape has at least one pod.
//   - Models of GPUs are weighted so that T4, A10G and L4 are common and 8-card machines are not; the weights are a guess.
//
// So a gap or a time measured on these clusters says how a solver does on THIS family. For real pods see package openb.
package synth
