// Package demand turns recorded usage into targets: what each container should ask for of CPU and memory, as a curve from request to
// risk, with the evidence that it rests on.
//
//	in := demand.NewIntake(demand.Options{})
//	for each chunk { clean, faults := usage.Clean(chunk, …); for each fault { in.Note(fault) }; in.Add(clean) }
//	for _, s := range in.States() { t := demand.Aim(s, demand.Memory, now, class, at) }
//
// # What is kept
//
// A State is what is remembered of one container: 2 KiB, for two weeks of hours and six weeks of days. Of memory it has the most of
// each hour, of CPU three levels of each hour (the most, what a sixth of it is above, what half of it is above), as codes that never
// tell less than was measured. Histograms without time, as VPA's, forget what an hour of the week or a step is; hours do not. Each pod is
// taken in for itself. The pods of a workload are then brought together: their CPU is mixed, because a request holds for the time
// of all of them; of their memory the most counts, because one pod that is killed is killed.
//
// # What a risk is
//
// Of CPU: the share of the time of pods in which usage is above the request, over the hours that count. Of memory: the probability
// that one pod goes above it at least once within the policy's horizon. Memory needs a tail, because what is wanted is rarer than what
// two weeks can show: see tail. Which of the past counts is told by the last change of level (see regime): after a rise at once,
// after a fall when it has lasted a day and longer than any low stretch before it. A leak is taken on to as long as lives have been,
// or to the horizon. A target that need not last a week (HorizonDays below 7) follows the week where the last two are alike hour by
// hour, and one for a day or two may start from where usage is now: whoever asks every day should say so.
//
// # What is promised
//
// "1 %" must hold on what comes later. So the model is asked at each of the last seven days what it would have promised, is told what
// came, and its risks are raised to the power that makes them true (see calibrate.go): by what happened to the container itself and
// to all others of the recording. Targets do not cover a change of level that nothing announced: no margin short of what it will be does.
// How often such changes come and how far they go is known from the container and the pool, and the risk that is told has them in it
// (see levels.go); a class may want them covered.
//
// # What it refuses
//
// Too few samples, too many holes, more lies than truths, nothing recent: the Target is Unknown, with the reason, and stays what is asked
// for now. Usage that was cut off at a limit is a lower bound: after a kill for memory the floor is above what the container had; CPU
// that was held back needs its peak at least; a heap that rose to a plateau and stays is left alone. Limits, autoscalers, quotas and the
// policy's steps are not here but in planner/demand/bounds.
package demand
