package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/gpu"
)

// gridMax bounds the slots that are drawn for one card, whatever a broken Plan says.
const gridMax = 64

// The modes of planner.PlanGPU.
const (
	modeWhole  = "whole"
	modeMIG    = "mig"
	modeShared = "shared"
	modeIdle   = "idle"
	modeLive   = "live"
)

// card is one GPU as it is drawn and counted: parts on a grid of slots.
type card struct {
	slots int64  // MIG memory slices of the card; 1000 for a card that is not cut
	mode  string // as PlanGPU.Mode
	parts []part // by start
}

// part is a stretch of a card.
type part struct {
	start, size int64
	label       string // profile, share or "whole"
	workload    string // "" for an instance that nobody was given
	pods        int64
	stays       bool // taken by pods that are not planned
}

// cardOf lays a card out on its grid.
func cardOf(model string, g *planner.PlanGPU) card {
	c := card{slots: 1000, mode: g.Mode}
	switch {
	case g.Mode == modeMIG || g.Mode == modeLive && len(g.Layout) > 0:
		c.slots = slots(model, g.Layout)
		for _, m := range g.Layout {
			stays := g.Mode == modeLive && m.Workload == ""
			c.parts = append(c.parts, part{int64(m.Start), int64(m.Size), m.Profile, m.Workload, 1, stays})
		}
		slices.SortStableFunc(c.parts, func(a, b part) int { return cmp.Compare(a.start, b.start) })
	case g.Mode == modeShared:
		at := int64(0)
		for _, s := range g.Shares {
			size := satMul(s.Milli, s.Count)
			c.parts = append(c.parts, part{at, size, milli(s.Milli), s.Workload, s.Count, false})
			at = satAdd(at, size)
		}
	case g.Mode == modeWhole || g.Mode == modeLive:
		c.parts = []part{{0, 1000, modeWhole, g.User, 1, g.User == ""}}
	}
	return c
}

func milli(n int64) string { return fmt.Sprintf("%d/1000", n) }

// slots is the number of MIG memory slices of a card. A model that planner/gpu does not know is drawn on the eight
// slices that most parts have, and a layout that reaches further widens its grid, so that nothing is drawn outside.
func slots(model string, layout []planner.PlanMIG) int64 {
	grid := int64(8)
	if m, ok := gpu.ByKey(model); ok && m.MemorySlices > 0 {
		grid = int64(m.MemorySlices)
	}
	for _, m := range layout {
		grid = max(grid, satAdd(int64(m.Start), int64(m.Size)))
	}
	return min(grid, gridMax)
}

// taken is how much of the card is in use, in thousandths.
func (c card) taken(stays bool) int64 {
	sum := int64(0)
	for _, p := range c.parts {
		if p.stays == stays && (p.stays || p.workload != "") {
			sum = satAdd(sum, max(p.size, 0))
		}
	}
	return mulDiv(sum, 1000, c.slots, nearest)
}

func (c card) takenBy(workload string) int64 {
	sum := int64(0)
	for _, p := range c.parts {
		if p.workload == workload {
			sum = satAdd(sum, max(p.size, 0))
		}
	}
	return mulDiv(sum, 1000, c.slots, nearest)
}

// gpuGauge counts a node's cards in thousandths.
func gpuGauge(n *planner.PlanNode) gauge {
	g := gauge{name: "GPU", total: 1000 * int64(len(n.GPUs))}
	for i := range n.GPUs {
		c := cardOf(n.GPUModel, &n.GPUs[i])
		g.planned = satAdd(g.planned, c.taken(false))
		g.stay = satAdd(g.stay, c.taken(true))
	}
	return g
}

// idleCards is the number of cards of one node that nobody uses any part of.
func idleCards(n *planner.PlanNode) int64 {
	idle := int64(0)
	for i := range n.GPUs {
		if c := cardOf(n.GPUModel, &n.GPUs[i]); c.taken(false)+c.taken(true) == 0 {
			idle++
		}
	}
	return idle
}

// layout is a card in words: "3g.20gb@4 web + 4g.20gb@0 api". Instances keep the Plan's order, which is the order in
// which the driver accepts them; @ is the first memory slice.
func layout(g *planner.PlanGPU, users bool) string {
	var words []string
	say := func(what, workload string) {
		if users && workload != "" {
			what += " " + short(workload)
		}
		words = append(words, what)
	}
	for i := 0; i < len(g.Layout); {
		m, n := g.Layout[i], 1
		for i+n < len(g.Layout) && follows(g.Layout[i+n-1], g.Layout[i+n]) {
			n++
		}
		what := fmt.Sprintf("%s@%d", m.Profile, m.Start)
		if n > 1 {
			what = fmt.Sprintf("%d x %s@%d-%d", n, m.Profile, m.Start, g.Layout[i+n-1].Start)
		}
		free := "free"
		if g.Mode == modeLive {
			free = "stays"
		}
		say(what, cmp.Or(m.Workload, free))
		i += n
	}
	for _, s := range g.Shares {
		say(fmt.Sprintf("%d x %s", s.Count, milli(s.Milli)), s.Workload)
	}
	if len(words) == 0 {
		say(cmp.Or(g.Mode, modeIdle), g.User)
	}
	return strings.Join(words, " + ")
}

// follows reports whether b is one more instance like a, right behind it.
func follows(a, b planner.PlanMIG) bool {
	return b.Profile == a.Profile && b.Workload == a.Workload && b.Start == a.Start+a.Size
}

// run is a stretch of equal cards of a node.
type run struct {
	first, count int
	gpu          *planner.PlanGPU
}

// name is "0" or "0-7".
func (r run) name() string {
	if r.count == 1 {
		return fmt.Sprint(r.gpu.Index)
	}
	return fmt.Sprintf("%d-%d", r.gpu.Index, r.gpu.Index+r.count-1)
}

// runs joins neighbouring cards that say the same.
func runs(n *planner.PlanNode) []run {
	var out []run
	previous := ""
	for i := range n.GPUs {
		g := &n.GPUs[i]
		said := g.Mode + " " + layout(g, true)
		if i > 0 && said == previous && g.Index == n.GPUs[i-1].Index+1 {
			out[len(out)-1].count++
			continue
		}
		out, previous = append(out, run{first: i, count: 1, gpu: g}), said
	}
	return out
}

// layouts is all cards of a node on one line: "0-3: 4g.20gb@0 + 3g.20gb@4; 4: idle".
func layouts(n *planner.PlanNode, users bool) string {
	var words []string
	for _, r := range runs(n) {
		words = append(words, r.name()+": "+layout(r.gpu, users))
	}
	return strings.Join(words, "; ")
}
