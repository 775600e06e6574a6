package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
	readers "github.com/tenon-sh/tenon/controllers/usage"
	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/demand"
	"github.com/tenon-sh/tenon/planner/demand/targets"
	"github.com/tenon-sh/tenon/planner/engine"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/pricing"
	"github.com/tenon-sh/tenon/simulations/fleet"
	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// moneyCopies is how many times each workload's pods are there, so that a whole node is little of the cost. Chosen.
const moneyCopies = 10

// Requests are decided once, after so many days, and held for the rest, a week.
const moneyDecided = familyDays - promisedDays

// moneyMethods are those whose requests are packed at every setting of their knob.
var moneyMethods = []string{"asis", "vpa", "krr", "autopilot", "max15"}

// moneyRisks are what our policy accepts, millionths: of CPU's time, and of memory within the week.
var moneyRisks = []int64{10_000, 20_000, 50_000}

// moneyResult is what clusters cost with requests of each recommender, and what the week after shows of their risk.
type moneyResult struct {
	Workloads, Pods int64
	Rows            []moneyRow
}

type moneyRow struct {
	Method, Knob  string
	Default       bool
	Kills, Under  float64 // in 1000 container-days; share of time
	Cost, Bound   int64
	CPUMilli, MiB int64
	Best          bool // the cheapest of its method with neither more kills nor more underrun than VPA at its default
}

// bill is one measurement.
type bill struct {
	all, past []loads.Workload
	offers    []planner.Offer
	catalog   planner.CatalogRef
	out       *moneyResult
}

// measureMoney lets each recommender decide, packs what it asks for, and lets the week come.
func measureMoney(seed uint64, r *result) error {
	all, err := loads.Make(loads.Options{Seed: seed, Workloads: familyWorkloads, Days: familyDays})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b loads.Workload) int { return strings.Compare(a.Ref.String(), b.Ref.String()) })
	r.Demand.Money = &moneyResult{Workloads: int64(len(all))}
	m := bill{all: all, past: cut(all, moneyDecided), out: r.Demand.Money}
	m.offers, m.catalog = cpuOffers()
	for _, name := range moneyMethods {
		if err := m.baseline(name); err != nil {
			return err
		}
	}
	if err := m.ours(); err != nil {
		return err
	}
	m.out.compare()
	return nil
}

// cut returns the first days of loads, and one step more, in which a decision after these days takes place.
func cut(all []loads.Workload, days int) []loads.Workload {
	out := slices.Clone(all)
	for n := range out {
		most := days*24*60*60*1000/int(out[n].Step) + 1
		out[n].Pods = slices.Clone(out[n].Pods)
		for k := range out[n].Pods {
			p := &out[n].Pods[k]
			p.CPU, p.Memory = p.CPU[:min(most, len(p.CPU))], p.Memory[:min(most, len(p.Memory))]
			p.Restarts = slices.DeleteFunc(slices.Clone(p.Restarts), func(step int) bool { return step >= most })
		}
	}
	return out
}

// baseline packs the settings of a method that may be its cheapest: its default, and of those with no more risk than VPA's
// default the one that asks for the least, CPU and memory at what they cost on general-purpose machines.
func (m *bill) baseline(name string) error {
	settings, err := walk.Settings(name, true)
	if err != nil {
		return err
	}
	var rows []moneyRow
	var asked [][]walk.Amounts
	for _, s := range settings {
		last := walk.Run(m.past, s, walk.Options{Warm: moneyDecided * 24 * time.Hour}).Last
		row := moneyRow{Method: name, Knob: s.Knob, Default: s.Default}
		row.Kills, row.Under = m.held(func(n int) walk.Amounts { return last[n] })
		rows, asked = append(rows, row), append(asked, last)
	}
	best := -1
	for n := range rows {
		if m.out.noMoreThanVPA(append(slices.Clone(m.out.Rows), rows...), &rows[n]) && (best < 0 || m.weight(asked[n]) < m.weight(asked[best])) {
			best = n
		}
	}
	for n := range rows {
		if n != best && !rows[n].Default {
			continue
		}
		s := m.cluster(func(k int) walk.Amounts { return asked[n][k] })
		p, err := engine.Decide(engine.Input{Snapshot: s, Limits: binpack.DefaultLimits(), Solve: plainly})
		if err != nil {
			return err
		}
		rows[n].Cost, rows[n].Bound = int64(p.Cost.PlannedPerHour), int64(p.Cost.LowerBoundPerHour)
		m.add(rows[n], &s)
	}
	return nil
}

// weight is about what requests cost: a core counts as 8 GiB of memory, as list prices have it (c, m and r families).
func (m *bill) weight(asked []walk.Amounts) float64 {
	sum := 0.0
	for n := range m.all {
		sum += float64(len(m.all[n].Pods)) * (float64(asked[n].CPU) + float64(asked[n].Memory)/(1<<30)*125)
	}
	return sum
}

// ours plans with the targets alone, and jointly with the nodes, at several accepted risks.
func (m *bill) ours() error {
	in := demand.NewIntake(demand.Options{})
	read, write := io.Pipe()
	go func() { _ = write.CloseWithError(loads.WriteCSV(write, m.past)) }()
	src, err := readers.Open([]string{readers.Stdin}, readers.Options{Stdin: read})
	if err != nil {
		return err
	}
	report, err := readers.Read(context.Background(), src, func(x usage.Series) error { in.Add(x); return nil })
	if err != nil {
		return err
	}
	states := in.States()
	for _, risk := range moneyRisks {
		policy := planner.DefaultPolicy()
		accepted := planner.Accepted{Floor: min(5*risk, 500_000), Target: risk, Ceiling: risk / 10}
		policy.Classes[0].CPU, policy.Classes[0].Memory, policy.Classes[0].HorizonDays = accepted, accepted, promisedDays
		s := m.cluster(func(n int) walk.Amounts { return m.all[n].Asked })
		t := targets.For(targets.Input{Snapshot: &s, Policy: policy, At: report.To, States: states})
		p, err := engine.Joint(engine.JointInput{Input: engine.Input{Snapshot: s, Limits: binpack.DefaultLimits(), Solve: plainly}, Targets: t, Policy: policy, Search: binpack.FastLimits()})
		if err != nil {
			return err
		}
		for _, joint := range []bool{false, true} {
			m.sized(p.Rightsizing, joint, risk)
		}
	}
	return nil
}

// sized adds a row for the targets alone or for the joint plan.
func (m *bill) sized(r *planner.Rightsizing, joint bool, risk int64) {
	asked := map[string]walk.Amounts{}
	for _, c := range r.Containers {
		a, v := asked[c.Workload], c.Target
		if joint {
			v = c.Chosen
		}
		if c.Resource == demand.CPU {
			a.CPU = v
		} else {
			a.Memory = v << 20
		}
		asked[c.Workload] = a
	}
	of := func(n int) walk.Amounts { return asked[m.all[n].Ref.String()] }
	row := moneyRow{Method: "ours, targets only", Knob: fmt.Sprintf("risk %g %%", float64(risk)/1e4), Default: risk == moneyRisks[0]}
	plan := r.TargetsOnly
	if joint {
		row.Method, plan = "ours, joint", r.Joint
	}
	row.Kills, row.Under = m.held(of)
	row.Cost, row.Bound = int64(plan.PlannedPerHour), int64(plan.LowerBoundPerHour)
	s := m.cluster(of)
	m.add(row, &s)
}

func (m *bill) add(row moneyRow, s *planner.Snapshot) {
	m.out.Pods = 0
	for _, w := range s.Workloads {
		m.out.Pods += w.Replicas
		row.CPUMilli += w.Replicas * w.Requests.CPUMilli
		row.MiB += w.Replicas * w.Requests.MemoryMiB
	}
	m.out.Rows = append(m.out.Rows, row)
}

// held lets the rest of the loads come, and counts kills, at most one an hour and pod, and time with CPU above the request.
func (m *bill) held(asked func(n int) walk.Amounts) (kills, under float64) {
	var killed, above, steps, days float64
	for n := range m.all {
		l, a := &m.all[n], asked(n)
		from, calm := moneyDecided*24*60*60*1000/int(l.Step), 60*60*1000/int(l.Step)
		for _, p := range l.Pods {
			for i, next := from, 0; i < len(p.Memory); i++ {
				if p.Memory[i] > a.Memory && i >= next {
					killed++
					next = i + calm
				}
			}
			for i := from; i < len(p.CPU); i++ {
				steps++
				if p.CPU[i] > a.CPU {
					above++
				}
			}
			days += promisedDays
		}
	}
	return 1000 * killed / max(days, 1), above / max(steps, 1)
}

func plainly(p *model.Problem, l model.Limits) (*model.Packing, error) {
	return binpack.Solve(p, l, nil)
}

func cpuOffers() ([]planner.Offer, planner.CatalogRef) {
	cat := pricing.Default()
	offers, _ := fleet.Offers(cat, fleet.Options{Overhead: planner.Resources{CPUMilli: 250, MemoryMiB: 450, Pods: 5}})
	return slices.DeleteFunc(offers, func(o planner.Offer) bool { return o.Cards.Model != "" }), fleet.Ref(cat)
}

// cluster has the loads' workloads with what somebody asks for them.
func (m *bill) cluster(asked func(n int) walk.Amounts) planner.Snapshot {
	s := planner.Snapshot{Source: "simulations/loads", Digest: "sha256:", Offers: m.offers, Catalog: m.catalog}
	for n := range m.all {
		l, a := &m.all[n], asked(n)
		requests := planner.Resources{CPUMilli: max(a.CPU, 1), MemoryMiB: max((a.Memory+1<<20-1)>>20, 1)}
		s.Workloads = append(s.Workloads, planner.Workload{
			Ref: l.Ref, Replicas: int64(len(l.Pods)) * moneyCopies, QoS: "Burstable",
			Requests:   planner.Resources{CPUMilli: requests.CPUMilli, MemoryMiB: requests.MemoryMiB, Pods: 1},
			Containers: []planner.Container{{Name: l.Container, Requests: requests}},
		})
	}
	return s
}

// noMoreThanVPA reports whether a row has neither more kills nor more underrun than VPA at its default; before VPA is known none has.
func (m *moneyResult) noMoreThanVPA(rows []moneyRow, row *moneyRow) bool {
	for _, vpa := range rows {
		if vpa.Method == "vpa" && vpa.Default {
			return row.Kills <= vpa.Kills && row.Under <= vpa.Under
		}
	}
	return false
}

// compare marks each method's cheapest row of those that risk no more than VPA at its default.
func (m *moneyResult) compare() {
	best := map[string]int{}
	for n := range m.Rows {
		row := &m.Rows[n]
		if at, ok := best[row.Method]; m.noMoreThanVPA(m.Rows, row) && (!ok || row.Cost < m.Rows[at].Cost) {
			best[row.Method] = n
		}
	}
	for _, n := range best {
		m.Rows[n].Best = true
	}
}

// moneyReport writes what requests cost once nodes carry them.
func moneyReport(b *strings.Builder, x result) {
	m := x.Demand.Money
	fmt.Fprintf(b, "### %s\n\nWhat the cluster costs: %d workloads of `simulations/loads` with %s pods (each %d times), on demand, any CPU type of the catalog, packed with `binpack.DefaultLimits`. Requests are decided "+
		"once, after %d days, and held for the next %d, which show the risk. Bold: the cheapest setting of a method with neither more kills nor more underrun than VPA at its default. It took %s s.\n\n",
		x.Case, m.Workloads, thousands(m.Pods), moneyCopies, moneyDecided, promisedDays, fixed(x.Solve.Seconds(), 0))
	var vpa int64
	for _, row := range m.Rows {
		if row.Method == "vpa" && row.Best {
			vpa = row.Cost
		}
	}
	g := grid{head: []string{"method", "setting", ">kills in 1000 days", ">CPU under %", ">cores", ">GiB", ">$ an hour", ">bound", ">÷ VPA's"}}
	for _, row := range m.Rows {
		cost := fixed(float64(row.Cost)/1e6, 2)
		if row.Best {
			cost = "**" + cost + "**"
		}
		g.add(row.Method, row.Knob, fixed(row.Kills, 1), fixed(100*row.Under, 2), fixed(float64(row.CPUMilli)/1000, 0), fixed(float64(row.MiB)/1024, 0), cost,
			fixed(float64(row.Bound)/1e6, 2), fixed(float64(row.Cost)/float64(max(vpa, 1)), 3))
	}
	g.write(b)
}
