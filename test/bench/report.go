package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/pricing"
)

// report is a run.
type report struct {
	Machine machine
	Date    time.Time
	Took    time.Duration
	Command string
	Missing []string // what was left out and why, each a sentence
	Results []result
}

// The goals, of the issue that asked for the solver.
const (
	goalSynthGap     = 1.0 // per cent, at 10k pods in 200 shapes
	goalSynthSeconds = 60.0
	goalAlibabaGap   = 4.0
	largest          = setSynth + "/10k-200/"
)

// markdown renders the document. The same report gives the same text.
func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `make bench`: do not edit. What is measured, and how, says the package comment of `test/bench`.\n\n")
	r.machine(&b)
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "**%s**\n\n", m)
	}
	r.goals(&b)
	r.failures(&b)
	r.besides(&b)
	r.synthetic(&b)
	r.alibaba(&b)
	r.baldi(&b)
	fmt.Fprintf(&b, "## The columns\n\n%s\n", columns)
	return b.String()
}

func (r report) machine(b *strings.Builder) {
	m := r.Machine
	g := grid{head: []string{"", ""}}
	g.add("date", r.Date.UTC().Format("2006-01-02 15:04 UTC"))
	g.add("command", "`"+strings.TrimSpace(r.Command)+"`, "+r.Took.Round(time.Second).String())
	g.add("machine", fmt.Sprintf("%d cores of %s, %s of memory, %s", m.Cores, m.CPU, m.RAM, m.System))
	if m.Load != "" {
		g.add("load before the first case", m.Load+" (1 minute): what else runs makes times longer, nothing else")
	}
	g.add("Go", m.Go)
	g.add("commit", m.Commit)
	g.add("catalog", m.Catalog)
	g.add("limits", "`binpack.DefaultLimits`: work is counted, never timed, so cost and bound are the same on every machine")
	g.write(b)
}

// goals compares the worst of each set with what was asked for.
func (r report) goals(b *strings.Builder) {
	b.WriteString("## Goals\n\n")
	g := grid{head: []string{"goal", "worst", "where", "met"}}
	add := func(goal, unit, prefix string, most float64, value func(result) float64) {
		of := r.of(prefix)
		if len(of) == 0 {
			g.add(goal, "not measured", "", "")
			return
		}
		worst := slices.MaxFunc(of, func(x, y result) int { return cmp.Compare(value(x), value(y)) })
		met := "yes"
		if failed := r.failed(prefix); failed > 0 {
			met = fmt.Sprintf("**no**: %d more failed", failed)
		} else if !(value(worst) <= most) {
			met = "**no**"
		}
		g.add(goal, up(value(worst), 2)+unit, fmt.Sprintf("%s, of %d", worst.Case, len(of)), met)
	}
	add("gap ≤ 1 % at 10k pods in 200 shapes", " %", largest, goalSynthGap, result.gap)
	add("and that in a minute on 2 cores", " s", largest, goalSynthSeconds, func(r result) float64 { return r.Solve.Seconds() })
	add("gap ≤ 4 % on the Alibaba lists", " %", setAlibaba+"/", goalAlibabaGap, result.gap)
	g.write(b)
}

// of returns the results whose case begins with a prefix, without those that failed.
func (r report) of(prefix string) []result {
	var out []result
	for _, x := range r.Results {
		if strings.HasPrefix(x.Case, prefix) && x.Error == "" {
			out = append(out, x)
		}
	}
	return out
}

func (r report) failed(prefix string) int {
	n := 0
	for _, x := range r.Results {
		if strings.HasPrefix(x.Case, prefix) && x.Error != "" {
			n++
		}
	}
	return n
}

// besides says how much more the yardsticks cost, over all cases of each set.
func (r report) besides(b *strings.Builder) {
	b.WriteString("## Beside first fit\n\nHow much more than Tenon's packing first fit costs, from the least to the most of each set. The columns are explained below.\n\n")
	head := []string{"set", ">cases"}
	for _, way := range firstfit.Ways() {
		head = append(head, ">FFD "+string(way))
	}
	g := grid{head: append(head, ">longest s")}
	for _, set := range []string{setSynth, setAlibaba, setBaldi} {
		of := r.of(set + "/")
		if len(of) == 0 {
			continue
		}
		row, longest := []string{set, strconv.Itoa(len(of))}, 0.0
		for n := range firstfit.Ways() {
			least, most := math.Inf(1), math.Inf(-1)
			for _, x := range of {
				more := 100 * (x.ratio(n) - 1)
				least, most = min(least, more), max(most, more)
				longest = max(longest, x.Others[n].Took.Seconds())
			}
			row = append(row, fmt.Sprintf("%s … %s %%", signed(least), signed(most)))
		}
		g.add(append(row, fixed(longest, 2))...)
	}
	g.write(b)
}

// signed has one digit and a sign: a yardstick may be cheaper.
func signed(v float64) string {
	s := fmt.Sprintf("%+.1f", v)
	if s == "+0.0" || s == "-0.0" {
		return "0.0"
	}
	return s
}

func (r report) failures(b *strings.Builder) {
	g := grid{head: []string{"failed", "why"}}
	for _, x := range r.Results {
		if x.Error != "" {
			g.add(x.Case, strings.ReplaceAll(x.Error, "|", "\\|"))
		}
	}
	if len(g.rows) > 0 {
		b.WriteString("## Failures\n\n")
		g.write(b)
	}
}

// measured is the head of the columns that all tables of single cases end with.
var measured = []string{">nodes", ">$/h", ">bound $/h", ">gap %", ">solve s", ">check s", ">peak MiB", ">FFD cheapest", ">FFD growing", ">FFD single"}

func (r report) synthetic(b *strings.Builder) {
	of := r.of(setSynth + "/")
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(b, "## Synthetic clusters\n\n"+
		"Of `simulations/synth`, over the whole catalog: %d %% of the pods have GPUs, MIG slices among them. "+
		"Seeds up to %d were looked at while the solver was written, and settings were chosen on 1; the others were not.\n\n", gpuPercent, tunedSeeds)
	g := grid{head: slices.Concat([]string{"cluster", ">seed", ">pods", ">kinds of node"}, measured)}
	for _, x := range of {
		size, seed, _ := strings.Cut(strings.TrimPrefix(x.Case, setSynth+"/"), "/seed-")
		if n, err := strconv.Atoi(seed); err == nil && n <= tunedSeeds {
			seed = "tuned " + seed
		}
		g.add(slices.Concat([]string{size, seed, x.pods(), strconv.Itoa(x.Kinds)}, x.cells())...)
	}
	g.write(b)
}

func (r report) alibaba(b *strings.Builder) {
	of := r.of(setAlibaba + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## Alibaba's GPU trace of 2023\n\n" +
		"Every pod list (Weng et al., USENIX ATC 2023), all pods at once, shares of cards by time-slicing, as `simulations/openb` reads it. " +
		"*Not had* are pods that name only models of GPUs that AWS does not sell; they are in no figure.\n\n")
	g := grid{head: slices.Concat([]string{"list", ">pods", ">not had", ">shapes", ">kinds of node"}, measured)}
	for _, x := range of {
		name := strings.TrimPrefix(x.Case, setAlibaba+"/")
		g.add(slices.Concat([]string{name, x.pods(), thousands(x.Stuck), strconv.Itoa(x.Shapes), strconv.Itoa(x.Kinds)}, x.cells())...)
	}
	g.write(b)
}

// cells are those under measured.
func (r result) cells() []string {
	cells := []string{
		thousands(r.Bins), money(r.Cost), money(r.Bound), r.gapText(),
		fixed(r.Solve.Seconds(), 1), fixed(r.Verify.Seconds(), 1), thousands(r.PeakMiB),
	}
	for n, o := range r.Others {
		mark := ""
		if o.Unplaced > r.Unplaced {
			mark = "†"
		}
		cells = append(cells, fixed(r.ratio(n), 3)+mark)
	}
	return cells
}

func (r result) pods() string {
	if r.Unplaced > 0 {
		return thousands(r.Items-r.Unplaced) + " of " + thousands(r.Items)
	}
	return thousands(r.Items)
}

func (r result) gapText() string {
	if r.Status == model.Optimal {
		return "0 (optimal)"
	}
	return up(r.gap(), 3)
}

// baldi has one row for the instances with as many items.
func (r report) baldi(b *strings.Builder) {
	of := r.of(setBaldi + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## Baldi's instances\n\n" +
		"Variable cost and size bin packing, TIPO0 of Baldi, Crainic, Perboli and Tadei, as VPSolver's repository had it: one dimension, every item must be packed. " +
		"Figures over all instances with so many items.\n\n")
	sizes := map[int64][]result{}
	var order []int64
	for _, x := range of {
		if sizes[x.Items] == nil {
			order = append(order, x.Items)
		}
		sizes[x.Items] = append(sizes[x.Items], x)
	}
	slices.Sort(order)
	g := grid{head: []string{"items", ">instances", ">optimal", ">mean gap %", ">worst gap %", ">mean s", ">worst s", ">peak MiB", ">FFD cheapest", ">FFD growing", ">FFD single"}}
	for _, n := range order {
		g.add(baldiRow(thousands(n), sizes[n])...)
	}
	g.add(baldiRow("all", of)...)
	g.write(b)
}

func baldiRow(name string, of []result) []string {
	optimal, gaps, worst, seconds, longest, memory := 0, 0.0, 0.0, 0.0, 0.0, int64(0)
	ratios := make([]float64, len(firstfit.Ways()))
	for _, x := range of {
		if x.Status == model.Optimal {
			optimal++
		}
		gaps += x.gap()
		worst = max(worst, x.gap())
		seconds += x.Solve.Seconds()
		longest = max(longest, x.Solve.Seconds())
		memory = max(memory, x.PeakMiB)
		for n := range x.Others {
			ratios[n] += x.ratio(n)
		}
	}
	count := float64(len(of))
	row := []string{
		name, strconv.Itoa(len(of)), strconv.Itoa(optimal), up(gaps/count, 3), up(worst, 3),
		fixed(seconds/count, 2), fixed(longest, 2), thousands(memory),
	}
	for _, sum := range ratios {
		row = append(row, fixed(sum/count, 3))
	}
	return row
}

const columns = `- **kinds of node**: kinds of bins before anything is pruned: types × zones that some rule tells apart.
- **nodes**, **$/h**: of Tenon's packing. It has passed ` + "`binpack.Verify`" + `, and so have those of the yardsticks.
- **bound $/h**: what no packing of these pods can cost less than, proven by the packing's certificate.
- **gap %**: (cost − bound) / bound, rounded up; ∞ where nothing was proven. It says how far the cost may be from the least; how far it is, nobody knows.
- **solve s**: ` + "`binpack.Solve`" + ` from problem to checked packing. Reading and lowering are not in it.
- **check s**: ` + "`binpack.Verify`" + ` once more: legality and bound, by code that shares nothing with the solver.
- **peak MiB**: the most memory that the case's process had by the end of solving (VmHWM of /proc/self/status; elsewhere what the Go runtime took), price list and reading included.
- **FFD …**: the cost of first fit decreasing (` + "`binpack/firstfit`" + `) as a multiple of Tenon's, for the same problem. *cheapest*: over all types, a new node is the cheapest that holds the pod. *growing*: over all types, a node takes pods as long as any type holds them and is in the end the cheapest that does, as Karpenter's claims are. *single*: for each group of pods with the same constraints the best single type, as cluster-autoscaler's node groups are. A † marks one that left out pods that Tenon placed.
`

// up rounds up, so that no gap is printed as none.
func up(v float64, digits int) string {
	if math.IsInf(v, 1) {
		return "∞"
	}
	unit := math.Pow10(digits)
	return fixed(max(math.Ceil(v*unit-1e-9), 0)/unit, digits) // a millionth of the last digit is noise
}

func fixed(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

func money(micro int64) string { return fixed(float64(micro)/float64(pricing.Unit), 2) }

// thousands writes 12345 as 12,345.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// grid is a Markdown table. Heads that begin with ">" stand above numbers, on the right.
type grid struct {
	head []string
	rows [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) write(b *strings.Builder) {
	var names, rules []string
	for _, h := range g.head {
		name, right := strings.CutPrefix(h, ">")
		names = append(names, name)
		if rule := "---"; right {
			rules = append(rules, rule+":")
		} else {
			rules = append(rules, rule)
		}
	}
	for _, row := range slices.Concat([][]string{names, rules}, g.rows) {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	b.WriteString("\n")
}
