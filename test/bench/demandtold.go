package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// demandTold compares the risk that is told with what came.
const demandTold = setDemand + "/told"

// toldSeeds were not looked at while the model was tried.
var toldSeeds = []uint64{51, 52, 53}

// told is how the risks that were told at one setting came true, of memory or CPU.
type told struct {
	Share    float64         `json:"share"` // that was asked for
	Held     string          `json:"held"`
	CPU      bool            `json:"cpu"`
	All      walk.Reliable   `json:"all"`
	Bands    []walk.Reliable `json:"bands"`    // by walk.Bands
	Families []walk.Reliable `json:"families"` // by loads.Families
}

// measureTold holds 95 % and 99 % for a day and for a week.
func measureTold(r *result) error {
	start := time.Now()
	var all []loads.Workload
	for _, seed := range toldSeeds {
		some, err := loads.Make(loads.Options{Seed: seed, Workloads: familyWorkloads, Days: familyDays})
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	r.Shapes, r.Read = len(all), time.Since(start)
	per := len(all) / len(toldSeeds)
	for _, days := range []int64{1, promisedDays} {
		for _, micro := range []int64{50_000, 10_000} {
			var kept []walk.Kept
			for n := 0; n < len(all); n += per { // each seed is a cluster of its own
				kept = append(kept, walk.Hold(all[n:n+per], *walk.OursPromising(micro, days), walk.Options{}, time.Duration(days)*24*time.Hour)...)
			}
			for _, cpu := range []bool{false, true} {
				r.Demand.Told = append(r.Demand.Told, toldOf(all, kept, told{Share: 1 - float64(micro)/1e6, Held: held(time.Duration(days) * 24 * time.Hour), CPU: cpu}))
			}
		}
	}
	return nil
}

func toldOf(all []loads.Workload, kept []walk.Kept, t told) told {
	t.All, t.Bands = walk.Reliability(kept, walk.Groups(all), t.CPU)
	for _, family := range loads.Families() {
		var some []walk.Kept
		var groups []string
		for n := range all {
			if all[n].Family == family {
				some, groups = append(some, kept[n]), append(groups, family)
			}
		}
		of, _ := walk.Reliability(some, groups, t.CPU)
		t.Families = append(t.Families, of)
	}
	return t
}

// toldReport writes the tables of what was told and what came.
func toldReport(b *strings.Builder, x result) {
	fmt.Fprintf(b, "### %s\n\nOurs is asked for 95 %% and 99 %% and held to what it says for a day or a week, whatever comes. *Told*: the mean risk of its curves at what was asked for, changes of level in it; "+
		"*came*: the share of pods that went above it, or of time with CPU above it. %d workloads of %d seeds that nobody looked at before (%d to %d), %d days each, of which 14 are warm-up. Per cent.\n\n",
		x.Case, x.Shapes, len(toldSeeds), toldSeeds[0], toldSeeds[len(toldSeeds)-1], familyDays)
	g := grid{head: []string{"asked for", "held for", "of", ">told", ">came", ">told less came", "within a point"}}
	for _, t := range x.Demand.Told {
		met := "yes"
		if !(t.All.Over.Value >= -0.01 && t.All.Over.Value <= 0.01) {
			met = "**no**"
		}
		g.add(fmt.Sprintf("%g %%", 100*t.Share), t.Held, t.of(), percent(t.All.Told), percent(t.All.Came), percent(t.All.Over), met)
	}
	g.write(b)
	pair := func(r walk.Reliable) string {
		if r.Promises == 0 {
			return "–"
		}
		return fmt.Sprintf("%s → %s", fixed(100*r.Told.Value, 1), percent(r.Came))
	}
	b.WriteString("By what was told, told → came, and its share of all promises:\n\n")
	g = grid{head: []string{"asked for", "held for", "of"}}
	low := "0"
	for _, high := range walk.Bands {
		g.head = append(g.head, fmt.Sprintf(">%s to %g %%", low, 100*high))
		low = fmt.Sprintf("%g", 100*high)
	}
	g.head = append(g.head, ">"+low+" % and more")
	for _, t := range x.Demand.Told {
		cells := []string{fmt.Sprintf("%g %%", 100*t.Share), t.Held, t.of()}
		for _, r := range t.Bands {
			text := pair(r)
			if r.Promises > 0 {
				text += fmt.Sprintf(" (%s %%)", fixed(100*float64(r.Promises)/float64(max(t.All.Promises, 1)), 0))
			}
			cells = append(cells, text)
		}
		g.add(cells...)
	}
	g.write(b)
	b.WriteString("By family, told → came. Who has never changed cannot be told from who never will, so that families without changes are told more than comes, and *stepping* less:\n\n")
	g = grid{head: []string{"family"}}
	for _, t := range x.Demand.Told {
		g.head = append(g.head, fmt.Sprintf(">%g %%, %s, %s", 100*t.Share, t.Held, t.of()))
	}
	for n, family := range loads.Families() {
		cells := []string{family}
		for _, t := range x.Demand.Told {
			cells = append(cells, fmt.Sprintf("%s → %s", fixed(100*t.Families[n].Told.Value, 1), fixed(100*t.Families[n].Came.Value, 1)))
		}
		g.add(cells...)
	}
	g.write(b)
}

func (t told) of() string {
	if t.CPU {
		return "CPU"
	}
	return "memory"
}
