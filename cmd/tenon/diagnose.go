package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/model"
)

// gapReport says where the gap of an answer sits, for --explain. Shares are percent of the bound, and costs are in the
// unit of the output. It is not checked by anything: it explains, and proves nothing.
type gapReport struct {
	Cost       float64   `json:"cost"`
	LowerBound float64   `json:"lowerBound"`
	GapPercent float64   `json:"gapPercent"`
	Parts      []gapPart `json:"parts"`
	// Open is what the bound loses because it leaves open what the parts had settled: in which domain things lie.
	Open float64 `json:"openPercent,omitempty"`
	// Steps is what the bound gains because costs come in steps: no packing costs what lies between two of them.
	Steps float64 `json:"stepsPercent,omitempty"`
}

// gapPart is one part of a problem: parts share nothing.
type gapPart struct {
	Part      int       `json:"part"` // from 1
	Items     int64     `json:"items"`
	ItemKinds int       `json:"itemKinds"`
	BinKinds  int       `json:"binKinds"`
	Mostly    string    `json:"mostly"` // the kind of bin that most of the cost is for
	Cost      float64   `json:"cost"`
	LeastMix  *float64  `json:"leastMix"`   // what the contents that were found would cost in fractions of bins
	Bound     float64   `json:"lowerBound"` // 0: not known
	Gap       float64   `json:"gapPercent"`
	Rounding  float64   `json:"roundingPercent"` // of it: whole bins cost more than the least mix
	Proof     float64   `json:"proofPercent"`    // of it: the least mix is above the bound
	Cases     int64     `json:"cases"`
	CasesMost int64     `json:"casesMost"`
	Unplaced  int64     `json:"unplaced"`
	Hard      []gapHard `json:"hard"` // at most hardShown
	HardKinds int       `json:"hardKinds"`
	Together  bool      `json:"countedTogether,omitempty"` // small kinds of items share rows, so LeastMix is too low
	Advice    string    `json:"advice"`
}

// gapHard is a kind of bin whose best content is not known.
type gapHard struct {
	Bin     string  `json:"bin"`
	GivenUp int64   `json:"proofsGivenUp"`
	Over    float64 `json:"overPercent"` // by how much the best content may be worth more than the bin costs
}

// What a report shows at most; JSON has all parts.
const (
	hardShown  = 5
	partsShown = 10
)

// gapReport makes the report of what was solved; name says what a kind of bin is called. nil where there is none.
func (s *solver) gapReport(name func(bin int) string) *gapReport {
	if s.diagnosis == nil {
		return nil
	}
	d := *s.diagnosis
	out := &gapReport{Cost: s.unit.amount(float64(d.Cost)), LowerBound: s.unit.amount(float64(d.Bound)), Parts: []gapPart{}}
	base := float64(d.Bound) + float64(s.unit.sunk)
	out.GapPercent = above(float64(d.Cost)+float64(s.unit.sunk), base)
	sum, whole := float64(d.Outside), true
	for n, p := range d.Parts {
		sum += p.Bound
		whole = whole && p.Left == 0
		out.Parts = append(out.Parts, s.gapPart(n, p, name))
	}
	switch lost := sum - float64(d.Bound); {
	case !whole: // the parts' bounds are for all items, and this one is for what was placed
	case d.Free && lost > 0.5:
		out.Open = above(base+lost, base)
	case !d.Free && lost < -0.5:
		out.Steps = above(base, base+lost)
	}
	for i := range out.Parts {
		if p := &out.Parts[i]; d.Bound > 0 && d.Cost <= d.Bound && p.Unplaced == 0 {
			p.Advice = "Nothing is left to gain: no packing costs less."
		}
	}
	return out
}

func (s *solver) gapPart(n int, p binpack.PartDiagnosis, name func(bin int) string) gapPart {
	cost, floor := float64(p.Cost), max(min(p.Floor, float64(p.Cost)), p.Bound)
	out := gapPart{
		Part: n + 1, Items: p.Items, ItemKinds: p.Shapes, BinKinds: p.Kinds, Mostly: "none", Cost: float64(p.Cost) / s.unit.size(), Bound: p.Bound / s.unit.size(),
		Gap: above(cost, p.Bound), Cases: p.Cases, CasesMost: p.CasesMost, Unplaced: p.Left, Hard: []gapHard{}, HardKinds: len(p.Hard), Together: p.Aggregated,
	}
	if p.Main >= 0 {
		out.Mostly = name(p.Main)
	}
	switch {
	case p.Left > 0: // both would be for all items, and cost is not
		out.Bound, out.Gap = 0, 0
	case p.Floor > 0:
		mix := min(p.Floor, cost) / s.unit.size()
		out.LeastMix = &mix
		out.Rounding = above(p.Bound+cost-floor, p.Bound)
		out.Proof = above(floor, p.Bound)
	}
	for _, h := range p.Hard[:min(len(p.Hard), hardShown)] {
		out.Hard = append(out.Hard, gapHard{name(h.Bin), h.Times, h.Over * 100})
	}
	out.Advice = advice(p, floor, s.limits)
	return out
}

// above is by how much a cost is above a bound, in percent: 0 where it is not, and not known where nothing is proven.
func above(cost, bound float64) float64 {
	if cost <= bound || bound <= 0 {
		return 0
	}
	return (cost/bound - 1) * 100
}

// advice says in one sentence what would close the gap of a part.
func advice(p binpack.PartDiagnosis, floor float64, limits model.Limits) string {
	more := "--work deep"
	if limits.Moves >= binpack.DeepLimits().Moves {
		more = "a larger --work AMOUNT"
	}
	cost := float64(p.Cost)
	switch {
	case p.Left > 0:
		return fmt.Sprintf("%s no place: rules, or limits on bins, leave none; the bound is for what was placed.", plural(p.Left, "item has", "items have"))
	case p.Ending == binpack.Optimal || math.Ceil(p.Bound-1e-6) >= cost:
		return "Nothing is left to gain: no packing of this part costs less."
	case p.Ending == binpack.Near:
		return "The gap that was asked for is reached: a smaller --gap goes on."
	case p.Ending == binpack.Stopped:
		return "It was stopped early: a longer run may find a cheaper packing and a higher bound."
	case p.Ending == binpack.Cut:
		return fmt.Sprintf("The work was used up before the bound was settled: %s goes on.", more)
	case p.Floor == 0:
		return fmt.Sprintf("There was not enough work left to say more: %s may.", more)
	case cost-floor < floor-p.Bound && len(p.Hard) > 0:
		return fmt.Sprintf("Most of the gap is proof: of %s it is not known which content is worth the most; %s looks longer at each.", plural(int64(len(p.Hard)), "kind of bin", "kinds of bins"), more)
	case cost-floor < floor-p.Bound && p.Cases+1 >= p.CasesMost && p.CasesMost == limits.Nodes:
		return fmt.Sprintf("Most of the gap is proof, and as many cases were looked at as the limit allows: %s allows more.", more)
	case cost-floor < floor-p.Bound:
		return "Most of the gap is proof, and no kind of bin is hard: what is left is the tolerance of the proofs, and more work will hardly close it."
	case p.CasesMost == 0:
		return fmt.Sprintf("Most of the gap is rounding: whole bins cost more than the mix; %s makes more attempts, but a part with so many kinds of items is not told apart in cases, so some of it will stay.", more)
	}
	return fmt.Sprintf("Most of the gap is rounding: whole bins cost more than the mix; %s makes more attempts.", more)
}

// write prints the report for people.
func (r *gapReport) write(w io.Writer, u unit) error {
	var out strings.Builder
	fmt.Fprintf(&out, "\nWhere the gap of %s sits\n", percent(r.GapPercent))
	parts := slices.Clone(r.Parts)
	slices.SortStableFunc(parts, func(a, b gapPart) int {
		x, y := a.Cost-a.Bound, b.Cost-b.Bound
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	g := &grid{head: []string{">PART", ">ITEMS", ">KINDS", "MOSTLY", ">COST", ">LEAST MIX", ">BOUND", ">GAP", ">ROUNDING", ">PROOF"}}
	for i, p := range parts {
		if i == partsShown {
			g.add("", "", "", fmt.Sprintf("and %d more", len(parts)-i), "", "", "", "", "", "")
			break
		}
		g.add(p.cells(u)...)
	}
	if err := g.writeTo(&out); err != nil {
		return err
	}
	out.WriteString(`
LEAST MIX  what the contents of bins that were found would cost if fractions of a bin could be had
ROUNDING   the part of the gap that whole bins cost more than that
PROOF      the part of the gap between that and the bound: other contents, or another proof, may close it
`)
	if u.moves {
		out.WriteString("\nCosts and bounds count moves at their price.\n")
	}
	if r.Open > 0 {
		fmt.Fprintf(&out, "\nThe bound leaves open where rules let pods lie in several zones; the parts had chosen. That is %s, beside the parts' own gaps.\n", percent(r.Open))
	}
	if r.Steps > 0 {
		fmt.Fprintf(&out, "\nPrices have a common divisor, so costs come in steps: that raises the bound of the whole by %s, to the next cost that a packing can have.\n", percent(r.Steps))
	}
	for _, p := range parts[:min(len(parts), partsShown)] {
		p.tell(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// cells are the part's row of the table. What is not known is "?".
func (p gapPart) cells(u unit) []string {
	mix, bound, gap, rounding, proof := "?", "?", "?", "?", "?"
	if p.Bound > 0 {
		bound, gap = u.plain(p.Bound), percent(p.Gap)
	}
	if p.LeastMix != nil {
		mix, rounding, proof = u.plain(*p.LeastMix), percent(p.Rounding), percent(p.Proof)
	}
	return []string{
		strconv.Itoa(p.Part), strconv.FormatInt(p.Items, 10), strconv.Itoa(p.ItemKinds), p.Mostly, u.plain(p.Cost), mix, bound, gap, rounding, proof,
	}
}

// tell writes what there is to say of a part.
func (p gapPart) tell(out *strings.Builder) {
	fmt.Fprintf(out, "\nPart %d: %s\n", p.Part, p.Advice)
	if p.Cases > 0 {
		fmt.Fprintf(out, "  cases told apart, by how many bins of some kinds there are: %d of at most %d\n", p.Cases, p.CasesMost)
	}
	if p.Together {
		fmt.Fprintln(out, "  so many kinds of items are counted together by size: the least mix is too low, and some of the rounding is that")
	}
	for _, h := range p.Hard {
		fmt.Fprintf(out, "  hard: %s; proofs given up: %d; its best content may be worth %s more than it costs\n", h.Bin, h.GivenUp, percent(h.Over))
	}
	if more := p.HardKinds - len(p.Hard); more > 0 {
		fmt.Fprintf(out, "  and %d more\n", more)
	}
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

// percent writes a share, rounded up so that nothing is said to be none.
func percent(v float64) string {
	return strconv.FormatFloat(max(0, math.Ceil(v*1000-1e-6)/1000), 'f', -1, 64) + " %"
}
