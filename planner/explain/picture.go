package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sh/tenon/pricing"
)

const (
	picturesMax = 200 // kinds of node that are drawn; the tables hold the rest
	segmentsMax = 14  // workloads drawn apart in one bar; smaller ones are joined
	stripsMax   = 24  // different cards drawn of one node

	whole       = 10_000 // a bar's length in hundredths of a percent
	letterWidth = 330    // of one letter in a bar, in the same unit: 5.9 px in the 178 px that a bar has on a phone of 360 px
	lettersMin  = 5      // a name that is cut shorter tells nothing
)

// strip is one bar of the picture of a node.
type strip struct {
	Label, Value, Alt string
	Tight             bool
	Segments          []segment
	Ticks             []string // slot borders of a card
}

// segment is a stretch of a bar.
type segment struct {
	X, W        string
	Class       string
	Work        int // index of the workload's row, -1 for none
	Text, Title string
	size        int64
}

// sketch draws one kind of node.
type sketch struct {
	Row                             int // of the nodes' table, -1 where it is not in the file
	Type, Count, Where, State, Note string
	Each, Total, Idle               string
	Alt                             string
	Strips                          []strip
	More                            string
}

// sketches draws the dearest kinds of node.
func (v *view) sketches(tints []int) []sketch {
	order := make([]int, len(v.boxes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v.boxes[b].total, v.boxes[a].total) })
	order = order[:min(len(order), picturesMax)]
	out := make([]sketch, 0, len(order))
	for _, i := range order {
		out = append(out, v.sketch(i, tints))
	}
	return out
}

func (v *view) sketch(i int, tints []int) sketch {
	b := &v.boxes[i]
	s := sketch{
		Row: i, Type: b.InstanceType, Count: count(b.Count), State: b.state(), Note: b.Note,
		Where: strings.Join(filled(b.Zone, b.CapacityType, b.Pool), " · "),
		Each:  v.money.hour(b.PricePerHour), Total: v.money.hour(b.total), Idle: v.money.hour(b.idle.Times(b.Count)),
	}
	for at, g := range b.gauges {
		if g.name == "GPU" || at != b.tight && g.name != "CPU" && g.name != "memory" {
			continue
		}
		s.Strips = append(s.Strips, v.gaugeStrip(b, at, tints))
	}
	if i >= nodeRowsMax {
		s.Row = -1 // no row of the table to point at
	}
	all := runs(b.PlanNode)
	for _, r := range all[:min(len(all), stripsMax)] {
		s.Strips = append(s.Strips, v.cardStrip(b, r, tints))
	}
	if len(all) > stripsMax {
		s.More = fmt.Sprintf("and %d more layouts of cards", len(all)-stripsMax)
	}
	return s
}

// gaugeStrip draws a resource: DaemonSets, pods that stay, workloads from large to small, what is free.
func (v *view) gaugeStrip(b *box, at int, tints []int) strip {
	g := b.gauges[at]
	length := max(g.total, g.used()) // an overfull node is drawn full, and its value says so
	s := strip{Label: g.name, Value: wholePercent(share(g.used(), g.total)), Tight: at == b.tight}
	add := func(amount int64, class, text, title string, work int) {
		if size := mulDiv(amount, whole, length, nearest); size > 0 {
			s.Segments = append(s.Segments, segment{Class: class, Text: text, Work: work, size: size,
				Title: title + ": " + g.amount(amount) + ", " + percent(share(amount, length))})
		}
	}
	add(g.system, "sys", "", "DaemonSets", -1)
	add(g.stay, "stay", "stays", "pods that stay", -1)
	parts := v.parts(b, g.name)
	rest := int64(0)
	for rank, p := range parts {
		if rank >= segmentsMax {
			rest = satAdd(rest, p.amount)
			continue
		}
		w := v.works[p.work]
		add(p.amount, fmt.Sprintf("c%d", tints[p.work]), short(w.Workload), count(p.pods)+" × "+w.Workload, p.work)
	}
	add(rest, "rest", "others", fmt.Sprintf("%d more workloads", max(0, len(parts)-segmentsMax)), -1)
	add(g.free(), "free", "", "free", -1)
	s.Alt = fmt.Sprintf("%s: %s of %s taken (%s)%s", g.name, g.amount(g.used()), g.amount(g.total), s.Value, v.largest(parts))
	s.place()
	return s
}

// taking is what a workload takes of one gauge of one machine.
type taking struct {
	work   int
	pods   int64
	amount int64
}

func (v *view) parts(b *box, gaugeName string) []taking {
	var out []taking
	for _, pods := range b.Pods {
		if at, ok := v.byName[pods.Workload]; ok {
			out = append(out, taking{at, pods.Count, v.takes(b, v.works[at].PlanWork, pods.Count, gaugeName)})
		}
	}
	slices.SortStableFunc(out, func(a, b taking) int { return cmp.Compare(b.amount, a.amount) })
	return out
}

// largest names the three largest takers, for those who cannot see the bar.
func (v *view) largest(parts []taking) string {
	var words []string
	for _, p := range parts[:min(len(parts), 3)] {
		words = append(words, count(p.pods)+" "+short(v.works[p.work].Workload))
	}
	if len(words) == 0 {
		return ""
	}
	if len(parts) > 3 {
		words = append(words, fmt.Sprintf("%d more", len(parts)-3))
	}
	return ", by " + list(words)
}

// cardStrip draws one GPU, or several equal ones, on its grid of slots.
func (v *view) cardStrip(b *box, r run, tints []int) strip {
	c := cardOf(b.GPUModel, r.gpu)
	s := strip{Label: "GPU " + r.name(), Value: wholePercent(satMul(satAdd(c.taken(false), c.taken(true)), 1000))}
	s.Tight = b.tight >= 0 && b.gauges[b.tight].name == "GPU"
	if r.count > 1 {
		s.Value = fmt.Sprintf("%d × %s", r.count, s.Value)
	}
	at := int64(0)
	var words []string
	for _, p := range c.pieces() {
		if p.start > at {
			s.free(at, p.start, c.slots)
		}
		end := min(satAdd(p.start, p.size), c.slots)
		length := (end - p.start) * whole / c.slots
		seg := segment{Class: "mine", Work: -1, Title: p.label}
		switch w, known := v.byName[p.workload]; {
		case known:
			seg.Class, seg.Work, seg.Title = fmt.Sprintf("c%d", tints[w]), w, p.label+": "+p.workload
			seg.Text = caption(p.label, short(p.workload), length)
		case p.stays:
			seg.Class, seg.Title, seg.Text = "stay", p.label+": stays", caption("", "stays", length)
		case p.workload == "":
			seg.Class, seg.Title = "idle", p.label+": made, used by nobody"
		}
		s.put(seg, p.start, end, c.slots)
		words = append(words, seg.Title)
		at = max(at, end)
	}
	if at < c.slots {
		s.free(at, c.slots, c.slots)
	}
	if c.mode == modeMIG || len(r.gpu.Layout) > 0 {
		for slot := int64(1); slot < c.slots; slot++ {
			s.Ticks = append(s.Ticks, hundredths(slot*whole/c.slots))
		}
	}
	s.Alt = s.Label + ", " + cmp.Or(c.mode, modeIdle) + ": " + cmp.Or(atMost(words, 16), modeIdle)
	return s
}

// pieces is the parts of a card, a share of several pods drawn pod by pod.
func (c card) pieces() []part {
	const most = 32
	var out []part
	for _, p := range c.parts {
		if p.pods <= 1 || p.pods > most {
			out = append(out, p)
			continue
		}
		size := p.size / p.pods
		for i := range p.pods {
			out = append(out, part{p.start + i*size, size, p.label, p.workload, 1, p.stays})
		}
	}
	return slices.DeleteFunc(out, func(p part) bool { return p.start < 0 || p.size <= 0 || p.start >= c.slots })
}

// caption is as much of a slice's name as its length can carry: "3g.20gb web", "3g web", "3g"; of a share "web 460", "web".
func caption(label, workload string, length int64) string {
	compute, _, _ := strings.Cut(label, ".")
	names := []string{label + " " + workload, compute + " " + workload, compute}
	if label == "" {
		names = []string{workload}
	} else if share, isShare := strings.CutSuffix(label, "/1000"); isShare {
		names = []string{workload + " " + share, workload}
	}
	for _, name := range names {
		if int64(width(name))*letterWidth <= length {
			return name
		}
	}
	if letters := int(length / letterWidth); letters >= lettersMin {
		return head(names[len(names)-1], letters)
	}
	return ""
}

func (s *strip) free(from, to, slots int64) {
	s.put(segment{Class: "free", Work: -1, Title: "free"}, from, to, slots)
}

// put places a segment from one slot to another.
func (s *strip) put(seg segment, from, to, slots int64) {
	x := from * whole / slots
	seg.X, seg.W = hundredths(x), hundredths(to*whole/slots-x)
	s.Segments = append(s.Segments, seg)
}

// place lays the segments end to end and cuts their texts to what fits.
func (s *strip) place() {
	at := int64(0)
	for i := range s.Segments {
		seg := &s.Segments[i]
		size := min(seg.size, whole-at)
		seg.X, seg.W = hundredths(at), hundredths(size)
		at += size
		letters := int(size / letterWidth)
		if width(seg.Text) > letters {
			seg.Text = head(seg.Text, letters)
			if letters < lettersMin {
				seg.Text = ""
			}
		}
	}
}

// hundredths prints hundredths of a percent as an SVG length.
func hundredths(n int64) string { return trimmed(n, 2) + "%" }

// ruler is one bar of the headline picture.
type ruler struct {
	Label, Value, Alt string
	Segments          []segment
}

// rulers draws now, planned and bound to one scale, and the end of the planned bar once more, enlarged, so that a gap
// of a thousandth is seen.
func (v *view) rulers() []ruler {
	c := v.Cost
	sum, name := v.sum(), "Planned"
	if c.MovesPerHour != nil {
		name = "Planned and moves"
	}
	most := max(sum, c.LowerBoundPerHour)
	if c.KarpenterPerHour != nil {
		most = max(most, *c.KarpenterPerHour)
	}
	var out []ruler
	if c.NowPerHour != nil {
		most = max(most, *c.NowPerHour)
		out = append(out, ruler{Label: "Now", Value: v.money.hour(*c.NowPerHour),
			Segments: []segment{piece("now", 0, scale(*c.NowPerHour, most), "now")}})
	}
	if most <= 0 {
		return nil
	}
	bound, planned := scale(c.LowerBoundPerHour, most), scale(sum, most)
	end := planned
	if sum > c.LowerBoundPerHour {
		end = min(whole, max(planned, bound+40)) // 0.4 %: a gap that exists is at least a hairline
		bound = min(bound, end-40)
	}
	out = append(out, ruler{Label: name, Value: v.money.hour(sum), Segments: []segment{
		piece("plan", 0, bound, "up to the lower bound"), piece("gap", bound, end-bound, "gap"),
	}})
	if k := c.KarpenterPerHour; k != nil {
		out = append(out, ruler{Label: "Karpenter", Value: v.money.hour(*k), Segments: []segment{piece("plan", 0, scale(*k, most), "what Karpenter builds")}})
	}
	out = append(out,
		ruler{Label: "Lower bound", Value: v.money.amount(c.LowerBoundPerHour, hourDecimals, down),
			Segments: []segment{piece("bound", 0, bound, "no plan can cost less")}})
	if gap := sum.Plus(-c.LowerBoundPerHour); gap > 0 && share(int64(gap), int64(most)) < 100_000 {
		out = append(out, ruler{
			Label: "Gap, enlarged", Value: v.money.hour(gap),
			Alt:      "the last " + percent(share(int64(gap.Times(4)), int64(sum))) + " of the planned bar, enlarged: a quarter of it is the gap",
			Segments: []segment{piece("plan", 0, 7500, "up to the lower bound"), piece("gap", 7500, 2500, "gap")},
		})
	}
	for i := range out {
		out[i].Alt = cmp.Or(out[i].Alt, out[i].Label+": "+out[i].Value+" an hour")
	}
	return out
}

func scale(m, most pricing.Micro) int64 { return mulDiv(int64(m), whole, int64(most), nearest) }

func piece(class string, x, w int64, title string) segment {
	return segment{Class: class, X: hundredths(x), W: hundredths(w), Title: title, Work: -1}
}
