package explain

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/planner"
)

// evidenceMost is how many steps of a decision one resource of a container lists: one screen has to hold it all.
const evidenceMost = 8

// whatItNeeds says of each container of a workload what it was sized by, what that risks, and why.
func (v *view) whatItNeeds(b *strings.Builder, name string) {
	r := v.Rightsizing
	if r == nil {
		return
	}
	var own strings.Builder
	for i := range r.Containers {
		if x := &r.Containers[i]; x.Workload == name {
			writeSizing(&own, x)
		}
	}
	for i := range r.GPUs {
		if r.GPUs[i].Name == name {
			writeAim(&own, &r.GPUs[i])
		}
	}
	if own.Len() > 0 {
		b.WriteString("\nWhat its requests rest on\n" + hang("  ", sentence(v.usageLine()), textWidth) + own.String())
	}
}

func writeSizing(b *strings.Builder, x *planner.Sizing) {
	amount := func(n int64) string { return quantity(x.Resource, n) }
	head := fmt.Sprintf("%s %s: %s now, %s chosen", x.Container, x.Resource, amount(x.Now), amount(x.Chosen))
	if x.Chosen == x.Now {
		head = fmt.Sprintf("%s %s: stays at %s", x.Container, x.Resource, amount(x.Now))
	}
	if x.LimitNow != x.Limit {
		head += fmt.Sprintf(", limit %s instead of %s", amount(x.Limit), amount(x.LimitNow))
	}
	b.WriteString(hang("  ", head+". "+sentence(cmp.Or(x.Why, "no reason is given")), textWidth))
	if x.Unknown == "" && x.RiskChosen != nil {
		writeRisks(b, x)
	}
	if words := evidenceWords(x); words != "" {
		b.WriteString(hang("    ", words, textWidth))
	}
	for i, says := range x.Evidence.Says {
		if i == evidenceMost {
			b.WriteString(fmt.Sprintf("    and %s more steps, in plan.json\n", count(int64(len(x.Evidence.Says)-i))))
			break
		}
		b.WriteString(hang("    - ", says, textWidth))
	}
}

// writeRisks is the curve where it matters.
func writeRisks(b *strings.Builder, x *planner.Sizing) {
	g := grid{columns: []column{{head: "   "}, {head: "now", right: true}, {head: "floor", right: true}, {head: "target", right: true},
		{head: "ceiling", right: true}, {head: "chosen", right: true}}}
	g.add("    request", quantity(x.Resource, x.Now), quantity(x.Resource, x.Floor), quantity(x.Resource, x.Target), quantity(x.Resource, x.Ceiling),
		quantity(x.Resource, x.Chosen))
	what := "    killed for memory"
	if x.Resource == "cpu" {
		what = "    time above it"
	}
	g.add(what, risk(x.RiskNow), risk(x.RiskFloor), risk(x.RiskTarget), risk(x.RiskCeiling), risk(x.RiskChosen))
	b.WriteString(g.render(textWidth, false))
}

// evidenceWords say in one paragraph what was seen.
func evidenceWords(x *planner.Sizing) string {
	e := &x.Evidence
	if e.Samples == 0 {
		return ""
	}
	amount := func(n int64) string { return quantity(x.Resource, n) }
	seen := fmt.Sprintf("Seen: %s of %s samples of %s", count(e.Samples), count(e.Expected), plural(e.Pods, "pod", "pods"))
	if when := span(e.From, e.To); when != "" {
		seen += ", " + when
	}
	seen += fmt.Sprintf("; typical %s, peak %s", amount(e.Typical), amount(e.Peak))
	if !e.PeakAt.IsZero() {
		seen += " on " + e.PeakAt.UTC().Format("2006-01-02 15:04")
	}
	if e.Pattern != "" {
		seen += ", " + e.Pattern
	}
	if e.Faults > 0 {
		seen += "; " + plural(e.Faults, "sample that cannot be true was left out", "samples that cannot be true were left out")
	}
	seen += ". "
	if e.Percentile > 0 && !math.IsInf(e.Percentile, 0) {
		seen += fmt.Sprintf("The target is the percentile %s with %s of headroom. ", strings.TrimSuffix(floatPercent(e.Percentile, false), " %"),
			floatPercent(e.Headroom, false))
	}
	if x.Unknown != "" {
		return strings.TrimSpace(seen)
	}
	if e.LevelRisk > 0 && x.RiskTarget != nil && *x.RiskTarget >= e.LevelRisk {
		without := *x.RiskTarget - e.LevelRisk
		seen += fmt.Sprintf("Without changes of level, which nobody foresees, the target's risk would be %s. ", risk(&without))
	}
	window := "the window"
	if days := int64(e.To.Sub(e.From).Round(24*time.Hour) / (24 * time.Hour)); days > 0 && days < 1<<20 {
		window = "the last " + plural(days, "day", "days")
	}
	if x.Resource == "cpu" {
		return seen + fmt.Sprintf("At the target it would have been above its request for %s of %s.", risk(&e.WouldHaveUnder), window)
	}
	return seen + fmt.Sprintf("At the target it would have been OOM-killed %s in %s; it was killed %s.",
		plural(e.WouldHaveKilled, "time", "times"), window, plural(e.OOMKills, "time", "times"))
}

// writeAim says what was found of a workload's GPUs.
func writeAim(b *strings.Builder, x *planner.SizedGPU) {
	b.WriteString(hang("  ", fmt.Sprintf("GPU: %s now. %s", cmp.Or(x.Now, "none"), sentence(cmp.Or(x.Why, "no reason is given"))), textWidth))
	for i := range x.Choices {
		c := &x.Choices[i]
		b.WriteString(hang("    - ", fmt.Sprintf("%s would carry it: %s of %s of memory, %s as fast, active %s of the time. %s",
			c.Model, gib(c.MemoryUsed), gib(c.MemoryMiB), percent(satMul(c.SpeedMilli, 1000)), percent(satMul(c.DutyMilli, 1000)), sentence(c.Why)), textWidth))
		if i+1 == evidenceMost {
			break
		}
	}
	for i, r := range x.Refused {
		if i == evidenceMost {
			break
		}
		b.WriteString(hang("    - ", fmt.Sprintf("not %s (%s): %s", r.Model, r.Need, r.Why), textWidth))
	}
}
