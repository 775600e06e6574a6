package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
)

// Targets is what containers and GPUs should ask for, for people at a terminal: a summary, a row for each container and
// resource, the largest changes first, GPUs, and what is unknown or held with the reason.
func Targets(t planner.Targets, o Options) string {
	if o.Width <= 0 {
		o.Width = widthDefault
	}
	t = cleanTargets(t)
	var b strings.Builder
	b.WriteString(bold.paint(strings.TrimSuffix(hang("Targets from ", cmp.Or(t.Source, "an unnamed source"), o.Width), "\n"), o.Color) + "\n")
	if !t.From.IsZero() {
		b.WriteString(fmt.Sprintf("usage of %s to %s\n", t.From.UTC().Format("2006-01-02 15:04"), t.To.UTC().Format("2006-01-02 15:04 UTC")))
	}
	targetSummary(&b, t, o)
	targetRows(&b, t, o)
	gpuRows(&b, t, o)
	scalerRows(&b, t, o)
	reasons(&b, t, o)
	v := view{}
	for i := range t.Notes {
		v.notes = append(v.notes, &t.Notes[i])
	}
	v.writeNotes(&b, o)
	return b.String()
}

// tally counts what becomes of targets.
type tally struct{ lower, higher, same, unknown, held int64 }

func targetSummary(b *strings.Builder, t planner.Targets, o Options) {
	var n tally
	for i := range t.Containers {
		c := &t.Containers[i]
		switch {
		case c.Unknown != "":
			n.unknown++
		case c.Held != "":
			n.held++
		case c.Target < c.Now:
			n.lower++
		case c.Target > c.Now:
			n.higher++
		default:
			n.same++
		}
	}
	b.WriteString(hang("", fmt.Sprintf("%s: %s lower, %s higher, %s as they are, %s held, %s unknown (these keep what they ask for)",
		plural(int64(len(t.Containers)), "request", "requests"), count(n.lower), count(n.higher), count(n.same), count(n.held), count(n.unknown)), o.Width))
}

// targetRows lists what changes or could: of a narrow table the largest changes, by share.
func targetRows(b *strings.Builder, t planner.Targets, o Options) {
	rows := make([]*planner.Target, 0, len(t.Containers))
	for i := range t.Containers {
		if c := &t.Containers[i]; c.Unknown == "" && c.Held == "" {
			rows = append(rows, c)
		}
	}
	if len(rows) == 0 {
		return
	}
	if !o.Wide {
		slices.SortStableFunc(rows, func(x, y *planner.Target) int { return cmp.Compare(moved(y), moved(x)) })
	}
	b.WriteString(title("Requests", o))
	g := grid{columns: []column{
		{head: "WORKLOAD", least: 14}, {head: "CONTAINER", least: 6, drop: 6}, {head: "NOW", right: true}, {head: "TARGET", right: true},
		{head: "RANGE", right: true, drop: 5}, {head: "TYPICAL", right: true, drop: 4}, {head: "PEAK", right: true}, {head: "PATTERN", least: 6, drop: 3},
		{head: "RISK NOW", right: true, drop: 1}, {head: "RISK THEN", right: true},
	}}
	if o.Wide {
		g.columns = append(g.columns, column{head: "LIMIT NOW", right: true}, column{head: "LIMIT THEN", right: true}, column{head: "SAMPLES", right: true}, column{head: "PODS", right: true}, column{head: "CLASS"})
	}
	shown := rows
	if !o.Wide {
		shown = rows[:min(len(rows), rowsMax)]
	}
	for _, c := range shown {
		name := c.Workload
		if c.Shape > 0 {
			name += fmt.Sprintf(" #%d", c.Shape)
		}
		texts := []string{
			name, c.Container, asked(c.Resource, c.Now), asked(c.Resource, c.Target), asked(c.Resource, c.Floor) + ".." + asked(c.Resource, c.Ceiling),
			asked(c.Resource, c.Evidence.Typical), asked(c.Resource, c.Evidence.Peak), c.Evidence.Pattern, riskOf(c, c.Now), riskOf(c, c.Target),
		}
		if o.Wide {
			texts = append(texts, limit(c.Resource, c.LimitNow), limit(c.Resource, c.Limit), count(c.Evidence.Samples), count(c.Evidence.Pods), c.Class)
		}
		g.add(texts...)
		row := g.rows[len(g.rows)-1]
		switch {
		case c.Target < c.Now:
			row[3].look = green
		case c.Target > c.Now:
			row[3].look = yellow
		}
	}
	width := o.Width
	if o.Wide {
		width = 0
	}
	b.WriteString(g.render(width, o.Color))
	if !o.Wide {
		leftOut(b, len(rows), "requests; -o wide lists all", o)
	}
	b.WriteString(faint.paint(strings.TrimSuffix(hang("", "risk: of CPU the share of time above the request, of memory the chance that a pod is killed within the horizon; changes of level are in it", o.Width), "\n"), o.Color) + "\n")
}

// moved is by how much a request changes, in thousandths of the larger of the two.
func moved(t *planner.Target) int64 {
	most := max(t.Now, t.Target)
	if most == 0 {
		return 0
	}
	return max(t.Now-t.Target, t.Target-t.Now) * 1000 / most
}

// asked prints an amount as Kubernetes writes it: its unit says of which resource it is.
func asked(resource string, n int64) string {
	if n == 0 {
		return "-"
	}
	if resource == "memory" {
		return count(n) + "Mi"
	}
	return count(n) + "m"
}

func limit(resource string, n int64) string {
	if n == 0 {
		return "none"
	}
	return asked(resource, n)
}

// riskOf prints what a request risks: "0.84 %".
func riskOf(t *planner.Target, request int64) string {
	if len(t.Curve) == 0 {
		return "-"
	}
	millionths := t.Curve.At(request)
	switch {
	case millionths >= 1_000_000:
		return "100 %"
	case millionths > 0 && millionths < 100:
		return "< 0.01 %"
	}
	return fmt.Sprintf("%d.%02d %%", millionths/10_000, millionths/100%100)
}

func gpuRows(b *strings.Builder, t planner.Targets, o Options) {
	g := grid{columns: []column{
		{head: "WORKLOAD", least: 14}, {head: "NOW"}, {head: "COULD BE"}, {head: "MEMORY", right: true}, {head: "OF", right: true, drop: 3},
		{head: "BUSY", right: true}, {head: "SPEED", right: true, drop: 2}, {head: "RISK", right: true, drop: 1},
	}}
	for i := range t.GPUs {
		a := &t.GPUs[i]
		for j := range a.Choices {
			c := &a.Choices[j]
			if c.Why == "as it is" {
				continue
			}
			g.add(a.Workload, strings.Join(filled(a.Now, a.Model), " of "), c.Model+" "+needText(c.Need), count(c.MemoryUsed)+"Mi", count(c.MemoryMiB)+"Mi",
				fmt.Sprintf("%d %%", (c.DutyMilli+9)/10), fmt.Sprintf("%d.%02d ×", c.SpeedMilli/1000, c.SpeedMilli%1000/10), percent(c.RiskMicro))
		}
	}
	if len(g.rows) == 0 {
		return
	}
	b.WriteString(title("GPUs", o))
	width := o.Width
	if o.Wide {
		width = 0
	}
	b.WriteString(g.render(width, o.Color))
}

// needText is what a pod asks for of GPUs.
func needText(n planner.GPUNeed) string {
	switch {
	case n.Whole > 0:
		return plural(n.Whole, "card", "cards")
	case n.ShareMilli > 0:
		return fmt.Sprintf("%d/1000 of a card", n.ShareMilli)
	}
	names := make([]string, 0, len(n.Slices))
	for name := range n.Slices {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " + ")
}

func scalerRows(b *strings.Builder, t planner.Targets, o Options) {
	if len(t.Scalers) == 0 {
		return
	}
	b.WriteString(title("Autoscalers that have to move along", o))
	for _, a := range t.Scalers {
		b.WriteString(hang("", fmt.Sprintf("%s: the target for %s from %d to %d %% (%s)", a.Scaler, a.Resource, a.Now, a.Percent, a.Why), o.Width))
	}
}

// reasons joins what is unknown or held by reason: a cluster has a thousand containers and a few reasons.
func reasons(b *strings.Builder, t planner.Targets, o Options) {
	for _, kind := range []struct {
		heading string
		of      func(c *planner.Target) string
		gpu     func(a *planner.GPUAim) string
	}{
		{"Unknown", func(c *planner.Target) string { return c.Unknown }, func(a *planner.GPUAim) string { return a.Unknown }},
		{"Held", func(c *planner.Target) string { return c.Held }, func(a *planner.GPUAim) string { return a.Held }},
	} {
		by := map[string][]string{}
		var order []string
		add := func(why, who string) {
			if why == "" {
				return
			}
			if by[why] == nil {
				order = append(order, why)
			}
			by[why] = append(by[why], who)
		}
		for i := range t.Containers {
			c := &t.Containers[i]
			add(kind.of(c), c.Workload+" "+c.Container+" "+c.Resource)
		}
		for i := range t.GPUs {
			add(kind.gpu(&t.GPUs[i]), t.GPUs[i].Workload+" GPU")
		}
		if len(order) == 0 {
			continue
		}
		b.WriteString(title(kind.heading, o))
		most := 3
		if o.Wide {
			most = rowsMax
		}
		for _, why := range order {
			b.WriteString(hang("", why+": "+atMost(by[why], most), o.Width))
		}
	}
}

// TargetsCSV is one row for each container and resource.
func TargetsCSV(t planner.Targets) string {
	t = cleanTargets(t)
	var b strings.Builder
	b.WriteString("workload,shape,container,resource,unit,now,floor,target,ceiling,limit_now,limit,risk_now_millionths,risk_target_millionths,risk_levels_millionths,percentile,typical,peak,pattern,samples,expected,pods,oom_kills,would_have_killed,class,unknown,held\n")
	for i := range t.Containers {
		c, unit := &t.Containers[i], "milli"
		if c.Resource == "memory" {
			unit = "MiB"
		}
		e := &c.Evidence
		known := func(request int64) string {
			if len(c.Curve) == 0 {
				return ""
			}
			return fmt.Sprint(c.Curve.At(request))
		}
		fields := []string{
			c.Workload, fmt.Sprint(c.Shape), c.Container, c.Resource, unit, fmt.Sprint(c.Now), fmt.Sprint(c.Floor), fmt.Sprint(c.Target), fmt.Sprint(c.Ceiling),
			fmt.Sprint(c.LimitNow), fmt.Sprint(c.Limit), known(c.Now), known(c.Target), levelRisk(c), fmt.Sprintf("%.4f", e.Percentile), fmt.Sprint(e.Typical), fmt.Sprint(e.Peak), e.Pattern,
			fmt.Sprint(e.Samples), fmt.Sprint(e.Expected), fmt.Sprint(e.Pods), fmt.Sprint(e.OOMKills), fmt.Sprint(e.WouldHaveKilled), c.Class, c.Unknown, c.Held,
		}
		for j := range fields {
			fields[j] = field(fields[j])
		}
		b.WriteString(strings.Join(fields, ",") + "\n")
	}
	return b.String()
}

// levelRisk is the part of the target's risk that is changes of level.
func levelRisk(c *planner.Target) string {
	if len(c.Curve) == 0 {
		return ""
	}
	return fmt.Sprint(c.Evidence.LevelRisk)
}

// field quotes a CSV field where RFC 4180 wants it, and keeps a spreadsheet from taking it for a formula.
func field(text string) string {
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) && !numeric(text) {
		text = "'" + text
	}
	if strings.ContainsAny(text, ",\"\r\n") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

func numeric(text string) bool { return strings.Trim(text, "+-.0123456789e") == "" }

// cleanTargets makes every text safe to lay out.
func cleanTargets(t planner.Targets) planner.Targets {
	each(&t.Source, &t.Digest, &t.Policy)
	t.Containers = slices.Clone(t.Containers)
	for i := range t.Containers {
		c := &t.Containers[i]
		each(&c.Workload, &c.Container, &c.Resource, &c.Class, &c.Unknown, &c.Held, &c.Evidence.Pattern)
		c.Evidence.Says = cleanAll(c.Evidence.Says)
	}
	t.GPUs = slices.Clone(t.GPUs)
	for i := range t.GPUs {
		a := &t.GPUs[i]
		each(&a.Workload, &a.Class, &a.Now, &a.Model, &a.Unknown, &a.Held)
		a.Choices = slices.Clone(a.Choices)
		for j := range a.Choices {
			each(&a.Choices[j].Model, &a.Choices[j].SpeedSource, &a.Choices[j].Why)
		}
	}
	t.Scalers = slices.Clone(t.Scalers)
	for i := range t.Scalers {
		each(&t.Scalers[i].Scaler, &t.Scalers[i].Workload, &t.Scalers[i].Resource, &t.Scalers[i].Container, &t.Scalers[i].Why)
	}
	t.Notes = slices.Clone(t.Notes)
	for i := range t.Notes {
		each(&t.Notes[i].Object, &t.Notes[i].Text)
	}
	return t
}
