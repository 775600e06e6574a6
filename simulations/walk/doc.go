// Package walk compares recommenders of requests on the same recording, walking forward: at each decision a recommender knows what
// came before and nothing else, and what it asked for is then held against what comes after.
//
// # The rules, the same for all
//
//   - After a warm-up (14 days of 28 and more, chosen) requests are decided once a day for all pods of a workload. A recommender may
//     leave them as they are.
//   - The limit of memory is the request, so that each crossing is a kill. Nobody can hide behind a generous limit.
//   - A container whose memory is above its limit is killed. One kill an hour and container counts at most (chosen: the kubelet
//     backs off for up to five minutes, so that one long excess could count as twelve kills an hour).
//   - A killed container is told at once, with what was seen: memory up to the limit, not the demand behind it, which nobody
//     measured. The recommender is asked again at that instant, and more memory takes effect from the next step on. Less, or other
//     CPU, waits for the next decision.
//   - CPU has no limit: usage above the request is counted as underrun and is seen as it was.
//   - The recording does not react: a killed container goes on with what the recording says.
//
// # What is counted
//
// Slack is (request − usage) ÷ request, 0 where usage is above, as the mean over container-steps; idle amounts are the same in
// core-hours and GiB-hours. Memory violations are kills in 1000 container-days. Underrun is the share of container-steps with
// usage above the request; its depth is the share of CPU work that was above. Churn is changes of requests in a workload-week.
//
// # How methods are compared
//
// A single point can be gamed: who asks for more is killed less. So each method has a knob, is run at several settings, and what
// counts is its frontier: the lower convex hull of the points (risk, slack). Points between two settings are within reach,
// since one setting can be used for a part of the workloads and the other for the rest. Slack is compared where risk is equal, risk
// where slack is equal. Intervals are from a bootstrap over workloads, paired and within families (Efron 1979).
//
// The design follows Autopilot's evaluation (Rzadca et al., EuroSys 2020), with kills counted for limits that are held equal.
package walk
