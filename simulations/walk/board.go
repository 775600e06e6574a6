package walk

import (
	"fmt"
	"slices"

	"github.com/tenon-sh/tenon/simulations/loads"
)

// Board is a comparison of methods on one recording.
type Board struct {
	Workloads int
	Pods      int
	Days      float64 // container-days that were scored
	Base      string  // the method at whose default risk, or slack, the others are compared
	Rows      []Row   // in the order asked for
}

// Row is how one method did: at its default, and on its frontier beside the base.
type Row struct {
	Method      string
	Knob        string
	Total       Tally
	SlackMemory Estimate
	KillRate    Estimate
	SlackCPU    Estimate
	Under       Estimate
	// On the frontier: slack at the base's risk, and how slack and risk compare with the base's.
	MemoryAt Estimate
	CPUAt    Estimate
	Memory   Versus
	CPU      Versus
	Up, Down []float64 // hours until a change of level was followed: see Adapted
	Settings []Setting // of its knob, from the most generous on
	Groups   []Group   // at its default, in the order of the loads
}

// Group is how a method did on the workloads of one family.
type Group struct {
	Name  string
	Total Tally
}

// Setting is how a method did at one setting of its knob.
type Setting struct {
	Knob    string
	Default bool
	Total   Tally
}

// Groups are the families of the loads, for resampling within them.
func Groups(of []loads.Workload) []string {
	g := make([]string, len(of))
	for n := range of {
		g[n] = of[n].Family
	}
	return g
}

// Score runs methods, at all settings of their knobs, and compares them with one of them, which is added where it is not among
// the names. progress is told of each run before it begins; nil: nobody is.
func Score(of []loads.Workload, names []string, base string, o Options, progress func(Method)) (Board, error) {
	if !slices.Contains(names, base) {
		names = append(slices.Clone(names), base)
	}
	b := Board{Workloads: len(of), Base: base}
	for _, l := range of {
		b.Pods += len(l.Pods)
	}
	results := make([][]Result, len(names))
	for n, name := range names {
		methods, err := Settings(name, true)
		if err != nil {
			return Board{}, err
		}
		for _, m := range methods {
			if progress != nil {
				progress(m)
			}
			results[n] = append(results[n], Run(of, m, o))
		}
	}
	usual, ok := defaultOf(results[slices.Index(names, base)])
	if !ok {
		return Board{}, fmt.Errorf("%s cannot be compared with: it has no default here", base)
	}
	b.Days = usual.Sum(nil).Days
	groups := Groups(of)
	for n := range names {
		if r, ok := defaultOf(results[n]); ok {
			x := row(r, results[n], usual, groups)
			x.Up, x.Down = Adapted(of, r)
			b.Rows = append(b.Rows, x)
		}
	}
	return b, nil
}

func defaultOf(settings []Result) (Result, bool) {
	n := slices.IndexFunc(settings, func(r Result) bool { return r.Default })
	if n < 0 {
		return Result{}, false
	}
	return settings[n], true
}

func row(r Result, settings []Result, base Result, groups []string) Row {
	figure := func(of func(Tally) float64) Estimate {
		return Bootstrap(groups, func(times []int) float64 { return of(r.weighted(times)) })
	}
	at := func(a Axis) Estimate {
		return Bootstrap(groups, func(times []int) float64 {
			return SlackAt(hullOf(settings, times, a), a.Risk(base.weighted(times)))
		})
	}
	var all []Setting
	for _, s := range settings {
		all = append(all, Setting{s.Knob, s.Default, s.Sum(nil)})
	}
	var byGroup []Group
	for n := range r.Of {
		at := slices.IndexFunc(byGroup, func(g Group) bool { return g.Name == groups[n] })
		if at < 0 {
			at = len(byGroup)
			byGroup = append(byGroup, Group{Name: groups[n]})
		}
		byGroup[at].Total.Add(&r.Of[n], 1)
	}
	return Row{
		Method: r.Method, Knob: r.Knob, Total: r.Sum(nil),
		SlackMemory: figure(Tally.SlackMemory), KillRate: figure(Tally.KillRate), SlackCPU: figure(Tally.SlackCPU), Under: figure(Tally.Under),
		MemoryAt: at(OfMemory()), CPUAt: at(OfCPU()),
		Memory: Compare(settings, base, groups, OfMemory()), CPU: Compare(settings, base, groups, OfCPU()),
		Settings: all, Groups: byGroup,
	}
}
