package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/binpack/firstfit"
)

// report is a run.
type report struct {
	Machine machine
	Date    time.Time
	Took    time.Duration
	Command string
	Missing []string // what was left out and why, each a sentence
	Notes   []note
	Limit   time.Duration // of other solvers
	Cores   int           // that problems were solved on
	Results []result
}

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
	r.growth(&b)
	r.besides(&b)
	r.versus(&b)
	r.synthetic(&b)
	r.resolved(&b)
	r.alibaba(&b)
	r.slices(&b)
	r.classes(&b)
	r.baldi(&b)
	r.nodePools(&b)
	r.demand(&b)
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
	g.add("solver", fmt.Sprintf("cores: %d; limits: `binpack.DefaultLimits`, so that work is counted, never timed: cost and bound are the same on every machine and on any number of cores%s", r.Cores, r.beside()))
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

// besides says how much more the yardsticks cost, over all cases of each set.
func (r report) besides(b *strings.Builder) {
	b.WriteString("## Beside first fit\n\nHow much more than Tenon's packing first fit costs, from the least to the most of each set. The columns are explained below.\n\n")
	head := []string{"set", ">cases"}
	for _, way := range firstfit.Ways() {
		head = append(head, ">FFD "+string(way))
	}
	g := grid{head: append(head, ">longest s")}
	for _, set := range []string{setSynth, setAlibaba, setMIG, setCT, setBaldi} {
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

const columns = `- **kinds of node**: kinds of bins before anything is pruned: types × zones that some rule tells apart.
- **nodes**, **$/h**: of Tenon's packing. It has passed ` + "`binpack.Verify`" + `, and so have those of the yardsticks.
- **bound $/h**: what no packing of these pods can cost less than, proven by the packing's certificate.
- **gap %**: (cost − bound) / bound, rounded up; ∞ where nothing was proven. It says how far the cost may be from the least; how far it is, nobody knows.
- **solve s**: ` + "`binpack.SolveWith`" + ` from problem to checked packing. Reading and lowering are not in it.
- **first gap %**, **first ms**: of ` + "`binpack.First`" + `, against the bound that the whole solve proved. It is the first that the process solves.
- **check s**: ` + "`binpack.Verify`" + ` once more: legality and bound, by code that shares nothing with the solver.
- **peak MiB**: the most memory that the case's process had by the end of solving (VmHWM of /proc/self/status; elsewhere what the Go runtime took), price list and reading included.
- **FFD …**: the cost of first fit decreasing (` + "`binpack/firstfit`" + `) as a multiple of Tenon's, for the same problem. *cheapest*: over all types, a new node is the cheapest that holds the pod. *growing*: over all types, a node takes pods as long as any type holds them and is in the end the cheapest that does, as Karpenter's claims are. *single*: for each group of pods with the same constraints the best single type, as cluster-autoscaler's node groups are. A † marks one that left out pods that Tenon placed.
`

// beside names the sets that are solved on one core each, for readers.
func (r report) beside() string {
	if r.Cores <= 1 {
		return ""
	}
	return fmt.Sprintf("; cases of %s are solved on one core each, %d at once", strings.Join(sideBySide(), ", "), r.Cores)
}
