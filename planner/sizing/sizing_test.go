package sizing

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenon-sh/tenon/planner"
)

func res(cpu, mem int64) planner.Resources { return planner.Resources{CPUMilli: cpu, MemoryMiB: mem} }

// TestPodsAskByTheRuleOfKubernetes: KEP-753, with what is beside the containers kept.
func TestPodsAskByTheRuleOfKubernetes(t *testing.T) {
	job := func(asked planner.Resources, list ...Container) Work {
		return Work{Pods: 1, Asked: asked, Containers: list}
	}
	main, side, start := planner.MainContainer, planner.Sidecar, planner.InitContainer
	for claim, tc := range map[string]struct {
		work Work
		to   map[int]int64 // CPU by container
		want int64
	}{
		"containers add up":                             {job(res(300, 0), Container{Kind: main, CPU: 100}, Container{Kind: main, CPU: 200}), map[int]int64{1: 150}, 250},
		"what is beside the containers stays":           {job(res(350, 0), Container{Kind: main, CPU: 100}, Container{Kind: main, CPU: 200}), map[int]int64{1: 150}, 300},
		"a sum that was rounded up each is given up":    {job(res(298, 0), Container{Kind: main, CPU: 100}, Container{Kind: main, CPU: 200}), map[int]int64{1: 250}, 350},
		"nothing changes where nothing does":            {job(res(298, 0), Container{Kind: main, CPU: 100}, Container{Kind: main, CPU: 200}), nil, 298},
		"an init container counts alone":                {job(res(500, 0), Container{Kind: start, CPU: 500}, Container{Kind: main, CPU: 200}), map[int]int64{1: 400}, 500},
		"and is overtaken":                              {job(res(500, 0), Container{Kind: start, CPU: 500}, Container{Kind: main, CPU: 200}), map[int]int64{1: 600}, 600},
		"a sidecar runs beside later init containers":   {job(res(600, 0), Container{Kind: side, CPU: 100}, Container{Kind: start, CPU: 500}, Container{Kind: main, CPU: 200}), map[int]int64{0: 150}, 650},
		"and not beside earlier ones":                   {job(res(500, 0), Container{Kind: start, CPU: 500}, Container{Kind: side, CPU: 100}, Container{Kind: main, CPU: 200}), map[int]int64{1: 150}, 500},
		"a sidecar runs beside the containers":          {job(res(300, 0), Container{Kind: side, CPU: 100}, Container{Kind: main, CPU: 200}), map[int]int64{0: 10, 1: 20}, 30},
		"amounts stay at the end of what a problem has": {job(res(100, 0), Container{Kind: main, CPU: 100}, Container{Kind: main}), map[int]int64{0: AmountMax, 1: AmountMax}, AmountMax},
	} {
		t.Run(claim, func(t *testing.T) {
			table := Table{Works: []Work{tc.work}}
			choice := Choice{}
			for c := range tc.work.Containers {
				if to, ok := tc.to[c]; ok {
					table.Vars = append(table.Vars, Var{Container: c, Resource: CPU})
					choice = append(choice, to)
				}
			}
			table.Index()
			if got := table.Requests(0, choice).CPUMilli; got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

// random is a small table, and nodes that carry its pods.
func random(seed uint64, works int) (*Table, []Node) {
	r := rand.New(rand.NewPCG(seed, 1))
	t := &Table{}
	for w := range works {
		work := Work{Pods: 1 + r.Int64N(9)}
		for c := range 1 + r.IntN(2) {
			kind := []planner.ContainerKind{planner.MainContainer, planner.Sidecar, planner.InitContainer}[r.IntN(3)]
			work.Containers = append(work.Containers, Container{Kind: kind, CPU: 100 + r.Int64N(500), Memory: 100 + r.Int64N(500)})
			for res := CPU; res <= Memory; res++ {
				v := Var{Work: w, Container: c, Resource: res}
				at, risk := 10+r.Int64N(200), RiskWhole
				for range 1 + r.IntN(5) {
					at, risk = at+1+r.Int64N(100), r.Int64N(risk+1)
					if n := len(v.Curve); n == 0 || risk < v.Curve[n-1] {
						v.Curve = append(v.Curve, at, risk)
					}
				}
				v.Floor = v.Curve[0]
				v.Ceiling = v.Curve[len(v.Curve)-2] - r.Int64N(2)
				v.Ceiling = max(v.Ceiling, v.Floor)
				v.Target = v.Floor + (v.Ceiling-v.Floor)/2
				if r.IntN(6) == 0 {
					v.keep(&work.Containers[c], "kept")
				}
				t.Vars = append(t.Vars, v)
			}
		}
		work.Asked = res(work.sum(each(work.Containers, CPU)), work.sum(each(work.Containers, Memory))+10)
		t.Works = append(t.Works, work)
	}
	t.Index()
	var nodes []Node
	for range 1 + r.IntN(4) {
		n := Node{Count: 1 + r.Int64N(3), Price: 1 + r.Float64(), Free: [2]int64{r.Int64N(800), r.Int64N(800)}}
		for w := range works {
			if r.IntN(2) == 0 {
				n.Loads = append(n.Loads, Load{w, 1 + r.Int64N(3)})
			}
		}
		nodes = append(nodes, n)
	}
	return t, nodes
}

func each(list []Container, r Resource) []int64 {
	var out []int64
	for i := range list {
		out = append(out, list[i].now(r))
	}
	return out
}

// all calls f with every choice of options.
func all(t *Table, f func(Choice)) {
	c := t.AllFloors()
	var walk func(v int)
	walk = func(v int) {
		if v == len(t.Vars) {
			f(c)
			return
		}
		from := c[v]
		for _, o := range t.Vars[v].options(from) {
			c[v] = o.amount
			walk(v + 1)
		}
		c[v] = from
	}
	walk(0)
}

// TestChooseIsNearTheCheapest compares with all choices there are. The greedy walk ends at most one step of each resource
// above the cheapest; and it never is above its budget where any choice is within.
func TestChooseIsNearTheCheapest(t *testing.T) {
	for seed := range uint64(300) {
		table, _ := random(seed, 2)
		r := rand.New(rand.NewPCG(seed, 2))
		price := make([]float64, len(table.Vars))
		for v := range price {
			price[v] = 1 + 9*r.Float64()
		}
		floor, ceiling := table.Risk(table.AllFloors()), table.Risk(table.AllCeilings())
		budget := [2]int64{}
		for i := range budget {
			budget[i] = ceiling[i] + int64(r.Float64()*float64(floor[i]-ceiling[i]))
		}
		cost := func(c Choice) (sum float64) {
			for v := range c {
				sum += price[v] * float64(table.Pods(v)) * float64(c[v]-table.Vars[v].Floor)
			}
			return sum
		}
		step := [2]float64{}
		for v := range table.Vars {
			x := &table.Vars[v]
			for _, s := range table.hull(v, x.Floor, price[v]) {
				step[x.Resource] = max(step[x.Resource], price[v]*float64(table.Pods(v))*float64(s.to-s.from))
			}
		}
		best := -1.0
		all(table, func(c Choice) {
			if risk := table.Risk(c); risk[0] <= budget[0] && risk[1] <= budget[1] && (best < 0 || cost(c) < best) {
				best = cost(c)
			}
		})
		got := table.Choose(table.AllFloors(), price, budget)
		if err := table.Validate(got); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if risk := table.Risk(got); risk[0] > budget[0] || risk[1] > budget[1] {
			t.Fatalf("seed %d: risk %v above %v", seed, risk, budget)
		}
		if c := cost(got); c > best+step[0]+step[1]+1e-6 {
			t.Errorf("seed %d: it costs %.1f, the cheapest %.1f and a step of each %.1f and %.1f", seed, c, best, step[0], step[1])
		}
	}
}

// slowHandBack is HandBack without a queue: it looks at everything before each step, and counts all pods anew.
func slowHandBack(t *Table, c Choice, nodes []Node) Choice {
	start := c
	c = slices.Clone(c)
	fits := func(to Choice) bool {
		for _, n := range nodes {
			for r := CPU; r <= Memory; r++ {
				more := int64(0)
				for _, l := range n.Loads {
					more += l.Pods * (r.of(t.Requests(l.Work, to)) - r.of(t.Requests(l.Work, start)))
				}
				if more > n.Free[r] {
					return false
				}
			}
		}
		return true
	}
	on := map[int]bool{}
	for _, n := range nodes {
		for _, l := range n.Loads {
			on[l.Work] = true
		}
	}
	for {
		bestV, bestTo, worth := -1, int64(0), 0.0
		for v := range t.Vars {
			x := &t.Vars[v]
			if !x.Known() || x.Kept != "" || !on[x.Work] {
				continue
			}
			best, own := int64(0), 0.0
			for _, o := range x.options(c[v])[1:] {
				to := slices.Clone(c)
				to[v] = o.amount
				more := max(x.Resource.of(t.Requests(x.Work, to))-x.Resource.of(t.Requests(x.Work, c)), 0)
				if !fits(to) {
					break
				}
				if s := float64(x.Curve.At(c[v])-o.risk) / float64(max(more, 1)); s >= own {
					best, own = o.amount, s
				}
			}
			if best > 0 && own > worth {
				bestV, bestTo, worth = v, best, own
			}
		}
		if bestV < 0 {
			return c
		}
		c[bestV] = bestTo
	}
}

func TestHandBackIsThatOfTheSlowOne(t *testing.T) {
	raised := 0
	for seed := range uint64(500) {
		table, nodes := random(seed, 4)
		from := table.AllFloors()
		got, want := table.HandBack(from, nodes), slowHandBack(table, from, nodes)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-slow +fast):\n%s", seed, diff)
		}
		if err := table.Validate(got); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !slices.Equal(got, from) {
			raised++
		}
	}
	if raised < 250 {
		t.Errorf("only %d of 500 were raised at all", raised)
	}
}

// TestDivisorsLetOneMorePodFit: each workload that falls has a node on which one more of its pods then fits.
func TestDivisorsLetOneMorePodFit(t *testing.T) {
	fell := 0
	for seed := range uint64(500) {
		table, nodes := random(seed, 4)
		from := table.AllCeilings()
		budget := table.Risk(from)
		for r := range budget {
			budget[r] = budget[r]*3 + 1000
		}
		got, lowered := table.Divisors(from, nodes, budget)
		if err := table.Validate(got); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again := table.ChooseBelow(got, lowered, make([]float64, len(got)), table.Risk(from))
		for v := range again {
			if again[v] < got[v] || lowered[v] && again[v] > got[v] {
				t.Fatalf("seed %d: variable %d went from %d to %d, lowered %v", seed, v, got[v], again[v], lowered[v])
			}
		}
		before, after := table.Risk(from), table.Risk(got)
		for r := range after {
			if after[r]-before[r] > budget[r]/budgetPart {
				t.Errorf("seed %d: it takes %d of risk, %d of %d may go", seed, after[r]-before[r], budget[r]/budgetPart, budget[r])
			}
		}
		for v, fall := range lowered {
			if (got[v] < from[v]) != fall || got[v] > from[v] {
				t.Fatalf("seed %d: variable %d fell from %d to %d, and it says %v", seed, v, from[v], got[v], fall)
			}
			if !fall {
				continue
			}
			fell++
			w := table.Vars[v].Work
			was, is := table.Requests(w, from), table.Requests(w, got)
			if !slices.ContainsFunc(nodes, func(n Node) bool {
				at := slices.IndexFunc(n.Loads, func(l Load) bool { return l.Work == w })
				if at < 0 {
					return false
				}
				k := n.Loads[at].Pods
				fits := func(r Resource) bool { return r.of(is)*(k+1) <= n.Free[r]+r.of(was)*k }
				return fits(CPU) && fits(Memory)
			}) {
				t.Errorf("seed %d: workload %d fell from %v to %v, and no node holds one more", seed, w, was, is)
			}
		}
	}
	if fell < 20 {
		t.Errorf("only %d requests fell", fell)
	}
}

func TestValidateRefuses(t *testing.T) {
	good := func() (*Table, Choice) {
		table := &Table{
			Works: []Work{{Pods: 2, Containers: []Container{{CPU: 100, Memory: 100}}}},
			Vars:  []Var{{Floor: 10, Target: 20, Ceiling: 30, Curve: Points{10, 500, 20, 100}}},
		}
		table.Index()
		return table, Choice{15}
	}
	if table, c := good(); table.Validate(c) != nil {
		t.Fatal("the good one is refused")
	}
	for claim, spoil := range map[string]func(*Table, Choice){
		"a choice below its floor":       func(_ *Table, c Choice) { c[0] = 9 },
		"a choice above its ceiling":     func(_ *Table, c Choice) { c[0] = 31 },
		"a workload that is not there":   func(t *Table, _ Choice) { t.Vars[0].Work = 1 },
		"a container that is not there":  func(t *Table, _ Choice) { t.Vars[0].Container = -1 },
		"a resource that is none":        func(t *Table, _ Choice) { t.Vars[0].Resource = 2 },
		"a target above its ceiling":     func(t *Table, _ Choice) { t.Vars[0].Target = 31 },
		"a curve that rises":             func(t *Table, _ Choice) { t.Vars[0].Curve[3] = 501 },
		"a curve that goes back":         func(t *Table, _ Choice) { t.Vars[0].Curve[2] = 10 },
		"a floor of nothing":             func(t *Table, _ Choice) { t.Vars[0].Floor = 0 },
		"half a point":                   func(t *Table, _ Choice) { t.Vars[0].Curve = t.Vars[0].Curve[:3] },
		"a risk of more than certainty":  func(t *Table, _ Choice) { t.Vars[0].Curve[1] = RiskWhole + 1 },
		"what is kept and yet changes":   func(t *Table, _ Choice) { t.Vars[0].Kept = "held" },
		"a negative request":             func(t *Table, _ Choice) { t.Works[0].Containers[0].CPU = -1 },
		"more pods than a problem takes": func(t *Table, _ Choice) { t.Works[0].Pods = AmountMax + 1 },
	} {
		table, c := good()
		spoil(table, c)
		if err := table.Validate(c); !errors.Is(err, ErrTable) {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

func TestLimitsGoAlong(t *testing.T) {
	for claim, tc := range map[string]struct {
		now, limitNow, limit, target, chosen int64
		rule                                 string
		want                                 int64
	}{
		"an unchanged request keeps its limit": {100, 300, 200, 80, 100, RuleSame, 300},
		"Guaranteed: it is the request":        {100, 100, 80, 80, 60, RuleSame, 60},
		"none is wanted":                       {100, 300, 0, 80, 60, "none", 0},
		"it stays":                             {100, 300, 300, 80, 60, "", 300},
		"and is no less than the request":      {100, 300, 90, 80, 95, "", 95},
		"its ratio stays, rounded up":          {100, 300, 240, 80, 61, string(planner.LimitRatio), 183},
	} {
		table := Table{
			Works: []Work{{Containers: []Container{{CPU: tc.now, LimitCPU: tc.limitNow}}}},
			Vars:  []Var{{Target: tc.target, Limit: tc.limit, Rule: tc.rule}},
		}
		table.Index()
		if got := table.Limit(0, tc.chosen); got != tc.want {
			t.Errorf("%s: got %d, want %d", claim, got, tc.want)
		}
	}
}

// TestNoRequestIsNoRisk: a container without a request counts in no risk, whatever its curve says, and is not set to nothing.
func TestNoRequestIsNoRisk(t *testing.T) {
	w := planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: "w"}, Replicas: 3, Requests: res(100, 0),
		Containers: []planner.Container{{Name: "app", Requests: res(100, 0)}}}
	x := planner.Target{Workload: "Deployment/w", Container: "app", Resource: "memory", Target: 15, Ceiling: 20,
		Curve: planner.Curve{{Request: 10, Risk: 900}, {Request: 20, Risk: 100}}}
	list := []planner.Target{x}
	table, _ := New([]planner.Workload{w}, &planner.Targets{Containers: list}, planner.DefaultPolicy())
	if risk := table.Risk(table.AllNow()); risk != [2]int64{} {
		t.Errorf("without a request its risk is %v", risk)
	}
	if risk := table.Risk(table.AllFloors()); table.Vars[0].Floor != 1 || risk[Memory] != 3*RiskWhole {
		t.Errorf("its floor is %d with a risk of %v", table.Vars[0].Floor, risk)
	}
	w.Requests, w.Containers[0].Requests = res(0, 0), res(0, 0)
	for change, want := range map[bool]string{false: "with a request its pods would no longer be BestEffort", true: ""} {
		policy := planner.DefaultPolicy()
		policy.Classes[0].ChangeQoS = change
		if table, _ := New([]planner.Workload{w}, &planner.Targets{Containers: list}, policy); table.Vars[0].Kept != want {
			t.Errorf("BestEffort, may change %v: kept %q", change, table.Vars[0].Kept)
		}
	}
}

// TestNewKeepsWhatItCannotBelieve: hostile and missing targets leave requests as they are, each with its reason.
func TestNewKeepsWhatItCannotBelieve(t *testing.T) {
	curve := planner.Curve{{Request: 10, Risk: 900}, {Request: 20, Risk: 100}}
	good := planner.Target{Workload: "Deployment/w", Container: "app", Resource: "cpu", Now: 100, Floor: 10, Target: 15, Ceiling: 20, Curve: curve}
	for claim, tc := range map[string]struct {
		change func(*planner.Target)
		policy func(*planner.Class)
		fixed  string
		kept   string
	}{
		"a good one is not kept":          {},
		"unknown":                         {change: func(x *planner.Target) { x.Unknown = "too little" }, kept: "too little"},
		"held":                            {change: func(x *planner.Target) { x.Held = "an HPA" }, kept: "an HPA"},
		"another request":                 {change: func(x *planner.Target) { x.Now = 99 }, kept: "its target is for a request of 99, and it has 100"},
		"a curve that rises":              {change: func(x *planner.Target) { x.Curve = planner.Curve{{Request: 1, Risk: 1}, {Request: 2, Risk: 2}} }, kept: "its curve contradicts itself"},
		"a risk below nothing":            {change: func(x *planner.Target) { x.Curve = planner.Curve{{Request: 1, Risk: -1}} }, kept: "its curve contradicts itself"},
		"no curve":                        {change: func(x *planner.Target) { x.Curve = nil }, kept: "its target has no curve"},
		"a floor above the target":        {change: func(x *planner.Target) { x.Floor = 16 }, kept: "its target contradicts itself"},
		"a ceiling out of range":          {change: func(x *planner.Target) { x.Ceiling = AmountMax + 1 }, kept: "its target contradicts itself"},
		"a container that may not change": {fixed: "pod-level resources", kept: "pod-level resources"},
		"a class that keeps CPU":          {policy: func(c *planner.Class) { c.KeepCPU = true }, kept: "the policy keeps it"},
		"a class that is left out":        {policy: func(c *planner.Class) { c.Exclude = true }, kept: "the policy keeps it"},
		"no class":                        {policy: func(c *planner.Class) { c.Match.Names = []string{"x"} }, kept: "no class of the policy covers it"},
	} {
		t.Run(claim, func(t *testing.T) {
			x, policy := good, planner.DefaultPolicy()
			if tc.change != nil {
				tc.change(&x)
			}
			if tc.policy != nil {
				tc.policy(&policy.Classes[0])
			}
			w := planner.Workload{Ref: planner.Ref{Kind: "Deployment", Name: "w"}, Replicas: 1, Requests: res(100, 100),
				Containers: []planner.Container{{Name: "app", Requests: res(100, 100), Fixed: tc.fixed}}}
			table, notes := New([]planner.Workload{w}, &planner.Targets{Containers: []planner.Target{x}}, policy)
			if len(table.Vars) != 1 || len(notes) > 0 {
				t.Fatalf("%d variables, notes %v", len(table.Vars), notes)
			}
			v := &table.Vars[0]
			if v.Kept != tc.kept {
				t.Errorf("kept: got %q, want %q", v.Kept, tc.kept)
			}
			if tc.kept != "" && fmt.Sprint(v.Floor, v.Target, v.Ceiling) != "100 100 100" {
				t.Errorf("its range is %d, %d, %d", v.Floor, v.Target, v.Ceiling)
			}
			if err := table.Validate(table.AllTargets()); err != nil {
				t.Error(err)
			}
		})
	}
}
