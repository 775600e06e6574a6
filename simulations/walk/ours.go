package walk

import (
	"fmt"
	"math"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/usage"
)

// Ours asks planner/demand, at an accepted risk of CPU and of memory in millionths, for so many days; 0: until the next decision,
// since a risk is held against the time for which it is accepted, and no target need last longer. (`tenon targets` is asked once in a
// while, and has planner.DefaultPolicy's 28 days.) Its default has the risks of planner.DefaultPolicy, until the next decision.
func Ours(cpu, memory, horizonDays int64) Method {
	class := planner.DefaultPolicy().Classes[0]
	usual := class.CPU.Target == cpu && class.Memory.Target == memory && horizonDays == 0
	class.CPU = planner.Accepted{Floor: cpu, Target: cpu, Ceiling: cpu}
	class.Memory = planner.Accepted{Floor: memory, Target: memory, Ceiling: memory}
	within := "until asked again"
	if horizonDays > 0 {
		within = fmt.Sprintf("in %d days", horizonDays)
	}
	return Method{
		Name: "ours", Knob: fmt.Sprintf("risk %g %% / %g %% %s", float64(cpu)/1e4, float64(memory)/1e4, within), Default: usual,
		New: func(f Fleet) Recommender {
			o := &ours{class: class, fleet: f}
			if o.class.HorizonDays = horizonDays; horizonDays == 0 {
				o.class.HorizonDays = max((f.Every+day-1)/day, 1)
			}
			for range f.Subjects {
				o.intakes = append(o.intakes, demand.NewIntake(demand.Options{}))
			}
			o.states = make([]*demand.State, len(f.Subjects))
			o.risks = make([][2]float64, len(f.Subjects))
			return o
		},
	}
}

const day = int64(24 * time.Hour / time.Millisecond)

// oursOf are our settings, from the most generous to the most frugal.
func oursOf() []Method {
	var all []Method
	for _, s := range [][2]int64{{100, 10}, {1_000, 100}, {3_000, 1_000}, {10_000, 10_000}, {20_000, 50_000}, {50_000, 200_000}, {100_000, 500_000}} {
		all = append(all, Ours(s[0], s[1], 0))
	}
	return all
}

// OursPromising is ours at a risk within so many days, for Hold.
func OursPromising(riskMillionths, horizonDays int64) *Method {
	m := Ours(riskMillionths, riskMillionths, horizonDays)
	return &m
}

type ours struct {
	class   planner.Class
	fleet   Fleet
	intakes []*demand.Intake
	states  []*demand.State // of this morning; nil: samples came in since
	risks   [][2]float64    // of what was recommended last: memory, CPU
}

func (o *ours) Observe(n int, c Chunk) {
	s := o.fleet.Subjects[n]
	o.states[n] = nil
	for _, seen := range c.Pods {
		key := usage.Key{Workload: s.Ref, Namespace: s.Ref.Namespace, Pod: seen.Name, Container: s.Container}
		add := func(m usage.Metric, samples []usage.Sample) {
			if len(samples) > 0 {
				o.intakes[n].Add(usage.Series{Key: key, Metric: m, Samples: samples})
			}
		}
		add(usage.CPU, samples(c, seen.CPU))
		add(usage.Memory, samples(c, seen.Memory))
		add(usage.OOMKills, events(c, seen.Kills))
		add(usage.Restarts, events(c, seen.Restarts))
	}
}

// samples have the instant at which their step ends.
func samples(c Chunk, values []int64) []usage.Sample {
	out := make([]usage.Sample, 0, len(values))
	for i, v := range values {
		if v >= 0 {
			out = append(out, usage.Sample{At: c.From + int64(i+1)*c.Step, Value: float64(v)})
		}
	}
	return out
}

func events(c Chunk, steps []int) []usage.Sample {
	var out []usage.Sample
	for _, i := range steps {
		out = append(out, usage.Sample{At: c.From + int64(i+1)*c.Step, Value: 1})
	}
	return out
}

// Morning measures how promises to all workloads have held.
func (o *ours) Morning(int64) {
	var all []*demand.State
	for n := range o.states {
		if o.states[n] = o.state(n); o.states[n] != nil {
			all = append(all, o.states[n])
		}
	}
	demand.Calibrate(all)
}

func (o *ours) state(n int) *demand.State {
	if s := o.intakes[n].States(); len(s) > 0 {
		return s[0]
	}
	return nil
}

const mib = 1 << 20

func (o *ours) Recommend(n int, at int64, now Amounts) Amounts {
	s := o.states[n]
	if s == nil {
		s = o.state(n) // after a kill: what was measured of the others this morning does not count here
	}
	when := time.UnixMilli(at).UTC()
	o.risks[n] = [2]float64{math.NaN(), math.NaN()}
	if t := demand.Aim(s, demand.CPU, now.CPU, o.class, when); t.Unknown == "" {
		now.CPU = demand.Settle(t)
		o.risks[n][1] = float64(t.Curve.At(now.CPU)) / 1e6
	}
	if t := demand.Aim(s, demand.Memory, (now.Memory+mib-1)/mib, o.class, when); t.Unknown == "" {
		settled := demand.Settle(t)
		if settled != t.Now {
			now.Memory = t.Target * mib
		}
		o.risks[n][0] = float64(t.Curve.At(settled)) / 1e6
	}
	return now
}

var _ Teller = (*ours)(nil)

// Risk tells what the curves say of the last recommendation.
func (o *ours) Risk(n int) (memory, cpu float64) { return o.risks[n][0], o.risks[n][1] }
