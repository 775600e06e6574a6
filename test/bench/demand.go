package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tenon-sh/tenon/planner"
	"github.com/tenon-sh/tenon/planner/usage"
	"github.com/tenon-sh/tenon/simulations/loads"
	"github.com/tenon-sh/tenon/simulations/walk"
)

// setDemand compares recommenders of requests: demand/families/seed-31, demand/recording. Nothing is packed.
const setDemand = "demand"

const (
	demandRecording = setDemand + "/recording"
	demandFamilies  = setDemand + "/families"
	demandMoney     = setDemand + "/money"
	demandIngest    = setDemand + "/ingest"
	genaiFolder     = "alibaba-genai-v2026"
	genaiMemory     = "pod_memory_util_anon.csv.gz"
)

// How much is walked over. Chosen so that both cases take two minutes on one core.
const (
	familyWorkloads = 6
	familyDays      = 35
	promisedDays    = 7
)

// genaiLimit is what a share of memory in the recording is taken of: 64 GiB. The recording does not say; slack, kills and
// promises do not depend on it, idle GiB do.
const genaiLimit = 64 << 30

// demandResult is what a case of the set measures.
type demandResult struct {
	Board    walk.Board `json:"board"`
	Rules    string     `json:"rules"`
	Promises []promise  `json:"promises"`
	Hourly   *hourly    `json:"hourly,omitempty"` // VPA that decides each hour

	Told   []told        `json:"told,omitempty"`
	GPU    *gpuResult    `json:"gpu,omitempty"`
	Money  *moneyResult  `json:"money,omitempty"`
	Ingest *ingestResult `json:"ingest,omitempty"`
}

// promise is how what was promised was kept.
type promise struct {
	Share       float64       `json:"share"`
	Memory, CPU walk.Estimate `json:",omitzero"`
	Held        string        `json:"held"`
}

type hourly struct{ SlackMemory, KillRate, SlackCPU, Under, Churn float64 }

// demandCases lists the cases of the set and what is missing.
func demandCases(o options) (list, missing []string) {
	list = []string{seeded(demandFamilies, unseen(o.seeds)), demandTold, seeded(demandMoney, unseen(o.seeds)), demandIngest}
	if !o.pattern.MatchString(demandRecording) && !o.pattern.MatchString(demandGPU) {
		return list, nil
	}
	if _, err := os.Stat(filepath.Join(o.traces, genaiFolder, genaiMemory)); err != nil {
		return list, []string{fmt.Sprintf("There is no recording at `%s`: the case %q is left out. Set `TENON_TRACES` to the folder that holds `%s`.",
			filepath.Join(o.traces, genaiFolder), demandRecording, genaiFolder)}
	}
	return append(list, demandRecording, demandGPU), nil
}

// measureDemand walks.
func measureDemand(o options) (result, error) {
	start := time.Now()
	r := result{Case: o.one, Demand: &demandResult{}}
	switch set, seed, _ := cutSeed(o.one); {
	case o.one == demandGPU:
		return r, timed(&r, func() error { return measureGPU(o, &r) })
	case o.one == demandIngest:
		return r, timed(&r, func() error { return measureIngest(&r) })
	case o.one == demandTold:
		return r, timed(&r, func() error { return measureTold(&r) })
	case set == demandMoney:
		return r, timed(&r, func() error { return measureMoney(seed, &r) })
	}
	var all []loads.Workload
	var err error
	var rules walk.Options
	var horizon time.Duration
	if o.one == demandRecording {
		rules, horizon = walk.Options{Warm: 12 * time.Hour, Every: time.Hour}, 12*time.Hour
		r.Demand.Rules = "half a day of warm-up, then a decision an hour"
		all, err = readGenAI(filepath.Join(o.traces, genaiFolder, genaiMemory))
	} else {
		_, seed, _ := cutSeed(o.one)
		horizon = promisedDays * 24 * time.Hour
		r.Demand.Rules = fmt.Sprintf("%d days of which 14 are warm-up, steps of five minutes, then a decision a day", familyDays)
		all, err = loads.Make(loads.Options{Seed: seed, Workloads: familyWorkloads, Days: familyDays})
	}
	if err != nil {
		return result{}, err
	}
	r.Shapes, r.Read = len(all), time.Since(start)
	if r.Demand.Board, err = walk.Score(all, walk.Names(), "vpa", rules, nil); err != nil {
		return result{}, err
	}
	r.Demand.promises(all, rules, horizon)
	if o.one != demandRecording {
		rules.Every = time.Hour
		t := walk.Run(all, walk.VPA(0.9, 0.15), rules).Sum(nil)
		r.Demand.Hourly = &hourly{t.SlackMemory(), t.KillRate(), t.SlackCPU(), t.Under(), t.Churn()}
	}
	r.Solve = time.Since(start) - r.Read
	r.PeakMiB, r.PeakOf = peak()
	return r, nil
}

// promises asks ours for 95 % and 99 %, and holds it to them.
func (d *demandResult) promises(all []loads.Workload, rules walk.Options, horizon time.Duration) {
	if len(all) > 0 && all[0].Family == "recorded" {
		rules.Every = horizon
	}
	days := max(int64(horizon/(24*time.Hour)), 1)
	for _, micro := range []int64{50_000, 10_000} {
		m := walk.OursPromising(micro, days)
		if m == nil {
			return
		}
		p := promise{Share: 1 - float64(micro)/1e6, Held: held(horizon)}
		p.Memory, p.CPU = walk.Coverage(walk.Hold(all, *m, rules, horizon), walk.Groups(all))
		d.Promises = append(d.Promises, p)
	}
}

// readGenAI reads shares of memory by container. Each container is a workload of its own: the recording does not say which belong
// together.
func readGenAI(name string) (all []loads.Workload, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	table := csv.NewReader(z)
	series := map[string]*usage.Series{}
	var names []string
	for n := 0; ; n++ {
		line, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if n == 0 {
			if !slices.Equal(line, []string{"value", "timestamp_anon", "container_ip"}) {
				return nil, fmt.Errorf("%s: the header is %q", name, line)
			}
			continue
		}
		share, e1 := strconv.ParseFloat(line[0], 64)
		at, e2 := strconv.ParseFloat(line[1], 64)
		if e1 != nil || e2 != nil || !(share >= 0 && share < 100) || !(at > 0 && at < 1e11) {
			continue // no measurement
		}
		s := series[line[2]]
		if s == nil {
			s = &usage.Series{Metric: usage.Memory, Key: usage.Key{Namespace: "genai", Pod: line[2], Container: "main"}}
			series[line[2]] = s
			names = append(names, line[2])
		}
		s.Samples = append(s.Samples, usage.Sample{At: int64(at) * 1000, Value: share * genaiLimit})
	}
	g := walk.NewGather(60_000)
	slices.Sort(names)
	for _, name := range names {
		g.Add(*series[name])
	}
	return g.Loads(func(planner.Ref, string) walk.Amounts { return walk.Amounts{Memory: genaiLimit} })
}

// held writes a horizon in the words of its size.
func held(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days == 1 {
		return "a day"
	} else if days > 0 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", int(d/time.Hour))
}
