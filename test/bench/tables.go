package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
)

// measured is the head of the columns that all tables of single cases end with.
var measured = []string{">nodes", ">$/h", ">bound $/h", ">gap %", ">solve s", ">first gap %", ">first ms", ">check s", ">peak MiB", ">FFD cheapest", ">FFD growing", ">FFD single"}

func (r report) synthetic(b *strings.Builder) {
	of := r.of(setSynth + "/")
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(b, "## Synthetic clusters\n\n"+
		"Of `simulations/synth`, over the whole catalog: %d %% of the pods have GPUs, MIG slices among them. "+
		"Seeds up to %d were looked at while the solver was written: they are marked as tuned, and no goal counts them.\n\n", gpuPercent, tunedSeeds)
	g := grid{head: slices.Concat([]string{"cluster", ">seed", ">pods", ">kinds of node"}, measured)}
	for _, x := range of {
		size, seed := sizeAndSeed(x.Case)
		g.add(slices.Concat([]string{size, seed, x.pods(), strconv.Itoa(x.Kinds)}, x.cells())...)
	}
	g.write(b)
}

// sizeAndSeed takes the name of a case apart, and marks a seed that was looked at.
func sizeAndSeed(name string) (size, seed string) {
	rest, n, _ := cutSeed(name)
	_, size, _ = strings.Cut(rest, "/")
	seed = strconv.FormatUint(n, 10)
	if tuned(name) {
		seed = "tuned " + seed
	}
	return size, seed
}

// resolved tells what solving again takes.
func (r report) resolved(b *strings.Builder) {
	of := r.of(setAgain + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## Solving again after a change\n\n" +
		"A synthetic cluster is solved; then so many of its pods go and as many come, each of a shape drawn at random by its pods, and it is solved " +
		"with the memory of the solve before, and from scratch. The second change comes on top of the first.\n\n")
	g := grid{head: []string{"cluster", ">seed", ">change", ">from scratch s", ">with memory s", ">times as fast", ">gap from scratch %", ">gap with memory %", ">peak MiB"}}
	for _, x := range of {
		size, seed := sizeAndSeed(x.Case)
		for _, a := range x.Again {
			change := strconv.FormatFloat(float64(a.PerMille)/10, 'f', -1, 64) + " %"
			g.add(size, seed, change, fixed(a.Fresh.Took.Seconds(), 2), fixed(a.Warm.Took.Seconds(), 2), fixed(a.faster(), 1),
				up(a.Fresh.gap(), 3), up(a.Warm.gap(), 3), thousands(x.PeakMiB))
		}
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
		fixed(r.Solve.Seconds(), 1), up(r.firstGap(), 2), up(r.firstMillis(), 0), fixed(r.Verify.Seconds(), 1), thousands(r.PeakMiB),
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

// slices has a row for each demand for MIG slices.
func (r report) slices(b *strings.Builder) {
	of := r.of(setMIG + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## MIG slices\n\n" +
		"Mixes are model, cards of a bin and slices: bins with nothing but cards, at a price of 1. Those with a seed ask for CPU beside slices, of bins with one card and " +
		"with eight (`simulations/vbp`).\n\n")
	g := grid{head: []string{"demand", ">slices", ">items", ">bins", ">cost", ">bound", ">gap %", ">solve s", ">FFD cheapest", ">FFD growing", ">FFD single"}}
	for _, x := range of {
		row := []string{strings.TrimPrefix(x.Case, setMIG+"/"), thousands(x.Items), strconv.Itoa(x.Shapes), thousands(x.Bins), thousands(x.Cost), thousands(x.Bound), x.gapText(),
			fixed(x.Solve.Seconds(), 2)}
		for n := range x.Others {
			row = append(row, fixed(x.ratio(n), 3))
		}
		g.add(row...)
	}
	g.write(b)
}

// classes has one row for the instances of each class of Caprara and Toth.
func (r report) classes(b *strings.Builder) {
	of := r.of(setCT + "/")
	if len(of) == 0 {
		return
	}
	b.WriteString("## Caprara and Toth's classes\n\n" +
		"Bin packing with two dimensions and one kind of bin, 25 to 200 items (24 to 201 in class 10), from the generator of `simulations/vbp`: no published instances. " +
		"The cost is a number of bins, so one bin too many is a large gap.\n\n")
	summed(b, "class", of, func(x result) int64 {
		_, rest, _ := strings.Cut(x.Case, "/")
		class, _, _ := strings.Cut(rest, "-")
		n, _ := strconv.ParseInt(class, 10, 64) // it was read when the case was made
		return n
	})
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
	summed(b, "items", of, func(x result) int64 { return x.Items })
}

// summed has a row for each group of instances, ascending, and one for all.
func summed(b *strings.Builder, by string, of []result, group func(result) int64) {
	groups := map[int64][]result{}
	var order []int64
	for _, x := range of {
		n := group(x)
		if groups[n] == nil {
			order = append(order, n)
		}
		groups[n] = append(groups[n], x)
	}
	slices.Sort(order)
	g := grid{head: []string{by, ">instances", ">optimal", ">mean gap %", ">worst gap %", ">mean s", ">worst s", ">peak MiB", ">FFD cheapest", ">FFD growing", ">FFD single"}}
	for _, n := range order {
		g.add(summedRow(thousands(n), groups[n])...)
	}
	g.add(summedRow("all", of)...)
	g.write(b)
}

func summedRow(name string, of []result) []string {
	optimal, gaps, largest, seconds, longest, memory := 0, 0.0, 0.0, 0.0, 0.0, int64(0)
	ratios := make([]float64, len(firstfit.Ways()))
	for _, x := range of {
		if x.Status == model.Optimal {
			optimal++
		}
		gaps += x.gap()
		largest = max(largest, x.gap())
		seconds += x.Solve.Seconds()
		longest = max(longest, x.Solve.Seconds())
		memory = max(memory, x.PeakMiB)
		for n := range x.Others {
			ratios[n] += x.ratio(n)
		}
	}
	count := float64(len(of))
	row := []string{
		name, strconv.Itoa(len(of)), strconv.Itoa(optimal), up(gaps/count, 3), up(largest, 3),
		fixed(seconds/count, 2), fixed(longest, 2), thousands(memory),
	}
	for _, sum := range ratios {
		row = append(row, fixed(sum/count, 3))
	}
	return row
}
