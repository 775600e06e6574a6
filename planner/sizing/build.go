package sizing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// New makes the table of workloads, one Work for each in their order. Workloads have their QoS class, if a policy's
// classes look at it. Notes say which targets are for nothing that is there.
func New(works []planner.Workload, targets *planner.Targets, policy planner.Policy) (Table, []planner.Note) {
	b := builder{targets: map[key][]*planner.Target{}, policy: policy}
	for i := range targets.Containers {
		x := &targets.Containers[i]
		k := key{x.Workload, x.Shape}
		b.targets[k] = append(b.targets[k], x)
	}
	used := 0
	for i := range works {
		used += b.work(i, &works[i])
	}
	b.out.Index()
	var notes []planner.Note
	if left := len(targets.Containers) - used; left > 0 {
		notes = append(notes, planner.Note{Severity: planner.Warning, Text: fmt.Sprintf(
			"%d targets are for containers or resources that the cluster does not have, or come twice, and are not used", left)})
	}
	return b.out, notes
}

type key struct {
	workload string
	shape    int
}

type builder struct {
	targets map[key][]*planner.Target
	policy  planner.Policy
	out     Table
}

// work adds a workload with its variables and returns how many targets it used.
func (b *builder) work(at int, w *planner.Workload) int {
	list := b.targets[key{w.Ref.String(), w.Shape}]
	out := Work{Pods: w.Replicas, Asked: w.Requests}
	fixed := map[int]string{}
	same := guaranteed(w)
	if len(list) > 0 {
		for i, c := range containers(w, list) {
			if c.Fixed != "" {
				fixed[i] = c.Fixed
			}
			out.Containers = append(out.Containers, container(c))
		}
	}
	b.out.Works = append(b.out.Works, out)
	class, matched := b.policy.ClassOf(w)
	used := 0
	for i := range out.Containers {
		for r := CPU; r <= Memory; r++ {
			x, n := find(list, out.Containers[i].Name, r)
			if x == nil {
				continue
			}
			used++
			v := b.variable(x, &out.Containers[i], r)
			v.Work, v.Container = at, i
			v.Rule = string(class.MemoryLimits)
			if r == CPU {
				v.Rule = string(class.CPULimits)
			}
			if same && !class.ChangeQoS {
				v.Rule = RuleSame
			}
			why := fixed[i]
			switch {
			case n > 1:
				why = "two targets are for it"
			case !matched:
				why = "no class of the policy covers it"
			case bestEffort(w) && !class.ChangeQoS:
				why = "with a request its pods would no longer be BestEffort"
			case class.Exclude || r == CPU && class.KeepCPU || r == Memory && class.KeepMemory:
				why = "the policy keeps it"
			}
			if why != "" && v.Kept == "" {
				v.keep(&out.Containers[i], why)
			}
			b.out.Vars = append(b.out.Vars, v)
		}
	}
	return used
}

// containers of a workload; where only their sum is known and all targets name one container, that container has it.
func containers(w *planner.Workload, list []*planner.Target) []planner.Container {
	if w.Containers != nil {
		return w.Containers
	}
	for _, x := range list {
		if x.Container != list[0].Container {
			return nil
		}
	}
	return []planner.Container{{Name: list[0].Container, Requests: w.Requests}}
}

func container(c planner.Container) Container {
	return Container{
		Name: c.Name, Kind: c.Kind, CPU: c.Requests.CPUMilli, Memory: c.Requests.MemoryMiB,
		LimitCPU: c.Limits.CPUMilli, LimitMem: c.Limits.MemoryMiB,
	}
}

// Today is what a table's workloads would be, had it been made from the given ones.
func (t *Table) Today(works []planner.Workload) []Work {
	var out []Work
	for i := range works {
		w := Work{Pods: works[i].Replicas, Asked: works[i].Requests}
		switch {
		case i >= len(t.Works) || len(t.Works[i].Containers) == 0:
		case works[i].Containers == nil:
			w.Containers = []Container{container(planner.Container{Name: t.Works[i].Containers[0].Name, Requests: works[i].Requests})}
		default:
			for _, c := range works[i].Containers {
				w.Containers = append(w.Containers, container(c))
			}
		}
		out = append(out, w)
	}
	return out
}

// guaranteed reports whether all containers have limits for both resources that are their requests.
func guaranteed(w *planner.Workload) bool {
	return len(w.Containers) > 0 && !slices.ContainsFunc(w.Containers, func(c planner.Container) bool {
		return c.Requests.CPUMilli == 0 || c.Requests.MemoryMiB == 0 ||
			c.Requests.CPUMilli != c.Limits.CPUMilli || c.Requests.MemoryMiB != c.Limits.MemoryMiB
	})
}

// bestEffort reports whether no container has a request or a limit.
func bestEffort(w *planner.Workload) bool {
	return len(w.Containers) > 0 && !slices.ContainsFunc(w.Containers, func(c planner.Container) bool {
		return c.Requests.CPUMilli > 0 || c.Requests.MemoryMiB > 0 || c.Limits.CPUMilli > 0 || c.Limits.MemoryMiB > 0
	})
}

// find returns the first target for a container's resource, and how many there are.
func find(list []*planner.Target, container string, r Resource) (first *planner.Target, n int) {
	for _, x := range list {
		if x.Container == container && x.Resource == r.String() {
			if n++; first == nil {
				first = x
			}
		}
	}
	return first, n
}

// variable is a target as a variable. What contradicts itself is not known.
func (b *builder) variable(x *planner.Target, c *Container, r Resource) Var {
	now := c.now(r)
	v := Var{
		Resource: r, Class: x.Class, Floor: x.Floor, Target: x.Target, Ceiling: x.Ceiling, Limit: x.Limit, Unknown: x.Unknown, Evidence: x.Evidence,
	}
	clean(&v.Evidence)
	curve, ok := points(x.Curve)
	if v.Curve = curve; !ok {
		v.Curve, v.Unknown = nil, "its curve contradicts itself"
	}
	const least = 1 // a request that is set stays set
	switch {
	case v.Unknown != "":
		v.keep(c, v.Unknown)
	case x.Held != "":
		v.keep(c, x.Held)
	case x.Now != now:
		v.keep(c, fmt.Sprintf("its target is for a request of %d, and it has %d", x.Now, now))
	case x.Floor < 0 || x.Floor > x.Target || x.Target > x.Ceiling || x.Ceiling > AmountMax || x.Limit < 0 || x.Limit > AmountMax:
		v.keep(c, "its target contradicts itself")
	case len(curve) == 0:
		v.keep(c, "its target has no curve")
	default:
		v.Floor, v.Target, v.Ceiling = max(v.Floor, least), max(v.Target, least), max(v.Ceiling, least)
	}
	return v
}

// keep leaves a variable as it is.
func (v *Var) keep(c *Container, why string) {
	now := c.now(v.Resource)
	v.Kept = why
	v.Floor, v.Target, v.Ceiling, v.Limit = now, now, now, c.LimitNow(v.Resource)
}

// points checks a curve and drops the points that change nothing.
func points(curve planner.Curve) (Points, bool) {
	var out Points
	for i, p := range curve {
		if p.Request < 0 || p.Request > AmountMax || p.Risk < 0 || p.Risk > RiskWhole {
			return nil, false
		}
		if i > 0 && (p.Request <= curve[i-1].Request || p.Risk > curve[i-1].Risk) {
			return nil, false
		}
		if n := len(out); n == 0 || p.Risk < out[n-1] {
			out = append(out, p.Request, p.Risk)
		}
	}
	return out, true
}

// clean makes evidence something that JSON can say.
func clean(e *planner.Evidence) {
	e.From, e.To, e.PeakAt = Instant(e.From), Instant(e.To), Instant(e.PeakAt)
	e.Percentile, e.Headroom = Finite(e.Percentile), Finite(e.Headroom)
	e.Says = append([]string{}, e.Says...)
}

// Finite is x, or 0 where it is no number.
func Finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// Instant is t in the one form that is written and read back as the same; the zero time where no such form is.
func Instant(t time.Time) time.Time {
	if t = t.UTC().Round(0); t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
