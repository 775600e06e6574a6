package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	readers "github.com/tenon-sh/tenon/controllers/usage"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand/device"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
)

const demandGPU = setDemand + "/gpu"

// The recording does not say which cards its pods have. An H100-80GB holds the largest pod (50.8 GB), and is the card
// that speeds are known for; each pod is taken to have one, with 4 CPUs and 16 GiB beside it. Chosen.
const (
	genaiCard = "H100-80GB"
	genaiWork = "diffusion" // what the recording's service does: Stable Diffusion
)

// gpuResult is what GPU demand makes of the first half of the recording, held against the second.
type gpuResult struct {
	Pods, Unknown int
	Rows          []gpuRow
}

// gpuRow is one policy.
type gpuRow struct {
	Policy     string
	Smaller    int // pods for which something smaller or cheaper than a whole card was found
	Cost       int64
	Bound      int64
	Violations int     // of Smaller: pods whose later peak of memory is above what any of their choices gives
	Busiest    float64 // the highest expected active share at the 99th percentile, in the second half
	What       map[string]int
}

// measureGPU sizes by the first half of the recording.
func measureGPU(o options, r *result) error {
	first, second := &device.Intake{}, &device.Intake{}
	src, err := readers.Open([]string{filepath.Join(o.traces, genaiFolder, "pod_gpu_duty_cycle_anon.csv.gz"), filepath.Join(o.traces, genaiFolder, "pod_gpu_memory_used_bytes_anon.csv.gz")}, readers.Options{})
	if err != nil {
		return err
	}
	var all []usage.Series
	from, to := int64(0), int64(0)
	if _, err := readers.Read(context.Background(), src, func(s usage.Series) error {
		all = append(all, s)
		for _, x := range s.Samples {
			if from == 0 || x.At < from {
				from = x.At
			}
			to = max(to, x.At)
		}
		return nil
	}); err != nil {
		return err
	}
	half := from + (to-from)/2
	for _, s := range all {
		at := 0
		for at < len(s.Samples) && s.Samples[at].At < half {
			at++
		}
		before, after := s, s
		before.Samples, after.Samples = s.Samples[:at], s.Samples[at:]
		first.Add(before)
		second.Add(after)
	}
	r.Demand.GPU = &gpuResult{}
	return r.Demand.GPU.measure(first.States(), second.States())
}

func (g *gpuResult) measure(first, second []*device.State) error {
	later := map[planner.Ref]*device.State{}
	for _, s := range second {
		later[s.Key.Workload] = s
	}
	for _, policy := range []struct {
		name string
		gpu  planner.GPUPolicy
	}{
		{"as asked", planner.GPUPolicy{}},
		{"MIG slices", planner.GPUPolicy{Slices: true}},
		{"MIG slices and other models", planner.GPUPolicy{Slices: true, Models: true, Work: genaiWork}},
	} {
		s := genaiCluster(first)
		class := planner.DefaultPolicy()
		class.Classes[0].GPU = policy.gpu
		row := gpuRow{Policy: policy.name, What: map[string]int{}}
		g.Pods, g.Unknown = len(s.Workloads), 0
		for i, a := range device.All(&s, first, class) {
			if a.Unknown != "" {
				g.Unknown++
				s.Workloads[i].GPU = planner.GPUNeed{ByModel: map[string]planner.GPUNeed{genaiCard: {Whole: 1}}}
				continue
			}
			row.choose(&s.Workloads[i], a, later)
		}
		p, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.DefaultLimits(), Solve: func(p *model.Problem, l model.Limits) (*model.Packing, error) { return binpack.Solve(p, l, nil) }})
		if err != nil {
			return err
		}
		row.Cost, row.Bound = int64(p.Cost.PlannedPerHour), int64(p.Cost.LowerBoundPerHour)
		g.Rows = append(g.Rows, row)
	}
	return nil
}

// choose leaves a pod's choices to the packing, and holds them against what came later.
func (row *gpuRow) choose(w *planner.Workload, a planner.GPUAim, later map[planner.Ref]*device.State) {
	w.GPU = planner.GPUNeed{ByModel: map[string]planner.GPUNeed{}}
	smaller, broken := false, false
	for _, c := range a.Choices {
		if c.Why == "as it is" {
			if len(w.GPU.ByModel[c.Model].Slices) == 0 {
				w.GPU.ByModel[c.Model] = c.Need
			}
			continue
		}
		smaller = true
		w.GPU.ByModel[c.Model] = c.Need
		name := c.Model
		for slice := range c.Need.Slices {
			name += " " + slice
		}
		row.What[name]++
		if s := later[w.Ref]; s != nil {
			broken = broken || s.Peak() > c.MemoryMiB<<20
			row.Busiest = max(row.Busiest, s.Busy(0.99)*1000/float64(max(c.SpeedMilli, 1)))
		}
	}
	if smaller {
		row.Smaller++
	}
	if broken {
		row.Violations++
	}
}

// genaiCluster has a workload for each pod, on a card of its own.
func genaiCluster(states []*device.State) planner.Snapshot {
	cat := pricing.Default()
	offers, _ := fleet.Offers(cat, fleet.Options{Archs: []string{"amd64"}, Overhead: planner.Resources{CPUMilli: 250, MemoryMiB: 450, Pods: 5}})
	offers = slices.DeleteFunc(offers, func(o planner.Offer) bool { return o.Cards.Model == "" })
	s := planner.Snapshot{Source: genaiFolder, Digest: "sha256:", Catalog: fleet.Ref(cat), Offers: offers, Nodes: []planner.Node{{Name: "n", GPU: genaiCard}}}
	for _, st := range states {
		if len(s.Workloads) > 0 && s.Workloads[len(s.Workloads)-1].Ref == st.Key.Workload {
			continue
		}
		s.Workloads = append(s.Workloads, planner.Workload{
			Ref: st.Key.Workload, Replicas: 1, GPU: planner.GPUNeed{Whole: 1},
			Requests: planner.Resources{CPUMilli: 4000, MemoryMiB: 16 << 10, Pods: 1}, Today: []planner.Location{{Node: "n", Pods: 1}},
		})
	}
	return s
}

// gpuReport writes what GPU demand found.
func gpuReport(b *strings.Builder, x result) {
	g := x.Demand.GPU
	fmt.Fprintf(b, "### %s\n\n%d pods of %s with GPU metrics, each taken to have one %s with 4 CPUs and 16 GiB (the recording names no card). Sized by the first half of the day, held "+
		"against the second; %d of them unknown. Class of work: %s. It took %s s.\n\n", x.Case, g.Pods, genaiFolder, genaiCard, g.Unknown, genaiWork, fixed(x.Solve.Seconds(), 0))
	t := grid{head: []string{"policy", ">pods with something smaller", ">$ an hour", ">bound", ">saved %", ">memory violations later", ">busiest later, p99 %", "choices"}}
	for _, row := range g.Rows {
		var what []string
		for name, n := range row.What {
			what = append(what, fmt.Sprintf("%d × %s", n, name))
		}
		slices.SortFunc(what, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
		t.add(row.Policy, fmt.Sprintf("%d of %d", row.Smaller, g.Pods), fixed(float64(row.Cost)/1e6, 2), fixed(float64(row.Bound)/1e6, 2),
			fixed(100*(1-float64(row.Cost)/float64(max(g.Rows[0].Cost, 1))), 1), fmt.Sprint(row.Violations), fixed(100*row.Busiest, 0), strings.Join(what, ", "))
	}
	t.write(b)
}

// timed runs a measurement of the set.
func timed(r *result, do func() error) error {
	start := time.Now()
	err := do()
	r.Solve = time.Since(start)
	r.PeakMiB, r.PeakOf = peak()
	return err
}
