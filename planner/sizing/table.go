package sizing

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tenon-sh/tenon/planner"
)

// AmountMax bounds every amount: as binpack/model.MaxAmount.
const AmountMax = int64(1) << 40

// RiskWhole is certainty, in millionths.
const RiskWhole = int64(1_000_000)

// Resource is what a variable is an amount of. Indexes arrays of two.
type Resource int

// The resources that have curves.
const (
	CPU    Resource = iota // milli
	Memory                 // MiB
)

// String is the resource's name in planner.Target.
func (r Resource) String() string {
	if r == Memory {
		return "memory"
	}
	return "cpu"
}

// of reads the resource's amount.
func (r Resource) of(x planner.Resources) int64 {
	if r == Memory {
		return x.MemoryMiB
	}
	return x.CPUMilli
}

// Points is a curve as request, risk, request, risk …: ascending requests, falling risks.
type Points []int64

// At is planner.Curve.At.
func (p Points) At(request int64) int64 {
	risk := RiskWhole
	for i := 0; i+1 < len(p) && p[i] <= request; i += 2 {
		risk = p[i+1]
	}
	return risk
}

// Var is a variable: one resource of one container.
type Var struct {
	Work      int              `json:"workload"`  // in Table.Works
	Container int              `json:"container"` // in Work.Containers
	Resource  Resource         `json:"resource"`
	Class     string           `json:"class"`
	Floor     int64            `json:"floor"`
	Target    int64            `json:"target"`
	Ceiling   int64            `json:"ceiling"`
	Limit     int64            `json:"limit"`          // beside Target; 0: none
	Rule      string           `json:"rule,omitempty"` // planner.LimitRule, or "same": it is the request
	Unknown   string           `json:"unknown,omitempty"`
	Kept      string           `json:"kept,omitempty"` // why it stays: Floor, Target and Ceiling are then what it is now
	Curve     Points           `json:"curve,omitempty"`
	Evidence  planner.Evidence `json:"evidence"`
}

// Known reports whether anything is known of the risk.
func (v *Var) Known() bool { return len(v.Curve) > 0 && v.Unknown == "" }

// Container is what a pod's sum needs to know of a container.
type Container struct {
	Name     string                `json:"name"`
	Kind     planner.ContainerKind `json:"kind,omitempty"`
	CPU      int64                 `json:"cpu"`
	Memory   int64                 `json:"memory"`
	LimitCPU int64                 `json:"limitCPU,omitempty"`
	LimitMem int64                 `json:"limitMemory,omitempty"`
}

func (c *Container) now(r Resource) int64 {
	if r == Memory {
		return c.Memory
	}
	return c.CPU
}

// LimitNow is the limit of today; 0: none.
func (c *Container) LimitNow(r Resource) int64 {
	if r == Memory {
		return c.LimitMem
	}
	return c.LimitCPU
}

// Work is one workload.
type Work struct {
	Pods       int64             `json:"pods"`
	Asked      planner.Resources `json:"asked"` // requests of one pod today
	Containers []Container       `json:"containers,omitempty"`
}

// Table is all that a choice depends on.
type Table struct {
	Works []Work `json:"workloads"`
	Vars  []Var  `json:"variables"`

	varsOf [][]int
}

// Choice has an amount for each variable.
type Choice []int64

// Index prepares a table that was read or put together.
func (t *Table) Index() {
	t.varsOf = make([][]int, len(t.Works))
	for i := range t.Vars {
		w := t.Vars[i].Work
		t.varsOf[w] = append(t.varsOf[w], i)
	}
}

// Now is a variable's amount today.
func (t *Table) Now(v int) int64 {
	x := &t.Vars[v]
	return t.Works[x.Work].Containers[x.Container].now(x.Resource)
}

// Pods is how many pods a variable is of.
func (t *Table) Pods(v int) int64 { return t.Works[t.Vars[v].Work].Pods }

// Choices of one kind for all variables.
func (t *Table) each(of func(v int) int64) Choice {
	out := make(Choice, len(t.Vars))
	for i := range t.Vars {
		out[i] = of(i)
	}
	return out
}

// AllNow leaves everything as it is.
func (t *Table) AllNow() Choice { return t.each(t.Now) }

// AllTargets is every request at its target.
func (t *Table) AllTargets() Choice { return t.each(func(v int) int64 { return t.Vars[v].Target }) }

// AllFloors is the least that may be asked for.
func (t *Table) AllFloors() Choice { return t.each(func(v int) int64 { return t.Vars[v].Floor }) }

// Risk is the sum over all pods of what the curves say, in millionths, by resource. What has no curve is left out, and so
// is what asks for nothing: nobody is killed for using more than a request that is not there, and a risk of certainty
// today would make whatever comes then look good.
func (t *Table) Risk(c Choice) [2]int64 {
	var out [2]int64
	for i := range t.Vars {
		if v := &t.Vars[i]; v.Known() && c[i] > 0 {
			out[v.Resource] = add(out[v.Resource], mul(t.Pods(i), v.Curve.At(c[i])))
		}
	}
	return out
}

// Underrun turns the risk of CPU into a share of container time, in millionths, rounded up.
func (t *Table) Underrun(risk int64) int64 {
	var containers int64
	for i := range t.Vars {
		if v := &t.Vars[i]; v.Known() && v.Resource == CPU {
			containers = add(containers, t.Pods(i))
		}
	}
	if containers == 0 {
		return 0
	}
	return risk/containers + min(risk%containers, 1)
}

// Requests is what one pod of a workload asks for at a choice.
func (t *Table) Requests(work int, c Choice) planner.Resources {
	w := &t.Works[work]
	out := w.Asked
	out.CPUMilli = t.amount(work, CPU, c)
	out.MemoryMiB = t.amount(work, Memory, c)
	return out
}

// Total is how much of a resource all pods ask for.
func (t *Table) Total(r Resource, c Choice) int64 {
	var sum int64
	for w := range t.Works {
		sum = add(sum, mul(t.Works[w].Pods, t.amount(w, r, c)))
	}
	return sum
}

// amount is one resource of Requests. What today's requests have beside the containers (the overhead of a RuntimeClass)
// stays. They may also be less than the sum, because every container is rounded up by itself: that difference is
// given up as soon as anything changes.
func (t *Table) amount(work int, r Resource, c Choice) int64 {
	w := &t.Works[work]
	asked := r.of(w.Asked)
	changed := false
	at := make([]int64, len(w.Containers))
	for i := range w.Containers {
		at[i] = w.Containers[i].now(r)
	}
	before := w.sum(at)
	for _, v := range t.varsOf[work] {
		if x := &t.Vars[v]; x.Resource == r && at[x.Container] != c[v] {
			at[x.Container], changed = c[v], true
		}
	}
	if !changed {
		return asked
	}
	return min(add(w.sum(at), max(asked-before, 0)), AmountMax)
}

// sum is the pod's request for amounts of its containers: the larger of what runs together, and of each init container
// beside the sidecars that were started before it.
func (w *Work) sum(at []int64) int64 {
	var sidecars, mains, most int64
	for i := range w.Containers {
		switch w.Containers[i].Kind {
		case planner.Sidecar:
			sidecars = add(sidecars, at[i])
		case planner.InitContainer:
			most = max(most, add(sidecars, at[i]))
		case planner.MainContainer:
			mains = add(mains, at[i])
		}
	}
	return max(most, add(sidecars, mains))
}

// Limit is the limit that goes with an amount of a variable; 0: none.
func (t *Table) Limit(v int, amount int64) int64 {
	x := &t.Vars[v]
	now := t.Works[x.Work].Containers[x.Container].LimitNow(x.Resource)
	switch {
	case amount == t.Now(v):
		return now
	case x.Rule == RuleSame:
		return amount
	case x.Limit == 0:
		return 0
	case x.Rule == string(planner.LimitRatio) && x.Target > 0:
		return max(amount, ceilDiv(mul(x.Limit, amount), x.Target))
	}
	return max(x.Limit, amount)
}

// RuleSame is Var.Rule of a container whose limits are its requests: they move together, so that the pod stays Guaranteed.
const RuleSame = "same"

func ceilDiv(a, b int64) int64 { return a/b + min(a%b, 1) }

// add and mul work on amounts that are not negative and stay at the end of the range.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func mul(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}

// ErrTable marks a table or a choice that contradicts itself.
var ErrTable = errors.New("invalid requests")

// Validate checks a table that was read, and a choice of it: indices inside, amounts in order, each choice within its range.
func (t *Table) Validate(c Choice) error {
	amount := func(list ...int64) bool {
		return !slices.ContainsFunc(list, func(n int64) bool { return n < 0 || n > AmountMax })
	}
	for i := range t.Works {
		w := &t.Works[i]
		ok := amount(w.Pods, w.Asked.CPUMilli, w.Asked.MemoryMiB)
		for j := range w.Containers {
			x := &w.Containers[j]
			ok = ok && amount(x.CPU, x.Memory, x.LimitCPU, x.LimitMem)
		}
		if !ok {
			return fmt.Errorf("%w: workload %d has an amount out of range", ErrTable, i)
		}
	}
	for i := range t.Vars {
		v := &t.Vars[i]
		switch {
		case v.Work < 0 || v.Work >= len(t.Works) || v.Container < 0 || v.Container >= len(t.Works[v.Work].Containers),
			v.Resource != CPU && v.Resource != Memory:
			return fmt.Errorf("%w: variable %d is of nothing", ErrTable, i)
		case !amount(v.Floor, v.Target, v.Ceiling, v.Limit) || v.Floor > v.Target || v.Target > v.Ceiling:
			return fmt.Errorf("%w: variable %d: a range from %d over %d to %d", ErrTable, i, v.Floor, v.Target, v.Ceiling)
		case v.Kept == "" && v.Floor < 1:
			return fmt.Errorf("%w: variable %d: a floor of nothing", ErrTable, i)
		case c[i] < v.Floor || c[i] > v.Ceiling:
			return fmt.Errorf("%w: variable %d: %d is outside %d…%d", ErrTable, i, c[i], v.Floor, v.Ceiling)
		case v.Kept != "" && (c[i] != t.Now(i) || v.Target != c[i]):
			return fmt.Errorf("%w: variable %d is kept, and %d is not what it is now", ErrTable, i, c[i])
		}
		for n := range v.Curve {
			p := v.Curve[n]
			if len(v.Curve)%2 > 0 || !amount(p) || n%2 == 1 && p > RiskWhole || n > 1 && (n%2 == 0) != (p > v.Curve[n-2]) {
				return fmt.Errorf("%w: variable %d: its curve does not fall", ErrTable, i)
			}
		}
	}
	return nil
}

// Open reports whether anything may be chosen at all.
func (t *Table) Open() bool {
	return slices.ContainsFunc(t.Vars, func(v Var) bool { return v.Known() && v.Floor < v.Ceiling })
}

// Keep leaves a variable at what it is now.
func (t *Table) Keep(v int, why string) {
	x := &t.Vars[v]
	x.keep(&t.Works[x.Work].Containers[x.Container], why)
}

// Of lists the variables of a workload.
func (t *Table) Of(work int) []int { return t.varsOf[work] }

// AllCeilings is the most that may be asked for.
func (t *Table) AllCeilings() Choice { return t.each(func(v int) int64 { return t.Vars[v].Ceiling }) }
