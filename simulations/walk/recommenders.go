package walk

import (
	"fmt"
	"time"

	"github.com/tenon-sh/tenon/planner/demand/vpa"
)

// VPA is the Vertical Pod Autoscaler v1.8.1: its recommender (planner/demand/vpa, which is compared bit by bit with VPA's own code in
// test/vpa) and its updater's rule for when a pod is changed. Of steps longer than a minute each counts for its minutes in
// VPA's confidence, as one sample a minute would. Its defaults are the 90th percentile and 15 %.
func VPA(percentile, margin float64) Method {
	flags := vpa.DefaultFlags()
	flags.Margin, flags.CPU.Target, flags.Memory.Target = margin, percentile, percentile
	flags.CPU.Upper, flags.Memory.Upper = max(flags.CPU.Upper, percentile), max(flags.Memory.Upper, percentile)
	flags.CPU.Lower, flags.Memory.Lower = min(flags.CPU.Lower, percentile), min(flags.Memory.Lower, percentile)
	return Method{
		Name: "vpa", Knob: fmt.Sprintf("P%g, +%.0f %%", 100*percentile, 100*margin), Default: flags == vpa.DefaultFlags(),
		New: func(f Fleet) Recommender {
			a := &autoscaler{flags: flags}
			for range f.Subjects {
				a.of = append(a.of, autoscaled{all: vpa.NewAggregate(vpa.DefaultAggregation()), pods: map[string]*vpa.Container{}})
			}
			return a
		},
	}
}

type autoscaler struct {
	flags vpa.Flags
	of    []autoscaled
}

type autoscaled struct {
	all     *vpa.Aggregate
	pods    map[string]*vpa.Container
	request Amounts // when it was asked last, and the instant: what differs later has been changed then
	asked   int64
	changed int64 // the instant of the last change; 0: there was none
}

func (a *autoscaler) Observe(n int, c Chunk) {
	x, minutes := &a.of[n], max(c.Step/60_000, 1)
	for _, seen := range c.Pods {
		p := x.pods[seen.Name]
		if p == nil {
			p = vpa.NewContainer(x.all)
			x.pods[seen.Name] = p
		}
		for i, v := range seen.CPU {
			if p.AddCPU(c.From+int64(i)*c.Step, v) {
				x.all.Count += minutes - 1
			}
		}
		for i, v := range seen.Memory {
			p.AddMemory(c.From+int64(i)*c.Step, v)
		}
		for _, i := range seen.Kills {
			p.AddOOM(c.From+int64(i)*c.Step, c.Limit)
		}
	}
}

func (a *autoscaler) Recommend(n int, at int64, now Amounts) Amounts {
	x := &a.of[n]
	r := a.flags.Recommend(x.all, 1)
	if x.all.CPU.Empty() { // the recording has no CPU: VPA would ask for its minimum
		r.Target.CPU, r.Lower.CPU, r.Upper.CPU = now.CPU, now.CPU, now.CPU
	}
	if x.all.Memory.Empty() {
		r.Target.Memory, r.Lower.Memory, r.Upper.Memory = now.Memory, now.Memory, now.Memory
	}
	if x.asked != 0 && now != x.request {
		x.changed = x.asked
	}
	x.request, x.asked = now, at
	age := time.Duration(at-x.changed) * time.Millisecond
	if x.changed == 0 {
		age = vpa.DefaultUpdater().MinAge
	}
	if !vpa.DefaultUpdater().Acts(vpa.Pod{Request: vpa.Amounts(now), Age: age}, r) {
		return now
	}
	return Amounts(r.Target)
}

// Autopilot asks as the moving windows of Google's Autopilot do (Rzadca et al., EuroSys 2020): percentiles of samples of five minutes
// that count half after 12 hours (CPU) and 48 hours (memory), no less than the last hour's most of memory, and a margin. It is
// built from the paper's description, without its load-adjusted histograms, and so is like Autopilot and not Autopilot. Its
// defaults are the 95th and the 98th percentile and 15 %.
func Autopilot(cpu, memory, margin float64) Method {
	return Method{
		Name: "autopilot", Knob: fmt.Sprintf("P%g/P%g, +%.0f %%", 100*cpu, 100*memory, 100*margin), Default: cpu == 0.95 && memory == 0.98 && margin == 0.15,
		New: func(f Fleet) Recommender {
			a := &autopilot{cpu: cpu, memory: memory, margin: margin}
			for range f.Subjects {
				a.of = append(a.of, piloted{
					cpu:    vpa.NewHistogram(vpa.SchemeCPU, (12 * time.Hour).Milliseconds()),
					memory: vpa.NewHistogram(vpa.SchemeMemory, (48 * time.Hour).Milliseconds()),
				})
			}
			return a
		},
	}
}

type autopilot struct {
	cpu, memory, margin float64
	of                  []piloted
}

type piloted struct {
	cpu, memory *vpa.Histogram
	recent      []Decision // most memory of the newest steps; Step counts hours
}

func (a *autopilot) Observe(n int, c Chunk) {
	x := &a.of[n]
	for _, seen := range c.Pods {
		for i, v := range seen.CPU {
			x.cpu.Add(float64(v)/1000, 1, c.From+int64(i)*c.Step)
		}
		for i, v := range seen.Memory {
			at := c.From + int64(i)*c.Step
			if !x.memory.Add(float64(v), 1, at) {
				continue
			}
			hour := int(at / 3_600_000)
			if k := len(x.recent); k == 0 || x.recent[k-1].Step < hour {
				x.recent = append(x.recent[max(k-2, 0):], Decision{Step: hour})
			}
			for k := range x.recent {
				if x.recent[k].Step == hour {
					x.recent[k].Memory = max(x.recent[k].Memory, v)
				}
			}
		}
	}
}

func (a *autopilot) Recommend(n int, at int64, now Amounts) Amounts {
	x := &a.of[n]
	memory := x.memory.Percentile(a.memory)
	for _, r := range x.recent {
		if int64(r.Step) >= at/3_600_000-1 {
			memory = max(memory, float64(r.Memory))
		}
	}
	out := now
	if !x.cpu.Empty() {
		out.CPU = int64(1000 * x.cpu.Percentile(a.cpu) * (1 + a.margin))
	}
	if !x.memory.Empty() {
		out.Memory = int64(memory * (1 + a.margin))
	}
	return out
}
