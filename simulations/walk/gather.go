package walk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/simulations/loads"
)

// ErrGather is returned of series that make no loads.
var ErrGather = errors.New("usage to evaluate")

// cellsMost bounds what a Gather holds: pods × steps of both metrics. Chosen: 1.6 GB.
const cellsMost = 100_000_000

// Gather puts recorded series on a common grid of steps, so that recommenders can walk over them. A step's CPU is the mean of
// its samples, its memory the most; steps without a sample are no usage. Series of other metrics than CPU, memory and restarts
// are ignored. Series that are wrong belong to usage.Clean first; here values below 0 and NaN are no samples.
type Gather struct {
	step  int64 // milliseconds
	order []gatherKey
	pods  map[gatherKey]*gathered
	cells int
	first int64
	last  int64
	err   error
}

type gatherKey struct {
	ref            planner.Ref
	pod, container string
}

// gathered is one container of one pod: cells by the number of their step since 1970.
type gathered struct {
	cpu, memory map[int64]cell
	restarts    []int64
}

type cell struct {
	sum, most float64
	count     int64
}

// NewGather returns one with steps of so many milliseconds; below a second is a second.
func NewGather(step int64) *Gather {
	return &Gather{step: max(step, 1000), pods: map[gatherKey]*gathered{}}
}

// Add takes a series in.
func (g *Gather) Add(s usage.Series) {
	k := gatherKey{s.Key.Workload, s.Key.Pod, s.Key.Container}
	if k.ref == (planner.Ref{}) {
		k.ref = planner.Ref{Namespace: s.Key.Namespace, Kind: "Pod", Name: s.Key.Pod}
	}
	p := g.pods[k]
	if p == nil {
		p = &gathered{cpu: map[int64]cell{}, memory: map[int64]cell{}}
		g.pods[k] = p
		g.order = append(g.order, k)
	}
	for _, x := range s.Samples {
		at := (x.At - 1) / g.step // a sample speaks of the time before it
		if !(x.Value >= 0) || x.Value > 1e15 || x.At <= 0 || g.err != nil {
			continue
		}
		switch s.Metric {
		case usage.CPU:
			g.put(p.cpu, at, x.Value)
		case usage.Memory, usage.MemoryMost:
			g.put(p.memory, at, x.Value)
		case usage.Restarts:
			if x.Value >= 1 {
				p.restarts = append(p.restarts, at)
			}
		default:
			return
		}
	}
}

func (g *Gather) put(to map[int64]cell, at int64, v float64) {
	c, had := to[at]
	if !had {
		if g.cells++; g.cells > cellsMost {
			g.err = fmt.Errorf("%w: more than %d steps of pods", ErrGather, cellsMost)
		}
		if g.cells == 1 {
			g.first, g.last = at, at
		}
		g.first, g.last = min(g.first, at), max(g.last, at)
	}
	c.sum, c.most, c.count = c.sum+v, max(c.most, v), c.count+1
	to[at] = c
}

// Loads returns the workloads: by name, their pods by name. asked tells what a container requests; what it does not know is 0, and
// nobody can then be compared with what was asked for.
func (g *Gather) Loads(asked func(ref planner.Ref, container string) Amounts) ([]loads.Workload, error) {
	steps := g.last - g.first + 1
	switch {
	case g.err != nil:
		return nil, g.err
	case g.cells == 0:
		return nil, fmt.Errorf("%w: no samples of CPU or memory", ErrGather)
	case steps > cellsMost/int64(2*len(g.order)):
		return nil, fmt.Errorf("%w: %d pods over %d steps are more than %d values", ErrGather, len(g.order), steps, cellsMost)
	}
	order := slices.Clone(g.order)
	slices.SortFunc(order, func(a, b gatherKey) int {
		return cmp.Or(cmp.Compare(a.ref.String(), b.ref.String()), cmp.Compare(a.container, b.container), cmp.Compare(a.pod, b.pod))
	})
	var all []loads.Workload
	for _, k := range order {
		n := len(all) - 1
		if n < 0 || all[n].Ref != k.ref || all[n].Container != k.container {
			all = append(all, loads.Workload{Ref: k.ref, Container: k.container, Family: "recorded", Start: g.first * g.step, Step: g.step, Asked: asked(k.ref, k.container)})
			n++
		}
		all[n].Pods = append(all[n].Pods, g.pods[k].pod(k.pod, g.first, int(steps)))
	}
	return all, nil
}

func (p *gathered) pod(name string, first int64, steps int) loads.Pod {
	out := loads.Pod{Name: name, CPU: make([]int64, steps), Memory: make([]int64, steps)}
	for i := range steps {
		out.CPU[i], out.Memory[i] = -1, -1
		if c := p.cpu[first+int64(i)]; c.count > 0 {
			out.CPU[i] = int64(c.sum / float64(c.count))
		}
		if c := p.memory[first+int64(i)]; c.count > 0 {
			out.Memory[i] = int64(c.most)
		}
	}
	slices.Sort(p.restarts)
	for _, at := range slices.Compact(p.restarts) {
		if i := at - first; i >= 0 && i < int64(steps) {
			out.Restarts = append(out.Restarts, int(i))
		}
	}
	return out
}
