// Package loads makes recorded usage: CPU and memory of the pods of workloads, step by step over days, from a seed. Recommenders
// of requests are compared on it (simulations/walk), and readers of usage are tried with it (WriteCSV). The same seed and options
// give the same bytes on every machine: draws are in integers, and floating point is confined to +, −, ×, ÷ in a fixed order,
// written so that no compiler fuses them.
//
// # What a load is
//
// A Workload has pods that share a shape in time and differ by a few per cent in level, with noise that has a memory. Usage is what
// the pods WANT, had they all the memory that there is: what a limit would have done to it is for whoever replays it. CPU is the
// mean over a step, memory the most within it.
//
// # Where the distributions come from
//
// They are CHOSEN, not measured. No public recording known to us has usage of containers over weeks in a licence that would let it be
// checked in. Each family is there for a reason:
//
//   - steady: what averages are good at. A recommender that is wrong here is wrong.
//   - daily: peaks of hours, 1.5 to 5 times the night's level: web traffic.
//   - weekly: quieter weekends, or one run of hours in a week. VPA, whose memory of CPU halves in a day, has forgotten it by the
//     next (facts/rightsizing-trust-cost.md 1.2).
//   - bursty: minutes to an hour, a few times a day, independent between pods, heights with a heavy tail.
//   - leaking: memory grows by a few to 30 % a day until the pod is restarted.
//   - stepping: the level changes for good, up or down, one to three times: releases, customers who come and go.
//   - spiking: memory peaks of minutes, days apart, 1.5 to 4 times the level: a large request, a compaction. The third of VPA's
//     blind spots.
//   - jvm: a heap that fills up to what it was given and is not handed back, and a start that takes CPU.
//   - batch: runs of half an hour to hours with next to nothing between, one day of the week heavier.
//
// Levels are lognormal over workloads (CPU: median 150m, times or divided by 3; memory: median 400 MiB, times or divided by 2.5):
// requests and usage in published clusters are heavy-tailed like that (Reiss et al., SoCC 2012; Cortez et al., SOSP 2017), but no
// parameter was fitted. What workloads ask for is their peak or more: memory 1.1 to 8 times it, CPU 3 to 25 times the mean
// level, so that fleets use about a tenth of their CPU and a fifth of their memory, as Cast AI reports for 2026 (8 % and 20 %).
//
// So a figure measured on these loads says how a recommender does on THESE families, in equal parts. Which of them a cluster has,
// nobody knows but its owner: give tenon evaluate your own recording.
package loads
