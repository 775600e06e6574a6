package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/pricing"
)

// sizedPlans names the plans that a Rightsizing compares, as they are told.
func sizedPlans(r *planner.Rightsizing) []struct {
	name string
	plan *planner.SizedPlan
} {
	return []struct {
		name string
		plan *planner.SizedPlan
	}{{"As asked", &r.Asked}, {"Targets only", &r.TargetsOnly}, {"Joint, planned", &r.Joint}}
}

// kills is an expected number of kills, rounded up.
func kills(micro int64) string { return decimal(pricing.Micro(satAdd(micro, 4_999)), 2, nearest) }

// risk is a probability or a share of time in millionths as a percentage, rounded up; "unknown" where there is none.
func risk(micro *int64) string {
	if micro == nil {
		return "unknown"
	}
	return floatPercent(float64(*micro)/1e4, true)
}

// quantity is an amount of cpu or memory; "none" where a container sets none.
func quantity(resource string, n int64) string {
	switch {
	case n == 0:
		return "none"
	case resource == "cpu":
		return cores(n)
	}
	return gib(n)
}

// spent is what a sized plan costs, moves and all.
func spent(p *planner.SizedPlan) pricing.Micro {
	if p.MovesPerHour == nil {
		return p.PlannedPerHour
	}
	return p.PlannedPerHour.Plus(*p.MovesPerHour)
}

// less says what a plan saves beside the one with requests as asked.
func (v *view) less(p *planner.SizedPlan) string {
	asked, own := spent(&v.Rightsizing.Asked), spent(p)
	switch difference := asked.Plus(-own); {
	case difference == 0:
		return ""
	case difference < 0:
		return "costs " + v.money.hour(-difference) + " more"
	default:
		return "saves " + v.money.hour(difference) + " (" + percent(share(int64(difference), int64(asked))) + ")"
	}
}

// usageLine says what the requests rest on.
func (v *view) usageLine() string {
	r := v.Rightsizing
	return "usage: " + strings.Join(filled(r.Source, span(r.From, r.To)), ", ") + "; policy " + cmp.Or(r.Policy, "unknown")
}

// keptLine counts the requests that stay, and those among them of which nothing is known.
func (v *view) keptLine() string {
	kept, unknown := int64(0), int64(0)
	for i := range v.Rightsizing.Containers {
		if x := &v.Rightsizing.Containers[i]; x.Kept != "" {
			kept++
			if x.Unknown != "" {
				unknown++
			}
		}
	}
	return fmt.Sprintf("%s of %s were kept as they are, %s of them because nothing is known", count(kept),
		plural(int64(len(v.Rightsizing.Containers)), "request", "requests"), count(unknown))
}

func span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return from.UTC().Format("2006-01-02") + " to " + to.UTC().Format("2006-01-02")
}

// resized is one container with what was chosen for both resources.
type resized struct {
	workload, container string
	pods                int64
	saved               pricing.Micro // by all pods of the workload, at shadow prices
	cpu, memory         *planner.Sizing
	moved               bool
}

// resizings lists containers, those of the workloads that save most first.
func (v *view) resizings() []resized {
	r := v.Rightsizing
	saved := map[string]pricing.Micro{}
	for i := range r.Workloads {
		w := &r.Workloads[i]
		saved[w.Workload] = w.AskedPerPod.Plus(-w.JointPerPod).Times(w.Replicas)
	}
	type key struct{ workload, container string }
	at := map[key]int{}
	var out []resized
	for i := range r.Containers {
		x := &r.Containers[i]
		k := key{x.Workload, x.Container}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, resized{workload: x.Workload, container: x.Container, pods: x.Pods, saved: saved[x.Workload]})
		}
		own := &out[at[k]]
		own.moved = own.moved || x.Chosen != x.Now
		if x.Resource == "cpu" {
			own.cpu = x
		} else {
			own.memory = x
		}
	}
	slices.SortStableFunc(out, func(a, b resized) int { return cmp.Compare(b.saved, a.saved) })
	return out
}

// change is "0.8 -> 0.42", or the amount alone where it stays.
func change(x *planner.Sizing) string {
	switch {
	case x == nil:
		return "-"
	case x.Now == x.Chosen:
		return quantity(x.Resource, x.Now)
	}
	return quantity(x.Resource, x.Now) + " -> " + quantity(x.Resource, x.Chosen)
}

// riskChange is the risk now and as chosen.
func riskChange(x *planner.Sizing) string {
	switch {
	case x == nil || x.RiskNow == nil || x.RiskChosen == nil:
		return "-"
	case *x.RiskNow == *x.RiskChosen:
		return risk(x.RiskNow)
	}
	return risk(x.RiskNow) + " -> " + risk(x.RiskChosen)
}

// resizedMost is how many containers a table on a terminal lists where not all are asked for.
const resizedMost = 10

func (v *view) writeRightsizing(b *strings.Builder, o Options) {
	r := v.Rightsizing
	if r == nil {
		return
	}
	b.WriteString(title("Requests", o))
	b.WriteString(hang("", v.usageLine(), o.Width))
	g := grid{columns: []column{
		{head: ""}, {head: v.Cost.Currency + " an hour", right: true}, {head: "bound", right: true}, {head: "OOM kills", right: true},
		{head: "CPU under", right: true}, {head: "unplaced", right: true, drop: 1}, {head: "", drop: 2},
	}}
	for _, x := range sizedPlans(r) {
		g.add(x.name, v.money.hour(x.plan.PlannedPerHour), v.money.amount(x.plan.LowerBoundPerHour, hourDecimals, down),
			kills(x.plan.OOMKillsMicro), risk(&x.plan.UnderrunMicro), count(x.plan.Unplaced), v.less(x.plan))
	}
	b.WriteString(g.render(o.Width, o.Color))
	b.WriteString(hang("", sizedWords, o.Width))
	b.WriteString(hang("", v.keptLine()+".", o.Width))
	if r.Says != "" {
		b.WriteString(hang("", sentence(r.Says), o.Width))
	}
	v.writeResized(b, o)
	v.writeSizedGPUs(b, o)
	for _, n := range r.Notes {
		b.WriteString(hang(fmt.Sprintf("%-9s", cmp.Or(n.Severity, planner.Info)), strings.Join(filled(n.Object, n.Text), ": "), o.Width))
	}
}

const sizedWords = "OOM kills: expected in the policy's horizon, over all pods. CPU under: share of container time above the request. " +
	"What is not known counts in neither."

func (v *view) writeResized(b *strings.Builder, o Options) {
	rows := v.resizings()
	if !o.Wide {
		rows = slices.DeleteFunc(rows, func(x resized) bool { return !x.moved })
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString(title("Requests that change, most money first", o))
	name := column{head: "WORKLOAD", least: 16}
	if o.Wide {
		name.least = 0
	}
	g := grid{columns: []column{
		name, {head: "CONTAINER", drop: 3}, {head: "PODS", right: true}, {head: "CPU", right: true}, {head: "MEM", right: true},
		{head: "OOM", right: true, drop: 1}, {head: "CPU UNDER", right: true, drop: 2}, {head: "SAVES/H", right: true},
		{head: "CPU WHY"}, {head: "MEM WHY"},
	}}
	shown := rows
	if !o.Wide {
		shown = rows[:min(len(rows), resizedMost)]
		g.columns = g.columns[:8]
	}
	for _, x := range shown {
		texts := []string{x.workload, x.container, count(x.pods), change(x.cpu), change(x.memory), riskChange(x.memory), riskChange(x.cpu),
			decimal(x.saved, hourDecimals, nearest), why(x.cpu), why(x.memory)}
		g.add(texts[:len(g.columns)]...)
	}
	limit := o.Width
	if o.Wide {
		limit = 0
	}
	b.WriteString(g.render(limit, o.Color))
	if left := len(rows) - len(shown); left > 0 {
		b.WriteString(hang("", fmt.Sprintf("and %s more containers; -o wide lists all", count(int64(left))), o.Width))
	}
}

func why(x *planner.Sizing) string {
	if x == nil {
		return ""
	}
	return x.Why
}

func (v *view) writeSizedGPUs(b *strings.Builder, o Options) {
	for i := range v.Rightsizing.GPUs {
		x := &v.Rightsizing.GPUs[i]
		b.WriteString(hang("GPU      ", fmt.Sprintf("%s: %s now; %s", x.Name, cmp.Or(x.Now, "none"), x.Why), o.Width))
		if i+1 == rowsMax && !o.Wide {
			leftOut(b, len(v.Rightsizing.GPUs), "workloads with GPUs; -o wide lists all", o)
			return
		}
	}
}

func (v *view) markdownRightsizing(b *strings.Builder) {
	r := v.Rightsizing
	if r == nil {
		return
	}
	fmt.Fprintf(b, "| Requests | an hour | bound | OOM kills expected | CPU underrun | unplaced | |\n|:--|--:|--:|--:|--:|--:|:--|\n")
	for _, x := range sizedPlans(r) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", x.name, escape(v.money.hour(x.plan.PlannedPerHour)),
			escape(v.money.amount(x.plan.LowerBoundPerHour, hourDecimals, down)), kills(x.plan.OOMKillsMicro), risk(&x.plan.UnderrunMicro),
			count(x.plan.Unplaced), escape(v.less(x.plan)))
	}
	fmt.Fprintf(b, "\n%s. %s.\n\n", escape(v.usageLine()), v.keptLine())
	var rows []string
	for _, x := range v.resizings() {
		if x.moved {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", codeSpan(x.workload), codeSpan(x.container), count(x.pods),
				escape(change(x.cpu)), escape(change(x.memory)), escape(riskChange(x.memory)), escape(riskChange(x.cpu)), escape(v.money.hour(x.saved))))
		}
	}
	section(b, "Requests that change", "| Workload | Container | Pods | CPU | Memory | OOM risk | CPU underrun | Saves an hour |\n"+
		"|:--|:--|--:|--:|--:|--:|--:|--:|\n", rows)
}

// sizedTable compares the three plans in the HTML report.
func (v *view) sizedTable() table {
	t := table{ID: "sized", Caption: "The same cluster with three kinds of requests", Heads: heads("Requests", "#Cost /h", "#Bound /h",
		"#OOM kills|expected in the policy's horizon, over all pods", "#CPU underrun|share of container time above the request", "#Unplaced",
		"#CPU|that all pods ask for", "#Memory|that all pods ask for", "Beside as asked")}
	if v.Rightsizing == nil {
		return t
	}
	for _, x := range sizedPlans(v.Rightsizing) {
		p := x.plan
		t.Rows = append(t.Rows, row{Cells: []data{
			words(x.name), v.hourCell(p.PlannedPerHour), number(v.money.amount(p.LowerBoundPerHour, hourDecimals, down)),
			measured(kills(p.OOMKillsMicro), p.OOMKillsMicro), measured(risk(&p.UnderrunMicro), p.UnderrunMicro), integer(p.Unplaced),
			measured(cores(p.CPUMilli), p.CPUMilli), measured(gib(p.MemoryMiB), p.MemoryMiB), words(v.less(p)),
		}})
	}
	return t
}

// resizedTable lists containers in the HTML report.
func (v *view) resizedTable() table {
	t := table{ID: "resized", Caption: "What was chosen for each container", Heads: heads("Workload", "Container", "#Pods", "#CPU", "#Memory",
		"#OOM risk", "#CPU underrun", "#Saves /h|all pods of the workload, at shadow prices", "Why")}
	if v.Rightsizing == nil {
		return t
	}
	rows := v.resizings()
	for _, x := range cut(rows, workRowsMax) {
		reasons := data{Class: "long"}
		for _, s := range []*planner.Sizing{x.cpu, x.memory} {
			if s != nil {
				reasons.Lines = append(reasons.Lines, s.Resource+": "+s.Why)
			}
		}
		t.Rows = append(t.Rows, row{Cells: []data{
			name(x.workload), words(x.container), integer(x.pods), number(change(x.cpu)), number(change(x.memory)),
			number(riskChange(x.memory)), number(riskChange(x.cpu)), v.hourCell(x.saved), reasons,
		}})
	}
	t.More = len(rows) - len(t.Rows)
	return t
}
