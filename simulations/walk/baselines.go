package walk

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/simulations/loads"
)

// Asked leaves requests as they are.
func Asked() Method {
	return Method{Name: "asis", Knob: "as asked", Default: true, New: func(Fleet) Recommender { return asked{} }}
}

type asked struct{}

func (asked) Observe(int, Chunk) {}

func (asked) Recommend(_ int, _ int64, now Amounts) Amounts { return now }

// window is how much history the rules that have no decay look at: KRR's default, and 28 days hold two of them.
const window = 14 * 24 * time.Hour

// KRR is the "simple" strategy of Robusta's KRR (robusta_krr/strategies/simple.py, read 2026-11): of CPU a percentile over 14 days
// of each pod and then the largest of the pods, of memory the most of all pods and a buffer. Below 100 points or three hours
// it says nothing, and requests stay. Its defaults are the 95th percentile and 15 %.
func KRR(percentile, buffer float64) Method {
	return Method{
		Name: "krr", Knob: fmt.Sprintf("P%g, +%.0f %%", 100*percentile, 100*buffer), Default: percentile == 0.95 && buffer == 0.15,
		New: func(f Fleet) Recommender {
			return &rule{histories: newHistories(f), least: 100, leastSpan: 3 * time.Hour, of: func(pods []*history) Amounts {
				var a Amounts
				for _, p := range pods {
					a.CPU = max(a.CPU, p.percentile(percentile))
					a.Memory = max(a.Memory, p.most())
				}
				return Amounts{CPU: a.CPU, Memory: raised(a.Memory, buffer)}
			}}
		},
	}
}

// Most asks for the most of 14 days and a margin: what a careful person does by hand.
func Most(margin float64) Method {
	return Method{
		Name: "max15", Knob: fmt.Sprintf("+%.0f %%", 100*margin), Default: margin == 0.15,
		New: func(f Fleet) Recommender {
			return &rule{histories: newHistories(f), of: func(pods []*history) Amounts {
				var a Amounts
				for _, p := range pods {
					a.CPU, a.Memory = max(a.CPU, p.percentile(1)), max(a.Memory, p.most())
				}
				return Amounts{CPU: raised(a.CPU, margin), Memory: raised(a.Memory, margin)}
			}}
		},
	}
}

// raised adds a margin and rounds up; what is an integer but for rounding stays.
func raised(v int64, margin float64) int64 { return int64(math.Ceil(float64(v)*(1+margin) - 1e-6)) }

// rule is a recommender that looks at all samples of its window.
type rule struct {
	histories
	least     int           // points of a pod, below which it says nothing of the workload; 0: 1
	leastSpan time.Duration // likewise
	of        func([]*history) Amounts
}

func (r *rule) Recommend(n int, _ int64, now Amounts) Amounts {
	points, span := 0, int64(0)
	for _, p := range r.pods[n] {
		points, span = max(points, len(p.cpu), len(p.memory)), max(span, p.last-p.first)
	}
	if points < max(r.least, 1) || span < r.leastSpan.Milliseconds() {
		return now
	}
	a := r.of(r.pods[n])
	if a.CPU == 0 { // nothing was measured of it
		a.CPU = now.CPU
	}
	if a.Memory == 0 {
		a.Memory = now.Memory
	}
	return a
}

// histories keep the samples of a window for each pod.
type histories struct {
	pods  [][]*history
	names []map[string]int
}

type history struct {
	cpu, memory []int64
	first, last int64
	scratch     []int64
}

func newHistories(f Fleet) histories {
	h := histories{pods: make([][]*history, len(f.Subjects)), names: make([]map[string]int, len(f.Subjects))}
	for n := range h.names {
		h.names[n] = map[string]int{}
	}
	return h
}

// Observe keeps the newest samples.
func (h histories) Observe(n int, c Chunk) {
	keep := int(window.Milliseconds() / c.Step)
	for _, seen := range c.Pods {
		at, ok := h.names[n][seen.Name]
		if !ok {
			at = len(h.pods[n])
			h.names[n][seen.Name] = at
			h.pods[n] = append(h.pods[n], &history{first: c.From})
		}
		p := h.pods[n][at]
		p.cpu, p.memory = keepLast(p.cpu, seen.CPU, keep), keepLast(p.memory, seen.Memory, keep)
		p.last = c.From + int64(len(seen.Memory))*c.Step
	}
}

// keepLast appends what was measured.
func keepLast(kept, more []int64, most int) []int64 {
	for _, v := range more {
		if v >= 0 {
			kept = append(kept, v)
		}
	}
	return kept[max(len(kept)-most, 0):]
}

func (p *history) most() int64 {
	if len(p.memory) == 0 {
		return 0
	}
	return slices.Max(p.memory)
}

// percentile is the smallest measured value that a share of the samples does not exceed.
func (p *history) percentile(share float64) int64 {
	p.scratch = append(p.scratch[:0], p.cpu...)
	return quantile(p.scratch, share)
}

// quantile reorders its values. Of none it is 0.
func quantile(values []int64, share float64) int64 {
	if len(values) == 0 {
		return 0
	}
	k := min(max(int(math.Ceil(share*float64(len(values))))-1, 0), len(values)-1)
	for low, high := 0, len(values)-1; low < high; { // Hoare's selection, with the middle as pivot
		pivot := values[(low+high)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}

// Oracle knows the time until the next decision: of CPU and of memory the amounts that a share of the samples does not exceed.
// With all of memory's samples nobody has less slack without a kill, at one request a day for all pods. With fewer it is killed
// where that is worth most.
func Oracle(cpu, memory float64) Method {
	return Method{
		Name: "oracle", Knob: fmt.Sprintf("P%g/P%g of tomorrow", 100*cpu, 100*memory), Default: cpu == 0.99 && memory == 1,
		New: func(f Fleet) Recommender { return &oracle{f.future, f.Every, cpu, memory} },
	}
}

type oracle struct {
	future      []loads.Workload
	every       int64
	cpu, memory float64
}

func (o *oracle) Observe(int, Chunk) {}

func (o *oracle) Recommend(n int, at int64, now Amounts) Amounts {
	l := &o.future[n]
	from := int((at - l.Start) / l.Step)
	to := min(from+int(o.every/l.Step), l.Len())
	var cpu, memory []int64
	for _, p := range l.Pods {
		for i := from; i < to; i++ {
			if p.CPU[i] >= 0 {
				cpu = append(cpu, p.CPU[i])
			}
			if p.Memory[i] >= 0 {
				memory = append(memory, p.Memory[i])
			}
		}
	}
	if len(cpu) > 0 {
		now.CPU = quantile(cpu, o.cpu)
	}
	if len(memory) > 0 {
		now.Memory = quantile(memory, o.memory)
	}
	return now
}
