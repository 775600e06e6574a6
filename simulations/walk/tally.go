package walk

import "github.com/tenon-sh/tenon/simulations/loads"

// Tally is what is counted of one workload, or of many (Add).
type Tally struct {
	Step        int64   // milliseconds; of many: 0
	Days        float64 // container-days
	Weeks       float64 // workload-weeks
	CPUSteps    int64   // container-steps with a measurement
	CPUUnder    int64   // of these, with usage above the request
	CPUSlack    float64 // sum of slack over these, each 0 to 1
	CPUUsed     float64 // core-hours
	CPUAbove    float64 // core-hours above the request
	CPUIdle     float64 // core-hours of request that were not used
	MemorySteps int64
	MemorySlack float64
	MemoryIdle  float64 // GiB-hours
	Kills       int64
	Changes     int64      // of requests, after the first decision
	Flips       int64      // changes in the other direction than the one before
	Decisions   []Decision `json:"-"` // of one workload
	moved       bool
	lastUp      bool
}

// count adds steps under a request.
func (t *Tally) count(l *loads.Workload, from, to int, now Amounts) {
	hours := float64(l.Step) / 3.6e6
	var days int64
	for n := range l.Pods {
		p := &l.Pods[n]
		var present, steps, under, used, above int64
		for _, v := range p.CPU[from:to] {
			if v < 0 {
				continue
			}
			steps++
			used += v
			if v > now.CPU {
				under++
				above += v - now.CPU
			}
		}
		within := float64(used-above) / float64(now.CPU)
		t.CPUSteps, t.CPUUnder = t.CPUSteps+steps, t.CPUUnder+under
		t.CPUSlack += float64(steps) - within
		t.CPUUsed += float64(float64(used)*hours) / 1000
		t.CPUAbove += float64(float64(above)*hours) / 1000
		t.CPUIdle += float64(float64(steps*now.CPU-used+above)*hours) / 1000
		present, steps, used = steps, 0, 0
		for _, v := range p.Memory[from:to] {
			if v < 0 {
				continue
			}
			steps++
			used += min(v, now.Memory)
		}
		t.MemorySteps += steps
		t.MemorySlack += float64(steps) - float64(used)/float64(now.Memory)
		t.MemoryIdle += float64(float64(steps*now.Memory-used)*hours) / (1 << 30)
		days += max(present, steps)
	}
	t.Days += float64(float64(days)*hours) / 24
	t.Weeks += float64(float64(to-from)*hours) / (7 * 24)
}

// Add adds another one's counts, so often.
func (t *Tally) Add(o *Tally, times int) {
	n, x := int64(times), float64(times)
	t.Days += float64(x * o.Days)
	t.Weeks += float64(x * o.Weeks)
	t.CPUSteps += n * o.CPUSteps
	t.CPUUnder += n * o.CPUUnder
	t.CPUSlack += float64(x * o.CPUSlack)
	t.CPUUsed += float64(x * o.CPUUsed)
	t.CPUAbove += float64(x * o.CPUAbove)
	t.CPUIdle += float64(x * o.CPUIdle)
	t.MemorySteps += n * o.MemorySteps
	t.MemorySlack += float64(x * o.MemorySlack)
	t.MemoryIdle += float64(x * o.MemoryIdle)
	t.Kills += n * o.Kills
	t.Changes += n * o.Changes
	t.Flips += n * o.Flips
}

// Sum adds up the workloads for which of is true; nil: all.
func (r Result) Sum(of func(n int) bool) Tally {
	var t Tally
	for n := range r.Of {
		if of == nil || of(n) {
			t.Add(&r.Of[n], 1)
		}
	}
	return t
}

// The figures. A share without anything measured is 0.

// SlackCPU is the mean share of the request that is not used.
func (t Tally) SlackCPU() float64 { return over(t.CPUSlack, float64(t.CPUSteps)) }

// SlackMemory is the mean share of the request that is not used.
func (t Tally) SlackMemory() float64 { return over(t.MemorySlack, float64(t.MemorySteps)) }

// Under is the share of time in which CPU is above its request.
func (t Tally) Under() float64 { return over(float64(t.CPUUnder), float64(t.CPUSteps)) }

// Depth is the share of CPU work that is above the request.
func (t Tally) Depth() float64 { return over(t.CPUAbove, t.CPUUsed) }

// KillRate is kills in 1000 container-days.
func (t Tally) KillRate() float64 { return over(1000*float64(t.Kills), t.Days) }

// Churn is changes of requests in a workload-week.
func (t Tally) Churn() float64 { return over(float64(t.Changes), t.Weeks) }

// IdleCPU is idle cores of each container.
func (t Tally) IdleCPU() float64 { return over(t.CPUIdle, 24*t.Days) }

// IdleMemory is idle GiB of each container.
func (t Tally) IdleMemory() float64 { return over(t.MemoryIdle, 24*t.Days) }

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
