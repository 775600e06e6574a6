package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sh/tenon/binpack"
	"github.com/tenon-sh/tenon/binpack/firstfit"
	"github.com/tenon-sh/tenon/binpack/model"
	"github.com/tenon-sh/tenon/controllers/cores"
)

// result is what was measured of one case.
type result struct {
	Case  string `json:"case"`
	Error string `json:"error,omitempty"` // the case failed, and nothing else is known

	Items    int64 `json:"items"`    // pods, or copies of all items
	Stuck    int64 `json:"stuck"`    // further ones for which no bin exists at all
	Unplaced int64 `json:"unplaced"` // of Items
	Shapes   int   `json:"shapes"`
	Kinds    int   `json:"kinds"` // of bins
	Bins     int64 `json:"bins"`

	Cost   int64        `json:"cost"`
	Bound  int64        `json:"bound"`
	Status model.Status `json:"status"`

	Read, Solve, Verify time.Duration
	PeakMiB             int64   `json:"peakMiB"`
	PeakOf              string  `json:"peakOf"` // how PeakMiB was found
	First               answer  // binpack.First
	Others              []other `json:"others"` // in the order of firstfit.Ways
	Again               []again `json:"again,omitempty"`
	Rivals              []rival `json:"rivals,omitempty"`

	Demand *demandResult `json:"demand,omitempty"` // of cases in which nothing is packed
	Pools  *poolsResult  `json:"pools,omitempty"`
}

// other is what a yardstick makes of the case.
type other struct {
	Way      firstfit.Way `json:"way"`
	Cost     int64        `json:"cost"`
	Unplaced int64        `json:"unplaced"`
	Took     time.Duration
}

// gap is (cost-bound)/bound in per cent; infinite where nothing was proven.
func gap(cost, bound int64) float64 {
	switch {
	case cost == bound:
		return 0
	case bound <= 0:
		return math.Inf(1)
	}
	return 100 * float64(cost-bound) / float64(bound)
}

func (r result) gap() float64 { return gap(r.Cost, r.Bound) }

// firstGap is that of the first answer, against the bound that the whole solve proved; infinite where it left out more.
func (r result) firstGap() float64 {
	if r.First.Unplaced > r.Unplaced {
		return math.Inf(1)
	}
	return gap(r.First.Cost, r.Bound)
}

// ratio is the cost of a yardstick as a part of ours.
func (r result) ratio(n int) float64 {
	if r.Cost == 0 {
		return 1
	}
	return float64(r.Others[n].Cost) / float64(r.Cost)
}

// String tells a result in one line, for who waits.
func (r result) String() string {
	if r.Error != "" {
		return "failed: " + r.Error
	}
	if r.Pools != nil && r.Pools.Ours != nil {
		p := r.Pools
		return fmt.Sprintf("packing %s, NodePools %s, split %s, open %s, %.1f s", money(int64(p.Packing.PlannedPerHour)), money(int64(p.Ours.PerHour)), money(int64(p.Split.PerHour)), money(int64(p.Open.PerHour)), r.Solve.Seconds())
	}
	if r.Demand != nil {
		return fmt.Sprintf("%.1f s, %d MiB", r.Solve.Seconds(), r.PeakMiB)
	}
	return fmt.Sprintf("gap %s %%, %.1f s, %d MiB", up(r.gap(), 3), r.Solve.Seconds(), r.PeakMiB)
}

// measure runs the one case of the options in this process.
func measure(ctx context.Context, o options) (result, error) {
	name, start := o.one, time.Now()
	if strings.HasPrefix(name, setDemand+"/") {
		return measureDemand(o)
	}
	if strings.HasPrefix(name, setPools+"/") {
		return measurePools(ctx, o)
	}
	p, err := load(o.traces, name)
	if err != nil {
		return result{}, err
	}
	set, _, _ := strings.Cut(name, "/")
	_, seed, _ := cutSeed(name)
	if set == setMaster || set == setLP {
		p.Problem = withoutRules(p.Problem)
	}
	r := result{Case: name, Read: time.Since(start), Stuck: p.stuck, Shapes: p.shapes, Kinds: len(p.Bins)}
	for _, it := range p.Items {
		r.Items += it.Count
	}
	if set == setLP {
		return r.relaxed(ctx, p.Problem, o.limit)
	}
	how := binpack.Options{Each: cores.Each(o.cores)}
	if set == setAgain {
		how.Memory = new(binpack.Memory)
	}
	k, err := r.solve(p.Problem, how)
	if err != nil {
		return result{}, err
	}
	if err := r.yardsticks(p.Problem); err != nil {
		return result{}, err
	}
	switch set {
	case setAgain:
		r.Again, err = measureAgain(p.Problem, how, seed)
	case setSmall:
		r.Rivals, err = measureSmall(ctx, p.Problem, r, o.limit)
	case setMaster:
		r.Rivals, err = measureMaster(ctx, p.Problem, k, r, o.limit)
	}
	return r, err
}

// solve packs p, first by value alone and then as well as can be, and checks the answer once more.
func (r *result) solve(p *model.Problem, how binpack.Options) (*model.Packing, error) {
	runtime.GC() // of reading
	start := time.Now()
	first, err := binpack.First(p)
	r.First.Took = time.Since(start)
	if err != nil {
		return nil, fmt.Errorf("the first answer: %w", err)
	}
	r.First.Cost, r.First.Bound, r.First.Unplaced = first.Cost, first.LowerBound, total(first.Unplaced)

	start = time.Now()
	k, err := binpack.SolveWith(p, how)
	r.Solve = time.Since(start)
	if err != nil {
		return nil, err
	}
	r.PeakMiB, r.PeakOf = peak()
	r.Cost, r.Bound, r.Status, r.Unplaced = k.Cost, k.LowerBound, k.Status, total(k.Unplaced)
	for _, b := range k.Bins {
		r.Bins += b.Count
	}
	start = time.Now()
	err = binpack.Verify(p, k)
	r.Verify = time.Since(start)
	return k, err
}

// yardsticks packs p by first fit in every way.
func (r *result) yardsticks(p *model.Problem) error {
	for _, way := range firstfit.Ways() {
		start := time.Now()
		k, err := firstfit.Solve(p, way)
		took := time.Since(start)
		if err == nil {
			err = binpack.Verify(p, k)
		}
		if err != nil {
			return fmt.Errorf("first fit, %s: %w", way, err)
		}
		r.Others = append(r.Others, other{Way: way, Cost: k.Cost, Unplaced: total(k.Unplaced), Took: took})
	}
	return nil
}

func total(v []int64) int64 {
	var sum int64
	for _, n := range v {
		sum += n
	}
	return sum
}

// peak is the most memory that this process has had so far, in MiB, and where the figure is from.
func peak() (mib int64, of string) {
	status, _ := os.ReadFile("/proc/self/status") // absent outside Linux
	if kib, ok := field(status, "VmHWM"); ok {
		return kib / 1024, "VmHWM"
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys >> 20), "MemStats.Sys"
}

// field reads the number of a "Name:   123 kB" line.
func field(text []byte, name string) (int64, bool) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if words := strings.Fields(value); strings.TrimSpace(key) == name && len(words) > 0 {
			n, err := strconv.ParseInt(words[0], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
